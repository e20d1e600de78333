#include "support_shrink.h"

#include "alloc.h"
#include "attrs.h"
#include <stdio.h>

enum { IMAGES = 3 };

nt_weights *lived_in(const nt_network *network, uint64_t seed) {
    nt_weights *weights;
    assert_int_equal(nt_weights_new(network, &weights), NT_OK);
    assert_int_equal(nt_weights_init(weights, seed), NT_OK);
    for (size_t i = 0; i < network->state_count; i++) {
        const nt_state *state = &network->states[i];
        nt_tensor tensor = nt_weights_at(weights, i);
        nt_random random;
        if (state->role == NT_COUNTER || state->type.layout == NT_KERNEL)
            continue;
        nt_random_init(&random, seed, 1000 + i);
        for (int64_t e = 0; e < nt_shape_elements(state->type.shape); e++)
            tensor.f[e] =
                (float)(state->variance || state->scale == 1 ? 0.5 + nt_random_uniform(&random)
                                                             : 0.4 * nt_random_normal(&random));
    }
    return weights;
}

int edits_of(const nt_network *network, const char *words, nt_edit *ret_edits) {
    int count = 0;
    char copy[1024], *rest = copy;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *colon = strchr(word, ':');
        const char *layer = colon ? colon + 1 : word;
        if (colon)
            *colon = '\0';
        const nt_layer *found = nt_network_layer(network, layer);
        assert_non_null(found);
        ret_edits[count++] =
            (nt_edit){.node = found->value.node, .kind = nt_ablation_find(colon ? word : "zero")};
    }
    return count;
}

/* The smaller network as its file says it. */
static nt_network *load_again(const nt_shrunk *shrunk, const char *what) {
    nt_text text;
    nt_network *loaded = NULL;
    nt_error error;
    nt_error_init(&error);
    nt_text_init(&text);
    assert_int_equal(nt_network_write(shrunk->network, &text), NT_OK);
    if (nt_network_load_text("net.yaml", text.bytes, text.length, NULL, 0, &loaded, &error) !=
        NT_OK)
        fail_msg("%s: %s\n%s", what, error.items[0].message, text.bytes);
    nt_text_finish(&text);
    nt_error_finish(&error);
    return loaded;
}

static nt_weights *copy_weights(const nt_weights *from, const nt_network *network) {
    nt_weights *weights;
    assert_int_equal(nt_weights_new(network, &weights), NT_OK);
    assert_int_equal(nt_weights_count(weights), nt_weights_count(from));
    for (size_t i = 0; i < network->state_count; i++) {
        const nt_tensor *tensor = nt_weights_find(from, network->states[i].name);
        assert_non_null(tensor);
        nt_tensor to = nt_weights_at(weights, i);
        assert_true(nt_type_equal(tensor->type, to.type));
        memcpy(to.data, tensor->data, (size_t)nt_type_stored(to.type) * sizeof(float));
    }
    return weights;
}

static void hold(const nt_shrunk *shrunk, nt_binding weights, const nt_network *loaded,
                 double tolerance, const char *what) {
    nt_weights *own = copy_weights(shrunk->weights, loaded);
    const nt_compared edited = {shrunk->edited, weights};
    const nt_compared smaller = {loaded->graph, nt_weights_bind(own, NULL)};
    const nt_pass_options passes = {.conv = NT_CONV_DIRECT};
    nt_comparison *comparison;
    nt_error error;
    nt_error_init(&error);
    int64_t size = nt_shape_elements(nt_graph_type(loaded->graph, loaded->inputs[0].value)->shape);
    float *images = nt_alloc((size_t)(IMAGES * size) * sizeof *images);
    nt_random random;
    nt_random_init(&random, 1, 2);
    for (int64_t e = 0; e < IMAGES * size; e++)
        images[e] = (float)nt_random_normal(&random);
    assert_int_equal(nt_comparison_new(&edited, &smaller, IMAGES, &passes, &comparison, &error),
                     NT_OK);
    assert_int_equal(nt_comparison_add(comparison, images, IMAGES, &error), NT_OK);
    nt_difference difference = nt_comparison_difference(comparison);
    if (!(nt_difference_relative(&difference) <= tolerance)) {
        const char *layer = NULL;
        nt_comparison_find(shrunk, edited.binding, loaded, smaller.binding,
                           images + difference.image * size, tolerance, &layer, &error);
        nt_text dump;
        nt_text_init(&dump);
        nt_graph_dump(loaded->graph, &dump);
        fail_msg("%s: %g of %g, from '%s' on\n%s", what, difference.most, difference.logit,
                 layer ? layer : "none", dump.bytes);
    }
    nt_comparison_free(comparison);
    nt_free(images, (size_t)(IMAGES * size) * sizeof *images);
    nt_weights_free(own);
    nt_error_finish(&error);
}

/* Whether the edited network says the same of two images. */
static bool says_one_thing(const nt_graph *edited, nt_binding weights) {
    const nt_pass_options passes = {.phase = NT_PHASE_EVALUATION};
    const char *input = ((const nt_input_attrs *)nt_graph_node(edited, 0)->attrs)->name;
    int64_t size = nt_shape_elements(nt_graph_node(edited, 0)->out[0].shape);
    nt_graph *ready;
    nt_plan *plan;
    nt_run *run;
    nt_error error;
    nt_error_init(&error);
    float *images = nt_alloc((size_t)(2 * size) * sizeof *images);
    for (int64_t e = 0; e < 2 * size; e++)
        images[e] = (float)(e % 7) - (float)(e / size);
    const nt_feed feed = {.name = input, .data = images};
    assert_int_equal(nt_passes_run(edited, &passes, &ready, &error), NT_OK);
    assert_int_equal(nt_plan_new(ready, 2, &plan, &error), NT_OK);
    assert_int_equal(nt_run_new(plan, weights, &run, &error), NT_OK);
    assert_int_equal(nt_run_batch(run, &feed, 1, 2, &error), NT_OK);
    nt_tensor said = nt_run_output(run, 0);
    int64_t each = nt_shape_elements(said.type.shape);
    bool same = said.count == 1 || memcmp(said.f, said.f + each, (size_t)each * sizeof(float)) == 0;
    nt_run_free(run);
    nt_plan_free(plan);
    nt_graph_free(ready);
    nt_free(images, (size_t)(2 * size) * sizeof *images);
    nt_error_finish(&error);
    return same;
}

/* What the edits asked for, in a network of nothing but state. */
static nt_network *derive_all(const nt_derived_list *derived, const nt_weights *weights,
                              nt_weights **ret) {
    nt_network *tensors = nt_network_new("derived");
    for (size_t i = 0; i < derived->count; i++) {
        const nt_state state = {
            .name = derived->items[i].name, .type = derived->items[i].type, .role = NT_BUFFER};
        assert_int_equal(nt_network_add_state(tensors, &state), NT_OK);
    }
    nt_ablation_memo memo = {0};
    nt_arena_init(&memo.arena);
    assert_int_equal(nt_weights_new(tensors, ret), NT_OK);
    for (size_t i = 0; i < derived->count; i++) {
        const nt_derived *item = &derived->items[i];
        const nt_derivation from = {.edit = &item->edit,
                                    .node = item->node,
                                    .state =
                                        nt_network_state(nt_weights_network(weights), item->source),
                                    .trained = nt_weights_find(weights, item->source),
                                    .weights = weights,
                                    .memo = &memo};
        assert_int_equal(nt_derived_fill(item, from, nt_weights_at(*ret, i)), NT_OK);
    }
    nt_arena_finish(&memo.arena);
    return tensors;
}

bool shrink_checked(const nt_network *network, const nt_weights *weights, const nt_edit *edits,
                    int count, bool fold_batch_norms, double tolerance, const char *what,
                    nt_shrunk *ret) {
    nt_derived_list derived = {0};
    nt_graph *edited = nt_graph_new();
    nt_weights *made;
    char why[NT_WHY] = "";
    nt_error error;
    nt_error_init(&error);
    if (nt_edit_into(network->graph, edits, count, edited, "case", &derived, why) != NT_OK)
        fail_msg("%s: %s", what, why);
    nt_network *tensors = derive_all(&derived, weights, &made);
    nt_binding binding = nt_weights_bind(weights, made);
    nt_status status = nt_shrink(network, edited, binding, fold_batch_norms, ret, &error);
    if (status != NT_OK && !(status == NT_INVALID && says_one_thing(edited, binding))) {
        nt_text dump;
        nt_text_init(&dump);
        nt_graph_dump(edited, &dump);
        fprintf(stderr, "%s\n", dump.bytes);
        fail_msg("%s: %s", what, error.count ? error.items[0].message : "failed");
    }
    if (status == NT_OK) {
        nt_network *loaded = load_again(ret, what);
        hold(ret, binding, loaded, tolerance, what);
        nt_network_free(loaded);
    }
    nt_weights_free(made);
    nt_network_free(tensors);
    nt_derived_list_finish(&derived);
    nt_graph_free(edited);
    nt_error_finish(&error);
    return status == NT_OK;
}
