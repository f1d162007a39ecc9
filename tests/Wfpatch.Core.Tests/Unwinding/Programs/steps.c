// SPDX-License-Identifier: Apache-2.0
// What C code does with its stack, to be stepped through instruction by instruction.
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int sink;
static jmp_buf back;

__attribute__((noinline)) static void use(void *p) { sink += *(volatile char *)p; }

__attribute__((noinline)) static int recurse(int n) { return n == 0 ? sink : recurse(n - 1) * 3 + n; }

__attribute__((noinline)) static void with_alloca(size_t n)
{
    char *p = alloca(n);
    memset(p, 1, n);
    use(p);
}

__attribute__((noinline)) static void with_array(int n)
{
    int values[n];
    for (int i = 0; i < n; i++)
        values[i] = i * sink;
    use(values + n - 1);
}

__attribute__((noinline)) static void aligned(int n)
{
    _Alignas(64) char block[128];
    memset(block, n, sizeof block);
    use(block);
    if (n)
        aligned(n - 1);
}

__attribute__((noinline)) static void aligned_and_alloca(int n)
{
    _Alignas(32) char block[64];
    char *p = alloca(n * 16);
    block[0] = p[0] = 1;
    use(block);
    use(p);
}

// Callers with frame pointers below a function whose epilogue has no right rule for rbp.
__attribute__((noinline)) static int outer(int n)
{
    aligned_and_alloca(n);
    return n > 0 ? outer(n - 1) + sink : n;
}

__attribute__((noinline)) static int many(int a, int b, int c, int d, int e, int f, int g, int h, int i, double x)
{
    return sink + a + b + c + d + e + f + g + h + i + (int)x;
}

__attribute__((noinline)) static void print(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char text[200];
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    use(text);
}

__attribute__((noinline, noreturn)) static void leave(int n)
{
    use(&n);
    longjmp(back, n);
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void handler(int number)
{
    sink += recurse(2) + number;
}

static void skipping_handler(int number, siginfo_t *info, void *context)
{
    // Steps over the two bytes of ud2.
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
    sink += recurse(2) + number + (info != NULL);
}

// The interrupted instruction is the function's first: the byte before it belongs to another function.
void traps_at_entry(void);
__asm__(".text\n.type traps_at_entry, @function\ntraps_at_entry:\n.cfi_startproc\nud2\nret\n.cfi_endproc\n.size traps_at_entry, .-traps_at_entry\n");

static void *thread(void *argument) { return argument; }

int main(void)
{
    static char other_stack[65536];
    int numbers[] = {5, 3, 8, 1, 9, 2};
    struct timeval now;
    struct timespec time_now;
    __asm__ volatile("int3");
    recurse(5);
    with_alloca(100);
    with_array(9);
    aligned(2);
    aligned_and_alloca(3);
    sink += outer(4);
    sink += many(1, 2, 3, 4, 5, 6, 7, 8, 9, 0.5);
    print("%d %s %g %p", 12, "text", 3.25, (void *)numbers);
    qsort(numbers, 6, sizeof *numbers, compare);
    char *copy = strdup("abc");
    copy = realloc(copy, 200000);
    free(copy);
    gettimeofday(&now, NULL);
    clock_gettime(CLOCK_MONOTONIC, &time_now);
    sink += time(NULL);
    struct tm *broken_down = gmtime(&time_now.tv_sec);
    strftime(other_stack, sizeof other_stack, "%F %T", broken_down);
    if (setjmp(back) == 0)
        leave(3);
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_sigaction = skipping_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGILL, &action, NULL);
    traps_at_entry();
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGILL, &action, NULL);
    traps_at_entry();
    FILE *file = fopen("/proc/self/cmdline", "r");
    if (file) {
        sink += fgetc(file);
        fclose(file);
    }
    pthread_t other;
    pthread_create(&other, NULL, thread, NULL);
    pthread_join(other, NULL);
    printf("%d\n", sink);
    fflush(stdout);
    __asm__ volatile("int3");
    return 0;
}
