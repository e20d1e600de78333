/* The networks that are shipped: their sizes are torchvision's, their variants load, and what they
 * resolve to loads as the same graph. */
#include "test_network_support.h"

#include "gradient.h"
#include "weights.h"
#include <stdio.h>

static nt_network *load_graph(const char *name, const nt_setting *settings, int count) {
    char path[4096];
    snprintf(path, sizeof path, GRAPHS "/%s.yaml", name);
    nt_network *network = NULL;
    nt_error error;
    nt_error_init(&error);
    if (nt_network_load(path, settings, count, &network, &error) != NT_OK)
        assert_errors(&error, "");
    nt_error_finish(&error);
    return network;
}

static int count_ops(const nt_network *network, const char *op) {
    int count = 0;
    for (size_t i = 0; i < network->layer_count; i++)
        count +=
            strcmp(nt_graph_node(network->graph, network->layers[i].value.node)->op->name, op) == 0;
    return count;
}

static nt_shape shape_of(const nt_network *network, const char *layer) {
    const nt_layer *found = nt_network_layer(network, layer);
    assert_non_null(found);
    return nt_graph_type(network->graph, found->value)->shape;
}

static void assert_shape(const nt_network *network, const char *layer, const char *expected) {
    char text[NT_SHAPE_TEXT];
    assert_string_equal(nt_shape_format(shape_of(network, layer), text), expected);
}

static void test_resnet34(void **state) {
    (void)state;
    nt_network *network = load_graph("resnet34", NULL, 0);
    assert_string_equal(network->name, "resnet34");
    assert_int_equal(nt_network_parameters(network), 21289802);
    assert_int_equal(network->state_count, 218);
    assert_int_equal(count_ops(network, "conv2d"), 36);
    static const char *const names[] = {"conv1.weight",
                                        "bn1.running_mean",
                                        "bn1.num_batches_tracked",
                                        "layer1.0.conv1.weight",
                                        "layer1.2.bn2.bias",
                                        "layer2.0.downsample.0.weight",
                                        "layer2.0.downsample.1.running_var",
                                        "layer3.5.conv2.weight",
                                        "layer4.2.bn1.weight",
                                        "fc.weight",
                                        "fc.bias"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(nt_network_state(network, names[i]));
    assert_null(nt_network_layer(network, "layer1.0.downsample.0"));
    assert_shape(network, "conv1", "64x16x16");
    assert_shape(network, "maxpool", "64x8x8");
    assert_shape(network, "layer4.2.relu2", "512x1x1");
    assert_shape(network, "fc", "10");
    int fd = 0, shortcuts = 0;
    for (size_t i = 0; i < network->layer_count; i++) {
        fd += network->layers[i].fd;
        shortcuts += network->layers[i].shortcut;
    }
    assert_int_equal(fd, 7);
    assert_int_equal(shortcuts, 3);
    assert_string_equal(nt_network_layer(network, "layer3.4.conv1")->stage, "layer3");
    assert_string_equal(nt_network_layer(network, "layer3.4.conv1")->block, "layer3.4");
    assert_string_equal(nt_network_layer(network, "layer2.0.downsample.0")->kind, "basic");
    nt_network_free(network);
}

static void test_stems(void **state) {
    (void)state;
    const nt_setting pool = {"stem", "pool"}, cifar = {"stem", "cifar"}, bad = {"stem", "none"};
    nt_network *network = load_graph("resnet34", &pool, 1);
    assert_shape(network, "conv1", "64x32x32");
    assert_shape(network, "maxpool", "64x16x16");
    assert_shape(network, "layer4.2.relu2", "512x2x2");
    nt_network_free(network);
    network = load_graph("resnet34", &cifar, 1);
    assert_null(nt_network_layer(network, "maxpool"));
    assert_shape(network, "layer1.0.conv1", "64x32x32");
    assert_shape(network, "layer4.2.relu2", "512x4x4");
    assert_int_equal(nt_network_parameters(network), 21289802 - 64 * 3 * (49 - 9));
    nt_network_free(network);

    nt_error error;
    nt_error_init(&error);
    assert_int_equal(nt_network_load(GRAPHS "/resnet34.yaml", &bad, 1, &network, &error),
                     NT_INVALID);
    assert_errors(&error,
                  "--set:1:6: error: stem must be one of imagenet, pool, cifar, not 'none'\n"
                  "     1 | stem=none\n"
                  "       |      ^~~~\n");
    nt_error_finish(&error);
}

static void test_resnet18(void **state) {
    (void)state;
    const nt_setting classes = {"classes", "1000"}, size = {"size", "224"};
    const nt_setting imagenet[] = {classes, size};
    nt_network *network = load_graph("resnet18", imagenet, 2);
    assert_int_equal(nt_network_parameters(network), 11689512); /* as torchvision says */
    assert_int_equal(network->state_count, 122);
    assert_int_equal(count_ops(network, "conv2d"), 20);
    assert_shape(network, "layer4.1.relu2", "512x7x7");
    nt_network_free(network);
}

static void test_resnet8(void **state) {
    (void)state;
    const nt_setting grey[] = {{"size", "28"}, {"image_channels", "1"}};
    nt_network *network = load_graph("resnet8", NULL, 0);
    assert_int_equal(count_ops(network, "conv2d"), 9);
    assert_shape(network, "layer3.0.relu2", "64x8x8");
    nt_network_free(network);
    network = load_graph("resnet8", grey, 2);
    assert_shape(network, "conv1", "16x28x28");
    assert_shape(network, "layer3.0.relu2", "64x7x7");
    nt_network_free(network);
}

static void assert_resolves(const char *name, const nt_setting *settings, int count) {
    nt_network *network = load_graph(name, settings, count), *again = NULL;
    nt_text flat, flat_again, dump, dump_again;
    nt_text_init(&flat);
    nt_text_init(&flat_again);
    nt_text_init(&dump);
    nt_text_init(&dump_again);
    assert_int_equal(nt_network_resolve(network, &flat), NT_OK);
    again = load(flat.bytes);
    assert_int_equal(nt_network_resolve(again, &flat_again), NT_OK);
    assert_string_equal(flat.bytes, flat_again.bytes);
    nt_graph_dump(network->graph, &dump);
    nt_graph_dump(again->graph, &dump_again);
    assert_true(dump.length > 100);
    assert_string_equal(dump.bytes, dump_again.bytes);
    assert_int_equal(network->state_count, again->state_count);
    nt_text_finish(&flat);
    nt_text_finish(&flat_again);
    nt_text_finish(&dump);
    nt_text_finish(&dump_again);
    nt_network_free(network);
    nt_network_free(again);
}

static void test_resolve(void **state) {
    (void)state;
    const nt_setting cifar = {"stem", "cifar"};
    assert_resolves("resnet34", NULL, 0);
    assert_resolves("resnet34", &cifar, 1);
    assert_resolves("resnet18", NULL, 0);
    assert_resolves("resnet8", NULL, 0);
}

/* What is hard to write down: names, texts, numbers with all their digits, types, tags, shared
 * nodes. */
static void test_resolve_corners(void **state) {
    (void)state;
    nt_network *network = load(
        "version: 1\ngraph: 'a \"b\" \\ $$c'\n"
        "inputs: {x: [4], y: {shape: [2, 3, 3], dtype: float32}, z: {shape: [1], dtype: int32}}\n"
        "nodes:\n"
        "  a: {op: batch_norm, from: y, eps: 1.0000000000000003e-05, tags: ['q\"', two]}\n"
        "  b: {op: conv2d, channels: 2, kernel: [1, 3], pad: [0, 1], from: a}\n"
        "  c: {op: relu}\n"
        "  d: {op: relu, from: b}\n"
        "  e: {op: add, from: [c, d]}\n"
        "  f: {op: dropout, probability: 0.1}\n"
        "outputs: {'out $1': f, b: b}\n");
    nt_text flat, dump, dump_again;
    nt_text_init(&flat);
    nt_text_init(&dump);
    nt_text_init(&dump_again);
    assert_int_equal(nt_network_resolve(network, &flat), NT_OK);
    assert_string_equal(
        flat.bytes,
        "version: 1\n"
        "graph: \"a \\\"b\\\" \\\\ $$c\"\n"
        "inputs:\n"
        "  x: {shape: [4]}\n"
        "  y: {shape: [2, 3, 3]}\n"
        "  z: {shape: [1], dtype: int32}\n"
        "nodes:\n"
        "  \"a\": {op: batch_norm, from: [\"y\"], eps: 1.0000000000000003e-05, tags: [\"q\\\"\", "
        "\"two\"]}\n"
        "  \"b\": {op: conv2d, from: [\"a\"], channels: 2, kernel: [1,3], pad: [0,1]}\n"
        "  \"c\": {op: relu, from: [\"b\"]}\n"
        "  \"d\": {op: relu, from: [\"b\"]}\n"
        "  \"e\": {op: add, from: [\"c\", \"c\"]}\n"
        "  \"f\": {op: dropout, from: [\"e\"], probability: 0.1}\n"
        "outputs:\n"
        "  \"out $1\": \"f\"\n"
        "  \"b\": \"b\"\n");
    nt_network *again = load(flat.bytes);
    nt_graph_dump(network->graph, &dump);
    nt_graph_dump(again->graph, &dump_again);
    assert_string_equal(dump.bytes, dump_again.bytes);
    assert_string_equal(network->name, again->name);
    nt_text_finish(&flat);
    nt_text_finish(&dump);
    nt_text_finish(&dump_again);
    nt_network_free(network);
    nt_network_free(again);
}

/* A small SegNet: places go past the network as integers, of which there is no gradient. */
static void test_pool_indices(void **state) {
    (void)state;
    nt_network *network =
        load("version: 1\ngraph: segnet\ninput: [3, 9, 8]\n"
             "nodes:\n"
             "  enc1:  {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
             "  pool1: {op: max_pool, kernel: 2, indices: true}\n"
             "  enc2:  {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
             "  pool2: {op: max_pool, kernel: 2, indices: true}\n"
             "  up2:   {op: max_unpool, kernel: 2, from: [pool2, pool2.indices, pool1]}\n"
             "  dec2:  {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
             "  up1:   {op: max_unpool, kernel: 2, from: [dec2, pool1.indices, enc1]}\n"
             "  dec1:  {op: conv2d, channels: 1, kernel: 3, pad: 1}\n"
             "  mean:  {op: global_avg_pool}\n");
    nt_graph *graph = network->graph;
    nt_text dump, flat;
    nt_error error;
    nt_value weights[4];
    int found = 0;
    nt_text_init(&dump);
    nt_text_init(&flat);
    nt_error_init(&error);
    assert_shape(network, "up2", "4x4x4");
    assert_shape(network, "up1", "4x9x8");
    for (int32_t i = 0; i < nt_graph_size(graph); i++)
        if (strcmp(nt_graph_node(graph, i)->op->name, "param") == 0 &&
            strstr(nt_graph_node(graph, i)->name, ".weight"))
            weights[found++] = (nt_value){.node = i};
    assert_int_equal(found, 4);
    nt_value loss = nt_graph_output(graph, 0)->value;
    assert_int_equal(nt_graph_differentiate(graph, loss, weights, 4, weights, &error), NT_OK);
    assert_null(nt_graph_flaw(graph));
    nt_graph_dump(graph, &dump);
    const char *first = strstr(dump.bytes, "max_unpool_gradient(");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "max_unpool_gradient("));
    /* a pool's gradient reads its input and the gradient of its largest elements, no other */
    const char *pool = strstr(dump.bytes, "max_pool_gradient(");
    assert_non_null(pool);
    int commas = 0;
    for (; *pool != ')'; pool++)
        commas += *pool == ',';
    assert_int_equal(commas, 1);
    nt_error_finish(&error);
    nt_text_finish(&dump);
    nt_text_finish(&flat);
    nt_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resnet34),     cmocka_unit_test(test_stems),
        cmocka_unit_test(test_resnet18),     cmocka_unit_test(test_resnet8),
        cmocka_unit_test(test_resolve),      cmocka_unit_test(test_resolve_corners),
        cmocka_unit_test(test_pool_indices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
