/* Three counters that only go down. What is said when one is at its end is budget_say.c's: arenas
 * stand on this file, and errors on arenas. */
#include "budget.h"

void nt_budget_init(nt_budget *budget) {
    *budget = (nt_budget){
        .bytes = NT_BUDGET_BYTES, .steps = NT_BUDGET_STEPS, .instructions = NT_BUDGET_INSTRUCTIONS};
}

static bool pass(nt_budget *budget, nt_budget_part part) {
    if (budget->passed == NT_BUDGET_KEPT)
        budget->passed = part;
    return false;
}

bool nt_budget_take_bytes(nt_budget *budget, size_t bytes) {
    if (!nt_budget_has_room(budget, bytes))
        return false;
    if (budget)
        budget->bytes -= bytes;
    return true;
}

static bool take(nt_budget *budget, int64_t *left, int64_t count, nt_budget_part part) {
    if (budget->passed != NT_BUDGET_KEPT || count > *left)
        return pass(budget, part);
    *left -= count;
    return true;
}

bool nt_budget_take_steps(nt_budget *budget, int64_t steps) {
    return !budget || take(budget, &budget->steps, steps, NT_BUDGET_OF_STEPS);
}

bool nt_budget_take_instructions(nt_budget *budget, int64_t instructions) {
    return !budget || take(budget, &budget->instructions, instructions, NT_BUDGET_OF_INSTRUCTIONS);
}

bool nt_budget_has_room(nt_budget *budget, size_t bytes) {
    if (!budget)
        return true;
    if (budget->passed != NT_BUDGET_KEPT || bytes > budget->bytes)
        return pass(budget, NT_BUDGET_OF_BYTES);
    return true;
}
