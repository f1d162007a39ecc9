/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sample server: a small multi-threaded request server that knows nothing of being patched.
 *
 *   sample [--workers N] [--busy N] [--pause US] [--stuck] [--no-idle]
 *
 * --workers N  N threads, each with an epoll of its own, serve 127.0.0.1 on a free port (default 4, or 0 with --busy).
 *              A request is a line "get KEY"; the reply is a line "v1 v1 v1 v1 value score=1": for each step the version
 *              that served it, then the text. A reply whose versions differ is mixed: it must never be seen.
 * --busy N     N threads that make requests of their own as fast as they can, without sockets.
 * --pause US   a busy thread sleeps so many microseconds after each request (default 0: not at all).
 * --stuck      one thread that stays inside a step until told `release`, then goes on making a request each millisecond.
 *
 * Idle threads stand beside them as in any real server: one waits for ever in pthread_cond_wait, one in epoll_wait, one
 * sleeps again and again. --no-idle leaves them out. An EINTR ends the program: nobody sends it signals.
 *
 * Prints `listening PORT` (with workers) and `ready`. Commands on stdin, a line each: `report` answers with one line of
 * JSON, `reset` forgets the largest gaps so far (answer `ok`), `release` lets the stuck thread go (it answers `released`
 * and its versions), `quit`. It ends when stdin ends, so that it never outlives who started it.
 */
#define _GNU_SOURCE
#include "sample.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SAMPLE_WORKERS
#define SAMPLE_WORKERS -1
#endif
#ifndef SAMPLE_BUSY
#define SAMPLE_BUSY 0
#endif
#ifndef SAMPLE_STUCK
#define SAMPLE_STUCK 0
#endif

enum { FIRST_VERSION = 1, MAX_VERSION = 8192, MAX_THREADS = 256, LINE = 256 };

/* One per thread; written by that thread alone, read by the one that reports. */
struct tally {
    char name[16];
    pid_t tid;
    int epoll;
    uint64_t requests, old, new, mixed;
    int64_t last_beat, largest_gap; /* ns; 0: none yet */
    int latest;                     /* version of the latest unmixed request */
    uint64_t by_version[MAX_VERSION];
};

struct connection {
    int socket;
    size_t used;
    char buffer[4 * LINE];
};

static struct tally *tallies[MAX_THREADS];
static int tally_count;
static int listener = -1;
static int workers = SAMPLE_WORKERS, busy = SAMPLE_BUSY, stuck = SAMPLE_STUCK, idle = 1, pause_us;
static int requested_stuck_release;
static pthread_mutex_t stuck_lock = PTHREAD_MUTEX_INITIALIZER, idle_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stuck_released = PTHREAD_COND_INITIALIZER, idle_condition = PTHREAD_COND_INITIALIZER;

static const char *const values[] = {"amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath"};

#define ADD(counter, n) __atomic_store_n(&(counter), (counter) + (n), __ATOMIC_RELAXED)
#define SET(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)
#define GET(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "sample: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char *table_find(const char *key, uint32_t hash)
{
    if (strcmp(key, "stuck") == 0) {
        pthread_mutex_lock(&stuck_lock);
        while (!requested_stuck_release)
            pthread_cond_wait(&stuck_released, &stuck_lock);
        pthread_mutex_unlock(&stuck_lock);
    }
    return values[hash % (sizeof values / sizeof *values)];
}

__attribute__((noinline)) void handle_request(struct request *request)
{
    request->version[0] = step_parse(request);
    request->version[1] = step_lookup(request);
    request->version[2] = step_score(request);
    request->version[3] = step_format(request);
}

static void serve(struct tally *tally, struct request *request, const char *line, size_t length)
{
    request->line = line;
    request->length = length;
    handle_request(request);

    int version = request->version[0], mixed = 0;
    for (int step = 1; step < SAMPLE_STEPS; step++)
        mixed |= request->version[step] != version;
    ADD(tally->requests, 1);
    if (mixed || version < 0 || version >= MAX_VERSION) {
        ADD(tally->mixed, 1);
        return;
    }
    ADD(tally->by_version[version], 1);
    SET(tally->latest, version);
    if (version == FIRST_VERSION)
        ADD(tally->old, 1);
    else
        ADD(tally->new, 1);
}

static void beat(struct tally *tally)
{
    int64_t now = now_ns();
    if (tally->last_beat != 0 && now - tally->last_beat > GET(tally->largest_gap))
        SET(tally->largest_gap, now - tally->last_beat);
    tally->last_beat = now;
}

/* --- the threads --- */

static void enter(struct tally *tally)
{
    pthread_setname_np(pthread_self(), tally->name);
    SET(tally->tid, (pid_t)syscall(SYS_gettid));
}

static void answer(struct connection *connection, const struct request *request)
{
    char reply[SAMPLE_TEXT + 64];
    int length = snprintf(reply, sizeof reply, "v%d v%d v%d v%d %s\n", request->version[0], request->version[1],
        request->version[2], request->version[3], request->text);
    if (send(connection->socket, reply, (size_t)length, MSG_NOSIGNAL) != length)
        shutdown(connection->socket, SHUT_RDWR);
}

static void drop(struct connection *connection)
{
    close(connection->socket);
    free(connection);
}

static void receive(struct tally *tally, struct connection *connection)
{
    ssize_t got = recv(connection->socket, connection->buffer + connection->used, sizeof connection->buffer - connection->used, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        drop(connection);
        return;
    }
    connection->used += (size_t)got;

    char *at = connection->buffer, *end = connection->buffer + connection->used, *line_end;
    while ((line_end = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        struct request request;
        serve(tally, &request, at, (size_t)(line_end - at));
        answer(connection, &request);
        at = line_end + 1;
    }
    connection->used = (size_t)(end - at);
    memmove(connection->buffer, at, connection->used);
    if (connection->used == sizeof connection->buffer)
        drop(connection);
}

static void *worker(void *argument)
{
    struct tally *tally = argument;
    enter(tally);
    for (;;) {
        struct epoll_event events[16];
        int count = epoll_wait(tally->epoll, events, 16, -1);
        if (count < 0)
            fail("epoll_wait");
        for (int i = 0; i < count; i++)
            receive(tally, events[i].data.ptr);
    }
}

static void *acceptor(void *argument)
{
    (void)argument;
    pthread_setname_np(pthread_self(), "acceptor");
    for (unsigned next = 0;; next++) {
        int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket < 0)
            fail("accept");
        int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL)
            fail("calloc");
        connection->socket = socket;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(tallies[next % (unsigned)workers]->epoll, EPOLL_CTL_ADD, socket, &event) != 0)
            fail("epoll_ctl");
    }
}

static void *generator(void *argument)
{
    struct tally *tally = argument;
    enter(tally);
    char line[LINE];
    for (uint64_t n = 0;; n++) {
        struct request request;
        int length = snprintf(line, sizeof line, "get key%u", (unsigned)(n % 64));
        serve(tally, &request, line, (size_t)length);
        beat(tally);
        if (pause_us > 0 && usleep((useconds_t)pause_us) != 0)
            fail("usleep");
    }
    return NULL;
}

static void *sticker(void *argument)
{
    struct tally *tally = argument;
    enter(tally);
    struct request request;
    serve(tally, &request, "get stuck", 9);
    printf("released v%d v%d v%d v%d\n", request.version[0], request.version[1], request.version[2], request.version[3]);
    fflush(stdout);
    for (;;) {
        serve(tally, &request, "get after", 9);
        usleep(1000);
    }
    return NULL;
}

static void *idle_in_condition(void *argument)
{
    (void)argument;
    pthread_setname_np(pthread_self(), "idle-cond");
    pthread_mutex_lock(&idle_lock);
    for (;;)
        pthread_cond_wait(&idle_condition, &idle_lock);
    return NULL;
}

static void *idle_in_epoll(void *argument)
{
    (void)argument;
    pthread_setname_np(pthread_self(), "idle-epoll");
    struct epoll_event event;
    if (epoll_wait(epoll_create1(EPOLL_CLOEXEC), &event, 1, -1) < 0)
        fail("epoll_wait of the idle thread");
    return NULL;
}

static void *idle_in_sleep(void *argument)
{
    (void)argument;
    pthread_setname_np(pthread_self(), "idle-sleep");
    for (;;) {
        struct timespec pause = {.tv_nsec = 200000000};
        if (nanosleep(&pause, NULL) != 0)
            fail("nanosleep");
    }
    return NULL;
}

/* --- start and control --- */

static void start(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, body, argument);
    if (errno != 0)
        fail("pthread_create");
}

static void start_counted(const char *name, int number, void *(*body)(void *), int with_epoll)
{
    struct tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL || tally_count == MAX_THREADS)
        fail("too many threads");
    snprintf(tally->name, sizeof tally->name, "%.8s-%hu", name, (unsigned short)number);
    tally->epoll = with_epoll ? epoll_create1(EPOLL_CLOEXEC) : -1;
    tallies[tally_count++] = tally;
    start(body, tally);
}

static void listen_on_loopback(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 64) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        fail("listen");
    printf("listening %d\n", ntohs(address.sin_port));
}

static void report(void)
{
    static uint64_t by_version[MAX_VERSION];
    uint64_t requests = 0, old = 0, new = 0, mixed = 0;
    int64_t largest_gap = 0;
    memset(by_version, 0, sizeof by_version);
    flockfile(stdout); /* one line, whole: the stuck thread prints too */
    printf("{\"threads\":[");
    for (int i = 0; i < tally_count; i++) {
        struct tally *tally = tallies[i];
        printf("%s{\"tid\":%d,\"name\":\"%s\",\"requests\":%lu,\"old\":%lu,\"new\":%lu,\"mixed\":%lu,\"version\":%d,\"gap_us\":%.1f}",
            i == 0 ? "" : ",", GET(tally->tid), tally->name, GET(tally->requests), GET(tally->old), GET(tally->new),
            GET(tally->mixed), GET(tally->latest), (double)GET(tally->largest_gap) / 1000);
        requests += GET(tally->requests);
        old += GET(tally->old);
        new += GET(tally->new);
        mixed += GET(tally->mixed);
        if (GET(tally->largest_gap) > largest_gap)
            largest_gap = GET(tally->largest_gap);
        for (int version = 0; version < MAX_VERSION; version++)
            by_version[version] += GET(tally->by_version[version]);
    }
    printf("],\"requests\":%lu,\"old\":%lu,\"new\":%lu,\"mixed\":%lu,\"gap_us\":%.1f,\"versions\":{", requests, old, new, mixed,
        (double)largest_gap / 1000);
    const char *separator = "";
    for (int version = 0; version < MAX_VERSION; version++) {
        if (by_version[version] != 0) {
            printf("%s\"%d\":%lu", separator, version, by_version[version]);
            separator = ",";
        }
    }
    printf("}}\n");
    fflush(stdout);
    funlockfile(stdout);
}

static void release_stuck(void)
{
    pthread_mutex_lock(&stuck_lock);
    requested_stuck_release = 1;
    pthread_cond_broadcast(&stuck_released);
    pthread_mutex_unlock(&stuck_lock);
}

static void forget_gaps(void)
{
    for (int i = 0; i < tally_count; i++)
        SET(tallies[i]->largest_gap, 0);
    printf("ok\n");
    fflush(stdout);
}

static void parse_arguments(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--workers") == 0 && i + 1 < count)
            workers = atoi(arguments[++i]);
        else if (strcmp(arguments[i], "--busy") == 0 && i + 1 < count)
            busy = atoi(arguments[++i]);
        else if (strcmp(arguments[i], "--pause") == 0 && i + 1 < count)
            pause_us = atoi(arguments[++i]);
        else if (strcmp(arguments[i], "--stuck") == 0)
            stuck = 1;
        else if (strcmp(arguments[i], "--no-idle") == 0)
            idle = 0;
        else {
            fprintf(stderr, "usage: %s [--workers N] [--busy N] [--pause US] [--stuck] [--no-idle]\n", arguments[0]);
            exit(2);
        }
    }
    if (workers < 0)
        workers = busy > 0 || stuck ? 0 : 4;
}

int main(int count, char **arguments)
{
    parse_arguments(count, arguments);
    if (idle) {
        start(idle_in_condition, NULL);
        start(idle_in_epoll, NULL);
        start(idle_in_sleep, NULL);
    }
    for (int i = 0; i < workers; i++)
        start_counted("worker", i, worker, 1);
    for (int i = 0; i < busy; i++)
        start_counted("busy", i, generator, 0);
    if (stuck)
        start_counted("stuck", 0, sticker, 0);
    if (workers > 0) {
        listen_on_loopback();
        start(acceptor, NULL);
    }
    printf("ready\n");
    fflush(stdout);

    char line[LINE];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "report") == 0)
            report();
        else if (strcmp(line, "reset") == 0)
            forget_gaps();
        else if (strcmp(line, "release") == 0)
            release_stuck();
        else if (strcmp(line, "quit") == 0)
            break;
        else
            fprintf(stderr, "sample: unknown command %s\n", line);
    }
    _exit(0);
}
