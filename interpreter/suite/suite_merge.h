/* Joining the parts of a run that processes measured by themselves, each into a folder of its own
 * (`run --shard`): what they measured is put into the run's store. Nothing is written before all of
 * them are known to be parts of one run. Parts may come in any order, some now and others later,
 * and more than once; they stay as they are. */
#ifndef NT_SUITE_MERGE_H
#define NT_SUITE_MERGE_H

#include "suite_file.h"

typedef struct nt_merging {
    const char *run;          /* the run folder; it is made if it isn't there */
    const char *const *parts; /* their folders, */
    int32_t part_count;       /* or 0: all that the run folder has */
    const nt_progress *progress;
} nt_merging;

/* *ret is the run's suite, as nt_suite_repeat gives it: running it in the run folder, with
 * `known_only`, finds everything known or says what is missing. A note says which parts are not
 * there. NT_FAILED where two have other outcomes of the same, or where something is missing and
 * some were computed otherwise than the rest, which are named; NT_INVALID where they are not parts
 * of one run: then that part isn't joined. */
nt_status nt_suite_merge(const nt_merging *merging, nt_suite **ret, nt_error *error);

#endif
