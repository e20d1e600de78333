/* Each layer of one network is looked up in the other by its name. */
#include "network_diff.h"

#include "alloc.h"
#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b) {
    const nt_layer *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* All layers, by name; in `arena`. */
static const nt_layer **sort_layers(const nt_network *network, nt_arena *arena) {
    const nt_layer **sorted = NT_ARENA_ARRAY(arena, const nt_layer *, network->layer_count + 1);
    for (size_t l = 0; sorted && l < network->layer_count; l++)
        sorted[l] = &network->layers[l];
    if (sorted)
        qsort(sorted, network->layer_count, sizeof *sorted, compare_names);
    return sorted;
}

static const nt_layer *find(const nt_layer **sorted, size_t count, const nt_layer *like) {
    const nt_layer **found = bsearch(&like, sorted, count, sizeof *sorted, compare_names);
    return found ? *found : NULL;
}

/* --- one layer -------------------------------------------------------------------------------- */

static bool same_names(const nt_network_diff *diff, nt_value a, nt_value b, bool *ret) {
    nt_text x, y;
    nt_text_init(&x);
    nt_text_init(&y);
    nt_origins_add_name(&diff->origins[0], a, &x);
    nt_origins_add_name(&diff->origins[1], b, &y);
    bool good = !x.failed && !y.failed;
    *ret = good && strcmp(x.bytes, y.bytes) == 0;
    nt_text_finish(&x);
    nt_text_finish(&y);
    return good;
}

static nt_status compare_inputs(const nt_network_diff *diff, const nt_node *a, const nt_node *b,
                                bool *ret) {
    bool same = a->data_count == b->data_count;
    for (int32_t i = 0; same && i < a->data_count; i++)
        if (!same_names(diff, a->in[i], b->in[i], &same))
            return NT_NO_MEMORY;
    *ret = !same;
    return NT_OK;
}

static bool field_differs(const nt_field *field, const void *a, const void *b) {
    const nt_field alone[] = {*field, {0}};
    return !field->hidden && !nt_fields_equal(alone, a, b);
}

static nt_status compare_attributes(nt_network_diff *diff, const nt_node *a, const nt_node *b,
                                    nt_layer_change *ret) {
    const nt_field *fields = a->op->kind.fields;
    int32_t most = 0;
    while (fields[most].name)
        most++;
    ret->attributes = NT_ARENA_ARRAY(&diff->arena, const nt_field *, most + 1);
    if (!ret->attributes)
        return NT_NO_MEMORY;
    for (int32_t f = 0; f < most; f++)
        if (field_differs(&fields[f], a->attrs, b->attrs))
            ret->attributes[ret->attribute_count++] = &fields[f];
    return NT_OK;
}

static nt_status compare(nt_network_diff *diff, const nt_layer *first, const nt_layer *second,
                         nt_layer_change *ret, bool *ret_differs) {
    const nt_network *a = diff->origins[0].network, *b = diff->origins[1].network;
    const nt_node *x = nt_layer_node(a, first), *y = nt_layer_node(b, second);
    *ret = (nt_layer_change){
        .first = first,
        .second = second,
        .op = x->op != y->op,
        .output = !nt_shape_equal(nt_layer_type(a, first)->shape, nt_layer_type(b, second)->shape),
        .parameters = nt_layer_parameters(a, first) != nt_layer_parameters(b, second),
        .multiply_adds = nt_layer_multiply_adds(a, first) != nt_layer_multiply_adds(b, second)};
    NT_TRY(compare_inputs(diff, x, y, &ret->inputs));
    if (!ret->op)
        NT_TRY(compare_attributes(diff, x, y, ret));
    *ret_differs = ret->op || ret->inputs || ret->output || ret->parameters || ret->multiply_adds ||
                   ret->attribute_count > 0;
    return NT_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Those of network number n that the other lacks. */
static nt_status find_only(nt_network_diff *diff, int n, const nt_layer **others, size_t count) {
    const nt_network *network = diff->origins[n].network;
    diff->only[n] = NT_ARENA_ARRAY(&diff->arena, const nt_layer *, network->layer_count + 1);
    if (!diff->only[n])
        return NT_NO_MEMORY;
    for (size_t l = 0; l < network->layer_count; l++)
        if (!find(others, count, &network->layers[l]))
            diff->only[n][diff->only_count[n]++] = &network->layers[l];
    return NT_OK;
}

static nt_status find_changes(nt_network_diff *diff, const nt_layer **others, size_t count) {
    const nt_network *network = diff->origins[0].network;
    diff->changes = NT_ARENA_ARRAY(&diff->arena, nt_layer_change, network->layer_count + 1);
    if (!diff->changes)
        return NT_NO_MEMORY;
    int32_t last = -1;
    for (size_t l = 0; l < network->layer_count; l++) {
        const nt_layer *other = find(others, count, &network->layers[l]);
        bool differs = false;
        if (!other)
            continue;
        diff->moved = diff->moved || other->index < last;
        last = other->index;
        NT_TRY(compare(diff, &network->layers[l], other, &diff->changes[diff->change_count],
                       &differs));
        diff->change_count += differs;
    }
    return NT_OK;
}

nt_status nt_network_diff_make(const nt_network *first, const nt_network *second,
                               nt_network_diff *ret) {
    *ret = (nt_network_diff){0};
    nt_arena_init(&ret->arena);
    if (!nt_origins_init(&ret->origins[0], first) || !nt_origins_init(&ret->origins[1], second))
        return NT_NO_MEMORY;
    const nt_layer **a = sort_layers(first, &ret->arena), **b = sort_layers(second, &ret->arena);
    if (!a || !b)
        return NT_NO_MEMORY;
    NT_TRY(find_only(ret, 0, b, second->layer_count));
    NT_TRY(find_only(ret, 1, a, first->layer_count));
    return find_changes(ret, b, second->layer_count);
}

void nt_network_diff_finish(nt_network_diff *diff) {
    nt_origins_finish(&diff->origins[0]);
    nt_origins_finish(&diff->origins[1]);
    nt_arena_finish(&diff->arena);
}
