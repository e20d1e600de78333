/* nontrivial init: writes a suite, what it needs and what helps editors into a new folder. The
 * texts are those of experiments/init/, which the program holds; schemas are its own. */
#include "command.h"
#include "console.h"
#include "embedded_files.h"
#include "file.h"
#include "json_out.h"
#include "kind_print.h"
#include "network_schema.h"
#include "script.h"
#include "suite_schema.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>

static const nt_operand init_operands[] = {
    {"KIND", "what to start with (default: list them all)", .optional = true},
    {"DIR", "the folder to write into, new or empty", .optional = true},
    {0},
};

/* One file of a start: its name there, and in the table of embedded_files.h. */
typedef struct start_file {
    const char *name, *source;
} start_file;

typedef struct start {
    nt_kind kind;
    start_file files[4]; /* its own */
    const char *next;    /* the commands that come next, in that table */
} start;

#define START(name, doc) .kind = {name, doc, nt_no_fields, 0}, .next = name "/next"

static const start classify = {
    START("classify", "train on pictures by class"),
    .files = {{"suite.yaml", "classify/suite.yaml"}, {"net.yaml", "common/resnet.yaml"}}};

static const start segment = {
    START("segment", "train on images and their masks"),
    .files = {{"suite.yaml", "segment/suite.yaml"}, {"net.yaml", "segment/net.yaml"}}};

static const start weights = {
    START("weights", "measure weights that there are, on CIFAR-10 or its like"),
    .files = {{"suite.yaml", "weights/suite.yaml"}, {"net.yaml", "common/resnet.yaml"}}};

static const start torch = {
    START("torch", "measure a PyTorch module"),
    .files = {{"suite.yaml", "torch/suite.yaml"}, {"mynet.py", "torch/mynet.py"}}};

static const nt_kind *const starts[] = {&classify.kind, &segment.kind, &weights.kind, &torch.kind,
                                        NULL};
static const nt_kind_family family = {"start", starts, NULL};

static const start_file common[] = {{"layers.lua", "common/layers.lua"},
                                    {".luarc.json", "common/.luarc.json"},
                                    {"editor/nontrivial.lua", "nontrivial.lua"},
                                    {0}};

/* --- writing ---------------------------------------------------------------------------------- */

static const nt_embedded *text_of(const char *source) {
    const nt_embedded *file = nt_embedded_find(nt_start_files, source);
    assert(file);
    return file;
}

typedef struct writing {
    const char *folder;
    nt_arena arena;
    nt_error *error;
} writing;

static nt_status write_text(writing *w, const char *name, const void *text, size_t length) {
    const char *path = nt_arena_printf(&w->arena, "%s/%s", w->folder, name);
    if (!path)
        return nt_error_say(w->error, NT_NO_MEMORY, "out of memory");
    return nt_file_replace(path, text, length, w->error);
}

static nt_status write_files(writing *w, const start_file *files) {
    for (; files->name; files++) {
        const nt_embedded *file = text_of(files->source);
        NT_TRY(write_text(w, files->name, file->bytes, file->size));
    }
    return NT_OK;
}

/* Takes `schema`. */
static nt_status write_schema(writing *w, const char *name, json_t *schema) {
    nt_text text;
    nt_text_init(&text);
    nt_json_format(schema, &text);
    nt_status status = !text.failed ? write_text(w, name, text.bytes, text.length)
                                    : nt_error_say(w->error, NT_NO_MEMORY, "out of memory");
    nt_text_finish(&text);
    json_decref(schema);
    return status;
}

static nt_status write_all(writing *w, const start *of) {
    const char *editor = nt_arena_printf(&w->arena, "%s/editor", w->folder);
    if (!editor)
        return nt_error_say(w->error, NT_NO_MEMORY, "out of memory");
    NT_TRY(nt_folder_make(editor, w->error));
    NT_TRY(write_files(w, of->files));
    NT_TRY(write_files(w, common));
    NT_TRY(write_schema(w, "editor/suite.schema.json", nt_suite_schema()));
    return write_schema(w, "editor/graph.schema.json", nt_network_schema());
}

/* NT_USAGE for a folder that holds anything, and for what is no folder. */
static nt_status check_folder(const char *path, nt_error *error) {
    const struct dirent *entry;
    bool empty = true;
    DIR *folder = opendir(path);
    if (!folder && errno == ENOENT)
        return NT_OK;
    if (!folder)
        return nt_error_say(error, NT_USAGE, "%s: %s", path, strerror(errno));
    while (empty && (entry = readdir(folder)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(folder);
    if (empty)
        return NT_OK;
    nt_error_say(error, NT_USAGE, "%s is not empty", path);
    nt_error_hint(error, "name a folder that isn't there yet: nothing is overwritten");
    return NT_USAGE;
}

/* --- what comes next -------------------------------------------------------------------------- */

static void add_quoted(const char *word, nt_text *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+,:@%";
    if (word[0] != '-' && word[strspn(word, plain)] == '\0') {
        nt_text_add(text, word);
        return;
    }
    nt_text_add(text, "'");
    for (; *word; word++)
        nt_text_add_bytes(text, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
    nt_text_add(text, "'");
}

static void add_from_torch(nt_arena *arena, nt_text *text) {
    const char *path = nt_script_in_source(arena, "from_torch.py");
    if (path)
        add_quoted(path, text);
    else
        nt_text_add(text, "nontrivial-from-torch");
}

static nt_status print_next(writing *w, const start *of) {
    static const char tool[] = "@from_torch@";
    const char *lines = (const char *)text_of(of->next)->bytes;
    nt_text text;
    nt_text_init(&text);
    nt_text_add(&text, "made ");
    for (const start_file *file = of->files; file->name; file++)
        nt_text_printf(&text, "%s, ", file->name);
    nt_text_printf(&text, "%s and editor/ in %s; next:\n\n  cd ", common[0].name, w->folder);
    add_quoted(w->folder, &text);
    for (const char *line = lines; *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        nt_text_add(&text, "\n  ");
        if (strncmp(line, tool, sizeof tool - 1) == 0) {
            add_from_torch(&w->arena, &text);
            length -= sizeof tool - 1;
            line += sizeof tool - 1;
        }
        nt_text_printf(&text, "%.*s", (int)length, line);
    }
    nt_text_add(&text, "\n");
    return nt_print(&text);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const nt_kind *kind;
    writing w = {.error = error};
    if (arguments->word_count == 0)
        return nt_kinds_print(&family, NULL, "what it is for");
    NT_TRY(nt_kind_argument(&family, arguments->words[0], &kind, error));
    if (arguments->word_count < 2)
        return nt_error_say(error, NT_USAGE, "'init %s' lacks DIR, the folder to write into",
                            kind->name);
    w.folder = arguments->words[1];
    NT_TRY(check_folder(w.folder, error));
    nt_arena_init(&w.arena);
    nt_status status = write_all(&w, (const start *)kind);
    if (status == NT_OK)
        status = print_next(&w, (const start *)kind);
    nt_arena_finish(&w.arena);
    return status;
}

const nt_command nt_command_init = {
    .kind = {.name = "init",
             .doc = "write a suite to start with, its network, a hook and editors' files",
             .fields = nt_no_fields},
    .detail =
        "What is written says in comments what may be changed; what to type next is printed.\n"
        "Editors that know the language servers of YAML and Lua complete and check all of it.\n",
    .examples = "nontrivial init classify mine\n",
    .syntax = {.operands = init_operands},
    .run = run,
};
