/* The gradient gathers: a row of the input's is the sum of the output's rows that are copies of it,
 * in their order, and of that its columns. */
#include "pad_call.h"

#include "elementwise.h"
#include "integers.h"
#include "op_check.h"
#include "parallel.h"
#include "vectorise.h"
#include <stdio.h>
#include <string.h>

int nt_pad_infer(const nt_pad_attrs *a, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    char text[NT_SHAPE_TEXT], other[NT_SHAPE_TEXT];
    if (!nt_check_map(&in[0], why) || (in_count > 1 && !nt_check_map(&in[1], why)))
        return 0;
    ret_out[0] = in[0];
    for (int d = 0; d < 2; d++) {
        int32_t size = in[0].shape.dim[1 + d], more = a->before[d] + a->after[d];
        if (in_count > 1 && more > 0) {
            snprintf(why, NT_WHY, "takes numbers of rows and columns or a second input, not both");
            return 0;
        }
        if (in_count > 1 && in[1].shape.dim[1 + d] < size) {
            snprintf(why, NT_WHY, "%s is larger than %s, to which it is to be padded",
                     nt_shape_format(in[0].shape, text), nt_shape_format(in[1].shape, other));
            return 0;
        }
        if (size > INT32_MAX - more) {
            snprintf(why, NT_WHY, "%s would be too large", nt_shape_format(in[0].shape, text));
            return 0;
        }
        ret_out[0].shape.dim[1 + d] = in_count > 1 ? in[1].shape.dim[1 + d] : size + more;
    }
    return 1;
}

int32_t nt_pad_first(const nt_pad_attrs *a, nt_shape in, nt_shape out, int in_count, int d) {
    return in_count > 1 ? (out.dim[1 + d] - in.dim[1 + d]) / 2 : a->before[d];
}

/* --- repeating -------------------------------------------------------------------------------- */

/* Along one dimension: `in` places, which begin at place `first` of the output's `out`. */
typedef struct side {
    int32_t in, out, first;
} side;

typedef struct work {
    nt_pad_repeat repeat;
    side side[2]; /* rows, columns */
    int64_t channels;
    const float *from;
    float *to;
    const nt_scratch *scratch;
} work;

static work work_of(nt_pad_repeat repeat, const nt_pad_attrs *a, nt_shape in, nt_shape out,
                    int in_count) {
    work w = {.repeat = repeat, .channels = in.dim[0]};
    for (int d = 0; d < 2; d++)
        w.side[d] = (side){in.dim[1 + d], out.dim[1 + d], nt_pad_first(a, in, out, in_count, d)};
    return w;
}

/* Which place of the input's a place of the output's is a copy of. */
static int32_t source_of(const work *w, int d, int32_t place) {
    const side *s = &w->side[d];
    int32_t at = place - s->first, last = s->in - 1;
    if (w->repeat == NT_PAD_REPLICATE)
        return at < 0 ? 0 : at > last ? last : at;
    return at < 0 ? -at : at > last ? 2 * last - at : at;
}

/* Job: one row of one sample's output. */
static void forward_job(const void *context, int job, int worker) {
    const work *w = context;
    const side *rows = &w->side[0], *columns = &w->side[1];
    size_t pixel = (size_t)w->channels * sizeof(float);
    int32_t end = columns->first + columns->in;
    const float *x =
        w->from + ((int64_t)(job / rows->out) * rows->in + source_of(w, 0, job % rows->out)) *
                      columns->in * w->channels;
    float *y = w->to + (int64_t)job * columns->out * w->channels;
    (void)worker;
    for (int32_t j = 0; j < columns->first; j++)
        memcpy(y + j * w->channels, x + source_of(w, 1, j) * w->channels, pixel);
    memcpy(y + columns->first * w->channels, x, (size_t)columns->in * pixel);
    for (int32_t j = end; j < columns->out; j++)
        memcpy(y + j * w->channels, x + source_of(w, 1, j) * w->channels, pixel);
}

void nt_pad_repeat_forward(nt_pad_repeat repeat, const nt_call *call) {
    const nt_tensor *x = &call->in[0], *y = &call->out[0];
    work w = work_of(repeat, call->attrs, x->type.shape, y->type.shape, call->in_count);
    w.from = x->f;
    w.to = y->f;
    nt_parallel(y->count * w.side[0].out, forward_job, &w);
}

/* --- gathering -------------------------------------------------------------------------------- */

NT_VECTORISED(add_to, (const float *restrict more, int64_t count, float *restrict sum),
              (more, count, sum)) {
    for (int64_t i = 0; i < count; i++)
        sum[i] += more[i];
}

/* The output's row that row `row` of the input is in the middle, and what its copies add to it: the
 * row itself where there are none, else their sum, in `line`. */
static const float *gather_rows(const work *w, const float *dy, int32_t row, float *line) {
    const side *rows = &w->side[0];
    int64_t length = w->side[1].out * w->channels;
    const float *found = dy + (rows->first + row) * length;
    for (int32_t o = 0; o < rows->out; o++) {
        if (o == rows->first) /* the middle has no copies */
            o += rows->in;
        if (o >= rows->out || source_of(w, 0, o) != row)
            continue;
        if (found != line)
            memcpy(line, found, (size_t)length * sizeof *line);
        found = line;
        add_to(dy + o * length, length, line);
    }
    return found;
}

/* Job: one row of one sample's input. */
static void backward_job(const void *context, int job, int worker) {
    const work *w = context;
    const side *rows = &w->side[0], *columns = &w->side[1];
    const float *dy = w->from + (int64_t)(job / rows->in) * rows->out * columns->out * w->channels;
    const float *row = gather_rows(w, dy, job % rows->in, nt_scratch_of(w->scratch, worker));
    float *dx = w->to + (int64_t)job * columns->in * w->channels;
    int32_t end = columns->first + columns->in;
    memcpy(dx, row + columns->first * w->channels,
           (size_t)(columns->in * w->channels) * sizeof *dx);
    for (int32_t j = 0; j < columns->first; j++)
        add_to(row + j * w->channels, w->channels, dx + source_of(w, 1, j) * w->channels);
    for (int32_t j = end; j < columns->out; j++)
        add_to(row + j * w->channels, w->channels, dx + source_of(w, 1, j) * w->channels);
}

nt_need nt_pad_repeat_grad_need(const nt_grad_call *call) {
    const int32_t *dim = call->out_grad[0].type.shape.dim;
    int64_t line = (int64_t)dim[2] * dim[0] * (int64_t)sizeof(float);
    return (nt_need){.per_worker = (size_t)nt_round_up(line, 64)};
}

void nt_pad_repeat_backward(nt_pad_repeat repeat, const nt_grad_call *call) {
    const nt_tensor *dx = &call->in_grad[0], *dy = &call->out_grad[0];
    work w = work_of(repeat, call->attrs, dx->type.shape, dy->type.shape, call->in_count);
    w.from = dy->f;
    w.to = dx->f;
    w.scratch = &call->scratch;
    if (dx->data)
        nt_parallel(dx->count * w.side[0].in, backward_job, &w);
    if (call->in_count > 1)
        nt_elementwise_zero(&call->in_grad[1]);
}
