/* What a file is that isn't what was asked for, by its first bytes: downloads that went wrong, and
 * the formats of other programs. One table for every reader of binary files. Text in messages is
 * ours; nothing of the file is shown. */
#ifndef NT_FILE_KIND_H
#define NT_FILE_KIND_H

#include "diagnostic.h"

enum { NT_FILE_KIND_BYTES = 512 }; /* no kind needs more of a file's first bytes */

/* What the file was opened as: the remedies differ. */
typedef enum nt_file_use {
    NT_FILE_AS_WEIGHTS,
    NT_FILE_AS_DATA,
    NT_FILE_AS_TEXT, /* a graph or a suite */
    NT_FILE_USES
} nt_file_use;

typedef struct nt_file_kind {
    const char *name;                 /* "an HDF5 file, as Keras writes"; NULL ends the table */
    const char *remedy[NT_FILE_USES]; /* "" or NULL: it is not refused */
    size_t offset;                    /* of the signature */
    const char *signature;
    size_t length;
    bool (*also)(const unsigned char *first, size_t size); /* what else must hold; NULL: nothing */
} nt_file_kind;

extern const nt_file_kind nt_file_kinds[];

/* The first of the table that the bytes are; NULL: none that is known. */
const nt_file_kind *nt_file_kind_of(const unsigned char *first, size_t size);

/* If the bytes are of a known kind, says so of the file and what to do, and returns NT_INVALID;
 * NT_OK otherwise. */
nt_status nt_file_kind_refuse(const unsigned char *first, size_t size, nt_file_use use,
                              const char *path, nt_error *error);

/* The same of a file that is not open; what can't be read is no kind. */
nt_status nt_file_kind_refuse_at(const char *path, nt_file_use use, nt_error *error);

#endif
