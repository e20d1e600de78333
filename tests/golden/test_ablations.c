/* Every kind of ablation under every reading of batch normalisation, held against PyTorch: the
 * fixtures that make_ablations.py made. Each case is evaluated alone, for its logits; all of them
 * are measured together, in one graph, and one by one, for which images they get right. */
#include "support_base.h"

#include "derived_weights.h"
#include "measure.h"
#include "network_file.h"
#include "npy.h"
#include "outcome.h"
#include "parallel.h"
#include "safetensors.h"
#include <jansson.h>
#include <math.h>

enum { CLASSES = 4, MOST_EDITS = 8, READINGS = 3 };
static const double tolerance = 1e-4; /* make_ablations.py sees that no answer hangs on it */
static const nt_norm readings[READINGS] = {NT_NORM_RUNNING, NT_NORM_BATCH, NT_NORM_RECALIBRATED};

/* The fixtures, and what measuring needs. */
typedef struct bench {
    nt_error error;
    nt_arena arena;
    nt_network *network;
    nt_weights *weights;
    nt_past initial;
    nt_history history; /* the initial ones */
    nt_dataset *dataset;
    nt_loader *loader, *calibration;
    nt_subject *subjects;
    const char **names;
    int32_t cases, batch, images;
    float *logits; /* readings x cases x images x CLASSES */
} bench;

/* --- the fixtures ----------------------------------------------------------------------------- */

static int64_t integer_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

/* A fixture says seed and deviation of every edit; those that its kind has count. */
static nt_edit read_edit(bench *b, const json_t *from) {
    const char *layer = json_string_value(json_object_get(from, "layer"));
    const char *kind = json_string_value(json_object_get(from, "kind"));
    char text[100], why[NT_FIELD_WHY];
    const nt_ablation *ablation = nt_ablation_find(kind);
    assert_non_null(ablation);
    text[0] = '\0';
    if (nt_field_find(ablation->kind.fields, "seed"))
        snprintf(text, sizeof text, "seed=%lld", (long long)integer_of(from, "seed"));
    if (nt_field_find(ablation->kind.fields, "deviation"))
        snprintf(text + strlen(text), sizeof text - strlen(text), " deviation=%.17g",
                 json_real_value(json_object_get(from, "deviation")));
    nt_edit edit = {nt_network_layer(b->network, layer)->value.node, ablation,
                    nt_kind_record(&ablation->kind, text, &b->arena, why)};
    assert_non_null(edit.options);
    return edit;
}

static void read_cases(bench *b, const json_t *list) {
    size_t i, k;
    const json_t *item, *edit;
    b->cases = (int32_t)json_array_size(list);
    b->subjects = NT_ARENA_ARRAY(&b->arena, nt_subject, b->cases);
    b->names = NT_ARENA_ARRAY(&b->arena, const char *, b->cases);
    assert_true(b->subjects && b->names);
    json_array_foreach(list, i, item) {
        const json_t *edits = json_object_get(item, "edits");
        nt_edit *items = NT_ARENA_ARRAY(&b->arena, nt_edit, MOST_EDITS);
        assert_non_null(items);
        assert_in_range(json_array_size(edits), 0, MOST_EDITS);
        json_array_foreach(edits, k, edit) {
            items[k] = read_edit(b, edit);
        }
        b->subjects[i].edits = (nt_edits){items, (int32_t)json_array_size(edits)};
        b->names[i] = nt_arena_string(&b->arena, json_string_value(json_object_get(item, "name")));
        assert_non_null(b->names[i]);
    }
}

static void open_data(bench *b, int32_t calibration) {
    const nt_data_kind *kind = nt_data_find("idx");
    char why[NT_FIELD_WHY];
    const void *options = nt_kind_record(&kind->kind, "classes=4", &b->arena, why);
    assert_non_null(options);
    EXPECT_OK(&b->error,
              nt_dataset_open(kind, options, GOLDEN "/ablations", NULL, &b->dataset, &b->error));
    EXPECT_OK(&b->error, nt_loader_new(b->dataset, NT_TEST, NULL, &b->loader, &b->error));
    EXPECT_OK(&b->error,
              nt_loader_new(b->dataset, NT_TRAIN, &(nt_loading){.select.first = calibration},
                            &b->calibration, &b->error));
    b->images = nt_loader_count(b->loader);
}

static void open_bench(bench *b) {
    int32_t rows, columns;
    json_error_t flaw;
    json_t *about = json_load_file(GOLDEN "/ablations.json", 0, &flaw);
    assert_non_null(about);
    memset(b, 0, sizeof *b);
    nt_error_init(&b->error);
    nt_arena_init(&b->arena);
    EXPECT_OK(&b->error,
              nt_network_load(GOLDEN "/ablations.yaml", NULL, 0, &b->network, &b->error));
    assert_int_equal(nt_weights_new(b->network, &b->weights), NT_OK);
    b->history = (nt_history){&b->initial, 1};
    assert_int_equal(nt_weights_new(b->network, &b->initial.weights), NT_OK);
    EXPECT_OK(&b->error,
              nt_safetensors_read(GOLDEN "/ablations.safetensors", b->weights, NULL, &b->error));
    assert_int_equal(
        nt_weights_init(b->initial.weights, (uint64_t)integer_of(about, "initial_seed")), NT_OK);
    open_data(b, (int32_t)integer_of(about, "calibration"));
    b->batch = (int32_t)integer_of(about, "batch");
    read_cases(b, json_object_get(about, "cases"));
    EXPECT_OK(&b->error,
              nt_npy_read(GOLDEN "/ablations-logits.npy", &rows, &columns, &b->logits, &b->error));
    assert_int_equal(rows, READINGS * b->cases * b->images);
    assert_int_equal(columns, CLASSES);
    json_decref(about);
}

static void close_bench(bench *b) {
    nt_free(b->logits, (size_t)(READINGS * b->cases * b->images * CLASSES) * sizeof *b->logits);
    nt_loader_free(b->calibration);
    nt_loader_free(b->loader);
    nt_dataset_free(b->dataset);
    nt_weights_free(b->initial.weights);
    nt_weights_free(b->weights);
    nt_network_free(b->network);
    nt_arena_finish(&b->arena);
    nt_error_finish(&b->error);
}

/* PyTorch's logits for one case: images x CLASSES. */
static const float *expected_logits(const bench *b, int reading, int32_t c) {
    return b->logits + (ptrdiff_t)(reading * b->cases + c) * b->images * CLASSES;
}

/* Right or wrong by PyTorch's logits, and the sum of the cross-entropies. */
static double expected_right(const bench *b, int reading, int32_t c, unsigned char *ret_right) {
    const float *logits = expected_logits(b, reading, c);
    double loss = 0;
    for (int32_t i = 0; i < b->images; i++, logits += CLASSES) {
        int32_t label = nt_loader_label(b->loader, i), best = 0;
        double sum = 0;
        for (int32_t k = 0; k < CLASSES; k++) {
            best = logits[k] > logits[best] ? k : best;
            sum += exp((double)logits[k]);
        }
        ret_right[i] = best == label;
        loss += log(sum) - (double)logits[label];
    }
    return loss;
}

/* --- one case alone --------------------------------------------------------------------------- */

static void find_logits(bench *b, const nt_edits *edits, nt_norm norm, bool plain, float *ret) {
    const nt_evaluation evaluation = {.batch = b->batch, .passes = {.norm = norm, .plain = plain}};
    const nt_derive_source source = {b->weights, &b->history, b->calibration, &evaluation};
    nt_case_graph alone;
    nt_derived_weights derived;
    nt_evaluator *evaluator;
    double loss = 0;
    char why[NT_WHY];
    unsigned char *outcomes = nt_arena_alloc(&b->arena, (size_t)b->images);
    assert_non_null(outcomes);
    assert_int_equal(nt_case_graph_init(&alone, b->network, edits, 1, why), NT_OK);
    EXPECT_OK(&b->error, nt_derived_weights_init(&derived, &alone, &source, &b->error));
    EXPECT_OK(&b->error, nt_evaluator_new(alone.graph, b->weights, derived.weights, b->loader,
                                          &evaluation, &evaluator, &b->error));
    EXPECT_OK(&b->error,
              nt_evaluator_run(evaluator, 0, b->images, outcomes, &loss, ret, &b->error));
    nt_evaluator_free(evaluator);
    nt_derived_weights_finish(&derived);
    nt_case_graph_finish(&alone);
}

static void expect_logits(bench *b, int reading, bool plain) {
    int32_t size = b->images * CLASSES;
    float *found = nt_arena_alloc(&b->arena, (size_t)size * sizeof *found);
    assert_non_null(found);
    for (int32_t c = 0; c < b->cases; c++) {
        const float *expected = expected_logits(b, reading, c);
        find_logits(b, &b->subjects[c].edits, readings[reading], plain, found);
        for (int32_t i = 0; i < size; i++)
            if (!(fabs((double)found[i] - (double)expected[i]) < tolerance))
                fail_msg("'%s', reading %d: logit %d of image %d is %.6f, PyTorch's %.6f",
                         b->names[c], reading, i % CLASSES, i / CLASSES, (double)found[i],
                         (double)expected[i]);
    }
}

static void logits_are_pytorchs(void **state) {
    (void)state;
    bench b;
    open_bench(&b);
    for (int reading = 0; reading < READINGS; reading++)
        for (int plain = 0; plain < 2; plain++)
            expect_logits(&b, reading, plain);
    close_bench(&b);
}

/* --- all of them ------------------------------------------------------------------------------ */

static nt_measure_tally measure_by(bench *b, const char *numerics, nt_norm norm, bool one_by_one,
                                   nt_store *store, nt_subject *subjects, int32_t count) {
    nt_measure_tally tally = {0};
    const nt_measuring measuring = {
        .network = b->network,
        .weights = b->weights,
        .history = &b->history,
        .loader = b->loader,
        .calibration = b->calibration,
        .calibration_context = "",
        .no_initial = "the values that training began with are not known",
        .evaluation = {.batch = b->batch, .passes = {.norm = norm}},
        .numerics = numerics,
        .context = norm == NT_NORM_RUNNING ? "running"
                   : norm == NT_NORM_BATCH ? "batch"
                                           : "recalibrated",
        .store = store,
        .one_by_one = one_by_one,
    };
    EXPECT_OK(&b->error, nt_measure(&measuring, subjects, count, &b->arena, &tally, &b->error));
    return tally;
}

static void measure_all(bench *b, nt_norm norm, bool one_by_one, nt_store *store,
                        nt_subject *subjects, int32_t count) {
    measure_by(b, "asked; made", norm, one_by_one, store, subjects, count);
}

static nt_outcome read_outcome(bench *b, nt_store *store, const nt_subject *subject,
                               unsigned char *ret_right) {
    nt_outcome outcome;
    assert_null(subject->failure);
    EXPECT_OK(&b->error, nt_outcome_read(store, subject->key, subject->numerics, (nt_scoring){0},
                                         b->images, &outcome, ret_right, &b->error));
    return outcome;
}

/* Against PyTorch's and, to the bit, against those that were measured otherwise. */
static void expect_outcomes(bench *b, int reading, nt_store *store, nt_store *other) {
    size_t size = (size_t)b->images;
    unsigned char *found = nt_arena_alloc(&b->arena, size);
    unsigned char *again = nt_arena_alloc(&b->arena, size);
    unsigned char *expected = nt_arena_alloc(&b->arena, size);
    assert_true(found && again && expected);
    for (int32_t c = 0; c < b->cases; c++) {
        nt_outcome outcome = read_outcome(b, store, &b->subjects[c], found);
        nt_outcome twin = read_outcome(b, other, &b->subjects[c], again);
        double loss = expected_right(b, reading, c, expected);
        if (memcmp(found, expected, size) != 0)
            fail_msg("'%s', reading %d: other images are right than PyTorch's", b->names[c],
                     reading);
        assert_true(fabs(outcome.loss * b->images - loss) < 2 * tolerance * b->images);
        assert_memory_equal(found, again, size);
        assert_memory_equal(&outcome.loss, &twin.loss, sizeof twin.loss);
    }
}

static void outcomes_are_pytorchs(void **state) {
    bench b;
    nt_store *together, *one_by_one;
    open_bench(&b);
    assert_int_equal(mkdir(path_in(*state, "1"), 0777), 0);
    EXPECT_OK(&b.error, nt_store_open(*state, &together, &b.error));
    EXPECT_OK(&b.error, nt_store_open(path_in(*state, "1"), &one_by_one, &b.error));
    for (int reading = 0; reading < READINGS; reading++) {
        measure_all(&b, readings[reading], true, one_by_one, b.subjects, b.cases);
        measure_all(&b, readings[reading], false, together, b.subjects, b.cases);
        expect_outcomes(&b, reading, together, one_by_one);
    }
    nt_store_close(one_by_one);
    nt_store_close(together);
    remove(path_in(*state, "1/" NT_STORE_NAME));
    remove(path_in(*state, "1"));
    close_bench(&b);
}

/* What was measured otherwise is kept, with the baseline of the same numerics; what is new is
 * measured with a baseline of its own; and what was asked for otherwise is measured anew. */
static void numerics_are_kept_apart(void **state) {
    bench b;
    nt_store *store;
    open_bench(&b);
    EXPECT_OK(&b.error, nt_store_open(*state, &store, &b.error));
    unsigned char *right = nt_arena_alloc(&b.arena, (size_t)b.images);
    nt_subject *all = NT_ARENA_ARRAY(&b.arena, nt_subject, b.cases);
    assert_true(right && all && b.cases > 3);
    for (int32_t c = 0; c < b.cases; c++) /* the first one is the baseline */
        all[c].edits = b.subjects[c].edits;
    nt_measure_tally tally = measure_by(&b, "asked; 1", NT_NORM_RUNNING, false, store, all, 3);
    assert_int_equal(tally.known, 0);
    assert_false(tally.mixed);
    tally = measure_by(&b, "asked; 2", NT_NORM_RUNNING, false, store, all, 3);
    assert_int_equal(tally.known, 3);
    assert_int_equal(tally.evaluated, 0);
    assert_true(tally.mixed);
    for (int32_t c = 0; c < 3; c++)
        assert_string_equal(all[c].numerics, "asked; 1");
    tally = measure_by(&b, "asked; 2", NT_NORM_RUNNING, false, store, all, 4);
    assert_int_equal(tally.known, 2);
    assert_true(tally.mixed);
    for (int32_t c = 0; c < 4; c++) {
        assert_string_equal(all[c].numerics, c == 1 || c == 2 ? "asked; 1" : "asked; 2");
        read_outcome(&b, store, &all[c], right);
        all[0].numerics = all[c].numerics; /* its baseline is there */
        read_outcome(&b, store, &all[0], right);
    }
    tally = measure_by(&b, "else; 2", NT_NORM_RUNNING, false, store, all, 3);
    assert_int_equal(tally.known, 0);
    assert_false(tally.mixed);
    nt_store_close(store);
    close_bench(&b);
}

/* A sum both of whose inputs are computed side by side: neither is the identity. */
static void a_sum_without_an_identity_is_not_permuted(void **state) {
    bench b;
    nt_store *store;
    open_bench(&b);
    unsigned char *right = nt_arena_alloc(&b.arena, (size_t)b.images);
    assert_non_null(right);
    char why[NT_FIELD_WHY];
    const nt_ablation *kind = nt_ablation_find("permute");
    const nt_edit edit = {nt_network_layer(b.network, "b.add")->value.node, kind,
                          nt_kind_record(&kind->kind, "from=a.add", &b.arena, why)};
    nt_subject subjects[] = {{.edits = {&edit, 1}}, {.edits = b.subjects[1].edits}};
    EXPECT_OK(&b.error, nt_store_open(*state, &store, &b.error));
    measure_all(&b, NT_NORM_RUNNING, false, store, subjects, 2);
    assert_string_equal(subjects[0].failure,
                        "'b.add' is no sum of a branch and the identity, so it can't take part in "
                        "another order");
    read_outcome(&b, store, &subjects[1], right); /* the others go on */
    nt_store_close(store);
    close_bench(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_pytorchs),
        cmocka_unit_test_setup_teardown(outcomes_are_pytorchs, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(numerics_are_kept_apart, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(a_sum_without_an_identity_is_not_permuted, make_folder,
                                        drop_folder),
    };
    nt_threads_set(1); /* the network is too small for more */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
