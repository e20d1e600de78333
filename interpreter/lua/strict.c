/* Globals that must be assigned before they are read: a misspelt name would otherwise be nil, which
 * ends a list of nodes silently. The table of globals gets a metatable, which scripts can neither
 * see nor change; since it is the table itself, `_ENV.name` is no way round it, while a script may
 * have an _ENV of its own. What was assigned once may be read for ever, even if it was nil.
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

/* What was assigned is the table on top of the stack. Its order isn't the same on each run. */
static int count_globals(lua_State *L, int count, const char **names) {
    int first = count;
    nt_sandbox_charge(L, MOST_NAMES / 8);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        if (count < MOST_NAMES && lua_type(L, -2) == LUA_TSTRING)
            names[count++] = lua_tostring(L, -2);
    qsort(names + first, (size_t)(count - first), sizeof *names, by_name);
    return count;
}

/* __index of the globals, which lack this one. upvalue: what was assigned */
static int read_global(lua_State *L) {
    const char *names[MOST_NAMES + 1], *name;
    lua_Debug activation;
    int count = 0;
    lua_pushvalue(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING || lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
        lua_pushnil(L);
        return 1;
    }
    luaL_checkstack(L, 8, NULL);
    name = lua_tostring(L, 2);
    if (lua_getstack(L, 1, &activation) && lua_getinfo(L, "f", &activation)) {
        count = count_locals(L, &activation, names);
        count = count_upvalues(L, lua_gettop(L), count, names);
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    names[count_globals(L, count, names)] = NULL;
    const char *near = nt_nearest(name, names);
    if (near)
        return luaL_error(L, "nothing is called '%s' here; did you mean '%s'?", name, near);
    return luaL_error(L, "nothing is called '%s' here", name);
}

/* __newindex of the globals. upvalue: what was assigned */
static int write_global(lua_State *L) {
    lua_pushvalue(L, 2);
    lua_pushboolean(L, true);
    lua_rawset(L, lua_upvalueindex(1));
    lua_rawset(L, 1);
    return 0;
}

static int make_strict(lua_State *L) {
    lua_pushglobaltable(L);
    int globals = lua_gettop(L), declared = globals + 1;
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, globals); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushboolean(L, true);
        lua_rawset(L, declared);
    }
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, declared);
    lua_pushcclosure(L, read_global, 1);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, declared);
    lua_pushcclosure(L, write_global, 1);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, globals);
    return 0;
}

nt_status nt_sandbox_set_strict(nt_sandbox *sandbox, nt_error *error) {
    return nt_sandbox_do(sandbox, make_strict, NULL, 0, error);
}
