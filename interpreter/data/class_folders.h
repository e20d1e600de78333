/* Where the splits and the classes of a folder of pictures are: found by the names that people give
 * to such folders, or refused with what to say; never guessed in silence. */
#ifndef NT_CLASS_FOLDERS_H
#define NT_CLASS_FOLDERS_H

#include "data_kind.h"
#include "picture_list.h"

/* What the options `train` and `test` are by default: then other words for them are looked for. */
#define NT_CLASS_FOLDERS_TRAIN "train"
#define NT_CLASS_FOLDERS_TEST "test"

typedef struct nt_class_folders {
    const char *splits[NT_HELD_OUT]; /* paths; NULL: there is none; all NULL: the classes' folders
                                      * lie in the root, and a split is to be drawn */
} nt_class_folders;

/* `wished`: what the options say. What was recognised, or lies beside the splits, is noted in
 * `info`. NT_INVALID where a folder that was asked for isn't there, where two could be meant, and
 * where folders of splits lie beside those of classes. */
nt_status nt_class_folders_find(const char *const wished[NT_HELD_OUT], nt_arena *arena,
                                nt_data_info *info, nt_class_folders *ret, nt_error *error);

/* Whether what lies in a folder are classes: each of its folders must hold a picture, and there
 * must be several. `files` are all pictures in it. Doubts are noted in `info`. */
nt_status nt_class_folders_check(const char *folder, const nt_picture_files *files, nt_arena *arena,
                                 nt_data_info *info, nt_error *error);

/* Which of the classes, sorted by name, a picture is of by the folder that its stem begins with;
 * -1: none. */
int32_t nt_class_number(const char *const *names, int32_t count, const char *stem);

#endif
