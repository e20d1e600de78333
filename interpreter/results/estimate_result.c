/* Estimates are kept as they were made; their ranks follow from them and from the findings, and are
 * found again whenever the findings are. */
#include "estimate_result.h"

#include "csv_out.h"
#include "results.h"
#include "statistics.h"
#include <math.h>
#include <string.h>

/* --- costs ------------------------------------------------------------------------------------ */

/* Whether each case of the group edits one layer, and each another. */
static bool ranks_layers(const nt_group_result *group) {
    for (int32_t c = 0; c < group->case_count; c++) {
        if (group->cases[c].edit_count != 1)
            return false;
        for (int32_t k = 0; k < c; k++)
            if (strcmp(group->cases[k].edits->layer, group->cases[c].edits->layer) == 0)
                return false;
    }
    return true;
}

double nt_estimate_cost(const nt_results *results, int32_t g, int32_t s, const char *layer) {
    const nt_group_result *group = &results->groups[g];
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_case_result *item = &group->cases[c];
        if (item->edit_count == 1 && strcmp(item->edits->layer, layer) == 0)
            return item->cut ? (double)NAN : -nt_finding_change(&item->findings[s]);
    }
    return (double)NAN;
}

static int32_t number_of_seed(const nt_results *results, int32_t seed) {
    int32_t s = 0;
    while (s < results->seed_count && results->baseline[s].seed != seed)
        s++;
    return s;
}

/* --- ranks ------------------------------------------------------------------------------------ */

/* `values` and `costs` have room for one of each layer. False: there are too few. */
static bool rank(const nt_results *results, const nt_estimate_result *estimate, int32_t g,
                 double *values, double *costs, nt_estimate_rank *ret) {
    int32_t s = number_of_seed(results, estimate->seed), count = 0;
    for (int32_t i = 0; s < results->seed_count && i < estimate->value_count; i++) {
        values[count] = estimate->values[i].value;
        costs[count] = nt_estimate_cost(results, g, s, estimate->values[i].layer);
        count += !isnan(values[count]) && !isnan(costs[count]);
    }
    if (count < NT_FEWEST_RANKED)
        return false;
    *ret = (nt_estimate_rank){results->groups[g].name, count, nt_kendall(values, costs, count)};
    return true;
}

static nt_status rank_one(nt_results *results, nt_estimate_result *estimate) {
    size_t room = (size_t)estimate->value_count + 1;
    nt_arena arena;
    nt_arena_init(&arena);
    double *values = NT_ARENA_ARRAY(&arena, double, room);
    double *costs = NT_ARENA_ARRAY(&arena, double, room);
    nt_estimate_rank *ranks =
        NT_ARENA_ARRAY(&results->arena, nt_estimate_rank, results->group_count + 1);
    bool ok = values && costs && ranks;
    estimate->rank_count = 0;
    for (int32_t g = 0; ok && g < results->group_count; g++)
        if (ranks_layers(&results->groups[g]))
            estimate->rank_count +=
                rank(results, estimate, g, values, costs, &ranks[estimate->rank_count]);
    estimate->ranks = ranks;
    nt_arena_finish(&arena);
    return ok ? NT_OK : NT_NO_MEMORY;
}

nt_status nt_estimates_rank(nt_results *results) {
    for (int32_t i = 0; i < results->estimate_count; i++)
        NT_TRY(rank_one(results, &results->estimates[i]));
    return NT_OK;
}

double nt_estimate_mean_tau(const nt_results *results, const char *by, const char *group) {
    double sum = 0;
    int32_t count = 0;
    for (int32_t i = 0; i < results->estimate_count; i++) {
        const nt_estimate_result *estimate = &results->estimates[i];
        for (int32_t r = 0; strcmp(estimate->by, by) == 0 && r < estimate->rank_count; r++)
            if (strcmp(estimate->ranks[r].group, group) == 0 && !isnan(estimate->ranks[r].tau)) {
                sum += estimate->ranks[r].tau;
                count++;
            }
    }
    return count > 0 ? sum / count : (double)NAN;
}

/* --- CSV -------------------------------------------------------------------------------------- */

/* `ranked`: of each group, whether it has a column. */
static void add_header(const nt_results *results, const bool *ranked, nt_text *csv) {
    nt_text_add(csv, "estimator,seed,layer,value");
    for (int32_t g = 0; g < results->group_count; g++) {
        nt_text name;
        if (!ranked[g])
            continue;
        nt_text_init(&name);
        nt_text_printf(&name, "cost in %s", results->groups[g].name);
        nt_text_add(csv, ",");
        nt_csv_text(csv, name.failed ? "" : name.bytes);
        csv->failed = csv->failed || name.failed;
        nt_text_finish(&name);
    }
    nt_text_add(csv, "\n");
}

static void add_rows(const nt_results *results, const nt_estimate_result *estimate,
                     const bool *ranked, nt_text *csv) {
    int32_t s = number_of_seed(results, estimate->seed);
    for (int32_t v = 0; s < results->seed_count && v < estimate->value_count; v++) {
        nt_csv_text(csv, estimate->by);
        nt_text_printf(csv, ",%d,", (int)estimate->seed);
        nt_csv_text(csv, estimate->values[v].layer);
        nt_csv_real(csv, estimate->values[v].value);
        for (int32_t g = 0; g < results->group_count; g++)
            if (ranked[g])
                nt_csv_real(csv, nt_estimate_cost(results, g, s, estimate->values[v].layer));
        nt_text_add(csv, "\n");
    }
}

void nt_estimates_csv(const nt_results *results, nt_text *csv) {
    nt_arena arena;
    nt_arena_init(&arena);
    bool *ranked = NT_ARENA_ARRAY(&arena, bool, results->group_count + 1);
    csv->failed = csv->failed || !ranked;
    for (int32_t g = 0; ranked && g < results->group_count; g++)
        ranked[g] = ranks_layers(&results->groups[g]);
    if (ranked)
        add_header(results, ranked, csv);
    for (int32_t i = 0; ranked && i < results->estimate_count; i++)
        add_rows(results, &results->estimates[i], ranked, csv);
    nt_arena_finish(&arena);
}
