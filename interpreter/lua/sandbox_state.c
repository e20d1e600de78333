/* The limits of a sandbox, and which text is being run: the state that every C function which
 * scripts can reach looks into.
 *
 * Limits are enforced in three places: a count hook looks at instructions and time every STRIDE
 * instructions; library functions that can work long without the virtual machine charge for their
 * work beforehand (library.c); and the allocator refuses what passes the limit of memory and
 * charges for what it hands out, since copying long strings takes time too. Once a limit is hit
 * `stop` says so until the next call, and the hook runs at each instruction, so that no pcall of
 * the script gets any further. */
#include "sandbox_private.h"

#include "alloc.h"
#include <string.h>
#include <time.h>

enum { STRIDE = 100, BYTES_AN_INSTRUCTION = 64 };

nt_sandbox *nt_sandbox_of(lua_State *state) {
    return *(nt_sandbox **)lua_getextraspace(state);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Lua takes for granted that making a block smaller never fails, which nt_realloc doesn't promise.
 * So a block knows its true size, and one that could not shrink stays as it is. */
typedef struct header {
    size_t size; /* of the whole block */
    size_t unused;
} header;

void *nt_sandbox_allocate(void *user, void *block, size_t old_size, size_t new_size) {
    nt_sandbox *sandbox = user;
    header *old = block ? (header *)block - 1 : NULL;
    size_t held = old ? old->size : 0;
    if (new_size == 0) {
        sandbox->used -= held;
        nt_free(old, held);
        return NULL;
    }
    bool grows = !block || new_size > old_size;
    size_t size = new_size + sizeof(header);
    if (grows && (size < new_size || sandbox->used - held > sandbox->limits.memory ||
                  size > sandbox->limits.memory - (sandbox->used - held))) {
        sandbox->starved = false;
        return NULL;
    }
    header *fresh = nt_realloc(old, held, size);
    if (!fresh) {
        sandbox->starved = true;
        return grows ? NULL : block;
    }
    fresh->size = size;
    sandbox->used += size - held;
    sandbox->left -= (int64_t)(new_size / BYTES_AN_INSTRUCTION);
    return fresh + 1;
}

/* --- limits ----------------------------------------------------------------------------------- */

/* The processor time of this thread: a busy machine makes no script fail. */
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

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

static void check_limits(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    if (sandbox->stop == NT_STOP_NONE) {
        if (sandbox->left < 0)
            sandbox->stop = NT_STOP_INSTRUCTIONS;
        else if (now() > sandbox->deadline)
            sandbox->stop = NT_STOP_SECONDS;
        else
            return;
        nt_sandbox_note_place(L);
        lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
    }
    luaL_error(L, "a limit was hit");
}

void nt_sandbox_charge(lua_State *state, int64_t cost) {
    nt_sandbox *sandbox = nt_sandbox_of(state);
    if (cost > 0)
        sandbox->left = cost > sandbox->left ? -1 : sandbox->left - cost;
    check_limits(state);
}

void nt_sandbox_note_memory(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    if (sandbox->stop != NT_STOP_NONE)
        return;
    sandbox->stop = NT_STOP_MEMORY;
    nt_sandbox_note_place(L);
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
}

int nt_sandbox_no_memory(lua_State *state) {
    nt_sandbox_of(state)->starved = true;
    nt_sandbox_note_memory(state);
    return luaL_error(state, "out of memory");
}

void nt_sandbox_refresh(lua_State *L) {
    nt_sandbox *sandbox = nt_sandbox_of(L);
    sandbox->stop = NT_STOP_NONE;
    sandbox->starved = false;
    sandbox->raised_in = NULL;
    sandbox->left = sandbox->limits.instructions;
    sandbox->deadline = now() + sandbox->limits.seconds;
    lua_sethook(L, count_hook, LUA_MASKCOUNT, STRIDE);
}
