/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the source of a patch: callbacks, changed initial values, and new fields of old objects (shadow variables). One header, no library, C (gnu99 on)
 * and C++, with gcc or clang. docs/patch-authors-callbacks.md has a worked example.
 *
 *   static int open_table(void) { ... return 0; }
 *   WF_PRE_APPLY(open_table);
 *
 * Callbacks. Each is called once, by one thread of the program that stands at a quiescence point; the others go on meanwhile.
 *   WF_PRE_APPLY(f)    int f(void), before any thread runs the new version; not 0: the patch is not applied, and wfpatch reports the number
 *   WF_POST_APPLY(f)   void f(void), when all threads run the new version
 *   WF_PRE_REVERT(f)   void f(void), when the patch shall be taken back, before any thread runs the version before
 *   WF_POST_REVERT(f)  void f(void), when all threads run the version before again; it follows each WF_PRE_APPLY that returned 0
 * Several of a kind are called in the order of files and lines, at most ten. A callback must return: no exception, longjmp or pthread_exit leaves
 * it, and until it is back the transition stays open. A crash in it is a crash of the program. They need a policy with quiescence points (points, explicit).
 *
 * WF_DATA_CHANGED(variable) says that the other initial value of a variable is meant: the running program keeps the value that it has, unless a callback sets it.
 */
#ifndef WFPATCH_PATCH_H
#define WFPATCH_PATCH_H

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* The wrapper is a function that no build before has, and it leaves errno as the interrupted code had it. */
#define WF_CALLBACK_(kind, f)                                                                       \
    static void wf_run_##kind##_##f(void)                                                           \
    {                                                                                               \
        int wf_errno = errno;                                                                       \
        f();                                                                                        \
        errno = wf_errno;                                                                           \
    }                                                                                               \
    static void (*const wf_##kind##_##f)(void) __attribute__((used, section(".wfpatch." #kind))) = wf_run_##kind##_##f

#define WF_PRE_APPLY(f)                                                                             \
    static int wf_run_pre_apply_##f(void)                                                           \
    {                                                                                               \
        int wf_errno = errno;                                                                       \
        int wf_result = f();                                                                        \
        errno = wf_errno;                                                                           \
        return wf_result;                                                                           \
    }                                                                                               \
    static int (*const wf_pre_apply_##f)(void) __attribute__((used, section(".wfpatch.pre_apply"))) = wf_run_pre_apply_##f

#define WF_POST_APPLY(f) WF_CALLBACK_(post_apply, f)
#define WF_PRE_REVERT(f) WF_CALLBACK_(pre_revert, f)
#define WF_POST_REVERT(f) WF_CALLBACK_(post_revert, f)

#define WF_DATA_CHANGED(variable)                                                                   \
    static const void *const wf_data_changed_##variable __attribute__((used, section(".wfpatch.data_changed"))) = (const void *)&variable

/*
 * Shadow variables: data of the patch's own that belongs to an object of the program, found by the object's address and a number.
 *
 *   static struct wf_shadows retries;      // a new variable: all zeros is an empty table; it keeps its content over revert and apply
 *
 *   struct retry *r = wf_shadow_get(&retries, conn, 0);                 // NULL: it has none
 *   r = wf_shadow_get_or_alloc(&retries, conn, 0, sizeof *r);           // zeros at first; NULL: no memory
 *   wf_shadow_free(&retries, conn, 0);                                  // where the program frees the object
 *   wf_shadow_free_all(&retries);                                       // in a WF_POST_REVERT
 *
 * Readers take no lock and never wait, whatever others do. Writers take the table's lock for some instructions. As with the object itself, it
 * is the program's affair that nobody uses the data of an object while, or after, another thread frees that data. An object that is freed without its
 * data leaves it to the next object at that address: free both.
 */
#define WF_SHADOW_BUCKETS 256

struct wf_shadow {
    struct wf_shadow *next; /* never changes once the entry is in its list, and entries are never taken out: they are used again */
    const void *object;     /* NULL: free */
    unsigned long id;
    void *data;
};

struct wf_shadows {
    struct wf_shadow *buckets[WF_SHADOW_BUCKETS];
    int lock;
};

static inline __attribute__((unused)) struct wf_shadow **wf_shadow_bucket(struct wf_shadows *table, const void *object)
{
    unsigned long key = (unsigned long)object;
    return &table->buckets[(key >> 4 ^ key >> 12 ^ key >> 20) % WF_SHADOW_BUCKETS];
}

/* The data of an object, or NULL. */
static inline __attribute__((unused)) void *wf_shadow_get(struct wf_shadows *table, const void *object, unsigned long id)
{
    struct wf_shadow *entry = __atomic_load_n(wf_shadow_bucket(table, object), __ATOMIC_ACQUIRE);
    for (; entry != NULL; entry = entry->next) {
        /* Pairs with the release in wf_shadow_get_or_alloc: who sees the object sees its number and data. */
        if (__atomic_load_n(&entry->object, __ATOMIC_ACQUIRE) == object && __atomic_load_n(&entry->id, __ATOMIC_RELAXED) == id)
            return __atomic_load_n(&entry->data, __ATOMIC_RELAXED);
    }
    return NULL;
}

static inline __attribute__((unused)) void wf_shadow_lock(struct wf_shadows *table)
{
    while (__atomic_exchange_n(&table->lock, 1, __ATOMIC_ACQUIRE) != 0)
        sched_yield();
}

static inline __attribute__((unused)) void wf_shadow_unlock(struct wf_shadows *table)
{
    __atomic_store_n(&table->lock, 0, __ATOMIC_RELEASE);
}

/* The data of an object; where it has none, as many zeros as SIZE says, for all that ask at the same time the same. NULL: there is no memory. */
static inline __attribute__((unused)) void *wf_shadow_get_or_alloc(struct wf_shadows *table, const void *object, unsigned long id, size_t size)
{
    void *found = wf_shadow_get(table, object, id);
    if (found != NULL)
        return found;
    /* Before the lock: malloc may take long. */
    void *data = calloc(1, size != 0 ? size : 1);
    struct wf_shadow *spare = (struct wf_shadow *)malloc(sizeof *spare);
    if (data == NULL || spare == NULL) {
        free(data);
        free(spare);
        return NULL;
    }
    struct wf_shadow **bucket = wf_shadow_bucket(table, object);
    wf_shadow_lock(table);
    found = wf_shadow_get(table, object, id);
    if (found == NULL) {
        struct wf_shadow *entry = *bucket;
        while (entry != NULL && entry->object != NULL)
            entry = entry->next;
        if (entry == NULL) {
            entry = spare;
            spare = NULL;
            entry->object = NULL;
            entry->next = *bucket;
        }
        __atomic_store_n(&entry->id, id, __ATOMIC_RELAXED);
        __atomic_store_n(&entry->data, data, __ATOMIC_RELAXED);
        __atomic_store_n(&entry->object, object, __ATOMIC_RELEASE);
        if (spare == NULL)
            __atomic_store_n(bucket, entry, __ATOMIC_RELEASE);
        found = data;
        data = NULL;
    }
    wf_shadow_unlock(table);
    free(data);
    free(spare);
    return found;
}

/* Takes the data of an object away, if it has any. */
static inline __attribute__((unused)) void wf_shadow_free(struct wf_shadows *table, const void *object, unsigned long id)
{
    void *data = NULL;
    wf_shadow_lock(table);
    struct wf_shadow *entry = *wf_shadow_bucket(table, object);
    while (entry != NULL && !(entry->object == object && entry->id == id))
        entry = entry->next;
    if (entry != NULL) {
        data = entry->data;
        __atomic_store_n(&entry->object, (const void *)NULL, __ATOMIC_RELEASE);
    }
    wf_shadow_unlock(table);
    free(data);
}

/* Takes the data of all objects away. Nobody may use any of it meanwhile. */
static inline __attribute__((unused)) void wf_shadow_free_all(struct wf_shadows *table)
{
    for (int i = 0; i < WF_SHADOW_BUCKETS; i++) {
        for (struct wf_shadow *entry = __atomic_load_n(&table->buckets[i], __ATOMIC_ACQUIRE); entry != NULL; entry = entry->next) {
            void *data = NULL;
            wf_shadow_lock(table);
            if (entry->object != NULL) {
                data = entry->data;
                __atomic_store_n(&entry->object, (const void *)NULL, __ATOMIC_RELEASE);
            }
            wf_shadow_unlock(table);
            free(data);
        }
    }
}

#endif
