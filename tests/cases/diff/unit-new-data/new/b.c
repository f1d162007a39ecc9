// SPDX-License-Identifier: Apache-2.0
static int hits;
extern int alpha(int);
__attribute__((noipa)) int shared(int x) { hits += 2; return x * 3 + hits; }
int beta(int x) { return alpha(x) + shared(x); }
