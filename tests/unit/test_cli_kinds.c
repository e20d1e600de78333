/* Every family of kinds: names, docs, fields with docs, defaults that fit. */
#include "ablation.h"
#include "augment.h"
#include "command.h"
#include "dataset.h"
#include "figure.h"
#include "op.h"
#include "optimiser.h"
#include "passes.h"
#include "schedule.h"
#include "support_base.h"
#include "support_kind.h"

static void families(void **state) {
    (void)state;
    const nt_kind *const *const tables[] = {nt_ops,       nt_data_kinds, nt_augments, nt_optimisers,
                                            nt_schedules, nt_passes,     nt_commands, nt_ablations};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (family_flaw(tables[i]))
            fail_msg("%s", family_flaw(tables[i]));
}

/* A pass runs in some phase, and means something only where it runs; each phase has one that does,
 * so that something is left with `plain`. */
static void passes(void **state) {
    (void)state;
    unsigned meant = 0;
    for (int i = 0; nt_passes[i]; i++) {
        const nt_pass *pass = (const nt_pass *)nt_passes[i];
        assert_true(pass->run && pass->phases && !(pass->meaning & ~pass->phases));
        meant |= pass->wanted ? 0 : pass->meaning;
    }
    assert_int_equal(meant, NT_IN_EVALUATION | NT_IN_FORWARD | NT_IN_GRADIENTS);
}

/* The tables have the order of the Meson lists, which is the order in which kinds are shown. */
static void order(void **state) {
    (void)state;
    static const char *const names[] = {"sgd", "adamw", NULL};
    for (int i = 0; names[i]; i++)
        assert_string_equal(nt_optimisers[i]->name, names[i]);
    assert_null(nt_optimisers[2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(families), cmocka_unit_test(passes),
                                       cmocka_unit_test(order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
