/* Tiles of maps, found and transformed (tiles.h). A place past the map's edge is read from zeros
 * that lie elsewhere, so that a tile at the edge takes the same steps as any other. */
#include "tiles.h"

#include "integers.h"
#include "tensor.h"
#include "tile_prefetch.h"
#include <string.h>

enum { RUN = 256 /* channels that are transformed at a time */ };

static const float zeros[RUN];

int32_t nt_tiles_count(int32_t size, int32_t dilation, int32_t step) {
    int32_t phase = nt_ceil_div(size, dilation);
    return nt_ceil_div(phase, step) * dilation;
}

int64_t nt_tiles_total(const nt_tiles *tiles) {
    return (int64_t)tiles->samples * tiles->count[0] * tiles->count[1];
}

int64_t nt_tiles_stride(int64_t floats) {
    return (nt_ceil_div(floats, NT_PANEL) | 1) * NT_PANEL;
}

static int32_t start_of(const nt_tiles *tiles, int d, int32_t i) {
    int32_t dilation = tiles->dilation[d];
    if (dilation == 1)
        return tiles->first[d] + i * tiles->step[d];
    return tiles->first[d] + i % dilation + i / dilation * dilation * tiles->step[d];
}

void nt_tiles_places(const nt_tiles *tiles, int64_t tile, int64_t *ret_places) {
    int64_t above = tile / tiles->count[1], sample = above / tiles->count[0];
    int32_t y = start_of(tiles, 0, (int32_t)(above - sample * tiles->count[0]));
    int32_t x = start_of(tiles, 1, (int32_t)(tile - above * tiles->count[1]));
    int64_t columns[NT_MOST_PLACES];
    for (int32_t j = 0; j < tiles->side; j++, x += tiles->dilation[1])
        columns[j] = x >= 0 && x < tiles->size[1] ? (int64_t)x * tiles->channels : -1;
    int64_t line = (int64_t)tiles->size[1] * tiles->channels;
    for (int32_t i = 0; i < tiles->side; i++, y += tiles->dilation[0]) {
        bool inside = y >= 0 && y < tiles->size[0];
        int64_t row = (sample * tiles->size[0] + y) * line;
        for (int32_t j = 0; j < tiles->side; j++)
            *ret_places++ = inside && columns[j] >= 0 ? row + columns[j] : -1;
    }
}

/* A tile's channels from `channel` on, a multiple of NT_PANEL of them. */
static void transform_whole(const nt_tiles *tiles, const float *maps, nt_winograd_map map,
                            const int64_t *places, int64_t channel, int64_t count, float *const *to,
                            int64_t to_at) {
    const float *from[NT_MOST_PLACES];
    for (int64_t at = 0; at < count; at += RUN) {
        for (int i = 0; i < tiles->side * tiles->side; i++)
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
    for (int i = 0; i < tiles->side * tiles->side; i++) {
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
