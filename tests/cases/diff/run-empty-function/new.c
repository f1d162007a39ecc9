// SPDX-License-Identifier: Apache-2.0
int seen;
__attribute__((noinline)) void note(int x) { seen += x * 5; }
int use(int x) { seen = 3; __asm__ volatile("" : : : "memory"); note(x); return seen + x; }
