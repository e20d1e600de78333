#include "checkpoint.h"

#include "alloc.h"
#include "safetensors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 2 };

/* --- the state -------------------------------------------------------------------------------- */

static nt_status add_tensors(nt_training_state *state) {
    const nt_network *network = state->network;
    nt_arena *arena = &state->tensors->arena;
    for (size_t i = 0; i < network->state_count; i++)
        NT_TRY(nt_network_add_state(state->tensors, &network->states[i]));
    for (size_t i = 0; i < network->state_count; i++) {
        if (network->states[i].role != NT_WEIGHT)
            continue;
        state->first_slot[i] = state->tensors->state_count;
        for (int k = 0; k < state->optimiser->slot_count; k++) {
            nt_state slot = network->states[i];
            slot.role = NT_BUFFER;
            slot.name = nt_arena_printf(arena, "optimiser.%s.%s", state->optimiser->slot_names[k],
                                        network->states[i].name);
            if (!slot.name)
                return NT_NO_MEMORY;
            NT_TRY(nt_network_add_state(state->tensors, &slot));
        }
    }
    return nt_weights_new(state->tensors, &state->weights);
}

nt_status nt_training_state_new(const nt_network *network, const nt_optimiser *optimiser,
                                nt_training_state **ret, nt_error *error) {
    nt_training_state *state = nt_alloc_zero(sizeof *state);
    nt_status status = NT_NO_MEMORY;
    if (state) {
        state->network = network;
        state->optimiser = optimiser;
        state->tensors = nt_network_new(network->name);
        state->first_slot = nt_alloc_zero(network->state_count * sizeof *state->first_slot);
        if (state->tensors && state->first_slot)
            status = add_tensors(state);
    }
    if (status != NT_OK) {
        nt_training_state_free(state);
        return nt_error_say(error, status, "out of memory for the state of training");
    }
    *ret = state;
    return NT_OK;
}

void nt_training_state_free(nt_training_state *state) {
    if (!state)
        return;
    nt_weights_free(state->weights);
    nt_network_free(state->tensors);
    nt_free(state->first_slot, state->network->state_count * sizeof *state->first_slot);
    nt_free(state, sizeof *state);
}

/* --- metadata --------------------------------------------------------------------------------- */

enum { KEYS = 8, LONGEST = 96 };

typedef struct words {
    char epoch[LONGEST], step[LONGEST], loss_sum[LONGEST], correct[LONGEST], seconds[LONGEST];
    char digest[NT_DIGEST_HEX];
} words;

/* Doubles are written in hexadecimal, which is exact. */
static void format_cursor(const nt_cursor *cursor, words *w) {
    snprintf(w->epoch, LONGEST, "%d", cursor->epoch);
    snprintf(w->step, LONGEST, "%d", cursor->step);
    snprintf(w->loss_sum, LONGEST, "%a", cursor->loss_sum);
    snprintf(w->correct, LONGEST, "%lld", (long long)cursor->correct);
    snprintf(w->seconds, LONGEST, "%a", cursor->seconds);
}

/* Over everything else that a checkpoint says. */
static bool digest_of(const nt_weights *weights, const words *w, const char *identity,
                      char hex[NT_DIGEST_HEX]) {
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return false;
    const char *const texts[] = {w->epoch, w->step, w->loss_sum, w->correct, w->seconds, identity};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        nt_digest_add(digest, texts[i], strlen(texts[i]) + 1);
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor tensor = nt_weights_at(weights, i);
        nt_digest_add(digest, tensor.data, (size_t)nt_type_stored(tensor.type) * sizeof(float));
    }
    nt_digest_end(digest, hex);
    return true;
}

static const char *value_of(const nt_metadata *metadata, const char *key) {
    for (; metadata->key; metadata++)
        if (strcmp(metadata->key, key) == 0)
            return metadata->value;
    return "";
}

static bool read_words(const nt_metadata *metadata, words *w) {
    const struct {
        const char *key;
        char *to;
        size_t size;
    } pairs[] = {{"epoch", w->epoch, LONGEST},       {"step", w->step, LONGEST},
                 {"loss_sum", w->loss_sum, LONGEST}, {"correct", w->correct, LONGEST},
                 {"seconds", w->seconds, LONGEST},   {"digest", w->digest, NT_DIGEST_HEX}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *value = value_of(metadata, pairs[i].key);
        if (strlen(value) == 0 || strlen(value) >= pairs[i].size)
            return false;
        strcpy(pairs[i].to, value);
    }
    return true;
}

static nt_cursor parse_cursor(const words *w) {
    return (nt_cursor){.epoch = (int32_t)strtol(w->epoch, NULL, 10),
                       .step = (int32_t)strtol(w->step, NULL, 10),
                       .loss_sum = strtod(w->loss_sum, NULL),
                       .correct = strtoll(w->correct, NULL, 10),
                       .seconds = strtod(w->seconds, NULL)};
}

/* --- files ------------------------------------------------------------------------------------ */

typedef struct candidate {
    char path[4096];
    bool there, readable, ours;
    words words;
    nt_cursor cursor;
    const char *damage; /* why it isn't readable */
} candidate;

/* Looks at the metadata of the checkpoint in place `k`. */
static void look(const char *folder, int k, const char *identity, nt_arena *arena, candidate *ret) {
    nt_error error;
    const nt_metadata *metadata;
    *ret = (candidate){.damage = "its metadata are not a checkpoint's"};
    snprintf(ret->path, sizeof ret->path, "%s/checkpoint-%d.safetensors", folder, k);
    ret->there = access(ret->path, F_OK) == 0;
    if (!ret->there)
        return;
    nt_error_init(&error);
    if (nt_safetensors_metadata(ret->path, arena, &metadata, &error) != NT_OK) {
        const char *message = nt_arena_string(arena, error.items[0].message);
        ret->damage = message ? message : ret->damage;
    } else if (read_words(metadata, &ret->words)) {
        ret->readable = true;
        ret->cursor = parse_cursor(&ret->words);
        ret->ours = strcmp(value_of(metadata, "identity"), identity) == 0;
    }
    nt_error_finish(&error);
}

static bool newer(const candidate *a, const candidate *b) {
    if (a->readable != b->readable)
        return a->readable;
    if (a->cursor.epoch != b->cursor.epoch)
        return a->cursor.epoch > b->cursor.epoch;
    return a->cursor.step > b->cursor.step;
}

nt_status nt_checkpoint_save(const char *folder, const nt_training_state *state,
                             const nt_cursor *cursor, const char *identity, nt_error *error) {
    nt_arena arena;
    candidate places[PLACES];
    words w;
    nt_arena_init(&arena);
    for (int k = 0; k < PLACES; k++)
        look(folder, k, identity, &arena, &places[k]);
    const candidate *oldest = newer(&places[0], &places[1]) ? &places[1] : &places[0];
    format_cursor(cursor, &w);
    nt_status status = NT_NO_MEMORY;
    if (digest_of(state->weights, &w, identity, w.digest)) {
        const nt_metadata metadata[KEYS] = {{"epoch", w.epoch},       {"step", w.step},
                                            {"loss_sum", w.loss_sum}, {"correct", w.correct},
                                            {"seconds", w.seconds},   {"identity", identity},
                                            {"digest", w.digest},     {NULL, NULL}};
        status = nt_safetensors_write(oldest->path, state->weights, metadata, error);
    } else {
        nt_error_say(error, status, "out of memory saving a checkpoint");
    }
    nt_arena_finish(&arena);
    return status;
}

/* Reads one candidate's tensors and holds them against its digest. */
static bool read_candidate(candidate *from, nt_training_state *state, const char *identity,
                           nt_arena *arena) {
    nt_error error;
    char hex[NT_DIGEST_HEX];
    bool ok = false;
    nt_error_init(&error);
    if (nt_safetensors_read(from->path, state->weights, NULL, &error) != NT_OK) {
        const char *message = nt_arena_string(arena, error.items[0].message);
        from->damage = message ? message : "it can't be read";
    } else if (!digest_of(state->weights, &from->words, identity, hex) ||
               strcmp(hex, from->words.digest) != 0) {
        from->damage = "its checksum is wrong";
    } else {
        ok = true;
    }
    nt_error_finish(&error);
    return ok;
}

static nt_status other_run(const candidate *from, nt_error *error) {
    nt_error_in(error, NT_INVALID, from->path, -1,
                "is a checkpoint of another run: the network, the recipe, the data or the seed "
                "differs");
    nt_error_hint(error, "choose another folder, or remove this one to start anew");
    return NT_INVALID;
}

nt_status nt_checkpoint_load(const char *folder, nt_training_state *state, const char *identity,
                             nt_cursor *ret_cursor, nt_found *ret_found, nt_arena *arena,
                             const char **ret_damage, nt_error *error) {
    candidate places[PLACES], *order[PLACES] = {&places[0], &places[1]};
    for (int k = 0; k < PLACES; k++)
        look(folder, k, identity, arena, &places[k]);
    if (newer(&places[1], &places[0])) {
        order[0] = &places[1];
        order[1] = &places[0];
    }
    const candidate *damaged = NULL;
    for (int k = 0; k < PLACES; k++)
        if (places[k].there && !places[k].readable)
            damaged = &places[k];
    for (int k = 0; k < PLACES; k++) {
        if (!order[k]->readable)
            continue;
        if (!order[k]->ours)
            return other_run(order[k], error);
        if (read_candidate(order[k], state, identity, arena)) {
            *ret_cursor = order[k]->cursor;
            *ret_found = damaged ? NT_FOUND_OLDER : NT_FOUND_NEWEST;
            *ret_damage = damaged ? nt_arena_printf(arena, "%s is damaged: %s", damaged->path,
                                                    damaged->damage)
                                  : NULL;
            return NT_OK;
        }
        damaged = order[k];
    }
    if (damaged) {
        nt_error_in(error, NT_INVALID, damaged->path, -1, "is damaged: %s", damaged->damage);
        nt_error_hint(error, "no other checkpoint is left; remove it to start anew");
        return NT_INVALID;
    }
    *ret_found = NT_FOUND_NONE;
    return NT_OK;
}

void nt_checkpoint_remove(const char *folder) {
    char path[4096];
    for (int k = 0; k < PLACES; k++) {
        snprintf(path, sizeof path, "%s/checkpoint-%d.safetensors", folder, k);
        unlink(path);
    }
}
