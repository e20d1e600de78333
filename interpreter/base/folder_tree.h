/* A folder with all that is in it. Links are not followed. */
#ifndef NT_FOLDER_TREE_H
#define NT_FOLDER_TREE_H

#include "diagnostic.h"

typedef struct nt_folder_size {
    int64_t bytes; /* of its files */
    int64_t
        changed; /* when the newest of them was written, in seconds since 1970; 0: it has none */
} nt_folder_size;

/* What can't be looked at is passed over. */
void nt_folder_measure(const char *path, nt_folder_size *ret);

/* Removes it. NT_IO with the first thing that can't be removed, at which it stops. */
nt_status nt_folder_remove(const char *path, nt_error *error);

/* Whether a process holds the folder's lock (nt_folder_lock), as far as the system says; nothing is
 * locked for it. */
bool nt_folder_in_use(const char *path);

#endif
