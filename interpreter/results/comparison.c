/* A case against the baseline: paired counts of right and wrong, or a bootstrap of paired values.
 */
#include "comparison.h"

#include "alloc.h"
#include <math.h>

static double value_of(const nt_comparison *with, const unsigned char *outcomes, int32_t sample) {
    size_t size = (size_t)nt_score_bytes(with->scoring);
    return nt_score_value(with->scoring, outcomes + (size_t)sample * size);
}

void nt_comparison_changes(const nt_comparison *with, const unsigned char *outcomes, double *ret) {
    for (int32_t i = 0; i < with->samples; i++) {
        double change = value_of(with, outcomes, i) - value_of(with, with->baseline, i);
        ret[i] = isfinite(change) ? change : (double)NAN;
    }
}

int nt_finding_moved(const nt_comparison *with, const unsigned char *outcomes, int32_t sample) {
    double before = value_of(with, with->baseline, sample);
    double after = value_of(with, outcomes, sample);
    return (after > before) - (after < before);
}

static void compare_classes(nt_finding *finding, const nt_comparison *with) {
    finding->change = nt_paired_change(finding->paired);
    finding->judgement =
        (nt_judgement){.within_95 = nt_paired_interval(finding->paired, 1 - NT_ALPHA),
                       .within_90 = nt_paired_interval(finding->paired, 1 - 2 * NT_ALPHA),
                       .p = nt_paired_mcnemar(finding->paired),
                       .margin = nt_paired_margin(finding->paired, with->margin)};
}

/* The bets as they were looked at while the samples came in. */
static nt_status compare_early(nt_finding *finding, const nt_comparison *with,
                               const unsigned char *outcomes) {
    int64_t population = nt_decide_population(finding->decide, with->all);
    size_t size = (size_t)with->samples * sizeof(double);
    double *changes = nt_alloc(size), sum = 0;
    nt_watch watch;
    if (with->samples < with->all) /* losses are known of whole shards only */
        finding->outcome.loss = (double)NAN;
    if (!changes)
        return NT_NO_MEMORY;
    nt_comparison_changes(with, outcomes, changes);
    nt_watch_init(&watch, with->margin, population);
    for (int32_t from = 0, to; from < with->samples; from = to) {
        to = nt_look_next(from, with->all);
        to = to < with->samples ? to : with->samples;
        nt_watch_look(&watch, changes + from, to - from);
    }
    for (int32_t i = 0; i < with->samples; i++)
        sum += isnan(changes[i]) ? 0 : changes[i];
    finding->change = sum / (double)finding->paired.samples;
    finding->judgement = (nt_judgement){
        .within_95 = nt_bet_interval(changes, with->samples, population, 1 - NT_ALPHA),
        .within_90 = nt_bet_interval(changes, with->samples, population, 1 - 2 * NT_ALPHA),
        .p = nt_watch_p(&watch),
        .margin = nt_watch_test(&watch)};
    nt_free(changes, size);
    return NT_OK;
}

/* One seed for all cases, so that two that are equal look equal. */
static nt_status compare_masks(nt_finding *finding, const nt_comparison *with,
                               const double *baseline, const double *other) {
    nt_bootstrap bootstrap;
    const nt_bootstrap_data data = {.baseline = baseline,
                                    .other = other,
                                    .clusters = with->patients,
                                    .samples = with->samples,
                                    .draws = NT_BOOTSTRAP_DRAWS};
    NT_TRY(nt_bootstrap_init(&bootstrap, &data));
    finding->change = bootstrap.change;
    finding->judgement =
        (nt_judgement){.within_95 = nt_bootstrap_interval(&bootstrap, 1 - NT_ALPHA),
                       .within_90 = nt_bootstrap_interval(&bootstrap, 1 - 2 * NT_ALPHA),
                       .p = nt_bootstrap_p(&bootstrap),
                       .margin = nt_bootstrap_margin(&bootstrap, with->margin)};
    nt_bootstrap_finish(&bootstrap);
    return NT_OK;
}

nt_status nt_finding_compare(nt_finding *finding, const nt_comparison *with,
                             const unsigned char *outcomes) {
    finding->paired = (nt_paired){.samples = with->samples};
    for (int32_t i = 0; i < with->samples; i++) {
        int moved = nt_finding_moved(with, outcomes, i);
        finding->paired.samples -= isnan(value_of(with, outcomes, i));
        finding->paired.lost += moved < 0;
        finding->paired.gained += moved > 0;
    }
    if (finding->decide != NT_DECIDE_NOT)
        return compare_early(finding, with, outcomes);
    if (with->scoring.target == NT_TARGET_CLASS) {
        compare_classes(finding, with);
        return NT_OK;
    }
    size_t size = 2 * (size_t)with->samples * sizeof(double);
    double *values = nt_alloc(size);
    for (int32_t i = 0; values && i < with->samples; i++) {
        values[i] = value_of(with, with->baseline, i);
        values[with->samples + i] = value_of(with, outcomes, i);
    }
    nt_status status =
        values ? compare_masks(finding, with, values, values + with->samples) : NT_NO_MEMORY;
    nt_free(values, size);
    return status;
}
