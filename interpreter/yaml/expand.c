/* Nodes become layers: names, references and `when` are worked out, blocks and groups are entered,
 * ops are appended to the network.
 *
 * A node that is in error still gets its name, bound to an unknown value; whatever reads that is
 * checked as far as it can be without it, and is unknown in turn. So one mistake is one diagnostic.
 */
#include "expand.h"

#include "foreign_words.h"
#include <string.h>

/* One node of a `nodes` map, in one iteration of its repeat. */
typedef struct visit {
    nt_loader *loader;
    nt_scope *level;       /* whose names it joins */
    const nt_scope *scope; /* what it sees: the level, and a repeat's variable */
    const nt_frame *frame;
    const nt_yaml *key, *node;
    nt_reader reader;
    const char *name, *path;
    nt_binding inputs[NT_MAX_INPUTS];
    int input_count;
    bool absent;    /* `when` is false, */
    bool uncertain; /* or unknown */
    bool taken;     /* its name is another node's */
    bool unknown;   /* one of the inputs is, or `from` or `when` could not be read */
    bool flat;      /* its nodes are named as if they stood in its place, */
    bool partial;   /* and not all of them are known */
    const char *const *tags;
    int tag_count;
} visit;

/* The keys that go with each kind of node, beside its attributes or params. */
static const char *const op_words[] = {"op", "from", "when", "repeat", "tags", "doc", NULL};
static const char *const block_words[] = {"block", "from", "when", "repeat",
                                          "tags",  "doc",  "flat", NULL};
static const char *const group_words[] = {"nodes", "from", "when",   "repeat", "tags",
                                          "doc",   "flat", "output", NULL};

/* --- inputs, tags, when ----------------------------------------------------------------------- */

static nt_status read_from(visit *v, const nt_binding *previous) {
    const nt_yaml *from = nt_yaml_get(v->node, "from");
    const char *const *names;
    int count, unknown = v->reader.unknown;
    if (!from) {
        v->inputs[0] = *previous;
        v->input_count = 1;
        return NT_OK;
    }
    NT_TRY(nt_read_texts(&v->reader, from, "from", &names, &count));
    if (count == 0 || count > NT_MAX_INPUTS)
        return nt_reader_say(&v->reader, from, "a node reads 1 to %d others, not %d", NT_MAX_INPUTS,
                             count);
    if (v->reader.unknown > unknown)
        return NT_INVALID; /* said where it became unknown */
    nt_status status = NT_OK;
    for (int i = 0; i < count; i++) {
        const nt_yaml *at = from->kind == NT_YAML_LIST ? from->items[i] : from;
        v->inputs[i] = (nt_binding){.name = names[i], .unknown = true};
        nt_status one = nt_scope_resolve(v->scope, &v->reader, at, names[i], &v->inputs[i]);
        status = one != NT_OK ? one : status;
    }
    v->input_count = count;
    return status;
}

static nt_status read_tags(visit *v) {
    const nt_yaml *node = nt_yaml_get(v->node, "tags");
    const char *const *own = NULL;
    int own_count = 0;
    v->tags = v->frame->tags;
    v->tag_count = v->frame->tag_count;
    NT_TRY(nt_reader_charge(&v->reader, v->key, v->tag_count));
    if (!node)
        return NT_OK;
    NT_TRY(nt_read_texts(&v->reader, node, "tags", &own, &own_count));
    const char **all =
        NT_ARENA_ARRAY(&v->loader->arena, const char *, v->tag_count + own_count + 1);
    if (!all)
        return nt_reader_no_memory(&v->reader);
    if (v->tag_count)
        memcpy(all, v->tags, sizeof *all * (size_t)v->tag_count);
    memcpy(all + v->tag_count, own, sizeof *all * (size_t)own_count);
    v->tags = all;
    v->tag_count += own_count;
    return NT_OK;
}

/* Whether the node is there; where that is unknown it is checked as if it were. */
static nt_status read_when(visit *v) {
    const nt_yaml *when = nt_yaml_get(v->node, "when");
    nt_scalar value;
    if (!when)
        return NT_OK;
    v->uncertain = true;
    NT_TRY(nt_read_scalar(&v->reader, when, "when", &value));
    if (value.kind == NT_SCALAR_UNKNOWN) {
        v->unknown = true;
        return NT_OK;
    }
    if (value.kind != NT_SCALAR_BOOL)
        return nt_reader_say(&v->reader, when, "when must be true or false, not %s",
                             nt_scalar_describe(value));
    v->uncertain = false;
    v->absent = !value.truth;
    return NT_OK;
}

/* --- the three kinds of node ------------------------------------------------------------------ */

static nt_status append(visit *v, const nt_yaml *at, const nt_op *op, const void *attrs,
                        nt_binding *value) {
    enum { BYTES_A_STEP = 4 }; /* whoever shows the network writes each name that it reads */
    nt_value in[NT_MAX_INPUTS];
    char why[NT_WHY] = "";
    size_t bytes = 0, prefix = strlen(v->frame->prefix);
    for (int i = 0; i < v->input_count; i++) {
        in[i] = v->inputs[i].value;
        bytes += prefix + (v->inputs[i].name ? strlen(v->inputs[i].name) : 0);
    }
    NT_TRY(nt_reader_charge(&v->reader, at, (int64_t)(bytes / BYTES_A_STEP)));
    nt_site site = {.name = v->path,
                    .stage = v->frame->stage,
                    .block = v->frame->block,
                    .kind = v->frame->kind,
                    .tags = v->tags};
    nt_status status = nt_network_append(v->loader->network, op, attrs, in, v->input_count, &site,
                                         &value->value, why);
    if (status == NT_NO_MEMORY)
        return nt_reader_no_memory(&v->reader);
    if (status != NT_OK)
        return nt_reader_say(&v->reader, at, "%s: %s", op->kind.name, why);
    value->unknown = false;
    return NT_OK;
}

static nt_status check_input_count(visit *v, const nt_yaml *at, const nt_op *op) {
    if (v->input_count >= op->min_inputs && v->input_count <= op->max_inputs)
        return NT_OK;
    if (op->min_inputs == op->max_inputs)
        return nt_reader_say(&v->reader, at, "%s reads %d input%s, not %d", op->kind.name,
                             op->min_inputs, op->min_inputs == 1 ? "" : "s", v->input_count);
    return nt_reader_say(&v->reader, at, "%s reads %d to %d inputs, not %d", op->kind.name,
                         op->min_inputs, op->max_inputs, v->input_count);
}

/* An op whose random stream is named by its node's path has a hidden field for it. */
static void set_path(const visit *v, const nt_op *op, void *attrs) {
    for (const nt_field *field = op->kind.fields; field->name; field++)
        if (field->hidden && strcmp(field->name, NT_FIELD_PATH) == 0)
            memcpy((char *)attrs + field->offset, &v->path, sizeof v->path);
}

static nt_status expand_op(visit *v, const nt_yaml *at, nt_binding *value) {
    const char *name;
    int unknown = v->reader.unknown;
    NT_TRY(nt_read_text(&v->reader, at, "op", &name));
    if (v->reader.unknown > unknown)
        return NT_OK;
    const nt_op *op = nt_op_find(name);
    if (!op || op->traits & (NT_OP_INTERNAL | NT_OP_SOURCE)) {
        nt_reader_say(&v->reader, at, "no op '%.60s'", name);
        const char *near = nt_kind_nearest(nt_ops, nt_op_is_public, name);
        if (!nt_foreign_op(name, v->reader.error) && near)
            nt_error_hint(v->reader.error, "did you mean '%s'?", near);
        return NT_INVALID;
    }
    void *attrs;
    NT_TRY(nt_read_record(&v->reader, v->node, at, &op->kind, "attribute", op_words, &attrs));
    set_path(v, op, attrs);
    bool from = nt_yaml_get(v->node, "from") != NULL;
    if (!from && op->min_inputs == 0) { /* it needs none */
        v->input_count = 0;
        v->unknown = v->uncertain;
    }
    if (from && v->input_count == 1 && op->traits & NT_OP_JOINS) {
        *value = v->inputs[0];
        return NT_OK;
    }
    NT_TRY(check_input_count(v, at, op));
    if (v->unknown || v->reader.unknown > unknown)
        return NT_OK;
    return append(v, at, op, attrs, value);
}

/* Enters a `nodes` map; *value comes in as its input and goes out as what it stands for. */
static nt_status enter(visit *v, nt_scope *scope, nt_frame *frame, const nt_yaml *output,
                       nt_binding *value) {
    const char *name;
    frame->prefix = v->flat ? v->frame->prefix : nt_arena_printf(&v->loader->arena, "%s.", v->path);
    frame->tags = v->tags;
    frame->tag_count = v->tag_count;
    frame->depth = v->frame->depth + 1;
    scope->prefix = frame->prefix;
    scope->first = v->flat ? v->loader->paths.count : 0;
    if (!frame->prefix)
        return nt_reader_no_memory(&v->reader);
    if (frame->depth > NT_NETWORK_DEEPEST) {
        v->loader->stopped = true;
        return nt_reader_say(&v->reader, v->key, "blocks nest more than %d levels deep",
                             NT_NETWORK_DEEPEST);
    }
    NT_TRY(nt_expand_nodes(v->loader, scope, frame, value));
    v->partial = scope->incomplete;
    if (!output)
        return NT_OK;
    nt_reader reader = nt_loader_reader(v->loader, scope, frame->trail);
    NT_TRY(nt_read_text(&reader, output, "output", &name));
    value->unknown = true;
    if (reader.unknown > 0)
        return NT_OK;
    nt_scope only = *scope; /* nothing further out is the output of this one */
    only.outer = NULL;
    return nt_scope_resolve(&only, &reader, output, name, value);
}

/* NAME.OUTPUT, for each output with a name of the op that the name stands for, is added, or is
 * removed with the name itself. What has such a name already, a node within a block, keeps it. */
static nt_status bind_outputs(visit *v, nt_bindings *bindings, const nt_binding *binding,
                              bool remove) {
    if (binding->unknown || binding->value.output > 0)
        return NT_OK;
    const nt_node *node = nt_graph_node(v->loader->network->graph, binding->value.node);
    for (int32_t k = 1; k < node->out_count; k++) {
        const char *output = nt_op_output_name(node->op, k);
        nt_binding named = *binding;
        named.value.output = k;
        named.name = nt_arena_printf(&v->loader->arena, "%s.%s", binding->name, output);
        if (!named.name)
            return nt_reader_no_memory(&v->reader);
        const nt_binding *there = nt_bindings_find(bindings, named.name);
        if (remove && there && there->absent)
            nt_bindings_remove(bindings, named.name);
        else if (!remove && output[0] && !there && !nt_bindings_add(bindings, &named))
            return nt_reader_no_memory(&v->reader);
    }
    return NT_OK;
}

/* A node that isn't there leaves a name to the one that has it, and gives it up to a later one. */
static nt_status bind(visit *v, nt_bindings *bindings, const nt_binding *binding) {
    const nt_binding *first = nt_bindings_find(bindings, binding->name);
    if (first && !first->absent)
        return NT_OK;
    if (first)
        NT_TRY(bind_outputs(v, bindings, first, true));
    if (!nt_bindings_add(bindings, binding))
        return nt_reader_no_memory(&v->reader);
    return bind_outputs(v, bindings, binding, false);
}

static nt_status bind_input(visit *v, nt_scope *scope, const char *name, const nt_binding *input) {
    nt_binding binding = *input;
    binding.name = name;
    binding.holds = binding.absent = false;
    binding.location = v->key->location;
    binding.unknown = binding.unknown || v->unknown;
    return bind(v, &scope->bindings, &binding);
}

static nt_status expand_group(visit *v, const nt_yaml *nodes, nt_binding *value) {
    NT_TRY(nt_read_keys(&v->reader, v->node, "a group of nodes", group_words));
    NT_TRY(nt_read_map(&v->reader, nodes, "nodes"));
    if (v->input_count != 1)
        return nt_reader_say(&v->reader, v->key, "a group of nodes reads 1 input, not %d",
                             v->input_count);
    nt_scope scope;
    nt_scope_init(&scope, v->loader, v->scope);
    scope.nodes = nodes;
    NT_TRY(bind_input(v, &scope, "input", &v->inputs[0]));
    nt_frame frame = *v->frame;
    *value = scope.bindings.items[0];
    return enter(v, &scope, &frame, nt_yaml_get(v->node, "output"), value);
}

static nt_status find_block(visit *v, const nt_yaml *at, nt_definition **ret) {
    const char *name;
    int unknown = v->reader.unknown;
    *ret = NULL;
    NT_TRY(nt_read_text(&v->reader, at, "block", &name));
    if (v->reader.unknown > unknown)
        return NT_OK;
    *ret = nt_definition_find(v->loader, name);
    if (!*ret && v->loader->lacks_blocks)
        return NT_OK; /* it may be in a file that can't be read, which has been said */
    if (!*ret) {
        const char *const *names = nt_definition_names(v->loader);
        nt_reader_say(&v->reader, at, "no block '%.60s'", name);
        if (names)
            nt_error_suggest(v->reader.error, name, names);
        return NT_INVALID;
    }
    if ((*ret)->active)
        return nt_reader_say(&v->reader, at, "block '%.60s' would contain itself", name);
    return NT_OK;
}

static bool is_word(const char *const *words, const char *text) {
    for (; *words; words++)
        if (strcmp(*words, text) == 0)
            return true;
    return false;
}

/* What a node that is this block may say; NULL when out of memory. */
static const char **list_block_keys(const nt_definition *definition, nt_arena *arena) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, definition->formals.count + 8);
    int count = 0;
    for (int i = 0; names && i < definition->formals.count; i++)
        names[count++] = definition->formals.items[i].name;
    for (int i = 0; names && block_words[i]; i++)
        names[count++] = block_words[i];
    return names;
}

static nt_status check_block_keys(visit *v, const nt_definition *definition) {
    const char **names = NULL;
    nt_status status = NT_OK;
    for (int32_t i = 0; i < v->node->count; i++) {
        const nt_yaml *key = v->node->entries[i].key;
        if (is_word(block_words, key->text) ||
            nt_name_table_find(&definition->formals.names, key->text) >= 0)
            continue;
        if (!names && !(names = list_block_keys(definition, &v->loader->arena)))
            return nt_reader_no_memory(&v->reader);
        status = nt_reader_say(&v->reader, key, "block '%.60s' has no param '%.60s'",
                               definition->name, key->text);
        nt_error_suggest(v->reader.error, key->text, names);
    }
    return status;
}

/* A block's scope begins anew: its inputs, its params, whose defaults see them, and nothing of the
 * outside. */
static nt_status open_block(visit *v, const nt_yaml *at, const nt_definition *definition,
                            nt_scope *scope, const nt_trail *trail) {
    bool failed = false;
    nt_status status = check_block_keys(v, definition);
    const char *what = nt_arena_printf(&v->loader->arena, "block '%.60s'", definition->name);
    if (!what)
        return nt_reader_no_memory(&v->reader);
    NT_TRY(nt_loader_settle(v->loader, status, &failed));
    bool fits = v->input_count == definition->input_count;
    for (int i = 0; i < definition->input_count; i++) {
        const nt_binding none = {.unknown = true};
        NT_TRY(bind_input(v, scope, definition->inputs[i], fits ? &v->inputs[i] : &none));
    }
    status = nt_formals_bind(v->loader, &definition->formals, v->node, &v->reader, at, what, scope,
                             trail);
    NT_TRY(nt_loader_settle(v->loader, status, &failed));
    if (!fits)
        return nt_reader_say(&v->reader, at, "%s reads %d input%s, not %d", what,
                             definition->input_count, definition->input_count == 1 ? "" : "s",
                             v->input_count);
    return NT_OK;
}

static nt_status expand_block(visit *v, const nt_yaml *at, nt_binding *value) {
    nt_definition *definition;
    NT_TRY(find_block(v, at, &definition));
    if (!definition || definition->broken)
        return NT_OK;
    nt_trail trail = {.what =
                          nt_arena_printf(&v->loader->arena, "in block '%.60s'", definition->name),
                      .location = nt_reader_location(&v->reader, v->key)};
    if (!trail.what)
        return nt_reader_no_memory(&v->reader);
    nt_scope scope;
    nt_scope_init(&scope, v->loader, NULL);
    scope.nodes = definition->nodes;
    NT_TRY(open_block(v, at, definition, &scope, &trail));
    nt_frame frame = *v->frame;
    frame.trail = &trail;
    if (!v->flat) {
        frame.stage = frame.stage[0] ? frame.stage : v->path;
        frame.block = v->path;
        frame.kind = definition->name;
    }
    *value = scope.bindings.items[0];
    definition->active = true;
    nt_status status = enter(v, &scope, &frame, definition->output, value);
    definition->active = false;
    return status;
}

/* --- one node --------------------------------------------------------------------------------- */

static nt_status say_no_kind(const visit *v) {
    static const char *const kinds[] = {"op", "block", "nodes", NULL};
    nt_status status =
        nt_reader_say(&v->reader, v->key, "a node needs one of 'op', 'block' and 'nodes'");
    for (int32_t i = 0; v->node->kind == NT_YAML_MAP && i < v->node->count; i++) {
        const char *key = v->node->entries[i].key->text, *near = nt_nearest(key, kinds);
        if (near && !nt_is_node_word(key))
            nt_error_hint(v->reader.error, "did you mean '%s' by '%s'?", near, key);
    }
    return status;
}

static nt_status expand_kind(visit *v, nt_binding *value) {
    const nt_yaml *op = nt_yaml_get(v->node, "op");
    const nt_yaml *block = nt_yaml_get(v->node, "block");
    const nt_yaml *nodes = nt_yaml_get(v->node, "nodes");
    if ((op != NULL) + (block != NULL) + (nodes != NULL) != 1)
        return say_no_kind(v);
    if (op)
        return expand_op(v, op, value);
    return block ? expand_block(v, block, value) : expand_group(v, nodes, value);
}

static bool is_node_name(const char *text) {
    return text[0] && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                        "0123456789_-.")] == '\0';
}

static nt_status check_name(const visit *v) {
    if (is_node_name(v->name))
        return NT_OK;
    nt_reader_say(&v->reader, v->key, "'%.60s' is no name for a node", v->name);
    nt_error_hint(v->reader.error, "use letters, digits, '_', '-' and '.'");
    return NT_INVALID;
}

static nt_status check_length(const visit *v) {
    if (strnlen(v->path, NT_NETWORK_LONGEST_NAME + 1) <= NT_NETWORK_LONGEST_NAME)
        return NT_OK;
    nt_reader_say(&v->reader, v->key,
                  "the node's name, with those of the blocks that it lies in, is longer than %d "
                  "characters",
                  NT_NETWORK_LONGEST_NAME);
    nt_error_hint(v->reader.error, "it begins with '%.60s'", v->path);
    return NT_INVALID;
}

/* A name that stands for a node that isn't there is free. */
static nt_status check_free(const visit *v) {
    const nt_binding *first = nt_bindings_find(&v->level->bindings, v->name);
    if (!first || first->absent)
        first = nt_bindings_find(&v->loader->paths, v->path);
    if (!first || first->absent)
        return NT_OK;
    nt_reader_say(&v->reader, v->key, "the name '%.200s' is taken", v->path);
    if (nt_yaml_get(v->node, "repeat") && !nt_expression_in(v->key->text))
        nt_error_hint(v->reader.error,
                      "a repeated node's name must hold the variable, as in unit$i");
    return NT_INVALID;
}

static nt_status read_flat(visit *v) {
    const nt_yaml *flat = nt_yaml_get(v->node, "flat");
    int unknown = v->reader.unknown;
    if (!flat || nt_yaml_get(v->node, "op"))
        return NT_OK;
    NT_TRY(nt_read_bool(&v->reader, flat, "flat", &v->flat));
    return v->reader.unknown > unknown ? NT_INVALID : NT_OK;
}

/* Where the name can't be known, or whether it stands before others, the level is incomplete: a
 * reference to what is missing there is not reported a second time. */
static nt_status read_name(visit *v) {
    int unknown = v->reader.unknown;
    NT_TRY(nt_read_text(&v->reader, v->key, "the name of a node", &v->name));
    if (v->reader.unknown > unknown)
        return NT_INVALID; /* said where it became unknown */
    v->path = nt_arena_printf(&v->loader->arena, "%s%s", v->frame->prefix, v->name);
    if (!v->path)
        return nt_reader_no_memory(&v->reader);
    NT_TRY(check_length(v));
    NT_TRY(check_name(v));
    return read_flat(v);
}

/* `from`, `tags` and `when`. */
static nt_status read_words(visit *v, const nt_binding *previous) {
    bool failed = false;
    NT_TRY(nt_loader_settle(v->loader, read_from(v, previous), &failed));
    NT_TRY(nt_loader_settle(v->loader, read_tags(v), &failed));
    for (int i = 0; i < v->input_count; i++)
        v->unknown = v->unknown || v->inputs[i].unknown;
    if (v->input_count == 0) { /* `from` is in error */
        v->input_count = 1;
        v->inputs[0] = (nt_binding){.unknown = true};
    }
    v->unknown = v->unknown || failed;
    NT_TRY(nt_loader_settle(v->loader, read_when(v), &failed));
    v->unknown = v->unknown || failed;
    return NT_OK;
}

/* What the node stands for, where it isn't there its first input; it stays unknown where something
 * is wrong. */
static nt_status evaluate(visit *v, const nt_binding *previous, nt_binding *value) {
    bool failed = false;
    NT_TRY(nt_loader_settle(v->loader, nt_read_map(&v->reader, v->node, "a node"), &failed));
    if (!failed)
        NT_TRY(read_words(v, previous));
    if (!v->absent && !v->uncertain)
        NT_TRY(nt_loader_settle(v->loader, check_free(v), &v->taken));
    if (failed || v->taken)
        return NT_OK;
    if (v->absent) {
        *value = v->inputs[0];
        return NT_OK;
    }
    nt_status status = expand_kind(v, value);
    bool invalid = false;
    NT_TRY(nt_loader_settle(v->loader, status, &invalid));
    if (v->flat) /* one of its own may have the name by now */
        NT_TRY(nt_loader_settle(v->loader, check_free(v), &v->taken));
    value->unknown = value->unknown || invalid || v->unknown;
    return NT_OK;
}

/* The names of an op's outputs could be those of nodes that are there already. */
static nt_status check_output_names(visit *v, nt_value value) {
    const nt_node *node = nt_graph_node(v->loader->network->graph, value.node);
    for (int32_t k = 1; k < node->out_count; k++) {
        const char *output = nt_op_output_name(node->op, k);
        const char *path = nt_arena_printf(&v->loader->arena, "%s.%s", v->path, output);
        if (!path)
            return nt_reader_no_memory(&v->reader);
        const nt_binding *there = nt_bindings_find(&v->loader->paths, path);
        if (output[0] && there && !there->absent)
            return nt_reader_say(&v->reader, v->key, "the name of its output, '%.200s', is taken",
                                 path);
    }
    return NT_OK;
}

static nt_status define(visit *v, nt_binding value) {
    bool failed = false;
    value.absent = v->absent || v->uncertain;
    value.holds = !value.absent && !nt_yaml_get(v->node, "op");
    if (!value.unknown && !value.absent && !value.holds)
        NT_TRY(nt_loader_settle(v->loader, check_output_names(v, value.value), &failed));
    value.location = v->key->location;
    value.name = v->name;
    NT_TRY(bind(v, &v->level->bindings, &value));
    value.name = v->path;
    return bind(v, &v->loader->paths, &value);
}

static nt_status expand_visit(visit *v, nt_binding *previous) {
    nt_loader *loader = v->loader;
    nt_binding value = {.unknown = true};
    bool failed = false, incomplete = v->level->incomplete;
    NT_TRY(nt_loader_visit(loader, &v->reader, v->key));
    NT_TRY(nt_reader_charge(&v->reader, v->key, v->node->count));
    NT_TRY(nt_loader_settle(loader, read_name(v), &failed));
    if (!failed)
        NT_TRY(evaluate(v, previous, &value));
    v->level->incomplete =
        incomplete || failed || v->taken || (v->flat && (value.unknown || v->partial));
    loader->incomplete = loader->incomplete || v->level->incomplete;
    if (!failed && !v->taken)
        NT_TRY(define(v, value));
    *previous = value;
    return NT_OK;
}

static nt_status expand_node(nt_loader *loader, nt_scope *level, const nt_scope *scope,
                             const nt_frame *frame, const nt_yaml_entry *entry,
                             nt_binding *previous) {
    visit v = {.loader = loader,
               .level = level,
               .scope = scope,
               .frame = frame,
               .key = entry->key,
               .node = entry->value,
               .reader = nt_loader_reader(loader, scope, frame->trail)};
    int errors = loader->error->count, dropped = loader->error->dropped;
    nt_status status = expand_visit(&v, previous);
    nt_loader_drop_repeats(loader, errors, dropped);
    return status;
}

nt_status nt_expand_nodes(nt_loader *loader, nt_scope *scope, const nt_frame *frame,
                          nt_binding *value) {
    const nt_yaml *nodes = scope->nodes;
    for (int32_t i = 0; i < nodes->count; i++) {
        const nt_yaml_entry *entry = &nodes->entries[i];
        const nt_yaml *repeat = nt_yaml_get(entry->value, "repeat");
        if (repeat)
            NT_TRY(nt_expand_repeat(loader, scope, frame, entry, repeat, expand_node, value));
        else
            NT_TRY(expand_node(loader, scope, scope, frame, entry, value));
    }
    return NT_OK;
}
