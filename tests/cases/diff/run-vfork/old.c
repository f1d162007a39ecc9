// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>
int use(int x) { pid_t child = vfork(); if (child == 0) _exit(x + 2); int status = 0; waitpid(child, &status, 0); return WEXITSTATUS(status); }
