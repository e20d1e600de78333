/* The results as CSV (for spreadsheets and scripts: a row an outcome) and as JSON (the same, with
 * all that the numbers follow from). */
#include "results.h"

#include "file.h"
#include "json_out.h"
#include "json_schema.h"
#include "results_file.h"
#include "results_table.h"
#include "results_words.h"
#include <unistd.h>

/* --- CSV -------------------------------------------------------------------------------------- */

static void format_csv(const nt_results *results, nt_text *csv, nt_arena *arena) {
    nt_findings_csv_header(csv);
    for (int32_t s = 0; s < results->seed_count; s++)
        nt_baseline_csv(NT_BASELINE, &results->baseline[s], csv);
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t s = 0; s < results->groups[g].own_baseline_count; s++)
            nt_baseline_csv(results->groups[g].name, &results->groups[g].own_baseline[s], csv);
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++) {
            const nt_case_result *item = &results->groups[g].cases[c];
            const char *words = nt_case_words(results, item, arena);
            for (int32_t s = 0; words && s < results->seed_count; s++)
                nt_finding_csv(results->groups[g].name, item->name, words, &item->findings[s], csv);
            csv->failed = csv->failed || !words;
        }
}

/* --- JSON ------------------------------------------------------------------------------------- */

json_t *nt_results_json(const nt_results *results) {
    return nt_json_table_write(&nt_results_table, results);
}

json_t *nt_setup_json(const nt_setup *setup) {
    return nt_json_table_write(&nt_setup_table, setup);
}

json_t *nt_provenance_json(const nt_provenance *provenance) {
    return nt_json_table_write(&nt_provenance_table, provenance);
}

json_t *nt_control_json(const nt_control *control) {
    return nt_json_table_write(&nt_control_table, control);
}

json_t *nt_results_schema(void) {
    json_t *schema = json_pack("{s:s, s:s}", "$schema", "http://json-schema.org/draft-07/schema#",
                               "title", "what a run measured");
    json_t *table = nt_json_table_schema(&nt_results_table);
    bool ok = schema && table && json_object_update(schema, table) == 0;
    json_decref(table);
    if (ok)
        return schema;
    json_decref(schema);
    return NULL;
}

/* --- files ------------------------------------------------------------------------------------ */

static nt_status write_text(const nt_text *text, const char *folder, const char *name,
                            nt_arena *arena, nt_error *error) {
    const char *path = nt_arena_printf(arena, "%s/%s", folder, name);
    if (!path || text->failed)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory writing %s", name);
    return nt_file_replace(path, text->bytes, text->length, error);
}

nt_status nt_results_format(const nt_results *results, nt_text *csv, nt_text *json) {
    nt_arena arena;
    nt_arena_init(&arena);
    format_csv(results, csv, &arena);
    json_t *value = nt_results_json(results);
    nt_json_format(value, json);
    json_decref(value);
    nt_arena_finish(&arena);
    return csv->failed || json->failed ? NT_NO_MEMORY : NT_OK;
}

/* The estimates; what the folder has of others goes where there are none. */
static nt_status write_estimates(const nt_results *results, const char *folder, nt_arena *arena,
                                 nt_error *error) {
    const char *path = nt_arena_printf(arena, "%s/" NT_ESTIMATES_CSV, folder);
    if (path && results->estimate_count == 0) {
        unlink(path);
        return NT_OK;
    }
    nt_text csv;
    nt_text_init(&csv);
    nt_estimates_csv(results, &csv);
    nt_status status = write_text(&csv, folder, NT_ESTIMATES_CSV, arena, error);
    nt_text_finish(&csv);
    return status;
}

nt_status nt_results_write(const nt_results *results, const char *folder, nt_error *error) {
    nt_arena arena;
    nt_text csv, json;
    nt_arena_init(&arena);
    nt_text_init(&csv);
    nt_text_init(&json);
    nt_results_format(results, &csv, &json); /* what failed is said below */
    nt_status status = write_text(&csv, folder, NT_RESULTS_CSV, &arena, error);
    if (status == NT_OK)
        status = write_estimates(results, folder, &arena, error);
    if (status == NT_OK)
        status = write_text(&json, folder, NT_RESULTS_JSON, &arena, error);
    nt_text_finish(&csv);
    nt_text_finish(&json);
    nt_arena_finish(&arena);
    return status;
}
