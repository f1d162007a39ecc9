/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread for each way to block in the kernel, all of them idle. For: a blocked thread is migrated from outside and its
 * call restarted unseen: no EINTR, no shortened or lengthened sleep, no lost wake-up.
 *
 * Prints `thread NAME TID` for each, then `ready`. `--timeout-ms N` sets the timed calls' time (default 3000).
 * `wake` wakes those that wait for ever. Each thread that returns from its call prints
 *     woke NAME ret=R errno=E waited_us=T answer=VERSION
 * with what the call gave, how long it took, and the version that the thread now runs. When all have returned: `done`.
 * A NAME that ends in -timed wakes by itself after the timeout, the others on `wake` only. `--only NAME` leaves the others out.
 * with: parts/blocked-more.c
 */
#include "blocked.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>

long timeout_ms = 3000;
static int wake_pipe[2], full_pipe[2], full_pair[2], lock_files[2], queue_listener, messages, semaphores, timer_fd;
int event_fd, socket_pair[2], listener;
static uint32_t futex_word;
static pthread_mutex_t condition_lock = PTHREAD_MUTEX_INITIALIZER, held_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int condition_set;
static sem_t semaphore;
static mqd_t message_queue;
static pid_t child, other_child;
static pthread_barrier_t all_started;

/* The function that tests replace; asked after the blocking call, never on the stack during it. */
REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

struct timespec from_ms(long ms)
{
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

static struct timespec after(clockid_t clock, long ms)
{
    struct timespec at, more = from_ms(ms);
    clock_gettime(clock, &at);
    at.tv_sec += more.tv_sec;
    at.tv_nsec += more.tv_nsec;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* pthread functions give the error as their result. */
static long as_errno(int error)
{
    errno = error;
    return error == 0 ? 0 : -1;
}

int epoll_of(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl");
    return epoll;
}

static long in_epoll(void) { struct epoll_event e; return epoll_wait(epoll_of(event_fd), &e, 1, -1); }
static long in_epoll_timed(void) { struct epoll_event e; return epoll_wait(epoll_of(-1), &e, 1, (int)timeout_ms); }
static long in_epoll_pwait_timed(void)
{
    struct epoll_event e;
    sigset_t none;
    sigemptyset(&none);
    return epoll_pwait(epoll_of(-1), &e, 1, (int)timeout_ms, &none);
}
static long in_epoll_pwait2_timed(void) /* its limit lies in memory */
{
    struct epoll_event e;
    struct timespec wait = from_ms(timeout_ms);
    return syscall(SYS_epoll_pwait2, epoll_of(-1), &e, 1, &wait, NULL, 0);
}
static long in_futex(void)
{
    long got = syscall(SYS_futex, &futex_word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return got;
}
static long in_futex_timed(void)
{
    static uint32_t word;
    struct timespec wait = from_ms(timeout_ms);
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &wait, NULL, 0);
}
static long in_condition(void)
{
    int error = 0;
    pthread_mutex_lock(&condition_lock);
    while (!condition_set && error == 0)
        error = pthread_cond_wait(&condition, &condition_lock);
    pthread_mutex_unlock(&condition_lock);
    return as_errno(error);
}
static long in_condition_timed(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    struct timespec until = after(CLOCK_REALTIME, timeout_ms);
    int error = 0;
    pthread_mutex_lock(&lock);
    while (error == 0)
        error = pthread_cond_timedwait(&never, &lock, &until);
    pthread_mutex_unlock(&lock);
    return as_errno(error);
}
static long in_mutex(void)
{
    int error = pthread_mutex_lock(&held_lock);
    pthread_mutex_unlock(&held_lock);
    return as_errno(error);
}
static long in_semaphore(void) { return sem_wait(&semaphore); }
static long in_semaphore_timed(void)
{
    static sem_t never;
    struct timespec until = after(CLOCK_REALTIME, timeout_ms);
    sem_init(&never, 0, 0);
    return sem_timedwait(&never, &until);
}
static long in_nanosleep_timed(void) { struct timespec t = from_ms(timeout_ms); return syscall(SYS_nanosleep, &t, NULL); }
static long in_clock_nanosleep_timed(void)
{
    struct timespec t = from_ms(timeout_ms), rest;
    return as_errno(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &rest));
}
static long in_clock_nanosleep_until_timed(void)
{
    struct timespec until = after(CLOCK_MONOTONIC, timeout_ms);
    return as_errno(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
}
static long in_read_pipe(void) { char c; return read(wake_pipe[0], &c, 1); }
static long in_read_timerfd_timed(void)
{
    uint64_t n;
    struct itimerspec timer = {.it_value = from_ms(timeout_ms)};
    timerfd_settime(timer_fd, 0, &timer, NULL);
    return read(timer_fd, &n, sizeof n);
}
static long in_recv(void) { char c; return recv(socket_pair[0], &c, 1, 0); }
static long in_recv_timed(void) /* SO_RCVTIMEO: the kernel itself never restarts this one */
{
    int pair[2];
    char c;
    struct timeval t = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) != 0)
        fail("socketpair");
    return recv(pair[0], &c, 1, 0);
}
static long in_accept(void)
{
    int got = accept(listener, NULL, NULL);
    return got >= 0 ? 0 : -1;
}
static long in_poll(void) { struct pollfd p = {.fd = event_fd, .events = POLLIN}; return poll(&p, 1, -1); }
static long in_poll_timed(void) { return poll(NULL, 0, (int)timeout_ms); }
static long in_ppoll_timed(void) { struct timespec t = from_ms(timeout_ms); return ppoll(NULL, 0, &t, NULL); }
static long in_select_timed(void)
{
    struct timeval t = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    return select(0, NULL, NULL, NULL, &t);
}
static void on_signal(int number) { (void)number; }
static long in_pause(void) { return pause(); } /* woken by a signal of the program's own: EINTR is right then */
static long in_sigwait(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return sigwaitinfo(&set, NULL) == SIGUSR2 ? 0 : -1;
}
static long in_sigwait_timed(void)
{
    sigset_t set;
    struct timespec t = from_ms(timeout_ms);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    return sigtimedwait(&set, NULL, &t);
}
static long in_waitpid(void)
{
    int status;
    return waitpid(child, &status, 0) == child ? 0 : -1;
}

static long in_epoll_pwait2(void) { struct epoll_event e; return syscall(SYS_epoll_pwait2, epoll_of(event_fd), &e, 1, NULL, NULL, 0); }
static long in_futex_waitv_timed(void)
{
    static uint32_t word;
    struct futex_waitv wait = {.uaddr = (uintptr_t)&word, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG};
    struct timespec until = after(CLOCK_MONOTONIC, timeout_ms);
    return syscall(SYS_futex_waitv, &wait, 1, 0, &until, CLOCK_MONOTONIC);
}
static long in_pselect_timed(void) { struct timespec t = from_ms(timeout_ms); return pselect(0, NULL, NULL, NULL, &t, NULL); }
static long in_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(event_fd, &set);
    return select(event_fd + 1, &set, NULL, NULL, NULL);
}
static long in_write(void) { return write(full_pipe[1], "w", 1); }
static long in_send(void) { return send(full_pair[1], "w", 1, 0); }
static long in_recvmsg(void)
{
    char c;
    struct iovec vector = {&c, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    return recvmsg(socket_pair[0], &message, 0);
}
static long in_connect(void) /* the queue of connections to be accepted is full */
{
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (getsockname(queue_listener, (struct sockaddr *)&address, &length) != 0)
        fail("getsockname");
    return connect(client, (struct sockaddr *)&address, length);
}
static long in_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    return sigsuspend(&none);
}
static long in_waitid(void)
{
    siginfo_t info;
    return waitid(P_PID, (id_t)other_child, &info, WEXITED);
}
static long in_flock(void) { return flock(lock_files[1], LOCK_EX); }
static long in_fcntl_lock(void)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(lock_files[1], F_OFD_SETLKW, &whole);
}
static long in_msgrcv(void) { struct { long type; char text[8]; } m; return msgrcv(messages, &m, sizeof m.text, 0, 0); }
static long in_semop(void) { struct sembuf down = {.sem_op = -1}; return semop(semaphores, &down, 1); }
static long in_semtimedop_timed(void)
{
    struct sembuf down = {.sem_num = 1, .sem_op = -1};
    struct timespec t = from_ms(timeout_ms);
    return semtimedop(semaphores, &down, 1, &t);
}
static long in_mq_receive_timed(void)
{
    char message[64];
    struct timespec until = after(CLOCK_REALTIME, timeout_ms);
    return mq_timedreceive(message_queue, message, sizeof message, NULL, &until);
}
static long in_io_getevents_timed(void)
{
    aio_context_t context = 0;
    struct io_event event;
    struct timespec t = from_ms(timeout_ms);
    if (syscall(SYS_io_setup, 1, &context) != 0)
        fail("io_setup");
    return syscall(SYS_io_getevents, context, 1, 1, &event, &t);
}


static struct way own_ways[] = {
    {.name = "epoll", .block = in_epoll},
    {.name = "epoll-timed", .block = in_epoll_timed},
    {.name = "epoll_pwait-timed", .block = in_epoll_pwait_timed},
    {.name = "epoll_pwait2-timed", .block = in_epoll_pwait2_timed},
    {.name = "futex", .block = in_futex},
    {.name = "futex-timed", .block = in_futex_timed},
    {.name = "condition", .block = in_condition},
    {.name = "condition-timed", .block = in_condition_timed},
    {.name = "mutex", .block = in_mutex},
    {.name = "semaphore", .block = in_semaphore},
    {.name = "semaphore-timed", .block = in_semaphore_timed},
    {.name = "nanosleep-timed", .block = in_nanosleep_timed},
    {.name = "clock_nanosleep-timed", .block = in_clock_nanosleep_timed},
    {.name = "clock_nanosleep_until-timed", .block = in_clock_nanosleep_until_timed},
    {.name = "read_pipe", .block = in_read_pipe},
    {.name = "read_timerfd-timed", .block = in_read_timerfd_timed},
    {.name = "recv", .block = in_recv},
    {.name = "recv-timed", .block = in_recv_timed},
    {.name = "accept", .block = in_accept},
    {.name = "poll", .block = in_poll},
    {.name = "poll-timed", .block = in_poll_timed},
    {.name = "ppoll-timed", .block = in_ppoll_timed},
    {.name = "select-timed", .block = in_select_timed},
    {.name = "pause", .block = in_pause},
    {.name = "sigwait", .block = in_sigwait},
    {.name = "sigwait-timed", .block = in_sigwait_timed},
    {.name = "waitpid", .block = in_waitpid},
    {.name = "epoll_pwait2", .block = in_epoll_pwait2},
    {.name = "futex_waitv-timed", .block = in_futex_waitv_timed},
    {.name = "pselect-timed", .block = in_pselect_timed},
    {.name = "select", .block = in_select},
    {.name = "write", .block = in_write},
    {.name = "send", .block = in_send},
    {.name = "recvmsg", .block = in_recvmsg},
    {.name = "connect", .block = in_connect},
    {.name = "sigsuspend", .block = in_sigsuspend},
    {.name = "waitid", .block = in_waitid},
    {.name = "flock", .block = in_flock},
    {.name = "fcntl_lock", .block = in_fcntl_lock},
    {.name = "msgrcv", .block = in_msgrcv},
    {.name = "semop", .block = in_semop},
    {.name = "semtimedop-timed", .block = in_semtimedop_timed},
    {.name = "mq_receive-timed", .block = in_mq_receive_timed},
    {.name = "io_getevents-timed", .block = in_io_getevents_timed},
};
static struct way *ways[sizeof own_ways / sizeof *own_ways + MORE_WAYS]; /* those that are used */
static const char *only;
static int used, returned;

static void choose(struct way *way)
{
    if ((only == NULL || strcmp(way->name, only) == 0) && is_possible(way))
        ways[used++] = way;
}

static void *body(void *argument)
{
    struct way *way = argument;
    way->tid = thread_id();
    pthread_barrier_wait(&all_started);
    int64_t start = now_us();
    errno = 0;
    long got = way->block();
    int error = got < 0 ? errno : 0;
    printf("woke %s ret=%ld errno=%d waited_us=%ld answer=%d\n", way->name, got, error, (long)(now_us() - start), answer());
    if (__atomic_add_fetch(&returned, 1, __ATOMIC_SEQ_CST) == used)
        printf("done\n");
    fflush(stdout);
    return NULL;
}

static void make_listener(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4) != 0)
        fail("listen");
}

static void remove_queues(void)
{
    msgctl(messages, IPC_RMID, NULL);
    remove_more();
    semctl(semaphores, 0, IPC_RMID);
}

/* Children that live until their standard input, a pipe from us, ends. They remove what would outlive us, however we end. */
static int start_children(void)
{
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) != 0)
        fail("pipe2");
    child = fork();
    other_child = child == 0 ? 0 : fork();
    if (child == 0 || other_child == 0) {
        char c;
        close(pair[1]);
        ssize_t got = read(pair[0], &c, 1);
        remove_queues();
        _exit(got == 0 ? 0 : 1);
    }
    close(pair[0]);
    return pair[1];
}

void fill(int fd)
{
    char block[4096] = {0};
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, block, sizeof block) > 0)
        ;
    while (write(fd, block, 1) > 0)
        ;
    fcntl(fd, F_SETFL, 0);
}

static void drain(int fd)
{
    static char block[1 << 20];
    if (read(fd, block, sizeof block) <= 0)
        fail("drain");
}

static void make_full_and_held(void)
{
    char name[64], again[64];
    if (pipe2(full_pipe, O_CLOEXEC) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, full_pair) != 0)
        fail("pipe2");
    fill(full_pipe[1]);
    fill(full_pair[1]);
    lock_files[0] = memfd_create("locked", MFD_CLOEXEC); /* opened twice: a lock belongs to what was opened */
    snprintf(again, sizeof again, "/proc/self/fd/%d", lock_files[0]);
    lock_files[1] = open(again, O_RDWR | O_CLOEXEC);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (flock(lock_files[0], LOCK_EX) != 0 || fcntl(lock_files[0], F_OFD_SETLK, &whole) != 0)
        fail("flock");
    struct sockaddr_un any = {.sun_family = AF_UNIX};
    queue_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof any;
    if (bind(queue_listener, (struct sockaddr *)&any, sizeof any.sun_family) != 0 || listen(queue_listener, 0) != 0
        || getsockname(queue_listener, (struct sockaddr *)&any, &length) != 0
        || connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&any, length) != 0)
        fail("listen");
    messages = msgget(IPC_PRIVATE, 0600);
    semaphores = semget(IPC_PRIVATE, 2, 0600);
    snprintf(name, sizeof name, "/blocked-%d", getpid());
    struct mq_attr size = {.mq_maxmsg = 1, .mq_msgsize = 64};
    message_queue = mq_open(name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &size);
    mq_unlink(name);
    if (messages < 0 || semaphores < 0 || message_queue < 0)
        fail("queues");
}

static void wake_full_and_held(void)
{
    struct { long type; char text[1]; } message = {1, {0}};
    struct sembuf up = {.sem_op = 1};
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    drain(full_pipe[0]);
    drain(full_pair[0]);
    close(accept(queue_listener, NULL, NULL));
    if (flock(lock_files[0], LOCK_UN) != 0 || fcntl(lock_files[0], F_OFD_SETLK, &whole) != 0
        || msgsnd(messages, &message, sizeof message.text, 0) != 0 || semop(semaphores, &up, 1) != 0)
        fail("wake");
}

static void wake(int child_input)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    eventfd_write(event_fd, 1);
    futex_word = 1;
    syscall(SYS_futex, &futex_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    pthread_mutex_lock(&condition_lock);
    condition_set = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&condition_lock);
    pthread_mutex_unlock(&held_lock);
    sem_post(&semaphore);
    if (write(wake_pipe[1], "w", 1) != 1 || send(socket_pair[1], "www", 3, 0) != 3
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0
        || connect(client, (struct sockaddr *)&address, length) != 0
        || connect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&address, length) != 0)
        fail("wake");
    for (int i = 0; i < used; i++)
        if (strcmp(ways[i]->name, "pause") == 0 || strcmp(ways[i]->name, "sigsuspend") == 0)
            pthread_kill(ways[i]->thread, SIGUSR1);
        else if (strcmp(ways[i]->name, "sigwait") == 0)
            pthread_kill(ways[i]->thread, SIGUSR2);
    wake_full_and_held();
    wake_more();
    for (int i = 0; i < used; i++)
        if (ways[i]->mover > 0)
            wake_mover(ways[i]->mover - 1);
    for (int i = 0; i < used; i++) /* the children remove what these use */
        if (strcmp(ways[i]->name, "msgsnd") == 0 || strcmp(ways[i]->name, "msgrcv") == 0 || strcmp(ways[i]->name, "semop") == 0)
            pthread_join(ways[i]->thread, NULL);
    close(child_input);
}

int main(int count, char **arguments)
{
    for (int i = 1; i + 1 < count; i += 2)
        if (strcmp(arguments[i], "--timeout-ms") == 0)
            timeout_ms = atol(arguments[i + 1]);
        else if (strcmp(arguments[i], "--only") == 0)
            only = arguments[i + 1];
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, NULL);

    event_fd = eventfd(0, EFD_CLOEXEC);
    make_full_and_held();
    make_more();
    for (size_t i = 0; i < sizeof own_ways / sizeof *own_ways; i++)
        choose(&own_ways[i]);
    for (struct way *way = more_ways; way->name != NULL; way++)
        choose(way);
    int child_input = start_children();
    make_listener();
    sem_init(&semaphore, 0, 0);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (pipe2(wake_pipe, O_CLOEXEC) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, socket_pair) != 0)
        fail("pipe2");
    pthread_mutex_lock(&held_lock);
    pthread_barrier_init(&all_started, NULL, (unsigned)used + 1);
    for (int i = 0; i < used; i++) {
        errno = pthread_create(&ways[i]->thread, NULL, body, ways[i]);
        if (errno != 0)
            fail("pthread_create");
    }
    pthread_barrier_wait(&all_started);
    for (int i = 0; i < used; i++)
        printf("thread %s %d\n", ways[i]->name, ways[i]->tid);
    usleep(50000); /* into their calls; a test that must know reads /proc/TID/syscall */
    ready();

    for (char line[64];;) {
        next_command(line, sizeof line);
        if (strcmp(line, "wake") == 0)
            wake(child_input);
        else if (strcmp(line, "answer") == 0) {
            printf("answer %d\n", answer());
            fflush(stdout);
        }
    }
}
