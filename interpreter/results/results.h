/* What a run measured, as plain data: names, numbers, texts, findings. The suite fills it in;
 * results.csv, results.json and the store's list of results are written from it, and results.json
 * is read back into it. What results.json holds, member by member, is said in results_table.c.
 *
 * Everything in it is in its arena, or belongs to who filled it in and must then outlive it. */
#ifndef NT_RESULTS_H
#define NT_RESULTS_H

#include "control.h"
#include "diagnostic.h"
#include "estimate_result.h"
#include "field.h"
#include "finding.h"
#include "method.h"
#include "option.h"
#include "scalar.h"

/* What was measured on what, in the suite's own words. Files stand without their folders, which
 * differ from machine to machine; digests are in the provenance. */
typedef struct nt_setup {
    const char *graph;
    const nt_option *set; /* of the graph's parameters, as the suite gave them: texts */
    int32_t set_count;
    const char *data; /* the kind */
    const char *const *classes;
    int32_t class_count;
    const char *split;
    nt_metric metric;
    int32_t samples, held_out, batch;
    const char *batch_norm;
    int32_t calibration; /* training images that were used for it; 0: none */
    const char *conv;
    const char *weights, *initial; /* NULL: trained, and as a seed draws them */
    double margin, alpha;
} nt_setup;

typedef struct nt_named_digest {
    const char *file, *digest;
} nt_named_digest;

/* What the numbers were computed from and by. Digests are SHA-256, in hexadecimal. */
typedef struct nt_provenance {
    const char *program; /* "nontrivial 0.2.0" */
    const char *library, *build;
    int32_t threads;
    const char *const *numerics; /* of all outcomes; cases are compared within each */
    int32_t numerics_count;
    const char *const *training_numerics; /* that took part in training, as far as is known */
    int32_t training_numerics_count;
    const char *suite, *graph, *data;
    const char *const *weights; /* one for each seed */
    int32_t weight_count;
    const nt_named_digest *source; /* files of the run folder (run_source.h) */
    int32_t source_count;
} nt_provenance;

/* The samples that were measured, in the order of their outcomes in the store. */
typedef struct nt_samples {
    const int32_t *indexes; /* in the split, from 0; NULL: 0, 1, 2 … */
    int32_t index_count;
    const char *const *names; /* NULL: they have none */
    int32_t name_count;
    const int32_t *patients; /* which belong together; NULL: each is its own */
    int32_t patient_count;
    const int32_t *labels; /* classes, by number; NULL: not known, or of masks */
    int32_t label_count;
} nt_samples;

/* What is done to one layer. */
typedef struct nt_edit_result {
    const char *layer, *kind;
    const nt_field *fields; /* of its options; NULL: it has none */
    const void *options;
} nt_edit_result;

/* What an image takes: multiply-adds as the literature counts them, and trained numbers, of the
 * layers that still depend on it. Both 0: not known, or nothing. */
typedef struct nt_cost {
    int64_t multiply_adds, parameters;
} nt_cost;

typedef struct nt_case_result {
    const char *name;
    const nt_edit_result *edits;
    int32_t edit_count;
    bool cut;             /* nothing of the sample reaches the output: chance is certain, and says
                           * nothing about these layers */
    nt_cost cost;         /* of what is left */
    nt_finding *findings; /* one for each seed */
    int32_t finding_count;
    nt_spread value, change;  /* over the seeds */
    nt_recipe_finding recipe; /* with several seeds */
} nt_case_result;

/* Each case was trained on after its edit, before it was measured. */
typedef struct nt_retraining {
    const char *from; /* "trained", "initial", "epoch 5": the weights that were edited; NULL: none
                       * was trained on */
    int32_t epochs;
} nt_retraining;

typedef struct nt_group_result {
    const char *name, *title;
    const char *hook, *hook_digest; /* the script, without its folder */
    const nt_option *options;
    int32_t option_count;
    const char *remark; /* what the hook said of it all, or "" */
    /* How well the seeds agree which case matters more: mean of Kendall's tau-b over pairs of
     * seeds, NaN with one; the same without the cases that are trivial with every seed. */
    double tau, tau_not_trivial;
    /* What a user should know of the cases, such as which are alike; a line each. */
    const char *const *notes;
    int32_t note_count;
    nt_control control; /* which case's controls these are, and its place among them */
    nt_retraining retraining;
    nt_finding *own_baseline; /* retrained likewise, for each seed; NULL: it is the run's */
    int32_t own_baseline_count;
    nt_case_result *cases;
    int32_t case_count;
} nt_group_result;

/* A layer as the user wrote it, and what it reads. */
typedef struct nt_layer_result {
    const char *name, *op, *stage, *block;
    const char *const *inputs; /* names of layers or of the network's inputs */
    int32_t input_count;
    const int32_t *output; /* its shape */
    int32_t rank;
    int64_t parameters, multiply_adds;
    bool convolution, sum; /* what it is, */
    int32_t residual;      /* of a sum at the end of a residual unit, what its short connection is:
                            * which of nt_residual_names; 0: it is none, or that isn't known */
    bool fd,
        shortcut; /* and which convolution: it changes the channels, it is on a short connection */
} nt_layer_result;

typedef struct nt_results {
    nt_arena arena;
    const char *suite, *network;
    nt_setup setup;
    nt_method method;
    nt_provenance provenance;
    nt_samples samples;
    nt_finding *baseline; /* one for each seed; nothing holds but seed, key, numerics and outcome */
    int32_t seed_count;
    nt_cost cost; /* of the whole network */
    nt_group_result *groups;
    int32_t group_count;
    nt_layer_result *layers;
    int32_t layer_count;
    nt_estimate_result *estimates; /* by estimator, then by seed; none where none was asked for */
    int32_t estimate_count;
    const char *const *kinds; /* of edits, in the order in which words name them; ends with NULL */
} nt_results;

extern const char *const nt_residual_names[]; /* "none", "identity", "projection"; NULL ends it */

nt_results *nt_results_new(void);          /* NULL when out of memory */
void nt_results_free(nt_results *results); /* takes NULL */

/* Once all is measured and compared, and the recipes found (recipe_finding.h): fills in what is
 * adjusted and concluded, what the seeds say together, and the place of a case that a group has the
 * controls of. NT_NO_MEMORY or NT_OK. */
nt_status nt_results_judge(nt_results *results);

/* What a group's cases are compared with, for each seed. */
static inline nt_finding *nt_group_result_baseline(const nt_results *results,
                                                   const nt_group_result *group) {
    return group->own_baseline ? group->own_baseline : results->baseline;
}

/* "retrained for 2 epochs from the trained weights, and compared with the network retrained
 * likewise"; in `arena`, NULL when out of memory. Of a group that is. */
const char *nt_retraining_words(const nt_retraining *retraining, nt_arena *arena);

/* The case that a group has the controls of; NULL: none. */
const nt_case_result *nt_results_controlled(const nt_results *results, int32_t group);

bool nt_group_result_decides(const nt_group_result *group); /* some of its cases may end early */
int32_t nt_results_failures(const nt_results *results);     /* cases × seeds without numbers */

/* How many different patients there are; of samples that are each their own, the samples. To be
 * said in `text`, which is incomplete when memory is out. */
int32_t nt_results_clusters(const nt_results *results, nt_text *text);

#endif
