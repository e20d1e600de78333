/* Dropout of whole channels (Tompson et al., "Efficient object localization using convolutional
 * networks", CVPR 2015): in training each channel of each sample is zeroed with a probability, and
 * what is kept is scaled by 1 / (1 - probability). Which channels are kept is a function of the
 * step's draw, the node's path and the channel's place in the batch. Each sample of a batch gets
 * its own, even where the input is the same for all: the output is always batched. */
#include "dropout_factors.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"

enum {
    JOB = 1 << 14, /* elements, or one pixel */
    DRAWN = 1024,  /* factors; a multiple of NT_FACTOR_GROUP */
    LANES = 256    /* channels summed at a time */
};

static const nt_field fields[] = {
    {"probability", NT_REAL, offsetof(nt_dropout_attrs, probability), "0.5", 0, 1,
     .doc = "with which a channel is zeroed"},
    {NT_FIELD_PATH, NT_STRING, offsetof(nt_dropout_attrs, path), "",
     .doc = "names its stream of random numbers", .hidden = true},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    (void)attrs, (void)in_count;
    if (!nt_check_map(&in[0], why))
        return 0;
    ret_out[0] = in[0];
    ret_out[0].batched = true;
    return 1;
}

/* --- factors ---------------------------------------------------------------------------------- */

/* One for each channel of each sample: [sample][channel]. */
static int64_t factors_of(const nt_tensor *out) {
    return (int64_t)out->count * out->type.shape.dim[0];
}

static nt_need need_of(const nt_tensor *out) {
    return (nt_need){.shared = (size_t)factors_of(out) * sizeof(float)};
}

/* Both directions: to = from times the factors of each sample's channels. `from` may hold one
 * sample for all. */
typedef struct work {
    const void *attrs;
    uint64_t draw;
    nt_tensor from, to;
    int64_t factor_count;
    float *factors;
} work;

static void draw_job(const void *context, int job, int worker) {
    const work *w = context;
    int64_t from = (int64_t)job * DRAWN, left = w->factor_count - from;
    (void)worker;
    nt_dropout_factors(w->attrs, w->draw, from, left < DRAWN ? left : DRAWN, w->factors + from);
}

static void draw_factors(const work *w) {
    nt_parallel((int)nt_ceil_div(w->factor_count, DRAWN), draw_job, w);
}

/* --- multiplying ------------------------------------------------------------------------------ */

/* Jobs: some pixels of one sample. */
static int64_t pixels_of_job(nt_shape shape) {
    return shape.dim[0] < JOB ? JOB / shape.dim[0] : 1;
}

static int jobs_of_sample(nt_shape shape) {
    int64_t most = pixels_of_job(shape);
    return (int)nt_ceil_div(nt_shape_pixels(shape), most);
}

NT_VECTORISED(multiply,
              (const float *x, const float *restrict factors, int64_t pixels, int64_t channels,
               float *y),
              (x, factors, pixels, channels, y)) {
    for (int64_t p = 0; p < pixels; p++, x += channels, y += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] = x[c] * factors[c];
}

static void multiply_job(const void *context, int job, int worker) {
    const work *w = context;
    nt_shape shape = w->to.type.shape;
    int64_t sample = job / jobs_of_sample(shape), most = pixels_of_job(shape);
    int64_t first = job % jobs_of_sample(shape) * most, left = nt_shape_pixels(shape) - first;
    int64_t start = first * shape.dim[0], elements = nt_shape_elements(shape);
    (void)worker;
    multiply(w->from.f + (w->from.count > 1 ? sample * elements : 0) + start,
             w->factors + sample * shape.dim[0], left < most ? left : most, shape.dim[0],
             w->to.f + sample * elements + start);
}

static void multiply_all(const work *w) {
    draw_factors(w);
    nt_parallel(w->to.count * jobs_of_sample(w->to.type.shape), multiply_job, w);
}

static nt_need need(const nt_call *call) {
    return need_of(&call->out[0]);
}

static void forward(const nt_call *call) {
    multiply_all(&(work){.attrs = call->attrs,
                         .draw = call->draw,
                         .from = call->in[0],
                         .to = call->out[0],
                         .factor_count = factors_of(&call->out[0]),
                         .factors = (float *)call->scratch.shared});
}

/* --- backward --------------------------------------------------------------------------------- */

NT_VECTORISED(add_products,
              (const float *restrict dy, const float *restrict factors, int64_t count,
               double *restrict sum),
              (dy, factors, count, sum)) {
    for (int64_t c = 0; c < count; c++)
        sum[c] += (double)(dy[c] * factors[c]);
}

/* Job: one pixel, of all samples, where the input stands for each of them. */
static void sum_job(const void *context, int job, int worker) {
    const work *w = context;
    nt_shape shape = w->from.type.shape;
    int64_t channels = shape.dim[0], elements = nt_shape_elements(shape);
    (void)worker;
    for (int64_t first = 0; first < channels; first += LANES) {
        int64_t count = first + LANES < channels ? LANES : channels - first;
        int64_t at = job * channels + first;
        double sum[LANES] = {0};
        for (int32_t n = 0; n < w->from.count; n++)
            add_products(w->from.f + n * elements + at, w->factors + n * channels + first, count,
                         sum);
        for (int64_t c = 0; c < count; c++)
            w->to.f[at + c] = (float)sum[c];
    }
}

static nt_need grad_need(const nt_grad_call *call) {
    return need_of(&call->out_grad[0]);
}

static void backward(const nt_grad_call *call) {
    work w = {.attrs = call->attrs,
              .draw = call->draw,
              .from = call->out_grad[0],
              .to = call->in_grad[0],
              .factor_count = factors_of(&call->out_grad[0]),
              .factors = (float *)call->scratch.shared};
    if (w.to.count == w.from.count) {
        multiply_all(&w);
        return;
    }
    draw_factors(&w);
    nt_parallel((int)nt_shape_pixels(w.to.type.shape), sum_job, &w);
}

const nt_op nt_op_dropout2d = {
    .kind = {.name = "dropout2d",
             .doc = "zeroes whole channels at random, in training",
             .fields = fields,
             .size = sizeof(nt_dropout_attrs)},
    .traits = NT_OP_TRAINING | NT_OP_RANDOM | NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE,
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = infer,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"", "5x7x3", "5x7x3"},
                                  {"probability=0.2", "300x2x3", "300x2x3"},
                                  {"probability=0.7", "3x80x90", "3x80x90"},
                                  {"probability=0", "9x1x1", "9x1x1"},
                                  {"probability=1", "9x1x1", "9x1x1"},
                                  {0}},
};
