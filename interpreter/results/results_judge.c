/* What is concluded of a run: of each case with each seed, of each over all seeds, of each group.
 */
#include "results.h"

#include <string.h>

/* Numbers of a group's cases, [cases][seeds]. */
typedef struct numbers {
    double *values, *changes;
    nt_judged *judged; /* [cases] */
} numbers;

static bool numbers_init(numbers *n, size_t cases, size_t seeds, nt_arena *arena) {
    *n = (numbers){.values = NT_ARENA_ARRAY(arena, double, cases *seeds + 1),
                   .changes = NT_ARENA_ARRAY(arena, double, cases *seeds + 1),
                   .judged = NT_ARENA_ARRAY(arena, nt_judged, cases + 1)};
    return n->values && n->changes && n->judged;
}

/* The seeds' own verdicts. */
static nt_status judge_seeds(nt_group_result *group, int32_t seeds, const numbers *n) {
    for (int32_t s = 0; s < seeds; s++) {
        for (int32_t c = 0; c < group->case_count; c++)
            n->judged[c] = nt_finding_judged(&group->cases[c].findings[s]);
        NT_TRY(nt_judge(n->judged, group->case_count));
    }
    return NT_OK;
}

/* The seeds' spread, and how well they agree: on all cases, and on those that are not trivial with
 * every seed. */
static void spread_seeds(nt_group_result *group, int32_t seeds, const numbers *n) {
    int32_t kept = 0;
    for (int32_t c = 0; c < group->case_count; c++) {
        nt_case_result *item = &group->cases[c];
        double *values = n->values + (size_t)c * (size_t)seeds;
        double *changes = n->changes + (size_t)c * (size_t)seeds;
        for (int32_t s = 0; s < seeds; s++) {
            values[s] = nt_finding_value(&item->findings[s]);
            changes[s] = nt_finding_change(&item->findings[s]);
        }
        item->value = nt_spread_of(values, seeds);
        item->change = nt_spread_of(changes, seeds);
    }
    group->tau = nt_kendall_mean(n->changes, group->case_count, seeds);
    for (int32_t c = 0; c < group->case_count; c++) {
        int32_t trivial = 0;
        for (int32_t s = 0; s < seeds; s++)
            trivial += group->cases[c].findings[s].judgement.verdict == NT_TRIVIAL;
        if (trivial == seeds)
            continue;
        for (int32_t s = 0; s < seeds; s++)
            n->changes[(size_t)kept * (size_t)seeds + (size_t)s] =
                nt_finding_change(&group->cases[c].findings[s]);
        kept++;
    }
    group->tau_not_trivial = nt_kendall_mean(n->changes, kept, seeds);
}

static nt_status judge_recipes(nt_group_result *group, const numbers *n) {
    for (int32_t c = 0; c < group->case_count; c++)
        n->judged[c] =
            (nt_judged){&group->cases[c].recipe.judgement, group->cases[c].recipe.recipe.change};
    return nt_judge(n->judged, group->case_count);
}

/* --- controls --------------------------------------------------------------------------------- */

const nt_case_result *nt_results_controlled(const nt_results *results, int32_t group) {
    const char *of = results->groups[group].control.of;
    for (int32_t g = 0; of && g < results->group_count; g++) {
        const char *name = nt_control_within(of, results->groups[g].name, g == group);
        for (int32_t c = 0; name && c < results->groups[g].case_count; c++)
            if (strcmp(results->groups[g].cases[c].name, name) == 0)
                return &results->groups[g].cases[c];
    }
    return NULL;
}

/* `changes` has room for one of each case. */
static void place_among(nt_results *results, int32_t g, double *changes) {
    nt_group_result *group = &results->groups[g];
    const nt_case_result *of = nt_results_controlled(results, g);
    int32_t count = 0;
    for (int32_t c = 0; of && c < group->case_count; c++)
        if (&group->cases[c] != of)
            changes[count++] = group->cases[c].change.mean;
    if (of)
        nt_control_place(&group->control, of->change.mean, changes, count);
}

static nt_status place_all(nt_results *results) {
    nt_status status = NT_OK;
    nt_arena arena;
    nt_arena_init(&arena);
    for (int32_t g = 0; status == NT_OK && g < results->group_count; g++) {
        double *changes = NT_ARENA_ARRAY(&arena, double, results->groups[g].case_count + 1);
        status = changes ? NT_OK : NT_NO_MEMORY;
        if (changes)
            place_among(results, g, changes);
    }
    nt_arena_finish(&arena);
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

nt_status nt_results_judge(nt_results *results) {
    nt_arena arena;
    nt_status status = NT_OK;
    nt_arena_init(&arena);
    for (int32_t g = 0; status == NT_OK && g < results->group_count; g++) {
        nt_group_result *group = &results->groups[g];
        numbers n;
        if (!numbers_init(&n, (size_t)group->case_count, (size_t)results->seed_count, &arena))
            status = NT_NO_MEMORY;
        if (status == NT_OK)
            status = judge_seeds(group, results->seed_count, &n);
        if (status == NT_OK)
            spread_seeds(group, results->seed_count, &n);
        if (status == NT_OK && results->seed_count > 1)
            status = judge_recipes(group, &n);
    }
    nt_arena_finish(&arena);
    if (status == NT_OK)
        status = place_all(results);
    return status == NT_OK ? nt_estimates_rank(results) : status;
}
