/* The tensors that edits want beside a network's own, as parameters of the edited graph. Their
 * names say all that they follow from, apart from weights and images: a graph with such a name in
 * it says what is computed. */
#ifndef NT_DERIVED_H
#define NT_DERIVED_H

#include "ablation.h"

typedef struct nt_derived {
    const char *name;   /* "layer1.0.conv1.weight noise 0.1 7" */
    const char *source; /* the tensor that it comes from, "layer1.0.conv1.weight"; of a mean "" */
    int32_t node;       /* whose parameter or mean it is */
    bool mean;          /* the mean output of the node that is edited, over calibration images */
    nt_type type;
    nt_edit edit;
    const nt_edit *more; /* edits that are made of it after that one */
    int32_t more_count;
} nt_derived;

/* Grows as edits ask for more; each name once. Texts belong to the graph that was edited into, the
 * edits' options to whoever made the edits. */
typedef struct nt_derived_list {
    nt_derived *items;
    size_t count, capacity;
} nt_derived_list;

void nt_derived_list_finish(nt_derived_list *list);

/* The name of what `edit` makes of the tensor `source`, or of a node's output: kind and options
 * follow it, every field of them but late ones as usual, exactly. NULL when out of memory. */
const char *nt_derived_name(nt_arena *arena, const nt_edit *edit, const char *source);

/* Fills the tensor as its edits' kinds say; what they are is all that `from` needn't have. */
nt_status nt_derived_fill(const nt_derived *item, nt_derivation from, nt_tensor to);

/* Appends a copy of `item`, unless one of its name is there. */
nt_status nt_derived_list_add(nt_derived_list *list, const nt_derived *item);

#endif
