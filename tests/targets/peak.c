/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not a target: `peak COMMAND...` runs the command and prints "peak_kib N", its largest resident set, as the last line of
 * its standard error. It is a small program of its own because a child's ru_maxrss begins with that of the process that
 * spawned it (execve counts the memory it replaces), which for a managed parent is larger than what is to be measured.
 * Without a command it says `ready` and waits for the end of its input, as everything in this folder does.
 */
#include "target.h"

#include <sys/resource.h>
#include <sys/wait.h>

int main(int count, char **arguments)
{
    if (count < 2) {
        ready();
        for (char line[64];;)
            next_command(line, sizeof line);
    }
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        execvp(arguments[1], arguments + 1);
        fail(arguments[1]);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child)
        fail("wait4");
    fprintf(stderr, "peak_kib %ld\n", usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
