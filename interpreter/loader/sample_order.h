/* An order of a split's samples in which the order of their files has no say.
 *
 * Each sample is ranked by the SHA-256 of its content: its shape, its pixels as they are stored,
 * its class or mask. Samples of equal content are interchangeable. A random permutation of the
 * ranks, which follows from nothing but their number and a key, then gives the order: whichever way
 * the files are permuted or named, the samples come in the same sequence, and in no other relation
 * to their content. */
#ifndef NT_SAMPLE_ORDER_H
#define NT_SAMPLE_ORDER_H

#include "dataset.h"

/* The numbers of a loaded split's samples, in the order that `key` and `stream` (random.h) choose.
 * In parallel. NT_NO_MEMORY or NT_OK. */
nt_status nt_sample_order(const nt_dataset *dataset, nt_split split, uint64_t key, uint64_t stream,
                          int32_t *ret_order);

#endif
