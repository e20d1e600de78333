/* Fusing what follows a batch normalisation into it, for training: an add of two maps, one of them
 * the normalisation's, and then an activation. A map is then written once and read by nobody in
 * between. What computes one again, in place of its being kept, is fused likewise.
 *
 * The batch_norm stays for its statistics, scale and shift, which others read too; its map is read
 * by nobody any more, and so isn't made. Only where the map had no other reader, or it would be
 * made twice. The bits are those of the separate ops. Of two normalisations that are added, the
 * first takes the other's map. Gradients are there already, and stay: they read what the last of
 * the fused ops made, or what goes into the first. */
#include "alloc.h"
#include "attrs.h"
#include "passes.h"

typedef struct fusion {
    const int32_t *readers; /* per value of the old graph, by number */
} fusion;

static bool read_once(const fusion *f, const nt_graph *from, nt_value value) {
    return f->readers[nt_graph_value_number(from, value)] == 1;
}

/* The fused form of a normalisation that is in `to`. */
typedef struct form {
    nt_fused_batch_norm_attrs attrs;
    bool adds;
    nt_value x, plus, scale, shift;
    const char *name; /* the normalisation's */
} form;

static bool hands_on_factors(const nt_node *node) {
    return node->op == &nt_op_batch_norm && node->out_count > NT_BN_SHIFT;
}

static bool form_of(const nt_graph *to, nt_value value, form *ret) {
    const nt_node *node = nt_graph_node(to, value.node);
    bool fused = node->op == &nt_op_fused_batch_norm;
    if (node->grad || value.output != NT_BN_Y || (!fused && !hands_on_factors(node)))
        return false;
    *ret = (form){.x = node->in[NT_BN_X], .name = node->name};
    if (fused) {
        ret->attrs = *(const nt_fused_batch_norm_attrs *)node->attrs;
        ret->adds = node->in_count == 4;
        ret->plus = node->in[1];
        ret->scale = node->in[node->in_count - 2];
        ret->shift = node->in[node->in_count - 1];
    } else {
        ret->scale = (nt_value){value.node, NT_BN_SCALE};
        ret->shift = (nt_value){value.node, NT_BN_SHIFT};
    }
    return !ret->attrs.activation;
}

static nt_status put(const form *f, nt_graph *to, nt_value *ret) {
    nt_value in[4];
    char why[NT_WHY];
    int count = 0;
    in[count++] = f->x;
    if (f->adds)
        in[count++] = f->plus;
    in[count++] = f->scale;
    in[count++] = f->shift;
    return nt_graph_add_raw(to, &nt_op_fused_batch_norm, &f->attrs, in, count, count, f->name, ret,
                            why);
}

/* Whether the add can go into the normalisation that makes its input number `side`. */
static bool takes_add(const fusion *f, const nt_graph *from, const nt_node *add, int side,
                      const nt_graph *to, const nt_value *in, form *ret) {
    return read_once(f, from, add->in[side]) && form_of(to, in[side], ret) && !ret->adds &&
           nt_type_equal(*nt_graph_type(to, in[0]), *nt_graph_type(to, in[1]));
}

static nt_status fuse(void *context, const nt_graph *from, int32_t i, nt_graph *to, nt_value *in,
                      nt_value *ret_out, bool *ret_replaced) {
    const fusion *f = context;
    const nt_node *node = nt_graph_node(from, i);
    form found;
    if (node->grad)
        return NT_OK;
    if (node->op->activation && read_once(f, from, node->in[0]) && form_of(to, in[0], &found)) {
        found.attrs.activation = node->op->activation(node->attrs, found.attrs.numbers);
        *ret_replaced = true;
    }
    for (int side = 0; node->op == &nt_op_add && node->in_count == 2 && side < 2; side++)
        if (!*ret_replaced && takes_add(f, from, node, side, to, in, &found)) {
            found.adds = true;
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

const nt_pass nt_pass_fuse_norm = {
    .kind = {.name = "fuse_norm",
             .doc = "fuse the sum and the activation after a batch normalisation into it",
             .fields = nt_no_fields},
    .phases = NT_IN_GRADIENTS,
    .run = run,
};
