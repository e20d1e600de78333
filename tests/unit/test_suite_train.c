/* What a suite says of training reaches it: the loss with its attributes, the normalisation. */
#include "evaluation.h"
#include "file.h"
#include "safetensors.h"
#include "suite_run.h"
#include "support_train.h"
#include <math.h>

enum { IMAGES = 30, CLASSES = 10 };

static nt_error error;

static void write_text(const char *folder, const char *name, const char *text) {
    write_bytes(path_in(folder, name), text, strlen(text));
}

/* A linear network, trained for one step over all images at rate 0; `loss` and `data` are what the
 * suite says of those. Returns the loss of metrics.csv. */
static double loss_of_suite(const char *folder, const char *loss, const char *data) {
    nt_suite *suite;
    nt_bytes metrics;
    char text[2000];
    write_text(folder, "linear.yaml",
               TINY_HEAD "  flat: {op: flatten}\n  fc: {op: linear, features: 10}\n");
    write_text(folder, "none.lua", "return function() return {} end\n");
    snprintf(text, sizeof text,
             "version: 1\nsuite: linear\ngraph: linear.yaml\n"
             "data: {kind: idx, root: %s%s}\n"
             "train:\n"
             "  epochs: 1\n"
             "  batch: %d\n"
             "  loss: {op: softmax_cross_entropy%s}\n"
             "  optimiser: {kind: sgd}\n"
             "  schedule: {kind: constant, rate: 0}\n"
             "seeds: [4]\n"
             "groups: {none: {hook: none.lua}}\n",
             folder, data, IMAGES, loss);
    write_text(folder, "suite.yaml", text);
    EXPECT_OK(&error, nt_suite_load(path_in(folder, "suite.yaml"), NULL, 0, &suite, &error));
    const nt_suite_options options = {.out = path_in(folder, "run")};
    EXPECT_OK(&error, nt_suite_train(suite, &options, &error));
    EXPECT_OK(&error,
              nt_file_read(path_in(folder, "run/seed-4/metrics.csv"), 10000, &metrics, &error));
    double rate, found;
    assert_int_equal(sscanf(strchr((char *)metrics.bytes, '\n') + 1, "1,%lf,%lf,", &rate, &found),
                     2);
    assert_true(rate == 0);
    nt_bytes_finish(&metrics);
    nt_suite_free(suite);
    unlink(path_in(folder, "run/seed-4/metrics.csv"));
    unlink(path_in(folder, "run/seed-4/weights.safetensors"));
    unlink(path_in(folder, "run/seed-4/initial.safetensors"));
    rmdir(path_in(folder, "run/seed-4"));
    unlink(path_in(folder, "run/outcomes.sqlite"));
    rmdir(path_in(folder, "run"));
    return found;
}

/* The same from the logits, as PyTorch defines it. */
static double loss_of_logits(const char *folder, double smoothing, const double *class_weights,
                             float mean, float deviation) {
    bench b;
    static float logits[IMAGES * CLASSES];
    const nt_evaluation evaluation = {.batch = IMAGES};
    nt_outcome outcome;
    open_bench(&b, TINY_HEAD "  flat: {op: flatten}\n  fc: {op: linear, features: 10}\n", folder);
    if (deviation > 0) {
        nt_loader_free(b.loader);
        EXPECT_OK(&b.error, nt_loader_new(b.dataset, NT_TRAIN,
                                          &(nt_loading){.mean = &mean, .deviation = &deviation},
                                          &b.loader, &b.error));
    }
    nt_weights *weights = drawn_weights(b.network, 4);
    EXPECT_OK(&b.error, nt_evaluate(b.network->graph, weights, b.loader, &evaluation, &outcome,
                                    NULL, logits, &b.error));
    double loss = 0, total = 0;
    for (int i = 0; i < IMAGES; i++) {
        const float *z = logits + CLASSES * i;
        int label = label_of(i, CLASSES);
        double sum = 0, weight = class_weights ? class_weights[label] : 1;
        for (int c = 0; c < CLASSES; c++)
            sum += exp((double)z[c]);
        loss += (1 - smoothing) * weight * (log(sum) - (double)z[label]);
        for (int c = 0; c < CLASSES; c++)
            loss += smoothing / CLASSES * (class_weights ? class_weights[c] : 1) *
                    (log(sum) - (double)z[c]);
        total += weight;
    }
    nt_weights_free(weights);
    close_bench(&b);
    return loss / total;
}

static void loss_is_as_the_suite_says(void **folder) {
    static const double weights[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    make_images(*folder, IMAGES, 8);
    const double expected[] = {
        loss_of_logits(*folder, 0, NULL, 0, 0), loss_of_logits(*folder, 0.3, NULL, 0, 0),
        loss_of_logits(*folder, 0, weights, 0, 0), loss_of_logits(*folder, 0.3, weights, 0, 0),
        loss_of_logits(*folder, 0, NULL, .5f, 2)};
    const double found[] = {
        loss_of_suite(*folder, "", ""), loss_of_suite(*folder, ", label_smoothing: 0.3", ""),
        loss_of_suite(*folder, ", weights: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", ""),
        loss_of_suite(*folder, ", label_smoothing: 0.3, weights: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]",
                      ""),
        loss_of_suite(*folder, "", ", normalise: {mean: [0.5], deviation: [2]}")};
    for (int i = 0; i < 5; i++) {
        if (fabs(found[i] - expected[i]) > 2e-6)
            fail_msg("loss %d is %.7f, not %.7f", i, found[i], expected[i]);
        for (int k = 0; k < i; k++)
            assert_true(fabs(expected[i] - expected[k]) > 1e-4); /* so each option shows */
    }
}

/* --- from given weights ----------------------------------------------------------------------- */

/* A suite that trains the linear network for an epoch at the rate, from the file (NULL: from drawn
 * weights). */
static nt_status train_from(const char *folder, const char *from, const char *rate,
                            nt_error *ret_error) {
    nt_suite *suite;
    char text[2000], line[300] = "";
    if (from)
        snprintf(line, sizeof line, "  from: %s\n", from);
    write_text(folder, "linear.yaml",
               TINY_HEAD "  flat: {op: flatten}\n  fc: {op: linear, features: 10}\n");
    snprintf(text, sizeof text,
             "version: 1\nsuite: linear\ngraph: linear.yaml\n"
             "data: {kind: idx, root: %s}\n"
             "train:\n"
             "%s"
             "  epochs: 1\n"
             "  batch: %d\n"
             "  loss: {op: softmax_cross_entropy}\n"
             "  optimiser: {kind: sgd}\n"
             "  schedule: {kind: constant, rate: %s}\n"
             "groups: {}\n",
             folder, line, IMAGES, rate);
    write_text(folder, "suite.yaml", text);
    EXPECT_OK(&error, nt_suite_load(path_in(folder, "suite.yaml"), NULL, 0, &suite, &error));
    const nt_suite_options options = {.out = path_in(folder, "run")};
    nt_status status = nt_suite_train(suite, &options, ret_error);
    nt_suite_free(suite);
    return status;
}

static void drop_run(const char *folder) {
    static const char *const files[] = {"run/seed-0/metrics.csv", "run/seed-0/weights.safetensors",
                                        "run/seed-0/initial.safetensors"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(path_in(folder, files[i]));
    rmdir(path_in(folder, "run/seed-0"));
    unlink(path_in(folder, "run/outcomes.sqlite"));
    rmdir(path_in(folder, "run"));
}

/* Weights that no seed draws: element i is i / 100. */
static void write_given(const char *folder, const char *graph) {
    bench b;
    nt_weights *weights;
    open_bench(&b, graph, NULL);
    assert_int_equal(nt_weights_new(b.network, &weights), NT_OK);
    for (size_t t = 0; t < nt_weights_count(weights); t++) {
        nt_tensor tensor = nt_weights_at(weights, t);
        for (int64_t i = 0; i < nt_type_stored(tensor.type); i++)
            tensor.f[i] = (float)i / 100;
    }
    EXPECT_OK(&b.error,
              nt_safetensors_write(path_in(folder, "given.safetensors"), weights, NULL, &b.error));
    nt_weights_free(weights);
    close_bench(&b);
}

static void digest_of(const char *folder, const char *name, char ret[NT_DIGEST_HEX]) {
    EXPECT_OK(&error, nt_file_digest(path_in(folder, name), ret, &error));
}

#define LINEAR TINY_HEAD "  flat: {op: flatten}\n  fc: {op: linear, features: 10}\n"

/* What training begins with is the file's; at another rate it goes on from there. */
static void training_begins_with_given_weights(void **folder) {
    char given[NT_DIGEST_HEX], initial[NT_DIGEST_HEX];
    make_images(*folder, IMAGES, 8);
    write_given(*folder, LINEAR);
    digest_of(*folder, "given.safetensors", given);
    EXPECT_OK(&error, train_from(*folder, "given.safetensors", "0.1", &error));
    digest_of(*folder, "run/seed-0/initial.safetensors", initial);
    assert_string_equal(initial, given);
    drop_run(*folder);
    EXPECT_OK(&error, train_from(*folder, NULL, "0.1", &error));
    digest_of(*folder, "run/seed-0/initial.safetensors", initial);
    assert_string_not_equal(initial, given);
    drop_run(*folder);
    unlink(path_in(*folder, "given.safetensors"));
}

/* The weights are part of what a run is: one from others is not taken for this one. */
static void given_weights_are_part_of_the_run(void **folder) {
    nt_error refused;
    nt_error_init(&refused);
    make_images(*folder, IMAGES, 8);
    write_given(*folder, LINEAR);
    EXPECT_OK(&error, train_from(*folder, NULL, "0.1", &error));
    assert_int_equal(train_from(*folder, "given.safetensors", "0.1", &refused), NT_INVALID);
    assert_non_null(strstr(refused.items[0].message, "holds weights of another run"));
    drop_run(*folder);
    unlink(path_in(*folder, "given.safetensors"));
    nt_error_finish(&refused);
}

/* Weights that aren't there, or another network's, are found before anything is written. */
static void wrong_weights_are_found_at_once(void **folder) {
    make_images(*folder, IMAGES, 8);
    for (int i = 0; i < 2; i++) {
        nt_error refused;
        nt_error_init(&refused);
        if (i == 1)
            write_given(*folder, TINY_HEAD "  flat: {op: flatten}\n"
                                           "  fc: {op: linear, features: 9}\n");
        assert_int_equal(train_from(*folder, "given.safetensors", "0.1", &refused), NT_INVALID);
        assert_non_null(strstr(refused.items[0].where, "given.safetensors"));
        assert_int_not_equal(access(path_in(*folder, "run"), F_OK), 0);
        nt_error_finish(&refused);
    }
    unlink(path_in(*folder, "given.safetensors"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(training_begins_with_given_weights, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(given_weights_are_part_of_the_run, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(wrong_weights_are_found_at_once, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(loss_is_as_the_suite_says, make_folder, drop_folder),
    };
    nt_error_init(&error);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nt_error_finish(&error);
    return failed;
}
