/* Of which cases pictures are made. */
#include "overlay_choice.h"
#include "support_base.h"

enum { MANY = 7 };

static int32_t choose(const double *values, int32_t count, int32_t failed,
                      int32_t ret[NT_OVERLAY_CASES]) {
    nt_finding findings[MANY];
    nt_case_result cases[MANY];
    for (int32_t i = 0; i < count; i++) {
        findings[i] =
            (nt_finding){.outcome = {.value = values[i]}, .failure = i == failed ? "it did" : NULL};
        cases[i] = (nt_case_result){.name = "", .findings = &findings[i], .finding_count = 1};
    }
    const nt_group_result group = {.cases = cases, .case_count = count};
    return nt_overlay_choose(&group, ret);
}

static void the_worst_in_their_order(void **state) {
    (void)state;
    static const double values[MANY] = {0.9, 0.2, 0.8, 0.1, 0.2, 0.7, 0.2};
    static const int32_t worst[] = {1, 3, 4, 6}, without[] = {1, 4, 5, 6};
    int32_t chosen[NT_OVERLAY_CASES];
    assert_int_equal(choose(values, MANY, -1, chosen), 4);
    assert_memory_equal(chosen, worst, sizeof worst);
    assert_int_equal(choose(values, MANY, 3, chosen), 4);
    assert_memory_equal(chosen, without, sizeof without);
}

static void all_of_a_few(void **state) {
    (void)state;
    static const double values[] = {0.5, 0.5, 0.5, 0.5, 0.5};
    static const int32_t first[] = {0, 1, 2, 3};
    int32_t chosen[NT_OVERLAY_CASES];
    assert_int_equal(choose(values, 3, -1, chosen), 3);
    assert_memory_equal(chosen, first, 3 * sizeof *first);
    assert_int_equal(choose(values, 3, 1, chosen), 2);
    assert_int_equal(chosen[1], 2);
    assert_int_equal(choose(values, 5, -1, chosen), 4); /* of equal ones the first */
    assert_memory_equal(chosen, first, sizeof first);
    assert_int_equal(choose(values, 0, -1, chosen), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_in_their_order),
        cmocka_unit_test(all_of_a_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
