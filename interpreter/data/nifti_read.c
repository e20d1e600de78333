/* The voxels of the kind `nifti`: a file's frames one after the other, each as a whole, of which
 * slices are then cut. Where an image's slice is filled up, it is with its frame's least value, and
 * the mask with the first class. */
#include "nifti_set.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

/* --- frames ----------------------------------------------------------------------------------- */

/* A file on its way through its frames. */
typedef struct frames {
    nt_nifti *file;
    const char *path;
    int64_t count; /* voxels */
    double *values;
    int32_t at;
} frames;

static nt_status frames_open(frames *f, const char *path, const nt_nifti_head *head,
                             nt_error *error) {
    *f = (frames){.path = path, .count = nt_nifti_voxels(head)};
    NT_TRY(nt_nifti_open(path, &f->file, error));
    const nt_nifti_head *now = nt_nifti_head_of(f->file);
    if (memcmp(now->dims, head->dims, sizeof now->dims) != 0 || now->frames != head->frames)
        return nt_error_in(error, NT_INVALID, path, -1, "changed while it was read");
    f->values = nt_alloc((size_t)f->count * sizeof *f->values);
    if (!f->values)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    return NT_OK;
}

static void frames_close(frames *f) {
    nt_free(f->values, f->values ? (size_t)f->count * sizeof *f->values : 0);
    nt_nifti_close(f->file);
}

/* Frame number `frame`, which comes after those that were read. */
static nt_status frames_read(frames *f, int32_t frame, nt_error *error) {
    for (; f->at < frame; f->at++)
        NT_TRY(nt_nifti_next(f->file, NULL, error));
    f->at++;
    return nt_nifti_next(f->file, f->values, error);
}

/* Says what voxel number i of the file has. */
static nt_status refuse_voxel(const frames *f, const nt_nifti_head *head, int64_t i,
                              const char *what, const char *why, nt_error *error) {
    int64_t x = i % head->dims[0], y = i / head->dims[0] % head->dims[1];
    int64_t z = i / head->dims[0] / head->dims[1];
    if (head->frames > 1)
        return nt_error_in(error, NT_INVALID, f->path, -1,
                           "has %s at voxel (%d, %d, %d) of frame %d, %s", what, (int)x, (int)y,
                           (int)z, f->at - 1, why);
    return nt_error_in(error, NT_INVALID, f->path, -1, "has %s at voxel (%d, %d, %d), %s", what,
                       (int)x, (int)y, (int)z, why);
}

/* --- intensities ------------------------------------------------------------------------------ */

static nt_status check_finite(const frames *f, const nt_nifti_head *head, nt_error *error) {
    for (int64_t i = 0; i < f->count; i++)
        if (!isfinite((float)f->values[i]))
            return refuse_voxel(f, head, i,
                                isnan(f->values[i])      ? "a NaN"
                                : isfinite(f->values[i]) ? "a value too large for float32"
                                                         : "an infinite value",
                                "which is no intensity", error);
    return NT_OK;
}

static nt_status read_image(const nt_nifti_options *o, frames *f, const nt_nifti_pair *pair,
                            int32_t frame, nt_error *error) {
    NT_TRY(frames_read(f, frame, error));
    NT_TRY(check_finite(f, &pair->head, error));
    if (o->intensity == NT_INTENSITY_VOLUME)
        nt_volume_standardise(f->values, f->count);
    if (o->intensity == NT_INTENSITY_PERCENTILE &&
        !nt_volume_clip(f->values, f->count, o->percentile.items))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", f->path);
    return NT_OK;
}

/* --- classes ---------------------------------------------------------------------------------- */

/* Reads a frame and puts each voxel's class in the place of its number. */
static nt_status read_mask(const nt_nifti_set *set, frames *f, const nt_nifti_pair *pair,
                           int32_t frame, nt_error *error) {
    NT_TRY(frames_read(f, frame, error));
    double last = f->values[0];
    int32_t class = nt_mask_key_class(&set->key, last);
    for (int64_t i = 0; i < f->count; i++) {
        if (f->values[i] != last)
            class = nt_mask_key_class(&set->key, last = f->values[i]);
        if (class == NT_UNKNOWN_CLASS) {
            char what[40];
            snprintf(what, sizeof what, "a %.10g", last);
            refuse_voxel(f, &pair->mask_head, i, what, "which no class has", error);
            nt_error_hint(error, "name it under 'labels' or 'ignore_labels'");
            return NT_INVALID;
        }
        f->values[i] = class;
    }
    return NT_OK;
}

/* --- which slices ----------------------------------------------------------------------------- */

/* Whether a slice has a class other than the first. */
static bool has_labels(const frames *f, const nt_volume_view *view, int32_t slice) {
    const int32_t size[2] = {view->size[1], view->size[2]};
    for (int32_t r = 0; r < size[0]; r++)
        for (int32_t c = 0; c < size[1]; c++) {
            double class = f->values[nt_volume_at(view, size, slice, r, c)];
            if (class != 0 && class != NT_NO_CLASS)
                return true;
        }
    return false;
}

static nt_status mark_slices(const nt_nifti_set *set, frames *f, nt_nifti_pair *pair,
                             nt_error *error) {
    int32_t slices = pair->view.size[0];
    for (int32_t t = 0; t < pair->frames; t++) {
        NT_TRY(read_mask(set, f, pair, pair->mask_frame + t, error));
        for (int32_t s = 0; s < slices; s++)
            pair->kept[t * slices + s] = has_labels(f, &pair->view, s);
    }
    return NT_OK;
}

static nt_status choose_slices(const void *context, int32_t i, nt_error *error) {
    const nt_nifti_set *set = context;
    nt_nifti_pair *pair = &set->pairs[i];
    frames f;
    nt_status status = frames_open(&f, pair->mask, &pair->mask_head, error);
    if (status == NT_OK)
        status = mark_slices(set, &f, pair, error);
    frames_close(&f);
    return status;
}

nt_status nt_nifti_set_choose(const nt_nifti_options *o, nt_arena *arena, nt_nifti_set *set,
                              nt_error *error) {
    for (int32_t i = 0; i < set->count; i++) {
        nt_nifti_pair *pair = &set->pairs[i];
        int64_t slices = (int64_t)pair->frames * pair->view.size[0];
        pair->kept = NT_ARENA_ARRAY(arena, bool, slices);
        if (!pair->kept)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory listing slices");
        memset(pair->kept, true, (size_t)slices * sizeof *pair->kept);
    }
    return o->empty == NT_EMPTY_SKIP ? nt_read_samples(set->count, choose_slices, set, error)
                                     : NT_OK;
}

int32_t nt_nifti_pair_kept(const nt_nifti_pair *pair) {
    int32_t count = 0;
    for (int32_t i = 0; i < pair->frames * pair->view.size[0]; i++)
        count += pair->kept[i];
    return count;
}

/* --- slices ----------------------------------------------------------------------------------- */

static double least(const frames *f) {
    double least = f->values[0];
    for (int64_t i = 1; i < f->count; i++)
        least = f->values[i] < least ? f->values[i] : least;
    return least;
}

typedef struct cutting {
    const nt_nifti_options *o;
    const nt_nifti_set *set;
    const nt_nifti_pair *pair;
    const int32_t *size;
    frames image, mask;
    float *pixels; /* where the next slice goes */
    unsigned char *classes;
} cutting;

static void cut_slice(cutting *c, int32_t slice, float fill) {
    for (int32_t row = 0; row < c->size[0]; row++)
        for (int32_t column = 0; column < c->size[1]; column++) {
            int64_t at = nt_volume_at(&c->pair->view, c->size, slice, row, column);
            *c->pixels++ = at < 0 ? fill : (float)c->image.values[at];
            *c->classes++ = at < 0 ? 0 : (unsigned char)c->mask.values[at];
        }
}

static nt_status cut_frames(cutting *c, nt_error *error) {
    const nt_nifti_pair *pair = c->pair;
    int32_t slices = pair->view.size[0];
    for (int32_t t = 0; t < pair->frames; t++) {
        NT_TRY(read_image(c->o, &c->image, pair, pair->frame + t, error));
        NT_TRY(read_mask(c->set, &c->mask, pair, pair->mask_frame + t, error));
        float fill = (float)least(&c->image);
        for (int32_t s = 0; s < slices; s++)
            if (pair->kept[t * slices + s])
                cut_slice(c, s, fill);
    }
    return NT_OK;
}

nt_status nt_nifti_set_read(const nt_nifti_options *o, const nt_nifti_set *set, int32_t file,
                            const int32_t size[2], float *ret_pixels, unsigned char *ret_masks,
                            nt_error *error) {
    const nt_nifti_pair *pair = &set->pairs[file];
    cutting c = {.o = o, .set = set, .pair = pair, .size = size};
    c.pixels = ret_pixels;
    c.classes = ret_masks;
    nt_status status = frames_open(&c.image, set->files[file].path, &pair->head, error);
    if (status == NT_OK)
        status = frames_open(&c.mask, pair->mask, &pair->mask_head, error);
    if (status == NT_OK)
        status = cut_frames(&c, error);
    frames_close(&c.image);
    frames_close(&c.mask);
    return status;
}
