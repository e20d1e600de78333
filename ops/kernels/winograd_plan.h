/* How the forward pass and the gradient to the data by one of Winograd's schemes (winograd.h) are
 * done, and cut into jobs. They differ in their geometry and in how the kernel is transformed.
 *
 *     tiles      [piece of channels][point][tile][channel]
 *     kernel     [panel of result channels][piece of channels][point][channel][16]
 *     products   [point][tile][channel of a few panels]
 *
 * A worker multiplies a block of tiles by a few panels at a time, point by point, and takes the
 * products back while they are in the second-level cache. Where there are many blocks, it has
 * transformed the block's tiles itself, for all panels, just before. Where there are few, or
 * where a large kernel is to be read but once, all workers first transform a round of tiles into
 * shared memory, and then each job multiplies a block of them by a few panels.
 *
 * A small kernel is transformed once and shared. A large one would go out to memory and come back
 * at four times the weight's size: of that each job transforms the panels that it uses, a piece of
 * the channels at a time, and multiplies by them at once (`streamed`): two, so that the tiles,
 * which come from the third-level cache, are read half as often, or of a few tiles, for more jobs,
 * one.
 *
 * The order of a sum is decided by `depth`, and that by the number of channels alone. */
#ifndef NT_WINOGRAD_PLAN_H
#define NT_WINOGRAD_PLAN_H

#include "gemm.h"
#include "tiles.h"
#include "winograd.h"

enum { NT_MOST_PANELS = 4 /* that a worker multiplies by at a time */ };

typedef struct nt_winograd_plan {
    const nt_winograd *scheme;
    nt_gemm gemm;
    nt_tiles from, to;
    int32_t points;        /* of both sides together; */
    int32_t kernel_points; /* likewise */
    bool streamed;         /* see above */
    bool cold;             /* it pays to prefetch (tile_prefetch.h) */
    int64_t depth, pieces; /* channels that are multiplied at a time; how often that is */
    int64_t panels, group; /* of result channels; at a time, at most */
    int64_t total;         /* tiles */
    bool shared;           /* they are transformed into shared memory, */
    int64_t round;         /* so many at a time */
    int64_t block, most;   /* tiles of a block; and at most, with up to so many samples */
    /* Floats from one point, panel to the next; `depth` from one transformed tile to the next. */
    int64_t block_point, round_point, product_point, kernel_point, kernel_panel;
} nt_winograd_plan;

nt_winograd_plan nt_winograd_plan_of(const nt_winograd *scheme, const nt_conv_shape *shape,
                                     bool data);

/* Floats of the kernel, transformed as a whole. */
int64_t nt_winograd_plan_kernel(const nt_winograd_plan *plan);

/* Floats of transformed tiles whose points lie so far apart. */
int64_t nt_winograd_plan_tiles(const nt_winograd_plan *plan, int64_t point);

#endif
