/* Rows of an array of NumPy (array_file.h), read piece by piece, so that not all of them are in
 * memory as they are stored. */
#ifndef NT_ARRAY_RANGE_H
#define NT_ARRAY_RANGE_H

#include "array_file.h"

typedef struct nt_array_range {
    const char *place;  /* NULL: there is none */
    nt_array_head head; /* of the array as it was opened */
    int64_t first, count;
} nt_array_range;

/* All rows of an array; the text must stay. */
nt_status nt_array_range_open(const char *place, nt_array_range *ret, nt_error *error);

/* Takes `rows` rows as nt_array_next gives them, the first of which is number `row` of the range.
 */
typedef nt_status (*nt_take_rows)(void *context, const nt_array_range *from, const void *bytes,
                                  int64_t row, int64_t rows, nt_error *error);

/* Hands all rows on, in order; there must be elements in them. NT_INVALID if the array is no longer
 * what was opened. */
nt_status nt_array_range_read(const nt_array_range *from, nt_take_rows take, void *context,
                              nt_error *error);

/* Says of element i of the range's row `row` what `is` there, with its index. Returns NT_INVALID.
 */
nt_status nt_array_refuse(const nt_array_range *from, int64_t row, int64_t i, const char *is,
                          nt_error *error);

#endif
