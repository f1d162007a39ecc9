/* SPDX-License-Identifier: Apache-2.0 */
/* The other half of blocked.c: calls that move many bytes, and the same calls by another name or with another limit. */
#include "../blocked.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Calls that move a lot piece by piece: half of it is done when they block. */
enum { MANY = 1 << 20 };
static char many[MANY];
enum { BY_WRITE, BY_WRITEV, BY_SENDFILE, BY_SEND, BY_SENDMSG, BY_RECV, BY_RECVMSG, MOVERS };
static int mover[MOVERS][2]; /* ours, and the other end */

static long in_write_many(void) { return write(mover[BY_WRITE][0], many, MANY); }
static long in_writev_many(void)
{
    struct iovec vector[2] = {{many, MANY / 2}, {many + MANY / 2, MANY / 2}};
    return writev(mover[BY_WRITEV][0], vector, 2);
}
static long in_sendfile_many(void)
{
    int file = memfd_create("many", MFD_CLOEXEC);
    if (ftruncate(file, MANY) != 0)
        fail("ftruncate");
    return sendfile(mover[BY_SENDFILE][0], file, NULL, MANY);
}
static long in_send_many(void) { return send(mover[BY_SEND][0], many, MANY, 0); }
static long in_sendmsg_many(void)
{
    struct iovec vector = {many, MANY};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    return sendmsg(mover[BY_SENDMSG][0], &message, 0);
}
static long in_recv_many(void)
{
    static char got[MANY];
    return recv(mover[BY_RECV][0], got, MANY, MSG_WAITALL);
}
static long in_recvmsg_many(void)
{
    static char got[MANY];
    struct iovec vector = {got, MANY};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    return recvmsg(mover[BY_RECVMSG][0], &message, MSG_WAITALL);
}
static void make_movers(void)
{
    for (int i = 0; i < MOVERS; i++) {
        int pair[2];
        if ((i < BY_SENDFILE ? pipe2(pair, O_CLOEXEC) : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) != 0)
            fail("pipe2");
        mover[i][0] = pair[1];
        mover[i][1] = pair[0];
        if (i >= BY_RECV && write(pair[0], many, 1000) != 1000)
            fail("write");
    }
}
static void take(int fd, long rest)
{
    static char block[1 << 16];
    for (ssize_t got; rest > 0; rest -= got)
        if ((got = read(fd, block, rest < (long)sizeof block ? (size_t)rest : sizeof block)) <= 0)
            fail("read");
}
void wake_mover(int i)
{
    if (i < BY_RECV)
        take(mover[i][1], MANY);
    else if (write(mover[i][1], many, MANY - 1000) != MANY - 1000)
        fail("write");
}

static int other_pipe[2], posix_files[2], full_queue, ring, notifier, notify_pipe[2];
static mqd_t full_message_queue;
static aio_context_t aio;
static uint32_t waitv_word;
static struct io_uring_params ring_parameters;

static long in_epoll_pwait(void)
{
    struct epoll_event e;
    sigset_t none;
    sigemptyset(&none);
    return epoll_pwait(epoll_of(event_fd), &e, 1, -1, &none);
}
static long in_ppoll(void) { struct pollfd p = {.fd = event_fd, .events = POLLIN}; return ppoll(&p, 1, NULL, NULL); }
static long in_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(event_fd, &set);
    return pselect(event_fd + 1, &set, NULL, NULL, NULL, NULL);
}
static long in_futex_waitv(void)
{
    struct futex_waitv wait = {.uaddr = (uintptr_t)&waitv_word, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG};
    return syscall(SYS_futex_waitv, &wait, 1, 0, NULL, 0);
}
static long in_readv(void)
{
    char c[2];
    struct iovec vector[2] = {{c, 1}, {c + 1, 1}};
    return readv(other_pipe[0], vector, 2);
}
static long in_recvmmsg(void)
{
    char c;
    struct iovec vector = {&c, 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &vector, .msg_iovlen = 1}};
    return recvmmsg(socket_pair[0], &message, 1, 0, NULL);
}
static long in_send_timed(void) /* SO_SNDTIMEO */
{
    int pair[2];
    struct timeval t = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        fail("socketpair");
    fill(pair[1]);
    if (setsockopt(pair[1], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) != 0)
        fail("setsockopt");
    return send(pair[1], "w", 1, 0);
}
static long in_accept4(void) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0 ? 0 : -1; }
static long in_posix_lock(void)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(posix_files[1], F_SETLKW, &whole);
}
static long in_msgsnd(void) { struct { long type; char text[1]; } m = {1, {0}}; return msgsnd(full_queue, &m, 1, 0); }
static long in_mq_send(void) { return mq_send(full_message_queue, "w", 1, 0); }
static long in_io_getevents(void)
{
    struct io_event event;
    return syscall(SYS_io_getevents, aio, 1, 1, &event, NULL);
}
static long in_io_uring(void) { return syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0); }
static long in_io_uring_timed(void)
{
    struct io_uring_params parameters = {0};
    struct timespec t = from_ms(timeout_ms);
    struct io_uring_getevents_arg limit = {.ts = (uintptr_t)&t};
    int own = (int)syscall(SYS_io_uring_setup, 1, &parameters);
    return syscall(SYS_io_uring_enter, own, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &limit, sizeof limit);
}
static long in_ioctl(void) /* waits for a call of a child that its filter hands over */
{
    struct seccomp_notif notice = {0};
    return ioctl(notifier, SECCOMP_IOCTL_NOTIF_RECV, &notice);
}

struct way more_ways[] = {
    {.name = "write_many", .block = in_write_many, .mover = BY_WRITE + 1},
    {.name = "writev_many", .block = in_writev_many, .mover = BY_WRITEV + 1},
    {.name = "sendfile_many", .block = in_sendfile_many, .mover = BY_SENDFILE + 1},
    {.name = "send_many", .block = in_send_many, .mover = BY_SEND + 1},
    {.name = "sendmsg_many", .block = in_sendmsg_many, .mover = BY_SENDMSG + 1},
    {.name = "recv_many", .block = in_recv_many, .mover = BY_RECV + 1},
    {.name = "recvmsg_many", .block = in_recvmsg_many, .mover = BY_RECVMSG + 1},
    {.name = "epoll_pwait", .block = in_epoll_pwait},
    {.name = "ppoll", .block = in_ppoll},
    {.name = "pselect", .block = in_pselect},
    {.name = "futex_waitv", .block = in_futex_waitv},
    {.name = "readv", .block = in_readv},
    {.name = "recvmmsg", .block = in_recvmmsg},
    {.name = "send-timed", .block = in_send_timed},
    {.name = "accept4", .block = in_accept4},
    {.name = "posix_lock", .block = in_posix_lock},
    {.name = "msgsnd", .block = in_msgsnd},
    {.name = "mq_send", .block = in_mq_send},
    {.name = "io_getevents", .block = in_io_getevents},
    {.name = "io_uring", .block = in_io_uring},
    {.name = "io_uring-timed", .block = in_io_uring_timed},
    {.name = "ioctl", .block = in_ioctl},
    {.name = NULL},
};

/* A child that shares our descriptors: a filter of its own hands its calls of getppid() over to whoever reads the notifier. */
static void make_notifier(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    int descriptors[2];
    char c;
    if (pipe2(descriptors, O_CLOEXEC) != 0 || pipe2(notify_pipe, O_CLOEXEC) != 0)
        fail("pipe2");
    if (syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL) == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        int made = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
        if (write(descriptors[1], &made, sizeof made) == sizeof made && read(notify_pipe[0], &c, 1) == 1)
            syscall(SYS_getppid);
        _exit(0);
    }
    if (read(descriptors[0], &notifier, sizeof notifier) != sizeof notifier || notifier < 0)
        fail("seccomp");
}

void make_more(void)
{
    char name[64], again[64];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    posix_files[0] = memfd_create("locked", MFD_CLOEXEC);
    snprintf(again, sizeof again, "/proc/self/fd/%d", posix_files[0]);
    posix_files[1] = open(again, O_RDWR | O_CLOEXEC);
    if (pipe2(other_pipe, O_CLOEXEC) != 0 || fcntl(posix_files[0], F_OFD_SETLK, &whole) != 0)
        fail("pipe2");

    struct { long type; char text[1]; } message = {1, {0}};
    struct msqid_ds limits;
    full_queue = msgget(IPC_PRIVATE, 0600);
    if (full_queue < 0 || msgctl(full_queue, IPC_STAT, &limits) != 0)
        fail("msgget");
    limits.msg_qbytes = 1;
    if (msgctl(full_queue, IPC_SET, &limits) != 0 || msgsnd(full_queue, &message, 1, 0) != 0)
        fail("msgsnd");

    snprintf(name, sizeof name, "/blocked-full-%d", getpid());
    struct mq_attr size = {.mq_maxmsg = 1, .mq_msgsize = 64};
    full_message_queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &size);
    mq_unlink(name);
    if (full_message_queue < 0 || mq_send(full_message_queue, "w", 1, 0) != 0)
        fail("mq_open");

    struct iocb look = {.aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = (uint32_t)event_fd, .aio_buf = POLLIN}, *looks = &look;
    if (syscall(SYS_io_setup, 1, &aio) != 0 || syscall(SYS_io_submit, aio, 1, &looks) != 1)
        fail("io_submit");
    ring = (int)syscall(SYS_io_uring_setup, 1, &ring_parameters); /* a kernel may forbid it */
    make_movers();
    make_notifier();
}

/* Gives the ring something that is done at once. */
static void wake_ring(void)
{
    size_t length = ring_parameters.sq_off.array + sizeof(uint32_t);
    char *queue = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *entry = mmap(NULL, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    if (queue == MAP_FAILED || entry == MAP_FAILED)
        fail("mmap");
    *entry = (struct io_uring_sqe){.opcode = IORING_OP_NOP};
    *(uint32_t *)(queue + ring_parameters.sq_off.array) = 0;
    __atomic_add_fetch((uint32_t *)(queue + ring_parameters.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1)
        fail("io_uring_enter");
}

void wake_more(void)
{
    struct { long type; char text[1]; } message;
    struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    char text[64];
    waitv_word = 1;
    syscall(SYS_futex, &waitv_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    if (write(other_pipe[1], "w", 1) != 1 || fcntl(posix_files[0], F_OFD_SETLK, &whole) != 0 || msgrcv(full_queue, &message, 1, 0, 0) != 1
        || mq_receive(full_message_queue, text, sizeof text, NULL) != 1 || write(notify_pipe[1], "w", 1) != 1)
        fail("wake");
    if (ring >= 0)
        wake_ring();
}


void remove_more(void)
{
    msgctl(full_queue, IPC_RMID, NULL);
}

int is_possible(const struct way *way)
{
    return ring >= 0 || strncmp(way->name, "io_uring", 8) != 0;
}
