/* Commands by name, and the help made from them. */
#include "command.h"

#include "fit.h"
#include "help_topics.h"
#include "table.h"
#include <string.h>

/* The verb of `command` that `word` names, or NULL. */
static const nt_command *find_verb(const nt_command *command, const char *word) {
    size_t length = strlen(command->kind.name) + 1; /* with the blank behind it */
    for (const nt_command *const *verb = command->verbs; verb && *verb; verb++)
        if (strcmp((*verb)->kind.name + length, word) == 0)
            return *verb;
    return NULL;
}

nt_status nt_command_find(const char *const *words, int count, const nt_command **ret,
                          int *ret_taken, nt_error *error) {
    const char *name = words[0];
    const nt_command *command = (const nt_command *)nt_kind_find(nt_commands, NULL, name);
    if (command) {
        const nt_command *verb = count > 1 ? find_verb(command, words[1]) : NULL;
        *ret = verb ? verb : command;
        *ret_taken = verb ? 2 : 1;
        return NT_OK;
    }
    const char *near = nt_kind_nearest(nt_commands, NULL, name);
    const char *names[] = {near ? near : "help", "help", NULL};
    nt_error_say(error, NT_USAGE, "there is no command '%s'", name);
    if (nt_nearest(name, names))
        nt_error_suggest(error, name, names);
    else
        nt_error_hint(error, "'nontrivial help' lists them");
    return NT_USAGE;
}

static void add_examples(const char *examples, nt_text *text) {
    nt_text_add(text, "\nexamples:\n");
    while (*examples) {
        size_t length = strcspn(examples, "\n");
        nt_text_add(text, "  ");
        nt_text_add_bytes(text, examples, length);
        nt_text_add(text, "\n");
        examples += length + (examples[length] == '\n');
    }
}

void nt_command_help(const nt_command *command, size_t width, nt_text *text) {
    static const nt_column columns[] = {
        {NULL, .align = NT_LEFT}, {NULL, NT_LEFT, .wrap = true}, {0}};
    nt_text line;
    nt_text_init(&line);
    nt_text_printf(&line, "nontrivial %s: %s", command->kind.name, command->kind.doc);
    nt_text_add_wrapped(text, line.bytes, width, 0, 2);
    nt_text_clear(&line);
    nt_text_printf(&line, "usage: nontrivial %s", command->kind.name);
    nt_syntax_usage(&command->kind, &command->syntax, &line);
    nt_text_add(text, "\n\n");
    nt_text_add_wrapped(text, line.bytes, width, 0, 4);
    nt_text_add(text, "\n\n");
    nt_syntax_help(&command->kind, &command->syntax, width, text);
    if (command->detail) {
        nt_text_add(text, "\n");
        nt_text_add_paragraphs(text, command->detail, width);
    }
    if (command->examples)
        add_examples(command->examples, text);
    nt_table verbs;
    nt_table_room room = {.width = width};
    nt_table_init(&verbs, columns);
    for (const nt_command *const *verb = command->verbs; verb && *verb; verb++) {
        nt_table_cellf(&verbs, "  nontrivial help %s", (*verb)->kind.name);
        nt_table_cell(&verbs, (*verb)->kind.doc);
    }
    nt_text_add(text, command->verbs ? "\n" : "");
    nt_table_fit(&verbs, &room, text);
    nt_table_finish(&verbs);
    text->failed = text->failed || line.failed;
    nt_text_finish(&line);
}

void nt_commands_help(size_t width, nt_text *text) {
    static const nt_column columns[] = {
        {NULL, .align = NT_LEFT}, {NULL, NT_LEFT, .wrap = true}, {0}};
    nt_table_room room = {.width = width};
    nt_text_add(text, "nontrivial: which layers of a convolutional network matter?\n\n"
                      "usage: nontrivial COMMAND [ARGUMENT]...\n\n");
    nt_table table;
    nt_table_init(&table, columns);
    for (const nt_kind *const *c = nt_commands; *c; c++) {
        nt_table_cellf(&table, "  %s", (*c)->name);
        nt_table_cell(&table, (*c)->doc);
    }
    nt_table_cell(&table, "  help");
    nt_table_cell(&table, "show this text, or that of one command: nontrivial help COMMAND");
    nt_table_fit(&table, &room, text);
    nt_table_finish(&table);
    nt_text_add(text, "\nnontrivial help TOPIC:\n\n");
    nt_table_init(&table, columns);
    for (const nt_help_topic *topic = nt_help_topics; topic->name; topic++) {
        nt_table_cellf(&table, "  %s", topic->name);
        nt_table_cell(&table, topic->doc);
    }
    nt_table_fit(&table, &room, text);
    nt_table_finish(&table);
    nt_text_add(text, "\n");
    nt_text_add_paragraphs(text,
                           "Data goes to standard output, progress and errors to standard error.\n"
                           "Exit status: 0 done, 1 a run failed, 2 wrong usage, 3 an input is "
                           "invalid, 130 or 143 interrupted. NO_COLOR switches colours off.\n",
                           width);
}
