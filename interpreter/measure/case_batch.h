/* A graph of several cases, ready to run, whose outcomes are saved shard by shard, as far as they
 * go. */
#ifndef NT_CASE_BATCH_H
#define NT_CASE_BATCH_H

#include "derived_weights.h"
#include "measure.h"

typedef struct nt_case_batch {
    nt_arena arena;
    const nt_measuring *m;
    nt_subject **subjects;
    int32_t count; /* 0: there is none */
    nt_case_graph cases;
    nt_derived_weights *derived; /* whoever's they are */
    bool derive;                 /* they are to be made first */
    const char *required;
    nt_evaluator *evaluator; /* NULL: nothing was computed yet */
    int32_t sample_bytes;
    int32_t next;            /* sample after the last one that was run; -1: none was */
    unsigned char *outcomes; /* per output and sample of what is run at once */
    unsigned char *shard;    /* per output and sample of a shard, as far as there are any yet */
    double *losses;          /* per output, of these */
    nt_shard *shards;
} nt_case_batch;

/* A graph of these subjects; a logit that is not finite ends the run where it is of one with the
 * key `required`. When something is first computed, the tensors that edits want are made into
 * `derived`, in place of what was there, unless `derive` is false: they don't depend on what else
 * is in the graph, so that those of more cases serve fewer. Both must outlive the batch. To be
 * finished even if it fails. */
nt_status nt_case_batch_init(nt_case_batch *batch, const nt_measuring *measuring,
                             nt_subject **subjects, int32_t count, const char *required,
                             nt_derived_weights *derived, bool derive, nt_error *error);
void nt_case_batch_finish(nt_case_batch *batch); /* and there is none */

/* Gives back the memory that it runs in, until something is computed again. */
void nt_case_batch_rest(nt_case_batch *batch);

bool nt_case_batch_is_of(const nt_case_batch *batch, nt_subject *const *subjects, int32_t count);

/* The executed multiply-adds of one sample. */
nt_status nt_case_batch_cost(const nt_case_batch *batch, double *ret, nt_error *error);

/* Evaluates samples [first, first + count), which are of one shard, and saves that as far as it
 * goes; the store has the shard's samples before `first` of all of the subjects. What may pass is
 * tried twice; if it fails again, *ret_why is why, in `arena`, with NT_OK. Otherwise that is NULL.
 */
nt_status nt_case_batch_run(nt_case_batch *batch, int32_t first, int32_t count, nt_arena *arena,
                            const char **ret_why, nt_error *error);

/* --- what fails --------------------------------------------------------------------------------
 */

/* Whether another attempt, or another process, may do better: there was too little memory, or a
 * file could not be read. All else is the run's: signals, and what is invalid or not finite. */
bool nt_case_batch_may_pass(nt_status status);

/* For good: these samples of the subjects are given up, with a note. Each subject gets that as its
 * failure, in `arena`; it is NT_FAILED if one is of the key `required`. */
nt_status nt_case_batch_give_up(nt_case_batch *batch, int32_t first, int32_t count, const char *why,
                                nt_arena *arena, nt_error *error);

/* --- the same in parts, which different processes may do -------------------------------------- */

/* Finds in the store what the shard has before `first`, the losses' sums among it. */
nt_status nt_case_batch_begin(nt_case_batch *batch, int32_t first, nt_error *error);

/* Evaluates; the batch's outcomes and losses, which go on from where they are, are what it gives.
 */
nt_status nt_case_batch_compute(nt_case_batch *batch, int32_t first, int32_t count,
                                nt_error *error);

/* Saves such outcomes (per output and sample, the batch's or from elsewhere) and losses, after what
 * beginning found. */
nt_status nt_case_batch_save(nt_case_batch *batch, int32_t first, int32_t count,
                             const unsigned char *outcomes, const double *losses, nt_error *error);

/* Whether the store has all of these samples' shard, of all of the subjects. */
nt_status nt_case_batch_has(const nt_case_batch *batch, int32_t first, int32_t count, bool *ret,
                            nt_error *error);

#endif
