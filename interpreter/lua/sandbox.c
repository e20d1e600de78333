/* The life of a sandbox, calls into it, and how its errors become diagnostics: an error is placed
 * where it was raised, before the stack unwinds, or where the caller says. The limits under which
 * scripts run are sandbox_state.c's, what they see is library.c's. */
#include "sandbox_private.h"

#include "alloc.h"
#include "foreign_lua.h"
#include "signals.h"
#include "visible.h"
#include <stdlib.h>
#include <string.h>

const nt_sandbox_limits nt_sandbox_usual = {
    .instructions = 100000000, .memory = (size_t)256 << 20, .seconds = 10};

/* --- errors ----------------------------------------------------------------------------------- */

/* Runs where the error is raised, before the stack unwinds. */
static int note_error(lua_State *L) {
    if (nt_sandbox_of(L)->stop == NT_STOP_NONE)
        nt_sandbox_note_place(L);
    return 1;
}

/* Takes "name:12: " off the front of a message, as often as it is there, and believes its line:
 * that of error's second argument, which may be further out than the innermost one. */
static const char *strip_places(nt_sandbox *sandbox, const char *message) {
    for (;;) {
        const char *colon = strchr(message, ':');
        if (!colon)
            return message;
        char *end;
        long line = strtol(colon + 1, &end, 10);
        if (end == colon + 1 || end[0] != ':' || end[1] != ' ')
            return message;
        size_t length = (size_t)(colon - message);
        const nt_loaded *loaded = nt_sandbox_find(sandbox, message, length);
        if (loaded) {
            sandbox->raised_in = loaded->source;
            sandbox->raised_line = (int)line;
        } else if (length != strlen("expression") || memcmp(message, "expression", length) != 0) {
            return message;
        }
        message = end + 2;
    }
}

enum { LONGEST_MESSAGE = 2000 /* bytes */ };

/* The error value as one line of text. It may not call what could raise. */
static const char *describe_error(lua_State *L, nt_text *text) {
    switch (lua_type(L, -1)) {
    case LUA_TSTRING: {
        size_t length;
        const char *all = lua_tolstring(L, -1, &length);
        const char *message = strip_places(nt_sandbox_of(L), all);
        nt_visible_line(text, message, length - (size_t)(message - all), LONGEST_MESSAGE);
        break;
    }
    case LUA_TNUMBER:
        nt_text_printf(text, "%.14g", lua_tonumber(L, -1));
        break;
    default:
        nt_text_printf(text, "raised an error that is a %s, not a text", luaL_typename(L, -1));
    }
    return text->bytes;
}

static nt_status report_stop(nt_sandbox *sandbox, nt_location location, nt_error *error) {
    const nt_sandbox_limits *limits = &sandbox->limits;
    switch (sandbox->stop) {
    case NT_STOP_INSTRUCTIONS:
        return nt_error_at(error, NT_INVALID, location, "ran for more than %lld instructions",
                           (long long)limits->instructions);
    case NT_STOP_SIGNAL:
        return nt_signals_status();
    case NT_STOP_SECONDS:
        return nt_error_at(error, NT_INVALID, location, "took longer than %g s", limits->seconds);
    default:
        if (sandbox->starved)
            return nt_error_at(error, NT_NO_MEMORY, location, "out of memory");
        return nt_error_at(error, NT_INVALID, location, "needs more than %g MiB of memory",
                           (double)limits->memory / (1 << 20));
    }
}

nt_status nt_sandbox_report(lua_State *L, int lua_status, const nt_location *place,
                            nt_error *error) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    if (lua_status == LUA_ERRMEM && sandbox->stop == NT_STOP_NONE)
        sandbox->stop = NT_STOP_MEMORY;
    nt_text message;
    nt_text_init(&message);
    if (sandbox->stop == NT_STOP_NONE)
        describe_error(L, &message);
    nt_location raised = {.source = sandbox->raised_in,
                          .line = (uint32_t)sandbox->raised_line,
                          .column = 1,
                          .width = 1};
    nt_location at = place ? *place : raised;
    nt_status status = sandbox->stop != NT_STOP_NONE
                           ? report_stop(sandbox, at, error)
                           : nt_error_at(error, NT_INVALID, at, "%s", message.bytes);
    nt_text_finish(&message);
    return status;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Until something better is known, errors are placed where the function is defined. */
static void note_definition(lua_State *L, int function) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    lua_Debug info;
    if (!lua_isfunction(L, function))
        return;
    lua_pushvalue(L, function);
    lua_getinfo(L, ">S", &info);
    const nt_loaded *loaded = nt_sandbox_find(sandbox, info.short_src, strlen(info.short_src));
    sandbox->raised_in = loaded ? loaded->source : NULL;
    sandbox->raised_line = info.linedefined > 0 ? info.linedefined : 0;
}

nt_status nt_sandbox_call_at(nt_sandbox *sandbox, int arguments, int results,
                             const nt_location *place, nt_error *error) {
    lua_State *L = sandbox->state;
    int function = lua_gettop(L) - arguments;
    if (!lua_checkstack(L, 4)) {
        lua_settop(L, function - 1);
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    }
    nt_sandbox_refresh(L);
    note_definition(L, function);
    lua_pushcfunction(L, note_error);
    lua_insert(L, function);
    int lua_status = lua_pcall(L, arguments, results, function);
    nt_sandbox_end(L);
    nt_status status = NT_OK;
    if (lua_status != LUA_OK) {
        status = nt_sandbox_report(L, lua_status, place, error);
        lua_pop(L, 1);
    }
    lua_remove(L, function);
    return status;
}

nt_status nt_sandbox_call(nt_sandbox *sandbox, int arguments, int results, nt_error *error) {
    return nt_sandbox_call_at(sandbox, arguments, results, NULL, error);
}

nt_status nt_sandbox_do(nt_sandbox *sandbox, int (*body)(struct lua_State *), void *user,
                        int results, nt_error *error) {
    if (!lua_checkstack(sandbox->state, 4))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    lua_pushcfunction(sandbox->state, body);
    lua_pushlightuserdata(sandbox->state, user);
    return nt_sandbox_call(sandbox, 1, results, error);
}

/* Gives a source a short name that no other has: its file's name, and a number if need be. */
static const nt_loaded *declare(nt_sandbox *sandbox, const nt_source *source) {
    const char *slash = strrchr(source->path, '/');
    const char *name = slash ? slash + 1 : source->path;
    nt_loaded *loaded = NT_ARENA_NEW(&sandbox->arena, nt_loaded);
    char *chunk = nt_arena_printf(&sandbox->arena, "=%.40s", name);
    for (int n = 2; chunk && nt_sandbox_find(sandbox, chunk + 1, strlen(chunk + 1)); n++)
        chunk = nt_arena_printf(&sandbox->arena, "=%.40s#%d", name, n);
    if (!loaded || !chunk)
        return NULL;
    *loaded = (nt_loaded){.older = sandbox->loaded, .source = source, .chunk = chunk};
    return sandbox->loaded = loaded;
}

/* How many bytes a text begins with that say how to read or run it: a byte order mark, and a line
 * that begins with '#', without its end, so that lines keep their numbers. */
static size_t preamble(const nt_source *source) {
    size_t at = source->length >= 3 && memcmp(source->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (at < source->length && source->text[at] == '#')
        while (at < source->length && source->text[at] != '\n')
            at++;
    return at;
}

nt_status nt_sandbox_load(nt_sandbox *sandbox, const nt_source *source, nt_error *error) {
    const nt_loaded *loaded = declare(sandbox, source);
    if (!loaded || !lua_checkstack(sandbox->state, 4))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    nt_sandbox_refresh(sandbox->state);
    sandbox->raised_in = source;
    sandbox->raised_line = 0;
    size_t skipped = preamble(source);
    int lua_status = luaL_loadbufferx(sandbox->state, source->text + skipped,
                                      source->length - skipped, loaded->chunk, "t");
    nt_sandbox_end(sandbox->state);
    if (lua_status == LUA_OK)
        return NT_OK;
    nt_status status = nt_sandbox_report(sandbox->state, lua_status, NULL, error);
    nt_foreign_lua(error);
    lua_pop(sandbox->state, 1);
    return status;
}

/* --- life ------------------------------------------------------------------------------------- */

lua_State *nt_sandbox_state(nt_sandbox *sandbox) {
    return sandbox->state;
}

void nt_sandbox_set_print(nt_sandbox *sandbox, nt_sandbox_print print, void *user) {
    sandbox->print = print;
    sandbox->print_user = user;
}

static int seed_body(lua_State *L) {
    const uint64_t *seed = lua_touserdata(L, 1);
    nt_library_seed(L, (lua_Integer)*seed);
    return 0;
}

nt_status nt_sandbox_set_seed(nt_sandbox *sandbox, uint64_t seed, nt_error *error) {
    return nt_sandbox_do(sandbox, seed_body, &seed, 0, error);
}

static int open_body(lua_State *L) {
    nt_library_open(L);
    nt_library_seed(L, 0);
    return 0;
}

nt_status nt_sandbox_new(const nt_sandbox_limits *limits, nt_sandbox **ret) {
    nt_sandbox *sandbox = nt_alloc_zero(sizeof *sandbox);
    if (!sandbox)
        return NT_NO_MEMORY;
    nt_arena_init(&sandbox->arena);
    sandbox->limits = *limits;
    sandbox->state = lua_newstate(nt_sandbox_allocate, sandbox);
    if (!sandbox->state) {
        nt_sandbox_free(sandbox);
        return NT_NO_MEMORY;
    }
    *(nt_sandbox **)lua_getextraspace(sandbox->state) = sandbox;
    lua_pushcfunction(sandbox->state, open_body);
    if (lua_pcall(sandbox->state, 0, 0, 0) != LUA_OK) {
        nt_sandbox_free(sandbox);
        return NT_NO_MEMORY;
    }
    *ret = sandbox;
    return NT_OK;
}

void nt_sandbox_free(nt_sandbox *sandbox) {
    if (!sandbox)
        return;
    if (sandbox->state)
        lua_close(sandbox->state);
    nt_arena_finish(&sandbox->arena);
    nt_free(sandbox, sizeof *sandbox);
}
