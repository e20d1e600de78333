/* Bytes that are normalised by channel go through a table of 256 values a channel; all else is
 * computed one by one. */
#include "loader.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

enum { JOB = 8 }; /* samples */

struct nt_loader {
    const nt_dataset *dataset;
    nt_split split;
    nt_selecting select;
    nt_selection selection;
    int32_t channels;
    nt_shape whole, shape; /* of the data set's samples; of the window */
    int32_t top, left;     /* where the window begins */
    nt_pixel pixel;
    bool masks, by_image;
    float mean[NT_MAX_CHANNELS], deviation[NT_MAX_CHANNELS];
    float table[NT_MAX_CHANNELS][256]; /* of a byte: its normalised value */
};

static void fill_tables(nt_loader *loader) {
    for (int32_t c = 0; c < loader->channels; c++)
        for (int byte = 0; byte < 256; byte++)
            loader->table[c][byte] =
                ((float)byte / 255.0f - loader->mean[c]) / loader->deviation[c];
}

static nt_status check_window(const nt_data_info *info, const int32_t window[2], nt_error *error) {
    int32_t rows = info->shape.dim[1], columns = info->shape.dim[2];
    if (window[0] <= rows && window[1] <= columns)
        return NT_OK;
    return nt_error_in(error, NT_INVALID, info->folder, -1,
                       "has images of %dx%d; a window of %dx%d is larger", rows, columns, window[0],
                       window[1]);
}

nt_status nt_loader_check(const nt_dataset *dataset, nt_split split, const nt_loading *loading,
                          nt_error *error) {
    const nt_data_info *info = nt_dataset_info(dataset);
    const float *mean = loading->mean, *deviation = loading->deviation;
    if (info->counts[split] == 0)
        return nt_error_in(error, NT_INVALID, info->folder, -1, "has no images for the split '%s'",
                           nt_split_name(split));
    if (!mean && !loading->by_image && info->usual == NT_USUAL_NONE) {
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
    return check_window(info, loading->window, error);
}

static void set_up(nt_loader *loader, const nt_data_info *info, const nt_loading *loading) {
    loader->select = loading->select;
    loader->channels = nt_shape_channels(info->shape);
    loader->pixel = info->pixel;
    loader->masks = info->target == NT_TARGET_MASK;
    loader->whole = loader->shape = info->shape;
    for (int d = 0; d < 2; d++)
        if (loading->window[d] > 0)
            loader->shape.dim[1 + d] = loading->window[d];
    loader->top = (loader->whole.dim[1] - loader->shape.dim[1]) / 2;
    loader->left = (loader->whole.dim[2] - loader->shape.dim[2]) / 2;
    loader->by_image = !loading->mean && (loading->by_image || info->usual == NT_USUAL_IMAGE);
    for (int32_t c = 0; c < loader->channels; c++) {
        loader->mean[c] = loading->mean ? loading->mean[c] : info->mean[c];
        loader->deviation[c] = loading->mean ? loading->deviation[c] : info->deviation[c];
    }
    if (!loader->by_image)
        fill_tables(loader);
}

nt_status nt_loader_new(nt_dataset *dataset, nt_split split, const nt_loading *loading,
                        nt_loader **ret, nt_error *error) {
    static const nt_loading as_it_is = {0};
    loading = loading ? loading : &as_it_is;
    NT_TRY(nt_loader_check(dataset, split, loading, error));
    NT_TRY(nt_dataset_load(dataset, split, error));
    nt_loader *loader = nt_alloc_zero(sizeof *loader);
    if (!loader ||
        nt_selection_init(&loader->selection, dataset, split, &loading->select) != NT_OK) {
        nt_loader_free(loader);
        return nt_error_say(error, NT_NO_MEMORY, "out of memory preparing a loader");
    }
    loader->dataset = dataset;
    loader->split = split;
    set_up(loader, nt_dataset_info(dataset), loading);
    *ret = loader;
    return NT_OK;
}

void nt_loader_free(nt_loader *loader) {
    if (loader)
        nt_selection_finish(&loader->selection);
    nt_free(loader, sizeof *loader);
}

const nt_dataset *nt_loader_dataset(const nt_loader *loader) {
    return loader->dataset;
}

nt_split nt_loader_split(const nt_loader *loader) {
    return loader->split;
}

int32_t nt_loader_count(const nt_loader *loader) {
    return loader->selection.count;
}

int32_t nt_loader_sample(const nt_loader *loader, int32_t i) {
    return nt_selection_sample(&loader->selection, i);
}

nt_status nt_loader_patients(const nt_loader *loader, int32_t *ret) {
    int32_t count = nt_loader_count(loader), most = 0, next = 0;
    for (int32_t i = 0; i < count; i++) {
        ret[i] = nt_dataset_patient(loader->dataset, loader->split, nt_loader_sample(loader, i));
        most = ret[i] > most ? ret[i] : most;
    }
    size_t size = ((size_t)most + 1) * sizeof(int32_t);
    int32_t *anew = nt_alloc_zero(size); /* plus one; 0: none */
    for (int32_t i = 0; anew && i < count; i++)
        if (ret[i] >= 0) {
            int32_t *number = &anew[ret[i]];
            *number = *number ? *number : ++next;
            ret[i] = *number - 1;
        }
    nt_free(anew, size);
    return anew ? NT_OK : NT_NO_MEMORY;
}

nt_shape nt_loader_shape(const nt_loader *loader) {
    return loader->shape;
}

nt_shape nt_loader_whole(const nt_loader *loader) {
    return loader->whole;
}

int64_t nt_loader_target_size(const nt_loader *loader) {
    return loader->masks ? nt_shape_pixels(loader->shape) : 1;
}

/* --- one sample ------------------------------------------------------------------------------- */

/* The number of the pixel at (0, 0) of the window's row `row`, in the whole. */
static size_t line_start(const nt_loader *loader, int32_t row) {
    return (size_t)(loader->top + row) * (size_t)loader->whole.dim[2] + (size_t)loader->left;
}

static void look_up(const nt_loader *loader, const unsigned char *from, float *to) {
    int32_t channels = loader->channels;
    for (int32_t p = 0; p < loader->shape.dim[2]; p++, from += channels, to += channels)
        for (int32_t c = 0; c < channels; c++)
            to[c] = loader->table[c][from[c]];
}

static void normalise_by_channel(const nt_loader *loader, float *image) {
    int32_t channels = loader->channels;
    for (int64_t p = 0; p < nt_shape_pixels(loader->shape); p++, image += channels)
        for (int32_t c = 0; c < channels; c++)
            image[c] = (image[c] - loader->mean[c]) / loader->deviation[c];
}

static void normalise(const nt_loader *loader, float *image) {
    if (loader->by_image)
        nt_image_normalise(image, nt_shape_elements(loader->shape));
    else
        normalise_by_channel(loader, image);
}

static void to_floats(nt_pixel pixel, const void *from, size_t first, size_t count, float *to) {
    if (pixel == NT_PIXEL_FLOAT)
        memcpy(to, (const float *)from + first, count * sizeof *to);
    else
        for (size_t k = 0; k < count; k++)
            to[k] = (float)((const unsigned char *)from)[first + k] / 255.0f;
}

static void show(const nt_loader *loader, const void *pixels, float *image) {
    size_t channels = (size_t)loader->channels, line = (size_t)loader->shape.dim[2] * channels;
    bool table = loader->pixel == NT_PIXEL_BYTE && !loader->by_image;
    for (int32_t r = 0; r < loader->shape.dim[1]; r++) {
        size_t first = line_start(loader, r) * channels;
        float *to = image + (size_t)r * line;
        if (table)
            look_up(loader, (const unsigned char *)pixels + first, to);
        else
            to_floats(loader->pixel, pixels, first, line, to);
    }
    if (!table)
        normalise(loader, image);
}

nt_status nt_loader_raw(const nt_loader *loader, int32_t i, void *room, float *ret_image,
                        nt_sample *ret_sample, nt_error *error) {
    NT_TRY(nt_dataset_sample(loader->dataset, loader->split, nt_loader_sample(loader, i), room,
                             ret_sample, error));
    to_floats(loader->pixel, ret_sample->pixels, 0, (size_t)nt_shape_elements(loader->whole),
              ret_image);
    return NT_OK;
}

size_t nt_loader_room(const nt_loader *loader) {
    return nt_dataset_room(loader->dataset, loader->split);
}

int32_t nt_loader_label(const nt_loader *loader, int32_t i) {
    return nt_dataset_label(loader->dataset, loader->split, nt_loader_sample(loader, i));
}

void nt_loader_cut(const nt_loader *loader, const float *image, float *ret_image) {
    size_t channels = (size_t)loader->channels, line = (size_t)loader->shape.dim[2] * channels;
    for (int32_t r = 0; r < loader->shape.dim[1]; r++)
        memcpy(ret_image + (size_t)r * line, image + line_start(loader, r) * channels,
               line * sizeof *image);
    normalise(loader, ret_image);
}

void nt_loader_cut_mask(const nt_loader *loader, const unsigned char *mask, int32_t *ret_target) {
    for (int32_t r = 0; r < loader->shape.dim[1]; r++) {
        const unsigned char *from = mask + line_start(loader, r);
        for (int32_t c = 0; c < loader->shape.dim[2]; c++)
            *ret_target++ = from[c];
    }
}

/* --- batches ---------------------------------------------------------------------------------- */

typedef struct batch {
    const nt_loader *loader;
    const int32_t *indices; /* or NULL: from `first` on */
    int32_t first, count;
    float *images;    /* [count][rows][columns][channels] */
    int32_t *targets; /* [count][target_size], or NULL */
} batch;

static nt_status fill_sample(const batch *b, int32_t i, void *room, nt_error *error) {
    const nt_loader *loader = b->loader;
    int32_t number = nt_loader_sample(loader, b->indices ? b->indices[i] : b->first + i);
    nt_sample sample;
    NT_TRY(nt_dataset_sample(loader->dataset, loader->split, number, room, &sample, error));
    show(loader, sample.pixels, b->images + i * nt_shape_elements(loader->shape));
    if (b->targets && loader->masks)
        nt_loader_cut_mask(loader, sample.mask, b->targets + i * nt_loader_target_size(loader));
    else if (b->targets)
        b->targets[i] = sample.label;
    return NT_OK;
}

/* A job's samples, until one fails. */
static nt_status fill_job(const void *context, int32_t job, nt_error *error) {
    const batch *b = context;
    size_t size = nt_loader_room(b->loader);
    void *room = size ? nt_alloc(size) : NULL;
    if (size && !room)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading an image");
    nt_status status = NT_OK;
    for (int32_t i = job * JOB; status == NT_OK && i < b->count && i < (job + 1) * JOB; i++)
        status = fill_sample(b, i, room, error);
    nt_free(room, size);
    return status;
}

static nt_status run(const batch *b, nt_error *error) {
    return nt_read_samples((b->count + JOB - 1) / JOB, fill_job, b, error);
}

nt_status nt_loader_fill(const nt_loader *loader, int32_t first, int32_t count, float *ret_images,
                         int32_t *ret_targets, nt_error *error) {
    return run(&(batch){loader, NULL, first, count, ret_images, ret_targets}, error);
}

nt_status nt_loader_gather(const nt_loader *loader, const int32_t *indices, int32_t count,
                           float *ret_images, int32_t *ret_targets, nt_error *error) {
    return run(&(batch){loader, indices, 0, count, ret_images, ret_targets}, error);
}

void nt_loader_describe(const nt_loader *loader, nt_text *text) {
    nt_dataset_describe(loader->dataset, text);
    nt_text_printf(text, "split: %s\ncount: %d\n", nt_split_name(loader->split),
                   nt_loader_count(loader));
    nt_selecting_describe(&loader->select, nt_dataset_count(loader->dataset, loader->split), text);
    if (loader->by_image)
        nt_text_add(text, "normalise: image\n");
    for (int32_t c = 0; !loader->by_image && c < loader->channels; c++)
        nt_text_printf(text, "normalise: %a %a\n", (double)loader->mean[c],
                       (double)loader->deviation[c]);
    if (!nt_shape_equal(loader->shape, loader->whole))
        nt_text_printf(text, "window: %d %d\n", loader->shape.dim[1], loader->shape.dim[2]);
}
