/* A suite as its file says it: which network, which data, how trained or with which weights, and
 * which groups of cases to measure. Everything that can be checked without running is checked here.
 */
#ifndef NT_SUITE_FILE_H
#define NT_SUITE_FILE_H

#include "dataset.h"
#include "document.h"
#include "hook.h"
#include "loader.h"
#include "network_file.h"
#include "passes.h"
#include "recipe.h"
#include "score.h"
#include "sequential.h"
#include "weights_file.h"

enum { NT_MOST_SEEDS = 256, NT_MOST_GROUPS = 1000, NT_MOST_INCLUDED = 16, NT_AS_SUITE = -1 };

enum { NT_FROM_TRAINED = -1 };

/* Each case of a group is trained on before it is measured. */
typedef struct nt_retrain {
    nt_recipe recipe;
    int32_t from; /* NT_FROM_TRAINED, or the epoch whose weights are edited; 0: before training */
    nt_location location, from_location;
} nt_retrain;

typedef struct nt_group {
    const char *name, *title;
    int32_t decide;   /* nt_decide; NT_AS_SUITE: as the suite says */
    const char *hook; /* the script's path */
    const nt_hook_option *options;
    int option_count;
    const nt_hook_limits *limits; /* the suite's */
    const nt_retrain *retrain;    /* NULL: its cases are measured as they are edited */
    const nt_yaml *retrain_node;  /* private */
    nt_location location;         /* of its name in the suite */
    nt_trail trail;               /* what the hook's mistakes say: which group asked for it */
} nt_group;

typedef struct nt_suite_data {
    const nt_data_kind *kind;
    const void *options;
    const char *root;
    const char *found; /* where they are, of a suite that is repeated; NULL: as `root` says */
    int32_t hold_out;
    double memory;      /* gigabytes of images to hold; 0: the usual */
    nt_loading loading; /* how samples are shown; its mean and deviation are these, or NULL: */
    float mean[NT_MAX_CHANNELS], deviation[NT_MAX_CHANNELS];
    int32_t channels; /* as many of them */
} nt_suite_data;

typedef struct nt_suite_evaluate {
    int32_t split; /* nt_split */
    int32_t batch;
    int32_t limit;       /* only a stratified draw of so many samples; 0: all */
    int32_t first;       /* only the first so many; at most one of both is above 0 */
    int32_t batch_norm;  /* nt_norm */
    int32_t calibration; /* training images for mean outputs and recalibrated statistics */
    bool has_metric;     /* otherwise the usual one of the data */
    nt_metric metric;
} nt_suite_evaluate;

/* What is estimated of layers beside what is measured. */
typedef struct nt_suite_estimate {
    const struct nt_estimator *const *by;
    int32_t count;  /* of estimators; 0: nothing is */
    int32_t images; /* that they look at, of each class or patient a share drawn with the seed */
    int32_t split;  /* nt_split */
} nt_suite_estimate;

typedef struct nt_suite {
    nt_arena arena;
    nt_document *documents[NT_MOST_INCLUDED]; /* places point into them: the file, the one that it
                                                 includes, … */
    int document_count;
    const nt_yaml *root; /* the tree of all, with what the command line overrides */
    const char *path, *name;
    const char *graph; /* the graph file's path */
    nt_setting *settings;
    int setting_count;
    nt_suite_data data;
    nt_suite_evaluate evaluate;
    nt_suite_estimate estimate;
    nt_weights_source initial; /* what they were before training; no path: not said */
    nt_weights_source weights; /* given, or, without a path, */
    const nt_recipe *recipe;   /* then they are trained so, */
    nt_weights_source from;    /* from these weights on; no path: from those that a seed draws */
    int32_t conv;              /* which algorithms: see nt_pass_options; in the recipe too */
    const int32_t *seeds;
    int seed_count;
    nt_group *groups;
    int group_count;
    nt_hook_limits hook_limits;
    int32_t decide; /* nt_decide: whether cases end as soon as their verdict is certain */
    double margin;  /* a change within it is trivial */
    const nt_setting *overrides; /* of the command line */
    int override_count;
    char digest[NT_DIGEST_HEX]; /* of the file's text and these settings but limits; of a suite
                                 * that is repeated (suite_repeat.h), what it was then */
    const char *data_digest;    /* of the data that it must be of; NULL: any */
} nt_suite;

/* Whether batch normalisation has more than one value per channel, wherever it takes the statistics
 * of a batch: in training, and in evaluating `samples` (0: not known how many). NT_INVALID with the
 * node and its shape otherwise. */
nt_status nt_suite_check_training_norms(const nt_suite *suite, const nt_network *network,
                                        nt_error *error);
nt_status nt_suite_check_norms(const nt_suite *suite, const nt_network *network, int32_t samples,
                               nt_error *error);

/* "trained", "initial" or "epoch 5"; NULL when out of memory. */
const char *nt_retrain_from(const nt_retrain *retrain, nt_arena *arena);
bool nt_suite_retrains(const nt_suite *suite); /* any group is */

/* How measuring the cases of group number g may end early. */
nt_decide nt_group_decide(const nt_suite *suite, int g);
bool nt_suite_decides(const nt_suite *suite); /* any of them */

/* Makes none, or all, end early, whatever the file says; the second has its errors. */
void nt_suite_decide_none(nt_suite *suite);
nt_status nt_suite_decide_all(nt_suite *suite, nt_error *error);

/* How images are normalised: as the suite says, or in the usual way of the data. */
typedef struct nt_normalising {
    bool by_image;
    const float *mean, *deviation; /* of each channel; NULL: by image, or not known how */
    int32_t channels;
} nt_normalising;

nt_normalising nt_suite_normalising(const nt_suite_data *data, const nt_data_info *info);

/* Opens the data that the suite names, and whether they are there. */
nt_status nt_suite_open_data(const nt_suite *suite, nt_dataset **ret, nt_error *error);
bool nt_suite_data_there(const nt_suite *suite);

/* The same where what is wrong with the data is shown where the suite names them. What was found is
 * noted, unless `progress` is NULL. */
nt_status nt_suite_look_at_data(const nt_suite *suite, const nt_progress *progress,
                                nt_dataset **ret, nt_error *error);

/* Adds to `error` what `from` holds, at the suite's value that is to blame ("data.root"; see
 * nt_yaml_location), and empties `from`. */
void nt_suite_blame(const nt_suite *suite, const char *path, nt_error *from, nt_error *error);

/* What is repeated is repeated on the same data: those in `folder`, with this digest. */
nt_status nt_suite_check_digest(const nt_suite *suite, const char *folder, const char *digest,
                                nt_error *error);

/* Runs the groups' hooks, each to its end or to where it asks: see nt_hook_run. Mistakes, which
 * don't hide those of the next, say which group asked for them. `ret` has room for the
 * cases of each group; on failure too they are to be finished. */
nt_status nt_groups_list(const nt_suite *suite, const nt_network *network,
                         const nt_progress *progress, nt_cases *ret, nt_error *error);

/* The same of one group, by itself. */
nt_status nt_group_list(const nt_group *group, const nt_network *network,
                        const nt_progress *progress, nt_cases *ret, nt_error *error);

/* Notes what a user should know of a group's cases. */
void nt_group_note(const nt_group *group, const nt_cases *cases, const nt_progress *progress);

/* NT_INVALID, with the near names, for a group that says it has the controls of a case which isn't
 * there. Unless `searched`, the cases of hooks that ask may still come. */
nt_status nt_groups_check_controls(const nt_suite *suite, const nt_cases *cases, bool searched,
                                   nt_error *error);

/* Makes the group's hook, which asks: see nt_hook_new. */
nt_status nt_group_open(const nt_group *group, const nt_network *network,
                        const nt_progress *progress, nt_hook **ret, nt_error *error);

/* `path` may be the bare name of a suite: see shipped.h. `settings` override scalars of the file,
 * each by its dotted path: evaluate.limit=1000. */
nt_status nt_suite_load(const char *path, const nt_setting *settings, int setting_count,
                        nt_suite **ret, nt_error *error);
void nt_suite_free(nt_suite *suite); /* takes NULL */

/* Whether a setting is of `hook_limits`, which changes no result. */
bool nt_suite_is_limit(const char *key);

#endif
