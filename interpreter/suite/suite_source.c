/* What a run came from, for its folder: see run_source.h. All is read before anything is written,
 * and what is written is what was read; that a hook has not changed since it listed its cases, its
 * digest says. A folder that has the same already stays as it is, with the date of when it was
 * begun. */
#include "suite_run_private.h"

#include "build_info.h"
#include "file.h"
#include "machine.h"
#include "network_copies.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST_HOOK = 1 << 20, MOST_WEIGHTS = 3 };

/* --- gathering -------------------------------------------------------------------------------- */

typedef struct gathering {
    nt_suite_work *work;
    nt_copy_names names;
} gathering;

static const char *absolute(nt_suite_work *work, const char *path) {
    char real[PATH_MAX];
    return nt_arena_string(&work->arena, realpath(path, real) ? real : path);
}

/* Takes a text that is in the work's arena. */
static nt_status add_file(nt_suite_work *work, const char *path, const char *name, const char *text,
                          size_t length) {
    nt_suite_source *source = &work->source;
    int32_t i = source->file_count;
    char *digest = nt_arena_alloc(&work->arena, NT_DIGEST_HEX);
    const char *from = absolute(work, path);
    if (!name || !text || !from || !digest || !nt_digest_bytes(text, length, digest))
        return nt_suite_no_memory(work);
    source->files[i] = (nt_source_file){.file = name, .from = from, .digest = digest};
    source->texts[i] = text;
    source->lengths[i] = length;
    source->file_count++;
    return NT_OK;
}

static void add_copy(nt_suite_work *work, const char *path, const char *name) {
    work->source.copies[work->source.copy_count++] = (nt_suite_copy){path, name};
}

const char *nt_suite_copy_name(const nt_suite_work *work, const char *path) {
    for (size_t i = 0; i < work->source.copy_count; i++)
        if (strcmp(work->source.copies[i].path, path) == 0)
            return work->source.copies[i].name;
    return path;
}

static nt_status add_graph(gathering *g, const nt_network_copy *copies, size_t count) {
    add_copy(g->work, g->work->suite->graph, copies[0].name);
    for (size_t i = 0; i < count; i++)
        NT_TRY(add_file(g->work, copies[i].path, copies[i].name, copies[i].text, copies[i].length));
    return NT_OK;
}

/* Groups may share a hook. */
static nt_status add_hook(gathering *g, int group) {
    nt_suite_work *work = g->work;
    const char *path = work->suite->groups[group].hook;
    nt_bytes file;
    if (nt_suite_copy_name(work, path) != path)
        return NT_OK;
    NT_TRY(nt_file_read(path, LARGEST_HOOK, &file, work->error));
    const char *text = nt_arena_substring(&work->arena, (const char *)file.bytes, file.size);
    const char *name = nt_copy_name(&g->names, path);
    size_t length = file.size;
    nt_bytes_finish(&file);
    NT_TRY(add_file(work, path, name, text, length));
    add_copy(work, path, name);
    if (strcmp(work->source.files[work->source.file_count - 1].digest, work->cases[group].digest) ==
        0)
        return NT_OK;
    nt_error_in(work->error, NT_FAILED, path, -1, "was changed while the run began");
    nt_error_hint(work->error, "give the same command again");
    return NT_FAILED;
}

/* What the suite calls its weights, and where they are. */
typedef struct given {
    const char *key, *path;
} given;

static void list_given(const nt_suite *suite, given ret[MOST_WEIGHTS]) {
    ret[0] = (given){"weights", suite->weights.path};
    ret[1] = (given){"initial", suite->initial.path};
    ret[2] = (given){"train.from", suite->from.path};
}

static nt_status name_weights(gathering *g) {
    given all[MOST_WEIGHTS];
    list_given(g->work->suite, all);
    for (int i = 0; i < MOST_WEIGHTS; i++) {
        if (!all[i].path || nt_suite_copy_name(g->work, all[i].path) != all[i].path)
            continue;
        const char *name = nt_copy_name(&g->names, all[i].path);
        if (!name)
            return nt_suite_no_memory(g->work);
        add_copy(g->work, all[i].path, name);
    }
    return NT_OK;
}

/* The suite is the first of the files. */
static nt_status write_suite(nt_suite_work *work) {
    const nt_suite_resolved resolved = {.info = nt_dataset_info(work->dataset),
                                        .metric = work->scoring.metric,
                                        .copies = work->source.copies,
                                        .copy_count = work->source.copy_count};
    nt_suite_source *source = &work->source;
    nt_text text;
    nt_text_init(&text);
    int32_t count = source->file_count;
    nt_status status = nt_suite_write(work->suite, &resolved, &text);
    const char *copy = text.failed ? NULL : nt_arena_string(&work->arena, text.bytes);
    source->file_count = 0;
    status = status == NT_OK ? add_file(work, work->suite->path, NT_SOURCE_SUITE, copy, text.length)
                             : nt_suite_no_memory(work);
    source->file_count = count;
    nt_text_finish(&text);
    return status;
}

static nt_status gather(gathering *g) {
    nt_suite_work *work = g->work;
    const nt_suite *suite = work->suite;
    nt_suite_source *source = &work->source;
    nt_network_copy *copies;
    size_t count;
    if (!nt_copy_name(&g->names, NT_SOURCE_SUITE) || !nt_copy_name(&g->names, NT_SOURCE_RUN))
        return nt_suite_no_memory(work);
    NT_TRY(nt_network_copies(suite->graph, suite->settings, suite->setting_count, &g->names,
                             &copies, &count, work->error));
    size_t most = 1 + count + (size_t)suite->group_count;
    source->files = NT_ARENA_ARRAY(&work->arena, nt_source_file, most);
    source->texts = NT_ARENA_ARRAY(&work->arena, const char *, most);
    source->lengths = NT_ARENA_ARRAY(&work->arena, size_t, most);
    source->copies = NT_ARENA_ARRAY(&work->arena, nt_suite_copy, most + MOST_WEIGHTS);
    if (!source->files || !source->texts || !source->lengths || !source->copies)
        return nt_suite_no_memory(work);
    source->file_count = 1;
    NT_TRY(add_graph(g, copies, count));
    for (int i = 0; i < suite->group_count; i++)
        NT_TRY(add_hook(g, i));
    NT_TRY(name_weights(g));
    return write_suite(work);
}

nt_status nt_suite_gather_source(nt_suite_work *work) {
    gathering g = {.work = work};
    nt_copy_names_init(&g.names, &work->arena);
    nt_status status = gather(&g);
    nt_copy_names_finish(&g.names);
    return status;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* `initial` may be lacking, which matters to the cases that want it alone. */
static nt_status describe_weights(nt_suite_work *work, nt_run_source *run) {
    given all[MOST_WEIGHTS];
    nt_source_file *files = NT_ARENA_ARRAY(&work->arena, nt_source_file, MOST_WEIGHTS);
    list_given(work->suite, all);
    for (int i = 0; files && i < MOST_WEIGHTS; i++) {
        if (!all[i].path || access(all[i].path, R_OK) != 0)
            continue;
        char *digest = nt_arena_alloc(&work->arena, NT_DIGEST_HEX);
        const char *from = absolute(work, all[i].path);
        if (!digest || !from)
            return nt_suite_no_memory(work);
        NT_TRY(nt_file_digest(all[i].path, digest, work->error));
        files[run->weight_count++] = (nt_source_file){.key = all[i].key,
                                                      .file = nt_suite_copy_name(work, all[i].path),
                                                      .from = from,
                                                      .digest = digest};
    }
    run->weights = files;
    return files ? NT_OK : nt_suite_no_memory(work);
}

static nt_status describe_command(nt_suite_work *work, nt_run_source *run) {
    const nt_suite *suite = work->suite;
    char date[32], folder[PATH_MAX], processor[NT_MACHINE_NAME];
    struct tm parts;
    time_t now = time(NULL);
    const char **overrides = NT_ARENA_ARRAY(&work->arena, const char *, suite->override_count + 1);
    if (!gmtime_r(&now, &parts) || !strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts))
        snprintf(date, sizeof date, "unknown");
    nt_machine_processor(processor);
    run->date = nt_arena_string(&work->arena, date);
    run->processor = nt_arena_string(&work->arena, processor);
    run->folder = nt_arena_string(&work->arena, getcwd(folder, sizeof folder) ? folder : "unknown");
    if (!run->date || !run->processor || !run->folder || !overrides)
        return nt_suite_no_memory(work);
    for (int i = 0; i < suite->override_count; i++)
        if (!(overrides[i] = nt_arena_printf(&work->arena, "%s=%s", suite->overrides[i].key,
                                             suite->overrides[i].value)))
            return nt_suite_no_memory(work);
    run->overrides = overrides;
    run->override_count = suite->override_count;
    run->command = work->options->command;
    run->command_count = work->options->command_count;
    return NT_OK;
}

static nt_status describe(nt_suite_work *work, nt_run_source *ret) {
    const nt_data_info *info = nt_dataset_info(work->dataset);
    const nt_provenance *from = &work->results->provenance;
    *ret = (nt_run_source){.suite_digest = from->suite,
                           .build = from->build,
                           .files = work->source.files,
                           .file_count = work->source.file_count,
                           .data = info->kind->made ? "" : absolute(work, info->folder),
                           .data_digest = from->data};
    if (!ret->data)
        return nt_suite_no_memory(work);
    NT_TRY(describe_weights(work, ret));
    return describe_command(work, ret);
}

static bool is_listed(const nt_run_source *run, const char *name) {
    for (int32_t i = 0; i < run->file_count; i++)
        if (strcmp(run->files[i].file, name) == 0)
            return true;
    return false;
}

/* Whether the file is there with these bytes. */
static bool is_there(const char *path, const char *digest) {
    char found[NT_DIGEST_HEX];
    nt_error ignored;
    nt_error_init(&ignored);
    bool same = access(path, F_OK) == 0 && nt_file_digest(path, found, &ignored) == NT_OK &&
                strcmp(found, digest) == 0;
    nt_error_finish(&ignored);
    return same;
}

static const char *path_of(nt_suite_work *work, const char *name) {
    return nt_arena_printf(&work->arena, "%s/" NT_SOURCE_FOLDER "%s%s", work->folder,
                           name[0] ? "/" : "", name);
}

/* What the folder says of itself from before; no files where it says nothing that can be read. */
static nt_run_source read_before(nt_suite_work *work) {
    nt_run_source before = {0};
    nt_error ignored;
    nt_error_init(&ignored);
    if (nt_run_source_read(work->folder, &work->arena, &before, &ignored) != NT_OK)
        before = (nt_run_source){0};
    nt_error_finish(&ignored);
    return before;
}

static nt_status write_files(nt_suite_work *work) {
    const nt_suite_source *source = &work->source;
    for (int32_t i = 0; i < source->file_count; i++) {
        const char *path = path_of(work, source->files[i].file);
        if (!path)
            return nt_suite_no_memory(work);
        if (!is_there(path, source->files[i].digest))
            NT_TRY(nt_file_replace(path, source->texts[i], source->lengths[i], work->error));
    }
    return NT_OK;
}

nt_status nt_suite_write_source(nt_suite_work *work, bool if_none) {
    nt_run_source run, before = read_before(work);
    if (if_none && before.file_count > 0)
        return NT_OK;
    NT_TRY(describe(work, &run));
    const char *folder = path_of(work, "");
    if (!folder)
        return nt_suite_no_memory(work);
    NT_TRY(nt_folder_make(folder, work->error));
    nt_folder_sweep(folder);
    NT_TRY(write_files(work));
    if (before.file_count == 0 || !nt_run_source_same(&run, &before))
        NT_TRY(nt_run_source_write(&run, work->folder, work->error));
    for (int32_t i = 0; i < before.file_count; i++) {
        const char *path = path_of(work, before.files[i].file);
        if (path && !is_listed(&run, before.files[i].file))
            unlink(path);
    }
    return NT_OK;
}
