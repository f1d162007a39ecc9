/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that gets itself into a state in which memory is short or special. `answer` answers "answer VERSION"; the others answer "ok":
 * `lock`: all memory is locked, also what comes, with a (soft) limit just above, and without the right to go beyond it; `raise`: that
 * limit is raised as far as it may be. `lock all but one`: the same, and one page is not locked.
 * `faults stack`: a thread whose stack's page faults are handled by a userfaultfd that nobody reads; `faults heap`: other memory so.
 * `share`: another process runs in this memory (clone with CLONE_VM, without CLONE_THREAD); it stays until the program ends.
 * `borrow`: a thread runs on the main thread's control block (clone without CLONE_SETTLS) until `give back`.
 * `split`: as many mappings as the kernel gives to a process, but for a few.
 * `mdwe`: memory that is writable never becomes executable (PR_SET_MDWE); answers "no" where the kernel does not know that.
 * `word N`: the spare word of the main thread's control block becomes N.
 * `nobody`: another user, without rights; such a process is not dumpable.
 * `generate`: a thread runs code that is no file's, generated into anonymous memory; `leave` lets it come out.
 */
#include "target.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { STACK = 1 << 18 };

static int inside, leave;

REPLACEABLE int answer(void)
{
#if VERSION == 3 /* has a new variable */
    static volatile int asked;
    asked++;
#endif
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

static unsigned long locked_bytes(void)
{
    unsigned long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    for (char line[256]; status != NULL && fgets(line, sizeof line, status) != NULL;)
        if (sscanf(line, "VmLck: %lu", &kilobytes) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return kilobytes * 1024;
}

static void lock_all(int but_one)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || mlockall(MCL_CURRENT | MCL_FUTURE) != 0 || (but_one && munlock(page, 4096) != 0))
        fail("mlockall");
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        fail("limit");
    limit.rlim_cur = locked_bytes() + (1 << 20);
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || setresuid(65534, 65534, 65534) != 0)
        fail("limit");
}

static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        fail("limit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        fail("limit");
}

static void become_nobody(void)
{
    if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
        fail("nobody");
}

static int deny_write_execute(void)
{
    enum { SET_MDWE = 65, REFUSE_EXEC_GAIN = 1 }; /* linux/prctl.h, Linux 6.3 */
    return prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) == 0;
}

/* Neighbours with different rights are not joined. At the limit the kernel refuses to split once more. */
static void split(void)
{
    enum { PAGES = 1 << 17, PAGE = 4096 };
    char *memory = mmap(NULL, (size_t)PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    for (int i = 1; i < PAGES && mprotect(memory + (size_t)i * PAGE, PAGE, PROT_READ) == 0; i += 2)
        continue;
}

static void *park(void *unused)
{
    for (char c;;) {
        static int never[2] = {-1, -1};
        if (never[0] < 0 && pipe(never) != 0)
            fail("pipe");
        __atomic_store_n(&inside, 1, __ATOMIC_RELEASE);
        (void)!read(never[0], &c, 1);
    }
    return unused;
}

static void handle_faults(int of_stack)
{
    char *memory = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int handler = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API};
    struct uffdio_register range = {.range = {.start = (uintptr_t)memory, .len = STACK}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    if (memory == MAP_FAILED || handler < 0 || ioctl(handler, UFFDIO_API, &api) != 0)
        fail("userfaultfd");
    if (of_stack) {
        memset(memory, 0, STACK);
        pthread_attr_t attributes;
        pthread_t thread;
        pthread_attr_init(&attributes);
        pthread_attr_setstack(&attributes, memory, STACK);
        errno = pthread_create(&thread, &attributes, park, NULL);
        if (errno != 0)
            fail("pthread_create");
        while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
            sched_yield();
    }
    if (ioctl(handler, UFFDIO_REGISTER, &range) != 0)
        fail("register");
}

static int other_process(void *parent)
{
    /* Nothing of the C library: its thread control block is the creator's. */
    long got;
    __asm__ volatile("syscall" : "=a"(got) : "0"((long)SYS_prctl), "D"((long)PR_SET_PDEATHSIG), "S"((long)SIGKILL) : "rcx", "r11", "memory");
    __atomic_store_n((int *)parent, 1, __ATOMIC_RELEASE);
    for (;;)
        __asm__ volatile("syscall" : "=a"(got) : "0"((long)SYS_pause) : "rcx", "r11", "memory");
    return 0;
}

static void share(void)
{
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED || clone(other_process, stack + STACK, CLONE_VM | SIGCHLD, &inside) < 0)
        fail("clone");
    while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
        sched_yield();
}

static int borrower_id;

static int borrower(void *unused)
{
    /* Nothing of the C library but these calls, which use no control block when they succeed. */
    while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
        sched_yield();
    (void)unused;
    return 0;
}

static void borrow(void)
{
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    if (stack == MAP_FAILED || clone(borrower, stack + STACK, flags, NULL, &borrower_id, NULL, &borrower_id) < 0)
        fail("clone");
}

static void give_back(void)
{
    __atomic_store_n(&leave, 1, __ATOMIC_RELEASE);
    while (__atomic_load_n(&borrower_id, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
}

/* Says that it is inside, waits until it shall leave, and returns. No frame, no unwind table. */
static void *run_generated(void *unused)
{
    static const unsigned char code[] = {
        0xc7, 0x07, 1, 0, 0, 0, /* movl $1, (%rdi) */
        0xf3, 0x90,             /* pause */
        0x83, 0x3e, 0,          /* cmpl $0, (%rsi) */
        0x74, 0xf9,             /* je pause */
        0xc3,                   /* ret */
    };
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        fail("mmap");
    memcpy(page, code, sizeof code);
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0)
        fail("mprotect");
    ((void (*)(int *, int *))page)(&inside, &leave);
    __atomic_store_n(&inside, 0, __ATOMIC_RELEASE);
    pause();
    return unused;
}

static void generate(void)
{
    start_thread(run_generated, NULL);
    while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
        sched_yield();
}

int main(void)
{
    static char input[4096], output[4096];
    setvbuf(stdin, input, _IOFBF, sizeof input);
    setvbuf(stdout, output, _IOFBF, sizeof output);
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "answer") == 0) {
            printf("answer %d\n", answer());
            fflush(stdout);
            continue;
        }
        if (strcmp(line, "mdwe") == 0 && !deny_write_execute()) {
            printf("no\n");
            fflush(stdout);
            continue;
        }
        if (strncmp(line, "lock", 4) == 0)
            lock_all(line[4] != '\0');
        else if (strncmp(line, "word ", 5) == 0)
            __asm__ volatile("movl %0, %%fs:0x80" : : "r"(atoi(line + 5)) : "memory");
        else if (strcmp(line, "raise") == 0)
            raise_limit();
        else if (strncmp(line, "faults ", 7) == 0)
            handle_faults(strcmp(line + 7, "stack") == 0);
        else if (strcmp(line, "split") == 0)
            split();
        else if (strcmp(line, "nobody") == 0)
            become_nobody();
        else if (strcmp(line, "share") == 0)
            share();
        else if (strcmp(line, "borrow") == 0)
            borrow();
        else if (strcmp(line, "give back") == 0)
            give_back();
        else if (strcmp(line, "generate") == 0)
            generate();
        else if (strcmp(line, "leave") == 0)
            __atomic_store_n(&leave, 1, __ATOMIC_RELEASE);
        printf("ok\n");
        fflush(stdout);
    }
}
