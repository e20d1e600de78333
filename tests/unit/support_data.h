/* Small data sets, made on the spot in the kinds' formats. */
#ifndef SUPPORT_DATA_H
#define SUPPORT_DATA_H

#include "dataset.h"
#include "support_mutate.h"
#include <zlib.h>

enum { CIFAR_PIXELS = 3072 };

/* What byte stands at (sample, channel, pixel) of every set made here. */
unsigned char pixel_of(int sample, int channel, int pixel);

int label_of(int sample, int classes);

/* Opens a set with options as "name=value name=[1,2]", the others as usual. From then on the
 * allocation number `fails_at` fails; -1: none does. */
nt_status open_with(const char *kind_name, const char *root, const char *options, int fails_at,
                    nt_dataset **ret, nt_error *error);

/* Sample i of a loaded split of which all images are held in memory. */
nt_sample sample_of_set(const nt_dataset *set, nt_split split, int32_t i);

/* Opens a set with options, reads all of it and sums it up, as a specimen's reader
 * (support_mutate.h) does. */
nt_status read_set(const char *kind_name, const char *root, const char *options, uint64_t *ret_sum,
                   nt_error *error);

/* Expects of a set whose images can't all be in memory, however few of them, the samples, labels,
 * masks and digests of the set in memory, in the same order. */
void expect_those_in_memory(const char *kind_name, const char *root, const char *options);

/* Writes `count` CIFAR records, samples `first` and on; `coarse` adds the byte before the label. */
void write_cifar(const char *path, int first, int count, bool coarse, int classes);

/* Five training files of two records and a test file of three. */
void make_cifar10(const char *folder);

size_t put_big(unsigned char *to, uint32_t value);

/* The bytes of an IDX file of `count` images of 4x5, or of labels; returns their number. */
size_t idx_images(unsigned char *bytes, int first, int count);

size_t idx_labels(unsigned char *bytes, int first, int count);

void write_packed(const char *path, const void *bytes, size_t size);

/* Seven training images, plain, and four test images, gzipped. */
void make_idx(const char *folder);

#endif
