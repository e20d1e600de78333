#include "draft.h"

#include "alloc.h"
#include <stdio.h>
#include <string.h>

void nt_draft_finish(nt_draft *draft) {
    nt_free(draft->pieces, draft->capacity * sizeof *draft->pieces);
    draft->pieces = NULL;
}

/* --- adding ----------------------------------------------------------------------------------- */

/* Values that a parameter of the name and size had before. */
static float *value_before(const nt_piece *before, const nt_param *param) {
    for (int32_t i = 0; i < before->param_count; i++)
        if (strcmp(before->params[i].name, param->name) == 0 &&
            nt_shape_elements(before->params[i].type.shape) == nt_shape_elements(param->type.shape))
            return before->values[i];
    return NULL;
}

nt_status nt_draft_settle(nt_draft *draft, int32_t piece, char why[NT_WHY]) {
    nt_piece *p = &draft->pieces[piece];
    const nt_piece before = *p;
    nt_type in[NT_MAX_INPUTS];
    if (p->op == &nt_op_input)
        return NT_OK;
    for (int32_t i = 0; i < p->in_count; i++) {
        p->in[i] = nt_draft_resolve(draft, p->in[i]);
        in[i] = draft->pieces[p->in[i].piece].out[p->in[i].output];
    }
    p->out_count = p->op->infer(p->attrs, in, p->in_count, p->out, why);
    if (p->out_count == 0)
        return NT_INVALID;
    p->param_count = p->op->params ? p->op->params(p->attrs, in, p->params) : 0;
    for (int32_t i = 0; i < p->param_count; i++) {
        p->values[i] = value_before(&before, &p->params[i]);
        if (!p->values[i])
            p->values[i] =
                NT_ARENA_ARRAY(draft->arena, float, nt_shape_elements(p->params[i].type.shape));
        if (!p->values[i])
            return NT_NO_MEMORY;
    }
    return NT_OK;
}

nt_status nt_draft_add(nt_draft *draft, const nt_piece *piece, const nt_ref *in, int32_t in_count,
                       int32_t *ret, char why[NT_WHY]) {
    void *pieces = draft->pieces;
    if (!nt_grow(&pieces, &draft->capacity, draft->count, sizeof(nt_piece)))
        return NT_NO_MEMORY;
    draft->pieces = pieces;
    nt_piece *p = &draft->pieces[draft->count];
    *p = *piece;
    p->param_count = 0;
    p->in = nt_arena_alloc(draft->arena, NT_MAX_INPUTS * sizeof *in);
    p->in_count = in_count;
    if (piece->attrs)
        p->attrs = nt_kind_copy(&piece->op->kind, piece->attrs, draft->arena);
    if (!p->in || (piece->attrs && !p->attrs))
        return NT_NO_MEMORY;
    if (in_count > 0)
        memcpy(p->in, in, (size_t)in_count * sizeof *in);
    *ret = (int32_t)draft->count++;
    return nt_draft_settle(draft, *ret, why);
}

static bool is_taken(const nt_draft *draft, const char *name) {
    for (size_t i = 0; i < draft->count; i++)
        if (strcmp(draft->pieces[i].name, name) == 0)
            return true;
    return nt_network_layer(draft->network, name) != NULL;
}

const char *nt_draft_name(const nt_draft *draft, const char *base, const char *suffix) {
    const char *name = nt_arena_printf(draft->arena, "%s%s", base, suffix);
    for (int i = 2; name && is_taken(draft, name); i++)
        name = nt_arena_printf(draft->arena, "%s%s%d", base, suffix, i);
    return name;
}

nt_status nt_draft_add_parameter(nt_draft *draft, const nt_layer *of, const char *base,
                                 const char *suffix, nt_shape shape, const float *values,
                                 nt_ref *ret) {
    char why[NT_WHY];
    nt_parameter_attrs attrs = {.shape = {.count = shape.rank, .items = shape.dim}};
    nt_piece piece = {.op = &nt_op_parameter,
                      .attrs = &attrs,
                      .name = nt_draft_name(draft, base, suffix),
                      .layer = of,
                      .origin = {.node = -1}};
    int32_t added;
    if (!piece.name)
        return NT_NO_MEMORY;
    NT_TRY(nt_draft_add(draft, &piece, NULL, 0, &added, why));
    memcpy(draft->pieces[added].values[0], values,
           (size_t)nt_shape_elements(shape) * sizeof *values);
    *ret = (nt_ref){.piece = added};
    return NT_OK;
}

/* --- what stands for what --------------------------------------------------------------------- */

nt_ref nt_draft_resolve(const nt_draft *draft, nt_ref ref) {
    while (draft->pieces[ref.piece].gone)
        ref = draft->pieces[ref.piece].stands;
    return ref;
}

void nt_draft_replace(nt_draft *draft, int32_t piece, nt_ref by) {
    draft->pieces[piece].gone = true;
    draft->pieces[piece].stands = by;
    for (size_t i = 0; i < draft->count; i++)
        for (int32_t j = 0; j < draft->pieces[i].in_count; j++)
            draft->pieces[i].in[j] = nt_draft_resolve(draft, draft->pieces[i].in[j]);
    draft->output = nt_draft_resolve(draft, draft->output);
}

int32_t nt_draft_readers(const nt_draft *draft, int32_t piece) {
    int32_t readers = draft->output.piece == piece;
    for (size_t i = 0; i < draft->count; i++)
        for (int32_t j = 0; !draft->pieces[i].gone && j < draft->pieces[i].in_count; j++)
            readers += draft->pieces[i].in[j].piece == piece;
    return readers;
}

/* Readers follow what they read. What goes is replaced by nothing. */
void nt_draft_sweep(nt_draft *draft) {
    for (size_t i = draft->count; i-- > 0;) {
        nt_piece *piece = &draft->pieces[i];
        if (!piece->gone && piece->op != &nt_op_input && nt_draft_readers(draft, (int32_t)i) == 0) {
            piece->gone = true;
            piece->in_count = 0;
        }
    }
}

/* --- the network ------------------------------------------------------------------------------ */

static nt_status append(const nt_draft *draft, const nt_piece *piece, nt_network *network,
                        const nt_value *values, nt_value *ret, char why[NT_WHY]) {
    nt_value in[NT_MAX_INPUTS];
    if (piece->op == &nt_op_input)
        return nt_network_add_input(network, piece->name, piece->out[0], ret);
    for (int32_t j = 0; j < piece->in_count; j++) {
        nt_ref ref = nt_draft_resolve(draft, piece->in[j]);
        in[j] = values[ref.piece];
        in[j].output = ref.output;
    }
    const nt_site site = {.name = piece->name,
                          .stage = piece->layer->stage,
                          .block = piece->layer->block,
                          .kind = piece->layer->kind,
                          .tags = piece->layer->tags};
    return nt_network_append(network, piece->op, piece->attrs, in, piece->in_count, &site, ret,
                             why);
}

static nt_status append_all(const nt_draft *draft, nt_network *network, nt_value *values,
                            char why[NT_WHY]) {
    for (size_t i = 0; i < draft->count; i++)
        if (!draft->pieces[i].gone)
            NT_TRY(append(draft, &draft->pieces[i], network, values, &values[i], why));
    nt_value output = values[draft->output.piece];
    output.output = draft->output.output;
    NT_TRY(nt_graph_add_output(network->graph, nt_graph_output(draft->network->graph, 0)->name,
                               output));
    return nt_network_seal(network);
}

static nt_status fill(const nt_piece *piece, nt_weights *weights) {
    for (int32_t i = 0; i < piece->param_count; i++) {
        const nt_param *param = &piece->params[i];
        char name[512];
        snprintf(name, sizeof name, "%s%s%s", piece->name, nt_param_dot(param), param->name);
        nt_tensor tensor = *nt_weights_find(weights, name);
        if (param->role == NT_COUNTER)
            memcpy(tensor.i, piece->values[i], sizeof *tensor.i);
        else
            nt_tensor_from_rows(tensor.type, piece->values[i], tensor.f);
    }
    return NT_OK;
}

nt_status nt_draft_network(const nt_draft *draft, nt_network **ret, nt_weights **ret_weights,
                           char why[NT_WHY]) {
    nt_network *network = nt_network_new(draft->network->name);
    nt_value *values = NT_ARENA_ARRAY(draft->arena, nt_value, draft->count);
    nt_weights *weights = NULL;
    nt_status status = network && values ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK && draft->network->doc[0] &&
        !(network->doc = nt_arena_string(&network->arena, draft->network->doc)))
        status = NT_NO_MEMORY;
    if (status == NT_OK)
        status = append_all(draft, network, values, why);
    if (status == NT_OK)
        status = nt_weights_new(network, &weights);
    for (size_t i = 0; status == NT_OK && i < draft->count; i++)
        if (!draft->pieces[i].gone)
            status = fill(&draft->pieces[i], weights);
    if (status != NT_OK) {
        nt_weights_free(weights);
        nt_network_free(network);
        return status;
    }
    *ret = network;
    *ret_weights = weights;
    return NT_OK;
}
