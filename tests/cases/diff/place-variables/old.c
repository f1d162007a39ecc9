// SPDX-License-Identifier: Apache-2.0
static int helper(int x) { static int calls = 3; return calls += x; }
int limit = 3;
int use(int x) { return helper(x) * limit; }
