/* Softmax and the cross-entropy of its probabilities with target classes, for one vector of logits
 * a sample or one for each place of a map. With PyTorch's definitions, t the target's class of a
 * row, e the smoothing and w the class weights (all 1 if none are given):
 *
 *     loss = sum over rows of  (1 - e) w[t] nll[t] + e / classes * sum over c of w[c] nll[c]
 *            divided by the sum over rows of w[t]               where nll[c] = -log probability[c]
 *
 * Rows whose target is `ignore` don't count; if none counts, the loss is 0 (PyTorch: NaN). A target
 * that is no class makes the loss NaN: data must be checked where they are read. The second output
 * is the probabilities; the gradient goes through them too. */
#include "op_check.h"
#include "parallel.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { JOB = 256 /* rows */ };

enum { LOGITS, TARGET };      /* inputs */
enum { LOSS, PROBABILITIES }; /* outputs */

typedef struct cross_entropy_attrs {
    double label_smoothing;
    nt_reals weights;
    int32_t ignore;
} cross_entropy_attrs;

static const nt_field fields[] = {
    {"label_smoothing", NT_REAL, offsetof(cross_entropy_attrs, label_smoothing), "0", 0, 1,
     .doc = "share of the target that is spread over all classes"},
    {"weights", NT_REALS, offsetof(cross_entropy_attrs, weights), "[]", 0, 1e30,
     .doc = "how much each class counts; none: all alike"},
    {"ignore", NT_INT, offsetof(cross_entropy_attrs, ignore), "-1", -1, INT32_MAX,
     .doc = "target that doesn't count; -1: none"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const cross_entropy_attrs *a = attrs;
    nt_shape logits = in[LOGITS].shape;
    nt_shape places = nt_shape_of(logits.rank == 3 ? 2 : 0, logits.dim + 1);
    char wanted[NT_SHAPE_TEXT], given[NT_SHAPE_TEXT];
    (void)in_count;
    if (!nt_check_channels(&in[LOGITS], why))
        return 0;
    if (in[TARGET].dtype != NT_I32 || !nt_shape_equal(in[TARGET].shape, places)) {
        snprintf(why, NT_WHY, "the target of %s logits is integers of shape %s, not %s of shape %s",
                 nt_shape_format(logits, (char[NT_SHAPE_TEXT]){0}), nt_shape_format(places, wanted),
                 in[TARGET].dtype == NT_I32 ? "integers" : "float32 values",
                 nt_shape_format(in[TARGET].shape, given));
        return 0;
    }
    if (a->weights.count != 0 && a->weights.count != logits.dim[0]) {
        snprintf(why, NT_WHY, "weights has %d numbers for %d classes", a->weights.count,
                 logits.dim[0]);
        return 0;
    }
    double total = 0;
    for (int32_t c = 0; c < a->weights.count; c++)
        total += a->weights.items[c];
    if (a->weights.count != 0 && !(total > 0)) {
        snprintf(why, NT_WHY, "weights are all 0: no class counts");
        return 0;
    }
    ret_out[LOSS] = nt_type_param(nt_shape_of(0, NULL));
    ret_out[PROBABILITIES] = in[LOGITS];
    return 2;
}

static double weight_of(const cross_entropy_attrs *a, int64_t class) {
    return a->weights.count ? a->weights.items[class] : 1;
}

/* A row's target: its class, and how much the row counts. */
typedef struct aim {
    bool counts;
    int32_t class;
    double weight; /* NaN: no such class */
} aim;

static aim aim_of(const cross_entropy_attrs *a, int64_t classes, int32_t target) {
    if (a->ignore >= 0 && target == a->ignore)
        return (aim){.counts = false};
    if (target < 0 || target >= classes)
        return (aim){.counts = true, .weight = NAN};
    return (aim){.counts = true, .class = target, .weight = weight_of(a, target)};
}

/* The larger of two numbers of samples: an input that is not batched has 1. */
static int64_t samples_of(const nt_tensor *in) {
    return in[LOGITS].count > in[TARGET].count ? in[LOGITS].count : in[TARGET].count;
}

/* --- forward ---------------------------------------------------------------------------------- */

typedef struct partial {
    double loss, weight;
} partial;

static int64_t jobs_of(int64_t rows) {
    return (rows + JOB - 1) / JOB;
}

static nt_need need(const nt_call *call) {
    int64_t rows = samples_of(call->in) * nt_shape_pixels(call->in[LOGITS].type.shape);
    return (nt_need){.shared = (size_t)jobs_of(rows) * sizeof(partial)};
}

/* Returns the log of the sum of exponentials of z; unless ret is NULL, writes the softmax. */
static double softmax(const float *z, int64_t classes, float *ret) {
    float largest = z[0];
    double sum = 0;
    for (int64_t c = 1; c < classes; c++)
        largest = z[c] > largest || isnan(z[c]) ? z[c] : largest;
    for (int64_t c = 0; c < classes; c++)
        sum += exp((double)z[c] - (double)largest);
    for (int64_t c = 0; ret && c < classes; c++)
        ret[c] = (float)(exp((double)z[c] - (double)largest) / sum);
    return (double)largest + log(sum);
}

static double row_loss(const cross_entropy_attrs *a, const float *z, int64_t classes,
                       double log_sum, aim at) {
    double smooth = 0, e = a->label_smoothing;
    for (int64_t c = 0; e > 0 && c < classes; c++)
        smooth += weight_of(a, c) * (log_sum - (double)z[c]);
    return (1 - e) * at.weight * (log_sum - (double)z[at.class]) + e / (double)classes * smooth;
}

static void forward_job(const void *context, int job, int worker) {
    const nt_call *call = context;
    const cross_entropy_attrs *a = call->attrs;
    const nt_tensor *in = call->in;
    int64_t classes = nt_shape_channels(in[LOGITS].type.shape);
    int64_t pixels = nt_shape_pixels(in[LOGITS].type.shape), rows = samples_of(in) * pixels;
    int64_t from = (int64_t)job * JOB, to = from + JOB < rows ? from + JOB : rows;
    int64_t given = in[LOGITS].count * pixels, aims = in[TARGET].count * pixels;
    partial sum = {0};
    (void)worker;
    for (int64_t row = from; row < to; row++) {
        const float *z = in[LOGITS].f + row % given * classes;
        float *p = call->out[PROBABILITIES].f;
        double log_sum = softmax(z, classes, p && row < given ? p + row * classes : NULL);
        aim at = aim_of(a, classes, in[TARGET].i[row % aims]);
        if (!at.counts)
            continue;
        sum.loss += row_loss(a, z, classes, log_sum, at);
        sum.weight += at.weight;
    }
    ((partial *)call->scratch.shared)[job] = sum;
}

static void forward(const nt_call *call) {
    int64_t jobs = jobs_of(samples_of(call->in) * nt_shape_pixels(call->in[LOGITS].type.shape));
    nt_parallel((int)jobs, forward_job, call);
    partial sum = {0};
    for (int64_t job = 0; job < jobs; job++) {
        const partial *one = (const partial *)call->scratch.shared + job;
        sum.loss += one->loss;
        sum.weight += one->weight;
    }
    if (call->out[LOSS].data)
        call->out[LOSS].f[0] = sum.weight == 0 ? 0 : (float)(sum.loss / sum.weight);
}

/* --- backward --------------------------------------------------------------------------------- */

typedef struct slope {
    const nt_grad_call *call;
    double scale;   /* the gradient to the loss over the sum of the rows' weights */
    double weights; /* of all classes together */
} slope;

static void add_loss_slope(const slope *s, const float *p, int64_t classes, aim at, double *dz) {
    const cross_entropy_attrs *a = s->call->attrs;
    double hard = s->scale * (1 - a->label_smoothing) * at.weight;
    double soft = s->scale * a->label_smoothing / (double)classes;
    for (int64_t c = 0; c < classes; c++)
        dz[c] += hard * (double)p[c] + soft * ((double)p[c] * s->weights - weight_of(a, c));
    dz[at.class] -= hard;
}

static void add_probability_slope(const float *dp, const float *p, int64_t classes, double *dz) {
    double mean = 0;
    for (int64_t c = 0; c < classes; c++)
        mean += (double)dp[c] * (double)p[c];
    for (int64_t c = 0; c < classes; c++)
        dz[c] += (double)p[c] * ((double)dp[c] - mean);
}

/* Job: rows of logits; logits that are not batched meet the target of each sample. */
static void backward_job(const void *context, int job, int worker) {
    const slope *s = context;
    const nt_grad_call *call = s->call;
    const nt_tensor *in = call->in;
    int64_t classes = nt_shape_channels(in[LOGITS].type.shape);
    int64_t pixels = nt_shape_pixels(in[LOGITS].type.shape), rows = samples_of(in) * pixels;
    int64_t given = in[LOGITS].count * pixels, aims = in[TARGET].count * pixels;
    int64_t from = (int64_t)job * JOB, to = from + JOB < given ? from + JOB : given;
    double *dz = nt_scratch_of(&call->scratch, worker);
    for (int64_t place = from; place < to; place++) {
        const float *p = call->out[PROBABILITIES].f + place * classes;
        memset(dz, 0, (size_t)classes * sizeof *dz);
        for (int64_t row = place; call->out_grad[LOSS].data && row < rows; row += given) {
            aim at = aim_of(call->attrs, classes, in[TARGET].i[row % aims]);
            if (at.counts)
                add_loss_slope(s, p, classes, at, dz);
        }
        if (call->out_grad[PROBABILITIES].data)
            add_probability_slope(call->out_grad[PROBABILITIES].f + place * classes, p, classes,
                                  dz);
        for (int64_t c = 0; c < classes; c++)
            call->in_grad[LOGITS].f[place * classes + c] = (float)dz[c];
    }
}

static nt_need grad_need(const nt_grad_call *call) {
    size_t row = (size_t)nt_shape_channels(call->in[LOGITS].type.shape) * sizeof(double);
    return (nt_need){.per_worker = (row + 63) / 64 * 64};
}

static void backward(const nt_grad_call *call) {
    const cross_entropy_attrs *a = call->attrs;
    const nt_tensor *in = call->in;
    int64_t classes = nt_shape_channels(in[LOGITS].type.shape);
    int64_t pixels = nt_shape_pixels(in[LOGITS].type.shape), rows = samples_of(in) * pixels;
    int64_t aims = in[TARGET].count * pixels;
    double weight = 0;
    slope s = {.call = call};
    if (!call->in_grad[LOGITS].data)
        return;
    for (int64_t row = 0; row < rows; row++)
        weight += aim_of(a, classes, in[TARGET].i[row % aims]).weight;
    if (call->out_grad[LOSS].data && weight != 0)
        s.scale = (double)call->out_grad[LOSS].f[0] / weight;
    for (int64_t c = 0; c < classes; c++)
        s.weights += weight_of(a, c);
    nt_parallel((int)jobs_of(in[LOGITS].count * pixels), backward_job, &s);
}

const nt_op nt_op_softmax_cross_entropy = {
    .name = "softmax_cross_entropy",
    .doc = "cross-entropy of the softmax of logits with target classes",
    .fields = fields,
    .attrs_size = sizeof(cross_entropy_attrs),
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
    .cases = (const nt_op_case[]){{"", "10 scalar", "scalar"},
                                  {"label_smoothing=0.1", "7 scalar", "scalar"},
                                  {"weights=[1,2,0.5]", "3 scalar", "scalar"},
                                  {"label_smoothing=0.2 weights=[1,2,0.5,0] ignore=3", "4x5x6 5x6",
                                   "scalar"},
                                  {"ignore=255", "3x20x17 20x17", "scalar"},
                                  {"", "2x1x1 1x1", "scalar"},
                                  {0}},
};
