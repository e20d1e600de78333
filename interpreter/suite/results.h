/* What a suite measured, and the files that it leaves in the run folder. */
#ifndef NT_RESULTS_H
#define NT_RESULTS_H

#include "finding.h"
#include "store.h"
#include "suite_file.h"

/* What the numbers were computed from and by. */
typedef struct nt_provenance {
    const char *program; /* "nontrivial 0.1.0" */
    char library[NT_OPS_LIBRARY];
    int threads;
    char suite[NT_DIGEST_HEX], graph[NT_DIGEST_HEX], data[NT_DIGEST_HEX]; /* SHA-256 */
    char (*weights)[NT_DIGEST_HEX];                                       /* one per seed */
} nt_provenance;

/* A group, its cases as its hook listed them, and case × seed findings. */
typedef struct nt_group_result {
    const nt_group *group;
    nt_cases cases;
    nt_finding *findings; /* case * seed_count + seed */
} nt_group_result;

typedef struct nt_results {
    nt_arena arena;
    const nt_suite *suite;
    nt_network *network;
    nt_scoring scoring;
    const char *const *names;   /* of the samples that were measured; NULL: they have none */
    const int32_t *patients;    /* and which belong together; NULL: each is its own */
    const char *const *classes; /* names of them, */
    int32_t class_count;        /* as many as the data have */
    nt_outcome *baseline;       /* one per seed */
    char (*baseline_keys)[NT_DIGEST_HEX];
    nt_group_result *groups;
    int32_t calibration; /* training images that were used for it; 0: none */
    int32_t failures;    /* cases × seeds that couldn't be measured */
    nt_provenance provenance;
} nt_results;

/* Fills in p_holm, margin.outside and the verdict of a group's findings, once the rest is there. */
nt_status nt_group_judge(nt_group_result *group, int seed_count);

void nt_results_free(nt_results *results); /* takes NULL */

/* What a case does, in words: "zero conv1 layer1.0.conv1, drop layer2.1.add". In `arena`; NULL when
 * out of memory. */
const char *nt_case_words(const nt_results *results, const nt_case *item, nt_arena *arena);

/* Over the seeds, of the changes of one case; and of all cases of a group, how well the seeds agree
 * which matters more (Kendall's tau-b, NaN with one seed). */
nt_spread nt_case_spread(const nt_results *results, const nt_group_result *group, int32_t c);
nt_status nt_group_agreement(const nt_results *results, const nt_group_result *group,
                             double *ret_tau);

/* Puts which case has which key into the store, as far as something of it is measured; if nothing
 * is, leaves what there was. */
nt_status nt_results_store(const nt_results *results, nt_store *store, nt_error *error);

/* What results.json holds; a new reference, NULL when out of memory. */
json_t *nt_results_json(const nt_results *results);

/* Writes results.csv (see finding.h) and results.json into `folder`, each replaced as a whole. */
nt_status nt_results_write(const nt_results *results, const char *folder, nt_error *error);

#endif
