#include "support_graph.h"

/* --- a small residual network, built by hand -------------------------------------------------- */

nt_value append(nt_network *network, const char *op_name, const char *attributes,
                const nt_value *in, int count, const char *name) {
    const nt_op *op = nt_op_find(op_name);
    assert_non_null(op);
    char why[NT_WHY] = "";
    const void *attrs = nt_kind_record(&op->kind, attributes, &network->arena, why);
    assert_non_null(attrs);
    nt_site site = {.name = name};
    nt_value value;
    if (nt_network_append(network, op, attrs, in, count, &site, &value, why) != NT_OK)
        fail_msg("%s: %s", name, why);
    return value;
}

nt_network *small_network(void) {
    nt_network *network = nt_network_new("small");
    int32_t dim[] = {3, 8, 8};
    nt_value x;
    assert_int_equal(nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, dim)), &x),
                     NT_OK);
    nt_value c1 = append(network, "conv2d", "channels=4 kernel=3 pad=1", &x, 1, "conv1");
    nt_value b1 = append(network, "batch_norm", "", &c1, 1, "bn1");
    nt_value r1 = append(network, "relu", "", &b1, 1, "relu1");
    nt_value c2 =
        append(network, "conv2d", "channels=8 kernel=3 pad=1 stride=2 bias=false", &r1, 1, "conv2");
    nt_value b2 = append(network, "batch_norm", "", &c2, 1, "bn2");
    nt_value d2 = append(network, "dropout", "", &b2, 1, "drop");
    nt_value c3 = append(network, "conv2d", "channels=8 kernel=3 pad=1", &d2, 1, "conv3");
    nt_value p =
        append(network, "conv2d", "channels=8 kernel=1 stride=2 bias=false", &r1, 1, "project");
    nt_value sides[] = {c3, p};
    nt_value sum = append(network, "add", "", sides, 2, "add");
    nt_value pooled = append(network, "global_avg_pool", "", &sum, 1, "pool");
    nt_value out = append(network, "linear", "features=5", &pooled, 1, "fc");
    assert_int_equal(nt_graph_add_output(network->graph, "logits", out), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    return network;
}

nt_network *decoder_network(void) {
    nt_network *network = nt_network_new("decoder");
    const nt_type type = nt_type_map(nt_shape_of(3, (int32_t[]){3, 8, 8}));
    nt_value x;
    assert_int_equal(nt_network_add_input(network, "image", type, &x), NT_OK);
    nt_value c1 = append(network, "conv2d", "channels=4 kernel=3 stride=2 pad=1", &x, 1, "conv1");
    nt_value r1 = append(network, "relu", "", &c1, 1, "relu1");
    nt_value u1 =
        append(network, "conv_transpose2d", "channels=6 kernel=2 stride=2 groups=2", &r1, 1, "up1");
    nt_value b1 = append(network, "batch_norm", "", &u1, 1, "bn1");
    nt_value u2 =
        append(network, "conv_transpose2d", "channels=5 kernel=3 pad=1 bias=false", &b1, 1, "up2");
    nt_value b2 = append(network, "batch_norm", "", &u2, 1, "bn2");
    nt_value sides[] = {b2, x};
    nt_value both = append(network, "concat", "", sides, 2, "concat");
    nt_value r2 = append(network, "relu", "", &both, 1, "relu2");
    nt_value pooled = append(network, "global_avg_pool", "", &r2, 1, "pool");
    nt_value out = append(network, "linear", "features=5", &pooled, 1, "fc");
    assert_int_equal(nt_graph_add_output(network->graph, "logits", out), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    return network;
}

static nt_value unit_of(nt_network *network, nt_value x, nt_value branch, const char *add) {
    nt_value sides[] = {branch, x};
    return append(network, "add", "", sides, 2, add);
}

nt_network *series_network(void) {
    static const char plain[] = "channels=4 kernel=3 pad=1 bias=false";
    nt_network *network = nt_network_new("series");
    const nt_type type = nt_type_map(nt_shape_of(3, (int32_t[]){3, 8, 8}));
    nt_value x, branch;
    assert_int_equal(nt_network_add_input(network, "image", type, &x), NT_OK);
    x = append(network, "conv2d", "channels=4 kernel=3 pad=1", &x, 1, "stem");
    x = append(network, "relu", "", &x, 1, "relu0");
    branch = append(network, "conv2d", plain, &x, 1, "a");
    branch = append(network, "relu", "", &branch, 1, "relu1");
    branch = append(network, "conv2d", plain, &branch, 1, "b");
    branch = append(network, "max_pool", "kernel=3 stride=1 pad=1", &branch, 1, "pool1");
    branch = append(network, "conv2d", plain, &branch, 1, "c");
    x = unit_of(network, x, branch, "add1");
    x = append(network, "relu", "", &x, 1, "relu2");
    branch = append(network, "conv2d", plain, &x, 1, "d");
    branch = append(network, "silu", "", &branch, 1, "silu1");
    branch = append(network, "conv2d", plain, &branch, 1, "e");
    branch = append(network, "batch_norm", "", &branch, 1, "bn1");
    x = unit_of(network, x, branch, "add2");
    x = append(network, "global_avg_pool", "", &x, 1, "pool2");
    x = append(network, "linear", "features=5", &x, 1, "fc");
    assert_int_equal(nt_graph_add_output(network->graph, "logits", x), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    return network;
}

nt_graph *passed(const nt_graph *graph, const nt_pass_options *options) {
    nt_error error;
    nt_error_init(&error);
    nt_graph *result = NULL;
    assert_int_equal(nt_passes_run(graph, options, &result, &error), NT_OK);
    nt_error_finish(&error);
    return result;
}

nt_graph *pass_once(const char *name, const nt_graph *graph, const nt_pass_options *options) {
    nt_graph *made;
    assert_non_null(nt_pass_find(name));
    assert_int_equal(nt_pass_find(name)->run(graph, options, &made), NT_OK);
    assert_null(nt_graph_flaw(made));
    return made;
}

nt_graph *through(const nt_graph *graph, const char *last) {
    const char *const passes[] = {"evaluation", "fold_batch_norm", last};
    nt_graph *mine = NULL;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        nt_graph *next = pass_once(passes[i], mine ? mine : graph, &(nt_pass_options){0});
        nt_graph_free(mine);
        mine = next;
    }
    return mine;
}

void assert_dump(const nt_graph *graph, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(graph, &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

nt_status edit_zero(const nt_graph *from, const int32_t *nodes, int count, nt_graph **ret) {
    nt_edit edits[8] = {{0}};
    nt_derived_list derived = {0};
    char why[NT_WHY];
    nt_graph *to = nt_graph_new();
    assert_non_null(to);
    for (int i = 0; i < count; i++)
        edits[i] = (nt_edit){.node = nodes[i], .kind = nt_ablation_find("zero")};
    *ret = NULL;
    nt_status status = nt_edit_into(from, edits, count, to, NULL, &derived, why);
    assert_int_equal(derived.count, 0);
    nt_derived_list_finish(&derived);
    if (status == NT_OK)
        *ret = to;
    else
        nt_graph_free(to);
    return status;
}

void assert_dump_has(const nt_graph *graph, const char *const *parts, size_t count) {
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(graph, &text);
    for (size_t i = 0; i < count; i++)
        if (!strstr(text.bytes, parts[i]))
            fail_msg("%s is not in\n%s", parts[i], text.bytes);
    nt_text_finish(&text);
}
