/* Tiles of conv_sliding.h. Of each row of the kernel, and each channel that is summed over, the
 * inputs that meet the tile are held in registers, so that they are read once for all columns of
 * the kernel, and likewise the kernel once for all places. A sum takes one fused multiply-add for
 * each product: by rows of the kernel, then channels, then columns. The build compiles this file
 * once for each set of instructions, with NT_SET naming it. */
#include "sliding_tile.h"

#include "fused_lanes.h"
#include "integers.h"
#include "tensor.h"
#include <string.h>

#define NAME(set) PASTE(nt_sliding_, set)

enum {
    VECTORS = NT_PANEL / LANES, /* of a panel */
    MOST_PLACES = 8
};

/* Lane l reads lane at[l] of the LANES floats there. */
#if defined __AVX512F__
typedef __m512i lane_numbers;
INLINE lanes permuted(const float *from, lane_numbers at) {
    return _mm512_permutexvar_ps(at, load(from));
}
#else
typedef __m256i lane_numbers;
INLINE lanes permuted(const float *from, lane_numbers at) {
    return _mm256_permutevar8x32_ps(load(from), at);
}
#endif

/* Channel c of each lane's group. */
INLINE lane_numbers channel_numbers(int64_t group, int64_t c) {
    int32_t numbers[LANES];
    lane_numbers at;
    for (int32_t lane = 0; lane < LANES; lane++)
        numbers[lane] = (int32_t)(lane / group * group + c);
    memcpy(&at, numbers, sizeof at);
    return at;
}

/* A vector of channels from `channel` on or, where they take the same inputs, `vectors` of them. */
INLINE void sum_vectors(const nt_sliding_tile *t, const lane_numbers *numbers, int64_t channel,
                        const float *weights, lanes (*sums)[MOST_PLACES], int vectors,
                        nt_sliding_kind kind, int side, int stride, int places) {
    int64_t depth = kind == NT_SLIDING_EACH ? 1 : t->group;
    int64_t first = kind == NT_SLIDING_ACROSS ? channel / t->group * t->group : channel;
    for (int r = 0; r < t->rows; r++) {
        const float *weight = weights + t->weight_row[r];
        const intptr_t *offset = t->offset[r];
        uintptr_t base = t->base[r] + (uintptr_t)first * sizeof(float);
        for (int64_t c = 0; c < depth; c++, weight += side * NT_PANEL) {
            lanes x[NT_SLIDING_COLUMNS];
            for (int j = 0; j < (places - 1) * stride + side; j++) {
                const float *from = (const float *)(base + (uintptr_t)offset[j]);
                x[j] = kind == NT_SLIDING_EACH     ? load(from)
                       : kind == NT_SLIDING_WITHIN ? permuted(from, numbers[c])
                                                   : spread(from[c]);
            }
            for (int s = 0; s < side; s++)
                for (int v = 0; v < vectors; v++) {
                    lanes w = load(weight + s * NT_PANEL + v * LANES);
                    for (int p = 0; p < places; p++)
                        sums[v][p] = multiply_add(x[p * stride + s], w, sums[v][p]);
                }
        }
    }
}

INLINE void store_vector(const nt_sliding_tile *t, int64_t channel, lanes *sums, int places) {
    if (t->bias) {
        lanes bias = load(t->bias + channel);
        for (int p = 0; p < places; p++)
            sums[p] += bias;
    }
    if (t->relu)
        for (int p = 0; p < places; p++)
            sums[p] = relu(sums[p]);
    for (int p = 0; p < places; p++)
        if (p < t->places)
            store(t->to + p * t->to_step + channel, sums[p]);
}

INLINE void sum_tile(const nt_sliding_tile *t, nt_sliding_kind kind, int side, int stride,
                     int places) {
    lane_numbers numbers[NT_PANEL / 2];
    for (int64_t c = 0; kind == NT_SLIDING_WITHIN && c < t->group; c++)
        numbers[c] = channel_numbers(t->group, c);
    int together = kind == NT_SLIDING_ACROSS ? VECTORS : 1;
    for (int64_t v = t->vector; v < t->end; v++)
        for (int64_t at = 0; at < NT_PANEL; at += together * LANES) {
            int64_t channel = nt_min(v * NT_PANEL, t->channels - NT_PANEL) + at;
            lanes sums[VECTORS][MOST_PLACES];
            for (int i = 0; i < together; i++)
                for (int p = 0; p < places; p++)
                    sums[i][p] = (lanes){0};
            sum_vectors(t, numbers, channel, t->weight + v * t->vector_weights + at, sums, together,
                        kind, side, stride, places);
            for (int i = 0; i < together; i++)
                store_vector(t, channel + i * LANES, sums[i], places);
        }
}

#define TILE(kind, side, stride, places)                                                           \
    static void tile_##kind##_##side##_##stride##_##places(const nt_sliding_tile *t) {             \
        sum_tile(t, NT_SLIDING_##kind, side, stride, places);                                      \
    }
#define TILES_OF_STRIDE(kind, side, places) TILE(kind, side, 1, places) TILE(kind, side, 2, places)
#define TILES_OF_SIDE(kind, places)                                                                \
    TILES_OF_STRIDE(kind, 3, places)                                                               \
    TILES_OF_STRIDE(kind, 5, places) TILES_OF_STRIDE(kind, 7, places)
#define TILES(places)                                                                              \
    TILES_OF_SIDE(EACH, places) TILES_OF_SIDE(WITHIN, places) TILES_OF_SIDE(ACROSS, places)

#define NAMED(kind, side, stride, places) tile_##kind##_##side##_##stride##_##places

/* Vectors of sixteen come with thirty-two registers, those of eight with sixteen. */
#if defined __AVX512F__
TILES(8)
TILES(7)
TILES(4)
#define WIDTHS 8, 7, 4
#define OF_WIDTHS(kind, side, stride)                                                              \
    { NAMED(kind, side, stride, 8), NAMED(kind, side, stride, 7), NAMED(kind, side, stride, 4) }
#else
TILES(4)
#define WIDTHS 4
#define OF_WIDTHS(kind, side, stride)                                                              \
    { NAMED(kind, side, stride, 4) }
#endif
#define OF_STRIDES(kind, side)                                                                     \
    { OF_WIDTHS(kind, side, 1), OF_WIDTHS(kind, side, 2) }
#define OF_SIDES(kind)                                                                             \
    { OF_STRIDES(kind, 3), OF_STRIDES(kind, 5), OF_STRIDES(kind, 7) }

const nt_sliding_set NAME(NT_SET) = {
    .places = {WIDTHS},
    .tile =
        {
            [NT_SLIDING_EACH] = OF_SIDES(EACH),
            [NT_SLIDING_WITHIN] = OF_SIDES(WITHIN),
            [NT_SLIDING_ACROSS] = OF_SIDES(ACROSS),
        },
};
