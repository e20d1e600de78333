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
    NT_STOP_MEMORY
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

    size_t used;     /* bytes that Lua holds */
    bool starved;    /* the newest refusal of memory was the machine's, not the limit's */
    int64_t left;    /* instructions of this call */
    double deadline; /* of this call */
    nt_stop stop;    /* the limit that was hit: from then on everything raises */

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

/* Starts a call: a full budget, no limit hit. */
void nt_sandbox_refresh(lua_State *L);

/* C functions that run protected, in a new state: they build the globals that scripts see. */
void nt_library_open(lua_State *L);
void nt_library_seed(lua_State *L, lua_Integer seed);

int nt_library_pairs(lua_State *L);
int nt_library_next(lua_State *L);
int nt_library_sort(lua_State *L);

/* The name under which scripts find the library function at `index`, "table.sort", or NULL. May
 * push it. */
const char *nt_library_name(lua_State *L, int index);

/* Raises if matching this pattern could take unreasonably long on so long a text. */
void nt_pattern_check(lua_State *L, const char *pattern, size_t length, size_t subject, bool plain);

#endif
