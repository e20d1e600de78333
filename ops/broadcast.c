/* Jobs are cut by the shapes alone, and each value's terms are added by one job in one order: the
 * same bits at any number of threads. */
#include "broadcast.h"

#include "integers.h"
#include "parallel.h"
#include "vectorise.h"

enum { JOB = 1 << 14, LANES = 8 /* sums of a row of channels */ };

bool nt_broadcast_steps(nt_shape out, nt_shape in, nt_steps *ret) {
    if (nt_shape_equal(out, in)) {
        *ret = (nt_steps){nt_shape_channels(out), 1};
        return true;
    }
    bool one = in.dim[1] == 1 && in.dim[2] == 1;
    bool all = in.dim[1] == out.dim[1] && in.dim[2] == out.dim[2];
    bool maps = (out.rank == 1 || out.rank == 3) && (in.rank <= 1 || in.rank == 3);
    if (!maps || (!one && !all) || (in.dim[0] != 1 && in.dim[0] != out.dim[0]))
        return false;
    ret->channel = in.dim[0] == out.dim[0];
    ret->pixel = one ? 0 : ret->channel ? out.dim[0] : 1;
    return true;
}

int nt_broadcast_infer(const nt_type *in, int count, nt_type *ret, int *ret_largest) {
    nt_steps ignored;
    int largest = 0;
    bool batched = false;
    for (int i = 0; i < count; i++) {
        if (nt_shape_elements(in[i].shape) > nt_shape_elements(in[largest].shape))
            largest = i;
        batched = batched || in[i].batched;
    }
    *ret_largest = largest;
    for (int i = 0; i < count; i++)
        if (!nt_broadcast_steps(in[largest].shape, in[i].shape, &ignored))
            return i;
    *ret = in[largest];
    ret->batched = batched;
    return -1;
}

nt_operand nt_broadcast_operand(const nt_tensor *in, const nt_tensor *out) {
    int64_t elements = nt_shape_elements(in->type.shape);
    nt_operand operand = {.f = in->f,
                          .sample = in->count > 1 ? elements : 0,
                          .like = elements == nt_shape_elements(out->type.shape)};
    (void)nt_broadcast_steps(out->type.shape, in->type.shape, &operand.step);
    return operand;
}

static int64_t pixels_of_job(nt_shape out) {
    int64_t channels = nt_shape_channels(out);
    return channels < JOB ? JOB / channels : 1;
}

static int parts_of(nt_shape out) {
    return (int)nt_ceil_div(nt_shape_pixels(out), pixels_of_job(out));
}

int nt_broadcast_jobs(const nt_tensor *out) {
    return out->count * parts_of(out->type.shape);
}

nt_part nt_broadcast_part(const nt_tensor *out, int job) {
    nt_shape shape = out->type.shape;
    int parts = parts_of(shape);
    int64_t pixels = nt_shape_pixels(shape), each = pixels_of_job(shape);
    nt_part part = {.sample = job / parts, .from = job % parts * each};
    part.to = part.from + each < pixels ? part.from + each : pixels;
    return part;
}

/* --- sums of terms ---------------------------------------------------------------------------- */

typedef struct summing {
    const nt_tensor *out, *grad;
    nt_terms terms;
    const void *context;
    nt_steps step;
    int64_t channels, pixels, elements; /* the last: of one sample of the gradient */
} summing;

/* The samples of the output that meet sample n of the input. */
typedef struct range {
    int64_t from, to;
} range;

static range samples_of(const summing *s, int64_t n) {
    return s->grad->count == s->out->count ? (range){n, n + 1} : (range){0, s->out->count};
}

/* Over the pixels [from, to), for each of `count` channels. */
NT_VECTORISED(sum_lanes,
              (const summing *s, range samples, range pixels, int64_t first, int64_t count,
               float *ret),
              (s, samples, pixels, first, count, ret)) {
    double sum[NT_TERMS] = {0}, term[NT_TERMS];
    for (int64_t n = samples.from; n < samples.to; n++)
        for (int64_t i = pixels.from; i < pixels.to; i++) {
            s->terms(s->context, n, i, first, count, term);
            for (int64_t c = 0; c < count; c++)
                sum[c] += term[c];
        }
    for (int64_t c = 0; c < count; c++)
        ret[c] = (float)sum[c];
}

/* Over the pixels [from, to) and all channels. */
NT_VECTORISED(sum_rows, (const summing *s, range samples, range pixels, float *ret),
              (s, samples, pixels, ret)) {
    double sum[LANES] = {0}, total = 0, term[NT_TERMS];
    for (int64_t n = samples.from; n < samples.to; n++)
        for (int64_t i = pixels.from; i < pixels.to; i++)
            for (int64_t first = 0; first < s->channels; first += NT_TERMS) {
                int64_t left = s->channels - first, count = left < NT_TERMS ? left : NT_TERMS;
                int64_t c = 0;
                s->terms(s->context, n, i, first, count, term);
                for (; c + LANES <= count; c += LANES)
                    for (int k = 0; k < LANES; k++)
                        sum[k] += term[c + k];
                for (; c < count; c++)
                    total += term[c];
            }
    for (int k = 0; k < LANES; k++)
        total += sum[k];
    *ret = (float)total;
}

static int groups_of(const summing *s) {
    return (int)nt_ceil_div(s->channels, NT_TERMS);
}

static void sum_group(const summing *s, int64_t sample, range pixels, int64_t first, float *ret) {
    int64_t left = s->channels - first;
    sum_lanes(s, samples_of(s, sample), pixels, first, left < NT_TERMS ? left : NT_TERMS, ret);
}

/* Job: some channels of one sample of the gradient, or its one value. */
static void spread_job(const void *context, int job, int worker) {
    const summing *s = context;
    range all = {0, s->pixels};
    (void)worker;
    if (s->step.channel == 0) {
        sum_rows(s, samples_of(s, job), all, s->grad->f + job);
        return;
    }
    int64_t sample = job / groups_of(s), first = job % groups_of(s) * NT_TERMS;
    sum_group(s, sample, all, first, s->grad->f + sample * s->elements + first);
}

/* Job: some pixels of one sample of the gradient. */
static void pixels_job(const void *context, int job, int worker) {
    const summing *s = context;
    nt_part p = nt_broadcast_part(&(nt_tensor){.type = s->out->type, .count = s->grad->count}, job);
    (void)worker;
    for (int64_t i = p.from; i < p.to; i++) {
        range one = {i, i + 1};
        float *to = s->grad->f + p.sample * s->elements + i * s->step.pixel;
        if (s->step.channel == 0)
            sum_rows(s, samples_of(s, p.sample), one, to);
        else
            for (int64_t first = 0; first < s->channels; first += NT_TERMS)
                sum_group(s, p.sample, one, first, to + first);
    }
}

void nt_broadcast_sum(const nt_tensor *out, const nt_tensor *grad, nt_terms terms,
                      const void *context) {
    summing s = {.out = out,
                 .grad = grad,
                 .terms = terms,
                 .context = context,
                 .channels = nt_shape_channels(out->type.shape),
                 .pixels = nt_shape_pixels(out->type.shape),
                 .elements = nt_shape_elements(grad->type.shape)};
    (void)nt_broadcast_steps(out->type.shape, grad->type.shape, &s.step);
    if (s.step.pixel > 0)
        nt_parallel(grad->count * parts_of(out->type.shape), pixels_job, &s);
    else
        nt_parallel(grad->count * (s.step.channel ? groups_of(&s) : 1), spread_job, &s);
}
