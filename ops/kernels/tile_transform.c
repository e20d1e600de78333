/* Tiles of maps, transformed one after the other. A place past the map's edge is read from zeros
 * that lie elsewhere, so that a tile at the edge takes the same steps as any other. */
#include "tile_transform.h"

#include "tensor.h"
#include "tile_prefetch.h"
#include <string.h>

enum { RUN = 256 /* channels that are transformed at a time */ };

static const float zeros[RUN];

/* A tile's channels from `channel` on, a multiple of NT_PANEL of them. */
static void transform_whole(const nt_tiles *tiles, const float *maps, nt_winograd_map map,
                            const int64_t *places, int64_t channel, int64_t count, float *const *to,
                            int64_t to_at) {
    const float *from[NT_MOST_PLACES];
    for (int64_t at = 0; at < count; at += RUN) {
        for (int i = 0; i < nt_winograd_area(tiles->side); i++)
            from[i] = places[i] >= 0 ? maps + places[i] + channel + at : zeros;
        map(from, 0, to, to_at + at, count - at < RUN ? count - at : RUN, NULL);
    }
}

/* The last channels, fewer than NT_PANEL, filled up with zeros. */
static void transform_rest(const nt_tiles *tiles, const float *maps, nt_winograd_map map,
                           const int64_t *places, int64_t channel, int64_t count, float *const *to,
                           int64_t to_at) {
    float filled[NT_MOST_PLACES][NT_PANEL] = {0};
    const float *from[NT_MOST_PLACES];
    for (int i = 0; i < nt_winograd_area(tiles->side); i++) {
        from[i] = filled[i];
        if (places[i] >= 0)
            memcpy(filled[i], maps + places[i] + channel, (size_t)count * sizeof(float));
    }
    map(from, 0, to, to_at, NT_PANEL, NULL);
}

void nt_tiles_transform(const nt_tiles *tiles, const float *maps, nt_winograd_map map,
                        const nt_tiles_part *part, float *const *to, int64_t pitch, bool cold) {
    int64_t places[NT_MOST_PLACES];
    int64_t rest = part->count % NT_PANEL, whole = part->count - rest, to_at = 0;
    nt_tiles_part next = *part;
    next.tile++;
    nt_tile_prefetch ahead =
        nt_tile_prefetch_of(tiles, maps, &next, false, cold ? part->end - part->tile : 0);
    for (int64_t tile = part->tile; tile < part->end; tile++, to_at += pitch) {
        nt_tile_prefetch_step(&ahead);
        nt_tiles_places(tiles, tile, places);
        transform_whole(tiles, maps, map, places, part->channel, whole, to, to_at);
        if (rest)
            transform_rest(tiles, maps, map, places, part->channel + whole, rest, to,
                           to_at + whole);
    }
}
