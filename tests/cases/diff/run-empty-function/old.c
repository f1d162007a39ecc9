// SPDX-License-Identifier: Apache-2.0
int seen;
__attribute__((noinline)) void note(int x) { (void)x; __asm__ volatile("nop; nop; nop; nop; nop; nop"); }
int use(int x) { seen = 3; __asm__ volatile("" : : : "memory"); note(x); return seen + x; }
