/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program in which the kernel works: io_uring has a thread that polls a ring (iou-sqp), and one that is blocked in reading a pipe for the
 * program (iou-wrk). Two threads of the program's own serve. Its first line is `rings N`, N = 0 where the kernel gives it no io_uring.
 * `report` answers "versions A B"; `write` lets the read end, and answers "read RESULT", which is 8 where nobody disturbed it.
 */
#include "target.h"

#include <linux/io_uring.h>
#include <sys/mman.h>

enum { SERVERS = 2, BYTES = 8 };

static int versions[SERVERS], ends[2], ring;
static char buffer[BYTES];
static struct io_uring_params parameters;
static char *queue;

#define GET(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define SET(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELEASE)

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

static void *serve(void *version)
{
    struct timespec time = {.tv_nsec = 1000000};
    for (;; nanosleep(&time, NULL))
        SET(*(int *)version, answer());
    return NULL;
}

static int set_up(struct io_uring_params *wanted)
{
    return (int)syscall(SYS_io_uring_setup, 4, wanted);
}

static unsigned *field(unsigned offset)
{
    return (unsigned *)(queue + offset);
}

/* One read that is given to a worker at once (IOSQE_ASYNC). */
static void start_reading(void)
{
    size_t size = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
    struct io_uring_sqe *entry = mmap(NULL, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    if (entry == MAP_FAILED || queue == MAP_FAILED || !(parameters.features & IORING_FEAT_SINGLE_MMAP))
        fail("mmap");
    *entry = (struct io_uring_sqe){.opcode = IORING_OP_READ, .flags = IOSQE_ASYNC, .fd = ends[0], .addr = (uintptr_t)buffer, .len = BYTES};
    field(parameters.sq_off.array)[0] = 0;
    SET(*field(parameters.sq_off.tail), 1);
    if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1)
        fail("io_uring_enter");
}

static int finish_reading(void)
{
    if (write(ends[1], "12345678", BYTES) != BYTES)
        fail("write");
    while (GET(*field(parameters.cq_off.tail)) == 0)
        sched_yield();
    return ((struct io_uring_cqe *)(queue + parameters.cq_off.cqes))->res;
}

int main(void)
{
    struct io_uring_params polled = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1000};
    if (pipe(ends) != 0)
        fail("pipe");
    ring = set_up(&parameters);
    int both = ring >= 0 && set_up(&polled) >= 0;
    if (both)
        start_reading();
    for (int i = 0; i < SERVERS; i++)
        start_thread(serve, &versions[i]);
    for (int i = 0; i < SERVERS; i++)
        while (GET(versions[i]) == 0)
            sched_yield();
    printf("rings %d\n", both ? 2 : 0);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "report") == 0)
            printf("versions %d %d\n", GET(versions[0]), GET(versions[1]));
        else if (strcmp(line, "write") == 0)
            printf("read %d\n", finish_reading());
        fflush(stdout);
    }
}
