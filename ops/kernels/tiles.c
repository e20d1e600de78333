/* Where tiles and their places lie (tiles.h): plain arithmetic on their numbers. */
#include "tiles.h"

#include "integers.h"
#include "tensor.h"

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
    for (int32_t j = 0; j < tiles->side[1]; j++, x += tiles->dilation[1])
        columns[j] = x >= 0 && x < tiles->size[1] ? (int64_t)x * tiles->channels : -1;
    int64_t line = (int64_t)tiles->size[1] * tiles->channels;
    for (int32_t i = 0; i < tiles->side[0]; i++, y += tiles->dilation[0]) {
        bool inside = y >= 0 && y < tiles->size[0];
        int64_t row = (sample * tiles->size[0] + y) * line;
        for (int32_t j = 0; j < tiles->side[1]; j++)
            *ret_places++ = inside && columns[j] >= 0 ? row + columns[j] : -1;
    }
}
