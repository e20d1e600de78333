/* The kernels of gemm.h that are our own, compiled once for each set of vector instructions, with
 * NT_TILES naming it.
 *
 * A tile of the result, some rows by some panels, is held in registers while k runs over a piece:
 * each step reads a row of each panel, and for each row of the tile spreads one number of A over a
 * vector, which multiplies them all:
 *
 *     sums[row][panel][vector] += a[row][k] * b[panel][k][vector]       fused, from zero
 *
 * What C holds is added at the end. Nothing is copied: both matrices are read where they lie. Rows
 * are shared out evenly over tiles, so that none is left with a few, whose sums would wait for one
 * another; a tile of few rows takes more panels for the same reason. How an element is summed does
 * not depend on its tile, nor on the set: all give the same bits. */
#include "gemm_tile.h"

#include "fused_lanes.h"
#include "integers.h"
#include "tensor.h"

/* --- a tile ----------------------------------------------------------------------------------- */

enum {
    VECTORS = NT_PANEL / LANES,
    NEAR_ROWS = 4 /* that are reached from one pointer */
};

#define TO_3(X, panels) X(1, panels) X(2, panels) X(3, panels)
#define TO_6(X, panels) TO_3(X, panels) X(4, panels) X(5, panels) X(6, panels)
#define TO_9(X, panels) TO_6(X, panels) X(7, panels) X(8, panels) X(9, panels)
#define TO_12(X, panels) TO_9(X, panels) X(10, panels) X(11, panels) X(12, panels)

/* The tiles that fit the registers, X(rows, panels); and the number of panels that a tile of so
 * many rows takes, at most. */
#if defined __AVX512F__ /* 32 registers of 16 */
enum { MOST_ROWS = 12, MOST_PANELS = 4 };
static const int32_t most_panels[MOST_ROWS + 1] = {0, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2};
#define ALL_TILES(X) TO_12(X, 1) TO_12(X, 2) TO_3(X, 4)
#elif defined __AVX2__ /* 16 of 8 */
enum { MOST_ROWS = 6, MOST_PANELS = 4 };
static const int32_t most_panels[MOST_ROWS + 1] = {0, 4, 2, 1, 1, 1, 1};
#define ALL_TILES(X) TO_6(X, 1) X(1, 2) X(2, 2) X(1, 4)
#elif defined __aarch64__ /* 32 of 4 */
enum { MOST_ROWS = 5, MOST_PANELS = 2 };
static const int32_t most_panels[MOST_ROWS + 1] = {0, 2, 1, 1, 1, 1};
#define ALL_TILES(X) TO_3(X, 1) X(4, 1) X(5, 1) X(1, 2)
#else /* 16 of 4 */
enum { MOST_ROWS = 2, MOST_PANELS = 1 };
static const int32_t most_panels[MOST_ROWS + 1] = {0, 1, 1};
#define ALL_TILES(X) X(1, 1) X(2, 1)
#endif

enum { MOST_ACROSS = MOST_PANELS * VECTORS };

typedef void tile_function(const nt_block_product *p, const float *a, const float *b, float *c,
                           int64_t channel);

/* Adds what C holds to the sums of a tile. */
INLINE void add_what_is(lanes (*sums)[MOST_ACROSS], const float *c, int64_t c_row, int64_t c_panel,
                        int rows, int across) {
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < across; j++)
            sums[i][j] += load(c + i * c_row + j / VECTORS * c_panel + j % VECTORS * LANES);
    }
}

INLINE void write(lanes (*sums)[MOST_ACROSS], float *c, int64_t c_row, int64_t c_panel, int rows,
                  int across) {
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < across; j++)
            store(c + i * c_row + j / VECTORS * c_panel + j % VECTORS * LANES, sums[i][j]);
    }
}

/* `at` is where in C the tile lies, `channel` the first of its columns. */
INLINE void end_sums(const nt_product_end *end, lanes (*sums)[MOST_ACROSS], int64_t at,
                     int64_t channel, int64_t c_row, int64_t c_panel, int rows, int across) {
    if (end->bias) {
        UNROLL
        for (int j = 0; j < across; j++) {
            lanes bias = load(end->bias + channel + j * LANES);
            UNROLL
            for (int i = 0; i < rows; i++)
                sums[i][j] += bias;
        }
    }
    if (end->plus)
        add_what_is(sums, end->plus + at, c_row, c_panel, rows, across);
    if (end->relu) {
        UNROLL
        for (int i = 0; i < rows; i++) {
            UNROLL
            for (int j = 0; j < across; j++)
                sums[i][j] = relu(sums[i][j]);
        }
    }
}

/* `rows` and `panels` are constants where this is inlined, so that each sum is a register. */
INLINE void tile(const nt_block_product *p, const float *a, const float *b, float *c,
                 int64_t channel, int rows, int panels) {
    lanes sums[MOST_ROWS][MOST_ACROSS], right[MOST_ACROSS];
    const float *near[MOST_ROWS / NEAR_ROWS + 1];
    const int64_t row = p->a_row, step = p->a_step, b_row = p->b_row, b_panel = p->b_panel;
    const int across = panels * VECTORS;
    UNROLL
    for (int i = 0; i < rows; i += NEAR_ROWS)
        near[i / NEAR_ROWS] = a + i * row;
    UNROLL
    for (int i = 0; i < rows; i++) {
        UNROLL
        for (int j = 0; j < across; j++)
            sums[i][j] = (lanes){0};
    }
    for (int64_t k = p->depth; k > 0; k--, b += b_row) {
        UNROLL
        for (int j = 0; j < across; j++)
            right[j] = load(b + j / VECTORS * b_panel + j % VECTORS * LANES);
        UNROLL
        for (int i = 0; i < rows; i++) {
            lanes left = spread(near[i / NEAR_ROWS][i % NEAR_ROWS * row]);
            UNROLL
            for (int j = 0; j < across; j++)
                sums[i][j] = multiply_add(left, right[j], sums[i][j]);
        }
        UNROLL
        for (int i = 0; i < rows; i += NEAR_ROWS)
            near[i / NEAR_ROWS] += step;
    }
    if (p->add)
        add_what_is(sums, c, p->c_row, p->c_panel, rows, across);
    if (p->end)
        end_sums(p->end, sums, c - p->c, channel, p->c_row, p->c_panel, rows, across);
    write(sums, c, p->c_row, p->c_panel, rows, across);
}

#define DEFINE_TILE(rows, panels)                                                                  \
    static void tile_##rows##_##panels(const nt_block_product *p, const float *a, const float *b,  \
                                       float *c, int64_t channel) {                                \
        tile(p, a, b, c, channel, rows, panels);                                                   \
    }
ALL_TILES(DEFINE_TILE)

/* --- all of them ------------------------------------------------------------------------------ */

#define TILE_ENTRY(rows, panels) [panels][rows] = tile_##rows##_##panels,
static tile_function *const tiles[MOST_PANELS + 1][MOST_ROWS + 1] = {ALL_TILES(TILE_ENTRY)};

static void multiply(const nt_block_product *p) {
    int64_t most = most_panels[nt_min(p->rows, MOST_ROWS)];
    for (int64_t panel = 0, count; panel < p->panels; panel += count) {
        for (count = most; count > p->panels - panel;)
            count /= 2;
        const float *b = p->b + panel * p->b_panel;
        float *c = p->c + panel * p->c_panel;
        int64_t left = nt_ceil_div(p->rows, MOST_ROWS);
        for (int64_t row = 0, rows; row < p->rows; row += rows, left--) {
            rows = nt_ceil_div(p->rows - row, left);
            tiles[count][rows](p, p->a + row * p->a_row, b, c + row * p->c_row, panel * NT_PANEL);
        }
    }
}

#define NAME(set) PASTE(nt_gemm_tiles_, set)

const nt_gemm_tiles NAME(NT_TILES) = {multiply, most_panels, MOST_ROWS};
