/* The results of a run as its folder holds them: which cases there are and what was measured of
 * them, without the suite, the data or the weights. Numbers and verdicts are computed anew from the
 * outcomes, in the same way as at the end of the run: a finished run gives those of its
 * results.csv.
 *
 * In order: nt_run_results_read, nt_run_results_choose, and what is wanted of the rows chosen. */
#ifndef NT_RUN_RESULTS_H
#define NT_RUN_RESULTS_H

#include "control.h"
#include "results.h"
#include "score.h"
#include "store.h"

/* One case with one seed, on one split; of the baseline, nothing of the finding but its seed and
 * outcome. */
typedef struct nt_run_row {
    const char *group, *name, *split, *edit;
    int32_t group_start;               /* index of the first row of the same group and split */
    int32_t case_start;                /* of the same group, split and name */
    const struct nt_run_row *baseline; /* of the same seed and split; NULL if it isn't known */
    bool cut;                          /* as results.json says; false: it isn't there yet */
    const nt_recipe_finding *recipe;   /* of the case over its seeds; NULL: there is but one */
    const nt_retraining *retraining;   /* its group's; NULL: it isn't, or the run isn't finished */
    const nt_control *control; /* its group's; NULL: it is no group of controls, or the run isn't
                                * finished */
    nt_finding finding;        /* fails too where it is measured in part, or lacks a baseline */
} nt_run_row;

typedef struct nt_run_results {
    nt_arena arena;
    nt_store *store;
    const char *folder;
    double margin;
    bool margin_assumed; /* neither given nor known: NT_USUAL_MARGIN */
    nt_scoring scoring;
    bool metric_known;       /* private */
    nt_results *recorded;    /* private; the run's results.json; NULL: there is none yet */
    const int32_t *indexes;  /* of the samples, in the split; NULL: 0, 1, 2 … */
    const int32_t *patients; /* which of them belong together; NULL: not known */
    int32_t index_count, patient_count;
    nt_run_row *baselines, *rows; /* in the suite's order */
    size_t baseline_count, row_count;
    size_t baseline_capacity, row_capacity; /* private */
    bool several_seeds;
} nt_run_results;

/* Reads a run folder. `margin`: in place of the run's own, which results.json says; NULL: that one.
 * NT_INVALID where the folder isn't a run's, or holds no results yet, and the store's errors. */
nt_status nt_run_results_read(const char *folder, const double *margin, nt_run_results **ret,
                              nt_error *error);
void nt_run_results_free(nt_run_results *results); /* takes NULL */

/* --- choosing --------------------------------------------------------------------------------- */

/* Within a group, whose place the suite decides; what is equal stays in the suite's order, and what
 * has no number comes last. */
typedef enum nt_run_order {
    NT_ORDER_SUITE,
    NT_ORDER_CHANGE, /* the greatest loss first */
    NT_ORDER_VALUE,  /* the lowest first */
    NT_ORDER_P,      /* the lowest p_holm first */
    NT_ORDER_NAME    /* by the case's name, bytewise */
} nt_run_order;

typedef struct nt_run_choice {
    const char *group;         /* NULL: all */
    const char *name;          /* a case's; `*` stands for any characters; NULL: all */
    const int32_t *seed;       /* NULL: all */
    const nt_verdict *verdict; /* NULL: all, also what has none */
    nt_run_order order;
} nt_run_choice;

typedef struct nt_run_rows {
    const nt_run_row **items;
    size_t count;
} nt_run_rows;

/* The baselines of the seeds chosen and the rows chosen, both in `arena`. NT_USAGE, with the near
 * names, for a group, a case or a seed that there is none of. */
nt_status nt_run_results_choose(const nt_run_results *results, const nt_run_choice *choice,
                                nt_arena *arena, nt_run_rows *ret_baselines, nt_run_rows *ret,
                                nt_error *error);

/* --- what the seeds, or the cases, say together ----------------------------------------------- */

typedef struct nt_run_summary {
    const nt_run_row *first; /* of its rows: says group, split and, of a case, name and edit */
    int32_t cases, rows;     /* rows: cases with seeds */
    int32_t failures;        /* rows without numbers; the rest is over the others */
    int32_t verdicts[NT_VERDICTS]; /* rows of each */
    nt_spread value, change;       /* of the metric; NaN where all rows failed */
    double tau; /* of a group: the seeds' agreement on the order of its cases; NaN */
} nt_run_summary;

typedef struct nt_run_summaries {
    nt_run_summary *items;
    size_t count;
} nt_run_summaries;

/* One for each case, or for each group, that has rows among these. `order` goes by means; p has
 * none, and groups stay in the suite's order. In `arena`. NT_NO_MEMORY or NT_OK. */
nt_status nt_run_by_case(const nt_run_rows *rows, nt_run_order order, nt_arena *arena,
                         nt_run_summaries *ret);
nt_status nt_run_by_group(const nt_run_rows *rows, nt_arena *arena, nt_run_summaries *ret);

/* --- samples ---------------------------------------------------------------------------------- */

/* Numbers of samples in the split, from 0, rising. */
typedef struct nt_run_images {
    const int32_t *lost;   /* finding.paired.lost of them */
    const int32_t *gained; /* finding.paired.gained of them */
} nt_run_images;

/* Of a row that didn't fail; in `arena`. */
nt_status nt_run_row_images(const nt_run_results *results, const nt_run_row *row, nt_arena *arena,
                            nt_run_images *ret, nt_error *error);

#endif
