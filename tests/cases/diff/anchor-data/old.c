// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int secret;
int large(int x) { secret += outside(x); secret *= outside(secret); return outside(secret + 1) + outside(x + 3); }
int small(int x) { secret += outside(x); return secret; }
int work(int x) { return outside(x); }
