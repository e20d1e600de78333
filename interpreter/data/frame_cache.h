/* Frames of volumes that were read, until others need their place: so that slices which are asked
 * for in their order cost one reading of their volume, packed as it may be. */
#ifndef NT_FRAME_CACHE_H
#define NT_FRAME_CACHE_H

#include "diagnostic.h"
#include <stddef.h>
#include <stdint.h>

enum { NT_FRAMES_KEPT = 4 };

typedef struct nt_frame_cache nt_frame_cache;

nt_frame_cache *nt_frame_cache_new(void);        /* NULL: out of memory */
void nt_frame_cache_free(nt_frame_cache *cache); /* takes NULL */

/* What reads a frame of so many bytes, where it isn't kept. */
typedef struct nt_frame_reader {
    uint64_t key;
    size_t size;
    nt_status (*read)(const void *context, void *ret_bytes, nt_error *error);
    const void *context;
} nt_frame_reader;

/* The bytes of a frame, which stay until they are given back. Frames that nobody has taken go, the
 * one longest unused first, before all together are more than `most` bytes; those that are taken
 * may be more, and so may the last NT_FRAMES_KEPT, which are an image's and its mask's at the place
 * where two volumes meet and threads are on either side. Any number of threads may call; who asks
 * for a frame that another thread reads waits for it. */
nt_status nt_frame_cache_take(nt_frame_cache *cache, const nt_frame_reader *reader, int64_t most,
                              const void **ret, nt_error *error);
void nt_frame_cache_give(nt_frame_cache *cache, uint64_t key);

#endif
