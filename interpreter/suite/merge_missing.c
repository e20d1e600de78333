/* A case is compared with its seed's baseline, so that both must be whole with the same numerics.
 * Where they are not, it counts as missing what would take the least to make them so. */
#include "merge_missing.h"

#include "finding.h"
#include "suite_run_private.h"
#include <string.h>

enum { MOST_LINES = 12 }; /* of notes */

typedef struct lines {
    nt_arena *arena;
    const char **items;
    int32_t count, room;
} lines;

typedef struct search {
    nt_arena arena;
    const nt_suite *suite;
    const nt_merge_rows *rows;
    nt_store *store;
    const nt_progress *progress;
    lines numerics;               /* with which anything is measured, as was asked for */
    int32_t samples, shards;      /* of each case */
    int32_t seed;                 /* in hand */
    const nt_merge_row *baseline; /* its; NULL: nobody knows of it */
    int64_t *lacking;             /* per shard: cases of this seed that lack it */
    nt_missing missing;
    int32_t told; /* notes */
    nt_error *error;
} search;

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory looking for what is missing");
}

/* --- what the store has ----------------------------------------------------------------------- */

static nt_status add_line(void *context, const char *line) {
    lines *all = context;
    if (all->count == all->room) {
        int32_t room = 2 * all->room + 4;
        const char **items = NT_ARENA_ARRAY(all->arena, const char *, room);
        if (!items)
            return NT_NO_MEMORY;
        if (all->count > 0)
            memcpy(items, all->items, (size_t)all->count * sizeof *items);
        all->items = items;
        all->room = room;
    }
    all->items[all->count] = nt_arena_string(all->arena, line);
    return all->items[all->count++] ? NT_OK : NT_NO_MEMORY;
}

/* All cases of a run have the same samples: those of any that is known say how many. */
static nt_status find_samples(search *s) {
    for (int32_t i = 0; s->samples == 0 && i < s->rows->count; i++) {
        const nt_store_result *row = &s->rows->items[i].result;
        nt_measured found;
        if (!row->key)
            continue;
        NT_TRY(nt_store_find(s->store, row->key, row->numerics, &found, s->error));
        s->samples = found.samples;
    }
    s->shards = nt_shard_count(s->samples);
    return NT_OK;
}

static nt_status count_samples(search *s, const char *key, const char *numerics, int64_t *ret) {
    *ret = 0;
    for (int32_t n = 0; n < s->shards; n++) {
        int32_t samples;
        NT_TRY(nt_store_has_shard(s->store, key, numerics, n, &samples, s->error));
        *ret += samples;
    }
    return NT_OK;
}

/* The numerics with which there is the most of both; NULL if there are none at all. */
static nt_status choose_numerics(search *s, const char *key, const char *with, const char **ret) {
    int64_t most = -1, mine, others;
    *ret = NULL;
    for (int32_t i = 0; i < s->numerics.count; i++) {
        NT_TRY(count_samples(s, key, s->numerics.items[i], &mine));
        NT_TRY(count_samples(s, with, s->numerics.items[i], &others));
        if (mine + others > most)
            *ret = s->numerics.items[i];
        most = mine + others > most ? mine + others : most;
    }
    return NT_OK;
}

/* --- what is missing -------------------------------------------------------------------------- */

/* Notes the shards that `key` lacks; *ret: any, or nobody knows how many there are. */
static nt_status note_shards(search *s, const char *key, const char *numerics, bool *ret) {
    *ret = s->shards == 0;
    for (int32_t n = 0; n < s->shards; n++) {
        int32_t samples = 0, whole = nt_shard_samples(s->samples, n);
        if (key && numerics)
            NT_TRY(nt_store_has_shard(s->store, key, numerics, n, &samples, s->error));
        if (samples >= whole)
            continue;
        s->lacking[n]++;
        s->missing.shards++;
        s->missing.images += whole - samples;
        *ret = true;
    }
    return NT_OK;
}

/* A case, or the baseline itself. */
static nt_status look_at(search *s, const nt_merge_row *row) {
    const char *key = row ? row->result.key : NULL;
    const char *with = s->baseline ? s->baseline->result.key : NULL;
    const char *line = NULL;
    bool lacks;
    s->missing.of++;
    if (row && row->result.failure)
        return NT_OK;
    if (key && with)
        NT_TRY(
            nt_store_find_shared(s->store, key, with, s->rows->asked, &s->arena, &line, s->error));
    if (line)
        return NT_OK;
    if (key)
        NT_TRY(choose_numerics(s, key, with ? with : key, &line));
    NT_TRY(note_shards(s, key, line, &lacks));
    if (!lacks && with) /* it is whole, but its baseline isn't with these numerics */
        NT_TRY(note_shards(s, with, line, &lacks));
    s->missing.cases += lacks;
    return NT_OK;
}

/* "seed 3: 36 cases lack shards 4 to 6 of 10 (images 4000 to 6999)" */
static void tell_seed(search *s) {
    for (int32_t n = 0, last; n < s->shards; n = last + 1) {
        last = n;
        while (last + 1 < s->shards && s->lacking[last + 1] == s->lacking[n])
            last++;
        if (s->lacking[n] == 0 || s->told++ > MOST_LINES)
            continue;
        int32_t end = last * NT_SHARD_SAMPLES + nt_shard_samples(s->samples, last) - 1;
        if (s->told > MOST_LINES)
            nt_progress_note(s->progress, "and more");
        else
            nt_progress_note(s->progress, "seed %d: %lld case%s images %d to %d", s->seed,
                             (long long)s->lacking[n], s->lacking[n] == 1 ? " lacks" : "s lack",
                             n * NT_SHARD_SAMPLES, end);
    }
}

/* Of a group whose cases a search finds, those that it has found. */
static nt_status look_at_group(search *s, const nt_group *group, const nt_cases *cases) {
    for (int32_t c = 0; c < cases->count; c++)
        NT_TRY(look_at(s, nt_merge_rows_find(s->rows, group->name, cases->items[c].name, s->seed)));
    for (int32_t i = 0; cases->asks && i < s->rows->count; i++) {
        const nt_merge_row *row = &s->rows->items[i];
        if (row->result.seed == s->seed && strcmp(row->result.group, group->name) == 0)
            NT_TRY(look_at(s, row));
    }
    return NT_OK;
}

static nt_status look_at_seed(search *s, const nt_cases *cases) {
    memset(s->lacking, 0, (size_t)s->shards * sizeof *s->lacking);
    s->baseline = nt_merge_rows_find(s->rows, NT_BASELINE, NT_BASELINE, s->seed);
    NT_TRY(look_at(s, s->baseline));
    for (int g = 0; g < s->suite->group_count; g++)
        NT_TRY(look_at_group(s, &s->suite->groups[g], &cases[g]));
    tell_seed(s);
    return NT_OK;
}

/* Those that begin with what was asked for are the first of `all` afterwards. */
static void keep_asked(lines *all, const char *asked) {
    int32_t kept = 0;
    for (int32_t i = 0; i < all->count; i++)
        if (strncmp(all->items[i], asked, strlen(asked)) == 0)
            all->items[kept++] = all->items[i];
    all->count = kept;
}

static nt_status look(search *s, const nt_cases *cases) {
    s->numerics.arena = &s->arena;
    nt_status status = nt_store_each_numerics(s->store, add_line, &s->numerics, s->error);
    NT_TRY(status == NT_NO_MEMORY ? no_memory(s->error) : status);
    keep_asked(&s->numerics, s->rows->asked ? s->rows->asked : "");
    NT_TRY(find_samples(s));
    s->lacking = NT_ARENA_ARRAY(&s->arena, int64_t, s->shards + 1);
    if (!s->lacking)
        return no_memory(s->error);
    for (int i = 0; i < s->suite->seed_count; i++) {
        s->seed = s->suite->seeds[i];
        NT_TRY(look_at_seed(s, cases));
    }
    return NT_OK;
}

nt_status nt_merge_find_missing(const nt_suite *suite, const nt_merge_rows *rows, nt_store *store,
                                const nt_progress *progress, nt_missing *ret, nt_error *error) {
    const nt_suite_options options = {0};
    search s = {.suite = suite, .rows = rows, .store = store, .progress = progress, .error = error};
    nt_suite_work work;
    nt_arena_init(&s.arena);
    nt_status status = nt_suite_work_init(&work, suite, &options, error);
    if (status == NT_OK)
        status = nt_suite_list(&work);
    if (status == NT_OK)
        status = look(&s, work.cases);
    nt_suite_work_finish(&work);
    nt_arena_finish(&s.arena);
    if (status == NT_OK)
        *ret = s.missing;
    return status;
}
