/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A single thread: an event loop around poll() that serves a request each millisecond and commands from stdin.
 * For: programs without a second thread; `report` answers "answers OLD NEW latest VERSION".
 */
#include "target.h"

#include <poll.h>

static unsigned long old_answers, new_answers;
static int latest;

REPLACEABLE int answer(void)
{
    static unsigned long asked;
    __asm__ volatile("" ::: "memory");
    asked++;
    return asked == 0 ? -1 : VERSION;
}

REPLACEABLE void serve_one(void)
{
    latest = answer();
    if (latest == 1)
        old_answers++;
    else
        new_answers++;
}

int main(void)
{
    setvbuf(stdin, NULL, _IONBF, 0);
    ready();
    for (;;) {
        struct pollfd input = {.fd = 0, .events = POLLIN};
        int got = poll(&input, 1, 1);
        if (got < 0)
            fail("poll");
        serve_one();
        if (got == 0)
            continue;
        char line[64];
        next_command(line, sizeof line);
        if (strcmp(line, "report") == 0) {
            printf("answers %lu %lu latest %d\n", old_answers, new_answers, latest);
            fflush(stdout);
        }
    }
}
