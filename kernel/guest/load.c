/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load SOCKET CONNECTIONS: that many connections to a memcached, each in a thread of its own, which sets, gets and asks for the version in turn and
 * compares every reply. The first version that was seen is the old one; any other is the new one.
 * A line on stdin ends a window: "NAME requests=N errors=N old=N new=N p50_us=N p99_us=N max_us=N", with the line as its name.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 100000 /* of 10 us each; the last one is for all that take longer */
#define SLOT_US 10

static const char *path;
static char first_version[256];
static pthread_mutex_t version_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_long requests, errors, old_replies, new_replies, longest, slots[SLOTS];

static long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

/* Sends a request and reads a reply that ends with `end`; its length, or -1. */
static int ask(int connection, const char *request, char *reply, int room, const char *end)
{
    long began = now_us();
    int length = 0, wanted = (int)strlen(end);
    if (write(connection, request, strlen(request)) != (ssize_t)strlen(request))
        return -1;
    do {
        ssize_t got = read(connection, reply + length, (size_t)(room - 1 - length));
        if (got <= 0)
            return -1;
        length += (int)got;
        reply[length] = '\0';
    } while (length < wanted || strcmp(reply + length - wanted, end) != 0);
    long took = now_us() - began;
    atomic_fetch_add(&slots[took / SLOT_US < SLOTS ? took / SLOT_US : SLOTS - 1], 1);
    for (long seen = atomic_load(&longest); took > seen && !atomic_compare_exchange_weak(&longest, &seen, took);)
        ;
    atomic_fetch_add(&requests, 1);
    return length;
}

static void count_version(const char *reply)
{
    pthread_mutex_lock(&version_lock);
    if (first_version[0] == '\0')
        snprintf(first_version, sizeof first_version, "%s", reply);
    atomic_fetch_add(strcmp(first_version, reply) == 0 ? &old_replies : &new_replies, 1);
    pthread_mutex_unlock(&version_lock);
}

static void *load(void *number)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    char request[128], reply[256], wanted[128];
    for (unsigned i = 0;; i++) {
        snprintf(request, sizeof request, "set k%ld 0 0 8\r\n%08u\r\n", (long)(intptr_t)number, i);
        if (ask(connection, request, reply, sizeof reply, "\r\n") < 0 || strcmp(reply, "STORED\r\n") != 0)
            atomic_fetch_add(&errors, 1);
        snprintf(request, sizeof request, "get k%ld\r\n", (long)(intptr_t)number);
        snprintf(wanted, sizeof wanted, "VALUE k%ld 0 8\r\n%08u\r\nEND\r\n", (long)(intptr_t)number, i);
        if (ask(connection, request, reply, sizeof reply, "END\r\n") < 0 || strcmp(reply, wanted) != 0)
            atomic_fetch_add(&errors, 1);
        if (ask(connection, "version\r\n", reply, sizeof reply, "\r\n") < 0 || strncmp(reply, "VERSION ", 8) != 0)
            atomic_fetch_add(&errors, 1);
        else
            count_version(reply);
        usleep(1000);
    }
    return NULL;
}

static long percentile(double share, long all)
{
    long seen = 0;
    for (int i = 0; i < SLOTS; i++)
        if ((seen += atomic_load(&slots[i])) >= (long)(share * (double)all))
            return (i + 1L) * SLOT_US;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    path = argv[1];
    for (long i = 0; i < atol(argv[2]); i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, load, (void *)(intptr_t)i) != 0)
            return 1;
    }
    for (char line[64]; fgets(line, sizeof line, stdin) != NULL;) {
        line[strcspn(line, "\n")] = '\0';
        long all = atomic_exchange(&requests, 0);
        printf("%s requests=%ld errors=%ld old=%ld new=%ld p50_us=%ld p99_us=%ld max_us=%ld\n", line, all, atomic_exchange(&errors, 0),
               atomic_exchange(&old_replies, 0), atomic_exchange(&new_replies, 0), percentile(0.5, all), percentile(0.99, all), atomic_exchange(&longest, 0));
        fflush(stdout);
        for (int i = 0; i < SLOTS; i++)
            atomic_store(&slots[i], 0);
    }
    return 0;
}
