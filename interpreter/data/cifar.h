/* What CIFAR-10 and CIFAR-100 have in common: the "binary version" of
 * https://www.cs.toronto.edu/~kriz/cifar.html. A file is nothing but records of one size:
 *
 *     | label, 1 or 2 bytes | red, 32 rows of 32 | green | blue |
 *
 * Files of any number of records are taken. There is no header or checksum: a file of another size
 * is refused, and so is a label out of range; other damage can't be seen. */
#ifndef NT_CIFAR_H
#define NT_CIFAR_H

#include "data_kind.h"

typedef struct nt_cifar_layout {
    int label_bytes; /* before the pixels */
    int label_at;    /* which of them is the class */
    int32_t classes;
    const char *archive; /* where the files come from, for error messages */
} nt_cifar_layout;

/* Looks for the files of one split in info->folder, adds those found to info->files and sets the
 * split's count; it stays 0 when none is there. NT_INVALID when only some are, or a size is wrong.
 */
nt_status nt_cifar_find(const nt_cifar_layout *layout, nt_arena *arena, nt_data_info *info,
                        nt_split split, const char *const *names, nt_error *error);

/* Sets shape, classes and the class names: the lines of the file `names`, or 0, 1, 2 … without it.
 * NT_INVALID when no split was found. */
nt_status nt_cifar_describe(const nt_cifar_layout *layout, nt_arena *arena, nt_data_info *info,
                            const char *names, nt_error *error);

/* Reads a split from those of info->files that `names` lists. */
nt_status nt_cifar_load(const nt_cifar_layout *layout, const nt_data_info *info, nt_split split,
                        const char *const *names, nt_images *ret, nt_error *error);

#endif
