/* The lines that a suite is written in: sections stand as blocks, a key a line; records of kinds in
 * braces. */
#include "suite_file_private.h"
#include "yaml_out.h"

#include <assert.h>
#include <string.h>

void nt_suite_begin_line(nt_suite_writer *w, const char *key) {
    nt_text_printf(w->text, "%*s", w->indent, "");
    nt_yaml_add_key(w->text, key);
    nt_text_add(w->text, ":");
}

static const char *text_of(const nt_field *field, const void *record) {
    const char *text;
    memcpy(&text, (const char *)record + field->offset, sizeof text);
    return text;
}

/* A text that was not given is left out. */
static void write_field(nt_suite_writer *w, const nt_field *field, const void *record) {
    if (field->hidden || (field->type == NT_STRING && !text_of(field, record)))
        return;
    nt_suite_begin_line(w, field->name);
    nt_text_add(w->text, " ");
    nt_yaml_add_value(w->text, field, record, false, w->arena);
    nt_text_add(w->text, "\n");
}

void nt_suite_write_fields(nt_suite_writer *w, const nt_field *fields, const void *record) {
    for (; fields->name; fields++)
        write_field(w, fields, record);
}

void nt_suite_write_keys(nt_suite_writer *w, const nt_suite_key *keys, const void *record) {
    for (const nt_suite_key *key = keys; key->field.name; key++) {
        assert(key->write || !key->schema); /* a field alone would not say it */
        if (key->write)
            key->write(w, key, record);
        else
            write_field(w, &key->field, record);
    }
}

void nt_suite_write_choice(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    int32_t choice;
    memcpy(&choice, (const char *)record + key->field.offset, sizeof choice);
    if (choice >= 0)
        write_field(w, &key->field, record);
}

const char *nt_suite_written_path(const nt_suite_writer *w, const char *path) {
    for (size_t i = 0; i < w->resolved->copy_count; i++)
        if (strcmp(w->resolved->copies[i].path, path) == 0)
            return w->resolved->copies[i].name;
    return path;
}

void nt_suite_write_path(nt_suite_writer *w, const nt_suite_key *key, const void *record) {
    const char *path = text_of(&key->field, record);
    if (!path)
        return;
    nt_suite_begin_line(w, key->field.name);
    nt_text_add(w->text, " ");
    nt_yaml_add_quoted(w->text, nt_suite_written_path(w, path), false);
    nt_text_add(w->text, "\n");
}

void nt_suite_add_record(nt_suite_writer *w, const nt_kind *kind, const void *record, bool more) {
    for (const nt_field *field = kind->fields; field->name; field++) {
        if (field->hidden)
            continue;
        nt_text_printf(w->text, "%s%s: ", more ? ", " : "", field->name);
        nt_yaml_add_value(w->text, field, record, false, w->arena);
        more = true;
    }
}
