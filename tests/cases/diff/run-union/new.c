// SPDX-License-Identifier: Apache-2.0
int use(int x) { union { float f; unsigned u; } v = { .f = x + 0.75f }; return (int)(v.u >> 12); }
