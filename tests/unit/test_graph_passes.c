/* What each pass makes of a graph: the dumped text, exactly. */
#include "support_graph.h"

static void evaluation_folds_and_drops(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *graph = through(network->graph, "dead");
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
    nt_graph *graph = through(network->graph, "dead"), *edited;
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
    graph = through(edited, "dead");
    assert_dump_has(graph, zeroed, sizeof zeroed / sizeof *zeroed);
    nt_graph_free(edited);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* What an edit puts in place of a transposed convolution's kernel is of the kernel's type. */
static void transposed_convolutions_take_other_kernels(void **state) {
    (void)state;
    static const char *const kinds[][2] = {
        {"reinit", ""}, {"rerandomise", ""}, {"noise", "deviation=0.1"}, {"mean", ""}};
    nt_network *network = decoder_network();
    nt_value up = nt_network_layer(network, "up1")->value;
    const nt_node *node = nt_graph_node(network->graph, up.node);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char why[NT_WHY] = "", flaw[NT_FIELD_WHY];
        const nt_ablation *kind = nt_ablation_find(kinds[i][0]);
        nt_edit edit = {up.node, kind,
                        nt_kind_record(&kind->kind, kinds[i][1], &network->arena, flaw)};
        nt_derived_list derived = {0};
        nt_graph *to = nt_graph_new();
        bool mean = kind->needs == NT_NEEDS_CALIBRATION;
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
    graph = through(edited, "dead");
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
    nt_graph *graph = through(network->graph, "fuse_end");
    const char *lines[] = {
        ("%9 = fused_conv2d(%0, %7, %7.1) channels=4 kernel=3 pad=1 activation=relu: Nx4x8x8 # "
         "conv1\n"),
        "%16 = conv2d(%9, %15, %15.1) channels=8 kernel=3 stride=2 pad=1: Nx8x4x4 # conv2\n",
        "%21 = conv2d(%9, %20) channels=8 kernel=1 stride=2 bias=false: Nx8x4x4 # project\n",
        "%22 = fused_conv2d(%16, %21, %17, %18) channels=8 kernel=3 pad=1 plus=true: Nx8x4x4 "};
    assert_dump_has(graph, lines, sizeof lines / sizeof *lines);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* Every activation is fused with its numbers; one with a parameter of its own is not. */
static void activations_are_fused(void **state) {
    static const char *const ops[][3] = {
        {"clamp", "min=-1 max=2", " activation=clamp a=-1 b=2: "},
        {"relu6", "", " activation=clamp b=6: "},
        {"leaky_relu", "slope=0.2", " activation=leaky_relu a=0.2: "},
        {"gelu", "approximate=tanh", " activation=gelu_tanh: "},
        {"softplus", "", " activation=softplus a=1 b=20: "},
        {"prelu", "", "= prelu("},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        nt_network *network = nt_network_new("ends");
        nt_value x, conv, last;
        nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4})),
                             &x);
        conv = append(network, "conv2d", "channels=2 kernel=1 bias=false", &x, 1, "conv");
        last = append(network, ops[i][0], ops[i][1], &conv, 1, "last");
        assert_int_equal(nt_graph_add_output(network->graph, "out", last), NT_OK);
        assert_int_equal(nt_network_seal(network), NT_OK);
        nt_graph *graph = through(network->graph, "fuse_end");
        assert_dump_has(graph, &ops[i][2], 1);
        nt_graph_free(graph);
        nt_network_free(network);
    }
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
    nt_graph *graph = through(network->graph, "fuse_end");
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
    nt_graph *graph = through(network->graph, "keep_kernels");
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
    nt_graph *before = pass_once("evaluation", network->graph, &options);
    nt_graph *graph = pass_once("fuse_sums", before, &options);
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
    nt_graph *again = pass_once("fuse_sums", graph, &options); /* nothing is left to do */
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

/* bn1 and bn2 are added: the first takes the sum, and then the activation, of which there is but
 * one. bn3 is read twice, and keeps its map. Outside training there is no scale to hand on. */
static void norms_are_fused(void **state) {
    (void)state;
    nt_network *network = nt_network_new("norms");
    nt_value x, norm, sides[2], value;
    nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4})), &x);
    sides[0] = append(network, "batch_norm", "", &x, 1, "bn1");
    value = append(network, "relu6", "", &x, 1, "relu6");
    sides[1] = append(network, "batch_norm", "", &value, 1, "bn2");
    value = append(network, "add", "", sides, 2, "add1");
    value = append(network, "leaky_relu", "slope=0.5", &value, 1, "leaky");
    value = append(network, "relu", "", &value, 1, "relu1");
    norm = append(network, "batch_norm", "", &value, 1, "bn3");
    sides[0] = append(network, "relu", "", &norm, 1, "relu2");
    sides[1] = append(network, "sigmoid", "", &norm, 1, "sigmoid");
    value = append(network, "add", "", sides, 2, "add2");
    assert_int_equal(nt_graph_add_output(network->graph, "out", value), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    nt_pass_options options = {.phase = NT_PHASE_GRADIENTS};
    nt_graph *running = pass_once("fuse_norm", network->graph, &options);
    nt_graph *before = pass_once("training", network->graph, &options);
    nt_graph *fused = pass_once("fuse_norm", before, &options);
    nt_graph *graph = pass_once("dead", fused, &options);
    assert_dump(
        graph,
        "%0 = input image: Nx2x4x4\n"
        "%1 = param bn1.weight: 2\n"
        "%2 = param bn1.bias: 2\n"
        "%3 = param bn1.running_mean: 2\n"
        "%4 = param bn1.running_var: 2\n"
        "%5 = batch_norm(%0, %1, %2, %3, %4) statistics=train: Nx2x4x4: 2: 2: 2: 2: 2: 2 # bn1\n"
        "%6 = relu6(%0): Nx2x4x4 # relu6\n"
        "%7 = param bn2.weight: 2\n"
        "%8 = param bn2.bias: 2\n"
        "%9 = param bn2.running_mean: 2\n"
        "%10 = param bn2.running_var: 2\n"
        "%11 = batch_norm(%6, %7, %8, %9, %10) statistics=train: Nx2x4x4: 2: 2: 2: 2: 2: 2 # bn2\n"
        "%12 = fused_batch_norm(%0, %11, %5.5, %5.6) activation=leaky_relu a=0.5: Nx2x4x4 # bn1\n"
        "%13 = relu(%12): Nx2x4x4 # relu1\n"
        "%14 = param bn3.weight: 2\n"
        "%15 = param bn3.bias: 2\n"
        "%16 = param bn3.running_mean: 2\n"
        "%17 = param bn3.running_var: 2\n"
        "%18 = batch_norm(%13, %14, %15, %16, %17) statistics=train: Nx2x4x4: 2: 2: 2: 2: 2: 2 # "
        "bn3\n"
        "%19 = relu(%18): Nx2x4x4 # relu2\n"
        "%20 = sigmoid(%18): Nx2x4x4 # sigmoid\n"
        "%21 = add(%19, %20): Nx2x4x4 # add2\n"
        "out = %21\n");
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(network->graph, &text);
    assert_dump(running, text.bytes);
    nt_text_finish(&text);
    nt_graph_free(running);
    nt_graph_free(before);
    nt_graph_free(fused);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* Where a unit's residual branch is gone, its relu stands on that of the unit before. */
static void relus_are_merged(void **state) {
    (void)state;
    nt_network *network = nt_network_new("relus");
    nt_value x, first, second, sides[2], sum;
    nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4})), &x);
    first = append(network, "relu", "", &x, 1, "relu1");
    second = append(network, "relu", "", &first, 1, "relu2");
    sides[0] = first;
    sides[1] = append(network, "relu", "", &second, 1, "relu3");
    sum = append(network, "add", "", sides, 2, "add");
    assert_int_equal(nt_graph_add_output(network->graph, "out", sum), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    const char *merged = "%0 = input image: Nx2x4x4\n"
                         "%1 = relu(%0): Nx2x4x4 # relu1\n"
                         "%2 = add(%1, %1): Nx2x4x4 # add\n"
                         "out = %2\n";
    nt_graph *graph = through(network->graph, "merge_relu");
    assert_dump(graph, merged);
    nt_graph_free(graph);
    graph = passed(network->graph, &(nt_pass_options){0});
    assert_dump(graph, merged);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* A clamp by other limits is another function. */
static void equal_clamps_are_merged(void **state) {
    (void)state;
    nt_network *network = nt_network_new("clamps");
    nt_value x, last;
    nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4})), &x);
    last = append(network, "clamp", "max=6", &x, 1, "a");
    last = append(network, "clamp", "max=6", &last, 1, "b");
    last = append(network, "clamp", "max=5", &last, 1, "c");
    last = append(network, "relu", "", &last, 1, "d");
    last = append(network, "silu", "", &last, 1, "e");
    last = append(network, "silu", "", &last, 1, "f");
    assert_int_equal(nt_graph_add_output(network->graph, "out", last), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    nt_graph *graph = through(network->graph, "merge_relu");
    assert_dump(graph, "%0 = input image: Nx2x4x4\n"
                       "%1 = clamp(%0) max=6: Nx2x4x4 # a\n"
                       "%2 = clamp(%1) max=5: Nx2x4x4 # c\n"
                       "%3 = relu(%2): Nx2x4x4 # d\n"
                       "%4 = silu(%3): Nx2x4x4 # e\n"
                       "%5 = silu(%4): Nx2x4x4 # f\n"
                       "out = %5\n");
    nt_graph_free(graph);
    nt_network_free(network);
}

/* Kernels of what is no longer computed are left to a later pass. */
static void zeros_go_through(void **state) {
    (void)state;
    nt_network *network = series_network();
    int32_t nodes[] = {nt_network_layer(network, "a")->value.node,
                       nt_network_layer(network, "d")->value.node};
    const nt_pass_options options = {0};
    nt_graph *edited, *meant, *graph, *left;
    assert_int_equal(edit_zero(network->graph, nodes, 2, &edited), NT_OK);
    meant = pass_once("evaluation", edited, &options);
    graph = pass_once("zeros", meant, &options);
    assert_dump(graph, "%0 = input image: Nx3x8x8\n"
                       "%1 = param stem.weight: 4x3x3x3\n"
                       "%2 = param stem.bias: 4\n"
                       "%3 = conv2d(%0, %1, %2) channels=4 kernel=3 pad=1: Nx4x8x8 # stem\n"
                       "%4 = relu(%3): Nx4x8x8 # relu0\n"
                       "%5 = constant() shape=[4,8,8]: 4x8x8 # a\n"
                       "%6 = param b.weight: 4x4x3x3\n"
                       "%7 = param c.weight: 4x4x3x3\n"
                       "%8 = add(%5, %4): Nx4x8x8 # add1\n"
                       "%9 = relu(%8): Nx4x8x8 # relu2\n"
                       "%10 = param e.weight: 4x4x3x3\n"
                       "%11 = param bn1.weight: 4\n"
                       "%12 = param bn1.bias: 4\n"
                       "%13 = param bn1.running_mean: 4\n"
                       "%14 = param bn1.running_var: 4\n"
                       "%15 = batch_norm(%5, %11, %12, %13, %14): 4x8x8 # bn1\n"
                       "%16 = add(%15, %9): Nx4x8x8 # add2\n"
                       "%17 = global_avg_pool(%16): Nx4 # pool2\n"
                       "%18 = param fc.weight: 5x4\n"
                       "%19 = param fc.bias: 5\n"
                       "%20 = linear(%17, %18, %19) features=5: Nx5 # fc\n"
                       "logits = %20\n");
    left = pass_once("add_zero", graph, &options);
    assert_dump_has(left, (const char *[]){" = relu(%4): Nx4x8x8 # relu2\n"}, 1);
    nt_graph_free(left);
    nt_graph_free(graph);
    nt_graph_free(meant);
    nt_graph_free(edited);
    nt_network_free(network);
}

/* A bias is no zero, nor is what a sigmoid makes; a product with what depends on the image may be
 * no number. Of three in a sum the others stay. */
static void zeros_end(void **state) {
    (void)state;
    nt_network *network = nt_network_new("ends");
    nt_value x, zero, sides[3], parts[4];
    nt_network_add_input(network, "image", nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4})), &x);
    zero = append(network, "constant", "shape=[2,4,4]", NULL, 0, "zero");
    sides[0] = zero;
    sides[1] = append(network, "sigmoid", "", &zero, 1, "half");
    parts[0] = append(network, "mul", "", sides, 2, "none");
    sides[1] = x;
    parts[1] = append(network, "mul", "", sides, 2, "product");
    parts[2] = append(network, "conv2d", "channels=2 kernel=1", &zero, 1, "biased");
    parts[3] = append(network, "clamp", "min=1", &zero, 1, "one");
    x = append(network, "add", "", parts, 4, "sum");
    assert_int_equal(nt_graph_add_output(network->graph, "out", x), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    nt_graph *zeros = pass_once("zeros", network->graph, &(nt_pass_options){0});
    nt_graph *graph = pass_once("add_zero", zeros, &(nt_pass_options){0});
    assert_dump(graph, "%0 = input image: Nx2x4x4\n"
                       "%1 = constant() shape=[2,4,4]: 2x4x4 # zero\n"
                       "%2 = mul(%1, %0): Nx2x4x4 # product\n"
                       "%3 = param biased.weight: 2x2x1x1\n"
                       "%4 = param biased.bias: 2\n"
                       "%5 = conv2d(%1, %3, %4) channels=2 kernel=1: 2x4x4 # biased\n"
                       "%6 = clamp(%1) min=1: 2x4x4 # one\n"
                       "%7 = add(%2, %5, %6): Nx2x4x4 # sum\n"
                       "out = %7\n");
    nt_graph_free(zeros);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* A sum of a vector of zeros and one value would be the wrong shape without the vector. */
static void a_sum_keeps_its_shape(void **state) {
    (void)state;
    nt_network *network = nt_network_new("shapes");
    nt_value x, sides[2];
    nt_network_add_input(network, "image", nt_type_map(nt_shape_of(1, (int32_t[]){1})), &x);
    sides[0] = append(network, "constant", "shape=[6]", NULL, 0, "zero");
    sides[1] = x;
    x = append(network, "add", "", sides, 2, "sum");
    assert_int_equal(nt_graph_add_output(network->graph, "out", x), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    nt_graph *graph = passed(network->graph, &(nt_pass_options){0});
    assert_dump_has(graph, (const char *[]){" = add(%1, %0): Nx6 # sum\n"}, 1);
    nt_graph_free(graph);
    nt_network_free(network);
}

/* Which of several in series is zeroed makes no difference, nor whether the branch is dropped. */
static void one_function_is_one_node(void **state) {
    (void)state;
    static const char *const edits[][2] = {{"zero", "a"},    {"zero", "b"}, {"zero", "c"},
                                           {"drop", "add1"}, {"zero", "d"}, {"zero", "e"}};
    nt_network *network = series_network();
    nt_graph *together = nt_graph_new();
    nt_derived_list derived = {0};
    char why[NT_WHY];
    int32_t made[6];
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        nt_edit edit = {.node = nt_network_layer(network, edits[i][1])->value.node,
                        .kind = nt_ablation_find(edits[i][0])};
        assert_int_equal(nt_edit_into(network->graph, &edit, 1, together, "case", &derived, why),
                         NT_OK);
    }
    nt_graph *graph = passed(together, &(nt_pass_options){0});
    for (int32_t i = 0; i < 6; i++)
        made[i] = nt_graph_output(graph, i)->value.node;
    assert_true(made[1] == made[0] && made[2] == made[0] && made[3] == made[0]);
    assert_true(made[5] == made[4] && made[4] != made[0]);
    nt_derived_list_finish(&derived);
    nt_graph_free(graph);
    nt_graph_free(together);
    nt_network_free(network);
}

/* With `plain` no pass runs but those that say what the phase means. */
static void plain_is_what_is_meant(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *meant = pass_once("evaluation", network->graph, &(nt_pass_options){0});
    nt_graph *graph = passed(network->graph, &(nt_pass_options){.plain = true});
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(meant, &text);
    assert_dump(graph, text.bytes);
    assert_null(strstr(text.bytes, "algorithm=direct"));
    nt_graph_free(graph);
    graph = passed(network->graph, &(nt_pass_options){.plain = true, .conv = NT_CONV_DIRECT});
    assert_dump_has(graph, (const char *[]){"pad=1 algorithm=direct: Nx4x8x8 # conv1"}, 1);
    nt_graph_free(graph);
    graph = passed(network->graph, &(nt_pass_options){.phase = NT_PHASE_FORWARD});
    assert_dump_has(graph, (const char *[]){"statistics=train: ", "dropout("}, 2);
    nt_graph_free(graph);
    nt_text_finish(&text);
    nt_graph_free(meant);
    nt_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluation_folds_and_drops),
        cmocka_unit_test(transposed_convolutions_fold_and_drop),
        cmocka_unit_test(transposed_convolutions_take_other_kernels),
        cmocka_unit_test(zeroing_leaves_constants),
        cmocka_unit_test(ends_are_fused),
        cmocka_unit_test(activations_are_fused),
        cmocka_unit_test(ends_with_other_readers_are_not_fused),
        cmocka_unit_test(kernels_are_kept),
        cmocka_unit_test(batch_statistics_are_not_folded),
        cmocka_unit_test(sums_are_fused),
        cmocka_unit_test(norms_are_fused),
        cmocka_unit_test(relus_are_merged),
        cmocka_unit_test(equal_clamps_are_merged),
        cmocka_unit_test(zeros_go_through),
        cmocka_unit_test(zeros_end),
        cmocka_unit_test(a_sum_keeps_its_shape),
        cmocka_unit_test(one_function_is_one_node),
        cmocka_unit_test(plain_is_what_is_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
