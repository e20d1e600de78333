/* Weights on disk: the safetensors format (https://github.com/huggingface/safetensors, README).
 *
 *     | header length, 8 bytes | header: JSON, padded with spaces | data, without holes |
 *     {"__metadata__": {"key": "text"}, "fc.weight": {"dtype": "F32", "shape": [10, 512],
 *                                                     "data_offsets": [begin, end]}, …}
 *
 * Numbers are little-endian; offsets count from the start of the data. Names and order of the
 * elements are PyTorch's. A file must hold the network's tensors, all of them and no others;
 * counters (num_batches_tracked) may be absent, as in files of old, and are then 0. Every number is
 * finite, and no variance is below 0: what was computed from others would measure nothing. */
#ifndef NT_SAFETENSORS_H
#define NT_SAFETENSORS_H

#include "diagnostic.h"
#include "state_match.h"
#include "weights.h"

/* A pair of the header's metadata. */
typedef struct nt_metadata {
    const char *key, *value; /* UTF-8; key NULL ends a list */
} nt_metadata;

/* The value of a key; NULL if there is none. */
const char *nt_metadata_find(const nt_metadata *metadata, const char *key);

/* Reads all of the state, F64, F32, F16 or BF16 for floats and any numbers for counters, by the
 * names that it has here (weights_file.h understands others). NT_INVALID with the byte offset when
 * the file breaks the format, or a number in it is none to compute with; with one list of all that
 * is missing, extra or misshapen when it is not this network's. The weights change only on success.
 * `ret_note` may be NULL. */
nt_status nt_safetensors_read(const char *path, nt_weights *weights, nt_weights_note *ret_note,
                              nt_error *error);

/* A file's metadata alone, in `arena`; the header is checked as a whole. */
nt_status nt_safetensors_metadata(const char *path, nt_arena *arena, const nt_metadata **ret,
                                  nt_error *error);

/* Writes all of the state, floats as F32 and counters as I64, replacing the file as a whole or not
 * at all. Names are in the network's order. `metadata` may be NULL. */
nt_status nt_safetensors_write(const char *path, const nt_weights *weights,
                               const nt_metadata *metadata, nt_error *error);

#endif
