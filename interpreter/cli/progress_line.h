/* A line of progress, as wide as there is room for:
 *
 *     epoch 3 of 30  [#########...........]  45 %  412/s  1:07 left  loss 0.41
 *
 * Where it is too wide the bar goes first, then the detail is cut in the middle, then the pace
 * goes, then the detail; at last what is being done is cut. How far it is stays. */
#ifndef NT_PROGRESS_LINE_H
#define NT_PROGRESS_LINE_H

#include "text.h"
#include <stdint.h>

typedef struct nt_progress_step {
    const char *task, *detail; /* detail: may be empty */
    int64_t done, total;       /* total 0: unknown */
    double seconds;            /* since the task began here */
    int64_t gained;            /* done in them */
} nt_progress_step;

/* Appends the line, without an end. `width`: columns; 0: as many as it takes, without a bar. */
void nt_progress_line(const nt_progress_step *step, size_t width, nt_text *text);

#endif
