/* Tiles that will soon be worked on (tiles.h), prefetched into the second-level cache a few lines
 * at a time beside other work: memory is far slower than arithmetic, but can do its part meanwhile.
 */
#ifndef NT_TILE_PREFETCH_H
#define NT_TILE_PREFETCH_H

#include "tiles.h"

typedef struct nt_tile_prefetch {
    const nt_tiles *tiles;
    const float *maps;
    nt_tiles_part left; /* the first of its tiles is the next to be begun */
    bool write;
    int64_t lines; /* that a step prefetches, at least; 0: there is nothing to do */
    int64_t places[NT_MOST_PLACES]; /* of the tile before; those from `place` on are left */
    int place;
} nt_tile_prefetch;

/* Whether a convolution has more to read and write than is likely to be in a cache already. If not,
 * to prefetch costs more than it saves. */
bool nt_tile_prefetch_pays(const nt_conv_shape *shape);

/* For a part that is to be read, or to be written, and prefetched in so many steps; 0: not at all.
 * Tiles past the last one are none. */
nt_tile_prefetch nt_tile_prefetch_of(const nt_tiles *tiles, const float *maps,
                                     const nt_tiles_part *part, bool write, int64_t steps);

void nt_tile_prefetch_step(nt_tile_prefetch *prefetch);

#endif
