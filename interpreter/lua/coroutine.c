/* A script that waits for its caller: a thread of Lua's, which yields out of a C function and later
 * goes on in another one with the same stack.
 *
 * Lua can't yield across a C function that has called back into Lua, such as table.sort with its
 * comparison; only pcall knows how to be left and entered again. nt_sandbox_wait says so by name
 * before Lua would say it in its own words. When an error ends a thread its stack stays as it was,
 * so the place where it was raised can be looked up afterwards, even if memory is short. */
#include "sandbox_private.h"

#include <assert.h>
#include <string.h>

static const char coroutine_key = 0; /* its address names the thread in the registry */

/* make(function, arguments …) */
static int make(lua_State *L) {
    int count = lua_gettop(L);
    lua_State *thread = lua_newthread(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &coroutine_key);
    if (!lua_checkstack(thread, count + 1))
        return nt_sandbox_no_memory(L);
    lua_xmove(L, thread, count);
    nt_sandbox_of(L)->coroutine = thread;
    return 0;
}

nt_status nt_sandbox_start(nt_sandbox *sandbox, int arguments, nt_error *error) {
    lua_State *L = sandbox->state;
    int function = lua_gettop(L) - arguments;
    if (!lua_checkstack(L, 1)) {
        lua_settop(L, function - 1);
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    }
    lua_pushcfunction(L, make);
    lua_insert(L, function);
    return nt_sandbox_call(sandbox, arguments + 1, 0, error);
}

nt_status nt_sandbox_resume(nt_sandbox *sandbox, int results, bool *ret_ended, nt_error *error) {
    lua_State *L = sandbox->state, *thread = sandbox->coroutine;
    assert(thread);
    int arguments = lua_status(thread) == LUA_OK ? lua_gettop(thread) - 1 : 0, count;
    if (!lua_checkstack(L, results))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_sandbox_refresh(thread);
    int lua_status = lua_resume(thread, L, arguments, &count);
    nt_sandbox_end(thread);
    if (lua_status == LUA_YIELD) {
        *ret_ended = false;
        return NT_OK;
    }
    sandbox->coroutine = NULL;
    if (lua_status != LUA_OK) {
        if (!sandbox->placed)
            nt_sandbox_note_place(thread);
        return nt_sandbox_report(thread, lua_status, NULL, error);
    }
    lua_settop(thread, results);
    lua_xmove(thread, L, results);
    *ret_ended = true;
    return NT_OK;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static int go_on(lua_State *L, int status, lua_KContext unused) {
    (void)status, (void)unused;
    return nt_sandbox_of(L)->after(L);
}

/* Raises, naming the innermost library function but pcall that is being called. */
static int refuse(lua_State *L, const char *what) {
    lua_Debug activation;
    int top = lua_gettop(L);
    for (int level = 1; lua_getstack(L, level, &activation); level++) {
        lua_getinfo(L, "f", &activation);
        const char *name = lua_iscfunction(L, -1) ? nt_library_name(L, -1) : NULL;
        if (name && strcmp(name, "pcall") != 0)
            return luaL_error(L, "%s can't be called from inside %s", what, name);
        lua_settop(L, top);
    }
    return luaL_error(L, "%s can't be called here", what);
}

int nt_sandbox_wait(lua_State *state, const char *what, int (*after)(lua_State *state)) {
    nt_sandbox_charge(state, 0);
    if (!lua_isyieldable(state))
        return refuse(state, what);
    nt_sandbox_of(state)->after = after;
    return lua_yieldk(state, 0, 0, go_on);
}
