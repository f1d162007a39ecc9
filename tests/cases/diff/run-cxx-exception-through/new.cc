// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int freed;
struct Guard { int v; ~Guard() { freed += v; } };
__attribute__((noinline)) int inner(int x) { if (x > 2) throw x; return x; }
__attribute__((noinline)) int middle(int x) { Guard g{ x * 2 }; return inner(x) + outside(x); }
int use(int x) { freed = 0; try { return middle(x) + freed; } catch (int v) { return freed * 100 + v; } }
