// SPDX-License-Identifier: Apache-2.0
// Writes its own stack at a known depth, in the way that the first argument names, together with what the C library's
// backtrace() says about it. Read by StackSnapshot.cs.
#define _GNU_SOURCE
#include <alloca.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <ucontext.h>
#include <unistd.h>

enum { MOST = 65536 };

static volatile char *interrupted_stack;
static volatile int sink;
static char other_stack[MOST];

static void put_block(const char *kind, unsigned long start, unsigned long end)
{
    printf("%s %lx ", kind, start);
    for (unsigned long at = start; at < end; at++)
        printf("%02x", *(unsigned char *)at);
    putchar('\n');
}

// To the end of the mapping, or MOST bytes.
static void put_mapping(const char *kind, unsigned long start)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long low, high;
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx", &low, &high) == 2 && start >= low && start < high)
            put_block(kind, start, high - start > MOST ? start + MOST : high);
    fclose(maps);
}

__attribute__((noinline)) static void snapshot(void)
{
    static const int order[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
                                REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    static void *returns[100];
    ucontext_t here;
    int count = backtrace(returns, 100);
    getcontext(&here);
    printf("registers");
    for (int i = 0; i < 17; i++)
        printf(" %llx", here.uc_mcontext.gregs[order[i]]);
    printf("\nbacktrace");
    for (int i = 0; i < count; i++)
        printf(" %lx", (unsigned long)returns[i]);
    putchar('\n');
    put_mapping("stack", here.uc_mcontext.gregs[REG_RSP]);
    if (interrupted_stack)
        put_mapping("stack", (unsigned long)interrupted_stack & ~4095ul);
    put_mapping("vdso", getauxval(AT_SYSINFO_EHDR));
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        fputs(line, stdout);
    fflush(stdout);
    _exit(0);
}

__attribute__((noinline)) static void third(int n)
{
    char *p = alloca(n * 3);
    memset(p, n, n * 3);
    snapshot();
    sink += p[n];
}

__attribute__((noinline)) static void second(int n)
{
    _Alignas(64) char block[256];
    memset(block, n, sizeof block);
    third(n + 1);
    sink += block[n];
}

__attribute__((noinline)) static void first(int n)
{
    second(n + 1);
    sink++;
}

static void handler(int number) { first(number); }

__attribute__((noinline)) static void interrupted(void)
{
    char here[64];
    interrupted_stack = here;
    raise(SIGUSR1);
    sink++;
}

static int compare(const void *a, const void *b)
{
    first(5);
    return *(const int *)a - *(const int *)b;
}

static void *thread(void *kind)
{
    if (strcmp(kind, "thread") == 0)
        first(1);
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
    if (strcmp(kind, "thread-signal-stack") == 0)
        sigaltstack(&stack, NULL);
    interrupted();
    return NULL;
}

static void coroutine(void) { first(2); }

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "main";
    void *warm[1];
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    backtrace(warm, 1);
    if (strcmp(kind, "main") == 0)
        first(1);
    if (strcmp(kind, "signal") == 0)
        interrupted();
    if (strcmp(kind, "callback") == 0) {
        int numbers[] = {3, 1, 2};
        qsort(numbers, 3, sizeof *numbers, compare);
    }
    if (strncmp(kind, "thread", 6) == 0) {
        pthread_t other;
        pthread_create(&other, NULL, thread, (void *)kind);
        pthread_join(other, NULL);
    }
    if (strcmp(kind, "coroutine") == 0) {
        ucontext_t here, there;
        getcontext(&there);
        there.uc_stack.ss_sp = other_stack;
        there.uc_stack.ss_size = sizeof other_stack;
        there.uc_link = &here;
        makecontext(&there, coroutine, 0);
        swapcontext(&here, &there);
    }
    return 1;
}
