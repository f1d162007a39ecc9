// SPDX-License-Identifier: Apache-2.0
extern int seen;
int beta(int x) { return x * 3 + seen; }
