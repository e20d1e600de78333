/* What a run lacks, once its parts are joined. */
#ifndef NT_MERGE_MISSING_H
#define NT_MERGE_MISSING_H

#include "merge_rows.h"
#include "suite_file.h"

typedef struct nt_missing {
    int64_t images;        /* over all cases and seeds, the baselines among them */
    int64_t shards, cases; /* that lack some of theirs, each case with each seed */
    int64_t of;            /* cases with all seeds */
} nt_missing;

/* Lists the suite's cases, and finds what `store` has of each by the keys in `rows`. A case of
 * which no row is known lacks all; one that can't be measured lacks nothing. Which shards they are
 * is told in notes. */
nt_status nt_merge_find_missing(const nt_suite *suite, const nt_merge_rows *rows, nt_store *store,
                                const nt_progress *progress, nt_missing *ret, nt_error *error);

#endif
