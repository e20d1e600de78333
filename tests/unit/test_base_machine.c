/* How many threads are usual, by what the machine, its launcher and its user say. */
#include "machine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const nt_machine *machine, const char *variable, int launched, int expected,
                  nt_threads_by expected_by) {
    enum { MOST = 64 };
    nt_threads_by by;
    assert_int_equal(nt_machine_threads(machine, variable, launched, MOST, &by), expected);
    assert_int_equal(by, expected_by);
}

static void test_machine_alone(void **state) {
    (void)state;
    const nt_machine all = {.processors = 8, .allowed = 8};
    const nt_machine some = {.processors = 8, .allowed = 3};
    const nt_machine many = {.processors = 128, .allowed = 128};
    check(&all, NULL, 0, 8, NT_THREADS_BY_PROCESSORS);
    check(&some, NULL, 0, 3, NT_THREADS_BY_AFFINITY);
    check(&many, NULL, 0, 64, NT_THREADS_BY_PROCESSORS);
}

/* Whole processors' time, one at least; one that allows more than there are decides nothing. */
static void test_machine_quota(void **state) {
    (void)state;
    nt_machine machine = {.processors = 8, .allowed = 4, .quota = 2.5};
    check(&machine, NULL, 0, 2, NT_THREADS_BY_QUOTA);
    machine.quota = 0.5;
    check(&machine, NULL, 0, 1, NT_THREADS_BY_QUOTA);
    machine.quota = 4;
    check(&machine, NULL, 0, 4, NT_THREADS_BY_AFFINITY);
    machine.quota = 6;
    check(&machine, NULL, 0, 4, NT_THREADS_BY_AFFINITY);
}

static void test_machine_told(void **state) {
    (void)state;
    const nt_machine machine = {.processors = 8, .allowed = 4, .quota = 2};
    check(&machine, NULL, 3, 3, NT_THREADS_BY_LAUNCHER);
    check(&machine, "6", 3, 6, NT_THREADS_BY_VARIABLE);
    check(&machine, "6", 0, 6, NT_THREADS_BY_VARIABLE);
    check(&machine, " 5 , 2", 0, 5, NT_THREADS_BY_VARIABLE);
    check(&machine, "1000", 0, 64, NT_THREADS_BY_VARIABLE);
    const char *const none[] = {"", "0", "-1", "x", "4x", "4 2"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        check(&machine, none[i], 0, 2, NT_THREADS_BY_QUOTA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_alone),
        cmocka_unit_test(test_machine_quota),
        cmocka_unit_test(test_machine_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
