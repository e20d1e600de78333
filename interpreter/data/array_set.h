/* The kind `npy`: what its files of opening and of reading share. */
#ifndef NT_ARRAY_SET_H
#define NT_ARRAY_SET_H

#include "array_range.h"
#include "data_kind.h"
#include "mask_key.h"

enum { NT_CHANNELS_FIRST, NT_CHANNELS_LAST };

typedef struct nt_array_options {
    const char *train_images, *train_labels, *train_masks, *test_images, *test_labels, *test_masks;
    const char *labels;
    nt_ints ignore_labels, test_part;
    int32_t layout, classes;
} nt_array_options;

/* The arrays of each split; what `info->own` is. */
typedef struct nt_array_set {
    nt_array_range images[NT_HELD_OUT], targets[NT_HELD_OUT];
    nt_mask_key key; /* `labels` of count 0: classes are numbered from 0 */
} nt_array_set;

/* For `open`: reads and checks the classes, where there are no masks. In `arena`. */
nt_status nt_array_set_label(nt_arena *arena, nt_data_info *info, const nt_array_set *s,
                             nt_error *error);

/* The kind's `read` and `sweep`. */
nt_status nt_array_set_read(const void *record, const nt_data_info *info, nt_split split, int32_t i,
                            void *ret_pixels, unsigned char *ret_mask, nt_error *error);
nt_status nt_array_set_sweep(const void *record, const nt_data_info *info, nt_split split,
                             const nt_sample_sink *sink, nt_error *error);

/* nt_array_refuse of a number, and why it is refused. */
nt_status nt_array_refuse_number(const nt_array_range *from, int64_t row, int64_t i, double number,
                                 const char *why, nt_error *error);

#endif
