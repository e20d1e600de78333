/* A batch of NHWC maps cut into tiles, which may overlap one another and the maps' edges,
 * and which are counted through the batch: tile = (sample * count_0 + i) * count_1 + j.
 *
 * With a dilation, a tile's places lie so far apart, and the tiles are those of the map's phases:
 * the maps of all rows, and columns, that leave the same rest when divided by the dilation. Tiles
 * of different phases take turns. */
#ifndef NT_TILES_H
#define NT_TILES_H

#include "winograd.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nt_tiles {
    int32_t samples, size[2], channels; /* of the maps */
    int32_t side[2], count[2];          /* places along a tile; tiles along a map */
    int32_t dilation[2];
    int32_t first[2], step[2]; /* tile i starts at first + i % dilation + i / dilation * dilation *
                                  step; likewise j */
} nt_tiles;

/* Tiles [tile, end), and of each of them channels [channel, channel + count). */
typedef struct nt_tiles_part {
    int64_t tile, end, channel, count;
} nt_tiles_part;

/* The tiles along a map, of so many places each, that cover it but once. */
int32_t nt_tiles_count(int32_t size, int32_t dilation, int32_t step);

int64_t nt_tiles_total(const nt_tiles *tiles);

/* Where the places of a tile lie, row by row: floats from the start of the maps, or -1 past the
 * edge of the map. */
void nt_tiles_places(const nt_tiles *tiles, int64_t tile, int64_t *ret_places);

/* `floats`, enlarged to an odd number of cache lines: numbers that lie so far apart don't compete
 * for the same few places of a cache. */
int64_t nt_tiles_stride(int64_t floats);

#endif
