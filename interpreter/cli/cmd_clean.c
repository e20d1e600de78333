/* nontrivial clean: removes what finished runs no longer need. */
#include "command.h"
#include "console.h"
#include "file.h"
#include "json_out.h"
#include "run_state_print.h"

typedef struct clean_options {
    const char *all;
    bool dry_run, json;
} clean_options;

static const nt_field clean_fields[] = {
    {"all", NT_STRING, offsetof(clean_options, all),
     .doc = "clean every finished run in this folder; others are passed over"},
    {"dry-run", NT_BOOL, offsetof(clean_options, dry_run), "false",
     .doc = "say what would be removed, and remove nothing"},
    NT_OPTION_JSON(clean_options),
    {0},
};

static const nt_operand clean_operands[] = {
    {.name = "RUN", .doc = "the folder of a finished run", .optional = true, .repeated = true},
    {0}};

static const char clean_detail[] =
    "Removed are checkpoints of seeds whose weights are there, and folders of parts,\n"
    "shard-I-of-N, whose outcomes are all in the run's own store. Weights, results and source/\n"
    "stay, and so does all of a run that isn't finished or that a process works in.\n";

typedef struct cleaning {
    nt_text text;
    json_t *removed; /* a list of the same paths; NULL when out of memory */
    int64_t bytes;
    bool dry_run;
} cleaning;

/* `mark`: a slash after a folder. */
static void tell_one(cleaning *c, const char *path, const char *mark) {
    nt_text_printf(&c->text, "%s %s%s\n", c->dry_run ? "would remove" : "removed", path, mark);
    nt_text whole;
    nt_text_init(&whole);
    nt_text_printf(&whole, "%s%s", path, mark);
    c->removed = nt_json_append(c->removed, whole.failed ? NULL : nt_json_text(whole.bytes));
    nt_text_finish(&whole);
}

static void tell(cleaning *c, const nt_run_rest *rest) {
    for (int32_t i = 0; i < rest->checkpoint_count; i++)
        tell_one(c, rest->checkpoints[i], "");
    for (int32_t i = 0; i < rest->part_count; i++)
        tell_one(c, rest->parts[i], "/");
    c->bytes += rest->bytes;
}

static nt_status print(cleaning *c, bool json) {
    if (json) {
        nt_text_finish(&c->text);
        return nt_json_print(json_pack("{s:b, s:o, s:I}", "dry_run", (int)c->dry_run, "removed",
                                       c->removed, "bytes", (json_int_t)c->bytes));
    }
    json_decref(c->removed);
    nt_add_bytes(&c->text, c->bytes);
    nt_text_add(&c->text, c->dry_run ? " would be freed\n" : " freed\n");
    return nt_print(&c->text);
}

/* `only_finished`: others are passed over, and are no error. */
static nt_status clean(cleaning *c, const char *folder, bool only_finished, nt_error *error) {
    nt_run_state state;
    nt_run_rest rest = {0};
    nt_arena arena;
    if (!nt_run_is_there(folder))
        return only_finished ? NT_OK
                             : nt_error_in(error, NT_INVALID, folder, -1, "is not a run folder");
    nt_arena_init(&arena);
    nt_status status = nt_run_state_look(folder, 0, &state);
    bool wanted = state.stage == NT_RUN_FINISHED && !state.in_use;
    if (status == NT_OK && (wanted || !only_finished))
        status = nt_run_rest_find(&state, &arena, &rest, error);
    if (status == NT_OK && !c->dry_run)
        status = nt_run_rest_remove(&state, &rest, error);
    if (status == NT_OK)
        tell(c, &rest);
    nt_run_state_finish(&state);
    nt_arena_finish(&arena);
    return status;
}

static nt_status clean_all(cleaning *c, const char *in, nt_error *error) {
    nt_arena arena;
    nt_names folders = {0};
    nt_arena_init(&arena);
    nt_status status = nt_folders_in(in, &arena, &folders, error);
    for (int32_t i = 0; status == NT_OK && i < folders.count; i++) {
        const char *path = nt_arena_printf(&arena, "%s/%s", in, folders.names[i]);
        status =
            path ? clean(c, path, true, error) : nt_error_say(error, NT_NO_MEMORY, "out of memory");
    }
    nt_arena_finish(&arena);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const clean_options *options = arguments->record;
    cleaning c = {.dry_run = options->dry_run};
    nt_status status = NT_OK;
    if ((arguments->word_count > 0) == (options->all != NULL))
        return nt_error_say(error, NT_USAGE, "give the runs to clean, or --all and their folder");
    nt_text_init(&c.text);
    c.removed = json_array();
    if (options->all)
        status = clean_all(&c, options->all, error);
    for (int i = 0; i < arguments->word_count; i++) {
        nt_status cleaned = clean(&c, arguments->words[i], false, error);
        status = status == NT_OK ? cleaned : status;
    }
    nt_status printed = print(&c, options->json);
    return status == NT_OK ? printed : status;
}

const nt_command nt_command_clean = {
    .kind = {.name = "clean",
             .doc = "remove what finished runs no longer need: checkpoints, parts that are joined",
             .fields = clean_fields,
             .size = sizeof(clean_options)},
    .detail = clean_detail,
    .examples = "nontrivial clean runs/first --dry-run\n",
    .syntax = {.operands = clean_operands},
    .run = run,
};
