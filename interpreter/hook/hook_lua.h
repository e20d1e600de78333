/* What the files that read Lua values share: the hook behind a state, and lists. Nobody outside
 * this folder includes it. */
#ifndef NT_HOOK_LUA_H
#define NT_HOOK_LUA_H

#include "hook.h"

#include <lauxlib.h>
#include <lua.h>

/* The hook that this state runs, once nt_lua_push_hook has said so. Inside a protected call. */
void nt_lua_push_hook(lua_State *state, nt_hook *hook);
nt_hook *nt_lua_hook(lua_State *state);

/* Raises if the value at `index` is no table with the keys 1 to n alone, returns n otherwise.
 * `what` begins the message, `end` ends it: "the hook returned", "return a list of cases". */
lua_Integer nt_lua_list_length(lua_State *state, int index, const char *what, const char *end);

#endif
