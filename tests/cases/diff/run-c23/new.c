// SPDX-License-Identifier: Apache-2.0
[[nodiscard]] static int helper(int x) { return x + 0b111; }
int use(int x) { return helper(x); }
