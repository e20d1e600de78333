/* Folders of pictures: which files in them are pictures, and what else lies there. */
#ifndef NT_PICTURE_LIST_H
#define NT_PICTURE_LIST_H

#include "arena.h"
#include "data_kind.h"
#include "diagnostic.h"

/* A picture: a file, or a page of a TIFF that has several. */
typedef struct nt_picture_file {
    const char *path; /* as nt_picture_read takes it: "…/stack.tif#2" */
    const char *stem; /* its path inside the folder, without the ending: "stack#2" */
    int32_t page;     /* 0: the whole file */
} nt_picture_file;

/* Files with an ending that no picture has. */
typedef struct nt_passed_over {
    const char *ending;  /* in lower case, without its dot: "bmp", "nii.gz"; "": none */
    const char *example; /* the path of one */
    int32_t count;
} nt_passed_over;

typedef struct nt_picture_files {
    nt_picture_file *items; /* in bytewise order of their files' stems, pages by number */
    int32_t count;
    const nt_passed_over *passed_over; /* the most frequent first */
    int32_t passed_over_count;
} nt_picture_files;

/* All pictures under a folder, however deep; names that begin with a dot count nowhere. In `arena`.
 * NT_INVALID where the folder can't be read or two pictures have one name but for the ending. */
nt_status nt_picture_files_list(const char *folder, nt_arena *arena, nt_picture_files *ret,
                                nt_error *error);

/* Whether two are pages of one file. */
bool nt_picture_same_file(const nt_picture_file *a, const nt_picture_file *b);

/* The length of the stem without the page. */
size_t nt_picture_stem_length(const nt_picture_file *file);

/* What makes pictures, or data of another kind, of files with such an ending; false: they are no
 * pictures, as far as is known. */
bool nt_passed_over_advise(const nt_passed_over *passed, nt_text *text);

/* Notes how many were passed over as traits, and what to do about those that are known to hold
 * pictures; false when out of memory. */
bool nt_passed_over_note(const nt_picture_files *files, nt_data_info *info, nt_arena *arena);

/* NT_INVALID: the folder has no pictures, but perhaps files that can be made into some. */
nt_status nt_picture_files_none(const char *folder, const nt_picture_files *files, nt_error *error);

#endif
