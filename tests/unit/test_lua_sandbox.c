/* The sandbox: what scripts can't reach, each limit, the order of pairs, and errors as diagnostics.
 */
#include "alloc.h"
#include "sandbox.h"
#include "support_lua.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const nt_sandbox_limits small = {
    .instructions = 1000000, .memory = (size_t)4 << 20, .seconds = 5};

static nt_sandbox *open_sandbox(const nt_sandbox_limits *limits) {
    nt_sandbox *sandbox;
    assert_int_equal(nt_sandbox_new(limits, &sandbox), NT_OK);
    return sandbox;
}

static nt_source source_of(const char *text) {
    return (nt_source){.path = "dir/script.lua", .text = text, .length = strlen(text)};
}

/* Runs a script that returns one text, and compares it. */
static void assert_result(nt_sandbox *sandbox, const char *script, const char *expected) {
    nt_error error;
    nt_error_init(&error);
    nt_source *source = nt_alloc(sizeof *source);
    *source = source_of(script);
    nt_status status = nt_sandbox_load(sandbox, source, &error);
    if (status == NT_OK)
        status = nt_sandbox_call(sandbox, 0, 1, &error);
    if (status != NT_OK)
        assert_errors(&error, "");
    lua_State *L = nt_sandbox_state(sandbox);
    assert_string_equal(lua_tostring(L, -1), expected);
    lua_pop(L, 1);
    assert_int_equal(lua_gettop(L), 0);
    nt_error_finish(&error);
    nt_free(source, sizeof *source);
}

static void assert_gives(const char *script, const char *expected) {
    nt_sandbox *sandbox = open_sandbox(&small);
    assert_result(sandbox, script, expected);
    nt_sandbox_free(sandbox);
}

/* Runs a script that fails with exactly this diagnostic; afterwards the sandbox still works. */
static void assert_fails(const nt_sandbox_limits *limits, const char *script,
                         const char *expected) {
    nt_sandbox *sandbox = open_sandbox(limits);
    nt_error error;
    nt_error_init(&error);
    nt_source source = source_of(script);
    nt_status status = nt_sandbox_load(sandbox, &source, &error);
    if (status == NT_OK)
        status = nt_sandbox_call(sandbox, 0, 0, &error);
    assert_int_equal(status, NT_INVALID);
    assert_errors(&error, expected);
    assert_int_equal(lua_gettop(nt_sandbox_state(sandbox)), 0);
    assert_result(sandbox, "return 'well'", "well");
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

/* --- what is there, and what is not ----------------------------------------------------------- */

static void test_globals(void **state) {
    (void)state;
    static const char names[] = "assert error ipairs math next pairs pcall print select string "
                                "table tonumber tostring type utf8 ";
    assert_gives("local s = '' for name in pairs(_ENV) do s = s .. name .. ' ' end return s",
                 names);
    assert_gives("local s, k = '', next(_ENV)\n"
                 "while k do s = s .. k .. ' ' k = next(_ENV, k) end return s",
                 names);
    assert_gives("own = 1 local n = 0 for _ in pairs(_ENV) do n = n + 1 end return n .. ''", "16");
}

/* What is given can be read in every way, and not changed in any; the script's own can. */
static void test_read_only(void **state) {
    (void)state;
    assert_fails(&small, "local s = string\ns.rep = 1",
                 "dir/script.lua:2:1: error: string can't be changed: what the sandbox gives is "
                 "read-only\n     2 | s.rep = 1\n       | ^\n");
    assert_fails(&small, "type = 1",
                 "dir/script.lua:1:1: error: 'type' can't be changed: what the sandbox gives is "
                 "read-only; call yours otherwise, or make it local\n"
                 "     1 | type = 1\n       | ^\n");
    assert_gives("local t = {} for k in pairs(math) do t[#t + 1] = k end\n"
                 "assert(math.type(math.pi) == 'float' and #t > 20) local m = math m = nil\n"
                 "a = 1 a = a + 1 _ENV.b = 3 _ENV['c'] = a assert(rawlen == nil)\n"
                 "return a .. b .. c .. tostring(select('#', table.unpack(string)))",
                 "2320");
}

static void test_forbidden(void **state) {
    (void)state;
    static const char *const names[] = {"load",
                                        "loadstring",
                                        "loadfile",
                                        "dofile",
                                        "require",
                                        "package",
                                        "io",
                                        "os",
                                        "debug",
                                        "collectgarbage",
                                        "getmetatable",
                                        "setmetatable",
                                        "rawget",
                                        "rawset",
                                        "rawequal",
                                        "rawlen",
                                        "xpcall",
                                        "coroutine",
                                        "warn",
                                        "_G",
                                        "_VERSION",
                                        "string.dump",
                                        "string.pack",
                                        "string.unpack",
                                        "string.packsize",
                                        "(''):dump",
                                        NULL};
    for (const char *const *name = names; *name; name++) {
        char script[100];
        bool method = (*name)[0] == '(';
        snprintf(script, sizeof script,
                 method ? "return tostring((''). dump)" : "return tostring(%s)", *name);
        assert_gives(script, "nil");
    }
}

static void test_allowed(void **state) {
    (void)state;
    assert_gives("return ('a,b'):gsub(',', ';') .. ('x'):rep(3) .. string.format('%d %s', 3, true)",
                 "a;bxxx3 true");
    assert_gives("return table.concat({1, 2, 3}, '-', 2) .. math.floor(2.5) .. #utf8.char(955)",
                 "2-322");
    assert_gives("local t = {3, 1, 2}; table.sort(t, function(a, b) return a > b end)\n"
                 "return table.concat(t) .. select('#', table.unpack(t)) .. tostring(next({}))",
                 "3213nil");
    assert_gives("local ok, why = pcall(error, {1}); return tostring(ok) .. type(why)",
                 "falsetable");
    assert_gives("for word in ('one two'):gmatch('%a+') do return word end", "one");
    assert_gives("return ('a.b'):find('.', 1, true) .. ''", "2");
}

/* --- globals that must be assigned ------------------------------------------------------------ */

static void assert_strict(const char *script, nt_status expected_status, const char *expected) {
    nt_sandbox *sandbox = open_sandbox(&small);
    nt_error error;
    nt_error_init(&error);
    nt_source source = source_of(script);
    assert_int_equal(nt_sandbox_set_strict(sandbox, &error), NT_OK);
    assert_int_equal(nt_sandbox_load(sandbox, &source, &error), NT_OK);
    assert_int_equal(nt_sandbox_call(sandbox, 0, 0, &error), expected_status);
    assert_errors(&error, expected);
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

static void test_strict_refuses_unknown_names(void **state) {
    (void)state;
    assert_strict("local conv1, conv2 = 1, 2\nreturn {conv1, conv22}", NT_INVALID,
                  "dir/script.lua:2:1: error: nothing is called 'conv22' here; did you mean "
                  "'conv2'?\n     2 | return {conv1, conv22}\n       | ^\n");
    assert_strict("local outer = 1\nlocal function f() return outer, uoter end\nf()", NT_INVALID,
                  "dir/script.lua:2:1: error: nothing is called 'uoter' here; did you mean "
                  "'outer'?\n     2 | local function f() return outer, uoter end\n       | ^\n");
    assert_strict("margin = 1\nreturn margni", NT_INVALID,
                  "dir/script.lua:2:1: error: nothing is called 'margni' here; did you mean "
                  "'margin'?\n     2 | return margni\n       | ^\n");
    assert_strict("return _ENV.nowhere", NT_INVALID,
                  "dir/script.lua:1:1: error: nothing is called 'nowhere' here\n"
                  "     1 | return _ENV.nowhere\n       | ^\n");
    assert_strict("return rawget(_ENV, 'x')", NT_INVALID,
                  "dir/script.lua:1:1: error: nothing is called 'rawget' here\n"
                  "     1 | return rawget(_ENV, 'x')\n       | ^\n");
}

/* What was assigned is known, also when it was nil; an error can be caught, and an _ENV of the
 * script's own is a table like any other. */
static void test_strict_allows(void **state) {
    (void)state;
    assert_strict("n = nil assert(n == nil) n = 1 assert(n == 1) n = nil assert(n == nil)\n"
                  "_ENV.m = 2 assert(m == 2) local print = nil assert(print == nil)\n"
                  "local function f() late = 3 end f() assert(late == 3)\n"
                  "assert(not pcall(function() return never end))\n"
                  "assert(_ENV[1] == nil and math.pi > 3)\n"
                  "local assert = assert\n"
                  "local _ENV = {} assert(never == nil)",
                  NT_OK, "");
}

static void test_bytecode_is_refused(void **state) {
    (void)state;
    assert_fails(&small, "\x1bLua",
                 "dir/script.lua: error: attempt to load a binary chunk (mode is 't')\n");
}

static void test_no_addresses(void **state) {
    (void)state;
    assert_gives("return tostring({}) .. ' ' .. tostring(print) .. ' ' .. string.format('%5s', {})",
                 "table function table");
    assert_fails(
        &small, "return string.format('%p', {})",
        "dir/script.lua:1:1: error: bad argument #1 to 'format' (%p is not offered: addresses "
        "differ from run to run)\n"
        "     1 | return string.format('%p', {})\n"
        "       | ^\n");
    assert_gives("return (('%%p \\0%%%s'):format({}):gsub('%z', '0'))", "%p 0%table");
}

/* --- limits ----------------------------------------------------------------------------------- */

#define INSTRUCTIONS "ran for more than 1000000 instructions\n"

static void test_instruction_limit(void **state) {
    (void)state;
    assert_fails(&small, "local x = 1\nwhile true do\n  x = x + 1\nend",
                 "dir/script.lua:3:1: error: " INSTRUCTIONS "     3 |   x = x + 1\n       | ^\n");
}

static void test_limit_passes_pcall(void **state) {
    (void)state;
    assert_fails(
        &small, "while true do pcall(function() while true do end end) end",
        "dir/script.lua:1:1: error: " INSTRUCTIONS
        "     1 | while true do pcall(function() while true do end end) end\n       | ^\n");
    /* with a pcall around it that would go on for ever otherwise, and none of whose steps are Lua's
     */
    assert_fails(&small, "pcall(pcall, string.rep, '', math.maxinteger)",
                 "dir/script.lua:1:1: error: " INSTRUCTIONS
                 "     1 | pcall(pcall, string.rep, '', math.maxinteger)\n       | ^\n");
}

/* A fresh budget for each call: many short ones don't add up. */
static void test_budget_is_fresh(void **state) {
    (void)state;
    nt_sandbox *sandbox = open_sandbox(&small);
    for (int i = 0; i < 5; i++)
        assert_result(sandbox, "for i = 1, 200000 do end return 'ok'", "ok");
    nt_sandbox_free(sandbox);
}

/* Of a whole life's budget no call gets more than is left, and a limit stays hit. */
static void test_whole_life(void **state) {
    (void)state;
    nt_sandbox_limits limits = small;
    limits.whole_life = true;
    nt_sandbox *sandbox = open_sandbox(&limits);
    nt_error error;
    nt_error_init(&error);
    nt_source source = source_of("string.rep('', 150000)"), well = source_of("return 'well'");
    int calls = 0;
    nt_status status = NT_OK;
    while (status == NT_OK && calls < 20) {
        assert_int_equal(nt_sandbox_load(sandbox, &source, &error), NT_OK);
        status = nt_sandbox_call(sandbox, 0, 0, &error);
        calls += status == NT_OK;
    }
    assert_int_equal(calls, 6);
    assert_errors(&error, "dir/script.lua:1:1: error: " INSTRUCTIONS
                          "     1 | string.rep('', 150000)\n       | ^\n");
    assert_int_equal(nt_sandbox_load(sandbox, &well, &error), NT_OK);
    assert_int_equal(nt_sandbox_call(sandbox, 0, 1, &error), NT_INVALID);
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

/* Lua runs no handler when memory is short, so the line is not known; the script is. */
static void test_memory_limit(void **state) {
    (void)state;
    assert_fails(&small, "local t = {}\nfor i = 1, 1e7 do t[i] = i end",
                 "dir/script.lua: error: needs more than 4 MiB of memory\n");
}

static int hold(lua_State *L) {
    nt_sandbox_hold(L, (size_t)luaL_checkinteger(L, 1));
    return 0;
}

static int offer_hold(lua_State *L) {
    lua_pushcfunction(L, hold);
    lua_setglobal(L, "hold");
    return 0;
}

/* What C code holds counts as the script's own, and garbage of the script makes room for it. */
static void test_memory_held_outside(void **state) {
    (void)state;
    nt_error error;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(&small);
    assert_int_equal(nt_sandbox_do(sandbox, offer_hold, NULL, 0, &error), NT_OK);
    assert_result(sandbox,
                  "local s = ('x'):rep(1 << 20) hold(1 << 10) s = nil hold(3500000) hold(0)\n"
                  "s = ('x'):rep(1 << 20) return 'held'",
                  "held");
    nt_source source = source_of("local s = ('x'):rep(1 << 20)\npcall(hold, 3500000) return s");
    assert_int_equal(nt_sandbox_load(sandbox, &source, &error), NT_OK);
    assert_int_equal(nt_sandbox_call(sandbox, 0, 0, &error), NT_INVALID);
    assert_errors(&error, "dir/script.lua:2:1: error: needs more than 4 MiB of memory\n"
                          "     2 | pcall(hold, 3500000) return s\n       | ^\n");
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

static void count_print(void *user, const char *line, size_t length) {
    size_t *printed = user;
    (void)line;
    *printed += length;
}

/* Of a flood of lines a mebibyte is shown. */
static void test_print_ends(void **state) {
    (void)state;
    size_t printed = 0;
    nt_sandbox *sandbox = open_sandbox(&small);
    nt_sandbox_set_print(sandbox, count_print, &printed);
    assert_result(sandbox, "for i = 1, 20 do print(('x'):rep(100000)) end return ''", "");
    assert_in_range(printed, 900000, 1 << 20);
    nt_sandbox_free(sandbox);
}

static void test_memory_passes_pcall(void **state) {
    (void)state;
    assert_fails(&small, "while true do\n  pcall(string.rep, 'x', 1 << 23)\nend",
                 "dir/script.lua:2:1: error: needs more than 4 MiB of memory\n"
                 "     2 |   pcall(string.rep, 'x', 1 << 23)\n       | ^\n");
}

static void test_time_limit(void **state) {
    (void)state;
    nt_sandbox_limits limits = {.instructions = INT64_MAX / 2, .memory = 1 << 22, .seconds = 0.05};
    clock_t start = clock();
    assert_fails(&limits, "while true do end",
                 "dir/script.lua:1:1: error: took longer than 0.05 s\n"
                 "     1 | while true do end\n       | ^\n");
    assert_true(clock() - start < CLOCKS_PER_SEC);
}

/* Library functions that could run for ages without one instruction of the virtual machine. */
static void test_long_library_calls(void **state) {
    (void)state;
    static const char *const scripts[] = {
        "string.rep('', math.maxinteger)",
        "table.move({}, 1, math.maxinteger - 1, 2)",
        "table.concat({}, '', 1, math.maxinteger)",
        "table.unpack({}, 1, 10000000)",
        "local t = {} for i = 1, 50000 do table.insert(t, 1, i) end",
        "local t = {} for i = 1, 9000 do t[i] = i end while true do table.sort(t) end",
        "local t = {} for i = 1, 9000 do t[i] = i end while true do pairs(t) end",
        "local t = {} for i = 1, 9000 do t[i] = i end while true do next(t) end",
        "local s = ('x'):rep(1000000) while true do s:upper() end",
        NULL};
    for (const char *const *script = scripts; *script; script++) {
        char expected[300];
        snprintf(expected, sizeof expected,
                 "dir/script.lua:1:1: error: " INSTRUCTIONS "     1 | %s\n       | ^\n", *script);
        clock_t start = clock();
        assert_fails(&small, *script, expected);
        assert_true(clock() - start < 3 * CLOCKS_PER_SEC);
    }
}

static void test_patterns(void **state) {
    (void)state;
    static const char *const scripts[] = {
        "return ('a'):rep(200):find(('a-'):rep(9) .. 'b')",
        "return ('a'):rep(30):match(('a?'):rep(30) .. ('a'):rep(30))",
        "return ('x'):rep(40):gsub('.-.-.-.-.-.-.-.-b', '')",
        "return ('x'):rep(40):gmatch('[^]]*[%]x]*.+.+.+.+.+.+b')",
        "return ('(')  :rep(90000):find(('%b()'):rep(2) .. 'x')",
        "return ('a'):rep(90000):find(('a'):rep(20000) .. 'b', 1, true)",
        NULL};
    static const int subjects[] = {200, 30, 40, 40, 90000, 90000};
    for (int i = 0; scripts[i]; i++) {
        char expected[300];
        snprintf(
            expected, sizeof expected,
            "dir/script.lua:1:1: error: this pattern could take too long on a text of %d bytes\n"
            "     1 | %s\n       | ^\n",
            subjects[i], scripts[i]);
        assert_fails(&small, scripts[i], expected);
    }
    /* and what scripts really do passes */
    assert_gives("return ('layer3.12.downsample.0'):match('^(%a+)(%d+)%.(%d+)%.(%a+)%.(%d+)$')",
                 "layer");
    assert_gives("return ('  trimmed  '):match('^%s*(.-)%s*$')", "trimmed");
}

static void test_deep_recursion(void **state) {
    (void)state;
    nt_sandbox *sandbox = open_sandbox(&nt_sandbox_usual);
    assert_result(sandbox,
                  "local function f(n) return 1 + f(n) end\n"
                  "local ok, why = pcall(f, 1)\n"
                  "return tostring(ok) .. tostring(why:find('overflow') ~= nil)",
                  "falsetrue");
    nt_sandbox_free(sandbox);
}

/* --- the same on each run --------------------------------------------------------------------- */

static void test_pairs_order(void **state) {
    (void)state;
    const char *script =
        "local t = {}\n"
        "for i = 1, 40 do t['k' .. i * 7919 % 41] = i end\n"
        "t[2.5] = 1; t[-1] = 1; t[3] = 1; t[1] = 1; t[true] = 1; t[false] = 1; t[2^53] = 1\n"
        "t['\\xff'] = 1; t['k\\0'] = 1; t['K'] = 1\n"
        "local first, second = {}, {}\n"
        "for k in pairs(t) do first[#first + 1] = tostring(k) end\n"
        "local k = next(t)\n"
        "while k ~= nil do second[#second + 1] = tostring(k); k = next(t, k) end\n"
        "assert(table.concat(first, ' ') == table.concat(second, ' '))\n"
        "return (table.concat(first, ' '):gsub('%z', '0'):gsub('\\xff', 'y'))";
    assert_gives(
        script,
        "-1 1 2.5 3 9007199254740992 K k0 k1 k10 k11 k12 k13 k14 k15 k16 k17 k18 k19 k2 k20 "
        "k21 k22 k23 k24 k25 k26 k27 k28 k29 k3 k30 k31 k32 k33 k34 k35 k36 k37 k38 k39 k4 "
        "k40 k5 k6 k7 k8 k9 y false true");
}

static void test_pairs_while_clearing(void **state) {
    (void)state;
    assert_gives("local t, seen = {a = 1, b = 2, c = 3, d = 4}, ''\n"
                 "for k, v in pairs(t) do seen = seen .. k .. v; t[k] = nil; t.c = nil end\n"
                 "return seen .. tostring(next(t))",
                 "a1b2d4nil");
    assert_fails(&small, "pairs({a = 1})(5)",
                 "dir/script.lua:1:1: error: bad argument #1 to '?' (table expected, got number)\n"
                 "     1 | pairs({a = 1})(5)\n       | ^\n");
}

static void test_keys_without_order(void **state) {
    (void)state;
    assert_gives("for k in pairs({[print] = 1, a = 1}) do if k ~= 'a' then return type(k) end end",
                 "function");
    assert_fails(
        &small, "for k in pairs({[{}] = 1, [{}] = 2}) do end",
        "dir/script.lua:1:1: error: a table with several keys that are tables or functions has "
        "no fixed order; keep them in a list\n"
        "     1 | for k in pairs({[{}] = 1, [{}] = 2}) do end\n       | ^\n");
}

static int order_of(lua_State *L) {
    lua_pushinteger(L, *(const int *)lua_touserdata(L, 1));
    return 1;
}

/* Leaves a table with the keys 0 to 19 as objects that know their order. */
static int make_objects(lua_State *L) {
    lua_newtable(L);
    for (int i = 0; i < 20; i++) {
        int *object = lua_newuserdatauv(L, sizeof *object, 0);
        *object = i * 7 % 20;
        if (luaL_newmetatable(L, "object")) {
            lua_pushcfunction(L, order_of);
            lua_setfield(L, -2, "__order");
        }
        lua_setmetatable(L, -2);
        lua_pushinteger(L, *object);
        lua_settable(L, -3);
    }
    lua_setglobal(L, "objects");
    return 0;
}

static void test_objects_with_order(void **state) {
    (void)state;
    nt_error error;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(&small);
    assert_int_equal(nt_sandbox_do(sandbox, make_objects, NULL, 0, &error), NT_OK);
    assert_result(sandbox,
                  "local s = '' for k, v in pairs(objects) do s = s .. v .. ' ' end return s",
                  "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ");
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

static void test_sort_is_stable(void **state) {
    (void)state;
    assert_gives("local t = {}\n"
                 "for i = 1, 500 do t[i] = {key = i * 31 % 5, at = i} end\n"
                 "table.sort(t, function(a, b) return a.key < b.key end)\n"
                 "for i = 2, 500 do local a, b = t[i - 1], t[i]\n"
                 "  assert(a.key < b.key or (a.key == b.key and a.at < b.at)) end\n"
                 "return 'stable'",
                 "stable");
    assert_gives("local t = {5, 2, 'x', 1}\n"
                 "local ok = pcall(table.sort, t) return tostring(ok) .. table.concat(t, ',')",
                 "false5,2,x,1");
    assert_gives("local t = {3, 1, 2, 5, 4} table.sort(t, function() return true end)\n"
                 "local sum = 0 for _, v in ipairs(t) do sum = sum + v end return sum .. ''",
                 "15");
}

static void test_random_repeats(void **state) {
    (void)state;
    const char *script = "return math.random(1, 1 << 40) .. ' ' .. math.random(1, 1 << 40)";
    char first[100];
    nt_error error;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(&small);
    nt_source source = source_of(script);
    assert_int_equal(nt_sandbox_load(sandbox, &source, &error), NT_OK);
    assert_int_equal(nt_sandbox_call(sandbox, 0, 1, &error), NT_OK);
    lua_State *L = nt_sandbox_state(sandbox);
    snprintf(first, sizeof first, "%s", lua_tostring(L, -1));
    lua_pop(L, 1);
    assert_gives(script, first);
    assert_int_equal(nt_sandbox_set_seed(sandbox, 7, &error), NT_OK);
    assert_int_equal(nt_sandbox_load(sandbox, &source, &error), NT_OK);
    assert_int_equal(nt_sandbox_call(sandbox, 0, 1, &error), NT_OK);
    assert_string_not_equal(lua_tostring(L, -1), first);
    lua_pop(L, 1);
    assert_int_equal(nt_sandbox_set_seed(sandbox, 0, &error), NT_OK);
    assert_result(sandbox, script, first);
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

/* Given a number, it gives the same sequence each time; Lua's own without one would not. */
static void test_random_seed(void **state) {
    (void)state;
    assert_gives(
        "local function draw() return math.random(1, 1 << 40) end\n"
        "local first = draw() math.randomseed(7) local seven = draw() assert(draw() ~= seven)\n"
        "math.randomseed(7.0, 'ignored') assert(draw() == seven and first ~= seven)\n"
        "math.randomseed(0) assert(draw() == first) return 'same'",
        "same");
    assert_fails(&small, "math.randomseed()",
                 "dir/script.lua:1:1: error: bad argument #1 to 'randomseed' (number expected, got "
                 "no value)\n     1 | math.randomseed()\n       | ^\n");
}

/* --- print, errors ---------------------------------------------------------------------------- */

static void collect(void *user, const char *line, size_t length) {
    nt_text_add_bytes(user, line, length);
    nt_text_add(user, "|");
}

static void test_print(void **state) {
    (void)state;
    nt_text printed;
    nt_text_init(&printed);
    nt_sandbox *sandbox = open_sandbox(&small);
    assert_result(sandbox, "print('dropped') return ''", "");
    nt_sandbox_set_print(sandbox, collect, &printed);
    assert_result(sandbox, "print(1, nil, {}, 'x') print() return ''", "");
    assert_string_equal(printed.bytes, "1\tnil\ttable\tx||");
    nt_sandbox_free(sandbox);
    nt_text_finish(&printed);
}

static void test_errors_have_places(void **state) {
    (void)state;
    assert_fails(&small, "local x\nlocal y = x.field",
                 "dir/script.lua:2:1: error: attempt to index a nil value (local 'x')\n"
                 "     2 | local y = x.field\n       | ^\n");
    assert_fails(
        &small, "local x =\n= 2",
        "dir/script.lua:2:1: error: unexpected symbol near '='\n     2 | = 2\n       | ^\n");
    /* error's second argument: the caller's line */
    assert_fails(&small, "local function f()\n  error('oh', 2)\nend\nf()",
                 "dir/script.lua:4:1: error: oh\n     4 | f()\n       | ^\n");
    assert_fails(
        &small, "error('first\\nsecond', 0)",
        "dir/script.lua:1:1: error: first\\nsecond\n     1 | error('first\\nsecond', 0)\n   "
        "    | ^\n");
    assert_fails(&small, "error({})",
                 "dir/script.lua:1:1: error: raised an error that is a table, not a text\n"
                 "     1 | error({})\n       | ^\n");
    assert_fails(&small, "local ok, why = pcall(error, 'inner')\nerror(why)",
                 "dir/script.lua:2:1: error: inner\n     2 | error(why)\n       | ^\n");
}

/* Two texts whose files have the same name are told apart. */
static void test_two_sources(void **state) {
    (void)state;
    nt_error error;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(&small);
    nt_source a = {.path = "a/hook.lua", .text = "error('one')", .length = 12};
    nt_source b = {.path = "b/hook.lua", .text = "\nerror('two')", .length = 13};
    assert_int_equal(nt_sandbox_load(sandbox, &a, &error), NT_OK);
    assert_int_equal(nt_sandbox_load(sandbox, &b, &error), NT_OK);
    assert_int_equal(nt_sandbox_call(sandbox, 0, 0, &error), NT_INVALID);
    assert_errors(&error, "b/hook.lua:2:1: error: two\n     2 | error('two')\n       | ^\n");
    assert_int_equal(nt_sandbox_call(sandbox, 0, 0, &error), NT_INVALID);
    assert_errors(&error, "a/hook.lua:1:1: error: one\n     1 | error('one')\n       | ^\n");
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

/* --- the machine's memory --------------------------------------------------------------------- */

typedef struct failing {
    int left;  /* allocations that still succeed */
    bool once; /* only the one after them fails, not all that follow */
} failing;

static void *fail_later(void *user, void *block, size_t old_size, size_t new_size) {
    failing *f = user;
    if (new_size == 0)
        return free(block), NULL;
    if (f->left-- == 0 || (f->left < 0 && !f->once))
        return NULL;
    void *fresh = aligned_alloc(NT_ALIGN, (new_size + NT_ALIGN - 1) / NT_ALIGN * NT_ALIGN);
    if (fresh && block) {
        memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    return fresh;
}

static nt_status run_with_failure(failing *f) {
    nt_source source =
        source_of("local t = {} for i = 1, 100 do t[i] = ('x'):rep(i) end\n"
                  "for i = 1, 90 do t[i] = nil end\n"
                  "local function f(n) if n > 0 then return 1 + f(n - 1) end return 0 end\n"
                  "f(150) table.sort(t) for k in pairs(t) do end return #t");
    nt_alloc_set_hook(fail_later, f);
    size_t before = nt_alloc_in_use();
    nt_error error;
    nt_error_init(&error);
    nt_sandbox *sandbox = NULL;
    nt_status status = nt_sandbox_new(&small, &sandbox);
    if (status == NT_OK)
        status = nt_sandbox_load(sandbox, &source, &error);
    if (status == NT_OK)
        status = nt_sandbox_call(sandbox, 0, 1, &error);
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
    assert_int_equal(nt_alloc_in_use(), before);
    nt_alloc_set_hook(NULL, NULL);
    return status;
}

/* Each allocation fails in turn, alone or with all that follow: always a status, never a crash or a
 * leak. A single failure may also be overcome, by collecting garbage. */
static void test_out_of_memory(void **state) {
    (void)state;
    int failed = 0;
    nt_status status = NT_NO_MEMORY;
    for (int n = 0; n < 5000 && status != NT_OK; n++) {
        status = run_with_failure(&(failing){.left = n});
        assert_true(status == NT_OK || status == NT_NO_MEMORY);
        failed += status != NT_OK;
        nt_status once = run_with_failure(&(failing){.left = n, .once = true});
        assert_true(once == NT_OK || once == NT_NO_MEMORY);
    }
    assert_int_equal(status, NT_OK);
    assert_true(failed > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_globals),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_strict_refuses_unknown_names),
        cmocka_unit_test(test_strict_allows),
        cmocka_unit_test(test_bytecode_is_refused),
        cmocka_unit_test(test_no_addresses),
        cmocka_unit_test(test_instruction_limit),
        cmocka_unit_test(test_limit_passes_pcall),
        cmocka_unit_test(test_budget_is_fresh),
        cmocka_unit_test(test_whole_life),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_memory_held_outside),
        cmocka_unit_test(test_print_ends),
        cmocka_unit_test(test_memory_passes_pcall),
        cmocka_unit_test(test_time_limit),
        cmocka_unit_test(test_long_library_calls),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_deep_recursion),
        cmocka_unit_test(test_pairs_order),
        cmocka_unit_test(test_pairs_while_clearing),
        cmocka_unit_test(test_keys_without_order),
        cmocka_unit_test(test_objects_with_order),
        cmocka_unit_test(test_sort_is_stable),
        cmocka_unit_test(test_random_repeats),
        cmocka_unit_test(test_random_seed),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_errors_have_places),
        cmocka_unit_test(test_two_sources),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
