/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that is always in the same function, which can be jumped back into: `jump` makes a function below it call longjmp, so that it
 * goes on behind its setjmp; `return` lets it return, and it is called again at once. It answers "HOW VERSION", with the version in
 * which it went on or from which it came. The answer comes when the thread waits again.
 */
#include "target.h"

#include <semaphore.h>
#include <setjmp.h>

static sem_t work, waiting;
static char how[16];
static char result[64];
static jmp_buf back;

__attribute__((noinline)) static void wait_for_work(void)
{
    sem_post(&waiting);
    while (sem_wait(&work) != 0)
        ;
    if (strcmp(how, "jump") == 0)
        longjmp(back, 1);
}

REPLACEABLE int serve(void)
{
    if (setjmp(back) != 0)
        snprintf(result, sizeof result, "jump %d", VERSION);
    wait_for_work();
    return VERSION;
}

static void *body(void *argument)
{
    pthread_setname_np(pthread_self(), "server");
    for (;;) {
        int version = serve();
        snprintf(result, sizeof result, "return %d", version);
    }
    return argument;
}

int main(void)
{
    pthread_t server;
    sem_init(&work, 0, 0);
    sem_init(&waiting, 0, 0);
    errno = pthread_create(&server, NULL, body, NULL);
    if (errno != 0)
        fail("pthread_create");
    while (sem_wait(&waiting) != 0)
        ;
    ready();
    for (;;) {
        next_command(how, sizeof how);
        sem_post(&work);
        while (sem_wait(&waiting) != 0)
            ;
        printf("%s\n", result);
        fflush(stdout);
    }
}
