// SPDX-License-Identifier: Apache-2.0
int seen = 4;
int beta(int x) { return x * 3; }
