/* Reads what a script returned: a list of cases, each under a name of its own, and perhaps
 * what they are. A plain C function of Lua's, so that the sandbox's limits hold and a mistake is an
 * error like any other. */
#include "hook_private.h"

#include "network_api.h"
#include "visible.h"
#include <string.h>

/* Places on the stack. NAMES: a table from names to their cases' numbers. */
enum { CASES = 2, REMARK = 3, NAMES = 4 };

/* A name or a remark goes into tables, files and terminals: UTF-8, and every character shown. */
static void check_text(lua_State *state, const char *what, int index) {
    size_t length;
    const char *text = lua_tolstring(state, index, &length);
    for (size_t at = 0; at < length;) {
        nt_glyph c = nt_visible_next(text + at, length - at);
        if (c.stray)
            luaL_error(state, "%s is not UTF-8", what);
        if (!c.visible && (c.point < 0x20 || c.point == 0x7F))
            luaL_error(state, "%s has a control character (byte %d)", what, (int)at + 1);
        if (!c.visible)
            luaL_error(state, "%s has a character that can't be shown (byte %d)", what,
                       (int)at + 1);
        at += c.bytes;
    }
}

/* The whole network has that name where cases are listed; and no table is for longer ones. */
static void check_name(lua_State *state, lua_Integer number, int index) {
    if (lua_rawlen(state, index) > NT_MOST_NAME)
        luaL_error(state, "the name of case %I has %I bytes, more than %d", number,
                   (lua_Integer)lua_rawlen(state, index), NT_MOST_NAME);
    if (strcmp(lua_tostring(state, index), "baseline") == 0)
        luaL_error(state, "case %I can't be called 'baseline': the whole network is", number);
}

static void read_name(lua_State *state, nt_hook *hook, int table, lua_Integer number,
                      nt_case *item) {
    if (lua_getfield(state, table, "name") != LUA_TSTRING || lua_rawlen(state, -1) == 0)
        luaL_error(state, "case %I has no 'name'; give it a text", number);
    check_text(state, lua_pushfstring(state, "the name of case %I", number), -2);
    lua_pop(state, 1);
    nt_hook_hold(state, hook, lua_rawlen(state, -1));
    check_name(state, number, -1);
    item->name = nt_arena_string(&hook->cases.arena, lua_tostring(state, -1));
    if (!item->name)
        nt_sandbox_no_memory(state);
    lua_pushvalue(state, -1);
    if (lua_rawget(state, NAMES) != LUA_TNIL)
        luaL_error(state, "cases %I and %I are both named '%s'", lua_tointeger(state, -1), number,
                   item->name);
    lua_pop(state, 1);
    lua_pushinteger(state, number);
    lua_rawset(state, NAMES);
}

static void refuse_idle(lua_State *state, const char *what) {
    char kinds[NT_ABLATION_NAMES];
    nt_ablation_names(NULL, " or ", kinds);
    luaL_error(state, "%s edits nothing; list nodes under %s", what, kinds);
}

/* Reads the case on the top of the stack, and pops it. */
static void read_case(lua_State *state, nt_hook *hook, lua_Integer number) {
    nt_case *item = &hook->cases.items[number - 1];
    int table = lua_gettop(state);
    if (!lua_istable(state, table))
        luaL_error(state, "case %I is %s, not a table {name = …, zero = {…}}", number,
                   luaL_typename(state, table));
    nt_lua_check_keys(state, table, lua_pushfstring(state, "case %I", number), false);
    read_name(state, hook, table, number, item);
    const char *what = lua_pushfstring(state, "case '%s'", item->name);
    nt_lua_read_edits(state, hook, table, what, &hook->cases.arena, item);
    nt_hook_hold(state, hook, 0);
    if (item->count == 0)
        refuse_idle(state, what);
    lua_settop(state, table - 1);
}

/* The text on top of the stack, or "" for nil; pops it. */
static const char *keep_text(lua_State *state, nt_hook *hook, const char *what) {
    const char *kept = "";
    if (!lua_isnil(state, -1)) {
        if (lua_type(state, -1) != LUA_TSTRING)
            luaL_error(state, "%s is %s, not a text", what, luaL_typename(state, -1));
        check_text(state, what, -1);
        nt_hook_hold(state, hook, lua_rawlen(state, -1));
        kept = nt_arena_string(&hook->cases.arena, lua_tostring(state, -1));
        if (!kept)
            nt_sandbox_no_memory(state);
    }
    lua_pop(state, 1);
    return kept;
}

/* Raises for a key that the table of a second result doesn't have. */
static void check_about(lua_State *state) {
    static const char *const keys[] = {"control_of", "remark", NULL};
    const char *unknown = NULL;
    lua_pushnil(state);
    while (lua_next(state, REMARK)) {
        const char *key = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "";
        bool known = strcmp(key, keys[0]) == 0 || strcmp(key, keys[1]) == 0;
        if (!known && (!unknown || strcmp(key, unknown) < 0))
            unknown = key;
        lua_pop(state, 1);
    }
    if (unknown)
        nt_lua_unknown(state, "the hook's second result has an unknown key", unknown, keys);
}

/* What the script says of its cases: a remark, or a table with one. */
static void read_about(lua_State *state, nt_hook *hook) {
    int type = lua_type(state, REMARK);
    if (type != LUA_TNIL && type != LUA_TSTRING && type != LUA_TTABLE)
        luaL_error(state, "the hook's second result must be a remark (a text), or a table such as "
                          "{remark = …, control_of = …}");
    if (type != LUA_TTABLE) {
        lua_pushvalue(state, REMARK);
        hook->cases.remark = keep_text(state, hook, "the remark");
        return;
    }
    check_about(state);
    lua_getfield(state, REMARK, "remark");
    hook->cases.remark = keep_text(state, hook, "the remark");
    lua_getfield(state, REMARK, "control_of");
    hook->cases.control_of = keep_text(state, hook, "'control_of'");
}

int nt_lua_read_cases(lua_State *state) {
    nt_hook *hook = lua_touserdata(state, 1);
    lua_settop(state, REMARK);
    lua_newtable(state);
    hook->named = 0;
    lua_Integer count =
        nt_lua_list_length(state, CASES, "the hook returned", "return a list of cases");
    if (count > NT_MOST_CASES)
        return luaL_error(state, "the hook returned %I cases; at most %d are allowed", count,
                          NT_MOST_CASES);
    read_about(state, hook);
    nt_hook_hold(state, hook, (size_t)(count + 1) * sizeof(nt_case));
    hook->cases.items = NT_ARENA_ARRAY(&hook->cases.arena, nt_case, count + 1);
    if (!hook->cases.items)
        return nt_sandbox_no_memory(state);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(state, CASES, i);
        read_case(state, hook, i);
    }
    hook->cases.count = (int32_t)count;
    return 0;
}

void nt_cases_finish(nt_cases *cases) {
    nt_arena_finish(&cases->arena);
    *cases = (nt_cases){0};
}
