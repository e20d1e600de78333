#include "elementwise.h"

#include "activation.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include <string.h>

enum { JOB = 1 << 14 }; /* elements */

typedef struct work {
    int64_t total;
    nt_range range;
    const void *call;
} work;

static void run_job(const void *context, int job, int worker) {
    const work *w = context;
    int64_t from = (int64_t)job * JOB;
    (void)worker;
    w->range(w->call, from, from + JOB < w->total ? from + JOB : w->total);
}

void nt_elementwise(int64_t total, nt_range range, const void *call) {
    nt_parallel((int)nt_ceil_div(total, JOB), run_job, &(work){total, range, call});
}

typedef struct row_work {
    int64_t rows, rows_of_job;
    nt_rows_range range;
    const void *context;
} row_work;

static void run_rows_job(const void *context, int job, int worker) {
    const row_work *w = context;
    int64_t from = job * w->rows_of_job, left = w->rows - from;
    w->range(w->context, from, from + (left < w->rows_of_job ? left : w->rows_of_job), worker);
}

void nt_rowwise(int64_t rows, int64_t rows_of_job, nt_rows_range range, const void *context) {
    nt_parallel((int)nt_ceil_div(rows, rows_of_job), run_rows_job,
                &(row_work){rows, rows_of_job, range, context});
}

int64_t nt_rows_of_job(int64_t channels) {
    return channels < JOB ? JOB / channels : 1;
}

static void zero_range(const void *call, int64_t from, int64_t to) {
    const nt_tensor *grad = call;
    memset(grad->f + from, 0, (size_t)(to - from) * sizeof *grad->f);
}

void nt_elementwise_zero(const nt_tensor *grad) {
    if (grad->data)
        nt_elementwise(grad->count * nt_type_stored(grad->type), zero_range, grad);
}

int nt_activation_infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                        char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    ret_out[0] = in[0];
    return nt_check_float(in, why) ? 1 : 0;
}

typedef struct activating {
    nt_activation activation;
    const float *x;
    float *y;
} activating;

static void activate_range(const void *context, int64_t from, int64_t to) {
    const activating *a = context;
    nt_activate(&a->activation, a->x + from, a->y + from, 1, 0, to - from);
}

void nt_activation_forward(const nt_call *call,
                           int32_t (*activation)(const void *attrs, double ret_numbers[2])) {
    double numbers[2] = {0};
    activating a = {.x = call->in[0].f, .y = call->out[0].f};
    a.activation = nt_activation_of(activation(call->attrs, numbers), numbers);
    nt_elementwise(nt_tensor_total(&call->in[0]), activate_range, &a);
}
