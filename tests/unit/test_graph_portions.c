/* Stretches of steps that take a batch in portions: where they are found, and that shipped networks
 * compute the same bits with them, whatever the cache and the batch. */
#include "support_yaml.h"

#include "alloc.h"
#include "passes.h"
#include "random.h"
#include "scheduler.h"
#include "weights.h"
#include <stdio.h>

enum { BATCH = 7 };

typedef struct prepared {
    nt_network *network;
    nt_weights *weights;
    nt_graph *graph;
    nt_error error;
    size_t sample, answer; /* floats of an image, of an answer */
    float *images;
} prepared;

static void prepare(prepared *p, nt_network *network) {
    *p = (prepared){.network = network};
    nt_error_init(&p->error);
    assert_int_equal(nt_weights_new(network, &p->weights), NT_OK);
    assert_int_equal(nt_weights_init(p->weights, 3), NT_OK);
    nt_graph *main;
    assert_int_equal(nt_graph_main(network->graph, &main), NT_OK);
    assert_int_equal(nt_passes_run(main, &(nt_pass_options){0}, &p->graph, &p->error), NT_OK);
    nt_graph_free(main);
    p->sample = (size_t)nt_type_stored(*nt_graph_type(network->graph, network->inputs[0].value));
    p->answer =
        (size_t)nt_type_stored(*nt_graph_type(p->graph, nt_graph_output(p->graph, 0)->value));
    p->images = nt_alloc(BATCH * p->sample * sizeof *p->images);
    nt_random random;
    nt_random_init(&random, 1, 0);
    for (size_t i = 0; i < BATCH * p->sample; i++)
        p->images[i] = (float)nt_random_normal(&random);
}

static void clean_up(prepared *p) {
    nt_free(p->images, BATCH * p->sample * sizeof *p->images);
    nt_graph_free(p->graph);
    nt_weights_free(p->weights);
    nt_network_free(p->network);
    nt_error_finish(&p->error);
}

/* The answers for the first `count` images, in the end of a room for BATCH. */
static float *answers_of(prepared *p, const nt_plan *plan, int32_t count) {
    const nt_feed feed = {p->network->inputs[0].name, p->images};
    size_t floats = (size_t)count * p->answer;
    float *answers = nt_alloc_zero(BATCH * p->answer * sizeof *answers);
    nt_run *run;
    assert_int_equal(nt_run_new(plan, nt_weights_bind(p->weights, NULL), &run, &p->error), NT_OK);
    assert_int_equal(nt_run_batch(run, &feed, 1, BATCH, &p->error), NT_OK);
    assert_int_equal(nt_run_batch(run, &feed, 1, count, &p->error), NT_OK);
    assert_int_equal(nt_run_output(run, 0).count, count);
    memcpy(answers, nt_run_output(run, 0).f, floats * sizeof *answers);
    nt_run_free(run);
    return answers;
}

/* Returns how many stretches there are. */
static int32_t expect_same_bits(prepared *p, const nt_plan *whole, size_t cache) {
    size_t size = BATCH * p->answer * sizeof(float);
    nt_plan *plan;
    assert_int_equal(nt_plan_new_portions(p->graph, BATCH, cache, &plan, &p->error), NT_OK);
    assert_true(plan->alive_size <= whole->alive_size);
    int32_t stretches = plan->stretch_count;
    for (int32_t count = 1; count <= BATCH; count += 3) {
        float *expected = answers_of(p, whole, count), *found = answers_of(p, plan, count);
        assert_memory_equal(found, expected, size);
        nt_free(expected, size);
        nt_free(found, size);
    }
    nt_plan_free(plan);
    return stretches;
}

static void test_bits(void **state) {
    static const struct {
        const char *graph;
        nt_setting settings[3];
        int count;
    } cases[] = {
        {"mobilenet_v3_small", {{"size", "32"}, {"classes", "5"}}, 2},
        {"shufflenet_v2_x1_0", {{"size", "32"}, {"classes", "5"}}, 2},
        {"unet", {{"size", "32"}, {"width", "4"}}, 2},
        {"googlenet", {{"size", "32"}, {"classes", "5"}}, 2},
        {"densenet-bc-100-12", {{0}}, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[4096];
        snprintf(path, sizeof path, GRAPHS "/%s.yaml", cases[i].graph);
        nt_network *network = NULL;
        nt_error error;
        nt_error_init(&error);
        if (nt_network_load(path, cases[i].settings, cases[i].count, &network, &error) != NT_OK)
            assert_errors(&error, "");
        nt_error_finish(&error);
        prepared p;
        prepare(&p, network);
        nt_plan *whole;
        assert_int_equal(nt_plan_new(p.graph, BATCH, &whole, &p.error), NT_OK);
        assert_int_equal(whole->stretch_count, 0);
        int32_t stretches = 0;
        for (size_t cache = 1 << 13; cache <= 1 << 19; cache *= 8)
            stretches += expect_same_bits(&p, whole, cache);
        print_message("%s: %d stretches\n", cases[i].graph, stretches);
        assert_true(stretches >= 3);
        nt_plan_free(whole);
        clean_up(&p);
    }
}

/* Four convolutions of one channel, a map of 64 numbers (256 bytes) each, with 9 weights; a linear
 * layer of 64 times 10 weights. Two maps of four samples fit 2,048 bytes. */
static const char chain[] = "version: 1\ngraph: net\ninput: [1, 8, 8]\nnodes:\n"
                            "  a: {op: conv2d, channels: 1, kernel: 3, pad: 1}\n"
                            "  b: {op: avg_pool, kernel: 3, stride: 1, pad: 1}\n"
                            "  c: {op: sigmoid}\n"
                            "  d: {op: flatten}\n"
                            "  e: {op: linear, features: 10}\n";

static void test_stretch(void **state) {
    (void)state;
    prepared p;
    prepare(&p, load(chain));
    nt_plan *plan;
    assert_int_equal(nt_plan_new_portions(p.graph, BATCH, 2048, &plan, &p.error), NT_OK);
    assert_int_equal(plan->stretch_count, 1);
    const nt_stretch stretch = plan->stretches[0];
    assert_int_equal(stretch.first, 0);
    assert_int_equal(stretch.samples, 4);
    for (int32_t s = 0; s < plan->varying_count; s++) {
        const nt_node *node = nt_graph_node(p.graph, plan->varying[s].node);
        bool within = s < stretch.end;
        assert_int_equal(nt_plan_samples(plan, s), within ? 4 : BATCH);
        assert_int_equal(plan->local[node->first_value], s + 1 < stretch.end);
    }
    nt_plan_free(plan);
    /* what fits the cache as a whole is left alone */
    assert_int_equal(nt_plan_new_portions(p.graph, BATCH, 1 << 20, &plan, &p.error), NT_OK);
    assert_int_equal(plan->stretch_count, 0);
    nt_plan_free(plan);
    clean_up(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stretch),
        cmocka_unit_test(test_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
