/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that waits in read of a pipe and takes signals whose handler restarts calls (SA_RESTART): each must be handled, and none may end
 * the call; what is written must arrive, in order.
 * For: a stop that meets a signal of the program's own in a call that the kernel restarts. `signal N` sends N signals, a byte into the pipe
 * after each tenth, the next when the one before was handled; it answers "sent S handled H interrupted I", I of them with EINTR or
 * a wrong byte. `answer` answers "answer VERSION".
 */
#include "target.h"

#include <signal.h>

static unsigned long sent, handled, interrupted, taken;
static pthread_t reader_thread;
static int ends[2];

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

static void *reader(void *argument)
{
    for (unsigned char expected = 0;; expected++) {
        unsigned char got;
        if (read(ends[0], &got, 1) != 1 || got != expected)
            __atomic_add_fetch(&interrupted, 1, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
    }
    return argument;
}

static int waits_for(unsigned long *counter, unsigned long value)
{
    for (int64_t limit = now_us() + 10000000; __atomic_load_n(counter, __ATOMIC_SEQ_CST) < value; sched_yield())
        if (now_us() > limit)
            return 0;
    return 1;
}

static void send_signals(long count)
{
    static unsigned char next;
    static unsigned long bytes;
    for (; count > 0; count--) {
        pthread_kill(reader_thread, SIGUSR1);
        if (!waits_for(&handled, ++sent))
            return;
        if (sent % 10 == 0 && (write(ends[1], &next, 1) != 1 || !waits_for(&taken, ++bytes)))
            return;
        next = (unsigned char)bytes;
    }
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigset_t usr1;
    sigaction(SIGUSR1, &action, NULL);
    if (pipe(ends) != 0)
        fail("pipe");
    errno = pthread_create(&reader_thread, NULL, reader, NULL);
    if (errno != 0)
        fail("pthread_create");
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
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
