// SPDX-License-Identifier: Apache-2.0
#include "../../../../include/wfpatch-patch.h"
int level = 4;
int get(int i) { return level + i + 1; }
WF_DATA_CHANGED(level);
