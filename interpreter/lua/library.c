/* What a script sees, and can't change. The libraries are opened, then only what is named here is
 * handed on: functions whose work grows with their arguments in a wrapper that charges for it
 * beforehand, and our own in place of those that print addresses, depend on the clock or catch what
 * must not be caught. */
#include "sandbox_private.h"

#include <string.h>

/* --- costs, in instructions ------------------------------------------------------------------- */

enum { BYTES_AN_INSTRUCTION = 16 };

static int64_t cost_of_texts(lua_State *L) {
    int64_t bytes = 0;
    for (int i = lua_gettop(L); i > 0; i--)
        if (lua_type(L, i) == LUA_TSTRING)
            bytes += (int64_t)lua_rawlen(L, i);
    return 1 + bytes / BYTES_AN_INSTRUCTION;
}

/* From `first` to `last`, which may be anywhere. */
static int64_t cost_of_range(lua_Integer first, lua_Integer last) {
    if (last < first)
        return 1;
    uint64_t count = (uint64_t)last - (uint64_t)first;
    return count > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)count + 1;
}

/* table.insert and table.remove move what follows. */
static int64_t cost_of_table(lua_State *L) {
    return lua_istable(L, 1) ? 1 + (int64_t)lua_rawlen(L, 1) : 1;
}

static lua_Integer integer_or(lua_State *L, int index, lua_Integer otherwise) {
    return lua_isnumber(L, index) ? lua_tointeger(L, index) : otherwise;
}

static int64_t cost_of_concat(lua_State *L) {
    lua_Integer last = lua_istable(L, 1) ? (lua_Integer)lua_rawlen(L, 1) : 0;
    return cost_of_range(integer_or(L, 3, 1), integer_or(L, 4, last));
}

static int64_t cost_of_unpack(lua_State *L) {
    lua_Integer last = lua_istable(L, 1) ? (lua_Integer)lua_rawlen(L, 1) : 0;
    return cost_of_range(integer_or(L, 2, 1), integer_or(L, 3, last));
}

static int64_t cost_of_move(lua_State *L) {
    return cost_of_range(integer_or(L, 2, 1), integer_or(L, 3, 0));
}

/* Memory bounds how often a text can be repeated, except for an empty one. */
static int64_t cost_of_rep(lua_State *L) {
    bool empty = lua_rawlen(L, 1) == 0 && (lua_type(L, 3) != LUA_TSTRING || lua_rawlen(L, 3) == 0);
    int64_t times = cost_of_range(1, integer_or(L, 2, 0));
    return empty ? times : 1 + times / BYTES_AN_INSTRUCTION;
}

/* Subject and pattern come first. */
static int64_t cost_of_search(lua_State *L, nt_pattern_use use) {
    size_t subject, length;
    luaL_checklstring(L, 1, &subject);
    const char *pattern = luaL_checklstring(L, 2, &length);
    nt_pattern_check(L, pattern, length, subject, use);
    return cost_of_texts(L);
}

/* match, gsub. */
static int64_t cost_of_pattern(lua_State *L) {
    return cost_of_search(L, NT_PATTERN_ONCE);
}

static int64_t cost_of_gmatch(lua_State *L) {
    return cost_of_search(L, NT_PATTERN_EVERYWHERE);
}

/* Its fourth argument switches patterns off. */
static int64_t cost_of_find(lua_State *L) {
    return cost_of_search(L, lua_toboolean(L, 4) ? NT_PATTERN_PLAIN : NT_PATTERN_ONCE);
}

/* --- our own ---------------------------------------------------------------------------------- */

const char *nt_library_text(lua_State *L, int index, size_t *ret_length) {
    index = lua_absindex(L, index);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "'__tostring' must return a string");
        return lua_tolstring(L, -1, ret_length);
    }
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        return luaL_tolstring(L, index, ret_length);
    default:
        if (luaL_getmetafield(L, index, "__name") != LUA_TSTRING)
            lua_pushstring(L, luaL_typename(L, index));
        return lua_tolstring(L, -1, ret_length);
    }
}

static int to_string(lua_State *L) {
    luaL_checkany(L, 1);
    nt_library_text(L, 1, NULL);
    return 1;
}

/* Shows a line unless the script has shown too much. */
static void show(nt_sandbox *sandbox, const char *line, size_t length) {
    enum { MOST = 1 << 20, LEAST_A_LINE = 64 };
    static const char enough[] = "(what the script prints from here on is not shown)";
    if (!sandbox->print || sandbox->printed > MOST)
        return;
    sandbox->printed += length < LEAST_A_LINE ? LEAST_A_LINE : length;
    if (sandbox->printed > MOST)
        sandbox->print(sandbox->print_user, enough, sizeof enough - 1);
    else
        sandbox->print(sandbox->print_user, line, length);
}

static int print(lua_State *L) {
    int count = lua_gettop(L);
    luaL_Buffer buffer;
    nt_sandbox_charge(L, cost_of_texts(L));
    luaL_buffinit(L, &buffer);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&buffer, '\t');
        nt_library_text(L, i, NULL);
        luaL_addvalue(&buffer);
    }
    luaL_pushresult(&buffer);
    size_t length;
    const char *line = lua_tolstring(L, -1, &length);
    show(nt_sandbox_of(L), line, length);
    return 0;
}

/* What pcall gives back: the stack holds `true` and the results, or ends with what was raised. */
static int end_protected_call(lua_State *L, int status, lua_KContext unused) {
    (void)unused;
    if (status == LUA_ERRMEM)
        nt_sandbox_note_memory(L);
    if (nt_sandbox_of(L)->stop != NT_STOP_NONE)
        return lua_error(L);
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L);
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

/* As Lua's, but a limit that was hit goes on upwards. A coroutine may wait inside. */
static int protected_call(lua_State *L) {
    luaL_checkany(L, 1);
    lua_pushboolean(L, true);
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, end_protected_call);
    return end_protected_call(L, status, 0);
}

/* Only from a number: Lua's own, called without one, takes the time and an address. */
static int random_seed(lua_State *L) {
    nt_library_seed(L, luaL_checkinteger(L, 1));
    return 0;
}

/* Past the flags, width and precision of a conversion: to the byte that says what it is. As Lua
 * reads them, up to the end of the text and not to a zero byte, but more of them: what Lua then
 * refuses does no harm. */
static const char *skip_modifiers(const char *at, const char *end) {
    while (at < end && *at && strchr("-+ #0123456789.", *at))
        at++;
    return at;
}

/* string.format, with objects shown without their addresses. upvalue: Lua's own */
static int format(lua_State *L) {
    enum { INSTRUCTIONS_A_CONVERSION = 16, MOST_CONVERSIONS = 10000 };
    size_t length;
    const char *at = luaL_checklstring(L, 1, &length), *end = at + length;
    int argument = 1, top = lua_gettop(L);
    nt_sandbox_charge(L, cost_of_texts(L));
    while ((at = memchr(at, '%', (size_t)(end - at))) != NULL) {
        if (++at < end && *at == '%') {
            at++;
            continue;
        }
        at = skip_modifiers(at, end);
        if (++argument > MOST_CONVERSIONS + 1)
            return luaL_error(L, "a format with more than %d values", MOST_CONVERSIONS);
        if (at < end && *at == 'p')
            return luaL_argerror(L, 1, "%p is not offered: addresses differ from run to run");
        if (at < end && *at == 's' && argument <= top) {
            nt_library_text(L, argument, NULL);
            lua_replace(L, argument);
            lua_settop(L, top);
        }
    }
    nt_sandbox_charge(L, (int64_t)argument * INSTRUCTIONS_A_CONVERSION);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* --- the list --------------------------------------------------------------------------------- */

typedef struct entry {
    const char *library, *name;   /* library "": a global */
    int64_t (*cost)(lua_State *); /* NULL: constant */
    lua_CFunction own;            /* NULL: Lua's */
} entry;

static const entry entries[] = {
    {"", "assert", NULL, NULL},
    {"", "error", NULL, NULL},
    {"", "ipairs", NULL, NULL},
    {"", "next", NULL, nt_library_next},
    {"", "pairs", NULL, nt_library_pairs},
    {"", "pcall", NULL, protected_call},
    {"", "print", NULL, print},
    {"", "select", NULL, NULL},
    {"", "tonumber", cost_of_texts, NULL},
    {"", "tostring", NULL, to_string},
    {"", "type", NULL, NULL},
    {"string", "byte", NULL, NULL},
    {"string", "char", NULL, NULL},
    {"string", "find", cost_of_find, NULL},
    {"string", "format", NULL, format},
    {"string", "gmatch", cost_of_gmatch, NULL},
    {"string", "gsub", cost_of_pattern, NULL},
    {"string", "len", NULL, NULL},
    {"string", "lower", cost_of_texts, NULL},
    {"string", "match", cost_of_pattern, NULL},
    {"string", "rep", cost_of_rep, NULL},
    {"string", "reverse", cost_of_texts, NULL},
    {"string", "sub", NULL, NULL},
    {"string", "upper", cost_of_texts, NULL},
    {"table", "concat", cost_of_concat, NULL},
    {"table", "insert", cost_of_table, NULL},
    {"table", "move", cost_of_move, NULL},
    {"table", "pack", NULL, NULL},
    {"table", "remove", cost_of_table, NULL},
    {"table", "sort", NULL, nt_library_sort},
    {"table", "unpack", cost_of_unpack, NULL},
    {"utf8", "char", NULL, NULL},
    {"utf8", "charpattern", NULL, NULL},
    {"utf8", "codepoint", cost_of_texts, NULL},
    {"utf8", "codes", cost_of_texts, NULL},
    {"utf8", "len", cost_of_texts, NULL},
    {"utf8", "offset", cost_of_texts, NULL},
    {0},
};

/* math is safe as a whole, but for randomseed. */
static const char seed_key = 0; /* its address names Lua's own in the registry */

/* upvalues: Lua's function, its entry's position */
static int charged(lua_State *L) {
    nt_sandbox_charge(L, entries[lua_tointeger(L, lua_upvalueindex(2))].cost(L));
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Takes Lua's value of entry i from the table on top of the stack, pushes what scripts get for it.
 */
static void push_entry(lua_State *L, int i) {
    const entry *e = &entries[i];
    lua_getfield(L, -1, e->name);
    if (e->own) {
        lua_pushcclosure(L, e->own, 1);
    } else if (e->cost) {
        lua_pushinteger(L, i);
        lua_pushcclosure(L, charged, 2);
    }
}

/* A table with the chosen entries of the library at `library`. */
static void push_library(lua_State *L, const char *name, int library) {
    lua_newtable(L);
    int chosen = lua_gettop(L);
    lua_pushvalue(L, library);
    for (int i = 0; entries[i].name; i++)
        if (strcmp(entries[i].library, name) == 0) {
            push_entry(L, i);
            lua_setfield(L, chosen, entries[i].name);
        }
    lua_settop(L, chosen);
}

/* Opens a library of Lua's and puts what scripts see of it into the table at `globals`. */
static void add_library(lua_State *L, int globals, const char *name, lua_CFunction open) {
    luaL_requiref(L, name, open, 0);
    push_library(L, name, lua_gettop(L));
    nt_read_only(L, name);
    lua_setfield(L, globals, name);
    lua_settop(L, globals);
}

static void add_string(lua_State *L, int globals) {
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 0);
    push_library(L, "string", lua_gettop(L));
    lua_pushliteral(L, ""); /* methods of strings are those of our table */
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    nt_read_only(L, "string");
    lua_setfield(L, globals, "string");
    lua_settop(L, globals);
}

static void add_math(lua_State *L, int globals) {
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 0);
    lua_getfield(L, -1, "randomseed");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &seed_key);
    lua_pushcfunction(L, random_seed);
    lua_setfield(L, -2, "randomseed");
    nt_read_only(L, "math");
    lua_setfield(L, globals, "math");
    lua_settop(L, globals);
}

void nt_library_open(lua_State *L) {
    luaL_requiref(L, LUA_GNAME, luaopen_base, 0);
    push_library(L, "", lua_gettop(L));
    int globals = lua_gettop(L);
    add_library(L, globals, LUA_TABLIBNAME, luaopen_table);
    add_library(L, globals, LUA_UTF8LIBNAME, luaopen_utf8);
    add_string(L, globals);
    add_math(L, globals);
    nt_globals_open(L);
    lua_pushnil(L); /* the libraries as they were */
    lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

void nt_library_seed(lua_State *L, lua_Integer seed) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &seed_key);
    lua_pushinteger(L, seed);
    lua_call(L, 1, 0);
}

const char *nt_library_name(lua_State *L, int index) {
    index = lua_absindex(L, index);
    luaL_checkstack(L, 4, NULL);
    nt_globals_push_given(L);
    int globals = lua_gettop(L);
    for (const entry *e = entries; e->name; e++) {
        lua_settop(L, globals);
        if (e->library[0])
            lua_getfield(L, globals, e->library);
        lua_getfield(L, -1, e->name);
        if (lua_rawequal(L, -1, index))
            return e->library[0] ? lua_pushfstring(L, "%s.%s", e->library, e->name) : e->name;
    }
    lua_settop(L, globals - 1);
    return NULL;
}
