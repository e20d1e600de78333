/* The subcommands: one file each, cmd_NAME.c, which exports one nt_command; cli/meson.build lists
 * them in the order in which the help does.
 * A command prints data to standard output through console.h, says what went wrong in `error`, and
 * leaves exiting to main.c. Its help text is made from its syntax. */
#ifndef NT_COMMAND_H
#define NT_COMMAND_H

#include "diagnostic.h"
#include "options.h"

typedef struct nt_command nt_command;

struct nt_command {
    nt_kind kind;       /* its name: all its words, "data", "data fetch"; its record: the options */
    const char *detail; /* what its help says beyond that, whole lines; NULL: nothing */
    const char *examples; /* command lines, whole lines; NULL: none */
    nt_syntax syntax;
    bool together;                  /* whether several processes may work on it (dist.h) */
    const nt_command *const *verbs; /* commands below it, "data fetch"; NULL-terminated or NULL */

    /* Owns neither parameter. */
    nt_status (*run)(const nt_arguments *arguments, nt_error *error);
};

extern const nt_kind *const nt_commands[];

/* The command that the first of `count` words name, and how many of them do: 1, or 2 with a verb.
 * NT_USAGE with the near names where there is no such command. */
nt_status nt_command_find(const char *const *words, int count, const nt_command **ret,
                          int *ret_taken, nt_error *error);

/* Help in lines of up to `width` columns: of one command, of the program. */
void nt_command_help(const nt_command *command, size_t width, nt_text *text);
void nt_commands_help(size_t width, nt_text *text);

#endif
