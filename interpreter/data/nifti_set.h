/* The kind `nifti`: what its files of finding and of reading share. */
#ifndef NT_NIFTI_SET_H
#define NT_NIFTI_SET_H

#include "dataset.h"
#include "frame_cache.h"
#include "mask_key.h"
#include "patients.h"
#include "volume.h"

enum { NT_EMPTY_KEEP, NT_EMPTY_SKIP };

typedef struct nt_nifti_options {
    const char *images, *masks, *train_images, *train_masks, *test_images, *test_masks;
    const char *image_suffix, *mask_suffix, *only, *patient, *labels, *orient;
    nt_ints ignore_labels;
    nt_reals percentile;
    double test_share, tolerance;
    int32_t split_seed, size[2], axis, frame, intensity, empty;
} nt_nifti_options;

/* An image with its mask. */
typedef struct nt_nifti_pair {
    const char *mask, *name;
    nt_nifti_head head, mask_head;
    nt_volume_view view;               /* of both */
    int32_t frame, frames, mask_frame; /* which are taken: the first, and how many */
    bool *kept;                        /* [frames][slices] */
    nt_volume_scale *scales;           /* [frames], measured when the file is swept */
    int32_t start;                     /* its first sample, in its split */
    nt_gzip_index *index, *mask_index; /* of packed files, made when they are swept; or NULL */
} nt_nifti_pair;

/* File i's pair is pairs[i]; those to train on come first. */
typedef struct nt_nifti_set {
    nt_patient_file *files; /* `path` is the image's */
    nt_nifti_pair *pairs;
    int32_t count, train; /* files; those to train on */
    nt_mask_key key;
    nt_frame_cache *cache; /* of frames that slices are cut from one by one */
} nt_nifti_set;

/* Finds images and masks by their names, draws the split, and puts the files in order. */
nt_status nt_nifti_set_find(const nt_nifti_options *o, const char *folder, nt_arena *arena,
                            nt_nifti_set *set, nt_error *error);

/* Reads all headers and holds them against each other; sets the views and the frames. */
nt_status nt_nifti_set_check(const nt_nifti_options *o, nt_nifti_set *set, nt_error *error);

/* Sets which slices are kept: all of them, or those with a class other than the first. */
nt_status nt_nifti_set_choose(const nt_nifti_options *o, nt_arena *arena, nt_nifti_set *set,
                              nt_error *error);

/* Reads and checks a file from its beginning to its end, measures its frames' scales, and hands on
 * its kept slices, in order: size[0] x size[1] pixels each, and as many classes. Indexes of packed
 * files have places `span` bytes apart; 0: none are made. */
nt_status nt_nifti_set_sweep(const nt_nifti_options *o, const nt_nifti_set *set, int32_t file,
                             const int32_t size[2], int64_t span, const nt_sample_sink *sink,
                             nt_error *error);

/* One kept slice of a file that was swept, with indexes: number `sample` of the split. A slice that
 * lies in one piece of its file is read alone; for others their frames are read, and `keep` bytes
 * of those kept. Any number of threads may ask. */
nt_status nt_nifti_set_read(const nt_nifti_set *set, nt_split split, int32_t sample, int64_t keep,
                            const int32_t size[2], float *ret_pixels, unsigned char *ret_mask,
                            nt_error *error);

/* How many that are. */
int32_t nt_nifti_pair_kept(const nt_nifti_pair *pair);

#endif
