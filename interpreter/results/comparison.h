/* From the outcomes of a case and of the baseline, sample by sample, to a finding. */
#ifndef NT_COMPARISON_H
#define NT_COMPARISON_H

#include "finding.h"
#include "score.h"

/* What cases are compared with. */
typedef struct nt_comparison {
    nt_scoring scoring;
    int32_t samples;               /* the first so many, */
    int32_t all;                   /* of these; needed where the finding was to be decided early */
    const unsigned char *baseline; /* its outcomes, sample after sample */
    const int32_t *patients;       /* of each sample; NULL: each is its own */
    double margin;
} nt_comparison;

/* Fills in all from paired on but what is adjusted: `outcomes` are the case's, and finding->outcome
 * what they say together. Of classes by McNemar's test and Tango's intervals, of masks by the
 * studentised bootstrap over patients, of what was to be decided early by bets (sequential.h).
 * NT_NO_MEMORY or NT_OK. */
nt_status nt_finding_compare(nt_finding *finding, const nt_comparison *with,
                             const unsigned char *outcomes);

/* The paired change of each sample; NaN where either has no value. */
void nt_comparison_changes(const nt_comparison *with, const unsigned char *outcomes, double *ret);

/* Whether a sample's value fell below the baseline's (-1), rose above it (1) or neither (0). */
int nt_finding_moved(const nt_comparison *with, const unsigned char *outcomes, int32_t sample);

#endif
