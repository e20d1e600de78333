/* nontrivial runs: which run folders there are, how far each is, and what finishes it. */
#include "command.h"
#include "console.h"
#include "file.h"
#include "json_out.h"
#include "run_state_print.h"
#include "table.h"

typedef struct runs_options {
    bool json;
} runs_options;

static const nt_field runs_fields[] = {
    NT_OPTION_JSON(runs_options),
    {0},
};

static const nt_operand runs_operands[] = {
    {.name = "DIR",
     .doc = "a folder of run folders, or one of these (default: runs)",
     .optional = true},
    {0}};

static const char runs_detail[] =
    "Of an unfinished run, its hooks are asked how many cases there are; nothing else is run, and\n"
    "nothing is changed. A shard is one case on a thousand images with one seed.\n";

/* --- which there are -------------------------------------------------------------------------- */

typedef struct listing {
    nt_arena arena;
    const char **folders;
    int32_t count;
} listing;

/* The folder itself where it is a run's, or those in it. */
static nt_status list(const char *folder, listing *ret, nt_error *error) {
    nt_names found = {0};
    bool itself = nt_run_is_there(folder);
    if (!itself && !nt_folder_exists(folder)) {
        nt_error_in(error, NT_INVALID, folder, -1, "there is no such folder");
        nt_error_hint(error, "'nontrivial run SUITE' makes one, runs/NAME");
        return NT_INVALID;
    }
    if (!itself)
        NT_TRY(nt_folders_in(folder, &ret->arena, &found, error));
    ret->folders = NT_ARENA_ARRAY(&ret->arena, const char *, found.count + 1);
    if (!ret->folders)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (itself)
        ret->folders[ret->count++] = folder;
    for (int32_t i = 0; i < found.count; i++) {
        const char *path = nt_arena_printf(&ret->arena, "%s/%s", folder, found.names[i]);
        if (!path)
            return nt_error_say(error, NT_NO_MEMORY, "out of memory");
        if (nt_run_is_there(path))
            ret->folders[ret->count++] = path;
    }
    return NT_OK;
}

/* --- printing --------------------------------------------------------------------------------- */

static void take_cell(nt_table *table, nt_text *text) {
    nt_table_cell(table, text->failed ? NULL : text->bytes);
    nt_text_clear(text);
}

static void add_row(const nt_run_state *state, nt_table *table) {
    nt_text text;
    nt_text_init(&text);
    nt_table_cell(table, state->folder);
    nt_table_cell(table, state->name);
    nt_table_cell(table, state->network);
    nt_table_cell(table, state->data);
    nt_run_state_add_stage(state, &text);
    take_cell(table, &text);
    nt_add_bytes(&text, state->size.bytes);
    take_cell(table, &text);
    nt_add_time(&text, state->size.changed);
    take_cell(table, &text);
    nt_text_finish(&text);
}

static void add_commands(const nt_run_state *states, int32_t count, nt_text *text) {
    bool any = false;
    for (int32_t i = 0; i < count; i++) {
        if (!states[i].command[0] || states[i].in_use)
            continue;
        nt_text_printf(text, "%s  %s\n", any ? "" : "\nto finish them:\n", states[i].command);
        any = true;
    }
}

static nt_status print(const nt_run_state *states, int32_t count, const char *folder, bool json) {
    static const nt_column columns[] = {{"run", NT_LEFT, .cut = true},
                                        {"suite", NT_LEFT, .leaves = 5, .cut = true},
                                        {"network", NT_LEFT, .leaves = 3, .cut = true},
                                        {"data", NT_LEFT, .leaves = 4},
                                        {"state", .align = NT_LEFT},
                                        {"size", NT_RIGHT, .leaves = 1},
                                        {"changed", NT_LEFT, .leaves = 2},
                                        {0}};
    nt_table table;
    nt_text text;
    if (json) {
        json_t *all = json_array();
        for (int32_t i = 0; i < count; i++)
            all = nt_json_append(all, nt_run_state_json(&states[i]));
        return nt_json_print(all);
    }
    nt_text_init(&text);
    if (count == 0) {
        nt_text_printf(&text, "no runs in %s\n", folder);
        return nt_print(&text);
    }
    nt_table_init(&table, columns);
    for (int32_t i = 0; i < count; i++)
        add_row(&states[i], &table);
    nt_console_table(&table, &text);
    nt_table_finish(&table);
    add_commands(states, count, &text);
    return nt_print(&text);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const runs_options *options = arguments->record;
    const char *folder = arguments->word_count > 0 ? arguments->words[0] : "runs";
    listing all = {.count = 0};
    int32_t looked = 0;
    nt_arena_init(&all.arena);
    nt_status status = list(folder, &all, error);
    nt_run_state *states = NT_ARENA_ARRAY(&all.arena, nt_run_state, all.count + 1);
    if (status == NT_OK && !states)
        status = NT_NO_MEMORY;
    while (status == NT_OK && looked < all.count) {
        status = nt_run_state_look(all.folders[looked], 0, &states[looked]);
        looked++;
    }
    if (status == NT_OK)
        status = print(states, all.count, folder, options->json);
    for (int32_t i = 0; i < looked; i++)
        nt_run_state_finish(&states[i]);
    nt_arena_finish(&all.arena);
    return status;
}

const nt_command nt_command_runs = {
    .kind = {.name = "runs",
             .doc = "list the run folders that there are, how far each is, what finishes it",
             .fields = runs_fields,
             .size = sizeof(runs_options)},
    .detail = runs_detail,
    .examples = "nontrivial runs\nnontrivial runs results --json\n",
    .syntax = {.operands = runs_operands},
    .run = run,
};
