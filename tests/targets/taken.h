/* SPDX-License-Identifier: Apache-2.0 */
/* For programs in which jumps within short instructions lead nowhere: nearly all memory within their reach is taken. */
#ifndef TAKEN_H
#define TAKEN_H

#include "target.h"

#include <sys/mman.h>

/* What is free of a range whose size is a power of two, at least a page. */
static inline void take(uintptr_t start, uintptr_t size)
{
    if (mmap((void *)start, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED)
        return;
    if (errno != EEXIST)
        fail("mmap");
    if (size > 4096) {
        take(start, size / 2);
        take(start + size / 2, size / 2);
    }
}

/* All that is within reach of a jump, but for 64 MiB. */
static inline void take_memory(void)
{
    const uintptr_t piece = (uintptr_t)64 << 20, here = (uintptr_t)&take_memory & -piece;
    for (int i = -33; i <= 33; i++)
        if (i != 2)
            take(here + (uintptr_t)i * piece, piece);
}

#endif
