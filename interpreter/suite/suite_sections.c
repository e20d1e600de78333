/* Small things that every section of a suite needs. */
#include "suite_file_private.h"

#include "file.h"
#include "json_out.h"
#include "json_schema.h"
#include "shipped.h"
#include <string.h>

nt_status nt_suite_worse(nt_status a, nt_status b) {
    return a == NT_OK ? b : a;
}

/* What users of shells write, expanded in place. */
static nt_status expand(const nt_suite_loader *l, const nt_yaml *node, const char **path) {
    nt_status status = nt_path_expand(l->reader.arena, *path, path);
    if (status == NT_INVALID)
        return nt_reader_say(&l->reader, node, "%s is not set", *path);
    return status == NT_OK ? NT_OK : nt_reader_no_memory(&l->reader);
}

/* What the command line gives, and what stands in no file, counts as the suite's own. */
const char *nt_suite_file_of(const nt_suite *suite, const nt_yaml *node) {
    for (int i = 0; i < suite->document_count; i++)
        if (node->location.source == &suite->documents[i]->source)
            return suite->documents[i]->source.path;
    return suite->path;
}

nt_status nt_suite_beside(const nt_suite_loader *l, const nt_yaml *node, const char *path,
                          const char **ret) {
    NT_TRY(expand(l, node, &path));
    *ret = nt_path_beside(l->reader.arena, nt_suite_file_of(l->suite, node), path);
    return *ret ? NT_OK : nt_reader_no_memory(&l->reader);
}

nt_status nt_suite_no_such(const nt_suite_loader *l, const nt_yaml *node, const char *what,
                           const char *name, const char *near) {
    nt_status status = nt_reader_say(&l->reader, node, "there is no %s '%s'", what, name);
    if (near)
        nt_error_hint(l->reader.error, "did you mean '%s'?", near);
    return status;
}

nt_status nt_suite_lacks(const nt_suite_loader *l, const nt_yaml *node, const char *what,
                         const char *key) {
    return nt_reader_say(&l->reader, node, "%s lacks '%s'", what, key);
}

nt_status nt_suite_find(const nt_suite_loader *l, const nt_yaml *node, const char *what,
                        const char *name, const nt_kind *const *table, nt_kind_filter *filter,
                        const nt_kind **ret) {
    *ret = nt_kind_find(table, filter, name);
    return *ret ? NT_OK
                : nt_suite_no_such(l, node, what, name, nt_kind_nearest(table, filter, name));
}

nt_status nt_suite_read_kind(nt_suite_loader *l, const nt_yaml *map, const char *what,
                             const char *key, const nt_yaml **ret_node, const char **ret) {
    NT_TRY(nt_read_map(&l->reader, map, what));
    *ret_node = nt_yaml_get(map, key);
    if (!*ret_node)
        return nt_suite_lacks(l, map, what, key);
    return nt_read_text(&l->reader, *ret_node, key, ret);
}

/* --- keys ------------------------------------------------------------------------------------- */

nt_status nt_suite_read_text(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record) {
    const char *text;
    NT_TRY(nt_read_text(&l->reader, node, key->field.name, &text));
    memcpy((char *)record + key->field.offset, &text, sizeof text);
    return NT_OK;
}

nt_status nt_suite_read_line(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record) {
    const char *line;
    NT_TRY(nt_read_line(&l->reader, node, key->field.name, &line));
    memcpy((char *)record + key->field.offset, &line, sizeof line);
    return NT_OK;
}

/* Suggests the near names in its folder, of files with the same ending. */
static const char *near_file(nt_suite_loader *l, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    nt_names files = {0};
    nt_error ignored;
    nt_error_init(&ignored);
    const char *folder = nt_arena_substring(l->reader.arena, path, (size_t)(name - path));
    nt_status status = folder && dot ? nt_files_in(folder[0] ? folder : ".", dot, l->reader.arena,
                                                   &files, &ignored)
                                     : NT_INVALID;
    nt_error_finish(&ignored);
    const char **names = NT_ARENA_ARRAY(l->reader.arena, const char *, files.count + 1);
    for (int32_t i = 0; status == NT_OK && names && i < files.count; i++)
        names[i] = files.names[i];
    return status == NT_OK && names ? nt_nearest(name, names) : NULL;
}

/* Of a path, what is near it, or else the program's own file of that name. */
static nt_status say_no_file(nt_suite_loader *l, const nt_yaml *node, const nt_sought *sought) {
    const char *written = sought->name, *slash = strrchr(written, '/'), *near;
    const char *path = nt_path_beside(l->reader.arena, sought->beside, written);
    int folder = slash ? (int)(slash + 1 - written) : 0;
    if (!path)
        return nt_reader_no_memory(&l->reader);
    nt_reader_say(&l->reader, node, "there is no file '%s'", written);
    if (l->reader.error->dropped > 0)
        return NT_INVALID;
    if ((near = near_file(l, path)))
        nt_error_hint(l->reader.error, "did you mean '%.*s%s'?", folder, written, near);
    else if ((near = nt_shipped_name(sought, l->reader.arena)))
        nt_error_hint(l->reader.error, "did you mean '%s', which comes with the program?", near);
    else if (strcmp(path, written) != 0)
        nt_error_hint(l->reader.error, "it is sought as '%s'", path);
    return NT_INVALID;
}

static nt_status say_no_name(nt_suite_loader *l, const nt_yaml *node, const nt_sought *sought) {
    const char *near, *text = nt_shipped_missing(sought, l->reader.arena, &near);
    if (!text)
        return nt_reader_no_memory(&l->reader);
    nt_reader_say(&l->reader, node, "%s", text);
    if (near)
        nt_error_hint(l->reader.error, "did you mean '%s'?", near);
    return NT_INVALID;
}

nt_status nt_suite_find_file(nt_suite_loader *l, nt_shipped sort, const char *key,
                             const nt_yaml *node, const char **ret) {
    nt_sought sought = {sort, NULL, nt_suite_file_of(l->suite, node)};
    NT_TRY(nt_read_text(&l->reader, node, key, &sought.name));
    NT_TRY(expand(l, node, &sought.name));
    *ret = nt_shipped_find(&sought, l->reader.arena);
    if (*ret)
        return NT_OK;
    return nt_shipped_is_bare(sought.name) ? say_no_name(l, node, &sought)
                                           : say_no_file(l, node, &sought);
}

nt_status nt_suite_read_file(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                             void *record) {
    const char *path;
    NT_TRY(nt_suite_find_file(l, key->sort, key->field.name, node, &path));
    memcpy((char *)record + key->field.offset, &path, sizeof path);
    return NT_OK;
}

nt_status nt_suite_read_choice(nt_suite_loader *l, const nt_suite_key *key, const nt_yaml *node,
                               void *record) {
    const char *const *choices = key->field.choices;
    const char *text;
    nt_text all;
    NT_TRY(nt_read_text(&l->reader, node, key->field.name, &text));
    for (int32_t i = 0; choices[i]; i++)
        if (strcmp(text, choices[i]) == 0) {
            memcpy((char *)record + key->field.offset, &i, sizeof i);
            return NT_OK;
        }
    nt_text_init(&all);
    for (int i = 0; choices[i]; i++)
        nt_text_printf(&all, "%s'%s'", i == 0 ? "" : choices[i + 1] ? ", " : " or ", choices[i]);
    nt_status status =
        nt_reader_say(&l->reader, node, "%s is %s, not '%s'", key->field.name, all.bytes, text);
    nt_text_finish(&all);
    return status;
}

nt_status nt_suite_read_keys(nt_suite_loader *l, const nt_yaml *map, const nt_suite_key *keys,
                             const char *what, void *record) {
    nt_status status = NT_OK;
    for (const nt_suite_key *key = keys; key->field.name; key++) {
        const nt_yaml *node = nt_yaml_get(map, key->field.name);
        if (node)
            status = nt_suite_worse(status, key->read(l, key, node, record));
        else if (key->required && what)
            status = nt_suite_worse(status, nt_suite_lacks(l, map, what, key->field.name));
    }
    return status;
}

nt_status nt_suite_read_in_turn(nt_suite_loader *l, const nt_yaml *map, const nt_suite_key *keys,
                                void *record) {
    for (const nt_suite_key *key = keys; key->field.name; key++) {
        const nt_yaml *node = nt_yaml_get(map, key->field.name);
        if (node)
            NT_TRY(key->read(l, key, node, record));
    }
    return NT_OK;
}

nt_status nt_suite_names(const nt_suite_loader *l, const nt_suite_key *keys, const char *first,
                         const char *const **ret) {
    size_t count = 0, most = 2;
    for (const nt_suite_key *key = keys; key->field.name; key++)
        most++;
    const char **names = NT_ARENA_ARRAY(l->reader.arena, const char *, most);
    if (!names)
        return nt_reader_no_memory(&l->reader);
    if (first)
        names[count++] = first;
    for (const nt_suite_key *key = keys; key->field.name; key++)
        names[count++] = key->field.name;
    *ret = names;
    return NT_OK;
}

/* --- their schema ----------------------------------------------------------------------------- */

static json_t *key_schema(const nt_suite_key *key) {
    const nt_field *field = &key->field;
    if (!key->schema)
        return nt_schema_field(field, NT_SCHEMA_PLAIN);
    json_t *schema = key->schema();
    if (schema && json_object_set_new(schema, "description", json_string(field->doc)) == 0 &&
        (!field->fallback ||
         json_object_set_new(schema, "default", nt_schema_default(field->fallback)) == 0))
        return schema;
    json_decref(schema);
    return NULL;
}

json_t *nt_suite_schema_of_keys(const nt_suite_key *keys) {
    json_t *properties = json_object();
    for (const nt_suite_key *key = keys; properties && key->field.name; key++)
        if (json_object_set_new(properties, key->field.name, key_schema(key)) != 0) {
            json_decref(properties);
            properties = NULL;
        }
    return properties;
}

json_t *nt_suite_schema_of(const nt_field *fields, const nt_suite_key *keys) {
    json_t *properties = nt_suite_schema_of_keys(keys);
    json_t *schema = properties ? nt_schema_fields(fields, properties, NT_SCHEMA_PLAIN) : NULL;
    json_t *required = json_object_get(schema, "required");
    for (const nt_suite_key *key = keys; required && key->field.name; key++)
        if (key->required && json_array_append_new(required, json_string(key->field.name)) != 0) {
            json_decref(schema);
            return NULL;
        }
    return schema;
}
