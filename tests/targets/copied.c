/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that has a variable of a library (copied-library.c) in its own memory, as a copy relocation makes it, if it is not position independent.
 * `set N` sets the variable; `program` and `library` print what the two make of it; `get` prints it.
 */
#include "target.h"

extern int copied;
int library(void);

REPLACEABLE static int program(void)
{
    return copied += VERSION * 100;
}

int main(void)
{
    ready();
    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strncmp(line, "set ", 4) == 0)
            copied = atoi(line + 4);
        printf("%d\n", strcmp(line, "program") == 0 ? program() : strcmp(line, "library") == 0 ? library() : copied);
        fflush(stdout);
    }
}
