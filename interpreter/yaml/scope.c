/* Which names a place sees: variables from the inside out, then nodes and inputs likewise, and at
 * each level also what lies within its nodes, by their full names. */
#include "network_file_private.h"

#include <stdio.h>
#include <string.h>

/* --- bindings --------------------------------------------------------------------------------- */

void nt_bindings_init(nt_bindings *bindings, nt_arena *arena) {
    *bindings = (nt_bindings){.arena = arena};
    nt_name_table_init(&bindings->names, arena);
}

const nt_binding *nt_bindings_find(const nt_bindings *bindings, const char *name) {
    int32_t i = nt_name_table_find(&bindings->names, name);
    return i < 0 || !bindings->items[i].name ? NULL : &bindings->items[i];
}

void nt_bindings_remove(nt_bindings *bindings, const char *name) {
    int32_t i = nt_name_table_find(&bindings->names, name);
    if (i >= 0)
        bindings->items[i].name = NULL;
}

bool nt_bindings_add(nt_bindings *bindings, const nt_binding *binding) {
    int32_t taken = nt_name_table_find(&bindings->names, binding->name);
    if (taken >= 0) {
        bindings->items[taken] = *binding;
        return true;
    }
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

/* What lies within a node of this very level. In a flat node the paths begin as they do outside of
 * it, which is told by when they came. */
static const nt_binding *find_within(const nt_scope *scope, const char *name) {
    const nt_bindings *paths = &scope->loader->paths;
    char path[NT_NETWORK_LONGEST_NAME + 1];
    if (!scope->prefix || !name)
        return NULL;
    int length = snprintf(path, sizeof path, "%s%s", scope->prefix, name);
    const nt_binding *binding =
        length >= 0 && length < (int)sizeof path ? nt_bindings_find(paths, path) : NULL;
    return binding && binding - paths->items >= scope->first ? binding : NULL;
}

static const nt_binding *find_at(const nt_scope *scope, const char *name) {
    const nt_binding *binding = nt_bindings_find(&scope->bindings, name);
    return binding ? binding : find_within(scope, name);
}

/* A node or input as a record of its shape. */
static nt_scalar record_of(const nt_scope *scope, const nt_binding *binding) {
    nt_scalar unknown = {.kind = NT_SCALAR_UNKNOWN};
    if (binding->unknown)
        return unknown;
    static const char *const names[] = {"channels", "rows", "columns"};
    enum { COUNT = sizeof names / sizeof *names };
    const nt_graph *graph = scope->loader->network->graph;
    const nt_shape *shape = &nt_graph_type(graph, binding->value)->shape;
    nt_member members[COUNT + 1] = {{0}};
    for (int i = 0; i < COUNT; i++)
        members[i] = (nt_member){names[i], {.kind = NT_SCALAR_INT, .integer = shape->dim[i]}};
    const nt_member *copy = nt_arena_copy(&scope->loader->arena, members, sizeof members);
    return copy ? (nt_scalar){.kind = NT_SCALAR_RECORD, .members = copy} : unknown;
}

/* The position of the variable at this very level; -1: there is none. */
static int variable_at(const nt_scope *scope, const char *name) {
    int i = 0;
    if (scope->variable_names)
        i = nt_name_table_find(scope->variable_names, name);
    else
        while (i < scope->variable_count && strcmp(scope->variables[i].name, name) != 0)
            i++;
    return i < scope->variable_count ? i : -1;
}

static bool find_variable(void *context, const char *name, nt_scalar *ret) {
    const nt_scope *start = context;
    for (const nt_scope *s = start; s; s = s->outer) {
        int i = variable_at(s, name);
        if (i >= 0)
            return *ret = s->variables[i].value, true;
    }
    for (const nt_scope *s = start; s; s = s->outer) {
        const nt_binding *binding = find_at(s, name);
        if (binding)
            return *ret = record_of(s, binding), true;
    }
    return false;
}

/* Names for suggestions. */
typedef struct name_list {
    const char **items; /* NULL-terminated; NULL: out of memory */
    int32_t count, room;
} name_list;

enum { MOST_NAMES = 4000 }; /* more are not compared: diagnostic.h */

static name_list new_list(const nt_scope *scope) {
    int32_t room = scope->loader->paths.count;
    for (const nt_scope *s = scope; s; s = s->outer)
        room += s->variable_count + s->bindings.count;
    name_list list = {.room = room < MOST_NAMES ? room : MOST_NAMES};
    list.items = NT_ARENA_ARRAY(&scope->loader->arena, const char *, list.room + 1);
    return list;
}

static bool is_full(const name_list *list) {
    return !list->items || list->count == list->room;
}

static void add_name(name_list *list, const char *name) {
    if (name && !is_full(list))
        list->items[list->count++] = name;
}

static void add_bindings(name_list *list, const nt_scope *scope) {
    for (const nt_scope *s = scope; s; s = s->outer)
        for (int32_t i = 0; i < s->bindings.count && !is_full(list); i++)
            add_name(list, s->bindings.items[i].name);
}

static const char *const *variable_names(void *context) {
    const nt_scope *scope = context;
    name_list list = new_list(scope);
    for (const nt_scope *s = scope; s; s = s->outer)
        for (int i = 0; i < s->variable_count; i++)
            add_name(&list, s->variables[i].name);
    add_bindings(&list, scope);
    return list.items;
}

/* Of nodes, and of what lies within them: without a dot in its name, if there is none in `name`. */
static const char *const *node_names(const nt_scope *scope, const char *name) {
    const nt_bindings *paths = &scope->loader->paths;
    name_list list = new_list(scope);
    add_bindings(&list, scope);
    for (const nt_scope *s = scope; s; s = s->outer)
        for (int32_t i = s->first; s->prefix && i < paths->count && !is_full(&list); i++) {
            const char *path = paths->items[i].name;
            size_t length = strlen(s->prefix);
            if (path && strncmp(path, s->prefix, length) == 0 &&
                (strchr(name, '.') || !strchr(path + length, '.')))
                add_name(&list, path + length);
        }
    return list.items;
}

void nt_scope_init(nt_scope *scope, nt_loader *loader, const nt_scope *outer) {
    *scope = (nt_scope){
        .loader = loader,
        .outer = outer,
        .view = {.find = find_variable, .names = variable_names, .context = scope},
    };
    nt_bindings_init(&scope->bindings, &loader->arena);
}

/* --- references ------------------------------------------------------------------------------- */

static const nt_binding *find(const nt_scope *scope, const char *name) {
    const nt_binding *binding = NULL;
    for (const nt_scope *s = scope; s && !binding; s = s->outer)
        binding = find_at(s, name);
    return binding;
}

/* NODE of a name that reads NODE.WORD; NULL for others, and when out of memory. */
static const char *owner_of(const nt_scope *scope, const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? nt_arena_substring(&scope->loader->arena, name, (size_t)(dot - name)) : NULL;
}

/* `word` is no output of the node. Says so if outputs of its op have names at all. */
static bool say_no_output(const nt_scope *scope, nt_reader *reader, const nt_yaml *at,
                          const nt_binding *owner, const char *word) {
    const nt_op *op = nt_graph_node(scope->loader->network->graph, owner->value.node)->op;
    const char *const *names = op->output_names;
    int known = 1;
    if (!names || owner->value.output > 0 || owner->holds)
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
    if (say_stands_below(scope, reader, at, name))
        return NT_INVALID;
    for (; owner_name && !find(scope, owner_name); owner_name = owner_of(scope, owner_name))
        if (say_stands_below(scope, reader, at, owner_name))
            return NT_INVALID;
    nt_reader_say(reader, at, "no node '%.200s' stands above", name);
    const char *const *names = node_names(scope, name);
    if (owner && owner->absent)
        nt_error_hint(reader->error, "'%.60s' is not there: its `when` is false", owner->name);
    else if (names)
        nt_error_suggest(reader->error, name, names);
    return NT_INVALID;
}

/* Whether what the name should stand for could not be known, which has been said. */
static bool is_unknown(const nt_scope *scope, const char *name) {
    bool unknown = strchr(name, '.') && scope->loader->incomplete;
    for (const char *of = name; of && !unknown; of = owner_of(scope, of)) {
        const nt_binding *owner = find(scope, of);
        unknown = owner && owner->unknown;
    }
    for (const nt_scope *s = scope; s; s = s->outer)
        unknown = unknown || s->incomplete;
    return unknown;
}

nt_status nt_scope_resolve(const nt_scope *scope, nt_reader *reader, const nt_yaml *at,
                           const char *name, nt_binding *ret) {
    const nt_binding *binding = find(scope, name);
    if (binding)
        return *ret = *binding, NT_OK;
    if (!is_unknown(scope, name))
        return say_no_node(scope, reader, at, name);
    *ret = (nt_binding){.name = name, .unknown = true};
    return NT_OK;
}
