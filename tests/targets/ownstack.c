/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that waits on a stack of a coroutine, made as MariaDB's my_context_spawn makes it: its tables call that stack's end an end.
 * On the thread's own stack below waits a function that a patch replaces. For: such a thread is not migrated there.
 * `leave` lets it go back; it answers "left VERSION", by the function below. Then it calls that function again and again, and
 * `report` answers "latest VERSION".
 */
#include "target.h"

#include <semaphore.h>
#include <sys/mman.h>

static sem_t go, waiting;
static int latest;
static volatile int sink;

void run_on(void *stack, void (*function)(void));

__asm__(
    ".text\n"
    ".type run_on, @function\n"
    "run_on:\n"
    "  .cfi_startproc\n"
    "  push %rbx\n"
    "  .cfi_undefined rip\n"
    "  mov %rsp, %rbx\n"
    "  mov %rdi, %rsp\n"
    "  call *%rsi\n"
    "  mov %rbx, %rsp\n"
    "  pop %rbx\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size run_on, .-run_on\n");

static void wait_there(void)
{
    sem_post(&waiting);
    while (sem_wait(&go) != 0)
        ;
}

REPLACEABLE int outer(void *stack)
{
    if (stack != NULL)
        run_on(stack, wait_there);
    sink++;
    return VERSION;
}

static void *body(void *argument)
{
    const size_t size = 1 << 16;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        fail("mmap");
    pthread_setname_np(pthread_self(), "switcher");
    __atomic_store_n(&latest, outer(stack + size), __ATOMIC_SEQ_CST);
    sem_post(&waiting);
    for (;;) {
        usleep(1000);
        __atomic_store_n(&latest, outer(NULL), __ATOMIC_SEQ_CST);
    }
    return argument;
}

int main(void)
{
    sem_init(&go, 0, 0);
    sem_init(&waiting, 0, 0);
    start_thread(body, NULL);
    while (sem_wait(&waiting) != 0)
        ;
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "leave") == 0) {
            sem_post(&go);
            while (sem_wait(&waiting) != 0)
                ;
            printf("left %d\n", __atomic_load_n(&latest, __ATOMIC_SEQ_CST));
        } else if (strcmp(line, "report") == 0)
            printf("latest %d\n", __atomic_load_n(&latest, __ATOMIC_SEQ_CST));
        fflush(stdout);
    }
}
