/* Two places, written in turn; which is newer follows from what they say, never from the clock. A
 * damaged one is told from another run's by its digests. They say nothing of who wrote it: where it
 * stands is held against how far the run goes before anything is indexed by it. */
#include "checkpoint.h"

#include "build_info.h"
#include "safetensors.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 2 };

/* --- metadata --------------------------------------------------------------------------------- */

/* Where it stands, in this order; then the identity, the numerics, the build and the digests. */
enum { EPOCH, STEP, LOSS_SUM, CORRECT, SECONDS, COUNTED, CURSOR };

static const char *const cursor_keys[CURSOR] = {"epoch",   "step",    "loss_sum",
                                                "correct", "seconds", "counted"};

#define BUILD "build"
#define TENSORS "tensors"
#define DIGEST "digest" /* of all the others */

enum { ENTRIES = CURSOR + NT_IDENTITY_ENTRIES + 4, NUMBER = 40 };

/* Doubles are written in hexadecimal, which is exact. */
static void format_cursor(const nt_cursor *cursor, char ret[CURSOR][NUMBER]) {
    snprintf(ret[EPOCH], NUMBER, "%d", cursor->epoch);
    snprintf(ret[STEP], NUMBER, "%d", cursor->step);
    snprintf(ret[LOSS_SUM], NUMBER, "%a", cursor->loss_sum);
    snprintf(ret[CORRECT], NUMBER, "%lld", (long long)cursor->correct);
    snprintf(ret[SECONDS], NUMBER, "%a", cursor->seconds);
    snprintf(ret[COUNTED], NUMBER, "%lld", (long long)cursor->counted);
}

/* All of the text, a number from 0 to `most`. */
static bool read_integer(const char *text, int64_t most, int64_t *ret) {
    char *end;
    errno = 0;
    long long value = isdigit((unsigned char)text[0]) ? strtoll(text, &end, 10) : -1;
    *ret = value;
    return value >= 0 && value <= most && errno == 0 && *end == '\0';
}

static bool read_real(const char *text, double *ret) {
    char *end;
    *ret = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*ret);
}

static bool read_cursor(const nt_metadata *metadata, nt_cursor *ret) {
    const char *text[CURSOR];
    int64_t epoch, step;
    for (int i = 0; i < CURSOR; i++)
        if (!(text[i] = nt_metadata_find(metadata, cursor_keys[i])) && i != COUNTED)
            return false; /* checkpoints of old have no COUNTED */
    nt_cursor cursor = {.counted = -1};
    if (!read_integer(text[EPOCH], INT32_MAX, &epoch) ||
        !read_integer(text[STEP], INT32_MAX, &step) ||
        !read_integer(text[CORRECT], INT64_MAX, &cursor.correct) ||
        !read_real(text[LOSS_SUM], &cursor.loss_sum) ||
        !read_real(text[SECONDS], &cursor.seconds) || cursor.seconds < 0 ||
        (text[COUNTED] && (!read_integer(text[COUNTED], INT64_MAX, &cursor.counted) ||
                           cursor.correct > cursor.counted)))
        return false;
    cursor.epoch = (int32_t)epoch;
    cursor.step = (int32_t)step;
    *ret = cursor;
    return true;
}

/* Whether more than `steps` times `each` are counted. */
static bool too_many(int64_t counted, int32_t steps, int64_t each) {
    return counted > 0 && (counted - 1) / each >= steps;
}

/* Whether the run comes there. */
static bool comes_to(const nt_course *course, const nt_cursor *cursor) {
    if (cursor->epoch > course->epochs || cursor->step > course->steps ||
        (cursor->epoch == course->epochs && cursor->step > 0))
        return false;
    return !too_many(cursor->correct, cursor->step, course->targets) &&
           !too_many(cursor->counted, cursor->step, course->targets);
}

static bool digest_entries(const nt_metadata *metadata, char hex[NT_DIGEST_HEX]) {
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return false;
    for (; metadata->key; metadata++)
        if (strcmp(metadata->key, DIGEST) != 0) {
            nt_digest_add(digest, metadata->key, strlen(metadata->key) + 1);
            nt_digest_add(digest, metadata->value, strlen(metadata->value) + 1);
        }
    nt_digest_end(digest, hex);
    return true;
}

/* --- files ------------------------------------------------------------------------------------ */

typedef struct candidate {
    char path[4096];
    bool there, readable;
    const char *foreign; /* why its run can't be compared; NULL: it can */
    nt_identity identity;
    nt_cursor cursor;
    const char *numerics, *tensors;
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

/* The oldest checkpoints have another digest; they are told by what they lack. */
static nt_status look_at_entries(candidate *at, const nt_metadata *metadata, nt_error *error) {
    char hex[NT_DIGEST_HEX];
    const char *digest = nt_metadata_find(metadata, DIGEST);
    at->foreign = nt_identity_read(metadata, &at->identity);
    at->numerics = nt_metadata_find(metadata, NT_NUMERICS_KEY);
    at->tensors = nt_metadata_find(metadata, TENSORS);
    at->damage = "its metadata are not a checkpoint's";
    if (!digest || !at->tensors || !read_cursor(metadata, &at->cursor))
        return NT_OK;
    if (!at->numerics) {
        at->readable = at->foreign != NULL;
        return NT_OK;
    }
    if (!digest_entries(metadata, hex))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", at->path);
    at->readable = strcmp(hex, digest) == 0;
    at->damage = "the checksum of its metadata is wrong";
    return NT_OK;
}

/* Looks at the metadata of the checkpoint in place `k`. */
static nt_status look(const char *folder, int k, nt_arena *arena, candidate *ret, nt_error *error) {
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
        status = look_at_entries(ret, metadata, error);
    else
        status = note_damage(ret, status, &found, arena, error);
    nt_error_finish(&found);
    return status;
}

/* One that stands where its run doesn't come is damaged. */
static nt_status check_course(candidate *at, const nt_course *course, nt_arena *arena,
                              nt_error *error) {
    if (!at->readable || comes_to(course, &at->cursor))
        return NT_OK;
    at->readable = false;
    at->damage = nt_arena_printf(arena,
                                 "it stands at epoch %d, step %d, with %lld of %lld right: this "
                                 "run has %d epochs of %d steps",
                                 at->cursor.epoch, at->cursor.step, (long long)at->cursor.correct,
                                 (long long)at->cursor.counted, course->epochs, course->steps);
    return at->damage ? NT_OK
                      : nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", at->path);
}

static bool newer(const candidate *a, const candidate *b) {
    if (a->readable != b->readable)
        return a->readable;
    if (a->cursor.epoch != b->cursor.epoch)
        return a->cursor.epoch > b->cursor.epoch;
    return a->cursor.step > b->cursor.step;
}

static nt_status save_in(const char *path, const nt_training_state *state, const nt_cursor *cursor,
                         const nt_run_mark *mark, const char *build, nt_error *error) {
    char numbers[CURSOR][NUMBER], tensors[NT_DIGEST_HEX], digest[NT_DIGEST_HEX];
    nt_metadata metadata[ENTRIES + 1];
    int count = 0;
    format_cursor(cursor, numbers);
    for (; count < CURSOR; count++)
        metadata[count] = (nt_metadata){cursor_keys[count], numbers[count]};
    count += nt_identity_write(&mark->identity, metadata + count);
    metadata[count++] = (nt_metadata){NT_NUMERICS_KEY, mark->numerics};
    metadata[count++] = (nt_metadata){BUILD, build};
    metadata[count++] = (nt_metadata){TENSORS, tensors};
    metadata[count] = (nt_metadata){NULL, NULL};
    if (!nt_weights_digest(state->weights, tensors) || !digest_entries(metadata, digest))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory saving a checkpoint");
    metadata[count++] = (nt_metadata){DIGEST, digest};
    metadata[count] = (nt_metadata){NULL, NULL};
    return nt_safetensors_write(path, state->weights, metadata, error);
}

nt_status nt_checkpoint_save(const char *folder, const nt_training_state *state,
                             const nt_cursor *cursor, const nt_course *course,
                             const nt_run_mark *mark, nt_error *error) {
    nt_arena arena;
    nt_text build;
    candidate places[PLACES];
    nt_arena_init(&arena);
    nt_text_init(&build);
    nt_build_describe(&build);
    nt_status status = build.failed
                           ? nt_error_say(error, NT_NO_MEMORY, "out of memory saving a checkpoint")
                           : NT_OK;
    for (int k = 0; k < PLACES && status == NT_OK; k++)
        status = look(folder, k, &arena, &places[k], error);
    for (int k = 0; k < PLACES && status == NT_OK; k++)
        status = check_course(&places[k], course, &arena, error);
    if (status == NT_OK)
        status = save_in(newer(&places[0], &places[1]) ? places[1].path : places[0].path, state,
                         cursor, mark, build.bytes, error);
    nt_text_finish(&build);
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
    } else if (strcmp(hex, from->tensors) != 0) {
        from->readable = false;
        from->damage = "the checksum of its tensors is wrong";
    }
    nt_error_finish(&found);
    return status;
}

/* Says so unless the candidate is of this very run. */
static nt_status check_run(const candidate *from, const nt_identity *identity, nt_error *error) {
    nt_text words;
    nt_text_init(&words);
    nt_status status = NT_OK;
    if (from->foreign)
        status = nt_error_in(error, NT_INVALID, from->path, -1, "%s", from->foreign);
    else if (nt_identity_difference(&from->identity, identity, &words))
        status = nt_error_in(error, NT_INVALID, from->path, -1,
                             "is a checkpoint of another run: %s", words.bytes);
    nt_text_finish(&words);
    if (status != NT_OK)
        nt_error_hint(error, "choose another folder, or remove this one to start anew");
    return status;
}

static nt_status none_left(const candidate *damaged, nt_error *error) {
    nt_error_in(error, NT_INVALID, damaged->path, -1, "is damaged: %s", damaged->damage);
    nt_error_hint(error, "no other checkpoint is left; remove it to start anew");
    return NT_INVALID;
}

nt_status nt_checkpoint_load(const char *folder, nt_training_state *state,
                             const nt_identity *identity, const nt_course *course, nt_arena *arena,
                             nt_checkpoint *ret, nt_error *error) {
    candidate places[PLACES], *order[PLACES] = {&places[0], &places[1]};
    for (int k = 0; k < PLACES; k++)
        NT_TRY(look(folder, k, arena, &places[k], error));
    if (newer(&places[1], &places[0])) {
        order[0] = &places[1];
        order[1] = &places[0];
    }
    const candidate *good = NULL, *damaged = NULL;
    for (int k = 0; k < PLACES && !good; k++) {
        if (order[k]->readable)
            NT_TRY(check_run(order[k], identity, error));
        NT_TRY(check_course(order[k], course, arena, error));
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
    *ret = (nt_checkpoint){.found = !good     ? NT_FOUND_NONE
                                    : damaged ? NT_FOUND_OTHER
                                              : NT_FOUND_NEWEST};
    if (!good)
        return NT_OK;
    ret->cursor = good->cursor;
    ret->numerics = good->numerics;
    if (damaged)
        ret->damage = nt_arena_printf(arena, "%s is damaged: %s", damaged->path, damaged->damage);
    return NT_OK;
}

nt_status nt_checkpoint_look(const char *folder, nt_arena *arena, nt_checkpoint *ret,
                             nt_error *error) {
    candidate places[PLACES];
    for (int k = 0; k < PLACES; k++)
        NT_TRY(look(folder, k, arena, &places[k], error));
    const candidate *best = newer(&places[1], &places[0]) ? &places[1] : &places[0];
    *ret = (nt_checkpoint){.found = NT_FOUND_NONE};
    if (best->there && best->readable)
        *ret = (nt_checkpoint){
            .found = NT_FOUND_NEWEST, .cursor = best->cursor, .numerics = best->numerics};
    return NT_OK;
}

void nt_checkpoint_remove(const char *folder) {
    char path[4096];
    for (int k = 0; k < PLACES; k++) {
        snprintf(path, sizeof path, "%s/checkpoint-%d.safetensors", folder, k);
        unlink(path);
    }
}
