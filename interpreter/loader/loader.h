/* The batch loader: normalised float32 batches of one split of a data set, as the engine reads
 * them.
 *
 *     images  | sample | row | column | channel |      (NHWC)
 *     targets | sample |                               a class for each sample,
 *             | sample | row | column |                or one for each pixel
 *
 * A byte becomes (byte / 255 - mean) / deviation, each step rounded to float32: bit for bit what
 * PyTorch's ToTensor and Normalize give. Since a byte has 256 values, this is one table per
 * channel. A sample's values don't depend on the batch that it is in, nor on the number of threads.
 */
#ifndef NT_LOADER_H
#define NT_LOADER_H

#include "selection.h"

typedef struct nt_loader nt_loader;

/* Which samples, and how they are shown. */
typedef struct nt_loading {
    nt_selecting select;
    const float *mean, *deviation; /* a value per channel; both NULL: see `by_image` */
    bool by_image;                 /* each image by its own; otherwise the kind's usual way */
    int32_t window[2];             /* rows and columns of the middle that is shown; 0: all */
} nt_loading;

/* Loads the split (see nt_dataset_load), selects and prepares the tables. Samples are numbered as
 * they were selected; no image is copied. NULL for `loading` is all zero.
 * NT_INVALID when the split is empty, a deviation isn't positive, there is no usual normalisation
 * or the window is larger than the images. The data set must outlive the loader. */
nt_status nt_loader_new(nt_dataset *dataset, nt_split split, const nt_loading *loading,
                        nt_loader **ret, nt_error *error);

/* Whether there is such a loader, as far as that is seen without reading an image. */
nt_status nt_loader_check(const nt_dataset *dataset, nt_split split, const nt_loading *loading,
                          nt_error *error);

void nt_loader_free(nt_loader *loader);

const nt_dataset *nt_loader_dataset(const nt_loader *loader);
nt_split nt_loader_split(const nt_loader *loader);
int32_t nt_loader_count(const nt_loader *loader);
int32_t nt_loader_sample(const nt_loader *loader, int32_t i); /* the split's number of sample i */
nt_shape nt_loader_shape(const nt_loader *loader);            /* of a sample: the window's */

/* Of each sample the number of its patient: from 0 on as they first come, since no draw of patients
 * may depend on how files name them; -1: there are none. NT_NO_MEMORY or NT_OK. */
nt_status nt_loader_patients(const nt_loader *loader, int32_t *ret);

/* How many integers the target of a sample is: 1, or the window's pixels. */
int64_t nt_loader_target_size(const nt_loader *loader);

/* Fills count x rows x columns x channels floats and `count` targets with samples [first, first +
 * count) of the loader; ret_targets may be NULL. In parallel. Fails only where an image that isn't
 * held in memory can't be read again: see nt_dataset_sample. */
nt_status nt_loader_fill(const nt_loader *loader, int32_t first, int32_t count, float *ret_images,
                         int32_t *ret_targets, nt_error *error);

/* The same for the samples that `indices` names, in that order: a shuffled batch, a subset. */
nt_status nt_loader_gather(const nt_loader *loader, const int32_t *indices, int32_t count,
                           float *ret_images, int32_t *ret_targets, nt_error *error);

/* --- for augmentation, which works on whole images before they are normalised ----------------- */

/* Of the data set, whose images may be larger than the window. */
nt_shape nt_loader_whole(const nt_loader *loader);

/* Sample i of the loader as floats: bytes / 255, floats as they are. `room`, of nt_loader_room
 * bytes, and the sample are as nt_dataset_sample's. */
nt_status nt_loader_raw(const nt_loader *loader, int32_t i, void *room, float *ret_image,
                        nt_sample *ret_sample, nt_error *error);
size_t nt_loader_room(const nt_loader *loader);
int32_t nt_loader_label(const nt_loader *loader, int32_t i); /* 0 where there are masks */

/* The window of a whole image, normalised, and of its mask. */
void nt_loader_cut(const nt_loader *loader, const float *image, float *ret_image);
void nt_loader_cut_mask(const nt_loader *loader, const unsigned char *mask, int32_t *ret_target);

/* Which samples of which data (but their bytes: nt_dataset_digest) and how they are shown, in words
 * that are equal if that is, for identities. */
void nt_loader_describe(const nt_loader *loader, nt_text *text);

#endif
