/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For programs that patch themselves: the API of the wait-free code patching paper (OSDI '20, Rommel and others). One header, no library; C and C++, with
 * -pthread. (To be patched from outside, by `wfpatch apply`, a program needs none of this; where it wants to announce its quiescence points, it
 * includes wfpatch.h.)
 *
 *   static struct wf_program program = WF_PROGRAM;
 *   static WF_REPLACEABLE int serve(struct request *request) ...
 *   static struct wf_slot serve_slot = WF_SLOT(serve);
 *
 *   void worker(void)                                    void patcher(void)
 *   {                                                    {
 *       struct wf_thread me;                                 while (next_patch(&patch)) {
 *       wf_self_birth(&program, &me);                            wf_self_begin(&program);
 *       while (next_request(&request)) {                         wf_self_replace(&program, &serve_slot, patch.serve);
 *           wf_self_quiescence(&program, &me);                   wf_self_switch(&program, WF_LOCAL);
 *           WF_VERSION(&me, serve)(&request);                    while (wf_self_await(&program, 1000) == -ETIMEDOUT)
 *       }                                                            ;   // somebody serves a long request
 *       wf_self_death(&program, &me);                        }
 *   }                                                    }
 *
 * A generation is a version of the program's code. Each thread that was born is in one, and goes over to the next one at its own quiescence point:
 *   WF_LOCAL   alone, without waiting for anybody. Two generations are at work until the last thread has come by its point, or died
 *   WF_GLOBAL  all at once: at its point each waits until all have come (a barrier). So no two generations are ever at work
 *
 * Two backends, chosen once:
 *   WF_DISPATCH  on any kernel. Calls that are to be replaced are made by WF_VERSION, which looks up what the thread's generation has
 *   WF_ASPACE    on Linux with address-space generations (wfgen): each generation has its own code, and a thread that goes over changes its page tables. A
 *                plain call does as well; WF_VERSION costs the same lookup and finds the function itself
 * Functions return 0, or a negative errno: -ENOSYS where this kernel has no address-space generations; WF_DISPATCH can be chosen then.
 *
 * A point of a thread that is in the newest generation costs one load. Beyond that a lock is taken for some instructions, once for each generation.
 * One thread patches at a time. A child of fork() may neither patch nor use its parent's wf_program.
 */
#ifndef WFPATCH_SELF_H
#define WFPATCH_SELF_H

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum wf_backend { WF_DISPATCH, WF_ASPACE };
enum wf_consistency { WF_LOCAL, WF_GLOBAL };
enum wf_phase { WF_IDLE, WF_BEGUN, WF_SWITCHING };

/* jmp *0(%rip), and where to: what a replaced function begins with in a generation of WF_ASPACE. */
#define WF_JUMP_LENGTH 14

/* A function that can be replaced: room for a jump at its beginning, no copy of it elsewhere, and no caller that knows what registers it leaves alone. */
#ifdef __clang__
#define WF_REPLACEABLE __attribute__((noinline, patchable_function_entry(14, 0)))
#else
#define WF_REPLACEABLE __attribute__((noipa, patchable_function_entry(14, 0)))
#endif

/* One for each function that can be replaced, in static memory. */
struct wf_slot {
    void *function;
    void *versions[2]; /* by the lowest bit of a generation; WF_ASPACE: both are the function */
    unsigned char code[WF_JUMP_LENGTH];
    struct wf_slot *next;
    int is_known;
};

#define WF_SLOT(function) { (void *)(function), { (void *)(function), (void *)(function) }, { 0 }, 0, 0 }

/* One for the program, in static memory. */
struct wf_program {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum wf_backend backend;
    enum wf_phase phase;
    unsigned generation; /* that threads are to be in; stored last */
    unsigned opened;     /* that threads may be in: WF_GLOBAL, when all have come */
    unsigned threads, behind, arrived;
    int view, other_view; /* the kernel's numbers: of generation, and of the one that was begun or is being left */
    struct wf_slot *slots;
};

#define WF_PROGRAM { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, WF_DISPATCH, WF_IDLE, 0, 0, 0, 0, 0, 0, 0, 0 }

/* One for each thread, its own. */
struct wf_thread {
    unsigned generation;
};

/* The function to be called by the thread `me`: WF_VERSION(&me, serve)(arguments), with a slot serve_slot. */
#define WF_VERSION(me, function) ((__typeof__(&(function)))wf_self_version(me, &function##_slot))

static inline void *wf_self_version(const struct wf_thread *me, struct wf_slot *slot)
{
    return __atomic_load_n(&slot->versions[me->generation & 1], __ATOMIC_RELAXED);
}

/* System calls of the kernel series (include/uapi/linux/wfgen.h there): the result, or a negative errno. */
enum { WF_SYS_CREATE = 1000, WF_SYS_MIGRATE = 1001, WF_SYS_PIN = 1002, WF_SYS_WRITE = 1003, WF_SYS_DELETE = 1004, WF_SYS_QUERY = 1005 };

static inline long wf_self_call(long number, long a, long b, long c, long d, long e)
{
    for (;;) {
        long result = syscall(number, a, b, c, d, e);
        if (result >= 0)
            return result;
        if (errno != EINTR)
            return -errno;
    }
}

/* ----- before all else ----- */

/* Chooses the backend, once, before threads are born. -ENOSYS: this kernel has no generations; nothing was changed. */
static inline int wf_self_choose(struct wf_program *program, enum wf_backend backend)
{
    long view = 0;
    if (program->threads != 0 || program->phase != WF_IDLE || program->generation != 0)
        return -EBUSY;
    if (backend == WF_ASPACE && (view = wf_self_call(WF_SYS_QUERY, 0, -1, 0, 0, 0)) < 0)
        return (int)view;
    program->backend = backend;
    program->view = (int)view;
    return 0;
}

/* ----- workers ----- */

/* The calling thread goes over. The lock is held. */
static inline int wf_self_enter(struct wf_program *program, struct wf_thread *me)
{
    long error = program->backend == WF_ASPACE ? wf_self_call(WF_SYS_MIGRATE, 0, program->view, 0, 0, 0) : 0;
    if (error < 0)
        return (int)error;
    me->generation = program->generation;
    return 0;
}

/* The lock is held; the last one that is waited for wakes all. */
static inline void wf_self_open_if_complete(struct wf_program *program)
{
    if (program->opened != program->generation && program->arrived == program->threads) {
        program->opened = program->generation;
        pthread_cond_broadcast(&program->changed);
    }
}

/* A point of a thread that is not in the newest generation. */
static inline int wf_self_go_over(struct wf_program *program, struct wf_thread *me)
{
    int error = 0;
    pthread_mutex_lock(&program->lock);
    if (me->generation != program->generation) {
        program->arrived++;
        wf_self_open_if_complete(program);
        while (program->opened != program->generation)
            pthread_cond_wait(&program->changed, &program->lock);
        error = wf_self_enter(program, me);
        if (error == 0 && --program->behind == 0)
            pthread_cond_broadcast(&program->changed);
    }
    pthread_mutex_unlock(&program->lock);
    return error;
}

/* A quiescence point: the calling thread holds nothing of a function that may be replaced. Where a new generation waits for it, it goes over; with
 * WF_GLOBAL together with all others. An error (-ENOMEM): it stays where it is, and may try again. */
static inline int wf_self_quiescence(struct wf_program *program, struct wf_thread *me)
{
    return __atomic_load_n(&program->generation, __ATOMIC_ACQUIRE) == me->generation ? 0 : wf_self_go_over(program, me);
}

/* The calling thread begins: it is in the newest generation from here on; where all wait for each other, with them. */
static inline int wf_self_birth(struct wf_program *program, struct wf_thread *me)
{
    int error = 0, waits;
    pthread_mutex_lock(&program->lock);
    waits = program->opened != program->generation;
    if (waits)
        me->generation = program->opened;
    else
        error = wf_self_enter(program, me);
    if (error == 0)
        program->threads++;
    if (waits)
        program->behind++;
    pthread_mutex_unlock(&program->lock);
    return waits ? wf_self_go_over(program, me) : error;
}

/* The calling thread runs nothing any more that may be replaced: nobody waits for it. */
static inline void wf_self_death(struct wf_program *program, struct wf_thread *me)
{
    pthread_mutex_lock(&program->lock);
    program->threads--;
    if (me->generation != program->generation && --program->behind == 0)
        pthread_cond_broadcast(&program->changed);
    wf_self_open_if_complete(program);
    pthread_mutex_unlock(&program->lock);
}

/* ----- the patcher ----- */

/* A new generation with the code of the newest one. -EBUSY: threads are still on their way to that (wf_self_await). */
static inline int wf_self_begin(struct wf_program *program)
{
    struct wf_slot *slot;
    unsigned now = program->generation;
    long view = 0;
    if (program->phase != WF_IDLE)
        return -EBUSY;
    if (program->backend == WF_ASPACE && (view = wf_self_call(WF_SYS_CREATE, 0, program->view, 1, 0, 0)) < 0)
        return (int)view;
    for (slot = program->slots; slot != NULL; slot = slot->next)
        __atomic_store_n(&slot->versions[(now + 1) & 1], slot->versions[now & 1], __ATOMIC_RELAXED);
    program->other_view = (int)view;
    program->phase = WF_BEGUN;
    return 0;
}

/* Writes to code in the generation that was begun. */
static inline int wf_self_write(struct wf_program *program, void *at, const void *bytes, size_t length)
{
    const uintptr_t page = 4096;
    uintptr_t start = (uintptr_t)at & ~(page - 1), end = ((uintptr_t)at + length + page - 1) & ~(page - 1);
    long result = wf_self_call(WF_SYS_PIN, 0, (long)start, (long)(end - start), 0, 0);
    if (result == 0)
        result = wf_self_call(WF_SYS_WRITE, 0, program->other_view, (long)(uintptr_t)at, (long)(uintptr_t)bytes, (long)length);
    return result < 0 ? (int)result : result == (long)length ? 0 : -EIO;
}

/* In the generation that was begun, a function is another one of the same type; NULL: the one that it was at first. */
static inline int wf_self_replace(struct wf_program *program, struct wf_slot *slot, void *by)
{
    unsigned char jump[WF_JUMP_LENGTH] = { 0xff, 0x25 };
    if (program->phase != WF_BEGUN)
        return -EINVAL;
    if (!slot->is_known) {
        /* never replaced: it is the same in all generations */
        memcpy(slot->code, slot->function, sizeof slot->code);
        slot->next = program->slots;
        program->slots = slot;
        slot->is_known = 1;
    }
    if (program->backend == WF_ASPACE) {
        memcpy(jump + 6, &by, sizeof by);
        return wf_self_write(program, slot->function, by == NULL ? slot->code : jump, sizeof jump);
    }
    __atomic_store_n(&slot->versions[(program->generation + 1) & 1], by == NULL ? slot->function : by, __ATOMIC_RELAXED);
    return 0;
}

/* Lets threads go over to the generation that was begun. */
static inline int wf_self_switch(struct wf_program *program, enum wf_consistency consistency)
{
    int view = program->view;
    if (program->phase != WF_BEGUN)
        return -EINVAL;
    pthread_mutex_lock(&program->lock);
    program->view = program->other_view;
    program->other_view = view;
    program->phase = WF_SWITCHING;
    program->behind = program->threads;
    program->arrived = 0;
    if (consistency == WF_LOCAL || program->threads == 0)
        program->opened = program->generation + 1;
    /* pairs with the load of wf_self_quiescence(): whoever sees it, sees the code, too */
    __atomic_store_n(&program->generation, program->generation + 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&program->lock);
    return 0;
}

/* Waits until all threads have gone over; then the generation before is gone. -ETIMEDOUT: some have not come by a point; they are not disturbed. */
static inline int wf_self_await(struct wf_program *program, unsigned milliseconds)
{
    struct timespec end;
    int error = 0;
    if (program->phase != WF_SWITCHING)
        return program->phase == WF_IDLE ? 0 : -EINVAL;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += milliseconds / 1000 + (end.tv_nsec + milliseconds % 1000 * 1000000L) / 1000000000L;
    end.tv_nsec = (end.tv_nsec + milliseconds % 1000 * 1000000L) % 1000000000L;
    pthread_mutex_lock(&program->lock);
    while (program->behind != 0 && error == 0)
        error = pthread_cond_timedwait(&program->changed, &program->lock, &end);
    error = program->behind != 0 ? -ETIMEDOUT : 0;
    if (error == 0)
        program->phase = WF_IDLE;
    pthread_mutex_unlock(&program->lock);
    if (error == 0 && program->other_view != 0)
        wf_self_call(WF_SYS_DELETE, 0, program->other_view, 0, 0, 0);
    return error;
}

/* Throws away what was begun and not switched to. */
static inline int wf_self_cancel(struct wf_program *program)
{
    if (program->phase != WF_BEGUN)
        return -EINVAL;
    if (program->backend == WF_ASPACE)
        wf_self_call(WF_SYS_DELETE, 0, program->other_view, 0, 0, 0);
    program->phase = WF_IDLE;
    return 0;
}

#endif
