/* Cases are added in the order of their edited layers, so that those that share edits stand side by
 * side and the scheduler, which walks the graph depth-first, keeps one suffix alive for each nested
 * edit. Nodes that are equal merge as they are added (graph.h). */
#include "case_graph.h"

#include "alloc.h"
#include <stdlib.h>

bool nt_edits_need(const nt_edits *edits, unsigned need) {
    for (int32_t i = 0; i < edits->count; i++)
        if (edits->items[i].kind->needs & need)
            return true;
    return false;
}

/* One case while they are being sorted. */
typedef struct entry {
    const nt_edits *edits;
    int32_t number;
} entry;

/* Edits are sorted by node, since layers are, and nodes run in the order of their numbers. */
int nt_edits_compare(const nt_edits *a, const nt_edits *b) {
    for (int32_t i = 0; i < a->count && i < b->count; i++) {
        int order = nt_edit_compare(&a->items[i], &b->items[i]);
        if (order != 0)
            return order;
    }
    return a->count == b->count ? 0 : a->count > b->count ? -1 : 1;
}

static int compare(const void *a, const void *b) {
    const entry *x = a, *y = b;
    int order = nt_edits_compare(x->edits, y->edits);
    return order != 0 ? order : x->number < y->number ? -1 : x->number > y->number;
}

static nt_status make(nt_case_graph *cases, const nt_network *network, entry *entries,
                      char why[NT_WHY]) {
    cases->graph = nt_graph_new();
    cases->case_of = nt_alloc((size_t)cases->count * sizeof *cases->case_of);
    if (!cases->graph || !cases->case_of)
        return NT_NO_MEMORY;
    qsort(entries, (size_t)cases->count, sizeof *entries, compare);
    for (int32_t i = 0; i < cases->count; i++) {
        const nt_edits *edits = entries[i].edits;
        cases->case_of[i] = entries[i].number;
        NT_TRY(nt_edit_into(network->graph, edits->items, edits->count, cases->graph, "case",
                            &cases->derived, why));
    }
    return NT_OK;
}

nt_status nt_case_graph_init(nt_case_graph *cases, const nt_network *network, const nt_edits *edits,
                             int32_t count, char why[NT_WHY]) {
    size_t size = (size_t)count * sizeof(entry);
    entry *entries = nt_alloc(size);
    *cases = (nt_case_graph){.count = count};
    if (!entries)
        return NT_NO_MEMORY;
    for (int32_t i = 0; i < count; i++)
        entries[i] = (entry){&edits[i], i};
    nt_status status = make(cases, network, entries, why);
    nt_free(entries, size);
    if (status != NT_OK)
        nt_case_graph_finish(cases);
    return status;
}

void nt_case_graph_finish(nt_case_graph *cases) {
    nt_graph_free(cases->graph);
    nt_derived_list_finish(&cases->derived);
    nt_free(cases->case_of, (size_t)cases->count * sizeof *cases->case_of);
    *cases = (nt_case_graph){0};
}
