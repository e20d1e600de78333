#include "hook_private.h"

static const char hook_key = 0; /* its address names the hook in the registry */

void nt_lua_push_hook(lua_State *state, nt_hook *hook) {
    lua_pushlightuserdata(state, hook);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &hook_key);
}

nt_hook *nt_lua_hook(lua_State *state) {
    lua_rawgetp(state, LUA_REGISTRYINDEX, &hook_key);
    nt_hook *hook = lua_touserdata(state, -1);
    lua_pop(state, 1);
    return hook;
}

void nt_hook_hold(lua_State *state, const nt_hook *hook, size_t more) {
    const nt_arena *const arenas[] = {&hook->arena, &hook->cases.arena, &hook->questions.arena,
                                      &hook->cut};
    size_t bytes = more;
    for (size_t i = 0; i < sizeof arenas / sizeof *arenas; i++)
        bytes += nt_arena_size(arenas[i]);
    nt_sandbox_hold(state, bytes);
}

lua_Integer nt_lua_list_length(lua_State *state, int index, const char *what, const char *end) {
    index = lua_absindex(state, index);
    if (!lua_istable(state, index))
        luaL_error(state, "%s %s; %s", what, luaL_typename(state, index), end);
    lua_Integer count = (lua_Integer)lua_rawlen(state, index);
    nt_sandbox_charge(state, count);
    lua_pushnil(state);
    while (lua_next(state, index)) {
        lua_Integer key = lua_isinteger(state, -2) ? lua_tointeger(state, -2) : 0;
        if (key < 1 || key > count)
            luaL_error(state, "%s a table with other keys than 1 to %I; %s", what, count, end);
        lua_pop(state, 1);
    }
    return count;
}
