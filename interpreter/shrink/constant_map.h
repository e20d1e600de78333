/* A constant as the least parameter that makes it. Maps that are the same everywhere are a vector,
 * where it may be one. Maps of which many rows or columns are alike, as a convolution leaves them
 * of what is the same everywhere but for its border, are their different rows and columns, of which
 * one is repeated and then moved to its place; that runs once, not for each image:
 *
 *     a m m m m z   =   roll by 1 of   m m m m z a   =   replicate_pad of   m z a            */
#ifndef NT_CONSTANT_MAP_H
#define NT_CONSTANT_MAP_H

#include "draft.h"

/* `maps`: by channel and place. `vector`: a value for each channel may stand for them. What is
 * added takes the place of the layer `of`, and is called as it with "_constant". */
nt_status nt_constant_map_add(nt_draft *draft, const nt_layer *of, const double *maps,
                              nt_shape shape, bool vector, nt_ref *ret, char why[NT_WHY]);

/* Whether each of `count` maps is the same in all `places`, but for rounding. */
bool nt_maps_are_even(const double *maps, int32_t count, int64_t places);

#endif
