/* A network written as a graph file by its blocks: layers whose names have a part in front stand in
 * a group of that name, and a group that was a block, and reads one value, is a block again. Blocks
 * of one kind with the same nodes and wiring share a definition, and attributes in which they
 * differ become its params. Where that can't be, as when names don't nest, the file lists every
 * layer (resolve.c): what is written is loaded again and compared before it is handed out. */
#include "network_file.h"

#include "alloc.h"
#include "yaml_out.h"
#include <string.h>

/* A level of `nodes` that is being written, seen from within. */
typedef struct level {
    const struct level *outer; /* NULL at the edge of a block or of the file */
    const char *prefix;        /* "layer1.0." */
    bool top;                  /* the file's: inputs have their names */
    bool binds;                /* what it reads is called `input` here, */
    nt_value input; /* and is this, which its first node reads unless it says otherwise */
    int32_t first;  /* its first layer */
} level;

/* An attribute of a layer within a block: printed as a value, or as a param of the block. */
typedef struct slot {
    const nt_field *field;
    const char *value;
    bool usual; /* the field's own default */
} slot;

/* A group that is a block. */
typedef struct instance {
    int32_t from, to; /* its layers */
    const char *prefix, *kind;
    nt_value input;
    bool leaf;         /* no other block within it */
    const char *shape; /* its nodes, without values of attributes if it is a leaf */
    const slot *slots; /* in the order in which the shape has them */
    int32_t slot_count;
    struct definition *definition;
} instance;

typedef struct definition {
    const char *name;
    const instance *first;   /* of those that share it */
    const char **params;     /* by slot: its param; NULL: the value is the same in all */
    struct definition *next; /* in the order in which they are written */
} definition;

typedef struct writer {
    const nt_network *network;
    nt_arena *arena;
    int32_t *layers; /* by graph node: the first layer of that value, or -1 */
    instance *instances;
    int32_t count;
    definition *definitions, **last;
    slot *slots; /* of the leaf whose shape is being found; NULL: values are printed */
    int32_t slot_count;
    bool failed; /* it can't be said so, or memory is out */
} writer;

static const nt_layer *layer_at(const writer *w, int32_t i) {
    return &w->network->layers[i];
}

static bool is_same(nt_value a, nt_value b) {
    return a.node == b.node && a.output == b.output;
}

/* --- references ------------------------------------------------------------------------------- */

static bool begins(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* What a value is called at this level; NULL: nothing. */
static const char *call(const writer *w, const level *l, nt_value value) {
    const nt_op *op = nt_graph_node(w->network->graph, value.node)->op;
    int32_t layer = w->layers[value.node];
    bool shadowed = false;
    for (; l; l = l->outer) {
        for (int32_t i = 0; l->top && i < w->network->input_count; i++)
            if (is_same(w->network->inputs[i].value, value))
                return shadowed ? NULL : w->network->inputs[i].name;
        if (l->binds && is_same(l->input, value) && !shadowed)
            return "input";
        shadowed = shadowed || l->binds;
        if (layer < 0 || !begins(layer_at(w, layer)->name, l->prefix) || layer < l->first)
            continue;
        const char *name = layer_at(w, layer)->name + strlen(l->prefix);
        return value.output == 0
                   ? name
                   : nt_arena_printf(w->arena, "%s.%s", name, nt_op_output_name(op, value.output));
    }
    return NULL;
}

static void add_reference(writer *w, const level *l, nt_value value, nt_text *text) {
    const char *name = call(w, l, value);
    w->failed = w->failed || !name;
    nt_yaml_add_key(text, name ? name : "");
}

/* What a node at the level reads that says nothing. */
static nt_value before(const writer *w, const level *l, int32_t i) {
    return i == l->first ? l->input : layer_at(w, i - 1)->value;
}

/* --- one layer -------------------------------------------------------------------------------- */

static void add_from(writer *w, const level *l, int32_t i, nt_text *text) {
    const nt_node *node = nt_graph_node(w->network->graph, layer_at(w, i)->value.node);
    if (node->data_count == 0 || (node->data_count == 1 && is_same(node->in[0], before(w, l, i))))
        return;
    nt_text_add(text, node->data_count > 1 ? ", from: [" : ", from: ");
    for (int32_t j = 0; j < node->data_count; j++) {
        nt_text_add(text, j ? ", " : "");
        add_reference(w, l, node->in[j], text);
    }
    nt_text_add(text, node->data_count > 1 ? "]" : "");
}

static const char *value_of(writer *w, const nt_field *field, const void *attrs) {
    nt_text text;
    nt_text_init(&text);
    nt_yaml_add_value(&text, field, attrs, true, w->arena);
    const char *value = text.failed ? NULL : nt_arena_string(w->arena, text.bytes);
    nt_text_finish(&text);
    w->failed = w->failed || !value;
    return value;
}

/* In a shape each attribute is a slot, whatever its value. */
static void add_attrs(writer *w, const nt_node *node, nt_text *text) {
    char why[NT_FIELD_WHY];
    const nt_kind *kind = &node->op->kind;
    const void *usual = nt_kind_record(kind, "", w->arena, why);
    if (!usual) {
        w->failed = true;
        return;
    }
    for (const nt_field *field = kind->fields; field->name; field++) {
        const nt_field alone[] = {*field, {0}};
        bool same = field->fallback && nt_fields_equal(alone, node->attrs, usual);
        if (field->hidden || (same && !w->slots))
            continue;
        const char *value = value_of(w, field, node->attrs);
        if (w->slots)
            w->slots[w->slot_count++] = (slot){field, value, same};
        nt_text_printf(text, w->slots ? "\001%s" : ", %s: ", field->name);
        if (!w->slots && value)
            nt_text_add(text, value);
    }
}

static void add_layer(writer *w, const level *l, int32_t i, int indent, nt_text *text) {
    const nt_layer *layer = layer_at(w, i);
    const nt_node *node = nt_graph_node(w->network->graph, layer->value.node);
    nt_text_printf(text, "%*s", indent, "");
    nt_yaml_add_key(text, layer->name + strlen(l->prefix));
    nt_text_printf(text, ": {op: %s", node->op->kind.name);
    add_from(w, l, i, text);
    add_attrs(w, node, text);
    for (const char *const *tag = layer->tags; *tag; tag++) {
        nt_text_add(text, tag == layer->tags ? ", tags: [" : ", ");
        nt_yaml_add_quoted(text, *tag, true);
        nt_text_add(text, tag[1] ? "" : "]");
    }
    nt_text_add(text, "}\n");
}

/* --- levels ----------------------------------------------------------------------------------- */

/* The layers from `from` on that stand in one group of the level: its prefix and where it ends;
 * NULL: the layer stands at the level itself. */
static const char *group_at(writer *w, const level *l, int32_t from, int32_t to, int32_t *ret_to) {
    const char *name = layer_at(w, from)->name, *dot = strchr(name + strlen(l->prefix), '.');
    if (!dot)
        return NULL;
    const char *prefix = nt_arena_substring(w->arena, name, (size_t)(dot - name) + 1);
    w->failed = w->failed || !prefix;
    *ret_to = from + 1;
    while (prefix && *ret_to < to && begins(layer_at(w, *ret_to)->name, prefix))
        (*ret_to)++;
    return prefix;
}

static const instance *instance_at(const writer *w, int32_t from, const char *prefix) {
    for (int32_t i = 0; i < w->count; i++)
        if (w->instances[i].from == from && strcmp(w->instances[i].prefix, prefix) == 0)
            return &w->instances[i];
    return NULL;
}

static void add_group_name(writer *w, const level *l, const char *prefix, int indent,
                           nt_text *text) {
    size_t outer = strlen(l->prefix);
    const char *name = nt_arena_substring(w->arena, prefix + outer, strlen(prefix) - outer - 1);
    nt_text_printf(text, "%*s", indent, "");
    nt_yaml_add_key(text, name ? name : "");
    w->failed = w->failed || !name;
}

/* A use of a block: what it reads, and its params. */
static void add_use(writer *w, const level *l, const instance *use, int indent, nt_text *text) {
    const definition *d = use->definition;
    add_group_name(w, l, use->prefix, indent, text);
    nt_text_add(text, ": {block: ");
    nt_yaml_add_key(text, d->name);
    if (!is_same(use->input, before(w, l, use->from))) {
        nt_text_add(text, ", from: ");
        add_reference(w, l, use->input, text);
    }
    for (int32_t s = 0; s < use->slot_count; s++) {
        bool told = false;
        for (int32_t t = 0; t < s; t++)
            told = told || (d->params[t] && d->params[t] == d->params[s]);
        if (d->params[s] && !told && !use->slots[s].usual)
            nt_text_printf(text, ", %s: %s", d->params[s], use->slots[s].value);
    }
    nt_text_add(text, "}\n");
}

static void add_level(writer *w, const level *l, int32_t from, int32_t to, int indent,
                      nt_text *text);

/* A group whose first node reads something else than what stands before it says so itself. */
static void add_group(writer *w, const level *l, const char *prefix, int32_t from, int32_t to,
                      int indent, nt_text *text) {
    const nt_node *first = nt_graph_node(w->network->graph, layer_at(w, from)->value.node);
    level inner = {
        .outer = l, .prefix = prefix, .binds = true, .input = before(w, l, from), .first = from};
    if (first->data_count == 1)
        inner.input = first->in[0];
    add_group_name(w, l, prefix, indent, text);
    nt_text_add(text, ":\n");
    if (!is_same(inner.input, before(w, l, from))) {
        nt_text_printf(text, "%*sfrom: ", indent + 2, "");
        add_reference(w, l, inner.input, text);
        nt_text_add(text, "\n");
    }
    nt_text_printf(text, "%*snodes:\n", indent + 2, "");
    add_level(w, &inner, from, to, indent + 4, text);
}

static void add_level(writer *w, const level *l, int32_t from, int32_t to, int indent,
                      nt_text *text) {
    for (int32_t i = from; i < to && !w->failed;) {
        int32_t end = i + 1;
        const char *prefix = group_at(w, l, i, to, &end);
        const instance *use = prefix ? instance_at(w, i, prefix) : NULL;
        if (!prefix)
            add_layer(w, l, i, indent, text);
        else if (use && use->definition)
            add_use(w, l, use, indent, text);
        else
            add_group(w, l, prefix, i, end, indent, text);
        i = end;
    }
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* What the layers read from outside, if it is one value. */
static bool find_input(const writer *w, int32_t from, int32_t to, nt_value *ret) {
    bool any = false;
    for (int32_t i = from; i < to; i++) {
        const nt_node *node = nt_graph_node(w->network->graph, layer_at(w, i)->value.node);
        for (int32_t j = 0; j < node->data_count; j++) {
            int32_t layer = w->layers[node->in[j].node];
            if (layer >= from)
                continue;
            if (any && !is_same(*ret, node->in[j]))
                return false;
            any = true;
            *ret = node->in[j];
        }
    }
    return any;
}

/* Lists the blocks in the layers, the inner ones before the outer. */
static bool find_blocks(writer *w, const char *prefix, int32_t from, int32_t to) {
    level l = {.prefix = prefix};
    bool any = false;
    for (int32_t i = from; i < to && !w->failed;) {
        int32_t end = i + 1;
        const char *inner = group_at(w, &l, i, to, &end);
        if (inner) {
            const nt_layer *layer = layer_at(w, i);
            size_t length = strlen(inner) - 1;
            bool within = find_blocks(w, inner, i, end);
            bool block = strlen(layer->block) == length && begins(inner, layer->block);
            bool stage = strlen(layer->stage) == length && begins(inner, layer->stage);
            instance *use = &w->instances[w->count];
            *use = (instance){.from = i, .to = end, .prefix = inner, .leaf = !within};
            use->kind = block ? layer->kind
                              : nt_arena_substring(w->arena, inner + strlen(prefix),
                                                   length - strlen(prefix));
            w->failed = w->failed || !use->kind;
            bool is_block = (block || stage) && find_input(w, i, end, &use->input);
            w->count += is_block;
            any = any || within || is_block;
        }
        i = end;
    }
    return any;
}

/* Its nodes, as its definition would have them. */
static void find_shape(writer *w, instance *use) {
    level l = {.prefix = use->prefix, .binds = true, .input = use->input, .first = use->from};
    nt_text text;
    nt_text_init(&text);
    w->slots = use->leaf ? NT_ARENA_ARRAY(w->arena, slot, 64 * (use->to - use->from)) : NULL;
    w->slot_count = 0;
    w->failed = w->failed || (use->leaf && !w->slots);
    if (!w->failed)
        add_level(w, &l, use->from, use->to, 6, &text);
    use->slots = w->slots;
    use->slot_count = w->slot_count;
    use->shape = text.failed ? NULL : nt_arena_string(w->arena, text.bytes);
    w->failed = w->failed || !use->shape;
    w->slots = NULL;
    nt_text_finish(&text);
}

static bool share(const instance *a, const instance *b) {
    return a->leaf == b->leaf && strcmp(a->kind, b->kind) == 0 && strcmp(a->shape, b->shape) == 0;
}

static const char *free_name(const writer *w, const char *kind) {
    const char *name = kind;
    for (int i = 1, taken = 1; name && taken; i++) {
        name = i == 1 ? kind : nt_arena_printf(w->arena, "%s_%d", kind, i);
        taken = 0;
        for (const definition *d = w->definitions; name && d; d = d->next)
            taken = taken || strcmp(d->name, name) == 0;
    }
    return name;
}

/* Whether all that share a definition give a slot the same value, and two slots each the same. */
static bool is_even(const writer *w, const definition *d, int32_t s) {
    for (int32_t i = 0; i < w->count; i++)
        if (w->instances[i].definition == d &&
            strcmp(w->instances[i].slots[s].value, d->first->slots[s].value) != 0)
            return false;
    return true;
}

static bool go_together(const writer *w, const definition *d, int32_t s, int32_t t) {
    if (d->first->slots[s].field != d->first->slots[t].field)
        return false;
    for (int32_t i = 0; i < w->count; i++)
        if (w->instances[i].definition == d &&
            strcmp(w->instances[i].slots[s].value, w->instances[i].slots[t].value) != 0)
            return false;
    return true;
}

/* A param is called as its attribute, and with a number where that name is another's. */
static void name_params(writer *w, definition *d) {
    d->params = NT_ARENA_ARRAY(w->arena, const char *, d->first->slot_count + 1);
    for (int32_t s = 0; d->params && s < d->first->slot_count; s++) {
        const char *field = d->first->slots[s].field->name;
        int others = 0;
        if (is_even(w, d, s))
            continue;
        for (int32_t t = 0; t < s && !d->params[s]; t++)
            if (d->params[t] && go_together(w, d, s, t))
                d->params[s] = d->params[t];
        for (int32_t t = 0; t < s; t++) {
            bool first = d->params[t] != NULL;
            for (int32_t u = 0; u < t; u++)
                first = first && d->params[u] != d->params[t];
            others += first && strcmp(d->first->slots[t].field->name, field) == 0;
        }
        if (!d->params[s])
            d->params[s] = others ? nt_arena_printf(w->arena, "%s%d", field, others + 1) : field;
        w->failed = w->failed || !d->params[s];
    }
    w->failed = w->failed || !d->params;
}

/* Blocks that have none within them first, then those that use them, whose text is then known. */
static void define(writer *w, bool leaves) {
    for (int32_t i = 0; i < w->count && !w->failed; i++) {
        instance *use = &w->instances[i];
        if (use->leaf != leaves)
            continue;
        find_shape(w, use);
        for (int32_t j = 0; j < i && !w->failed && !use->definition; j++)
            if (w->instances[j].definition && share(&w->instances[j], use))
                use->definition = w->instances[j].definition;
        if (use->definition || w->failed)
            continue;
        definition *d = NT_ARENA_NEW(w->arena, definition);
        w->failed = !d || !(d->name = free_name(w, use->kind));
        if (w->failed)
            return;
        d->first = use;
        use->definition = d;
        *w->last = d;
        w->last = &d->next;
    }
    for (definition *d = w->definitions; d && !w->failed && leaves; d = d->next)
        name_params(w, d);
}

/* --- the file --------------------------------------------------------------------------------- */

/* A param has its attribute's default; without one it must be given. */
static void add_params(const definition *d, nt_text *text) {
    bool any = false;
    for (int32_t s = 0; s < d->first->slot_count; s++) {
        const nt_field *field = d->first->slots[s].field;
        bool told = !d->params[s];
        for (int32_t t = 0; t < s; t++)
            told = told || d->params[t] == d->params[s];
        if (told)
            continue;
        nt_text_printf(text, "%s%s: %s", any ? ", " : "    params: {", d->params[s],
                       field->fallback ? field->fallback : "");
        any = true;
    }
    nt_text_add(text, any ? "}\n" : "");
}

/* The shape with its slots filled in. */
static void add_nodes(const definition *d, nt_text *text) {
    const char *at = d->first->shape;
    for (int32_t s = 0; s < d->first->slot_count; s++) {
        const slot *one = &d->first->slots[s];
        const char *next = strchr(at, '\001');
        nt_text_add_bytes(text, at, (size_t)(next - at));
        at = next + 1 + strlen(one->field->name);
        if (d->params[s])
            nt_text_printf(text, ", %s: $%s", one->field->name, d->params[s]);
        else if (!one->usual)
            nt_text_printf(text, ", %s: %s", one->field->name, one->value);
    }
    nt_text_add(text, at);
}

static void add_definitions(const writer *w, nt_text *text) {
    nt_text_add(text, w->definitions ? "\nblocks:\n" : "");
    for (const definition *d = w->definitions; d; d = d->next) {
        nt_text_add(text, "  ");
        nt_yaml_add_key(text, d->name);
        nt_text_add(text, ":\n");
        if (d->params)
            add_params(d, text);
        nt_text_add(text, "    nodes:\n");
        add_nodes(d, text);
    }
}

static void add_shape(nt_shape shape, nt_text *text) {
    nt_text_add(text, "[");
    for (int d = 0; d < shape.rank; d++)
        nt_text_printf(text, "%s%d", d ? ", " : "", shape.dim[d]);
    nt_text_add(text, "]");
}

static void add_head(const writer *w, nt_text *text) {
    const nt_network *network = w->network;
    nt_text_add(text, "version: 1\ngraph: ");
    nt_yaml_add_key(text, network->name);
    if (network->doc[0]) {
        nt_text_add(text, "\ndoc: ");
        nt_yaml_add_quoted(text, network->doc, true);
    }
    const nt_type *only = nt_graph_type(network->graph, network->inputs[0].value);
    if (network->input_count == 1 && only->dtype == NT_F32 &&
        strcmp(network->inputs[0].name, "input") == 0) {
        nt_text_add(text, "\ninput: ");
        add_shape(only->shape, text);
        nt_text_add(text, "\n");
        return;
    }
    nt_text_add(text, "\ninputs:\n");
    for (int32_t i = 0; i < network->input_count; i++) {
        const nt_type *type = nt_graph_type(network->graph, network->inputs[i].value);
        nt_text_printf(text, "  %s: {shape: ", network->inputs[i].name);
        add_shape(type->shape, text);
        nt_text_add(text, type->dtype == NT_I32 ? ", dtype: int32}\n" : "}\n");
    }
}

static void add_outputs(writer *w, const level *top, nt_text *text) {
    const nt_graph *graph = w->network->graph;
    const nt_output *only = nt_graph_output(graph, 0);
    bool last = w->network->layer_count > 0 &&
                is_same(only->value, layer_at(w, (int32_t)w->network->layer_count - 1)->value);
    if (nt_graph_output_count(graph) == 1 && last && strcmp(only->name, "output") == 0)
        return;
    nt_text_add(text, "\noutputs:\n");
    for (int32_t i = 0; i < nt_graph_output_count(graph); i++) {
        const nt_output *output = nt_graph_output(graph, i);
        nt_text_add(text, "  ");
        nt_yaml_add_key(text, output->name);
        nt_text_add(text, ": ");
        add_reference(w, top, output->value, text);
        nt_text_add(text, "\n");
    }
}

static bool set_up(writer *w) {
    const nt_network *network = w->network;
    int32_t size = nt_graph_size(network->graph);
    w->layers = NT_ARENA_ARRAY(w->arena, int32_t, size + 1);
    w->instances = NT_ARENA_ARRAY(w->arena, instance, 2 * network->layer_count + 1);
    w->last = &w->definitions;
    if (!w->layers || !w->instances)
        return false;
    for (int32_t i = 0; i < size; i++)
        w->layers[i] = -1;
    for (size_t i = network->layer_count; i-- > 0;)
        w->layers[network->layers[i].value.node] = (int32_t)i;
    return true;
}

static bool write(writer *w, nt_text *text) {
    int32_t count = (int32_t)w->network->layer_count;
    level top = {.prefix = "", .top = true, .input = w->network->inputs[0].value};
    if (!set_up(w))
        return false;
    find_blocks(w, "", 0, count);
    define(w, true);
    define(w, false);
    if (w->failed)
        return false;
    add_head(w, text);
    add_definitions(w, text);
    nt_text_add(text, count > 0 ? "\nnodes:\n" : "\nnodes: {}\n");
    add_level(w, &top, 0, count, 2, text);
    add_outputs(w, &top, text);
    return !w->failed && !text->failed;
}

/* --- whether it says the same ----------------------------------------------------------------- */

static bool same_states(const nt_network *a, const nt_network *b) {
    bool same = a->state_count == b->state_count && a->layer_count == b->layer_count;
    for (size_t i = 0; same && i < a->state_count; i++)
        same = strcmp(a->states[i].name, b->states[i].name) == 0 &&
               nt_type_equal(a->states[i].type, b->states[i].type);
    for (size_t i = 0; same && i < a->layer_count; i++)
        same = strcmp(a->layers[i].name, b->layers[i].name) == 0;
    return same;
}

static bool says(const nt_text *text, const nt_network *network) {
    nt_network *loaded;
    nt_error error;
    nt_text mine, theirs;
    nt_error_init(&error);
    bool same =
        nt_network_load_text("", text->bytes, text->length, NULL, 0, &loaded, &error) == NT_OK;
    nt_error_finish(&error);
    if (!same)
        return false;
    nt_text_init(&mine);
    nt_text_init(&theirs);
    nt_graph_dump(network->graph, &mine);
    nt_graph_dump(loaded->graph, &theirs);
    same = !mine.failed && !theirs.failed && strcmp(mine.bytes, theirs.bytes) == 0 &&
           same_states(network, loaded);
    nt_text_finish(&mine);
    nt_text_finish(&theirs);
    nt_network_free(loaded);
    return same;
}

nt_status nt_network_write(const nt_network *network, nt_text *text) {
    nt_arena arena;
    nt_text own;
    nt_arena_init(&arena);
    nt_text_init(&own);
    writer w = {.network = network, .arena = &arena};
    bool done = network->input_count > 0 && write(&w, &own) && says(&own, network);
    if (done)
        nt_text_add_bytes(text, own.bytes, own.length);
    nt_text_finish(&own);
    nt_arena_finish(&arena);
    if (!done)
        return nt_network_resolve(network, text);
    return text->failed ? NT_NO_MEMORY : NT_OK;
}
