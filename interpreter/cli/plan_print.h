/* What `nontrivial run --plan` shows. */
#ifndef NT_PLAN_PRINT_H
#define NT_PLAN_PRINT_H

#include "suite_plan.h"

nt_status nt_plan_print(const nt_suite_plan *plan, bool json);

#endif
