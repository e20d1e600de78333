/* The networks that are shipped: their sizes are torchvision's, their variants load, and what they
 * resolve to loads as the same graph. */
#include "support_yaml.h"

#include "gradient.h"
#include "scheduler.h"
#include "weights.h"
#include <stdio.h>
#include <time.h>

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
        count += strcmp(nt_graph_node(network->graph, network->layers[i].value.node)->op->kind.name,
                        op) == 0;
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

/* Elements and layers, where torchvision has the network as there; U-Net's as milesial's. */
static void test_sizes(void **state) {
    (void)state;
    static const struct {
        const char *graph;
        nt_setting settings[3];
        int count, convolutions, transposed;
        int64_t parameters;
    } cases[] = {
        {"resnet50", {{"classes", "1000"}, {"size", "224"}}, 2, 53, 0, 25557032},
        {"plain34", {{"classes", "10"}}, 1, 33, 0, 21115978},
        {"vgg16",
         {{"head", "imagenet"}, {"classes", "1000"}, {"size", "224"}},
         3,
         13,
         0,
         138365992},
        {"vgg16", {{"head", "cifar"}}, 1, 13, 0, 14728266},
        {"unet", {{"up", "transposed"}}, 1, 19, 4, 31036546},
        {"unet", {{"up", "bilinear"}}, 1, 19, 0, 17261890},
        {"segnet", {{"size", "128"}}, 1, 26, 0, 29443010},
        {"pspnet-resnet34", {{"dilated", "true"}}, 1, 44, 0, 26853060},
        {"pspnet-resnet34", {{"dilated", "false"}}, 1, 44, 0, 26853060},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nt_network *network = load_graph(cases[i].graph, cases[i].settings, cases[i].count);
        assert_int_equal(count_ops(network, "conv2d"), cases[i].convolutions);
        assert_int_equal(count_ops(network, "conv_transpose2d"), cases[i].transposed);
        assert_int_equal(nt_network_parameters(network), cases[i].parameters);
        nt_network_free(network);
    }
}

/* An eighth of the image with dilation, a thirty-second without. */
static void test_pspnet(void **state) {
    (void)state;
    const nt_setting strided = {"dilated", "false"};
    nt_network *network = load_graph("pspnet-resnet34", NULL, 0);
    assert_shape(network, "layer2.3.relu2", "128x16x16");
    assert_shape(network, "layer4.2.relu2", "512x16x16");
    assert_shape(network, "ppm.features.3.0", "512x6x6");
    assert_shape(network, "ppm.features.concat", "1024x16x16");
    assert_shape(network, "output", "2x128x128");
    assert_shape(network, "aux_output", "2x128x128");
    assert_string_equal(nt_graph_output(network->graph, 0)->name, "output");
    assert_string_equal(nt_graph_output(network->graph, 1)->name, "aux");
    assert_true(nt_network_layer(network, "aux.0")->auxiliary);
    assert_false(nt_network_layer(network, "layer3.5.conv2")->auxiliary);
    nt_network_free(network);
    network = load_graph("pspnet-resnet34", &strided, 1);
    assert_shape(network, "layer4.2.relu2", "512x4x4");
    assert_shape(network, "output", "2x128x128");
    nt_network_free(network);
}

/* Sizes that can't be halved four or five times. */
static void test_odd_sizes(void **state) {
    (void)state;
    const nt_setting odd[] = {{"size", "90"}, {"up", "bilinear"}};
    nt_network *network = load_graph("unet", odd, 1);
    assert_shape(network, "up1.up", "512x10x10");
    assert_shape(network, "up1.pad.like", "512x11x11");
    assert_null(nt_network_layer(network, "up4.pad.like"));
    assert_shape(network, "outc.conv", "2x90x90");
    nt_network_free(network);
    network = load_graph("unet", odd, 2);
    assert_shape(network, "up1.bilinear", "512x10x10");
    assert_shape(network, "outc.conv", "2x90x90");
    nt_network_free(network);
    network = load_graph("segnet", odd, 1);
    assert_shape(network, "upsample2.odd.unpool", "128x45x45");
    assert_shape(network, "upsample1.even.unpool", "64x90x90");
    assert_shape(network, "conv1_1_D", "2x90x90");
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
    const nt_setting imagenet = {"head", "imagenet"}, odd = {"size", "90"};
    assert_resolves("resnet50", NULL, 0);
    assert_resolves("plain34", NULL, 0);
    assert_resolves("vgg16", &imagenet, 1);
    assert_resolves("unet", &odd, 1);
    assert_resolves("segnet", &odd, 1);
    assert_resolves("pspnet-resnet34", NULL, 0);
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
        if (strcmp(nt_graph_node(graph, i)->op->kind.name, "param") == 0 &&
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

/* --- running ---------------------------------------------------------------------------------- */

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A network with its plan and a run of it. */
typedef struct running {
    nt_network *network;
    nt_weights *weights;
    nt_plan *plan;
    nt_run *run;
    nt_error error;
} running;

static void start(running *r, const char *text, int32_t batch) {
    *r = (running){.network = load(text)};
    nt_error_init(&r->error);
    assert_int_equal(nt_weights_new(r->network, &r->weights), NT_OK);
    assert_int_equal(nt_plan_new(r->network->graph, batch, &r->plan, &r->error), NT_OK);
}

/* Once the weights are what they are to be. */
static void run(running *r, const nt_feed *feeds, int feed_count, int32_t count) {
    assert_int_equal(nt_run_new(r->plan, nt_weights_bind(r->weights, NULL), &r->run, &r->error),
                     NT_OK);
    assert_int_equal(nt_run_batch(r->run, feeds, feed_count, count, &r->error), NT_OK);
}

static void stop(running *r) {
    nt_run_free(r->run);
    nt_plan_free(r->plan);
    nt_weights_free(r->weights);
    nt_network_free(r->network);
    nt_error_finish(&r->error);
}

/* Two inputs of different shapes, three outputs, one of them in the middle of the graph. */
static void test_several_inputs_and_outputs(void **state) {
    (void)state;
    enum { SAMPLES = 2, PLACES = 6, CHANNELS = 2 };
    running r;
    float image[SAMPLES * PLACES * CHANNELS], gain[SAMPLES * CHANNELS];
    start(&r,
          "version: 1\ngraph: net\n"
          "inputs: {image: [2, 2, 3], gain: [2, 1, 1]}\n"
          "nodes:\n"
          "  scaled: {op: mul, from: [image, gain]}\n"
          "  sum:    {op: add, from: [scaled, image]}\n"
          "  mean:   {op: global_avg_pool}\n"
          "outputs: {means: mean, early: scaled, sum: sum}\n",
          SAMPLES);
    for (int i = 0; i < SAMPLES * PLACES * CHANNELS; i++)
        image[i] = (float)(i * i % 17) - 5;
    for (int i = 0; i < SAMPLES * CHANNELS; i++)
        gain[i] = (float)(i + 2);
    const nt_feed feeds[] = {{"gain", gain}, {"image", image}};
    run(&r, feeds, 2, SAMPLES);
    static const char *const names[] = {"means", "early", "sum"};
    for (int32_t i = 0; i < 3; i++)
        assert_string_equal(nt_graph_output(r.network->graph, i)->name, names[i]);
    for (int n = 0; n < SAMPLES; n++)
        for (int c = 0; c < CHANNELS; c++) {
            float total = 0;
            for (int p = 0; p < PLACES; p++) {
                int at = (n * PLACES + p) * CHANNELS + c;
                float scaled = image[at] * gain[n * CHANNELS + c];
                assert_true(nt_run_output(r.run, 1).f[at] == scaled);
                assert_true(nt_run_output(r.run, 2).f[at] == scaled + image[at]);
                total += scaled + image[at];
            }
            assert_float_equal(nt_run_output(r.run, 0).f[n * CHANNELS + c], total / PLACES, 1e-5);
        }
    stop(&r);
}

/* A thousand nodes in a row. Each convolution exchanges the two channels, so that after an even
 * number of them the image is as it was; memory does not grow with the depth. */
static void test_a_thousand_nodes(void **state) {
    (void)state;
    enum { PLACES = 64, CHANNELS = 2, FLOATS = PLACES * CHANNELS };
    running r;
    float image[FLOATS];
    double begun = seconds();
    start(&r,
          "version: 1\ngraph: deep\ninput: [2, 8, 8]\n"
          "nodes:\n"
          "  $i:\n"
          "    repeat: {i: '1..500'}\n"
          "    nodes:\n"
          "      conv: {op: conv2d, channels: 2, kernel: 1, bias: false}\n"
          "      relu: {op: relu}\n",
          1);
    double planned = seconds();
    assert_int_equal(r.network->layer_count, 1000);
    assert_int_equal(r.network->state_count, 500);
    assert_true(r.plan->alive_size <= 3 * sizeof image);
    for (size_t i = 0; i < r.network->state_count; i++) {
        static const float exchange[] = {0, 1, 1, 0}; /* [out][in] */
        nt_tensor_from_rows(r.network->states[i].type, exchange, nt_weights_at(r.weights, i).f);
    }
    for (int i = 0; i < FLOATS; i++)
        image[i] = (float)(i % 29);
    const nt_feed feed = {"input", image};
    run(&r, &feed, 1, 1);
    double ran = seconds();
    assert_memory_equal(nt_run_output(r.run, 0).f, image, sizeof image);
    print_message("loaded and planned in %.3f s, ran in %.3f s\n", planned - begun, ran - planned);
    assert_true(ran - begun < 10); /* of a sanitizer's build, on a busy machine */
    stop(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resnet34),
        cmocka_unit_test(test_stems),
        cmocka_unit_test(test_resnet18),
        cmocka_unit_test(test_resnet8),
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_resolve_corners),
        cmocka_unit_test(test_pool_indices),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_pspnet),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_several_inputs_and_outputs),
        cmocka_unit_test(test_a_thousand_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
