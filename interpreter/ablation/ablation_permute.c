/* A residual unit gets another unit's branch, with its weights: of units that each get another's,
 * the order is another. Veit et al., "Residual networks behave like ensembles of relatively shallow
 * networks", NIPS 2016, section 4.3.
 *
 * The branch is what its unit's sum is computed from, down to the unit's input; here its nodes
 * stand on the input of the unit that gets it, as the network describes them: edits of the unit
 * that they come from do not come with them. */
#include "edit.h"

#include "alloc.h"
#include "attrs.h"
#include "residual.h"
#include <stdio.h>
#include <string.h>

typedef struct options {
    const char *from;
} options;

static const nt_field fields[] = {
    {"from", NT_STRING, offsetof(options, from), "",
     .doc = "the sum whose branch it gets; without it: the one that is listed in its place"},
    {0},
};

static const char *from_of(const void *record, const nt_node *node) {
    const char *from = ((const options *)record)->from;
    return from && from[0] ? from : node->name;
}

static bool idle(const nt_graph *graph, int32_t at, const void *record, nt_ablation_memo *memo) {
    const nt_node *node = nt_graph_node(graph, at);
    (void)memo;
    return strcmp(from_of(record, node), node->name) == 0;
}

/* A unit whose branch is being taken, or that gets one. */
typedef struct unit {
    int32_t sum;
    int identity; /* which operand */
} unit;

static nt_status refuse(const nt_editing *e, const char *name, const char *what) {
    snprintf(e->why, NT_WHY, "'%s' %s", name, what);
    return NT_INVALID;
}

static nt_status find_unit(const nt_editing *e, int32_t sum, unit *ret) {
    const nt_node *node = nt_graph_node(e->from, sum);
    nt_short found = NT_SHORT_NONE;
    ret->sum = sum;
    if (nt_residual_is_sum(e->from, node))
        NT_TRY(nt_residual_short(e->from, sum, &found, &ret->identity));
    return found == NT_SHORT_IDENTITY
               ? NT_OK
               : refuse(e, node->name,
                        "is no sum of a branch and the identity, so it can't take "
                        "part in another order");
}

static nt_status find_named(const nt_editing *e, const char *name, unit *ret) {
    for (int32_t i = 0; i < nt_graph_size(e->from); i++) {
        const nt_node *node = nt_graph_node(e->from, i);
        if (node->op == &nt_op_add && strcmp(node->name, name) == 0)
            return find_unit(e, i, ret);
    }
    return refuse(e, name, "is no sum of the network");
}

/* Copies a node of the unit into `e->to`, over `input` where it reads `origin`. `map` has the node
 * that stands for each that is there. */
static nt_status copy_node(const nt_editing *e, int32_t i, const nt_value *origin,
                           const nt_value *input, int32_t *map) {
    const nt_node *node = nt_graph_node(e->from, i);
    nt_value in[NT_MAX_INPUTS + NT_MAX_PARAMS], value;
    if (node->op == &nt_op_input)
        return refuse(e, node->name,
                      "is read by a branch past its unit's input, so that the branch "
                      "can't stand elsewhere");
    for (int32_t j = 0; j < node->in_count; j++) {
        bool begins = node->in[j].node == origin->node;
        in[j] = begins ? *input : (nt_value){map[node->in[j].node], node->in[j].output};
    }
    NT_TRY(nt_graph_add_raw(e->to, node->op, node->attrs, in, node->data_count, node->in_count,
                            node->name, &value, e->why));
    map[i] = value.node;
    return NT_OK;
}

/* The sum of the unit `of` over `input`, in place of its own. */
static nt_status copy_unit(const nt_editing *e, const unit *of, const nt_value *input, bool *needed,
                           int32_t *map, nt_value *ret) {
    const nt_value *origin = &nt_graph_node(e->from, of->sum)->in[of->identity];
    needed[of->sum] = true;
    for (int32_t i = of->sum; i >= 0; i--)
        for (int32_t j = 0;
             needed[i] && i != origin->node && j < nt_graph_node(e->from, i)->in_count; j++)
            needed[nt_graph_node(e->from, i)->in[j].node] = true;
    needed[origin->node] = false;
    for (int32_t i = 0; i <= of->sum; i++)
        if (needed[i])
            NT_TRY(copy_node(e, i, origin, input, map));
    *ret = (nt_value){.node = map[of->sum]};
    return NT_OK;
}

static nt_status edit(const nt_editing *e, nt_value *ret) {
    unit here, there;
    NT_TRY(find_unit(e, e->edit->node, &here));
    NT_TRY(find_named(e, from_of(e->edit->options, e->node), &there));
    const nt_value place = e->node->in[here.identity];
    const nt_value origin = nt_graph_node(e->from, there.sum)->in[there.identity];
    if (!nt_shape_equal(nt_graph_type(e->from, place)->shape,
                        nt_graph_type(e->from, origin)->shape) ||
        !nt_shape_equal(e->node->out[0].shape, nt_graph_node(e->from, there.sum)->out[0].shape)) {
        snprintf(e->why, NT_WHY,
                 "'%s' and '%s' have maps of other shapes, so neither branch can stand in "
                 "the other's place",
                 e->node->name, nt_graph_node(e->from, there.sum)->name);
        return NT_INVALID;
    }
    size_t count = (size_t)there.sum + 1;
    bool *needed = nt_alloc_zero(count);
    int32_t *map = nt_alloc_zero(count * sizeof *map);
    nt_status status = needed && map ? copy_unit(e, &there, &e->in[here.identity], needed, map, ret)
                                     : NT_NO_MEMORY;
    nt_free(needed, count);
    nt_free(map, count * sizeof *map);
    return status;
}

const nt_ablation nt_ablation_permute = {
    .kind = {"permute", "it has the residual branch of another unit", fields, sizeof(options)},
    .layers = "sums of a branch and the identity, or the block that holds one",
    .listed = "from",
    .fits = nt_residual_is_sum,
    .unfit = "is no sum of a branch with a layer, so there is none to exchange",
    .in_block = "sum",
    .block_unfit = "holds no sum of a branch with a layer, so there is none to exchange",
    .idle = idle,
    .edit = edit,
};
