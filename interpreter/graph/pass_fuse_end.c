/* Fusing what follows a convolution into it: an add of two maps, one of them the convolution's, and
 * then an activation. A map is then written once and read by nobody in between.
 *
 * Only where the convolution has no other reader, or it would run twice. That depends on what else
 * is in the graph; the bits don't, since the fused op has those of the separate ones. Of two
 * convolutions that are added, the first takes the other's map. */
#include "passes.h"

#include "alloc.h"
#include "attrs.h"

typedef struct fusion {
    const int32_t *readers; /* per value of the old graph, by number */
} fusion;

static bool read_once(const fusion *f, const nt_graph *from, nt_value value) {
    return f->readers[nt_graph_value_number(from, value)] == 1;
}

/* The fused form of a convolution that is in `to`: its attributes, and its inputs in their order
 * without the map to be added. */
typedef struct form {
    nt_fused_conv2d_attrs attrs;
    nt_value x, kernel, bias, plus;
    const char *name; /* the convolution's */
} form;

static bool form_of(const nt_graph *to, nt_value value, form *ret) {
    const nt_node *node = nt_graph_node(to, value.node);
    if (node->grad || (node->op != &nt_op_conv2d && node->op != &nt_op_fused_conv2d))
        return false;
    *ret = (form){.x = node->in[0], .name = node->name};
    if (node->op == &nt_op_conv2d)
        ret->attrs.conv = *(const nt_conv2d_attrs *)node->attrs;
    else
        ret->attrs = *(const nt_fused_conv2d_attrs *)node->attrs;
    int32_t at = 1;
    if (ret->attrs.plus)
        ret->plus = node->in[at++];
    ret->kernel = node->in[at++];
    if (ret->attrs.conv.bias)
        ret->bias = node->in[at++];
    return true;
}

static nt_status put(const form *f, nt_graph *to, nt_value *ret) {
    nt_value in[4];
    char why[NT_WHY];
    int count = 0;
    in[count++] = f->x;
    if (f->attrs.plus)
        in[count++] = f->plus;
    in[count++] = f->kernel;
    if (f->attrs.conv.bias)
        in[count++] = f->bias;
    return nt_graph_add_raw(to, &nt_op_fused_conv2d, &f->attrs, in, count, count, f->name, ret,
                            why);
}

/* Whether the add can go into the convolution that makes its input number `side`. */
static bool takes_add(const fusion *f, const nt_graph *from, const nt_node *add, int side,
                      const nt_graph *to, const nt_value *in, form *ret) {
    if (!read_once(f, from, add->in[side]) || !form_of(to, in[side], ret))
        return false;
    return !ret->attrs.plus && !ret->attrs.activation &&
           nt_type_equal(*nt_graph_type(to, in[0]), *nt_graph_type(to, in[1]));
}

static nt_status fuse(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                      nt_value *ret_out, bool *ret_replaced) {
    const fusion *f = context;
    const nt_node *node = nt_graph_node(from, i);
    form found;
    if (node->grad)
        return NT_OK;
    if (node->op->activation && read_once(f, from, node->in[0]) && form_of(to, in[0], &found) &&
        !found.attrs.activation) {
        found.attrs.activation = node->op->activation(node->attrs, found.attrs.numbers);
        *ret_replaced = true;
    }
    for (int side = 0; node->op == &nt_op_add && node->in_count == 2 && side < 2; side++)
        if (!*ret_replaced && takes_add(f, from, node, side, to, in, &found)) {
            found.attrs.plus = true;
            found.plus = in[1 - side];
            *ret_replaced = true;
        }
    return *ret_replaced ? put(&found, to, ret_out) : NT_OK;
}

static nt_status run(const nt_graph *from, const nt_pass_options *options, nt_graph **ret) {
    size_t size = (size_t)nt_graph_value_count(from) * sizeof(int32_t);
    int32_t *readers = nt_alloc(size);
    (void)options;
    if (!readers)
        return NT_NO_MEMORY;
    nt_graph_count_readers(from, readers);
    nt_status status = nt_graph_rewrite(from, fuse, &(fusion){readers}, ret);
    nt_free(readers, size);
    return status;
}

const nt_pass nt_pass_fuse_end = {
    .kind = {.name = "fuse_end",
             .doc = "fuse the sum and the activation after a convolution into it",
             .fields = nt_no_fields},
    .phases = NT_IN_EVALUATION,
    .run = run,
};
