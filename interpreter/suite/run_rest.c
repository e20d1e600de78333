/* What may be removed is listed first, then removed under the locks of the folders that it is in.
 */
#include "run_state.h"

#include "beneath.h"
#include "seed_weights.h"
#include "store.h"
#include "suite_run.h"
#include "trainer.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nt_status no_memory(const nt_run_state *state, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory looking at %s", state->folder);
}

/* --- checkpoints ------------------------------------------------------------------------------ */

/* Adds a path to the list, which grows in the arena. */
static bool add_path(nt_run_rest *rest, const char *path, nt_arena *arena) {
    int32_t count = rest->checkpoint_count;
    if ((count & (count - 1)) == 0) { /* there is room for the next power of two */
        const char **more = NT_ARENA_ARRAY(arena, const char *, count > 0 ? 2 * count : 1);
        if (!more)
            return false;
        if (count > 0)
            memcpy(more, rest->checkpoints, (size_t)count * sizeof *more);
        rest->checkpoints = more;
    }
    rest->checkpoints[rest->checkpoint_count++] = path;
    return true;
}

/* Those of a training whose weights are there. */
static nt_status add_checkpoints(const nt_run_state *state, const char *folder, nt_arena *arena,
                                 nt_run_rest *ret, nt_error *error) {
    enum { A_TRAINING = 2 };
    for (int k = 0; k < A_TRAINING; k++) {
        struct stat info;
        const char *path = nt_arena_printf(arena, "%s/checkpoint-%d.safetensors", folder, k);
        if (!path)
            return no_memory(state, error);
        if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode) ||
            !nt_beneath_plain(state->folder, path)) /* another's, to which a link leads */
            continue;
        if (!add_path(ret, path, arena))
            return no_memory(state, error);
        ret->bytes += info.st_size;
    }
    return NT_OK;
}

/* Of what was retrained: its folders in the seed's. */
static nt_status list_retrained(const nt_run_state *state, int32_t seed, nt_arena *arena,
                                nt_run_rest *ret, nt_error *error) {
    nt_names folders;
    const char *above =
        nt_arena_printf(arena, "%s/seed-%d/" NT_RETRAINED_FOLDER, state->folder, (int)seed);
    if (!above)
        return no_memory(state, error);
    if (access(above, F_OK) != 0)
        return NT_OK;
    NT_TRY(nt_folders_in(above, arena, &folders, error));
    for (int32_t i = 0; i < folders.count; i++) {
        const char *folder = nt_arena_printf(arena, "%s/%s", above, folders.names[i]);
        const char *weights = nt_arena_printf(arena, "%s/" NT_WEIGHTS_FILE, folder ? folder : "");
        if (!folder || !weights)
            return no_memory(state, error);
        if (access(weights, F_OK) == 0)
            NT_TRY(add_checkpoints(state, folder, arena, ret, error));
    }
    return NT_OK;
}

static nt_status list_checkpoints(const nt_run_state *state, nt_arena *arena, nt_run_rest *ret,
                                  nt_error *error) {
    for (int32_t s = 0; state->seeds && s < state->seed_count; s++) {
        const char *folder =
            nt_arena_printf(arena, "%s/seed-%d", state->folder, (int)state->seeds[s].seed);
        if (!folder)
            return no_memory(state, error);
        if (state->seeds[s].trained)
            NT_TRY(add_checkpoints(state, folder, arena, ret, error));
        NT_TRY(list_retrained(state, state->seeds[s].seed, arena, ret, error));
    }
    return NT_OK;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* Whether all that a part has measured is in the run's store; one that has measured nothing is. */
static nt_status is_joined(nt_store *own, const char *part, nt_arena *arena, bool *ret,
                           nt_error *error) {
    nt_store *store;
    const char *path = nt_arena_printf(arena, "%s/" NT_STORE_NAME, part);
    if (!path)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory looking at %s", part);
    *ret = true;
    if (access(path, F_OK) != 0)
        return NT_OK;
    NT_TRY(nt_store_open_to_read(part, &store, error));
    nt_status status = nt_store_covers(own, store, ret, error);
    nt_store_close(store);
    return status;
}

static nt_status add_part(nt_store *own, const char *part, nt_arena *arena, nt_run_rest *ret,
                          nt_error *error) {
    nt_folder_size size;
    bool joined;
    NT_TRY(is_joined(own, part, arena, &joined, error));
    if (!joined || nt_folder_in_use(part))
        return NT_OK;
    nt_folder_measure(part, &size);
    ret->parts[ret->part_count++] = part;
    ret->bytes += size.bytes;
    return NT_OK;
}

static nt_status list_parts(const nt_run_state *state, nt_arena *arena, nt_run_rest *ret,
                            nt_error *error) {
    nt_names folders;
    nt_store *own;
    nt_status status = NT_OK;
    if (state->parts == 0)
        return NT_OK;
    NT_TRY(nt_folders_in(state->folder, arena, &folders, error));
    ret->parts = NT_ARENA_ARRAY(arena, const char *, folders.count + 1);
    if (!ret->parts)
        return no_memory(state, error);
    NT_TRY(nt_store_open_to_read(state->folder, &own, error));
    for (int32_t i = 0; status == NT_OK && i < folders.count; i++) {
        if (!nt_run_part_is(folders.names[i]))
            continue;
        const char *path = nt_arena_printf(arena, "%s/%s", state->folder, folders.names[i]);
        status = path ? add_part(own, path, arena, ret, error) : no_memory(state, error);
    }
    nt_store_close(own);
    return status;
}

/* --- together --------------------------------------------------------------------------------- */

nt_status nt_run_rest_find(const nt_run_state *state, nt_arena *arena, nt_run_rest *ret,
                           nt_error *error) {
    *ret = (nt_run_rest){0};
    if (state->stage != NT_RUN_FINISHED) {
        nt_error_in(error, NT_INVALID, state->folder, -1,
                    "is not a finished run: nothing of it is removed");
        if (state->command[0])
            nt_error_hint(error, "'%s' finishes it", state->command);
        return NT_INVALID;
    }
    if (state->in_use)
        return nt_error_in(error, NT_INVALID, state->folder, -1,
                           "is in use by another process: nothing of it is removed");
    NT_TRY(list_checkpoints(state, arena, ret, error));
    return list_parts(state, arena, ret, error);
}

static nt_status remove_all(const nt_run_rest *rest, nt_error *error) {
    for (int32_t i = 0; i < rest->checkpoint_count; i++)
        if (unlink(rest->checkpoints[i]) != 0)
            return nt_error_in(error, NT_IO, rest->checkpoints[i], -1, "cannot remove it: %s",
                               strerror(errno));
    for (int32_t i = 0; i < rest->part_count; i++) {
        int lock;
        NT_TRY(nt_folder_lock(rest->parts[i], &lock, error));
        nt_status status = nt_folder_remove(rest->parts[i], error);
        nt_folder_unlock(lock);
        NT_TRY(status);
    }
    return NT_OK;
}

nt_status nt_run_rest_remove(const nt_run_state *state, const nt_run_rest *rest, nt_error *error) {
    int lock;
    if (rest->checkpoint_count == 0 && rest->part_count == 0)
        return NT_OK;
    NT_TRY(nt_folder_lock(state->folder, &lock, error));
    nt_status status = remove_all(rest, error);
    nt_folder_unlock(lock);
    return status;
}
