/* A script for each shell: the commands, then for each its verbs, its options and the values of
 * those that are one of several words. What is left is a file's name. */
#include "completions.h"

#include "command.h"
#include "help_topics.h"
#include <string.h>

static const nt_command *command_of(const nt_kind *kind) {
    return (const nt_command *)kind;
}

static const char *verb_word(const nt_command *command, const nt_command *verb) {
    return verb->kind.name + strlen(command->kind.name) + 1;
}

/* Calls add(command) for each command and each verb below one. */
static void for_each(void (*add)(const nt_command *command, nt_text *text), nt_text *text) {
    for (const nt_kind *const *c = nt_commands; *c; c++) {
        const nt_command *command = command_of(*c);
        for (const nt_command *const *verb = command->verbs; verb && *verb; verb++)
            add(*verb, text);
        add(command, text);
    }
}

static void add_command_names(nt_text *text) {
    for (const nt_kind *const *c = nt_commands; *c; c++)
        nt_text_printf(text, "%s ", (*c)->name);
    nt_text_add(text, "help");
}

static void add_help_names(nt_text *text) {
    add_command_names(text);
    for (const nt_help_topic *topic = nt_help_topics; topic->name; topic++)
        nt_text_printf(text, " %s", topic->name);
}

static void add_choices(const nt_field *option, const char *between, nt_text *text) {
    for (const char *const *choice = option->choices; *choice; choice++)
        nt_text_printf(text, "%s%s", choice == option->choices ? "" : between, *choice);
}

/* --- bash ------------------------------------------------------------------------------------- */

static void add_bash_option(const char *name, nt_text *text) {
    if (nt_option_letter(name))
        nt_text_printf(text, "-%c ", nt_option_letter(name));
    nt_text_printf(text, "--%s ", name);
}

static void add_bash(const nt_command *command, nt_text *text) {
    nt_text_printf(text, "    '%s')\n        case $previous in\n", command->kind.name);
    for (const nt_field *f = command->kind.fields; f->name; f++) {
        if (f->hidden || f->type != NT_CHOICE)
            continue;
        nt_text_printf(text, "        --%s) words='", f->name);
        add_choices(f, " ", text);
        nt_text_add(text, "' ;;\n");
    }
    nt_text_add(text, "        esac\n        options='");
    for (const nt_field *f = command->kind.fields; f->name; f++)
        if (!f->hidden)
            add_bash_option(f->name, text);
    if (command->syntax.settings)
        add_bash_option("set", text);
    nt_text_add(text, "-h --help'\n");
    if (command->verbs) {
        nt_text_add(text, "        ((COMP_CWORD == 2)) && words='");
        for (const nt_command *const *verb = command->verbs; *verb; verb++)
            nt_text_printf(text, "%s ", verb_word(command, *verb));
        nt_text_add(text, "'\n");
    }
    nt_text_add(text, "        ;;\n");
}

void nt_completions_bash(nt_text *text) {
    nt_text_add(text, "# bash completion for nontrivial, made of its tables of commands\n"
                      "_nontrivial() {\n"
                      "    local current=${COMP_WORDS[COMP_CWORD]}\n"
                      "    local previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
                      "    local command=${COMP_WORDS[1]} words='' options=''\n"
                      "    COMPREPLY=()\n"
                      "    if ((COMP_CWORD == 1)); then\n"
                      "        mapfile -t COMPREPLY < <(compgen -W '");
    add_command_names(text);
    nt_text_add(text, " --help --version' -- \"$current\")\n"
                      "        return\n"
                      "    fi\n");
    for (const nt_kind *const *c = nt_commands; *c; c++)
        for (const nt_command *const *verb = command_of(*c)->verbs; verb && *verb; verb++)
            nt_text_printf(text,
                           "    ((COMP_CWORD > 2)) && [[ \"$command ${COMP_WORDS[2]}\" == '%s' ]] "
                           "&& command='%s'\n",
                           (*verb)->kind.name, (*verb)->kind.name);
    nt_text_add(text, "    case $command in\n    help)\n        words='");
    add_help_names(text);
    nt_text_add(text, "'\n        ;;\n");
    for_each(add_bash, text);
    nt_text_add(text, "    esac\n"
                      "    [[ $current == -* ]] && words=$options\n"
                      "    [[ -n $words ]] && mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
                      "\"$current\")\n"
                      "}\n"
                      "complete -o default -F _nontrivial nontrivial\n");
}

/* --- zsh -------------------------------------------------------------------------------------- */

/* Within single quotes and brackets of _arguments. */
static void add_zsh_text(const char *string, nt_text *text) {
    for (; *string; string++) {
        if (*string == '\'')
            nt_text_add(text, "'\\'");
        else if (strchr("[]:\\", *string))
            nt_text_add(text, "\\");
        nt_text_add_bytes(text, string, 1);
    }
}

static void add_zsh_option(const char *name, const char *doc, const char *value,
                           const nt_field *option, nt_text *text) {
    char letter = nt_option_letter(name);
    const char *many = strcmp(name, "set") == 0 ? "*" : "";
    if (letter)
        nt_text_printf(text, " \\\n            '%s'{-%c,--%s}'[", many, letter, name);
    else
        nt_text_printf(text, " \\\n            '--%s[", name);
    add_zsh_text(doc, text);
    nt_text_add(text, "]");
    if (value[0])
        nt_text_printf(text, ":%s:", value);
    if (option && option->type == NT_CHOICE) {
        nt_text_add(text, "(");
        add_choices(option, " ", text);
        nt_text_add(text, ")");
    } else if (option && option->type == NT_STRING) {
        nt_text_add(text, "_files");
    }
    nt_text_add(text, "'");
}

static void add_zsh(const nt_command *command, nt_text *text) {
    nt_text value;
    nt_text_init(&value);
    nt_text_printf(text, "    '%s')\n        _arguments", command->kind.name);
    for (const nt_field *f = command->kind.fields; f->name; f++) {
        if (f->hidden)
            continue;
        nt_text_clear(&value);
        nt_option_add_value(f, &value);
        add_zsh_option(f->name, f->doc, value.bytes, f, text);
    }
    if (command->syntax.settings)
        add_zsh_option("set", command->syntax.settings, "KEY=VALUE", NULL, text);
    add_zsh_option("help", "show a help text", "", NULL, text);
    if (command->verbs) {
        nt_text_add(text, " \\\n            '1:verb or file:(");
        for (const nt_command *const *verb = command->verbs; *verb; verb++)
            nt_text_printf(text, "%s ", verb_word(command, *verb));
        nt_text_add(text, ")'");
    }
    nt_text_add(text, " \\\n            '*:file:_files'\n        ;;\n");
    text->failed = text->failed || value.failed;
    nt_text_finish(&value);
}

void nt_completions_zsh(nt_text *text) {
    nt_text_add(text, "#compdef nontrivial\n"
                      "# zsh completion for nontrivial, made of its tables of commands\n"
                      "local -a commands=(\n");
    for (const nt_kind *const *c = nt_commands; *c; c++) {
        nt_text_printf(text, "    '%s:", (*c)->name);
        add_zsh_text((*c)->doc, text);
        nt_text_add(text, "'\n");
    }
    nt_text_add(text, "    'help:show a help text'\n)\n"
                      "if ((CURRENT == 2)); then\n"
                      "    _describe command commands\n"
                      "    return\n"
                      "fi\n"
                      "shift words\n"
                      "((CURRENT--))\n"
                      "local command=$words[1]\n");
    for (const nt_kind *const *c = nt_commands; *c; c++)
        for (const nt_command *const *verb = command_of(*c)->verbs; verb && *verb; verb++)
            nt_text_printf(text,
                           "if ((CURRENT > 2)) && [[ \"$words[1] $words[2]\" == '%s' ]]; then\n"
                           "    command='%s'\n"
                           "    shift words\n"
                           "    ((CURRENT--))\n"
                           "fi\n",
                           (*verb)->kind.name, (*verb)->kind.name);
    nt_text_add(text, "case $command in\n    help)\n        _values 'what about' ");
    add_help_names(text);
    nt_text_add(text, "\n        ;;\n");
    for_each(add_zsh, text);
    nt_text_add(text, "esac\n");
}

/* --- fish ------------------------------------------------------------------------------------- */

static void add_fish_text(const char *string, nt_text *text) {
    for (; *string; string++) {
        if (*string == '\'' || *string == '\\')
            nt_text_add(text, "\\");
        nt_text_add_bytes(text, string, 1);
    }
}

static void add_fish_option(const char *command, const char *name, const char *doc, bool value,
                            const nt_field *option, nt_text *text) {
    nt_text_printf(text, "complete -c nontrivial -n '__fish_seen_subcommand_from %s' -l %s",
                   command, name);
    if (nt_option_letter(name))
        nt_text_printf(text, " -s %c", nt_option_letter(name));
    if (option && option->type == NT_CHOICE) {
        nt_text_add(text, " -x -a '");
        add_choices(option, " ", text);
        nt_text_add(text, "'");
    } else if (value) {
        nt_text_add(text, option && option->type == NT_STRING ? " -r" : " -x");
    }
    nt_text_add(text, " -d '");
    add_fish_text(doc, text);
    nt_text_add(text, "'\n");
}

static void add_fish(const nt_command *command, nt_text *text) {
    const char *name = strrchr(command->kind.name, ' ');
    name = name ? name + 1 : command->kind.name;
    for (const nt_field *f = command->kind.fields; f->name; f++)
        if (!f->hidden)
            add_fish_option(name, f->name, f->doc, f->type != NT_BOOL, f, text);
    if (command->syntax.settings)
        add_fish_option(name, "set", command->syntax.settings, true, NULL, text);
    add_fish_option(name, "help", "show a help text", false, NULL, text);
    for (const nt_command *const *verb = command->verbs; verb && *verb; verb++) {
        nt_text_printf(text,
                       "complete -c nontrivial -n '__fish_seen_subcommand_from %s' -a %s -d '",
                       command->kind.name, verb_word(command, *verb));
        add_fish_text((*verb)->kind.doc, text);
        nt_text_add(text, "'\n");
    }
}

void nt_completions_fish(nt_text *text) {
    nt_text_add(text, "# fish completion for nontrivial, made of its tables of commands\n");
    for (const nt_kind *const *c = nt_commands; *c; c++) {
        nt_text_printf(text, "complete -c nontrivial -f -n __fish_use_subcommand -a %s -d '",
                       (*c)->name);
        add_fish_text((*c)->doc, text);
        nt_text_add(text, "'\n");
    }
    nt_text_add(text, "complete -c nontrivial -f -n __fish_use_subcommand -a help -d 'show a help "
                      "text'\n"
                      "complete -c nontrivial -f -n '__fish_seen_subcommand_from help' -a '");
    add_help_names(text);
    nt_text_add(text, "'\n");
    for_each(add_fish, text);
}
