/* Checkpoints: all that a training run needs to go on as if nothing had happened.
 *
 * A checkpoint is a safetensors file, so that other programs can look into it: the network's
 * tensors under their own names, what the optimiser remembers of each as `optimiser.SLOT.NAME`, and
 * in the metadata where the run stands, what it is a run of (identity.h), which numerics took part,
 * which build wrote it, a SHA-256 over all tensors, and one over the metadata, so that which
 * checkpoint is newer and whose it is can be told without reading the tensors. The last two are
 * kept, `checkpoint-0.safetensors` and `checkpoint-1.safetensors`, written in turn, each replaced
 * as a whole: whenever the program dies, one good one is left. */
#ifndef NT_CHECKPOINT_H
#define NT_CHECKPOINT_H

#include "identity.h"
#include "training_state.h"

/* Where a run stands. */
typedef struct nt_cursor {
    int32_t epoch;   /* complete epochs */
    int32_t step;    /* steps done of the next one */
    double loss_sum; /* over the samples seen in it */
    int64_t correct; /* of them, or of their pixels, */
    int64_t counted; /* of so many: ignored ones are in neither; -1: nobody wrote it down */
    double seconds;  /* spent in it so far */
} nt_cursor;

/* How far a run goes: no cursor of it can be past that. A file's digests say that it is as it was
 * written, not that who wrote it was this program. */
typedef struct nt_course {
    int32_t epochs, steps; /* of the run; of an epoch */
    int64_t targets;       /* of a step: so many count at most */
} nt_course;

/* What a file of a run says of the run. */
typedef struct nt_run_mark {
    nt_identity identity;
    const char *numerics; /* that took part (ops/numerics.h): a line each, in their order */
} nt_run_mark;

/* A run folder's newer checkpoint goes to the place of the older one, or of one that is damaged or
 * stands where the course doesn't come. */
nt_status nt_checkpoint_save(const char *folder, const nt_training_state *state,
                             const nt_cursor *cursor, const nt_course *course,
                             const nt_run_mark *mark, nt_error *error);

typedef enum nt_found {
    NT_FOUND_NONE,   /* there is no checkpoint */
    NT_FOUND_NEWEST, /* the newest was read */
    NT_FOUND_OTHER   /* one was damaged, and the other was read */
} nt_found;

/* What was found; texts in the arena that was given. */
typedef struct nt_checkpoint {
    nt_found found;
    nt_cursor cursor;
    const char *numerics; /* of its mark */
    const char *damage;   /* of NT_FOUND_OTHER: which one is damaged, and how */
} nt_checkpoint;

/* Reads the newest good checkpoint into the state. NT_INVALID when there are only damaged ones, to
 * which those belong that stand where the course doesn't come, or when they are of another run or
 * of one that can't be compared; on failure the state's tensors are undefined. */
nt_status nt_checkpoint_load(const char *folder, nt_training_state *state,
                             const nt_identity *identity, const nt_course *course, nt_arena *arena,
                             nt_checkpoint *ret, nt_error *error);

/* Where the newest good checkpoint says that it stands, by its metadata alone, whatever run it is
 * of and however far that goes; its `found` NT_FOUND_NONE: there is none. */
nt_status nt_checkpoint_look(const char *folder, nt_arena *arena, nt_checkpoint *ret,
                             nt_error *error);

/* Removes the run folder's checkpoints, once the weights are written. */
void nt_checkpoint_remove(const char *folder);

#endif
