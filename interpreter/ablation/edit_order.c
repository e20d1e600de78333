/* The order of edits. It asks the table of the kinds, which stands above edit.c. */
#include "edit.h"

int nt_edit_compare(const nt_edit *a, const nt_edit *b) {
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    if (a->kind != b->kind)
        return nt_ablation_index(a->kind) - nt_ablation_index(b->kind);
    return nt_fields_compare(a->kind->kind.fields, a->options, b->options);
}
