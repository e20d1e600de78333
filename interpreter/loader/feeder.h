/* Training batches, prepared ahead of the step by threads of their own, as many as the program has.
 *
 * Epoch e sees the loader's samples in a random order that is a function of (seed, e); a batch
 * takes the next `batch` of them, and what doesn't fill a batch at the end is left out of that
 * epoch. Sample i is augmented by a stream keyed by (seed, e, i). So any batch can be made again at
 * any time, alone. */
#ifndef NT_FEEDER_H
#define NT_FEEDER_H

#include "augment.h"
#include "loader.h"

typedef struct nt_feeder nt_feeder;

/* The loader and the steps must outlive the feeder. NT_INVALID when the batch is larger than the
 * data. */
nt_status nt_feeder_new(const nt_loader *loader, const nt_augment_step *steps, int32_t step_count,
                        int32_t batch, uint64_t seed, nt_feeder **ret, nt_error *error);
void nt_feeder_free(nt_feeder *feeder); /* takes NULL */

int32_t nt_feeder_steps(const nt_feeder *feeder); /* batches an epoch */

/* From now on only samples [first, first + count) of each batch are made and given. To be called
 * before nt_feeder_seek. */
void nt_feeder_keep(nt_feeder *feeder, int32_t first, int32_t count);

/* Goes to batch `step` (from 0) of epoch `epoch` (from 0); nt_feeder_next gives that one next. Must
 * be called once before the first. NT_FAILED when no thread can be had. */
nt_status nt_feeder_seek(nt_feeder *feeder, int32_t epoch, int32_t step, nt_error *error);

/* The next batch: NHWC floats and targets as the loader's, valid until the next call. Fails only
 * where an image that isn't held in memory can't be read again: see nt_dataset_sample. */
nt_status nt_feeder_next(nt_feeder *feeder, const float **ret_images, const int32_t **ret_targets,
                         nt_error *error);

/* Makes one batch in the calling thread: what the threads do, for tests; not while they run. */
nt_status nt_feeder_make(nt_feeder *feeder, int32_t epoch, int32_t step, float *ret_images,
                         int32_t *ret_targets, nt_error *error);

#endif
