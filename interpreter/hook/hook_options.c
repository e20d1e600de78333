/* A suite's options as a script sees them: a read-only object, any of whose fields may be asked
 * for. What the script asks for is remembered, since an option that it doesn't know can only be
 * found by its never being read. */
#include "hook_private.h"

#include <string.h>

#define OPTIONS "nontrivial.options"

enum { MOST_ASKED = 32 };

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

/* Out of memory for a suggestion costs no more than that; nothing long is like an option. */
static void note_asked(nt_hook *hook, const char *name) {
    enum { LONGEST = 64 };
    if (strnlen(name, LONGEST + 1) > LONGEST)
        return;
    if (!hook->asked)
        hook->asked = NT_ARENA_ARRAY(&hook->arena, const char *, MOST_ASKED + 1);
    const char *copy =
        hook->asked && hook->asked_count < MOST_ASKED ? nt_arena_string(&hook->arena, name) : NULL;
    if (copy)
        hook->asked[hook->asked_count++] = copy;
}

static int options_index(lua_State *state) {
    nt_hook *hook = nt_lua_hook(state);
    luaL_checkudata(state, 1, OPTIONS);
    const char *key = luaL_checkstring(state, 2);
    for (int i = 0; i < hook->option_count; i++)
        if (strcmp(hook->options[i].name, key) == 0) {
            hook->read[i] = true;
            push_option(state, &hook->options[i]);
            return 1;
        }
    note_asked(hook, key);
    lua_pushnil(state);
    return 1;
}

static int options_newindex(lua_State *state) {
    return luaL_error(state, "options can't be changed by a script");
}

/* pairs(options). Whoever looks at all options has read them. */
static int options_pairs(lua_State *state) {
    nt_hook *hook = nt_lua_hook(state);
    lua_getglobal(state, "pairs");
    lua_newtable(state);
    for (int i = 0; i < hook->option_count; i++) {
        hook->read[i] = true;
        push_option(state, &hook->options[i]);
        lua_setfield(state, -2, hook->options[i].name);
    }
    lua_call(state, 1, 3);
    return 3;
}

void nt_lua_push_options(lua_State *state, nt_hook *hook) {
    static const luaL_Reg methods[] = {
        {"__index", options_index},
        {"__newindex", options_newindex},
        {"__pairs", options_pairs},
        {NULL, NULL},
    };
    hook->read = NT_ARENA_ARRAY(&hook->arena, bool, hook->option_count + 1);
    if (!hook->read)
        nt_sandbox_no_memory(state);
    lua_newuserdatauv(state, 1, 0);
    luaL_newmetatable(state, OPTIONS);
    luaL_setfuncs(state, methods, 0);
    lua_setmetatable(state, -2);
}

nt_status nt_hook_check_options(const nt_hook *hook, nt_error *error) {
    static const char *const none[] = {NULL};
    nt_status status = NT_OK;
    if (hook->cases.count == 0)
        return NT_OK;
    for (int i = 0; i < hook->option_count; i++) {
        if (hook->read[i])
            continue;
        status =
            nt_error_at(error, NT_INVALID, hook->options[i].location,
                        "the hook %s has no option '%s'", hook->source.path, hook->options[i].name);
        nt_error_suggest(error, hook->options[i].name, hook->asked ? hook->asked : none);
    }
    return status;
}
