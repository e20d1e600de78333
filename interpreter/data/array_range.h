/* Rows of an array of NumPy (array_file.h), read piece by piece, so that not all of them are in
 * memory as they are stored; or one alone, where it lies in one piece of the file. */
#ifndef NT_ARRAY_RANGE_H
#define NT_ARRAY_RANGE_H

#include "array_file.h"

typedef struct nt_array_range {
    const char *place;  /* NULL: there is none */
    const char *path;   /* the file's */
    nt_array_head head; /* of the array as it was opened */
    int64_t begin;      /* of its data in the file; -1: they are packed */
    int64_t first, count;
} nt_array_range;

/* All rows of an array; the text must stay. */
nt_status nt_array_range_open(nt_arena *arena, const char *place, nt_array_range *ret,
                              nt_error *error);

size_t nt_array_row_size(const nt_array_range *from); /* bytes */

/* One row as nt_array_next gives it, without those before. Any number of threads may ask. What the
 * file holds is not looked at otherwise: neither whether its header is still the same, nor any
 * checksum. NULL of the second: it can be asked; else, why not, to stand after the name of the
 * array. */
nt_status nt_array_range_row(const nt_array_range *from, int64_t row, void *ret, nt_error *error);
const char *nt_array_range_whole(const nt_array_range *from);

/* Takes `rows` rows as nt_array_next gives them, the first of which is number `row` of the range.
 */
typedef nt_status (*nt_take_rows)(void *context, const nt_array_range *from, const void *bytes,
                                  int64_t row, int64_t rows, nt_error *error);

/* Opens the array at the range's first row, for nt_array_next. NT_INVALID if it is no longer what
 * was opened. */
nt_status nt_array_range_start(const nt_array_range *from, nt_array_file **ret, nt_error *error);

/* Hands all rows on, in order; there must be elements in them. */
nt_status nt_array_range_read(const nt_array_range *from, nt_take_rows take, void *context,
                              nt_error *error);

/* Says of element i of the range's row `row` what `is` there, with its index. Returns NT_INVALID.
 */
nt_status nt_array_refuse(const nt_array_range *from, int64_t row, int64_t i, const char *is,
                          nt_error *error);

#endif
