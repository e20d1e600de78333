/* Arrays of NumPy, read in order: a .npy file, or a member of an .npz archive, which is a zip of
 * such files, packed or not.
 *
 *     | \x93NUMPY | major minor | length of the header | header: a Python dictionary | data |
 *
 * The length has 2 bytes in format 1.0, 4 in 2.0 and 3.0, little-endian; the header says the type
 * of an element with its byte order, which index is fastest, and the shape. Format:
 * numpy.lib.format. What the header announces is held against the length of the file before
 * anything is allocated. Python objects are pickles, and refused. */
#ifndef NT_ARRAY_FILE_H
#define NT_ARRAY_FILE_H

#include "diagnostic.h"
#include "elements.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NT_ARRAY_RANK = 4 }; /* at most */

typedef struct nt_array_head {
    char kind;    /* 'b' truth values, 'u' and 'i' integers, 'f' reals */
    int32_t size; /* of an element, in bytes */
    bool swapped; /* its bytes, in the file */
    bool fortran; /* in the file the first index is the fastest */
    int32_t rank; /* 1 to NT_ARRAY_RANK */
    int64_t dims[NT_ARRAY_RANK];
} nt_array_head;

typedef struct nt_array_file nt_array_file;

/* Opens FILE.npy, FILE.npz#KEY, or FILE.npz that holds one array. The text must stay. */
nt_status nt_array_open(const char *place, nt_array_file **ret, nt_error *error);
void nt_array_close(nt_array_file *file); /* takes NULL */

const nt_array_head *nt_array_head_of(const nt_array_file *file);

/* Where in the file the data begin, as they are in memory but for the bytes' order; -1: nowhere,
 * since they are packed. */
int64_t nt_array_begin(const nt_array_file *file);

/* An element of the first dimension is a row: how many elements it has. */
int64_t nt_array_row(const nt_array_head *head);

/* Passes over rows, or reads them: the last index fastest, in this machine's byte order. They must
 * be there. At the end of the array its checksum, if it has one, is compared. */
nt_status nt_array_skip(nt_array_file *file, int64_t rows, nt_error *error);
nt_status nt_array_next(nt_array_file *file, int64_t rows, void *ret_rows, nt_error *error);

/* Element i of what was read. */
static inline double nt_array_value(const nt_array_head *head, const void *rows, int64_t i) {
    return nt_element_value(head->kind, head->size, rows, i);
}

enum { NT_ARRAY_TEXT = 100 };

/* In words: "uint8", "float64"; "10x32x32x3". Return their argument. */
const char *nt_array_type(const nt_array_head *head, char ret[NT_ARRAY_TEXT]);
const char *nt_array_shape(const nt_array_head *head, char ret[NT_ARRAY_TEXT]);

/* The file's path in a place: what is before '#', if anything ends in .npz there. Returns its
 * length. */
size_t nt_array_path_length(const char *place);

#endif
