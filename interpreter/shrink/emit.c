/* One function for each sort of op: sums, layers with kernels, concatenations, slices, and all
 * others. What varies is read where it is; what is fixed becomes a parameter of the least size that
 * the op takes. A sum of one, a concatenation of one, a product with ones stand for that one. */
#include "emit.h"

#include "channel_links.h"
#include "constant_map.h"
#include "rest.h"
#include <stdio.h>
#include <string.h>

typedef struct emitter {
    const nt_emission *e;
    const nt_channel_flow *flow;
    nt_draft *draft;
    nt_arena *arena;
    nt_ref *at; /* by number of the graph's values: what computes those of its channels that stay */
    int32_t i;  /* the node that is being emitted, */
    const nt_node *node;
    const nt_layer *layer;  /* as which it was written, */
    const nt_channels *out; /* and its first output's channels */
    char why[NT_WHY];
} emitter;

static nt_status refuse(emitter *m, const char *why) {
    snprintf(m->why, NT_WHY, "'%.60s' (%s) %s", m->node->name, m->node->op->kind.name, why);
    return NT_INVALID;
}

static nt_shape shape_of(const emitter *m, nt_value value) {
    return nt_graph_type(m->flow->graph, value)->shape;
}

/* A shape with so many channels. */
static nt_shape with_channels(nt_shape shape, int32_t channels) {
    shape.dim[0] = channels;
    return shape;
}

/* --- what is fixed ---------------------------------------------------------------------------- */

/* A parameter of `count` maps; `small`: it may be a vector where each is the same everywhere. */
static nt_status add_parameter(emitter *m, const double *maps, int32_t count, nt_shape like,
                               bool small, nt_ref *ret) {
    return nt_constant_map_add(m->draft, m->layer, maps, with_channels(like, count), small, ret,
                               m->why);
}

/* Adds those channels of a fixed value to maps of the shape `like`, over which it is spread. */
static void add_fixed(const emitter *m, nt_value value, const int32_t *list, int32_t count,
                      nt_shape like, double *maps) {
    int64_t places = nt_shape_pixels(like), own = nt_shape_pixels(shape_of(m, value));
    bool one = nt_channels_of(m->flow, value)->count == 1;
    for (int32_t c = 0; c < count; c++)
        for (int64_t p = 0; p < places; p++)
            maps[c * places + p] += (double)nt_constant_at(m->flow, m->e->constants, value,
                                                           one ? 0 : list[c], own == 1 ? 0 : p);
}

/* A fixed value as an operand: these of its channels. */
static nt_status add_operand(emitter *m, nt_value value, const int32_t *list, int32_t count,
                             bool small, nt_ref *ret) {
    nt_shape shape = shape_of(m, value);
    if (nt_graph_type(m->flow->graph, value)->dtype != NT_F32)
        return refuse(m, "would read constant integers");
    double *maps = NT_ARENA_ARRAY(m->arena, double, count *nt_shape_pixels(shape));
    if (!maps)
        return NT_NO_MEMORY;
    add_fixed(m, value, list, count, shape, maps);
    return add_parameter(m, maps, count, shape, small && shape.rank == 3, ret);
}

/* --- pieces ----------------------------------------------------------------------------------- */

static void stand(emitter *m, nt_ref ref) {
    for (int32_t k = 0; k < m->node->out_count; k++)
        m->at[m->node->first_value + k] = (nt_ref){ref.piece, ref.output + k};
}

static nt_status add_piece(emitter *m, const nt_op *op, const char *name, const void *attrs,
                           const nt_ref *in, int32_t count, nt_ref *ret) {
    nt_piece piece = {.op = op,
                      .attrs = (void *)(uintptr_t)attrs,
                      .name = name,
                      .layer = m->layer,
                      .origin = {.node = m->i},
                      .channels = m->out};
    ret->output = 0;
    return nt_draft_add(m->draft, &piece, in, count, &ret->piece, m->why);
}

static nt_status no_memory_if(bool lacks) {
    return lacks ? NT_NO_MEMORY : NT_OK;
}

/* Parameter `p` of the piece from the tensor that it was: those of its channels that are kept. */
static nt_status take_param(emitter *m, nt_piece *piece, int32_t p, const nt_tensor *tensor) {
    nt_shape was = tensor->type.shape, is = piece->params[p].type.shape;
    int64_t elements = nt_shape_elements(was), each = nt_shape_pixels(was);
    float *rows = NT_ARENA_ARRAY(m->arena, float, elements);
    if (!rows)
        return NT_NO_MEMORY;
    nt_tensor_to_rows(tensor->type, tensor->f, rows);
    bool all = nt_shape_elements(is) == elements;
    for (int32_t c = 0; c < nt_shape_channels(is); c++)
        memcpy(piece->values[p] + c * each, rows + (all ? c : m->out->list[c]) * each,
               (size_t)each * sizeof *rows);
    return NT_OK;
}

static nt_status take_counter(const emitter *m, nt_piece *piece, int32_t p) {
    const char *name = nt_arena_printf(m->arena, "%s.%s", piece->name, piece->params[p].name);
    const nt_tensor *tensor = name ? m->e->binding.find(m->e->binding.first, name) : NULL;
    if (tensor)
        memcpy(piece->values[p], tensor->i, sizeof *tensor->i);
    return no_memory_if(!name);
}

static nt_status take_params(emitter *m, nt_ref ref) {
    nt_piece *piece = &m->draft->pieces[ref.piece];
    int32_t in = m->node->data_count;
    for (int32_t p = 0; p < piece->param_count; p++) {
        if (piece->params[p].role == NT_COUNTER) {
            NT_TRY(take_counter(m, piece, p));
            continue;
        }
        NT_TRY(take_param(m, piece, p,
                          nt_bound_tensor(m->flow->graph, m->e->binding, m->node->in[in++])));
    }
    return NT_OK;
}

/* --- sums ------------------------------------------------------------------------------------- */

static bool all_equal(const double *values, int64_t count, double to) {
    for (int64_t i = 0; i < count; i++)
        if (values[i] != to)
            return false;
    return true;
}

/* `maps` added to, or standing beside, what varies: the sum of all of it. */
static nt_status add_sum(emitter *m, const char *name, nt_ref *in, int32_t count, bool fills,
                         const double *maps, nt_ref *ret) {
    nt_shape shape = m->node->out[0].shape;
    int64_t elements = m->out->kept_count * nt_shape_pixels(shape);
    if (!all_equal(maps, elements, 0) || !fills) {
        NT_TRY(add_parameter(m, maps, m->out->kept_count, shape, fills && shape.rank == 3,
                             &in[count]));
        count++;
    }
    if (count == 1) {
        *ret = in[0];
        return NT_OK;
    }
    return add_piece(m, &nt_op_add, name, NULL, in, count, ret);
}

static nt_status emit_add(emitter *m) {
    const nt_node *node = m->node;
    nt_shape shape = node->out[0].shape;
    double *maps = NT_ARENA_ARRAY(m->arena, double, m->out->kept_count *nt_shape_pixels(shape));
    nt_ref in[NT_MAX_INPUTS], sum;
    int32_t count = 0;
    bool fills = false;
    if (!maps)
        return NT_NO_MEMORY;
    for (int32_t j = 0; j < node->data_count; j++) {
        if (nt_channels_of(m->flow, node->in[j])->fixed) {
            add_fixed(m, node->in[j], m->out->list, m->out->kept_count, shape, maps);
            continue;
        }
        fills = fills || nt_shape_equal(shape_of(m, node->in[j]), shape);
        in[count++] = m->at[nt_graph_value_number(m->flow->graph, node->in[j])];
    }
    NT_TRY(add_sum(m, node->name, in, count, fills, maps, &sum));
    stand(m, sum);
    return NT_OK;
}

/* --- layers with kernels ---------------------------------------------------------------------- */

/* The bias that is left: its own, and where they are the same everywhere what the channels told
 * that are no longer read. */
static nt_status make_bias(emitter *m, const double *rest, bool even, float **ret) {
    int32_t count = m->out->kept_count;
    int64_t places = nt_shape_pixels(m->node->out[0].shape);
    const nt_tensor *own =
        m->node->in_count > NT_CONV_BIAS
            ? nt_bound_tensor(m->flow->graph, m->e->binding, m->node->in[NT_CONV_BIAS])
            : NULL;
    bool told = rest && even && !all_equal(rest, count * places, 0);
    *ret = NULL;
    if (!own && !told)
        return NT_OK;
    *ret = NT_ARENA_ARRAY(m->arena, float, count);
    for (int32_t c = 0; *ret && c < count; c++)
        (*ret)[c] =
            (float)((own ? (double)own->f[m->out->list[c]] : 0) + (told ? rest[c * places] : 0));
    return no_memory_if(!*ret);
}

static nt_status add_layer(emitter *m, const float *bias, nt_ref *ret) {
    const nt_kernel_rows *k = &m->flow->kernels[m->i];
    const nt_channels *in = nt_channels_of(m->flow, m->node->in[NT_CONV_X]);
    void *attrs = nt_kind_copy(&m->node->op->kind, m->node->attrs, m->arena);
    if (!attrs)
        return NT_NO_MEMORY;
    nt_kernel_resize(m->node->op, attrs, m->out->kept_count,
                     k->groups == 1 ? 1 : in->kept_count / nt_kernel_in_per_group(k));
    *nt_kernel_bias(m->node->op, attrs) = bias != NULL;
    nt_ref x = m->at[nt_graph_value_number(m->flow->graph, m->node->in[NT_CONV_X])];
    NT_TRY(add_piece(m, m->node->op, m->node->name, attrs, &x, 1, ret));
    nt_piece *piece = &m->draft->pieces[ret->piece];
    piece->values[0] =
        nt_kernel_part(k, m->out->list, m->out->kept_count, in->list, in->kept_count, m->arena);
    if (bias)
        memcpy(piece->values[1], bias, (size_t)m->out->kept_count * sizeof *bias);
    return no_memory_if(!piece->values[0]);
}

/* What differs from place to place is a map that is added behind the layer. */
static nt_status emit_kernel(emitter *m) {
    int64_t places = nt_shape_pixels(m->node->out[0].shape);
    double *rest;
    float *bias;
    nt_ref ref;
    NT_TRY(nt_rest_of(m->flow, m->e->constants, m->i, m->arena, &rest));
    bool even = rest && nt_maps_are_even(rest, m->out->kept_count, places);
    NT_TRY(make_bias(m, rest, even, &bias));
    NT_TRY(add_layer(m, bias, &ref));
    if (rest && !even) {
        nt_ref in[] = {ref, ref};
        const char *name = nt_draft_name(m->draft, m->node->name, "_sum");
        if (!name)
            return NT_NO_MEMORY;
        m->draft->pieces[ref.piece].origin.node = -1;
        NT_TRY(add_sum(m, name, in, 1, true, rest, &ref));
    }
    stand(m, ref);
    return NT_OK;
}

/* --- channels beside each other --------------------------------------------------------------- */

/* The channels of the output that are kept and lie in [from, from + count), counted from there. */
static int32_t part_of(const nt_channels *out, int32_t from, int32_t count, int32_t *ret_list) {
    int32_t kept = 0;
    for (int32_t c = 0; c < count; c++)
        if (out->kept[from + c])
            ret_list[kept++] = c;
    return kept;
}

static nt_status emit_concat(emitter *m) {
    const nt_node *node = m->node;
    nt_ref in[NT_MAX_INPUTS], ref;
    int32_t count = 0, at = 0;
    int32_t *list = NT_ARENA_ARRAY(m->arena, int32_t, m->out->count);
    if (!list)
        return NT_NO_MEMORY;
    for (int32_t j = 0; j < node->data_count; j++) {
        const nt_channels *part = nt_channels_of(m->flow, node->in[j]);
        int32_t kept = part_of(m->out, at, part->count, list);
        at += part->count;
        if (kept == 0)
            continue;
        if (part->fixed)
            NT_TRY(add_operand(m, node->in[j], list, kept, false, &in[count]));
        else
            in[count] = m->at[nt_graph_value_number(m->flow->graph, node->in[j])];
        count++;
    }
    ref = in[0];
    if (count > 1)
        NT_TRY(add_piece(m, node->op, node->name, node->attrs, in, count, &ref));
    stand(m, ref);
    return NT_OK;
}

static void set_int(const nt_op *op, void *attrs, const char *field, int32_t value) {
    const nt_field *f = nt_field_find(op->kind.fields, field);
    memcpy((char *)attrs + f->offset, &value, sizeof value);
}

static int32_t get_int(const nt_op *op, const void *attrs, const char *field) {
    int32_t value;
    memcpy(&value, (const char *)attrs + nt_field_find(op->kind.fields, field)->offset,
           sizeof value);
    return value;
}

static nt_status emit_slice(emitter *m) {
    const nt_channels *in = nt_channels_of(m->flow, m->node->in[0]);
    nt_ref ref = m->at[nt_graph_value_number(m->flow->graph, m->node->in[0])];
    int32_t before = 0, start = get_int(m->node->op, m->node->attrs, "start");
    void *attrs = nt_kind_copy(&m->node->op->kind, m->node->attrs, m->arena);
    if (!attrs)
        return NT_NO_MEMORY;
    for (int32_t c = 0; c < start; c++)
        before += in->kept[c];
    set_int(m->node->op, attrs, "start", before);
    set_int(m->node->op, attrs, "count", m->out->kept_count);
    if (in->kept_count > m->out->kept_count)
        NT_TRY(add_piece(m, m->node->op, m->node->name, attrs, &ref, 1, &ref));
    stand(m, ref);
    return NT_OK;
}

/* --- all others ------------------------------------------------------------------------------- */

/* An operand that lends its size: a fixed one is zeros of that size. */
static nt_status add_like(emitter *m, nt_value value, nt_ref *ret) {
    nt_shape shape = with_channels(shape_of(m, value), 1);
    double *zeros = NT_ARENA_ARRAY(m->arena, double, nt_shape_elements(shape));
    return zeros ? add_parameter(m, zeros, 1, shape, false, ret) : NT_NO_MEMORY;
}

static bool takes_vectors(const nt_op *op) {
    return op == &nt_op_mul || op == &nt_op_sub || op == &nt_op_div || op == &nt_op_max ||
           op == &nt_op_min;
}

static nt_status read_input(emitter *m, int32_t j, nt_ref *ret) {
    static const int32_t first = 0;
    nt_value value = m->node->in[j];
    const nt_channels *in = nt_channels_of(m->flow, value);
    if (!in->fixed) {
        *ret = m->at[nt_graph_value_number(m->flow->graph, value)];
        return NT_OK;
    }
    if (j >= nt_values_read(m->node))
        return add_like(m, value, ret);
    bool one = in->count == 1 && m->out->count > 1;
    return add_operand(m, value, one ? &first : m->out->list, one ? 1 : m->out->kept_count,
                       takes_vectors(m->node->op), ret);
}

/* Whether the node is a product with ones, and which input it then is. */
static bool is_times_one(const emitter *m, int32_t *ret_input) {
    const nt_node *node = m->node;
    for (int32_t j = 0; node->op == &nt_op_mul && j < 2; j++) {
        const nt_channels *in = nt_channels_of(m->flow, node->in[j]);
        nt_shape shape = shape_of(m, node->in[j]);
        bool ones = in->fixed && nt_shape_equal(shape_of(m, node->in[1 - j]), node->out[0].shape);
        for (int32_t c = 0; ones && c < m->out->kept_count; c++)
            for (int64_t p = 0; ones && p < nt_shape_pixels(shape); p++)
                ones = nt_constant_at(m->flow, m->e->constants, node->in[j],
                                      in->count == 1 ? 0 : m->out->list[c], p) == 1;
        *ret_input = 1 - j;
        if (ones)
            return true;
    }
    return false;
}

static nt_status emit_other(emitter *m) {
    const nt_node *node = m->node;
    nt_ref in[NT_MAX_INPUTS], ref;
    void *attrs = node->attrs ? nt_kind_copy(&node->op->kind, node->attrs, m->arena) : NULL;
    int32_t input;
    if (node->attrs && !attrs)
        return NT_NO_MEMORY;
    if (node->op == &nt_op_prelu && get_int(node->op, attrs, "num_parameters") > 1)
        set_int(node->op, attrs, "num_parameters", m->out->kept_count);
    if (is_times_one(m, &input)) {
        NT_TRY(read_input(m, input, &ref));
        stand(m, ref);
        return NT_OK;
    }
    for (int32_t j = 0; j < node->data_count; j++)
        NT_TRY(read_input(m, j, &in[j]));
    NT_TRY(add_piece(m, node->op, node->name, attrs, in, node->data_count, &ref));
    stand(m, ref);
    return take_params(m, ref);
}

/* --- all of them ------------------------------------------------------------------------------ */

static nt_status emit_input(emitter *m) {
    const nt_input_attrs *attrs = m->node->attrs;
    nt_piece piece = {.op = &nt_op_input,
                      .attrs = (void *)(uintptr_t)attrs,
                      .name = nt_arena_string(m->arena, attrs->name),
                      .out = {m->node->out[0]},
                      .out_count = 1,
                      .origin = {.node = -1}};
    nt_ref ref = {0};
    if (!piece.name)
        return NT_NO_MEMORY;
    NT_TRY(nt_draft_add(m->draft, &piece, NULL, 0, &ref.piece, m->why));
    stand(m, ref);
    return NT_OK;
}

static nt_status emit_node(emitter *m) {
    const nt_op *op = m->node->op;
    if (op == &nt_op_input)
        return emit_input(m);
    if (!nt_channel_flow_stays(m->flow, m->node))
        return NT_OK;
    m->layer = nt_network_layer(m->draft->network, m->node->name);
    if (!m->layer)
        return refuse(m, "is no layer of the network");
    if (op == &nt_op_add)
        return emit_add(m);
    if (nt_has_kernel_rows(m->node))
        return emit_kernel(m);
    if (op == &nt_op_concat)
        return emit_concat(m);
    return op == &nt_op_slice ? emit_slice(m) : emit_other(m);
}

nt_status nt_emit(const nt_emission *emission, nt_error *error) {
    const nt_graph *graph = emission->flow->graph;
    emitter m = {.e = emission,
                 .flow = emission->flow,
                 .draft = emission->draft,
                 .arena = emission->draft->arena};
    m.at = NT_ARENA_ARRAY(m.arena, nt_ref, nt_graph_value_count(graph));
    nt_status status = no_memory_if(!m.at);
    for (m.i = 0; status == NT_OK && m.i < nt_graph_size(graph); m.i++) {
        m.node = nt_graph_node(graph, m.i);
        m.out = &m.flow->values[m.node->first_value];
        status = emit_node(&m);
    }
    if (status == NT_INVALID)
        return nt_error_say(error, status, "%s", m.why);
    if (status != NT_OK)
        return nt_error_say(error, status, "out of memory for the smaller network");
    m.draft->output = m.at[nt_graph_value_number(graph, nt_graph_output(graph, 0)->value)];
    return NT_OK;
}
