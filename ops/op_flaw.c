#include "op.h"

const char *nt_op_flaw(const nt_op *op) {
    if (!op->infer)
        return "lacks infer";
    if (!(op->traits & NT_OP_SOURCE) && !op->forward)
        return "lacks its forward function";
    if (op->min_inputs > op->max_inputs || op->max_inputs > NT_MAX_INPUTS)
        return "has bounds on its inputs that make no sense";
    if (!op->backward && (op->grad_reads_in || op->grad_reads_out || op->grad_need))
        return "says what its gradient reads but has none";
    if (nt_op_output_name(op, 0)[0])
        return "names its first output, which has the node's name";
    if (!(op->traits & NT_OP_INTERNAL) && (!op->cases || !op->cases->inputs))
        return "has no test cases";
    return NULL;
}
