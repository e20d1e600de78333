/* The limits of a sandbox, and which text is being run: the state that every C function which
 * scripts can reach looks into.
 *
 * Limits are enforced in three places: a count hook looks at instructions, time and signals every
 * STRIDE instructions, few since one of them may be an addition to a number of megabytes; library
 * functions that can work long without the virtual machine charge for their work beforehand
 * (library.c); and the allocator refuses what passes the limit of memory and charges for what it
 * hands out, since copying long strings takes time too. Once a limit is hit `stop` says so until
 * the next call, and the hook runs at each instruction, so that no pcall of the script gets any
 * further.
 *
 * Memory is what the process grows by: a block counts with malloc's own bytes, and what C code
 * holds for a script counts like Lua's. */
#include "sandbox_private.h"

#include "alloc.h"
#include "signals.h"
#include <string.h>
#include <time.h>

enum { STRIDE = 25, BYTES_AN_INSTRUCTION = 64, BYTES_A_COLLECTION = 256, LARGE = 1 << 20 };

nt_sandbox *nt_sandbox_of(lua_State *state) {
    return *(nt_sandbox **)lua_getextraspace(state);
}

/* --- limits ----------------------------------------------------------------------------------- */

/* The processor time of this thread: a busy machine makes no script fail. */
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Processor time takes a system call, so it is asked for once a millisecond at most: no thread uses
 * more of it than passes. */
static bool is_time_up(nt_sandbox *sandbox) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    double moment = (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
    if (moment - sandbox->looked < 1e-3)
        return false;
    sandbox->looked = moment;
    return now() > sandbox->deadline;
}

/* The limit that is past, or the signal that came. */
static nt_stop reason(nt_sandbox *sandbox) {
    if (nt_signals_status() != NT_OK)
        return NT_STOP_SIGNAL;
    if (sandbox->left < 0)
        return NT_STOP_INSTRUCTIONS;
    return is_time_up(sandbox) ? NT_STOP_SECONDS : NT_STOP_NONE;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Lua takes for granted that making a block smaller never fails, which nt_realloc doesn't promise.
 * So a block knows its true size, and one that could not shrink stays as it is. */
typedef struct header {
    size_t size; /* of the whole block, this header included */
    size_t unused;
} header;

/* Whether the limit allows `bytes` in place of `instead`, which are in use. */
static bool is_room(const nt_sandbox *sandbox, size_t bytes, size_t instead) {
    size_t others = sandbox->used + sandbox->outside - instead, most = sandbox->limits.memory;
    return others <= most && bytes <= most - others;
}

/* Looks at the limits while Lua waits for memory: a large block takes long to fill, and where one
 * is refused Lua collects garbage first, which takes a second where there is much. Once a limit is
 * hit nothing is given. Lua takes that for want of memory; `stop` knows better. */
static bool may_go_on(nt_sandbox *sandbox) {
    if (sandbox->running && sandbox->stop == NT_STOP_NONE)
        sandbox->stop = reason(sandbox);
    return !sandbox->running || sandbox->stop == NT_STOP_NONE;
}

void *nt_sandbox_allocate(void *user, void *block, size_t old_size, size_t new_size) {
    nt_sandbox *sandbox = user;
    header *old = block ? (header *)block - 1 : NULL;
    size_t held = old ? old->size : 0, taken = old ? nt_compact_size(held) : 0;
    if (new_size == 0) {
        sandbox->used -= taken;
        nt_free(old, held);
        return NULL;
    }
    bool grows = !block || new_size > old_size;
    if (grows && new_size >= LARGE && !may_go_on(sandbox))
        return NULL;
    size_t size = new_size + sizeof(header);
    if (grows && (size < new_size || !is_room(sandbox, nt_compact_size(size), taken))) {
        sandbox->starved = false;
        sandbox->left -= (int64_t)(sandbox->used / BYTES_A_COLLECTION);
        may_go_on(sandbox);
        return NULL;
    }
    header *fresh = nt_realloc_compact(old, held, size);
    if (!fresh) {
        sandbox->starved = true;
        return grows ? NULL : block;
    }
    fresh->size = size;
    sandbox->used += nt_compact_size(size) - taken;
    sandbox->left -= (int64_t)(new_size / BYTES_AN_INSTRUCTION);
    return fresh + 1;
}

/* --- which text is being run ------------------------------------------------------------------ */

const nt_loaded *nt_sandbox_find(const nt_sandbox *sandbox, const char *name, size_t length) {
    for (const nt_loaded *l = sandbox->loaded; l; l = l->older)
        if (strlen(l->chunk + 1) == length && memcmp(l->chunk + 1, name, length) == 0)
            return l;
    return NULL;
}

void nt_sandbox_note_place(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    lua_Debug activation;
    sandbox->raised_in = NULL;
    for (int level = 0; lua_getstack(L, level, &activation); level++) {
        lua_getinfo(L, "Sl", &activation);
        const nt_loaded *loaded =
            nt_sandbox_find(sandbox, activation.short_src, strlen(activation.short_src));
        if (loaded && activation.currentline > 0) {
            sandbox->raised_in = loaded->source;
            sandbox->raised_line = activation.currentline;
            return;
        }
    }
}

/* Raises when a limit is hit, or was. */
static void check_limits(lua_State *L);

static void count_hook(lua_State *L, lua_Debug *activation) {
    (void)activation;
    nt_sandbox_of(L)->left -= STRIDE;
    check_limits(L);
}

/* Remembers where a limit was hit; from now on the hook runs at each instruction. */
static void note_stop(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    if (sandbox->placed)
        return;
    sandbox->placed = true;
    nt_sandbox_note_place(L);
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
}

static void check_limits(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    if (sandbox->stop == NT_STOP_NONE)
        sandbox->stop = reason(sandbox);
    if (sandbox->stop == NT_STOP_NONE)
        return;
    note_stop(L);
    luaL_error(L, "a limit was hit");
}

void nt_sandbox_charge(lua_State *state, int64_t cost) {
    nt_sandbox *sandbox = nt_sandbox_of(state);
    if (cost > 0)
        sandbox->left = cost > sandbox->left ? -1 : sandbox->left - cost;
    check_limits(state);
}

void nt_work_add(nt_work *work, int64_t cost) {
    enum { PORTION = 1000 };
    work->pending += cost;
    if (work->pending < PORTION)
        return;
    int64_t pending = work->pending;
    work->pending = 0;
    nt_sandbox_charge(work->state, pending);
}

void nt_sandbox_note_memory(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    if (sandbox->stop == NT_STOP_NONE)
        sandbox->stop = NT_STOP_MEMORY;
    note_stop(L);
}

int nt_sandbox_no_memory(lua_State *state) {
    nt_sandbox_of(state)->starved = true;
    nt_sandbox_note_memory(state);
    return luaL_error(state, "out of memory");
}

void nt_sandbox_hold(lua_State *state, size_t bytes) {
    nt_sandbox *sandbox = nt_sandbox_of(state);
    size_t before = sandbox->outside;
    sandbox->outside = bytes;
    if (bytes <= before || is_room(sandbox, 0, 0))
        return;
    lua_gc(state, LUA_GCCOLLECT);
    if (is_room(sandbox, 0, 0))
        return;
    sandbox->starved = false;
    nt_sandbox_note_memory(state);
    luaL_error(state, "a limit was hit");
}

void nt_sandbox_refresh(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    if (!sandbox->begun || !sandbox->limits.whole_life) {
        sandbox->stop = NT_STOP_NONE;
        sandbox->starved = false;
        sandbox->left = sandbox->limits.instructions;
        sandbox->seconds = sandbox->limits.seconds;
    }
    if (sandbox->stop == NT_STOP_NONE) {
        sandbox->raised_in = NULL;
        sandbox->placed = false;
    }
    sandbox->begun = sandbox->running = true;
    sandbox->deadline = now() + sandbox->seconds;
    sandbox->looked = 0;
    lua_sethook(L, count_hook, LUA_MASKCOUNT, sandbox->stop == NT_STOP_NONE ? STRIDE : 1);
}

void nt_sandbox_end(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    sandbox->seconds = sandbox->deadline - now();
    sandbox->running = false;
}
