// SPDX-License-Identifier: Apache-2.0
int use(int x) { unsigned long v = x * 0x9e3779b97f4a7c15ul + 1; return __builtin_popcountl(v) + __builtin_ctzl(v | 64) + __builtin_clzl(v | 1); }
