/* Which figures a run has: of each group the one that fits its form, then those of the run. */
#include "figures.h"
#include "support_base.h"
#include <math.h>

enum { GROUPS = 40, CASES = 2, LAYERS = 2 };

/* A run with many groups of one form, each with cases of one layer. */
typedef struct run {
    nt_record record;
    nt_record_group groups[GROUPS];
    nt_record_case cases[CASES];
    nt_record_finding findings[CASES];
    nt_record_layer layers[LAYERS];
    nt_record_seed seed;
    nt_record_epoch epochs[2];
    int32_t edited[LAYERS];
} run;

static void make_run(run *r, nt_group_form form) {
    static const char *inputs[] = {"image", "conv1"};
    *r = (run){.edited = {0, 1}};
    r->record = (nt_record){.metric = "accuracy",
                            .suite = "s",
                            .network = "n",
                            .data = "d",
                            .split = "test",
                            .batch_norm = "running",
                            .seeds = &r->seed,
                            .seed_count = 1,
                            .baseline = {.mean = 0.9},
                            .layers = r->layers,
                            .layer_count = LAYERS,
                            .groups = r->groups,
                            .group_count = GROUPS};
    r->seed = (nt_record_seed){.epochs = r->epochs, .epoch_count = 2};
    for (int i = 0; i < LAYERS; i++)
        r->layers[i] = (nt_record_layer){.name = i ? "conv2" : "conv1",
                                         .op = "conv2d",
                                         .stage = "layer1",
                                         .output = "4x8x8",
                                         .inputs = &inputs[i],
                                         .input_count = 1,
                                         .part = NT_PART_PLAIN,
                                         .position = i + 1,
                                         .cost = -0.25};
    for (int i = 0; i < CASES; i++)
        r->cases[i] = (nt_record_case){.name = i ? "conv2" : "conv1",
                                       .kind = "zero",
                                       .layers = &r->edited[i],
                                       .layer_count = 1,
                                       .findings = &r->findings[i],
                                       .value = {.mean = 0.65},
                                       .change = {.mean = -0.25},
                                       .verdicts = {0}};
    for (int i = 0; i < GROUPS; i++)
        r->groups[i] = (nt_record_group){.name = "each",
                                         .title = "",
                                         .remark = "",
                                         .cases = r->cases,
                                         .case_count = CASES,
                                         .form = form,
                                         .control = "",
                                         .controlled = &r->cases[0],
                                         .tau = NAN};
}

static void every_group_and_the_run(void **state) {
    (void)state;
    static const char *const of_run[] = {"stages", "network", "training"};
    static const nt_group_form forms[] = {NT_FORM_SETS, NT_FORM_SINGLE, NT_FORM_PAIRS,
                                          NT_FORM_NESTED, NT_FORM_CONTROLS};
    run r;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        nt_figures figures;
        nt_arena arena;
        nt_arena_init(&arena);
        make_run(&r, forms[f]);
        assert_int_equal(nt_figures_init(&figures, &r.record, &arena), NT_OK);
        assert_int_equal(figures.count, GROUPS + 3);
        for (int i = 0; i < figures.count; i++) {
            const nt_figure *figure = &figures.items[i];
            assert_ptr_equal(figure->group, i < GROUPS ? &r.groups[i] : NULL);
            assert_true(figure->csv.length > 0 && figure->script.length > 0);
            for (int j = 0; j < i; j++)
                assert_string_not_equal(figures.items[j].name, figure->name);
        }
        for (int i = 0; i < 3; i++)
            assert_string_equal(figures.items[GROUPS + i].name, of_run[i]);
        assert_ptr_equal(nt_figures_of_group(&figures, &r.groups[7]), &figures.items[7]);
        nt_figures_finish(&figures);
        nt_arena_finish(&arena);
    }
}

/* What there is nothing to show of has no figure. */
static void nothing_to_show(void **state) {
    (void)state;
    run r;
    nt_figures figures;
    nt_arena arena;
    nt_arena_init(&arena);
    make_run(&r, NT_FORM_SINGLE);
    r.groups[1].case_count = 0;
    r.record.group_count = 2;
    r.seed.epoch_count = 1;
    r.layers[0].cost = r.layers[1].cost = NAN;
    assert_int_equal(nt_figures_init(&figures, &r.record, &arena), NT_OK);
    assert_int_equal(figures.count, 1);
    assert_ptr_equal(figures.items[0].group, &r.groups[0]);
    assert_null(nt_figures_of_group(&figures, &r.groups[1]));
    nt_figures_finish(&figures);
    nt_arena_finish(&arena);
}

/* Of a group with many cases by itself the page's words say it; of two there is something to see.
 */
static void verdicts_are_compared(void **state) {
    (void)state;
    enum { MANY = 10 };
    nt_record_case cases[MANY];
    run r;
    nt_figures figures;
    nt_arena arena;
    nt_arena_init(&arena);
    make_run(&r, NT_FORM_SETS);
    r.record.group_count = 3;
    for (int i = 0; i < MANY; i++) {
        cases[i] = r.cases[0];
        cases[i].verdicts[i < 5 ? NT_TRIVIAL : i < 8 ? NT_CRITICAL : NT_UNDECIDED] = i < 9;
    }
    r.groups[0].cases = r.groups[2].cases = cases;
    r.groups[2].name = "it's, of 10 %";
    for (int i = 0; i < 2; i++) {
        r.groups[i ? 2 : 0].case_count = MANY;
        assert_int_equal(nt_figures_init(&figures, &r.record, &arena), NT_OK);
        assert_int_equal(figures.count, 3 + 3 + i);
        if (i == 1) {
            assert_string_equal(figures.items[3].name, "verdicts");
            assert_string_equal(figures.items[3].csv.bytes,
                                "position,critical,undecided,trivial,better,cases,group\n"
                                "1,0.3,0.1,0.5,0,10,each\n"
                                "2,0,0,0,0,2,each\n"
                                "3,0.3,0.1,0.5,0,10,\"it's, of 10 %\"\n");
        }
        nt_figures_finish(&figures);
    }
    nt_arena_finish(&arena);
}

/* Each allocation in turn is refused: said, and nothing is lost. */
static void out_of_memory(void **state) {
    (void)state;
    run r;
    make_run(&r, NT_FORM_SETS);
    r.record.group_count = 9; /* the array grows once */
    size_t before = nt_alloc_in_use();
    bool failed = true;
    for (int at = 0; failed; at++) {
        nt_figures figures;
        nt_arena arena;
        nt_arena_init(&arena);
        fail_allocation(at);
        nt_status status = nt_figures_init(&figures, &r.record, &arena);
        failed = allow_all_allocations();
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
        nt_figures_finish(&figures);
        nt_arena_finish(&arena);
        assert_int_equal(nt_alloc_in_use(), before);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_group_and_the_run),
        cmocka_unit_test(nothing_to_show),
        cmocka_unit_test(verdicts_are_compared),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
