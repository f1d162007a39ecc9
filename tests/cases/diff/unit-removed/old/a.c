// SPDX-License-Identifier: Apache-2.0
static int hits;
extern int shared(int);
int alpha(int x) { hits++; return shared(x) + hits; }
