// SPDX-License-Identifier: Apache-2.0
int use(int x) { return x + 42; }
