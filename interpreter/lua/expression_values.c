/* Values on their way into an expression and out of it. Lists and records are tables; each goes in
 * as a copy, so that no expression changes what another one reads, and comes out in an order that
 * follows from its keys alone. */
#include "expression_private.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TAKEN = 100000, DEEPEST = 64 };

/* --- in --------------------------------------------------------------------------------------- */

/* NULL, where memory was out, is last and ends them. */
static int by_name(const void *a, const void *b) {
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    return x && y ? strcmp(x, y) : !x - !y;
}

/* __index of a record: all its names are there, so this one is wrong. */
static int missing_member(lua_State *L) {
    nt_evaluation *e = nt_sandbox_of(L)->evaluation;
    const char *name = nt_library_text(L, 2, NULL);
    int count = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
        count++;
    nt_sandbox_charge(L, count);
    const char **names = NT_ARENA_ARRAY(e->arena, const char *, count + 1);
    count = 0;
    for (lua_pushnil(L); names && lua_next(L, 1); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING)
            names[count++] = nt_arena_string(e->arena, lua_tostring(L, -2));
    if (names)
        qsort(names, (size_t)count, sizeof *names, by_name); /* Lua's order is another each time */
    e->missing = nt_arena_string(e->arena, name);
    e->beside = names;
    e->missing_member = true;
    return luaL_error(L, "no member '%s'", name);
}

static void push_record(lua_State *L, const nt_member *member) {
    lua_newtable(L);
    for (; member->name; member++) {
        nt_expression_push(L, member->value);
        lua_setfield(L, -2, member->name);
    }
    lua_newtable(L);
    lua_pushcfunction(L, missing_member);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

static void push_list(lua_State *L, const nt_list *list) {
    lua_createtable(L, list->count, 0);
    for (int32_t i = 0; i < list->count; i++) {
        nt_expression_push(L, list->items[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

/* Recurses once a level of the value. */
void nt_expression_push(lua_State *L, nt_scalar scalar) {
    luaL_checkstack(L, 8, "values nest too deep");
    if (scalar.kind == NT_SCALAR_LIST) /* of other values there are few: the clock takes longer */
        nt_sandbox_charge(L, scalar.list->count);
    switch (scalar.kind) {
    case NT_SCALAR_BOOL:
        lua_pushboolean(L, scalar.truth);
        break;
    case NT_SCALAR_INT:
        lua_pushinteger(L, scalar.integer);
        break;
    case NT_SCALAR_REAL:
        lua_pushnumber(L, scalar.real);
        break;
    case NT_SCALAR_TEXT:
        lua_pushstring(L, scalar.text);
        break;
    case NT_SCALAR_RECORD:
        push_record(L, scalar.members);
        break;
    case NT_SCALAR_LIST:
        push_list(L, scalar.list);
        break;
    default:
        lua_pushnil(L);
    }
}

/* --- out -------------------------------------------------------------------------------------- */

static nt_scalar take(lua_State *L, nt_evaluation *e, int depth);

/* A raised error leaves the arena as it is: its memory goes with everything else. */
static void *room(lua_State *L, nt_evaluation *e, size_t count, size_t size) {
    void *memory = nt_arena_alloc(e->arena, count * size);
    if (!memory)
        nt_sandbox_no_memory(L);
    return memory;
}

static nt_scalar take_text(lua_State *L, nt_evaluation *e) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (strlen(text) != length)
        luaL_error(L, "gives a text with a zero byte");
    text = nt_arena_string(e->arena, text);
    if (!text)
        nt_sandbox_no_memory(L);
    return (nt_scalar){.kind = NT_SCALAR_TEXT, .text = text};
}

static nt_scalar take_list(lua_State *L, nt_evaluation *e, int32_t count, int depth) {
    nt_scalar *items = room(L, e, (size_t)count + 1, sizeof *items);
    for (int32_t i = 0; i < count; i++, lua_pop(L, 1)) {
        lua_rawgeti(L, -1, i + 1);
        items[i] = take(L, e, depth + 1);
    }
    nt_list *list = room(L, e, 1, sizeof *list);
    *list = (nt_list){.count = count, .items = items};
    return (nt_scalar){.kind = NT_SCALAR_LIST, .list = list};
}

static int compare_members(const void *a, const void *b) {
    return strcmp(((const nt_member *)a)->name, ((const nt_member *)b)->name);
}

static nt_scalar take_record(lua_State *L, nt_evaluation *e, int32_t count, int depth) {
    nt_member *members = room(L, e, (size_t)count + 1, sizeof *members);
    int32_t i = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1), i++) {
        members[i].value = take(L, e, depth + 1);
        lua_pushvalue(L, -2);
        members[i].name = take_text(L, e).text;
        lua_pop(L, 1);
    }
    members[i] = (nt_member){0};
    qsort(members, (size_t)count, sizeof *members, compare_members);
    return (nt_scalar){.kind = NT_SCALAR_RECORD, .members = members};
}

static nt_scalar take_table(lua_State *L, nt_evaluation *e, int depth) {
    int32_t count = 0, texts = 0, numbers = 0;
    lua_Integer length = (lua_Integer)lua_rawlen(L, -1);
    if (depth > DEEPEST)
        luaL_error(L, "gives tables that nest more than %d levels deep", DEEPEST);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        lua_Integer key = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
        if (++count > MOST_TAKEN)
            luaL_error(L, "gives more than %d values", MOST_TAKEN);
        texts += lua_type(L, -2) == LUA_TSTRING;
        numbers += key >= 1 && key <= length;
    }
    if (numbers == count && length == count)
        return take_list(L, e, count, depth);
    if (texts != count)
        luaL_error(L, "gives a table that is neither a list nor values by name");
    return take_record(L, e, count, depth);
}

/* Recurses once a level of the value. */
static nt_scalar take(lua_State *L, nt_evaluation *e, int depth) {
    int is_integer;
    luaL_checkstack(L, 8, "values nest too deep");
    if (++e->taken > MOST_TAKEN)
        luaL_error(L, "gives more than %d values", MOST_TAKEN);
    if (lua_istable(L, -1) && e->gives == NT_GIVES_ANY)
        return take_table(L, e, depth);
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        return (nt_scalar){.kind = NT_SCALAR_NIL};
    case LUA_TBOOLEAN:
        return (nt_scalar){.kind = NT_SCALAR_BOOL, .truth = lua_toboolean(L, -1)};
    case LUA_TNUMBER: {
        lua_Integer integer = lua_tointegerx(L, -1, &is_integer);
        if (is_integer)
            return (nt_scalar){.kind = NT_SCALAR_INT, .integer = integer};
        return (nt_scalar){.kind = NT_SCALAR_REAL, .real = lua_tonumber(L, -1)};
    }
    case LUA_TSTRING:
        return take_text(L, e);
    default:
        luaL_error(L, "gives a %s, not a number, text, true or false", luaL_typename(L, -1));
        return (nt_scalar){.kind = NT_SCALAR_NIL};
    }
}

nt_scalar nt_expression_take(lua_State *L, nt_evaluation *e) {
    e->taken = 0;
    return take(L, e, 0);
}
