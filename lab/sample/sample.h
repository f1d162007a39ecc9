/* SPDX-License-Identifier: Apache-2.0 */
/* What the two translation units of the sample server share: the request, and the steps that serve it. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum { SAMPLE_STEPS = 4, SAMPLE_KEY = 32, SAMPLE_TEXT = 160 };

struct request {
    const char *line; /* not terminated */
    size_t length;
    char key[SAMPLE_KEY];
    uint32_t hash;
    const char *value;
    unsigned score;
    char text[SAMPLE_TEXT]; /* what follows the versions in the reply; terminated */
    int version[SAMPLE_STEPS];
};

/* sample.c: start of request handling, once a request. A thread that enters it holds nothing of the steps: the quiescence point. */
void handle_request(struct request *request);

/* sample.c: used by the steps. Waits inside for the key "stuck". */
const char *table_find(const char *key, uint32_t hash);

/* steps.c: each returns the version of the code that ran. These are what a patch replaces. */
int step_parse(struct request *request);
int step_lookup(struct request *request);
int step_score(struct request *request);
int step_format(struct request *request);

#endif
