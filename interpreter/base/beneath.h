/* Files of a folder that may be a stranger's: a run that somebody sent. It is read as a whole of
 * its own, so that no link in it makes us read, show or overwrite what lies elsewhere. Links that
 * stay inside are followed, where the system can tell (Linux's openat2); the folder itself may be
 * reached through any.
 *
 * A path here begins with the folder's, as messages show it; `folder` NULL: the one that the file
 * lies in. */
#ifndef NT_BENEATH_H
#define NT_BENEATH_H

#include "file.h"

/* As nt_file_open, and NT_INVALID where a link leads out. */
nt_status nt_beneath_open(const char *folder, const char *path, int *ret, int64_t *ret_size,
                          nt_error *error);

/* As nt_file_read, likewise. */
nt_status nt_beneath_read(const char *folder, const char *path, size_t limit, nt_bytes *ret,
                          nt_error *error);

/* Whether there is anything of that name, if only a link. */
bool nt_beneath_there(const char *path);

/* Whether `path` is the folder or lies below it with no link on the way: what is written or removed
 * there is in the folder. A part that isn't there yet is none. */
bool nt_beneath_plain(const char *folder, const char *path);

#endif
