/* string.format against Lua's own: generated formats, most of them wrong, with zero bytes, flags,
 * widths and every letter, applied to the same values in the sandbox and in a plain state. What Lua
 * accepts must be accepted, with the same bytes, but for %p, which is refused, and for what shows
 * an address; what Lua refuses must be refused in the same words. */
#include "sandbox.h"
#include "support_lua.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

enum { FORMATS = 30000, LONGEST = 24, MOST_VALUES = 5 };

typedef struct trial {
    char format[LONGEST];
    size_t length;
    int values[MOST_VALUES], count; /* which of them: see push_value */
} trial;

/* xorshift64: Marsaglia 2003 */
static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static const char *const texts[] = {"",   "word",  "ein \"Wort\"\n", "\xc3\xa4\\\r",
                                    "12", "0x1p4", "-3.5",           "nan"};
static const double numbers[] = {0, -0.0, 1.5, -2e300, 1e-310, 3, 1e15, 255, 9.3e18};
enum {
    TEXTS = sizeof texts / sizeof *texts,
    NUMBERS = sizeof numbers / sizeof *numbers,
    INTEGERS = 6,
    OTHERS = 6,
    VALUES = TEXTS + NUMBERS + INTEGERS + OTHERS,
    OBJECTS = 2 /* the last of them: what has an address */
};

static void push_value(lua_State *L, int value) {
    static const lua_Integer integers[INTEGERS] = {0, -1, 65, 300, INT64_MAX, INT64_MIN};
    if (value < TEXTS)
        lua_pushstring(L, texts[value]);
    else if ((value -= TEXTS) < NUMBERS)
        lua_pushnumber(L, numbers[value]);
    else if ((value -= NUMBERS) < INTEGERS)
        lua_pushinteger(L, integers[value]);
    else if ((value -= INTEGERS) == 0)
        lua_pushnil(L);
    else if (value < 3)
        lua_pushboolean(L, value == 1);
    else if (value == 3)
        lua_pushlstring(L, "a\0b", 3);
    else if (value == 4)
        lua_newtable(L);
    else
        lua_pushcfunction(L, luaopen_base);
}

/* Now and then any byte, mostly what conversions consist of. */
static void make_trial(uint64_t *seed, trial *ret) {
    static const char usual[] = "%%%%%%sssdddfgxqcioueEGaAXp00112359--++##  ..%s%d%5.2f";
    ret->length = next(seed) % LONGEST;
    for (size_t i = 0; i < ret->length; i++) {
        uint64_t draw = next(seed) % 100;
        ret->format[i] = draw < 4    ? '\0'
                         : draw < 10 ? (char)(next(seed) % 256)
                                     : usual[next(seed) % (sizeof usual - 1)];
    }
    ret->count = (int)(next(seed) % (MOST_VALUES + 1));
    for (int i = 0; i < ret->count; i++)
        ret->values[i] = (int)(next(seed) % VALUES);
}

/* format(trial): leaves whether it was accepted, and the result or the message. */
static int apply(lua_State *L) {
    const trial *t = lua_touserdata(L, 1);
    lua_settop(L, 0);
    luaL_checkstack(L, MOST_VALUES + 8, NULL);
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "format");
    lua_pushlstring(L, t->format, t->length);
    for (int i = 0; i < t->count; i++)
        push_value(L, t->values[i]);
    lua_pushboolean(L, lua_pcall(L, t->count + 1, 1, 0) == LUA_OK);
    lua_insert(L, -2);
    return 2;
}

static bool has_objects(const trial *t) {
    for (int i = 0; i < t->count; i++)
        if (t->values[i] >= VALUES - OBJECTS)
            return true;
    return false;
}

static void fail_trial(const trial *t, const char *theirs, const char *ours) {
    print_error("format of %d values:", t->count);
    for (size_t i = 0; i < t->length; i++)
        print_error(" %02x", (unsigned char)t->format[i]);
    fail_msg("\nLua: %s\nours: %s", theirs, ours);
}

/* Whether two messages say the same, but for what they call the function: Lua looks it up where
 * the sandbox leaves nothing to be found. */
static bool say_the_same(const char *a, const char *b) {
    static const char theirs[] = "'string.format'", ours[] = "'?'";
    const char *named = strstr(a, theirs);
    if (!named)
        return strcmp(a, b) == 0;
    size_t before = (size_t)(named - a);
    return strncmp(a, b, before) == 0 && strncmp(b + before, ours, strlen(ours)) == 0 &&
           strcmp(named + strlen(theirs), b + before + strlen(ours)) == 0;
}

/* Returns whether Lua accepts it. */
static bool compare(lua_State *L, lua_State *M, const trial *t) {
    bool theirs = lua_toboolean(L, -2), ours = lua_toboolean(M, -2);
    size_t length, other;
    const char *a = lua_tolstring(L, -1, &length), *b = lua_tolstring(M, -1, &other);
    bool same = theirs ? length == other && memcmp(a, b, length) == 0 : say_the_same(a, b);
    if (strstr(b, "%p is not offered")) /* what stands before it may be wrong, too */
        return theirs;
    if (theirs != ours || (!same && !(has_objects(t) && theirs)))
        fail_trial(t, a, b);
    if (ours && (strstr(b, "0x5") || strstr(b, "0x7")) && strstr(a, ": 0x"))
        fail_trial(t, a, b);
    return theirs;
}

static void test_same_as_lua(void **state) {
    (void)state;
    const nt_sandbox_limits limits = {.instructions = 1000000, .memory = 8 << 20, .seconds = 5};
    uint64_t seed = 20240611;
    int accepted = 0, refused = 0;
    nt_error error;
    nt_sandbox *sandbox;
    nt_error_init(&error);
    assert_int_equal(nt_sandbox_new(&limits, &sandbox), NT_OK);
    lua_State *L = luaL_newstate(), *M = nt_sandbox_state(sandbox);
    luaL_openlibs(L);
    for (int i = 0; i < FORMATS; i++) {
        trial t;
        make_trial(&seed, &t);
        lua_pushcfunction(L, apply);
        lua_pushlightuserdata(L, &t);
        assert_int_equal(lua_pcall(L, 1, 2, 0), LUA_OK);
        assert_int_equal(nt_sandbox_do(sandbox, apply, &t, 2, &error), NT_OK);
        bool accepts = compare(L, M, &t);
        accepted += accepts;
        refused += accepts && strstr(lua_tostring(M, -1), "%p is not offered");
        lua_settop(L, 0);
        lua_settop(M, 0);
    }
    print_message("%d formats: Lua accepts %d, %d of them with %%p\n", (int)FORMATS, accepted,
                  refused);
    assert_true(accepted > FORMATS / 20 && accepted < FORMATS && refused > 20);
    lua_close(L);
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_as_lua)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
