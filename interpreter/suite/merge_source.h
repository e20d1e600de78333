/* Whether run folders are of the same run, by their source/ (run_source.h). */
#ifndef NT_MERGE_SOURCE_H
#define NT_MERGE_SOURCE_H

#include "diagnostic.h"

/* NT_INVALID unless folder `run` says the same as `first` of all that results follow from: the
 * suite with its defaults, the graph, the hooks, the weights and the data. The error names the file
 * and, where there is one, the key in it. */
nt_status nt_merge_check_source(const char *run, const char *first, nt_error *error);

#endif
