/* Sums over rows (columns.h). A job is a block of rows, whose number depends on the columns alone,
 * and leaves its sums in a place of its own; they are added up block by block afterwards. */
#include "columns.h"

#include "integers.h"
#include "parallel.h"
#include "vectorise.h"
#include <string.h>

enum { BLOCK = 1 << 14 /* elements, about */, LEAST = 64 /* rows */ };

typedef struct task {
    const float *a, *b, *centre;
    int64_t rows, columns;
    double *work; /* [block][2][column] */
} task;

static int64_t block_rows(int64_t columns) {
    return BLOCK / columns > LEAST ? BLOCK / columns : LEAST;
}

static int64_t blocks_of(int64_t rows, int64_t columns) {
    return nt_ceil_div(rows, block_rows(columns));
}

size_t nt_columns_bytes(int64_t rows, int64_t columns) {
    return (size_t)(blocks_of(rows, columns) * 2 * columns) * sizeof(double);
}

/* Where a job finds its block and leaves its two results for each column, which start at 0. */
typedef struct block {
    int64_t from, rows;
    double *first, *second;
} block;

static block block_of(const task *t, int job) {
    int64_t most = block_rows(t->columns), from = job * most;
    double *first = t->work + job * 2 * t->columns;
    memset(first, 0, (size_t)(2 * t->columns) * sizeof *first);
    return (block){
        .from = from,
        .rows = from + most < t->rows ? most : t->rows - from,
        .first = first,
        .second = first + t->columns,
    };
}

static void run(nt_job job, const task *t) {
    nt_parallel((int)blocks_of(t->rows, t->columns), job, t);
}

/* --- sums ------------------------------------------------------------------------------------- */

NT_VECTORISED(add_rows,
              (const float *restrict a, int64_t rows, int64_t stride, int64_t columns,
               double *restrict sum),
              (a, rows, stride, columns, sum)) {
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4, a += 4 * stride) {
        const float *a1 = a + stride, *a2 = a1 + stride, *a3 = a2 + stride;
        for (int64_t c = 0; c < columns; c++)
            sum[c] += (double)((a[c] + a1[c]) + (a2[c] + a3[c]));
    }
    for (; row < rows; row++, a += stride)
        for (int64_t c = 0; c < columns; c++)
            sum[c] += (double)a[c];
}

void nt_columns_add(const float *a, int64_t rows, int64_t stride, int64_t columns, double *sum) {
    add_rows(a, rows, stride, columns, sum);
}

static void sum_job(const void *context, int job, int worker) {
    const task *t = context;
    block at = block_of(t, job);
    (void)worker;
    add_rows(t->a + at.from * t->columns, at.rows, t->columns, t->columns, at.first);
}

/* The sum over the blocks of their first (which = 0) or second (1) results. */
static void add_blocks(const task *t, int which, double *ret) {
    memset(ret, 0, (size_t)t->columns * sizeof *ret);
    for (int64_t i = 0; i < blocks_of(t->rows, t->columns); i++)
        for (int64_t c = 0; c < t->columns; c++)
            ret[c] += t->work[(2 * i + which) * t->columns + c];
}

void nt_columns_sum(const float *a, int64_t rows, int64_t columns, double *work, double *ret_sum) {
    task t = {.a = a, .rows = rows, .columns = columns, .work = work};
    run(sum_job, &t);
    add_blocks(&t, 0, ret_sum);
}

NT_VECTORISED(add_products,
              (const float *restrict a, const float *restrict b, const float *restrict centre,
               int64_t rows, int64_t n, double *restrict sum, double *restrict dot),
              (a, b, centre, rows, n, sum, dot)) {
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4, a += 4 * n, b += 4 * n)
        for (int64_t c = 0; c < n; c++) {
            float m = centre[c];
            float d0 = b[c] - m, d1 = b[n + c] - m, d2 = b[2 * n + c] - m, d3 = b[3 * n + c] - m;
            sum[c] += (double)((a[c] + a[n + c]) + (a[2 * n + c] + a[3 * n + c]));
            dot[c] +=
                (double)((a[c] * d0 + a[n + c] * d1) + (a[2 * n + c] * d2 + a[3 * n + c] * d3));
        }
    for (; row < rows; row++, a += n, b += n)
        for (int64_t c = 0; c < n; c++) {
            sum[c] += (double)a[c];
            dot[c] += (double)(a[c] * (b[c] - centre[c]));
        }
}

static void dot_job(const void *context, int job, int worker) {
    const task *t = context;
    block at = block_of(t, job);
    int64_t start = at.from * t->columns;
    (void)worker;
    add_products(t->a + start, t->b + start, t->centre, at.rows, t->columns, at.first, at.second);
}

void nt_columns_dot(const float *a, const float *b, const float *centre, int64_t rows,
                    int64_t columns, double *work, double *ret_sum, double *ret_dot) {
    task t = {a, b, centre, rows, columns, work};
    run(dot_job, &t);
    add_blocks(&t, 0, ret_sum);
    add_blocks(&t, 1, ret_dot);
}
