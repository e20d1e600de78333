#include "tiles.h"

#include "tensor.h"
#include <string.h>

enum { RUN = 256 }; /* channels that are transformed at a time */

static const float zeros[RUN];

int64_t nt_tiles_total(const nt_tiles *tiles) {
    return (int64_t)tiles->samples * tiles->count[0] * tiles->count[1];
}

int64_t nt_tiles_stride(int64_t floats) {
    return ((floats + NT_BLOCK - 1) / NT_BLOCK | 1) * NT_BLOCK;
}

void nt_tiles_places(const nt_tiles *tiles, int64_t tile, int64_t *ret_places) {
    int64_t above = tile / tiles->count[1], sample = above / tiles->count[0];
    int64_t y = tiles->first[0] + above % tiles->count[0] * tiles->step[0];
    int64_t x = tiles->first[1] + tile % tiles->count[1] * tiles->step[1];
    for (int64_t i = y; i < y + tiles->side; i++)
        for (int64_t j = x; j < x + tiles->side; j++) {
            bool inside = i >= 0 && j >= 0 && i < tiles->size[0] && j < tiles->size[1];
            int64_t pixel = (sample * tiles->size[0] + i) * tiles->size[1] + j;
            *ret_places++ = inside ? pixel * tiles->channels : -1;
        }
}

/* The last channels, fewer than NT_BLOCK, filled up with zeros. */
static void transform_rest(const nt_tiles *tiles, const float *maps, nt_bilinear_map map,
                           const int64_t *places, int32_t channel, int32_t count, float *const *to,
                           int64_t to_at) {
    float filled[NT_MOST_PLACES][NT_BLOCK] = {0};
    const float *from[NT_MOST_PLACES];
    for (int i = 0; i < tiles->side * tiles->side; i++) {
        from[i] = filled[i];
        if (places[i] >= 0)
            memcpy(filled[i], maps + places[i] + channel, (size_t)count * sizeof(float));
    }
    map(from, 0, to, to_at, NT_BLOCK, NULL);
}

void nt_tiles_transform(const nt_tiles *tiles, const float *maps, nt_bilinear_map map, int64_t tile,
                        int32_t channel, int32_t count, float *const *to, int64_t to_at) {
    int64_t places[NT_MOST_PLACES];
    const float *from[NT_MOST_PLACES];
    nt_tiles_places(tiles, tile, places);
    int32_t rest = count % NT_BLOCK, whole = count - rest;
    for (int32_t at = 0; at < whole; at += RUN) {
        for (int i = 0; i < tiles->side * tiles->side; i++)
            from[i] = places[i] >= 0 ? maps + places[i] + channel + at : zeros;
        map(from, 0, to, to_at + at, whole - at < RUN ? whole - at : RUN, NULL);
    }
    if (rest)
        transform_rest(tiles, maps, map, places, channel + whole, rest, to, to_at + whole);
}
