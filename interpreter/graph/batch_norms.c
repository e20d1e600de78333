/* The shapes say it all: one place, and one sample. */
#include "batch_norms.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>

/* The first such node with one place; NULL: there is none. */
static const nt_node *find_narrow(const nt_graph *graph, const bool *live) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++) {
        const nt_node *node = nt_graph_node(graph, i);
        if (live[i] && node->op == &nt_op_batch_norm &&
            nt_shape_pixels(node->out[NT_BN_Y].shape) == 1)
            return node;
    }
    return NULL;
}

bool nt_batch_norms_suffice(const nt_graph *graph, int32_t outputs, int32_t batch, int32_t samples,
                            char why[NT_WHY]) {
    char shape[NT_SHAPE_TEXT];
    why[0] = '\0';
    if (batch > 1 && samples % batch != 1)
        return true;
    size_t size = (size_t)nt_graph_size(graph) * sizeof(bool);
    bool *live = nt_alloc_zero(size);
    if (!live)
        return false;
    nt_graph_mark_live(graph, outputs, live);
    const nt_node *node = find_narrow(graph, live);
    nt_free(live, size);
    if (!node)
        return true;
    nt_shape_format(node->out[NT_BN_Y].shape, shape);
    if (batch == 1)
        snprintf(why, NT_WHY, "'%s' (batch_norm of %s) has one value per channel in a batch of one",
                 node->name, shape);
    else
        snprintf(
            why, NT_WHY,
            "'%s' (batch_norm of %s) has one value per channel in the last batch: %d images in "
            "batches of %d leave one",
            node->name, shape, samples, batch);
    return false;
}
