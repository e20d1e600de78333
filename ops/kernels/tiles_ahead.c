#include "tiles_ahead.h"

#include "fetch.h"
#include "integers.h"

enum { NEAR = 1 << 21 /* floats that are likely to be in a cache already */ };

bool nt_ahead_pays(const nt_conv_shape *shape) {
    int64_t in = (int64_t)shape->samples * shape->height * shape->width * shape->channels;
    int64_t out =
        (int64_t)shape->samples * shape->out_height * shape->out_width * shape->out_channels;
    int64_t taps = (int64_t)shape->kernel[0] * shape->kernel[1];
    return in + out + taps * shape->channels * shape->out_channels > NEAR;
}

nt_ahead nt_ahead_of(const nt_tiles *tiles, const float *maps, const nt_tiles_part *part,
                     bool write, int64_t calls) {
    nt_ahead ahead = {.tiles = tiles,
                      .maps = maps,
                      .left = *part,
                      .write = write,
                      .place = tiles->side * tiles->side};
    ahead.left.end = nt_min(part->end, nt_tiles_total(tiles));
    if (part->tile < ahead.left.end && calls > 0) {
        int64_t places = nt_min(tiles->step[0], tiles->side) * nt_min(tiles->step[1], tiles->side);
        int64_t lines = places * nt_ceil_div(part->count, NT_FETCH_LINE);
        ahead.lines = nt_ceil_div((ahead.left.end - part->tile) * lines, calls);
    }
    return ahead;
}

/* Begins a tile: all places but those that the tile before it in its phase, or that above it, has
 * too. */
static void begin_tile(nt_ahead *ahead) {
    const nt_tiles *tiles = ahead->tiles;
    int64_t tile = ahead->left.tile++, above = tile / tiles->count[1];
    bool top = above % tiles->count[0] < tiles->dilation[0];
    bool leftmost = tile % tiles->count[1] < tiles->dilation[1];
    int32_t rows = top ? 0 : tiles->side - tiles->step[0];
    int32_t columns = leftmost ? 0 : tiles->side - tiles->step[1];
    nt_tiles_places(tiles, tile, ahead->places);
    for (int32_t i = 0; i < tiles->side; i++)
        for (int32_t j = 0; j < tiles->side; j++)
            if (i < rows || j < columns)
                ahead->places[i * tiles->side + j] = -1;
    ahead->place = 0;
}

static int64_t fetch_place(const nt_ahead *ahead, int64_t place) {
    const float *from = ahead->maps + place + ahead->left.channel;
    if (ahead->write)
        nt_fetch_to_write(from, ahead->left.count);
    else
        nt_fetch_to_read(from, ahead->left.count);
    return nt_ceil_div(ahead->left.count, NT_FETCH_LINE);
}

void nt_ahead_fetch(nt_ahead *ahead) {
    for (int64_t wanted = ahead->lines; wanted > 0;) {
        if (ahead->place == ahead->tiles->side * ahead->tiles->side) {
            if (ahead->left.tile >= ahead->left.end)
                return;
            begin_tile(ahead);
        }
        int64_t place = ahead->places[ahead->place++];
        if (place >= 0)
            wanted -= fetch_place(ahead, place);
    }
}
