// SPDX-License-Identifier: Apache-2.0
/* Drives a random program within tests/cases/host.c: each request runs it once and prints its checksum.
   With FUZZ_FRESH in the environment all variables are put back before each request to what they were before the first one, but for those
   that FUZZ_KEEP names (OFFSET:LENGTH,... from the start of the data). With REFERENCE defined there are two versions in one program,
   over the same variables, and FUZZ_ORDER says which of them serves which request: o or n for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int unit_main(void);
#ifdef REFERENCE
extern int unit_main_old(void);
#endif

/* The link editor's (ld, "PROVIDE"); between them lie all variables of the program. */
extern char __data_start[], _end[];

struct kept {
    size_t offset, length;
};

static struct state {
    const char *order;
    char *fresh, *aside;
    struct kept kept[256];
    int count;
} *state;

static void begin(void)
{
    const char *keep = getenv("FUZZ_KEEP");
    size_t all = (size_t)(_end - __data_start);
    state = calloc(1, sizeof *state);
    state->order = getenv("FUZZ_ORDER");
    for (; keep && *keep && state->count < 256; state->count++) {
        struct kept *next = &state->kept[state->count];
        next->offset = strtoul(keep, (char **)&keep, 10);
        next->length = strtoul(keep + 1, (char **)&keep, 10);
        keep += *keep == ',';
    }
    if (getenv("FUZZ_FRESH")) {
        state->fresh = malloc(all);
        state->aside = malloc(all);
        memcpy(state->fresh, __data_start, all);
    }
}

static void put_back(void)
{
    size_t all = (size_t)(_end - __data_start);
    struct state *own = state;
    memcpy(own->aside, __data_start, all);
    memcpy(__data_start, own->fresh, all);
    for (int i = 0; i < own->count; i++)
        memcpy(__data_start + own->kept[i].offset, own->aside + own->kept[i].offset, own->kept[i].length);
}

void drive(void)
{
    if (!state)
        begin();
    if (state->fresh)
        put_back();
#ifdef REFERENCE
    if (state->order && *state->order && *state->order++ == 'o') {
        unit_main_old();
        return;
    }
#endif
    unit_main();
}
