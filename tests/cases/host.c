// SPDX-License-Identifier: Apache-2.0
/* The program around a case of tests/cases/diff: two threads, one of them idle for ever, the other one calls the case's drive()
   for each line of its standard input, and prints "done" after what that printed. It ends with its input. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

extern void drive(void);

static void *idle(void *ends)
{
    char byte;
    (void)!read(*(int *)ends, &byte, 1);
    return 0;
}

int main(void)
{
    static int ends[2];
    pthread_t thread;
    char line[64];
    if (pipe(ends) != 0 || pthread_create(&thread, 0, idle, ends) != 0)
        return 1;
    setvbuf(stdout, 0, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        drive();
        puts("done");
    }
    return 0;
}
