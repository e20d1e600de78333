/* outcomes.bin: every image's outcome in every case, as small as is exact, so that a run's numbers
 * can be computed anew without its weights, its data or its store.
 *
 *     8 bytes        how long the header is, low byte first
 *     header         JSON, blanks up to a multiple of 8 bytes: what nt_packed says. `outcomes` are
 *                    those of the baselines and cases, each once; `offset` counts from the header's
 *                    end; `cases` names them, in the order of results.csv
 *     of classes     a bit an image, the low one first: it is right. Where `failures` is true, as
 *                    many more bytes follow: a bit an image whose logits are not finite
 *     of masks       for each image and class three counts of pixels, in both masks, in the
 *                    prediction, in the truth, of `bytes` bytes each, low byte first: the fewest
 *                    that leave all bits 1 for a failure
 *
 * Counts are kept, and not each image's Dice as a half: of 11 bits a Dice of more than 2,048 pixels
 * would be rounded, and the Dice of the set and the share of pixels don't follow from it at all. An
 * outcome of fewer images than others, of a case that ended early, says how many it has. */
#ifndef NT_PACKED_H
#define NT_PACKED_H

#include "results.h"
#include "score.h"
#include "store.h"

#define NT_PACKED_NAME "outcomes.bin"

typedef struct nt_packed_outcome {
    const char *key, *numerics; /* as in the store */
    int32_t samples;
    double loss;    /* sum over the samples */
    bool failures;  /* of classes */
    int32_t bytes;  /* of masks, a count's */
    int64_t offset; /* of its bytes in the data */
} nt_packed_outcome;

typedef struct nt_packed_case {
    const char *group, *name; /* of a baseline, both NT_BASELINE; of a retrained group's,
                               * NT_BASELINE and the group */
    int32_t seed;
    int32_t outcome, baseline; /* indices of outcomes: its own, and what it was compared with */
} nt_packed_case;

typedef struct nt_packed {
    nt_metric metric;
    int32_t classes; /* of masks */
    const nt_packed_outcome *outcomes;
    int32_t outcome_count;
    const nt_packed_case *cases;
    int32_t case_count;
    const unsigned char *data;
    size_t size;
} nt_packed;

/* The scoring of a run's outcomes. */
nt_scoring nt_results_scoring(const nt_results *results);

/* The outcomes of a run that is measured; all in `arena`. The store's errors, NT_NO_MEMORY. */
nt_status nt_packed_make(const nt_results *results, nt_store *store, nt_arena *arena,
                         nt_packed *ret, nt_error *error);

/* Puts the outcomes into a store that lacks them. */
nt_status nt_packed_restore(const nt_packed *packed, nt_store *store, nt_error *error);

/* Gives the results' findings the keys and numerics of their outcomes, in the arena of `packed`.
 * NT_INVALID, which names the file `path`, where one that has numbers has no outcome. */
nt_status nt_packed_assign(const nt_packed *packed, const char *path, nt_results *results,
                           nt_error *error);

/* In the run folder. Of what was read, everything is in `arena`, and within the file. */
nt_status nt_packed_write(const nt_packed *packed, const char *run, nt_error *error);
nt_status nt_packed_read(const char *path, nt_arena *arena, nt_packed *ret, nt_error *error);

/* Gives an outcome's samples as the store has them (score.h): nt_score_bytes of the run's scoring a
 * sample. */
void nt_packed_unpack(const nt_packed *packed, const nt_packed_outcome *outcome,
                      unsigned char *ret);

/* How many bytes an outcome has in the data; 0 where its numbers make no sense. */
size_t nt_packed_size(const nt_packed *packed, const nt_packed_outcome *outcome);

#endif
