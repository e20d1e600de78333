/* The objects that scripts see. A node's object is made when it is first asked for and kept, so
 * that equal nodes are the same object; all of them are read-only, and an unknown field is an
 * error, never nil. */
#include "network_api.h"

#include "attrs.h"
#include "sandbox.h"
#include "text.h"
#include <string.h>

#define NETWORK "nontrivial.network"
#define NODE "nontrivial.node"
#define NODES "nontrivial.nodes" /* registry: layer index + 1 → its object */

typedef struct node_ref {
    const nt_network *network;
    const nt_layer *layer;
} node_ref;

static const nt_network *network_of(lua_State *state) {
    lua_getfield(state, LUA_REGISTRYINDEX, NETWORK ".pointer");
    const nt_network *network = lua_touserdata(state, -1);
    lua_pop(state, 1);
    return network;
}

void nt_lua_push_layer(lua_State *state, const nt_network *network, const nt_layer *layer) {
    lua_getfield(state, LUA_REGISTRYINDEX, NODES);
    if (lua_rawgeti(state, -1, layer->index + 1) == LUA_TNIL) {
        lua_pop(state, 1);
        node_ref *ref = lua_newuserdatauv(state, sizeof *ref, 0);
        *ref = (node_ref){.network = network, .layer = layer};
        luaL_setmetatable(state, NODE);
        lua_pushvalue(state, -1);
        lua_rawseti(state, -3, layer->index + 1);
    }
    lua_remove(state, -2);
}

static const node_ref *check_node(lua_State *state) {
    return luaL_checkudata(state, 1, NODE);
}

const nt_layer *nt_lua_to_layer(lua_State *state, int index) {
    const node_ref *ref = luaL_testudata(state, index, NODE);
    return ref ? ref->layer : NULL;
}

/* --- fields of a node ------------------------------------------------------------------------- */

static const nt_node *graph_node(const node_ref *ref) {
    return nt_graph_node(ref->network->graph, ref->layer->value.node);
}

static void push_text(lua_State *state, const char *text) {
    if (text[0])
        lua_pushstring(state, text);
    else
        lua_pushnil(state);
}

static void get_name(lua_State *state, const node_ref *ref) {
    lua_pushstring(state, ref->layer->name);
}

static void get_op(lua_State *state, const node_ref *ref) {
    lua_pushstring(state, graph_node(ref)->op->kind.name);
}

static void get_index(lua_State *state, const node_ref *ref) {
    lua_pushinteger(state, ref->layer->index + 1);
}

static void get_stage(lua_State *state, const node_ref *ref) {
    push_text(state, ref->layer->stage);
}

static void get_block(lua_State *state, const node_ref *ref) {
    push_text(state, ref->layer->block);
}

static void get_kind(lua_State *state, const node_ref *ref) {
    push_text(state, ref->layer->kind);
}

static void get_tags(lua_State *state, const node_ref *ref) {
    lua_newtable(state);
    for (int i = 0; ref->layer->tags[i]; i++) {
        lua_pushstring(state, ref->layer->tags[i]);
        lua_rawseti(state, -2, i + 1);
    }
}

static void get_fd(lua_State *state, const node_ref *ref) {
    lua_pushboolean(state, ref->layer->fd);
}

static void get_shortcut(lua_State *state, const node_ref *ref) {
    lua_pushboolean(state, ref->layer->shortcut);
}

static void get_gate(lua_State *state, const node_ref *ref) {
    lua_pushboolean(state, ref->layer->gate);
}

/* Of the sum at the end of a residual unit. */
static void get_residual(lua_State *state, const node_ref *ref) {
    static const char *const words[] = {[NT_SHORT_NONE] = "",
                                        [NT_SHORT_IDENTITY] = "identity",
                                        [NT_SHORT_PROJECTION] = "projection"};
    push_text(state, words[ref->layer->residual]);
}

static void get_auxiliary(lua_State *state, const node_ref *ref) {
    lua_pushboolean(state, ref->layer->auxiliary);
}

static void get_has_kernel(lua_State *state, const node_ref *ref) {
    lua_pushboolean(state, nt_node_has_kernel(ref->network->graph, graph_node(ref)));
}

static void get_channels_in(lua_State *state, const node_ref *ref) {
    const nt_node *node = graph_node(ref);
    if (node->data_count == 0)
        lua_pushnil(state);
    else
        lua_pushinteger(state,
                        nt_shape_channels(nt_graph_type(ref->network->graph, node->in[0])->shape));
}

static void get_channels_out(lua_State *state, const node_ref *ref) {
    lua_pushinteger(
        state, nt_shape_channels(nt_graph_type(ref->network->graph, ref->layer->value)->shape));
}

static void get_shape(lua_State *state, const node_ref *ref) {
    nt_shape shape = nt_graph_type(ref->network->graph, ref->layer->value)->shape;
    lua_newtable(state);
    for (int i = 0; i < shape.rank; i++) {
        lua_pushinteger(state, shape.dim[i]);
        lua_rawseti(state, -2, i + 1);
    }
}

/* An attribute of two integers, {rows, columns}, or nil where the op has no such one. */
static void push_pair(lua_State *state, const node_ref *ref, const char *name) {
    const nt_node *node = graph_node(ref);
    const nt_field *field = nt_field_find(node->op->kind.fields, name);
    if (!field || field->type != NT_PAIR) {
        lua_pushnil(state);
        return;
    }
    const int32_t *pair =
        (const int32_t *)(const void *)((const char *)node->attrs + field->offset);
    lua_newtable(state);
    for (int i = 0; i < 2; i++) {
        lua_pushinteger(state, pair[i]);
        lua_rawseti(state, -2, i + 1);
    }
}

static void get_kernel(lua_State *state, const node_ref *ref) {
    push_pair(state, ref, "kernel");
}

static void get_stride(lua_State *state, const node_ref *ref) {
    push_pair(state, ref, "stride");
}

static void get_parameters(lua_State *state, const node_ref *ref) {
    lua_pushinteger(state, nt_layer_parameters(ref->network, ref->layer));
}

static void get_multiply_adds(lua_State *state, const node_ref *ref) {
    lua_pushinteger(state, nt_layer_multiply_adds(ref->network, ref->layer));
}

/* The layers whose values this node reads. */
static void get_inputs(lua_State *state, const node_ref *ref) {
    const nt_node *node = graph_node(ref);
    int count = 0;
    lua_newtable(state);
    nt_sandbox_charge(state, (int64_t)ref->network->layer_count);
    for (int32_t j = 0; j < node->data_count; j++)
        for (size_t l = 0; l < ref->network->layer_count; l++)
            if (ref->network->layers[l].value.node == node->in[j].node) {
                nt_lua_push_layer(state, ref->network, &ref->network->layers[l]);
                lua_rawseti(state, -2, ++count);
                break;
            }
}

/* The layers that read this node's value. */
static void get_consumers(lua_State *state, const node_ref *ref) {
    const nt_graph *graph = ref->network->graph;
    int count = 0;
    lua_newtable(state);
    nt_sandbox_charge(state, (int64_t)ref->network->layer_count);
    for (size_t l = 0; l < ref->network->layer_count; l++) {
        const nt_node *reader = nt_graph_node(graph, ref->network->layers[l].value.node);
        bool reads = false;
        for (int32_t j = 0; j < reader->data_count; j++)
            reads = reads || reader->in[j].node == ref->layer->value.node;
        if (!reads)
            continue;
        nt_lua_push_layer(state, ref->network, &ref->network->layers[l]);
        lua_rawseti(state, -2, ++count);
    }
}

static const struct node_field {
    const char *name;
    void (*get)(lua_State *state, const node_ref *ref);
} node_fields[] = {
    {"name", get_name},
    {"op", get_op},
    {"index", get_index},
    {"stage", get_stage},
    {"block", get_block},
    {"kind", get_kind},
    {"tags", get_tags},
    {"fd", get_fd},
    {"shortcut", get_shortcut},
    {"gate", get_gate},
    {"residual", get_residual},
    {"auxiliary", get_auxiliary},
    {"has_kernel", get_has_kernel},
    {"channels_in", get_channels_in},
    {"channels_out", get_channels_out},
    {"shape", get_shape},
    {"kernel", get_kernel},
    {"stride", get_stride},
    {"parameters", get_parameters},
    {"multiply_adds", get_multiply_adds},
    {"inputs", get_inputs},
    {"consumers", get_consumers},
    {NULL, NULL},
};

int nt_lua_unknown(lua_State *state, const char *what, const char *word, const char *const *names) {
    const char *near = nt_nearest(word, names);
    if (near)
        return luaL_error(state, "%s '%s'; did you mean '%s'?", what, word, near);
    return luaL_error(state, "%s '%s'", what, word);
}

static int node_index(lua_State *state) {
    const node_ref *ref = check_node(state);
    const char *key = luaL_checkstring(state, 2);
    const char *names[sizeof node_fields / sizeof *node_fields];
    int count = 0;
    for (const struct node_field *field = node_fields; field->name; field++) {
        if (strcmp(field->name, key) == 0) {
            field->get(state, ref);
            return 1;
        }
        names[count++] = field->name;
    }
    names[count] = NULL;
    return nt_lua_unknown(state, "a node has no field", key, names);
}

static int node_tostring(lua_State *state) {
    lua_pushstring(state, check_node(state)->layer->name);
    return 1;
}

static int node_order(lua_State *state) {
    lua_pushinteger(state, check_node(state)->layer->index);
    return 1;
}

static int read_only(lua_State *state) {
    return luaL_error(state, "networks and their nodes can't be changed by a script");
}

/* --- the network ------------------------------------------------------------------------------ */

static const char *const filter_keys[] = {"op", "name",     "stage", "block",     "kind", "tag",
                                          "fd", "shortcut", "gate",  "auxiliary", NULL};

static bool text_matches(lua_State *state, int filter, const char *key, const char *text) {
    bool keep = true;
    if (lua_getfield(state, filter, key) != LUA_TNIL) {
        if (lua_type(state, -1) != LUA_TSTRING)
            luaL_error(state, "the filter's '%s' must be a text", key);
        keep = nt_text_matches(text, lua_tostring(state, -1));
    }
    lua_pop(state, 1);
    return keep;
}

static bool flag_matches(lua_State *state, int filter, const char *key, bool flag) {
    bool keep = true;
    if (lua_getfield(state, filter, key) != LUA_TNIL) {
        if (!lua_isboolean(state, -1))
            luaL_error(state, "the filter's '%s' must be true or false", key);
        keep = lua_toboolean(state, -1) == flag;
    }
    lua_pop(state, 1);
    return keep;
}

static bool tag_matches(lua_State *state, int filter, const nt_layer *layer) {
    bool asked = lua_getfield(state, filter, "tag") != LUA_TNIL;
    lua_pop(state, 1);
    for (int i = 0; asked && layer->tags[i]; i++)
        if (text_matches(state, filter, "tag", layer->tags[i]))
            return true;
    return !asked;
}

/* Layers that the network isn't measured by are only there for those who ask for them. */
static bool auxiliary_matches(lua_State *state, int filter, const nt_layer *layer) {
    bool asked = lua_getfield(state, filter, "auxiliary") != LUA_TNIL;
    lua_pop(state, 1);
    return asked ? flag_matches(state, filter, "auxiliary", layer->auxiliary) : !layer->auxiliary;
}

static bool keeps(lua_State *state, int filter, const nt_network *network, const nt_layer *layer) {
    const nt_node *node = nt_graph_node(network->graph, layer->value.node);
    return text_matches(state, filter, "op", node->op->kind.name) &&
           text_matches(state, filter, "name", layer->name) &&
           text_matches(state, filter, "stage", layer->stage) &&
           text_matches(state, filter, "block", layer->block) &&
           text_matches(state, filter, "kind", layer->kind) && tag_matches(state, filter, layer) &&
           flag_matches(state, filter, "fd", layer->fd) &&
           flag_matches(state, filter, "shortcut", layer->shortcut) &&
           flag_matches(state, filter, "gate", layer->gate) &&
           auxiliary_matches(state, filter, layer);
}

/* A filter table at `filter`: its keys and the op that it names must exist. */
static void check_filter(lua_State *state, int filter) {
    lua_pushnil(state);
    while (lua_next(state, filter)) {
        bool known = false;
        const char *key =
            lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "(no text)";
        for (int i = 0; filter_keys[i]; i++)
            known = known || strcmp(filter_keys[i], key) == 0;
        if (!known)
            nt_lua_unknown(state, "nodes can't be chosen by", key, filter_keys);
        lua_pop(state, 1);
    }
    if (lua_getfield(state, filter, "op") == LUA_TSTRING) {
        const char *op = lua_tostring(state, -1);
        const char *near = nt_kind_nearest(nt_ops, nt_op_is_public, op);
        if (!strchr(op, '*') && !nt_op_find(op)) {
            if (near)
                luaL_error(state, "there is no op '%s'; did you mean '%s'?", op, near);
            luaL_error(state, "there is no op '%s'", op);
        }
    }
    lua_pop(state, 1);
}

/* Of one layer, in instructions: a pattern may be long. */
static int64_t cost_of_filter(lua_State *state, int filter) {
    enum { USUAL = 10, BYTES_AN_INSTRUCTION = 16 };
    size_t bytes = 0;
    for (lua_pushnil(state); lua_next(state, filter); lua_pop(state, 1))
        bytes += lua_type(state, -1) == LUA_TSTRING ? lua_rawlen(state, -1) : 0;
    return USUAL + (int64_t)(bytes / BYTES_AN_INSTRUCTION);
}

void nt_lua_check_network(lua_State *state, const char *method) {
    if (!luaL_testudata(state, 1, NETWORK))
        luaL_error(state, "'%s' is called with a colon: net:%s", method, method);
    nt_sandbox_charge(state, 1);
}

static int network_nodes(lua_State *state) {
    const nt_network *network = network_of(state);
    nt_lua_check_network(state, "nodes");
    lua_settop(state, 2);
    if (lua_isnil(state, 2)) {
        lua_newtable(state);
        lua_replace(state, 2);
    } else if (lua_type(state, 2) == LUA_TSTRING) {
        lua_newtable(state);
        lua_pushvalue(state, 2);
        lua_setfield(state, -2, "op");
        lua_replace(state, 2);
    }
    luaL_checktype(state, 2, LUA_TTABLE);
    check_filter(state, 2);
    nt_sandbox_charge(state, (int64_t)network->layer_count * cost_of_filter(state, 2));
    lua_newtable(state);
    int count = 0;
    for (size_t l = 0; l < network->layer_count; l++) {
        if (!keeps(state, 2, network, &network->layers[l]))
            continue;
        nt_lua_push_layer(state, network, &network->layers[l]);
        lua_rawseti(state, -2, ++count);
    }
    return 1;
}

int nt_lua_no_such_node(lua_State *state, const nt_network *network, const char *in_what,
                        bool or_block, const char *name) {
    size_t count = 0;
    const char **names =
        lua_newuserdatauv(state, (2 * network->layer_count + 1) * sizeof *names, 0);
    for (size_t l = 0; l < network->layer_count; l++)
        names[count++] = network->layers[l].name;
    for (size_t l = 0; l < network->layer_count && or_block; l++)
        names[count++] = network->layers[l].block;
    names[count] = NULL;
    const char *what = lua_pushfstring(state, "%s%sthe network has no node%s", in_what,
                                       in_what[0] ? ": " : "", or_block ? " or block" : "");
    return nt_lua_unknown(state, what, name, names);
}

static int network_node(lua_State *state) {
    const nt_network *network = network_of(state);
    nt_lua_check_network(state, "node");
    const char *name = luaL_checkstring(state, 2);
    const nt_layer *layer = nt_network_layer(network, name);
    if (!layer)
        return nt_lua_no_such_node(state, network, "", false, name);
    nt_lua_push_layer(state, network, layer);
    return 1;
}

/* net:need(a, b, …): all of them, none of which may be nil. */
static int network_need(lua_State *state) {
    nt_lua_check_network(state, "need");
    int count = lua_gettop(state) - 1;
    if (count == 0)
        return luaL_error(state, "net:need was given nothing");
    for (int i = 1; i <= count; i++)
        if (lua_isnil(state, i + 1))
            return count == 1
                       ? luaL_error(state, "net:need was given nil")
                       : luaL_error(state, "net:need was given nil as number %d of %d", i, count);
    return count;
}

static const luaL_Reg own_methods[] = {
    {"nodes", network_nodes}, {"node", network_node}, {"need", network_need}, {NULL, NULL}};

static int network_index(lua_State *state) {
    lua_getfield(state, LUA_REGISTRYINDEX, NETWORK ".more");
    const luaL_Reg *const lists[] = {own_methods, lua_touserdata(state, -1)};
    const char *names[NT_MORE_METHODS + 5] = {"name"}, *key = luaL_checkstring(state, 2);
    int count = 1;
    if (strcmp(key, "name") == 0) {
        lua_pushstring(state, network_of(state)->name);
        return 1;
    }
    for (int i = 0; i < 2; i++)
        for (const luaL_Reg *method = lists[i]; method->name; method++) {
            names[count++] = method->name;
            if (strcmp(key, method->name) == 0) {
                lua_pushcfunction(state, method->func);
                return 1;
            }
        }
    return nt_lua_unknown(state, "a network has no field", key, names);
}

static const luaL_Reg node_methods[] = {
    {"__index", node_index},
    {"__newindex", read_only},
    {"__tostring", node_tostring},
    {"__order", node_order},
    {NULL, NULL},
};

static const luaL_Reg network_methods[] = {
    {"__index", network_index},
    {"__newindex", read_only},
    {NULL, NULL},
};

void nt_lua_push_network(lua_State *state, const nt_network *network, const luaL_Reg *more) {
    lua_pushlightuserdata(state, (void *)(uintptr_t)more);
    lua_setfield(state, LUA_REGISTRYINDEX, NETWORK ".more");
    lua_pushlightuserdata(state, (void *)(uintptr_t)network);
    lua_setfield(state, LUA_REGISTRYINDEX, NETWORK ".pointer");
    lua_newtable(state);
    lua_setfield(state, LUA_REGISTRYINDEX, NODES);
    luaL_newmetatable(state, NODE);
    luaL_setfuncs(state, node_methods, 0);
    luaL_newmetatable(state, NETWORK);
    luaL_setfuncs(state, network_methods, 0);
    lua_pop(state, 2);
    lua_newuserdatauv(state, 1, 0);
    luaL_setmetatable(state, NETWORK);
}
