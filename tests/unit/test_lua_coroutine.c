/* Scripts that wait: what goes on where, what can't wait, and every limit on both sides of a wait.
 * The scripts here call wait(x), which gives what the test's loop then puts into `answer`. */
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

static lua_Integer asked, answer;

static int go_on(lua_State *L) {
    if (answer < 0)
        return luaL_error(L, "no answer");
    lua_pushinteger(L, answer);
    return 1;
}

static int wait_body(lua_State *L) {
    asked = luaL_checkinteger(L, 1);
    return nt_sandbox_wait(L, "wait", go_on);
}

static int offer_wait(lua_State *L) {
    lua_pushcfunction(L, wait_body);
    lua_setglobal(L, "wait");
    return 0;
}

/* Loads the script and makes a coroutine of it, which gets the arguments 20 and true. */
static nt_status start(nt_sandbox *sandbox, const nt_source *source, nt_error *error) {
    NT_TRY(nt_sandbox_do(sandbox, offer_wait, NULL, 0, error));
    NT_TRY(nt_sandbox_load(sandbox, source, error));
    lua_State *L = nt_sandbox_state(sandbox);
    lua_pushinteger(L, 20);
    if (!lua_checkstack(L, 4))
        return NT_NO_MEMORY;
    lua_pushboolean(L, true);
    return nt_sandbox_start(sandbox, 2, error);
}

static nt_source source_of(const char *text) {
    return (nt_source){.path = "dir/script.lua", .text = text, .length = strlen(text)};
}

/* Runs to the end, answering each question x with x + 1; leaves one result on the stack. */
static nt_status drive(nt_sandbox *sandbox, const nt_source *source, int *ret_waits,
                       nt_error *error) {
    bool ended = false;
    *ret_waits = 0;
    NT_TRY(start(sandbox, source, error));
    assert_int_equal(lua_gettop(nt_sandbox_state(sandbox)), 0);
    for (;;) {
        NT_TRY(nt_sandbox_resume(sandbox, 1, &ended, error));
        if (ended)
            return NT_OK;
        ++*ret_waits;
        answer = asked + 1;
    }
}

static nt_sandbox *open_sandbox(const nt_sandbox_limits *limits) {
    nt_sandbox *sandbox;
    assert_int_equal(nt_sandbox_new(limits, &sandbox), NT_OK);
    return sandbox;
}

static void assert_gives(const char *script, int waits, const char *expected) {
    nt_error error;
    int count;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(&small);
    nt_source source = source_of(script);
    if (drive(sandbox, &source, &count, &error) != NT_OK)
        assert_errors(&error, "");
    assert_string_equal(lua_tostring(nt_sandbox_state(sandbox), -1), expected);
    assert_int_equal(count, waits);
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

/* A script that fails so after so many waits; the sandbox is the caller's. */
static nt_sandbox *failed(const nt_sandbox_limits *limits, const char *script, int waits,
                          const char *expected) {
    nt_error error;
    int count;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(limits);
    nt_source source = source_of(script);
    assert_int_equal(drive(sandbox, &source, &count, &error), NT_INVALID);
    assert_errors(&error, expected);
    assert_int_equal(count, waits);
    nt_error_finish(&error);
    return sandbox;
}

/* The same, and the sandbox still works. */
static void assert_fails(const nt_sandbox_limits *limits, const char *script, int waits,
                         const char *expected) {
    nt_error error;
    nt_error_init(&error);
    nt_sandbox *sandbox = failed(limits, script, waits, expected);
    nt_source after = source_of("return 'well'");
    assert_int_equal(nt_sandbox_load(sandbox, &after, &error), NT_OK);
    assert_int_equal(nt_sandbox_call(sandbox, 0, 1, &error), NT_OK);
    assert_string_equal(lua_tostring(nt_sandbox_state(sandbox), -1), "well");
    assert_int_equal(lua_gettop(nt_sandbox_state(sandbox)), 1);
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void test_waits(void **state) {
    (void)state;
    assert_gives("return 'no wait'", 0, "no wait");
    assert_gives("local a, b = ... return wait(a) .. tostring(b)", 1, "21true");
    assert_gives("local s = 0 for i = 1, 50 do s = s + wait(i) end return tostring(s)", 50, "1325");
    assert_gives("local function f(n) if n == 0 then return 0 end return wait(n) + f(n - 1) end\n"
                 "return tostring(f(30))",
                 30, "495");
    assert_gives("local function each(n) local i = 0\n"
                 "  return function() i = i + 1 if i <= n then return wait(i) end end end\n"
                 "local s = '' for x in each(3) do s = s .. x end return s",
                 3, "234");
}

/* Waiting inside pcall, and errors there before and after. */
static void test_pcall(void **state) {
    (void)state;
    assert_gives("local ok, x, y = pcall(function(a) return wait(a), wait(2) end, 1)\n"
                 "return tostring(ok) .. x .. y",
                 2, "true23");
    assert_gives("return select('#', pcall(function() wait(1) end)) .. ''", 1, "1");
    assert_gives("local ok, x = pcall(pcall, wait, 5) return tostring(ok) .. tostring(x)", 1,
                 "truetrue");
    assert_gives("local ok, why = pcall(function() wait(1) error('inner', 0) end)\n"
                 "return tostring(ok) .. why .. wait(1)",
                 2, "falseinner2");
    assert_gives("local ok, why = pcall(wait, -5)\n" /* answered -4: an error of wait's own */
                 "return tostring(ok) .. why .. wait(1)",
                 2, "falseno answer2");
    assert_gives("local out = ''\n"
                 "for i = 1, 3 do\n"
                 "  local ok, why = pcall(function()\n"
                 "    local ok, why = pcall(function() wait(i) error(wait(i), 0) end)\n"
                 "    assert(not ok) error(why * 10, 0)\n"
                 "  end)\n"
                 "  out = out .. why\n"
                 "end\n"
                 "return out",
                 6, "203040");
}

static void test_errors_have_places(void **state) {
    (void)state;
    assert_fails(&small, "local a = wait(1)\nlocal x\nlocal y = x.field", 1,
                 "dir/script.lua:3:1: error: attempt to index a nil value (local 'x')\n"
                 "     3 | local y = x.field\n       | ^\n");
    assert_fails(&small, "local function f()\n  wait(1)\n  error('oh', 2)\nend\nf()", 1,
                 "dir/script.lua:5:1: error: oh\n     5 | f()\n       | ^\n");
    assert_fails(&small, "local x = 1\nlocal y = wait(-3)", 1,
                 "dir/script.lua:2:1: error: no answer\n     2 | local y = wait(-3)\n       | ^\n");
    assert_fails(&small, "wait(1)\nwait('x')", 1,
                 "dir/script.lua:2:1: error: bad argument #1 to 'wait' (number expected, got "
                 "string)\n     2 | wait('x')\n       | ^\n");
    assert_fails(&small, "wait(1)\nerror({})", 1,
                 "dir/script.lua:2:1: error: raised an error that is a table, not a text\n"
                 "     2 | error({})\n       | ^\n");
    assert_fails(&nt_sandbox_usual, "wait(1) local function f() return 1 + f() end\nf()", 1,
                 "dir/script.lua:1:1: error: stack overflow\n"
                 "     1 | wait(1) local function f() return 1 + f() end\n       | ^\n");
}

static void test_places_that_can_not_wait(void **state) {
    (void)state;
    assert_fails(&small, "wait(1)\ntable.sort({1, 2}, function(a, b)\n  return wait(a) < b\nend)",
                 1,
                 "dir/script.lua:3:1: error: wait can't be called from inside table.sort\n"
                 "     3 |   return wait(a) < b\n       | ^\n");
    assert_fails(&small, "local s = string\nreturn s.gsub('abc', '%w', function() wait(1) end)", 0,
                 "dir/script.lua:2:1: error: wait can't be called from inside string.gsub\n"
                 "     2 | return s.gsub('abc', '%w', function() wait(1) end)\n       | ^\n");
    assert_fails(&small, "table.sort({1, 2}, function() pcall(error) wait(1) end)", 0,
                 "dir/script.lua:1:1: error: wait can't be called from inside table.sort\n"
                 "     1 | table.sort({1, 2}, function() pcall(error) wait(1) end)\n"
                 "       | ^\n");
    /* whatever stands between: the innermost library function is named, pcall is none of those */
    assert_gives("local why\n"
                 "pcall(table.sort, {1, 2}, function() why = select(2, pcall(wait, 1)) end)\n"
                 "return why .. wait(1)",
                 1, "wait can't be called from inside table.sort2");
    assert_gives("local why\n"
                 "local function f() why = select(2, pcall(wait, 1)) end\n"
                 "table.sort({1, 2}, function() ('x'):gsub('x', f) end) return why",
                 0, "wait can't be called from inside string.gsub");
}

/* Outside of the coroutine there is nobody to wait for. */
static void test_no_coroutine(void **state) {
    (void)state;
    nt_error error;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(&small);
    nt_source source = source_of("wait(1)");
    assert_int_equal(nt_sandbox_do(sandbox, offer_wait, NULL, 0, &error), NT_OK);
    assert_int_equal(nt_sandbox_load(sandbox, &source, &error), NT_OK);
    assert_int_equal(nt_sandbox_call(sandbox, 0, 0, &error), NT_INVALID);
    assert_errors(&error, "dir/script.lua:1:1: error: wait can't be called here\n"
                          "     1 | wait(1)\n       | ^\n");
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

#define INSTRUCTIONS "ran for more than 1000000 instructions\n"

/* --- limits ----------------------------------------------------------------------------------- */

/* A whole life's budget is not renewed by waiting, and the time that passes meanwhile is not in it.
 */
static void test_whole_life(void **state) {
    (void)state;
    nt_sandbox_limits limits = small;
    limits.whole_life = true;
    nt_sandbox_free(failed(&limits, "for i = 1, 6 do\n  for k = 1, 300000 do end wait(i)\nend", 3,
                           "dir/script.lua:2:1: error: " INSTRUCTIONS
                           "     2 |   for k = 1, 300000 do end wait(i)\n       | ^\n"));
    limits.instructions = INT64_MAX / 2;
    limits.seconds = 0.3;
    nt_error error;
    bool ended = false;
    int waits = 0;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(&limits);
    nt_source source = source_of("while true do for i = 1, 1000000 do end wait(1) end");
    assert_int_equal(start(sandbox, &source, &error), NT_OK);
    answer = 1;
    while (nt_sandbox_resume(sandbox, 0, &ended, &error) == NT_OK) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        waits++;
    }
    assert_string_equal(error.items[0].message, "took longer than 0.3 s");
    assert_true(waits > 3 && waits < 5000);
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

/* Each wait begins a fresh budget, of which every turn here uses more than half. */
static void test_budget_is_fresh(void **state) {
    (void)state;
    assert_gives("for i = 1, 6 do for k = 1, 600000 do end wait(i) end return 'done'", 6, "done");
}

static void test_instruction_limit(void **state) {
    (void)state;
    assert_fails(&small, "wait(1) wait(2)\nwhile true do end", 2,
                 "dir/script.lua:2:1: error: " INSTRUCTIONS
                 "     2 | while true do end\n       | ^\n");
    assert_fails(&small, "for i = 1, 3 do wait(i) end string.rep('', math.maxinteger)", 3,
                 "dir/script.lua:1:1: error: " INSTRUCTIONS
                 "     1 | for i = 1, 3 do wait(i) end string.rep('', math.maxinteger)\n"
                 "       | ^\n");
}

/* No pcall holds a limit up: neither one that has been waited in nor one around it. */
static void test_limits_pass_pcall(void **state) {
    (void)state;
    assert_fails(&small, "while true do pcall(function() wait(1) while true do end end) end", 1,
                 "dir/script.lua:1:1: error: " INSTRUCTIONS
                 "     1 | while true do pcall(function() wait(1) while true do end end) end\n"
                 "       | ^\n");
    assert_fails(&small,
                 "while true do\n  pcall(function() wait(1) return ('x'):rep(1 << 23) end)\nend", 1,
                 "dir/script.lua:2:1: error: needs more than 4 MiB of memory\n"
                 "     2 |   pcall(function() wait(1) return ('x'):rep(1 << 23) end)\n"
                 "       | ^\n");
}

/* Memory is not given back by waiting; where it ran out is known here. */
static void test_memory_limit(void **state) {
    (void)state;
    assert_fails(&small,
                 "local t = {}\nfor i = 1, 100 do\n  t[i] = ('x'):rep(1 << 20) .. wait(i)\nend", 2,
                 "dir/script.lua:3:1: error: needs more than 4 MiB of memory\n"
                 "     3 |   t[i] = ('x'):rep(1 << 20) .. wait(i)\n       | ^\n");
}

/* The time that passes while a script waits is not the script's. */
static void test_time(void **state) {
    (void)state;
    nt_sandbox_limits limits = {.instructions = INT64_MAX / 2, .memory = 1 << 22, .seconds = 0.2};
    nt_error error;
    bool ended;
    nt_error_init(&error);
    nt_sandbox *sandbox = open_sandbox(&limits);
    nt_source source = source_of("wait(1) for i = 1, 10000 do end wait(2) while true do end");
    assert_int_equal(start(sandbox, &source, &error), NT_OK);
    answer = 1;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nt_sandbox_resume(sandbox, 0, &ended, &error), NT_OK);
        assert_false(ended);
        nanosleep(&(struct timespec){.tv_nsec = 250000000}, NULL);
    }
    assert_int_equal(nt_sandbox_resume(sandbox, 0, &ended, &error), NT_INVALID);
    assert_string_equal(error.items[0].message, "took longer than 0.2 s");
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
}

/* --- the machine's memory --------------------------------------------------------------------- */

typedef struct failing {
    int left; /* allocations that still succeed */
    bool once;
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

/* Stops after `waits` of the script's four waits, so that it is also freed in the middle. */
static nt_status run_with_failure(failing *f, int waits) {
    nt_source source = source_of("local t = {}\n"
                                 "for i = 1, 3 do t[i] = {('x'):rep(wait(i) * 100)} end\n"
                                 "local ok, why = pcall(function()\n"
                                 "  local function f(n) if n > 0 then return 1 + f(n - 1) end\n"
                                 "    return wait(1) end\n"
                                 "  return f(100) .. ('y'):rep(1000)\n"
                                 "end)\n"
                                 "return ok and why");
    nt_alloc_set_hook(fail_later, f);
    size_t before = nt_alloc_in_use();
    nt_error error;
    nt_error_init(&error);
    nt_sandbox *sandbox = NULL;
    bool ended = false;
    nt_status status = nt_sandbox_new(&small, &sandbox);
    if (status == NT_OK)
        status = start(sandbox, &source, &error);
    for (int i = 0; status == NT_OK && !ended && i <= waits; i++) {
        status = nt_sandbox_resume(sandbox, 1, &ended, &error);
        answer = asked + 1;
    }
    nt_sandbox_free(sandbox);
    nt_error_finish(&error);
    assert_int_equal(nt_alloc_in_use(), before);
    nt_alloc_set_hook(NULL, NULL);
    return status;
}

static void test_out_of_memory(void **state) {
    (void)state;
    int failed = 0;
    nt_status status = NT_NO_MEMORY;
    for (int n = 0; n < 5000 && status != NT_OK; n++) {
        status = run_with_failure(&(failing){.left = n}, 4);
        assert_true(status == NT_OK || status == NT_NO_MEMORY);
        failed += status != NT_OK;
        nt_status once = run_with_failure(&(failing){.left = n, .once = true}, 4);
        assert_true(once == NT_OK || once == NT_NO_MEMORY);
    }
    assert_int_equal(status, NT_OK);
    assert_true(failed > 100);
}

static void test_freed_while_it_waits(void **state) {
    (void)state;
    for (int waits = 0; waits < 5; waits++)
        assert_int_equal(run_with_failure(&(failing){.left = -1, .once = true}, waits), NT_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_pcall),
        cmocka_unit_test(test_errors_have_places),
        cmocka_unit_test(test_places_that_can_not_wait),
        cmocka_unit_test(test_no_coroutine),
        cmocka_unit_test(test_budget_is_fresh),
        cmocka_unit_test(test_whole_life),
        cmocka_unit_test(test_instruction_limit),
        cmocka_unit_test(test_limits_pass_pcall),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_freed_while_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
