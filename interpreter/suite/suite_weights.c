/* Where a suite's weights come from: `FILE`, or `{file: FILE, map: RULES, extra: PATTERNS}`, and
 * for training also `missing: initial`. */
#include "suite_file_private.h"

#include "json_schema.h"
#include "name_map.h"
#include "yaml_out.h"
#include <string.h>

static const char *const missing_names[] = {"refuse", "initial", NULL};

typedef struct written {
    const char *file, *map, *extra;
    int32_t missing;
} written;

#define COMMON_FIELDS                                                                              \
    {"file", NT_STRING, offsetof(written, file),                                                   \
     .doc = "of safetensors or of torch.save, relative to this file; FILE#PART where it has "      \
            "several parts"},                                                                      \
        {"map", NT_STRING, offsetof(written, map), "",                                             \
         .doc = "other names for its tensors: REGEX=NAME, several apart by blanks"},               \
    {                                                                                              \
        "extra", NT_STRING, offsetof(written, extra), "",                                          \
            .doc = "tensors of it to pass over: patterns with *, apart by blanks"                  \
    }

static const nt_field given_fields[] = {COMMON_FIELDS, {0}};

static const nt_field begin_fields[] = {
    COMMON_FIELDS,
    {"missing", NT_CHOICE, offsetof(written, missing), "refuse", .choices = missing_names,
     .doc = "what becomes of tensors that it lacks; initial: they are as the seed draws them"},
    {0},
};

/* Rules that can't be read are better found before anything else is. */
static nt_status check_map(nt_suite_loader *l, const nt_yaml *node, const char *rules) {
    nt_name_map *map = NULL;
    nt_error own;
    nt_error_init(&own);
    nt_status status = nt_name_map_new(rules, &map, &own);
    nt_name_map_free(map);
    if (status == NT_INVALID) {
        nt_reader_say(&l->reader, node, "%s", own.items[0].message);
        nt_error_hint(l->reader.error, "%s", own.items[0].hint);
    }
    nt_error_finish(&own);
    return status == NT_NO_MEMORY ? nt_reader_no_memory(&l->reader) : status;
}

nt_status nt_suite_read_source(nt_suite_loader *l, const nt_yaml *node, const char *what,
                               bool begins, nt_weights_source *ret) {
    written w = {0};
    if (node->kind == NT_YAML_MAP)
        NT_TRY(nt_read_fields(&l->reader, node, node, what, "key",
                              begins ? begin_fields : given_fields, NULL, &w));
    else
        NT_TRY(nt_read_text(&l->reader, node, what, &w.file));
    NT_TRY(check_map(l, node, w.map));
    *ret = (nt_weights_source){.map = w.map, .extra = w.extra, .lacks = w.missing == 1};
    const char *path;
    NT_TRY(nt_suite_beside(l, node, w.file, &path));
    return nt_weights_source_split(path, l->reader.arena, ret) ? NT_OK
                                                               : nt_reader_no_memory(&l->reader);
}

/* A file whose own name has a '#' gets another, so that what is behind is no part. */
static const char *whole_path(const nt_suite_writer *w, const nt_weights_source *source) {
    const char *path = nt_suite_written_path(w, source->path);
    return source->part || strchr(path, '#')
               ? nt_arena_printf(w->arena, "%s#%s", path, source->part ? source->part : "")
               : path;
}

/* A file alone stands alone. */
void nt_suite_write_given(nt_suite_writer *w, const char *key, const nt_weights_source *source) {
    const char *map = source->map ? source->map : "", *extra = source->extra ? source->extra : "";
    bool alone = !map[0] && !extra[0] && !source->lacks;
    const char *path = source->path ? whole_path(w, source) : NULL;
    if (source->path && !path)
        w->text->failed = true;
    if (!path)
        return;
    nt_suite_begin_line(w, key);
    nt_text_add(w->text, alone ? " " : " {file: ");
    nt_yaml_add_quoted(w->text, path, false);
    if (!alone) {
        nt_text_add(w->text, ", map: ");
        nt_yaml_add_quoted(w->text, map, false);
        nt_text_add(w->text, ", extra: ");
        nt_yaml_add_quoted(w->text, extra, false);
        nt_text_add(w->text, source->lacks ? ", missing: initial}" : "}");
    }
    nt_text_add(w->text, "\n");
}

static json_t *schema_of(const nt_field *fields) {
    json_t *map = nt_schema_fields(fields, NULL, NT_SCHEMA_PLAIN);
    return json_pack("{s:[{s:s}, o]}", "anyOf", "type", "string", map);
}

json_t *nt_suite_source_schema(void) {
    return schema_of(given_fields);
}

json_t *nt_suite_begin_schema(void) {
    return schema_of(begin_fields);
}
