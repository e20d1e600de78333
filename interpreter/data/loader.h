/* The batch loader: normalised float32 batches of one split of a data set, as the engine reads
 * them.
 *
 *     images | sample | row | column | channel |      (NHWC)
 *
 * A byte becomes (byte / 255 - mean) / deviation, each step rounded to float32: bit for bit what
 * PyTorch's ToTensor and Normalize give. Since a byte has 256 values, this is one table per
 * channel. A sample's values don't depend on the batch that it is in, nor on the number of threads.
 */
#ifndef NT_LOADER_H
#define NT_LOADER_H

#include "dataset.h"

typedef struct nt_loader nt_loader;

/* Loads the split (see nt_dataset_load) and prepares the tables. `limit`: only the first so many
 * samples; 0: all. `mean` and `deviation` hold one value per channel; both NULL: the usual ones.
 * NT_INVALID when the split is empty, a deviation isn't positive or there is no usual
 * normalisation. The data set must outlive the loader. */
nt_status nt_loader_new(nt_dataset *dataset, nt_split split, int32_t limit, const float *mean,
                        const float *deviation, nt_loader **ret, nt_error *error);
void nt_loader_free(nt_loader *loader);

nt_split nt_loader_split(const nt_loader *loader);
int32_t nt_loader_count(const nt_loader *loader);

/* Fills count x rows x columns x channels floats and `count` classes with samples [first, first +
 * count) of the loader; ret_labels may be NULL. In parallel. */
void nt_loader_fill(const nt_loader *loader, int32_t first, int32_t count, float *ret_images,
                    int32_t *ret_labels);

/* The same for the samples that `indices` names, in that order: a shuffled batch, a subset. */
void nt_loader_gather(const nt_loader *loader, const int32_t *indices, int32_t count,
                      float *ret_images, int32_t *ret_labels);

/* --- for augmentation, which works on images before they are normalised ----------------------- */

/* The dataset's info, and sample i of the loader as floats: bytes / 255, floats as they are. */
const nt_data_info *nt_loader_info(const nt_loader *loader);
void nt_loader_raw(const nt_loader *loader, int32_t i, float *ret_image);

/* Sample i's class. */
int32_t nt_loader_label(const nt_loader *loader, int32_t i);

/* The mean and the deviation of each channel, which belong to the loader; returns how many. */
int32_t nt_loader_normalisation(const nt_loader *loader, const float **ret_mean,
                                const float **ret_deviation);

/* Normalises one image in place. */
void nt_loader_normalise(const nt_loader *loader, float *image);

#endif
