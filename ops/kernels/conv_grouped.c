/* Narrow groups joined (see conv_grouped.h) and computed directly. Of a joined kernel, [group]
 * [tap][channel][16], the squares along the diagonal are the groups' own:
 *
 *              lanes of group  0 1 2 3
 *     channels of group  0     w . . .
 *                        1     . w . .
 *                        2     . . w .
 *                        3     . . . w     */
#include "conv_grouped.h"

#include "conv_direct.h"
#include "parallel.h"
#include "tensor.h"

#include <string.h>

/* How many groups are joined: the most that divide them all, with no more channels, in or out, than
 * a panel has. */
static int32_t joined_groups(const nt_conv_shape *shape) {
    int32_t in = shape->channels / shape->groups, out = shape->out_channels / shape->groups;
    int32_t most = NT_PANEL / (in > out ? in : out);
    for (; most > 1 && shape->groups % most != 0; most--)
        ;
    return most;
}

bool nt_grouped_fits(const nt_conv_shape *shape) {
    return joined_groups(shape) > 1;
}

static nt_conv_shape joined_shape(const nt_conv_shape *shape) {
    nt_conv_shape joined = *shape;
    joined.groups /= joined_groups(shape);
    return joined;
}

/* --- the kernel ------------------------------------------------------------------------------- */

typedef struct task {
    const nt_conv_shape *shape;
    int32_t join, in, out; /* groups of a joined one; channels of a group, in and out */
    int64_t taps;
    const float *from;
    float *to;
} task;

static task task_of(const nt_conv_shape *shape, const float *from, float *to) {
    return (task){
        .shape = shape,
        .join = joined_groups(shape),
        .in = shape->channels / shape->groups,
        .out = shape->out_channels / shape->groups,
        .taps = (int64_t)shape->kernel[0] * shape->kernel[1],
        .from = from,
        .to = to,
    };
}

/* Where the lanes of a group's input channel lie, under a tap: in the groups' own kernel, and in
 * the joined one. */
static int64_t own_at(const task *t, int64_t group, int64_t tap, int64_t channel) {
    return ((group * t->taps + tap) * t->in + channel) * NT_PANEL;
}

static int64_t joined_at(const task *t, int64_t group, int64_t tap, int64_t channel) {
    int64_t row = (group / t->join * t->taps + tap) * t->join + group % t->join;
    return (row * t->in + channel) * NT_PANEL + group % t->join * t->out;
}

static void join_job(const void *context, int job, int worker) {
    const task *t = context;
    int64_t floats = t->taps * t->in * NT_PANEL * t->join;
    (void)worker;
    memset(t->to + job * floats, 0, (size_t)floats * sizeof *t->to);
    for (int64_t group = (int64_t)job * t->join; group < ((int64_t)job + 1) * t->join; group++)
        for (int64_t tap = 0; tap < t->taps; tap++)
            for (int64_t c = 0; c < t->in; c++)
                memcpy(t->to + joined_at(t, group, tap, c), t->from + own_at(t, group, tap, c),
                       (size_t)t->out * sizeof *t->to);
}

/* The groups' own squares of a joined gradient, with zeros past their lanes. */
static void part_job(const void *context, int job, int worker) {
    const task *t = context;
    (void)worker;
    for (int64_t tap = 0; tap < t->taps; tap++)
        for (int64_t c = 0; c < t->in; c++) {
            float *to = t->to + own_at(t, job, tap, c);
            memset(to, 0, NT_PANEL * sizeof *to);
            memcpy(to, t->from + joined_at(t, job, tap, c), (size_t)t->out * sizeof *to);
        }
}

size_t nt_grouped_kernel_size(const nt_conv_shape *shape) {
    size_t taps = (size_t)shape->kernel[0] * (size_t)shape->kernel[1];
    return taps * (size_t)shape->channels * NT_PANEL;
}

void nt_grouped_kernel(const nt_conv_shape *shape, const float *weight, float *ret_joined) {
    task t = task_of(shape, weight, ret_joined);
    nt_parallel(shape->groups / t.join, join_job, &t);
}

/* --- forward ---------------------------------------------------------------------------------- */

static nt_conv_need with_kernel(const nt_conv_shape *shape, nt_conv_need need) {
    need.shared += nt_grouped_kernel_size(shape) * sizeof(float);
    return need;
}

/* What is left of the memory behind the joined kernel. */
static nt_conv_memory behind_kernel(const nt_conv_shape *shape, const nt_conv_memory *memory) {
    nt_conv_memory rest = *memory;
    rest.shared += nt_grouped_kernel_size(shape) * sizeof(float);
    return rest;
}

nt_conv_need nt_grouped_forward_need(const nt_conv_shape *shape) {
    nt_conv_shape joined = joined_shape(shape);
    return with_kernel(shape, nt_direct_forward_need(&joined));
}

void nt_grouped_apply(const nt_conv_shape *shape, const float *x, const float *joined_kernel,
                      const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    nt_conv_shape joined = joined_shape(shape);
    nt_direct_forward(&joined, x, joined_kernel, epilogue, y, memory);
}

void nt_grouped_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                        const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    nt_conv_memory rest = behind_kernel(shape, memory);
    nt_grouped_kernel(shape, weight, (float *)memory->shared);
    nt_grouped_apply(shape, x, (float *)memory->shared, epilogue, y, &rest);
}

/* --- gradients -------------------------------------------------------------------------------- */

nt_conv_need nt_grouped_data_need(const nt_conv_shape *shape) {
    nt_conv_shape joined = joined_shape(shape);
    return with_kernel(shape, nt_direct_data_need(&joined));
}

void nt_grouped_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                     const nt_conv_memory *memory) {
    nt_conv_shape joined = joined_shape(shape);
    nt_conv_memory rest = behind_kernel(shape, memory);
    nt_grouped_kernel(shape, weight, (float *)memory->shared);
    nt_direct_data(&joined, dy, (float *)memory->shared, dx, &rest);
}

nt_conv_need nt_grouped_weight_need(const nt_conv_shape *shape) {
    nt_conv_shape joined = joined_shape(shape);
    return with_kernel(shape, nt_direct_weight_need(&joined));
}

void nt_grouped_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                       const nt_conv_memory *memory) {
    nt_conv_shape joined = joined_shape(shape);
    nt_conv_memory rest = behind_kernel(shape, memory);
    nt_direct_weight(&joined, x, dy, (float *)memory->shared, &rest);
    task t = task_of(shape, (float *)memory->shared, dweight);
    nt_parallel(shape->groups, part_job, &t);
}
