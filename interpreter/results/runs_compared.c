/* Groups and cases are found by their names; numbers are those that the runs ended with. */
#include "runs_compared.h"

#include "json_out.h"
#include <math.h>
#include <string.h>

const nt_judgement *nt_case_judgement(const nt_case_result *item) {
    if (item->recipe.recipe.seeds >= 2)
        return &item->recipe.judgement;
    for (int32_t s = 0; s < item->finding_count; s++)
        if (!item->findings[s].failure)
            return &item->findings[s].judgement;
    return NULL;
}

/* --- cases ------------------------------------------------------------------------------------ */

static const nt_case_result *find_case(const nt_group_result *group, const char *name) {
    for (int32_t c = 0; group && c < group->case_count; c++)
        if (strcmp(group->cases[c].name, name) == 0)
            return &group->cases[c];
    return NULL;
}

/* New reference; NULL: it has no options, or memory is out. */
static json_t *options_of(const nt_edit_result *edit) {
    return edit->fields && edit->options ? nt_json_fields(edit->fields, edit->options) : NULL;
}

static bool same_edit(const nt_edit_result *a, const nt_edit_result *b) {
    if (strcmp(a->layer, b->layer) != 0 || strcmp(a->kind, b->kind) != 0)
        return false;
    json_t *x = options_of(a), *y = options_of(b);
    bool same = x == y || json_equal(x, y);
    json_decref(x);
    json_decref(y);
    return same;
}

static bool same_edits(const nt_case_result *a, const nt_case_result *b) {
    bool same = a->edit_count == b->edit_count;
    for (int32_t i = 0; same && i < a->edit_count; i++)
        same = same_edit(&a->edits[i], &b->edits[i]);
    return same;
}

static void hold(nt_compared_case *item, int32_t runs) {
    const nt_case_result *first = NULL;
    const nt_judgement *said = NULL;
    for (int32_t r = 0; r < runs; r++) {
        if (!item->of[r])
            continue;
        const nt_judgement *own = nt_case_judgement(item->of[r]);
        item->present++;
        item->edits = item->edits || (first && !same_edits(first, item->of[r]));
        item->verdict = item->verdict || (said && own && said->verdict != own->verdict);
        first = first ? first : item->of[r];
        said = said ? said : own;
    }
}

/* --- a group ---------------------------------------------------------------------------------- */

static bool is_listed(const nt_compared_group *group, const char *name) {
    for (int32_t c = 0; c < group->case_count; c++)
        if (strcmp(group->cases[c].name, name) == 0)
            return true;
    return false;
}

static nt_status list_cases(nt_runs_compared *all, nt_compared_group *group) {
    int64_t most = 0;
    for (int32_t r = 0; r < all->run_count; r++)
        most += group->of[r] ? group->of[r]->case_count : 0;
    group->cases = NT_ARENA_ARRAY(&all->arena, nt_compared_case, most + 1);
    if (!group->cases)
        return NT_NO_MEMORY;
    for (int32_t r = 0; r < all->run_count; r++)
        for (int32_t c = 0; group->of[r] && c < group->of[r]->case_count; c++) {
            const char *name = group->of[r]->cases[c].name;
            if (is_listed(group, name))
                continue;
            nt_compared_case *item = &group->cases[group->case_count++];
            item->name = name;
            item->of = NT_ARENA_ARRAY(&all->arena, const nt_case_result *, all->run_count);
            if (!item->of)
                return NT_NO_MEMORY;
            for (int32_t k = r; k < all->run_count; k++)
                item->of[k] = find_case(group->of[k], name);
            hold(item, all->run_count);
        }
    return NT_OK;
}

static void count_cases(const nt_runs_compared *all, nt_compared_group *group) {
    int32_t having = 0;
    for (int32_t r = 0; r < all->run_count; r++)
        having += group->of[r] != NULL;
    for (int32_t c = 0; c < group->case_count; c++) {
        group->shared += group->cases[c].present == having;
        group->verdicts += group->cases[c].verdict;
    }
}

/* Over the cases that both have, by their mean changes. */
static nt_status rank(nt_runs_compared *all, nt_compared_group *group) {
    int32_t runs = all->run_count, cases = group->case_count;
    double *changes = NT_ARENA_ARRAY(&all->arena, double, (int64_t)runs *cases + 1);
    group->tau = NT_ARENA_ARRAY(&all->arena, double, (int64_t)runs *runs);
    if (!changes || !group->tau)
        return NT_NO_MEMORY;
    for (int32_t r = 0; r < runs; r++)
        for (int32_t c = 0; c < cases; c++) {
            const nt_case_result *item = group->cases[c].of[r];
            changes[(int64_t)r * cases + c] = item ? item->change.mean : (double)NAN;
        }
    for (int32_t r = 0; r < runs; r++)
        for (int32_t k = 0; k < runs; k++)
            group->tau[r * runs + k] =
                nt_kendall(changes + (int64_t)r * cases, changes + (int64_t)k * cases, cases);
    return NT_OK;
}

/* --- all groups ------------------------------------------------------------------------------- */

static const nt_group_result *find_group(const nt_results *run, const char *name) {
    for (int32_t g = 0; g < run->group_count; g++)
        if (strcmp(run->groups[g].name, name) == 0)
            return &run->groups[g];
    return NULL;
}

static bool has_group(const nt_runs_compared *all, const char *name) {
    for (int32_t g = 0; g < all->group_count; g++)
        if (strcmp(all->groups[g].name, name) == 0)
            return true;
    return false;
}

static nt_status add_group(nt_runs_compared *all, const char *name) {
    nt_compared_group *group = &all->groups[all->group_count++];
    group->name = name;
    group->of = NT_ARENA_ARRAY(&all->arena, const nt_group_result *, all->run_count);
    if (!group->of)
        return NT_NO_MEMORY;
    for (int32_t r = 0; r < all->run_count; r++)
        group->of[r] = find_group(all->runs[r], name);
    NT_TRY(list_cases(all, group));
    count_cases(all, group);
    return rank(all, group);
}

nt_status nt_runs_compare(const nt_results *const *runs, int32_t count, nt_runs_compared *ret) {
    int64_t most = 0;
    *ret = (nt_runs_compared){.runs = runs, .run_count = count};
    nt_arena_init(&ret->arena);
    for (int32_t r = 0; r < count; r++)
        most += runs[r]->group_count;
    ret->groups = NT_ARENA_ARRAY(&ret->arena, nt_compared_group, most + 1);
    if (!ret->groups)
        return NT_NO_MEMORY;
    for (int32_t r = 0; r < count; r++)
        for (int32_t g = 0; g < runs[r]->group_count; g++)
            if (!has_group(ret, runs[r]->groups[g].name))
                NT_TRY(add_group(ret, runs[r]->groups[g].name));
    return NT_OK;
}

void nt_runs_compared_finish(nt_runs_compared *compared) {
    nt_arena_finish(&compared->arena);
}
