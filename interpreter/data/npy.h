/* NumPy's array file, version 1.0, for one thing: float32 in C order.
 *
 *     | \x93NUMPY 1 0 | header length, 2 bytes | {'descr': '<f4', … 'shape': (2, 3), } |
 * data |
 *
 * The header is padded with spaces and ends with a newline so that the data start at a multiple of
 * 64 bytes; numbers are little-endian. Format: numpy.lib.format. */
#ifndef NT_NPY_H
#define NT_NPY_H

#include "diagnostic.h"
#include <stdint.h>

/* Writes an array of 2 to 4 dimensions, replacing the file as a whole or not at all. */
nt_status nt_npy_write(const char *path, const int32_t *dims, int rank, const float *values,
                       nt_error *error);

/* Reads a matrix; nt_free(*ret_values, rows * columns * sizeof(float)) afterwards. NT_INVALID
 * for any other array. */
nt_status nt_npy_read(const char *path, int32_t *ret_rows, int32_t *ret_columns, float **ret_values,
                      nt_error *error);

#endif
