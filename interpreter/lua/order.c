/* pairs and next in an order that is the same on each run. Lua's own order follows a hash that is
 * seeded with addresses and the time.
 *
 * Keys come as: numbers ascending; strings in byte order; false, true; then objects by the integer
 * that their metafield `__order` gives. An object without one is alone of its kind in a table, or
 * an error. */
#include "sandbox_private.h"

#include <stdlib.h>
#include <string.h>

typedef enum kind { NUMBER, STRING, BOOLEAN, OBJECT } kind;

typedef struct key {
    kind kind;
    bool is_integer, ordered;
    lua_Integer integer; /* of a number, a boolean, an object's order */
    lua_Number number;
    const char *bytes; /* of a string: anchored by the table that has it as a key */
    size_t length;
    int position; /* among the collected keys */
} key;

static key read_key(lua_State *L, int index) {
    key k = {.ordered = true};
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        k.kind = NUMBER;
        k.is_integer = lua_isinteger(L, index);
        k.integer = k.is_integer ? lua_tointeger(L, index) : 0;
        k.number = lua_tonumber(L, index);
        break;
    case LUA_TSTRING:
        k.kind = STRING;
        k.bytes = lua_tolstring(L, index, &k.length);
        break;
    case LUA_TBOOLEAN:
        k.kind = BOOLEAN;
        k.integer = lua_toboolean(L, index);
        break;
    default:
        k.kind = OBJECT;
        k.ordered = luaL_callmeta(L, index, "__order");
        k.integer = LUA_MAXINTEGER;
        if (k.ordered) {
            k.integer = lua_tointeger(L, -1);
            lua_pop(L, 1);
        }
    }
    return k;
}

/* A float that is a key is no integer, so comparing it with one as floats can't tie. */
static int compare_numbers(const key *a, const key *b) {
    if (a->is_integer && b->is_integer)
        return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->number > b->number) - (a->number < b->number);
}

static int compare_keys(const void *left, const void *right) {
    const key *a = left, *b = right;
    if (a->kind != b->kind)
        return (a->kind > b->kind) - (a->kind < b->kind);
    if (a->kind == NUMBER)
        return compare_numbers(a, b);
    if (a->kind != STRING)
        return (a->integer > b->integer) - (a->integer < b->integer);
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = shorter ? memcmp(a->bytes, b->bytes, shorter) : 0;
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* What a comparison costs, in instructions. */
static int64_t cost_of_comparing(const key *a, const key *b) {
    enum { BYTES_AN_INSTRUCTION = 64 };
    size_t shorter = a->length < b->length ? a->length : b->length;
    return 1 + (int64_t)(shorter / BYTES_AN_INSTRUCTION);
}

/* Raises for the second key of a table that has no order. */
static void count_unordered(lua_State *L, const key *k, int *count) {
    if (!k->ordered && ++*count > 1)
        luaL_error(L, "a table with several keys that are tables or functions has no fixed order; "
                      "keep them in a list");
}

/* upvalues: the table of keys, how many there are, how many were given out */
static int step(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer count = lua_tointeger(L, lua_upvalueindex(2));
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));
    while (i < count) {
        lua_rawgeti(L, lua_upvalueindex(1), ++i);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) {
            lua_pushinteger(L, i);
            lua_replace(L, lua_upvalueindex(3));
            return 2;
        }
        lua_pop(L, 2); /* taken out meanwhile */
    }
    lua_pushnil(L);
    return 1;
}

static int count_keys(lua_State *L) {
    int count = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
        count++;
    return count;
}

/* Moves keys[at] down to where both below it come before it. */
static void sift(nt_work *work, key *keys, int at, int count) {
    for (int below; (below = 2 * at + 1) < count; at = below) {
        nt_work_add(work, cost_of_comparing(&keys[at], &keys[below]));
        if (below + 1 < count && compare_keys(&keys[below], &keys[below + 1]) < 0)
            below++;
        if (compare_keys(&keys[at], &keys[below]) >= 0)
            return;
        key higher = keys[below];
        keys[below] = keys[at];
        keys[at] = higher;
    }
}

/* Heapsort: in place, with limits looked at on the way. (qsort takes memory that nobody counts.)
 * No two keys are equal but for objects that give the same order. */
static void sort_keys(lua_State *L, key *keys, int count) {
    nt_work work = {.state = L};
    for (int i = count / 2 - 1; i >= 0; i--)
        sift(&work, keys, i, count);
    for (int end = count - 1; end > 0; end--) {
        key last = keys[0];
        keys[0] = keys[end];
        keys[end] = last;
        sift(&work, keys, 0, end);
    }
}

int nt_library_pairs(lua_State *L) {
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    nt_read_only_open(L, 1);
    int count = count_keys(L), filled = 0, unordered = 0;
    nt_sandbox_charge(L, 4 * (int64_t)count);
    lua_createtable(L, count, 0); /* 2: as found */
    key *keys = lua_newuserdatauv(L, sizeof *keys * ((size_t)count + 1), 0);
    for (lua_pushnil(L); lua_next(L, 1) && filled < count; filled++) {
        lua_pop(L, 1);
        keys[filled] = read_key(L, -1);
        keys[filled].position = filled + 1;
        count_unordered(L, &keys[filled], &unordered);
        lua_pushvalue(L, -1);
        lua_rawseti(L, 2, filled + 1);
    }
    lua_settop(L, 3);
    sort_keys(L, keys, count);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_rawgeti(L, 2, keys[i].position);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushinteger(L, count);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, step, 3);
    lua_pushvalue(L, 1);
    return 2;
}

/* The least key that is greater than the one given, with its value: one look at every key. */
int nt_library_next(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    nt_read_only_open(L, 1);
    nt_work work = {.state = L};
    bool first = lua_isnil(L, 2), found = false;
    key after = first ? (key){0} : read_key(L, 2), best = {0};
    int unordered = 0;
    lua_pushnil(L); /* 3: the best key so far */
    for (lua_pushnil(L); lua_next(L, 1);) {
        lua_pop(L, 1);
        key k = read_key(L, -1);
        nt_work_add(&work, cost_of_comparing(&k, &after) + cost_of_comparing(&k, &best) - 1);
        count_unordered(L, &k, &unordered);
        if ((!first && compare_keys(&k, &after) <= 0) || (found && compare_keys(&k, &best) >= 0))
            continue;
        found = true;
        best = k;
        lua_pushvalue(L, -1);
        lua_replace(L, 3);
    }
    nt_sandbox_charge(L, work.pending);
    if (!found)
        return lua_pushnil(L), 1;
    lua_pushvalue(L, 3);
    lua_rawget(L, 1);
    return 2;
}

/* --- table.sort ------------------------------------------------------------------------------- */

/* What comparing texts takes, beside a step of the merge. */
static int64_t cost_of_texts(lua_State *L, int a, int b) {
    enum { BYTES_AN_INSTRUCTION = 64 };
    if (lua_type(L, a) != LUA_TSTRING || lua_type(L, b) != LUA_TSTRING)
        return 1;
    size_t x = lua_rawlen(L, a), y = lua_rawlen(L, b);
    return 1 + (int64_t)((x < y ? x : y) / BYTES_AN_INSTRUCTION);
}

/* Whether the value at `a` belongs before that at `b`. */
static bool less(lua_State *L, bool has_function, int a, int b, nt_work *work) {
    nt_work_add(work, has_function ? 1 : cost_of_texts(L, a, b));
    if (!has_function)
        return lua_compare(L, a, b, LUA_OPLT);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, a < 0 ? a - 1 : a);
    lua_pushvalue(L, b < 0 ? b - 2 : b);
    lua_call(L, 2, 1);
    bool result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return result;
}

/* Merges from[low..middle-1] and from[middle..high-1] into to[low..high-1]. */
static void merge(lua_State *L, bool has_function, int from, int to, lua_Integer low,
                  lua_Integer middle, lua_Integer high, nt_work *work) {
    lua_Integer left = low, right = middle;
    for (lua_Integer i = low; i < high; i++) {
        bool take_right = left == middle;
        if (!take_right && right < high) {
            lua_rawgeti(L, from, left);
            lua_rawgeti(L, from, right);
            take_right = less(L, has_function, -1, -2, work);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, take_right ? right++ : left++);
        lua_rawseti(L, to, i);
    }
}

/* A merge sort from the bottom up: stable, so that equal elements keep their order, and done after
 * n log n comparisons whatever the comparison function says. (Lua's own is neither, and picks
 * pivots by the clock.) The table changes only at the end, when nothing can raise any more. */
int nt_library_sort(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    bool has_function = !lua_isnil(L, 2);
    if (has_function)
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    luaL_argcheck(L, count < INT32_MAX, 1, "too many elements");
    nt_sandbox_charge(L, count);
    lua_createtable(L, (int)count, 0);
    lua_createtable(L, (int)count, 0);
    int from = 3, to = 4;
    nt_work work = {.state = L};
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, from, i);
    }
    for (lua_Integer width = 1; width < count; width *= 2) {
        nt_sandbox_charge(L, count);
        for (lua_Integer low = 1; low <= count; low += 2 * width) {
            lua_Integer middle = low + width <= count ? low + width : count + 1;
            lua_Integer high = low + 2 * width <= count ? low + 2 * width : count + 1;
            merge(L, has_function, from, to, low, middle, high, &work);
        }
        int other = from;
        from = to;
        to = other;
    }
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}
