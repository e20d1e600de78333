/* Means and variances of columns, block by block as the blocks are finished. */
#include "moments.h"

#include "integers.h"
#include "parallel.h"
#include "vectorise.h"
#include <math.h>
#include <string.h>

enum { BLOCK = 1 << 14 /* elements, about */, LEAST = 64 /* rows */ };

static int64_t block_rows(int64_t columns) {
    return nt_max(BLOCK / columns, LEAST);
}

static int64_t blocks_of(int64_t rows, int64_t columns) {
    return nt_ceil_div(rows, block_rows(columns));
}

size_t nt_moments_bytes(int64_t rows, int64_t columns) {
    return (size_t)blocks_of(rows, columns) *
           (2 * (size_t)columns * sizeof(double) + sizeof(atomic_llong));
}

nt_moments nt_moments_of(const float *x, int64_t rows, int64_t columns, void *work) {
    double *blocks = work;
    void *behind = blocks + blocks_of(rows, columns) * 2 * columns;
    return (nt_moments){
        .x = x, .rows = rows, .columns = columns, .blocks = blocks, .missing = behind};
}

/* --- a block ---------------------------------------------------------------------------------- */

/* Sums of the deviations from `origin`, and of their squares. */
NT_VECTORISED(add_deviations,
              (const float *restrict x, const float *restrict origin, int64_t rows, int64_t n,
               double *restrict sum, double *restrict squares),
              (x, origin, rows, n, sum, squares)) {
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4, x += 4 * n)
        for (int64_t c = 0; c < n; c++) {
            float o = origin[c];
            float d0 = x[c] - o, d1 = x[n + c] - o, d2 = x[2 * n + c] - o, d3 = x[3 * n + c] - o;
            sum[c] += (double)((d0 + d1) + (d2 + d3));
            squares[c] += (double)((d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3));
        }
    for (; row < rows; row++, x += n)
        for (int64_t c = 0; c < n; c++) {
            double d = (double)(x[c] - origin[c]);
            sum[c] += d;
            squares[c] += d * d;
        }
}

static void take_block(const nt_moments *m, int64_t block) {
    int64_t columns = m->columns, from = block * block_rows(columns);
    int64_t rows = nt_min(block_rows(columns), m->rows - from);
    const float *x = m->x + from * columns;
    double *mean = m->blocks + block * 2 * columns, *squares = mean + columns;
    memset(mean, 0, (size_t)(2 * columns) * sizeof *mean);
    add_deviations(x, x, rows, columns, mean, squares);
    for (int64_t c = 0; c < columns; c++) {
        double apart = mean[c] / (double)rows, left = squares[c] - mean[c] * apart;
        mean[c] = (double)x[c] + apart;
        squares[c] = left < 0 ? 0 : left; /* NaN stays NaN */
    }
}

static void block_job(const void *context, int job, int worker) {
    (void)worker;
    take_block(context, job);
}

/* --- as they are made ------------------------------------------------------------------------- */

/* A range of units or of rows. */
typedef struct range {
    int64_t from, end;
} range;

/* The units that the rows of a block wait for. */
static range units_of(const nt_moments *m, int64_t block) {
    int64_t from = block * block_rows(m->columns);
    int64_t end = nt_min(from + block_rows(m->columns), m->rows);
    return (range){from / m->unit_rows * m->units, nt_ceil_div(end, m->unit_rows) * m->units};
}

/* The blocks some of whose rows wait for these units. */
static range blocks_waiting(const nt_moments *m, int64_t from, int64_t end) {
    int64_t first = from / m->units * m->unit_rows;
    int64_t last = nt_min(m->rows, nt_ceil_div(end, m->units) * m->unit_rows);
    return (range){first / block_rows(m->columns), nt_ceil_div(last, block_rows(m->columns))};
}

void nt_moments_begin(nt_moments *m, int64_t units, int64_t rows, int64_t shares) {
    m->units = units;
    m->unit_rows = rows;
    for (int64_t i = 0; i < blocks_of(m->rows, m->columns); i++) {
        range wanted = units_of(m, i);
        atomic_init(&m->missing[i], (wanted.end - wanted.from) * shares);
    }
}

void nt_moments_made(const nt_moments *m, int64_t from, int64_t end, int64_t shares) {
    range blocks = blocks_waiting(m, from, end);
    for (int64_t i = blocks.from; i < blocks.end; i++) {
        range wanted = units_of(m, i);
        int64_t made = (nt_min(end, wanted.end) - nt_max(from, wanted.from)) * shares;
        if (atomic_fetch_sub(&m->missing[i], made) == made)
            take_block(m, i);
    }
}

/* --- together --------------------------------------------------------------------------------- */

/* Into the first block's results: the mean and the sum of squares of all. */
static void combine(const nt_moments *m) {
    int64_t rows = block_rows(m->columns), columns = m->columns;
    double *mean = m->blocks, *squares = mean + columns;
    const double *block = m->blocks;
    for (int64_t before = rows; before < m->rows; before += rows) {
        block += 2 * columns;
        double more = (double)nt_min(rows, m->rows - before);
        double share = more / ((double)before + more);
        for (int64_t c = 0; c < columns; c++) {
            double apart = block[c] - mean[c];
            mean[c] += apart * share;
            squares[c] += block[columns + c] + apart * apart * (double)before * share;
        }
    }
}

static void part(double value, float *ret_large, float *ret_small) {
    float large = (float)value;
    *ret_large = large;
    *ret_small = isfinite(large) ? (float)(value - (double)large) : 0;
}

void nt_moments_finish(const nt_moments *m, float *ret_parts) {
    int64_t columns = m->columns;
    if (m->units == 0)
        nt_parallel((int)blocks_of(m->rows, columns), block_job, m);
    combine(m);
    for (int64_t c = 0; c < columns; c++) {
        part(m->blocks[c], &ret_parts[c], &ret_parts[columns + c]);
        part(m->blocks[columns + c] / (double)m->rows, &ret_parts[2 * columns + c],
             &ret_parts[3 * columns + c]);
    }
}

void nt_moments_join(const float *parts, int64_t columns, double *ret_mean, double *ret_variance) {
    for (int64_t c = 0; c < columns; c++) {
        ret_mean[c] = (double)parts[c] + (double)parts[columns + c];
        ret_variance[c] = (double)parts[2 * columns + c] + (double)parts[3 * columns + c];
    }
}
