/* The kernel of a convolution, a transposed one or a linear layer, element by element: by output
 * channel, input channel of its group and tap, however the op orders them. */
#ifndef NT_KERNEL_ROWS_H
#define NT_KERNEL_ROWS_H

#include "arena.h"
#include "attrs.h"
#include "graph.h"

typedef struct nt_kernel_rows {
    float *rows;             /* in PyTorch's order; NULL: the node has no kernel */
    int32_t out, in, groups; /* channels in all */
    int32_t size[2];         /* rows and columns of taps; 1 of a linear layer */
    bool transposed;         /* input channels first */
    bool *links;             /* [out][in per group]: some tap is not zero; NULL: all have one */
} nt_kernel_rows;

/* Whether the node is one of these layers: conv2d, conv_transpose2d, linear. */
bool nt_has_kernel_rows(const nt_node *node);

/* Of a node of that sort, from its kernel; in `arena`. NT_NO_MEMORY or NT_OK. */
nt_status nt_kernel_rows_init(nt_kernel_rows *k, const nt_node *node, const nt_tensor *kernel,
                              nt_arena *arena);

/* What its attributes say as a convolution's; a linear layer is one of 1x1. */
nt_conv2d_attrs nt_kernel_conv(const nt_node *node);

static inline int32_t nt_kernel_in_per_group(const nt_kernel_rows *k) {
    return k->in / k->groups;
}

static inline int32_t nt_kernel_taps(const nt_kernel_rows *k) {
    return k->size[0] * k->size[1];
}

/* Whether such a layer of these attributes has a bias: to be looked at, or switched on. */
bool *nt_kernel_bias(const nt_op *op, void *attrs);

/* Sets how many output channels and groups there are. */
void nt_kernel_resize(const nt_op *op, void *attrs, int32_t channels, int32_t groups);

/* Where the element stands: output channel `o`, channel `i` of its group, tap `t`. */
static inline int64_t nt_kernel_place(const nt_kernel_rows *k, int32_t o, int32_t i, int32_t t) {
    int32_t in_each = k->in / k->groups, out_each = k->out / k->groups;
    int64_t row = k->transposed ? (int64_t)(o / out_each * in_each + i) * out_each + o % out_each
                                : (int64_t)o * in_each + i;
    return row * nt_kernel_taps(k) + t;
}

static inline bool nt_kernel_links(const nt_kernel_rows *k, int32_t o, int32_t i) {
    return !k->links || k->links[(int64_t)o * nt_kernel_in_per_group(k) + i];
}

/* The kernel that is left of these output and input channels, in rising order; of several groups
 * all channels of some, of each alike. In `arena`, NULL when out of memory. */
float *nt_kernel_part(const nt_kernel_rows *k, const int32_t *outs, int32_t out_count,
                      const int32_t *ins, int32_t in_count, nt_arena *arena);

#endif
