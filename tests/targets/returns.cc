/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that is always in the same function, which waits for work and returns when it has done it: it calls it again at once.
 * For: hooks on return addresses. `return`, `throw`, `jump`, `trace` and `exit` say how the function is left next: by its return, by an
 * exception that its caller catches, by longjmp, by its return after a backtrace() that must reach the caller, or by
 * pthread_exit, which must run the caller's cleanup; then a new thread takes its place. It answers "HOW VERSION", with "lost" behind
 * it where the backtrace or the cleanup was missing. The answer comes when the thread is in its function again.
 */
extern "C" {
#include "target.h"
}

#include <execinfo.h>
#include <semaphore.h>
#include <setjmp.h>
#include <unwind.h>

static sem_t work, waiting;
static char how[16];
static char result[64];
static jmp_buf back;
static bool is_cleaned;

static void *body(void *argument);

static bool reaches_caller()
{
    void *frames[64];
    int count = backtrace(frames, 64);
    for (int i = 0; i < count; i++)
        if (_Unwind_FindEnclosingFunction(frames[i]) == (void *)body)
            return true;
    return false;
}

extern "C" REPLACEABLE int serve(void)
{
    __asm__ volatile("" ::: "memory");
    sem_post(&waiting);
    while (sem_wait(&work) != 0)
        ;
    if (strcmp(how, "throw") == 0)
        throw VERSION;
    if (strcmp(how, "jump") == 0)
        longjmp(back, VERSION);
    if (strcmp(how, "exit") == 0) {
        snprintf(result, sizeof result, "exit %d", VERSION);
        pthread_exit(NULL);
    }
    bool traced = strcmp(how, "trace") != 0 || reaches_caller();
    return traced ? VERSION : -VERSION;
}

struct cleanup {
    ~cleanup() { is_cleaned = true; }
};

static void *body(void *argument)
{
    cleanup at_exit;
    pthread_setname_np(pthread_self(), "server");
    for (;;) {
        /* None of it may be in a register that longjmp brings back. */
        int jumped = setjmp(back);
        if (jumped != 0) {
            snprintf(result, sizeof result, "jump %d", jumped);
        }
        try {
            int version = serve();
            snprintf(result, sizeof result, "%s %d%s", how, abs(version), version < 0 ? " lost" : "");
        } catch (int version) {
            snprintf(result, sizeof result, "throw %d", version);
        }
    }
    return argument;
}

static pthread_t start(void)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, body, NULL);
    if (errno != 0)
        fail("pthread_create");
    while (sem_wait(&waiting) != 0)
        ;
    return thread;
}

int main(void)
{
    sem_init(&work, 0, 0);
    sem_init(&waiting, 0, 0);
    pthread_t server = start();
    ready();
    for (;;) {
        next_command(how, sizeof how);
        is_cleaned = false;
        sem_post(&work);
        if (strcmp(how, "exit") == 0) {
            pthread_join(server, NULL);
            if (!is_cleaned)
                strcat(result, " lost");
            server = start();
        } else {
            while (sem_wait(&waiting) != 0)
                ;
        }
        printf("%s\n", result);
        fflush(stdout);
    }
}
