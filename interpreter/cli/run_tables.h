/* What a run came to, as `run` and `merge` print it. */
#ifndef NT_RUN_TABLES_H
#define NT_RUN_TABLES_H

#include "results.h"

typedef struct nt_run_tables_options {
    bool json;  /* as results.json in place of tables */
    bool seeds; /* a row for each seed, where there are several */
    bool wide;  /* all columns, whatever the terminal has room for */
} nt_run_tables_options;

nt_status nt_run_tables_print(const nt_results *results, const nt_run_tables_options *options);

#endif
