/* One case with one seed, held against the baseline on the same samples: the numbers, what they say
 * when a group's are judged together, and how results.csv and JSON say them. How the numbers are
 * found is comparison.h's. */
#ifndef NT_FINDING_H
#define NT_FINDING_H

#include "arena.h"
#include "csv_out.h"
#include "hash.h"
#include "judgement.h"
#include "metric.h"
#include "sequential.h"
#include "text.h"
#include <jansson.h>

#define NT_USUAL_MARGIN 0.01   /* where nobody says one */
#define NT_GIVEN_UP "given up" /* the rest of the samples would hardly have decided it */
#define NT_BASELINE "baseline" /* group and name of the baseline's rows; no group is called so */

typedef struct nt_finding {
    int32_t seed;            /* of the weights */
    const char *failure;     /* why it has no numbers; then nothing below holds. NULL: it has */
    bool unfinished;         /* the failure: measuring isn't done yet */
    char key[NT_DIGEST_HEX]; /* in the store; "" if there is none */
    const char *numerics;    /* of its outcome and of the baseline's; NULL if there is none */
    nt_decide decide;        /* how measuring might end early, before the last sample: */
    const char *decision;    /* NT_GIVEN_UP or the verdict, in a word; NULL: it didn't */
    nt_outcome outcome;      /* of the first outcome.total samples */
    nt_paired paired;     /* samples that have a lower value than the baseline's, or a higher one:
                           * of classes, those that are no longer right, and those that became so */
    double epoch_seconds; /* of an epoch of its retraining, the median; 0: there was none */
    double change;        /* of the metric */
    nt_judgement judgement;
} nt_finding;

/* For nt_judge, over a group's cases with one seed; a failure gets a judgement without numbers. */
nt_judged nt_finding_judged(nt_finding *finding);

/* Why there is no interval: "none: one patient"; NULL: there is one. */
const char *nt_finding_no_interval(const nt_finding *finding);

/* Measuring ended before the last sample, with no verdict. */
bool nt_finding_given_up(const nt_finding *finding);

double nt_finding_value(const nt_finding *finding); /* NaN if it failed */
double nt_finding_change(const nt_finding *finding);

/* An edit in words as nt_case_words gives them, "zero a b c d, noise e (deviation 0.1, seed 7)",
 * with `most` names of a kind: "zero a b c and 1 more, …". In `arena`; NULL when out of memory. */
const char *nt_words_shorten(const char *words, int32_t most, nt_arena *arena);

/* --- CSV (RFC 4180) --------------------------------------------------------------------------- */

/* The columns of results.csv, the row of a baseline and that of a case. A baseline is called
 * NT_BASELINE, or as the group that is retrained and has it for its own.
 *
 *     group,case,edit,seed,metric,value,change,change_low_95,change_high_95,change_low_90,
 *     change_high_90,correct,total,lost,gained,p,p_holm,inside,inside_holm,outside,outside_holm,
 *     verdict,failure                                                                           */
void nt_findings_csv_header(nt_text *csv);
void nt_baseline_csv(const char *name, const nt_finding *baseline, nt_text *csv);
void nt_finding_csv(const char *group, const char *name, const char *edit,
                    const nt_finding *finding, nt_text *csv);

/* --- JSON: new references, NULL when out of memory -------------------------------------------- */

json_t *nt_baseline_json(const nt_finding *baseline);
json_t *nt_finding_json(const nt_finding *finding);
json_t *nt_recipe_finding_json(const nt_recipe_finding *recipe);

#endif
