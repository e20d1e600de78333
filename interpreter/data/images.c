#include "images.h"

#include "alloc.h"
#include <math.h>

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
