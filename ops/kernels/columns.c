#include "columns.h"

#include "parallel.h"
#include <string.h>

enum { BLOCK = 128 /* rows */ };

typedef struct task {
    const float *a, *b;
    int64_t rows, columns;
    double *work; /* [block][sum, dot][column] */
} task;

static int64_t blocks_of(int64_t rows) {
    return (rows + BLOCK - 1) / BLOCK;
}

size_t nt_columns_bytes(int64_t rows, int64_t columns) {
    return (size_t)(blocks_of(rows) * 2 * columns) * sizeof(double);
}

static void sum_job(const void *context, int job, int worker) {
    const task *t = context;
    (void)worker;
    int64_t columns = t->columns, from = (int64_t)job * BLOCK;
    int64_t to = from + BLOCK < t->rows ? from + BLOCK : t->rows;
    double *sum = t->work + job * 2 * columns, *dot = sum + columns;
    memset(sum, 0, (size_t)(2 * columns) * sizeof *sum);
    for (int64_t row = from; row < to; row++) {
        const float *a = t->a + row * columns, *b = t->b ? t->b + row * columns : NULL;
        for (int64_t c = 0; c < columns; c++)
            sum[c] += (double)a[c];
        for (int64_t c = 0; b && c < columns; c++)
            dot[c] += (double)a[c] * (double)b[c];
    }
}

void nt_columns_sum(const float *a, const float *b, int64_t rows, int64_t columns, double *work,
                    double *ret_sum, double *ret_dot) {
    task t = {a, b, rows, columns, work};
    int64_t blocks = blocks_of(rows);
    nt_parallel((int)blocks, sum_job, &t);
    for (int64_t c = 0; c < columns; c++) {
        double sum = 0, dot = 0;
        for (int64_t i = 0; i < blocks; i++) {
            sum += work[i * 2 * columns + c];
            dot += work[(i * 2 + 1) * columns + c];
        }
        ret_sum[c] = sum;
        if (b)
            ret_dot[c] = dot;
    }
}
