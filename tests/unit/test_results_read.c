/* results.json as it is written, read back: all of it, and nothing else. */
#include "file.h"
#include "json_out.h"
#include "results_file.h"
#include "results_words.h"
#include "support_results.h"
#include <dirent.h>
#include <math.h>

static nt_error error;

/* --- reading what was written ----------------------------------------------------------------- */

static void expect_same(const nt_results *results, const char *path) {
    nt_bytes file;
    nt_text again;
    json_t *json = nt_results_json(results);
    nt_text_init(&again);
    nt_json_format(json, &again);
    json_decref(json);
    EXPECT_OK(&error, nt_file_read(path, 1 << 30, &file, &error));
    assert_string_equal(again.bytes, (const char *)file.bytes);
    nt_bytes_finish(&file);
    nt_text_finish(&again);
}

static void read_back(const char *folder, nt_metric metric) {
    made_results run;
    nt_results *results;
    make_results(&run, metric);
    EXPECT_OK(&error, nt_results_write(&run.results, folder, &error));
    const char *path = path_in(folder, NT_RESULTS_JSON);
    EXPECT_OK(&error, nt_results_read(path, &results, &error));
    expect_same(results, path);
    assert_int_equal(results->seed_count, MADE_SEEDS);
    assert_int_equal(results->setup.metric, metric);
    const nt_case_result *item = &results->groups[0].cases[0];
    assert_int_equal(item->findings[1].seed, 7);
    assert_int_equal(item->findings[1].judgement.verdict, NT_CRITICAL);
    assert_true(item->findings[1].change == -0.265625);
    assert_true(isnan(item->findings[0].judgement.within_95.high));
    assert_int_equal(item->change.count, 2);
    assert_false(item->cut);
    assert_true(results->groups[0].cases[1].cut);
    assert_int_equal(item->recipe.judgement.verdict, NT_CRITICAL);
    assert_true(item->recipe.judgement.holm.outside == 0.03);
    assert_true(item->recipe.recipe.drawn.low == -0.3 && item->recipe.recipe.wanted == 5);
    assert_int_equal(results->groups[0].cases[2].change.count, 0);
    assert_string_equal(results->groups[0].cases[2].findings[0].failure, "it can't be");
    assert_int_equal(results->groups[0].options[2].count, 4);
    assert_int_equal(results->samples.patients[6], 9);
    assert_int_equal(results->samples.indexes[2], 6);
    assert_int_equal(results->samples.labels[1], 2);
    assert_int_equal(nt_results_failures(results), 2);
    nt_results_free(results);
}

static void what_was_written_is_read_back(void **state) {
    read_back(*state, NT_ACCURACY);
    read_back(*state, NT_IOU);
}

static void words_say_kinds_in_their_order(void **state) {
    made_results run;
    nt_results *results;
    nt_arena arena;
    nt_arena_init(&arena);
    make_results(&run, NT_DICE);
    static const char *const words[] = {
        ("zero conv1 fc, noise layer1.0.conv1 (deviation 0.1, seed 123456789012345, whole true, "
         "shape normal)"),
        "noise layer1.0.conv1 (deviation 0.1, seed 123456789012345, whole true, shape normal)",
        "zero fc"};
    EXPECT_OK(&error, nt_results_write(&run.results, *state, &error));
    EXPECT_OK(&error, nt_results_read(path_in(*state, NT_RESULTS_JSON), &results, &error));
    for (int c = 0; c < MADE_CASES; c++) {
        assert_string_equal(nt_case_words(&run.results, &run.cases[c], &arena), words[c]);
        assert_string_equal(nt_case_words(results, &results->groups[0].cases[c], &arena), words[c]);
    }
    nt_results_free(results);
    nt_arena_finish(&arena);
}

/* Each results.json that the project keeps is as this version would write it. */
static void committed_results_are_read(void **state) {
    (void)state;
    int count = 0;
    DIR *dir = opendir(EXPERIMENTS "/results");
    assert_non_null(dir);
    for (struct dirent *item; (item = readdir(dir));) {
        char path[PATH_SIZE];
        snprintf(path, sizeof path, "%s/%s/%s", EXPERIMENTS "/results", item->d_name,
                 NT_RESULTS_JSON);
        nt_results *results;
        if (item->d_name[0] == '.' || access(path, F_OK) != 0)
            continue;
        EXPECT_OK(&error, nt_results_read(path, &results, &error));
        expect_same(results, path);
        nt_results_free(results);
        count++;
    }
    closedir(dir);
    assert_true(count > 5);
}

/* --- what is wrong ---------------------------------------------------------------------------- */

typedef struct mutation {
    const char *folder;
    json_t *root;
    int refused, accepted;
} mutation;

static nt_status read_root(const mutation *m) {
    nt_results *results = NULL;
    nt_text text;
    nt_text_init(&text);
    nt_json_format(m->root, &text);
    const char *path = path_in(m->folder, NT_RESULTS_JSON);
    write_bytes(path, text.bytes, text.length);
    nt_text_finish(&text);
    nt_status status = nt_results_read(path, &results, &error);
    if (status == NT_OK) {
        assert_int_equal(error.count, 0);
        assert_non_null(results);
    } else {
        assert_int_equal(status, NT_INVALID);
        assert_int_equal(error.count, 1);
        assert_non_null(strstr(shown(&error), "results.json: error: "));
        assert_non_null(strstr(shown(&error), "; give the run's command again"));
    }
    nt_results_free(results);
    nt_error_finish(&error);
    nt_error_init(&error);
    return status;
}

/* Whether a run may do without it: it is optional, or in an object of any names. */
static bool may_lack(const char *within, const char *key) {
    if (strcmp(within, "samples") == 0 || strcmp(key, "unfinished") == 0)
        return true;
    if (strcmp(within, "cases") == 0)
        return strcmp(key, "cut") == 0 || strcmp(key, "recipe") == 0;
    if (strcmp(key, "samples") == 0 || strcmp(key, "method") == 0)
        return strcmp(within, "") == 0;
    if (strcmp(within, "method") == 0)
        return strcmp(key, "limit") == 0 || strcmp(key, "training") == 0;
    if (strcmp(within, "training") == 0)
        return strcmp(key, "from") == 0 || strcmp(key, "shards") == 0 ||
               strcmp(key, "batch_statistics") == 0;
    if (strcmp(within, "loss") == 0)
        return strcmp(key, "of") == 0;
    if (strcmp(within, "groups") == 0)
        return strcmp(key, "notes") == 0 || strcmp(key, "control") == 0;
    if (strcmp(within, "edits") == 0)
        return strcmp(key, "layer") != 0 && strcmp(key, "kind") != 0;
    if (strcmp(within, "provenance") == 0)
        return strcmp(key, "build") == 0 || strcmp(key, "source") == 0 ||
               strstr(key, "numerics") != NULL;
    return strcmp(within, "options") == 0 || strcmp(within, "set") == 0;
}

static void put(json_t *within, const char *key, size_t index, json_t *value) {
    if (key)
        assert_int_equal(json_object_set_new(within, key, value), 0);
    else
        assert_int_equal(json_array_set_new(within, index, value), 0);
}

/* Puts other values in place of one; an object that nothing is must be refused. */
static void replace(mutation *m, json_t *within, const char *key, size_t index) {
    static const char *const others[] = {"null", "true", "-1",   "0.5", "1e300", "99999999999",
                                         "\"\"", "[]",   "[[]]", "{}",  "[null]"};
    json_t *value = key ? json_object_get(within, key) : json_array_get(within, index);
    json_incref(value);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        put(within, key, index, json_loads(others[i], JSON_DECODE_ANY, NULL));
        nt_status status = read_root(m);
        m->refused += status != NT_OK;
        m->accepted += status == NT_OK;
    }
    put(within, key, index, json_pack("{s:{}}", "no"));
    if (read_root(m) != NT_INVALID)
        fail_msg("'%s' may be an object that means nothing", key ? key : "an item");
    put(within, key, index, value);
}

/* One member under another name, and gone. */
static void rename_and_delete(mutation *m, json_t *object, const char *name, const char *key) {
    char other[80];
    snprintf(other, sizeof other, "%sq", key);
    bool open = strcmp(name, "options") == 0 || strcmp(name, "set") == 0;
    json_t *value = json_incref(json_object_get(object, key)), *copy = json_copy(object);
    assert_int_equal(json_object_del(object, key), 0);
    if (read_root(m) != (may_lack(name, key) ? NT_OK : NT_INVALID))
        fail_msg("'%s' of '%s' may be lacking, or must not be", key, name);
    assert_int_equal(json_object_set(object, other, value), 0);
    if (!open && !(strcmp(name, "edits") == 0 && may_lack(name, key)) && read_root(m) != NT_INVALID)
        fail_msg("'%s' of '%s' may be called '%s'", key, name, other);
    assert_int_equal(json_object_clear(object), 0);
    assert_int_equal(json_object_update(object, copy), 0);
    json_decref(copy);
    json_decref(value);
}

static void mutate(mutation *m, json_t *node, const char *name) {
    const char *keys[64];
    size_t count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(node, key, value) {
        assert_true(count < 64);
        keys[count++] = strdup(key);
    }
    for (size_t i = 0; i < count; i++) {
        replace(m, node, keys[i], 0);
        rename_and_delete(m, node, name, keys[i]);
        mutate(m, json_object_get(node, keys[i]), keys[i]);
        free((char *)(uintptr_t)keys[i]);
    }
    for (size_t i = 0; i < json_array_size(node); i++) {
        replace(m, node, NULL, i);
        mutate(m, json_array_get(node, i), name);
    }
}

static void mutate_all(const char *folder, nt_metric metric) {
    made_results run;
    make_results(&run, metric);
    mutation m = {.folder = folder, .root = nt_results_json(&run.results)};
    assert_int_equal(read_root(&m), NT_OK);
    mutate(&m, m.root, "");
    assert_int_equal(read_root(&m), NT_OK);
    assert_true(m.refused > 1000 && m.accepted > 50);
    json_decref(m.root);
}

static void a_member_that_is_wrong_is_refused(void **state) {
    mutate_all(*state, NT_ACCURACY);
    mutate_all(*state, NT_DICE);
}

static void expect_place(const char *folder, json_t *root, const char *message) {
    nt_results *results;
    nt_text text;
    nt_text_init(&text);
    nt_json_format(root, &text);
    const char *path = path_in(folder, NT_RESULTS_JSON);
    write_bytes(path, text.bytes, text.length);
    nt_text_finish(&text);
    nt_status status = nt_results_read(path, &results, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, message);
}

/* What is measured of the cases is what is measured of the run. */
static void another_metric(void **state) {
    made_results run;
    make_results(&run, NT_DICE);
    json_t *root = nt_results_json(&run.results);
    json_t *cases = json_object_get(json_array_get(json_object_get(root, "groups"), 0), "cases");
    json_t *results = json_object_get(json_array_get(cases, 0), "results");
    json_object_set_new(json_array_get(results, 1), "metric", json_string(nt_metric_names[NT_IOU]));
    expect_place(*state, root, "groups[0].cases[0].results[1]: is in ");
    json_decref(root);
}

static void errors_say_where(void **state) {
    made_results run;
    make_results(&run, NT_ACCURACY);
    json_t *root = nt_results_json(&run.results);
    json_t *cases = json_object_get(json_array_get(json_object_get(root, "groups"), 0), "cases");
    json_t *results = json_object_get(json_array_get(cases, 0), "results");
    json_t *finding = json_array_get(results, 1), *setup = json_object_get(root, "setup");
    json_object_set_new(finding, "verdict", json_string("trival"));
    expect_place(*state, root,
                 "/results.json: error: groups[0].cases[0].results[1].verdict: 'trival' is no "
                 "verdict; give the run's command again: what was measured is kept");
    json_object_set_new(finding, "verdict", json_string("trivial"));
    json_object_set_new(finding, "seed", json_integer(8));
    expect_place(*state, root, "error: groups[0].cases[0].results[1]: is of seed 8, the baseline");
    json_object_set_new(finding, "seed", json_integer(7));
    json_t *control =
        json_object_get(json_array_get(json_object_get(root, "groups"), 1), "control");
    json_object_set_new(control, "of", json_string("some/other"));
    expect_place(*state, root, "error: groups[1].control: is of a case that isn't there; give the");
    json_object_set_new(control, "of", json_string("some/one"));
    json_object_set_new(setup, "margn", json_real(0.1));
    expect_place(*state, root, "error: setup: a setup has no 'margn'; give the");
    json_object_del(setup, "margn");
    json_object_set_new(setup, "margin", json_real(1.5));
    expect_place(*state, root, "error: setup.margin: 1.5 is out of range");
    json_object_set_new(setup, "margin", json_true());
    expect_place(*state, root, "error: setup.margin: must be a number, not true");
    json_object_del(setup, "margin");
    expect_place(*state, root, "error: setup.margin: is missing; give the run's command again");
    json_object_set_new(setup, "margin", json_real(0.5));
    json_t *labels = json_object_get(json_object_get(root, "samples"), "labels");
    json_array_set_new(labels, 4, json_integer(3));
    expect_place(*state, root, "error: samples.labels: has the number 3 of 3 classes; give the");
    json_array_set_new(labels, 4, json_integer(0));
    json_array_remove(labels, 0);
    expect_place(*state, root, "error: samples.labels: has 6 items for 7 samples; give the");
    json_array_insert_new(labels, 0, json_integer(0));
    json_object_set_new(root, "suite", json_string("a\nb"));
    expect_place(*state, root, "error: suite: has a character that can't be shown");
    json_object_set_new(root, "suite", json_string("a"));
    json_array_remove(results, 0);
    expect_place(*state, root, "error: groups[0].cases[0].results: has 1 items, the baseline 2");
    json_object_set_new(root, "version", json_integer(1));
    expect_place(*state, root, "error: version: this program reads version 2, not 1; give the");
    json_object_del(root, "version");
    expect_place(*state, root, "error: says no version, as the files of older programs; give the");
    json_decref(root);
}

static void a_file_that_is_no_results_is_refused(void **state) {
    static const char *const texts[] = {
        "",    "{", "[]", "1", "{\"version\": 1, \"version\": 1}", "{\"version\": \"\\u0000\"}",
        "\xff"};
    nt_results *results;
    const char *path = path_in(*state, NT_RESULTS_JSON);
    nt_status status = nt_results_read(path, &results, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "error: isn't there: the run isn't finished");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_bytes(path, texts[i], strlen(texts[i]));
        status = nt_results_read(path, &results, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, "results.json: ");
    }
}

static void out_of_memory_is_reported_wherever_it_happens(void **state) {
    made_results run;
    make_results(&run, NT_ACCURACY);
    EXPECT_OK(&error, nt_results_write(&run.results, *state, &error));
    int failures = 0;
    for (bool failed = true; failed; failures += failed) {
        nt_results *results = NULL;
        fail_allocation(failures);
        nt_status status = nt_results_read(path_in(*state, NT_RESULTS_JSON), &results, &error);
        nt_results_free(results);
        nt_error_finish(&error);
        failed = allow_all_allocations();
        nt_error_init(&error);
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
    }
    assert_true(failures > 3);
}

/* What is equal but for rounding costs as much; what has no number isn't counted. */
static void places_among_controls(void **state) {
    (void)state;
    const double changes[] = {-0.3, -0.1 - 1e-12, -0.1 + 1e-12, -0.0999, 0.1, NAN};
    nt_control control = {.of = "a/b"};
    nt_arena arena;
    nt_arena_init(&arena);
    nt_control_place(&control, -0.1, changes, 6);
    assert_int_equal(control.sets, 5);
    assert_int_equal(control.as_costly, 3);
    assert_true(fabs(control.p - 4.0 / 6) < 1e-15);
    assert_string_equal(nt_control_words(&control, &arena),
                        "Of 5 controls of 'a/b', 3 cost as much or more (p = 0.6667).");
    nt_control_place(&control, NAN, changes, 6);
    assert_true(control.sets == 0 && control.as_costly == 0 && isnan(control.p));
    assert_string_equal(nt_control_words(&control, &arena),
                        "'a/b' has no place among these controls: numbers are lacking.");
    assert_string_equal(nt_control_within("a/b/c", "a", false), "b/c");
    assert_string_equal(nt_control_within("a/b/c", "a/b", false), "c");
    assert_string_equal(nt_control_within("a/b", "b", true), "a/b");
    assert_null(nt_control_within("ab/c", "a", false));
    nt_arena_finish(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(what_was_written_is_read_back),
        WITH_FOLDER(words_say_kinds_in_their_order),
        cmocka_unit_test(committed_results_are_read),
        cmocka_unit_test(places_among_controls),
        WITH_FOLDER(a_member_that_is_wrong_is_refused),
        WITH_FOLDER(errors_say_where),
        WITH_FOLDER(another_metric),
        WITH_FOLDER(a_file_that_is_no_results_is_refused),
        WITH_FOLDER(out_of_memory_is_reported_wherever_it_happens),
    };
    nt_error_init(&error);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
