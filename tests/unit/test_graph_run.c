/* The memory plan and the scheduler: values and bits, with passes and without, at any number of
 * threads. */
#include "parallel.h"
#include "random.h"
#include "scheduler.h"
#include "support_graph.h"
#include "weights.h"
#include <math.h>

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
    assert_int_equal(nt_run_new(plan, nt_weights_bind(weights, NULL), &run, &error), NT_OK);
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
                {decoder_network, {"conv1", "up1", "up2", "fc"}},
                {series_network, {"a", "b", "c", "d", "e"}}};
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
    const char *const passes[] = {"fuse_end", "keep_kernels"};
    float a[SAMPLES * CLASSES], b[SAMPLES * CLASSES];
    nt_graph *folded = through(network->graph, "dead");
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

/* Putting zeros through changes no value, but for the signs of zeros. */
static void zeros_keep_the_values(void **state) {
    (void)state;
    const char *const passes[] = {"evaluation", "zeros", "fold_batch_norm", "add_zero", "fuse_end"};
    nt_network *network = series_network();
    nt_weights *weights = random_weights(network);
    for (const char *const *layer = networks[NETWORKS - 1].layers; *layer; layer++) {
        int32_t node = nt_network_layer(network, *layer)->value.node;
        nt_graph *graph;
        float a[SAMPLES * CLASSES], b[SAMPLES * CLASSES];
        assert_int_equal(edit_zero(network->graph, &node, 1, &graph), NT_OK);
        nt_graph *fused = through(graph, "fuse_end");
        run_graph(fused, weights, SAMPLES, SAMPLES, a);
        nt_graph_free(fused);
        for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
            nt_graph *next = pass_once(passes[i], graph, &(nt_pass_options){0});
            nt_graph_free(graph);
            graph = next;
        }
        run_graph(graph, weights, SAMPLES, SAMPLES, b);
        for (int i = 0; i < SAMPLES * CLASSES; i++)
            assert_true(a[i] == b[i]);
        nt_graph_free(graph);
    }
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
    assert_int_equal(nt_run_new(plan, nt_weights_bind(weights, NULL), &run, &error), NT_OK);
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
        cmocka_unit_test(places_do_not_overlap),
        cmocka_unit_test(passes_keep_the_values),
        cmocka_unit_test(fusing_keeps_the_bits),
        cmocka_unit_test(batch_statistics_keep_the_bits),
        cmocka_unit_test(zeros_keep_the_values),
        cmocka_unit_test(an_edit_is_a_zero_kernel),
        cmocka_unit_test(bits_do_not_depend_on_threads_or_batch),
        cmocka_unit_test(deep_graphs_stay_small),
        cmocka_unit_test(feeds_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
