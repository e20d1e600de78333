/* The table of ops, generated from the list in ops/meson.build. */
#include "diagnostic.h"
#include "gemm.h"
#include "op.h"
#include <stdio.h>
#include <string.h>

const nt_op *const nt_ops[] = {
#define X(name) &nt_op_##name,
#include "op_list.h"
#undef X
    NULL,
};

const nt_op *nt_op_find(const char *name) {
    for (const nt_op *const *op = nt_ops; *op; op++)
        if (strcmp((*op)->name, name) == 0)
            return *op;
    return NULL;
}

const char *nt_op_nearest(const char *name) {
    const char *names[sizeof nt_ops / sizeof *nt_ops];
    int count = 0;
    for (const nt_op *const *op = nt_ops; *op; op++)
        if (!((*op)->traits & NT_OP_INTERNAL))
            names[count++] = (*op)->name;
    names[count] = NULL;
    return nt_nearest(name, names);
}

void nt_ops_library(char ret_text[NT_OPS_LIBRARY]) {
    char text[NT_LIBRARY_TEXT];
    nt_gemm_library(text);
    snprintf(ret_text, NT_OPS_LIBRARY, "%s", text);
}

const char *nt_op_flaw(const nt_op *op) {
    if (!op->name || !op->doc || !op->fields || !op->infer)
        return "lacks its name, doc, fields or infer";
    if (!(op->traits & NT_OP_SOURCE) && !op->forward)
        return "lacks its forward function";
    if (op->min_inputs > op->max_inputs || op->max_inputs > NT_MAX_INPUTS)
        return "has bounds on its inputs that make no sense";
    if (!op->backward && (op->grad_reads_in || op->grad_reads_out || op->grad_need))
        return "says what its gradient reads but has none";
    if (nt_op_output_name(op, 0)[0])
        return "names its first output, which has the node's name";
    for (const nt_field *field = op->fields; field->name; field++)
        if (!field->doc || (field->type == NT_CHOICE && !field->choices))
            return "has a field without doc or choices";
    if (!(op->traits & NT_OP_INTERNAL) && (!op->cases || !op->cases->inputs))
        return "has no test cases";
    return NULL;
}
