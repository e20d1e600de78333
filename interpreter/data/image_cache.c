/* Digests are of the decoded samples, since a file may be written anew with the same pixels, and
 * are those that samples are ordered by: asking for the order reads nothing again. */
#include "image_cache.h"

#include "alloc.h"
#include <string.h>

static nt_status no_memory(int32_t count, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %d images", count);
}

/* Reads sample i of a kind that can read it alone. */
static nt_status read_one(const nt_image_source *source, int32_t i, void *pixels,
                          unsigned char *mask, nt_sample *ret, nt_error *error) {
    const nt_data_info *info = source->info;
    const int32_t *labels = info->labels[source->split];
    NT_TRY(info->kind->read(source->options, info, source->split, i, pixels, mask, error));
    *ret = (nt_sample){.pixels = pixels, .mask = mask, .label = labels ? labels[i] : 0};
    return NT_OK;
}

/* A sample that isn't held: its pixels, then its mask. */
static nt_status read_into(const nt_image_cache *cache, const nt_image_source *source, int32_t i,
                           void *room, nt_sample *ret, nt_error *error) {
    unsigned char *mask = cache->held.mask_size ? (unsigned char *)room + cache->held.size : NULL;
    return read_one(source, i, room, mask, ret, error);
}

/* --- filling ---------------------------------------------------------------------------------- */

typedef struct filling {
    nt_image_cache *cache;
    const nt_image_source *source;
} filling;

static nt_status hold(const filling *f, int32_t i, nt_error *error) {
    nt_images *held = &f->cache->held;
    nt_sample sample;
    NT_TRY(read_one(f->source, i, held->pixels + (size_t)i * held->size,
                    held->masks ? held->masks + (size_t)i * held->mask_size : NULL, &sample,
                    error));
    if (held->labels)
        held->labels[i] = sample.label;
    return NT_OK;
}

static nt_status note_digest(const filling *f, int32_t i, const nt_sample *sample,
                             nt_error *error) {
    const nt_data_info *info = f->source->info;
    char *digest = f->cache->digests[i - f->cache->held.count];
    return nt_sample_digest(sample, info->shape, info->pixel, digest) == NT_OK
               ? NT_OK
               : no_memory(1, error);
}

static nt_status look_at(const filling *f, int32_t i, nt_error *error) {
    size_t size = nt_image_cache_room(f->cache);
    void *room = nt_alloc(size);
    nt_sample sample;
    nt_status status =
        room ? read_into(f->cache, f->source, i, room, &sample, error) : no_memory(1, error);
    if (status == NT_OK)
        status = note_digest(f, i, &sample, error);
    nt_free(room, size);
    return status;
}

static nt_status fill_sample(const void *context, int32_t i, nt_error *error) {
    const filling *f = context;
    return i < f->cache->held.count ? hold(f, i, error) : look_at(f, i, error);
}

/* The same of a sample that a sweep comes by. */
static nt_status take_sample(const void *context, int32_t i, const nt_sample *sample,
                             nt_error *error) {
    const filling *f = context;
    nt_images *held = &f->cache->held;
    if (i >= held->count)
        return note_digest(f, i, sample, error);
    memcpy(held->pixels + (size_t)i * held->size, sample->pixels, held->size);
    if (held->masks)
        memcpy(held->masks + (size_t)i * held->mask_size, sample->mask, held->mask_size);
    else
        held->labels[i] = sample->label;
    return NT_OK;
}

static size_t digests_size(const nt_image_cache *cache) {
    return (size_t)(cache->count - cache->held.count) * sizeof *cache->digests;
}

static size_t pixels_size(const nt_data_info *info) {
    return (size_t)nt_shape_elements(info->shape) * nt_pixel_size(info->pixel);
}

static size_t mask_size_of(const nt_data_info *info) {
    return info->target == NT_TARGET_MASK ? (size_t)nt_shape_pixels(info->shape) : 0;
}

int64_t nt_image_source_bytes(const nt_image_source *source) {
    const nt_data_info *info = source->info;
    return (int64_t)info->counts[source->split] * (int64_t)(pixels_size(info) + mask_size_of(info));
}

static nt_status fill_singly(nt_image_cache *cache, const nt_image_source *source, int64_t memory,
                             nt_error *error) {
    const nt_data_info *info = source->info;
    size_t size = pixels_size(info), mask_size = mask_size_of(info);
    int64_t most = memory / (int64_t)(size + mask_size);
    cache->count = info->counts[source->split];
    int32_t held = most < cache->count ? (int32_t)most : cache->count;
    if (nt_images_init(&cache->held, held, size, mask_size) != NT_OK)
        return no_memory(held, error);
    if (held < cache->count && !(cache->digests = nt_alloc(digests_size(cache))))
        return no_memory(cache->count, error);
    const filling f = {cache, source};
    if (!info->kind->sweep)
        return nt_read_samples(cache->count, fill_sample, &f, error);
    const nt_sample_sink sink = {take_sample, &f, held};
    return info->kind->sweep(source->options, info, source->split, &sink, error);
}

nt_status nt_image_cache_fill(nt_image_cache *ret, const nt_image_source *source, int64_t memory,
                              nt_error *error) {
    const nt_data_info *info = source->info;
    nt_image_cache cache = {0};
    nt_status status;
    if (info->kind->read) {
        status = fill_singly(&cache, source, memory, error);
    } else {
        status = info->kind->load(source->options, info, source->split, &cache.held, error);
        cache.count = cache.held.count;
    }
    if (status == NT_OK)
        *ret = cache;
    else
        nt_image_cache_finish(&cache);
    return status;
}

void nt_image_cache_finish(nt_image_cache *cache) {
    nt_free(cache->digests, cache->digests ? digests_size(cache) : 0);
    nt_images_finish(&cache->held);
    *cache = (nt_image_cache){0};
}

int64_t nt_image_cache_bytes(const nt_image_cache *cache) {
    return (int64_t)cache->held.count * (int64_t)(cache->held.size + cache->held.mask_size);
}

/* --- asking ----------------------------------------------------------------------------------- */

size_t nt_image_cache_room(const nt_image_cache *cache) {
    return cache->held.count < cache->count ? cache->held.size + cache->held.mask_size : 0;
}

nt_status nt_image_cache_sample(const nt_image_cache *cache, const nt_image_source *source,
                                int32_t i, void *room, nt_sample *ret, nt_error *error) {
    const nt_data_info *info = source->info;
    char digest[NT_DIGEST_HEX];
    if (i < cache->held.count) {
        *ret = nt_images_sample(&cache->held, i);
        return NT_OK;
    }
    NT_TRY(read_into(cache, source, i, room, ret, error));
    if (nt_sample_digest(ret, info->shape, info->pixel, digest) != NT_OK)
        return no_memory(1, error);
    if (strcmp(digest, cache->digests[i - cache->held.count]) == 0)
        return NT_OK;
    const char *const *names = info->names[source->split];
    nt_error_in(error, NT_INVALID, info->folder, -1,
                "holds other pixels or another mask for '%s' than when it was first read",
                names ? names[i] : "?");
    nt_error_hint(error, "put the file back, and go on");
    return NT_INVALID;
}
