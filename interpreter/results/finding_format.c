/* A finding as a row of CSV and as a JSON object. */
#include "finding.h"

#include "results_table.h"

/* --- CSV -------------------------------------------------------------------------------------- */

void nt_findings_csv_header(nt_text *csv) {
    nt_text_add(csv, "group,case,edit,seed,metric,value,change,change_low_95,change_high_95,"
                     "change_low_90,change_high_90,correct,total,lost,gained,p,p_holm,inside,"
                     "inside_holm,outside,outside_holm,verdict,failure\n");
}

static void add_names(const char *group, const char *name, const char *edit,
                      const nt_finding *finding, nt_text *csv) {
    nt_csv_text(csv, group);
    nt_text_add(csv, ",");
    nt_csv_text(csv, name);
    nt_text_add(csv, ",");
    nt_csv_text(csv, edit);
    nt_text_printf(csv, ",%d,%s", finding->seed, nt_metric_names[finding->outcome.metric]);
}

static void add_failure(const char *failure, nt_text *csv) {
    nt_text_add(csv, ",,,,,,,,,,,,,,,,,,");
    nt_csv_text(csv, failure);
    nt_text_add(csv, "\n");
}

/* How many samples are right, of classes, and how many the value is over. */
static void add_counts(const nt_outcome *outcome, nt_text *csv) {
    if (outcome->metric == NT_ACCURACY)
        nt_text_printf(csv, ",%d,%d", outcome->correct, outcome->total);
    else
        nt_text_printf(csv, ",,%d", outcome->total - outcome->uncounted);
}

void nt_baseline_csv(const char *name, const nt_finding *baseline, nt_text *csv) {
    add_names(NT_BASELINE, name, "", baseline, csv);
    if (baseline->failure)
        add_failure(baseline->failure, csv);
    else {
        nt_csv_real(csv, baseline->outcome.value);
        nt_text_add(csv, ",,,,,");
        add_counts(&baseline->outcome, csv);
        nt_text_add(csv, ",,,,,,,,,,\n");
    }
}

void nt_finding_csv(const char *group, const char *name, const char *edit, const nt_finding *f,
                    nt_text *csv) {
    add_names(group, name, edit, f, csv);
    if (f->failure) {
        add_failure(f->failure, csv);
        return;
    }
    const nt_judgement *j = &f->judgement;
    nt_csv_real(csv, f->outcome.value);
    nt_csv_real(csv, f->change);
    nt_csv_real(csv, j->within_95.low);
    nt_csv_real(csv, j->within_95.high);
    nt_csv_real(csv, j->within_90.low);
    nt_csv_real(csv, j->within_90.high);
    add_counts(&f->outcome, csv);
    nt_text_printf(csv, ",%lld,%lld", (long long)f->paired.lost, (long long)f->paired.gained);
    nt_csv_real(csv, j->p);
    nt_csv_real(csv, j->p_holm);
    nt_csv_real(csv, j->margin.inside);
    nt_csv_real(csv, j->holm.inside);
    nt_csv_real(csv, j->margin.outside);
    nt_csv_real(csv, j->holm.outside);
    nt_text_printf(csv, ",%s,\n", nt_verdict_name(j->verdict));
}

/* --- JSON ------------------------------------------------------------------------------------- */

json_t *nt_baseline_json(const nt_finding *baseline) {
    return nt_json_table_write(baseline->failure ? &nt_finding_table : &nt_baseline_table,
                               baseline);
}

json_t *nt_finding_json(const nt_finding *finding) {
    return nt_json_table_write(&nt_finding_table, finding);
}

json_t *nt_recipe_finding_json(const nt_recipe_finding *recipe) {
    return nt_json_table_write(&nt_recipe_table, recipe);
}
