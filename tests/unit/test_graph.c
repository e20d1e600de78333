/* Graphs: interning, what does not fit, roles. */
#include "describe.h"
#include "support_graph.h"

/* --- interning -------------------------------------------------------------------------------- */

static void equal_nodes_are_one(void **state) {
    (void)state;
    nt_graph *graph = nt_graph_new();
    char why[NT_WHY];
    int32_t dim[] = {3, 4, 4};
    nt_value x, a, b, c;
    nt_graph_add_input(graph, "x", nt_type_map(nt_shape_of(3, dim)), &x);
    nt_graph_add_raw(graph, &nt_op_relu, NULL, &x, 1, 1, "first", &a, why);
    nt_graph_add_raw(graph, &nt_op_relu, NULL, &x, 1, 1, "second", &b, why);
    nt_graph_add_raw(graph, &nt_op_relu, NULL, &a, 1, 1, "third", &c, why);
    assert_int_equal(a.node, b.node);
    assert_int_not_equal(a.node, c.node);
    for (int i = 0; i < 1000; i++) { /* past several sizes of the table */
        nt_value again, constant;
        nt_graph_add_constant(graph, nt_shape_of(3, dim), i, NULL, "", &constant);
        nt_graph_add_constant(graph, nt_shape_of(3, dim), i, NULL, "", &again);
        assert_int_equal(constant.node, again.node);
    }
    assert_int_equal(nt_graph_size(graph), 1003);
    assert_null(nt_graph_flaw(graph));
    nt_graph_free(graph);
}

/* --- descriptions ----------------------------------------------------------------------------- */

/* A batch normalisation, then leaky_relu; what they are, in words. */
static const char *described(const char *input, const char *norm, const char *slope,
                             const char *layer, const char *output, nt_text *text) {
    nt_network *network = nt_network_new("any");
    nt_value x;
    const nt_type type = nt_type_map(nt_shape_of(1, (int32_t[]){4}));
    assert_int_equal(nt_network_add_input(network, input, type, &x), NT_OK);
    nt_value b = append(network, "batch_norm", norm, &x, 1, "bn");
    nt_value y = append(network, "leaky_relu", slope, &b, 1, layer);
    assert_int_equal(nt_graph_add_output(network->graph, output, y), NT_OK);
    nt_text_clear(text);
    nt_graph_describe(network->graph, text);
    nt_network_free(network);
    return text->bytes;
}

static void descriptions_are_complete(void **state) {
    (void)state;
    nt_text text, other;
    nt_text_init(&text);
    nt_text_init(&other);
    assert_string_equal(
        described("x", "", "slope=0.1", "act", "y", &text),
        "0 = input/0() name=\"x\" shape=[4] dtype=f32\n"
        "1 = param/0() name=\"bn.weight\" shape=[4] layout=plain groups=1 dtype=f32\n"
        "2 = param/0() name=\"bn.bias\" shape=[4] layout=plain groups=1 dtype=f32\n"
        "3 = param/0() name=\"bn.running_mean\" shape=[4] layout=plain groups=1 dtype=f32\n"
        "4 = param/0() name=\"bn.running_var\" shape=[4] layout=plain groups=1 dtype=f32\n"
        "5 = batch_norm/0(0; 1, 2, 3, 4) eps=0x1.4f8b588e368f1p-17 momentum=0x1.999999999999ap-4\n"
        "6 = leaky_relu/0(5) slope=0x1.999999999999ap-4\n"
        "out \"y\" = 6\n");
    /* The name of a layer without parameters takes no part; */
    assert_string_equal(described("x", "", "slope=0.1", "other", "y", &other), text.bytes);
    /* the twelfth digit does, and what names say. */
    const char *const others[][4] = {{"x", "", "slope=0.100000000001", "y"},
                                     {"x", "eps=0.0000100000000001", "slope=0.1", "y"},
                                     {"x1", "", "slope=0.1", "y"},
                                     {"x", "", "slope=0.1", "y\" = 6\nout \"y"}};
    for (int i = 0; i < 4; i++)
        assert_string_not_equal(
            described(others[i][0], others[i][1], others[i][2], "act", others[i][3], &other),
            text.bytes);
    nt_text_finish(&other);
    nt_text_finish(&text);
}

/* A gradient is told from its node, and one that knows more of it from one that knows less. */
static void gradients_are_described(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *graph = network->graph;
    nt_value out = nt_graph_output(graph, 0)->value, grad = {.node = out.node};
    int32_t of;
    nt_text text;
    nt_text_init(&text);
    assert_int_equal(nt_graph_add_gradient(graph, out.node, &grad, &of), NT_OK);
    nt_graph_describe(graph, &text);
    assert_non_null(strstr(text.bytes, " = gradient of linear/0("));
    assert_non_null(
        strstr(text.bytes, " in=0:0:1:1x8,0:1:1:0x5x8,0:0:1:0x5 out=0:0:1:1x5 grads=1"));
    nt_text_finish(&text);
    nt_network_free(network);
}

static void misfits_say_why(void **state) {
    (void)state;
    nt_graph *graph = nt_graph_new();
    char why[NT_WHY];
    int32_t a_dim[] = {3, 4, 4}, b_dim[] = {3, 5, 4};
    nt_value in[2], sum;
    nt_graph_add_input(graph, "a", nt_type_map(nt_shape_of(3, a_dim)), &in[0]);
    nt_graph_add_input(graph, "b", nt_type_map(nt_shape_of(3, b_dim)), &in[1]);
    assert_int_equal(nt_graph_add(graph, &nt_op_add, NULL, in, 2, "sum", &sum, why), NT_INVALID);
    assert_non_null(strstr(why, "3x4x4"));
    assert_non_null(strstr(why, "3x5x4"));
    assert_int_equal(nt_graph_add(graph, &nt_op_relu, NULL, in, 2, "r", &sum, why), NT_INVALID);
    assert_string_equal(why, "relu takes 1 input, not 2");
    nt_graph_free(graph);
}

/* --- roles ------------------------------------------------------------------------------------ */

static void roles_are_found(void **state) {
    (void)state;
    nt_network *network = small_network();
    const struct {
        const char *name;
        bool fd, shortcut;
    } expected[] = {{"conv1", true, false},
                    {"conv2", true, false},
                    {"conv3", false, false},
                    {"project", true, true},
                    {"fc", false, false}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const nt_layer *layer = nt_network_layer(network, expected[i].name);
        assert_int_equal(layer->fd, expected[i].fd);
        assert_int_equal(layer->shortcut, expected[i].shortcut);
    }
    /* 4*3*9+4, 8; 8*4*9, 16; 8*8*9+8; 8*4; 5*8+5 */
    assert_int_equal(nt_network_parameters(network), 112 + 8 + 288 + 16 + 584 + 32 + 45);
    assert_int_equal(nt_layer_parameters(network, nt_network_layer(network, "conv1")), 112);
    assert_int_equal(nt_layer_multiply_adds(network, nt_network_layer(network, "conv1")),
                     4 * 3 * 9 * 64);
    nt_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_nodes_are_one),     cmocka_unit_test(descriptions_are_complete),
        cmocka_unit_test(gradients_are_described), cmocka_unit_test(misfits_say_why),
        cmocka_unit_test(roles_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
