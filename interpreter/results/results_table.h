/* The tables of results.json. Private to results/. */
#ifndef NT_RESULTS_TABLE_H
#define NT_RESULTS_TABLE_H

#include "json_table.h"

enum { NT_RESULTS_VERSION = 2 };

extern const nt_json_table nt_results_table, nt_setup_table, nt_provenance_table, nt_control_table,
    nt_method_table;

/* Of nt_finding: what a case gave with one seed, and what the baseline did. */
extern const nt_json_table nt_finding_table, nt_baseline_table;

/* Of nt_recipe_finding. */
extern const nt_json_table nt_recipe_table;

#endif
