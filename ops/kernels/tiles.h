/* A batch of NHWC maps cut into square tiles, which may overlap one another and the maps' edges,
 * and which are counted through the batch: tile = (sample * count_0 + i) * count_1 + j. */
#ifndef NT_TILES_H
#define NT_TILES_H

#include "bilinear.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nt_tiles {
    int32_t samples, size[2], channels; /* of the maps */
    int32_t side, count[2];             /* places along a tile; tiles along a map */
    int32_t first[2], step[2];          /* tile (i, j) starts at first + (i, j) * step */
} nt_tiles;

int64_t nt_tiles_total(const nt_tiles *tiles);

/* Where the places of a tile lie, row by row: floats from the start of the maps, or -1 past the
 * edge of the map. */
void nt_tiles_places(const nt_tiles *tiles, int64_t tile, int64_t *ret_places);

/* Whether tiles are single places that follow each other through the maps: then the maps themselves
 * are the matrix of tiles by channels. */
bool nt_tiles_in_place(const nt_tiles *tiles);

/* Fetches what a tile that is soon to be worked on will need, of channels [channel, channel +
 * count): to read, or to write. Tiles past the last one are none. */
void nt_tiles_fetch(const nt_tiles *tiles, const float *maps, int64_t tile, int32_t channel,
                    int32_t count, bool write);

/* Applies `map` to channels [channel, channel + count) of one tile; past the map's edge are zeros.
 * Writes `count` numbers, rounded up to a multiple of NT_BLOCK with zeros, at each to[i] + to_at.
 */
void nt_tiles_transform(const nt_tiles *tiles, const float *maps, nt_bilinear_map map, int64_t tile,
                        int32_t channel, int32_t count, float *const *to, int64_t to_at);

/* `floats`, enlarged to an odd number of cache lines: numbers that lie so far apart don't compete
 * for the same few places of a cache. */
int64_t nt_tiles_stride(int64_t floats);

#endif
