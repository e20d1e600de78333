/* The voxels of the kind `nifti`. A file is first swept: its frames are read one after the other,
 * each as a whole and as it is stored, checked and measured, and its slices cut. A slice that is
 * asked for later is cut by what was measured then, to the same bits. Where an image's slice is
 * filled up, it is with its frame's least value, and the mask with the first class. */
#include "nifti_set.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

/* --- frames ----------------------------------------------------------------------------------- */

/* A file on its way through its frames. */
typedef struct frames {
    nt_nifti *file;
    const char *path;
    const nt_nifti_head *head;
    int64_t count; /* voxels */
    void *voxels;  /* of the frame that was read, as they are stored */
    int32_t at;
} frames;

static nt_status no_memory(const char *path, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
}

static nt_status frames_open(frames *f, const char *path, const nt_nifti_head *head,
                             nt_error *error) {
    *f = (frames){.path = path, .head = head, .count = nt_nifti_voxels(head)};
    NT_TRY(nt_nifti_open(path, &f->file, error));
    if (!nt_nifti_same_voxels(nt_nifti_head_of(f->file), head))
        return nt_error_in(error, NT_INVALID, path, -1, "changed while it was read");
    f->voxels = nt_alloc(nt_nifti_frame_size(head));
    return f->voxels ? NT_OK : no_memory(path, error);
}

static void frames_close(frames *f) {
    nt_free(f->voxels, f->voxels ? nt_nifti_frame_size(f->head) : 0);
    nt_nifti_close(f->file);
}

/* Frame number `frame`, which comes after those that were read. */
static nt_status frames_read(frames *f, int32_t frame, nt_error *error) {
    for (; f->at < frame; f->at++)
        NT_TRY(nt_nifti_next(f->file, NULL, error));
    f->at++;
    return nt_nifti_next(f->file, f->voxels, error);
}

/* Says what voxel number i of the file has. */
static nt_status refuse_voxel(const frames *f, int64_t i, const char *what, const char *why,
                              nt_error *error) {
    const nt_nifti_head *head = f->head;
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

static nt_status check_finite(const frames *f, nt_error *error) {
    for (int64_t i = 0; i < f->count; i++) {
        double value = nt_nifti_value(f->head, f->voxels, i);
        if (!isfinite((float)value))
            return refuse_voxel(f, i,
                                isnan(value)      ? "a NaN"
                                : isfinite(value) ? "a value too large for float32"
                                                  : "an infinite value",
                                "which is no intensity", error);
    }
    return NT_OK;
}

static nt_status read_image(const nt_nifti_options *o, frames *f, int32_t frame,
                            nt_volume_scale *ret_scale, nt_error *error) {
    NT_TRY(frames_read(f, frame, error));
    NT_TRY(check_finite(f, error));
    return nt_volume_measure(f->head, f->voxels, (nt_intensity)o->intensity, o->percentile.items,
                             ret_scale)
               ? NT_OK
               : no_memory(f->path, error);
}

/* --- classes ---------------------------------------------------------------------------------- */

/* Finds the classes of numbers that come in runs. */
typedef struct classing {
    const nt_mask_key *key;
    bool begun;
    double last;
    int32_t class;
} classing;

static int32_t class_of(classing *c, double number) {
    if (!c->begun || number != c->last) {
        c->begun = true;
        c->last = number;
        c->class = nt_mask_key_class(c->key, number);
    }
    return c->class;
}

/* Reads a frame and checks that each voxel's number is known. */
static nt_status read_mask(const nt_nifti_set *set, frames *f, int32_t frame, nt_error *error) {
    classing c = {.key = &set->key};
    NT_TRY(frames_read(f, frame, error));
    for (int64_t i = 0; i < f->count; i++) {
        double number = nt_nifti_value(f->head, f->voxels, i);
        if (class_of(&c, number) == NT_UNKNOWN_CLASS) {
            char what[40];
            snprintf(what, sizeof what, "a %.10g", number);
            refuse_voxel(f, i, what, "which no class has", error);
            nt_error_hint(error, "name it under 'labels' or 'ignore_labels'");
            return NT_INVALID;
        }
    }
    return NT_OK;
}

/* --- which slices ----------------------------------------------------------------------------- */

/* Whether a slice has a class other than the first. */
static bool has_labels(const nt_nifti_set *set, const frames *f, const nt_volume_view *view,
                       int32_t slice) {
    const int32_t size[2] = {view->size[1], view->size[2]};
    classing c = {.key = &set->key};
    for (int32_t row = 0; row < size[0]; row++)
        for (int32_t column = 0; column < size[1]; column++) {
            int64_t at = nt_volume_at(view, size, slice, row, column);
            int32_t class = class_of(&c, nt_nifti_value(f->head, f->voxels, at));
            if (class != 0 && class != NT_NO_CLASS)
                return true;
        }
    return false;
}

static nt_status mark_slices(const nt_nifti_set *set, frames *f, nt_nifti_pair *pair,
                             nt_error *error) {
    int32_t slices = pair->view.size[0];
    for (int32_t t = 0; t < pair->frames; t++) {
        NT_TRY(read_mask(set, f, pair->mask_frame + t, error));
        for (int32_t s = 0; s < slices; s++)
            pair->kept[t * slices + s] = has_labels(set, f, &pair->view, s);
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
        pair->scales = NT_ARENA_ARRAY(arena, nt_volume_scale, pair->frames);
        if (!pair->kept || !pair->scales)
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

/* --- cutting ---------------------------------------------------------------------------------- */

/* Some of a frame's voxels, those from number `first` on, or all. */
typedef struct voxels {
    const void *bytes;
    int64_t first;
} voxels;

static void cut_image(const nt_nifti_pair *pair, int32_t t, int32_t slice, const int32_t size[2],
                      voxels from, float *to) {
    const nt_volume_scale *scale = &pair->scales[t];
    for (int32_t row = 0; row < size[0]; row++)
        for (int32_t column = 0; column < size[1]; column++) {
            int64_t at = nt_volume_at(&pair->view, size, slice, row, column);
            *to++ = (float)(at < 0 ? scale->least
                                   : nt_volume_scaled(scale, nt_nifti_value(&pair->head, from.bytes,
                                                                            at - from.first)));
        }
}

static void cut_mask(const nt_mask_key *key, const nt_nifti_pair *pair, int32_t slice,
                     const int32_t size[2], voxels from, unsigned char *to) {
    classing c = {.key = key};
    for (int32_t row = 0; row < size[0]; row++)
        for (int32_t column = 0; column < size[1]; column++) {
            int64_t at = nt_volume_at(&pair->view, size, slice, row, column);
            *to++ = at < 0 ? 0
                           : (unsigned char)class_of(
                                 &c, nt_nifti_value(&pair->mask_head, from.bytes, at - from.first));
        }
}

/* --- a whole file ----------------------------------------------------------------------------- */

typedef struct sweeping {
    const nt_nifti_options *o;
    const nt_nifti_set *set;
    const nt_nifti_pair *pair;
    const int32_t *size;
    const nt_sample_sink *sink;
    frames image, mask;
    float *pixels; /* room for a slice */
    unsigned char *classes;
} sweeping;

static nt_status sweep_frames(sweeping *w, nt_error *error) {
    const nt_nifti_pair *pair = w->pair;
    int32_t slices = pair->view.size[0], sample = pair->start;
    for (int32_t t = 0; t < pair->frames; t++) {
        NT_TRY(read_image(w->o, &w->image, pair->frame + t, &pair->scales[t], error));
        NT_TRY(read_mask(w->set, &w->mask, pair->mask_frame + t, error));
        for (int32_t s = 0; s < slices; s++) {
            if (!pair->kept[t * slices + s])
                continue;
            cut_image(pair, t, s, w->size, (voxels){w->image.voxels, 0}, w->pixels);
            cut_mask(&w->set->key, pair, s, w->size, (voxels){w->mask.voxels, 0}, w->classes);
            const nt_sample cut = {.pixels = w->pixels, .mask = w->classes};
            NT_TRY(w->sink->take(w->sink->context, sample++, &cut, error));
        }
    }
    return NT_OK;
}

static nt_status make_index(const char *path, const nt_nifti_head *head, int64_t span,
                            nt_gzip_index **index, nt_error *error) {
    return head->packed && span > 0 && !*index ? nt_gzip_index_new(path, span, index, error)
                                               : NT_OK;
}

nt_status nt_nifti_set_sweep(const nt_nifti_options *o, const nt_nifti_set *set, int32_t file,
                             const int32_t size[2], int64_t span, const nt_sample_sink *sink,
                             nt_error *error) {
    nt_nifti_pair *pair = &set->pairs[file];
    const char *path = set->files[file].path;
    size_t pixels = (size_t)size[0] * (size_t)size[1];
    sweeping w = {.o = o, .set = set, .pair = pair, .size = size, .sink = sink};
    w.pixels = nt_alloc(pixels * sizeof *w.pixels);
    w.classes = nt_alloc(pixels);
    nt_status status = w.pixels && w.classes ? NT_OK : no_memory(path, error);
    if (status == NT_OK)
        status = frames_open(&w.image, path, &pair->head, error);
    if (status == NT_OK)
        status = frames_open(&w.mask, pair->mask, &pair->mask_head, error);
    if (status == NT_OK)
        status = sweep_frames(&w, error);
    if (status == NT_OK)
        status = make_index(path, &pair->head, span, &pair->index, error);
    if (status == NT_OK)
        status = make_index(pair->mask, &pair->mask_head, span, &pair->mask_index, error);
    frames_close(&w.image);
    frames_close(&w.mask);
    nt_free(w.pixels, w.pixels ? pixels * sizeof *w.pixels : 0);
    nt_free(w.classes, w.classes ? pixels : 0);
    return status;
}

/* --- one slice -------------------------------------------------------------------------------- */

/* Where a sample is: in its file, counted from the first frame that is taken. */
typedef struct place {
    int32_t file, frame, slice;
} place;

static place locate(const nt_nifti_set *set, nt_split split, int32_t sample) {
    int32_t low = split == NT_TEST ? set->train : 0, at = 0;
    int32_t high = split == NT_TEST ? set->count : set->train;
    while (high - low >
           1) { /* the last file that starts no later; ones without samples precede it */
        int32_t middle = low + (high - low) / 2;
        if (set->pairs[middle].start <= sample)
            low = middle;
        else
            high = middle;
    }
    const nt_nifti_pair *pair = &set->pairs[low];
    for (int32_t left = sample - pair->start; left > 0 || !pair->kept[at]; at++)
        left -= pair->kept[at];
    return (place){low, at / pair->view.size[0], at % pair->view.size[0]};
}

/* One of a pair's two files, at one frame. */
typedef struct source {
    const char *path;
    const nt_nifti_head *head;
    const nt_gzip_index *index;
    int32_t frame;
    nt_volume_part part;
    uint64_t key;
} source;

static nt_status read_frame(const void *context, void *ret_bytes, nt_error *error) {
    const source *s = context;
    return nt_nifti_read_part(s->path, s->head, s->index, s->frame, 0, nt_nifti_voxels(s->head),
                              ret_bytes, error);
}

/* Voxels that were taken from the cache, or read for this slice alone. */
typedef struct taken {
    voxels voxels;
    void *own;
    size_t size;
} taken;

static nt_status take(const source *s, nt_frame_cache *cache, int64_t keep, taken *ret,
                      nt_error *error) {
    *ret = (taken){.size = nt_nifti_frame_size(s->head)};
    if (s->part.whole)
        return nt_frame_cache_take(cache, &(nt_frame_reader){s->key, ret->size, read_frame, s},
                                   keep, &ret->voxels.bytes, error);
    ret->size = (size_t)s->part.count * (size_t)s->head->size;
    ret->own = nt_alloc(ret->size);
    ret->voxels = (voxels){ret->own, s->part.first};
    return ret->own ? nt_nifti_read_part(s->path, s->head, s->index, s->frame, s->part.first,
                                         s->part.count, ret->own, error)
                    : no_memory(s->path, error);
}

static void give(const source *s, nt_frame_cache *cache, taken *t) {
    if (t->own)
        nt_free(t->own, t->size);
    else if (t->voxels.bytes)
        nt_frame_cache_give(cache, s->key);
}

nt_status nt_nifti_set_read(const nt_nifti_set *set, nt_split split, int32_t sample, int64_t keep,
                            const int32_t size[2], float *ret_pixels, unsigned char *ret_mask,
                            nt_error *error) {
    place at = locate(set, split, sample);
    const nt_nifti_pair *pair = &set->pairs[at.file];
    nt_volume_part part = nt_volume_slice(&pair->view, at.slice);
    uint64_t key = ((uint64_t)at.file << 16 | (uint64_t)at.frame) << 1;
    const source sources[2] = {
        {set->files[at.file].path, &pair->head, pair->index, pair->frame + at.frame, part, key},
        {pair->mask, &pair->mask_head, pair->mask_index, pair->mask_frame + at.frame, part,
         key | 1}};
    taken image = {0}, mask = {0};
    nt_status status = take(&sources[0], set->cache, keep, &image, error);
    if (status == NT_OK)
        status = take(&sources[1], set->cache, keep, &mask, error);
    if (status == NT_OK) {
        cut_image(pair, at.frame, at.slice, size, image.voxels, ret_pixels);
        cut_mask(&set->key, pair, at.slice, size, mask.voxels, ret_mask);
    }
    give(&sources[0], set->cache, &image);
    give(&sources[1], set->cache, &mask);
    return status;
}
