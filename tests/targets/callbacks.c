/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads with points of their own (include/wfpatch.h) for a patch with callbacks (include/wfpatch-patch.h). Threads `busy-*` never block, and keep values
 * in every vector register and all other registers over their point. Each callback counts itself, writes all over those registers, and calls the C library.
 * The number of the registers that were lost is in `broken`.
 *   report      one line of JSON
 *   park, go    the busy threads stay away from their points until `go`
 *   refuse N    from now on pre-apply returns N
 *   hold, free  from now on callbacks wait until `free`
 *   fork        forks; the child, whose one thread is none of the busy ones, answers on the same pipe: "child PID"; it waits until stdin ends
 *   object      a new object, to whose shadow the new version counts: "hits N", with 0 from the old version
 * The first thread has no point: it answers in any case.
 */
#include "target.h"

#include "../../include/wfpatch.h"
#if VERSION == 2
#include "../../include/wfpatch-patch.h"
#endif
#include <sched.h>
#include <sys/prctl.h>
#include <signal.h>

#define COUNT(counter) __atomic_add_fetch(&(counter), 1, __ATOMIC_SEQ_CST)
#define GET(counter) __atomic_load_n(&(counter), __ATOMIC_SEQ_CST)
#define SET(place, value) __atomic_store_n(&(place), value, __ATOMIC_SEQ_CST)

enum { PRE_APPLY, POST_APPLY, PRE_REVERT, POST_REVERT };

unsigned long requests, versions[3], called[4], called_in[4], broken, early, parked_threads;
int parked, refusal, holding, inside;

/* Its initial value differs in the new version; its author says so, and pre-apply sets it. */
int limit = VERSION == 1 ? 10 : 20;

REPLACEABLE int answer(void)
{
    __asm__ volatile("" ::: "memory");
    return VERSION;
}

/* The values stand in registers while the thread comes by the point. */
REPLACEABLE long carry(long seed)
{
    long lost = 0;
    register long a __asm__("rbx") = seed, b __asm__("r12") = seed + 1, c __asm__("r10") = seed + 2, d __asm__("r9") = seed + 3, e __asm__("rcx") = seed + 4;
    double x = (double)seed;
    __asm__ volatile("movq %0, %%xmm0; movq %0, %%xmm7; movq %0, %%xmm15; vmovq %0, %%xmm9; vinsertf128 $1, %%xmm9, %%ymm9, %%ymm9; fldl %1"
                     : "+r"(a) : "m"(x) : "xmm0", "xmm7", "xmm15", "xmm9");
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
    WF_QUIESCENCE_POINT_NAMED("request");
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e));
    long x0, x7, x15, y9;
    double top;
    __asm__ volatile("movq %%xmm0, %0; movq %%xmm7, %1; movq %%xmm15, %2; vextractf128 $1, %%ymm9, %%xmm9; vmovq %%xmm9, %3; fstpl %4"
                     : "=r"(x0), "=r"(x7), "=r"(x15), "=r"(y9), "=m"(top) : : "xmm9");
    lost += (a != seed) + (b != seed + 1) + (c != seed + 2) + (d != seed + 3) + (e != seed + 4);
    lost += (x0 != seed) + (x7 != seed) + (x15 != seed) + (y9 != seed) + (top != x);
    return lost;
}

struct object {
    int known;
};

#if VERSION == 2
static struct wf_shadows hits;
#endif

REPLACEABLE long hit(struct object *o)
{
    o->known++;
#if VERSION == 2
    long *count = wf_shadow_get_or_alloc(&hits, o, 7, sizeof *count);
    return ++*count;
#else
    return 0;
#endif
}

#if VERSION == 2
static void note(int which)
{
    char text[64];
    COUNT(inside);
    while (GET(holding))
        sched_yield();
    snprintf(text, sizeof text, "%f %d", (double)which * 1.5, which);
    if (text[0] == 0)
        abort();
    free(malloc(100));
    __asm__ volatile("vzeroall; fninit; fldpi" ::: "memory", "st", "xmm0", "xmm7", "xmm15", "xmm9");
    __asm__ volatile("fstp %%st(0)" ::: "st");
    errno = 77;
    called_in[which] = (unsigned long)answer();
    COUNT(called[which]);
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

static int before(void)
{
    note(PRE_APPLY);
    if (GET(versions[2]) != 0 && called[PRE_APPLY] == 1)
        COUNT(early);
    if (GET(refusal) == 0)
        limit = 20;
    return GET(refusal);
}

static void after(void) { note(POST_APPLY); }
static void before_revert(void) { note(PRE_REVERT); }

static void after_revert(void)
{
    note(POST_REVERT);
    wf_shadow_free_all(&hits);
    limit = 10;
}

WF_PRE_APPLY(before);
WF_POST_APPLY(after);
WF_PRE_REVERT(before_revert);
WF_POST_REVERT(after_revert);
WF_DATA_CHANGED(limit);
#endif

static void *busy(void *argument)
{
    pthread_setname_np(pthread_self(), argument);
    for (long seed = 1;; seed++) {
        errno = 5;
        __atomic_add_fetch(&broken, carry(seed) + (errno != 5), __ATOMIC_SEQ_CST);
        COUNT(versions[answer()]);
        COUNT(requests);
        if (GET(parked)) {
            COUNT(parked_threads);
            while (GET(parked))
                sched_yield();
            __atomic_sub_fetch(&parked_threads, 1, __ATOMIC_SEQ_CST);
        }
    }
    return NULL;
}

static void report(void)
{
    printf("{\"requests\":%lu,\"old\":%lu,\"new\":%lu,\"broken\":%lu,\"early\":%lu,\"limit\":%d,\"inside\":%d,\"called\":[%lu,%lu,%lu,%lu],\"calledIn\":[%lu,%lu,%lu,%lu]}\n",
        GET(requests), GET(versions[1]), GET(versions[2]), GET(broken), GET(early), limit, GET(inside), GET(called[0]), GET(called[1]), GET(called[2]), GET(called[3]),
        called_in[0], called_in[1], called_in[2], called_in[3]);
}

static struct object *object;

REPLACEABLE void obey(const char *line)
{
    if (strcmp(line, "report") == 0)
        report();
    else if (strcmp(line, "park") == 0) {
        SET(parked, 1);
        while (GET(parked_threads) != 2)
            sched_yield();
        printf("parked\n");
    } else if (strcmp(line, "go") == 0) {
        SET(parked, 0);
        printf("gone\n");
    } else if (strncmp(line, "refuse ", 7) == 0) {
        SET(refusal, atoi(line + 7));
        printf("refuse\n");
    } else if (strcmp(line, "hold") == 0 || strcmp(line, "free") == 0) {
        SET(holding, line[0] == 'h');
        printf("%s\n", line);
    } else if (strcmp(line, "object") == 0) {
        object = object ? object : calloc(1, sizeof *object);
        printf("hits %ld\n", hit(object));
    } else if (strcmp(line, "fork") == 0) {
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                pause();
        }
        printf("child %d\n", (int)child);
    }
    fflush(stdout);
}

int main(void)
{
    start_thread(busy, "busy-0");
    start_thread(busy, "busy-1");
    while (GET(requests) < 100)
        sched_yield();
    ready();
    for (;;) {
        char line[64];
        next_command(line, sizeof line);
        obey(line);
    }
}
