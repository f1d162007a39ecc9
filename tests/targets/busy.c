/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sixteen threads that are always busy with requests of four steps each: the sample without sockets.
 * For: no request mixes two versions, every thread arrives, with no stop under the policy of points.
 * with: ../../lab/sample/steps.c
 */
#define SAMPLE_BUSY 16
#include "../../lab/sample/sample.c"
