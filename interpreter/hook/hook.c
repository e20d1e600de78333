/* The life of a hook. Its script is compiled and run, which gives a function; that function becomes
 * a coroutine, so that it can wait for answers; what it returns stays on the sandbox's stack until
 * somebody wants it. One budget covers all of it, reading the results too; only what hook_notes.c
 * adds, which the script has no part in, is outside. */
#include "hook_private.h"

#include "alloc.h"
#include "network_api.h"
#include "visible.h"
#include <assert.h>
#include <string.h>

enum { LARGEST_SCRIPT = 1 << 20 };

const nt_hook_limits nt_hook_usual = {
    .instructions = 1e8, .seconds = 10, .memory = 0.25, .questions = 100000};

static nt_sandbox_limits sandbox_limits(const nt_hook_limits *limits) {
    enum { GIGABYTE = 1 << 30 };
    return (nt_sandbox_limits){.instructions = (int64_t)limits->instructions,
                               .memory = (size_t)(limits->memory * GIGABYTE),
                               .seconds = limits->seconds,
                               .whole_life = true};
}

/* push_arguments(hook): the network and the options */
static int push_arguments(lua_State *state) {
    nt_hook *hook = lua_touserdata(state, 1);
    nt_lua_push_hook(state, hook);
    nt_lua_push_network(state, hook->network, nt_lua_asking);
    nt_lua_push_options(state, hook);
    return 2;
}

/* A line that goes to a terminal: the tabs between values are blanks, and all else is visible. */
static void show_print(void *user, const char *line, size_t length) {
    const nt_hook *hook = user;
    nt_text shown;
    nt_text_init(&shown);
    for (const char *end = line + length, *tab; line < end; line = tab + 1) {
        if (!(tab = memchr(line, '\t', (size_t)(end - line))))
            tab = end;
        nt_visible_line(&shown, line, (size_t)(tab - line), NT_VISIBLE_MOST);
        nt_text_add(&shown, tab < end ? " " : "");
    }
    nt_progress_note(hook->progress, "%s: %s", hook->source.path, shown.bytes);
    nt_text_finish(&shown);
}

static nt_status load(nt_hook *hook, nt_error *error) {
    NT_TRY(nt_sandbox_load(hook->sandbox, &hook->source, error));
    NT_TRY(nt_sandbox_call(hook->sandbox, 0, 1, error));
    lua_State *state = nt_sandbox_state(hook->sandbox);
    if (!lua_isfunction(state, -1)) {
        nt_error_at(error, NT_INVALID, (nt_location){.source = &hook->source},
                    "the script returned %s, not a hook", luaL_typename(state, -1));
        nt_error_hint(error, "end it with 'return function(net, options) ... end'");
        return NT_INVALID;
    }
    NT_TRY(nt_sandbox_do(hook->sandbox, push_arguments, hook, 2, error));
    return nt_sandbox_start(hook->sandbox, 2, error);
}

static nt_status set_up(nt_hook *hook, const char *path, nt_error *error) {
    NT_TRY(nt_file_read(path, LARGEST_SCRIPT, &hook->text, error));
    hook->source = (nt_source){.path = nt_arena_string(&hook->arena, path),
                               .text = (const char *)hook->text.bytes,
                               .length = hook->text.size};
    const nt_sandbox_limits limits = sandbox_limits(&hook->limits);
    if (!hook->source.path || nt_sandbox_new(&limits, &hook->sandbox) != NT_OK ||
        !nt_digest_bytes(hook->text.bytes, hook->text.size, hook->cases.digest))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory running %s", path);
    nt_sandbox_set_print(hook->sandbox, show_print, hook);
    NT_TRY(nt_sandbox_set_strict(hook->sandbox, error));
    return load(hook, error);
}

nt_status nt_hook_new(const char *path, const nt_network *network, const nt_hook_option *options,
                      int option_count, const nt_hook_limits *limits, const nt_trail *trail,
                      const nt_progress *progress, nt_hook **ret, nt_error *error) {
    nt_hook *hook = nt_alloc_zero(sizeof *hook);
    if (!hook)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory running %s", path);
    *hook = (nt_hook){.network = network,
                      .limits = limits ? *limits : nt_hook_usual,
                      .trail = trail,
                      .progress = progress,
                      .options = options,
                      .option_count = option_count,
                      .cases = {.remark = "", .control_of = ""},
                      .questions = {.remark = "", .control_of = ""}};
    nt_status status = set_up(hook, path, error);
    if (status != NT_OK) {
        nt_hook_free(hook);
        return status;
    }
    *ret = hook;
    return NT_OK;
}

void nt_hook_free(nt_hook *hook) {
    if (!hook)
        return;
    nt_sandbox_free(hook->sandbox);
    nt_bytes_finish(&hook->text);
    nt_cases_finish(&hook->questions);
    nt_cases_finish(&hook->cases);
    nt_arena_finish(&hook->cut);
    nt_arena_finish(&hook->arena);
    nt_free(hook, sizeof *hook);
}

/* --- running ---------------------------------------------------------------------------------- */

nt_status nt_hook_next(nt_hook *hook, const nt_answer *answers, nt_cases *ret_questions,
                       nt_error *error) {
    assert(!hook->ended);
    hook->answers = answers;
    nt_status status = nt_sandbox_resume(hook->sandbox, 2, &hook->ended, error);
    hook->answers = NULL;
    NT_TRY(status);
    if (hook->ended) { /* none, or one that pcall saw fail */
        nt_cases_finish(&hook->questions);
        hook->questions.remark = hook->questions.control_of = "";
    }
    hook->question_count += hook->questions.count;
    *ret_questions = hook->questions;
    return NT_OK;
}

/* The mistakes in what a script returned have no line, but a script and whoever asked for it. */
static nt_status locate_at_script(const nt_hook *hook, nt_status status, const nt_error *own,
                                  nt_error *error) {
    nt_location location = {.source = &hook->source, .trail = hook->trail};
    nt_error_at(error, status, location, "%s",
                own->count > 0 ? own->items[0].message : nt_status_text(status));
    if (own->count > 0 && own->items[0].hint)
        nt_error_hint(error, "%s", own->items[0].hint);
    return status;
}

nt_status nt_hook_result(nt_hook *hook, nt_cases *ret, nt_error *error) {
    assert(hook->ended);
    lua_State *state = nt_sandbox_state(hook->sandbox);
    if (!lua_checkstack(state, 2))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory running %s", hook->source.path);
    lua_pushcfunction(state, nt_lua_read_cases);
    lua_pushlightuserdata(state, hook);
    lua_rotate(state, 1, 2);
    nt_error own;
    nt_error_init(&own);
    nt_status status = nt_sandbox_call(hook->sandbox, 3, 0, &own);
    if (status != NT_OK && status != NT_INTERRUPTED && status != NT_TERMINATED)
        locate_at_script(hook, status, &own, error);
    nt_error_finish(&own);
    if (status == NT_OK)
        status = nt_hook_check_options(hook, error);
    NT_TRY(status);
    status = nt_hook_note(hook);
    if (status == NT_NO_MEMORY)
        nt_error_say(error, NT_NO_MEMORY, "out of memory running %s", hook->source.path);
    NT_TRY(status);
    *ret = hook->cases;
    ret->asks = hook->question_count > 0;
    hook->cases = (nt_cases){0};
    return NT_OK;
}

/* The result, or of a script that asks only that it does. */
static nt_status run(nt_hook *hook, nt_cases *ret, nt_error *error) {
    nt_cases questions;
    NT_TRY(nt_hook_next(hook, NULL, &questions, error));
    if (questions.count == 0)
        return nt_hook_result(hook, ret, error);
    *ret = hook->cases;
    ret->asks = true;
    hook->cases = (nt_cases){0};
    return NT_OK;
}

nt_status nt_hook_run(const char *path, const nt_network *network, const nt_hook_option *options,
                      int option_count, const nt_hook_limits *limits, const nt_trail *trail,
                      const nt_progress *progress, nt_cases *ret, nt_error *error) {
    nt_hook *hook;
    NT_TRY(
        nt_hook_new(path, network, options, option_count, limits, trail, progress, &hook, error));
    nt_status status = run(hook, ret, error);
    nt_hook_free(hook);
    return status;
}
