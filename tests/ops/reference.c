#include "reference_parts.h"

#include "attrs.h"
#include "hash.h"
#include "random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- attributes ------------------------------------------------------------------------------- */

static const void *attr(const nt_op *op, const void *attrs, const char *name,
                        nt_field_type *ret_type) {
    for (const nt_field *field = op->kind.fields; field->name; field++)
        if (strcmp(field->name, name) == 0) {
            *ret_type = field->type;
            return (const char *)attrs + field->offset;
        }
    abort();
}

int32_t ref_int(const nt_op *op, const void *attrs, const char *name, int d) {
    nt_field_type type;
    const void *at = attr(op, attrs, name, &type);
    return type == NT_BOOL ? *(const bool *)at : ((const int32_t *)at)[type == NT_PAIR ? d : 0];
}

double ref_real(const nt_op *op, const void *attrs, const char *name) {
    nt_field_type type;
    return *(const double *)attr(op, attrs, name, &type);
}

/* The word that an attribute has chosen. */
static const char *choice(const ref_call *call, const char *name) {
    return nt_field_find(call->op->kind.fields, name)->choices[get(call, name, 0)];
}

const nt_reals *ref_reals(const nt_op *op, const void *attrs, const char *name) {
    nt_field_type type;
    return attr(op, attrs, name, &type);
}

/* --- windows ---------------------------------------------------------------------------------- */

/* The attributes of a sliding window, [rows, columns]. */
typedef struct window {
    int32_t kernel[2], stride[2], pad[2], dilation[2];
} window;

static window window_of(const ref_call *call) {
    window w;
    for (int d = 0; d < 2; d++) {
        w.kernel[d] = get(call, "kernel", d);
        w.stride[d] = get(call, "stride", d) ? get(call, "stride", d) : w.kernel[d];
        w.pad[d] = get(call, "pad", d);
        w.dilation[d] = get(call, "dilation", d);
    }
    return w;
}

/* Where tap `tap` of the window at `place` falls. */
static int64_t source(const window *w, int d, int32_t place, int32_t tap) {
    return (int64_t)place * w->stride[d] + tap * w->dilation[d] - w->pad[d];
}

/* --- layers with weights ---------------------------------------------------------------------- */

static void constant(const ref_call *call) {
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = ref_real(call->op, call->attrs, "value") +
                                     (call->in_count ? *at(&call->in[0], n, c, 0, 0) : 0);
}

static void conv2d(const ref_call *call) {
    const ref_value *in = &call->in[0], *out = &call->out[0];
    const double *weight = call->in[1].v;
    const int32_t *kernel = call->in[1].shape.dim; /* K, C per group, R, S */
    int32_t out_per_group = kernel[0] / get(call, "groups", 0);
    window w = window_of(call);
    FOR_EACH(*out) {
        double sum = call->in_count > 2 ? call->in[2].v[c] : 0;
        for (int32_t i = 0; i < kernel[1]; i++)
            for (int32_t r = 0; r < kernel[2]; r++)
                for (int32_t s = 0; s < kernel[3]; s++) {
                    int64_t from_y = source(&w, 0, y, r), from_x = source(&w, 1, x, s);
                    if (inside(in, from_y, from_x))
                        sum += weight[((c * kernel[1] + i) * kernel[2] + r) * kernel[3] + s] *
                               *at(in, n, c / out_per_group * kernel[1] + i, from_y, from_x);
                }
        *at(out, n, c, y, x) = sum;
    }
}

/* Each input element lays its multiple of the kernel over the output. */
static void conv_transpose2d(const ref_call *call) {
    const ref_value *in = &call->in[0], *out = &call->out[0];
    const double *weight = call->in[1].v;
    const int32_t *kernel = call->in[1].shape.dim; /* C, K per group, R, S */
    int32_t in_per_group = kernel[0] / get(call, "groups", 0);
    window w = window_of(call);
    FOR_EACH(*out) {
        *at(out, n, c, y, x) = call->in_count > 2 ? call->in[2].v[c] : 0;
    }
    FOR_EACH(*in) {
        for (int32_t k = 0; k < kernel[1]; k++)
            for (int32_t r = 0; r < kernel[2]; r++)
                for (int32_t s = 0; s < kernel[3]; s++) {
                    int64_t to_y = source(&w, 0, y, r), to_x = source(&w, 1, x, s);
                    if (inside(out, to_y, to_x))
                        *at(out, n, c / in_per_group * kernel[1] + k, to_y, to_x) +=
                            weight[((c * kernel[1] + k) * kernel[2] + r) * kernel[3] + s] *
                            *at(in, n, c, y, x);
                }
    }
}

/* Does what the attribute `activation` says to the output, which has all the rest. */
static void activate(const ref_call *call) {
    const char *kind = choice(call, "activation");
    double a = ref_real(call->op, call->attrs, "a"), b = ref_real(call->op, call->attrs, "b");
    FOR_EACH(call->out[0]) {
        double *value = at(&call->out[0], n, c, y, x);
        if (strcmp(kind, "relu") == 0)
            *value = fmax(*value, 0);
        else if (strcmp(kind, "clamp") == 0)
            *value = fmin(fmax(*value, a), b);
        else if (strcmp(kind, "silu") == 0)
            *value /= 1 + exp(-*value);
        else if (strcmp(kind, "none") != 0)
            abort();
    }
}

/* Inputs: x, plus if there is one, the weight, the bias if there is one. */
static void fused_conv2d(const ref_call *call) {
    int plus = get(call, "plus", 0);
    ref_value in[3] = {call->in[0], call->in[1 + plus]};
    ref_call inner = *call;
    inner.in = in;
    inner.in_count = call->in_count - plus;
    if (inner.in_count > 2)
        in[2] = call->in[2 + plus];
    conv2d(&inner);
    FOR_EACH(call->out[0]) {
        double *value = at(&call->out[0], n, c, y, x);
        *value += plus ? *at(&call->in[1], n, c, y, x) : 0;
    }
    activate(call);
}

static void linear(const ref_call *call) {
    int32_t length = call->in[0].shape.dim[0];
    FOR_EACH(call->out[0]) {
        double sum = call->in_count > 2 ? call->in[2].v[c] : 0;
        for (int32_t i = 0; i < length; i++)
            sum += call->in[1].v[c * length + i] * *at(&call->in[0], n, i, y, x);
        *at(&call->out[0], n, c, y, x) = sum;
    }
}

static void batch_norm(const ref_call *call) {
    const ref_value *in = &call->in[0];
    double eps = ref_real(call->op, call->attrs, "eps");
    double momentum = ref_real(call->op, call->attrs, "momentum");
    double count = (double)in->count * in->shape.dim[1] * in->shape.dim[2];
    int32_t statistics = get(call, "statistics", 0), channels = in->shape.dim[0];
    double *mean = calloc((size_t)channels, sizeof *mean);
    double *variance = calloc((size_t)channels, sizeof *variance);
    FOR_EACH(*in) mean[c] += *at(in, n, c, y, x) / count;
    FOR_EACH(*in) variance[c] += pow(*at(in, n, c, y, x) - mean[c], 2) / count;
    for (int32_t c = 0; statistics == NT_STATISTICS_TRAIN && c < channels; c++) {
        call->out[1].v[c] = mean[c];
        call->out[2].v[c] = 1 / sqrt(variance[c] + eps);
        call->out[3].v[c] = (1 - momentum) * call->in[3].v[c] + momentum * mean[c];
        call->out[4].v[c] = (1 - momentum) * call->in[4].v[c] +
                            momentum * variance[c] * (count > 1 ? count / (count - 1) : 1);
        call->out[5].v[c] = call->in[1].v[c] / sqrt(variance[c] + eps);
        call->out[6].v[c] = call->in[2].v[c] - mean[c] * call->out[5].v[c];
    }
    for (int32_t c = 0; statistics == NT_STATISTICS_RUNNING && c < channels; c++) {
        mean[c] = call->in[3].v[c];
        variance[c] = call->in[4].v[c];
    }
    FOR_EACH(*in)
    *at(&call->out[0], n, c, y, x) =
        (*at(in, n, c, y, x) - mean[c]) / sqrt(variance[c] + eps) * call->in[1].v[c] +
        call->in[2].v[c];
    free(mean);
    free(variance);
}

/* Inputs: x, plus if there is one, the scale, the shift. */
static void fused_batch_norm(const ref_call *call) {
    bool plus = call->in_count == 4;
    FOR_EACH(call->out[0]) {
        *at(&call->out[0], n, c, y, x) = *at(&call->in[0], n, c, y, x) * call->in[1 + plus].v[c] +
                                         call->in[2 + plus].v[c] +
                                         (plus ? *at(&call->in[1], n, c, y, x) : 0);
    }
    activate(call);
}

/* Inputs: weight, bias if has_bias, gamma, beta, mean, variance. The groups of a transposed
 * kernel's input channels each have output channels of their own. */
static void fold_batch_norm(const ref_call *call) {
    int has_bias = get(call, "has_bias", 0);
    const ref_value *weight = &call->in[0], *gamma = &call->in[1 + has_bias];
    const int32_t *dim = weight->shape.dim;
    int32_t channels = gamma->shape.dim[0], taps = dim[2] * dim[3];
    bool transposed = get(call, "transposed", 0);
    for (int32_t i = 0; i < dim[0] * dim[1] * taps; i++) {
        int32_t first = i / (dim[1] * taps), second = i / taps % dim[1];
        int32_t k = transposed ? first / (dim[0] * dim[1] / channels) * dim[1] + second : first;
        call->out[0].v[i] = weight->v[i] * gamma[0].v[k] /
                            sqrt(gamma[3].v[k] + ref_real(call->op, call->attrs, "eps"));
    }
    for (int32_t k = 0; k < channels; k++)
        call->out[1].v[k] =
            gamma[1].v[k] + ((has_bias ? call->in[1].v[k] : 0) - gamma[2].v[k]) * gamma[0].v[k] /
                                sqrt(gamma[3].v[k] + ref_real(call->op, call->attrs, "eps"));
}

/* --- layers without --------------------------------------------------------------------------- */

static void add(const ref_call *call) {
    FOR_EACH(call->out[0]) {
        double sum = 0;
        for (int i = 0; i < call->in_count; i++)
            sum += *spread_at(&call->in[i], n, c, y, x);
        *at(&call->out[0], n, c, y, x) = sum;
    }
}

static void max_pool(const ref_call *call) {
    const ref_value *in = &call->in[0];
    window w = window_of(call);
    FOR_EACH(call->out[0]) {
        double best = -INFINITY, index = 0;
        for (int32_t r = 0; r < w.kernel[0]; r++)
            for (int32_t s = 0; s < w.kernel[1]; s++) {
                int64_t from_y = source(&w, 0, y, r), from_x = source(&w, 1, x, s);
                if (!inside(in, from_y, from_x) || *at(in, n, c, from_y, from_x) <= best)
                    continue;
                best = *at(in, n, c, from_y, from_x);
                index = (double)(from_y * in->shape.dim[2] + from_x);
            }
        *at(&call->out[0], n, c, y, x) = best;
        if (call->out_count > 1)
            *at(&call->out[1], n, c, y, x) = index;
    }
}

static void avg_pool(const ref_call *call) {
    const ref_value *in = &call->in[0];
    window w = window_of(call);
    bool all = get(call, "count_include_pad", 0);
    int32_t end_y = in->shape.dim[1] + w.pad[0], end_x = in->shape.dim[2] + w.pad[1];
    FOR_EACH(call->out[0]) {
        double sum = 0, count = 0;
        for (int32_t r = 0; r < w.kernel[0]; r++)
            for (int32_t s = 0; s < w.kernel[1]; s++) {
                int64_t from_y = source(&w, 0, y, r), from_x = source(&w, 1, x, s);
                bool real = inside(in, from_y, from_x);
                sum += real ? *at(in, n, c, from_y, from_x) : 0;
                count += all ? from_y < end_y && from_x < end_x : real;
            }
        *at(&call->out[0], n, c, y, x) = sum / count;
    }
}

static void global_avg_pool(const ref_call *call) {
    const ref_value *in = &call->in[0];
    double pixels = (double)nt_shape_pixels(in->shape);
    memset(call->out[0].v, 0, (size_t)in->count * (size_t)in->shape.dim[0] * sizeof(double));
    FOR_EACH(*in) * at(&call->out[0], n, c, 0, 0) += *at(in, n, c, y, x) / pixels;
}

static void flatten(const ref_call *call) {
    const int32_t *dim = call->in[0].shape.dim;
    FOR_EACH(call->in[0])
    *at(&call->out[0], n, (c * dim[1] + y) * dim[2] + x, 0, 0) = *at(&call->in[0], n, c, y, x);
}

/* What place `place` of the node's random numbers says: of 64 places, those 16 apart share a block
 * of four words. */
static double factor_of(const ref_call *call, int64_t place) {
    const nt_dropout_attrs *a = call->attrs;
    uint32_t words[4];
    nt_philox(call->draw, nt_hash_string(0, a->path), (uint64_t)(place / 64 * 16 + place % 16),
              words);
    bool kept = words[place % 64 / 16] / 4294967296.0 >= a->probability;
    return kept ? 1 / (1 - a->probability) : 0;
}

/* The element's place in the batch counts rows, columns, channels: as it is held. */
static void dropout(const ref_call *call) {
    const int32_t *dim = call->out[0].shape.dim;
    FOR_EACH(call->out[0]) {
        int64_t place = (((int64_t)n * dim[1] + y) * dim[2] + x) * dim[0] + c;
        *at(&call->out[0], n, c, y, x) = *at(&call->in[0], n, c, y, x) * factor_of(call, place);
    }
}

static void dropout2d(const ref_call *call) {
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) =
        *at(&call->in[0], n, c, y, x) * factor_of(call, (int64_t)n * call->out[0].shape.dim[0] + c);
}

static void stochastic_depth(const ref_call *call) {
    bool batch = get(call, "mode", 0);
    FOR_EACH(call->out[0])
    *at(&call->out[0], n, c, y, x) = *at(&call->in[0], n, c, y, x) * factor_of(call, batch ? 0 : n);
}

static void softmax_cross_entropy(const ref_call *call) {
    const ref_value *in = &call->in[0];
    const nt_reals *weights = ref_reals(call->op, call->attrs, "weights");
    double e = ref_real(call->op, call->attrs, "label_smoothing"), loss = 0, total = 0;
    int32_t classes = in->shape.dim[0], ignore = get(call, "ignore", 0);
    int64_t places = nt_shape_pixels(in->shape);
    for (int64_t row = 0; row < in->count * places; row++) {
        const double *z = in->v + row / places * classes * places + row % places;
        double *p = call->out[1].v + row / places * classes * places + row % places, sum = 0;
        int32_t target = (int32_t)call->in[1].v[row];
        for (int32_t c = 0; c < classes; c++)
            sum += exp(z[c * places]);
        for (int32_t c = 0; c < classes; c++) {
            double weight = weights->count ? weights->items[c] : 1;
            double share = (c == target ? 1 - e : 0) + e / classes;
            p[c * places] = exp(z[c * places]) / sum;
            if (ignore >= 0 && target == ignore)
                continue;
            loss -= weight * share * log(p[c * places]);
            total += c == target ? weight : 0;
        }
    }
    call->out[0].v[0] = total == 0 ? 0 : loss / total;
}

ref_forward ref_find(const char *op) {
    static const struct {
        const char *op;
        ref_forward forward;
    } table[] = {
        {"constant", constant},
        {"conv2d", conv2d},
        {"conv_transpose2d", conv_transpose2d},
        {"fused_conv2d", fused_conv2d},
        {"linear", linear},
        {"batch_norm", batch_norm},
        {"fold_batch_norm", fold_batch_norm},
        {"fused_batch_norm", fused_batch_norm},
        {"relu", ref_relu},
        {"relu6", ref_relu6},
        {"clamp", ref_clamp},
        {"leaky_relu", ref_leaky_relu},
        {"prelu", ref_prelu},
        {"elu", ref_elu},
        {"silu", ref_silu},
        {"gelu", ref_gelu},
        {"softplus", ref_softplus},
        {"hardsigmoid", ref_hardsigmoid},
        {"hardswish", ref_hardswish},
        {"add", add},
        {"max_pool", max_pool},
        {"avg_pool", avg_pool},
        {"global_avg_pool", global_avg_pool},
        {"flatten", flatten},
        {"dropout", dropout},
        {"dropout2d", dropout2d},
        {"resize", ref_resize},
        {"crop", ref_crop},
        {"pad", ref_pad},
        {"concat", ref_concat},
        {"adaptive_avg_pool", ref_adaptive_avg_pool},
        {"mul", ref_mul},
        {"sub", ref_sub},
        {"div", ref_div},
        {"max", ref_max},
        {"min", ref_min},
        {"max_unpool", ref_max_unpool},
        {"sigmoid", ref_sigmoid},
        {"softmax", ref_softmax},
        {"weighted_sum", ref_weighted_sum},
        {"softmax_cross_entropy", softmax_cross_entropy},
        {"dice_loss", ref_dice_loss},
        {"stochastic_depth", stochastic_depth},
        {"layer_norm", ref_layer_norm},
        {"group_norm", ref_group_norm},
        {"instance_norm", ref_instance_norm},
        {"local_response_norm", ref_local_response_norm},
        {"scale", ref_scale},
        {"parameter", ref_parameter},
        {"slice", ref_slice},
        {"channel_shuffle", ref_channel_shuffle},
        {"roll", ref_roll},
        {"reflect_pad", ref_reflect_pad},
        {"replicate_pad", ref_replicate_pad},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].op, op) == 0)
            return table[i].forward;
    return NULL;
}
