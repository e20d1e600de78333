/* The results as CSV (for spreadsheets and scripts: a row an outcome) and as JSON (the same, with
 * all that the numbers follow from). */
#include "results.h"

#include "alloc.h"
#include "file.h"
#include "json_out.h"
#include <math.h>
#include <string.h>

enum { WORDS_DIGITS = 6 };

void nt_results_free(nt_results *results) {
    if (!results)
        return;
    for (int g = 0; results->groups && g < results->suite->group_count; g++)
        nt_cases_finish(&results->groups[g].cases);
    nt_network_free(results->network);
    nt_arena_finish(&results->arena);
    nt_free(results, sizeof *results);
}

/* The layers that are edited in one way: "noise a b (deviation 0.1, seed 7)". */
static void add_kind(const nt_results *results, const nt_case *item, const nt_kind *kind,
                     nt_text *text) {
    int32_t count = 0;
    const nt_edit *edit = NULL;
    for (int32_t i = 0; i < item->count; i++) {
        if (&item->edits[i].kind->kind != kind)
            continue;
        edit = &item->edits[i];
        if (count++ == 0)
            nt_text_printf(text, "%s%s", text->length ? ", " : "", kind->name);
        nt_text_printf(text, " %s", results->network->layers[item->layers[i]].name);
    }
    for (const nt_field *field = kind->fields; edit && field->name; field++) {
        nt_text_printf(text, "%s%s ", field == kind->fields ? " (" : ", ", field->name);
        nt_field_format_digits(field, edit->options, WORDS_DIGITS, text);
        nt_text_add(text, field[1].name ? "" : ")");
    }
}

const char *nt_case_words(const nt_results *results, const nt_case *item, nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    for (const nt_kind *const *kind = nt_ablations; *kind; kind++)
        add_kind(results, item, *kind, &text);
    const char *copy = text.failed || !text.bytes ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return copy;
}

/* --- the store -------------------------------------------------------------------------------- */

typedef struct listing {
    nt_arena arena;
    nt_store *store;
    nt_store_result *rows;
    size_t count;
    nt_error *error;
} listing;

/* Lists what has failed or of which a shard is saved. */
static nt_status list_row(listing *list, nt_store_result row) {
    nt_measured found = {0};
    if (!row.failure)
        NT_TRY(nt_store_find(list->store, row.key, &found, list->error));
    if (row.failure || found.shards > 0)
        list->rows[list->count++] = row;
    return NT_OK;
}

static nt_status list_case(listing *list, const nt_results *results, int g, int32_t c) {
    const nt_suite *suite = results->suite;
    const nt_group_result *group = &results->groups[g];
    const char *words = nt_case_words(results, &group->cases.items[c], &list->arena);
    if (!words)
        return nt_error_say(list->error, NT_NO_MEMORY, "out of memory storing results");
    for (int s = 0; s < suite->seed_count; s++) {
        const nt_finding *finding = &group->findings[c * suite->seed_count + s];
        NT_TRY(list_row(list,
                        (nt_store_result){.group = group->group->name,
                                          .name = group->cases.items[c].name,
                                          .seed = suite->seeds[s],
                                          .split = nt_split_name((nt_split)suite->evaluate.split),
                                          .edit = words,
                                          .key = finding->failure ? NULL : finding->key,
                                          .failure = finding->failure}));
    }
    return NT_OK;
}

static nt_status list_all(listing *list, const nt_results *results) {
    const nt_suite *suite = results->suite;
    size_t most = 1;
    for (int g = 0; g < suite->group_count; g++)
        most += (size_t)results->groups[g].cases.count;
    list->rows = NT_ARENA_ARRAY(&list->arena, nt_store_result, most * (size_t)suite->seed_count);
    if (!list->rows)
        return nt_error_say(list->error, NT_NO_MEMORY, "out of memory storing results");
    for (int s = 0; s < suite->seed_count; s++)
        NT_TRY(list_row(list,
                        (nt_store_result){.group = NT_BASELINE,
                                          .name = NT_BASELINE,
                                          .seed = suite->seeds[s],
                                          .split = nt_split_name((nt_split)suite->evaluate.split),
                                          .edit = "",
                                          .key = results->baseline_keys[s]}));
    for (int g = 0; g < suite->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].cases.count; c++)
            NT_TRY(list_case(list, results, g, c));
    return NT_OK;
}

nt_status nt_results_store(const nt_results *results, nt_store *store, nt_error *error) {
    listing list = {.store = store, .error = error};
    nt_arena_init(&list.arena);
    nt_status status = list_all(&list, results);
    if (status == NT_OK && list.count > 0)
        status = nt_store_put_results(store, list.rows, list.count, error);
    nt_arena_finish(&list.arena);
    return status;
}

/* --- CSV -------------------------------------------------------------------------------------- */

static void format_csv(const nt_results *results, nt_text *csv, nt_arena *arena) {
    const nt_suite *suite = results->suite;
    nt_findings_csv_header(csv);
    for (int s = 0; s < suite->seed_count; s++)
        nt_baseline_csv(suite->seeds[s], &(nt_finding){.outcome = results->baseline[s]}, csv);
    for (int g = 0; g < suite->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].cases.count; c++) {
            const nt_case *item = &results->groups[g].cases.items[c];
            const char *words = nt_case_words(results, item, arena);
            for (int s = 0; words && s < suite->seed_count; s++)
                nt_finding_csv(suite->groups[g].name, item->name, words, suite->seeds[s],
                               &results->groups[g].findings[c * suite->seed_count + s], csv);
            csv->failed = csv->failed || !words;
        }
}

/* --- files ------------------------------------------------------------------------------------ */

static nt_status write_text(const nt_text *text, const char *folder, const char *name,
                            nt_arena *arena, nt_error *error) {
    const char *path = nt_arena_printf(arena, "%s/%s", folder, name);
    if (!path || text->failed)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", name);
    return nt_file_replace(path, text->bytes, text->length, error);
}

nt_status nt_results_write(const nt_results *results, const char *folder, nt_error *error) {
    nt_arena arena;
    nt_text csv, json;
    nt_arena_init(&arena);
    nt_text_init(&csv);
    nt_text_init(&json);
    format_csv(results, &csv, &arena);
    json_t *value = nt_results_json(results);
    nt_json_format(value, &json);
    json_decref(value);
    nt_status status = write_text(&csv, folder, "results.csv", &arena, error);
    if (status == NT_OK)
        status = write_text(&json, folder, "results.json", &arena, error);
    nt_text_finish(&csv);
    nt_text_finish(&json);
    nt_arena_finish(&arena);
    return status;
}
