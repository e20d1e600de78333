/* What the seeds of each case say together, judged over the cases of its group. */
#include "run_results_private.h"

#include "recipe_finding.h"
#include <stdlib.h>

static int compare(const void *a, const void *b) {
    const nt_run_row *x = *(nt_run_row *const *)a, *y = *(nt_run_row *const *)b;
    int order = (x->group_start > y->group_start) - (x->group_start < y->group_start);
    if (order == 0)
        order = (x->case_start > y->case_start) - (x->case_start < y->case_start);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Of the rows of one case. */
static nt_status find_recipe(nt_run_results *results, nt_run_row *const *rows, size_t count,
                             nt_recipe_finding *ret, nt_error *error) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_recipe_pair *pairs = NT_ARENA_ARRAY(&arena, nt_recipe_pair, count);
    nt_recipe_source source = {
        .store = results->store, .scoring = results->scoring, .margin = results->margin};
    for (size_t i = 0; pairs && i < count; i++) {
        const nt_finding *finding = &rows[i]->finding;
        pairs[i] = (nt_recipe_pair){finding, finding->failure ? NULL : &rows[i]->baseline->finding};
        source.samples = finding->failure ? source.samples : finding->outcome.total;
        rows[i]->recipe = ret;
    }
    source.patients = source.samples == results->patient_count ? results->patients : NULL;
    nt_status status = pairs ? nt_recipe_find(&source, pairs, (int32_t)count, ret, error)
                             : nt_run_no_memory(results, error);
    nt_arena_finish(&arena);
    return status;
}

/* Of the rows of one group. */
static nt_status judge_group(nt_run_results *results, nt_run_row *const *rows, size_t count,
                             nt_recipe_finding *findings, nt_judged *list, nt_error *error) {
    size_t first = 0;
    int32_t cases = 0;
    for (size_t i = 1; i <= count; i++) {
        if (i < count && rows[i]->case_start == rows[first]->case_start)
            continue;
        NT_TRY(find_recipe(results, rows + first, i - first, &findings[cases], error));
        list[cases] = (nt_judged){&findings[cases].judgement, findings[cases].recipe.change};
        cases++;
        first = i;
    }
    return nt_judge(list, cases) == NT_OK ? NT_OK : nt_run_no_memory(results, error);
}

nt_status nt_run_judge_recipes(nt_run_results *results, nt_error *error) {
    size_t count = results->row_count, first = 0;
    nt_arena *arena = &results->arena;
    nt_run_row **rows = NT_ARENA_ARRAY(arena, nt_run_row *, count + 1);
    nt_recipe_finding *findings = NT_ARENA_ARRAY(arena, nt_recipe_finding, count + 1);
    nt_judged *list = NT_ARENA_ARRAY(arena, nt_judged, count + 1);
    if (!rows || !findings || !list)
        return nt_run_no_memory(results, error);
    for (size_t i = 0; i < count; i++)
        rows[i] = &results->rows[i];
    qsort(rows, count, sizeof *rows, compare);
    for (size_t i = 1; i <= count; i++) {
        if (i < count && rows[i]->group_start == rows[first]->group_start)
            continue;
        NT_TRY(judge_group(results, rows + first, i - first, findings + first, list, error));
        first = i;
    }
    return NT_OK;
}
