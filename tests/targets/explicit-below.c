/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An explicit quiescence point (include/wfpatch.h) that is reached through a function that the patch changes: `answer` is on
 * the stack at the point. For: such a patch must not use the points. `answer` answers "answer VERSION".
 */
#include "target.h"

#include "../../include/wfpatch.h"

static unsigned long asked, passed;

static __attribute__((noinline)) void pass(void)
{
    WF_QUIESCENCE_POINT();
    __atomic_add_fetch(&passed, 1, __ATOMIC_RELAXED);
}

REPLACEABLE int answer(void)
{
    asked++;
    pass();
    return VERSION;
}

int main(void)
{
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        printf("answer %d\n", answer());
        fflush(stdout);
    }
}
