/* A finding as a row of CSV and as a JSON object. */
#include "finding.h"

#include "json_out.h"
#include <math.h>
#include <string.h>

/* --- CSV -------------------------------------------------------------------------------------- */

static void add_p(double p, nt_text *csv) {
    nt_text_add(csv, ",");
    if (!isnan(p))
        nt_text_printf(csv, "%.6g", p);
}

void nt_findings_csv_header(nt_text *csv) {
    nt_text_add(csv, "group,case,edit,seed,metric,value,change,low,high,correct,total,lost,gained,"
                     "p,p_holm,inside,outside,verdict,failure\n");
}

static void add_names(const char *group, const char *name, const char *edit, int32_t seed,
                      nt_metric metric, nt_text *csv) {
    nt_csv_text(csv, group);
    nt_text_add(csv, ",");
    nt_csv_text(csv, name);
    nt_text_add(csv, ",");
    nt_csv_text(csv, edit);
    nt_text_printf(csv, ",%d,%s,", seed, nt_metric_names[metric]);
}

static void add_failure(const char *failure, nt_text *csv) {
    nt_text_add(csv, ",,,,,,,,,,,,,");
    nt_csv_text(csv, failure);
    nt_text_add(csv, "\n");
}

/* How many samples are right, of classes, and how many there are. */
static void add_counts(const nt_outcome *outcome, nt_text *csv) {
    if (outcome->metric == NT_ACCURACY)
        nt_text_printf(csv, ",%d,%d", outcome->correct, outcome->total);
    else
        nt_text_printf(csv, ",,%d", outcome->total);
}

void nt_baseline_csv(int32_t seed, const nt_finding *baseline, nt_text *csv) {
    add_names(NT_BASELINE, NT_BASELINE, "", seed, baseline->outcome.metric, csv);
    if (baseline->failure)
        add_failure(baseline->failure, csv);
    else {
        nt_text_printf(csv, "%.6f,,,", baseline->outcome.value);
        add_counts(&baseline->outcome, csv);
        nt_text_add(csv, ",,,,,,,,\n");
    }
}

void nt_finding_csv(const char *group, const char *name, const char *edit, int32_t seed,
                    const nt_finding *f, nt_text *csv) {
    add_names(group, name, edit, seed, f->outcome.metric, csv);
    if (f->failure) {
        add_failure(f->failure, csv);
        return;
    }
    nt_text_printf(csv, "%.6f,%.6f", f->outcome.value, f->change);
    nt_csv_share(csv, f->interval.low);
    nt_csv_share(csv, f->interval.high);
    add_counts(&f->outcome, csv);
    nt_text_printf(csv, ",%lld,%lld", (long long)f->paired.lost, (long long)f->paired.gained);
    add_p(f->p, csv);
    add_p(f->p_holm, csv);
    add_p(f->margin.inside, csv);
    add_p(f->margin.outside, csv);
    nt_text_printf(csv, ",%s,\n", nt_verdict_name(f->verdict));
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *json_failure(int32_t seed, const nt_finding *f) {
    return json_pack("{s:i, s:s, s:o*}", "seed", (int)seed, "failure", f->failure, "unfinished",
                     f->unfinished ? json_true() : NULL);
}

json_t *nt_baseline_json(int32_t seed, const nt_finding *baseline) {
    const nt_outcome *outcome = &baseline->outcome;
    if (baseline->failure)
        return json_failure(seed, baseline);
    bool masks = outcome->metric != NT_ACCURACY;
    return json_pack("{s:i, s:s, s:o, s:o*, s:i, s:o, s:o*, s:o*, s:o*}", "seed", (int)seed,
                     "metric", nt_metric_names[outcome->metric], "value",
                     nt_json_real(outcome->value), "correct",
                     masks ? NULL : json_integer(outcome->correct), "total", (int)outcome->total,
                     "loss", nt_json_real(nt_mean_loss(*outcome)), "set_dice",
                     masks ? nt_json_real(outcome->set_dice) : NULL, "set_iou",
                     masks ? nt_json_real(outcome->set_iou) : NULL, "pixel_accuracy",
                     masks ? nt_json_real(outcome->pixel_accuracy) : NULL);
}

json_t *nt_finding_json(int32_t seed, const nt_finding *f) {
    if (f->failure)
        return json_failure(seed, f);
    json_t *object = nt_baseline_json(seed, f);
    json_t *more = json_pack(
        "{s:o, s:[o, o], s:I, s:I, s:o, s:o, s:o, s:o, s:s}", "change", nt_json_real(f->change),
        "interval", nt_json_real(f->interval.low), nt_json_real(f->interval.high), "lost",
        (json_int_t)f->paired.lost, "gained", (json_int_t)f->paired.gained, "p", nt_json_real(f->p),
        "p_holm", nt_json_real(f->p_holm), "inside", nt_json_real(f->margin.inside), "outside",
        nt_json_real(f->margin.outside), "verdict", nt_verdict_name(f->verdict));
    bool ok = object && more && json_object_update(object, more) == 0;
    json_decref(more);
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}
