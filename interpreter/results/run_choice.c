/* Which of a run's rows are wanted, and in which order. */
#include "run_results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what must exist -------------------------------------------------------------------------- */

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory choosing results");
}

static bool in_group(const nt_run_row *row, const nt_run_choice *choice) {
    return !choice->group || strcmp(row->group, choice->group) == 0;
}

static bool has_name(const nt_run_row *row, const nt_run_choice *choice) {
    return !choice->name || nt_text_matches(row->name, choice->name);
}

static bool has_seed(const nt_run_row *row, const nt_run_choice *choice) {
    return !choice->seed || row->finding.seed == *choice->seed;
}

static void add_once(const char **names, size_t *count, const char *name) {
    for (size_t i = 0; i < *count; i++)
        if (strcmp(names[i], name) == 0)
            return;
    names[(*count)++] = name;
}

/* NT_USAGE: there is no `what` called `name`; says which is near, or else, of a few, all. */
static nt_status unknown(const char *what, const char *name, const char *const *names, size_t count,
                         nt_error *error) {
    enum { FEW = 12 };
    nt_text text;
    const char *near = nt_nearest(name, names);
    nt_error_say(error, NT_USAGE, "the run has no %s '%s'", what, name);
    nt_text_init(&text);
    for (size_t i = 0; i < count; i++)
        nt_text_printf(&text, "%s%s", i ? ", " : "", names[i]);
    if (near)
        nt_error_hint(error, "did you mean '%s'?", near);
    else if (count > 0 && count <= FEW && !text.failed)
        nt_error_hint(error, "it has %s", text.bytes);
    nt_text_finish(&text);
    return NT_USAGE;
}

static nt_status unknown_group(const nt_run_results *results, const nt_run_choice *choice,
                               const char **names, nt_error *error) {
    size_t count = 0;
    for (size_t i = 0; i < results->row_count; i++)
        add_once(names, &count, results->rows[i].group);
    return unknown("group", choice->group, names, count, error);
}

static nt_status unknown_name(const nt_run_results *results, const nt_run_choice *choice,
                              const char **names, nt_error *error) {
    size_t count = 0;
    for (size_t i = 0; i < results->row_count; i++)
        if (in_group(&results->rows[i], choice))
            add_once(names, &count, results->rows[i].name);
    if (!strchr(choice->name, '*'))
        return unknown("case", choice->name, names, count, error);
    return nt_error_say(error, NT_USAGE, "the run has no case like '%s'", choice->name);
}

static nt_status unknown_seed(const nt_run_results *results, const nt_run_choice *choice,
                              const char **names, nt_arena *arena, nt_error *error) {
    size_t count = 0;
    nt_text wanted;
    for (size_t i = 0; i < results->baseline_count; i++) {
        const char *name = nt_arena_printf(arena, "%d", results->baselines[i].finding.seed);
        if (!name)
            return no_memory(error);
        add_once(names, &count, name);
    }
    nt_text_init(&wanted);
    nt_text_printf(&wanted, "%d", *choice->seed);
    nt_status status = unknown("seed", wanted.bytes, names, count, error);
    nt_text_finish(&wanted);
    return status;
}

static nt_status check_choice(const nt_run_results *results, const nt_run_choice *choice,
                              nt_arena *arena, nt_error *error) {
    bool group = !choice->group, name = !choice->name, seed = !choice->seed;
    for (size_t i = 0; i < results->row_count; i++) {
        const nt_run_row *row = &results->rows[i];
        group = group || in_group(row, choice);
        name = name || (in_group(row, choice) && has_name(row, choice));
    }
    for (size_t i = 0; i < results->baseline_count; i++)
        seed = seed || has_seed(&results->baselines[i], choice);
    if (group && name && seed)
        return NT_OK;
    const char **names = NT_ARENA_ARRAY(
        arena, const char *, results->row_count + results->baseline_count + 1); /* ends in NULL */
    if (!names)
        return no_memory(error);
    if (!group)
        return unknown_group(results, choice, names, error);
    return name ? unknown_seed(results, choice, names, arena, error)
                : unknown_name(results, choice, names, error);
}

/* --- order ------------------------------------------------------------------------------------ */

typedef struct sorted_row {
    const nt_run_row *row;
    double key; /* NaN: last */
    const char *text;
} sorted_row;

/* Rows are compared last by where they stand. */
static int compare(const void *a, const void *b) {
    const sorted_row *x = a, *y = b;
    int order =
        (x->row->group_start > y->row->group_start) - (x->row->group_start < y->row->group_start);
    if (order == 0)
        order = isnan(x->key) - isnan(y->key);
    if (order == 0)
        order = (x->key > y->key) - (x->key < y->key);
    if (order == 0)
        order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static double key_of(const nt_run_row *row, nt_run_order order) {
    const nt_finding *finding = &row->finding;
    if (order == NT_ORDER_SUITE || order == NT_ORDER_NAME)
        return 0;
    if (finding->failure)
        return (double)NAN;
    return order == NT_ORDER_CHANGE ? finding->change
           : order == NT_ORDER_P    ? finding->judgement.p_holm
                                    : finding->outcome.value;
}

static nt_status choose_rows(const nt_run_results *results, const nt_run_choice *choice,
                             nt_arena *arena, nt_run_rows *ret) {
    sorted_row *sorted = NT_ARENA_ARRAY(arena, sorted_row, results->row_count + 1);
    const nt_run_row **items = NT_ARENA_ARRAY(arena, const nt_run_row *, results->row_count + 1);
    size_t count = 0;
    if (!sorted || !items)
        return NT_NO_MEMORY;
    for (size_t i = 0; i < results->row_count; i++) {
        const nt_run_row *row = &results->rows[i];
        bool verdict = !choice->verdict || (!row->finding.failure &&
                                            row->finding.judgement.verdict == *choice->verdict);
        if (in_group(row, choice) && has_name(row, choice) && has_seed(row, choice) && verdict)
            sorted[count++] = (sorted_row){row, key_of(row, choice->order),
                                           choice->order == NT_ORDER_NAME ? row->name : ""};
    }
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count; i++)
        items[i] = sorted[i].row;
    *ret = (nt_run_rows){items, count};
    return NT_OK;
}

nt_status nt_run_results_choose(const nt_run_results *results, const nt_run_choice *choice,
                                nt_arena *arena, nt_run_rows *ret_baselines, nt_run_rows *ret,
                                nt_error *error) {
    NT_TRY(check_choice(results, choice, arena, error));
    nt_run_rows rows, baselines = {0};
    baselines.items = NT_ARENA_ARRAY(arena, const nt_run_row *, results->baseline_count + 1);
    if (!baselines.items || choose_rows(results, choice, arena, &rows) != NT_OK)
        return no_memory(error);
    for (size_t i = 0; i < results->baseline_count; i++)
        if (has_seed(&results->baselines[i], choice))
            baselines.items[baselines.count++] = &results->baselines[i];
    *ret_baselines = baselines;
    *ret = rows;
    return NT_OK;
}
