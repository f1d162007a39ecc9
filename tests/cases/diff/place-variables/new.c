// SPDX-License-Identifier: Apache-2.0
static int helper(int x) { static int calls = 4; return calls += x; }
int limit = 4;
int use(int x) { return helper(x) * limit; }
