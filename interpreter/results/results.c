/* What a run measured: kept, judged, put into words. */
#include "results.h"

#include "alloc.h"
#include <string.h>

enum { WORDS_DIGITS = 6 }; /* of numbers */

nt_results *nt_results_new(void) {
    nt_results *results = nt_alloc_zero(sizeof *results);
    if (results)
        nt_arena_init(&results->arena);
    return results;
}

void nt_results_free(nt_results *results) {
    if (!results)
        return;
    nt_arena_finish(&results->arena);
    nt_free(results, sizeof *results);
}

int32_t nt_results_failures(const nt_results *results) {
    int32_t failures = 0;
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++)
            for (int32_t s = 0; s < results->seed_count; s++)
                failures += results->groups[g].cases[c].findings[s].failure != NULL;
    return failures;
}

/* --- together --------------------------------------------------------------------------------- */

static nt_status judge_group(nt_group_result *group, int32_t seeds, nt_finding **findings,
                             double *changes) {
    for (int32_t s = 0; s < seeds; s++) {
        for (int32_t c = 0; c < group->case_count; c++)
            findings[c] = &group->cases[c].findings[s];
        NT_TRY(nt_findings_judge(findings, group->case_count));
    }
    for (int32_t c = 0; c < group->case_count; c++) {
        double *own = &changes[(size_t)c * (size_t)seeds];
        for (int32_t s = 0; s < seeds; s++)
            own[s] = nt_finding_change(&group->cases[c].findings[s]);
        group->cases[c].change = nt_spread_of(own, seeds);
    }
    group->tau = nt_kendall_mean(changes, group->case_count, seeds);
    return NT_OK;
}

nt_status nt_results_judge(nt_results *results) {
    nt_arena arena;
    nt_status status = NT_OK;
    nt_arena_init(&arena);
    for (int32_t g = 0; status == NT_OK && g < results->group_count; g++) {
        nt_group_result *group = &results->groups[g];
        size_t count = (size_t)group->case_count;
        nt_finding **findings = NT_ARENA_ARRAY(&arena, nt_finding *, count + 1);
        double *changes = NT_ARENA_ARRAY(&arena, double, count *(size_t)results->seed_count + 1);
        status = findings && changes ? judge_group(group, results->seed_count, findings, changes)
                                     : NT_NO_MEMORY;
    }
    nt_arena_finish(&arena);
    return status;
}

/* --- words ------------------------------------------------------------------------------------ */

/* " (deviation 0.1, seed 7)"; nothing without options. */
static void add_options(const nt_edit_result *edit, nt_text *text) {
    if (!edit->fields)
        return;
    for (const nt_field *field = edit->fields; field->name; field++) {
        nt_text_printf(text, "%s%s ", field == edit->fields ? " (" : ", ", field->name);
        nt_field_format_digits(field, edit->options, WORDS_DIGITS, text);
    }
    nt_text_add(text, edit->fields->name ? ")" : "");
}

/* The layers that are edited in one way: "zero a b". */
static void add_kind(const nt_case_result *item, const char *kind, nt_text *text) {
    const nt_edit_result *last = NULL;
    for (int32_t i = 0; i < item->edit_count; i++) {
        const nt_edit_result *edit = &item->edits[i];
        if (strcmp(edit->kind, kind) != 0)
            continue;
        if (!last)
            nt_text_printf(text, "%s%s", text->length ? ", " : "", kind);
        nt_text_printf(text, " %s", edit->layer);
        last = edit;
    }
    if (last)
        add_options(last, text);
}

const char *nt_case_words(const nt_results *results, const nt_case_result *item, nt_arena *arena) {
    nt_text text;
    nt_text_init(&text);
    for (int k = 0; results->kinds[k]; k++)
        add_kind(item, results->kinds[k], &text);
    const char *copy = text.failed || !text.bytes ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    return copy;
}
