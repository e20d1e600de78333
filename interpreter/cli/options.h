/* A command's options and operands, read from the words of its command line into a record that a
 * field table describes (field.h), so that types, ranges, defaults, "did you mean" and the help
 * text have one source.
 *
 *     --name VALUE   --name=VALUE   --flag   --set key=value (repeated)   --   operands in between
 *     -n VALUE   -nVALUE   -f   -fg: the letters of common options, nt_option_letter
 *
 * An option without a fallback keeps its zero when it isn't given. Options that many commands share
 * are the macros below; `record` is the command's own struct with a member of that name. */
#ifndef NT_OPTIONS_H
#define NT_OPTIONS_H

#include "arena.h"
#include "attrs.h"
#include "diagnostic.h"
#include "kind.h"
#include "network_file.h"
#include "parallel.h"
#include <stddef.h>

#define NT_OPTION_THREADS(record)                                                                  \
    {                                                                                              \
        "threads", NT_INT, offsetof(record, threads),                                              \
            .min = 1, .max = NT_MAX_THREADS,                                                       \
            .doc = "how many threads may work (default: as `nontrivial doctor` says)"              \
    }
#define NT_OPTION_SEED(record)                                                                     \
    {                                                                                              \
        "seed", NT_INT, offsetof(record, seed), "0", 0, 2147483647,                                \
            .doc = "what random numbers start from"                                                \
    }
#define NT_OPTION_CONV(record)                                                                     \
    {                                                                                              \
        "conv", NT_CHOICE, offsetof(record, conv), "fastest",                                      \
            .choices = nt_conv2d_algorithms,                                                       \
            .doc = "which algorithms convolutions may take; direct: no Winograd or the like"       \
    }
/* A weights file, and how its names are to be understood: see weights_file.h. The record has
 * `weights`, `map` and `extra`. */
#define NT_OPTION_WEIGHTS(record)                                                                  \
    {"weights", NT_STRING, offsetof(record, weights),                                              \
     .doc = "a file of safetensors or of torch.save; FILE#PART where it has several parts; "       \
            "always wanted"},                                                                      \
        {"map", NT_STRING, offsetof(record, map),                                                  \
         .doc = "other names for its tensors: REGEX=NAME, several apart by blanks"},               \
    {                                                                                              \
        "extra", NT_STRING, offsetof(record, extra),                                               \
            .doc = "tensors of it to pass over: patterns with *, apart by blanks"                  \
    }
#define NT_OPTION_JSON(record)                                                                     \
    { "json", NT_BOOL, offsetof(record, json), "false", .doc = "print JSON in place of a table" }
#define NT_OPTION_VERBOSE(record)                                                                  \
    {                                                                                              \
        "verbose", NT_BOOL, offsetof(record, verbose), "false",                                    \
            .doc = "say what computes, what is there already and how long each step took"          \
    }
#define NT_OPTION_QUIET(record)                                                                    \
    { "quiet", NT_BOOL, offsetof(record, quiet), "false", .doc = "show no progress" }

/* Of a command that prints tables: the record has `wide`; of one whose output is long: `no_pager`.
 */
#define NT_OPTION_WIDE(record)                                                                     \
    {                                                                                              \
        "wide", NT_BOOL, offsetof(record, wide), "false",                                          \
            .doc = "print all columns of a table, also where the terminal is narrower"             \
    }
#define NT_OPTION_NO_PAGER(record)                                                                 \
    {                                                                                              \
        "no-pager", NT_BOOL, offsetof(record, no_pager), "false",                                  \
            .doc = "print to the terminal also what is longer than it; otherwise $PAGER shows it"  \
    }
/* Of a command that prints findings: the record has `seeds`. */
#define NT_OPTION_SEEDS(record)                                                                    \
    {                                                                                              \
        "seeds", NT_BOOL, offsetof(record, seeds), "false",                                        \
            .doc = "print a row for each seed of a case, not one for all of them"                  \
    }

#define NT_GRAPH_DOC "a graph file, or a name that `nontrivial graphs` lists"
#define NT_SETTINGS_DOC "replace a value of the file; may be repeated"

/* A word that is not an option. The last of a command's operands may repeat. */
typedef struct nt_operand {
    const char *name; /* "GRAPH"; NULL ends a table */
    const char *doc;  /* one line, no full stop */
    bool optional, repeated;
} nt_operand;

/* What a command takes beside its options, which are its kind's fields: their names have hyphens,
 * and NT_BOOL is a flag without a value. */
typedef struct nt_syntax {
    const nt_operand *operands; /* NULL: none */
    const char *settings;       /* what --set KEY=VALUE does, one line; NULL: not taken */
} nt_syntax;

/* What a command line said. Owns all of it; the words themselves stay the caller's. */
typedef struct nt_arguments {
    nt_arena arena;
    void *record; /* of the command's options */
    const char **words;
    int word_count;
    nt_setting *settings;
    int setting_count;
    const nt_field **given; /* the options that it has */
    int given_count;
    const nt_kind *command;
    const char *const *all; /* the words after its name, as they were given */
    int all_count;
    bool help; /* --help was among them: nothing else was checked */
} nt_arguments;

/* Reads the `count` words after the command's name. NT_USAGE with every wrong word in `error`. */
nt_status nt_arguments_parse(const nt_kind *command, const nt_syntax *syntax,
                             const char *const *words, int count, nt_arguments *ret,
                             nt_error *error);
void nt_arguments_finish(nt_arguments *arguments);

/* Whether the command line has the option: what its value alone may not tell. */
bool nt_arguments_have(const nt_arguments *arguments, const char *option);

/* The letter of an option, 'j' of "json"; 0: it has none. */
char nt_option_letter(const char *name);

/* " GRAPH [--json] [--set KEY=VALUE]...", without a line end */
void nt_syntax_usage(const nt_kind *command, const nt_syntax *syntax, nt_text *text);

/* Operands and options, each with its meaning, what it takes and its default, in lines of up to
 * `width` columns. */
void nt_syntax_help(const nt_kind *command, const nt_syntax *syntax, size_t width, nt_text *text);

/* What an option's value is called, "N", "CONV"; nothing for a flag. What it means, in one line,
 * with what it takes and its default. */
void nt_option_add_value(const nt_field *option, nt_text *text);
void nt_option_add_meaning(const nt_field *option, nt_text *text);

#endif
