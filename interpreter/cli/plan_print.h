/* What `nontrivial run --plan` shows. */
#ifndef NT_PLAN_PRINT_H
#define NT_PLAN_PRINT_H

#include "suite_plan.h"

/* `done`: what the run folder has already; NULL: nothing. */
nt_status nt_plan_print(const nt_suite_plan *plan, const nt_run_state *done, bool json);

#endif
