/* Runs a script in the sandbox and reads what it returned, all under its limits. Lua's stack holds,
 * from the bottom: the reader of results and its argument, then the hook, then what it is called
 * with; what it returns is left to the reader, whose mistakes are placed at the script as a whole.
 */
#include "hook.h"

#include "file.h"
#include "network_api.h"
#include "passes.h"
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CASES = 100000, LARGEST_SCRIPT = 1 << 20 };

#define OPTIONS "nontrivial.options"

/* What a run of a hook needs at hand while Lua is on the stack. */
typedef struct hook {
    nt_sandbox *sandbox;
    const char *path;
    const nt_network *network;
    const nt_trail *trail;
    const nt_report *report;
    const nt_hook_option *options;
    int option_count;
    bool *read;         /* per option: the script asked for it */
    const char **asked; /* names that it asked for and that aren't there, for suggestions */
    size_t asked_count;
    nt_cases *cases;
    bool out_of_memory;
} hook;

enum { MOST_ASKED = 32 };

/* --- options ---------------------------------------------------------------------------------- */

static void push_scalar(lua_State *state, nt_scalar scalar) {
    switch (scalar.kind) {
    case NT_SCALAR_BOOL:
        lua_pushboolean(state, scalar.truth);
        break;
    case NT_SCALAR_INT:
        lua_pushinteger(state, scalar.integer);
        break;
    case NT_SCALAR_REAL:
        lua_pushnumber(state, scalar.real);
        break;
    case NT_SCALAR_TEXT:
        lua_pushstring(state, scalar.text);
        break;
    default:
        lua_pushnil(state);
    }
}

static void push_option(lua_State *state, const nt_hook_option *option) {
    if (!option->list) {
        push_scalar(state, option->items[0]);
        return;
    }
    lua_newtable(state);
    for (int i = 0; i < option->count; i++) {
        push_scalar(state, option->items[i]);
        lua_rawseti(state, -2, i + 1);
    }
}

static int options_index(lua_State *state) {
    hook *run = *(hook **)luaL_checkudata(state, 1, OPTIONS);
    const char *key = luaL_checkstring(state, 2);
    for (int i = 0; i < run->option_count; i++)
        if (strcmp(run->options[i].name, key) == 0) {
            run->read[i] = true;
            push_option(state, &run->options[i]);
            return 1;
        }
    const char *copy =
        run->asked_count < MOST_ASKED ? nt_arena_string(&run->cases->arena, key) : NULL;
    if (copy)
        run->asked[run->asked_count++] = copy;
    lua_pushnil(state);
    return 1;
}

static int options_newindex(lua_State *state) {
    return luaL_error(state, "options can't be changed by a script");
}

/* pairs(options). Whoever looks at all options has read them. */
static int options_pairs(lua_State *state) {
    hook *run = *(hook **)luaL_checkudata(state, 1, OPTIONS);
    lua_getglobal(state, "pairs");
    lua_newtable(state);
    for (int i = 0; i < run->option_count; i++) {
        run->read[i] = true;
        push_option(state, &run->options[i]);
        lua_setfield(state, -2, run->options[i].name);
    }
    lua_call(state, 1, 3);
    return 3;
}

static void push_options(lua_State *state, hook *run) {
    hook **place = lua_newuserdatauv(state, sizeof(hook *), 0);
    *place = run;
    luaL_newmetatable(state, OPTIONS);
    lua_pushcfunction(state, options_index);
    lua_setfield(state, -2, "__index");
    lua_pushcfunction(state, options_newindex);
    lua_setfield(state, -2, "__newindex");
    lua_pushcfunction(state, options_pairs);
    lua_setfield(state, -2, "__pairs");
    lua_setmetatable(state, -2);
}

/* An option that the script never asked for is most likely misspelt. */
static nt_status check_options(const hook *run, const char *path, nt_error *error) {
    nt_status status = NT_OK;
    for (int i = 0; i < run->option_count; i++) {
        if (run->read[i])
            continue;
        status = nt_error_at(error, NT_INVALID, run->options[i].place,
                             "the hook %s has no option '%s'", path, run->options[i].name);
        nt_error_suggest(error, run->options[i].name, run->asked);
    }
    return status;
}

/* --- cases ------------------------------------------------------------------------------------ */

/* Raises; nt_hook_run then says what it was. */
static int out_of_memory(lua_State *state, hook *run) {
    run->out_of_memory = true;
    return luaL_error(state, "out of memory");
}

/* A name or a remark goes into tables, files and terminals: UTF-8 without control characters. */
static void check_text(lua_State *state, const char *what, int index) {
    size_t length;
    const char *text = lua_tolstring(state, index, &length);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            luaL_error(state, "%s has a control character (byte %d)", what, (int)i + 1);
    if (!nt_text_is_utf8(text, length))
        luaL_error(state, "%s is not UTF-8", what);
}

/* The layer that a case names: a node, or a node's name. Raises otherwise. */
static const nt_layer *named_layer(lua_State *state, hook *run, const char *name) {
    const nt_layer *layer = nt_lua_to_layer(state, -1);
    if (!layer && lua_type(state, -1) == LUA_TSTRING) {
        layer = nt_network_layer(run->network, lua_tostring(state, -1));
        if (!layer)
            nt_lua_no_such_node(state, run->network, name, lua_tostring(state, -1));
    }
    if (!layer)
        luaL_error(state, "case '%s': 'zero' holds %s where a node is wanted", name,
                   luaL_typename(state, -1));
    const nt_node *node = nt_graph_node(run->network->graph, layer->value.node);
    if (!nt_node_has_kernel(run->network->graph, node))
        luaL_error(state, "case '%s': '%s' (%s) has no kernel to zero", name, layer->name,
                   node->op->name);
    if (layer->dead)
        luaL_error(state, "case '%s': no output of the network depends on '%s'", name, layer->name);
    return layer;
}

static int by_value(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Reads the list (or the one node) on the top of the stack into the case. */
static void read_zeroed(lua_State *state, hook *run, nt_case *item) {
    bool single = !lua_istable(state, -1);
    lua_Integer count = single ? 1 : (lua_Integer)lua_rawlen(state, -1);
    if (count == 0)
        luaL_error(state, "case '%s' zeroes nothing; leave it out", item->name);
    if (count > (lua_Integer)run->network->layer_count)
        luaL_error(state, "case '%s' zeroes %d nodes, more than the network has", item->name,
                   (int)count);
    int32_t *layers = NT_ARENA_ARRAY(&run->cases->arena, int32_t, count);
    if (!layers)
        out_of_memory(state, run);
    for (lua_Integer k = 0; k < count; k++) {
        if (single)
            lua_pushvalue(state, -1);
        else
            lua_rawgeti(state, -1, k + 1);
        layers[k] = named_layer(state, run, item->name)->index;
        lua_pop(state, 1);
    }
    qsort(layers, (size_t)count, sizeof *layers, by_value);
    for (lua_Integer k = 1; k < count; k++)
        if (layers[k] == layers[k - 1])
            luaL_error(state, "case '%s' names '%s' twice", item->name,
                       run->network->layers[layers[k]].name);
    item->layers = layers;
    item->layer_count = (int32_t)count;
}

static void check_keys(lua_State *state, int table, lua_Integer number) {
    static const char *const keys[] = {"name", "zero", NULL};
    lua_pushnil(state);
    while (lua_next(state, table)) {
        const char *key = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "?";
        if (strcmp(key, keys[0]) != 0 && strcmp(key, keys[1]) != 0) {
            const char *near = nt_nearest(key, keys);
            luaL_error(state, "case %d has an unknown key '%s'; did you mean '%s'?", (int)number,
                       key, near ? near : "zero");
        }
        lua_pop(state, 1);
    }
}

/* Reads the case on the top of the stack; the table at NAMES knows the names before it. */
enum { NAMES = 4 };

static void read_case(lua_State *state, hook *run, lua_Integer number) {
    nt_case *item = &run->cases->items[number - 1];
    int table = lua_gettop(state);
    if (!lua_istable(state, table))
        luaL_error(state, "case %d is %s, not a table {name = …, zero = {…}}", (int)number,
                   luaL_typename(state, table));
    check_keys(state, table, number);
    if (lua_getfield(state, table, "name") != LUA_TSTRING || lua_rawlen(state, -1) == 0)
        luaL_error(state, "case %d has no 'name'; give it a text", (int)number);
    check_text(state, lua_pushfstring(state, "the name of case %d", (int)number), -2);
    lua_pop(state, 1);
    item->name = nt_arena_string(&run->cases->arena, lua_tostring(state, -1));
    if (!item->name)
        out_of_memory(state, run);
    lua_pushvalue(state, -1);
    if (lua_rawget(state, NAMES) != LUA_TNIL)
        luaL_error(state, "cases %d and %d are both named '%s'", (int)lua_tointeger(state, -1),
                   (int)number, item->name);
    lua_pop(state, 1);
    lua_pushinteger(state, number);
    lua_rawset(state, NAMES);
    if (lua_getfield(state, table, "zero") == LUA_TNIL)
        luaL_error(state, "case '%s' has no 'zero'; list the nodes whose kernels are zeroed",
                   item->name);
    read_zeroed(state, run, item);
    lua_settop(state, table);
}

/* The hook's list of cases (argument 2) must be a list and nothing else. Returns its length. */
static lua_Integer check_list(lua_State *state) {
    if (!lua_istable(state, 2))
        luaL_error(state, "the hook returned %s; return a list of cases", luaL_typename(state, 2));
    lua_Integer count = (lua_Integer)lua_rawlen(state, 2);
    if (count > MOST_CASES)
        luaL_error(state, "the hook returned %I cases; at most %d are allowed", count, MOST_CASES);
    lua_pushnil(state);
    while (lua_next(state, 2)) {
        lua_Integer key = lua_isinteger(state, -2) ? lua_tointeger(state, -2) : 0;
        if (key < 1 || key > count)
            luaL_error(state,
                       "the hook returned a table with other keys than 1 to %I; "
                       "return a list of cases",
                       count);
        lua_pop(state, 1);
    }
    return count;
}

/* read_results(run, cases, remark) */
static int read_results(lua_State *state) {
    hook *run = lua_touserdata(state, 1);
    nt_arena *arena = &run->cases->arena;
    lua_settop(state, NAMES);
    lua_Integer count = check_list(state);
    run->cases->items = NT_ARENA_ARRAY(arena, nt_case, count);
    if (!lua_isnil(state, 3) && lua_type(state, 3) != LUA_TSTRING)
        return luaL_error(state, "the hook's second result must be a remark (a text)");
    if (!lua_isnil(state, 3))
        check_text(state, "the remark", 3);
    if (!lua_isnil(state, 3))
        run->cases->remark = nt_arena_string(arena, lua_tostring(state, 3));
    if (!run->cases->items || !run->cases->remark)
        return out_of_memory(state, run);
    lua_newtable(state);
    lua_replace(state, NAMES);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(state, 2, i);
        read_case(state, run, i);
        lua_settop(state, NAMES);
    }
    run->cases->count = (int32_t)count;
    return 0;
}

/* push_arguments(run): the network and the options */
static int push_arguments(lua_State *state) {
    hook *run = lua_touserdata(state, 1);
    nt_lua_push_network(state, run->network);
    push_options(state, run);
    return 2;
}

/* Reads what the hook returned. Its mistakes have no line, but a script and whoever asked for it.
 */
static nt_status read_all(hook *run, const nt_source *source, nt_error *error) {
    nt_error own;
    nt_error_init(&own);
    nt_status status = nt_sandbox_call(run->sandbox, 3, 0, &own);
    if (status != NT_OK && own.count > 0)
        nt_error_at(error, status, (nt_place){.source = source, .trail = run->trail}, "%s",
                    own.items[0].message);
    if (status != NT_OK && own.count > 0 && own.items[0].hint)
        nt_error_hint(error, "%s", own.items[0].hint);
    nt_error_finish(&own);
    return status;
}

static void show_print(void *user, const char *line, size_t length) {
    const hook *run = user;
    nt_report_note(run->report, "%s: %.*s", run->path, (int)length, line);
}

static nt_status run_source(hook *run, const nt_source *source, nt_error *error) {
    lua_State *state = nt_sandbox_state(run->sandbox);
    lua_pushcfunction(state, read_results);
    lua_pushlightuserdata(state, run);
    NT_TRY(nt_sandbox_load(run->sandbox, source, error));
    NT_TRY(nt_sandbox_call(run->sandbox, 0, 1, error));
    if (!lua_isfunction(state, -1)) {
        nt_error_at(error, NT_INVALID, (nt_place){.source = source},
                    "the script returned %s, not a hook", luaL_typename(state, -1));
        nt_error_hint(error, "end it with 'return function(net, options) ... end'");
        return NT_INVALID;
    }
    NT_TRY(nt_sandbox_do(run->sandbox, push_arguments, run, 2, error));
    NT_TRY(nt_sandbox_call(run->sandbox, 2, 2, error));
    return read_all(run, source, error);
}

nt_status nt_hook_run(const char *path, const nt_network *network, const nt_hook_option *options,
                      int option_count, const nt_trail *trail, const nt_report *report,
                      nt_cases *ret, nt_error *error) {
    nt_bytes text = {0};
    nt_cases cases = {.remark = ""};
    hook run = {.path = path,
                .network = network,
                .trail = trail,
                .report = report,
                .options = options,
                .option_count = option_count};
    NT_TRY(nt_file_read(path, LARGEST_SCRIPT, &text, error));
    nt_source source = {.path = path, .text = (const char *)text.bytes, .length = text.size};
    nt_arena_init(&cases.arena);
    run.cases = &cases;
    run.read = NT_ARENA_ARRAY(&cases.arena, bool, option_count + 1);
    run.asked = NT_ARENA_ARRAY(&cases.arena, const char *, MOST_ASKED + 1);
    nt_status status = nt_sandbox_new(&nt_sandbox_usual, &run.sandbox);
    if (status == NT_OK &&
        (!run.read || !run.asked || !nt_digest_bytes(text.bytes, text.size, cases.digest)))
        status = NT_NO_MEMORY;
    if (status == NT_OK) {
        nt_sandbox_set_print(run.sandbox, show_print, &run);
        status = run_source(&run, &source, error);
    } else {
        nt_error_say(error, status, "out of memory running %s", path);
    }
    if (status == NT_OK)
        status = check_options(&run, path, error);
    nt_sandbox_free(run.sandbox);
    nt_bytes_finish(&text);
    if (status != NT_OK) {
        nt_cases_finish(&cases);
        return run.out_of_memory ? NT_NO_MEMORY : status;
    }
    *ret = cases;
    return NT_OK;
}

void nt_cases_finish(nt_cases *cases) {
    nt_arena_finish(&cases->arena);
    *cases = (nt_cases){0};
}
