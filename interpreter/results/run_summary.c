/* What the rows of a run say together: a case over its seeds, a group over its cases; and one row
 * down to the samples. */
#include "run_results.h"

#include "alloc.h"
#include "comparison.h"
#include "outcome.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- one summary ------------------------------------------------------------------------------ */

static int compare_cases(const void *a, const void *b) {
    const nt_run_row *x = *(const nt_run_row *const *)a, *y = *(const nt_run_row *const *)b;
    int order = (x->group_start > y->group_start) - (x->group_start < y->group_start);
    if (order == 0)
        order = (x->case_start > y->case_start) - (x->case_start < y->case_start);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Of rows in the order of compare_cases; `values` has room for a number of each. */
static nt_run_summary summarise(const nt_run_row *const *rows, size_t count, double *values) {
    nt_run_summary summary = {.first = rows[0], .rows = (int32_t)count, .tau = (double)NAN};
    for (size_t i = 0; i < count; i++) {
        const nt_finding *finding = &rows[i]->finding;
        summary.cases += i == 0 || rows[i]->case_start != rows[i - 1]->case_start;
        summary.failures += finding->failure != NULL;
        if (!finding->failure)
            summary.verdicts[finding->judgement.verdict]++;
        values[i] = nt_finding_value(&rows[i]->finding);
    }
    summary.value = nt_spread_of(values, (int32_t)count);
    for (size_t i = 0; i < count; i++)
        values[i] = nt_finding_change(&rows[i]->finding);
    summary.change = nt_spread_of(values, (int32_t)count);
    return summary;
}

/* --- agreement -------------------------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The different seeds of the rows, ascending; returns how many. */
static int32_t list_seeds(const nt_run_row *const *rows, size_t count, int32_t *ret_seeds) {
    int32_t seeds = 0;
    for (size_t i = 0; i < count; i++)
        ret_seeds[i] = rows[i]->finding.seed;
    qsort(ret_seeds, count, sizeof *ret_seeds, compare_numbers);
    for (size_t i = 0; i < count; i++)
        if (seeds == 0 || ret_seeds[seeds - 1] != ret_seeds[i])
            ret_seeds[seeds++] = ret_seeds[i];
    return seeds;
}

/* Kendall's tau over the seeds of a group's rows, in the order of compare_cases. */
static nt_status agree(const nt_run_row *const *rows, size_t count, int32_t cases,
                       double *ret_tau) {
    nt_arena arena;
    nt_arena_init(&arena);
    int32_t *seeds = NT_ARENA_ARRAY(&arena, int32_t, count), c = -1;
    int32_t seed_count = seeds ? list_seeds(rows, count, seeds) : 0;
    size_t size = (size_t)cases * (size_t)seed_count;
    double *changes = seeds ? NT_ARENA_ARRAY(&arena, double, size) : NULL;
    for (size_t i = 0; changes && i < size; i++)
        changes[i] = (double)NAN;
    for (size_t i = 0; changes && i < count; i++) {
        c += i == 0 || rows[i]->case_start != rows[i - 1]->case_start;
        const int32_t *seed = bsearch(&rows[i]->finding.seed, seeds, (size_t)seed_count,
                                      sizeof *seeds, compare_numbers);
        changes[(size_t)c * (size_t)seed_count + (size_t)(seed - seeds)] =
            nt_finding_change(&rows[i]->finding);
    }
    if (changes)
        *ret_tau = nt_kendall_mean(changes, cases, seed_count);
    nt_arena_finish(&arena);
    return changes ? NT_OK : NT_NO_MEMORY;
}

/* --- all summaries ---------------------------------------------------------------------------- */

typedef struct sorting {
    const nt_run_row **rows; /* in the order of compare_cases */
    double *values;
} sorting;

static bool begins(const sorting *s, size_t i, bool by_group) {
    return by_group ? s->rows[i]->group_start != s->rows[i - 1]->group_start
                    : s->rows[i]->case_start != s->rows[i - 1]->case_start;
}

static nt_status summarise_all(const nt_run_rows *rows, bool by_group, nt_arena *arena,
                               nt_run_summaries *ret) {
    size_t first = 0;
    sorting s = {.rows = NT_ARENA_ARRAY(arena, const nt_run_row *, rows->count + 1),
                 .values = NT_ARENA_ARRAY(arena, double, rows->count + 1)};
    nt_run_summaries list = {.items = NT_ARENA_ARRAY(arena, nt_run_summary, rows->count + 1)};
    if (!s.rows || !s.values || !list.items)
        return NT_NO_MEMORY;
    memcpy(s.rows, rows->items, rows->count * sizeof *s.rows);
    qsort(s.rows, rows->count, sizeof *s.rows, compare_cases);
    for (size_t i = 1; i <= rows->count; i++) {
        if (i < rows->count && !begins(&s, i, by_group))
            continue;
        nt_run_summary *summary = &list.items[list.count++];
        *summary = summarise(s.rows + first, i - first, s.values);
        if (by_group)
            NT_TRY(agree(s.rows + first, i - first, summary->cases, &summary->tau));
        first = i;
    }
    *ret = list;
    return NT_OK;
}

nt_status nt_run_by_group(const nt_run_rows *rows, nt_arena *arena, nt_run_summaries *ret) {
    return summarise_all(rows, true, arena, ret);
}

/* --- cases in order --------------------------------------------------------------------------- */

/* By the number, NaN last; within the group, and where they stand if equal. */
static int compare_by(const nt_run_summary *x, const nt_run_summary *y, double a, double b,
                      int text) {
    int order = (x->first->group_start > y->first->group_start) -
                (x->first->group_start < y->first->group_start);
    if (order == 0)
        order = isnan(a) - isnan(b);
    if (order == 0)
        order = (a > b) - (a < b);
    if (order == 0)
        order = text;
    return order != 0 ? order : (x->first > y->first) - (x->first < y->first);
}

static int by_change(const void *a, const void *b) {
    const nt_run_summary *x = a, *y = b;
    return compare_by(x, y, x->change.mean, y->change.mean, 0);
}

static int by_value(const void *a, const void *b) {
    const nt_run_summary *x = a, *y = b;
    return compare_by(x, y, x->value.mean, y->value.mean, 0);
}

static int by_name(const void *a, const void *b) {
    const nt_run_summary *x = a, *y = b;
    return compare_by(x, y, 0, 0, strcmp(x->first->name, y->first->name));
}

nt_status nt_run_by_case(const nt_run_rows *rows, nt_run_order order, nt_arena *arena,
                         nt_run_summaries *ret) {
    nt_run_summaries list;
    NT_TRY(summarise_all(rows, false, arena, &list));
    if (order == NT_ORDER_CHANGE || order == NT_ORDER_VALUE || order == NT_ORDER_NAME)
        qsort(list.items, list.count, sizeof *list.items,
              order == NT_ORDER_CHANGE  ? by_change
              : order == NT_ORDER_VALUE ? by_value
                                        : by_name);
    *ret = list;
    return NT_OK;
}

/* --- samples ---------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

nt_status nt_run_row_images(const nt_run_results *results, const nt_run_row *row, nt_arena *arena,
                            nt_run_images *ret, nt_error *error) {
    const nt_paired *paired = &row->finding.paired;
    int32_t samples = row->finding.outcome.total;
    size_t size = (size_t)samples * (size_t)nt_score_bytes(results->scoring);
    unsigned char *before = nt_arena_alloc(arena, size), *after = nt_arena_alloc(arena, size);
    int32_t *lost = NT_ARENA_ARRAY(arena, int32_t, paired->lost);
    int32_t *gained = NT_ARENA_ARRAY(arena, int32_t, paired->gained);
    nt_outcome outcome;
    if (!before || !after || !lost || !gained)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading '%s'", row->name);
    NT_TRY(nt_outcome_read(results->store, row->baseline->finding.key, row->finding.numerics,
                           results->scoring, samples, &outcome, before, error));
    NT_TRY(nt_outcome_read(results->store, row->finding.key, row->finding.numerics,
                           results->scoring, samples, &outcome, after, error));
    const nt_comparison with = {
        .scoring = results->scoring, .samples = samples, .baseline = before};
    const int32_t *indexes = results->index_count >= samples ? results->indexes : NULL;
    for (int32_t i = 0; i < samples; i++) {
        int moved = nt_finding_moved(&with, after, i);
        if (moved < 0)
            *lost++ = indexes ? indexes[i] : i;
        else if (moved > 0)
            *gained++ = indexes ? indexes[i] : i;
    }
    qsort(lost - paired->lost, (size_t)paired->lost, sizeof *lost, by_number);
    qsort(gained - paired->gained, (size_t)paired->gained, sizeof *gained, by_number);
    *ret = (nt_run_images){lost - paired->lost, gained - paired->gained};
    return NT_OK;
}
