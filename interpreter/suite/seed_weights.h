/* The weights that one seed of a suite is measured with: given, or trained. */
#ifndef NT_SEED_WEIGHTS_H
#define NT_SEED_WEIGHTS_H

#include "progress.h"
#include "suite_file.h"
#include "weights.h"

/* What all seeds share. */
typedef struct nt_seed_source {
    const nt_suite *suite;
    nt_dataset *dataset; /* opened, its images held out */
    const char *data_digest;
    nt_weights *from;        /* what training begins with; NULL: as the seed draws it */
    const bool *from_absent; /* which of its states are as the seed draws them all the same */
    const char *from_digest;
    nt_metric metric;   /* that is watched on the held-out images */
    const char *folder; /* the run folder; a seed's own is folder/seed-N */
    const nt_progress *progress;
    int ranks;      /* that train a seed together, from 0 on (nt_training); 0: this process alone */
    bool any_order; /* see nt_training */
} nt_seed_source;

/* Where they are: the weights, and what training began with (no path if that isn't known). */
typedef struct nt_seed_files {
    const char *folder; /* of what is trained; NULL: they are given */
    nt_weights_source weights, initial;
} nt_seed_files;

/* Reads the suite's weights file, or trains (or goes on training) with seed number s of the suite.
 * The digest is the weights file's. The files' names are the suite's or in `arena`. */
nt_status nt_seed_weights(const nt_seed_source *source, int s, nt_weights *weights,
                          char ret_digest[NT_DIGEST_HEX], nt_arena *arena, nt_seed_files *ret_files,
                          nt_error *error);

#define NT_RETRAINED_FOLDER "retrained" /* in a seed's own */

/* Trains the weights, of whatever network, on by the recipe with the draws of seed number s, in a
 * folder of its own in the seed's; its name is in `arena`. `known_only`: NT_FAILED if that isn't
 * done yet. Errors as of nt_train. */
nt_status nt_seed_retrain(const nt_seed_source *source, int s, const nt_recipe *recipe,
                          bool known_only, nt_weights *weights, const char **ret_folder,
                          nt_arena *arena, nt_error *error);

#endif
