// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { static const void *const go[] = { &&add, &&mul, &&end }; const char *code = "\0\1\0\1\2"; int acc = x; goto *go[(int)*code++]; add: acc += outside(x) ; goto *go[(int)*code++]; mul: acc *= 3; goto *go[(int)*code++]; end: return acc; }
