/* Direct sums in double precision; a job an output channel. */
#include "rest.h"

#include "parallel.h"

typedef struct rest {
    const nt_channel_flow *flow;
    const nt_constants *constants;
    const nt_node *node;
    const nt_kernel_rows *kernel;
    const nt_channels *in, *out;
    nt_conv2d_attrs conv;
    int32_t from[2], to[2]; /* rows and columns of the input and the output */
    double *maps;
} rest;

static void sizes(nt_shape shape, int32_t ret[2]) {
    ret[0] = shape.rank == 3 ? shape.dim[1] : 1;
    ret[1] = shape.rank == 3 ? shape.dim[2] : 1;
}

/* Where tap (r, s) takes place (y, x) of the input to, or for a convolution that is not transposed
 * the other way round; false: into the padding. */
static bool meets(const rest *w, const int32_t tap[2], const int32_t at[2], int32_t ret[2]) {
    const int32_t *size = w->kernel->transposed ? w->to : w->from;
    for (int d = 0; d < 2; d++) {
        ret[d] = at[d] * w->conv.stride[d] - w->conv.pad[d] + tap[d] * w->conv.dilation[d];
        if (ret[d] < 0 || ret[d] >= size[d])
            return false;
    }
    return true;
}

/* Adds what one tap makes of one channel of the input. */
static void add_tap(const rest *w, int32_t channel, const int32_t tap[2], double weight,
                    double *map) {
    bool transposed = w->kernel->transposed;
    const int32_t *walked = transposed ? w->from : w->to;
    int32_t at[2], other[2];
    for (at[0] = 0; at[0] < walked[0]; at[0]++)
        for (at[1] = 0; at[1] < walked[1]; at[1]++) {
            if (!meets(w, tap, at, other))
                continue;
            const int32_t *read = transposed ? at : other, *written = transposed ? other : at;
            float value = nt_constant_at(w->flow, w->constants, w->node->in[NT_CONV_X], channel,
                                         (int64_t)read[0] * w->from[1] + read[1]);
            map[(int64_t)written[0] * w->to[1] + written[1]] += weight * (double)value;
        }
}

static void job(const void *context, int number, int worker) {
    const rest *w = context;
    const nt_kernel_rows *k = w->kernel;
    int32_t in_each = nt_kernel_in_per_group(k), o = w->out->list[number];
    int32_t first = o / (k->out / k->groups) * in_each;
    double *map = w->maps + (int64_t)number * w->to[0] * w->to[1];
    (void)worker;
    for (int32_t i = 0; i < in_each; i++) {
        if (w->in->kept[first + i] || w->in->varies[first + i] || !nt_kernel_links(k, o, i))
            continue;
        for (int32_t t = 0; t < nt_kernel_taps(k); t++)
            add_tap(w, first + i, (int32_t[]){t / k->size[1], t % k->size[1]},
                    (double)k->rows[nt_kernel_place(k, o, i, t)], map);
    }
}

nt_status nt_rest_of(const nt_channel_flow *flow, const nt_constants *constants, int32_t node,
                     nt_arena *arena, double **ret) {
    const nt_node *of = nt_graph_node(flow->graph, node);
    rest w = {.flow = flow,
              .constants = constants,
              .node = of,
              .kernel = &flow->kernels[node],
              .in = nt_channels_of(flow, of->in[NT_CONV_X]),
              .out = &flow->values[of->first_value],
              .conv = nt_kernel_conv(of)};
    sizes(nt_graph_type(flow->graph, of->in[NT_CONV_X])->shape, w.from);
    sizes(of->out[0].shape, w.to);
    *ret = NULL;
    bool any = false;
    for (int32_t c = 0; c < w.in->count; c++)
        any = any || (!w.in->kept[c] && !w.in->varies[c]);
    if (!any)
        return NT_OK;
    w.maps = NT_ARENA_ARRAY(arena, double, (int64_t)w.out->kept_count *w.to[0] * w.to[1]);
    if (!w.maps)
        return NT_NO_MEMORY;
    nt_parallel(w.out->kept_count, job, &w);
    *ret = w.maps;
    return NT_OK;
}
