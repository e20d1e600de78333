/* Walks over a part's tiles in order, and over each one's places row by row. A place that a tile
 * shares with the one before it or above it is prefetched with that one alone; every step
 * prefetches as many lines, about, so that the last step ends where the part does. */
#include "tile_prefetch.h"

#include "integers.h"
#include "prefetch.h"

enum { NEAR = 1 << 21 /* floats that are likely to be in a cache already */ };

bool nt_tile_prefetch_pays(const nt_conv_shape *shape) {
    int64_t in = (int64_t)shape->samples * shape->height * shape->width * shape->channels;
    int64_t out =
        (int64_t)shape->samples * shape->out_height * shape->out_width * shape->out_channels;
    int64_t taps = (int64_t)shape->kernel[0] * shape->kernel[1];
    return in + out + taps * shape->channels * shape->out_channels > NEAR;
}

nt_tile_prefetch nt_tile_prefetch_of(const nt_tiles *tiles, const float *maps,
                                     const nt_tiles_part *part, bool write, int64_t steps) {
    nt_tile_prefetch prefetch = {.tiles = tiles,
                                 .maps = maps,
                                 .left = *part,
                                 .write = write,
                                 .place = nt_winograd_area(tiles->side)};
    prefetch.left.end = nt_min(part->end, nt_tiles_total(tiles));
    if (part->tile < prefetch.left.end && steps > 0) {
        int64_t places =
            nt_min(tiles->step[0], tiles->side[0]) * nt_min(tiles->step[1], tiles->side[1]);
        int64_t lines = places * nt_ceil_div(part->count, NT_PREFETCH_LINE);
        prefetch.lines = nt_ceil_div((prefetch.left.end - part->tile) * lines, steps);
    }
    return prefetch;
}

/* Begins a tile: all places but those that the tile before it in its phase, or that above it, has
 * too. */
static void begin_tile(nt_tile_prefetch *prefetch) {
    const nt_tiles *tiles = prefetch->tiles;
    int64_t tile = prefetch->left.tile++, above = tile / tiles->count[1];
    bool top = above % tiles->count[0] < tiles->dilation[0];
    bool leftmost = tile % tiles->count[1] < tiles->dilation[1];
    int32_t rows = top ? 0 : tiles->side[0] - tiles->step[0];
    int32_t columns = leftmost ? 0 : tiles->side[1] - tiles->step[1];
    nt_tiles_places(tiles, tile, prefetch->places);
    for (int32_t i = 0; i < tiles->side[0]; i++)
        for (int32_t j = 0; j < tiles->side[1]; j++)
            if (i < rows || j < columns)
                prefetch->places[i * tiles->side[1] + j] = -1;
    prefetch->place = 0;
}

static int64_t prefetch_place(const nt_tile_prefetch *prefetch, int64_t place) {
    const float *from = prefetch->maps + place + prefetch->left.channel;
    if (prefetch->write)
        nt_prefetch_to_write(from, prefetch->left.count);
    else
        nt_prefetch_to_read(from, prefetch->left.count);
    return nt_ceil_div(prefetch->left.count, NT_PREFETCH_LINE);
}

void nt_tile_prefetch_step(nt_tile_prefetch *prefetch) {
    for (int64_t wanted = prefetch->lines; wanted > 0;) {
        if (prefetch->place == nt_winograd_area(prefetch->tiles->side)) {
            if (prefetch->left.tile >= prefetch->left.end)
                return;
            begin_tile(prefetch);
        }
        int64_t place = prefetch->places[prefetch->place++];
        if (place >= 0)
            wanted -= prefetch_place(prefetch, place);
    }
}
