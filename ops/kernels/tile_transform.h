/* One of Winograd's linear maps (winograd.h) over the tiles of a batch of maps. */
#ifndef NT_TILE_TRANSFORM_H
#define NT_TILE_TRANSFORM_H

#include "tiles.h"

/* Applies `map` to each tile of a part; past the map's edge are zeros. Of the first tile it writes
 * `count` numbers, rounded up to a multiple of NT_PANEL with zeros, at each to[i]; those of the
 * next lie `pitch` floats further. `cold`: the part is likely to be in no cache yet. */
void nt_tiles_transform(const nt_tiles *tiles, const float *maps, nt_winograd_map map,
                        const nt_tiles_part *part, float *const *to, int64_t pitch, bool cold);

#endif
