/* What the types can't hold a descriptor to: a test asks this of every op. */
#include "op.h"

#include <string.h>

static bool is(const nt_field *field, const char *name) {
    return strcmp(field->name, name) == 0;
}

const char *nt_op_flaw(const nt_op *op) {
    if (!op->infer)
        return "lacks infer";
    if (!(op->traits & NT_OP_SOURCE) && !op->forward)
        return "lacks its forward function";
    if (op->min_inputs > op->max_inputs || op->max_inputs > NT_MAX_INPUTS)
        return "has bounds on its inputs that make no sense";
    if (!op->backward && (op->grad_reads_in || op->grad_reads_out || op->grad_need))
        return "says what its gradient reads but has none";
    if (op->activation && (op->params || op->max_inputs != 1))
        return "is an activation but reads more than its input";
    if (!op->gathers != !op->join)
        return "gathers numbers that it can't join, or the other way round";
    if (nt_op_output_name(op, 0)[0])
        return "names its first output, which has the node's name";
    if (!(op->traits & NT_OP_INTERNAL) && (!op->cases || !op->cases->inputs))
        return "has no test cases";
    for (const nt_field *field = op->kind.fields; field->name; field++)
        if ((is(field, NT_FIELD_PATH) && (field->type != NT_STRING || !field->hidden)) ||
            (is(field, NT_FIELD_IGNORE) && field->type != NT_INT))
            return "has a field that others know by its name, but of another type";
    return NULL;
}
