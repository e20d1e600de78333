/* Field tables: every type, its limits, printing and reading back. */
#include "field.h"
#include "support_base.h"
#include <math.h>

typedef struct record {
    int32_t count;
    double rate;
    bool on;
    int32_t mode;
    const char *name;
    int32_t pair[2];
    nt_ints steps;
    nt_reals points;
    int32_t secret, free;
} record;

static const char *const modes[] = {"zeros", "reflect", NULL};

static const nt_field fields[] = {
    {"count", NT_INT, offsetof(record, count), "3", 1, 64, .doc = "how many"},
    {"rate", NT_REAL, offsetof(record, rate), "0.5", 0, 1, .doc = "how fast"},
    {"on", NT_BOOL, offsetof(record, on), "true", .doc = "whether"},
    {"mode", NT_CHOICE, offsetof(record, mode), "reflect", .choices = modes, .doc = "which"},
    {"name", NT_STRING, offsetof(record, name), "plain", .doc = "what it is called"},
    {"pair", NT_PAIR, offsetof(record, pair), "1", 0, 9, .doc = "rows and columns"},
    {"steps", NT_INTS, offsetof(record, steps), "[1,2]", 0, 100, .doc = "when"},
    {"points", NT_REALS, offsetof(record, points), "[]", .doc = "where"},
    {"secret", NT_INT, offsetof(record, secret), "7", .doc = "not for users", .hidden = true},
    {"free", NT_INT, offsetof(record, free), NULL, .doc = "any integer; must be given"},
    {0},
};

static nt_arena arena;

static int setup(void **state) {
    (void)state;
    nt_arena_init(&arena);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    nt_arena_finish(&arena);
    return 0;
}

static record defaults(void) {
    record r = {.free = -1};
    assert_true(nt_fields_default(fields, &r, &arena));
    return r;
}

static void test_defaults(void **state) {
    (void)state;
    record r = defaults();
    assert_int_equal(r.count, 3);
    assert_true(r.rate == .5);
    assert_true(r.on);
    assert_int_equal(r.mode, 1);
    assert_string_equal(r.name, "plain");
    assert_int_equal(r.pair[0], 1);
    assert_int_equal(r.pair[1], 1);
    assert_int_equal(r.steps.count, 2);
    assert_int_equal(r.steps.items[1], 2);
    assert_int_equal(r.points.count, 0);
    assert_int_equal(r.secret, 7);
    assert_int_equal(r.free, -1);
}

static void test_parse(void **state) {
    (void)state;
    char why[NT_FIELD_WHY];
    record r = defaults();
    assert_true(nt_fields_parse(fields, &r, &arena,
                                "count=4.0 rate=1e-3 on=false mode=zeros name=x pair=[3,5] "
                                "steps=[5,6,7] points=[1.5,-2] free=-2147483647",
                                why));
    assert_int_equal(r.count, 4);
    assert_true(r.rate == 1e-3);
    assert_false(r.on);
    assert_int_equal(r.mode, 0);
    assert_string_equal(r.name, "x");
    assert_int_equal(r.pair[0], 3);
    assert_int_equal(r.pair[1], 5);
    assert_int_equal(r.steps.count, 3);
    assert_int_equal(r.steps.items[2], 7);
    assert_int_equal(r.points.count, 2);
    assert_true(r.points.items[1] == -2);
    assert_int_equal(r.free, -2147483647);
    assert_true(nt_fields_parse(fields, &r, &arena, "name=[a,b]", why)); /* brackets and all */
    assert_string_equal(r.name, "[a,b]");
}

/* Each is refused with the words that follow, and the record keeps what it had. */
static void test_refusals(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"count=0", "must be an integer from 1 to 64, not '0'"},
        {"count=65", "must be an integer from 1 to 64, not '65'"},
        {"count=3.5", "must be an integer from 1 to 64, not '3.5'"},
        {"count=abc", "must be an integer from 1 to 64, not 'abc'"},
        {"count=3x", "must be an integer from 1 to 64, not '3x'"},
        {"count=", "must be an integer from 1 to 64, not ''"},
        {"count=[3]", "must be an integer from 1 to 64, not this list"},
        {"free=2147483648", "must be an integer, not '2147483648'"},
        {"free=1e999", "must be an integer, not '1e999'"},
        {"rate=1.01", "must be a number from 0 to 1, not '1.01'"},
        {"rate=nan", "must be a number from 0 to 1, not 'nan'"},
        {"on=yes", "must be true or false, not 'yes'"},
        {"mode=mirror", "must be one of zeros, reflect, not 'mirror'"},
        {"pair=[1,2,3]", "must be an integer, or [rows, columns], each from 0 to 9, not this list"},
        {"pair=10", "must be an integer, or [rows, columns], each from 0 to 9, not '10'"},
        {"steps=[1,101]", "must be a list of integers, each from 0 to 100, not this list"},
        {"points=[1,x]", "must be a list of numbers, each, not this list"},
        {"secret=1", "no field 'secret'"},
        {"nothing=1", "no field 'nothing'"},
        {"count", "no field 'count'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char why[NT_FIELD_WHY] = "";
        record r = defaults(), before = r;
        if (nt_fields_parse(fields, &r, &arena, wrong[i][0], why))
            fail_msg("'%s' was taken", wrong[i][0]);
        if (strncmp(wrong[i][0], "points", 6) != 0)
            assert_string_equal(why, wrong[i][1]);
        else
            assert_non_null(strstr(why, "must be a list of numbers"));
        assert_true(nt_fields_equal(fields, &r, &before));
    }
}

static void test_lookup(void **state) {
    (void)state;
    assert_ptr_equal(nt_field_find(fields, "rate"), &fields[1]);
    assert_null(nt_field_find(fields, "secret"));
    assert_null(nt_field_find(fields, "Rate"));
    assert_string_equal(nt_field_nearest(fields, "piar"), "pair");
    assert_null(nt_field_nearest(fields, "secre"));
    assert_null(nt_field_nearest(fields, "wxyz"));
}

static void test_format_reads_back(void **state) {
    (void)state;
    static const char *const texts[] = {
        " free=0",
        " count=64 rate=0.25 on=false free=5",
        " mode=zeros name=other pair=[2,3] free=-9",
        " pair=4 steps=[] points=[0.125,-3,1e+20] free=1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char why[NT_FIELD_WHY];
        record r = defaults();
        nt_text text;
        nt_text_init(&text);
        assert_true(nt_fields_parse(fields, &r, &arena, texts[i], why));
        nt_fields_format(fields, &r, &text);
        assert_string_equal(text.bytes, texts[i]);
        nt_text_finish(&text);
    }
}

/* Every field counts in comparing and hashing. */
static const char *exactly(const record *r) {
    nt_text text;
    nt_text_init(&text);
    nt_fields_format_exact(fields, r, &text);
    const char *copy = nt_arena_string(&arena, text.bytes);
    assert_non_null(copy);
    nt_text_finish(&text);
    return copy;
}

/* All fields but hidden ones at their fallback, every bit of them. */
static void test_exact(void **state) {
    (void)state;
    record r = defaults();
    r.points = (nt_reals){2, (const double[]){0.1, -0.0}};
    assert_string_equal(exactly(&r), " count=3 rate=0x1p-1 on=true mode=reflect name=\"plain\" "
                                     "pair=1 steps=[1,2] points=[0x1.999999999999ap-4,-0x0p+0] "
                                     "free=-1");
    r.secret = 8;
    assert_non_null(strstr(exactly(&r), " secret=8 free=-1"));
    r.rate = 0.1;
    const char *text = exactly(&r);
    r.rate = 0.1 + 1e-13;
    assert_string_not_equal(exactly(&r), text);
    r.rate = nextafter(0.1, 1);
    assert_string_not_equal(exactly(&r), text);
    r.name = "a\" pair=2\\\n";
    assert_non_null(strstr(exactly(&r), " name=\"a\\\" pair=2\\\\\\x0a\" pair=1 "));
    r.name = "";
    assert_non_null(strstr(exactly(&r), " name=\"\" "));
    r.name = NULL;
    assert_non_null(strstr(exactly(&r), " name=null "));
}

static void test_equality(void **state) {
    (void)state;
    static const char *const changes[] = {"count=4",     "rate=0.1",   "on=false",    "mode=zeros",
                                          "name=x",      "pair=[1,2]", "steps=[1]",   "points=[0]",
                                          "steps=[2,1]", "free=0",     "name=plainer"};
    record plain = defaults();
    record same = defaults();
    assert_true(nt_fields_equal(fields, &plain, &same));
    assert_true(nt_fields_hash(fields, &plain, 1) == nt_fields_hash(fields, &same, 1));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char why[NT_FIELD_WHY];
        record r = defaults();
        assert_true(nt_fields_parse(fields, &r, &arena, changes[i], why));
        assert_false(nt_fields_equal(fields, &plain, &r));
        assert_true(nt_fields_hash(fields, &plain, 1) != nt_fields_hash(fields, &r, 1));
    }
}

/* --- whole integers, open limits, order ------------------------------------------------------- */

typedef struct draw {
    double spread;
    int64_t seed;
    nt_ints at;
} draw;

static const nt_field draw_fields[] = {
    {"spread", NT_REAL, offsetof(draw, spread), "1", 0, 0, .above = true, .doc = "how wide"},
    {"seed", NT_INT64, offsetof(draw, seed), "0", .doc = "which"},
    {"at", NT_INTS, offsetof(draw, at), "[]", .doc = "where"},
    {0},
};

static draw drawn(const char *text) {
    char why[NT_FIELD_WHY];
    draw d;
    assert_true(nt_fields_default(draw_fields, &d, &arena));
    if (!nt_fields_parse(draw_fields, &d, &arena, text, why))
        fail_msg("'%s': %s", text, why);
    return d;
}

static void test_integers_in_full(void **state) {
    (void)state;
    assert_true(drawn("seed=9223372036854775807").seed == INT64_MAX);
    assert_true(drawn("seed=-9223372036854775808").seed == INT64_MIN);
    assert_true(drawn("seed=9007199254740993").seed == 9007199254740993);
    assert_true(drawn("seed=-3.0").seed == -3 && drawn("seed=1e3").seed == 1000);
    static const char *const wrong[][2] = {
        {"seed=9223372036854775808", "must be an integer, not '9223372036854775808'"},
        {"seed=9223372036854775808.0", "must be an integer, not '9223372036854775808.0'"},
        {"seed=1.5", "must be an integer, not '1.5'"},
        {"seed=nan", "must be an integer, not 'nan'"},
        {"spread=0", "must be a number above 0, not '0'"},
        {"spread=-1", "must be a number above 0, not '-1'"},
        {"spread=inf", "must be a number above 0, not 'inf'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char why[NT_FIELD_WHY] = "";
        draw d = drawn("");
        assert_false(nt_fields_parse(draw_fields, &d, &arena, wrong[i][0], why));
        assert_string_equal(why, wrong[i][1]);
    }
}

static void test_every_digit(void **state) {
    (void)state;
    draw d = drawn("spread=0.1 seed=9007199254740993");
    nt_text text;
    nt_text_init(&text);
    for (const nt_field *field = draw_fields; field->name; field++) {
        nt_field_format_digits(field, &d, 17, &text);
        nt_text_add(&text, " ");
    }
    assert_string_equal(text.bytes, "0.10000000000000001 9007199254740993 [] ");
    nt_text_finish(&text);
}

static void test_order(void **state) {
    (void)state;
    static const char *const ascending[] = {"spread=0.5 seed=9",
                                            "spread=1 seed=-9223372036854775808",
                                            "spread=1 seed=9007199254740992",
                                            "spread=1 seed=9007199254740993",
                                            "spread=10 seed=-1",
                                            "spread=10 seed=-1 at=[1]",
                                            "spread=10 seed=-1 at=[0,0]"};
    enum { COUNT = sizeof ascending / sizeof *ascending };
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++) {
            draw a = drawn(ascending[i]), b = drawn(ascending[k]);
            int order = nt_fields_compare(draw_fields, &a, &b);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

static void test_copy(void **state) {
    (void)state;
    char why[NT_FIELD_WHY];
    nt_arena other;
    nt_arena_init(&other);
    record r = {0};
    assert_true(nt_fields_default(fields, &r, &other));
    assert_true(nt_fields_parse(fields, &r, &other, "name=abc steps=[4,5] points=[1,2]", why));
    record *copy = nt_fields_copy(fields, &r, sizeof r, &arena);
    assert_non_null(copy);
    assert_true(copy->name != r.name && copy->steps.items != r.steps.items &&
                copy->points.items != r.points.items);
    nt_arena_finish(&other);
    assert_string_equal(copy->name, "abc");
    assert_int_equal(copy->steps.items[1], 5);
    assert_true(copy->points.items[1] == 2);
    assert_int_equal(copy->count, 3);
}

/* The n-th allocation fails, for each n: never a crash, never a success without all values. */
static void test_out_of_memory(void **state) {
    (void)state;
    int failures = 0;
    for (int n = 0;; n++) {
        char why[NT_FIELD_WHY], big[9000] = "name=";
        memset(big + 5, 'x', sizeof big - 6);
        nt_arena own;
        nt_arena_init(&own);
        record r = {0};
        allow_allocations(n);
        bool done = nt_fields_default(fields, &r, &own) &&
                    nt_fields_parse(fields, &r, &own, big, why) &&
                    nt_fields_copy(fields, &r, sizeof r, &own);
        allow_all_allocations();
        if (done)
            assert_int_equal(strlen(r.name), sizeof big - 6);
        nt_arena_finish(&own);
        if (done)
            break;
        failures++;
    }
    assert_true(failures >= 3);
}

/* What is made when memory runs out is as always, or says that it is incomplete: a field that is
 * lost would make another identity. */
static void test_texts_without_memory(void **state) {
    (void)state;
    static const int32_t steps[] = {4, 5, 6};
    const record r = {.count = 5,
                      .rate = .25,
                      .name = "a name that is longer than the first room of a text is, which has "
                              "two hundred and fifty-six bytes, so that it must grow once and "
                              "once more, while other fields are shorter and need no more room "
                              "than there is already, and would go in behind the gap",
                      .steps = {3, steps},
                      .secret = 8};
    void (*const formats[])(const nt_field *, const void *, nt_text *) = {nt_fields_format,
                                                                          nt_fields_format_exact};
    for (int f = 0; f < 2; f++) {
        nt_text whole;
        nt_text_init(&whole);
        formats[f](fields, &r, &whole);
        assert_false(whole.failed);
        bool failed = true;
        int failures = 0;
        for (int k = 0; failed; k++) {
            nt_text text;
            nt_text_init(&text);
            fail_allocation(k);
            formats[f](fields, &r, &text);
            failed = allow_all_allocations();
            if (failed != text.failed)
                fail_msg("allocation %d: made '%s'", k, text.bytes);
            if (!failed)
                assert_string_equal(text.bytes, whole.bytes);
            failures += failed;
            nt_text_finish(&text);
        }
        assert_true(failures > 0);
        nt_text_finish(&whole);
    }
    assert_true(nt_text_any_failed());
}

/* Whether a hidden field is as usual needs no memory. */
static void test_usual_without_memory(void **state) {
    (void)state;
    record r = {.secret = 7};
    allow_allocations(0);
    bool usual = nt_field_is_usual(&fields[8], &r);
    r.secret = 8;
    bool other = nt_field_is_usual(&fields[8], &r);
    assert_false(allow_all_allocations());
    assert_true(usual);
    assert_false(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lookup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_format_reads_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equality, setup, teardown),
        cmocka_unit_test_setup_teardown(test_integers_in_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_digit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
        cmocka_unit_test(test_texts_without_memory),
        cmocka_unit_test(test_usual_without_memory),
    };
    return cmocka_run_group_tests_name("base_field", tests, NULL, NULL);
}
