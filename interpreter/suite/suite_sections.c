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
