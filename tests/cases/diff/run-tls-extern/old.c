// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
extern __thread int theirs; extern __thread int zero;
int use(int x) { theirs += x; zero++; int is = outside(theirs) + zero; theirs -= x; zero--; return is; }
