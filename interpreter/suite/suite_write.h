/* A suite as a file that says everything: each value that the command line overrode, and each
 * default. Read again, it is the same suite. */
#ifndef NT_SUITE_WRITE_H
#define NT_SUITE_WRITE_H

#include "suite_file.h"

/* What a path of the suite is called in the file that is written. */
typedef struct nt_suite_copy {
    const char *path, *name;
} nt_suite_copy;

/* What the file itself doesn't say. */
typedef struct nt_suite_resolved {
    const nt_data_info *info; /* of the data, for their usual normalisation */
    nt_metric metric;
    const nt_suite_copy *copies; /* a path that isn't among them stays as it is */
    size_t copy_count;
} nt_suite_resolved;

/* NT_NO_MEMORY or NT_OK. */
nt_status nt_suite_write(const nt_suite *suite, const nt_suite_resolved *resolved, nt_text *text);

#endif
