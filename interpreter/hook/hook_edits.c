/* Reads the tables by which a script says what is done to which nodes: the cases that it returns
 * and the questions that it asks. Raises at the first mistake; its caller gives that a place.
 *
 *     {name = "stem", zero = {conv1, "conv2"}, noise = "fc", deviation = 0.1, seed = 7}
 *
 * Where several keys are wrong the first in byte order is named, as Lua's own order isn't the same
 * on each run. */
#include "hook_private.h"

#include "network_api.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    KINDS = NT_EDIT_DROP + 1,
    MOST_NAMED = 4000000, /* nodes in all cases: what they take isn't counted by the sandbox */
    NAMES_AN_INSTRUCTION = 8
};

/* --- keys ------------------------------------------------------------------------------------- */

static const char *const other_keys[] = {"deviation", "seed", "name"};
enum { OTHERS = sizeof other_keys / sizeof *other_keys };

/* NULL-terminated; a question has no name. */
static void list_keys(bool question, const char *ret[KINDS + OTHERS + 1]) {
    int count = 0;
    for (int kind = 0; kind < KINDS; kind++)
        ret[count++] = nt_edit_names[kind];
    for (int i = 0; i < (question ? OTHERS - 1 : OTHERS); i++)
        ret[count++] = other_keys[i];
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
    const char *keys[KINDS + OTHERS + 1], *unknown = NULL;
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

/* A case while it is read. */
typedef struct reading {
    lua_State *state;
    nt_hook *hook;
    const char *what;
    int table;  /* the case, on Lua's stack */
    int values; /* and there what it says of the first kind; the other kinds follow; nil: nothing */
} reading;

typedef struct named {
    const nt_layer *layer;
    nt_edit edit;
} named;

/* The only sum of the block with this name; NULL if there is no such block. */
static const nt_layer *sum_of_block(const reading *r, const char *name) {
    const nt_network *network = r->hook->network;
    const nt_layer *sum = NULL;
    int inside = 0, sums = 0;
    for (size_t i = 0; i < network->layer_count; i++) {
        const nt_layer *layer = &network->layers[i];
        if (strcmp(layer->block, name) != 0)
            continue;
        inside++;
        if (!nt_edit_fits(network->graph, nt_graph_node(network->graph, layer->value.node),
                          NT_EDIT_DROP))
            continue;
        sum = layer;
        sums++;
    }
    if (inside > 0 && sums == 0)
        luaL_error(r->state, "%s: the block '%s' holds no sum, so it has no branch to drop",
                   r->what, name);
    if (sums > 1)
        luaL_error(r->state, "%s: the block '%s' holds %d sums; name one of them, such as '%s'",
                   r->what, name, sums, sum->name);
    return sum;
}

/* The layer that the value on top of the stack means. */
static const nt_layer *find_layer(const reading *r, nt_edit_kind kind) {
    const nt_layer *layer = nt_lua_to_layer(r->state, -1);
    if (layer)
        return layer;
    if (lua_type(r->state, -1) != LUA_TSTRING)
        luaL_error(r->state, "%s: '%s' holds %s where a node is wanted", r->what,
                   nt_edit_names[kind], luaL_typename(r->state, -1));
    const char *name = lua_tostring(r->state, -1);
    nt_sandbox_charge(r->state, (int64_t)r->hook->network->layer_count / NAMES_AN_INSTRUCTION);
    layer = nt_network_layer(r->hook->network, name);
    if (!layer && kind == NT_EDIT_DROP)
        layer = sum_of_block(r, name);
    if (!layer)
        nt_lua_no_such_node(r->state, r->hook->network, r->what, kind == NT_EDIT_DROP, name);
    return layer;
}

static void check_fit(const reading *r, const nt_layer *layer, nt_edit_kind kind) {
    const nt_graph *graph = r->hook->network->graph;
    const nt_node *node = nt_graph_node(graph, layer->value.node);
    const char *op = node->op->kind.name;
    bool fits = nt_edit_fits(graph, node, kind);
    if (fits && layer->dead)
        luaL_error(r->state, "%s: no output of the network depends on '%s'", r->what, layer->name);
    if (fits)
        return;
    if (kind == NT_EDIT_DROP)
        luaL_error(r->state, "%s: '%s' (%s) is no sum, so it has no branch to drop", r->what,
                   layer->name, op);
    if (kind == NT_EDIT_ZERO)
        luaL_error(r->state, "%s: '%s' (%s) has no kernel to zero", r->what, layer->name, op);
    luaL_error(r->state, "%s: '%s' (%s) has no kernel, which '%s' needs", r->what, layer->name, op,
               nt_edit_names[kind]);
}

/* Pushes the values of all kinds. Returns how many nodes they name. */
static lua_Integer push_values(reading *r) {
    lua_Integer total = 0;
    r->values = lua_gettop(r->state) + 1;
    for (int kind = 0; kind < KINDS; kind++) {
        int type = lua_getfield(r->state, r->table, nt_edit_names[kind]);
        if (type == LUA_TTABLE) {
            const char *what =
                lua_pushfstring(r->state, "%s: '%s' is", r->what, nt_edit_names[kind]);
            total += nt_lua_list_length(r->state, -2, what, "list its nodes");
            lua_pop(r->state, 1);
        } else if (type != LUA_TNIL) {
            total++;
        }
    }
    return total;
}

static double read_deviation(const reading *r) {
    bool noise = !lua_isnil(r->state, r->values + NT_EDIT_NOISE);
    int type = lua_getfield(r->state, r->table, "deviation");
    double deviation = lua_tonumber(r->state, -1);
    if (!noise && type != LUA_TNIL)
        luaL_error(r->state, "%s has a 'deviation', which only 'noise' takes", r->what);
    if (noise && type == LUA_TNIL)
        luaL_error(r->state,
                   "%s has 'noise' without a 'deviation'; give it relative to that of the "
                   "kernel's elements, such as 0.1",
                   r->what);
    if (noise && (type != LUA_TNUMBER || !(deviation > 0) || !isfinite(deviation)))
        luaL_error(r->state, "%s: 'deviation' must be a number above 0", r->what);
    lua_pop(r->state, 1);
    return deviation;
}

static int64_t read_seed(const reading *r) {
    bool random = !lua_isnil(r->state, r->values + NT_EDIT_NOISE) ||
                  !lua_isnil(r->state, r->values + NT_EDIT_RERANDOMISE);
    int type = lua_getfield(r->state, r->table, "seed"), is_integer;
    lua_Integer seed = lua_tointegerx(r->state, -1, &is_integer);
    if (!random && type != LUA_TNIL)
        luaL_error(r->state, "%s has a 'seed', which only 'rerandomise' and 'noise' take", r->what);
    if (type != LUA_TNIL && (type != LUA_TNUMBER || !is_integer))
        luaL_error(r->state, "%s: 'seed' must be an integer", r->what);
    lua_pop(r->state, 1);
    return type == LUA_TNIL ? 0 : seed;
}

/* Reads the nodes of one kind; returns how many there are. */
static lua_Integer read_kind(const reading *r, nt_edit edit, named *ret) {
    lua_State *state = r->state;
    int value = r->values + (int)edit.kind;
    bool list = lua_istable(state, value);
    lua_Integer count = list ? (lua_Integer)lua_rawlen(state, value) : !lua_isnil(state, value);
    for (lua_Integer i = 0; i < count; i++) {
        if (list)
            lua_rawgeti(state, value, i + 1);
        else
            lua_pushvalue(state, value);
        ret[i].layer = find_layer(r, edit.kind);
        check_fit(r, ret[i].layer, edit.kind);
        ret[i].edit = edit;
        ret[i].edit.node = ret[i].layer->value.node;
        lua_pop(state, 1);
    }
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
            luaL_error(r->state, "%s names '%s' twice", r->what, a->name);
        if (items[i - 1].edit.node == items[i].edit.node)
            luaL_error(r->state, "%s names '%s' and '%s', which are the same node; leave one out",
                       r->what, a->name, b->name);
    }
    qsort(items, (size_t)count, sizeof *items, by_layer);
}

static void read_nodes(const reading *r, named *ret) {
    double deviation = read_deviation(r);
    int64_t seed = read_seed(r);
    lua_Integer count = 0;
    for (int kind = 0; kind < KINDS; kind++) {
        nt_edit edit = {.kind = (nt_edit_kind)kind};
        if (kind == NT_EDIT_NOISE)
            edit.deviation = deviation;
        if (kind == NT_EDIT_NOISE || kind == NT_EDIT_RERANDOMISE)
            edit.seed = seed;
        count += read_kind(r, edit, ret + count);
    }
    check_repeats(r, ret, count);
}

static void keep(const reading *r, const named *items, lua_Integer count, nt_arena *arena,
                 nt_case *ret) {
    int32_t *layers = NT_ARENA_ARRAY(arena, int32_t, count + 1);
    nt_edit *edits = NT_ARENA_ARRAY(arena, nt_edit, count + 1);
    if (!layers || !edits)
        nt_sandbox_no_memory(r->state);
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
    reading r = {.state = state, .hook = hook, .what = what, .table = table};
    int top = lua_gettop(state);
    luaL_checkstack(state, KINDS + 10, NULL);
    lua_Integer count = push_values(&r);
    if (count > (lua_Integer)hook->network->layer_count)
        luaL_error(state, "%s names %I nodes, more than the network has", what, count);
    hook->named += count;
    if (hook->named > MOST_NAMED)
        luaL_error(state, "%s: more than %d nodes are named in all", what, MOST_NAMED);
    nt_sandbox_charge(state, 4 * count);
    named *items = lua_newuserdatauv(state, ((size_t)count + 1) * sizeof *items, 0);
    read_nodes(&r, items);
    keep(&r, items, count, arena, item);
    lua_settop(state, top);
}
