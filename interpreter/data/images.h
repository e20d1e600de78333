/* Images in memory: what a data set kind reads a split into, all at once or one by one. */
#ifndef NT_IMAGES_H
#define NT_IMAGES_H

#include "diagnostic.h"
#include "hash.h"
#include "tensor.h"
#include <stddef.h>
#include <stdint.h>

typedef enum nt_pixel {
    NT_PIXEL_BYTE, /* uint8_t, 0 to 255 */
    NT_PIXEL_FLOAT /* float, any range */
} nt_pixel;

size_t nt_pixel_size(nt_pixel pixel); /* bytes */

/* `count` samples of `size` bytes each, one after the other, and what each is to be mapped to: a
 * class, or a mask of `mask_size` bytes, the class of each pixel. Owns all blocks. */
typedef struct nt_images {
    int32_t count;
    size_t size, mask_size; /* mask_size 0: there are no masks */
    unsigned char *pixels;  /* [count][rows][columns][channels], bytes or floats */
    int32_t *labels;        /* [count]; NULL with masks */
    unsigned char *masks;   /* [count][rows][columns]; NULL without */
} nt_images;

/* NT_NO_MEMORY leaves *ret alone. Contents are not initialised. */
nt_status nt_images_init(nt_images *ret, int32_t count, size_t size, size_t mask_size);
void nt_images_finish(nt_images *images);

/* One of them, where it lies. */
typedef struct nt_sample {
    const void *pixels;        /* [rows][columns][channels], bytes or floats */
    const unsigned char *mask; /* [rows][columns]; NULL: it has a label */
    int32_t label;             /* 0 where there is a mask */
} nt_sample;

nt_sample nt_images_sample(const nt_images *images, int32_t i);

/* SHA-256 over all that a sample is: its shape (channels, rows, columns), label, pixels and mask.
 * NT_NO_MEMORY or NT_OK. */
nt_status nt_sample_digest(const nt_sample *sample, nt_shape shape, nt_pixel pixel,
                           char ret[NT_DIGEST_HEX]);

/* Where what reads many samples puts each, from any thread. */
typedef struct nt_sample_sink {
    nt_status (*take)(const void *context, int32_t i, const nt_sample *sample, nt_error *error);
    const void *context;
    int32_t held; /* the first so many stay in memory; the others will be read again */
} nt_sample_sink;

/* Calls `read` for each of `count` samples, several at once. All are tried; the errors of the first
 * NT_ERROR_LIMIT that fail are reported, in their order, and the others counted. */
typedef nt_status (*nt_read_sample)(const void *context, int32_t sample, nt_error *error);
nt_status nt_read_samples(int32_t count, nt_read_sample read, const void *context, nt_error *error);

/* Gives one image of `count` floats mean 0 and deviation 1, in place, all channels together; an
 * image of one value becomes zeros. */
void nt_image_normalise(float *image, int64_t count);

#endif
