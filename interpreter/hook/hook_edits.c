/* Reads the tables by which a script says what is done to which nodes: the cases that it returns
 * and the questions that it asks. Raises at the first mistake; its caller gives that a place.
 *
 *     {name = "stem", zero = {conv1, "conv2"}, noise = "fc", deviation = 0.1, seed = 7}
 *     {name = "stem", zero = {conv1, "conv2"}, noise = {"fc", deviation = 0.1, seed = 7}}
 *     {name = "stem", noise = {{conv1, deviation = 0.1}, {"fc", deviation = 0.2}}}
 *
 * Where several keys are wrong the first in byte order is named, as Lua's own order isn't the same
 * on each run. */
#include "hook_private.h"

#include "hook_edit_options.h"
#include "network_api.h"
#include <stdlib.h>
#include <string.h>

enum {
    MOST_NAMED = 4000000, /* nodes in all cases: what they take isn't counted by the sandbox */
    NAMES_AN_INSTRUCTION = 8
};

/* --- keys ------------------------------------------------------------------------------------- */

enum { MOST_KEYS = NT_MOST_ABLATIONS + NT_MOST_ABLATION_OPTIONS + 2 };

/* Kinds, options and, of a case, `name`; NULL-terminated. */
static void list_keys(bool question, const char *ret[MOST_KEYS]) {
    int count = nt_ablation_count();
    for (int kind = 0; kind < count; kind++)
        ret[kind] = nt_ablations[kind]->name;
    count += nt_ablation_options(ret + count);
    if (!question)
        ret[count++] = "name";
    ret[count] = NULL;
}

static bool is_one_of(const char *word, const char *const *words) {
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static void refuse_key(lua_State *state, const char *what, const char *key,
                       const char *const *keys) {
    const char *near = nt_nearest(key, keys);
    if (strcmp(key, "name") == 0)
        luaL_error(state, "%s has a 'name'; only the cases that a script returns do", what);
    if (near)
        luaL_error(state, "%s has an unknown key '%s'; did you mean '%s'?", what, key, near);
    luaL_error(state, "%s has an unknown key '%s'; say what is done to a node, as in zero = {…}",
               what, key);
}

void nt_lua_check_keys(lua_State *state, int table, const char *what, bool question) {
    const char *keys[MOST_KEYS], *unknown = NULL;
    bool bare = false;
    list_keys(question, keys);
    lua_pushnil(state);
    while (lua_next(state, table)) {
        const char *key = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : NULL;
        bare = bare || !key;
        if (key && !is_one_of(key, keys) && (!unknown || strcmp(key, unknown) < 0))
            unknown = key;
        lua_pop(state, 1);
    }
    if (bare)
        luaL_error(state,
                   "%s has a key that is no text; say what is done to a node, as in zero = {…}",
                   what);
    if (unknown)
        refuse_key(state, what, unknown, keys);
}

/* --- edits ------------------------------------------------------------------------------------ */

typedef struct reading {
    nt_case_reading of;
    nt_hook *hook;
} reading;

typedef struct named {
    const nt_layer *layer;
    nt_edit edit;
} named;

/* Of a sum it looks back through the graph, which in a large one takes longer than to charge for
 * it.
 */
static bool fits(const reading *r, const nt_layer *layer, const nt_ablation *kind) {
    enum { LARGE = 4096, NODES_AN_INSTRUCTION = 32 };
    const nt_graph *graph = r->hook->network->graph;
    if (nt_graph_size(graph) > LARGE)
        nt_sandbox_charge(r->of.state, nt_graph_size(graph) / NODES_AN_INSTRUCTION);
    return kind->fits(graph, nt_graph_node(graph, layer->value.node));
}

/* The only layer that fits in the block with this name; NULL if there is no such block. */
static const nt_layer *layer_of_block(const reading *r, const nt_ablation *kind, const char *name) {
    const nt_network *network = r->hook->network;
    const nt_layer *found = NULL;
    int inside = 0, fitting = 0;
    for (size_t i = 0; i < network->layer_count; i++) {
        const nt_layer *layer = &network->layers[i];
        if (strcmp(layer->block, name) != 0)
            continue;
        inside++;
        if (!fits(r, layer, kind))
            continue;
        found = layer;
        fitting++;
    }
    if (inside > 0 && fitting == 0)
        luaL_error(r->of.state, "%s: the block '%s' %s", r->of.what, name, kind->block_unfit);
    if (fitting > 1)
        luaL_error(r->of.state, "%s: the block '%s' holds %d %ss; name one of them, such as '%s'",
                   r->of.what, name, fitting, kind->in_block, found->name);
    return found;
}

/* The layer that the value on top of the stack means. */
static const nt_layer *find_layer(const reading *r, const nt_ablation *kind) {
    lua_State *state = r->of.state;
    const nt_network *network = r->hook->network;
    const nt_layer *layer = nt_lua_to_layer(state, -1);
    if (layer)
        return layer;
    if (lua_type(state, -1) != LUA_TSTRING)
        luaL_error(state, "%s: '%s' holds %s where a node is wanted", r->of.what, kind->kind.name,
                   luaL_typename(state, -1));
    const char *name = lua_tostring(state, -1);
    nt_sandbox_charge(state, (int64_t)network->layer_count / NAMES_AN_INSTRUCTION);
    layer = nt_network_layer(network, name);
    if (!layer && kind->in_block)
        layer = layer_of_block(r, kind, name);
    if (!layer)
        nt_lua_no_such_node(state, network, r->of.what, kind->in_block != NULL, name);
    return layer;
}

static void check_fit(const reading *r, const nt_layer *layer, const nt_ablation *kind) {
    const nt_node *node = nt_graph_node(r->hook->network->graph, layer->value.node);
    if (!fits(r, layer, kind))
        luaL_error(r->of.state, "%s: '%s' (%s) %s", r->of.what, layer->name, node->op->kind.name,
                   kind->unfit);
    if (layer->dead)
        luaL_error(r->of.state, "%s: no output of the network depends on '%s'", r->of.what,
                   layer->name);
}

/* How many of the items come before the layer in the network's order. */
static lua_Integer rank_of(const named *items, lua_Integer count, const nt_layer *layer) {
    lua_Integer rank = 0;
    for (lua_Integer i = 0; i < count; i++)
        rank += items[i].layer->index < layer->index;
    return rank;
}

/* Gives each item a record in which the kind's option `listed` names the item in its place. */
static void name_places(const reading *r, const nt_ablation *kind, named *items,
                        lua_Integer count) {
    const nt_kind *of = &kind->kind;
    const nt_field *field = nt_field_find(of->fields, kind->listed);
    const nt_graph *graph = r->hook->network->graph;
    char why[NT_FIELD_WHY];
    nt_sandbox_charge(r->of.state, count * count / NAMES_AN_INSTRUCTION);
    for (lua_Integer i = 0; i < count; i++) {
        const char *text = *(
            const char *const *)(const void *)((const char *)items[i].edit.options + field->offset);
        if (text && text[0])
            continue;
        text = nt_graph_node(graph, items[rank_of(items, count, items[i].layer)].edit.node)->name;
        void *record = nt_kind_copy(of, items[i].edit.options, r->of.arena);
        if (!record || !nt_field_set_text(field, record, r->of.arena, text, why))
            nt_sandbox_no_memory(r->of.state);
        items[i].edit.options = record;
    }
}

/* Reads the node on top of the stack, and pops it. */
static void read_node(const reading *r, const nt_ablation *kind, const void *options, named *ret) {
    ret->layer = find_layer(r, kind);
    check_fit(r, ret->layer, kind);
    ret->edit = (nt_edit){ret->layer->value.node, kind, options};
    lua_pop(r->of.state, 1);
}

/* Raises if the table on top of the stack has keys that are neither texts nor 1 to `count`. */
static void check_part(const reading *r, const char *kind, lua_Integer count) {
    lua_State *state = r->of.state;
    int part = lua_gettop(state);
    lua_pushnil(state);
    while (lua_next(state, part)) {
        lua_Integer key = lua_isinteger(state, -2) ? lua_tointeger(state, -2) : 0;
        if (lua_type(state, -2) != LUA_TSTRING && (key < 1 || key > count))
            luaL_error(state, "%s: '%s' holds a table with a gap in its nodes", r->of.what, kind);
        lua_pop(state, 1);
    }
}

/* Reads the nodes of the table on top of the stack, which have options of their own, and pops it.
 */
static lua_Integer read_part(const reading *r, int k, named *ret) {
    lua_State *state = r->of.state;
    int part = lua_gettop(state);
    const void *options = nt_case_part_options(&r->of, k, part);
    lua_Integer count = (lua_Integer)lua_rawlen(state, part);
    check_part(r, nt_ablations[k]->name, count);
    for (lua_Integer i = 0; i < count; i++) {
        lua_rawgeti(state, part, i + 1);
        read_node(r, (const nt_ablation *)nt_ablations[k], options, &ret[i]);
    }
    lua_pop(state, 1);
    return count;
}

/* Reads the nodes of one kind; returns how many there are. */
static lua_Integer read_kind(const reading *r, int k, named *ret) {
    lua_State *state = r->of.state;
    const nt_ablation *kind = (const nt_ablation *)nt_ablations[k];
    int value = nt_case_nodes_at(&r->of, k);
    bool list = lua_istable(state, value);
    lua_Integer length = list ? (lua_Integer)lua_rawlen(state, value) : !lua_isnil(state, value);
    lua_Integer count = 0;
    for (lua_Integer i = 0; i < length; i++) {
        if (list)
            lua_rawgeti(state, value, i + 1);
        else
            lua_pushvalue(state, value);
        if (lua_istable(state, -1) && kind->kind.size > 0)
            count += read_part(r, k, ret + count);
        else
            read_node(r, kind, r->of.options[k], &ret[count++]);
    }
    if (kind->listed)
        name_places(r, kind, ret, count);
    return count;
}

static int by_layer(const void *a, const void *b) {
    int32_t x = ((const named *)a)->layer->index, y = ((const named *)b)->layer->index;
    return (x > y) - (x < y);
}

static int by_node(const void *a, const void *b) {
    int32_t x = ((const named *)a)->edit.node, y = ((const named *)b)->edit.node;
    return x == y ? by_layer(a, b) : x < y ? -1 : 1;
}

/* Two layers may be one node of the graph; that, too, can only be edited once. */
static void check_repeats(const reading *r, named *items, lua_Integer count) {
    qsort(items, (size_t)count, sizeof *items, by_node);
    for (lua_Integer i = 1; i < count; i++) {
        const nt_layer *a = items[i - 1].layer, *b = items[i].layer;
        if (a == b)
            luaL_error(r->of.state, "%s names '%s' twice", r->of.what, a->name);
        if (items[i - 1].edit.node == items[i].edit.node)
            luaL_error(r->of.state,
                       "%s names '%s' and '%s', which are the same node; leave one out", r->of.what,
                       a->name, b->name);
    }
    qsort(items, (size_t)count, sizeof *items, by_layer);
}

static void keep(const reading *r, const named *items, lua_Integer count, nt_case *ret) {
    int32_t *layers = NT_ARENA_ARRAY(r->of.arena, int32_t, count + 1);
    nt_edit *edits = NT_ARENA_ARRAY(r->of.arena, nt_edit, count + 1);
    if (!layers || !edits)
        nt_sandbox_no_memory(r->of.state);
    for (lua_Integer i = 0; i < count; i++) {
        layers[i] = items[i].layer->index;
        edits[i] = items[i].edit;
    }
    ret->layers = layers;
    ret->edits = edits;
    ret->count = (int32_t)count;
}

void nt_lua_read_edits(lua_State *state, nt_hook *hook, int table, const char *what,
                       nt_arena *arena, nt_case *item) {
    int kinds = nt_ablation_count(), top = lua_gettop(state);
    reading r = {
        .of = {.state = state, .what = what, .table = table, .kinds = kinds, .arena = arena},
        .hook = hook};
    luaL_checkstack(state, 2 * kinds + 10, NULL);
    lua_Integer count = nt_case_push_kinds(&r.of), read = 0;
    if (count > (lua_Integer)hook->network->layer_count)
        luaL_error(state, "%s names %I nodes, more than the network has", what, count);
    hook->named += count;
    if (hook->named > MOST_NAMED)
        luaL_error(state, "%s: more than %d nodes are named in all", what, MOST_NAMED);
    nt_sandbox_charge(state, 4 * count);
    nt_case_read_options(&r.of);
    named *items = lua_newuserdatauv(state, ((size_t)count + 1) * sizeof *items, 0);
    for (int k = 0; k < kinds; k++)
        read += read_kind(&r, k, items + read);
    check_repeats(&r, items, count);
    keep(&r, items, count, item);
    lua_settop(state, top);
}
