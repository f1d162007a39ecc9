/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs code that the test gives it, with registers that the test gives it, and tells what came of it.
 * For: code that wfpatch makes (system call stubs, trampolines), seen at work on a real processor.
 *
 * Commands, numbers in hexadecimal:
 *   map ADDRESS LENGTH      maps fresh memory exactly there: `ok`, or `no ERRNO`
 *   put ADDRESS BYTES       writes there: `ok`
 *   word N                  stores N in the word at %fs:0x80: `ok`
 *   run R0 .. R17           loads the registers (in the order of ucontext's gregs: r8 .. r15, rdi, rsi, rbp, rbx, rdx, rax,
 *                           rcx, rsp, rip, flags) and goes; the code ends at an int3, or at a fault. Answers
 *                           `SIGNAL R0 .. R17 WORD XMM`, XMM 1 where all vector registers are as they were before.
 */
#include "target.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { REGISTERS = 18, LINE = 1 << 16, ALTERNATE_STACK = 1 << 16 };

static greg_t wanted[REGISTERS], before[REGISTERS], found[REGISTERS];
static struct _libc_fpstate vectors_before;
static int entering, landed_by, vectors_kept;

static void fill_vectors(struct _libc_fpstate *state)
{
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 4; j++)
            state->_xmm[i].element[j] = 0x1000003u * (unsigned)(i * 4 + j + 1);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)info;
    mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;
    if (entering) {
        entering = 0;
        memcpy(before, machine->gregs, sizeof before);
        vectors_before = *machine->fpregs;
        memcpy(machine->gregs, wanted, sizeof wanted);
        fill_vectors(machine->fpregs);
        return;
    }
    struct _libc_fpstate expected = vectors_before;
    fill_vectors(&expected);
    vectors_kept = memcmp(expected._xmm, machine->fpregs->_xmm, sizeof expected._xmm) == 0;
    landed_by = signal;
    memcpy(found, machine->gregs, sizeof found);
    memcpy(machine->gregs, before, sizeof before);
    *machine->fpregs = vectors_before;
}

static void catch_signals(void)
{
    static char stack[ALTERNATE_STACK];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    const int signals[] = {SIGTRAP, SIGSEGV, SIGILL, SIGBUS, SIGFPE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

static unsigned word(void)
{
    unsigned value;
    __asm__ volatile("movl %%fs:0x80, %0" : "=r"(value));
    return value;
}

static void run(char *text)
{
    for (int i = 0; i < REGISTERS; i++)
        wanted[i] = (greg_t)strtoull(text, &text, 16);
    entering = 1;
    /* The segment selectors stand behind the flags in gregs and stay as they are. */
    __asm__ volatile("int3" ::: "memory");
    printf("%d", landed_by);
    for (int i = 0; i < REGISTERS; i++)
        printf(" %llx", found[i]);
    printf(" %x %d\n", word(), vectors_kept);
}

static void put(char *text)
{
    unsigned char *to = (unsigned char *)strtoull(text, &text, 16);
    text++;
    for (unsigned byte; sscanf(text, "%2x", &byte) == 1; text += 2)
        *to++ = (unsigned char)byte;
    printf("ok\n");
}

static void map(char *text)
{
    void *at = (void *)strtoull(text, &text, 16);
    size_t length = strtoull(text, NULL, 16);
    void *got = mmap(at, length, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == at)
        printf("ok\n");
    else
        printf("no %d\n", errno);
}

int main(void)
{
    static char line[LINE];
    catch_signals();
    ready();
    for (;;) {
        next_command(line, sizeof line);
        if (strncmp(line, "map ", 4) == 0)
            map(line + 4);
        else if (strncmp(line, "put ", 4) == 0)
            put(line + 4);
        else if (strncmp(line, "word ", 5) == 0) {
            unsigned value = (unsigned)strtoul(line + 5, NULL, 16);
            __asm__ volatile("movl %0, %%fs:0x80" :: "r"(value));
            printf("ok\n");
        } else if (strncmp(line, "run ", 4) == 0)
            run(line + 4);
        else
            printf("unknown command\n");
        fflush(stdout);
    }
}
