#include "fold.h"

#include <math.h>
#include <string.h>

/* A rule, tried on each piece; sets *ret_done where it applied. */
typedef nt_status rule(nt_draft *draft, int32_t piece, bool *ret_done);

static nt_piece *at(const nt_draft *draft, int32_t piece) {
    return &draft->pieces[piece];
}

/* The piece that output 0 of which the ref is. */
static nt_piece *maker(const nt_draft *draft, nt_ref ref) {
    return at(draft, ref.piece);
}

static bool has_kernel(const nt_piece *piece) {
    return piece->op == &nt_op_conv2d || piece->op == &nt_op_conv_transpose2d ||
           piece->op == &nt_op_linear;
}

static int32_t channels_of(const nt_piece *piece) {
    return nt_shape_channels(piece->out[0].shape);
}

/* --- constants of sums ------------------------------------------------------------------------ */

/* Which operand of a sum is a parameter with one value for each channel, -1: none. */
static int32_t constant_of(const nt_draft *draft, const nt_piece *sum) {
    for (int32_t j = 0; sum->op == &nt_op_add && j < sum->in_count; j++) {
        const nt_piece *operand = maker(draft, sum->in[j]);
        if (operand->op == &nt_op_parameter && operand->out[0].shape.rank == 1 &&
            channels_of(operand) == channels_of(sum))
            return j;
    }
    return -1;
}

static bool fills(const nt_piece *piece, const nt_piece *sum) {
    return nt_shape_equal(piece->out[0].shape, sum->out[0].shape);
}

/* Leaves an operand out of a sum, which then may be its other one. */
static void leave_out(nt_draft *draft, int32_t sum, int32_t operand) {
    nt_piece *piece = at(draft, sum);
    piece->in_count--;
    for (int32_t j = operand; j < piece->in_count; j++)
        piece->in[j] = piece->in[j + 1];
    if (piece->in_count > 1)
        return;
    nt_piece *rest = maker(draft, piece->in[0]);
    if (rest->origin.node < 0) {
        rest->origin = piece->origin;
        rest->channels = piece->channels;
    }
    nt_draft_replace(draft, sum, piece->in[0]);
}

/* The bias of a layer or a batch normalisation, made if there is none; NULL when out of memory. */
static float *bias_of(nt_draft *draft, int32_t piece) {
    char why[NT_WHY];
    nt_piece *p = at(draft, piece);
    if (has_kernel(p) && !*nt_kernel_bias(p->op, p->attrs)) {
        *nt_kernel_bias(p->op, p->attrs) = true;
        if (nt_draft_settle(draft, piece, why) != NT_OK)
            return NULL;
    }
    return p->values[1];
}

/* --- rule: into the bias before --------------------------------------------------------------- */

static nt_status into_before(nt_draft *draft, int32_t sum, bool *ret_done) {
    const nt_piece *piece = at(draft, sum);
    int32_t constant = constant_of(draft, piece);
    for (int32_t j = 0; constant >= 0 && j < piece->in_count; j++) {
        nt_ref ref = piece->in[j];
        nt_piece *before = maker(draft, ref);
        if (j == constant || !fills(before, piece) || nt_draft_readers(draft, ref.piece) > 1 ||
            (!has_kernel(before) && before->op != &nt_op_batch_norm))
            continue;
        const float *more = maker(draft, piece->in[constant])->values[0];
        float *bias = bias_of(draft, ref.piece);
        if (!bias)
            return NT_NO_MEMORY;
        for (int32_t c = 0; c < channels_of(piece); c++)
            bias[c] = (float)((double)bias[c] + (double)more[c]);
        before->origin.node = -1;
        leave_out(draft, sum, constant);
        *ret_done = true;
        return NT_OK;
    }
    return NT_OK;
}

/* --- rule: into what reads it ----------------------------------------------------------------- */

static bool is_unpadded(const nt_piece *piece) {
    const nt_conv2d_attrs *conv = piece->attrs;
    return piece->op == &nt_op_linear ||
           (piece->op == &nt_op_conv2d && conv->pad[0] == 0 && conv->pad[1] == 0);
}

/* Whether a constant per channel may be added in the reader instead of in front of it. */
static bool can_take(const nt_draft *draft, const nt_piece *reader, const nt_piece *sum) {
    if (reader->op == &nt_op_add)
        return fills(sum, reader) &&
               (constant_of(draft, reader) >= 0 || reader->in_count < NT_MAX_INPUTS);
    return is_unpadded(reader) || reader->op == &nt_op_batch_norm;
}

/* How often the piece reads the other one. */
static int32_t reads(const nt_piece *piece, int32_t of) {
    int32_t count = 0;
    for (int32_t j = 0; !piece->gone && j < piece->in_count; j++)
        count += piece->in[j].piece == of;
    return count;
}

/* A layer's bias gets the kernel's product with the constant. */
static nt_status take_in_layer(nt_draft *draft, int32_t reader, const float *constant) {
    float *bias = bias_of(draft, reader);
    const nt_piece *piece = at(draft, reader);
    nt_shape kernel = piece->params[0].type.shape;
    int32_t groups = piece->params[0].type.groups, in_each = kernel.dim[1];
    int64_t taps = nt_shape_pixels(kernel) / in_each;
    if (!bias)
        return NT_NO_MEMORY;
    for (int32_t o = 0; o < kernel.dim[0]; o++) {
        const float *of = constant + o / (kernel.dim[0] / groups) * in_each;
        const float *row = piece->values[0] + o * in_each * taps;
        double sum = (double)bias[o];
        for (int64_t e = 0; e < in_each * taps; e++)
            sum += (double)row[e] * (double)of[e / taps];
        bias[o] = (float)sum;
    }
    return NT_OK;
}

static void take_in_norm(nt_piece *piece, const float *constant) {
    float *mean = piece->values[NT_BN_RUNNING_MEAN - NT_BN_WEIGHT];
    for (int32_t c = 0; c < channels_of(piece); c++)
        mean[c] = (float)((double)mean[c] - (double)constant[c]);
}

/* A sum that has a constant of its own gets their sum. */
static void take_in_sum(const nt_draft *draft, nt_piece *reader, nt_ref constant) {
    int32_t own = constant_of(draft, reader);
    if (own < 0) {
        reader->in[reader->in_count++] = constant;
        return;
    }
    float *values = maker(draft, reader->in[own])->values[0];
    const float *more = maker(draft, constant)->values[0];
    for (int32_t c = 0; c < channels_of(reader); c++)
        values[c] = (float)((double)values[c] + (double)more[c]);
}

/* Whether all that read the sum can take its constant, and a constant of theirs is theirs alone. */
static bool all_can_take(const nt_draft *draft, int32_t sum) {
    if (draft->output.piece == sum)
        return false;
    for (size_t i = 0; i < draft->count; i++) {
        const nt_piece *reader = &draft->pieces[i];
        if (!reads(reader, sum))
            continue;
        int32_t own = constant_of(draft, reader);
        if (reads(reader, sum) > 1 || !can_take(draft, reader, at(draft, sum)) ||
            (own >= 0 && nt_draft_readers(draft, reader->in[own].piece) > 1))
            return false;
    }
    return true;
}

static nt_status into_readers(nt_draft *draft, int32_t sum, bool *ret_done) {
    int32_t constant = constant_of(draft, at(draft, sum)), others = 0;
    for (int32_t j = 0; constant >= 0 && j < at(draft, sum)->in_count; j++)
        others += j != constant && fills(maker(draft, at(draft, sum)->in[j]), at(draft, sum));
    if (others == 0 || !all_can_take(draft, sum))
        return NT_OK;
    nt_ref from = at(draft, sum)->in[constant];
    const float *values = maker(draft, from)->values[0];
    for (size_t i = 0; i < draft->count; i++) {
        nt_piece *reader = at(draft, (int32_t)i);
        if (!reads(reader, sum))
            continue;
        if (reader->op == &nt_op_add)
            take_in_sum(draft, reader, from);
        else if (reader->op == &nt_op_batch_norm)
            take_in_norm(reader, values);
        else
            NT_TRY(take_in_layer(draft, (int32_t)i, values));
    }
    at(draft, sum)->origin.node = -1;
    leave_out(draft, sum, constant);
    *ret_done = true;
    return NT_OK;
}

/* --- rule: a batch normalisation into the layer before ---------------------------------------- */

/* Of a layer with a bias. */
static void scale_layer(nt_piece *layer, const nt_piece *norm) {
    double eps = ((const nt_batch_norm_attrs *)norm->attrs)->eps;
    const float *weight = norm->values[0], *shift = norm->values[1], *mean = norm->values[2],
                *variance = norm->values[3];
    nt_shape kernel = layer->params[0].type.shape;
    int64_t taps = nt_shape_pixels(kernel) / kernel.dim[1];
    bool transposed = layer->op == &nt_op_conv_transpose2d;
    int32_t groups = transposed ? ((const nt_conv2d_attrs *)layer->attrs)->groups : 1;
    for (int32_t r = 0; r < kernel.dim[0]; r++)
        for (int32_t q = 0; q < kernel.dim[1]; q++) {
            int32_t o = transposed ? r / (kernel.dim[0] / groups) * kernel.dim[1] + q : r;
            double factor = (double)weight[o] / sqrt((double)variance[o] + eps);
            float *row = layer->values[0] + ((int64_t)r * kernel.dim[1] + q) * taps;
            for (int64_t t = 0; t < taps; t++)
                row[t] = (float)((double)row[t] * factor);
        }
    for (int32_t o = 0; o < channels_of(norm); o++) {
        double factor = (double)weight[o] / sqrt((double)variance[o] + eps);
        float *bias = &layer->values[1][o];
        *bias = (float)(((double)*bias - (double)mean[o]) * factor + (double)shift[o]);
    }
}

static nt_status norm_into_layer(nt_draft *draft, int32_t norm, bool *ret_done) {
    nt_piece *piece = at(draft, norm);
    if (piece->op != &nt_op_batch_norm)
        return NT_OK;
    nt_ref before = piece->in[0];
    if (!has_kernel(maker(draft, before)) || nt_draft_readers(draft, before.piece) > 1)
        return NT_OK;
    if (!bias_of(draft, before.piece))
        return NT_NO_MEMORY;
    nt_piece *layer = maker(draft, before);
    scale_layer(layer, piece);
    layer->origin = piece->origin;
    layer->channels = piece->channels;
    nt_draft_replace(draft, norm, before);
    *ret_done = true;
    return NT_OK;
}

/* --- rule: once more -------------------------------------------------------------------------- */

static nt_status once_more(nt_draft *draft, int32_t piece, bool *ret_done) {
    const nt_piece *p = at(draft, piece);
    if (!(p->op->traits & NT_OP_IDEMPOTENT))
        return NT_OK;
    const nt_piece *before = maker(draft, p->in[0]);
    if (before->op != p->op || !nt_fields_equal(p->op->kind.fields, before->attrs, p->attrs))
        return NT_OK;
    nt_draft_replace(draft, piece, p->in[0]);
    *ret_done = true;
    return NT_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

nt_status nt_fold(nt_draft *draft, bool batch_norms) {
    rule *const rules[] = {once_more, into_before, into_readers, norm_into_layer};
    size_t count = sizeof rules / sizeof *rules - !batch_norms;
    for (bool done = true; done;) {
        done = false;
        nt_draft_sweep(draft);
        for (size_t r = 0; r < count; r++)
            for (size_t i = 0; i < draft->count; i++)
                if (!draft->pieces[i].gone)
                    NT_TRY(rules[r](draft, (int32_t)i, &done));
    }
    return NT_OK;
}
