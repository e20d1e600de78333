/* Training held against PyTorch: ten steps of ResNet8 from given weights (fixtures of
 * make_fixtures.py). */
#include "alloc.h"
#include "file.h"
#include "network_file.h"
#include "npy.h"
#include "safetensors.h"
#include "scheduler.h"
#include "step_graph.h"
#include "trainer.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { IMAGES = 16, STEPS = 10 };

/* The fixture's network, weights and images, and its recipe. */
typedef struct fixture {
    nt_error error;
    nt_arena arena;
    nt_network *network;
    nt_weights *initial;
    nt_dataset *dataset;
    nt_loader *loader;
    nt_loss_term loss;
    nt_recipe recipe;
} fixture;

static void must(fixture *f, nt_status status) {
    if (status == NT_OK)
        return;
    nt_text text;
    nt_text_init(&text);
    nt_error_format(&f->error, false, &text);
    fail_msg("%s", text.bytes);
}

static const void *record(fixture *f, const nt_kind *kind, const char *text) {
    char why[NT_FIELD_WHY] = "";
    const void *made = nt_kind_record(kind, text, &f->arena, why);
    if (!made)
        fail_msg("%s", why);
    return made;
}

static void open_fixture(fixture *f) {
    memset(f, 0, sizeof *f);
    nt_error_init(&f->error);
    nt_arena_init(&f->arena);
    must(f, nt_network_load(GRAPHS "/resnet8.yaml", NULL, 0, &f->network, &f->error));
    must(f, nt_weights_new(f->network, &f->initial));
    must(f, nt_safetensors_read(GOLDEN "/resnet8.safetensors", f->initial, NULL, &f->error));
    must(f, nt_dataset_open(nt_data_find("cifar10"), NULL, GOLDEN "/blobs", NULL, &f->dataset,
                            &f->error));
    must(f, nt_loader_new(f->dataset, NT_TEST, NULL, &f->loader, &f->error));
    const nt_op *op = &nt_op_softmax_cross_entropy;
    f->recipe = (nt_recipe){.epochs = STEPS,
                            .batch = IMAGES,
                            .loss = &f->loss,
                            .loss_count = 1,
                            .optimiser = nt_optimiser_find("sgd"),
                            .schedule = nt_schedule_find("constant")};
    f->loss = (nt_loss_term){.op = op, .attrs = record(f, &op->kind, ""), .weight = 1};
    f->recipe.optimiser_options =
        record(f, &f->recipe.optimiser->kind, "momentum=0.9 weight_decay=0.0005");
    f->recipe.schedule_options = record(f, &f->recipe.schedule->kind, "rate=0.001");
}

static void close_fixture(fixture *f) {
    nt_loader_free(f->loader);
    nt_dataset_free(f->dataset);
    nt_weights_free(f->initial);
    nt_network_free(f->network);
    nt_arena_finish(&f->arena);
    nt_error_finish(&f->error);
}

static float *read_row(fixture *f, const char *path, int32_t rows, int32_t *ret_count) {
    int32_t found_rows;
    float *values;
    must(f, nt_npy_read(path, &found_rows, ret_count, &values, &f->error));
    assert_int_equal(found_rows, rows);
    return values;
}

static double distance(const float *found, const float *expected, int64_t count) {
    double difference = 0, size = 0;
    for (int64_t i = 0; i < count; i++) {
        difference += pow((double)found[i] - expected[i], 2);
        size += pow(expected[i], 2);
    }
    assert_true(size > 0);
    return sqrt(difference / size);
}

/* The first step's gradient of every weight; of the large ones every fourth element. */
static void gradients_are_pytorchs(void **state) {
    (void)state;
    fixture f;
    int32_t count, at = 0, compared = 0;
    open_fixture(&f);
    float *expected = read_row(&f, GOLDEN "/resnet8-gradients.npy", 1, &count);
    nt_step_graph *step;
    nt_plan *plan;
    nt_run *run;
    must(&f, nt_step_graph_new(f.network, &f.recipe, &step, &f.error));
    must(&f, nt_plan_new(step->graph, IMAGES, &plan, &f.error));
    must(&f, nt_run_new(plan, nt_weights_bind(f.initial, NULL), &run, &f.error));
    static float images[IMAGES * 32 * 32 * 3];
    static int32_t labels[IMAGES];
    must(&f, nt_loader_fill(f.loader, 0, IMAGES, images, labels, &f.error));
    nt_feed feeds[] = {{"input", images}, {NT_TARGET, labels}};
    must(&f, nt_run_batch(run, feeds, 2, IMAGES, &f.error));
    for (size_t i = 0; i < f.network->state_count; i++) {
        const nt_state *it = &f.network->states[i];
        if (it->role != NT_WEIGHT)
            continue;
        int32_t size = (int32_t)nt_shape_elements(it->type.shape), every = size > 10000 ? 4 : 1;
        float *rows = nt_alloc((size_t)size * sizeof *rows);
        for (int32_t g = 0; g < step->grad_count; g++)
            if (step->grads[g].state == i) {
                nt_tensor_to_rows(it->type, nt_run_output(run, step->grads[g].output).f, rows);
                for (int32_t k = 0; k * every < size; k++)
                    rows[k] = rows[k * every];
                if (distance(rows, expected + at, (size + every - 1) / every) > 1e-3)
                    fail_msg("the gradient of %s is off", it->name);
                compared++;
            }
        nt_free(rows, (size_t)size * sizeof *rows);
        at += (size + every - 1) / every;
    }
    assert_int_equal(at, count);
    assert_int_equal(compared, step->grad_count);
    nt_free(expected, (size_t)count * sizeof *expected);
    nt_run_free(run);
    nt_plan_free(plan);
    nt_step_graph_free(step);
    close_fixture(&f);
}

static void train_in(fixture *f, const char *folder, nt_weights *weights) {
    const nt_training training = {.network = f->network,
                                  .recipe = &f->recipe,
                                  .loader = f->loader,
                                  .data_digest = "the fixture's",
                                  .initial = f->initial,
                                  .initial_digest = "the fixture's",
                                  .folder = folder};
    must(f, nt_train(&training, weights, &f->error));
}

static double column_of(const char *line, int column) {
    for (; column > 0; column--)
        line = strchr(line, ',') + 1;
    return strtod(line, NULL);
}

/* Every step sees all images, so that their order does not matter. */
static void losses_follow_pytorchs(void **state) {
    (void)state;
    fixture f;
    char folder[] = "/tmp/nontrivial-golden-XXXXXX", path[256];
    int32_t count;
    nt_bytes metrics;
    nt_weights *weights;
    assert_non_null(mkdtemp(folder));
    open_fixture(&f);
    float *losses = read_row(&f, GOLDEN "/resnet8-losses.npy", 1, &count);
    assert_int_equal(count, STEPS);
    must(&f, nt_weights_new(f.network, &weights));
    train_in(&f, folder, weights);

    snprintf(path, sizeof path, "%s/metrics.csv", folder);
    must(&f, nt_file_read(path, 1 << 20, &metrics, &f.error));
    const char *line = (const char *)metrics.bytes;
    for (int32_t i = 0; i < STEPS; i++) {
        line = strchr(line, '\n') + 1;
        if (fabs(column_of(line, 2) / (double)losses[i] - 1) > 1e-4)
            fail_msg("step %d: loss %g, not %g", i + 1, column_of(line, 2), (double)losses[i]);
    }
    nt_bytes_finish(&metrics);

    float *statistics = read_row(&f, GOLDEN "/resnet8-statistics.npy", 1, &count);
    assert_true(distance(nt_weights_find(weights, "bn1.running_mean")->f, statistics, 16) < 1e-4);
    assert_true(distance(nt_weights_find(weights, "bn1.running_var")->f, statistics + 16, 16) <
                1e-4);
    assert_int_equal(nt_weights_find(weights, "bn1.num_batches_tracked")->i[0], 1234 + STEPS);
    nt_free(statistics, (size_t)count * sizeof *statistics);
    nt_free(losses, STEPS * sizeof *losses);

    /* The same command finds the finished weights and reads them. */
    nt_weights *again;
    must(&f, nt_weights_new(f.network, &again));
    train_in(&f, folder, again);
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor a = nt_weights_at(weights, i), b = nt_weights_at(again, i);
        assert_memory_equal(a.data, b.data, (size_t)nt_type_stored(a.type) * sizeof(float));
    }
    nt_weights_free(again);
    nt_weights_free(weights);
    unlink(path);
    snprintf(path, sizeof path, "%s/" NT_WEIGHTS_FILE, folder);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/" NT_INITIAL_FILE, folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* no checkpoint is left */
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_pytorchs),
        cmocka_unit_test(losses_follow_pytorchs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
