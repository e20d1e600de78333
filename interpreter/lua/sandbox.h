/* A Lua 5.4 state for text that is not trusted to be correct or kind: ablation hooks and the
 * expressions of the YAML languages.
 *
 * A script sees assert, error, ipairs, next, pairs, pcall, print, select, tonumber, tostring, type,
 * and the safe parts of string, table, math and utf8, none of which it can change. It can't load
 * code, set metatables, make coroutines, touch files or tell the time. It runs under limits of
 * instructions, memory and time, which cover the library functions too and which pcall can't catch:
 * after a limit is hit, everything raises until nt_sandbox_call returns. So it is after a signal
 * that nt_signals_catch caught (signals.h).
 *
 * The same script gives the same results on each run: pairs and next go through numbers ascending,
 * then strings in byte order, then false and true, then objects by the integer that their metafield
 * `__order`, a function of the object, gives; a table with two or more keys without any order is
 * refused. table.sort is stable, math.random starts from a fixed seed (or from math.randomseed's
 * number), and no address is ever printed. */
#ifndef NT_SANDBOX_H
#define NT_SANDBOX_H

#include "diagnostic.h"

struct lua_State;

typedef struct nt_sandbox nt_sandbox;

typedef struct nt_sandbox_limits {
    int64_t instructions; /* of the virtual machine; long library calls count for more than one */
    size_t memory;        /* bytes of the process at once: what malloc takes for a block counts, not
                           * the holes that freed ones leave */
    double seconds;       /* processor time */
    bool whole_life;      /* instructions and seconds of all calls together, not of each; a limit
                           * that was hit stays so */
} nt_sandbox_limits;

extern const nt_sandbox_limits nt_sandbox_usual; /* 1e8 instructions, 256 MiB, 10 s */

nt_status nt_sandbox_new(const nt_sandbox_limits *limits, nt_sandbox **ret);
void nt_sandbox_free(nt_sandbox *sandbox); /* takes NULL */

/* What print shows, one call a line, without its line end. NULL (as at first) drops it. After a
 * mebibyte (a line counts for at least 64 bytes) one line says that more is not shown. */
typedef void (*nt_sandbox_print)(void *user, const char *line, size_t length);
void nt_sandbox_set_print(nt_sandbox *sandbox, nt_sandbox_print print, void *user);

/* Restarts math.random; at first the seed is 0. */
nt_status nt_sandbox_set_seed(nt_sandbox *sandbox, uint64_t seed, nt_error *error);

/* From now on a global that was never assigned can't be read: an error at the line, with the near
 * name of what the line can see. It holds for _ENV.name too; other _ENVs are the script's own. */
nt_status nt_sandbox_set_strict(nt_sandbox *sandbox, nt_error *error);

/* Compiles the text (never bytecode) and leaves the function on the stack. The source must outlive
 * the sandbox: errors show its lines. */
nt_status nt_sandbox_load(nt_sandbox *sandbox, const nt_source *source, nt_error *error);

/* Calls the function that lies below `arguments` values on the stack, protected and with a fresh
 * budget (unless it is of the whole life). On success `results` values (or all, for LUA_MULTRET)
 * take their place; on failure nothing does, and the error becomes a diagnostic at the script's
 * line. NT_INVALID is the script's fault, NT_NO_MEMORY the machine's; NT_INTERRUPTED and
 * NT_TERMINATED, of a signal, come without a diagnostic. */
nt_status nt_sandbox_call(nt_sandbox *sandbox, int arguments, int results, nt_error *error);

/* --- coroutines: scripts that wait for their caller ------------------------------------------- */

/* Makes a coroutine of the function that lies below `arguments` values on the stack and takes all
 * of them. It doesn't run yet. A sandbox has one in its life. */
nt_status nt_sandbox_start(nt_sandbox *sandbox, int arguments, nt_error *error);

/* Runs it until it waits or ends, as nt_sandbox_call runs a function: protected, with a
 * budget as there (while it waits none is used), and errors at the script's line.
 * When it has ended, `results` values are left on the stack. After its end or an error it can't be
 * resumed.
 */
nt_status nt_sandbox_resume(nt_sandbox *sandbox, int results, bool *ret_ended, nt_error *error);

/* For a C function that scripts call `what`, as its last step: waits for nt_sandbox_resume, and
 * goes on in `after`, on the same stack. Raises where nothing can wait: outside of the coroutine,
 * or in what a library function calls ("net:evaluate can't be called from inside table.sort"). */
int nt_sandbox_wait(struct lua_State *state, const char *what,
                    int (*after)(struct lua_State *state));

/* --- for C code that offers functions to scripts ---------------------------------------------- */

/* The state. Outside a protected call a failing lua_* function would end the process: what may
 * allocate or raise belongs in a body run by nt_sandbox_do. */
struct lua_State *nt_sandbox_state(nt_sandbox *sandbox);
nt_sandbox *nt_sandbox_of(struct lua_State *state);

/* Calls `body` as a C function with `user` as its one argument (light userdata), as nt_sandbox_call
 * does. What it returns is left on the stack: exactly `results` values. */
nt_status nt_sandbox_do(nt_sandbox *sandbox, int (*body)(struct lua_State *), void *user,
                        int results, nt_error *error);

/* Raises what pcall can't catch: the machine's memory has run out. Never returns. */
int nt_sandbox_no_memory(struct lua_State *state);

/* Takes `cost` instructions from the budget, and raises the limit's error if that was too much or
 * time is up. For C functions whose work grows with their input; call it before the work. */
void nt_sandbox_charge(struct lua_State *state, int64_t cost);

/* Says how much memory C code holds for the script outside of Lua, all of it, which counts as the
 * script's own; raises the limit's error if that is too much. */
void nt_sandbox_hold(struct lua_State *state, size_t bytes);

#endif
