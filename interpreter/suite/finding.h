/* One case with one seed, held against the baseline on the same samples: the numbers, what they say
 * when a group's are judged together, and how results.csv and JSON say them. */
#ifndef NT_FINDING_H
#define NT_FINDING_H

#include "evaluation.h"
#include "hash.h"
#include "statistics.h"
#include "text.h"
#include <jansson.h>

#define NT_ALPHA 0.05          /* of all tests */
#define NT_USUAL_MARGIN 0.01   /* where nobody says one */
#define NT_BASELINE "baseline" /* group and name of the baseline's rows; no group is called so */

typedef struct nt_finding {
    const char *failure;     /* why it has no numbers; then nothing below holds. NULL: it has */
    bool unfinished;         /* the failure: measuring isn't done yet */
    char key[NT_DIGEST_HEX]; /* in the store; "" if there is none */
    nt_outcome outcome;
    nt_paired paired;
    double change;         /* of the accuracy */
    nt_interval interval;  /* of the change, 95 % */
    double p, p_holm;      /* McNemar's, and adjusted over the group's cases with this seed */
    nt_margin_test margin; /* against the run's; `outside` adjusted in the same way */
    nt_verdict verdict;
} nt_finding;

/* Fills in all from paired to margin, `outside` unadjusted, but p_holm. `outcome` must be there;
 * `right` says of each of its samples, a byte each, whether it was right, and baseline_right the
 * same of the baseline. */
void nt_finding_compare(nt_finding *finding, nt_outcome baseline,
                        const unsigned char *baseline_right, const unsigned char *right,
                        double margin);

/* Adjusts p_holm and margin.outside over findings that nt_finding_compare filled in, and fills in
 * their verdicts: those of a group's cases with one seed. Failures aren't counted. NT_NO_MEMORY or
 * NT_OK. */
nt_status nt_findings_judge(nt_finding *const *findings, int32_t count);

double nt_finding_change(const nt_finding *finding); /* NaN if it failed */

/* An edit in words as nt_case_words gives them, "zero a b c d, noise e (deviation 0.1, seed 7)",
 * with `most` names of a kind: "zero a b c and 1 more, …". In `arena`; NULL when out of memory. */
const char *nt_words_shorten(const char *words, int32_t most, nt_arena *arena);

/* --- CSV (RFC 4180) --------------------------------------------------------------------------- */

/* Appends a value, in quotes where it needs them. */
void nt_csv_text(nt_text *csv, const char *value);

/* Appends "," and a share or a change of one with six places; NaN is empty. */
void nt_csv_share(nt_text *csv, double value);

/* The columns of results.csv, the row of a baseline and that of a case.
 *
 *     group,case,edit,seed,metric,value,change,low,high,correct,total,lost,gained,p,p_holm,
 *     inside,outside,verdict,failure                                                            */
void nt_findings_csv_header(nt_text *csv);
void nt_baseline_csv(int32_t seed, const nt_finding *baseline, nt_text *csv);
void nt_finding_csv(const char *group, const char *name, const char *edit, int32_t seed,
                    const nt_finding *finding, nt_text *csv);

/* --- JSON: new references, NULL when out of memory -------------------------------------------- */

json_t *nt_baseline_json(int32_t seed, const nt_finding *baseline);
json_t *nt_finding_json(int32_t seed, const nt_finding *finding);

#endif
