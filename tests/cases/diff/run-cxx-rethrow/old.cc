// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
__attribute__((noinline)) int middle(int x) { try { if (x > 2) throw x; } catch (int v) { if (v > 4) throw; return v + 7; } return outside(x); }
int use(int x) { try { return middle(x); } catch (int v) { return -v; } }
