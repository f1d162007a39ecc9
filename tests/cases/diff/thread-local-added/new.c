// SPDX-License-Identifier: Apache-2.0
static __thread int mine = 1;
static __thread int more;
int use(int x) { more++; mine += x; return mine * 3; }
