#ifndef NONTRIVIAL_JOB_GRID_H
#define NONTRIVIAL_JOB_GRID_H

#include "parallel.h"

#include <stdint.h>

/* Jobs over `rows` blocks of a map's rows by `columns` blocks of its channels. They are numbered by
 * parts of the rows, one a thread, and in each by columns, so that each thread reads the rows that
 * it wrote in the layer before, and works on all of them while its caches hold a column's kernel.
 */
typedef struct nt_job_place {
    int64_t row, column;
} nt_job_place;

static inline nt_job_place nt_job_place_of(int64_t job, int64_t rows, int64_t columns) {
    int64_t parts = rows < nt_threads() ? rows : nt_threads();
    int64_t part = ((job / columns + 1) * parts - 1) / rows;
    int64_t first = part * rows / parts, count = (part + 1) * rows / parts - first;
    int64_t within = job - first * columns;
    return (nt_job_place){first + within % count, within / count};
}

#endif
