/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function that can only be redirected while nobody is in its first instructions (see stopped.c), and a thread that is in them: its second
 * instruction has met memory that cannot be read, and the handler of that signal waits. `leave` lets it go on; `answer` answers "answer VERSION".
 * For: redirects that wait in vain until all threads stand outside.
 */
#include "taken.h"

#include <semaphore.h>
#include <signal.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

static sem_t entered, leave, left;
static int *page;

/* Gives VERSION where `zero` leads to a zero, and keeps rbx. */
int answer(const int *zero);

__attribute__((naked, noipa)) int answer(const int *zero)
{
    (void)zero;
    __asm__("push %rbx\n.cfi_adjust_cfa_offset 8\n.cfi_rel_offset %rbx, 0\n"
            "mov (%rdi), %ebx\n"
            "lea " TEXT(VERSION) "(%rbx), %eax\n"
            "pop %rbx\n.cfi_adjust_cfa_offset -8\n.cfi_restore %rbx\n"
            "ret");
}

static void on_fault(int signal)
{
    (void)signal;
    sem_post(&entered);
    while (sem_wait(&leave) != 0)
        continue;
    mprotect(page, 4096, PROT_READ);
}

static void *body(void *unused)
{
    answer(page);
    sem_post(&left);
    pause();
    return unused;
}

int main(void)
{
    static const int zero;
    struct sigaction action = {.sa_handler = on_fault};
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || sigaction(SIGSEGV, &action, NULL) != 0)
        fail("page");
    sem_init(&entered, 0, 0);
    sem_init(&leave, 0, 0);
    sem_init(&left, 0, 0);
    start_thread(body, NULL);
    sem_wait(&entered);
    take_memory();
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "leave") == 0) {
            sem_post(&leave);
            sem_wait(&left);
            printf("ok\n");
        } else
            printf("answer %d\n", answer(&zero));
        fflush(stdout);
    }
}
