/* A finished run as its folder records it: results.json, of each seed that was trained the
 * metrics.csv of its training, what became of each image in outcomes.bin, and how sure the network
 * is in reliability.json, if they are there. Nothing is computed from the store, the suite, the
 * data or the weights, so that a report can be made wherever results.json is. */
#ifndef NT_RECORD_H
#define NT_RECORD_H

#include "reliability.h"
#include "results.h"

/* What a convolution is for. */
typedef enum nt_part {
    NT_PART_NONE,     /* not a convolution */
    NT_PART_STEM,     /* the network's first */
    NT_PART_RESIDUAL, /* keeps the number of channels, in a stage that adds */
    NT_PART_PLAIN,    /* keeps it, in a stage that doesn't */
    NT_PART_FD,       /* changes it: feature decomposition */
    NT_PART_SHORTCUT, /* on the short side of an addition */
    NT_PARTS
} nt_part;

extern const char *const nt_part_names[NT_PARTS];

typedef struct nt_record_layer {
    const char *name, *op, *stage, *output; /* output: "64x8x8" */
    const char *const *inputs;              /* names of layers or of the network's inputs */
    int32_t input_count;
    nt_part part;
    int32_t position; /* of a convolution, among those of its stage, from 1 */
    int64_t parameters, multiply_adds;
    double cost; /* what a case that edits it alone changes the metric by, mean of the seeds; NaN */
} nt_record_layer;

/* A case with one seed. */
typedef struct nt_record_finding {
    const char *failure;     /* why it has no numbers, or NULL */
    const char *no_interval; /* why it has no interval beside numbers, or NULL */
    double value, change;
    int32_t images; /* that were enough, where measuring was to end early; 0: all */
    const nt_judgement *judgement;
} nt_record_finding;

typedef struct nt_record_case {
    const nt_case_result *result;
    const char *name;
    const char *kind; /* what is done: "zero", or "mixed" */
    double share;     /* of what; NaN: the kind has no option `share`, or there are several */
    int32_t *layers;  /* that it edits; -1: not known */
    int32_t layer_count;
    nt_record_finding *findings; /* one per seed */
    nt_spread value, change;     /* over the seeds that have numbers */
    nt_interval value_95;        /* of the only seed: the change's interval, put on the baseline */
    const nt_recipe_finding *recipe; /* what the seeds say together; NULL: fewer than two do */
    const double *classes; /* of each class, the change of its accuracy or Dice, mean over the
                            * seeds; NaN: no image has it; NULL: not known */
    bool cut;              /* nothing of the image reaches the output */
    nt_cost cost;          /* of what is left */
    int32_t verdicts[NT_VERDICTS], failures;
} nt_record_case;

/* What the cases of a group have in common, which says how they are best drawn. */
typedef enum nt_group_form {
    NT_FORM_SETS,    /* nothing in particular */
    NT_FORM_SINGLE,  /* each edits one layer, all in the same way */
    NT_FORM_KINDS,   /* each edits one layer, not all in the same way */
    NT_FORM_PAIRS,   /* all pairs of layers, with or without the single ones */
    NT_FORM_NESTED,  /* each edits what the one before does, and one layer more */
    NT_FORM_CURVES,  /* of the same layers other shares, as their kind's option says */
    NT_FORM_REWOUND, /* each takes one layer back to what it was after some epoch; of a layer there
                      * are several */
    NT_FORM_CONTROLS /* whatever they edit, they are the controls of a case */
} nt_group_form;

typedef struct nt_record_group {
    const char *name, *title, *remark;
    nt_record_case *cases;
    int32_t case_count;
    nt_group_form form;
    double tau, tau_not_trivial;      /* NaN with one seed */
    const nt_record_case *controlled; /* the case whose controls they are; NULL: of none */
    const char *control;              /* its place among them, in words; or "" */
    const char *const *notes;         /* what is odd about its cases */
    int32_t note_count;
    const char *retrained;         /* how each case was trained on, in words; NULL: none was */
    const nt_spread *own_baseline; /* retrained likewise, over the seeds; NULL: it is the run's */
} nt_record_group;

typedef struct nt_record_epoch {
    int32_t epoch;
    double rate, loss, accuracy, held_loss, held_value, seconds; /* NaN: not measured */
} nt_record_epoch;

typedef struct nt_record_seed {
    int32_t seed;
    double baseline;
    nt_record_epoch *epochs;
    int32_t epoch_count; /* 0: not trained, or no longer known */
} nt_record_seed;

typedef struct nt_record {
    nt_arena arena;
    size_t failures; /* of allocations, before (alloc.h) */
    const char *folder, *suite, *network, *metric, *data, *split, *batch_norm;
    const char *const *classes;
    int32_t class_count, samples;
    int32_t uncounted; /* of the samples, images of which no pixel counts */
    double margin;
    nt_record_seed *seeds;
    int32_t seed_count;
    nt_spread baseline;
    nt_cost cost; /* of the whole network */
    nt_record_layer *layers;
    int32_t layer_count;
    nt_record_group *groups;
    int32_t group_count;
    const nt_reliability *reliability; /* NULL: not known */
    nt_results *results;               /* all that results.json says */
} nt_record;

/* NT_INVALID, with the file and what to do, where the folder has no results.json or it isn't one of
 * this version. */
nt_status nt_record_read(const char *folder, nt_record **ret, nt_error *error);

/* Whether no allocation has failed since it began to be read, so that what is shown of it lacks
 * nothing. Asked before each file is written: a text that could not be made may stand as empty. */
bool nt_record_is_whole(const nt_record *record);
void nt_record_free(nt_record *record); /* takes NULL */

/* What guessing would give: 1 / classes of accuracy, NaN of other metrics. */
double nt_record_chance(const nt_record *record);

/* What a group's cases are compared with, over the seeds. */
static inline nt_spread nt_record_baseline(const nt_record *record, const nt_record_group *group) {
    return group && group->own_baseline ? *group->own_baseline : record->baseline;
}

/* After which epoch a case puts its first layer back; 0 where that isn't said. */
int32_t nt_record_epoch_of(const nt_record_case *item);

const char *nt_group_title(const nt_record_group *group); /* its name, if it has none */

/* "critical", or, where the seeds differ, "critical 2, undecided 1", and ", cut" behind it; in
 * `arena`. NULL when out of memory. */
const char *nt_record_verdict(const nt_record_case *item, nt_arena *arena);

#endif
