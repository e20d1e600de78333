/* A graph file and all that it includes, as copies that can stand together in one folder: each is
 * the file as it was, but that its `include` names the copies beside it. */
#ifndef NT_NETWORK_COPIES_H
#define NT_NETWORK_COPIES_H

#include "overrides.h"

/* Names of files in one folder. */
typedef struct nt_copy_names {
    nt_arena *arena;
    const char **items;
    size_t count, capacity;
} nt_copy_names;

void nt_copy_names_init(nt_copy_names *names, nt_arena *arena);
void nt_copy_names_finish(nt_copy_names *names);

/* The path's last part, or "NAME-2.yaml", "NAME-3.yaml" where that is taken, and takes it; NULL
 * when out of memory. */
const char *nt_copy_name(nt_copy_names *names, const char *path);

typedef struct nt_network_copy {
    const char *path; /* where it was read */
    const char *name;
    const char *text;
    size_t length;
} nt_network_copy;

/* The graph file first; names are new ones of `names`, and all is in its arena. `settings` are
 * those that the graph is loaded with, which may also say what is included: such a name has no
 * place in the file, and is NT_INVALID. So is what can't be read. */
nt_status nt_network_copies(const char *path, const nt_setting *settings, int setting_count,
                            nt_copy_names *names, nt_network_copy **ret, size_t *ret_count,
                            nt_error *error);

#endif
