/* run.json, as its table says it. */
#include "run_source.h"

#include "beneath.h"
#include "json_in.h"
#include "json_out.h"
#include "json_table.h"
#include <string.h>

enum { VERSION = 1, LARGEST_FILE = 1 << 26 };

#define FILE_OF(member) offsetof(nt_source_file, member)

static const nt_json_member file_members[] = {
    {"key", NT_JSON_LINE, FILE_OF(key), .optional = true, .doc = "of weights: the suite's"},
    {"file", NT_JSON_TEXT, FILE_OF(file), .doc = "its name"},
    {"from", NT_JSON_TEXT, FILE_OF(from), .doc = "where it was"},
    {"sha256", NT_JSON_DIGEST, FILE_OF(digest), .doc = "of its bytes"},
    {0},
};

static const nt_json_table file_table = {
    .what = "a file", .size = sizeof(nt_source_file), .members = file_members};

#define SOURCE(member) offsetof(nt_run_source, member)

static const nt_json_member members[] = {
    {"version", NT_JSON_CONST, .min = VERSION, .doc = "of this format"},
    {"date", NT_JSON_LINE, SOURCE(date), .doc = "when the run began"},
    {"command", NT_JSON_LIST, SOURCE(command), SOURCE(command_count), .items = NT_JSON_TEXT,
     .doc = "the words of the command line"},
    {"folder", NT_JSON_TEXT, SOURCE(folder), .doc = "where it was given"},
    {"overrides", NT_JSON_LIST, SOURCE(overrides), SOURCE(override_count), .items = NT_JSON_TEXT,
     .doc = "settings of the suite that it has"},
    {"suite_sha256", NT_JSON_DIGEST, SOURCE(suite_digest), .doc = "as in results.json"},
    {"processor", NT_JSON_TEXT, SOURCE(processor), .doc = "what it calls itself"},
    {"build", NT_JSON_LINE, SOURCE(build), .doc = "which commit of the program, by which compiler"},
    {"files", NT_JSON_LIST, SOURCE(files), SOURCE(file_count), &file_table, .min = 2,
     .max = INT32_MAX, .doc = "beside this one: the suite, the graph, what it includes, the hooks"},
    {"weights", NT_JSON_LIST, SOURCE(weights), SOURCE(weight_count), &file_table,
     .doc = "that the suite gives; they stay where they are"},
    {"data", NT_JSON_TEXT, SOURCE(data), .doc = "their folder"},
    {"data_sha256", NT_JSON_DIGEST, SOURCE(data_digest), .doc = "as in results.json"},
    {0},
};

static const nt_json_table table = {
    .what = "a run's source", .size = sizeof(nt_run_source), .members = members};

/* --- the same --------------------------------------------------------------------------------- */

static bool equal(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_files(const nt_source_file *a, int32_t a_count, const nt_source_file *b,
                       int32_t b_count) {
    for (int32_t i = 0; a_count == b_count && i < a_count; i++)
        if (!equal(a[i].file, b[i].file) || !equal(a[i].digest, b[i].digest) ||
            !equal(a[i].key, b[i].key))
            return false;
    return a_count == b_count;
}

bool nt_run_source_same(const nt_run_source *a, const nt_run_source *b) {
    return equal(a->suite_digest, b->suite_digest) && equal(a->data_digest, b->data_digest) &&
           same_files(a->files, a->file_count, b->files, b->file_count) &&
           same_files(a->weights, a->weight_count, b->weights, b->weight_count);
}

/* --- the file --------------------------------------------------------------------------------- */

static const char *path_in(const char *run, nt_arena *arena, nt_error *error) {
    const char *path = nt_arena_printf(arena, "%s/" NT_SOURCE_FOLDER "/" NT_SOURCE_RUN, run);
    if (!path)
        nt_error_say(error, NT_NO_MEMORY, "out of memory");
    return path;
}

/* Names in it are of files in the folder, never of others. */
static nt_status check_names(const nt_json_reading *r, const nt_run_source *source) {
    for (int32_t i = 0; i < source->file_count + source->weight_count; i++) {
        const nt_source_file *file =
            i < source->file_count ? &source->files[i] : &source->weights[i - source->file_count];
        if (!file->file[0] || file->file[0] == '.' || strchr(file->file, '/'))
            return nt_json_say(r, NULL, "names a file '%s'", file->file);
    }
    return NT_OK;
}

nt_status nt_run_source_read(const char *run, nt_arena *arena, nt_run_source *ret,
                             nt_error *error) {
    nt_bytes file;
    json_t *root;
    const char *path = path_in(run, arena, error);
    if (!path)
        return NT_NO_MEMORY;
    NT_TRY(nt_beneath_read(run, path, LARGEST_FILE, &file, error));
    nt_status status = nt_json_load(path, 0, file.bytes, file.size, &root, error);
    nt_bytes_finish(&file);
    NT_TRY(status);
    const nt_json_reading r = {.path = path, .arena = arena, .error = error};
    nt_run_source source = {0};
    status = nt_json_table_read(&r, &table, root, NULL, &source);
    json_decref(root);
    NT_TRY(status);
    NT_TRY(check_names(&r, &source));
    *ret = source;
    return NT_OK;
}

nt_status nt_run_source_write(const nt_run_source *source, const char *run, nt_error *error) {
    nt_arena arena;
    nt_text text;
    nt_arena_init(&arena);
    nt_text_init(&text);
    json_t *value = nt_json_table_write(&table, source);
    nt_json_format(value, &text);
    json_decref(value);
    const char *path = path_in(run, &arena, error);
    nt_status status = !path         ? NT_NO_MEMORY
                       : text.failed ? nt_error_say(error, NT_NO_MEMORY, "out of memory")
                                     : nt_file_replace(path, text.bytes, text.length, error);
    nt_text_finish(&text);
    nt_arena_finish(&arena);
    return status;
}
