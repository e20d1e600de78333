/* The views of `nontrivial results` for scripts: CSV (RFC 4180) and JSON. */
#include "results_print.h"

#include "json_out.h"
#include "results_file.h"
#include <string.h>

/* --- CSV -------------------------------------------------------------------------------------- */

static void csv_rows(const nt_results_query *query, nt_text *csv) {
    nt_findings_csv_header(csv);
    for (size_t i = 0; i < query->baselines.count; i++)
        nt_baseline_csv(query->baselines.items[i]->name, &query->baselines.items[i]->finding, csv);
    for (size_t i = 0; i < query->rows.count; i++) {
        const nt_run_row *row = query->rows.items[i];
        nt_finding_csv(row->group, row->name, row->edit, &row->finding, csv);
    }
}

static void csv_recipe(const nt_recipe_finding *recipe, nt_text *csv) {
    if (!recipe || recipe->recipe.seeds < 2) {
        nt_text_add(csv, ",,,,,");
        return;
    }
    nt_csv_real(csv, recipe->judgement.within_95.low);
    nt_csv_real(csv, recipe->judgement.within_95.high);
    nt_csv_real(csv, recipe->judgement.within_90.low);
    nt_csv_real(csv, recipe->judgement.within_90.high);
    nt_text_printf(csv, ",%s", nt_verdict_name(recipe->judgement.verdict));
}

static void csv_summaries(const nt_results_query *query, nt_text *csv) {
    bool cases = query->view != NT_VIEW_GROUP;
    nt_text_printf(csv,
                   "group,%s,results,value_mean,value_sd,change_mean,change_sd,trivial,critical,"
                   "better,undecided,failures,%s\n",
                   cases ? "case,edit" : "cases",
                   cases ? "recipe_low_95,recipe_high_95,recipe_low_90,recipe_high_90,recipe"
                         : "kendall_tau");
    for (size_t i = 0; i < query->summaries.count; i++) {
        const nt_run_summary *s = &query->summaries.items[i];
        nt_csv_text(csv, s->first->group);
        nt_text_add(csv, ",");
        if (cases) {
            nt_csv_text(csv, s->first->name);
            nt_text_add(csv, ",");
            nt_csv_text(csv, s->first->edit);
        } else {
            nt_text_printf(csv, "%d", s->cases);
        }
        nt_text_printf(csv, ",%d", s->rows);
        nt_csv_real(csv, s->value.mean);
        nt_csv_real(csv, s->value.deviation);
        nt_csv_real(csv, s->change.mean);
        nt_csv_real(csv, s->change.deviation);
        nt_text_printf(csv, ",%d,%d,%d,%d,%d", s->verdicts[NT_TRIVIAL], s->verdicts[NT_CRITICAL],
                       s->verdicts[NT_BETTER], s->verdicts[NT_UNDECIDED], s->failures);
        if (cases)
            csv_recipe(s->first->recipe, csv);
        else
            nt_csv_real(csv, s->tau);
        nt_text_add(csv, "\n");
    }
}

static void csv_numbers(const nt_run_row *row, const int32_t *numbers, int64_t count,
                        const char *what, nt_text *csv) {
    for (int64_t i = 0; i < count; i++) {
        nt_csv_text(csv, row->group);
        nt_text_add(csv, ",");
        nt_csv_text(csv, row->name);
        nt_text_printf(csv, ",%d,%s,%d,%s\n", row->finding.seed, row->split, numbers[i], what);
    }
}

static void csv_images(const nt_results_query *query, nt_text *csv) {
    nt_text_add(csv, "group,case,seed,split,sample,change\n");
    for (size_t i = 0; i < query->rows.count; i++) {
        const nt_run_row *row = query->rows.items[i];
        if (row->finding.failure)
            continue;
        csv_numbers(row, query->images[i].lost, row->finding.paired.lost, "lost", csv);
        csv_numbers(row, query->images[i].gained, row->finding.paired.gained, "gained", csv);
    }
}

void nt_results_csv(const nt_results_query *query, nt_text *csv) {
    switch (query->view) {
    case NT_VIEW_SEED:
        csv_rows(query, csv);
        break;
    case NT_VIEW_CASE:
    case NT_VIEW_MEANS:
    case NT_VIEW_GROUP:
        csv_summaries(query, csv);
        break;
    case NT_VIEW_IMAGES:
        csv_images(query, csv);
        break;
    }
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* `object` with the members of `more` behind its own; takes both. NULL where either is, or memory
 * is out. */
static json_t *join(json_t *object, json_t *more) {
    bool ok = object && more && json_object_update(object, more) == 0;
    json_decref(more);
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *json_names(const nt_run_row *row) {
    return json_pack("{s:s, s:s, s:s, s:s}", "group", row->group, "split", row->split, "case",
                     row->name, "edit", row->edit);
}

static json_t *json_baselines(const nt_results_query *query) {
    json_t *list = json_array();
    for (size_t i = 0; i < query->baselines.count; i++) {
        const nt_run_row *row = query->baselines.items[i];
        list = nt_json_append(
            list, join(json_pack("{s:s, s:s*}", "split", row->split, "group",
                                 strcmp(row->name, NT_BASELINE) == 0 ? NULL : row->name),
                       nt_baseline_json(&row->finding)));
    }
    return list;
}

static json_t *json_rows(const nt_results_query *query) {
    json_t *list = json_array();
    for (size_t i = 0; i < query->rows.count; i++) {
        const nt_run_row *row = query->rows.items[i];
        list = nt_json_append(list, join(json_names(row), nt_finding_json(&row->finding)));
    }
    return list;
}

static json_t *json_summary(const nt_run_summary *s, bool by_group) {
    json_t *names = by_group ? json_pack("{s:s, s:s, s:i}", "group", s->first->group, "split",
                                         s->first->split, "cases", (int)s->cases)
                             : json_names(s->first);
    json_t *numbers = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:{s:i, s:i, s:i, s:i}, s:i, s:o*, s:o*, s:o*}", "results",
        (int)s->rows, "value_mean", nt_json_real(s->value.mean), "value_sd",
        nt_json_real(s->value.deviation), "change_mean", nt_json_real(s->change.mean), "change_sd",
        nt_json_real(s->change.deviation), "verdicts", "trivial", (int)s->verdicts[NT_TRIVIAL],
        "critical", (int)s->verdicts[NT_CRITICAL], "better", (int)s->verdicts[NT_BETTER],
        "undecided", (int)s->verdicts[NT_UNDECIDED], "failures", (int)s->failures, "kendall_tau",
        by_group ? nt_json_real(s->tau) : NULL, "recipe",
        !by_group && s->first->recipe ? nt_recipe_finding_json(s->first->recipe) : NULL, "control",
        by_group && s->first->control ? nt_control_json(s->first->control) : NULL);
    return join(names, numbers);
}

static json_t *json_summaries(const nt_results_query *query) {
    json_t *list = json_array();
    for (size_t i = 0; i < query->summaries.count; i++)
        list = nt_json_append(
            list, json_summary(&query->summaries.items[i], query->view == NT_VIEW_GROUP));
    return list;
}

static json_t *json_numbers(const int32_t *numbers, int64_t count) {
    json_t *list = json_array();
    for (int64_t i = 0; i < count; i++)
        list = nt_json_append(list, json_integer(numbers[i]));
    return list;
}

static json_t *json_images(const nt_results_query *query) {
    json_t *list = json_array();
    for (size_t i = 0; i < query->rows.count; i++) {
        const nt_run_row *row = query->rows.items[i];
        const nt_finding *f = &row->finding;
        json_t *more =
            f->failure ? nt_finding_json(f)
                       : json_pack("{s:i, s:i, s:o, s:o}", "seed", (int)row->finding.seed, "total",
                                   (int)f->outcome.total, "lost",
                                   json_numbers(query->images[i].lost, f->paired.lost), "gained",
                                   json_numbers(query->images[i].gained, f->paired.gained));
        list = nt_json_append(list, join(json_names(row), more));
    }
    return list;
}

json_t *nt_results_query_json(const nt_results_query *query) {
    const nt_run_results *results = query->results;
    json_t *about = json_pack("{s:o, s:o, s:o}", "run", nt_json_text(results->folder), "margin",
                              nt_json_real(results->margin), "alpha", nt_json_real(NT_ALPHA));
    switch (query->view) {
    case NT_VIEW_SEED:
        return join(about, json_pack("{s:o, s:o}", "baseline", json_baselines(query), "results",
                                     json_rows(query)));
    case NT_VIEW_CASE:
    case NT_VIEW_MEANS:
        return join(about, json_pack("{s:o}", "cases", json_summaries(query)));
    case NT_VIEW_GROUP:
        return join(about, json_pack("{s:o}", "groups", json_summaries(query)));
    case NT_VIEW_IMAGES:
        return join(about, json_pack("{s:o}", "images", json_images(query)));
    }
    json_decref(about);
    return NULL;
}
