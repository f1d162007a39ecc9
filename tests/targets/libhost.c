/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that loads libraries and calls their functions, each on its main thread and on two others, which idle in between.
 *   open FLAGS PATH   dlopen; FLAGS of l (lazy), n (now), g (global), o (only if it is loaded already), m (in a namespace of its own);
 *                     the PATH - is the program itself
 *   close             dlclose of what was opened last
 *   call NAME         int NAME(void) of what was opened last; prints what the three threads got
 *   ask NAME          the same on the main thread alone
 * With arguments `preload PATH` it is started again with that library loaded from the start.
 */
#include "target.h"
#include <dlfcn.h>

#define HELPERS 2

__thread int host_mark = 1000;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static int (*function)(void);
static int rounds, left, results[HELPERS];
static void *opened[16];
static int count;

static void *helper(void *argument)
{
    int index = (int)(intptr_t)argument, seen = 0;
    host_mark = 2000 + 1000 * index;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (rounds == seen)
            pthread_cond_wait(&work, &lock);
        seen = rounds;
        int (*call)(void) = function;
        pthread_mutex_unlock(&lock);
        int result = call();
        pthread_mutex_lock(&lock);
        results[index] = result;
        if (--left == 0)
            pthread_cond_signal(&done);
    }
    return NULL;
}

static void on_all_threads(int (*call)(void))
{
    int mine = call();
    pthread_mutex_lock(&lock);
    function = call;
    left = HELPERS;
    rounds++;
    pthread_cond_broadcast(&work);
    while (left > 0)
        pthread_cond_wait(&done, &lock);
    printf("%d %d %d\n", mine, results[0], results[1]);
    pthread_mutex_unlock(&lock);
}

static void open_library(char *arguments)
{
    char *path = strchr(arguments, ' ');
    *path++ = '\0';
    int flags = (strchr(arguments, 'n') ? RTLD_NOW : RTLD_LAZY) | (strchr(arguments, 'g') ? RTLD_GLOBAL : 0) | (strchr(arguments, 'o') ? RTLD_NOLOAD : 0);
    path = strcmp(path, "-") == 0 ? NULL : path;
    void *handle = strchr(arguments, 'm') ? dlmopen(LM_ID_NEWLM, path, flags) : dlopen(path, flags);
    if (handle == NULL) {
        printf("%s\n", dlerror());
        return;
    }
    opened[count++] = handle;
    printf("opened\n");
}

static void call_function(const char *name, int everywhere)
{
    int (*call)(void) = (int (*)(void))(intptr_t)dlsym(opened[count - 1], name);
    if (call == NULL)
        printf("%s\n", dlerror());
    else if (everywhere)
        on_all_threads(call);
    else
        printf("%d\n", call());
}

int main(int argc, char **argv)
{
    char line[1024];
    if (argc > 2 && strcmp(argv[1], "preload") == 0) {
        setenv("LD_PRELOAD", argv[2], 1);
        execl("/proc/self/exe", argv[0], (char *)NULL);
        fail("execl");
    }
    for (int i = 0; i < HELPERS; i++)
        start_thread(helper, (void *)(intptr_t)i);
    ready();
    for (;;) {
        next_command(line, sizeof line);
        if (strncmp(line, "open ", 5) == 0)
            open_library(line + 5);
        else if (strncmp(line, "call ", 5) == 0)
            call_function(line + 5, 1);
        else if (strncmp(line, "ask ", 4) == 0)
            call_function(line + 4, 0);
        else
            printf("%s\n", dlclose(opened[--count]) == 0 ? "closed" : dlerror());
        fflush(stdout);
    }
}
