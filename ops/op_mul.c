/* The product of two inputs, element by element. The second is like the first, or has one factor
 * for each channel (a vector, or Cx1x1: attention to channels) or for each place (1xRxC: attention
 * to places). Of an input that is not batched, the one sample meets each of the other's. */
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>

enum { JOB = 1 << 14, LANES = 64 /* channels summed at a time */ };

/* How far the second input moves from pixel to pixel, and from channel to channel: a whole pixel
 * and 1 where it is like the first; 0 and 1 for factors of channels; 1 and 0 for those of places.
 */
typedef struct steps {
    int64_t pixel, channel;
} steps;

static bool steps_of(nt_shape a, nt_shape b, steps *ret) {
    bool spread = a.rank == 3 && b.dim[1] == 1 && b.dim[2] == 1;
    if (nt_shape_equal(a, b))
        *ret = (steps){nt_shape_channels(a), 1};
    else if (a.dim[0] == b.dim[0] && spread && (b.rank == 1 || b.rank == 3))
        *ret = (steps){0, 1};
    else if (a.rank == 3 && b.rank == 3 && b.dim[0] == 1 && a.dim[1] == b.dim[1] &&
             a.dim[2] == b.dim[2])
        *ret = (steps){1, 0};
    else
        return false;
    return true;
}

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    char first[NT_SHAPE_TEXT], second[NT_SHAPE_TEXT];
    steps ignored;
    (void)attrs, (void)in_count;
    if (!nt_check_float(&in[0], why) || !nt_check_float(&in[1], why))
        return 0;
    if (!steps_of(in[0].shape, in[1].shape, &ignored)) {
        snprintf(why, NT_WHY,
                 "can't multiply %s by %s, which is neither like it, nor has one "
                 "factor for each channel or each place",
                 nt_shape_format(in[0].shape, first), nt_shape_format(in[1].shape, second));
        return 0;
    }
    ret_out[0] = in[0];
    ret_out[0].batched |= in[1].batched;
    return 1;
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* Both inputs, and what pixels are made of: maps have one for each place, all else is one. */
typedef struct sides {
    steps step;
    int64_t channels, pixels;
    int64_t a_sample, b_sample; /* elements to the next sample; 0 where there is but one */
} sides;

static sides sides_of(const nt_tensor *a, const nt_tensor *b) {
    sides s;
    (void)steps_of(a->type.shape, b->type.shape, &s.step);
    s.channels = nt_shape_channels(a->type.shape);
    s.pixels = nt_shape_pixels(a->type.shape);
    s.a_sample = a->count > 1 ? s.channels * s.pixels : 0;
    s.b_sample = b->count > 1 ? nt_shape_elements(b->type.shape) : 0;
    return s;
}

/* Some pixels of one sample. */
typedef struct part {
    int64_t sample, from, to;
} part;

static int64_t pixels_of_job(const sides *s) {
    return s->channels < JOB ? JOB / s->channels : 1;
}

static int parts_of(const sides *s) {
    return (int)nt_ceil_div(s->pixels, pixels_of_job(s));
}

static part part_of(const sides *s, int job) {
    part p = {.sample = job / parts_of(s), .from = job % parts_of(s) * pixels_of_job(s)};
    p.to = p.from + pixels_of_job(s) < s->pixels ? p.from + pixels_of_job(s) : s->pixels;
    return p;
}

/* y = v * b over pixels [from, to) of one sample; y may be v. */
NT_INLINE void multiply(const sides *s, const part *p, const float *v, const float *b, float *y) {
    int64_t channels = s->channels;
    if (s->step.pixel == channels && s->step.channel == 1) {
        for (int64_t e = p->from * channels; e < p->to * channels; e++)
            y[e] = v[e] * b[e];
        return;
    }
    for (int64_t i = p->from; i < p->to; i++) {
        const float *from = v + i * channels, *factor = b + i * s->step.pixel;
        float *to = y + i * channels, one = *factor;
        if (s->step.channel)
            for (int64_t c = 0; c < channels; c++)
                to[c] = from[c] * factor[c];
        else
            for (int64_t c = 0; c < channels; c++)
                to[c] = from[c] * one;
    }
}

NT_VECTORISED(forward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_call *call = context;
    sides s = sides_of(&call->in[0], &call->in[1]);
    part p = part_of(&s, job);
    (void)worker;
    multiply(&s, &p, call->in[0].f + p.sample * s.a_sample, call->in[1].f + p.sample * s.b_sample,
             call->out[0].f + p.sample * s.channels * s.pixels);
}

static void forward(const nt_call *call) {
    sides s = sides_of(&call->in[0], &call->in[1]);
    nt_parallel(call->out[0].count * parts_of(&s), forward_job, call);
}

/* --- backward --------------------------------------------------------------------------------- */

/* The samples of the output whose gradients add up in sample n of an input's. */
typedef struct range {
    int64_t from, to;
} range;

static range samples_of(const nt_tensor *dx, const nt_tensor *dy, int64_t n) {
    return dx->count == dy->count ? (range){n, n + 1} : (range){0, dy->count};
}

/* The gradient to an input that is like the output. */
typedef struct likeness {
    const nt_grad_call *call;
    int input;
} likeness;

/* Job: some pixels of one of its samples: dy times the other input. Where one sample meets many,
 * they are added in double precision. */
NT_VECTORISED(like_job, (const void *context, int job, int worker), (context, job, worker)) {
    const likeness *l = context;
    const nt_tensor *dy = &l->call->out_grad[0], *dx = &l->call->in_grad[l->input];
    const nt_tensor *other = &l->call->in[1 - l->input];
    sides s = sides_of(dx, other);
    part p = part_of(&s, job);
    range samples = samples_of(dx, dy, p.sample);
    int64_t elements = s.channels * s.pixels;
    (void)worker;
    if (dx->count == dy->count) {
        multiply(&s, &p, dy->f + p.sample * elements, other->f + p.sample * s.b_sample,
                 dx->f + p.sample * elements);
        return;
    }
    for (int64_t i = p.from; i < p.to; i++)
        for (int64_t c = 0; c < s.channels; c++) {
            double sum = 0;
            for (int64_t n = samples.from; n < samples.to; n++)
                sum += (double)dy->f[n * elements + i * s.channels + c] *
                       (double)other->f[n * s.b_sample + i * s.step.pixel + c * s.step.channel];
            dx->f[i * s.channels + c] = (float)sum;
        }
}

/* Job: some channels of one sample of the gradient to factors of channels, over all places. */
NT_VECTORISED(lanes_job, (const void *context, int job, int worker), (context, job, worker)) {
    const nt_grad_call *call = context;
    const nt_tensor *dy = &call->out_grad[0], *a = &call->in[0], *db = &call->in_grad[1];
    sides s = sides_of(a, db);
    int64_t elements = s.channels * s.pixels, groups = nt_ceil_div(s.channels, LANES);
    int64_t sample = job / groups, first = job % groups * LANES;
    int64_t lanes = first + LANES < s.channels ? LANES : s.channels - first;
    range samples = samples_of(db, dy, sample);
    double sum[LANES] = {0};
    (void)worker;
    for (int64_t n = samples.from; n < samples.to; n++) {
        const float *u = dy->f + n * elements + first, *v = a->f + n * s.a_sample + first;
        for (int64_t i = 0; i < s.pixels; i++, u += s.channels, v += s.channels)
            for (int64_t c = 0; c < lanes; c++)
                sum[c] += (double)u[c] * (double)v[c];
    }
    for (int64_t c = 0; c < lanes; c++)
        db->f[sample * s.b_sample + first + c] = (float)sum[c];
}

/* Job: some pixels of one sample of the gradient to factors of places, over all channels. */
NT_VECTORISED(places_job, (const void *context, int job, int worker), (context, job, worker)) {
    enum { SUMS = 8 };
    const nt_grad_call *call = context;
    const nt_tensor *dy = &call->out_grad[0], *a = &call->in[0], *db = &call->in_grad[1];
    sides s = sides_of(a, db);
    part p = part_of(&s, job);
    range samples = samples_of(db, dy, p.sample);
    int64_t elements = s.channels * s.pixels;
    (void)worker;
    for (int64_t i = p.from; i < p.to; i++) {
        double sum[SUMS] = {0}, total = 0;
        for (int64_t n = samples.from; n < samples.to; n++) {
            const float *u = dy->f + n * elements + i * s.channels;
            const float *v = a->f + n * s.a_sample + i * s.channels;
            int64_t c = 0;
            for (; c + SUMS <= s.channels; c += SUMS)
                for (int k = 0; k < SUMS; k++)
                    sum[k] += (double)u[c + k] * (double)v[c + k];
            for (; c < s.channels; c++)
                total += (double)u[c] * (double)v[c];
        }
        for (int k = 0; k < SUMS; k++)
            total += sum[k];
        db->f[p.sample * s.b_sample + i] = (float)total;
    }
}

/* The second input's first: the first's may then lie on the output's, as far as it is like it. */
static void backward(const nt_grad_call *call) {
    const nt_tensor *dx = &call->in_grad[0], *db = &call->in_grad[1];
    sides s = sides_of(&call->in[0], &call->in[1]);
    if (db->data && nt_shape_equal(dx->type.shape, db->type.shape))
        nt_parallel(db->count * parts_of(&s), like_job, &(likeness){call, 1});
    else if (db->data && s.step.channel == 0)
        nt_parallel(db->count * parts_of(&s), places_job, call);
    else if (db->data)
        nt_parallel(db->count * (int)nt_ceil_div(s.channels, LANES), lanes_job, call);
    if (dx->data)
        nt_parallel(dx->count * parts_of(&s), like_job, &(likeness){call, 0});
}

const nt_op nt_op_mul = {
    .kind =
        {.name = "mul",
         .doc =
             "the product of two inputs; of the second, also one factor for each channel or place",
         .fields = nt_no_fields},
    .traits = NT_OP_IN_PLACE | NT_OP_GRAD_IN_PLACE,
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << 0 | 1u << 1,
    .cases = (const nt_op_case[]){{"", "5x7x3 5x7x3", "5x7x3"},
                                  {"", "130 130", "130"},
                                  {"", "70x9x5 70x1x1", "70x9x5"},
                                  {"", "19x4x5 19", "19x4x5"},
                                  {"", "21x6x5 1x6x5", "21x6x5"},
                                  {"", "3x80x90 3x80x90", "3x80x90"},
                                  {"", "1x2x3 1", "1x2x3"},
                                  {"", "4x1x1 1x1x1", "4x1x1"},
                                  {0}},
};
