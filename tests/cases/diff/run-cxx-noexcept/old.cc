// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int calm(int x) noexcept { try { if (x > 3) throw x; return outside(x); } catch (int v) { return v + 9; } }
int use(int x) { return calm(x); }
