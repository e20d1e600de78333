/* What the files of this folder share; nobody else includes it. */
#ifndef NT_SANDBOX_PRIVATE_H
#define NT_SANDBOX_PRIVATE_H

#include "sandbox.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

typedef enum nt_stop {
    NT_STOP_NONE,
    NT_STOP_INSTRUCTIONS,
    NT_STOP_SECONDS,
    NT_STOP_MEMORY,
    NT_STOP_SIGNAL
} nt_stop;

/* A text that was loaded, under the short name by which Lua's messages and debug information call
 * it. */
typedef struct nt_loaded {
    struct nt_loaded *older;
    const nt_source *source;
    const char *chunk; /* "=name" */
} nt_loaded;

struct nt_sandbox {
    lua_State *state;
    nt_sandbox_limits limits;
    nt_arena arena;
    nt_loaded *loaded; /* newest first */
    nt_sandbox_print print;
    void *print_user;

    size_t used;         /* bytes that Lua takes, */
    size_t outside;      /* and C code for the script */
    bool starved;        /* the newest refusal of memory was the machine's, not the limit's */
    bool begun, running; /* there was a call, of which a whole life's budget goes; it is on */
    int64_t left;        /* instructions of this call, or of the life */
    double seconds;      /* of time, the same, when this call began, */
    double deadline;     /* and when they are over */
    double looked;       /* when the clock was looked at, by another one that is quicker to ask */
    nt_stop stop;        /* the limit that was hit: from then on everything raises */
    bool placed;         /* where that was is known */
    size_t printed;      /* bytes */

    lua_State *coroutine;       /* NULL: none, or it has ended; anchored in the registry */
    int (*after)(lua_State *L); /* what it goes on with */

    struct nt_evaluation *evaluation; /* the expression being evaluated */

    const nt_source *raised_in; /* where the error being reported was raised; NULL: not known */
    int raised_line;
};

/* Below, L is the thread that runs: the state itself, or the coroutine. */

/* Lua's allocator, with the sandbox as `user`: keeps to the limit of memory. */
void *nt_sandbox_allocate(void *user, void *block, size_t old_size, size_t new_size);

/* The loaded text that Lua calls so; NULL: none. */
const nt_loaded *nt_sandbox_find(const nt_sandbox *sandbox, const char *name, size_t length);

/* Notes that memory ran out, as pcall sees it. */
void nt_sandbox_note_memory(lua_State *L);

/* Remembers the innermost line of a loaded text that is being run. */
void nt_sandbox_note_place(lua_State *L);

/* nt_sandbox_call, with errors placed at `place` if it is not NULL. */
nt_status nt_sandbox_call_at(nt_sandbox *sandbox, int arguments, int results,
                             const nt_location *place, nt_error *error);

/* Reports the error value on top of the stack, which it leaves there. */
nt_status nt_sandbox_report(lua_State *L, int lua_status, const nt_location *place,
                            nt_error *error);

/* A call: with a full budget and no limit hit, or, of a whole life's, with what is left. */
void nt_sandbox_refresh(lua_State *L);
void nt_sandbox_end(lua_State *L);

/* C functions that run protected, in a new state: they build the globals that scripts see. */
void nt_library_open(lua_State *L);
void nt_library_seed(lua_State *L, lua_Integer seed);

/* --- read-only tables (read_only.c) ----------------------------------------------------------- */

/* Puts in place of the table on top of the stack one through which it can be read. `name`: what
 * messages call it, a literal. */
void nt_read_only(lua_State *L, const char *name);

/* Puts what a read-only table, or that of the globals, shows in place of it at `index`, as a plain
 * table; another value stays. */
void nt_read_only_open(lua_State *L, int index);

/* Makes the table on top of the stack, which it takes, what all globals are seen through: to these
 * a script adds its own and changes none. */
void nt_globals_open(lua_State *L);

/* Push the tables behind the globals: those that are given, and the names of all that the script
 * has assigned. */
void nt_globals_push_given(lua_State *L);
void nt_globals_push_assigned(lua_State *L);

/* --- what the library needs ------------------------------------------------------------------- */

/* Work to be charged for in portions, since looking at the clock takes as long as a comparison. */
typedef struct nt_work {
    lua_State *state;
    int64_t pending;
} nt_work;

/* Adds to it, and charges once there is enough. */
void nt_work_add(nt_work *work, int64_t cost);

int nt_library_pairs(lua_State *L);
int nt_library_next(lua_State *L);
int nt_library_sort(lua_State *L);

/* The name under which scripts find the library function at `index`, "table.sort", or NULL. May
 * push it. */
const char *nt_library_name(lua_State *L, int index);

/* How a pattern is used: as a text; where a ^ holds it to the beginning; where a ^ is one more
 * byte, as in gmatch. */
typedef enum nt_pattern_use {
    NT_PATTERN_PLAIN,
    NT_PATTERN_ONCE,
    NT_PATTERN_EVERYWHERE
} nt_pattern_use;

/* Pushes the text of any value, without addresses. ret_length may be NULL. */
const char *nt_library_text(lua_State *L, int index, size_t *ret_length);

/* Raises if matching this pattern could take unreasonably long on so long a text. */
void nt_pattern_check(lua_State *L, const char *pattern, size_t length, size_t subject,
                      nt_pattern_use use);

#endif
