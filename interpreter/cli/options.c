/* Words are read from left to right, values through the field of their option, so that types,
 * ranges and suggestions are those of YAML. Reading goes on after a mistake: all of them are
 * reported. */
#include "options.h"

#include "table.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const nt_operand no_operands[] = {{0}};

static const nt_operand *operands_of(const nt_syntax *syntax) {
    return syntax->operands ? syntax->operands : no_operands;
}

/* Its name in capitals, or N for an integer. */
void nt_option_add_value(const nt_field *option, nt_text *text) {
    if (option->type == NT_BOOL)
        return;
    if (option->type == NT_INT) {
        nt_text_add(text, "N");
        return;
    }
    for (const char *p = option->name; *p; p++) {
        char c = (char)toupper((unsigned char)*p);
        nt_text_add_bytes(text, &c, 1);
    }
}

/* --- reading ---------------------------------------------------------------------------------- */

typedef struct reader {
    const nt_kind *command;
    const nt_syntax *syntax;
    const char *const *words;
    int count, next;
    nt_arguments *arguments;
    nt_error *error;
    nt_status status;
} reader;

static void unknown_option(reader *r, const char *word, const char *name) {
    enum { MOST = 64 };
    const char *names[MOST + 3];
    int count = 0;
    for (const nt_field *f = r->command->fields; f->name && count < MOST; f++)
        if (!f->hidden)
            names[count++] = f->name;
    if (r->syntax->settings)
        names[count++] = "set";
    names[count++] = "help";
    names[count] = NULL;
    r->status = nt_error_say(r->error, NT_USAGE, "unknown option '%s'", word);
    const char *near = nt_nearest(name, names);
    if (near)
        nt_error_hint(r->error, "did you mean '--%s'?", near);
}

/* The value of option `name`: what follows "=", or the next word. */
static const char *take_value(reader *r, const char *name, const char *attached) {
    if (attached)
        return attached;
    if (r->next < r->count)
        return r->words[r->next++];
    r->status = nt_error_say(r->error, NT_USAGE, "--%s needs a value", name);
    return NULL;
}

static void read_setting(reader *r, const char *attached) {
    nt_arguments *a = r->arguments;
    const char *text = take_value(r, "set", attached);
    if (!text)
        return;
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        r->status = nt_error_say(r->error, NT_USAGE, "--set needs key=value, not '%s'", text);
        return;
    }
    const char *key = nt_arena_substring(&a->arena, text, (size_t)(equals - text));
    if (!key) {
        r->status = NT_NO_MEMORY;
        return;
    }
    a->settings[a->setting_count++] = (nt_setting){.key = key, .value = equals + 1};
}

/* Short options, the same in all commands that have the long one. */
static const struct {
    char letter;
    const char *name;
} short_options[] = {{'h', "help"}, {'j', "json"},    {'o', "out"},    {'q', "quiet"},
                     {'s', "set"},  {'t', "threads"}, {'v', "verbose"}};

char nt_option_letter(const char *name) {
    for (size_t i = 0; i < sizeof short_options / sizeof *short_options; i++)
        if (strcmp(short_options[i].name, name) == 0)
            return short_options[i].letter;
    return 0;
}

/* The long name of a letter, where the command has that option; else NULL. */
static const char *long_name(const reader *r, char letter) {
    for (size_t i = 0; i < sizeof short_options / sizeof *short_options; i++) {
        const char *name = short_options[i].name;
        bool is_set = strcmp(name, "set") == 0;
        if (short_options[i].letter == letter &&
            (is_set ? r->syntax->settings != NULL
                    : nt_field_find(r->command->fields, name) != NULL))
            return name;
    }
    return NULL;
}

static void set_option(reader *r, const nt_field *option, const char *value) {
    nt_arguments *a = r->arguments;
    char why[NT_FIELD_WHY];
    if (value && !nt_field_set_text(option, a->record, &a->arena, value, why))
        r->status = nt_error_say(r->error, NT_USAGE, "--%s %s", option->name, why);
    a->given[a->given_count++] = option;
}

/* "-j", "-qj", "-t 4", "-t4": letters of flags, the last perhaps of an option with a value. */
static void read_letters(reader *r, const char *word) {
    for (const char *letter = word + 1; *letter; letter++) {
        const char *name = long_name(r, *letter);
        if (!name) {
            unknown_option(r, word, word + 1);
            return;
        }
        const nt_field *option = nt_field_find(r->command->fields, name);
        const char *attached = letter[1] ? letter + 1 : NULL;
        if (option && option->type == NT_BOOL) {
            set_option(r, option, "true");
            continue;
        }
        if (option)
            set_option(r, option, take_value(r, name, attached));
        else
            read_setting(r, attached);
        return;
    }
}

static void read_option(reader *r, const char *word) {
    nt_arguments *a = r->arguments;
    const char *equals = strchr(word, '='), *attached = equals ? equals + 1 : NULL;
    const char *name =
        equals ? nt_arena_substring(&a->arena, word + 2, (size_t)(equals - word) - 2) : word + 2;
    if (!name) {
        r->status = NT_NO_MEMORY;
        return;
    }
    if (r->syntax->settings && strcmp(name, "set") == 0) {
        read_setting(r, attached);
        return;
    }
    const nt_field *option = nt_field_find(r->command->fields, name);
    if (!option) {
        unknown_option(r, word, name);
        return;
    }
    if (option->type == NT_BOOL && attached) {
        r->status = nt_error_say(r->error, NT_USAGE, "--%s takes no value", name);
        return;
    }
    set_option(r, option, option->type == NT_BOOL ? "true" : take_value(r, name, attached));
}

/* How many operands there may be and must be; checks the number that there are. */
static void check_operands(reader *r) {
    const nt_operand *operand = operands_of(r->syntax);
    int given = r->arguments->word_count, most = 0;
    bool repeated = false;
    for (; operand->name; operand++, most++) {
        repeated = repeated || operand->repeated;
        if (most >= given && !operand->optional)
            r->status = nt_error_say(r->error, NT_USAGE, "%s is missing", operand->name);
    }
    if (given > most && !repeated)
        r->status = nt_error_say(r->error, NT_USAGE, "'%s' is one argument too many",
                                 r->arguments->words[most]);
}

static bool asks_for_help(const char *const *words, int count) {
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
            return true;
    return false;
}

/* Options and settings are as many as the words at most, and letters in them. */
static nt_status prepare(const nt_kind *command, const char *const *all, int count,
                         nt_arguments *a) {
    char why[NT_FIELD_WHY];
    int words = count;
    for (int i = 0; i < count; i++)
        words += all[i][0] == '-' && all[i][1] != '-' ? (int)strlen(all[i]) : 0;
    a->words = NT_ARENA_ARRAY(&a->arena, const char *, count + 1);
    a->settings = NT_ARENA_ARRAY(&a->arena, nt_setting, words + 1);
    a->given = NT_ARENA_ARRAY(&a->arena, const nt_field *, words + 1);
    a->record = nt_kind_record(command, "", &a->arena, why);
    return a->record && a->words && a->settings && a->given ? NT_OK : NT_NO_MEMORY;
}

static void read_words(reader *r) {
    bool options_end = false;
    while (r->next < r->count && r->status != NT_NO_MEMORY) {
        const char *word = r->words[r->next++];
        if (options_end || word[0] != '-' || word[1] == '\0')
            r->arguments->words[r->arguments->word_count++] = word;
        else if (strcmp(word, "--") == 0)
            options_end = true;
        else if (word[1] == '-')
            read_option(r, word);
        else
            read_letters(r, word);
    }
    if (r->status == NT_OK)
        check_operands(r);
}

nt_status nt_arguments_parse(const nt_kind *command, const nt_syntax *syntax,
                             const char *const *words, int count, nt_arguments *ret,
                             nt_error *error) {
    nt_arguments arguments = {
        .command = command, .all = words, .all_count = count, .help = asks_for_help(words, count)};
    nt_arena_init(&arguments.arena);
    reader r = {command, syntax, words, count, 0, &arguments, error, NT_OK};
    r.status = prepare(command, words, count, &arguments);
    if (r.status == NT_OK && !arguments.help)
        read_words(&r);
    if (r.status == NT_OK)
        *ret = arguments;
    else
        nt_arguments_finish(&arguments);
    return r.status;
}

void nt_arguments_finish(nt_arguments *arguments) {
    nt_arena_finish(&arguments->arena);
    *arguments = (nt_arguments){0};
}

bool nt_arguments_have(const nt_arguments *arguments, const char *option) {
    for (int i = 0; i < arguments->given_count; i++)
        if (strcmp(arguments->given[i]->name, option) == 0)
            return true;
    return false;
}

/* --- help ------------------------------------------------------------------------------------- */

void nt_syntax_usage(const nt_kind *command, const nt_syntax *syntax, nt_text *text) {
    for (const nt_operand *o = operands_of(syntax); o->name; o++)
        nt_text_printf(text, " %s%s%s%s", o->optional ? "[" : "", o->name, o->optional ? "]" : "",
                       o->repeated ? "..." : "");
    for (const nt_field *f = command->fields; f->name; f++) {
        if (f->hidden)
            continue;
        nt_text_printf(text, " [--%s", f->name);
        if (f->type != NT_BOOL) {
            nt_text_add(text, " ");
            nt_option_add_value(f, text);
        }
        nt_text_add(text, "]");
    }
    if (syntax->settings)
        nt_text_add(text, " [--set KEY=VALUE]...");
}

/* Whether what the field takes says more than the name of its value does. */
static bool tells(const nt_field *option) {
    enum { ENDLESS = 2147483647 };
    return option->type != NT_BOOL && option->type != NT_STRING &&
           (option->type != NT_INT || option->max < ENDLESS) &&
           (option->type != NT_REALS || option->max > option->min);
}

static bool has_default(const nt_field *option) {
    return option->type != NT_BOOL && option->fallback && option->fallback[0] &&
           strcmp(option->fallback, "[]") != 0;
}

void nt_option_add_meaning(const nt_field *option, nt_text *text) {
    bool told = tells(option);
    nt_text_add(text, option->doc);
    if (!told && !has_default(option))
        return;
    nt_text_add(text, " (");
    if (told)
        nt_field_describe(option, text);
    if (has_default(option))
        nt_text_printf(text, "%sdefault: %s", told ? "; " : "", option->fallback);
    nt_text_add(text, ")");
}

/* "  -t, --threads N", or "      --plan" */
static void add_left(const char *name, const char *value, nt_table *table) {
    char letter = nt_option_letter(name);
    char before[8] = "    ";
    if (letter)
        snprintf(before, sizeof before, "-%c, ", letter);
    nt_table_cellf(table, "  %s--%s%s%s", before, name, value[0] ? " " : "", value);
}

static void option_row(const nt_field *option, nt_table *table) {
    nt_text value, right;
    nt_text_init(&value);
    nt_text_init(&right);
    nt_option_add_value(option, &value);
    nt_option_add_meaning(option, &right);
    add_left(option->name, value.bytes, table);
    nt_table_cell(table, right.bytes);
    table->failed = table->failed || value.failed || right.failed;
    nt_text_finish(&value);
    nt_text_finish(&right);
}

void nt_syntax_help(const nt_kind *command, const nt_syntax *syntax, size_t width, nt_text *text) {
    static const nt_column columns[] = {
        {NULL, .align = NT_LEFT}, {NULL, NT_LEFT, .wrap = true}, {0}};
    nt_table_room room = {.width = width};
    nt_table table;
    nt_table_init(&table, columns);
    for (const nt_operand *o = operands_of(syntax); o->name; o++) {
        nt_table_cellf(&table, "  %s", o->name);
        nt_table_cell(&table, o->doc);
    }
    for (const nt_field *f = command->fields; f->name; f++)
        if (!f->hidden)
            option_row(f, &table);
    if (syntax->settings) {
        add_left("set", "KEY=VALUE", &table);
        nt_table_cell(&table, syntax->settings);
    }
    add_left("help", "", &table);
    nt_table_cell(&table, "show this text");
    nt_table_fit(&table, &room, text);
    nt_table_finish(&table);
}
