/* Random networks with random layers, branches and channels taken out, and the networks that are
 * shipped with random layers taken out: what is left says what the ablated network says.
 *
 * With numbers as arguments, "FIRST COUNT", so many random networks from that one on; with "graphs"
 * all networks that are shipped, however large, or with "graphs NAME" those whose names have it. */
#include "support_shrink.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int first = 0, random_networks = 80;
static bool large;
static const char *only = ""; /* of all that are shipped, those whose names have this */

/* --- a random network ------------------------------------------------------------------------- */

typedef struct maker {
    nt_network *network;
    nt_random random;
    int count; /* layers so far: their names */
    nt_value x;
    nt_edit edits[MOST_EDITS];
    int edit_count;
} maker;

static int below(maker *m, int limit) {
    return (int)nt_random_below(&m->random, (uint32_t)limit);
}

static bool chance(maker *m, double share) {
    return nt_random_uniform(&m->random) < share;
}

static nt_shape shape_of(const maker *m, nt_value value) {
    return nt_graph_type(m->network->graph, value)->shape;
}

static int channels_of(const maker *m) {
    return shape_of(m, m->x).dim[0];
}

static int least_side(const maker *m) {
    nt_shape shape = shape_of(m, m->x);
    return shape.dim[1] < shape.dim[2] ? shape.dim[1] : shape.dim[2];
}

static nt_value put(maker *m, const char *op_name, const char *attributes, const nt_value *in,
                    int count) {
    char name[64], why[NT_WHY] = "";
    const nt_op *op = nt_op_find(op_name);
    const void *attrs = nt_kind_record(&op->kind, attributes, &m->network->arena, why);
    if (!attrs)
        fail_msg("%s [%s]: %s", op_name, attributes, why);
    snprintf(name, sizeof name, "%s_%d", op_name, m->count++);
    const nt_site site = {.name = name};
    nt_value value;
    if (nt_network_append(m->network, op, attrs, in, count, &site, &value, why) != NT_OK)
        fail_msg("%s [%s]: %s", op_name, attributes, why);
    return value;
}

static void then(maker *m, const char *op, const char *attributes) {
    m->x = put(m, op, attributes, &m->x, 1);
}

static int divisor(maker *m, int a, int b) {
    int options[] = {1, 2, 3, 4}, group = options[below(m, 4)];
    return a % group == 0 && b % group == 0 ? group : 1;
}

static void conv(maker *m, int channels, int stride, bool same) {
    char attributes[160];
    int kernel = least_side(m) < 5 ? 1 + 2 * below(m, 2) : 1 + 2 * below(m, 3);
    int dilation = least_side(m) > 8 && chance(m, 0.2) ? 2 : 1;
    int pad = same || least_side(m) < 6 ? dilation * (kernel - 1) / 2 : below(m, kernel);
    snprintf(attributes, sizeof attributes,
             "channels=%d kernel=%d stride=%d pad=%d dilation=%d groups=%d bias=%s", channels,
             kernel, stride, pad, dilation,
             chance(m, 0.3) ? divisor(m, channels_of(m), channels) : 1,
             chance(m, 0.5) ? "true" : "false");
    then(m, "conv2d", attributes);
}

static void depthwise(maker *m) {
    char attributes[160];
    int times = 1 + chance(m, 0.2);
    snprintf(attributes, sizeof attributes, "channels=%d kernel=3 pad=1 groups=%d bias=%s",
             times * channels_of(m), channels_of(m), chance(m, 0.5) ? "true" : "false");
    then(m, "conv2d", attributes);
}

static void activation(maker *m) {
    static const char *const all[] = {"relu",       "relu",        "relu6",   "silu",    "gelu",
                                      "hardswish",  "hardsigmoid", "sigmoid", "elu",     "softplus",
                                      "leaky_relu", "prelu",       "scale",   "dropout", "relu"};
    char attributes[64] = "";
    const char *op = all[below(m, sizeof all / sizeof *all)];
    if (strcmp(op, "prelu") == 0 && chance(m, 0.5))
        snprintf(attributes, sizeof attributes, "num_parameters=%d", channels_of(m));
    then(m, op, attributes);
}

static void norm(maker *m) {
    char attributes[64];
    int kind = below(m, 12);
    if (kind < 9)
        then(m, "batch_norm", "");
    else if (kind == 9)
        then(m, "layer_norm", "");
    else if (kind == 10)
        then(m, "instance_norm", "affine=true");
    else {
        snprintf(attributes, sizeof attributes, "groups=%d",
                 divisor(m, channels_of(m), channels_of(m)));
        then(m, "group_norm", attributes);
    }
}

/* Maps of the same size and so many channels. */
static void branch(maker *m, int channels) {
    for (int i = below(m, 2); i >= 0; i--) {
        if (chance(m, 0.3))
            depthwise(m);
        else
            conv(m, channels, 1, true);
        if (chance(m, 0.7))
            norm(m);
        if (chance(m, 0.7))
            activation(m);
    }
    conv(m, channels, 1, true);
    if (chance(m, 0.7))
        norm(m);
}

static void residual(maker *m) {
    nt_value in[3] = {m->x, m->x, m->x}, skip = m->x;
    int channels = chance(m, 0.7) ? channels_of(m) : 4 + below(m, 6), count = 2 + chance(m, 0.2);
    if (channels != channels_of(m)) {
        char attributes[64];
        snprintf(attributes, sizeof attributes, "channels=%d kernel=1", channels);
        in[1] = in[2] = put(m, "conv2d", attributes, &skip, 1);
    }
    branch(m, channels);
    in[0] = m->x;
    if (count > 2) {
        m->x = skip;
        branch(m, channels);
        in[2] = m->x;
    }
    m->x = put(m, "add", "", in, count);
    if (chance(m, 0.6))
        activation(m);
}

static void join(maker *m) {
    nt_value in[3], from = m->x;
    int count = 2 + below(m, 2);
    for (int i = 0; i < count; i++) {
        m->x = from;
        if (chance(m, 0.8))
            branch(m, 2 + below(m, 5));
        else
            then(m, "max_pool", "kernel=3 stride=1 pad=1");
        in[i] = m->x;
    }
    m->x = put(m, "concat", "", in, count);
}

static void gate(maker *m) {
    nt_value in[2] = {m->x};
    char attributes[64];
    int channels = channels_of(m);
    bool vector = chance(m, 0.5);
    const char *op = vector ? "linear" : "conv2d";
    then(m, vector ? "global_avg_pool" : "adaptive_avg_pool", vector ? "" : "size=1");
    snprintf(attributes, sizeof attributes, vector ? "features=%d" : "channels=%d kernel=1",
             3 + below(m, 3));
    then(m, op, attributes);
    then(m, "relu", "");
    snprintf(attributes, sizeof attributes, vector ? "features=%d" : "channels=%d kernel=1",
             channels);
    then(m, op, attributes);
    then(m, chance(m, 0.5) ? "sigmoid" : "hardsigmoid", "");
    in[1] = m->x;
    m->x = put(m, "mul", "", in, 2);
}

/* Half of the channels pass, the others don't; then both are shuffled. */
static void shuffle(maker *m) {
    char attributes[64];
    nt_value in[2], from = m->x;
    if (channels_of(m) % 2)
        return;
    int half = channels_of(m) / 2;
    snprintf(attributes, sizeof attributes, "start=0 count=%d", half);
    in[0] = put(m, "slice", attributes, &from, 1);
    snprintf(attributes, sizeof attributes, "start=%d", half);
    then(m, "slice", attributes);
    branch(m, half);
    in[1] = m->x;
    m->x = put(m, "concat", "", in, 2);
    snprintf(attributes, sizeof attributes, "groups=%d", chance(m, 0.3) ? half : 2);
    then(m, "channel_shuffle", attributes);
}

static void pair(maker *m) {
    static const char *const all[] = {"sub", "mul", "max", "min"};
    nt_value in[2], from = m->x;
    int channels = channels_of(m);
    branch(m, channels);
    in[0] = m->x;
    m->x = from;
    branch(m, channels);
    in[1] = m->x;
    m->x = put(m, all[below(m, 4)], "", in, 2);
}

static void pool(maker *m) {
    static const char *const all[][2] = {
        {"max_pool", "kernel=2 stride=2"},
        {"max_pool", "kernel=3 stride=2 pad=1"},
        {"avg_pool", "kernel=2 stride=2"},
        {"avg_pool", "kernel=3 stride=1 pad=1"},
        {"avg_pool", "kernel=3 stride=2 pad=1 count_include_pad=false"},
        {"adaptive_avg_pool", "size=[4,3]"},
        {"pad", "top=1 right=2"},
        {"reflect_pad", "left=1 bottom=1"},
        {"replicate_pad", "left=1 bottom=1"},
        {"resize", "scale=[2] mode=bilinear"},
        {"resize", "size=[5,6]"},
        {"roll", "rows=1 columns=-1"},
        {"crop", "size=[4,3] top=0"},
        {"local_response_norm", "size=3"}};
    if (least_side(m) < 4)
        return;
    const char *const *chosen = all[below(m, sizeof all / sizeof *all)];
    then(m, chosen[0], chosen[1]);
}

/* Down and up again, and beside what went down. */
static void hourglass(maker *m) {
    char attributes[160];
    nt_value in[2] = {m->x, m->x};
    if (least_side(m) < 4)
        return;
    if (chance(m, 0.5))
        then(m, "max_pool", "kernel=2 stride=2");
    else
        conv(m, 4 + below(m, 4), 2, true);
    branch(m, 4 + 2 * below(m, 3));
    int channels = 2 * (2 + below(m, 2));
    snprintf(attributes, sizeof attributes,
             "channels=%d kernel=3 stride=2 pad=1 output_pad=1 groups=%d bias=%s", channels,
             chance(m, 0.4) ? divisor(m, channels_of(m), channels) : 1,
             chance(m, 0.5) ? "true" : "false");
    then(m, "conv_transpose2d", attributes);
    if (chance(m, 0.6))
        then(m, "batch_norm", "");
    nt_value like[2] = {m->x, in[0]};
    m->x = put(m, "resize", "", like, 2);
    in[1] = m->x;
    m->x = put(m, "concat", "", in, 2);
}

static void end(maker *m) {
    if (chance(m, 0.3) && nt_shape_elements(shape_of(m, m->x)) < 2000)
        then(m, "flatten", "");
    else
        then(m, "global_avg_pool", "");
    if (chance(m, 0.4)) {
        then(m, "linear", "features=9");
        then(m, "relu", "");
    }
    then(m, "linear", "features=5");
}

static void make(maker *m) {
    static void (*const parts[])(maker * m) = {residual, residual,  residual,   join,     join,
                                               gate,     shuffle,   pair,       pool,     pool,
                                               norm,     depthwise, activation, hourglass};
    const nt_type type =
        nt_type_map(nt_shape_of(3, (int32_t[]){1 + below(m, 3), 6 + below(m, 7), 6 + below(m, 7)}));
    assert_int_equal(nt_network_add_input(m->network, "input", type, &m->x), NT_OK);
    conv(m, 6 + 2 * below(m, 2), 1, true);
    for (int i = 3 + below(m, 5); i > 0; i--) {
        parts[below(m, sizeof parts / sizeof *parts)](m);
        if (chance(m, 0.3))
            conv(m, 4 + below(m, 6), 1 + (least_side(m) > 6 && chance(m, 0.3)), false);
    }
    end(m);
    assert_int_equal(nt_graph_add_output(m->network->graph, "output", m->x), NT_OK);
    assert_int_equal(nt_network_seal(m->network), NT_OK);
}

/* --- what is taken out ------------------------------------------------------------------------ */

/* Whether the edit can be made beside those that are there. */
static bool can_be_made(maker *m, const nt_edit *edit) {
    bool cut;
    char why[NT_WHY];
    for (int i = 0; i < m->edit_count; i++)
        if (m->edits[i].node == edit->node)
            return false;
    m->edits[m->edit_count] = *edit;
    return nt_edit_cuts(m->network->graph, m->edits, m->edit_count + 1, &cut, why) == NT_OK;
}

static void take_layers(maker *m, double share) {
    const nt_ablation *const kinds[] = {nt_ablation_find("zero"), nt_ablation_find("drop")};
    for (size_t i = 0; i < m->network->layer_count && m->edit_count < MOST_EDITS; i++) {
        const nt_layer *layer = &m->network->layers[i];
        const nt_node *node = nt_graph_node(m->network->graph, layer->value.node);
        for (int k = 0; k < 2; k++) {
            bool taken = m->edit_count > 0 && m->edits[m->edit_count - 1].node == layer->value.node;
            if (taken || !kinds[k]->fits(m->network->graph, node) || !chance(m, share))
                continue;
            nt_edit edit = {.node = layer->value.node, .kind = kinds[k]};
            if (can_be_made(m, &edit))
                m->edits[m->edit_count++] = edit; /* some sums have no short connection */
        }
    }
}

/* A random share, or a random list, of the channels of some layers, or of sets of them. */
static void take_out(maker *m, double share) {
    char options[160], why[NT_WHY] = "";
    nt_edit edit = {.kind = nt_ablation_find("channels")};
    for (size_t i = 0; i < m->network->layer_count && m->edit_count < MOST_EDITS; i++) {
        const nt_node *node = nt_graph_node(m->network->graph, m->network->layers[i].value.node);
        edit.node = m->network->layers[i].value.node;
        if (!edit.kind->fits(m->network->graph, node) || !chance(m, share))
            continue;
        int32_t count = nt_shape_channels(node->out[0].shape);
        int length = snprintf(options, sizeof options, "whole=%s coupled=%s ",
                              chance(m, 0.7) ? "true" : "false", chance(m, 0.6) ? "true" : "false");
        if (chance(m, 0.5))
            snprintf(options + length, sizeof options - (size_t)length, "share=%g criterion=%s",
                     0.05 * below(m, 17), chance(m, 0.5) ? "l1" : "l2");
        else
            snprintf(options + length, sizeof options - (size_t)length, "list=[%d,%d]",
                     below(m, count), below(m, count));
        edit.options = nt_kind_record(&edit.kind->kind, options, &m->network->arena, why);
        if (!edit.options)
            fail_msg("%s: %s", options, why);
        if (can_be_made(m, &edit))
            m->edits[m->edit_count++] = edit; /* not where another says otherwise, or none can go */
    }
}

/* Some output channels of some kernels, and what they read of some of the input, become zero. */
static void take_channels(maker *m, nt_weights *weights) {
    for (size_t i = 0; i < m->network->state_count; i++) {
        const nt_state *state = &m->network->states[i];
        if (state->type.layout != NT_KERNEL || !chance(m, 0.3))
            continue;
        nt_tensor tensor = nt_weights_at(weights, i);
        int64_t elements = nt_shape_elements(state->type.shape);
        int64_t row = elements / state->type.shape.dim[0], each = row / state->type.shape.dim[1];
        float *rows = malloc((size_t)elements * sizeof *rows);
        assert_non_null(rows);
        nt_tensor_to_rows(state->type, tensor.f, rows);
        for (int32_t o = 0; o < state->type.shape.dim[0]; o++)
            if (chance(m, 0.4))
                memset(rows + o * row, 0, (size_t)row * sizeof *rows);
        for (int32_t c = 0; c < state->type.shape.dim[1]; c++)
            if (chance(m, 0.3))
                for (int32_t o = 0; o < state->type.shape.dim[0]; o++)
                    memset(rows + o * row + c * each, 0, (size_t)each * sizeof *rows);
        nt_tensor_from_rows(state->type, rows, tensor.f);
        free(rows);
    }
}

/* --- tests ------------------------------------------------------------------------------------ */

static bool shrink_random(int number) {
    char what[64];
    maker m = {.network = nt_network_new("random")};
    nt_shrunk shrunk;
    nt_random_init(&m.random, 77, (uint64_t)number);
    snprintf(what, sizeof what, "network %d", number);
    make(&m);
    nt_weights *weights = lived_in(m.network, (uint64_t)number);
    take_layers(&m, chance(&m, 0.5) ? 0.06 : 0.15);
    if (chance(&m, 0.5))
        take_channels(&m, weights);
    if (chance(&m, 0.6))
        take_out(&m, chance(&m, 0.7) ? 0.2 : 0.7);
    bool left = shrink_checked(m.network, weights, m.edits, m.edit_count, chance(&m, 0.3), 1e-5,
                               what, &shrunk);
    if (left)
        nt_shrunk_finish(&shrunk);
    nt_weights_free(weights);
    nt_network_free(m.network);
    return left;
}

static void test_random(void **state) {
    int left = 0;
    (void)state;
    for (int i = first; i < first + random_networks; i++)
        left += shrink_random(i);
    printf("%d of %d random networks had something left\n", left, random_networks);
    assert_true(2 * left > random_networks);
}

/* Where places of maxima are read, what is nearly equal may change places by rounding alone, and
 * folding rounds, as do sums of fewer channels. */
static bool reads_places(const nt_network *network) {
    for (size_t i = 0; i < network->layer_count; i++)
        if (nt_graph_node(network->graph, network->layers[i].value.node)->op == &nt_op_max_unpool)
            return true;
    return false;
}

/* Returns whether something was left. */
static bool shrink_case(nt_network *network, nt_weights *weights, const char *name, int number,
                        bool channels, bool fold) {
    char what[512];
    nt_shrunk shrunk;
    maker m = {.network = network};
    nt_random_init(&m.random, 78, (uint64_t)number);
    snprintf(what, sizeof what, "%s, case %d", name, number);
    take_layers(&m, number < 3 ? 0.1 : 0.03);
    if (channels)
        take_channels(&m, weights);
    if (!shrink_checked(network, weights, m.edits, m.edit_count, fold, 1e-5, what, &shrunk))
        return false;
    printf("%s: %d edits%s%s, %lld parameters, %lld left\n", what, m.edit_count,
           channels ? ", channels" : "", fold ? ", folded" : "",
           (long long)nt_network_parameters(network),
           (long long)nt_network_parameters(shrunk.network));
    nt_shrunk_finish(&shrunk);
    return true;
}

/* Three cases with something left; channels go in the last of them, since they stay zero. */
static void shrink_graph(const char *path, const char *name) {
    nt_error error;
    nt_network *network = NULL;
    nt_error_init(&error);
    nt_status status = nt_network_load(path, NULL, 0, &network, &error);
    nt_error_finish(&error);
    if (status != NT_OK)
        return; /* blocks alone */
    bool small =
        nt_network_parameters(network) < 3000000 && nt_network_multiply_adds(network) < 150000000;
    nt_weights *weights = small || large ? lived_in(network, 5) : NULL;
    bool rounds = !reads_places(network);
    int left = 0;
    for (int i = 0; weights && i < 12 && left < 3; i++)
        left += shrink_case(network, weights, name, i, rounds && left == 2, rounds && left == 1);
    nt_weights_free(weights);
    nt_network_free(network);
}

static void test_graphs(void **state) {
    (void)state;
    DIR *folder = opendir(GRAPHS);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[1024];
        const char *dot = strrchr(entry->d_name, '.');
        snprintf(path, sizeof path, "%s/%.255s", GRAPHS, entry->d_name);
        if (dot && strcmp(dot, ".yaml") == 0 && strstr(entry->d_name, only))
            shrink_graph(path, entry->d_name);
    }
    closedir(folder);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_graphs)};
    const struct CMUnitTest one[] = {cmocka_unit_test(test_random)};
    const struct CMUnitTest all[] = {cmocka_unit_test(test_graphs)};
    large = argc > 1 && strcmp(argv[1], "graphs") == 0;
    only = large && argc > 2 ? argv[2] : "";
    if (large)
        return cmocka_run_group_tests_name("shrink_fuzz", all, NULL, NULL);
    if (argc == 3) {
        first = atoi(argv[1]);
        random_networks = atoi(argv[2]);
        return cmocka_run_group_tests_name("shrink_fuzz", one, NULL, NULL);
    }
    return cmocka_run_group_tests_name("shrink_fuzz", tests, NULL, NULL);
}
