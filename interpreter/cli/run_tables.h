/* What a run came to, as `run` and `merge` print it. */
#ifndef NT_RUN_TABLES_H
#define NT_RUN_TABLES_H

#include "results.h"

nt_status nt_run_tables_print(const nt_results *results, bool json);

#endif
