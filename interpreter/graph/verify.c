/* The verifier: run after every pass, it says whether a graph is one. */
#include "graph.h"

static const char *input_flaw(const nt_graph *graph, int32_t i) {
    const nt_node *node = nt_graph_node(graph, i);
    bool varies = node->op == &nt_op_input || node->op->traits & NT_OP_RANDOM;
    for (int32_t j = 0; j < node->in_count; j++) {
        nt_value in = node->in[j];
        if (in.node < 0 || in.node >= i)
            return "reads a node that does not precede it";
        if (in.output < 0 || in.output >= nt_graph_node(graph, in.node)->out_count)
            return "reads an output that its input does not have";
        varies = varies || nt_graph_node(graph, in.node)->varies;
    }
    return varies == node->varies ? NULL : "is wrong about whether it depends on an input";
}

static const char *type_flaw(const nt_graph *graph, const nt_node *node) {
    nt_type in[NT_MAX_INPUTS + NT_MAX_PARAMS], out[NT_MAX_OUTPUTS];
    nt_param params[NT_MAX_PARAMS];
    char why[NT_WHY];
    for (int32_t j = 0; j < node->in_count; j++)
        in[j] = *nt_graph_type(graph, node->in[j]);
    if (node->data_count < node->op->min_inputs || node->data_count > node->op->max_inputs)
        return "has a number of inputs that its op does not take";
    int count = node->op->infer(node->attrs, in, node->data_count, out, why);
    if (count != node->out_count)
        return "has inputs that its op does not take";
    for (int k = 0; k < count; k++)
        if (!nt_type_equal(out[k], node->out[k]))
            return "has an output of another type than its op infers";
    int param_count = node->op->params ? node->op->params(node->attrs, in, params) : 0;
    int32_t at = node->data_count;
    for (int p = 0; p < param_count; p++)
        if (params[p].role != NT_COUNTER &&
            (at >= node->in_count || !nt_type_equal(params[p].type, in[at++])))
            return "lacks a parameter, or has one of another type than its op wants";
    return at == node->in_count ? NULL : "has more inputs than its op takes";
}

/* A gradient node has as many inputs as its descriptor says, and outputs of the forward inputs'
 * types. */
static const char *grad_flaw(const nt_graph *graph, const nt_node *node) {
    const nt_grad *grad = node->grad;
    int32_t at = 0;
    for (int32_t i = 0; i < grad->in_count; i++)
        if (nt_op_grad_reads_in(node->op, i) &&
            (at >= node->in_count ||
             !nt_type_equal(*nt_graph_type(graph, node->in[at++]), grad->in[i])))
            return "lacks an input that its gradient reads";
    for (int32_t k = 0; k < grad->out_count; k++)
        if (node->op->grad_reads_out >> k & 1 &&
            (at >= node->in_count ||
             !nt_type_equal(*nt_graph_type(graph, node->in[at++]), grad->out[k])))
            return "lacks an output that its gradient reads";
    for (int32_t k = 0; k < grad->out_count; k++)
        if (grad->out_grads >> k & 1 &&
            (at >= node->in_count ||
             !nt_shape_equal(nt_graph_type(graph, node->in[at++])->shape, grad->out[k].shape)))
            return "lacks the gradient of an output, or has one of another shape";
    if (at != node->in_count || node->out_count != grad->in_count)
        return "has more inputs or outputs than its gradient takes";
    for (int32_t i = 0; i < node->out_count; i++)
        if (!nt_type_equal(node->out[i], grad->in[i]))
            return "gives a gradient of another type than the input has";
    return NULL;
}

const char *nt_graph_flaw(nt_graph *graph) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        const char *flaw = input_flaw(graph, i);
        if (!flaw)
            flaw = node->grad ? grad_flaw(graph, node) : type_flaw(graph, node);
        if (flaw) {
            const char *text = nt_arena_printf(nt_graph_arena(graph), "%%%d (%s %s) %s", i,
                                               node->op->kind.name, node->name, flaw);
            return text ? text : flaw;
        }
    }
    for (int32_t i = 0; i < nt_graph_output_count(graph); i++) {
        nt_value value = nt_graph_output(graph, i)->value;
        if (value.node < 0 || value.node >= nt_graph_size(graph) || value.output < 0 ||
            value.output >= nt_graph_node(graph, value.node)->out_count)
            return "an output of the graph names a value that is not there";
    }
    return NULL;
}
