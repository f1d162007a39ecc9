// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
enum class Kind : unsigned char { A, B, C, D, E, F };
__attribute__((noinline)) int value(Kind k) { switch (k) { case Kind::A: return outside(1); case Kind::B: return 22; case Kind::C: return outside(3); case Kind::D: return 4; case Kind::E: return 5; default: return outside(9); } }
int use(int x) { return value(static_cast<Kind>(x)); }
