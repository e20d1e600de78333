/* The kinds of ablation: what each says of itself, the graph that each leaves, and what it puts
 * into a kernel, held against plain references. */
#include "edit.h"
#include "hash.h"
#include "random.h"
#include "support_graph.h"
#include "weights.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* conv - relu - last, with relu's value added; five channels, so that blocks have empty places. */
static nt_network *unit_network(void) {
    nt_network *network = nt_network_new("unit");
    const nt_type type = nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4}));
    nt_value x;
    assert_int_equal(nt_network_add_input(network, "image", type, &x), NT_OK);
    nt_value conv = append(network, "conv2d", "channels=5 kernel=1 bias=false", &x, 1, "conv");
    nt_value relu = append(network, "relu", "", &conv, 1, "relu");
    nt_value last = append(network, "conv2d", "channels=5 kernel=3 pad=1", &relu, 1, "last");
    nt_value sides[] = {last, relu};
    nt_value sum = append(network, "add", "", sides, 2, "sum");
    assert_int_equal(nt_graph_add_output(network->graph, "out", sum), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    return network;
}

#define HEAD                                                                                       \
    "%0 = input image: Nx2x4x4\n"                                                                  \
    "%1 = param conv.weight: 5x2x1x1\n"                                                            \
    "%2 = conv2d(%0, %1) channels=5 kernel=1 bias=false: Nx5x4x4 # conv\n"                         \
    "%3 = relu(%2): Nx5x4x4 # relu\n"
#define TAIL(i, j) "%" #j " = add(%" #i ", %3): Nx5x4x4 # sum\nout = %" #j "\n"
#define CONSTANT(parameter)                                                                        \
    HEAD "%4 = param " parameter ": 5\n"                                                           \
         "%5 = constant(%4) shape=[5,4,4]: 5x4x4 # last\n" TAIL(5, 6)
#define KERNEL(parameter)                                                                          \
    HEAD "%4 = param last.bias: 5\n"                                                               \
         "%5 = param " parameter ": 5x5x3x3\n"                                                     \
         "%6 = conv2d(%3, %5, %4) channels=5 kernel=3 pad=1: Nx5x4x4 # last\n" TAIL(6, 7)

/* relu, times what its average says of its channels, beside itself. */
static nt_network *gated_network(void) {
    nt_network *network = nt_network_new("gated");
    const nt_type type = nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4}));
    nt_value x;
    assert_int_equal(nt_network_add_input(network, "image", type, &x), NT_OK);
    nt_value relu = append(network, "relu", "", &x, 1, "relu");
    nt_value pool = append(network, "global_avg_pool", "", &relu, 1, "pool");
    nt_value last = append(network, "linear", "features=2 bias=false", &pool, 1, "last");
    nt_value factors = append(network, "sigmoid", "", &last, 1, "factors");
    nt_value two[] = {relu, factors};
    nt_value product = append(network, "mul", "", two, 2, "sum");
    two[1] = product;
    nt_value join = append(network, "concat", "", two, 2, "join");
    assert_int_equal(nt_graph_add_output(network->graph, "out", join), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    return network;
}

/* Two units on one map, and one with a projection behind them. */
static nt_network *units_network(void) {
    nt_network *network = nt_network_new("units");
    const nt_type type = nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4}));
    nt_value sides[2];
    assert_int_equal(nt_network_add_input(network, "image", type, &sides[0]), NT_OK);
    sides[1] = append(network, "conv2d", "channels=2 kernel=1 bias=false", &sides[0], 1, "one");
    sides[0] = append(network, "add", "", sides, 2, "first");
    sides[1] =
        append(network, "conv2d", "channels=2 kernel=3 pad=1 bias=false", &sides[0], 1, "two");
    sides[0] = append(network, "add", "", sides, 2, "sum");
    nt_value relu = append(network, "relu", "", &sides[0], 1, "relu");
    nt_value inner = append(network, "conv2d", "channels=3 kernel=1", &relu, 1, "inner");
    sides[0] = append(network, "conv2d", "channels=3 kernel=1", &inner, 1, "outer");
    sides[1] = append(network, "conv2d", "channels=3 kernel=1 bias=false", &relu, 1, "short");
    nt_value last = append(network, "add", "", sides, 2, "last");
    assert_int_equal(nt_graph_add_output(network->graph, "out", last), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    return network;
}

#define UNITS "%0 = input image: Nx2x4x4\n"
#define PROJECTED                                                                                  \
    UNITS "%1 = param one.weight: 2x2x1x1\n"                                                       \
          "%2 = conv2d(%0, %1) channels=2 kernel=1 bias=false: Nx2x4x4 # one\n"                    \
          "%3 = add(%0, %2): Nx2x4x4 # first\n"                                                    \
          "%4 = param two.weight: 2x2x3x3\n"                                                       \
          "%5 = conv2d(%3, %4) channels=2 kernel=3 pad=1 bias=false: Nx2x4x4 # two\n"              \
          "%6 = add(%3, %5): Nx2x4x4 # sum\n"                                                      \
          "%7 = relu(%6): Nx2x4x4 # relu\n"                                                        \
          "%8 = param short.weight: 3x2x1x1\n"                                                     \
          "%9 = conv2d(%7, %8) channels=3 kernel=1 bias=false: Nx3x4x4 # short\n"                  \
          "out = %9\n"

#define TWICE                                                                                      \
    UNITS "%1 = param one.weight: 2x2x1x1\n"                                                       \
          "%2 = conv2d(%0, %1) channels=2 kernel=1 bias=false: Nx2x4x4 # one\n"                    \
          "%3 = add(%0, %2): Nx2x4x4 # first\n"                                                    \
          "%4 = conv2d(%3, %1) channels=2 kernel=1 bias=false: Nx2x4x4 # one\n"                    \
          "%5 = add(%3, %4): Nx2x4x4 # first\n"                                                    \
          "%6 = relu(%5): Nx2x4x4 # relu\n"                                                        \
          "%7 = param inner.weight: 3x2x1x1\n"                                                     \
          "%8 = param inner.bias: 3\n"                                                             \
          "%9 = conv2d(%6, %7, %8) channels=3 kernel=1: Nx3x4x4 # inner\n"                         \
          "%10 = param outer.weight: 3x3x1x1\n"                                                    \
          "%11 = param outer.bias: 3\n"                                                            \
          "%12 = conv2d(%9, %10, %11) channels=3 kernel=1: Nx3x4x4 # outer\n"                      \
          "%13 = param short.weight: 3x2x1x1\n"                                                    \
          "%14 = conv2d(%6, %13) channels=3 kernel=1 bias=false: Nx3x4x4 # short\n"                \
          "%15 = add(%12, %14): Nx3x4x4 # last\n"                                                  \
          "out = %15\n"

/* The parameters stay where they were. */
#define EXCHANGED                                                                                  \
    UNITS "%1 = param one.weight: 2x2x1x1\n"                                                       \
          "%2 = param two.weight: 2x2x3x3\n"                                                       \
          "%3 = conv2d(%0, %2) channels=2 kernel=3 pad=1 bias=false: Nx2x4x4 # two\n"              \
          "%4 = add(%0, %3): Nx2x4x4 # sum\n"                                                      \
          "%5 = conv2d(%4, %1) channels=2 kernel=1 bias=false: Nx2x4x4 # one\n"                    \
          "%6 = add(%4, %5): Nx2x4x4 # first\n"                                                    \
          "%7 = relu(%6): Nx2x4x4 # relu\n"

#define GATED                                                                                      \
    "%0 = input image: Nx2x4x4\n"                                                                  \
    "%1 = relu(%0): Nx2x4x4 # relu\n"
#define FIXED_GATE                                                                                 \
    GATED "%2 = param factors gate: 2\n"                                                           \
          "%3 = constant(%2) shape=[2]: 2 # factors\n"                                             \
          "%4 = mul(%1, %3): Nx2x4x4 # sum\n"                                                      \
          "%5 = concat(%1, %4): Nx4x4x4 # join\nout = %5\n"
#define SECOND_GONE                                                                                \
    GATED "%2 = constant() shape=[2,4,4]: 2x4x4 # join\n"                                          \
          "%3 = concat(%1, %2): Nx4x4x4 # join\nout = %3\n"

/* What each kind makes of a layer; all but the sums' are given the convolution `last`. */
static const struct expected {
    const char *name, *options, *layer, *graph;
    const char *derived; /* its tensor; NULL: it has none */
    nt_network *(*make)(void);
} all_expected[] = {
    {"zero", "", "last", CONSTANT("last.bias"), NULL, unit_network},
    {"mean", "", "last", CONSTANT("last mean"), "last mean", unit_network},
    {"reinit", "", "last", KERNEL("last.weight reinit"), "last.weight reinit", unit_network},
    {"rerandomise", "seed=-3", "last", KERNEL("last.weight rerandomise -3"),
     "last.weight rerandomise -3", unit_network},
    {"noise", "deviation=0.1 seed=9007199254740993", "last",
     KERNEL("last.weight noise 0.10000000000000001 9007199254740993"),
     "last.weight noise 0.10000000000000001 9007199254740993", unit_network},
    {"prune", "share=0.3", "last", KERNEL("last.weight prune 0.29999999999999999"),
     "last.weight prune 0.29999999999999999", unit_network},
    {"channels", "share=0.25 whole=false", "last",
     KERNEL("last.weight channels 0.25 [] l1 false false"),
     "last.weight channels 0.25 [] l1 false false", unit_network},
    {"drop", "", "sum", HEAD "out = %3\n", NULL, unit_network},
    {"gate", "", "factors", FIXED_GATE, "factors gate", gated_network},
    {"branch", "input=2", "join", SECOND_GONE, NULL, gated_network},
    {"permute", "from=first", "sum", TWICE, NULL, units_network},
};
enum { EXPECTED = sizeof all_expected / sizeof *all_expected };

static const nt_ablation *ablation_at(int i) {
    return (const nt_ablation *)nt_ablations[i];
}

static nt_edit edit_of(nt_network *network, const char *layer, const char *name,
                       const char *options) {
    char why[NT_FIELD_WHY] = "";
    const nt_ablation *kind = nt_ablation_find(name);
    assert_non_null(kind);
    const void *record = nt_kind_record(&kind->kind, options, &network->arena, why);
    if (!record)
        fail_msg("%s: %s", name, why);
    return (nt_edit){nt_network_layer(network, layer)->value.node, kind, record};
}

/* --- descriptors ------------------------------------------------------------------------------ */

static bool fits(const nt_network *network, const nt_ablation *kind, const char *layer) {
    const nt_graph *graph = network->graph;
    return kind->fits(graph, nt_graph_node(graph, nt_network_layer(network, layer)->value.node));
}

/* Docs, names and fields are held by what holds of all families. */
static void every_kind_is_complete(void **state) {
    (void)state;
    nt_network *networks[] = {unit_network(), gated_network()};
    assert_int_equal(nt_ablation_count(), EXPECTED);
    for (int i = 0; i < EXPECTED; i++) {
        const nt_ablation *kind = ablation_at(i);
        nt_network *network = networks[all_expected[i].make == gated_network];
        assert_string_equal(kind->kind.name, all_expected[i].name);
        assert_ptr_equal(nt_ablation_find(kind->kind.name), kind);
        assert_int_equal(nt_ablation_index(kind), i);
        assert_true(kind->edit && kind->layers[0] && kind->unfit[0]);
        assert_true(!kind->in_block == !kind->block_unfit);
        assert_true(fits(network, kind, all_expected[i].layer));
        assert_false(fits(network, kind, "relu"));
        assert_int_equal(fits(networks[0], kind, "last"), all_expected[i].layer[0] == 'l');
        assert_int_equal(fits(networks[0], kind, "sum"), all_expected[i].layer[0] == 's');
        assert_int_equal(fits(networks[1], kind, "join"), all_expected[i].layer[0] == 'j');
        assert_int_equal(fits(networks[1], kind, "factors"), all_expected[i].layer[0] == 'f');
    }
    nt_network_free(networks[0]);
    nt_network_free(networks[1]);
}

static void words(void **state) {
    (void)state;
    char names[NT_ABLATION_NAMES];
    assert_int_equal(nt_ablation_names("seed", " and ", names), 2);
    assert_string_equal(names, "'rerandomise' and 'noise'");
    assert_int_equal(nt_ablation_names("deviation", " and ", names), 1);
    assert_string_equal(names, "'noise'");
    assert_int_equal(nt_ablation_names("depth", " and ", names), 0);
    assert_int_equal(nt_ablation_names(NULL, " or ", names), EXPECTED);
    assert_non_null(strstr(names, "'zero', 'mean', 'reinit', 'rerandomise', 'noise'"));
    assert_string_equal(names + strlen(names) - 13, " or 'permute'");
}

static void options_in_byte_order(void **state) {
    (void)state;
    const char *names[NT_MOST_ABLATION_OPTIONS];
    int count = nt_ablation_options(names);
    assert_true(count >= 2);
    for (int i = 1; i < count; i++)
        assert_true(strcmp(names[i - 1], names[i]) < 0);
    assert_string_equal(names[0], "coupled");
}

/* By node, by the kinds' order, by the options in theirs. */
static void edits_in_order(void **state) {
    (void)state;
    nt_network *network = unit_network();
    const nt_edit ascending[] = {
        edit_of(network, "conv", "drop", ""),
        edit_of(network, "last", "zero", ""),
        edit_of(network, "last", "rerandomise", "seed=-1"),
        edit_of(network, "last", "rerandomise", "seed=1"),
        edit_of(network, "last", "noise", "deviation=0.5 seed=9"),
        edit_of(network, "last", "noise", "deviation=2 seed=1"),
        edit_of(network, "last", "noise", "deviation=2 seed=2"),
    };
    enum { COUNT = sizeof ascending / sizeof *ascending };
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++) {
            int order = nt_edit_compare(&ascending[i], &ascending[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    nt_network_free(network);
}

/* --- graphs ----------------------------------------------------------------------------------- */

static void expect_graph(const struct expected *expected) {
    nt_network *network = expected->make();
    const nt_edit edit = edit_of(network, expected->layer, expected->name, expected->options);
    nt_derived_list derived = {0};
    nt_graph *to = nt_graph_new(), *live;
    char why[NT_WHY] = "";
    assert_int_equal(nt_edit_into(network->graph, &edit, 1, to, NULL, &derived, why), NT_OK);
    assert_null(nt_graph_flaw(to));
    assert_int_equal(nt_graph_main(to, &live), NT_OK); /* without what it no longer reads */
    assert_dump(live, expected->graph);
    nt_graph_free(live);
    assert_int_equal(derived.count, expected->derived != NULL);
    if (expected->derived) {
        const nt_derived *item = derived.items;
        assert_string_equal(item->name, expected->derived);
        assert_string_equal(item->source, item->mean ? "" : "last.weight");
        assert_int_equal(item->mean, edit.kind->needs == NT_NEEDS_CALIBRATION);
        assert_int_equal(item->mean, edit.kind->derive == NULL);
        assert_memory_equal(&item->edit, &edit, sizeof edit);
    }
    nt_derived_list_finish(&derived);
    nt_graph_free(to);
    nt_network_free(network);
}

static void every_kind_leaves_its_graph(void **state) {
    (void)state;
    for (int i = 0; i < EXPECTED; i++)
        expect_graph(&all_expected[i]);
}

static void a_branch_must_be_there(void **state) {
    (void)state;
    nt_network *network = gated_network();
    const nt_edit edit = edit_of(network, "join", "branch", "input=3");
    nt_derived_list derived = {0};
    nt_graph *to = nt_graph_new();
    char why[NT_WHY] = "";
    assert_int_equal(nt_edit_into(network->graph, &edit, 1, to, NULL, &derived, why), NT_INVALID);
    assert_string_equal(why, "'join' has 2 inputs, so there is no input 3");
    nt_graph_free(to);
    nt_network_free(network);
}

/* Sums that have no branch: by a constant, and of what activations made of one map. */
static void inner_sums_are_no_units(void **state) {
    (void)state;
    nt_network *network = unit_network();
    const nt_ablation *drop = nt_ablation_find("drop");
    nt_value shift, last = nt_network_layer(network, "last")->value;
    assert_int_equal(nt_graph_add_constant(network->graph, nt_shape_of(3, (int32_t[]){5, 4, 4}), 3,
                                           NULL, "three", &shift),
                     NT_OK);
    nt_value shifted[] = {last, shift};
    nt_value sum = append(network, "add", "", shifted, 2, "shifted");
    nt_value sides[] = {append(network, "relu", "", &sum, 1, "right"),
                        append(network, "sigmoid", "", &sum, 1, "left")};
    append(network, "add", "", sides, 2, "joined");
    assert_true(fits(network, drop, "sum"));
    assert_false(fits(network, drop, "shifted"));
    assert_false(fits(network, drop, "joined"));
    nt_network_free(network);
}

/* What is left of the graph, or why it can't be edited. */
static void edited(const char *const layers[], const char *const options[], int count,
                   const char *kind, nt_text *ret) {
    nt_network *network = units_network();
    nt_edit edits[4];
    nt_derived_list derived = {0};
    nt_graph *to = nt_graph_new(), *live;
    char why[NT_WHY] = "";
    nt_text_init(ret);
    for (int i = 0; i < count; i++)
        edits[i] = edit_of(network, layers[i], kind, options[i]);
    if (nt_edit_into(network->graph, edits, count, to, "out", &derived, why) == NT_OK) {
        assert_int_equal(nt_graph_main(to, &live), NT_OK);
        nt_graph_dump(live, ret);
        nt_graph_free(live);
    } else {
        nt_text_add(ret, why);
    }
    nt_derived_list_finish(&derived);
    nt_graph_free(to);
    nt_network_free(network);
}

static void gives(const char *layer, const char *options, const char *kind, const char *expected) {
    nt_text text;
    edited(&layer, &options, 1, kind, &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

/* Without its branch a unit is what its short connection makes of its input. */
static void projections_stay(void **state) {
    (void)state;
    gives("last", "", "drop", PROJECTED);
}

/* Two units that exchange their branches stand the other way round. */
static void units_are_exchanged(void **state) {
    (void)state;
    nt_text text;
    const char *const layers[] = {"first", "sum"}, *const options[] = {"from=sum", "from=first"};
    edited(layers, options, 2, "permute", &text);
    assert_non_null(strstr(text.bytes, EXCHANGED));
    nt_text_finish(&text);
    gives("sum", "from=last", "permute",
          "'last' is no sum of a branch and the identity, so it can't take part in another order");
    gives("last", "from=sum", "permute",
          "'last' is no sum of a branch and the identity, so it can't take part in another order");
    gives("sum", "from=relu", "permute", "'relu' is no sum of the network");
}

/* A unit in its own place changes nothing. */
static void a_unit_in_its_place_is_idle(void **state) {
    (void)state;
    nt_network *network = units_network();
    static const char *const options[] = {"", "from=sum", "from=first"};
    for (int i = 0; i < 3; i++) {
        const nt_edit edit = edit_of(network, "sum", "permute", options[i]);
        nt_ablation_memo memo = {0};
        assert_int_equal(edit.kind->idle(network->graph, edit.node, edit.options, &memo), i < 2);
    }
    nt_network_free(network);
}

static void gates_are_marked(void **state) {
    (void)state;
    nt_network *network = gated_network();
    for (size_t i = 0; i < network->layer_count; i++) {
        const char *name = network->layers[i].name;
        assert_int_equal(network->layers[i].gate,
                         strcmp(name, "last") == 0 || strcmp(name, "factors") == 0);
    }
    nt_network_free(network);
}

/* Other options are another tensor; the same ones are the same. */
static void tensors_are_shared(void **state) {
    (void)state;
    nt_network *network = unit_network();
    static const char *const options[] = {"seed=1", "seed=2", "seed=1"};
    nt_derived_list derived = {0};
    nt_graph *to = nt_graph_new();
    char why[NT_WHY] = "";
    for (int i = 0; i < 3; i++) {
        const nt_edit edit = edit_of(network, "last", "rerandomise", options[i]);
        assert_int_equal(nt_edit_into(network->graph, &edit, 1, to, "case", &derived, why), NT_OK);
    }
    assert_int_equal(derived.count, 2);
    assert_int_equal(nt_graph_output(to, 0)->value.node, nt_graph_output(to, 2)->value.node);
    assert_int_not_equal(nt_graph_output(to, 0)->value.node, nt_graph_output(to, 1)->value.node);
    nt_derived_list_finish(&derived);
    nt_graph_free(to);
    nt_network_free(network);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    nt_network *network = unit_network();
    const nt_edit edit = edit_of(network, "sum", "zero", "");
    nt_derived_list derived = {0};
    nt_graph *to = nt_graph_new();
    char why[NT_WHY] = "";
    assert_int_equal(nt_edit_into(network->graph, &edit, 1, to, NULL, &derived, why), NT_INVALID);
    assert_string_equal(why, "'sum' (add) has nothing to zero");
    nt_graph_free(to);
    nt_network_free(network);
}

/* What still reaches the output. Randomness in a branch that training alone has is no image. */
static void cuts(void **state) {
    (void)state;
    nt_network *network = nt_network_new("cuts");
    const nt_type type = nt_type_map(nt_shape_of(3, (int32_t[]){2, 4, 4}));
    nt_value x, sides[2];
    assert_int_equal(nt_network_add_input(network, "image", type, &x), NT_OK);
    nt_value stem = append(network, "conv2d", "channels=4 kernel=1", &x, 1, "stem");
    sides[0] = append(network, "conv2d", "channels=4 kernel=1 bias=false", &stem, 1, "a");
    sides[1] = append(network, "conv2d", "channels=4 kernel=1", &stem, 1, "b");
    nt_value sum = append(network, "add", "", sides, 2, "sum");
    nt_value drop = append(network, "dropout", "", &sum, 1, "dropout");
    assert_int_equal(nt_graph_add_output(network->graph, "out", drop), NT_OK);
    assert_int_equal(nt_graph_add_output(network->graph, "aux", stem), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    const nt_edit edits[] = {edit_of(network, "a", "zero", ""), edit_of(network, "b", "mean", ""),
                             edit_of(network, "stem", "zero", ""),
                             edit_of(network, "stem", "reinit", ""),
                             edit_of(network, "sum", "drop", "")};
    static const struct {
        int first, count;
        bool cut;
    } cases[] = {{0, 0, false}, {0, 1, false}, {1, 1, false}, {0, 2, true},
                 {2, 1, true},  {3, 1, false}, {0, 3, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool cut = !cases[i].cut;
        char why[NT_WHY];
        assert_int_equal(
            nt_edit_cuts(network->graph, edits + cases[i].first, cases[i].count, &cut, why), NT_OK);
        assert_int_equal(cut, cases[i].cut);
    }
    bool cut;
    char why[NT_WHY] = "";
    assert_int_equal(nt_edit_cuts(network->graph, &edits[4], 1, &cut, why), NT_INVALID);
    assert_string_equal(why,
                        "'sum' has no short connection: none of its inputs has fewer convolutions "
                        "than all others; so no branch of it can be dropped");
    nt_network_free(network);
}

/* What would be left of the sum is smaller than the sum. */
static void a_smaller_identity_stays(void **state) {
    (void)state;
    nt_network *network = nt_network_new("spread");
    const nt_type type = nt_type_map(nt_shape_of(3, (int32_t[]){2, 1, 1}));
    nt_value sides[2];
    assert_int_equal(nt_network_add_input(network, "image", type, &sides[0]), NT_OK);
    nt_value conv = append(network, "conv2d", "channels=2 kernel=1", &sides[0], 1, "conv");
    sides[1] = append(network, "resize", "size=4", &conv, 1, "large");
    nt_value sum = append(network, "add", "", sides, 2, "sum");
    assert_int_equal(nt_graph_add_output(network->graph, "out", sum), NT_OK);
    assert_int_equal(nt_network_seal(network), NT_OK);
    const nt_edit drop = edit_of(network, "sum", "drop", "");
    bool cut;
    char why[NT_WHY] = "";
    assert_int_equal(nt_edit_cuts(network->graph, &drop, 1, &cut, why), NT_INVALID);
    assert_string_equal(why, "the short connection of 'sum' has another shape than the sum, so its "
                             "branch can't be dropped");
    nt_network_free(network);
}

/* --- kernels ---------------------------------------------------------------------------------- */

enum { ELEMENTS = 5 * 5 * 3 * 3 };

/* A network with its weights, and the kernel that an edit of `last` makes. */
typedef struct kernel {
    nt_network *network;
    nt_weights *trained, *initial, *made;
    float before[ELEMENTS], after[ELEMENTS]; /* in PyTorch's order */
} kernel;

/* `values`, unless it is NULL, takes the place of the trained kernel. */
static void make_kernel(kernel *k, const char *name, const char *options, const float *values) {
    *k = (kernel){.network = unit_network()};
    assert_int_equal(nt_weights_new(k->network, &k->trained), NT_OK);
    assert_int_equal(nt_weights_new(k->network, &k->initial), NT_OK);
    assert_int_equal(nt_weights_new(k->network, &k->made), NT_OK);
    assert_int_equal(nt_weights_init(k->trained, 1), NT_OK);
    assert_int_equal(nt_weights_init(k->initial, 2), NT_OK);
    const nt_edit edit = edit_of(k->network, "last", name, options);
    const nt_tensor *trained = nt_weights_find(k->trained, "last.weight");
    if (values)
        nt_tensor_from_rows(trained->type, values, trained->f);
    const nt_derivation from = {.edit = &edit,
                                .node = edit.node,
                                .state = nt_network_state(k->network, "last.weight"),
                                .trained = trained,
                                .past = nt_weights_find(k->initial, "last.weight"),
                                .weights = k->trained};
    nt_tensor to = *nt_weights_find(k->made, "last.weight");
    assert_int_equal(edit.kind->derive(&from, to), NT_OK);
    nt_tensor_to_rows(to.type, trained->f, k->before);
    nt_tensor_to_rows(to.type, to.f, k->after);
    float *again = malloc((size_t)nt_type_stored(to.type) * sizeof *again);
    nt_tensor_from_rows(to.type, k->after, again);
    assert_memory_equal(again, to.f, (size_t)nt_type_stored(to.type) * sizeof *again);
    free(again);
}

static void free_kernel(kernel *k) {
    nt_weights_free(k->made);
    nt_weights_free(k->initial);
    nt_weights_free(k->trained);
    nt_network_free(k->network);
}

static void reinit_is_the_initial_kernel(void **state) {
    (void)state;
    kernel k;
    float initial[ELEMENTS];
    make_kernel(&k, "reinit", "", NULL);
    const nt_tensor *from = nt_weights_find(k.initial, "last.weight");
    nt_tensor_to_rows(from->type, from->f, initial);
    assert_memory_equal(k.after, initial, sizeof initial);
    free_kernel(&k);
}

/* Each element is drawn as He et al. draw it, by the fan out; from a stream of the kind's own. */
static void rerandomise_draws_anew(void **state) {
    (void)state;
    kernel k;
    nt_random random;
    make_kernel(&k, "rerandomise", "seed=1", NULL);
    const double deviation = sqrt(2.0 / (5 * 3 * 3));
    nt_random_init(&random, nt_hash_word(nt_hash_string(0, "rerandomise"), 1),
                   nt_hash_string(0, "last.weight"));
    for (int i = 0; i < ELEMENTS; i++)
        assert_true(k.after[i] == (float)(deviation * nt_random_normal(&random)));
    assert_memory_not_equal(k.after, k.before, sizeof k.before); /* that of seed 1 */
    free_kernel(&k);
}

static void noise_is_relative(void **state) {
    (void)state;
    kernel k;
    nt_random random;
    double mean = 0, variance = 0;
    make_kernel(&k, "noise", "deviation=0.25 seed=-7", NULL);
    for (int i = 0; i < ELEMENTS; i++)
        mean += (double)k.before[i] / ELEMENTS;
    for (int i = 0; i < ELEMENTS; i++)
        variance += pow((double)k.before[i] - mean, 2) / ELEMENTS;
    nt_random_init(&random, nt_hash_word(nt_hash_string(0, "noise"), (uint64_t)-7),
                   nt_hash_string(0, "last.weight"));
    for (int i = 0; i < ELEMENTS; i++) {
        double expected = (double)k.before[i] + .25 * sqrt(variance) * nt_random_normal(&random);
        assert_true(fabs((double)k.after[i] - expected) < 1e-6);
    }
    free_kernel(&k);
}

/* Puts elements in order by magnitude, and of equal ones by place, and takes the first `goes`. */
static void prune_plainly(float *rows, int goes) {
    for (int n = 0; n < goes; n++) {
        int least = -1;
        for (int i = 0; i < ELEMENTS; i++)
            if (rows[i] != 1000 && (least < 0 || fabsf(rows[i]) < fabsf(rows[least])))
                least = i;
        rows[least] = 1000; /* marks it; no element is so large */
    }
    for (int i = 0; i < ELEMENTS; i++)
        rows[i] = rows[i] == 1000 ? 0 : rows[i];
}

static void expect_pruned(const char *options, const float *values, int goes) {
    kernel k;
    make_kernel(&k, "prune", options, values);
    prune_plainly(k.before, goes);
    assert_memory_equal(k.after, k.before, sizeof k.before);
    free_kernel(&k);
}

static void prune_zeroes_the_smallest(void **state) {
    (void)state;
    assert_int_equal(ELEMENTS, 225);
    expect_pruned("share=0", NULL, 0);
    expect_pruned("share=0.002", NULL, 0);  /* 0.45 */
    expect_pruned("share=0.0024", NULL, 1); /* 0.54 */
    expect_pruned("share=0.3", NULL, 68);   /* 67.5 */
    expect_pruned("share=0.5", NULL, 113);  /* 112.5 */
    expect_pruned("share=0.999", NULL, 225);
    expect_pruned("share=1", NULL, 225);
}

/* Three magnitudes, with either sign and zeros among them, and one without bound. */
static void prune_takes_the_first_of_equal_ones(void **state) {
    (void)state;
    float values[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++)
        values[i] = i == 100 ? INFINITY : (float)((i * 7) % 5 - 2) * 3;
    for (int goes = 0; goes <= ELEMENTS; goes += 15) {
        char options[40];
        snprintf(options, sizeof options, "share=%.17g", goes / (double)ELEMENTS);
        expect_pruned(options, values, goes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_complete),
        cmocka_unit_test(words),
        cmocka_unit_test(options_in_byte_order),
        cmocka_unit_test(edits_in_order),
        cmocka_unit_test(every_kind_leaves_its_graph),
        cmocka_unit_test(a_branch_must_be_there),
        cmocka_unit_test(inner_sums_are_no_units),
        cmocka_unit_test(projections_stay),
        cmocka_unit_test(units_are_exchanged),
        cmocka_unit_test(a_unit_in_its_place_is_idle),
        cmocka_unit_test(gates_are_marked),
        cmocka_unit_test(tensors_are_shared),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(cuts),
        cmocka_unit_test(a_smaller_identity_stays),
        cmocka_unit_test(reinit_is_the_initial_kernel),
        cmocka_unit_test(rerandomise_draws_anew),
        cmocka_unit_test(noise_is_relative),
        cmocka_unit_test(prune_zeroes_the_smallest),
        cmocka_unit_test(prune_takes_the_first_of_equal_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
