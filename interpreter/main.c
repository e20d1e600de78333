/* Picks the subcommand, shows what went wrong and exits: the only file that does. */
#include "build_info.h"
#include "command.h"
#include "console.h"
#include "decoders.h"
#include "dist.h"
#include "fit.h"
#include "hash.h"
#include "help_topics.h"
#include "json_in.h"
#include "json_out.h"
#include "machine.h"
#include "op_library.h"
#include "pager.h"
#include "parallel.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static size_t help_width(void) {
    enum { USUAL = 80, MOST = 100 /* longer lines are hard to read */ };
    int width = nt_console_width(stdout);
    return width == 0 ? USUAL : width < MOST ? (size_t)width : MOST;
}

static nt_status show_topic(const nt_help_topic *topic) {
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "nontrivial: %s\n\n", topic->doc);
    nt_text_add_paragraphs(&text, topic->text, help_width());
    return nt_page(&text, false);
}

static nt_status show_help(const nt_command *command) {
    nt_text text;
    nt_text_init(&text);
    if (command)
        nt_command_help(command, help_width(), &text);
    else
        nt_commands_help(help_width(), &text);
    return nt_page(&text, false);
}

/* nontrivial --version [--json] */
static nt_status show_version(const char *const *words, int count, nt_error *error) {
    bool as_json = count > 0 && strcmp(words[0], "--json") == 0;
    char library[NT_OPS_LIBRARY];
    nt_text text;
    if (count > as_json)
        return nt_error_say(error, NT_USAGE, "'%s' is one argument too many", words[as_json]);
    nt_text_init(&text);
    if (as_json) {
        NT_TRY(nt_ops_check_kernel(error));
        nt_ops_library(library);
        json_t *build = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?}", "version",
                                  nt_build_version, "commit", nt_build_commit, "compiler",
                                  nt_build_compiler, "type", nt_build_type, "flags", nt_build_flags,
                                  "matrix_products", library, "mpi", nt_dist_library());
        nt_json_format(build, &text);
        json_decref(build);
    } else {
        nt_text_printf(&text, "nontrivial %s\nmpi: %s%s%s\n", nt_build_version,
                       nt_dist_library() ? "yes (" : "no",
                       nt_dist_library() ? nt_dist_library() : "", nt_dist_library() ? ")" : "");
    }
    return nt_print(&text);
}

/* nontrivial help [COMMAND [VERB] | TOPIC] */
static nt_status help(const char *const *words, int count, nt_error *error) {
    const nt_command *command = NULL;
    int taken = 0;
    const nt_help_topic *topic = count == 1 ? nt_help_topic_find(words[0]) : NULL;
    if (topic)
        return show_topic(topic);
    if (count > 0)
        NT_TRY(nt_command_find(words, count, &command, &taken, error));
    if (count > taken)
        return nt_error_say(error, NT_USAGE, "'%s' is one argument too many", words[taken]);
    return show_help(command);
}

/* Libraries that end the process where memory runs out in their first use (BLIS aborts, OpenSSL may
 * crash) have it before anything is begun; it takes some milliseconds. */
static nt_status use_libraries(nt_error *error) {
    char library[NT_OPS_LIBRARY], hex[NT_DIGEST_HEX];
    nt_ops_library(library);
    return nt_digest_bytes("", 0, hex) ? NT_OK : nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

static nt_status run(const char *const *words, int count, nt_error *error) {
    const nt_command *command;
    int taken;
    NT_TRY(nt_command_find(words, count, &command, &taken, error));
    if (nt_dist_size() > 1 && !command->together)
        return nt_error_say(error, NT_USAGE,
                            "'%s' is for one process, but was started as %d; 'run' and 'train' are "
                            "for several",
                            command->kind.name, nt_dist_size());
    nt_arguments arguments;
    nt_status status = nt_arguments_parse(&command->kind, &command->syntax, words + taken,
                                          count - taken, &arguments, error);
    if (status != NT_OK) {
        if (status == NT_USAGE && !error->items[error->count - 1].hint)
            nt_error_hint(error, "see 'nontrivial help %s'", command->kind.name);
        return status;
    }
    if (!arguments.help)
        status = nt_ops_check_kernel(error);
    if (!arguments.help && status == NT_OK)
        status = use_libraries(error);
    if (status == NT_OK)
        status = arguments.help ? show_help(command) : command->run(&arguments, error);
    nt_arguments_finish(&arguments);
    return status;
}

static nt_status dispatch(const char *const *words, int count, nt_error *error) {
    if (count == 0) {
        nt_error_say(error, NT_USAGE, "a command is missing");
        nt_error_hint(error, "'nontrivial help' lists them");
        return NT_USAGE;
    }
    if (strcmp(words[0], "--version") == 0)
        return show_version(words + 1, count - 1, error);
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0)
        return show_help(NULL);
    if (strcmp(words[0], "help") == 0)
        return help(words + 1, count - 1, error);
    return run(words, count, error);
}

/* A process that shows nothing leaves it to rank 0 to say what went wrong. */
static void tell_first(const nt_error *error) {
    nt_text text;
    nt_text_init(&text);
    nt_error_format(error, false, &text);
    if (!text.failed)
        nt_dist_send(0, NT_DIST_FAILED, text.bytes, text.length);
    nt_text_finish(&text);
}

static void set_usual_threads(void) {
    nt_machine machine;
    nt_threads_by by;
    nt_machine_look(&machine);
    nt_threads_set_usual(nt_machine_threads(&machine, getenv("OMP_NUM_THREADS"), nt_dist_threads(),
                                            NT_MAX_THREADS, &by));
}

int main(int argc, char **argv) {
    nt_confined_child(argc, argv, nt_decoders); /* which is another program altogether */
    nt_console_init();
    signal(SIGXFSZ, SIG_IGN); /* a write past the limit then fails, and says so */
    nt_error error;
    nt_error_init(&error);
    int exit_status;
    if (nt_dist_guard(&exit_status, &error)) {
        nt_print_error(&error);
        nt_error_finish(&error);
        return nt_dist_guard_end(exit_status);
    }
    nt_status status = nt_dist_begin(&error);
    if (nt_dist_rank() > 0)
        nt_console_mute();
    set_usual_threads();
    if (status == NT_OK)
        status = dispatch((const char *const *)argv + 1, argc > 0 ? argc - 1 : 0, &error);
    if (status == NT_OK && (nt_text_any_failed() || nt_json_any_failed()))
        status = nt_error_say(&error, NT_NO_MEMORY,
                              "memory was out for some of what was to be said or written");
    nt_status printed = nt_print_finish(&error);
    if (status == NT_OK)
        status = printed;
    if (status != NT_OK && error.count == 0)
        nt_error_say(&error, status, "%s", nt_status_text(status));
    nt_print_error(&error);
    if (nt_dist_rank() > 0 && status != NT_OK)
        tell_first(&error);
    nt_error_finish(&error);
    return nt_dist_end(nt_status_exit(status));
}
