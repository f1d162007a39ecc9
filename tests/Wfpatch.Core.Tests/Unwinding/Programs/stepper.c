// SPDX-License-Identifier: Apache-2.0
// Runs a program, and from its first int3 to its second one writes its state to standard output before every instruction:
// all registers and the stack with its red zone up to main's callers. The format is read by StepRecording.cs.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

// What was popped lies below the stack pointer, and is still what the unwind tables mean.
enum { MAIN_CALLERS = 2048, RED_ZONE = 128, LARGEST_STACK = 1 << 20 };

static char buffer[LARGEST_STACK];

static void put(const void *bytes, size_t length)
{
    if (fwrite(bytes, 1, length, stdout) != length)
        exit(3);
}

static void put_block(pid_t child, uint64_t start, uint64_t end)
{
    uint32_t length = end > start && end - start <= LARGEST_STACK ? end - start : 0;
    struct iovec to = {buffer, length}, from = {(void *)start, length};
    ssize_t got = length ? process_vm_readv(child, &to, 1, &from, 1, 0) : 0;
    length = got > 0 ? got : 0;
    put(&start, 8);
    put(&length, 4);
    put(buffer, length);
}

static void put_maps(pid_t child)
{
    char name[64];
    uint64_t vdso = 0, vdso_end = 0;
    snprintf(name, sizeof name, "/proc/%d/maps", child);
    FILE *maps = fopen(name, "r");
    uint32_t length = fread(buffer, 1, sizeof buffer - 1, maps);
    fclose(maps);
    buffer[length] = 0;
    put(&length, 4);
    put(buffer, length);
    for (char *line = strtok(buffer, "\n"); line; line = strtok(NULL, "\n"))
        if (strstr(line, "[vdso]"))
            sscanf(line, "%lx-%lx", &vdso, &vdso_end);
    put_block(child, vdso, vdso_end);
}

static void put_state(pid_t child, const struct user_regs_struct *r, uint32_t kind)
{
    static uint64_t main_stack, last_on_main;
    const uint64_t all[17] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
                              r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip};
    if (!main_stack)
        main_stack = r->rsp + MAIN_CALLERS;
    put(&kind, 4);
    put(all, sizeof all);
    if (r->rsp <= main_stack && main_stack - r->rsp <= LARGEST_STACK) {
        last_on_main = r->rsp;
        put_block(child, r->rsp - RED_ZONE, main_stack);
        put_block(child, 0, 0);
    } else {
        put_block(child, r->rsp - RED_ZONE, r->rsp + 8192);
        put_block(child, last_on_main - RED_ZONE, main_stack);
    }
}

int main(int argc, char **argv)
{
    // Should the program hang, both end.
    alarm(300);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL);
    int status, stepping = 0, pending = 0;
    uint32_t kind = 0;
    for (;;) {
        if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
            return 2;
        struct user_regs_struct registers;
        siginfo_t info;
        int delivered = WSTOPSIG(status);
        ptrace(PTRACE_GETREGS, child, 0, &registers);
        if (delivered != SIGTRAP) {
            pending = delivered;
            kind = 1;
        } else {
            ptrace(PTRACE_GETSIGINFO, child, 0, &info);
            pending = 0;
            if (info.si_code == SI_KERNEL && !stepping) {
                stepping = 1;
                put_maps(child);
            } else if (info.si_code == SI_KERNEL) {
                break;
            }
            if (stepping) {
                put_state(child, &registers, kind);
                kind = 0;
            }
        }
        ptrace(stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, child, 0, pending);
    }
    uint32_t end = 2;
    put(&end, 4);
    fflush(stdout);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return argc < 2;
}
