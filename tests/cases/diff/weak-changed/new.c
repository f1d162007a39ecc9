// SPDX-License-Identifier: Apache-2.0
__attribute__((weak)) int f(int x) { return x + 1; }
