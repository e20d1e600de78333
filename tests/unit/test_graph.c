/* Graphs: interning, what does not fit, roles. */
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
        cmocka_unit_test(equal_nodes_are_one),
        cmocka_unit_test(misfits_say_why),
        cmocka_unit_test(roles_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
