// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Bad { int code; Bad(int c) : code(c) {} virtual ~Bad() {} };
__attribute__((noinline)) void thrower(int x) { if (x > 1) throw Bad(x * 5); }
int use(int x) { try { thrower(x); } catch (Bad &b) { return b.code; } return outside(x); }
