/* Querying a run folder: stores are made by hand, so that every number is known. */
#include "results_file.h"
#include "results_list.h"
#include "run_results.h"
#include "support_results.h"
#include "support_store.h"

static nt_error error;

/* --- stores made by hand ---------------------------------------------------------------------- */

/* "1101": which samples are right. One longer than a shard repeats it. */
static const char *put_outcome_by(nt_store *store, const char *numerics, int thing,
                                  const char *right, int32_t samples, int32_t shards) {
    static unsigned char bytes[NT_SHARD_SAMPLES];
    size_t period = strlen(right);
    for (int32_t n = 0; n < shards; n++) {
        size_t size = (size_t)nt_shard_samples(samples, n);
        for (size_t i = 0; i < size; i++)
            bytes[i] = right[((size_t)n * NT_SHARD_SAMPLES + i) % period] == '1';
        put_one(store,
                &(nt_shard){.key = made_key(thing),
                            .numerics = numerics,
                            .samples = samples,
                            .sample_bytes = 1,
                            .number = n,
                            .outcomes = bytes,
                            .size = size,
                            .loss = 1},
                &error);
    }
    return made_key(thing);
}

static const char *put_outcome(nt_store *store, int thing, const char *right, int32_t samples,
                               int32_t shards) {
    return put_outcome_by(store, MADE_NUMERICS, thing, right, samples, shards);
}

/* One line of the list; `right` NULL: it failed. */
typedef struct listed {
    const char *group, *name;
    int32_t seed;
    const char *right;
    int32_t samples, shards; /* 0: as long as `right`, all of them */
} listed;

/* `numbers`: of the `number_count` samples, in the order of outcomes. */
static void put_list_of(const char *folder, const listed *list, size_t count,
                        const int32_t *numbers, int32_t number_count) {
    static nt_store_result results[64];
    nt_store *store;
    assert_true(count <= 64);
    EXPECT_OK(&error, nt_store_open(folder, &store, &error));
    for (size_t i = 0; i < count; i++) {
        const listed *l = &list[i];
        int32_t samples = l->samples ? l->samples : (int32_t)strlen(l->right ? l->right : "");
        int32_t shards = l->samples ? l->shards : nt_shard_count(samples);
        results[i] = (nt_store_result){.group = l->group,
                                       .name = l->name,
                                       .seed = l->seed,
                                       .split = "test",
                                       .edit = "zero a",
                                       .failure = l->right ? NULL : "no such luck"};
        static char keys[64][NT_DIGEST_HEX];
        if (l->right) {
            memcpy(keys[i], put_outcome(store, (int)i, l->right, samples, shards), NT_DIGEST_HEX);
            results[i].key = keys[i];
            results[i].numerics = MADE_NUMERICS;
        }
    }
    EXPECT_OK(&error, nt_store_put_results(store, results, count, numbers, number_count, &error));
    nt_store_close(store);
}

static void put_list(const char *folder, const listed *list, size_t count) {
    put_list_of(folder, list, count, NULL, 0);
}

#define PUT(folder, list) put_list(folder, list, sizeof(list) / sizeof *(list))

static void put_json(const char *folder, const char *text) {
    write_bytes(path_in(folder, "results.json"), text, strlen(text));
}

/* With the margin 0.75. */
static void put_results(const char *folder) {
    made_results run;
    make_results(&run, NT_ACCURACY);
    EXPECT_OK(&error, nt_results_write(&run.results, folder, &error));
}

static nt_run_results *read_run(const char *folder) {
    nt_run_results *run;
    EXPECT_OK(&error, nt_run_results_read(folder, NULL, &run, &error));
    return run;
}

/* --- numbers ---------------------------------------------------------------------------------- */

static const listed two_seeds[] = {
    {"baseline", "baseline", 3, "1111100000", 0, 0},
    {"baseline", "baseline", 5, "1111111111", 0, 0},
    {"one", "b", 3, "0111110000", 0, 0}, /* lost 0, gained 5 */
    {"one", "b", 5, "0000000011", 0, 0}, /* lost 0 to 7 */
    {"one", "a", 3, "1111100000", 0, 0},
    {"one", "a", 5, "1111111110", 0, 0}, /* lost 9 */
    {"one", "c", 3, NULL, 0, 0},
    {"one", "c", 5, "0000001111", 0, 0}, /* lost 0 to 5 */
    {"two", "b", 3, "1111111000", 0, 0}, /* gained 5, 6 */
    {"two", "b", 5, "0000000011", 0, 0},
};

static void expect_row(const nt_run_row *row, const char *group, const char *name, int32_t seed) {
    assert_string_equal(row->group, group);
    assert_string_equal(row->name, name);
    assert_int_equal(row->finding.seed, seed);
}

/* A store with right digests whose outcomes are of two sizes: what is read of one has no room in
 * what is kept for the other. */
static void outcomes_of_two_sizes_are_refused(void **state) {
    enum { SMALL = 24, LARGE = 12 * 250, SAMPLES = 100 };
    static unsigned char bytes[SAMPLES * LARGE];
    static char keys[2][NT_DIGEST_HEX];
    nt_store_result rows[2];
    nt_run_results *run;
    nt_store *store;
    EXPECT_OK(&error, nt_store_open(*state, &store, &error));
    for (int i = 0; i < 2; i++) {
        int32_t size = i == 0 ? SMALL : LARGE;
        memcpy(keys[i], made_key(i), NT_DIGEST_HEX);
        put_one(store,
                &(nt_shard){.key = keys[i],
                            .numerics = MADE_NUMERICS,
                            .samples = SAMPLES,
                            .sample_bytes = size,
                            .outcomes = bytes,
                            .size = (size_t)SAMPLES * (size_t)size,
                            .loss = 1},
                &error);
        rows[i] = (nt_store_result){.group = i == 0 ? "baseline" : "each",
                                    .name = i == 0 ? "baseline" : "one",
                                    .split = "test",
                                    .edit = "",
                                    .key = keys[i],
                                    .numerics = MADE_NUMERICS};
    }
    EXPECT_OK(&error, nt_store_put_results(store, rows, 2, NULL, 0, &error));
    nt_store_close(store);
    EXPECT_ERROR(&error, nt_run_results_read(*state, NULL, &run, &error), NT_INVALID,
                 "an outcome of 'one' takes 3000 bytes, which is not one of the metric");
}

static void numbers_are_those_of_the_baseline_with_the_same_seed(void **state) {
    PUT(*state, two_seeds);
    nt_run_results *run = read_run(*state);
    assert_int_equal(run->baseline_count, 2);
    assert_int_equal(run->row_count, 8);
    assert_true(run->several_seeds);
    const nt_run_row *row = &run->rows[0];
    expect_row(row, "one", "b", 3);
    assert_string_equal(row->split, "test");
    assert_string_equal(row->edit, "zero a");
    assert_ptr_equal(row->baseline, &run->baselines[0]);
    assert_int_equal(row->finding.outcome.correct, 5);
    assert_int_equal(row->finding.paired.lost, 1);
    assert_int_equal(row->finding.paired.gained, 1);
    assert_true(row->finding.change == 0);
    row = &run->rows[1];
    expect_row(row, "one", "b", 5);
    assert_int_equal(row->finding.paired.lost, 8);
    assert_int_equal(row->finding.paired.gained, 0);
    assert_true(fabs(row->finding.change + 0.8) < 1e-12);
    assert_true(fabs(row->finding.judgement.p - 2 / 256.0) < 1e-12);
    nt_interval interval = nt_paired_interval(row->finding.paired, 0.95);
    assert_true(row->finding.judgement.within_95.low == interval.low);
    assert_true(row->finding.judgement.within_95.high == interval.high);
    assert_string_equal(run->rows[4].finding.failure, "no such luck");
    assert_false(run->rows[4].finding.unfinished);
    assert_int_equal(run->rows[4].finding.judgement.verdict, NT_UNDECIDED);
    nt_run_results_free(run);
}

/* The list names the baseline as it was computed last; a case from before is held against the one
 * from before, and has no numbers without it. */
static void like_is_compared_with_like(void **state) {
    static const char *const first[] = {"1111100000", "1111000000", NULL}; /* baseline, a, b */
    static const char *const then[] = {"1111111111", NULL, "1111111100"};
    nt_store_result rows[3];
    static char keys[3][NT_DIGEST_HEX];
    for (int lacking = 0; lacking < 2; lacking++) {
        nt_store *store;
        remove(path_in(*state, NT_STORE_NAME));
        EXPECT_OK(&error, nt_store_open(*state, &store, &error));
        for (int i = 0; i < 3; i++) {
            if (first[i] && !(lacking && i == 0))
                put_outcome_by(store, "asked; first", i, first[i], 10, 1);
            if (then[i])
                put_outcome_by(store, "asked; then", i, then[i], 10, 1);
            memcpy(keys[i], made_key(i), NT_DIGEST_HEX);
            rows[i] = (nt_store_result){i ? "one" : "baseline",
                                        i == 0   ? "baseline"
                                        : i == 1 ? "a"
                                                 : "b",
                                        0,
                                        "test",
                                        "zero a",
                                        keys[i],
                                        i == 1 ? "asked; first" : "asked; then",
                                        NULL,
                                        NULL,
                                        0,
                                        NULL};
        }
        EXPECT_OK(&error, nt_store_put_results(store, rows, 3, NULL, 0, &error));
        nt_store_close(store);
        nt_run_results *run = read_run(*state);
        assert_int_equal(run->baselines[0].finding.outcome.correct, 10);
        assert_int_equal(run->rows[1].finding.paired.lost, 2);
        if (lacking) {
            assert_string_equal(run->rows[0].finding.failure, "its baseline isn't measured");
        } else {
            nt_arena arena;
            nt_run_images images;
            nt_arena_init(&arena);
            assert_int_equal(run->rows[0].finding.outcome.correct, 4);
            assert_int_equal(run->rows[0].finding.paired.lost, 1);
            EXPECT_OK(&error, nt_run_row_images(run, &run->rows[0], &arena, &images, &error));
            assert_int_equal(images.lost[0], 4);
            nt_arena_finish(&arena);
        }
        nt_run_results_free(run);
    }
}

/* With seed 5, group one has p of 8, 1 and 6 discordant pairs; group two has one case. */
static void a_group_is_judged_seed_by_seed(void **state) {
    PUT(*state, two_seeds);
    nt_run_results *run = read_run(*state);
    double p[] = {2 / 256.0, 1, 2 / 64.0};
    assert_int_equal(nt_holm(p, 3, p), NT_OK);
    assert_true(p[0] > 2 / 256.0 && p[2] > 2 / 64.0);
    assert_true(fabs(run->rows[1].finding.judgement.p_holm - p[0]) < 1e-12);
    assert_true(fabs(run->rows[3].finding.judgement.p_holm - p[1]) < 1e-12);
    assert_true(fabs(run->rows[5].finding.judgement.p_holm - p[2]) < 1e-12);
    assert_true(fabs(run->rows[7].finding.judgement.p_holm - 2 / 256.0) < 1e-12);
    double outside = nt_paired_margin(run->rows[7].finding.paired, 0.01).outside;
    assert_true(fabs(run->rows[7].finding.judgement.holm.outside - outside) < 1e-15);
    assert_true(fabs(run->rows[1].finding.judgement.margin.outside - outside) < 1e-15);
    assert_true(fabs(run->rows[1].finding.judgement.holm.outside - 3 * outside) < 1e-15);
    assert_int_equal(run->rows[7].finding.judgement.verdict, NT_CRITICAL);
    assert_int_equal(run->rows[0].finding.judgement.verdict, NT_UNDECIDED);
    nt_run_results_free(run);
}

static void the_margin_is_given_or_the_runs_own(void **state) {
    nt_run_results *run;
    PUT(*state, two_seeds);
    run = read_run(*state);
    assert_true(run->margin_assumed);
    assert_true(run->margin == NT_USUAL_MARGIN);
    assert_int_equal(run->rows[7].finding.judgement.verdict, NT_CRITICAL);
    nt_run_results_free(run);
    put_results(*state);
    run = read_run(*state);
    assert_false(run->margin_assumed);
    assert_true(run->margin == 0.75);
    assert_int_equal(run->rows[7].finding.judgement.verdict, NT_UNDECIDED);
    nt_run_results_free(run);
    EXPECT_OK(&error, nt_run_results_read(*state, &(double){1}, &run, &error));
    assert_true(run->margin == 1);
    assert_int_equal(run->rows[7].finding.judgement.verdict, NT_TRIVIAL);
    nt_run_results_free(run);
}

/* --- what isn't there ------------------------------------------------------------------------- */

static void what_is_measured_in_part_says_so(void **state) {
    static const listed list[] = {
        {"baseline", "baseline", 0, "1", 2500, 3}, {"baseline", "baseline", 1, "1", 2500, 2},
        {"one", "whole", 0, "10", 2500, 3},        {"one", "part", 0, "10", 2500, 1},
        {"one", "whole", 1, "10", 2500, 3},        {"one", "alone", 2, "10", 2500, 3},
    };
    PUT(*state, list);
    nt_run_results *run = read_run(*state);
    assert_null(run->baselines[0].finding.failure);
    assert_string_equal(run->baselines[1].finding.failure, "measured in part: 2000 of 2500 images");
    assert_null(run->rows[0].finding.failure);
    assert_int_equal(run->rows[0].finding.paired.lost, 1250);
    assert_true(run->rows[0].finding.judgement.p_holm ==
                run->rows[0].finding.judgement.p); /* judged alone */
    assert_string_equal(run->rows[1].finding.failure, "measured in part: 1000 of 2500 images");
    assert_string_equal(run->rows[2].finding.failure, "its baseline isn't measured");
    assert_string_equal(run->rows[3].finding.failure, "its baseline isn't measured");
    for (int i = 1; i < 4; i++)
        assert_true(run->rows[i].finding.unfinished);
    nt_run_results_free(run);
}

static void expect_refused(const char *folder, const char *part) {
    nt_run_results *run = NULL;
    nt_status status = nt_run_results_read(folder, NULL, &run, &error);
    assert_null(run);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
}

static void what_is_no_run_is_refused(void **state) {
    nt_store *store;
    expect_refused(path_in(*state, "none"), "/none: error: No such file or directory; give the");
    expect_refused(*state, "/" NT_STORE_NAME ": error: cannot open: No such file");
    EXPECT_OK(&error, nt_store_open(*state, &store, &error));
    put_outcome(store, 1, "1", 5, 1);
    nt_store_close(store);
    expect_refused(*state, ": error: lists no results yet; 1 outcomes are measured; ");
    expect_refused(path_in(*state, NT_STORE_NAME), "error: is not a folder");
    execute_in(*state, "PRAGMA user_version = 9");
    expect_refused(*state, "written by a newer version");
}

static void what_does_not_fit_is_refused(void **state) {
    static const listed list[] = {{"baseline", "baseline", 0, "11", 0, 0},
                                  {"one", "a", 0, "101", 0, 0}};
    PUT(*state, list);
    expect_refused(*state, "'a' was measured on 3 samples, its baseline on 2");
    nt_store *store;
    made m;
    EXPECT_OK(&error, nt_store_open(*state, &store, &error));
    put_one(store, make_shard(&m, 9, 2, 12, 0), &error);
    const nt_store_result wide = {"baseline",    "baseline", 0,    "test", "",  m.key,
                                  MADE_NUMERICS, NULL,       NULL, 0,      NULL};
    EXPECT_OK(&error, nt_store_put_results(store, &wide, 1, NULL, 0, &error));
    nt_store_close(store);
    expect_refused(*state, "takes 12 bytes");
}

static void a_wrong_results_json_is_refused(void **state) {
    nt_run_results *run;
    PUT(*state, two_seeds);
    put_json(*state, "{");
    expect_refused(*state, "/results.json: byte 1: error: is not JSON: ");
    put_json(*state, "{\"setup\": {\"margin\": 0.1}}");
    expect_refused(*state, "/results.json: error: says no version");
    nt_status status = nt_run_results_read(*state, &(double){0.1}, &run, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "/results.json: error: says no version");
}

/* --- choosing --------------------------------------------------------------------------------- */

/* "group/name seed, …" of the rows chosen. */
static const char *chosen(const nt_run_results *run, nt_run_choice choice) {
    static char text[1000];
    nt_run_rows baselines, rows;
    nt_arena arena;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_run_results_choose(run, &choice, &arena, &baselines, &rows, &error));
    assert_int_equal(baselines.count, choice.seed ? 1 : run->baseline_count);
    text[0] = '\0';
    for (size_t i = 0; i < rows.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s/%s %d", i ? ", " : "",
                 rows.items[i]->group, rows.items[i]->name, rows.items[i]->finding.seed);
    nt_arena_finish(&arena);
    return text;
}

static void rows_are_chosen(void **state) {
    PUT(*state, two_seeds);
    nt_run_results *run = read_run(*state);
    int32_t five = 5;
    nt_verdict critical = NT_CRITICAL, undecided = NT_UNDECIDED, trivial = NT_TRIVIAL;
    assert_string_equal(chosen(run, (nt_run_choice){0}),
                        "one/b 3, one/b 5, one/a 3, one/a 5, one/c 3, one/c 5, two/b 3, two/b 5");
    assert_string_equal(chosen(run, (nt_run_choice){.group = "two"}), "two/b 3, two/b 5");
    assert_string_equal(chosen(run, (nt_run_choice){.name = "b", .seed = &five}),
                        "one/b 5, two/b 5");
    assert_string_equal(chosen(run, (nt_run_choice){.group = "one", .name = "*", .seed = &five}),
                        "one/b 5, one/a 5, one/c 5");
    assert_string_equal(chosen(run, (nt_run_choice){.verdict = &critical}),
                        "one/b 5, one/c 5, two/b 5");
    assert_string_equal(chosen(run, (nt_run_choice){.verdict = &undecided}),
                        "one/b 3, one/a 3, one/a 5, two/b 3"); /* a failure isn't undecided */
    assert_string_equal(chosen(run, (nt_run_choice){.verdict = &trivial}), "");
    nt_run_results_free(run);
}

static void rows_are_sorted_within_their_group(void **state) {
    PUT(*state, two_seeds);
    nt_run_results *run = read_run(*state);
    assert_string_equal(chosen(run, (nt_run_choice){.order = NT_ORDER_CHANGE}),
                        "one/b 5, one/c 5, one/a 5, one/b 3, one/a 3, one/c 3, two/b 5, two/b 3");
    assert_string_equal(chosen(run, (nt_run_choice){.order = NT_ORDER_VALUE}),
                        "one/b 5, one/c 5, one/b 3, one/a 3, one/a 5, one/c 3, two/b 5, two/b 3");
    assert_string_equal(chosen(run, (nt_run_choice){.order = NT_ORDER_P}),
                        "one/b 5, one/c 5, one/b 3, one/a 3, one/a 5, one/c 3, two/b 5, two/b 3");
    assert_string_equal(chosen(run, (nt_run_choice){.order = NT_ORDER_NAME}),
                        "one/a 3, one/a 5, one/b 3, one/b 5, one/c 3, one/c 5, two/b 3, two/b 5");
    nt_run_results_free(run);
}

static void expect_unknown(const nt_run_results *run, nt_run_choice choice, const char *message) {
    nt_run_rows baselines, rows;
    nt_arena arena;
    nt_arena_init(&arena);
    nt_status status = nt_run_results_choose(run, &choice, &arena, &baselines, &rows, &error);
    EXPECT_ERROR(&error, status, NT_USAGE, message);
    nt_arena_finish(&arena);
}

static void unknown_names_are_refused(void **state) {
    static const listed list[] = {{"baseline", "baseline", 7, "1", 0, 0},
                                  {"blocks", "layer1.conv", 7, "1", 0, 0},
                                  {"layers", "layer2.conv", 7, "1", 0, 0},
                                  {"layers", "stem", 7, "1", 0, 0}};
    int32_t eight = 8;
    PUT(*state, list);
    nt_run_results *run = read_run(*state);
    expect_unknown(run, (nt_run_choice){.group = "block"},
                   "the run has no group 'block'; did you mean 'blocks'?");
    expect_unknown(run, (nt_run_choice){.group = "convolutions"},
                   "the run has no group 'convolutions'; it has blocks, layers\n");
    expect_unknown(run, (nt_run_choice){.name = "layer1.cnov"}, "did you mean 'layer1.conv'?");
    expect_unknown(run, (nt_run_choice){.group = "layers", .name = "layer1.conv"},
                   "the run has no case 'layer1.conv'; did you mean 'layer2.conv'?");
    expect_unknown(run, (nt_run_choice){.name = "*2.fc"}, "the run has no case like '*2.fc'\n");
    expect_unknown(run, (nt_run_choice){.seed = &eight}, "the run has no seed '8'; it has 7\n");
    nt_run_results_free(run);
}

/* --- together --------------------------------------------------------------------------------- */

static void near(double a, double b) {
    if (!(fabs(a - b) < 1e-12))
        fail_msg("%g is not %g", a, b);
}

static void cases_are_summed_up_over_their_seeds(void **state) {
    PUT(*state, two_seeds);
    nt_run_results *run = read_run(*state);
    nt_arena arena;
    nt_run_rows baselines, rows;
    nt_run_summaries list;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_run_results_choose(run, &(nt_run_choice){.order = NT_ORDER_CHANGE}, &arena,
                                            &baselines, &rows, &error));
    assert_int_equal(nt_run_by_case(&rows, NT_ORDER_SUITE, &arena, &list), NT_OK);
    assert_int_equal(list.count, 4);
    const nt_run_summary *b = &list.items[0], *c = &list.items[2];
    expect_row(b->first, "one", "b", 3);
    assert_int_equal(b->rows, 2);
    assert_int_equal(b->failures, 0);
    assert_int_equal(b->verdicts[NT_CRITICAL], 1);
    assert_int_equal(b->verdicts[NT_UNDECIDED], 1);
    assert_int_equal(b->verdicts[NT_TRIVIAL], 0);
    near(b->value.mean, 0.35);
    near(b->change.mean, -0.4);
    near(b->change.deviation, 0.8 / sqrt(2));
    expect_row(c->first, "one", "c", 3);
    assert_int_equal(c->rows, 2);
    assert_int_equal(c->failures, 1);
    near(c->change.mean, -0.6);
    expect_row(list.items[3].first, "two", "b", 3);
    assert_int_equal(nt_run_by_case(&rows, NT_ORDER_CHANGE, &arena, &list), NT_OK);
    expect_row(list.items[0].first, "one", "c", 3); /* -0.6, -0.4, -0.05; -0.3 */
    expect_row(list.items[1].first, "one", "b", 3);
    expect_row(list.items[2].first, "one", "a", 3);
    expect_row(list.items[3].first, "two", "b", 3);
    assert_int_equal(nt_run_by_case(&rows, NT_ORDER_VALUE, &arena, &list), NT_OK);
    expect_row(list.items[0].first, "one", "b", 3); /* 0.35, 0.4, 0.7 */
    expect_row(list.items[1].first, "one", "c", 3);
    assert_int_equal(nt_run_by_case(&rows, NT_ORDER_NAME, &arena, &list), NT_OK);
    expect_row(list.items[0].first, "one", "a", 3);
    nt_arena_finish(&arena);
    nt_run_results_free(run);
}

static void groups_are_summed_up_with_the_agreement_of_the_seeds(void **state) {
    static const listed list[] = {{"baseline", "baseline", 1, "1111", 0, 0},
                                  {"baseline", "baseline", 2, "1111", 0, 0},
                                  {"one", "a", 1, "1110", 0, 0},
                                  {"one", "a", 2, "1100", 0, 0},
                                  {"one", "b", 1, "1100", 0, 0},
                                  {"one", "b", 2, "1000", 0, 0},
                                  {"one", "c", 1, "1000", 0, 0},
                                  {"one", "c", 2, "1110", 0, 0},
                                  {"two", "a", 1, "1111", 0, 0},
                                  {"two", "a", 2, NULL, 0, 0}};
    PUT(*state, list);
    nt_run_results *run = read_run(*state);
    nt_arena arena;
    nt_run_rows baselines, rows;
    nt_run_summaries groups;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_run_results_choose(run, &(nt_run_choice){.order = NT_ORDER_CHANGE}, &arena,
                                            &baselines, &rows, &error));
    assert_int_equal(nt_run_by_group(&rows, &arena, &groups), NT_OK);
    assert_int_equal(groups.count, 2);
    assert_string_equal(groups.items[0].first->group, "one");
    assert_int_equal(groups.items[0].cases, 3);
    assert_int_equal(groups.items[0].rows, 6);
    near(groups.items[0].change.mean, -0.5);
    near(groups.items[0].tau, -1 / 3.0); /* of three pairs, a over b alone is agreed on */
    assert_string_equal(groups.items[1].first->group, "two");
    assert_int_equal(groups.items[1].failures, 1);
    assert_true(isnan(groups.items[1].tau));
    nt_arena_finish(&arena);
    nt_run_results_free(run);
}

static void images_are_those_that_changed(void **state) {
    PUT(*state, two_seeds);
    nt_run_results *run = read_run(*state);
    nt_arena arena;
    nt_run_images images;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_run_row_images(run, &run->rows[0], &arena, &images, &error));
    assert_int_equal(images.lost[0], 0);
    assert_int_equal(images.gained[0], 5);
    EXPECT_OK(&error, nt_run_row_images(run, &run->rows[6], &arena, &images, &error));
    assert_int_equal(images.gained[0], 5);
    assert_int_equal(images.gained[1], 6);
    nt_arena_finish(&arena);
    nt_run_results_free(run);
}

/* Outcomes may stand in another order than the split's samples, and be of some of them only. */
static void images_are_numbered_as_in_the_split(void **state) {
    static const int32_t samples[] = {40, 7, 3, 12, 9, 30, 1, 2, 0, 5};
    put_list_of(*state, two_seeds, sizeof two_seeds / sizeof *two_seeds, samples, 10);
    nt_run_results *run = read_run(*state);
    nt_arena arena;
    nt_run_images images;
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_run_row_images(run, &run->rows[0], &arena, &images, &error));
    assert_int_equal(images.lost[0], 40);
    assert_int_equal(images.gained[0], 30);
    EXPECT_OK(&error, nt_run_row_images(run, &run->rows[1], &arena, &images, &error));
    const int32_t lost[] = {1, 2, 3, 7, 9, 12, 30, 40};
    assert_int_equal(run->rows[1].finding.paired.lost, 8);
    assert_memory_equal(images.lost, lost, sizeof lost);
    nt_arena_finish(&arena);
    nt_run_results_free(run);
}

/* Patients are those of results.json if that is of the same samples. */
static void patients_are_of_the_same_samples(void **state) {
    static const int32_t samples[] = {3, 0, 6, 2, 1, 5, 4}, others[] = {0, 1, 2, 3, 4, 5, 6};
    static const listed list[] = {{"baseline", "baseline", 3, "1111111", 0, 0},
                                  {"baseline", "baseline", 7, "1111111", 0, 0}};
    put_results(*state);
    for (int round = 0; round < 3; round++) {
        put_list_of(*state, list, 2, round == 1 ? others : samples, round == 2 ? 0 : 7);
        nt_run_results *run = read_run(*state);
        assert_true((run->patients != NULL) == (round == 0));
        nt_run_results_free(run);
    }
}

static void out_of_memory_is_reported_wherever_it_happens(void **state) {
    nt_run_results *run = NULL;
    nt_arena arena;
    nt_run_rows baselines, rows;
    PUT(*state, two_seeds);
    put_results(*state);
    int failures = 0;
    for (bool failed = true; failed; failures += failed) {
        fail_allocation(failures);
        nt_status status = nt_run_results_read(*state, NULL, &run, &error);
        nt_arena_init(&arena);
        if (status == NT_OK)
            status =
                nt_run_results_choose(run, &(nt_run_choice){0}, &arena, &baselines, &rows, &error);
        nt_arena_finish(&arena);
        nt_run_results_free(run);
        run = NULL;
        nt_error_finish(&error);
        failed = allow_all_allocations();
        nt_error_init(&error);
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
    }
    assert_true(failures > 10);
}

/* --- listing results -------------------------------------------------------------------------- */

static nt_finding *finding_of(nt_case_result *cases, int c, int s) {
    return &cases[c].findings[s];
}

/* A suite of two seeds, interrupted with the second: one case has a shard, one has none. */
static void a_run_lists_what_has_begun(void **state) {
    static const char *const kinds[] = {NULL};
    static nt_finding baseline[] = {{.seed = 4}, {.seed = 6}};
    static nt_finding findings[3][2] = {
        {{.seed = 4}, {.seed = 6}}, {{.seed = 4}, {.seed = 6}}, {{.seed = 4}, {.seed = 6}}};
    static nt_case_result cases[] = {{.name = "a", .findings = findings[0]},
                                     {.name = "b", .findings = findings[1]},
                                     {.name = "c", .findings = findings[2]}};
    static nt_group_result group = {.name = "one", .cases = cases, .case_count = 3};
    const nt_results results = {.setup = {.split = "test"},
                                .baseline = baseline,
                                .seed_count = 2,
                                .groups = &group,
                                .group_count = 1,
                                .kinds = kinds};
    nt_store *store;
    nt_text rows;
    nt_text_init(&rows);
    EXPECT_OK(&error, nt_store_open(*state, &store, &error));
    const nt_store_result old = {
        .group = "old", .name = "", .split = "", .edit = "", .failure = "it is old"};
    EXPECT_OK(&error, nt_store_put_results(store, &old, 1, NULL, 0, &error));
    EXPECT_OK(&error, nt_results_store(&results, store, &error)); /* nothing has begun */
    nt_store_close(store);
    static const char *const sql = "SELECT group_name, case_name, seed, failure FROM result";
    assert_string_equal(rows_of(*state, sql, &rows), "'old' '' '0' 'it is old' \n");
    EXPECT_OK(&error, nt_store_open(*state, &store, &error));
    memcpy(baseline[0].key, put_outcome(store, 1, "1", 2000, 2), NT_DIGEST_HEX);
    memcpy(finding_of(cases, 0, 0)->key, put_outcome(store, 2, "1", 2000, 2), NT_DIGEST_HEX);
    memcpy(finding_of(cases, 0, 1)->key, put_outcome(store, 3, "1", 2000, 1), NT_DIGEST_HEX);
    memcpy(finding_of(cases, 1, 0)->key, made_key(4), NT_DIGEST_HEX);
    baseline[0].numerics = finding_of(cases, 0, 0)->numerics = MADE_NUMERICS;
    finding_of(cases, 0, 1)->numerics = finding_of(cases, 1, 0)->numerics = MADE_NUMERICS;
    finding_of(cases, 2, 0)->failure = "it can't be";
    EXPECT_OK(&error, nt_results_store(&results, store, &error));
    nt_store_close(store);
    assert_string_equal(rows_of(*state, sql, &rows), "'baseline' 'baseline' '4' null \n"
                                                     "'one' 'a' '4' null \n"
                                                     "'one' 'a' '6' null \n"
                                                     "'one' 'c' '4' 'it can't be' \n");
    nt_text_finish(&rows);
}

/* --- words and CSV ---------------------------------------------------------------------------- */

static void expect_words(const char *words, const char *expected) {
    nt_arena arena;
    nt_arena_init(&arena);
    const char *got = nt_words_shorten(words, 2, &arena);
    assert_non_null(got);
    assert_string_equal(got, expected);
    nt_arena_finish(&arena);
}

static void words_are_shortened(void **state) {
    (void)state;
    expect_words("", "");
    expect_words("zero a", "zero a");
    expect_words("zero a b", "zero a b");
    expect_words("zero a b c d", "zero a b and 2 more");
    expect_words("zero a b c, drop d", "zero a b and 1 more, drop d");
    expect_words("noise a b c d (deviation 0.1, seed 7), drop e f g",
                 "noise a b and 2 more (deviation 0.1, seed 7), drop e f and 1 more");
    expect_words("noise a (seed", "noise a (seed");
}

static void a_row_of_csv_has_all_columns(void **state) {
    (void)state;
    nt_text csv;
    nt_text_init(&csv);
    nt_findings_csv_header(&csv);
    size_t length = csv.length;
    int commas = 0;
    for (size_t i = 0; i < length; i++)
        commas += csv.bytes[i] == ',';
    nt_text_clear(&csv);
    nt_finding_csv("a,b", "say \"x\"", "zero a", &(nt_finding){.seed = 3, .failure = "no"}, &csv);
    assert_string_equal(csv.bytes,
                        "\"a,b\",\"say \"\"x\"\"\",zero a,3,accuracy,,,,,,,,,,,,,,,,,,no\n");
    for (size_t i = strlen("\"a,b\""); i < csv.length; i++)
        commas -= csv.bytes[i] == ',';
    assert_int_equal(commas, 0);
    nt_text_finish(&csv);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(outcomes_of_two_sizes_are_refused),
        TEST(numbers_are_those_of_the_baseline_with_the_same_seed),
        TEST(like_is_compared_with_like),
        TEST(a_group_is_judged_seed_by_seed),
        TEST(the_margin_is_given_or_the_runs_own),
        TEST(what_is_measured_in_part_says_so),
        TEST(what_is_no_run_is_refused),
        TEST(what_does_not_fit_is_refused),
        TEST(a_wrong_results_json_is_refused),
        TEST(rows_are_chosen),
        TEST(rows_are_sorted_within_their_group),
        TEST(unknown_names_are_refused),
        TEST(cases_are_summed_up_over_their_seeds),
        TEST(groups_are_summed_up_with_the_agreement_of_the_seeds),
        TEST(images_are_those_that_changed),
        TEST(images_are_numbered_as_in_the_split),
        TEST(patients_are_of_the_same_samples),
        TEST(out_of_memory_is_reported_wherever_it_happens),
        TEST(a_run_lists_what_has_begun),
        cmocka_unit_test(words_are_shortened),
        cmocka_unit_test(a_row_of_csv_has_all_columns),
    };
    nt_error_init(&error);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
