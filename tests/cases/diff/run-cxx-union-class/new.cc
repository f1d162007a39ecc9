// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
struct Value { enum { I, D } tag; union { int i; double d; }; };
__attribute__((noinline)) int read(const Value &v) { return v.tag == Value::I ? v.i * 2 : (int)(v.d * 4); }
int use(int x) { Value a, b; a.tag = Value::I; a.i = outside(x); b.tag = Value::D; b.d = x / 3.0; return read(a) * 100 + read(b); }
