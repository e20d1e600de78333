/* nontrivial watch: the state of a run that another process makes, drawn over until it is finished.
 * The terminal is told not to wrap lines meanwhile, so that a line is a row. */
#include "command.h"
#include "console.h"
#include "json_out.h"
#include "run_state_print.h"
#include "signals.h"
#include "table.h"
#include <math.h>
#include <time.h>

typedef struct watch_options {
    double interval;
    bool once, json;
} watch_options;

static const nt_field watch_fields[] = {
    {"interval", NT_REAL, offsetof(watch_options, interval), "2", 0.1, 86400,
     .doc = "seconds between two looks"},
    {"once", NT_BOOL, offsetof(watch_options, once), "false",
     .doc = "look once, as where standard output is no terminal"},
    {"json", NT_BOOL, offsetof(watch_options, json), "false",
     .doc = "look once, and print JSON in place of tables"},
    {0},
};

static const nt_operand watch_operands[] = {
    {.name = "RUN", .doc = "a run folder: what 'run' was given as --out"}, {0}};

static const char watch_detail[] =
    "Everything comes from files that the run writes as it goes on: metrics.csv and checkpoints,\n"
    "and the store, which is opened to read. It ends when the run is finished, or by Ctrl-C; the\n"
    "run doesn't notice.\n";

#define WRAP_OFF "\033[?7l"
#define WRAP_ON "\033[?7h"
#define ERASE_BELOW "\033[J"

/* --- what is shown ---------------------------------------------------------------------------- */

static void add_number(nt_table *table, const nt_seed_state *seed, double number) {
    if (seed->epochs == 0 || isnan(number))
        nt_table_cell(table, "");
    else
        nt_table_cellf(table, "%.4f", number);
}

static void add_seeds(const nt_run_state *state, nt_text *text) {
    static const nt_column columns[] = {{"seed", .align = NT_RIGHT},
                                        {"epochs", .align = NT_RIGHT},
                                        {"loss", NT_RIGHT, .leaves = 2},
                                        {"accuracy", NT_RIGHT, .leaves = 1},
                                        {"held-out loss", NT_RIGHT, .leaves = 4},
                                        {"held-out value", NT_RIGHT, .leaves = 3},
                                        {"", .align = NT_LEFT},
                                        {0}};
    nt_table table;
    if (state->epochs == 0 || !state->seeds)
        return;
    nt_table_init(&table, columns);
    for (int32_t s = 0; s < state->seed_count; s++) {
        const nt_seed_state *seed = &state->seeds[s];
        nt_table_cellf(&table, "%d", (int)seed->seed);
        nt_table_cellf(&table, "%d of %d", (int)seed->epoch, (int)state->epochs);
        add_number(&table, seed, seed->loss);
        add_number(&table, seed, seed->accuracy);
        add_number(&table, seed, seed->held_loss);
        add_number(&table, seed, seed->held_value);
        nt_table_cell(&table, seed->trained ? "trained" : "");
    }
    nt_text_add(text, "\n");
    nt_console_table(&table, text);
    nt_table_finish(&table);
}

static void add_all(const nt_run_state *state, nt_text *text) {
    nt_text_printf(text, "%s: %s", state->folder, state->name[0] ? state->name : "a run");
    if (state->network[0])
        nt_text_printf(text, ", %s on %s", state->network, state->data);
    nt_text_add(text, "\n");
    nt_run_state_add_stage(state, text);
    nt_text_add(text, "\n");
    if (state->failures > 0)
        nt_text_printf(text, "%s%s\n", state->why, state->failures > 1 ? "; and so on" : "");
    add_seeds(state, text);
    nt_text_add(text, "\nlast written ");
    nt_add_time(text, state->size.changed);
    nt_text_add(text, ", ");
    nt_add_bytes(text, state->size.bytes);
    nt_text_add(text, "\n");
    if (state->command[0] && !state->in_use)
        nt_text_printf(text, "nobody is at work; '%s' finishes it\n", state->command);
}

/* --- looking again and again ------------------------------------------------------------------ */

static int count_lines(const nt_text *text) {
    int lines = 0;
    for (size_t i = 0; i < text->length; i++)
        lines += text->bytes[i] == '\n';
    return lines;
}

/* Draws over the *lines that were drawn before. */
static nt_status draw(const nt_run_state *state, bool terminal, int *lines) {
    char back[32];
    nt_text body;
    nt_text_init(&body);
    add_all(state, &body);
    snprintf(back, sizeof back, "\033[%dA" ERASE_BELOW, *lines);
    nt_print_codes(*lines > 0 ? back : "");
    nt_print_codes(terminal ? WRAP_OFF : "");
    *lines = count_lines(&body);
    nt_status status = nt_print(&body);
    nt_print_codes(terminal ? WRAP_ON : "");
    fflush(stdout);
    return status;
}

static void wait_for(double seconds) {
    const struct timespec span = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)(1e9 * (seconds - floor(seconds)))};
    nanosleep(&span, NULL);
}

/* One look; *cases is kept from the first to the others. */
static nt_status look(const char *folder, const watch_options *options, bool terminal,
                      int64_t *cases, int *lines, bool *ret_finished) {
    nt_run_state state;
    nt_status status = nt_run_state_look(folder, *cases, &state);
    if (status == NT_OK)
        status = options->json ? nt_json_print(nt_run_state_json(&state))
                               : draw(&state, terminal, lines);
    *cases = state.cases;
    *ret_finished = state.stage == NT_RUN_FINISHED;
    nt_run_state_finish(&state);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const watch_options *options = arguments->record;
    const char *folder = arguments->words[0];
    bool terminal = nt_console_terminal(stdout) && !options->json;
    bool finished = false, once = !terminal || options->once;
    int64_t cases = 0;
    int lines = 0;
    if (!nt_run_is_there(folder))
        return nt_error_in(error, NT_INVALID, folder, -1, "is not a run folder, or not yet");
    nt_signals_catch();
    nt_status status = look(folder, options, terminal, &cases, &lines, &finished);
    while (status == NT_OK && !finished && !once) {
        wait_for(options->interval);
        status = nt_signals_status();
        if (status == NT_OK)
            status = look(folder, options, terminal, &cases, &lines, &finished);
    }
    return status;
}

const nt_command nt_command_watch = {
    .kind = {.name = "watch",
             .doc = "show how far a run is that another process makes, until it is finished",
             .fields = watch_fields,
             .size = sizeof(watch_options)},
    .detail = watch_detail,
    .examples = "nontrivial watch runs/first --interval 10\n",
    .syntax = {.operands = watch_operands},
    .run = run,
};
