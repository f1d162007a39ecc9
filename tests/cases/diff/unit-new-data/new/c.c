// SPDX-License-Identifier: Apache-2.0
static int calls;
int extra(int x) { return x * 2 + calls++; }
