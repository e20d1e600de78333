/* Data sets: images with their targets, cut into splits.
 *
 * A data set is one folder of a kind (data_kind.h), opened. Opening reads sizes and class names; a
 * split's images are read when they are first asked for, as stored (bytes stay bytes), NHWC: rows,
 * columns, channels. They stay in memory as far as they may; beyond that they are read again,
 * always to the same bits (image_cache.h). Any number of threads may look at a loaded split.
 * Normalising is the loader's (loader.h). */
#ifndef NT_DATASET_H
#define NT_DATASET_H

#include "data_kind.h"

typedef struct nt_dataset nt_dataset;

/* Opens the folder `root`. A relative root is sought beside the file `beside` that says it (NULL:
 * in the working folder), then under $NONTRIVIAL_DATA; a NULL one is $NONTRIVIAL_DATA itself.
 * `options` is a record of the kind's fields that must outlive the data set; NULL takes the
 * defaults. NT_INVALID, with what was looked for, when the data are not there. */
nt_status nt_dataset_open(const nt_data_kind *kind, const void *options, const char *root,
                          const char *beside, nt_dataset **ret, nt_error *error);
void nt_dataset_free(nt_dataset *dataset);

/* Whether the folder that nt_dataset_open would open is there; data that are made always are. */
bool nt_dataset_there(const nt_data_kind *kind, const char *root, const char *beside);

/* Belongs to the data set. */
const nt_data_info *nt_dataset_info(const nt_dataset *dataset);
int32_t nt_dataset_count(const nt_dataset *dataset, nt_split split);

/* SHA-256 over the names and contents of all the files found; reads them. With the files of
 * info->files in that order, it is what `sha256sum FILES | sha256sum` prints in their folder. Of
 * data that are made, over the recipe's version and the options. */
nt_status nt_dataset_digest(const nt_dataset *dataset, char hex[NT_DIGEST_HEX], nt_error *error);

/* In words, all that decides what the samples of the splits are, beside the digest: the kind, all
 * its options, how many training images are held out. */
void nt_dataset_describe(const nt_dataset *dataset, nt_text *text);

/* Moves `count` of the training images to the split NT_HELD_OUT: a uniform draw without
 * replacement, keyed by `key`; both parts stay in the files' order. Where it is known which images
 * are of one patient, patients are drawn whole, until `count` is reached: it may be exceeded by
 * less than the last one has. NT_INVALID unless some images remain to train on. Not while a loader
 * is in use. */
nt_status nt_dataset_hold_out(nt_dataset *dataset, int32_t count, uint64_t key, nt_error *error);

/* How many gigabytes of images may be held in memory; 0, and without a call: a quarter of what the
 * machine has for this process. Before the first is loaded. */
void nt_dataset_limit(nt_dataset *dataset, double gigabytes);

/* Reads and checks the images of a split, unless that is done already, and holds as many as may be.
 */
nt_status nt_dataset_load(nt_dataset *dataset, nt_split split, nt_error *error);

/* Sample i of a loaded split. One that isn't held is read into `room`, of nt_dataset_room bytes (0:
 * all are held), aligned as nt_alloc's. NT_INVALID when it can't be read again or has changed. */
nt_status nt_dataset_sample(const nt_dataset *dataset, nt_split split, int32_t i, void *room,
                            nt_sample *ret, nt_error *error);
size_t nt_dataset_room(const nt_dataset *dataset, nt_split split);

/* Its class, 0 where there are masks, and its digest (nt_sample_digest); neither reads it again. */
int32_t nt_dataset_label(const nt_dataset *dataset, nt_split split, int32_t i);
nt_status nt_dataset_sample_digest(const nt_dataset *dataset, nt_split split, int32_t i,
                                   char ret[NT_DIGEST_HEX]);

/* Of any split, loaded or not: the sample's name, NULL if it has none, and its patient, or -1. */
const char *nt_dataset_name(const nt_dataset *dataset, nt_split split, int32_t i);
int32_t nt_dataset_patient(const nt_dataset *dataset, nt_split split, int32_t i);

#endif
