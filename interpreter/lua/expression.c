/* Texts are cut at their dollars; `$name` is looked up directly, `${expr}` is compiled as
 * `return (expr)` with an environment whose missing fields are the caller's variables, then the
 * sandbox's functions. Compiled expressions are kept, by their text. */
#include "expression_private.h"

#include "budget.h"
#include "foreign_lua.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const nt_sandbox_limits nt_expression_limits = {
    .instructions = 1000000, .memory = (size_t)16 << 20, .seconds = 1};

enum { MOST_CACHED = 1000 };

/* --- scalars ---------------------------------------------------------------------------------- */

nt_scalar nt_scalar_read(const char *word) {
    enum { LONGEST = 400 /* a number has fewer characters */ };
    nt_scalar scalar = {.kind = NT_SCALAR_TEXT, .text = word};
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
        return (nt_scalar){.kind = NT_SCALAR_BOOL, .truth = word[0] == 't'};
    if (word[0] == '\0' || strnlen(word, LONGEST) == LONGEST ||
        word[strspn(word, "0123456789+-.eE")] != '\0')
        return scalar;
    char *end;
    double real = strtod(word, &end);
    if (*end != '\0' || !isfinite(real))
        return scalar;
    if (real == floor(real) && fabs(real) < 9e18)
        return (nt_scalar){.kind = NT_SCALAR_INT,
                           .integer = word[strcspn(word, ".eE")] ? (int64_t)real
                                                                 : strtoll(word, NULL, 10)};
    return (nt_scalar){.kind = NT_SCALAR_REAL, .real = real};
}

/* The shortest text that reads as the same number. */
static const char *real_text(double real, nt_arena *arena) {
    for (int digits = 15; digits < 17; digits++) {
        const char *text = nt_arena_printf(arena, "%.*g", digits, real);
        if (!text || strtod(text, NULL) == real)
            return text;
    }
    return nt_arena_printf(arena, "%.17g", real);
}

const char *nt_scalar_text(nt_scalar scalar, nt_arena *arena) {
    switch (scalar.kind) {
    case NT_SCALAR_BOOL:
        return scalar.truth ? "true" : "false";
    case NT_SCALAR_INT:
        return nt_arena_printf(arena, "%lld", (long long)scalar.integer);
    case NT_SCALAR_REAL:
        return real_text(scalar.real, arena);
    case NT_SCALAR_TEXT:
        return scalar.text;
    default:
        return NULL;
    }
}

const char *nt_scalar_describe(nt_scalar scalar) {
    static const char *const names[] = {
        [NT_SCALAR_NIL] = "nil",        [NT_SCALAR_BOOL] = "true or false",
        [NT_SCALAR_INT] = "an integer", [NT_SCALAR_REAL] = "a number",
        [NT_SCALAR_TEXT] = "a text",    [NT_SCALAR_RECORD] = "a record",
        [NT_SCALAR_LIST] = "a list",    [NT_SCALAR_UNKNOWN] = "unknown",
    };
    return names[scalar.kind];
}

/* --- evaluation in Lua ------------------------------------------------------------------------ */

static const char cache_key = 0, environment_key = 0; /* their addresses name registry fields */

/* __index of the environment. */
static int look_up(lua_State *L) {
    nt_evaluation *e = nt_sandbox_of(L)->evaluation;
    const char *name = luaL_checkstring(L, 2);
    nt_scalar scalar;
    if (e->variables->find(e->variables->context, name, &scalar)) {
        if (scalar.kind == NT_SCALAR_UNKNOWN) {
            e->unknown = true;
            return luaL_error(L, "unknown");
        }
        nt_expression_push(L, scalar);
        return 1;
    }
    lua_pushglobaltable(L);
    if (lua_getfield(L, -1, name) != LUA_TNIL)
        return 1;
    e->missing = nt_arena_string(e->arena, name);
    e->missing_member = false;
    return luaL_error(L, "no variable '%s'", name);
}

static int refuse_assignment(lua_State *L) {
    return luaL_error(L, "an expression can't set '%s'", nt_library_text(L, 2, NULL));
}

static void push_environment(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &environment_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, look_up);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_assignment);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &environment_key);
}

/* The table of compiled expressions; field 0 counts them. */
static void push_cache(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &cache_key) == LUA_TTABLE) {
        lua_rawgeti(L, -1, 0);
        lua_Integer count = lua_tointeger(L, -1);
        lua_pop(L, 1);
        if (count < MOST_CACHED)
            return;
    }
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &cache_key);
}

static void push_compiled(lua_State *L, const nt_evaluation *e) {
    push_cache(L);
    int cache = lua_gettop(L);
    lua_pushlstring(L, e->expression, e->length);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, cache) == LUA_TFUNCTION)
        return;
    lua_pop(L, 1);
    nt_sandbox_charge(L, (int64_t)e->length);
    lua_pushliteral(L, "return (");
    lua_pushvalue(L, -2);
    lua_pushliteral(L, "\n)");
    lua_concat(L, 3);
    size_t length;
    const char *chunk = lua_tolstring(L, -1, &length);
    if (luaL_loadbufferx(L, chunk, length, "=expression", "t") != LUA_OK)
        lua_error(L);
    push_environment(L);
    lua_setupvalue(L, -2, 1);
    lua_pushvalue(L, -3); /* the text */
    lua_pushvalue(L, -2);
    lua_rawset(L, cache);
    lua_rawgeti(L, cache, 0);
    lua_pushinteger(L, lua_tointeger(L, -1) + 1);
    lua_rawseti(L, cache, 0);
    lua_pop(L, 1);
}

static int evaluate_body(lua_State *L) {
    nt_evaluation *e = lua_touserdata(L, 1);
    push_compiled(L, e);
    lua_call(L, 0, 1);
    e->result = nt_expression_take(L, e);
    return 0;
}

static nt_status say_missing(const nt_evaluation *e, nt_location location, nt_error *error) {
    nt_error_at(error, NT_INVALID, location, "no %s '%.200s'",
                e->missing_member ? "member" : "variable", e->missing);
    const char *const *beside =
        e->missing_member ? e->beside : e->variables->names(e->variables->context);
    if (beside)
        nt_error_suggest(error, e->missing, beside);
    return NT_INVALID;
}

/* --- the budget of the arena ------------------------------------------------------------------ */

static nt_status no_memory(const nt_evaluation *e, nt_location location, nt_error *error) {
    nt_budget *budget = e->arena->budget;
    if (!budget || budget->passed == NT_BUDGET_KEPT)
        return nt_error_at(error, NT_NO_MEMORY, location, "out of memory");
    return nt_budget_say(budget, location.trail, error);
}

static double seconds_of(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* What an evaluation may take, and when it began. */
typedef struct allowance {
    int64_t instructions;
    double began; /* by the clock on the wall: the processor's takes a system call */
} allowance;

/* Lets the sandbox run for what is left of the budget, if that is less than an evaluation may. */
static allowance begin_budget(nt_sandbox *sandbox, const nt_evaluation *e) {
    nt_sandbox_refresh(sandbox->state);
    if (e->arena->budget && e->arena->budget->instructions < sandbox->left)
        sandbox->left = e->arena->budget->instructions;
    return (allowance){sandbox->left, seconds_of(CLOCK_MONOTONIC)};
}

/* Processor time; 0: too little to matter. */
static double seconds_taken(const nt_sandbox *sandbox, double began) {
    const double least = 1e-4;
    if (seconds_of(CLOCK_MONOTONIC) - began < least)
        return 0;
    return seconds_of(CLOCK_THREAD_CPUTIME_ID) - (sandbox->deadline - sandbox->limits.seconds);
}

/* Takes what an evaluation took: its instructions, or those that its time is worth where each was a
 * long one. Returns false where the budget is spent. */
static bool end_budget(const nt_sandbox *sandbox, const nt_evaluation *e, allowance allowed) {
    enum { EACH = 100, A_SECOND = 20000000 }; /* what an evaluation takes beside its instructions */
    nt_budget *budget = e->arena->budget;
    if (!budget)
        return true;
    int64_t most = allowed.instructions;
    int64_t taken = EACH + most - (sandbox->left > 0 ? sandbox->left : 0);
    int64_t worth = (int64_t)(seconds_taken(sandbox, allowed.began) * A_SECOND);
    bool cut = sandbox->stop == NT_STOP_INSTRUCTIONS && most < sandbox->limits.instructions;
    if (cut)
        taken = budget->instructions + 1;
    return nt_budget_take_instructions(budget, worth > taken ? worth : taken);
}

static nt_status evaluate(nt_sandbox *sandbox, nt_evaluation *e, nt_location location,
                          nt_error *error) {
    lua_State *L = sandbox->state;
    allowance allowed = begin_budget(sandbox, e);
    if (!lua_checkstack(L, 4))
        return nt_error_at(error, NT_NO_MEMORY, location, "out of memory");
    sandbox->evaluation = e;
    lua_pushcfunction(L, evaluate_body);
    lua_pushlightuserdata(L, e);
    int lua_status = lua_pcall(L, 1, 0, 0);
    sandbox->evaluation = NULL;
    bool kept = end_budget(sandbox, e, allowed);
    if (lua_status == LUA_OK && !e->unknown && kept)
        return NT_OK;
    nt_status status = NT_OK;
    if (!kept)
        status = no_memory(e, location, error);
    else if (e->unknown && sandbox->stop == NT_STOP_NONE)
        e->result.kind = NT_SCALAR_UNKNOWN;
    else if (e->missing && sandbox->stop == NT_STOP_NONE && lua_status == LUA_ERRRUN)
        status = say_missing(e, location, error);
    else
        status = nt_sandbox_report(L, lua_status, &location, error);
    if (kept && status == NT_INVALID && lua_status == LUA_ERRRUN)
        nt_foreign_lua(error);
    if (lua_status != LUA_OK)
        lua_pop(L, 1);
    return status;
}

/* --- texts ------------------------------------------------------------------------------------ */

bool nt_expression_in(const char *text) {
    return strchr(text, '$') != NULL;
}

static bool starts_name(char c) {
    return isalpha((unsigned char)c) || c == '_';
}

static size_t name_length(const char *text) {
    size_t length = 0;
    while (starts_name(text[length]) || isdigit((unsigned char)text[length]))
        length++;
    return length;
}

/* The brace that closes the one before `text`, past Lua's strings and inner braces; NULL: none. */
static const char *closing_brace(const char *text) {
    int depth = 1;
    for (; *text; text++) {
        if (*text == '"' || *text == '\'') {
            char quote = *text++;
            while (*text && *text != quote)
                text += *text == '\\' && text[1] ? 2 : 1;
            if (!*text)
                return NULL;
        } else if (*text == '{') {
            depth++;
        } else if (*text == '}' && --depth == 0) {
            return text;
        }
    }
    return NULL;
}

static nt_status expand_name(nt_evaluation *e, nt_location location, nt_error *error) {
    const char *name = nt_arena_substring(e->arena, e->expression, e->length);
    if (!name || !nt_budget_take_instructions(e->arena->budget, 1 + (int64_t)e->length / 8))
        return no_memory(e, location, error);
    if (!e->variables->find(e->variables->context, name, &e->result)) {
        e->missing = name;
        return say_missing(e, location, error);
    }
    bool list = e->result.kind == NT_SCALAR_LIST, record = e->result.kind == NT_SCALAR_RECORD;
    if (e->gives == NT_GIVES_ANY || (!list && !record))
        return NT_OK;
    nt_error_at(error, NT_INVALID, location, "'%s' is %s, not a value", name,
                nt_scalar_describe(e->result));
    if (list)
        nt_error_hint(error, "write ${%s[1]}", name);
    else if (e->result.members->name)
        nt_error_hint(error, "write ${%s.%s}", name, e->result.members->name);
    return NT_INVALID;
}

/* Evaluates what stands behind the dollar at `text`; *ret_end is where it ends. */
static nt_status expand_one(nt_sandbox *sandbox, nt_evaluation *e, const char *text,
                            nt_location location, const char **ret_end, nt_error *error) {
    if (text[1] == '$') {
        *ret_end = text + 2;
        e->result = (nt_scalar){.kind = NT_SCALAR_TEXT, .text = "$"};
        return NT_OK;
    }
    if (starts_name(text[1])) {
        e->expression = text + 1;
        e->length = name_length(text + 1);
        *ret_end = text + 1 + e->length;
        return expand_name(e, location, error);
    }
    if (text[1] != '{') {
        nt_error_at(error, NT_INVALID, location, "a '$' without a name");
        nt_error_hint(error, "write $name, ${expression}, or $$ for a dollar sign");
        return NT_INVALID;
    }
    const char *close = closing_brace(text + 2);
    if (!close)
        return nt_error_at(error, NT_INVALID, location, "'${' is never closed");
    e->expression = text + 2;
    e->length = (size_t)(close - text) - 2;
    *ret_end = close + 1;
    return evaluate(sandbox, e, location, error);
}

static bool is_no_text(nt_scalar scalar) {
    return scalar.kind == NT_SCALAR_NIL || scalar.kind == NT_SCALAR_RECORD ||
           scalar.kind == NT_SCALAR_LIST;
}

/* Appends the pieces of `text` to `joined`. A text that is one expression and nothing else leaves
 * its value in *ret and sets *ret_alone; otherwise *ret only says whether a piece was UNKNOWN. */
static nt_status expand_pieces(nt_sandbox *sandbox, nt_arena *arena, const char *text,
                               nt_location location, const nt_variables *variables,
                               nt_expression_gives gives, nt_text *joined, nt_scalar *ret,
                               bool *ret_alone, nt_error *error) {
    const char *at = text, *end;
    bool unknown = false;
    for (; *at; at = end) {
        size_t plain = strcspn(at, "$");
        end = at + plain;
        if (plain > 0) {
            nt_text_add_bytes(joined, at, plain);
            continue;
        }
        nt_evaluation e = {.variables = variables, .arena = arena, .gives = gives};
        NT_TRY(expand_one(sandbox, &e, at, location, &end, error));
        if (at == text && *end == '\0') {
            *ret = e.result;
            *ret_alone = true;
            return NT_OK;
        }
        if (is_no_text(e.result))
            return nt_error_at(error, NT_INVALID, location, "%s can't be part of a text",
                               nt_scalar_describe(e.result));
        unknown = unknown || e.result.kind == NT_SCALAR_UNKNOWN;
        const char *piece = unknown ? "" : nt_scalar_text(e.result, arena);
        if (!piece || !nt_budget_has_room(arena->budget, joined->length + strlen(piece)))
            return no_memory(&e, location, error);
        nt_text_add(joined, piece);
    }
    if (unknown)
        ret->kind = NT_SCALAR_UNKNOWN;
    return NT_OK;
}

nt_status nt_expression_expand(nt_sandbox *sandbox, nt_arena *arena, const char *text,
                               nt_location location, const nt_variables *variables,
                               nt_expression_gives gives, nt_scalar *ret, nt_error *error) {
    nt_text joined;
    nt_text_init(&joined);
    nt_scalar result = {.kind = NT_SCALAR_NIL};
    bool alone = false;
    if (arena->budget) {
        arena->budget->at = location;
        arena->budget->at.trail = NULL;
    }
    nt_status status = expand_pieces(sandbox, arena, text, location, variables, gives, &joined,
                                     &result, &alone, error);
    if (status == NT_OK && !alone && result.kind != NT_SCALAR_UNKNOWN) {
        const char *copy = joined.failed ? NULL : nt_arena_string(arena, joined.bytes);
        result = (nt_scalar){.kind = NT_SCALAR_TEXT, .text = copy};
        if (!copy)
            status = no_memory(&(nt_evaluation){.arena = arena}, location, error);
    }
    nt_text_finish(&joined);
    if (status == NT_OK)
        *ret = result;
    return status;
}
