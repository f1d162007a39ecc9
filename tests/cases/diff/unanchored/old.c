// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
static int secret = 5;
int *const place = &secret;
int work(int x) { return outside(x); }
