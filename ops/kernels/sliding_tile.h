/* The inner loops of conv_sliding.h, compiled once for each set of fused vector instructions from
 * sliding_tile.c. */
#ifndef NT_SLIDING_TILE_H
#define NT_SLIDING_TILE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    NT_SLIDING_ROWS = 16,    /* of a kernel, at most */
    NT_SLIDING_COLUMNS = 21, /* of the input that meet a tile, at most */
};

/* Some places of a line, side by side, or as far apart as the kernel is dilated, by vectors of
 * NT_PANEL channels. Vector v has the channels from min(v * NT_PANEL, channels - NT_PANEL) on.
 * Under a row of the kernel, the channels of the j'th input place that meets the tile are at
 * address base + offset[j]; or zeros are. */
typedef struct nt_sliding_tile {
    int rows;                            /* of the kernel that meet the map */
    int64_t weight_row[NT_SLIDING_ROWS]; /* where those of each begin, in a vector's */
    uintptr_t base[NT_SLIDING_ROWS];
    const intptr_t *offset[NT_SLIDING_ROWS];
    int64_t channels, group; /* of all groups, and of one */
    int64_t vector, end;
    const float *weight; /* [vector][row][channel of the group][column][NT_PANEL] */
    int64_t vector_weights;
    const float *bias; /* of the channels, to be added; or NULL */
    bool relu;
    float *to; /* place p's channels are at to + p * to_step */
    int64_t to_step;
    int places; /* to be stored */
} nt_sliding_tile;

typedef void nt_sliding_function(const nt_sliding_tile *tile);

/* Which channels of a place a vector's channel is summed over. */
typedef enum nt_sliding_kind {
    NT_SLIDING_EACH,   /* its own: groups of one */
    NT_SLIDING_WITHIN, /* those of its group, of which a vector has several */
    NT_SLIDING_ACROSS, /* those of the group that all of the vector belongs to */
    NT_SLIDING_KINDS
} nt_sliding_kind;

enum { NT_SLIDING_SIDES = 3 /* 3, 5, 7 */, NT_SLIDING_STRIDES = 2, NT_SLIDING_WIDTHS = 3 };

/* The function for kernels of side columns and a stride, for tiles of some places. */
typedef struct nt_sliding_set {
    int places[NT_SLIDING_WIDTHS]; /* 0: there are no more */
    nt_sliding_function
        *tile[NT_SLIDING_KINDS][NT_SLIDING_SIDES][NT_SLIDING_STRIDES][NT_SLIDING_WIDTHS];
} nt_sliding_set;

#if defined __x86_64__
extern const nt_sliding_set nt_sliding_avx2, nt_sliding_avx512;
#endif

#endif
