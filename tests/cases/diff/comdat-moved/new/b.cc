// SPDX-License-Identifier: Apache-2.0
inline __attribute__((noinline)) int both(int x) { if (x > 3) throw x; return x * 3; }
int b(int x) { return both(x) + 1; }
