// SPDX-License-Identifier: Apache-2.0
int level = 3;
int get(int i) { return level + i + 1; }
static int *const mark __attribute__((used, section(".wfpatch.pre_apply"))) = &level;
