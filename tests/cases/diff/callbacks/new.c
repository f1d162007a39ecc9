// SPDX-License-Identifier: Apache-2.0
#include "../../../../include/wfpatch-patch.h"
int level = 3;
int get(int i) { return level + i + 1; }
static int before(void) { level = 4; return 0; }
static void after(void) { level = 3; }
WF_PRE_APPLY(before);
WF_POST_REVERT(after);
