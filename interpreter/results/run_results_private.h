/* The steps of reading a run folder (run_read.c), in their order. Private to run_*.c. */
#ifndef NT_RUN_RESULTS_PRIVATE_H
#define NT_RUN_RESULTS_PRIVATE_H

#include "run_results.h"

nt_status nt_run_no_memory(const nt_run_results *results, nt_error *error);

/* Reads what was measured of each row, and compares it with its baseline. */
nt_status nt_run_read_outcomes(nt_run_results *results, nt_error *error);

/* Finds which rows belong together, and judges the cases of each group with each seed. */
nt_status nt_run_judge(nt_run_results *results, nt_error *error);

/* What the seeds of each case say together. After nt_run_judge. */
nt_status nt_run_judge_recipes(nt_run_results *results, nt_error *error);

/* After that: finds the place of each case that has a group of controls. */
nt_status nt_run_place_controls(nt_run_results *results, nt_error *error);

#endif
