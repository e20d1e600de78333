/* Tiles of some rows by a few panels (indirect.h), whose sums stay in registers through all of k,
 * one fused multiply-add for each, in order; what C holds is added last. The build compiles this
 * file once for each set of instructions, with NT_SET naming it. */
#include "indirect_rows.h"

#include "fused_lanes.h"
#include "integers.h"
#include "tensor.h"

#define NAME(set) PASTE(nt_indirect_rows_, set)

enum {
    VECTORS = NT_PANEL / LANES,  /* of a panel */
    WIDE = VECTORS == 1 ? 4 : 1, /* panels of a tile, at most: the registers decide */
    HIGH = 6,                    /* rows of a tile, whose pointers are in registers too */
    SINGLE_HIGH =
        VECTORS == 1 ? 8 : HIGH, /* of a single panel: as many as keep the processor busy */
    MOST_HIGH = 8,
    MOST_VECTORS = 4 /* side by side in a tile */
};

INLINE void add_there(const nt_indirect_product *p, const float *c, int64_t rows,
                      lanes (*sums)[MOST_VECTORS], int high, int vectors) {
    for (int i = 0; i < high; i++)
        for (int j = 0; j < vectors && i < rows; j++)
            sums[i][j] += load(c + i * p->c_row + j / VECTORS * p->c_panel + j % VECTORS * LANES);
}

/* `at` is where in C the sums belong, `channel` the first of their columns. */
INLINE void end_sums(const nt_indirect_product *p, int64_t at, int64_t channel, int64_t rows,
                     lanes (*sums)[MOST_VECTORS], int high, int vectors) {
    for (int j = 0; p->end->bias && j < vectors; j++) {
        lanes bias = load(p->end->bias + channel + j * LANES);
        for (int i = 0; i < high; i++)
            sums[i][j] += bias;
    }
    if (p->end->plus)
        add_there(p, p->end->plus + at, rows, sums, high, vectors);
    for (int i = 0; p->end->relu && i < high; i++)
        for (int j = 0; j < vectors; j++)
            sums[i][j] = relu(sums[i][j]);
}

INLINE void put(const nt_indirect_product *p, int64_t row, int64_t panel,
                lanes (*sums)[MOST_VECTORS], int high, int vectors) {
    int64_t at = row * p->c_row + panel * p->c_panel, rows = p->rows - row;
    if (p->add)
        add_there(p, p->c + at, rows, sums, high, vectors);
    if (p->end)
        end_sums(p, at, panel * NT_PANEL, rows, sums, high, vectors);
    for (int i = 0; i < high; i++)
        for (int j = 0; j < vectors && i < rows; j++)
            store(p->c + at + i * p->c_row + j / VECTORS * p->c_panel + j % VECTORS * LANES,
                  sums[i][j]);
}

/* Rows [row, row + high) by panels [panel, panel + wide), the last two constants where this is
 * inlined. Rows past the last are computed, too, but not stored. */
INLINE void tile(const nt_indirect_product *p, int64_t row, int64_t panel, int high, int wide) {
    lanes sums[MOST_HIGH][MOST_VECTORS];
    for (int i = 0; i < high; i++)
        for (int j = 0; j < wide * VECTORS; j++)
            sums[i][j] = (lanes){0};
    const float *b = p->b + panel * p->b_panel;
    for (int r = 0; r < p->runs; r++) {
        const float *const *pointers = p->from + r * p->from_run, *from[MOST_HIGH];
        for (int i = 0; i < high; i++)
            from[i] = pointers[row + i];
        for (int64_t k = 0, length = p->length[r]; k < length; k++, b += NT_PANEL) {
            lanes right[MOST_VECTORS];
            for (int j = 0; j < wide * VECTORS; j++)
                right[j] = load(b + j / VECTORS * p->b_panel + j % VECTORS * LANES);
            for (int i = 0; i < high; i++) {
                lanes left = spread(from[i][k]);
                for (int j = 0; j < wide * VECTORS; j++)
                    sums[i][j] = multiply_add(left, right[j], sums[i][j]);
            }
        }
    }
    put(p, row, panel, sums, high, wide * VECTORS);
}

INLINE void rows(const nt_indirect_product *p, int64_t panel, int high, int wide) {
    for (int64_t row = 0; row < p->rows; row += high)
        tile(p, row, panel, high, wide);
}

/* Panels are dealt out so that none is left alone, if that can be. */
INLINE int next_panels(int64_t left) {
    return WIDE == 4 && left == 5 ? 3 : (int)nt_min(left, WIDE);
}

void NAME(NT_SET)(const nt_indirect_product *p) {
    int count;
    for (int64_t panel = 0; panel < p->panels; panel += count) {
        count = next_panels(p->panels - panel);
        if (count == 1)
            rows(p, panel, SINGLE_HIGH, 1);
        else if (count == 2)
            rows(p, panel, HIGH, WIDE > 1 ? 2 : 1);
        else if (count == 3)
            rows(p, panel, HIGH, WIDE > 1 ? 3 : 1);
        else
            rows(p, panel, HIGH, WIDE > 1 ? 4 : 1);
    }
}
