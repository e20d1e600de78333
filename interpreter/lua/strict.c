/* Globals that must be assigned before they are read: a misspelt name would otherwise be nil, which
 * ends a list of nodes silently. The last of the tables behind the globals (read_only.c) gets a
 * metatable, which scripts can neither see nor change; `_ENV.name` is no way round it, while a
 * script may have an _ENV of its own. What was assigned once may be read for ever, even if it was
 * nil.
 *
 * The error names what is near among all that the line can see: local variables, those of the
 * functions around it that its function uses, and globals. */
#include "sandbox_private.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_NAMES = 512 };

static int count_locals(lua_State *L, const lua_Debug *activation, const char **ret_names) {
    int count = 0;
    const char *name;
    for (int i = 1; count < MOST_NAMES && (name = lua_getlocal(L, activation, i)) != NULL; i++) {
        lua_pop(L, 1);
        if (name[0] != '(') /* Lua's own */
            ret_names[count++] = name;
    }
    return count;
}

static int count_upvalues(lua_State *L, int function, int count, const char **names) {
    const char *name;
    for (int i = 1; count < MOST_NAMES && (name = lua_getupvalue(L, function, i)) != NULL; i++) {
        lua_pop(L, 1);
        names[count++] = name;
    }
    return count;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of the table on top of the stack, whose order isn't the same on each run: sorted, and
 * of too many none. */
static int count_names(lua_State *L, int first, const char **names) {
    int count = 0;
    nt_sandbox_charge(L, MOST_NAMES / 8);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            continue;
        if (count == MOST_NAMES) {
            lua_pop(L, 2);
            return first;
        }
        names[first + count++] = lua_tostring(L, -2);
    }
    qsort(names + first, (size_t)count, sizeof *names, by_name);
    return first + count;
}

/* __index of the given globals, which lack this one. */
static int read_global(lua_State *L) {
    const char *names[3 * MOST_NAMES + 1], *name;
    lua_Debug activation;
    int count = 0;
    nt_globals_push_assigned(L);
    int assigned = lua_gettop(L);
    lua_pushvalue(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING || lua_rawget(L, assigned) != LUA_TNIL) {
        lua_pushnil(L);
        return 1;
    }
    luaL_checkstack(L, 8, NULL);
    name = lua_tostring(L, 2);
    if (lua_getstack(L, 1, &activation) && lua_getinfo(L, "f", &activation)) {
        count = count_locals(L, &activation, names);
        count = count_upvalues(L, lua_gettop(L), count, names);
    }
    nt_globals_push_given(L);
    count = count_names(L, count, names);
    lua_pushvalue(L, assigned);
    names[count_names(L, count, names)] = NULL;
    const char *near = nt_nearest(name, names);
    if (near)
        return luaL_error(L, "nothing is called '%s' here; did you mean '%s'?", name, near);
    return luaL_error(L, "nothing is called '%s' here", name);
}

static int make_strict(lua_State *L) {
    nt_globals_push_given(L);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, read_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    return 0;
}

nt_status nt_sandbox_set_strict(nt_sandbox *sandbox, nt_error *error) {
    return nt_sandbox_do(sandbox, make_strict, NULL, 0, error);
}
