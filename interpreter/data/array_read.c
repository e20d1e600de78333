/* Samples of the kind `npy`, from rows of its arrays: each alone, from where it lies in the file,
 * or all of them in order, in pieces whose rows are converted by all threads. */
#include "array_set.h"

#include "alloc.h"
#include <math.h>

nt_status nt_array_refuse_number(const nt_array_range *from, int64_t row, int64_t i, double number,
                                 const char *why, nt_error *error) {
    char is[NT_ARRAY_TEXT];
    snprintf(is, sizeof is, "%.17g, %s", number, why);
    return nt_array_refuse(from, row, i, is, error);
}

/* --- one sample ------------------------------------------------------------------------------- */

/* The number in a sample's row of pixel p's channel c. */
static int64_t place_of(const nt_array_options *o, nt_shape shape, int64_t p, int64_t c) {
    return o->layout == NT_CHANNELS_LAST ? p * shape.dim[0] + c : c * nt_shape_pixels(shape) + p;
}

static nt_status to_reals(const nt_array_options *o, const nt_data_info *info,
                          const nt_array_range *from, const void *bytes, int64_t row, float *ret,
                          nt_error *error) {
    int64_t pixels = nt_shape_pixels(info->shape), channels = info->shape.dim[0];
    for (int64_t p = 0; p < pixels; p++)
        for (int64_t c = 0; c < channels; c++) {
            int64_t i = place_of(o, info->shape, p, c);
            double value = nt_array_value(&from->head, bytes, i);
            *ret = (float)value;
            if (!isfinite(value))
                return nt_array_refuse(from, row, i, isnan(value) ? "a NaN" : "an infinite value",
                                       error);
            if (!isfinite(*ret++))
                return nt_array_refuse_number(from, row, i, value, "which float32 cannot hold",
                                              error);
        }
    return NT_OK;
}

static nt_status to_pixels(const nt_array_options *o, const nt_data_info *info,
                           const nt_array_range *from, const void *bytes, int64_t row, void *ret,
                           nt_error *error) {
    int64_t pixels = nt_shape_pixels(info->shape), channels = info->shape.dim[0];
    unsigned char *to = ret;
    if (info->pixel == NT_PIXEL_FLOAT)
        return to_reals(o, info, from, bytes, row, ret, error);
    for (int64_t p = 0; p < pixels; p++)
        for (int64_t c = 0; c < channels; c++)
            *to++ = ((const unsigned char *)bytes)[place_of(o, info->shape, p, c)];
    return NT_OK;
}

static nt_status to_class(const nt_mask_key *key, const nt_data_info *info,
                          const nt_array_range *from, const void *bytes, int64_t row, int64_t i,
                          int32_t *ret, nt_error *error) {
    double number = nt_array_value(&from->head, bytes, i);
    int32_t class = nt_mask_key_class(key, number);
    bool named = key->labels.count > 0;
    if (class == NT_UNKNOWN_CLASS && !named && number >= 0 && number < info->classes)
        class = (int32_t)number;
    *ret = class;
    if (class != NT_UNKNOWN_CLASS)
        return NT_OK;
    int64_t each = nt_array_row(&from->head);
    return nt_array_refuse_number(
        from, row + i / each, i % each, number,
        named ? "which 'labels' does not name" : "which is no class's number", error);
}

static nt_status to_mask(const nt_data_info *info, const nt_array_range *from, const void *bytes,
                         int64_t row, unsigned char *ret, nt_error *error) {
    const nt_array_set *s = info->own;
    int32_t class = 0;
    for (int64_t i = 0; i < nt_array_row(&from->head); i++) {
        NT_TRY(to_class(&s->key, info, from, bytes, row, i, &class, error));
        ret[i] = (unsigned char)class;
    }
    return NT_OK;
}

static nt_status no_memory(const nt_array_range *from, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", from->place);
}

/* --- labels ----------------------------------------------------------------------------------- */

typedef struct labelling {
    const nt_data_info *info;
    const nt_mask_key *key;
    int32_t *labels;
} labelling;

static nt_status take_labels(void *context, const nt_array_range *from, const void *bytes,
                             int64_t row, int64_t rows, nt_error *error) {
    const labelling *l = context;
    for (int64_t i = 0; i < rows; i++)
        NT_TRY(to_class(l->key, l->info, from, bytes, row, i, &l->labels[row + i], error));
    return NT_OK;
}

nt_status nt_array_set_label(nt_arena *arena, nt_data_info *info, const nt_array_set *s,
                             nt_error *error) {
    for (int split = 0; split < NT_HELD_OUT && info->target == NT_TARGET_CLASS; split++) {
        const nt_array_range *from = &s->targets[split];
        if (!from->place)
            continue;
        int32_t *labels = NT_ARENA_ARRAY(arena, int32_t, from->count);
        if (!labels)
            return nt_error_in(error, NT_NO_MEMORY, info->folder, -1,
                               "out of memory reading labels");
        NT_TRY(nt_array_range_read(from, take_labels, &(labelling){info, &s->key, labels}, error));
        info->labels[split] = labels;
    }
    return NT_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

static nt_status read_one(const nt_array_options *o, const nt_data_info *info, nt_split split,
                          int32_t i, void *bytes, void *ret_pixels, unsigned char *ret_mask,
                          nt_error *error) {
    const nt_array_set *s = info->own;
    const nt_array_range *images = &s->images[split], *targets = &s->targets[split];
    NT_TRY(nt_array_range_row(images, i, bytes, error));
    NT_TRY(to_pixels(o, info, images, bytes, i, ret_pixels, error));
    if (info->target == NT_TARGET_CLASS)
        return NT_OK;
    NT_TRY(nt_array_range_row(targets, i, bytes, error));
    return to_mask(info, targets, bytes, i, ret_mask, error);
}

nt_status nt_array_set_read(const void *record, const nt_data_info *info, nt_split split, int32_t i,
                            void *ret_pixels, unsigned char *ret_mask, nt_error *error) {
    const nt_array_set *s = info->own;
    size_t image = nt_array_row_size(&s->images[split]);
    size_t target = nt_array_row_size(&s->targets[split]), most = image > target ? image : target;
    void *bytes = nt_alloc(most);
    if (!bytes)
        return no_memory(&s->images[split], error);
    nt_status status = read_one(record, info, split, i, bytes, ret_pixels, ret_mask, error);
    nt_free(bytes, most);
    return status;
}

/* --- reading all ------------------------------------------------------------------------------ */

typedef struct sweeping {
    const nt_array_options *o;
    const nt_data_info *info;
    nt_split split;
    const nt_sample_sink *sink;
    nt_array_file *masks;        /* on its way beside the images; NULL: there are labels */
    const unsigned char *images; /* rows that were read, from number `row` on */
    unsigned char *targets;
    int64_t row;
} sweeping;

static nt_status convert(const sweeping *w, int32_t i, void *pixels, unsigned char *mask,
                         nt_error *error) {
    const nt_array_set *s = w->info->own;
    const nt_array_range *images = &s->images[w->split], *targets = &s->targets[w->split];
    const int32_t *labels = w->info->labels[w->split];
    int64_t row = w->row + i;
    NT_TRY(to_pixels(w->o, w->info, images, w->images + (size_t)i * nt_array_row_size(images), row,
                     pixels, error));
    if (mask)
        NT_TRY(to_mask(w->info, targets, w->targets + (size_t)i * nt_array_row_size(targets), row,
                       mask, error));
    const nt_sample sample = {pixels, mask, labels ? labels[row] : 0};
    return w->sink->take(w->sink->context, (int32_t)row, &sample, error);
}

static nt_status convert_sample(const void *context, int32_t i, nt_error *error) {
    const sweeping *w = context;
    const nt_array_set *s = w->info->own;
    size_t pixels = (size_t)nt_shape_elements(w->info->shape) * nt_pixel_size(w->info->pixel);
    size_t size = pixels + (w->masks ? (size_t)nt_shape_pixels(w->info->shape) : 0);
    unsigned char *room = nt_alloc(size);
    if (!room)
        return no_memory(&s->images[w->split], error);
    nt_status status = convert(w, i, room, w->masks ? room + pixels : NULL, error);
    nt_free(room, size);
    return status;
}

/* Of several errors in rows that are converted at once the first is told. */
static nt_status convert_rows(const sweeping *w, int32_t rows, nt_error *error) {
    nt_error all;
    nt_error_init(&all);
    nt_status status = nt_read_samples(rows, convert_sample, w, &all);
    nt_error_finish(&all);
    if (status == NT_OK)
        return NT_OK;
    for (int32_t i = 0; i < rows; i++)
        NT_TRY(convert_sample(w, i, error));
    return NT_OK;
}

static nt_status take_images(void *context, const nt_array_range *from, const void *bytes,
                             int64_t row, int64_t rows, nt_error *error) {
    sweeping *w = context;
    const nt_array_set *s = w->info->own;
    size_t size = w->masks ? (size_t)rows * nt_array_row_size(&s->targets[w->split]) : 0;
    nt_status status = NT_OK;
    (void)from;
    w->row = row;
    w->images = bytes;
    if (w->masks && !(w->targets = nt_alloc(size)))
        return no_memory(&s->targets[w->split], error);
    if (w->masks)
        status = nt_array_next(w->masks, rows, w->targets, error);
    if (status == NT_OK)
        status = convert_rows(w, (int32_t)rows, error);
    nt_free(w->targets, size);
    w->targets = NULL;
    return status;
}

/* Samples that are read again must be found in the file. */
static nt_status check_in_place(const nt_array_range *from, int32_t held, nt_error *error) {
    const char *whole = nt_array_range_whole(from);
    if (!whole || held == from->count)
        return NT_OK;
    nt_error_in(error, NT_INVALID, from->place, -1,
                "%s, so that its samples must all be in memory, where only %d of %lld may be",
                whole, held, (long long)from->count);
    nt_error_hint(error, from->head.fortran
                             ? "raise 'memory', or save numpy.ascontiguousarray of it"
                             : "raise 'memory', or save it by numpy.savez or numpy.save");
    return NT_INVALID;
}

nt_status nt_array_set_sweep(const void *record, const nt_data_info *info, nt_split split,
                             const nt_sample_sink *sink, nt_error *error) {
    const nt_array_set *s = info->own;
    sweeping w = {.o = record, .info = info, .split = split, .sink = sink};
    bool masks = info->target == NT_TARGET_MASK;
    if (info->counts[split] == 0)
        return NT_OK;
    NT_TRY(check_in_place(&s->images[split], sink->held, error));
    if (masks)
        NT_TRY(check_in_place(&s->targets[split], sink->held, error));
    if (masks)
        NT_TRY(nt_array_range_start(&s->targets[split], &w.masks, error));
    nt_status status = nt_array_range_read(&s->images[split], take_images, &w, error);
    nt_array_close(w.masks);
    return status;
}
