/* Rows of one store are of different cases, so that only those of the stores before it are looked
 * through. */
#include "merge_rows.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory joining parts");
}

void nt_merge_rows_init(nt_merge_rows *rows) {
    *rows = (nt_merge_rows){0};
    nt_arena_init(&rows->arena);
}

void nt_merge_rows_finish(nt_merge_rows *rows) {
    nt_arena_finish(&rows->arena);
}

/* --- finding ---------------------------------------------------------------------------------- */

static int compare_cases(const nt_store_result *a, const nt_store_result *b) {
    int order = strcmp(a->group, b->group);
    order = order != 0 ? order : strcmp(a->name, b->name);
    return order != 0 ? order : (a->seed > b->seed) - (a->seed < b->seed);
}

static int compare(const void *a, const void *b) {
    return compare_cases(&(*(nt_merge_row *const *)a)->result,
                         &(*(nt_merge_row *const *)b)->result);
}

static nt_merge_row *find(const nt_merge_rows *rows, const nt_store_result *wanted) {
    nt_merge_row like = {.result = *wanted}, *key = &like;
    nt_merge_row **found =
        rows->sorted ? bsearch(&key, rows->sorted, (size_t)rows->count, sizeof *found, compare)
                     : NULL;
    return found ? *found : NULL;
}

const nt_merge_row *nt_merge_rows_find(const nt_merge_rows *rows, const char *group,
                                       const char *name, int32_t seed) {
    return find(rows, &(nt_store_result){.group = group, .name = name, .seed = seed});
}

/* --- adding ----------------------------------------------------------------------------------- */

typedef struct adding {
    nt_merge_rows *rows;
    const char *folder;
    bool joined;   /* before, into the run's own store */
    int32_t count; /* with those that are added */
    nt_error *error;
} adding;

/* A text of the same arena; *ok false: there was no room. */
static const char *keep(adding *a, const char *text, bool *ok) {
    const char *copy = text ? nt_arena_string(&a->rows->arena, text) : NULL;
    *ok = *ok && (copy || !text);
    return copy;
}

static nt_status copy(adding *a, const nt_store_result *from, nt_merge_row *ret) {
    bool ok = true;
    *ret = (nt_merge_row){.from = a->folder,
                          .result = {.group = keep(a, from->group, &ok),
                                     .name = keep(a, from->name, &ok),
                                     .seed = from->seed,
                                     .split = keep(a, from->split, &ok),
                                     .edit = keep(a, from->edit, &ok),
                                     .key = keep(a, from->key, &ok),
                                     .numerics = keep(a, from->numerics, &ok),
                                     .failure = keep(a, from->failure, &ok),
                                     .decide = keep(a, from->decide, &ok),
                                     .samples = from->samples,
                                     .decision = keep(a, from->decision, &ok)}};
    return ok ? NT_OK : no_memory(a->error);
}

static nt_status make_room(adding *a) {
    nt_merge_rows *rows = a->rows;
    if (a->count < rows->room)
        return NT_OK;
    int32_t room = rows->room > 0 ? 2 * rows->room : FIRST_ROOM;
    nt_merge_row *items = NT_ARENA_ARRAY(&rows->arena, nt_merge_row, room);
    nt_merge_row **sorted = NT_ARENA_ARRAY(&rows->arena, nt_merge_row *, room);
    if (!items || !sorted)
        return no_memory(a->error);
    for (int32_t i = 0; i < a->count; i++)
        items[i] = rows->items[i];
    for (int32_t i = 0; i < rows->count; i++) /* of the old items, which are in the arena still */
        sorted[i] = &items[rows->sorted[i] - rows->items];
    rows->items = items;
    rows->sorted = sorted;
    rows->room = room;
    return NT_OK;
}

static nt_status say_key(const adding *a, const nt_merge_row *known,
                         const nt_store_result *result) {
    nt_error_in(a->error, NT_INVALID, a->folder, -1,
                "measured '%s' of '%s' with seed %d as %.16s…, %s as %.16s…", result->name,
                result->group, result->seed, result->key, known->from, known->result.key);
    nt_error_hint(a->error, "they had other weights, or other images: %s",
                  a->joined ? "move " NT_STORE_NAME " out of this folder"
                            : "measure this part anew, or leave it out");
    return NT_INVALID;
}

static nt_status add_row(void *context, const nt_store_result *result) {
    adding *a = context;
    nt_merge_row *known = find(a->rows, result);
    if (known && known->result.key && result->key && strcmp(known->result.key, result->key) != 0)
        return say_key(a, known, result);
    if (known && (known->result.key || !result->key))
        return NT_OK;
    if (known)
        return copy(a, result, known);
    NT_TRY(make_room(a));
    return copy(a, result, &a->rows->items[a->count++]);
}

/* Numerics begin with what was asked for, up to a semicolon. */
static nt_status check_asked(void *context, const char *line) {
    const adding *a = context;
    nt_merge_rows *rows = a->rows;
    size_t length = strcspn(line, ";");
    if (!rows->asked) {
        rows->asked = nt_arena_substring(&rows->arena, line, length);
        rows->asked_from = a->folder;
        return rows->asked ? NT_OK : no_memory(a->error);
    }
    if (strlen(rows->asked) == length && strncmp(rows->asked, line, length) == 0)
        return NT_OK;
    nt_error_in(a->error, NT_INVALID, a->folder, -1, "was asked to compute by '%.*s', %s by '%s'",
                (int)length, line, rows->asked_from, rows->asked);
    nt_error_hint(a->error, "measure this part anew with the others' options, or leave it out");
    return NT_INVALID;
}

static nt_status add(adding *a, nt_store *store) {
    nt_merge_rows *rows = a->rows;
    NT_TRY(nt_store_each_result(store, add_row, a, a->error));
    if (rows->sample_count == 0)
        NT_TRY(
            nt_store_samples(store, &rows->arena, &rows->samples, &rows->sample_count, a->error));
    for (int32_t i = rows->count; i < a->count; i++)
        rows->sorted[i] = &rows->items[i];
    rows->count = a->count;
    if (rows->count > 0)
        qsort(rows->sorted, (size_t)rows->count, sizeof(nt_merge_row *), compare);
    return NT_OK;
}

nt_status nt_merge_rows_add(nt_merge_rows *rows, const char *folder, nt_store *store,
                            nt_error *error) {
    adding a = {.rows = rows, .folder = folder, .count = rows->count, .error = error};
    NT_TRY(nt_store_each_numerics(store, check_asked, &a, error));
    return add(&a, store);
}

nt_status nt_merge_rows_add_joined(nt_merge_rows *rows, const char *folder, nt_store *store,
                                   nt_error *error) {
    adding a = {
        .rows = rows, .folder = folder, .joined = true, .count = rows->count, .error = error};
    return add(&a, store);
}

nt_status nt_merge_rows_put(const nt_merge_rows *rows, nt_store *store, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_store_result *results = NT_ARENA_ARRAY(&arena, nt_store_result, rows->count + 1);
    for (int32_t i = 0; results && i < rows->count; i++)
        results[i] = rows->items[i].result;
    nt_status status = results ? nt_store_put_results(store, results, (size_t)rows->count,
                                                      rows->samples, rows->sample_count, error)
                               : no_memory(error);
    nt_arena_finish(&arena);
    return status;
}
