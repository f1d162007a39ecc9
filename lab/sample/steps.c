/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a request. Compiled with VERSION=1 they are the program, with VERSION=2 and up the object that a patch
 * is made from. They are what patches meet in real servers, in small: calls into the other unit and into libc, strings,
 * a static function, a static variable that must keep its value, and from version 2 on a function that is new.
 */
#include "sample.h"

#include <stdio.h>
#include <string.h>

#ifndef VERSION
#define VERSION 1
#endif

static unsigned longest_key;

static __attribute__((noinline)) uint32_t hash_key(const char *key)
{
    uint32_t hash = 2166136261u;
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash;
}

#if VERSION > 1
static __attribute__((noinline)) const char *grade(unsigned score)
{
    return score > 500 ? "high" : "low";
}
#endif

int step_parse(struct request *request)
{
    size_t start = 0, end;
    if (request->length > 4 && memcmp(request->line, "get ", 4) == 0)
        start = 4;
    end = request->length - start < SAMPLE_KEY ? request->length : start + SAMPLE_KEY - 1;
    memcpy(request->key, request->line + start, end - start);
    request->key[end - start] = '\0';
    if (__atomic_load_n(&longest_key, __ATOMIC_RELAXED) < end - start)
        __atomic_store_n(&longest_key, (unsigned)(end - start), __ATOMIC_RELAXED);
    return VERSION;
}

int step_lookup(struct request *request)
{
    request->hash = hash_key(request->key);
    request->value = table_find(request->key, request->hash);
    if (request->value == NULL)
        request->value = "none";
    return VERSION;
}

int step_score(struct request *request)
{
    unsigned score = 0;
    for (const char *at = request->value; *at != '\0'; at++)
        score = score * 31 + (unsigned char)*at;
    request->score = score % 1000;
    return VERSION;
}

int step_format(struct request *request)
{
#if VERSION > 1
    snprintf(request->text, sizeof request->text, "%s score=%u grade=%s", request->value, request->score, grade(request->score));
#else
    snprintf(request->text, sizeof request->text, "%s score=%u", request->value, request->score);
#endif
    return VERSION;
}
