/* The Dice loss of a segmentation (Milletari, Navab, Ahmadi, "V-Net", 3DV 2016, without its
 * squares): with p the probabilities of the places of an image and t = 1 where the target is the
 * class, else 0,
 *
 *     loss = 1 - mean of  (2 sum p t + smooth) / (sum p + sum t + smooth)
 *
 * over the classes that count and the images, or over the classes alone, with sums over all images.
 * Several channels of logits are made into probabilities by a softmax. A single one is the
 * foreground's, by a sigmoid, and the target 1 there.
 *
 * A place whose target is `ignore` is in no sum. Where the denominator is 0, the quotient is 1. A
 * target that is no class makes the loss NaN: data must be checked where they are read. The second
 * output is the probabilities; the gradient goes through them too. */
#include "exponential.h"
#include "integers.h"
#include "lane_sum.h"
#include "op_check.h"
#include "parallel.h"
#include "softmax_rows.h"
#include "vectorise.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { JOB = 1 << 14, PLACES = 1024 }; /* most elements and places of a job */

enum { LOGITS, TARGET };      /* inputs */
enum { LOSS, PROBABILITIES }; /* outputs */

enum { OVER_IMAGE, OVER_BATCH };

typedef struct dice_attrs {
    double smooth;
    bool background;
    int32_t over, ignore;
} dice_attrs;

static const char *const overs[] = {"image", "batch", NULL};

static const nt_field fields[] = {
    {"smooth", NT_REAL, offsetof(dice_attrs, smooth), "1", 0, 1e30,
     .doc = "added above and below, so that a class that is nowhere does no harm"},
    {"background", NT_BOOL, offsetof(dice_attrs, background), "false",
     .doc = "whether class 0 counts, where there are several"},
    {"over", NT_CHOICE, offsetof(dice_attrs, over), "image", .choices = overs,
     .doc = "whether sums are over each image, or over the batch"},
    {NT_FIELD_IGNORE, NT_INT, offsetof(dice_attrs, ignore), "-1", -1, INT32_MAX,
     .doc = "target that doesn't count; -1: none"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    nt_shape logits = in[LOGITS].shape;
    nt_shape places = nt_shape_of(2, logits.dim + 1);
    char wanted[NT_SHAPE_TEXT], given[NT_SHAPE_TEXT], all[NT_SHAPE_TEXT];
    (void)attrs, (void)in_count;
    if (!nt_check_map(&in[LOGITS], why))
        return 0;
    if (in[TARGET].dtype != NT_I32 || !nt_shape_equal(in[TARGET].shape, places)) {
        snprintf(why, NT_WHY, "the target of %s logits is integers of shape %s, not %s of shape %s",
                 nt_shape_format(logits, all), nt_shape_format(places, wanted),
                 in[TARGET].dtype == NT_I32 ? "integers" : "float32 values",
                 nt_shape_format(in[TARGET].shape, given));
        return 0;
    }
    ret_out[LOSS] = nt_type_param(nt_shape_of(0, NULL));
    ret_out[PROBABILITIES] = in[LOGITS];
    return 2;
}

/* --- targets ---------------------------------------------------------------------------------- */

enum { NOWHERE = -1, LEFT_OUT = -2, NO_CLASS = -3 };

/* The channel whose probability should be 1; NOWHERE: the single one's should be 0. */
static int32_t channel_of(const dice_attrs *a, int32_t channels, int32_t target) {
    if (a->ignore >= 0 && target == a->ignore)
        return LEFT_OUT;
    if (target < 0 || target >= (channels == 1 ? 2 : channels))
        return NO_CLASS;
    return channels == 1 ? target - 1 : target;
}

/* The first channel that counts. */
static int32_t first_of(const dice_attrs *a, int32_t channels) {
    return channels > 1 && !a->background ? 1 : 0;
}

/* --- the work --------------------------------------------------------------------------------- */

/* Numbers of samples: what is not batched, logits or target, stands for each sample alike. Jobs:
 * some places of one image. */
typedef struct extent {
    int32_t channels, images, logits, targets;
    int64_t places, most; /* of an image; of a job */
    int64_t jobs;         /* of an image */
} extent;

static extent extent_of(const nt_tensor *in) {
    int32_t logits = in[LOGITS].count, targets = in[TARGET].count;
    extent e = {.channels = in[LOGITS].type.shape.dim[0],
                .images = logits > targets ? logits : targets,
                .logits = logits,
                .targets = targets,
                .places = nt_shape_pixels(in[LOGITS].type.shape)};
    e.most = e.channels < JOB ? JOB / e.channels : 1;
    e.most = e.most < PLACES ? e.most : PLACES;
    e.jobs = nt_ceil_div(e.places, e.most);
    return e;
}

static const int32_t *targets_of(const nt_tensor *in, const extent *e, int32_t image) {
    return in[TARGET].i + (e->targets > 1 ? image * e->places : 0);
}

/* What is summed for one channel: p t, p and t. */
typedef struct sums {
    double overlap, predicted, marked;
} sums;

/* Scratch memory: the sums of [image][job][channel], then those of [image][channel], in which, with
 * OVER_BATCH, all images have the same. */
static sums *job_sums(const nt_scratch *scratch, const extent *e, int64_t job) {
    return (sums *)scratch->shared + job * e->channels;
}

static sums *image_sums(const nt_scratch *scratch, const extent *e, int32_t image) {
    return (sums *)scratch->shared + (e->images * e->jobs + image) * e->channels;
}

static size_t shared_size(const extent *e) {
    return (size_t)(e->images * (e->jobs + 1) * e->channels) * sizeof(sums);
}

/* Places with a single channel. */
NT_VECTORISED(add_single,
              (int32_t ignore, int64_t places, const float *restrict p,
               const int32_t *restrict target, sums *sum),
              (ignore, places, p, target, sum)) {
    float counted[PLACES], overlap[PLACES]; /* p where the place counts, where both are there */
    int32_t marked = 0, wrong = 0;
    for (int64_t i = 0; i < places; i++) {
        int32_t t = target[i], counts = (ignore < 0) | (t != ignore), here = counts & (t == 1);
        float value = p[i];
        counted[i] = counts ? value : 0;
        overlap[i] = here ? value : 0;
        marked += here;
        wrong |= counts & (t != 0) & (t != 1);
    }
    sum->overlap += nt_lane_sum(overlap, places);
    sum->predicted += wrong ? NAN : nt_lane_sum(counted, places);
    sum->marked += marked;
}

/* Adds places to a job's sums. */
static void add_places(const dice_attrs *a, int32_t channels, int64_t places, const float *p,
                       const int32_t *target, sums *sum) {
    if (channels == 1) {
        add_single(a->ignore, places, p, target, sum);
        return;
    }
    for (int64_t i = 0; i < places; i++, p += channels) {
        int32_t channel = channel_of(a, channels, target[i]);
        if (channel == LEFT_OUT)
            continue;
        for (int32_t c = 0; c < channels; c++)
            sum[c].predicted += (double)p[c];
        for (int32_t c = 0; channel == NO_CLASS && c < channels; c++)
            sum[c].predicted = NAN;
        if (channel >= 0) {
            sum[channel].overlap += (double)p[channel];
            sum[channel].marked++;
        }
    }
}

static void add_to(sums *to, const sums *from, int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        to[c].overlap += from[c].overlap;
        to[c].predicted += from[c].predicted;
        to[c].marked += from[c].marked;
    }
}

/* Adds up what the jobs found, in their order. */
static void add_jobs(const dice_attrs *a, const nt_scratch *scratch, const extent *e) {
    size_t size = (size_t)e->channels * sizeof(sums);
    for (int32_t n = 0; n < e->images; n++) {
        sums *image = image_sums(scratch, e, a->over == OVER_BATCH ? 0 : n);
        if (n == 0 || a->over == OVER_IMAGE)
            memset(image, 0, size);
        for (int64_t job = n * e->jobs; job < (n + 1) * e->jobs; job++)
            add_to(image, job_sums(scratch, e, job), e->channels);
    }
    for (int32_t n = 1; n < e->images && a->over == OVER_BATCH; n++)
        memcpy(image_sums(scratch, e, n), image_sums(scratch, e, 0), size);
}

/* --- forward ---------------------------------------------------------------------------------- */

NT_VECTORISED(sigmoids, (const float *x, int64_t count, float *y), (x, count, y)) {
    for (int64_t i = 0; i < count; i++)
        y[i] = 1 / (1 + nt_exp(-x[i]));
}

static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    extent e = extent_of(call->in);
    int32_t image = (int32_t)(job / e.jobs);
    int64_t from = job % e.jobs * e.most, left = e.places - from;
    int64_t places = left < e.most ? left : e.most;
    int64_t start = ((image < e.logits ? image * e.places : 0) + from) * e.channels;
    bool wanted = call->out[PROBABILITIES].data && image < e.logits;
    float *p = wanted ? call->out[PROBABILITIES].f + start
                      : (float *)nt_scratch_of(&call->scratch, worker);
    sums *sum = job_sums(&call->scratch, &e, job);
    if (e.channels == 1)
        sigmoids(call->in[LOGITS].f + start, places, p);
    else
        nt_softmax_rows(call->in[LOGITS].f + start, places, e.channels, p);
    memset(sum, 0, (size_t)e.channels * sizeof *sum);
    add_places(call->attrs, e.channels, places, p, targets_of(call->in, &e, image) + from, sum);
}

static double quotient(const dice_attrs *a, sums s) {
    double below = s.predicted + s.marked + a->smooth;
    return below == 0 ? 1 : (2 * s.overlap + a->smooth) / below;
}

static nt_need need(const nt_call *call) {
    extent e = extent_of(call->in);
    return (nt_need){
        .shared = shared_size(&e),
        .per_worker = ((size_t)(e.most * e.channels) * sizeof(float) + 63) / 64 * 64,
    };
}

static void forward(const nt_call *call) {
    const dice_attrs *a = call->attrs;
    extent e = extent_of(call->in);
    double sum = 0;
    nt_parallel((int)(e.images * e.jobs), forward_job, call);
    if (!call->out[LOSS].data)
        return;
    add_jobs(a, &call->scratch, &e);
    int32_t first = first_of(a, e.channels), groups = a->over == OVER_BATCH ? 1 : e.images;
    for (int32_t n = 0; n < groups; n++)
        for (int32_t c = first; c < e.channels; c++)
            sum += quotient(a, image_sums(&call->scratch, &e, n)[c]);
    call->out[LOSS].f[0] = (float)(1 - sum / ((double)groups * (e.channels - first)));
}

/* --- backward --------------------------------------------------------------------------------- */

static void sum_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    extent e = extent_of(call->in);
    int32_t image = (int32_t)(job / e.jobs);
    int64_t from = job % e.jobs * e.most, left = e.places - from;
    int64_t start = ((image < e.logits ? image * e.places : 0) + from) * e.channels;
    sums *sum = job_sums(&call->scratch, &e, job);
    (void)worker;
    memset(sum, 0, (size_t)e.channels * sizeof *sum);
    add_places(call->attrs, e.channels, left < e.most ? left : e.most,
               call->out[PROBABILITIES].f + start, targets_of(call->in, &e, image) + from, sum);
}

/* The gradient to the probability of a place: what the image's channel has, and `here` more where
 * the target is that channel. Floats, they lie where the image's sums were. */
typedef struct slopes {
    float everywhere, here;
} slopes;

static slopes *image_slopes(const nt_scratch *scratch, const extent *e, int32_t image) {
    return (slopes *)image_sums(scratch, e, image);
}

static void find_slopes(const nt_grad_call *call, const extent *e) {
    const dice_attrs *a = call->attrs;
    int32_t first = first_of(a, e->channels), groups = a->over == OVER_BATCH ? 1 : e->images;
    double scale = (double)call->out_grad[LOSS].f[0] / ((double)groups * (e->channels - first));
    for (int32_t n = 0; n < e->images; n++)
        for (int32_t c = 0; c < e->channels; c++) { /* a slope takes less room than sums do */
            sums s = image_sums(&call->scratch, e, n)[c];
            double below = s.predicted + s.marked + a->smooth;
            bool counts = c >= first && below != 0;
            image_slopes(&call->scratch, e, n)[c] = (slopes){
                .everywhere = counts ? (float)(scale * quotient(a, s) / below) : 0,
                .here = counts ? (float)(-2 * scale / below) : 0,
            };
        }
}

NT_VECTORISED(add_single_slopes,
              (const dice_attrs *a, slopes slope, int64_t places, const int32_t *restrict target,
               float *restrict dp),
              (a, slope, places, target, dp)) {
    int32_t ignore = a->ignore;
    for (int64_t i = 0; i < places; i++) {
        int32_t t = target[i], counts = (ignore < 0) | (t != ignore);
        float grad = t == 1 ? slope.everywhere + slope.here : slope.everywhere;
        dp[i] += counts ? grad : 0;
    }
}

/* Adds one image's gradient to the probabilities of some places. */
static void add_slopes(const dice_attrs *a, int32_t channels, const slopes *slope, int64_t places,
                       const int32_t *target, float *dp) {
    if (channels == 1) {
        add_single_slopes(a, *slope, places, target, dp);
        return;
    }
    for (int64_t i = 0; i < places; i++, dp += channels) {
        int32_t channel = channel_of(a, channels, target[i]);
        if (channel == LEFT_OUT)
            continue;
        for (int32_t c = 0; c < channels; c++)
            dp[c] += slope[c].everywhere;
        if (channel >= 0)
            dp[channel] += slope[channel].here;
    }
}

NT_VECTORISED(sigmoids_gradient, (const float *p, int64_t count, float *dz), (p, count, dz)) {
    for (int64_t i = 0; i < count; i++)
        dz[i] *= p[i] * (1 - p[i]);
}

/* Job: some places of one sample of the logits, which may stand for all images. The gradient to the
 * probabilities is made where that to the logits takes its place. */
static void backward_job(const void *context, int job, int worker) {
    const nt_grad_call *call = context;
    extent e = extent_of(call->in);
    int32_t sample = (int32_t)(job / e.jobs);
    int64_t from = job % e.jobs * e.most, left = e.places - from;
    int64_t places = left < e.most ? left : e.most, count = places * e.channels;
    int64_t start = (sample * e.places + from) * e.channels;
    const float *p = call->out[PROBABILITIES].f + start, *given = call->out_grad[PROBABILITIES].f;
    float *dz = call->in_grad[LOGITS].f + start;
    (void)worker;
    if (given)
        memcpy(dz, given + start, (size_t)count * sizeof *dz);
    else
        memset(dz, 0, (size_t)count * sizeof *dz);
    for (int32_t n = sample; call->out_grad[LOSS].data && n < e.images; n += e.logits)
        add_slopes(call->attrs, e.channels, image_slopes(&call->scratch, &e, n), places,
                   targets_of(call->in, &e, n) + from, dz);
    if (e.channels == 1)
        sigmoids_gradient(p, count, dz);
    else
        nt_softmax_rows_gradient(p, dz, places, e.channels, dz);
}

static nt_need grad_need(const nt_grad_call *call) {
    extent e = extent_of(call->in);
    return (nt_need){.shared = shared_size(&e)};
}

static void backward(const nt_grad_call *call) {
    extent e = extent_of(call->in);
    if (!call->in_grad[LOGITS].data)
        return;
    if (call->out_grad[LOSS].data) {
        nt_parallel((int)(e.images * e.jobs), sum_job, call);
        add_jobs(call->attrs, &call->scratch, &e);
        find_slopes(call, &e);
    }
    nt_parallel((int)(e.logits * e.jobs), backward_job, call);
}

const nt_op nt_op_dice_loss = {
    .kind = {.name = "dice_loss",
             .doc = "1 - the Dice coefficient of probabilities from logits and target classes",
             .fields = fields,
             .size = sizeof(dice_attrs)},
    .traits = NT_OP_LOSS,
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = infer,
    .need = need,
    .grad_need = grad_need,
    .forward = forward,
    .backward = backward,
    .grad_reads_in = 1u << TARGET,
    .grad_reads_out = 1u << PROBABILITIES,
    .cases = (const nt_op_case[]){{"", "3x5x6 5x6", "scalar"},
                                  {"background=true smooth=0", "4x5x6 5x6", "scalar"},
                                  {"over=batch smooth=0.1", "2x20x17 20x17", "scalar"},
                                  {"ignore=255", "1x40x30 40x30", "scalar"},
                                  {"over=batch ignore=2 background=true", "3x7x6 7x6", "scalar"},
                                  {"smooth=2", "21x30x40 30x40", "scalar"},
                                  {"", "1x1x1 1x1", "scalar"},
                                  {0}},
};
