/* Tables that scripts can read and not change. A script gets an empty table in place of the real
 * one, which a metatable leads to; scripts can't reach metatables, and every function that they
 * have either honours these or finds the table empty.
 *
 *     globals        empty; reads go to ↓, writes are looked at and go there
 *       assigned     what the script has assigned; reads go on to ↓
 *         given      the functions and libraries, these read-only too; reads go on to what strict.c
 *                    puts there
 *
 * pairs and next open such a table: they work on a copy of what it shows. */
#include "sandbox_private.h"

/* Their addresses name fields of the registry. */
static const char given_key = 0, assigned_key = 0, names_key = 0;

#define SHOWN "__shown" /* a metafield: the first of the tables behind it */

/* upvalue: the table's name */
static int refuse_write(lua_State *L) {
    return luaL_error(L, "%s can't be changed: what the sandbox gives is read-only",
                      lua_tostring(L, lua_upvalueindex(1)));
}

void nt_read_only(lua_State *L, const char *name) {
    int table = lua_gettop(L);
    luaL_checkstack(L, 6, NULL);
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, table);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, table);
    lua_setfield(L, -2, SHOWN);
    lua_pushstring(L, name);
    lua_pushcclosure(L, refuse_write, 1);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    lua_replace(L, table);
}

/* Adds to the table at `to` what that at `from` has and it hasn't. */
static void add_fields(lua_State *L, int from, int to) {
    for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        if (lua_rawget(L, to) == LUA_TNIL) {
            lua_pushvalue(L, -3);
            lua_pushvalue(L, -3);
            lua_rawset(L, to);
        }
        lua_pop(L, 1);
    }
}

void nt_read_only_open(lua_State *L, int index) {
    index = lua_absindex(L, index);
    int top = lua_gettop(L);
    luaL_checkstack(L, 8, NULL);
    if (!lua_istable(L, index) || luaL_getmetafield(L, index, SHOWN) != LUA_TTABLE) {
        lua_settop(L, top);
        return;
    }
    lua_newtable(L);
    lua_insert(L, top + 1);
    while (lua_istable(L, top + 2)) { /* and what lies behind */
        add_fields(L, top + 2, top + 1);
        if (luaL_getmetafield(L, top + 2, "__index") == LUA_TNIL)
            lua_pushnil(L);
        lua_replace(L, top + 2);
    }
    lua_settop(L, top + 1);
    lua_replace(L, index);
}

/* --- globals ---------------------------------------------------------------------------------- */

void nt_globals_push_given(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &given_key);
}

void nt_globals_push_assigned(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &names_key);
}

/* __newindex of the globals. What was assigned is remembered, even nil. */
static int write_global(lua_State *L) {
    nt_globals_push_given(L);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) != LUA_TNIL)
        return luaL_error(L,
                          "'%s' can't be changed: what the sandbox gives is read-only; call "
                          "yours otherwise, or make it local",
                          lua_tostring(L, 2));
    lua_settop(L, 3);
    nt_globals_push_assigned(L);
    lua_pushvalue(L, 2);
    lua_pushboolean(L, true);
    lua_rawset(L, -3);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &assigned_key);
    lua_insert(L, 2);
    lua_settop(L, 4);
    lua_rawset(L, 2);
    return 0;
}

/* Gives the table on top of the stack a metatable that leads on to that at `behind`. */
static void lead_on(lua_State *L, int behind) {
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, behind);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

void nt_globals_open(lua_State *L) {
    int given = lua_gettop(L), assigned = given + 1;
    luaL_checkstack(L, 8, NULL);
    lua_pushvalue(L, given);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &given_key);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &names_key);
    lua_newtable(L);
    lead_on(L, given);
    lua_pushvalue(L, assigned);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &assigned_key);
    lua_newtable(L);
    lead_on(L, assigned);
    lua_getmetatable(L, -1);
    lua_pushvalue(L, assigned);
    lua_setfield(L, -2, SHOWN);
    lua_pushcfunction(L, write_global);
    lua_setfield(L, -2, "__newindex");
    lua_pop(L, 1);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_settop(L, given - 1);
}
