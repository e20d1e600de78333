#include "images.h"

#include "alloc.h"
#include "parallel.h"
#include <math.h>
#include <stdio.h>

size_t nt_pixel_size(nt_pixel pixel) {
    return pixel == NT_PIXEL_BYTE ? 1 : sizeof(float);
}

nt_status nt_images_init(nt_images *ret, int32_t count, size_t size, size_t mask_size) {
    nt_images images = {.count = count, .size = size, .mask_size = mask_size};
    size_t sample = size > mask_size ? size : mask_size;
    if (sample > 0 && (size_t)count > (size_t)-1 / sample)
        return NT_NO_MEMORY;
    images.pixels = nt_alloc((size_t)count * size);
    if (mask_size > 0)
        images.masks = nt_alloc((size_t)count * mask_size);
    else
        images.labels = nt_alloc((size_t)count * sizeof *images.labels);
    if (!images.pixels || (!images.labels && !images.masks)) {
        nt_images_finish(&images);
        return NT_NO_MEMORY;
    }
    *ret = images;
    return NT_OK;
}

void nt_images_finish(nt_images *images) {
    nt_free(images->pixels, (size_t)images->count * images->size);
    if (images->labels)
        nt_free(images->labels, (size_t)images->count * sizeof *images->labels);
    nt_free(images->masks, (size_t)images->count * images->mask_size);
    *images = (nt_images){0};
}

nt_sample nt_images_sample(const nt_images *images, int32_t i) {
    return (nt_sample){
        .pixels = images->pixels + (size_t)i * images->size,
        .mask = images->masks ? images->masks + (size_t)i * images->mask_size : NULL,
        .label = images->labels ? images->labels[i] : 0,
    };
}

nt_status nt_sample_digest(const nt_sample *sample, nt_shape shape, nt_pixel pixel,
                           char ret[NT_DIGEST_HEX]) {
    enum { HEAD = 160 };
    char head[HEAD], of_shape[NT_SHAPE_TEXT];
    nt_digest *digest = nt_digest_new();
    if (!digest)
        return NT_NO_MEMORY;
    int length = snprintf(head, sizeof head, "%s %s %d\n", nt_shape_format(shape, of_shape),
                          pixel == NT_PIXEL_BYTE ? "bytes" : "floats", sample->label);
    nt_digest_add(digest, head, (size_t)length);
    nt_digest_add(digest, sample->pixels, (size_t)nt_shape_elements(shape) * nt_pixel_size(pixel));
    if (sample->mask)
        nt_digest_add(digest, sample->mask, (size_t)nt_shape_pixels(shape));
    nt_digest_end(digest, ret);
    return NT_OK;
}

/* --- reading several at once ------------------------------------------------------------------ */

typedef struct reading {
    nt_read_sample read;
    const void *context;
    bool *failed; /* of each sample */
} reading;

static void read_job(const void *context, int job, int worker) {
    const reading *r = context;
    nt_error own;
    (void)worker;
    nt_error_init(&own);
    r->failed[job] = r->read(r->context, job, &own) != NT_OK;
    nt_error_finish(&own);
}

/* What failed is read once more, in order, for its errors. */
nt_status nt_read_samples(int32_t count, nt_read_sample read, const void *context,
                          nt_error *error) {
    bool *failed = nt_alloc((size_t)count);
    nt_status status = NT_OK;
    if (!failed)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %d images", count);
    nt_parallel(count, read_job, &(reading){read, context, failed});
    for (int32_t i = 0; i < count; i++) {
        if (!failed[i])
            continue;
        if (nt_error_full(error)) {
            error->dropped++;
            continue;
        }
        nt_status again = read(context, i, error);
        status = status == NT_OK ? again : status;
    }
    nt_free(failed, (size_t)count);
    return status;
}

void nt_image_normalise(float *image, int64_t count) {
    double mean = 0, variance = 0;
    for (int64_t k = 0; k < count; k++)
        mean += (double)image[k];
    mean /= (double)count;
    for (int64_t k = 0; k < count; k++)
        variance += ((double)image[k] - mean) * ((double)image[k] - mean);
    double scale = variance > 0 ? 1 / sqrt(variance / (double)count) : 0;
    for (int64_t k = 0; k < count; k++)
        image[k] = (float)(((double)image[k] - mean) * scale);
}
