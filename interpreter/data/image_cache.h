/* The images of a split, as many as may be held in memory: the first ones. The others are read
 * again whenever they are asked for, by the thread that asks.
 *
 *     | held: pixels, mask, label |  digest alone …
 *     0                           held.count       count
 *
 * Filling the cache reads every image once, so that all that is wrong with a set is known before
 * anything is computed from it. What is read again must be what was read then. */
#ifndef NT_IMAGE_CACHE_H
#define NT_IMAGE_CACHE_H

#include "data_kind.h"

typedef struct nt_image_cache {
    nt_images held;
    int32_t count;                  /* of the split; 0: it isn't filled */
    char (*digests)[NT_DIGEST_HEX]; /* of sample i: at i - held.count; NULL: all are held */
} nt_image_cache;

/* What the images are read from. */
typedef struct nt_image_source {
    const void *options;
    const nt_data_info *info;
    nt_split split;
} nt_image_source;

/* Holds at most `memory` bytes, where the kind reads samples one by one; a kind that reads them all
 * at once has them all held. nt_image_cache_finish frees it. */
nt_status nt_image_cache_fill(nt_image_cache *ret, const nt_image_source *source, int64_t memory,
                              nt_error *error);
void nt_image_cache_finish(nt_image_cache *cache);

int64_t nt_image_source_bytes(const nt_image_source *source); /* of all its samples */

int64_t nt_image_cache_bytes(const nt_image_cache *cache); /* of the images that are held */

/* Sample i. `room` has nt_image_cache_room bytes, aligned as nt_alloc's, where one that isn't held
 * is put; NULL will do if all are. NT_INVALID when it can't be read or is another than it was. */
nt_status nt_image_cache_sample(const nt_image_cache *cache, const nt_image_source *source,
                                int32_t i, void *room, nt_sample *ret, nt_error *error);
size_t nt_image_cache_room(const nt_image_cache *cache); /* 0: all are held */

#endif
