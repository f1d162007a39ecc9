/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coherent [SECONDS]: does a processor that runs a function see a byte of it that another one has written? TAP.
 *
 * One thread calls a function all the time; the main one writes its result into it by /proc/self/mem, and waits until each processor was interrupted or has
 * switched (membarrier(2)). After that no call may give the old result (Intel SDM volume 3, 9.1.3: a processor that has executed a serializing instruction runs the
 * new code). What the backend dispatch does rests on that. An emulator may not keep it: QEMU 7.2 with a thread for each CPU takes away its translation of the code
 * first, and writes the byte then, so that another CPU that comes by in between translates the old byte again, for good.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { AT = 64, OPERAND = AT + 1, MEMBARRIER_GLOBAL = 1 };

static int (*function)(void);
static atomic_int last;
static atomic_long calls;

static void *caller(void *unused)
{
    for (;;) {
        atomic_store(&last, function());
        atomic_fetch_add(&calls, 1);
    }
    return unused;
}

int main(int argc, char **argv)
{
    static const unsigned char code[] = {0xb8, 0, 0, 0, 0, 0xc3}; /* mov $0, %eax; ret */
    unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int memory = open("/proc/self/mem", O_RDWR);
    if (page == MAP_FAILED || memory < 0)
        return perror("memory"), 1;
    memcpy(page + AT, code, sizeof code);
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0)
        return perror("mprotect"), 1;
    function = (int (*)(void))(uintptr_t)(page + AT);
    pthread_t thread;
    if (pthread_create(&thread, NULL, caller, NULL) != 0)
        return 1;

    long writes = 0, stale = 0;
    time_t end = time(NULL) + (argc > 1 ? atol(argv[1]) : 10);
    for (unsigned char value = 1; time(NULL) < end; value++, writes++) {
        if (pwrite(memory, &value, 1, (off_t)(uintptr_t)(page + OPERAND)) != 1 || syscall(SYS_membarrier, MEMBARRIER_GLOBAL, 0, 0) != 0)
            return perror("writing"), 1;
        /* The call that runs now may be an old one; the one after it is not. */
        for (long before = atomic_load(&calls); atomic_load(&calls) < before + 2;)
            ;
        stale += atomic_load(&last) != value;
    }
    printf("# %ld writes, %ld calls; %ld times the code was still the old one\n", writes, atomic_load(&calls), stale);
    printf("%s 1 coherent: code that is written is the code that runs\n1..1\n", stale == 0 && writes > 0 ? "ok" : "not ok");
    return 0;
}
