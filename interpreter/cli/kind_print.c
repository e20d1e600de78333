/* Families of kinds, shown alike whatever they are: a family says its noun, its table and which of
 * its kinds are meant for users, and its fields say the rest. */
#include "kind_print.h"

#include "console.h"
#include "fit.h"
#include "json_out.h"
#include "table.h"

nt_status nt_kind_argument(const nt_kind_family *family, const char *name, const nt_kind **ret,
                           nt_error *error) {
    *ret = nt_kind_find(family->table, family->filter, name);
    if (*ret)
        return NT_OK;
    const char *near = nt_kind_nearest(family->table, family->filter, name);
    nt_error_say(error, NT_USAGE, "there is no %s '%s'", family->noun, name);
    if (near)
        nt_error_hint(error, "did you mean '%s'?", near);
    return NT_USAGE;
}

/* --- a family --------------------------------------------------------------------------------- */

/* The first at `at` or after it that the filter passes, or the end. */
static const nt_kind *const *next(const nt_kind_family *family, const nt_kind *const *at) {
    while (*at && family->filter && !family->filter(*at))
        at++;
    return at;
}

nt_status nt_kinds_print(const nt_kind_family *family, const nt_kind_column *between,
                         const char *doc_title) {
    nt_column columns[4] = {{family->noun, .align = NT_LEFT}};
    int count = 1;
    if (between)
        columns[count++] = (nt_column){between->title, NT_RIGHT, .leaves = 1};
    columns[count] = (nt_column){doc_title, NT_LEFT, .wrap = true};
    nt_table table;
    nt_text text;
    nt_table_init(&table, columns);
    nt_text_init(&text);
    for (const nt_kind *const *at = family->table; *(at = next(family, at)); at++) {
        nt_table_cell(&table, (*at)->name);
        nt_text_clear(&text);
        if (between) {
            between->add(*at, &text);
            nt_table_cell(&table, text.bytes);
        }
        nt_table_cell(&table, (*at)->doc);
    }
    nt_text_clear(&text);
    nt_table_room room = {.width = (size_t)nt_console_width(stdout)};
    nt_table_fit(&table, &room, &text);
    nt_table_finish(&table);
    return nt_print(&text);
}

nt_status nt_kinds_print_json(const nt_kind_family *family,
                              json_t *(*describe)(const nt_kind *kind, nt_arena *arena)) {
    json_t *list = json_array();
    nt_arena arena;
    nt_arena_init(&arena);
    for (const nt_kind *const *at = family->table; *(at = next(family, at)); at++)
        list = nt_json_append(list, describe(*at, &arena));
    nt_arena_finish(&arena);
    return nt_json_print(list);
}

/* --- fields ----------------------------------------------------------------------------------- */

/* A paragraph a field, for who has no room for a table. */
static void add_paragraphs(const nt_kind *kind, size_t width, nt_text *text) {
    nt_text line;
    nt_text_init(&line);
    for (const nt_field *field = kind->fields; field->name; field++) {
        if (field->hidden)
            continue;
        nt_text_clear(&line);
        nt_text_printf(&line, "%s: %s; ", field->name, field->doc);
        nt_field_describe(field, &line);
        if (field->fallback)
            nt_text_printf(&line, "; default: %s", field->fallback);
        else
            nt_text_add(&line, "; must be given");
        nt_text_add_wrapped(text, line.bytes, width, 0, 2);
        nt_text_add(text, "\n");
    }
    text->failed = text->failed || line.failed;
    nt_text_finish(&line);
}

void nt_kind_add_table(const nt_kind *kind, const char *noun, nt_text *text) {
    const nt_column columns[] = {{noun, .align = NT_LEFT},
                                 {"takes", .align = NT_LEFT},
                                 {"default", .align = NT_LEFT},
                                 {"meaning", .align = NT_LEFT},
                                 {0}};
    size_t room = (size_t)nt_console_width(stdout);
    nt_table table;
    nt_text takes;
    nt_table_init(&table, columns);
    nt_text_init(&takes);
    for (const nt_field *field = kind->fields; field->name; field++) {
        if (field->hidden)
            continue;
        nt_text_clear(&takes);
        nt_field_describe(field, &takes);
        nt_table_cell(&table, field->name);
        nt_table_cell(&table, takes.bytes);
        nt_table_cell(&table, field->fallback ? field->fallback : "(must be given)");
        nt_table_cell(&table, field->doc);
    }
    if (table.count > 0) {
        nt_text_add(text, "\n");
        if (room > 0 && !table.failed && nt_table_width(&table) > room)
            add_paragraphs(kind, room, text);
        else
            nt_table_format(&table, text);
    }
    text->failed = text->failed || takes.failed;
    nt_text_finish(&takes);
    nt_table_finish(&table);
}

void nt_kind_add_lines(const nt_kind *kind, const char *noun, nt_text *text) {
    for (const nt_field *field = kind->fields; field->name; field++) {
        if (field->hidden)
            continue;
        nt_text_printf(text, "  %-8s %s: %s (", noun, field->name, field->doc);
        nt_field_describe(field, text);
        if (field->fallback && field->fallback[0])
            nt_text_printf(text, "; default: %s", field->fallback);
        nt_text_add(text, ")\n");
    }
}

json_t *nt_kind_fields_json(const nt_kind *kind) {
    json_t *list = json_array();
    for (const nt_field *field = kind->fields; field->name; field++)
        if (!field->hidden)
            list = nt_json_append(list, nt_json_field(field));
    return list;
}
