/* From the store to the packed form and back. */
#include "packed.h"

#include "alloc.h"
#include "outcome.h"
#include <string.h>

enum { FAILED = 255, COUNTS = 3, COUNT_BYTES = 4 }; /* as score.c has them */

nt_scoring nt_results_scoring(const nt_results *results) {
    nt_metric metric = results->setup.metric;
    bool classes = nt_metric_fits(metric, NT_TARGET_CLASS);
    return (nt_scoring){classes ? NT_TARGET_CLASS : NT_TARGET_MASK, results->setup.class_count,
                        metric};
}

static nt_scoring scoring_of(const nt_packed *packed) {
    bool classes = nt_metric_fits(packed->metric, NT_TARGET_CLASS);
    return (nt_scoring){classes ? NT_TARGET_CLASS : NT_TARGET_MASK, packed->classes,
                        packed->metric};
}

static size_t plane_size(int32_t samples) {
    return ((size_t)samples + 7) / 8;
}

size_t nt_packed_size(const nt_packed *packed, const nt_packed_outcome *outcome) {
    size_t samples = outcome->samples > 0 ? (size_t)outcome->samples : 0;
    if (nt_metric_fits(packed->metric, NT_TARGET_CLASS))
        return plane_size(outcome->samples) * (outcome->failures ? 2 : 1);
    bool known = outcome->bytes == 1 || outcome->bytes == 2 || outcome->bytes == 4;
    return known ? samples * (size_t)packed->classes * COUNTS * (size_t)outcome->bytes : 0;
}

/* --- one outcome ------------------------------------------------------------------------------ */

static void pack_plane(const unsigned char *outcomes, int32_t samples, unsigned char value,
                       unsigned char *ret) {
    for (int32_t i = 0; i < samples; i++)
        if (outcomes[i] == value)
            ret[i / 8] |= (unsigned char)(1U << i % 8);
}

static bool bit(const unsigned char *plane, int32_t i) {
    return (plane[i / 8] >> i % 8 & 1) != 0;
}

static uint32_t get(const unsigned char *at, int32_t bytes) {
    uint32_t count = 0;
    for (int32_t b = 0; b < bytes; b++)
        count |= (uint32_t)at[b] << 8 * b;
    return count;
}

/* All bits of so many bytes. */
static uint32_t all_ones(int32_t bytes) {
    return UINT32_MAX >> 8 * (COUNT_BYTES - bytes);
}

/* The fewest bytes in which all counts but failures' are below all ones. */
static int32_t bytes_for(const unsigned char *outcomes, size_t counts) {
    uint32_t most = 0;
    for (size_t i = 0; i < counts; i++) {
        uint32_t count = get(outcomes + i * COUNT_BYTES, COUNT_BYTES);
        most = count != UINT32_MAX && count > most ? count : most;
    }
    return most < all_ones(1) ? 1 : most < all_ones(2) ? 2 : COUNT_BYTES;
}

/* A failure's counts are all ones in either size. */
static void pack_counts(const unsigned char *outcomes, size_t counts, int32_t bytes,
                        unsigned char *ret) {
    for (size_t i = 0; i < counts; i++)
        memcpy(ret + i * (size_t)bytes, outcomes + i * COUNT_BYTES, (size_t)bytes);
}

static void unpack_counts(const unsigned char *packed, size_t counts, int32_t bytes,
                          unsigned char *ret) {
    for (size_t i = 0; i < counts; i++) {
        uint32_t count = get(packed + i * (size_t)bytes, bytes);
        count = count == all_ones(bytes) ? UINT32_MAX : count;
        for (int b = 0; b < COUNT_BYTES; b++)
            ret[i * COUNT_BYTES + (size_t)b] = (unsigned char)(count >> 8 * b);
    }
}

void nt_packed_unpack(const nt_packed *packed, const nt_packed_outcome *outcome,
                      unsigned char *ret) {
    const unsigned char *data = packed->data + outcome->offset;
    if (!nt_metric_fits(packed->metric, NT_TARGET_CLASS)) {
        unpack_counts(data, (size_t)outcome->samples * (size_t)packed->classes * COUNTS,
                      outcome->bytes, ret);
        return;
    }
    const unsigned char *failed = data + plane_size(outcome->samples);
    for (int32_t i = 0; i < outcome->samples; i++)
        ret[i] = outcome->failures && bit(failed, i) ? FAILED : bit(data, i);
}

/* --- packing ---------------------------------------------------------------------------------- */

typedef struct packing {
    const nt_results *results;
    nt_store *store;
    nt_arena *arena;
    nt_packed packed;
    nt_packed_outcome *outcomes;
    nt_packed_case *cases;
    nt_text data;
    nt_error *error;
} packing;

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory packing outcomes");
}

static nt_status pack(packing *p, nt_packed_outcome *ret) {
    nt_scoring scoring = scoring_of(&p->packed);
    size_t size = (size_t)ret->samples * (size_t)nt_score_bytes(scoring);
    unsigned char *outcomes = nt_alloc(size), *bytes = NULL;
    nt_status status = outcomes ? NT_OK : no_memory(p->error);
    if (status == NT_OK)
        status = nt_store_read(p->store, ret->key, ret->numerics, ret->samples, outcomes, size,
                               &ret->loss, p->error);
    bool classes = scoring.target == NT_TARGET_CLASS;
    if (status == NT_OK && classes)
        ret->failures = memchr(outcomes, FAILED, size) != NULL;
    else if (status == NT_OK)
        ret->bytes = bytes_for(outcomes, size / COUNT_BYTES);
    size_t length = status == NT_OK ? nt_packed_size(&p->packed, ret) : 0;
    if (status == NT_OK && !(bytes = nt_alloc_zero(length)))
        status = no_memory(p->error);
    if (status == NT_OK && classes) {
        pack_plane(outcomes, ret->samples, 1, bytes);
        if (ret->failures)
            pack_plane(outcomes, ret->samples, FAILED, bytes + plane_size(ret->samples));
    } else if (status == NT_OK) {
        pack_counts(outcomes, size / COUNT_BYTES, ret->bytes, bytes);
    }
    if (status == NT_OK)
        nt_text_add_bytes(&p->data, bytes, length);
    nt_free(bytes, length);
    nt_free(outcomes, size);
    return status;
}

/* The index of an outcome of the first `samples`, or of all where that is 0; it is packed where it
 * comes first. -1: the store lacks some of it. */
static nt_status add_outcome(packing *p, const char *key, const char *numerics, int32_t samples,
                             int32_t *ret) {
    nt_measured found;
    int32_t i = 0;
    *ret = -1;
    if (!key[0] || !numerics)
        return NT_OK;
    NT_TRY(nt_store_find(p->store, key, numerics, &found, p->error));
    samples = samples > 0 ? samples : found.samples;
    if (samples == 0 || found.done < samples)
        return NT_OK;
    while (i < p->packed.outcome_count &&
           (p->outcomes[i].samples != samples || strcmp(p->outcomes[i].key, key) != 0 ||
            strcmp(p->outcomes[i].numerics, numerics) != 0))
        i++;
    if (i == p->packed.outcome_count) {
        p->outcomes[i] = (nt_packed_outcome){.key = key,
                                             .numerics = numerics,
                                             .samples = samples,
                                             .offset = (int64_t)p->data.length};
        NT_TRY(pack(p, &p->outcomes[i]));
        p->packed.outcome_count++;
    }
    *ret = i;
    return NT_OK;
}

static nt_status add_case(packing *p, const char *group, const char *name,
                          const nt_finding *finding, const nt_finding *baseline) {
    nt_packed_case item = {.group = group, .name = name, .seed = finding->seed};
    int32_t samples = finding->failure ? 0 : finding->outcome.total;
    NT_TRY(add_outcome(p, finding->key, finding->numerics, samples, &item.outcome));
    if (item.outcome < 0)
        return NT_OK;
    NT_TRY(add_outcome(p, baseline->key, finding->numerics, 0, &item.baseline));
    if (item.baseline < 0) /* of a failure, which was compared with none */
        NT_TRY(add_outcome(p, baseline->key, baseline->numerics, 0, &item.baseline));
    if (item.baseline >= 0)
        p->cases[p->packed.case_count++] = item;
    return NT_OK;
}

static nt_status add_all(packing *p) {
    const nt_results *results = p->results;
    for (int32_t s = 0; s < results->seed_count; s++)
        NT_TRY(add_case(p, NT_BASELINE, NT_BASELINE, &results->baseline[s], &results->baseline[s]));
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t s = 0; s < results->groups[g].own_baseline_count; s++)
            NT_TRY(add_case(p, NT_BASELINE, results->groups[g].name,
                            &results->groups[g].own_baseline[s],
                            &results->groups[g].own_baseline[s]));
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++)
            for (int32_t s = 0; s < results->seed_count; s++)
                NT_TRY(add_case(p, results->groups[g].name, results->groups[g].cases[c].name,
                                &results->groups[g].cases[c].findings[s],
                                &nt_group_result_baseline(results, &results->groups[g])[s]));
    return NT_OK;
}

nt_status nt_packed_make(const nt_results *results, nt_store *store, nt_arena *arena,
                         nt_packed *ret, nt_error *error) {
    nt_scoring scoring = nt_results_scoring(results);
    packing p = {.results = results, .store = store, .arena = arena, .error = error};
    size_t most = 1;
    for (int32_t g = 0; g < results->group_count; g++)
        most += (size_t)results->groups[g].case_count + 1; /* its own baseline */
    most *= (size_t)results->seed_count;
    p.packed = (nt_packed){.metric = scoring.metric,
                           .classes = scoring.target == NT_TARGET_MASK ? scoring.classes : 0};
    p.outcomes = NT_ARENA_ARRAY(arena, nt_packed_outcome, 2 * most); /* and baselines of others */
    p.cases = NT_ARENA_ARRAY(arena, nt_packed_case, most);
    if (!p.outcomes || !p.cases)
        return no_memory(error);
    nt_text_init(&p.data);
    nt_status status = add_all(&p);
    p.packed.outcomes = p.outcomes;
    p.packed.cases = p.cases;
    p.packed.size = p.data.length;
    if (status == NT_OK)
        p.packed.data = p.data.failed ? NULL : nt_arena_copy(arena, p.data.bytes, p.data.length);
    if (status == NT_OK && !p.packed.data)
        status = no_memory(error);
    nt_text_finish(&p.data);
    if (status == NT_OK)
        *ret = p.packed;
    return status;
}

/* --- back ------------------------------------------------------------------------------------- */

/* The first shard has all of the loss: what counts is the sum. */
static nt_status put(nt_store *store, nt_scoring scoring, const nt_packed_outcome *outcome,
                     const unsigned char *outcomes, nt_error *error) {
    int32_t bytes = nt_score_bytes(scoring);
    for (int32_t number = 0; number < nt_shard_count(outcome->samples); number++) {
        const nt_shard shard = {
            .key = outcome->key,
            .numerics = outcome->numerics,
            .samples = outcome->samples,
            .sample_bytes = bytes,
            .number = number,
            .outcomes = outcomes + (size_t)number * NT_SHARD_SAMPLES * (size_t)bytes,
            .size = (size_t)nt_shard_samples(outcome->samples, number) * (size_t)bytes,
            .loss = number == 0 ? outcome->loss : 0};
        NT_TRY(nt_store_put_shards(store, &shard, 1, error));
    }
    return NT_OK;
}

/* Of the same thing, more samples are there too: these begin them. */
static bool is_part(const nt_packed *packed, const nt_packed_outcome *outcome) {
    for (int32_t i = 0; i < packed->outcome_count; i++) {
        const nt_packed_outcome *other = &packed->outcomes[i];
        if (other->samples > outcome->samples && strcmp(other->key, outcome->key) == 0 &&
            strcmp(other->numerics, outcome->numerics) == 0)
            return true;
    }
    return false;
}

nt_status nt_packed_restore(const nt_packed *packed, nt_store *store, nt_error *error) {
    nt_scoring scoring = scoring_of(packed);
    for (int32_t i = 0; i < packed->outcome_count; i++) {
        const nt_packed_outcome *outcome = &packed->outcomes[i];
        if (is_part(packed, outcome))
            continue;
        size_t size = (size_t)outcome->samples * (size_t)nt_score_bytes(scoring);
        unsigned char *outcomes = nt_alloc(size);
        if (!outcomes)
            return no_memory(error);
        nt_packed_unpack(packed, outcome, outcomes);
        nt_status status = put(store, scoring, outcome, outcomes, error);
        nt_free(outcomes, size);
        NT_TRY(status);
    }
    return NT_OK;
}

/* Cases stand in the order of the results; *at is the next. */
static nt_status assign(const nt_packed *packed, const char *path, const char *group,
                        const char *name, int32_t *at, nt_finding *finding, nt_error *error) {
    const nt_packed_case *item = *at < packed->case_count ? &packed->cases[*at] : NULL;
    if (item && strcmp(item->group, group) == 0 && strcmp(item->name, name) == 0 &&
        item->seed == finding->seed) {
        snprintf(finding->key, sizeof finding->key, "%s", packed->outcomes[item->outcome].key);
        finding->numerics = packed->outcomes[item->outcome].numerics;
        ++*at;
        return NT_OK;
    }
    return finding->failure ? NT_OK
                            : nt_error_in(error, NT_INVALID, path, -1,
                                          "lacks the outcome of '%s' of '%s' with seed %d", name,
                                          group, finding->seed);
}

nt_status nt_packed_assign(const nt_packed *packed, const char *path, nt_results *results,
                           nt_error *error) {
    int32_t at = 0;
    for (int32_t s = 0; s < results->seed_count; s++)
        NT_TRY(assign(packed, path, NT_BASELINE, NT_BASELINE, &at, &results->baseline[s], error));
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t s = 0; s < results->groups[g].own_baseline_count; s++)
            NT_TRY(assign(packed, path, NT_BASELINE, results->groups[g].name, &at,
                          &results->groups[g].own_baseline[s], error));
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++)
            for (int32_t s = 0; s < results->seed_count; s++)
                NT_TRY(assign(packed, path, results->groups[g].name,
                              results->groups[g].cases[c].name, &at,
                              &results->groups[g].cases[c].findings[s], error));
    return at == packed->case_count
               ? NT_OK
               : nt_error_in(error, NT_INVALID, path, -1,
                             "has an outcome of '%s' that results.json doesn't know",
                             packed->cases[at].name);
}
