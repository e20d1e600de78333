/* The words for each part of a budget when it is spent. */
#include "budget.h"

static void say(const nt_budget *budget, nt_location at, nt_error *error) {
    switch (budget->passed) {
    case NT_BUDGET_OF_BYTES:
        nt_error_at(error, NT_INVALID, at,
                    "what the file says takes more than %d MiB when it is expanded",
                    NT_BUDGET_BYTES >> 20);
        nt_error_hint(error, "expand less: shorter names, tags and texts, smaller lists, fewer "
                             "copies of them");
        return;
    case NT_BUDGET_OF_STEPS:
        nt_error_at(error, NT_INVALID, at, "expanding the file takes more than %d steps",
                    NT_BUDGET_STEPS);
        nt_error_hint(error, "expand less: fewer nodes, and fewer keys, inputs and names of each");
        return;
    default:
        nt_error_at(error, NT_INVALID, at,
                    "the file's expressions take more than %d instructions together",
                    NT_BUDGET_INSTRUCTIONS);
        nt_error_hint(error, "compute less in each, or let fewer nodes have them");
    }
}

nt_status nt_budget_say(nt_budget *budget, const nt_trail *trail, nt_error *error) {
    if (!budget || budget->passed == NT_BUDGET_KEPT)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (!budget->said) {
        nt_location at = budget->at;
        at.trail = trail;
        say(budget, at, error);
        budget->said = true;
    }
    return NT_INVALID;
}
