/* Which figures a run has: of each group the one that fits its form, then those of the run. */
#include "figures.h"
#include "support_base.h"
#include <math.h>
#include <string.h>

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
    r->record = (nt_record){.failures = nt_alloc_failures(),
                            .metric = "accuracy",
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
    static const nt_group_form forms[] = {NT_FORM_SETS,    NT_FORM_SINGLE,  NT_FORM_KINDS,
                                          NT_FORM_PAIRS,   NT_FORM_NESTED,  NT_FORM_CURVES,
                                          NT_FORM_REWOUND, NT_FORM_CONTROLS};
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

/* A panel for each layer, in the order of its shares and from the baseline on. */
static void curves(void **state) {
    (void)state;
    enum { SHARES = 5 };
    static const double shares[] = {0.5, 0.25, 0, 0.25, 1};
    static const double values[] = {0.4, 0.895, 0.9, 0.8, NAN};
    static const int layers[] = {0, 0, 1, 1, 1};
    nt_record_case cases[SHARES];
    run r;
    nt_figures figures;
    nt_arena arena;
    nt_text words;
    nt_arena_init(&arena);
    nt_text_init(&words);
    make_run(&r, NT_FORM_CURVES);
    r.record.group_count = 1;
    r.record.margin = 0.01;
    for (int i = 0; i < SHARES; i++) {
        cases[i] = r.cases[layers[i]];
        cases[i].share = shares[i];
        cases[i].value.mean = values[i];
        cases[i].value_95 = (nt_interval){values[i] - 0.125, values[i] + 0.125};
    }
    r.groups[0].cases = cases;
    r.groups[0].case_count = SHARES;
    assert_int_equal(nt_figures_init(&figures, &r.record, &arena), NT_OK);
    const nt_figure *figure = nt_figures_of_group(&figures, &r.groups[0]);
    assert_string_equal(figure->kind->kind.name, "curves");
    assert_string_equal(figure->csv.bytes,
                        "panel,share,value_mean,value_sd,value_low_95,value_high_95,layers\n"
                        "1,0,0.9,,,,conv1\n"
                        "1,0.25,0.895,0,0.77,1.02,conv1\n"
                        "1,0.5,0.4,0,0.275,0.525,conv1\n"
                        "2,0,0.9,0,0.775,1.025,conv2\n"
                        "2,0.25,0.8,0,0.675,0.925,conv2\n"
                        "2,1,,0,,,conv2\n");
    /* The median of 0.895 and 0.8 at 0.25, and what the second panel is moved by. */
    assert_non_null(strstr(figure->script.bytes, "$median << END\n"
                                                 "0.0000,0.9000\n0.2500,0.8475\n0.5000,0.4000\n"
                                                 "\n1.3000,0.9000\n1.5500,0.8475\n"));
    figure->kind->describe(&r.record, &r.groups[0], &words);
    assert_string_equal(words.bytes,
                        "The greatest share up to which the accuracy, 0.9000 of the whole network, "
                        "falls by no more than 0.01: conv1, 0.25; conv2, 0.");
    nt_text_finish(&words);
    nt_figures_finish(&figures);
    nt_arena_finish(&arena);
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

/* Of what is dearer and no better there is something better; a cut is no network, and what failed
 * has no value. */
static void frontier_is_marked(void **state) {
    (void)state;
    enum { SHOWN = 7 };
    static const struct {
        int64_t multiply_adds, parameters;
        double value;
        bool cut;
    } given[SHOWN] = {{50, 10, 0.8, false}, {60, 9, 0.8, false}, {60, 50, 0.7, false},
                      {20, 80, 0.5, false}, {0, 0, 0.1, true},   {50, 10, 0.8, false},
                      {30, 20, NAN, false}};
    static const char *const names[SHOWN] = {"a", "b", "c", "d", "cut", "same", "failed"};
    nt_record_case cases[SHOWN];
    run r;
    nt_figures figures;
    nt_arena arena;
    nt_arena_init(&arena);
    make_run(&r, NT_FORM_SETS);
    for (int i = 0; i < SHOWN; i++) {
        cases[i] = r.cases[0];
        cases[i].name = names[i];
        cases[i].value.mean = given[i].value;
        cases[i].cut = given[i].cut;
        cases[i].cost = (nt_cost){given[i].multiply_adds, given[i].parameters};
    }
    r.record.group_count = 1;
    r.groups[0].cases = cases;
    r.groups[0].case_count = SHOWN;
    assert_int_equal(nt_figures_init(&figures, &r.record, &arena), NT_OK);
    int older = figures.count; /* of results that don't say what the whole network takes */
    nt_figures_finish(&figures);
    r.record.cost = (nt_cost){100, 100};
    assert_int_equal(nt_figures_init(&figures, &r.record, &arena), NT_OK);
    assert_int_equal(figures.count, older + 1);
    const nt_figure *frontier = &figures.items[figures.count - 4]; /* the first of the run's */
    assert_string_equal(frontier->name, "frontier");
    assert_string_equal(
        frontier->csv.bytes,
        "multiply_adds_left,value,pareto,parameters_left,pareto_parameters,multiply_adds,"
        "parameters,change,group,case\n"
        "0.200000,0.5,yes,0.800000,no,20,80,-0.25,each,d\n"
        "0.500000,0.8,yes,0.100000,no,50,10,-0.25,each,a\n"
        "0.500000,0.8,yes,0.100000,no,50,10,-0.25,each,same\n"
        "1.000000,0.9,yes,1.000000,yes,100,100,0,baseline,baseline\n"
        "0.600000,0.8,no,0.090000,yes,60,9,-0.25,each,b\n"
        "0.600000,0.7,no,0.500000,no,60,50,-0.25,each,c\n");
    nt_text words;
    nt_text_init(&words);
    frontier->kind->describe(&r.record, NULL, &words);
    assert_non_null(strstr(words.bytes, "Of 6, the whole network among them, 4 are bettered by no "
                                        "other: d at 20.0 % of the multiply-adds, 0.5000; "));
    nt_text_finish(&words);
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

/* --- what figures show ------------------------------------------------------------------------ */

/* Makes the figures of a run with one group, and gives the one called `name`. */
static const nt_figure *make_figure(run *r, nt_figures *figures, nt_arena *arena,
                                    const char *name) {
    r->record.group_count = 1;
    nt_arena_init(arena);
    assert_int_equal(nt_figures_init(figures, &r->record, arena), NT_OK);
    for (int32_t i = 0; i < figures->count; i++)
        if (strcmp(figures->items[i].name, name) == 0)
            return &figures->items[i];
    return NULL;
}

static void drop_figures(nt_figures *figures, nt_arena *arena) {
    nt_figures_finish(figures);
    nt_arena_finish(arena);
}

static void bars_in_two_orders(void **state) {
    (void)state;
    run r;
    nt_figures figures;
    nt_arena arena;
    make_run(&r, NT_FORM_SINGLE);
    r.record.margin = 0.01;
    r.cases[1].change.mean = -0.5;
    r.cases[1].value.mean = 0.4;
    r.cases[1].verdicts[NT_CRITICAL] = 1;
    r.findings[1].change = -0.5;
    const nt_figure *sorted = make_figure(&r, &figures, &arena, "each-sorted");
    const nt_figure *first = nt_figures_of_group(&figures, r.groups);
    assert_string_equal(first->name, "each");
    assert_ptr_equal(sorted, first + 1);
    assert_non_null(first->kind->order);
    assert_non_null(sorted->kind->order);
    assert_string_equal(first->csv.bytes,
                        "position,part,mark,value_mean,change_mean,change_sd,change_low_95,"
                        "change_high_95,paper,paper_change,seed 0 change,verdict,case\n"
                        "1,plain,mixed,0.65,-0.25,0,,,,,0,,conv1\n"
                        "2,plain,critical,0.4,-0.5,0,,,,,-0.5,critical,conv2\n");
    assert_non_null(strstr(sorted->csv.bytes, "\n1,plain,critical,0.4,-0.5,"));
    assert_non_null(strstr(sorted->csv.bytes, "\n2,plain,mixed,0.65,-0.25,"));
    drop_figures(&figures, &arena);
}

/* The kinds of one layer stand together, apart from the next layer's. */
static void bars_of_kinds(void **state) {
    (void)state;
    enum { MANY = 4 };
    nt_record_case cases[MANY];
    run r;
    nt_figures figures;
    nt_arena arena;
    make_run(&r, NT_FORM_KINDS);
    for (int i = 0; i < MANY; i++) {
        cases[i] = r.cases[i / 2];
        cases[i].kind = i % 2 ? "mean" : "zero";
    }
    r.groups[0].cases = cases;
    r.groups[0].case_count = MANY;
    const nt_figure *figure = make_figure(&r, &figures, &arena, "each");
    static const char *const rows[] = {"\n1,zero,", "\n2,mean,", "\n3.7,zero,", "\n4.7,mean,"};
    for (int i = 0; i < MANY; i++)
        assert_non_null(strstr(figure->csv.bytes, rows[i]));
    assert_non_null(strstr(figure->script.bytes, "title 'mean'"));
    drop_figures(&figures, &arena);
}

/* The loss of a pair less those of its layers; on the diagonal there is none. */
static void interaction(void **state) {
    (void)state;
    enum { MANY = 3 };
    nt_record_case cases[MANY];
    run r;
    nt_figures figures;
    nt_arena arena;
    make_run(&r, NT_FORM_PAIRS);
    for (int i = 0; i < MANY; i++)
        cases[i] = r.cases[i % 2];
    cases[2] = (nt_record_case){.name = "conv1 + conv2",
                                .kind = "zero",
                                .layers = r.edited,
                                .layer_count = 2,
                                .findings = r.findings,
                                .value = {.mean = 0.15},
                                .change = {.mean = -0.75}};
    r.groups[0].cases = cases;
    r.groups[0].case_count = MANY;
    const nt_figure *figure = make_figure(&r, &figures, &arena, "each-interaction");
    assert_string_equal(figure->csv.bytes,
                        "one,other,interaction,loss,sum_of_single_losses,case\n"
                        "1,2,0.25,0.75,0.5,conv1 + conv2\n2,1,0.25,0.75,0.5,conv1 + conv2\n");
    assert_non_null(strstr(figure->script.bytes, "set cbrange [-0.2500:0.2500]"));
    drop_figures(&figures, &arena);
    r.layers[0].cost = NAN;
    assert_null(make_figure(&r, &figures, &arena, "each-interaction"));
    drop_figures(&figures, &arena);
}

static void classes(void **state) {
    (void)state;
    static const char *const names[] = {"cat", "dog, small"};
    static const double changes[] = {-0.5, 0.125}, unknown[] = {-0.25, NAN};
    run r;
    nt_figures figures;
    nt_arena arena;
    make_run(&r, NT_FORM_SINGLE);
    r.record.classes = names;
    r.record.class_count = 2;
    assert_null(make_figure(&r, &figures, &arena, "each-classes"));
    drop_figures(&figures, &arena);
    r.cases[0].classes = changes;
    r.cases[1].classes = unknown;
    const nt_figure *figure = make_figure(&r, &figures, &arena, "each-classes");
    assert_string_equal(figure->csv.bytes, "class,case,change,class_name,case_name\n"
                                           "1,1,-0.5,cat,conv1\n"
                                           "2,1,0.125,\"dog, small\",conv1\n"
                                           "1,2,-0.25,cat,conv2\n");
    assert_non_null(strstr(figure->script.bytes, "set cbrange [-0.5000:0.5000]"));
    drop_figures(&figures, &arena);
}

/* A name is cut between two characters; whole it stands in the data. */
static void long_names_end_in_dots(void **state) {
    (void)state;
    static const char name[] = "äöü.encoder.block.12.attention.projection";
    run r;
    nt_figures figures;
    nt_arena arena;
    make_run(&r, NT_FORM_SINGLE);
    r.cases[0].name = name;
    const nt_figure *figure = make_figure(&r, &figures, &arena, "each");
    assert_non_null(strstr(figure->script.bytes, "'äöü.encoder.block.12.attentio…' 1, 'conv2' 2"));
    assert_non_null(strstr(figure->csv.bytes, name));
    drop_figures(&figures, &arena);
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
        r.record.failures = nt_alloc_failures();
        fail_allocation(at);
        nt_status status = nt_figures_init(&figures, &r.record, &arena);
        failed = allow_all_allocations();
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
        nt_figures_finish(&figures);
        nt_arena_finish(&arena);
        assert_int_equal(nt_alloc_in_use(), before);
    }
}

/* Ranks of two layers are 1/4 and 3/4 of the way; an estimate that ranks no case of the group, and
 * a cut, are left out. */
static void estimates_beside_costs(void **state) {
    (void)state;
    enum { SHOWN = 4 };
    static const char *const names[] = {"a", "b", "c", "d"};
    nt_estimate_value values[SHOWN];
    nt_edit_result edits[SHOWN];
    nt_finding findings[SHOWN] = {{0}}, baseline = {0};
    nt_case_result cases[SHOWN];
    for (int i = 0; i < SHOWN; i++) {
        values[i] = (nt_estimate_value){names[i], i == 2 ? 5 : i};
        edits[i] = (nt_edit_result){.layer = names[i], .kind = "zero"};
        findings[i].change = -0.125 * i;
        cases[i] = (nt_case_result){.name = names[i],
                                    .edits = &edits[i],
                                    .edit_count = 1,
                                    .cut = i == 3,
                                    .findings = &findings[i],
                                    .finding_count = 1};
    }
    nt_group_result group = {.name = "each", .cases = cases, .case_count = SHOWN};
    nt_estimate_result estimates[] = {{.by = "guess", .values = values, .value_count = SHOWN},
                                      {.by = "none"}};
    nt_results results = {.baseline = &baseline,
                          .seed_count = 1,
                          .groups = &group,
                          .group_count = 1,
                          .estimates = estimates,
                          .estimate_count = 2};
    run r;
    nt_figures figures;
    nt_arena arena;
    nt_arena_init(&results.arena);
    assert_int_equal(nt_estimates_rank(&results), NT_OK);
    assert_int_equal(estimates[0].rank_count, 1);
    assert_int_equal(estimates[0].ranks[0].layers, 3);
    assert_true(estimates[0].ranks[0].tau == 1);
    assert_int_equal(estimates[1].rank_count, 0);
    make_run(&r, NT_FORM_SINGLE);
    assert_null(make_figure(&r, &figures, &arena, "each-estimates")); /* without results */
    drop_figures(&figures, &arena);
    r.record.results = &results;
    const nt_figure *figure = make_figure(&r, &figures, &arena, "each-estimates");
    assert_non_null(figure);
    assert_string_equal(figure->csv.bytes, "panel,x,cost,estimate,seed,by,group,layer\n"
                                           "1,0.2,0,0,0,guess,each,a\n"
                                           "1,0.5,0.125,1,0,guess,each,b\n"
                                           "1,0.8,0.25,5,0,guess,each,c\n");
    assert_non_null(strstr(figure->script.bytes, "set label 'τ 1.00' at 0.5,"));
    nt_text words;
    nt_text_init(&words);
    figure->kind->describe(&r.record, r.groups, &words);
    assert_string_equal(words.bytes, "Kendall's tau: guess 1.00.");
    nt_text_finish(&words);
    drop_figures(&figures, &arena);
    nt_arena_finish(&results.arena);
}

static void sizes_of_sets(void **state) {
    (void)state;
    enum { MANY = 6 };
    nt_record_case cases[MANY];
    run r;
    nt_figures figures;
    nt_arena arena;
    make_run(&r, NT_FORM_SETS);
    for (int i = 0; i < MANY; i++) {
        cases[i] = r.cases[0];
        cases[i].layer_count = 1 + i / 3 * 2;
        cases[i].layers = r.edited;
        cases[i].value.mean = i < 3 ? 0.5 + 0.125 * i : 0.25;
    }
    r.groups[0].cases = cases;
    r.groups[0].case_count = MANY;
    const nt_figure *figure = make_figure(&r, &figures, &arena, "each-sizes");
    assert_non_null(figure);
    assert_non_null(strstr(figure->csv.bytes, "layers,value,mean,case\n0,,0.9,baseline\n"
                                              "1,,0.625,mean\n3,,0.25,mean\n1,0.5,,conv1\n"));
    drop_figures(&figures, &arena);
    r.groups[0].case_count = 5; /* not so many of the second size */
    assert_null(make_figure(&r, &figures, &arena, "each-sizes"));
    drop_figures(&figures, &arena);
}

/* Of three units in another order one of three pairs is discordant where neighbours change. */
static void orders_of_units(void **state) {
    (void)state;
    typedef struct options {
        const char *from;
    } options;
    static const nt_field fields[] = {{"from", NT_STRING, offsetof(options, from), "", .doc = ""},
                                      {0}};
    static const options from[] = {{"u2"}, {"u1"}};
    const nt_edit_result edits[] = {{"u1", "permute", fields, &from[0]},
                                    {"u2", "permute", fields, &from[1]}};
    nt_case_result of[CASES] = {{.name = "swap", .edits = edits, .edit_count = 2},
                                {.name = "none"}};
    nt_group_result group = {.name = "each", .cases = of, .case_count = CASES};
    nt_layer_result layers[] = {{.name = "u1", .residual = 1},
                                {.name = "u2", .residual = 1},
                                {.name = "conv"},
                                {.name = "p", .residual = 2},
                                {.name = "u3", .residual = 1}};
    nt_results results = {.groups = &group, .group_count = 1, .layers = layers, .layer_count = 5};
    run r;
    nt_figures figures;
    nt_arena arena;
    make_run(&r, NT_FORM_SETS);
    r.record.results = &results;
    assert_null(make_figure(&r, &figures, &arena, "each-orders"));
    drop_figures(&figures, &arena);
    for (int i = 0; i < CASES; i++)
        r.cases[i].kind = "permute";
    const nt_figure *figure = make_figure(&r, &figures, &arena, "each-orders");
    assert_non_null(figure);
    assert_string_equal(figure->csv.bytes,
                        "tau,value,case\n0.333333333,0.65,conv1\n1,0.65,conv2\n");
    drop_figures(&figures, &arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_group_and_the_run),
        cmocka_unit_test(curves),
        cmocka_unit_test(nothing_to_show),
        cmocka_unit_test(frontier_is_marked),
        cmocka_unit_test(verdicts_are_compared),
        cmocka_unit_test(bars_in_two_orders),
        cmocka_unit_test(estimates_beside_costs),
        cmocka_unit_test(sizes_of_sets),
        cmocka_unit_test(orders_of_units),
        cmocka_unit_test(bars_of_kinds),
        cmocka_unit_test(interaction),
        cmocka_unit_test(classes),
        cmocka_unit_test(long_names_end_in_dots),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
