/* Two places, written in turn; which is newer follows from what they say, never from the clock. A
 * damaged one is told from another run's by its digests. */
#include "checkpoint.h"

#include "alloc.h"
#include "safetensors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 2 };

/* --- metadata --------------------------------------------------------------------------------- */

enum { WORD = 96 };

/* The metadata, in this order; the last is the digest of the others. */
enum { EPOCH, STEP, LOSS_SUM, CORRECT, SECONDS, IDENTITY, TENSORS, DIGEST, WORDS };

static const char *const keys[WORDS] = {"epoch",   "step",     "loss_sum", "correct",
                                        "seconds", "identity", "tensors",  "digest"};

typedef struct words {
    char text[WORDS][WORD];
} words;

/* Doubles are written in hexadecimal, which is exact. */
static void format_cursor(const nt_cursor *cursor, words *w) {
    snprintf(w->text[EPOCH], WORD, "%d", cursor->epoch);
    snprintf(w->text[STEP], WORD, "%d", cursor->step);
    snprintf(w->text[LOSS_SUM], WORD, "%a", cursor->loss_sum);
    snprintf(w->text[CORRECT], WORD, "%lld", (long long)cursor->correct);
    snprintf(w->text[SECONDS], WORD, "%a", cursor->seconds);
}

static nt_cursor parse_cursor(const words *w) {
    return (nt_cursor){.epoch = (int32_t)strtol(w->text[EPOCH], NULL, 10),
                       .step = (int32_t)strtol(w->text[STEP], NULL, 10),
                       .loss_sum = strtod(w->text[LOSS_SUM], NULL),
                       .correct = strtoll(w->text[CORRECT], NULL, 10),
                       .seconds = strtod(w->text[SECONDS], NULL)};
}

static bool digest_words(const words *w, char hex[NT_DIGEST_HEX]) {
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return false;
    for (int i = 0; i < DIGEST; i++)
        nt_digest_add(digest, w->text[i], strlen(w->text[i]) + 1);
    nt_digest_end(digest, hex);
    return true;
}

static bool read_words(const nt_metadata *metadata, words *w) {
    *w = (words){0};
    for (; metadata->key; metadata++)
        for (int i = 0; i < WORDS; i++)
            if (strcmp(metadata->key, keys[i]) == 0 && strlen(metadata->value) < WORD)
                strcpy(w->text[i], metadata->value);
    for (int i = 0; i < WORDS; i++)
        if (!w->text[i][0])
            return false;
    return true;
}

/* --- files ------------------------------------------------------------------------------------ */

typedef struct candidate {
    char path[4096];
    bool there, readable, ours;
    words words;
    nt_cursor cursor;
    const char *damage; /* why it isn't readable */
} candidate;

/* Whether something is wrong with the file, not with reading it. */
static nt_status note_damage(candidate *of, nt_status status, const nt_error *from, nt_arena *arena,
                             nt_error *error) {
    const char *message = nt_arena_string(arena, from->items[0].message);
    if (!message)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", of->path);
    if (status != NT_INVALID)
        return nt_error_in(error, status, of->path, -1, "%s", message);
    of->readable = false;
    of->damage = message;
    return NT_OK;
}

static nt_status look_at_words(candidate *at, const nt_metadata *metadata, const char *identity,
                               nt_error *error) {
    char hex[NT_DIGEST_HEX];
    if (!read_words(metadata, &at->words)) {
        at->damage = "its metadata are not a checkpoint's";
        return NT_OK;
    }
    if (!digest_words(&at->words, hex))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", at->path);
    at->readable = strcmp(hex, at->words.text[DIGEST]) == 0;
    at->damage = "the checksum of its metadata is wrong";
    at->cursor = parse_cursor(&at->words);
    at->ours = strcmp(at->words.text[IDENTITY], identity) == 0;
    return NT_OK;
}

/* Looks at the metadata of the checkpoint in place `k`. */
static nt_status look(const char *folder, int k, const char *identity, nt_arena *arena,
                      candidate *ret, nt_error *error) {
    nt_error found;
    const nt_metadata *metadata;
    *ret = (candidate){0};
    snprintf(ret->path, sizeof ret->path, "%s/checkpoint-%d.safetensors", folder, k);
    ret->there = access(ret->path, F_OK) == 0;
    if (!ret->there)
        return NT_OK;
    nt_error_init(&found);
    nt_status status = nt_safetensors_metadata(ret->path, arena, &metadata, &found);
    if (status == NT_OK)
        status = look_at_words(ret, metadata, identity, error);
    else
        status = note_damage(ret, status, &found, arena, error);
    nt_error_finish(&found);
    return status;
}

static bool newer(const candidate *a, const candidate *b) {
    if (a->readable != b->readable)
        return a->readable;
    if (a->cursor.epoch != b->cursor.epoch)
        return a->cursor.epoch > b->cursor.epoch;
    return a->cursor.step > b->cursor.step;
}

static nt_status save_in(const char *path, const nt_training_state *state, const nt_cursor *cursor,
                         const char *identity, nt_error *error) {
    words w;
    nt_metadata metadata[WORDS + 1];
    format_cursor(cursor, &w);
    snprintf(w.text[IDENTITY], WORD, "%s", identity);
    if (!nt_weights_digest(state->weights, w.text[TENSORS]) || !digest_words(&w, w.text[DIGEST]))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory saving a checkpoint");
    for (int i = 0; i < WORDS; i++)
        metadata[i] = (nt_metadata){keys[i], w.text[i]};
    metadata[WORDS] = (nt_metadata){NULL, NULL};
    return nt_safetensors_write(path, state->weights, metadata, error);
}

nt_status nt_checkpoint_save(const char *folder, const nt_training_state *state,
                             const nt_cursor *cursor, const char *identity, nt_error *error) {
    nt_arena arena;
    candidate places[PLACES];
    nt_status status = NT_OK;
    nt_arena_init(&arena);
    for (int k = 0; k < PLACES && status == NT_OK; k++)
        status = look(folder, k, identity, &arena, &places[k], error);
    if (status == NT_OK)
        status = save_in(newer(&places[0], &places[1]) ? places[1].path : places[0].path, state,
                         cursor, identity, error);
    nt_arena_finish(&arena);
    return status;
}

/* Reads one candidate's tensors and holds them against their digest: afterwards it is readable, or
 * its damage says why not. */
static nt_status read_candidate(candidate *from, nt_training_state *state, nt_arena *arena,
                                nt_error *error) {
    nt_error found;
    char hex[NT_DIGEST_HEX];
    nt_error_init(&found);
    nt_status status = nt_safetensors_read(from->path, state->weights, NULL, &found);
    if (status != NT_OK) {
        status = note_damage(from, status, &found, arena, error);
    } else if (!nt_weights_digest(state->weights, hex)) {
        status = nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", from->path);
    } else if (strcmp(hex, from->words.text[TENSORS]) != 0) {
        from->readable = false;
        from->damage = "the checksum of its tensors is wrong";
    }
    nt_error_finish(&found);
    return status;
}

static nt_status other_run(const candidate *from, nt_error *error) {
    nt_error_in(error, NT_INVALID, from->path, -1,
                "is a checkpoint of another run: the network, the recipe, the data or the seed "
                "differs");
    nt_error_hint(error, "choose another folder, or remove this one to start anew");
    return NT_INVALID;
}

static nt_status none_left(const candidate *damaged, nt_error *error) {
    nt_error_in(error, NT_INVALID, damaged->path, -1, "is damaged: %s", damaged->damage);
    nt_error_hint(error, "no other checkpoint is left; remove it to start anew");
    return NT_INVALID;
}

nt_status nt_checkpoint_load(const char *folder, nt_training_state *state, const char *identity,
                             nt_cursor *ret_cursor, nt_found *ret_found, nt_arena *arena,
                             const char **ret_damage, nt_error *error) {
    candidate places[PLACES], *order[PLACES] = {&places[0], &places[1]};
    for (int k = 0; k < PLACES; k++)
        NT_TRY(look(folder, k, identity, arena, &places[k], error));
    if (newer(&places[1], &places[0])) {
        order[0] = &places[1];
        order[1] = &places[0];
    }
    const candidate *good = NULL, *damaged = NULL;
    for (int k = 0; k < PLACES && !good; k++) {
        if (order[k]->readable && !order[k]->ours)
            return other_run(order[k], error);
        if (order[k]->readable)
            NT_TRY(read_candidate(order[k], state, arena, error));
        if (order[k]->readable)
            good = order[k];
    }
    for (int k = 0; k < PLACES; k++)
        if (order[k]->there && !order[k]->readable)
            damaged = order[k];
    if (!good && damaged)
        return none_left(damaged, error);
    if (good)
        *ret_cursor = good->cursor;
    *ret_damage = damaged
                      ? nt_arena_printf(arena, "%s is damaged: %s", damaged->path, damaged->damage)
                      : NULL;
    *ret_found = !good ? NT_FOUND_NONE : damaged ? NT_FOUND_OTHER : NT_FOUND_NEWEST;
    return NT_OK;
}

void nt_checkpoint_remove(const char *folder) {
    char path[4096];
    for (int k = 0; k < PLACES; k++) {
        snprintf(path, sizeof path, "%s/checkpoint-%d.safetensors", folder, k);
        unlink(path);
    }
}
