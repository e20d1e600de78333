/* A share of the kernel's elements, those of the smallest magnitudes, is zero: magnitude pruning
 * (Han et al., "Learning both weights and connections for efficient neural networks", NIPS 2015).
 * Exactly floor(share * count + 0.5) elements go; of equal magnitudes those that come first in
 * PyTorch's order. A magnitude that is no number counts as the greatest. */
#include "attrs.h"
#include "kernel.h"

#include <math.h>
#include <string.h>

typedef struct options {
    double share;
} options;

static const nt_field fields[] = {
    {"share", NT_REAL, offsetof(options, share), NULL, 0, 1,
     .doc = "as a part of its elements, or of its channels, such as 0.3"},
    {0},
};

/* Floats without their signs are in the order of their bits. */
static uint32_t magnitude(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x7FFFFFFF;
}

static size_t count_below(const float *rows, size_t count, uint32_t limit) {
    size_t below = 0;
    for (size_t i = 0; i < count; i++)
        below += magnitude(rows[i]) < limit;
    return below;
}

/* The k-th smallest magnitude, k from 1: the greatest that fewer than k are below. */
static uint32_t smallest(const float *rows, size_t count, size_t k) {
    uint32_t limit = 0;
    for (uint32_t bit = UINT32_C(1) << 30; bit; bit >>= 1)
        if (count_below(rows, count, limit | bit) < k)
            limit |= bit;
    return limit;
}

static size_t how_many(const options *o, size_t count) {
    return (size_t)floor(o->share * (double)count + 0.5);
}

static bool idle(const nt_graph *graph, int32_t node, const void *record, nt_ablation_memo *memo) {
    nt_value weight = nt_graph_node(graph, node)->in[NT_CONV_WEIGHT];
    nt_shape kernel = nt_graph_type(graph, weight)->shape;
    (void)memo;
    return how_many(record, (size_t)nt_shape_elements(kernel)) == 0;
}

static void prune(const nt_derivation *from, float *rows, size_t count) {
    size_t goes = how_many(from->edit->options, count);
    if (goes == 0)
        return;
    uint32_t limit = smallest(rows, count, goes);
    size_t ties = goes - count_below(rows, count, limit);
    for (size_t i = 0; i < count; i++) {
        uint32_t size = magnitude(rows[i]);
        if (size < limit || (size == limit && ties > 0)) {
            ties -= size == limit;
            rows[i] = 0;
        }
    }
}

static nt_status derive(const nt_derivation *from, nt_tensor to) {
    return nt_derive_changed(from, prune, to);
}

const nt_ablation nt_ablation_prune = {
    .kind = {"prune", "the elements of its kernel with the smallest magnitudes are zero", fields,
             sizeof(options)},
    .layers = NT_KERNEL_LAYERS,
    .keeps_zeros = true,
    .fits = nt_node_has_kernel,
    .unfit = "has no kernel, which 'prune' needs",
    .idle = idle,
    .edit = nt_editing_kernel,
    .derive = derive,
};
