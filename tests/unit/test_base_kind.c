/* Kinds: found by name, the near ones suggested, records made; and what holds of a family. */
#include "kind.h"
#include "support_base.h"
#include "support_kind.h"

typedef struct paint {
    nt_kind kind;
    bool bright;
} paint;

typedef struct ochre_options {
    int32_t coats;
    const char *base;
} ochre_options;

static const nt_field ochre_fields[] = {
    {"coats", NT_INT, offsetof(ochre_options, coats), "2", 1, 9, .doc = "how many"},
    {"base", NT_STRING, offsetof(ochre_options, base), "lime", .doc = "what it lies on"},
    {0},
};

static const paint ochre = {{"ochre", "the colour of earth", ochre_fields, sizeof(ochre_options)},
                            false};
static const paint umber = {{"umber", "the colour of shade", nt_no_fields, 0}, false};
static const paint amber = {{"amber", "the colour of resin", nt_no_fields, 0}, true};

static const nt_kind *const paints[] = {&ochre.kind, &umber.kind, &amber.kind, NULL};

static bool is_bright(const nt_kind *kind) {
    return ((const paint *)kind)->bright;
}

static void test_find(void **state) {
    (void)state;
    assert_ptr_equal(nt_kind_find(paints, NULL, "amber"), &amber);
    assert_null(nt_kind_find(paints, NULL, "Amber"));
    assert_ptr_equal(nt_kind_find(paints, is_bright, "amber"), &amber);
    assert_null(nt_kind_find(paints, is_bright, "umber"));
}

static void test_nearest(void **state) {
    (void)state;
    assert_string_equal(nt_kind_nearest(paints, NULL, "ocher"), "ochre");
    assert_null(nt_kind_nearest(paints, NULL, "vermilion"));
    assert_null(nt_kind_nearest(paints, is_bright, "ocher"));
    /* one letter off both: the first stays */
    assert_string_equal(nt_kind_nearest(paints, NULL, "imber"), "umber");
    assert_string_equal(nt_kind_nearest(paints, is_bright, "imber"), "amber");
    assert_null(nt_kind_nearest(paints + 3, NULL, "ochre"));
}

static void test_records(void **state) {
    (void)state;
    char why[NT_FIELD_WHY] = "";
    nt_arena arena;
    nt_arena_init(&arena);
    const ochre_options *usual = nt_kind_record(&ochre.kind, "", &arena, why);
    assert_non_null(usual);
    assert_int_equal(usual->coats, 2);
    assert_string_equal(usual->base, "lime");
    const ochre_options *other = nt_kind_record(&ochre.kind, "coats=3", &arena, why);
    assert_non_null(other);
    assert_int_equal(other->coats, 3);
    assert_string_equal(other->base, "lime");
    assert_null(nt_kind_record(&ochre.kind, "coats=10", &arena, why));
    assert_non_null(strstr(why, "must be an integer from 1 to 9"));
    assert_non_null(nt_kind_record(&umber.kind, "", &arena, why));
    const ochre_options *copy = nt_kind_copy(&ochre.kind, other, &arena);
    assert_non_null(copy);
    assert_true(nt_fields_equal(ochre_fields, copy, other));
    assert_ptr_not_equal(copy->base, other->base);
    nt_arena_finish(&arena);
}

static void test_flaws(void **state) {
    (void)state;
    static const nt_field mute[] = {{"coats", NT_INT, 0, "2", .doc = NULL}, {0}};
    static const nt_field twice[] = {{"coats", NT_INT, 0, "2", .doc = "how many"},
                                     {"coats", NT_INT, 0, "2", .doc = "how many"},
                                     {0}};
    static const nt_field wrong[] = {{"coats", NT_INT, 0, "0", 1, 9, .doc = "how many"}, {0}};
    static const nt_field beyond[] = {{"coats", NT_INT, 4, "2", .doc = "how many"}, {0}};
    static const nt_kind kinds[] = {
        {"", "nothing", nt_no_fields, 0},      {"sand", NULL, nt_no_fields, 0},
        {"sand", "a stop.", nt_no_fields, 0},  {"sand", "two\nlines", nt_no_fields, 0},
        {"sand", "no table", NULL, 0},         {"sand", "no doc", mute, 4},
        {"sand", "a field twice", twice, 4},   {"sand", "no default", wrong, 4},
        {"sand", "a field beyond", beyond, 4},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const nt_kind *const family[] = {&umber.kind, &kinds[i], NULL};
        assert_non_null(family_flaw(family));
    }
    const nt_kind *const same[] = {&umber.kind, &amber.kind, &umber.kind, NULL};
    assert_string_equal(family_flaw(same), "umber has a name that another has");
    assert_non_null(family_flaw(paints + 3));
    assert_null(family_flaw(paints));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_flaws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
