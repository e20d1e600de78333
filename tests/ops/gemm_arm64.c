/* The portable kernel (gemm_tile.h) against plain fused sums in order, bit for bit: by itself, so
 * that it can be built for a processor that has none of the libraries that the program wants, and
 * emulated. Exits with 1 where a bit differs. */
#include "gemm_tile.h"

#include "tensor.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 14, DEPTH = 70, PANELS = 3, WIDTH = PANELS * NT_PANEL, C_ROW = WIDTH + NT_PANEL };

static float a[ROWS * DEPTH], turned[DEPTH * ROWS], b[PANELS * DEPTH * NT_PANEL];

static void fill(float *to, int count, uint32_t seed) {
    for (int i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        to[i] = (float)(int32_t)seed / (1 << 30);
    }
}

static float wanted(int row, int column, int depth, bool add) {
    const float *right = b + column / NT_PANEL * DEPTH * NT_PANEL + column % NT_PANEL;
    float sum = 0;
    for (int k = 0; k < depth; k++)
        sum = fmaf(a[row * DEPTH + k], right[k * NT_PANEL], sum);
    return add ? 3 + sum : sum;
}

/* How many elements are wrong. */
static int try(int rows, int depth, int panels, bool add, bool by_columns) {
    float c[ROWS * C_ROW];
    int wrong = 0;
    for (int i = 0; i < ROWS * C_ROW; i++)
        c[i] = 3;
    const nt_block_product product = {
        .rows = rows,
        .depth = depth,
        .panels = panels,
        .a = by_columns ? turned : a,
        .a_row = by_columns ? 1 : DEPTH,
        .a_step = by_columns ? ROWS : 1,
        .b = b,
        .b_row = NT_PANEL,
        .b_panel = DEPTH * NT_PANEL,
        .c = c,
        .c_row = C_ROW,
        .c_panel = NT_PANEL,
        .add = add,
    };
    nt_gemm_tiles_portable.multiply(&product);
    for (int row = 0; row < ROWS; row++)
        for (int column = 0; column < C_ROW; column++) {
            bool inside = row < rows && column < panels * NT_PANEL;
            float expected = inside ? wanted(row, column, depth, add) : 3;
            wrong += memcmp(&c[row * C_ROW + column], &expected, sizeof expected) != 0;
        }
    return wrong;
}

int main(void) {
    int wrong = 0;
    fill(a, ROWS * DEPTH, 1);
    fill(b, PANELS * DEPTH * NT_PANEL, 2);
    for (int row = 0; row < ROWS; row++)
        for (int k = 0; k < DEPTH; k++)
            turned[k * ROWS + row] = a[row * DEPTH + k];
    for (int rows = 1; rows <= ROWS; rows++)
        for (int panels = 1; panels <= PANELS; panels++)
            for (int way = 0; way < 4; way++)
                wrong += try(rows, way < 2 ? DEPTH : 1 + rows, panels, way % 2, way / 2);
    printf("%d elements are wrong\n", wrong);
    return wrong > 0;
}
