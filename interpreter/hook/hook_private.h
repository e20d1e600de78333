/* What the files of this folder share; nobody else includes it. */
#ifndef NT_HOOK_PRIVATE_H
#define NT_HOOK_PRIVATE_H

#include "coupled_channels.h"
#include "file.h"
#include "hook_lua.h"

enum { NT_MOST_CASES = 100000, NT_MOST_NAME = 1000 /* bytes */ };

struct nt_hook {
    nt_arena arena;
    nt_bytes text;
    nt_source source;
    nt_sandbox *sandbox;
    const nt_network *network;
    nt_hook_limits limits;
    const nt_trail *trail;
    const nt_progress *progress;

    const nt_hook_option *options;
    int option_count;
    bool *read;         /* per option: the script asked for it */
    const char **asked; /* names that it asked for and that aren't there, for suggestions */
    size_t asked_count;

    nt_cases cases; /* what it returned */
    bool ended;     /* and that lies on the sandbox's stack: cases, remark */

    nt_cases questions;       /* what it asks, or is about to */
    const nt_answer *answers; /* to these, while it takes them */
    int64_t question_count;   /* asked so far */

    nt_arena cut;       /* what net:cuts was asked last */
    nt_coupled coupled; /* for net:coupled, once it is asked; its graph NULL: not yet */
    int64_t named;      /* nodes that the cases being read name so far */
};

/* Pushes the table that a script sees as `options`. */
void nt_lua_push_options(lua_State *state, nt_hook *hook);

/* NT_INVALID, at its place, for an option that the script never asked for: it is most likely
 * misspelt. A script that found no case may have had no use for it. */
nt_status nt_hook_check_options(const nt_hook *hook, nt_error *error);

/* read_cases(hook, cases, remark): a C function that reads what a script returned into hook->cases.
 */
int nt_lua_read_cases(lua_State *state);

/* Raises for a key of the table at `table` that a case, or a question, doesn't have. */
void nt_lua_check_keys(lua_State *state, int table, const char *what, bool question);

/* Reads what the table at `table` does to which nodes into `item`, with its arrays in `arena`.
 * Raises; `what` begins the message: "case 'stem'". That nothing is done is no mistake here. */
void nt_lua_read_edits(lua_State *state, nt_hook *hook, int table, const char *what,
                       nt_arena *arena, nt_case *item);

/* Counts what the hook holds for its script, and `more` bytes that it is about to: to be called
 * after a little was added, or before much is. Raises. */
void nt_hook_hold(lua_State *state, const nt_hook *hook, size_t more);

/* Notes in hook->cases what a user should know of them. NT_NO_MEMORY, or what a signal asks
 * for, without a diagnostic. */
nt_status nt_hook_note(nt_hook *hook);

/* The methods net:coupled, net:cuts, net:evaluate and net:evaluate_all. */
extern const luaL_Reg nt_lua_asking[];

#endif
