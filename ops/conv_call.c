#include "conv_call.h"

#include "columns.h"

static nt_conv_memory memory_of(const nt_scratch *scratch) {
    return (nt_conv_memory){
        .shared = scratch->shared, .workers = scratch->workers, .per_worker = scratch->per_worker};
}

nt_need nt_conv_call_need(const nt_conv_shape *shape) {
    nt_conv_need need = nt_conv_forward_need(shape);
    return (nt_need){.shared = need.shared, .per_worker = need.per_worker};
}

void nt_conv_call_forward(const nt_call *call, const nt_conv_shape *shape) {
    nt_conv_memory memory = memory_of(&call->scratch);
    nt_conv_forward(shape, call->in[0].f, call->in[1].f, call->in_count > 2 ? call->in[2].f : NULL,
                    call->out[0].f, &memory);
}

static int64_t out_rows(const nt_conv_shape *shape) {
    return (int64_t)shape->samples * shape->out_height * shape->out_width;
}

static void enlarge(nt_need *need, size_t shared, size_t per_worker) {
    if (shared > need->shared)
        need->shared = shared;
    if (per_worker > need->per_worker)
        need->per_worker = per_worker;
}

nt_need nt_conv_call_grad_need(const nt_grad_call *call, const nt_conv_shape *shape) {
    nt_conv_need data = nt_conv_data_need(shape), weight = nt_conv_weight_need(shape);
    nt_need need = {0};
    enlarge(&need, data.shared, data.per_worker);
    enlarge(&need, weight.shared, weight.per_worker);
    if (call->in_count > 2)
        enlarge(&need,
                nt_columns_bytes(out_rows(shape), shape->out_channels) +
                    (size_t)shape->out_channels * sizeof(double),
                0);
    return need;
}

/* The three gradients use the scratch memory one after the other. */
void nt_conv_call_backward(const nt_grad_call *call, const nt_conv_shape *shape) {
    nt_conv_memory memory = memory_of(&call->scratch);
    const float *dy = call->out_grad[0].f;
    if (call->in_grad[0].data)
        nt_conv_data(shape, dy, call->in[1].f, call->in_grad[0].f, &memory);
    if (call->in_grad[1].data)
        nt_conv_weight(shape, call->in[0].f, dy, call->in_grad[1].f, &memory);
    if (call->in_count > 2 && call->in_grad[2].data) {
        double *sum = (double *)call->scratch.shared;
        nt_columns_sum(dy, NULL, out_rows(shape), shape->out_channels, sum + shape->out_channels,
                       sum, NULL);
        for (int32_t k = 0; k < shape->out_channels; k++)
            call->in_grad[2].f[k] = (float)sum[k];
    }
}
