/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread that stays inside step_lookup until told `release`, beside two busy ones: the sample again.
 * For: the others migrate, the stuck one is named as pending and still gives the old version, then migrates when it leaves.
 * with: ../../lab/sample/steps.c
 */
#define SAMPLE_BUSY 2
#define SAMPLE_STUCK 1
#include "../../lab/sample/sample.c"
