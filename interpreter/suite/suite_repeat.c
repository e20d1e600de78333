/* What the recorded paths lead to counts by its digest: another file in a file's place is not it.
 */
#include "suite_repeat.h"

#include "file.h"
#include "run_source.h"
#include <string.h>
#include <unistd.h>

typedef struct repeating {
    const char *run;
    nt_suite *suite;
    nt_run_source source;
    const nt_setting *settings;
    int setting_count;
    nt_error *error;
} repeating;

static nt_status no_memory(const repeating *r) {
    return nt_error_say(r->error, NT_NO_MEMORY, "out of memory reading %s", r->run);
}

/* Whether a setting is of `key` or of something in it, or of what it is in. */
static bool is_set(const repeating *r, const char *key) {
    size_t length = strlen(key);
    for (int i = 0; i < r->setting_count; i++) {
        const char *set = r->settings[i].key;
        size_t shared = strlen(set) < length ? strlen(set) : length;
        if (strncmp(set, key, shared) == 0 && (set[shared] == '\0' || set[shared] == '.') &&
            (key[shared] == '\0' || key[shared] == '.'))
            return true;
    }
    return false;
}

/* --- weights ---------------------------------------------------------------------------------- */

static const char **place_of(nt_suite *suite, const char *key) {
    return strcmp(key, "weights") == 0      ? &suite->weights.path
           : strcmp(key, "initial") == 0    ? &suite->initial.path
           : strcmp(key, "train.from") == 0 ? &suite->from.path
                                            : NULL;
}

/* *ret_there: there is such a file, whatever it holds. */
static nt_status look(const repeating *r, const char *path, const char *digest, bool *ret_there,
                      bool *ret_same) {
    char found[NT_DIGEST_HEX] = "";
    *ret_there = access(path, F_OK) == 0;
    if (*ret_there)
        NT_TRY(nt_file_digest(path, found, r->error));
    *ret_same = strcmp(found, digest) == 0;
    return NT_OK;
}

static nt_status find_weights(repeating *r, const nt_source_file *file) {
    static const char another[] = " (which is another file)";
    const char **place = place_of(r->suite, file->key ? file->key : "");
    bool there, there_beside, same;
    if (!place || !*place || is_set(r, file->key))
        return NT_OK;
    const char *beside =
        nt_arena_printf(&r->suite->arena, "%s/" NT_SOURCE_FOLDER "/%s", r->run, file->file);
    if (!beside)
        return no_memory(r);
    NT_TRY(look(r, beside, file->digest, &there_beside, &same));
    *place = beside;
    if (same)
        return NT_OK;
    NT_TRY(look(r, file->from, file->digest, &there, &same));
    *place = file->from;
    if (same)
        return NT_OK;
    nt_error_in(r->error, NT_INVALID, r->run, -1,
                "the run wants the weights '%s', whose SHA-256 is %s: they are neither %s%s nor "
                "%s%s",
                file->file, file->digest, file->from, there ? another : "", beside,
                there_beside ? another : "");
    nt_error_hint(r->error, "put them there, or give their absolute path by --set %s=FILE",
                  file->key);
    return NT_INVALID;
}

/* --- data ------------------------------------------------------------------------------------- */

/* Where they aren't found as the suite says, they may be where they were. */
static nt_status find_data(repeating *r) {
    nt_suite_data *data = &r->suite->data;
    nt_dataset *dataset;
    nt_error ignored;
    if (is_set(r, "data"))
        return NT_OK;
    r->suite->data_digest = r->source.data_digest;
    if (data->kind->made)
        return NT_OK;
    nt_error_init(&ignored);
    nt_status status = nt_suite_open_data(r->suite, &dataset, &ignored);
    nt_error_finish(&ignored);
    if (status == NT_OK)
        nt_dataset_free(dataset);
    data->found = status == NT_OK ? NULL : r->source.data;
    if (status == NT_OK || nt_folder_exists(r->source.data))
        return NT_OK;
    nt_error_in(r->error, NT_INVALID, r->run, -1,
                "the run wants data of the kind '%s', whose SHA-256 is %s: they are neither "
                "where the suite says ('%s') nor in %s",
                data->kind->kind.name, r->source.data_digest, data->root ? data->root : "",
                r->source.data);
    nt_error_hint(r->error, "set NONTRIVIAL_DATA to the folder that has them, or give the absolute "
                            "path of their own by --set data.root=FOLDER");
    return NT_INVALID;
}

/* --- all -------------------------------------------------------------------------------------- */

/* The digest of the suite as it was written is the run's for as long as nothing of it is changed.
 */
static nt_status keep_digest(repeating *r) {
    char found[NT_DIGEST_HEX];
    for (int i = 0; i < r->setting_count; i++)
        if (!nt_suite_is_limit(r->settings[i].key))
            return NT_OK;
    NT_TRY(nt_file_digest(r->suite->path, found, r->error));
    if (strcmp(found, r->source.files[0].digest) == 0)
        memcpy(r->suite->digest, r->source.suite_digest, NT_DIGEST_HEX);
    return NT_OK;
}

static nt_status check(const repeating *r, const char *suite) {
    if (access(suite, F_OK) == 0)
        return NT_OK;
    nt_error_in(r->error, NT_INVALID, r->run, -1, "doesn't hold the suite that it is of");
    nt_error_hint(r->error, "give a suite file, or the folder of a run that has "
                            "a " NT_SOURCE_FOLDER "/" NT_SOURCE_SUITE);
    return NT_INVALID;
}

nt_status nt_suite_repeat(const char *run, const nt_setting *settings, int setting_count,
                          nt_suite **ret, nt_error *error) {
    repeating r = {
        .run = run, .settings = settings, .setting_count = setting_count, .error = error};
    nt_arena arena;
    nt_arena_init(&arena);
    const char *path = nt_arena_printf(&arena, "%s/" NT_SOURCE_FOLDER "/" NT_SOURCE_SUITE, run);
    nt_status status = path ? check(&r, path) : no_memory(&r);
    if (status == NT_OK)
        status = nt_suite_load(path, settings, setting_count, &r.suite, error);
    if (status == NT_OK)
        status = nt_run_source_read(run, &r.suite->arena, &r.source, error);
    for (int32_t i = 0; status == NT_OK && i < r.source.weight_count; i++)
        status = find_weights(&r, &r.source.weights[i]);
    if (status == NT_OK)
        status = find_data(&r);
    if (status == NT_OK)
        status = keep_digest(&r);
    if (status == NT_OK)
        *ret = r.suite;
    else
        nt_suite_free(r.suite);
    nt_arena_finish(&arena);
    return status;
}
