/* What a suite measured, and the files that it leaves in the run folder. */
#ifndef NT_RESULTS_H
#define NT_RESULTS_H

#include "evaluation.h"
#include "suite_file.h"
#include <jansson.h>

/* What the numbers were computed from and by. */
typedef struct nt_provenance {
    const char *program; /* "nontrivial 0.1.0" */
    char library[NT_OPS_LIBRARY];
    int threads;
    char suite[NT_DIGEST_HEX], graph[NT_DIGEST_HEX], data[NT_DIGEST_HEX]; /* SHA-256 */
    char (*weights)[NT_DIGEST_HEX];                                       /* one per seed */
} nt_provenance;

/* A group, its cases as its hook listed them, and case × seed outcomes. */
typedef struct nt_group_result {
    const nt_group *group;
    nt_cases cases;
    nt_outcome *outcomes; /* case * seed_count + seed */
} nt_group_result;

typedef struct nt_results {
    nt_arena arena;
    const nt_suite *suite;
    nt_network *network;
    nt_outcome *baseline; /* one per seed */
    nt_group_result *groups;
    nt_provenance provenance;
} nt_results;

void nt_results_free(nt_results *results); /* takes NULL */

/* The names of the zeroed layers with blanks between, in `arena`; NULL when out of memory. */
const char *nt_case_zeroed(const nt_results *results, const nt_case *item, nt_arena *arena);

/* What results.json holds; a new reference, NULL when out of memory. */
json_t *nt_results_json(const nt_results *results);

/* Writes results.csv and results.json into `folder`, each replaced as a whole.
 *
 *     group,case,zeroed,seed,metric,value,change,correct,total                                  */
nt_status nt_results_write(const nt_results *results, const char *folder, nt_error *error);

#endif
