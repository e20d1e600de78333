/* The members of a zip archive (PKWARE's APPNOTE 6.3.10, with its 64-bit extension), by the central
 * directory at the end of the file:
 *
 *     | header, name, extra, data | … | directory: header, name, extra, comment | … | end record |
 *
 * Only members that are stored as they are can be located, which is how PyTorch writes them: their
 * bytes are then a range of the file. Nothing is unpacked, checksums are not compared. */
#ifndef NT_ZIP_DIRECTORY_H
#define NT_ZIP_DIRECTORY_H

#include "tensor_file.h"

typedef struct nt_zip_member {
    const char *name;
    int64_t header; /* where in the file */
    int64_t size;   /* of the data */
    bool stored;
} nt_zip_member;

typedef struct nt_zip {
    nt_zip_member *members; /* in the order of their names */
    size_t count;
} nt_zip;

/* Reads the directory. NT_INVALID with the byte offset where it breaks the format. */
nt_status nt_zip_read(const nt_tensor_file *file, nt_zip *ret);

const nt_zip_member *nt_zip_find(const nt_zip *zip, const char *name); /* NULL: there is none */

/* Where a member's data begin; that they are in the file has been checked. */
nt_status nt_zip_locate(const nt_tensor_file *file, const nt_zip_member *member,
                        int64_t *ret_begin);

#endif
