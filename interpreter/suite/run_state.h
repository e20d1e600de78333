/* How far a run is, from its folder alone: also while another process works in it, or after it was
 * ended. Nothing is changed by looking. */
#ifndef NT_RUN_STATE_H
#define NT_RUN_STATE_H

#include "folder_tree.h"
#include "suite_file.h"

/* The training of one seed. */
typedef struct nt_seed_state {
    int32_t seed;
    bool trained;        /* its weights are there */
    bool checkpoint;     /* a checkpoint is, of: */
    int32_t epoch, step; /* complete epochs, and steps of the next one */
    int32_t epochs;      /* rows of metrics.csv; of the last of them: */
    double rate, loss, accuracy, held_loss, held_value, seconds;
} nt_seed_state;

typedef enum nt_run_stage {
    NT_RUN_UNKNOWN,  /* there is no source/, or it can't be read */
    NT_RUN_TRAINING, /* some seeds have no weights yet */
    NT_RUN_MEASURING,
    NT_RUN_FINISHED
} nt_run_stage;

extern const char *const nt_run_stages[]; /* their names */

typedef struct nt_run_state {
    nt_arena arena;
    const char *folder;
    nt_suite *suite;     /* of its source/; NULL: it isn't known */
    const char *name;    /* of the suite, */
    const char *network; /* of the network, */
    const char *data;    /* and the kind of data; "" where they are not known */
    const char *digest;  /* of the suite as it was given, as nt_suite's; "" */
    const char *why;     /* why something isn't known, one line; NULL: all is */
    int32_t failures;    /* of a finished run: cases without numbers, with each seed */
    nt_run_stage stage;
    bool in_use; /* a process works in it */
    nt_seed_state *seeds;
    int32_t seed_count, trained;
    int32_t epochs;        /* of the recipe; 0: weights are given, or it isn't known */
    int32_t samples;       /* that are measured; 0: none are yet */
    int64_t shards, total; /* measured, of all cases and seeds; `total` 0: not known */
    bool early;            /* fewer may do: cases end as soon as they are decided */
    int64_t cases;         /* different ones with the baseline, each seed's; 0: not known */
    int32_t parts;         /* folders of parts in it */
    nt_folder_size size;
    const char *command; /* that finishes it; "" where none is needed or known */
} nt_run_state;

/* Whether the folder is one of a run. */
bool nt_run_is_there(const char *folder);

/* Whether a folder of this name in a run's is one of its parts. */
bool nt_run_part_is(const char *name);

/* `cases`: as an earlier look found them, so that the hooks need not be run again; 0: not yet. What
 * can't be read is not known, and no error: NT_NO_MEMORY or NT_OK. To be finished in either case.
 */
nt_status nt_run_state_look(const char *folder, int64_t cases, nt_run_state *ret);
void nt_run_state_finish(nt_run_state *state);

/* --- cleaning --------------------------------------------------------------------------------- */

/* What a finished run no longer needs. */
typedef struct nt_run_rest {
    const char **checkpoints; /* files: of seeds whose weights are there */
    const char **parts;       /* folders of parts whose outcomes are all in the run's own store */
    int32_t checkpoint_count, part_count;
    int64_t bytes;
} nt_run_rest;

/* In `arena`. NT_INVALID unless the folder is that of a finished run that nobody works in. */
nt_status nt_run_rest_find(const nt_run_state *state, nt_arena *arena, nt_run_rest *ret,
                           nt_error *error);
nt_status nt_run_rest_remove(const nt_run_state *state, const nt_run_rest *rest, nt_error *error);

#endif
