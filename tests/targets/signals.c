/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that takes signals in epoll_pwait alone: each must be handled, and must end the call with EINTR, once.
 * For: a stop that meets a signal of the program's own neither swallows the EINTR that the program waits for nor adds one.
 * `signal N` sends N signals, the next when the one before has ended the call; it answers "sent S handled H interrupted I",
 * with fewer sent where a call was not ended within 10 seconds. `answer` answers "answer VERSION".
 */
#include "target.h"

#include <signal.h>
#include <sys/epoll.h>

static unsigned long sent, handled, interrupted;
static pthread_t waiter_thread;

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

static void on_signal(int number)
{
    (void)number;
    __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static void *waiter(void *argument)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    sigset_t none;
    sigemptyset(&none);
    for (;;) {
        if (epoll_pwait(epoll, &event, 1, -1, &none) >= 0 || errno != EINTR)
            fail("epoll_pwait");
        __atomic_add_fetch(&interrupted, 1, __ATOMIC_SEQ_CST);
    }
    return argument;
}

static void send_signals(long count)
{
    for (; count > 0; count--) {
        unsigned long before = __atomic_load_n(&interrupted, __ATOMIC_SEQ_CST);
        int64_t limit = now_us() + 10000000;
        pthread_kill(waiter_thread, SIGUSR1);
        sent++;
        while (__atomic_load_n(&interrupted, __ATOMIC_SEQ_CST) == before) {
            if (now_us() > limit)
                return;
            sched_yield();
        }
    }
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART */
    sigset_t usr1;
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    errno = pthread_create(&waiter_thread, NULL, waiter, NULL);
    if (errno != 0)
        fail("pthread_create");
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strncmp(line, "signal ", 7) == 0) {
            send_signals(atol(line + 7));
            printf("sent %lu handled %lu interrupted %lu\n", sent, __atomic_load_n(&handled, __ATOMIC_SEQ_CST), __atomic_load_n(&interrupted, __ATOMIC_SEQ_CST));
        }
        else if (strcmp(line, "answer") == 0)
            printf("answer %d\n", answer());
        fflush(stdout);
    }
}
