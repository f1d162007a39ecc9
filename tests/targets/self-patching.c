/* SPDX-License-Identifier: Apache-2.0 */
/* The example of a program that patches itself. For: SelfPatchingTests. */
#include "../../examples/self-patching.c"
