/* Outcomes that are packed and unpacked again are what they were, whatever they hold. */
#include "packed.h"
#include "support_store.h"

enum { SAMPLES = 2 * NT_SHARD_SAMPLES + 3, CLASSES = 3, COUNTS = 3, COUNT_BYTES = 4 };

static nt_error error;

/* Room for a run of one seed, whose group has a case for each further thing. */
typedef struct run {
    nt_results results;
    nt_finding baseline[1], findings[4];
    nt_case_result cases[4];
    nt_group_result group[1];
    nt_store *store;
} run;

static void open_run(run *r, nt_metric metric, int cases) {
    static const char *const names[] = {"a", "b", "c", "d"};
    *r = (run){0};
    EXPECT_OK(&error, nt_store_open_in_memory(&r->store, &error));
    r->results.setup.metric = metric;
    r->results.setup.class_count = CLASSES;
    r->results.setup.samples = SAMPLES;
    r->results.baseline = r->baseline;
    r->results.seed_count = 1;
    r->results.groups = r->group;
    r->results.group_count = 1;
    r->group[0] = (nt_group_result){.name = "g", .cases = r->cases, .case_count = cases};
    for (int i = 0; i < cases; i++)
        r->cases[i] = (nt_case_result){.name = names[i], .findings = &r->findings[i]};
}

static void close_run(run *r) {
    nt_store_close(r->store);
}

/* Stores the outcomes of `samples` samples under the key of `thing`, and notes it in the finding.
 */
static void measure(run *r, nt_finding *finding, int thing, const unsigned char *outcomes,
                    int32_t samples, int32_t bytes) {
    for (int32_t number = 0; number < nt_shard_count(samples); number++) {
        const nt_shard shard = {.key = made_key(thing),
                                .numerics = MADE_NUMERICS,
                                .samples = samples,
                                .sample_bytes = bytes,
                                .number = number,
                                .outcomes =
                                    outcomes + (size_t)number * NT_SHARD_SAMPLES * (size_t)bytes,
                                .size = (size_t)nt_shard_samples(samples, number) * (size_t)bytes,
                                .loss = 1.0 / (3 + number)};
        put_one(r->store, &shard, &error);
    }
    finding->outcome.total = samples;
    snprintf(finding->key, sizeof finding->key, "%s", made_key(thing));
    finding->numerics = MADE_NUMERICS;
}

/* By way of the file. */
static void pack_and_read(const run *r, const char *folder, nt_arena *arena, nt_packed *ret) {
    nt_packed packed;
    EXPECT_OK(&error, nt_packed_make(&r->results, r->store, arena, &packed, &error));
    EXPECT_OK(&error, nt_packed_write(&packed, folder, &error));
    EXPECT_OK(&error, nt_packed_read(path_in(folder, NT_PACKED_NAME), arena, ret, &error));
}

static void expect_same(const run *r, nt_store *store, int thing, int32_t samples, int32_t bytes) {
    static unsigned char before[SAMPLES * CLASSES * COUNTS * COUNT_BYTES], after[sizeof before];
    size_t size = (size_t)samples * (size_t)bytes;
    double loss, again;
    EXPECT_OK(&error, nt_store_read(r->store, made_key(thing), MADE_NUMERICS, samples, before, size,
                                    &loss, &error));
    EXPECT_OK(&error, nt_store_read(store, made_key(thing), MADE_NUMERICS, samples, after, size,
                                    &again, &error));
    assert_memory_equal(before, after, size);
    assert_true(loss == again);
}

/* Of classes: several shards, failures, fewer samples than the baseline has, two cases alike. */
static void classes_are_bits(void **folder) {
    static unsigned char outcomes[3][SAMPLES];
    const int32_t fewer = 17;
    nt_arena arena;
    nt_packed packed;
    nt_store *store;
    run r;
    nt_arena_init(&arena);
    open_run(&r, NT_ACCURACY, 4);
    for (int32_t i = 0; i < SAMPLES; i++) {
        outcomes[0][i] = i % 3 == 0;
        outcomes[1][i] = i == 1500 || i == 8 ? 255 : i % 5 == 0;
        outcomes[2][i] = i % 2 == 0;
    }
    measure(&r, &r.baseline[0], 0, outcomes[0], SAMPLES, 1);
    measure(&r, &r.findings[0], 1, outcomes[1], SAMPLES, 1);
    measure(&r, &r.findings[1], 2, outcomes[2], fewer, 1);
    r.findings[2] = r.findings[0];
    r.findings[0].failure = r.findings[2].failure = "the logits of image 8 are not finite";
    r.findings[3].failure = "it could not be made";
    pack_and_read(&r, *folder, &arena, &packed);
    assert_int_equal(packed.outcome_count, 3);
    assert_int_equal(packed.case_count, 4);
    assert_int_equal(packed.cases[3].outcome, packed.cases[1].outcome);
    assert_int_equal(packed.outcomes[2].samples, fewer);
    assert_int_equal(packed.size, (SAMPLES + 7) / 8 * 3 + (fewer + 7) / 8);
    EXPECT_OK(&error, nt_store_open_in_memory(&store, &error));
    EXPECT_OK(&error, nt_packed_restore(&packed, store, &error));
    expect_same(&r, store, 0, SAMPLES, 1);
    expect_same(&r, store, 1, SAMPLES, 1);
    expect_same(&r, store, 2, fewer, 1);
    nt_store_close(store);
    close_run(&r);
    nt_arena_finish(&arena);
}

static void put_count(unsigned char *at, uint32_t count) {
    for (int b = 0; b < COUNT_BYTES; b++)
        at[b] = (unsigned char)(count >> 8 * b);
}

/* Of masks a count has as many bytes as the largest needs, and one more value for failures. */
static void counts_are_as_short_as_they_may_be(void **folder) {
    static const struct {
        uint32_t most;
        int32_t bytes;
    } sizes[] = {{254, 1}, {255, 2}, {65534, 2}, {65535, 4}};
    enum { THINGS = sizeof sizes / sizeof *sizes, BYTES = CLASSES * COUNTS * COUNT_BYTES, FEW = 5 };
    static unsigned char outcomes[FEW * BYTES];
    nt_arena arena;
    nt_packed packed;
    nt_store *store;
    run r;
    nt_arena_init(&arena);
    open_run(&r, NT_DICE, THINGS - 1);
    for (int t = 0; t < THINGS; t++) {
        for (size_t i = 0; i < sizeof outcomes / COUNT_BYTES; i++)
            put_count(outcomes + i * COUNT_BYTES, (uint32_t)(i * 7919) % (sizes[t].most + 1));
        put_count(outcomes, sizes[t].most);
        memset(outcomes + 3 * (size_t)BYTES, 255, BYTES); /* a failure */
        measure(&r, t == 0 ? &r.baseline[0] : &r.findings[t - 1], t, outcomes, FEW, BYTES);
    }
    pack_and_read(&r, *folder, &arena, &packed);
    EXPECT_OK(&error, nt_store_open_in_memory(&store, &error));
    EXPECT_OK(&error, nt_packed_restore(&packed, store, &error));
    for (int t = 0; t < THINGS; t++) {
        assert_int_equal(packed.outcomes[t].bytes, sizes[t].bytes);
        expect_same(&r, store, t, FEW, BYTES);
    }
    nt_store_close(store);
    close_run(&r);
    nt_arena_finish(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(classes_are_bits),
        WITH_FOLDER(counts_are_as_short_as_they_may_be),
    };
    nt_error_init(&error);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
