/* Folders of volumes: the NIfTI files in them, however deep. */
#ifndef NT_VOLUME_FILES_H
#define NT_VOLUME_FILES_H

#include "arena.h"
#include "diagnostic.h"

typedef struct nt_volume_file {
    const char *path;
    const char *stem; /* its path inside the folder, without .nii or .nii.gz */
} nt_volume_file;

typedef struct nt_volume_files {
    nt_volume_file *items; /* in bytewise order of their stems */
    int32_t count;
} nt_volume_files;

/* Names that begin with a dot are passed over. In `arena`. NT_INVALID where a folder can't be
 * listed or two files differ in their ending alone. */
nt_status nt_volume_files_list(const char *folder, nt_arena *arena, nt_volume_files *ret,
                               nt_error *error);

/* The file with that stem and suffix; NULL: there is none. */
const nt_volume_file *nt_volume_files_find(const nt_volume_files *files, const char *stem,
                                           size_t length, const char *suffix);

#endif
