/* Each job is a part of one sample. Its loops are compiled for each kind of op by itself, so that
 * none asks within a loop which it is. Sums, over samples or to values of channels or places, are
 * in double precision. */
#include "pairwise.h"

#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>

enum { JOB = 1 << 14, LANES = 64 /* channels summed at a time */ };

/* --- the functions ---------------------------------------------------------------------------- */

NT_INLINE float value_of(nt_pairwise kind, float a, float b) {
    switch (kind) {
    case NT_PAIRWISE_MUL:
        return a * b;
    case NT_PAIRWISE_SUB:
        return a - b;
    case NT_PAIRWISE_DIV:
        return a / b;
    case NT_PAIRWISE_MAX:
        return a > b || a != a ? a : b;
    case NT_PAIRWISE_MIN:
        return a < b || a != a ? a : b;
    }
    return 0;
}

/* What dy passes to input 0 or 1. */
#define DEFINE_PASS(name, real)                                                                    \
    NT_INLINE real name(nt_pairwise kind, int input, real dy, real a, real b) {                    \
        switch (kind) {                                                                            \
        case NT_PAIRWISE_MUL:                                                                      \
            return dy * (input ? a : b);                                                           \
        case NT_PAIRWISE_SUB:                                                                      \
            return input ? -dy : dy;                                                               \
        case NT_PAIRWISE_DIV:                                                                      \
            return input ? -(dy / b) * (a / b) : dy / b;                                           \
        case NT_PAIRWISE_MAX:                                                                      \
        case NT_PAIRWISE_MIN: {                                                                    \
            real half = dy / 2;                                                                    \
            bool taken = (kind == NT_PAIRWISE_MAX) == (input == 0) ? a > b : a < b;                \
            return taken ? dy : a == b ? half : 0;                                                 \
        }                                                                                          \
        }                                                                                          \
        return 0;                                                                                  \
    }
DEFINE_PASS(pass_float, float)
DEFINE_PASS(pass_double, double)

/* Calls part(kind, work, job) with a kind that the compiler knows. */
#define WITH_KIND(part, work, job)                                                                 \
    do {                                                                                           \
        switch ((work)->kind) {                                                                    \
        case NT_PAIRWISE_MUL:                                                                      \
            part(NT_PAIRWISE_MUL, work, job);                                                      \
            break;                                                                                 \
        case NT_PAIRWISE_SUB:                                                                      \
            part(NT_PAIRWISE_SUB, work, job);                                                      \
            break;                                                                                 \
        case NT_PAIRWISE_DIV:                                                                      \
            part(NT_PAIRWISE_DIV, work, job);                                                      \
            break;                                                                                 \
        case NT_PAIRWISE_MAX:                                                                      \
            part(NT_PAIRWISE_MAX, work, job);                                                      \
            break;                                                                                 \
        case NT_PAIRWISE_MIN:                                                                      \
            part(NT_PAIRWISE_MIN, work, job);                                                      \
            break;                                                                                 \
        }                                                                                          \
    } while (0)

/* --- types ------------------------------------------------------------------------------------ */

/* How far the second input moves from pixel to pixel, and from channel to channel: a whole pixel
 * and 1 where it is like the first; 0 and 1 for values of channels; 1 and 0 for those of places. */
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

int nt_pairwise_infer(nt_pairwise kind, const nt_type *in, nt_type *ret_out, char why[NT_WHY]) {
    static const struct {
        const char *verb, *between, *value;
    } words[] = {[NT_PAIRWISE_MUL] = {"multiply", "by", "factor"},
                 [NT_PAIRWISE_SUB] = {"take the difference of", "and", "value"},
                 [NT_PAIRWISE_DIV] = {"divide", "by", "divisor"},
                 [NT_PAIRWISE_MAX] = {"take the maximum of", "and", "value"},
                 [NT_PAIRWISE_MIN] = {"take the minimum of", "and", "value"}};
    char first[NT_SHAPE_TEXT], second[NT_SHAPE_TEXT];
    steps ignored;
    if (!nt_check_float(&in[0], why) || !nt_check_float(&in[1], why))
        return 0;
    if (!steps_of(in[0].shape, in[1].shape, &ignored)) {
        snprintf(why, NT_WHY,
                 "can't %s %s %s %s, which is neither like it, nor has one %s for each channel or "
                 "each place",
                 words[kind].verb, nt_shape_format(in[0].shape, first), words[kind].between,
                 nt_shape_format(in[1].shape, second), words[kind].value);
        return 0;
    }
    ret_out[0] = in[0];
    ret_out[0].batched |= in[1].batched;
    return 1;
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* What the jobs of a call work on. Pixels: maps have one for each place, all else is one. */
typedef struct work {
    nt_pairwise kind;
    steps step;
    int64_t channels, pixels;
    const float *a, *b;
    int64_t a_sample, b_sample; /* elements to the next sample; 0 where there is but one */
    const float *dy;
    int32_t samples; /* of the output */
    int input;       /* whose gradient is computed */
    float *to;       /* the output, or the gradient */
    int32_t to_samples;
} work;

static work work_of(nt_pairwise kind, const nt_tensor *in) {
    nt_shape shape = in[0].type.shape;
    work w = {.kind = kind,
              .channels = nt_shape_channels(shape),
              .pixels = nt_shape_pixels(shape),
              .a = in[0].f,
              .b = in[1].f};
    (void)steps_of(shape, in[1].type.shape, &w.step);
    w.a_sample = in[0].count > 1 ? w.channels * w.pixels : 0;
    w.b_sample = in[1].count > 1 ? nt_shape_elements(in[1].type.shape) : 0;
    return w;
}

/* Some pixels of one sample. */
typedef struct part {
    int64_t sample, from, to;
} part;

static int64_t pixels_of_job(const work *w) {
    return w->channels < JOB ? JOB / w->channels : 1;
}

static int parts_of(const work *w) {
    return (int)nt_ceil_div(w->pixels, pixels_of_job(w));
}

static part part_of(const work *w, int job) {
    part p = {.sample = job / parts_of(w), .from = job % parts_of(w) * pixels_of_job(w)};
    p.to = p.from + pixels_of_job(w) < w->pixels ? p.from + pixels_of_job(w) : w->pixels;
    return p;
}

/* --- forward ---------------------------------------------------------------------------------- */

NT_INLINE void forward_part(nt_pairwise kind, const work *w, int job) {
    part p = part_of(w, job);
    int64_t channels = w->channels;
    const float *a = w->a + p.sample * w->a_sample, *b = w->b + p.sample * w->b_sample;
    float *y = w->to + p.sample * channels * w->pixels;
    if (w->step.pixel == channels && w->step.channel == 1) {
        for (int64_t e = p.from * channels; e < p.to * channels; e++)
            y[e] = value_of(kind, a[e], b[e]);
        return;
    }
    for (int64_t i = p.from; i < p.to; i++) {
        const float *from = a + i * channels, *other = b + i * w->step.pixel;
        float *to = y + i * channels, one = *other;
        if (w->step.channel)
            for (int64_t c = 0; c < channels; c++)
                to[c] = value_of(kind, from[c], other[c]);
        else
            for (int64_t c = 0; c < channels; c++)
                to[c] = value_of(kind, from[c], one);
    }
}

NT_VECTORISED(forward_job, (const void *context, int job, int worker), (context, job, worker)) {
    const work *w = context;
    (void)worker;
    WITH_KIND(forward_part, w, job);
}

void nt_pairwise_forward(nt_pairwise kind, const nt_call *call) {
    work w = work_of(kind, call->in);
    w.to = call->out[0].f;
    nt_parallel(call->out[0].count * parts_of(&w), forward_job, &w);
}

/* --- backward --------------------------------------------------------------------------------- */

/* The samples of the output whose gradients add up in sample n of an input's. */
typedef struct range {
    int64_t from, to;
} range;

static range samples_of(const work *w, int64_t n) {
    return w->to_samples == w->samples ? (range){n, n + 1} : (range){0, w->samples};
}

/* Of one sample for each of the output's. */
NT_INLINE void pass_each(nt_pairwise kind, int input, const work *w, const part *p) {
    int64_t channels = w->channels, start = p->sample * channels * w->pixels;
    const float *a = w->a + p->sample * w->a_sample, *b = w->b + p->sample * w->b_sample;
    const float *dy = w->dy + start;
    float *to = w->to + start;
    if (w->step.pixel == channels && w->step.channel == 1) {
        for (int64_t e = p->from * channels; e < p->to * channels; e++)
            to[e] = pass_float(kind, input, dy[e], a[e], b[e]);
        return;
    }
    for (int64_t i = p->from; i < p->to; i++) {
        const float *other = b + i * w->step.pixel;
        float one = *other;
        if (w->step.channel)
            for (int64_t c = 0; c < channels; c++)
                to[i * channels + c] =
                    pass_float(kind, input, dy[i * channels + c], a[i * channels + c], other[c]);
        else
            for (int64_t c = 0; c < channels; c++)
                to[i * channels + c] =
                    pass_float(kind, input, dy[i * channels + c], a[i * channels + c], one);
    }
}

/* Where one sample meets many. */
NT_INLINE void pass_sum(nt_pairwise kind, int input, const work *w, const part *p) {
    int64_t channels = w->channels, elements = channels * w->pixels;
    range samples = samples_of(w, p->sample);
    for (int64_t i = p->from; i < p->to; i++)
        for (int64_t c = 0; c < channels; c++) {
            int64_t e = i * channels + c, f = i * w->step.pixel + c * w->step.channel;
            double sum = 0;
            for (int64_t n = samples.from; n < samples.to; n++)
                sum += pass_double(kind, input, (double)w->dy[n * elements + e],
                                   (double)w->a[n * w->a_sample + e],
                                   (double)w->b[n * w->b_sample + f]);
            w->to[e] = (float)sum;
        }
}

/* To an input that is like the output. */
NT_INLINE void like_part(nt_pairwise kind, const work *w, int job) {
    part p = part_of(w, job);
    if (w->to_samples != w->samples && w->input)
        pass_sum(kind, 1, w, &p);
    else if (w->to_samples != w->samples)
        pass_sum(kind, 0, w, &p);
    else if (w->input)
        pass_each(kind, 1, w, &p);
    else
        pass_each(kind, 0, w, &p);
}

NT_VECTORISED(like_job, (const void *context, int job, int worker), (context, job, worker)) {
    const work *w = context;
    (void)worker;
    WITH_KIND(like_part, w, job);
}

/* To values of channels, over all places: some channels of one sample. */
NT_INLINE void lanes_part(nt_pairwise kind, const work *w, int job) {
    int64_t channels = w->channels, elements = channels * w->pixels;
    int64_t groups = nt_ceil_div(channels, LANES);
    int64_t sample = job / groups, first = job % groups * LANES;
    int64_t lanes = first + LANES < channels ? LANES : channels - first;
    range samples = samples_of(w, sample);
    double sum[LANES] = {0};
    for (int64_t n = samples.from; n < samples.to; n++) {
        const float *u = w->dy + n * elements + first, *v = w->a + n * w->a_sample + first;
        const float *b = w->b + n * w->b_sample + first;
        for (int64_t i = 0; i < w->pixels; i++, u += channels, v += channels)
            for (int64_t c = 0; c < lanes; c++)
                sum[c] += pass_double(kind, 1, (double)u[c], (double)v[c], (double)b[c]);
    }
    for (int64_t c = 0; c < lanes; c++)
        w->to[sample * channels + first + c] = (float)sum[c];
}

NT_VECTORISED(lanes_job, (const void *context, int job, int worker), (context, job, worker)) {
    const work *w = context;
    (void)worker;
    WITH_KIND(lanes_part, w, job);
}

/* To values of places, over all channels: some pixels of one sample. */
NT_INLINE void places_part(nt_pairwise kind, const work *w, int job) {
    enum { SUMS = 8 };
    part p = part_of(w, job);
    int64_t channels = w->channels, elements = channels * w->pixels;
    range samples = samples_of(w, p.sample);
    for (int64_t i = p.from; i < p.to; i++) {
        double sum[SUMS] = {0}, total = 0;
        for (int64_t n = samples.from; n < samples.to; n++) {
            const float *u = w->dy + n * elements + i * channels;
            const float *v = w->a + n * w->a_sample + i * channels;
            double b = (double)w->b[n * w->b_sample + i];
            int64_t c = 0;
            for (; c + SUMS <= channels; c += SUMS)
                for (int k = 0; k < SUMS; k++)
                    sum[k] += pass_double(kind, 1, (double)u[c + k], (double)v[c + k], b);
            for (; c < channels; c++)
                total += pass_double(kind, 1, (double)u[c], (double)v[c], b);
        }
        for (int k = 0; k < SUMS; k++)
            total += sum[k];
        w->to[p.sample * w->pixels + i] = (float)total;
    }
}

NT_VECTORISED(places_job, (const void *context, int job, int worker), (context, job, worker)) {
    const work *w = context;
    (void)worker;
    WITH_KIND(places_part, w, job);
}

/* The second input's first: the first's may then lie on the output's, as far as it is like it. */
void nt_pairwise_backward(nt_pairwise kind, const nt_grad_call *call) {
    const nt_tensor *dy = &call->out_grad[0];
    work w = work_of(kind, call->in);
    w.dy = dy->f;
    w.samples = dy->count;
    if (kind == NT_PAIRWISE_SUB) /* nothing is read of either, but addresses are made */
        w.a = w.b = dy->f;
    for (w.input = 1; w.input >= 0; w.input--) {
        const nt_tensor *grad = &call->in_grad[w.input];
        w.to = grad->f;
        w.to_samples = grad->count;
        if (!w.to)
            continue;
        if (nt_shape_equal(grad->type.shape, dy->type.shape))
            nt_parallel(grad->count * parts_of(&w), like_job, &w);
        else if (w.step.channel == 0)
            nt_parallel(grad->count * parts_of(&w), places_job, &w);
        else
            nt_parallel(grad->count * (int)nt_ceil_div(w.channels, LANES), lanes_job, &w);
    }
}

const nt_op_case nt_pairwise_cases[] = {{"", "17x31x33 17x31x33", "17x31x33"},
                                        {"", "5x7x3 5x7x3", "5x7x3"},
                                        {"", "130 130", "130"},
                                        {"", "70x9x5 70x1x1", "70x9x5"},
                                        {"", "19x4x5 19", "19x4x5"},
                                        {"", "21x6x5 1x6x5", "21x6x5"},
                                        {"", "1x2x3 1", "1x2x3"},
                                        {"", "4x1x1 1x1x1", "4x1x1"},
                                        {0}};
