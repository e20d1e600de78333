/* Which names a place sees: variables from the inside out, then nodes and inputs likewise. */
#include "network_file_private.h"

#include <string.h>

/* --- bindings --------------------------------------------------------------------------------- */

void nt_bindings_init(nt_bindings *bindings, nt_arena *arena) {
    *bindings = (nt_bindings){.arena = arena};
    nt_name_table_init(&bindings->names, arena);
}

const nt_binding *nt_bindings_find(const nt_bindings *bindings, const char *name) {
    int32_t i = nt_name_table_find(&bindings->names, name);
    return i < 0 ? NULL : &bindings->items[i];
}

bool nt_bindings_add(nt_bindings *bindings, const nt_binding *binding) {
    if (bindings->count == bindings->capacity) {
        int32_t capacity = bindings->capacity ? bindings->capacity * 2 : 8;
        nt_binding *items = NT_ARENA_ARRAY(bindings->arena, nt_binding, capacity);
        if (!items)
            return false;
        if (bindings->count)
            memcpy(items, bindings->items, sizeof *items * (size_t)bindings->count);
        bindings->items = items;
        bindings->capacity = capacity;
    }
    if (!nt_name_table_add(&bindings->names, binding->name, bindings->count))
        return false;
    bindings->items[bindings->count++] = *binding;
    return true;
}

/* --- variables -------------------------------------------------------------------------------- */

/* A node or input as a record of its shape. */
static nt_scalar record_of(const nt_scope *scope, const nt_binding *binding) {
    nt_scalar unknown = {.kind = NT_SCALAR_UNKNOWN};
    if (binding->unknown)
        return unknown;
    const nt_shape *shape = &nt_graph_type(scope->graph, binding->value)->shape;
    const nt_member members[] = {
        {"channels", shape->dim[0]}, {"rows", shape->dim[1]}, {"columns", shape->dim[2]}, {0}};
    const nt_member *copy = nt_arena_copy(scope->arena, members, sizeof members);
    return copy ? (nt_scalar){.kind = NT_SCALAR_RECORD, .members = copy} : unknown;
}

static bool find_variable(void *context, const char *name, nt_scalar *ret) {
    const nt_scope *start = context;
    for (const nt_scope *s = start; s; s = s->outer)
        for (int i = 0; i < s->variable_count; i++)
            if (strcmp(s->variables[i].name, name) == 0)
                return *ret = s->variables[i].value, true;
    for (const nt_scope *s = start; s; s = s->outer) {
        const nt_binding *binding = nt_bindings_find(&s->bindings, name);
        if (binding)
            return *ret = record_of(s, binding), true;
    }
    return false;
}

enum { MOST_NAMES = 200 };

static const char *const *list_names(const nt_scope *scope, bool with_variables) {
    const char **names = NT_ARENA_ARRAY(scope->arena, const char *, MOST_NAMES + 1);
    int count = 0;
    for (const nt_scope *s = scope; names && s; s = s->outer) {
        for (int i = 0; with_variables && i < s->variable_count && count < MOST_NAMES; i++)
            names[count++] = s->variables[i].name;
        for (int32_t i = 0; i < s->bindings.count && count < MOST_NAMES; i++)
            names[count++] = s->bindings.items[i].name;
    }
    return names;
}

static const char *const *variable_names(void *context) {
    return list_names(context, true);
}

void nt_scope_init(nt_scope *scope, nt_arena *arena, const nt_graph *graph, const nt_scope *outer) {
    *scope = (nt_scope){
        .arena = arena,
        .graph = graph,
        .outer = outer,
        .view = {.find = find_variable, .names = variable_names, .context = scope},
    };
    nt_bindings_init(&scope->bindings, arena);
}

/* --- references ------------------------------------------------------------------------------- */

static const nt_binding *find(const nt_scope *scope, const char *name) {
    const nt_binding *binding = NULL;
    for (const nt_scope *s = scope; s && !binding; s = s->outer)
        binding = nt_bindings_find(&s->bindings, name);
    return binding;
}

/* NODE of a name that reads NODE.WORD; NULL for others, and when out of memory. */
static const char *owner_of(const nt_scope *scope, const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? nt_arena_printf(scope->arena, "%.*s", (int)(dot - name), name) : NULL;
}

/* `word` is no output of the node. Says so if outputs of its op have names at all. */
static bool say_no_output(const nt_scope *scope, nt_reader *reader, const nt_yaml *at,
                          const nt_binding *owner, const char *word) {
    const nt_op *op = nt_graph_node(scope->graph, owner->value.node)->op;
    const char *const *names = op->output_names;
    int known = 1;
    if (!names || owner->value.output > 0)
        return false;
    while (names[known] && strcmp(names[known], word) != 0)
        known++;
    nt_reader_say(reader, at, "'%.60s', a %s, gives no '%.60s'", owner->name, op->kind.name, word);
    if (!names[known])
        nt_error_suggest(reader->error, word, names + 1);
    else if (nt_field_find(op->kind.fields, word))
        nt_error_hint(reader->error, "does it lack '%s: true'?", word);
    return true;
}

static bool say_stands_below(const nt_scope *scope, nt_reader *reader, const nt_yaml *at,
                             const char *name) {
    for (const nt_scope *s = scope; name && s; s = s->outer)
        if (s->nodes && nt_yaml_get(s->nodes, name)) {
            nt_reader_say(reader, at, "'%.60s' does not stand above this node", name);
            nt_error_hint(reader->error, "a node reads only what stands above it");
            return true;
        }
    return false;
}

static nt_status say_no_node(const nt_scope *scope, nt_reader *reader, const nt_yaml *at,
                             const char *name) {
    const char *owner_name = owner_of(scope, name);
    const nt_binding *owner = owner_name ? find(scope, owner_name) : NULL;
    if (owner && say_no_output(scope, reader, at, owner, strrchr(name, '.') + 1))
        return NT_INVALID;
    if (say_stands_below(scope, reader, at, name) ||
        (!owner && say_stands_below(scope, reader, at, owner_name)))
        return NT_INVALID;
    nt_reader_say(reader, at, "no node '%.60s' stands above", name);
    const char *const *names = list_names(scope, false);
    if (names)
        nt_error_suggest(reader->error, name, names);
    return NT_INVALID;
}

nt_status nt_scope_resolve(const nt_scope *scope, nt_reader *reader, const nt_yaml *at,
                           const char *name, nt_binding *ret) {
    const nt_binding *binding = find(scope, name);
    if (binding)
        return *ret = *binding, NT_OK;
    const char *owner_name = owner_of(scope, name);
    const nt_binding *owner = owner_name ? find(scope, owner_name) : NULL;
    bool unknown = owner && owner->unknown;
    for (const nt_scope *s = scope; s; s = s->outer)
        unknown = unknown || s->incomplete;
    if (!unknown)
        return say_no_node(scope, reader, at, name);
    *ret = (nt_binding){.name = name, .unknown = true};
    return NT_OK;
}
