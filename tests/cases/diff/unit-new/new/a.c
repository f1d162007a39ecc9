// SPDX-License-Identifier: Apache-2.0
static int hits;
extern int extra(int);
int alpha(int x) { hits++; return extra(x) + hits; }
