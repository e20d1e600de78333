/* Text becomes roff with what roff would read as its own escaped: backslashes, hyphens that are to
 * be copied as such, and lines that begin with a dot or a quote. */
#include "man_page.h"

#include "build_info.h"
#include "help_topics.h"
#include <ctype.h>
#include <string.h>

/* --- text ------------------------------------------------------------------------------------- */

static void add_escaped(const char *bytes, size_t length, nt_text *text) {
    if (length > 0 && (bytes[0] == '.' || bytes[0] == '\''))
        nt_text_add(text, "\\&");
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\\')
            nt_text_add(text, "\\e");
        else if (bytes[i] == '-')
            nt_text_add(text, "\\-");
        else
            nt_text_add_bytes(text, bytes + i, 1);
    }
}

static void add_string(const char *string, nt_text *text) {
    add_escaped(string, strlen(string), text);
}

/* Whole lines: paragraphs are filled, and lines that begin with a blank stay as they are. */
static void add_lines(const char *lines, nt_text *text) {
    bool as_is = false, open = false;
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        bool laid_out = lines[0] == ' ';
        if (length > 0 && laid_out != as_is) {
            nt_text_add(text, laid_out ? ".PP\n.nf\n" : ".fi\n");
            as_is = laid_out;
        }
        if (length == 0) {
            open = false;
            nt_text_add(text, as_is ? "\n" : "");
        } else {
            nt_text_add(text, open || as_is ? "" : ".PP\n");
            add_escaped(lines, length, text);
            nt_text_add(text, "\n");
            open = true;
        }
        lines += length + (lines[length] == '\n');
    }
    nt_text_add(text, as_is ? ".fi\n" : "");
}

static void add_capitals(const char *name, nt_text *text) {
    for (; *name; name++) {
        char c = (char)(*name == ' ' ? '-' : toupper((unsigned char)*name));
        add_escaped(&c, 1, text);
    }
}

/* "data-fetch" */
static void add_hyphened(const char *name, nt_text *text) {
    for (; *name; name++)
        add_escaped(*name == ' ' ? "-" : name, 1, text);
}

/* --- pages ------------------------------------------------------------------------------------ */

static void add_head(const char *name, const char *doc, nt_text *text) {
    nt_text_add(text, ".TH NONTRIVIAL");
    if (name)
        nt_text_add(text, "\\-");
    add_capitals(name ? name : "", text);
    nt_text_printf(text, " 1 \"\" \"nontrivial %s\" \"User Commands\"\n.SH NAME\nnontrivial",
                   nt_build_version);
    if (name)
        nt_text_add(text, "\\-");
    add_hyphened(name ? name : "", text);
    nt_text_add(text, " \\- ");
    add_string(doc, text);
    nt_text_add(text, "\n.SH SYNOPSIS\n.B nontrivial");
}

/* .TP of an option: its letter, its name and its value, then what it means */
static void add_option(const char *name, const char *value, const char *meaning, nt_text *text) {
    char letter = nt_option_letter(name);
    nt_text_add(text, ".TP\n");
    if (letter)
        nt_text_printf(text, "\\fB\\-%c\\fR, ", letter);
    nt_text_add(text, "\\fB\\-\\-");
    add_string(name, text);
    nt_text_add(text, "\\fR");
    if (value[0]) {
        nt_text_add(text, " \\fI");
        add_string(value, text);
        nt_text_add(text, "\\fR");
    }
    nt_text_add(text, "\n");
    add_string(meaning, text);
    nt_text_add(text, "\n");
}

static void add_options(const nt_command *command, nt_text *text) {
    nt_text value, meaning;
    nt_text_init(&value);
    nt_text_init(&meaning);
    nt_text_add(text, ".SH OPTIONS\n");
    for (const nt_operand *o = command->syntax.operands; o && o->name; o++) {
        nt_text_add(text, ".TP\n.I ");
        add_string(o->name, text);
        nt_text_add(text, "\n");
        add_string(o->doc, text);
        nt_text_add(text, "\n");
    }
    for (const nt_field *f = command->kind.fields; f->name; f++) {
        if (f->hidden)
            continue;
        nt_text_clear(&value);
        nt_text_clear(&meaning);
        nt_option_add_value(f, &value);
        nt_option_add_meaning(f, &meaning);
        add_option(f->name, value.bytes, meaning.bytes, text);
    }
    if (command->syntax.settings)
        add_option("set", "KEY=VALUE", command->syntax.settings, text);
    add_option("help", "", "show a help text", text);
    text->failed = text->failed || value.failed || meaning.failed;
    nt_text_finish(&value);
    nt_text_finish(&meaning);
}

static void add_examples(const char *examples, nt_text *text) {
    nt_text_add(text, ".SH EXAMPLES\n.nf\n");
    while (*examples) {
        size_t length = strcspn(examples, "\n");
        add_escaped(examples, length, text);
        nt_text_add(text, "\n");
        examples += length + (examples[length] == '\n');
    }
    nt_text_add(text, ".fi\n");
}

void nt_man_command(const nt_command *command, nt_text *text) {
    nt_text usage;
    nt_text_init(&usage);
    nt_syntax_usage(&command->kind, &command->syntax, &usage);
    add_head(command->kind.name, command->kind.doc, text);
    nt_text_add(text, "\n.B ");
    add_string(command->kind.name, text);
    nt_text_add(text, "\n");
    add_string(usage.bytes + strspn(usage.bytes, " "), text);
    nt_text_add(text, "\n");
    if (command->detail) {
        nt_text_add(text, ".SH DESCRIPTION\n");
        add_lines(command->detail, text);
    }
    add_options(command, text);
    if (command->examples)
        add_examples(command->examples, text);
    nt_text_add(text, ".SH SEE ALSO\n.BR nontrivial (1)\n");
    text->failed = text->failed || usage.failed;
    nt_text_finish(&usage);
}

static void add_topic(const nt_help_topic *topic, nt_text *text) {
    nt_text_add(text, ".SH ");
    add_capitals(topic->name, text);
    nt_text_add(text, "\n");
    add_lines(topic->text, text);
}

void nt_man_program(nt_text *text) {
    add_head(NULL, "which layers of a convolutional network matter?", text);
    nt_text_add(text, "\n.I COMMAND\n[\\fIARGUMENT\\fR]...\n.SH COMMANDS\n");
    for (const nt_kind *const *c = nt_commands; *c; c++) {
        nt_text_add(text, ".TP\n.BR nontrivial\\-");
        add_hyphened((*c)->name, text);
        nt_text_add(text, " (1)\n");
        add_string((*c)->doc, text);
        nt_text_add(text, "\n");
    }
    for (const nt_help_topic *topic = nt_help_topics; topic->name; topic++)
        add_topic(topic, text);
    nt_text_add(text, ".SH EXIT STATUS\n0 done, 1 a run failed, 2 wrong usage, 3 an input is "
                      "invalid, 130 or 143 interrupted.\n"
                      ".SH ENVIRONMENT\n"
                      ".TP\n.B NO_COLOR\nswitches colours off\n"
                      ".TP\n.B NONTRIVIAL_DATA\nwhere data sets are sought\n"
                      ".TP\n.B OMP_NUM_THREADS\nhow many threads may work\n"
                      ".TP\n.B PAGER\nwhat shows that which is longer than the terminal\n");
}
