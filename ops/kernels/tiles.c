#include "tiles.h"

#include "tensor.h"
#include <string.h>

enum {
    RUN = 256, /* channels that are transformed at a time */
    LINE = 16  /* floats that the processor fetches at a time */
};

static const float zeros[RUN];

int64_t nt_tiles_total(const nt_tiles *tiles) {
    return (int64_t)tiles->samples * tiles->count[0] * tiles->count[1];
}

int64_t nt_tiles_stride(int64_t floats) {
    return ((floats + NT_BLOCK - 1) / NT_BLOCK | 1) * NT_BLOCK;
}

void nt_tiles_places(const nt_tiles *tiles, int64_t tile, int64_t *ret_places) {
    int64_t above = tile / tiles->count[1], sample = above / tiles->count[0];
    int32_t y = tiles->first[0] + (int32_t)(above % tiles->count[0]) * tiles->step[0];
    int32_t x = tiles->first[1] + (int32_t)(tile % tiles->count[1]) * tiles->step[1];
    int64_t line = (int64_t)tiles->size[1] * tiles->channels;
    int64_t row = (sample * tiles->size[0] + y) * line + (int64_t)x * tiles->channels;
    for (int32_t i = y; i < y + tiles->side; i++, row += line) {
        bool inside = i >= 0 && i < tiles->size[0];
        for (int32_t j = 0; j < tiles->side; j++)
            *ret_places++ = inside && x + j >= 0 && x + j < tiles->size[1]
                                ? row + (int64_t)j * tiles->channels
                                : -1;
    }
}

bool nt_tiles_in_place(const nt_tiles *tiles) {
    bool all = true;
    for (int d = 0; d < 2; d++)
        all =
            all && tiles->first[d] == 0 && tiles->step[d] == 1 && tiles->count[d] == tiles->size[d];
    return all && tiles->side == 1;
}

void nt_tiles_fetch(const nt_tiles *tiles, const float *maps, int64_t tile, int32_t channel,
                    int32_t count, bool write) {
    int64_t places[NT_MOST_PLACES];
    if (tile >= nt_tiles_total(tiles))
        return;
    nt_tiles_places(tiles, tile, places);
    for (int i = 0; i < tiles->side * tiles->side; i++)
        for (int32_t c = 0; places[i] >= 0 && c < count; c += LINE)
            if (write)
                __builtin_prefetch(maps + places[i] + channel + c, 1);
            else
                __builtin_prefetch(maps + places[i] + channel + c, 0);
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
    nt_tiles_fetch(tiles, maps, tile + 1, channel, count, false);
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
