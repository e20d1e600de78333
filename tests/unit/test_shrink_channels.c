/* Channels that are coupled are wholly gone from the smaller network, which says what the ablated
 * one says: in networks that are shipped, with a share of the channels of every set taken out. */
#include "channel_choice.h"
#include "support_shrink.h"

#include <stdio.h>

typedef struct taken {
    nt_network *network;
    nt_weights *weights;
    nt_edit edits[MOST_EDITS];
    int count;
} taken;

static void begin(taken *t, const char *graph, const char *size) {
    char path[512];
    nt_error error;
    const nt_setting setting = {.key = "size", .value = size};
    nt_error_init(&error);
    *t = (taken){0};
    snprintf(path, sizeof path, GRAPHS "/%s.yaml", graph);
    if (nt_network_load(path, &setting, size ? 1 : 0, &t->network, &error) != NT_OK)
        fail_msg("%s", error.items[0].message);
    t->weights = lived_in(t->network, 7);
    nt_error_finish(&error);
}

static void end(taken *t) {
    nt_weights_free(t->weights);
    nt_network_free(t->network);
}

/* Every layer that has channels which can go. */
static void take_all(taken *t, const char *options) {
    char why[NT_WHY];
    const nt_ablation *kind = nt_ablation_find("channels");
    const void *record = nt_kind_record(&kind->kind, options, &t->network->arena, why);
    nt_arena arena;
    nt_coupled coupled;
    assert_non_null(record);
    nt_arena_init(&arena);
    assert_int_equal(nt_coupled_init(&coupled, t->network->graph, &arena), NT_OK);
    for (size_t i = 0; i < t->network->layer_count; i++) {
        int32_t node = t->network->layers[i].value.node;
        if (kind->fits(t->network->graph, nt_graph_node(t->network->graph, node)) &&
            nt_coupled_set(&coupled, node) >= 0)
            t->edits[t->count++] = (nt_edit){node, kind, record};
    }
    nt_arena_finish(&arena);
}

static int32_t channels_of(const nt_network *network, const char *name) {
    const nt_layer *layer = nt_network_layer(network, name);
    return layer ? nt_shape_channels(nt_graph_type(network->graph, layer->value)->shape) : 0;
}

/* Returns how many channels went. */
static int assert_gone(const taken *t, const nt_network *smaller) {
    int all = 0;
    nt_ablation_memo memo = {0};
    nt_arena_init(&memo.arena);
    for (int i = 0; i < t->count; i++) {
        const char *name = nt_graph_node(t->network->graph, t->edits[i].node)->name;
        int32_t before = channels_of(t->network, name), gone = 0;
        const bool *goes;
        assert_int_equal(
            nt_channels_choose(&t->edits[i], t->edits[i].node, t->weights, &memo, &goes), NT_OK);
        for (int32_t c = 0; c < before; c++)
            gone += goes[c];
        if (channels_of(smaller, name) != before - gone)
            fail_msg("%s has %d channels, not %d", name, (int)channels_of(smaller, name),
                     (int)(before - gone));
        all += gone;
    }
    nt_arena_finish(&memo.arena);
    return all;
}

/* No layer or bias is added, and nothing but channels goes. */
static void all_coupled_go(const char *graph, const char *size, const char *options) {
    taken t;
    nt_shrunk shrunk;
    begin(&t, graph, size);
    take_all(&t, options);
    assert_true(
        shrink_checked(t.network, t.weights, t.edits, t.count, false, 1e-5, graph, &shrunk));
    int gone = assert_gone(&t, shrunk.network);
    printf("%s: %d channels of %d layers, %lld parameters, %lld left\n", graph, gone, t.count,
           (long long)nt_network_parameters(t.network),
           (long long)nt_network_parameters(shrunk.network));
    assert_true(gone > 0);
    assert_int_equal(shrunk.network->layer_count, t.network->layer_count);
    assert_int_equal(shrunk.network->state_count, t.network->state_count);
    nt_shrunk_finish(&shrunk);
    end(&t);
}

static void sums(void **state) {
    (void)state;
    all_coupled_go("resnet8", NULL, "share=0.3 coupled=true");
    all_coupled_go("preact-resnet18", NULL, "share=0.5 coupled=true criterion=l2");
}

static void depthwise(void **state) {
    (void)state;
    all_coupled_go("mobilenet_v2", "32", "share=0.3 coupled=true criterion=batch_norm");
}

static void gates(void **state) {
    (void)state;
    all_coupled_go("mobilenet_v3_small", "32", "share=0.3 coupled=true");
}

static void concatenations(void **state) {
    (void)state;
    all_coupled_go("densenet-bc-100-12", NULL, "share=0.3 coupled=true");
}

static void groups(void **state) {
    (void)state;
    all_coupled_go("regnet_y_400mf", "32", "share=0.3 coupled=true");
}

static void shuffles(void **state) {
    (void)state;
    all_coupled_go("shufflenet_v2_x1_0", "32", "share=0.3 coupled=true");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums),           cmocka_unit_test(depthwise), cmocka_unit_test(gates),
        cmocka_unit_test(concatenations), cmocka_unit_test(groups),    cmocka_unit_test(shuffles),
    };
    return cmocka_run_group_tests_name("shrink_channels", tests, NULL, NULL);
}
