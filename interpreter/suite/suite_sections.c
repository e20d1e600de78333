/* Small things that every section of a suite needs. */
#include "suite_file_private.h"

#include "file.h"

nt_status nt_suite_worse(nt_status a, nt_status b) {
    return a == NT_OK ? b : a;
}

const char *nt_suite_beside(const nt_suite_loader *l, const char *path) {
    return nt_path_beside(l->reader.arena, l->suite->path, path);
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

nt_status nt_suite_read_record(nt_suite_loader *l, const nt_yaml *map, const char *what,
                               const char *noun, const nt_field *fields, size_t size,
                               const char *const *also, const void **ret) {
    void *record = nt_arena_alloc(l->reader.arena, size ? size : 1);
    if (!record)
        return nt_reader_no_memory(&l->reader);
    NT_TRY(nt_read_fields(&l->reader, map, map, what, noun, fields, also, record));
    *ret = record;
    return NT_OK;
}

nt_status nt_suite_read_kind(nt_suite_loader *l, const nt_yaml *map, const char *what,
                             const char *key, const nt_yaml **ret_node, const char **ret) {
    NT_TRY(nt_read_map(&l->reader, map, what));
    *ret_node = nt_yaml_get(map, key);
    if (!*ret_node)
        return nt_suite_lacks(l, map, what, key);
    return nt_read_text(&l->reader, *ret_node, key, ret);
}
