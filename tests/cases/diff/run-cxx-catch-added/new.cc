// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>
extern int outside(int);
__attribute__((noinline)) int inner(int x) { if (x > 3) throw x; return outside(x); }
__attribute__((noinline)) int middle(int x) { try { return inner(x) + 1; } catch (int v) { return v * 100; } }
int use(int x) { try { return middle(x); } catch (int v) { return -v; } }
