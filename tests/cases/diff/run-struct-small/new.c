// SPDX-License-Identifier: Apache-2.0
struct two { long a; double b; };
struct two make(int x) { struct two t = { x * 3, x / 4.0 }; return t; }
int use(int x) { struct two t = make(x); return (int)(t.a * 100 + t.b * 8); }
