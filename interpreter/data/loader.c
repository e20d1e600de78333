/* Bytes are normalised through a table of 256 values a channel; floats one by one. */
#include "loader.h"

#include "alloc.h"
#include "parallel.h"
#include <math.h>
#include <string.h>

enum { JOB = 8 }; /* samples */

struct nt_loader {
    const nt_dataset *dataset;
    nt_split split;
    int32_t count, channels;
    int64_t pixels;
    nt_pixel pixel;
    float mean[NT_MAX_CHANNELS], deviation[NT_MAX_CHANNELS];
    float table[NT_MAX_CHANNELS][256]; /* of a byte: its normalised value */
};

static void fill_tables(nt_loader *loader) {
    for (int32_t c = 0; c < loader->channels; c++)
        for (int byte = 0; byte < 256; byte++)
            loader->table[c][byte] =
                ((float)byte / 255.0f - loader->mean[c]) / loader->deviation[c];
}

static nt_status check(const nt_dataset *dataset, nt_split split, const float *mean,
                       const float *deviation, nt_error *error) {
    const nt_data_info *info = nt_dataset_info(dataset);
    if (info->counts[split] == 0)
        return nt_error_in(error, NT_INVALID, info->folder, -1, "has no images for the split '%s'",
                           nt_split_name(split));
    if (!mean && !info->has_usual) {
        nt_error_in(error, NT_INVALID, info->folder, -1,
                    "has no usual normalisation, since it has no training images");
        nt_error_hint(error, "give the mean and the deviation of each channel");
        return NT_INVALID;
    }
    for (int32_t c = 0; deviation && c < nt_shape_channels(info->shape); c++)
        if (!(deviation[c] > 0) || !isfinite(deviation[c]) || !isfinite(mean[c]))
            return nt_error_say(error, NT_INVALID,
                                "cannot normalise channel %d by mean %g and deviation %g", c,
                                (double)mean[c], (double)deviation[c]);
    return NT_OK;
}

nt_status nt_loader_new(nt_dataset *dataset, nt_split split, int32_t limit, const float *mean,
                        const float *deviation, nt_loader **ret, nt_error *error) {
    const nt_data_info *info = nt_dataset_info(dataset);
    NT_TRY(check(dataset, split, mean, deviation, error));
    NT_TRY(nt_dataset_load(dataset, split, error));
    nt_loader *loader = nt_alloc_zero(sizeof *loader);
    if (!loader)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory preparing a loader");
    loader->dataset = dataset;
    loader->split = split;
    loader->count = info->counts[split];
    if (limit > 0 && limit < loader->count)
        loader->count = limit;
    loader->channels = nt_shape_channels(info->shape);
    loader->pixels = nt_shape_pixels(info->shape);
    loader->pixel = info->pixel;
    for (int32_t c = 0; c < loader->channels; c++) {
        loader->mean[c] = mean ? mean[c] : info->mean[c];
        loader->deviation[c] = mean ? deviation[c] : info->deviation[c];
    }
    fill_tables(loader);
    *ret = loader;
    return NT_OK;
}

void nt_loader_free(nt_loader *loader) {
    nt_free(loader, sizeof *loader);
}

nt_split nt_loader_split(const nt_loader *loader) {
    return loader->split;
}

int32_t nt_loader_count(const nt_loader *loader) {
    return loader->count;
}

/* --- batches ---------------------------------------------------------------------------------- */

typedef struct batch {
    const nt_loader *loader;
    const int32_t *indices; /* or NULL: from `first` on */
    int32_t first, count;
    float *images;   /* [count][rows][columns][channels] */
    int32_t *labels; /* [count], or NULL */
} batch;

static void convert_bytes(const nt_loader *loader, const unsigned char *from, float *to) {
    int32_t channels = loader->channels;
    for (int64_t p = 0; p < loader->pixels; p++, from += channels, to += channels)
        for (int32_t c = 0; c < channels; c++)
            to[c] = loader->table[c][from[c]];
}

static void convert_floats(const nt_loader *loader, const float *from, float *to) {
    int32_t channels = loader->channels;
    for (int64_t p = 0; p < loader->pixels; p++, from += channels, to += channels)
        for (int32_t c = 0; c < channels; c++)
            to[c] = (from[c] - loader->mean[c]) / loader->deviation[c];
}

static void fill_job(const void *context, int job, int worker) {
    const batch *b = context;
    const nt_loader *loader = b->loader;
    (void)worker;
    int32_t from = job * JOB, to = b->count - from < JOB ? b->count : from + JOB;
    for (int32_t i = from; i < to; i++) {
        int32_t sample = b->indices ? b->indices[i] : b->first + i;
        const void *pixels = nt_dataset_pixels(loader->dataset, loader->split, sample);
        float *image = b->images + (int64_t)i * loader->pixels * loader->channels;
        if (loader->pixel == NT_PIXEL_BYTE)
            convert_bytes(loader, pixels, image);
        else
            convert_floats(loader, pixels, image);
        if (b->labels)
            b->labels[i] = nt_dataset_label(loader->dataset, loader->split, sample);
    }
}

static void run(const batch *b) {
    nt_parallel((b->count + JOB - 1) / JOB, fill_job, b);
}

void nt_loader_fill(const nt_loader *loader, int32_t first, int32_t count, float *ret_images,
                    int32_t *ret_labels) {
    run(&(batch){loader, NULL, first, count, ret_images, ret_labels});
}

void nt_loader_gather(const nt_loader *loader, const int32_t *indices, int32_t count,
                      float *ret_images, int32_t *ret_labels) {
    run(&(batch){loader, indices, 0, count, ret_images, ret_labels});
}

/* --- one image at a time ---------------------------------------------------------------------- */

const nt_data_info *nt_loader_info(const nt_loader *loader) {
    return nt_dataset_info(loader->dataset);
}

void nt_loader_raw(const nt_loader *loader, int32_t i, float *ret_image) {
    const void *pixels = nt_dataset_pixels(loader->dataset, loader->split, i);
    int64_t count = loader->pixels * loader->channels;
    if (loader->pixel == NT_PIXEL_BYTE)
        for (int64_t k = 0; k < count; k++)
            ret_image[k] = (float)((const unsigned char *)pixels)[k] / 255.0f;
    else
        memcpy(ret_image, pixels, (size_t)count * sizeof *ret_image);
}

int32_t nt_loader_label(const nt_loader *loader, int32_t i) {
    return nt_dataset_label(loader->dataset, loader->split, i);
}

int32_t nt_loader_normalisation(const nt_loader *loader, const float **ret_mean,
                                const float **ret_deviation) {
    *ret_mean = loader->mean;
    *ret_deviation = loader->deviation;
    return loader->channels;
}

void nt_loader_normalise(const nt_loader *loader, float *image) {
    convert_floats(loader, image, image);
}
