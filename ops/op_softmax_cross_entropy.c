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
#include "integers.h"
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
    {NT_FIELD_IGNORE, NT_INT, offsetof(cross_entropy_attrs, ignore), "-1", -1, INT32_MAX,
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

/* Numbers of rows: what is not batched, logits or target, stands for each sample alike. */
typedef struct extent {
    int64_t classes, logits, targets, rows;
} extent;

static extent extent_of(const nt_tensor *in) {
    int64_t pixels = nt_shape_pixels(in[LOGITS].type.shape);
    int64_t logits = in[LOGITS].count * pixels, targets = in[TARGET].count * pixels;
    return (extent){
        .classes = nt_shape_channels(in[LOGITS].type.shape),
        .logits = logits,
        .targets = targets,
        .rows = logits > targets ? logits : targets,
    };
}

static int32_t target_of(const nt_tensor *in, const extent *e, int64_t row) {
    return in[TARGET].i[row < e->targets ? row : row % e->targets];
}

static int64_t jobs_of(int64_t rows) {
    return nt_ceil_div(rows, JOB);
}

/* A job's sums over its rows. */
typedef struct partial {
    double loss, weight;
} partial;

/* Scratch memory: a partial of each job, and numbers for each class. */
static nt_need need_of(const nt_tensor *in) {
    extent e = extent_of(in);
    return (nt_need){.shared = (size_t)jobs_of(e.rows) * sizeof(partial),
                     .per_worker = ((size_t)e.classes * sizeof(double) + 63) / 64 * 64};
}

static partial add_partials(const nt_scratch *scratch, const extent *e) {
    const partial *parts = (const partial *)scratch->shared;
    partial sum = {0};
    for (int64_t job = 0; job < jobs_of(e->rows); job++) {
        sum.loss += parts[job].loss;
        sum.weight += parts[job].weight;
    }
    return sum;
}

/* --- forward ---------------------------------------------------------------------------------- */

static nt_need need(const nt_call *call) {
    return need_of(call->in);
}

/* Returns the log of the sum of exponentials of z, which it writes to `exponentials` but for a
 * factor; unless ret is NULL, writes the softmax. */
static double softmax(const float *z, int64_t classes, double *exponentials, float *ret) {
    float largest = z[0];
    double sum = 0;
    for (int64_t c = 1; c < classes; c++)
        largest = z[c] > largest || isnan(z[c]) ? z[c] : largest;
    for (int64_t c = 0; c < classes; c++) {
        exponentials[c] = exp((double)z[c] - (double)largest);
        sum += exponentials[c];
    }
    for (int64_t c = 0; ret && c < classes; c++)
        ret[c] = (float)(exponentials[c] / sum);
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
    extent e = extent_of(call->in);
    int64_t from = (int64_t)job * JOB, to = from + JOB < e.rows ? from + JOB : e.rows;
    double *exponentials = nt_scratch_of(&call->scratch, worker);
    partial sum = {0};
    for (int64_t row = from; row < to; row++) {
        bool first = row < e.logits; /* of the rows that these logits stand for */
        const float *z = call->in[LOGITS].f + (first ? row : row % e.logits) * e.classes;
        float *p = call->out[PROBABILITIES].f;
        double log_sum =
            softmax(z, e.classes, exponentials, p && first ? p + row * e.classes : NULL);
        aim at = aim_of(call->attrs, e.classes, target_of(call->in, &e, row));
        if (!at.counts)
            continue;
        sum.loss += row_loss(call->attrs, z, e.classes, log_sum, at);
        sum.weight += at.weight;
    }
    ((partial *)call->scratch.shared)[job] = sum;
}

static void forward(const nt_call *call) {
    extent e = extent_of(call->in);
    nt_parallel((int)jobs_of(e.rows), forward_job, call);
    partial sum = add_partials(&call->scratch, &e);
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

/* The rows' weights, to be added. */
static void weigh_job(const void *context, int job, int worker) {
    const nt_grad_call *call = ((const slope *)context)->call;
    extent e = extent_of(call->in);
    int64_t from = (int64_t)job * JOB, to = from + JOB < e.rows ? from + JOB : e.rows;
    partial sum = {0};
    (void)worker;
    for (int64_t row = from; row < to; row++)
        sum.weight += aim_of(call->attrs, e.classes, target_of(call->in, &e, row)).weight;
    ((partial *)call->scratch.shared)[job] = sum;
}

/* Job: rows of logits; logits that are not batched meet the target of each sample. */
static void backward_job(const void *context, int job, int worker) {
    const slope *s = context;
    const nt_grad_call *call = s->call;
    extent e = extent_of(call->in);
    int64_t from = (int64_t)job * JOB, to = from + JOB < e.logits ? from + JOB : e.logits;
    double *dz = nt_scratch_of(&call->scratch, worker);
    for (int64_t place = from; place < to; place++) {
        const float *p = call->out[PROBABILITIES].f + place * e.classes;
        memset(dz, 0, (size_t)e.classes * sizeof *dz);
        for (int64_t row = place; call->out_grad[LOSS].data && row < e.rows; row += e.logits) {
            aim at = aim_of(call->attrs, e.classes, target_of(call->in, &e, row));
            if (at.counts)
                add_loss_slope(s, p, e.classes, at, dz);
        }
        if (call->out_grad[PROBABILITIES].data)
            add_probability_slope(call->out_grad[PROBABILITIES].f + place * e.classes, p, e.classes,
                                  dz);
        for (int64_t c = 0; c < e.classes; c++)
            call->in_grad[LOGITS].f[place * e.classes + c] = (float)dz[c];
    }
}

static nt_need grad_need(const nt_grad_call *call) {
    return need_of(call->in);
}

static void backward(const nt_grad_call *call) {
    extent e = extent_of(call->in);
    slope s = {.call = call};
    if (!call->in_grad[LOGITS].data)
        return;
    nt_parallel((int)jobs_of(e.rows), weigh_job, &s);
    double weight = add_partials(&call->scratch, &e).weight;
    if (call->out_grad[LOSS].data && weight != 0)
        s.scale = (double)call->out_grad[LOSS].f[0] / weight;
    for (int64_t c = 0; c < e.classes; c++)
        s.weights += weight_of(call->attrs, c);
    nt_parallel((int)jobs_of(e.logits), backward_job, &s);
}

const nt_op nt_op_softmax_cross_entropy = {
    .kind = {.name = "softmax_cross_entropy",
             .doc = "cross-entropy of the softmax of logits with target classes",
             .fields = fields,
             .size = sizeof(cross_entropy_attrs)},
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
