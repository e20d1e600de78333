/* The graph: interning, rewriting, passes (their dumps, exactly), roles, plan and scheduler. */
#include "alloc.h"
#include "attrs.h"
#include "edit.h"
#include "parallel.h"
#include "passes.h"
#include "random.h"
#include "scheduler.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* --- a small residual network, built by hand -------------------------------------------------- */

static nt_value append(nt_network *network, const char *op_name, const char *attributes,
                       const nt_value *in, int count, const char *name) {
    const nt_op *op = nt_op_find(op_name);
    assert_non_null(op);
    char why[NT_WHY] = "";
    union {
        nt_conv2d_attrs conv;
        char bytes[256];
    } attrs = {.bytes = {0}};
    assert_true(nt_fields_default(op->fields, &attrs, &network->arena));
    assert_true(nt_fields_parse(op->fields, &attrs, &network->arena, attributes, why));
    nt_site site = {.name = name};
    nt_value value;
    if (nt_network_append(network, op, &attrs, in, count, &site, &value, why) != NT_OK)
        fail_msg("%s: %s", name, why);
    return value;
}

/* conv1 (with a bias) - bn1 - relu, then a unit with two convolutions and a projection, then fc. */
static nt_network *small_network(void) {
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

/* Down, and up again by two transposed convolutions, each with a normalisation after it, next to
 * what went down. */
static nt_network *decoder_network(void) {
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

static nt_graph *passed(const nt_graph *graph, const nt_pass_options *options) {
    nt_error error;
    nt_error_init(&error);
    nt_graph *result = NULL;
    assert_int_equal(nt_passes_run(graph, options, &result, &error), NT_OK);
    nt_error_finish(&error);
    return result;
}

typedef nt_status (*pass_run)(const nt_graph *, const nt_pass_options *, nt_graph **);

/* The network as it is evaluated, batch normalisation folded, and then one more pass. */
static nt_graph *through(const nt_graph *graph, pass_run last) {
    const pass_run passes[] = {nt_pass_evaluation, nt_pass_fold_batch_norm, last};
    nt_graph *mine = NULL;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        nt_graph *next;
        assert_int_equal(passes[i](mine ? mine : graph, &(nt_pass_options){0}, &next), NT_OK);
        assert_null(nt_graph_flaw(next));
        nt_graph_free(mine);
        mine = next;
    }
    return mine;
}

static void assert_dump(const nt_graph *graph, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(graph, &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

/* The graph with these nodes' kernels zero. */
static nt_status edit_zero(const nt_graph *from, const int32_t *nodes, int count, nt_graph **ret) {
    nt_edit edits[8] = {{0}};
    nt_derived_list derived = {0};
    char why[NT_WHY];
    nt_graph *to = nt_graph_new();
    assert_non_null(to);
    for (int i = 0; i < count; i++)
        edits[i].node = nodes[i];
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

static void assert_dump_has(const nt_graph *graph, const char *const *parts, size_t count) {
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(graph, &text);
    for (size_t i = 0; i < count; i++)
        if (!strstr(text.bytes, parts[i]))
            fail_msg("%s is not in\n%s", parts[i], text.bytes);
    nt_text_finish(&text);
}

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

/* --- passes ----------------------------------------------------------------------------------- */

static void evaluation_folds_and_drops(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *graph = through(network->graph, nt_pass_dead);
    assert_dump(graph,
                "%0 = input image: Nx3x8x8\n"
                "%1 = param conv1.weight: 4x3x3x3\n"
                "%2 = param conv1.bias: 4\n"
                "%3 = param bn1.weight: 4\n"
                "%4 = param bn1.bias: 4\n"
                "%5 = param bn1.running_mean: 4\n"
                "%6 = param bn1.running_var: 4\n"
                "%7 = fold_batch_norm(%1, %2, %3, %4, %5, %6) has_bias=true: 4x3x3x3: 4 # bn1\n"
                "%8 = conv2d(%0, %7, %7.1) channels=4 kernel=3 pad=1: Nx4x8x8 # conv1\n"
                "%9 = relu(%8): Nx4x8x8 # relu1\n"
                "%10 = param conv2.weight: 8x4x3x3\n"
                "%11 = param bn2.weight: 8\n"
                "%12 = param bn2.bias: 8\n"
                "%13 = param bn2.running_mean: 8\n"
                "%14 = param bn2.running_var: 8\n"
                "%15 = fold_batch_norm(%10, %11, %12, %13, %14): 8x4x3x3: 8 # bn2\n"
                "%16 = conv2d(%9, %15, %15.1) channels=8 kernel=3 stride=2 pad=1: Nx8x4x4 # conv2\n"
                "%17 = param conv3.weight: 8x8x3x3\n"
                "%18 = param conv3.bias: 8\n"
                "%19 = conv2d(%16, %17, %18) channels=8 kernel=3 pad=1: Nx8x4x4 # conv3\n"
                "%20 = param project.weight: 8x4x1x1\n"
                "%21 = conv2d(%9, %20) channels=8 kernel=1 stride=2 bias=false: Nx8x4x4 # project\n"
                "%22 = add(%19, %21): Nx8x4x4 # add\n"
                "%23 = global_avg_pool(%22): Nx8 # pool\n"
                "%24 = param fc.weight: 5x8\n"
                "%25 = param fc.bias: 5\n"
                "%26 = linear(%23, %24, %25) features=5: Nx5 # fc\n"
                "logits = %26\n");
    nt_graph_free(graph);
    nt_network_free(network);
}

static void transposed_convolutions_fold_and_drop(void **state) {
    (void)state;
    nt_network *network = decoder_network();
    nt_graph *graph = through(network->graph, nt_pass_dead), *edited;
    const char *folded[] = {
        "%5 = param up1.weight: 4x3x2x2\n",
        "%11 = fold_batch_norm(%5, %6, %7, %8, %9, %10) has_bias=true transposed=true: 4x3x2x2: 6",
        "%12 = conv_transpose2d(%4, %11, %11.1) channels=6 kernel=2 stride=2 groups=2: Nx6x8x8",
        " = fold_batch_norm(%13, %14, %15, %16, %17) transposed=true: 6x5x3x3: 5 # bn2\n",
    };
    assert_dump_has(graph, folded, sizeof folded / sizeof *folded);
    assert_true(nt_network_layer(network, "up1")->fd && nt_network_layer(network, "up2")->fd);
    nt_graph_free(graph);
    graph = passed(network->graph, &(nt_pass_options){.conv = NT_CONV_DIRECT});
    assert_dump_has(graph, (const char *[]){"stride=2 groups=2 algorithm=direct: Nx6x8x8"}, 1);
    nt_graph_free(graph);
    int32_t node = nt_network_layer(network, "up1")->value.node;
    assert_int_equal(edit_zero(network->graph, &node, 1, &edited), NT_OK);
    const char *zeroed[] = {" = param up1.bias: 6\n", ") shape=[6,8,8]: 6x8x8 # up1\n"};
    graph = through(edited, nt_pass_dead);
    assert_dump_has(graph, zeroed, sizeof zeroed / sizeof *zeroed);
    nt_graph_free(edited);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* What an edit puts in place of a transposed convolution's kernel is of the kernel's type. */
static void transposed_convolutions_take_other_kernels(void **state) {
    (void)state;
    static const nt_edit_kind kinds[] = {NT_EDIT_REINIT, NT_EDIT_RERANDOMISE, NT_EDIT_NOISE,
                                         NT_EDIT_MEAN};
    nt_network *network = decoder_network();
    nt_value up = nt_network_layer(network, "up1")->value;
    const nt_node *node = nt_graph_node(network->graph, up.node);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        nt_edit edit = {.node = up.node, .kind = kinds[i], .deviation = 0.1};
        nt_derived_list derived = {0};
        nt_graph *to = nt_graph_new();
        char why[NT_WHY] = "";
        bool mean = kinds[i] == NT_EDIT_MEAN;
        nt_type channels = nt_type_param(nt_shape_of(1, (int32_t[]){6}));
        assert_int_equal(nt_edit_into(network->graph, &edit, 1, to, NULL, &derived, why), NT_OK);
        assert_null(nt_graph_flaw(to));
        assert_int_equal(derived.count, 1);
        assert_string_equal(derived.items[0].source, mean ? "" : "up1.weight");
        assert_true(nt_type_equal(derived.items[0].type,
                                  mean ? channels : *nt_graph_type(network->graph, node->in[1])));
        nt_derived_list_finish(&derived);
        nt_graph_free(to);
    }
    nt_network_free(network);
}

static void zeroing_leaves_constants(void **state) {
    (void)state;
    nt_network *network = small_network();
    int32_t nodes[] = {nt_network_layer(network, "conv1")->value.node,
                       nt_network_layer(network, "conv3")->value.node};
    nt_graph *edited, *graph;
    assert_int_equal(edit_zero(network->graph, nodes, 2, &edited), NT_OK);
    assert_null(nt_graph_flaw(edited));
    graph = through(edited, nt_pass_dead);
    /* A bias is left where there was one, conv2 only fed the zeroed kernel and is gone, and nothing
     * depends on the image any more. */
    assert_dump(graph,
                "%0 = param conv1.bias: 4\n"
                "%1 = constant(%0) shape=[4,8,8]: 4x8x8 # conv1\n"
                "%2 = param bn1.weight: 4\n"
                "%3 = param bn1.bias: 4\n"
                "%4 = param bn1.running_mean: 4\n"
                "%5 = param bn1.running_var: 4\n"
                "%6 = batch_norm(%1, %2, %3, %4, %5): 4x8x8 # bn1\n"
                "%7 = relu(%6): 4x8x8 # relu1\n"
                "%8 = param conv3.bias: 8\n"
                "%9 = constant(%8) shape=[8,4,4]: 8x4x4 # conv3\n"
                "%10 = param project.weight: 8x4x1x1\n"
                "%11 = conv2d(%7, %10) channels=8 kernel=1 stride=2 bias=false: 8x4x4 # project\n"
                "%12 = add(%9, %11): 8x4x4 # add\n"
                "%13 = global_avg_pool(%12): 8 # pool\n"
                "%14 = param fc.weight: 5x8\n"
                "%15 = param fc.bias: 5\n"
                "%16 = linear(%13, %14, %15) features=5: 5 # fc\n"
                "logits = %16\n");
    nt_graph_free(edited);
    nt_graph_free(graph);
    int32_t add = nt_network_layer(network, "add")->value.node;
    assert_int_equal(edit_zero(network->graph, &add, 1, &edited), NT_INVALID);
    nt_network_free(network);
}

/* Two convolutions are added: the first takes the sum. What relu1 makes is read twice, but conv1
 * only once. */
static void ends_are_fused(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *graph = through(network->graph, nt_pass_fuse_end);
    const char *lines[] = {
        "%9 = fused_conv2d(%0, %7, %7.1) channels=4 kernel=3 pad=1 relu=true: Nx4x8x8 # conv1\n",
        "%16 = conv2d(%9, %15, %15.1) channels=8 kernel=3 stride=2 pad=1: Nx8x4x4 # conv2\n",
        "%21 = conv2d(%9, %20) channels=8 kernel=1 stride=2 bias=false: Nx8x4x4 # project\n",
        "%22 = fused_conv2d(%16, %21, %17, %18) channels=8 kernel=3 pad=1 plus=true: Nx8x4x4 "};
    assert_dump_has(graph, lines, sizeof lines / sizeof *lines);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* A convolution that somebody else reads too stays, and so does what doesn't fit. */
static void ends_with_other_readers_are_not_fused(void **state) {
    (void)state;
    nt_network *network = nt_network_new("forks");
    nt_value x, conv, rectified, sides[2], sum;
    nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4})), &x);
    conv = append(network, "conv2d", "channels=2 kernel=1 bias=false", &x, 1, "conv");
    rectified = append(network, "relu", "", &conv, 1, "relu");
    sides[0] = conv;
    sides[1] = rectified;
    sum = append(network, "add", "", sides, 2, "add");
    assert_int_equal(nt_graph_add_output(network->graph, "out", sum), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    nt_graph *graph = through(network->graph, nt_pass_fuse_end);
    assert_dump(graph, "%0 = input image: Nx2x4x4\n"
                       "%1 = param conv.weight: 2x2x1x1\n"
                       "%2 = conv2d(%0, %1) channels=2 kernel=1 bias=false: Nx2x4x4 # conv\n"
                       "%3 = relu(%2): Nx2x4x4 # relu\n"
                       "%4 = add(%2, %3): Nx2x4x4 # add\n"
                       "out = %4\n");
    nt_graph_free(graph);
    nt_network_free(network);
}

/* conv1 is large enough for Winograd, conv2 and the projection stride. */
static void kernels_are_kept(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *graph = through(network->graph, nt_pass_keep_kernels);
    const char *lines[] = {
        "%16 = conv2d(%9, %15, %15.1) channels=8 kernel=3 stride=2 pad=1: Nx8x4x4 # conv2\n",
        "%19 = keep_kernel(%17) channels=8 kernel=3 pad=1 map=4: ",
        "%20 = fused_conv2d(%16, %19, %18) channels=8 kernel=3 pad=1 kept=true: Nx8x4x4 # conv3\n"};
    assert_dump_has(graph, lines, sizeof lines / sizeof *lines);
    nt_graph_free(graph);
    nt_network_free(network);
}

static void batch_statistics_are_not_folded(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *graph = passed(network->graph, &(nt_pass_options){.norm = NT_NORM_BATCH});
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(graph, &text);
    assert_non_null(strstr(text.bytes, "statistics=summed"));
    assert_null(strstr(text.bytes, "fold_batch_norm"));
    assert_null(strstr(text.bytes, "dropout"));
    nt_text_finish(&text);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* bn1 reads a convolution, which hands on its sums, to whoever else reads it too; bn2 reads a relu.
 * In training, gradients and what is computed again read the same convolution. */
static void sums_are_fused(void **state) {
    (void)state;
    nt_network *network = nt_network_new("sums");
    nt_value x, conv, norms[2], rectified, sum;
    nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4})), &x);
    conv = append(network, "conv2d", "channels=2 kernel=1 bias=false", &x, 1, "conv");
    norms[0] = append(network, "batch_norm", "", &conv, 1, "bn1");
    rectified = append(network, "relu", "", &conv, 1, "relu");
    norms[1] = append(network, "batch_norm", "", &rectified, 1, "bn2");
    sum = append(network, "add", "", norms, 2, "add");
    assert_int_equal(nt_graph_add_output(network->graph, "out", sum), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    nt_pass_options options = {.norm = NT_NORM_BATCH};
    nt_graph *before, *graph, *again;
    assert_int_equal(nt_pass_evaluation(network->graph, &options, &before), NT_OK);
    assert_int_equal(nt_pass_fuse_sums(before, &options, &graph), NT_OK);
    assert_null(nt_graph_flaw(graph));
    assert_dump(graph,
                "%0 = input image: Nx2x4x4\n"
                "%1 = param conv.weight: 2x2x1x1\n"
                "%2 = conv2d(%0, %1) channels=2 kernel=1 bias=false moments=true: Nx2x4x4: 4x2 # "
                "conv\n"
                "%3 = param bn1.weight: 2\n"
                "%4 = param bn1.bias: 2\n"
                "%5 = param bn1.running_mean: 2\n"
                "%6 = param bn1.running_var: 2\n"
                "%7 = batch_norm(%2, %3, %4, %5, %6, %2.1) statistics=summed: Nx2x4x4: 2: 2: 2: 2: "
                "2: 2 # bn1\n"
                "%8 = relu(%2): Nx2x4x4 # relu\n"
                "%9 = param bn2.weight: 2\n"
                "%10 = param bn2.bias: 2\n"
                "%11 = param bn2.running_mean: 2\n"
                "%12 = param bn2.running_var: 2\n"
                "%13 = batch_norm(%8, %9, %10, %11, %12) statistics=batch: Nx2x4x4 # bn2\n"
                "%14 = add(%7, %13): Nx2x4x4 # add\n"
                "out = %14\n");
    assert_int_equal(nt_pass_fuse_sums(graph, &options, &again), NT_OK); /* nothing is left to do */
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(graph, &text);
    assert_dump(again, text.bytes);
    nt_text_finish(&text);
    nt_graph_free(before);
    nt_graph_free(graph);
    nt_graph_free(again);
    nt_network_free(network);
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

/* --- plan and scheduler ----------------------------------------------------------------------- */

/* Values alive at the same time must not overlap: checked against the plan's own order, but with
 * lifetimes worked out anew. */
static void places_do_not_overlap(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *graph = passed(network->graph, &(nt_pass_options){.plain = true});
    nt_error error;
    nt_error_init(&error);
    nt_plan *plan;
    assert_int_equal(nt_plan_new(graph, 7, &plan, &error), NT_OK);
    assert_true(plan->varying_size < plan->naive_size);
    int32_t count = plan->varying_count;
    for (int32_t a = 0; a < count; a++)
        for (int32_t b = a + 1; b < count; b++) {
            const nt_node *first = nt_graph_node(graph, plan->varying[a].node);
            const nt_node *second = nt_graph_node(graph, plan->varying[b].node);
            bool alive = false; /* a's value is read after b has written */
            for (int32_t r = b; r < count; r++)
                for (int32_t j = 0; j < nt_graph_node(graph, plan->varying[r].node)->in_count; j++)
                    alive = alive || (nt_graph_node(graph, plan->varying[r].node)->in[j].node ==
                                          plan->varying[a].node &&
                                      !(r == b && second->op->traits & NT_OP_IN_PLACE));
            size_t a_at = plan->varying[a].out[0], b_at = plan->varying[b].out[0];
            size_t a_end = a_at + 7 * 4 * (size_t)nt_type_stored(first->out[0]);
            size_t b_end = b_at + 7 * 4 * (size_t)nt_type_stored(second->out[0]);
            if (alive)
                assert_true(a_end <= b_at || b_end <= a_at);
        }
    nt_plan_free(plan);
    nt_graph_free(graph);
    nt_error_finish(&error);
    nt_network_free(network);
}

enum { SAMPLES = 7, CLASSES = 5 };

static void fill(float *values, size_t count, uint64_t key) {
    nt_random random;
    nt_random_init(&random, key, 0);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)nt_random_normal(&random);
}

/* Runs `graph` on the first `count` samples, `batch` at a time. */
static void run_graph(const nt_graph *graph, const nt_weights *weights, int count, int batch,
                      float *ret_logits) {
    static float images[SAMPLES * 8 * 8 * 3];
    fill(images, sizeof images / sizeof *images, 42);
    nt_error error;
    nt_error_init(&error);
    nt_plan *plan;
    nt_run *run;
    assert_int_equal(nt_plan_new(graph, batch, &plan, &error), NT_OK);
    assert_int_equal(nt_run_new(plan, weights, NULL, &run, &error), NT_OK);
    for (int first = 0; first < count; first += batch) {
        int n = count - first < batch ? count - first : batch;
        nt_feed feed = {.name = "image", .data = images + first * 8 * 8 * 3};
        assert_int_equal(nt_run_batch(run, &feed, 1, n, &error), NT_OK);
        nt_tensor out = nt_run_output(run, 0);
        for (int i = 0; i < n; i++)
            memcpy(ret_logits + (first + i) * CLASSES, out.f + (out.type.batched ? i * CLASSES : 0),
                   CLASSES * sizeof(float));
    }
    nt_run_free(run);
    nt_plan_free(plan);
    nt_error_finish(&error);
}

static nt_weights *random_weights(const nt_network *network) {
    nt_weights *weights;
    assert_int_equal(nt_weights_new(network, &weights), NT_OK);
    assert_int_equal(nt_weights_init(weights, 7), NT_OK);
    for (size_t i = 0; i < nt_weights_count(weights); i++) { /* statistics that are not 0 and 1 */
        nt_tensor tensor = nt_weights_at(weights, i);
        if (network->states[i].role == NT_BUFFER || network->states[i].init == NT_INIT_CONSTANT)
            for (int64_t k = 0; tensor.type.dtype == NT_F32 && k < nt_type_stored(tensor.type); k++)
                tensor.f[k] += 0.1f * (float)(k % 5 + 1);
    }
    return weights;
}

static void assert_close(const float *a, const float *b, size_t count, double tolerance) {
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        difference += pow((double)a[i] - b[i], 2);
        size += pow(b[i], 2);
    }
    assert_true(size > 0);
    assert_true(sqrt(difference / size) < tolerance);
}

/* Each network, and the layers in it whose kernels can be zeroed. */
static const struct {
    nt_network *(*make)(void);
    const char *layers[6];
} networks[] = {{small_network, {"conv1", "conv2", "conv3", "project", "fc"}},
                {decoder_network, {"conv1", "up1", "up2", "fc"}}};
enum { NETWORKS = sizeof networks / sizeof *networks };

static void expect_kept_values(const nt_network *network, const nt_weights *weights,
                               const char *zeroed, int norm) {
    int32_t node = zeroed ? nt_network_layer(network, zeroed)->value.node : 0;
    nt_graph *edited;
    assert_int_equal(edit_zero(network->graph, &node, zeroed ? 1 : 0, &edited), NT_OK);
    nt_graph *plain = passed(edited, &(nt_pass_options){.norm = norm, .plain = true});
    nt_graph *full = passed(edited, &(nt_pass_options){.norm = norm});
    float a[SAMPLES * CLASSES], b[SAMPLES * CLASSES];
    run_graph(plain, weights, SAMPLES, SAMPLES, a);
    run_graph(full, weights, SAMPLES, SAMPLES, b);
    assert_close(b, a, SAMPLES * CLASSES, 1e-6);
    nt_graph_free(edited);
    nt_graph_free(plain);
    nt_graph_free(full);
}

/* A run with every optimisation off is the oracle for the passes. */
static void passes_keep_the_values(void **state) {
    (void)state;
    for (size_t n = 0; n < NETWORKS; n++) {
        nt_network *network = networks[n].make();
        nt_weights *weights = random_weights(network);
        for (int norm = 0; norm < 2; norm++) {
            expect_kept_values(network, weights, NULL, norm);
            for (const char *const *layer = networks[n].layers; *layer; layer++)
                expect_kept_values(network, weights, *layer, norm);
        }
        nt_weights_free(weights);
        nt_network_free(network);
    }
}

/* Fusing and keeping change no bit of what folding made. */
static void fusing_keeps_the_bits(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_weights *weights = random_weights(network);
    const pass_run passes[] = {nt_pass_fuse_end, nt_pass_keep_kernels};
    float a[SAMPLES * CLASSES], b[SAMPLES * CLASSES];
    nt_graph *folded = through(network->graph, nt_pass_dead);
    run_graph(folded, weights, SAMPLES, SAMPLES, a);
    nt_graph_free(folded);
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        nt_graph *graph = through(network->graph, passes[i]);
        run_graph(graph, weights, SAMPLES, SAMPLES, b);
        assert_memory_equal(a, b, sizeof a);
        nt_graph_free(graph);
    }
    nt_weights_free(weights);
    nt_network_free(network);
}

/* With the batch's own statistics nothing is folded, so that no pass changes a bit. */
static void batch_statistics_keep_the_bits(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_weights *weights = random_weights(network);
    float a[SAMPLES * CLASSES], b[SAMPLES * CLASSES];
    nt_graph *plain =
        passed(network->graph, &(nt_pass_options){.norm = NT_NORM_BATCH, .plain = true});
    nt_graph *full = passed(network->graph, &(nt_pass_options){.norm = NT_NORM_BATCH});
    run_graph(plain, weights, SAMPLES, SAMPLES, a);
    for (int threads = 1; threads <= 3; threads++) {
        nt_threads_set(threads);
        run_graph(full, weights, SAMPLES, SAMPLES, b);
        assert_memory_equal(a, b, sizeof a);
    }
    nt_threads_set(0);
    nt_graph_free(plain);
    nt_graph_free(full);
    nt_weights_free(weights);
    nt_network_free(network);
}

static void expect_zero_kernel(const nt_network *network, const nt_weights *weights,
                               const char *layer) {
    int32_t node = nt_network_layer(network, layer)->value.node;
    nt_graph *edited;
    assert_int_equal(edit_zero(network->graph, &node, 1, &edited), NT_OK);
    nt_graph *a_graph = passed(edited, &(nt_pass_options){0});
    nt_graph *b_graph = passed(network->graph, &(nt_pass_options){0});
    float a[SAMPLES * CLASSES], b[SAMPLES * CLASSES], whole[SAMPLES * CLASSES];
    run_graph(a_graph, weights, SAMPLES, SAMPLES, a);
    run_graph(b_graph, weights, SAMPLES, SAMPLES, whole);

    char name[64];
    snprintf(name, sizeof name, "%s.weight", layer);
    const nt_tensor *kernel = nt_weights_find(weights, name);
    size_t size = (size_t)nt_type_stored(kernel->type) * sizeof(float);
    float *kept = nt_alloc(size);
    memcpy(kept, kernel->f, size);
    memset(kernel->f, 0, size);
    run_graph(b_graph, weights, SAMPLES, SAMPLES, b);
    memcpy(kernel->f, kept, size);
    nt_free(kept, size);
    assert_close(a, b, SAMPLES * CLASSES, 1e-6);
    double moved = 0;
    for (int k = 0; k < SAMPLES * CLASSES; k++)
        moved += fabs((double)a[k] - whole[k]);
    assert_true(moved > 1e-3);
    nt_graph_free(edited);
    nt_graph_free(a_graph);
    nt_graph_free(b_graph);
}

/* Zeroing by an edit and zeroing the numbers of the kernel are the same. */
static void an_edit_is_a_zero_kernel(void **state) {
    (void)state;
    for (size_t n = 0; n < NETWORKS; n++) {
        nt_network *network = networks[n].make();
        nt_weights *weights = random_weights(network);
        for (const char *const *layer = networks[n].layers; *layer; layer++)
            expect_zero_kernel(network, weights, *layer);
        nt_weights_free(weights);
        nt_network_free(network);
    }
}

static void bits_do_not_depend_on_threads_or_batch(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_weights *weights = random_weights(network);
    nt_graph *graph = passed(network->graph, &(nt_pass_options){0});
    float expected[SAMPLES * CLASSES], found[SAMPLES * CLASSES];
    nt_threads_set(1);
    run_graph(graph, weights, SAMPLES, SAMPLES, expected);
    for (int threads = 1; threads <= 4; threads++)
        for (int batch = 1; batch <= SAMPLES; batch++) {
            nt_threads_set(threads);
            run_graph(graph, weights, SAMPLES, batch, found);
            assert_memory_equal(found, expected, sizeof expected);
        }
    nt_threads_set(0);
    nt_graph_free(graph);
    nt_weights_free(weights);
    nt_network_free(network);
}

/* A chain of 1,000 nodes: planning is not recursive, and memory stays at two values. */
static void deep_graphs_stay_small(void **state) {
    (void)state;
    nt_network *network = nt_network_new("deep");
    int32_t dim[] = {3, 8, 8};
    nt_value x;
    nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, dim)), &x);
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "pool%d", i);
        x = append(network, "avg_pool", "kernel=3 stride=1 pad=1", &x, 1, name);
    }
    nt_graph_add_output(network->graph, "out", x);
    nt_error error;
    nt_error_init(&error);
    nt_plan *plan;
    assert_int_equal(nt_plan_new(network->graph, 1, &plan, &error), NT_OK);
    assert_int_equal(plan->varying_count, 1000);
    assert_int_equal(plan->varying_size, 2 * 8 * 8 * 3 * sizeof(float));
    nt_plan_free(plan);
    nt_error_finish(&error);
    nt_network_free(network);
}

static void feeds_are_checked(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_weights *weights = random_weights(network);
    nt_graph *graph = passed(network->graph, &(nt_pass_options){0});
    nt_error error;
    nt_error_init(&error);
    nt_plan *plan;
    nt_run *run;
    float image[8 * 8 * 3] = {0};
    assert_int_equal(nt_plan_new(graph, 1, &plan, &error), NT_OK);
    assert_int_equal(nt_run_new(plan, weights, NULL, &run, &error), NT_OK);
    nt_feed wrong = {.name = "picture", .data = image}, right = {.name = "image", .data = image};
    assert_int_equal(nt_run_batch(run, &wrong, 1, 1, &error), NT_FAILED);
    assert_string_equal(error.items[0].message, "nothing was fed to the input 'image'");
    assert_int_equal(nt_run_batch(run, &right, 1, 2, &error), NT_FAILED);
    nt_run_free(run);
    nt_plan_free(plan);
    nt_graph_free(graph);
    nt_weights_free(weights);
    nt_network_free(network);
    nt_error_finish(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_nodes_are_one),
        cmocka_unit_test(misfits_say_why),
        cmocka_unit_test(evaluation_folds_and_drops),
        cmocka_unit_test(transposed_convolutions_fold_and_drop),
        cmocka_unit_test(transposed_convolutions_take_other_kernels),
        cmocka_unit_test(zeroing_leaves_constants),
        cmocka_unit_test(ends_are_fused),
        cmocka_unit_test(ends_with_other_readers_are_not_fused),
        cmocka_unit_test(kernels_are_kept),
        cmocka_unit_test(batch_statistics_are_not_folded),
        cmocka_unit_test(sums_are_fused),
        cmocka_unit_test(roles_are_found),
        cmocka_unit_test(places_do_not_overlap),
        cmocka_unit_test(passes_keep_the_values),
        cmocka_unit_test(fusing_keeps_the_bits),
        cmocka_unit_test(batch_statistics_keep_the_bits),
        cmocka_unit_test(an_edit_is_a_zero_kernel),
        cmocka_unit_test(bits_do_not_depend_on_threads_or_batch),
        cmocka_unit_test(deep_graphs_stay_small),
        cmocka_unit_test(feeds_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
