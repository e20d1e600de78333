/* net:evaluate, net:evaluate_all, net:cuts and net:coupled. The first two ask the caller: each
 * reads its questions into hook->questions and waits; whoever drives the hook puts answers into
 * hook->answers and resumes it; the script then gets them as read-only objects. Questions are only
 * counted as asked once the script waits for them: what a pcall saw fail was never asked. */
#include "hook_private.h"

#include "edit.h"
#include "network_api.h"
#include <string.h>

#define ANSWER "nontrivial.answer"

/* --- answers ---------------------------------------------------------------------------------- */

static int answer_index(lua_State *state) {
    const nt_answer *answer = luaL_checkudata(state, 1, ANSWER);
    const char *const fields[] = {answer->metric, "change", "correct", "loss",
                                  "metric",       "total",  "value",   NULL};
    const char *key = luaL_checkstring(state, 2);
    if (strcmp(key, "value") == 0 || strcmp(key, answer->metric) == 0)
        lua_pushnumber(state, answer->value);
    else if (strcmp(key, "metric") == 0)
        lua_pushstring(state, answer->metric);
    else if (strcmp(key, "change") == 0)
        lua_pushnumber(state, answer->change);
    else if (strcmp(key, "correct") == 0)
        lua_pushinteger(state, answer->correct);
    else if (strcmp(key, "loss") == 0)
        lua_pushnumber(state, answer->loss);
    else if (strcmp(key, "total") == 0)
        lua_pushinteger(state, answer->total);
    else
        return nt_lua_unknown(state, "an answer has no field", key, fields);
    return 1;
}

static int answer_newindex(lua_State *state) {
    return luaL_error(state, "answers can't be changed by a script");
}

static void push_answer(lua_State *state, const nt_answer *answer) {
    nt_answer *copy = lua_newuserdatauv(state, sizeof *copy, 0);
    *copy = *answer;
    copy->failure = NULL;
    if (luaL_newmetatable(state, ANSWER)) {
        lua_pushcfunction(state, answer_index);
        lua_setfield(state, -2, "__index");
        lua_pushcfunction(state, answer_newindex);
        lua_setfield(state, -2, "__newindex");
    }
    lua_setmetatable(state, -2);
}

/* Where evaluate goes on. */
static int take_one(lua_State *state) {
    const nt_answer *answer = nt_lua_hook(state)->answers;
    if (answer->failure)
        return luaL_error(state, "%s", answer->failure);
    push_answer(state, answer);
    return 1;
}

/* Where evaluate_all goes on. */
static int take_all(lua_State *state) {
    const nt_hook *hook = nt_lua_hook(state);
    for (int32_t i = 0; i < hook->questions.count; i++)
        if (hook->answers[i].failure)
            return luaL_error(state, "question %d: %s", (int)i + 1, hook->answers[i].failure);
    lua_createtable(state, hook->questions.count, 0);
    for (int32_t i = 0; i < hook->questions.count; i++) {
        push_answer(state, &hook->answers[i]);
        lua_rawseti(state, -2, i + 1);
    }
    return 1;
}

/* --- questions -------------------------------------------------------------------------------- */

/* Makes room for `count` questions. */
static nt_case *begin(lua_State *state, nt_hook *hook, lua_Integer count) {
    if (count > hook->limits.questions - hook->question_count)
        luaL_error(state, "the script asks more than %d questions", (int)hook->limits.questions);
    nt_cases_finish(&hook->questions);
    hook->questions.remark = hook->questions.control_of = "";
    memcpy(hook->questions.digest, hook->cases.digest, sizeof hook->cases.digest);
    nt_hook_hold(state, hook, (size_t)(count + 1) * sizeof(nt_case));
    hook->questions.items = NT_ARENA_ARRAY(&hook->questions.arena, nt_case, count + 1);
    if (!hook->questions.items)
        nt_sandbox_no_memory(state);
    hook->named = 0;
    return hook->questions.items;
}

static int ask(lua_State *state, nt_hook *hook, lua_Integer count, const char *what,
               int (*after)(lua_State *state)) {
    hook->questions.count = (int32_t)count;
    hook->questions.asks = true;
    return nt_sandbox_wait(state, what, after);
}

static void read_question(lua_State *state, nt_hook *hook, int index, const char *what,
                          nt_arena *arena, nt_case *item) {
    int table = lua_absindex(state, index);
    if (!lua_istable(state, table))
        luaL_error(state, "%s is %s, not a table such as {zero = {…}}", what,
                   luaL_typename(state, table));
    nt_lua_check_keys(state, table, what, true);
    item->name = "";
    nt_lua_read_edits(state, hook, table, what, arena, item);
    nt_hook_hold(state, hook, 0);
}

static int evaluate(lua_State *state) {
    nt_hook *hook = nt_lua_hook(state);
    nt_lua_check_network(state, "evaluate");
    lua_settop(state, 2);
    nt_case *question = begin(state, hook, 1);
    read_question(state, hook, 2, "the question", &hook->questions.arena, question);
    return ask(state, hook, 1, "net:evaluate", take_one);
}

static int evaluate_all(lua_State *state) {
    nt_hook *hook = nt_lua_hook(state);
    nt_lua_check_network(state, "evaluate_all");
    lua_settop(state, 2);
    lua_Integer count = nt_lua_list_length(state, 2, "net:evaluate_all was given",
                                           "give it a list of questions {{zero = {…}}, …}");
    nt_case *questions = begin(state, hook, count);
    for (lua_Integer i = 0; i < count; i++) {
        const char *what = lua_pushfstring(state, "question %I", i + 1);
        lua_rawgeti(state, 2, i + 1);
        read_question(state, hook, -1, what, &hook->questions.arena, &questions[i]);
        lua_settop(state, 2);
    }
    if (count == 0) {
        lua_newtable(state);
        return 1;
    }
    return ask(state, hook, count, "net:evaluate_all", take_all);
}

/* --- cuts ------------------------------------------------------------------------------------- */

enum { INSTRUCTIONS_A_NODE = 10 };

/* The graph itself answers this one, without weights or images. */
static int cuts(lua_State *state) {
    nt_hook *hook = nt_lua_hook(state);
    const nt_graph *graph = hook->network->graph;
    nt_case item;
    bool cut;
    char why[NT_WHY];
    nt_lua_check_network(state, "cuts");
    lua_settop(state, 2);
    nt_sandbox_charge(state, (int64_t)nt_graph_size(graph) * INSTRUCTIONS_A_NODE);
    nt_arena_finish(&hook->cut);
    hook->named = 0;
    read_question(state, hook, 2, "net:cuts", &hook->cut, &item);
    nt_status status = nt_edit_cuts(graph, item.edits, item.count, &cut, why);
    if (status == NT_INVALID)
        return luaL_error(state, "net:cuts: %s", why);
    if (status != NT_OK)
        return nt_sandbox_no_memory(state);
    lua_pushboolean(state, cut);
    return 1;
}

/* --- coupled ---------------------------------------------------------------------------------- */

/* The analysis is made once. */
static const nt_coupled *coupled_of(lua_State *state, nt_hook *hook) {
    const nt_graph *graph = hook->network->graph;
    if (hook->coupled.graph)
        return &hook->coupled;
    nt_sandbox_charge(state, (int64_t)nt_graph_size(graph) * INSTRUCTIONS_A_NODE);
    if (nt_coupled_init(&hook->coupled, graph, &hook->arena) != NT_OK) {
        hook->coupled = (nt_coupled){0};
        nt_sandbox_no_memory(state);
    }
    nt_hook_hold(state, hook, 0);
    return &hook->coupled;
}

/* The layers with kernels in the set of the one that is given. */
static int coupled(lua_State *state) {
    nt_hook *hook = nt_lua_hook(state);
    const nt_network *network = hook->network;
    nt_lua_check_network(state, "coupled");
    lua_settop(state, 2);
    const nt_layer *of = nt_lua_to_layer(state, 2);
    if (!of && !(of = nt_network_layer(network, luaL_checkstring(state, 2))))
        return nt_lua_no_such_node(state, network, "net:coupled", false, lua_tostring(state, 2));
    if (!nt_node_has_kernel(network->graph, nt_graph_node(network->graph, of->value.node)))
        return luaL_error(state, "net:coupled: '%s' has no kernel", of->name);
    const nt_coupled *channels = coupled_of(state, hook);
    int32_t set = nt_coupled_set(channels, of->value.node);
    int count = 0;
    lua_newtable(state);
    nt_sandbox_charge(state, (int64_t)network->layer_count);
    for (size_t l = 0; l < network->layer_count && set >= 0; l++) {
        const nt_layer *layer = &network->layers[l];
        const nt_node *node = nt_graph_node(network->graph, layer->value.node);
        if (layer->dead || !nt_node_has_kernel(network->graph, node) ||
            nt_coupled_set(channels, layer->value.node) != set)
            continue;
        nt_lua_push_layer(state, network, layer);
        lua_rawseti(state, -2, ++count);
    }
    return 1;
}

const luaL_Reg nt_lua_asking[] = {
    {"coupled", coupled},           {"cuts", cuts}, {"evaluate", evaluate},
    {"evaluate_all", evaluate_all}, {NULL, NULL},
};
