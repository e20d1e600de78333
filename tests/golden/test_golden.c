/* Held against PyTorch: the fixtures beside this file, made by make_fixtures.py. */
#include "alloc.h"
#include "edit.h"
#include "evaluation.h"
#include "network_file.h"
#include "npy.h"
#include "parallel.h"
#include "safetensors.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A network with its weights and images, ready to be measured. */
typedef struct bench {
    nt_error error;
    nt_network *network;
    nt_weights *weights;
    nt_dataset *dataset;
    nt_loader *loader;
    int32_t count, classes;
} bench;

static void must(bench *b, nt_status status) {
    if (status == NT_OK)
        return;
    nt_text text;
    nt_text_init(&text);
    nt_error_format(&b->error, false, &text);
    fail_msg("%s", text.bytes);
}

static void open_bench(bench *b, const char *graph, const char *weights, const char *images,
                       int32_t limit) {
    memset(b, 0, sizeof *b);
    nt_error_init(&b->error);
    must(b, nt_network_load(graph, NULL, 0, &b->network, &b->error));
    must(b, nt_weights_new(b->network, &b->weights));
    must(b, nt_safetensors_read(weights, b->weights, NULL, &b->error));
    must(b, nt_dataset_open(nt_data_find("cifar10"), NULL, images, NULL, &b->dataset, &b->error));
    must(b, nt_loader_new(b->dataset, NT_TEST, &(nt_loading){.select.first = limit}, &b->loader,
                          &b->error));
    b->count = nt_loader_count(b->loader);
    b->classes = nt_dataset_info(b->dataset)->classes;
}

static void close_bench(bench *b) {
    nt_loader_free(b->loader);
    nt_dataset_free(b->dataset);
    nt_weights_free(b->weights);
    nt_network_free(b->network);
    nt_error_finish(&b->error);
}

/* The logits of `graph`, with every optimisation, or with none. */
static void find_logits(bench *b, const nt_graph *graph, int32_t batch, bool plain, float *ret) {
    const nt_evaluation evaluation = {.batch = batch, .passes = {.plain = plain}};
    nt_outcome outcome;
    must(b, nt_evaluate(graph, b->weights, b->loader, &evaluation, &outcome, NULL, ret, &b->error));
}

static double distance(const float *found, const float *expected, int32_t count) {
    double difference = 0, size = 0;
    for (int32_t i = 0; i < count; i++) {
        difference += pow((double)found[i] - expected[i], 2);
        size += pow(expected[i], 2);
    }
    assert_true(size > 0);
    return sqrt(difference / size);
}

static void read_expected(bench *b, const char *path, int32_t rows, float **ret) {
    int32_t found_rows, columns;
    must(b, nt_npy_read(path, &found_rows, &columns, ret, &b->error));
    assert_int_equal(found_rows, rows);
    assert_int_equal(columns, b->classes);
}

static void free_floats(float *values, int32_t count) {
    nt_free(values, (size_t)count * sizeof *values);
}

static float *new_floats(int32_t count) {
    float *values = nt_alloc((size_t)count * sizeof *values);
    assert_non_null(values);
    return values;
}

static nt_graph *zeroed(const bench *b, const char *name) {
    const nt_edit edit = {.node = nt_network_layer(b->network, name)->value.node,
                          .kind = nt_ablation_find("zero")};
    nt_derived_list none = {0};
    char why[NT_WHY];
    nt_graph *graph = nt_graph_new();
    assert_non_null(graph);
    assert_int_equal(nt_edit_into(b->network->graph, &edit, 1, graph, "out", &none, why), NT_OK);
    return graph;
}

static void resnet8_gives_pytorchs_logits(void **state) {
    (void)state;
    bench b;
    float *expected;
    open_bench(&b, GRAPHS "/resnet8.yaml", GOLDEN "/resnet8.safetensors", GOLDEN "/blobs", 0);
    int32_t size = b.count * b.classes;
    float *found = new_floats(size);
    read_expected(&b, GOLDEN "/resnet8-logits.npy", b.count, &expected);
    for (int plain = 0; plain < 2; plain++) {
        find_logits(&b, b.network->graph, 5, plain, found);
        assert_true(distance(found, expected, size) < 1e-5);
    }
    free_floats(expected, size);
    free_floats(found, size);
    close_bench(&b);
}

/* Rows of the fixture: for each convolution in turn, the logits with its kernel zeroed. */
static void resnet8_zeroed_gives_pytorchs_logits(void **state) {
    (void)state;
    bench b;
    float *expected;
    int32_t convolutions = 0;
    open_bench(&b, GRAPHS "/resnet8.yaml", GOLDEN "/resnet8.safetensors", GOLDEN "/blobs", 0);
    int32_t size = b.count * b.classes;
    float *found = new_floats(size);
    read_expected(&b, GOLDEN "/resnet8-zeroed-logits.npy", 9 * b.count, &expected);
    for (size_t l = 0; l < b.network->layer_count; l++) {
        const nt_layer *layer = &b.network->layers[l];
        if (strcmp(nt_graph_node(b.network->graph, layer->value.node)->op->kind.name, "conv2d") !=
            0)
            continue;
        nt_graph *graph = zeroed(&b, layer->name);
        find_logits(&b, graph, 16, false, found);
        assert_true(distance(found, expected + convolutions++ * size, size) < 1e-5);
        nt_graph_free(graph);
    }
    assert_int_equal(convolutions, 9);
    free_floats(expected, 9 * size);
    free_floats(found, size);
    close_bench(&b);
}

/* PyTorch's weight.zero_() leaves the bias. */
static void a_zeroed_kernel_leaves_its_bias(void **state) {
    (void)state;
    bench b;
    float *expected;
    open_bench(&b, GOLDEN "/biased.yaml", GOLDEN "/biased.safetensors", GOLDEN "/blobs", 0);
    int32_t size = b.count * b.classes;
    float *found = new_floats(size);
    read_expected(&b, GOLDEN "/biased-logits.npy", b.count, &expected);
    find_logits(&b, b.network->graph, 16, false, found);
    assert_true(distance(found, expected, size) < 1e-5);
    free_floats(expected, size);
    read_expected(&b, GOLDEN "/biased-zeroed-logits.npy", b.count, &expected);
    assert_true(distance(found, expected, size) > 1e-3);
    nt_graph *graph = zeroed(&b, "conv2");
    find_logits(&b, graph, 16, false, found);
    assert_true(distance(found, expected, size) < 1e-5);
    nt_graph_free(graph);
    free_floats(expected, size);
    free_floats(found, size);
    close_bench(&b);
}

static void bits_do_not_depend_on_threads_or_batch(void **state) {
    (void)state;
    static const int32_t batches[] = {1, 7, 16};
    bench b;
    open_bench(&b, GRAPHS "/resnet8.yaml", GOLDEN "/resnet8.safetensors", GOLDEN "/blobs", 0);
    int32_t size = b.count * b.classes;
    float *expected = new_floats(size), *found = new_floats(size);
    nt_threads_set(1);
    find_logits(&b, b.network->graph, 16, false, expected);
    for (int threads = 1; threads <= 4; threads++)
        for (int k = 0; k < 3; k++) {
            nt_threads_set(threads);
            find_logits(&b, b.network->graph, batches[k], false, found);
            assert_memory_equal(found, expected, (size_t)size * sizeof *found);
        }
    nt_threads_set(0);
    free_floats(expected, size);
    free_floats(found, size);
    close_bench(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resnet8_gives_pytorchs_logits),
        cmocka_unit_test(resnet8_zeroed_gives_pytorchs_logits),
        cmocka_unit_test(a_zeroed_kernel_leaves_its_bias),
        cmocka_unit_test(bits_do_not_depend_on_threads_or_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
