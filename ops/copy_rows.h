/* Some channels of each of many places, from maps of one width to maps of another. */
#ifndef NT_COPY_ROWS_H
#define NT_COPY_ROWS_H

#include "vectorise.h"
#include <stdint.h>
#include <string.h>

NT_INLINE void nt_copy_rows(const float *from, int64_t from_step, int64_t channels, int64_t rows,
                            float *to, int64_t to_step) {
    for (int64_t i = 0; i < rows; i++)
        memcpy(to + i * to_step, from + i * from_step, (size_t)channels * sizeof *to);
}

#endif
