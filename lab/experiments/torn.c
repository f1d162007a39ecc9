/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a reader ever see a half-written quadword that another thread writes through the memory file?
 *     gcc -O2 -pthread lab/experiments/torn.c -o out/torn && out/torn
 * Prints the reads and the torn ones of an aligned word, and, as a control that tearing would be seen, of one that lies
 * across a cache line. docs/decisions/0002 has the figures.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WRITES 2000000
#define CACHE_LINE 64
#define ONE 0x1111111111111111ull
#define OTHER 0xeeeeeeeeeeeeeeeeull

static volatile uint64_t *word;
static volatile int stop;
static uint64_t reads, torn;

static void *read_on(void *unused)
{
    while (!stop)
        for (int i = 0; i < 64; i++, reads++) {
            uint64_t value = *word;
            torn += value != ONE && value != OTHER;
        }
    return unused;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void measure(const char *name, size_t offset)
{
    uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int memory = open("/proc/self/mem", O_RDWR);
    pthread_t reader;
    if (page == MAP_FAILED || memory < 0)
        fail("page and memory file");
    word = (volatile uint64_t *)(page + offset);
    *word = ONE;
    stop = 0;
    reads = torn = 0;
    /* As code is: what the target itself cannot write. */
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0 || pthread_create(&reader, NULL, read_on, NULL) != 0)
        fail("reader");
    for (int i = 0; i < WRITES; i++) {
        uint64_t value = i % 2 == 0 ? OTHER : ONE;
        if (pwrite(memory, &value, sizeof value, (off_t)(uintptr_t)word) != sizeof value)
            fail("pwrite");
    }
    stop = 1;
    pthread_join(reader, NULL);
    close(memory);
    printf("%s: %d writes, %llu reads, %llu torn\n", name, WRITES, (unsigned long long)reads, (unsigned long long)torn);
}

int main(void)
{
    measure("aligned", CACHE_LINE + 40);
    measure("across a cache line", CACHE_LINE - 4);
    return 0;
}
