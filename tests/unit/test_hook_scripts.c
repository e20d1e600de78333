/* The shipped scripts beyond the study's three groups: what they choose, exactly. */
#include "edit.h"
#include "support_hook_drive.h"
#include <math.h>

static void count_is(const nt_text *text, int lines) {
    int count = 0;
    for (const char *p = text->bytes; *p; p++)
        count += *p == '\n';
    assert_int_equal(count, lines);
}

static void has_line(const nt_text *text, const char *line) {
    const char *at = strstr(text->bytes, line);
    size_t length = strlen(line);
    while (at && ((at > text->bytes && at[-1] != '\n') || at[length] != '\n'))
        at = strstr(at + 1, line);
    if (!at)
        fail_msg("no line '%s' in:\n%s", line, text->bytes);
}

/* Runs a shipped script that doesn't ask. */
static nt_status run_shipped(const char *graph, const char *hook, const nt_hook_option *options,
                             int count, nt_text *ret) {
    char path[512];
    nt_network *network = load(graph);
    nt_text_init(ret);
    snprintf(path, sizeof path, HOOKS "/%s", hook);
    nt_status status = run_path(path, network, options, count, ret);
    nt_network_free(network);
    return status;
}

static void refuses(const char *hook, const char *name, const char *value, const char *expected) {
    nt_text text;
    nt_scalar scalar;
    nt_hook_option option = text_option(name, &scalar, value);
    assert_int_equal(run_shipped("resnet8.yaml", hook, &option, 1, &text), NT_INVALID);
    if (!strstr(text.bytes, expected))
        fail_msg("expected '%s' in '%s'", expected, text.bytes);
    nt_text_finish(&text);
}

/* --- each_layer.lua --------------------------------------------------------------------------- */

/* MobileNetV3 has nine gates of two convolutions each. */
static void gates_can_be_left_out(void **state) {
    (void)state;
    nt_text text;
    nt_scalar scalar;
    nt_hook_option option = text_option("gates", &scalar, "false");
    assert_int_equal(run_shipped("mobilenet_v3_small.yaml", "each_layer.lua", NULL, 0, &text),
                     NT_OK);
    count_is(&text, 52);
    nt_text_finish(&text);
    assert_int_equal(run_shipped("mobilenet_v3_small.yaml", "each_layer.lua", &option, 1, &text),
                     NT_OK);
    count_is(&text, 52 - 2 * 9);
    nt_text_finish(&text);
}

/* --- greedy.lua ------------------------------------------------------------------------------- */

/* What the loss of a convolution costs, in samples of 1000, of which 900 are right. */
static int cost_of(const char *name) {
    static const struct {
        const char *name;
        int cost;
    } costs[] = {
        {"conv1", 300},         {"layer1.0.conv1", 4}, {"layer1.0.conv2", 2},
        {"layer2.0.conv1", 40}, {"layer2.0.conv2", 3}, {"layer2.0.downsample.0", 200},
        {"layer3.0.conv1", 4},  {"layer3.0.conv2", 1}, {"layer3.0.downsample.0", 250},
    };
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
        if (strcmp(costs[i].name, name) == 0)
            return costs[i].cost;
    fail_msg("'%s' is no convolution of ResNet8", name);
    return 0;
}

/* layer3.0.conv1 costs as many samples as layer1.0.conv1, but less loss. The change is rounded, as
 * a difference of accuracies is. */
static nt_answer additive(const nt_network *network, const nt_case *question) {
    nt_answer answer = {.metric = "accuracy", .correct = 900, .total = 1000, .loss = 1};
    for (int32_t i = 0; i < question->count; i++) {
        const char *name = network->layers[question->layers[i]].name;
        answer.correct -= cost_of(name);
        answer.loss += strcmp(name, "layer3.0.conv1") == 0 ? 0.1 : 0.5;
    }
    answer.value = (double)answer.correct / 1000;
    answer.change = answer.value - 0.9;
    return answer;
}

static nt_status greedy(const nt_hook_option *options, int count, model answer_to,
                        nt_text *transcript, nt_text *ret) {
    nt_network *network = load("resnet8.yaml");
    nt_text_init(ret);
    nt_status status =
        drive_path(HOOKS "/greedy.lua", network, options, count, answer_to, transcript, ret);
    nt_network_free(network);
    return status;
}

static void greedy_sequence(void **state) {
    (void)state;
    nt_text asked, text;
    nt_text_init(&asked);
    assert_int_equal(greedy(NULL, 0, additive, &asked, &text), NT_OK);
    assert_string_equal(
        text.bytes,
        "1 layer: layer3.0.conv2\n"
        "2 layers: layer1.0.conv2 layer3.0.conv2\n"
        "3 layers: layer1.0.conv2 layer2.0.conv2 layer3.0.conv2\n"
        "4 layers: layer1.0.conv2 layer2.0.conv2 layer3.0.conv1 layer3.0.conv2\n"
        "(stopped at 4 of 9 convolutions: without layer1.0.conv1 too, the next best, the accuracy "
        "would change by -0.0140, more than the margin of 0.01)\n");
    assert_string_equal(
        asked.bytes,
        "? conv1, layer1.0.conv1, layer1.0.conv2, layer2.0.conv1, layer2.0.conv2, "
        "layer2.0.downsample.0, layer3.0.conv1, layer3.0.conv2, layer3.0.downsample.0\n"
        "? conv1 layer3.0.conv2, layer1.0.conv1 layer3.0.conv2, layer1.0.conv2 layer3.0.conv2, "
        "layer2.0.conv1 layer3.0.conv2, layer2.0.conv2 layer3.0.conv2, "
        "layer2.0.downsample.0 layer3.0.conv2, layer3.0.conv1 layer3.0.conv2, "
        "layer3.0.conv2 layer3.0.downsample.0\n"
        "? conv1 layer1.0.conv2 layer3.0.conv2, layer1.0.conv1 layer1.0.conv2 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv1 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv2 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.downsample.0 layer3.0.conv2, "
        "layer1.0.conv2 layer3.0.conv1 layer3.0.conv2, "
        "layer1.0.conv2 layer3.0.conv2 layer3.0.downsample.0\n"
        "? conv1 layer1.0.conv2 layer2.0.conv2 layer3.0.conv2, "
        "layer1.0.conv1 layer1.0.conv2 layer2.0.conv2 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv1 layer2.0.conv2 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv2 layer2.0.downsample.0 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv2 layer3.0.conv1 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv2 layer3.0.conv2 layer3.0.downsample.0\n"
        "? conv1 layer1.0.conv2 layer2.0.conv2 layer3.0.conv1 layer3.0.conv2, "
        "layer1.0.conv1 layer1.0.conv2 layer2.0.conv2 layer3.0.conv1 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv1 layer2.0.conv2 layer3.0.conv1 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv2 layer2.0.downsample.0 layer3.0.conv1 layer3.0.conv2, "
        "layer1.0.conv2 layer2.0.conv2 layer3.0.conv1 layer3.0.conv2 layer3.0.downsample.0\n");
    nt_text_finish(&asked);
    nt_text_finish(&text);
}

static void greedy_margins(void **state) {
    (void)state;
    nt_text text;
    nt_scalar scalar;
    nt_hook_option option = text_option("margin", &scalar, "0");
    assert_int_equal(greedy(&option, 1, additive, NULL, &text), NT_OK);
    assert_string_equal(text.bytes,
                        "(stopped at 0 of 9 convolutions: without layer3.0.conv2 too, the next "
                        "best, the accuracy would change by -0.0010, more than the margin of 0)\n");
    nt_text_finish(&text);
    option = text_option("margin", &scalar, "1");
    assert_int_equal(greedy(&option, 1, additive, NULL, &text), NT_OK);
    count_is(&text, 10);
    has_line(&text, "5 layers: layer1.0.conv1 layer1.0.conv2 layer2.0.conv2 layer3.0.conv1 "
                    "layer3.0.conv2");
    has_line(&text, "(went through all 9 convolutions within the margin of 1)");
    nt_text_finish(&text);
}

static void greedy_options(void **state) {
    (void)state;
    nt_text text, asked;
    nt_scalar scalars[4];
    nt_hook_option options[] = {
        text_option("kind", &scalars[0], "noise"), text_option("deviation", &scalars[1], "0.5"),
        text_option("candidates", &scalars[2], "layer1.*"), text_option("seed", &scalars[3], "3")};
    nt_text_init(&asked);
    assert_int_equal(greedy(options, 4, additive, &asked, &text), NT_OK);
    assert_string_equal(asked.bytes, "? noise(0.5,3)=layer1.0.conv1, noise(0.5,3)=layer1.0.conv2\n"
                                     "? noise(0.5,3)=layer1.0.conv1 noise(0.5,3)=layer1.0.conv2\n");
    assert_string_equal(text.bytes,
                        "1 layer: noise(0.5,3)=layer1.0.conv2\n"
                        "2 layers: noise(0.5,3)=layer1.0.conv1 noise(0.5,3)=layer1.0.conv2\n"
                        "(went through all 2 convolutions within the margin of 0.01)\n");
    nt_text_finish(&text);
    nt_text_finish(&asked);
    options[2] = text_option("candidates", &scalars[2], "layer9.*");
    assert_int_equal(greedy(options, 4, additive, NULL, &text), NT_OK);
    assert_string_equal(text.bytes, "(no convolution has a name that matches 'layer9.*')\n");
    nt_text_finish(&text);
    refuses("greedy.lua", "kind", "drop",
            "the option 'kind' must be zero, mean, reinit, rerandomise or noise");
    refuses("greedy.lua", "margin", "wide", "the option 'margin' must be a number from 0");
    refuses("greedy.lua", "kind", "noise", "question 1 has 'noise' without a 'deviation'");
}

/* --- the others ------------------------------------------------------------------------------- */

static void pairs(void **state) {
    (void)state;
    nt_text text;
    assert_int_equal(run_shipped("resnet34.yaml", "pairs.lua", NULL, 0, &text), NT_OK);
    count_is(&text, 36 + 36 * 35 / 2);
    has_line(&text, "conv1: conv1");
    has_line(&text, "layer4.2.conv1 + layer4.2.conv2: layer4.2.conv1 layer4.2.conv2");
    has_line(&text, "conv1 + layer2.0.downsample.0: conv1 layer2.0.downsample.0");
    nt_text_finish(&text);
    assert_shipped("resnet8.yaml", "pairs.lua", "of", "layer2.*",
                   "layer2.0.conv1: layer2.0.conv1\n"
                   "layer2.0.conv2: layer2.0.conv2\n"
                   "layer2.0.downsample.0: layer2.0.downsample.0\n"
                   "layer2.0.conv1 + layer2.0.conv2: layer2.0.conv1 layer2.0.conv2\n"
                   "layer2.0.conv1 + layer2.0.downsample.0: layer2.0.conv1 "
                   "layer2.0.downsample.0\n"
                   "layer2.0.conv2 + layer2.0.downsample.0: layer2.0.conv2 "
                   "layer2.0.downsample.0\n");
    assert_shipped("resnet8.yaml", "pairs.lua", "of", "fc",
                   "(no convolution has a name that matches 'fc')\n");
}

/* Transposed convolutions are among them, those of an auxiliary head are not. */
static void pairs_elsewhere(void **state) {
    (void)state;
    nt_text text;
    assert_shipped("unet.yaml", "pairs.lua", "of", "up4.up", "up4.up: up4.up\n");
    assert_int_equal(run_shipped("pspnet-resnet34.yaml", "pairs.lua", NULL, 0, &text), NT_OK);
    count_is(&text, 42 + 42 * 41 / 2);
    assert_null(strstr(text.bytes, "aux."));
    nt_text_finish(&text);
    assert_int_equal(run_shipped("vgg16.yaml", "pairs.lua", NULL, 0, &text), NT_OK);
    count_is(&text, 13 + 13 * 12 / 2);
    nt_text_finish(&text);
}

/* --- random_sets.lua -------------------------------------------------------------------------- */

/* The cases of the script; its remark ends the text. */
static void draw_sets(const nt_network *network, const nt_hook_option *options, int count,
                      nt_cases *ret) {
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_hook_run(HOOKS "/random_sets.lua", network, options, count, NULL, NULL,
                                   NULL, ret, &error);
    if (status != NT_OK)
        fail_msg("%s", error.items[0].message);
    nt_error_finish(&error);
}

static bool edits_layer(const nt_case *item, int32_t layer) {
    for (int32_t i = 0; i < item->count; i++)
        if (item->layers[i] == layer)
            return true;
    return false;
}

static bool same_layers(const nt_case *a, const nt_case *b) {
    return a->count == b->count &&
           memcmp(a->layers, b->layers, (size_t)a->count * sizeof *a->layers) == 0;
}

/* Each control has the size of the set and nothing of it, is no cut, and is there once. */
static void controls_are_fair(const nt_network *network, const nt_cases *cases) {
    const nt_case *set = &cases->items[0];
    assert_string_equal(set->name, "the set");
    assert_string_equal(cases->control_of, "the set");
    assert_int_equal(cases->note_count, 0);
    for (int32_t c = 1; c < cases->count; c++) {
        const nt_case *control = &cases->items[c];
        bool cut = true;
        char why[NT_WHY];
        assert_int_equal(control->count, set->count);
        for (int32_t i = 0; i < set->count; i++)
            assert_false(edits_layer(control, set->layers[i]));
        for (int32_t k = 1; k < c; k++)
            assert_false(same_layers(control, &cases->items[k]));
        assert_int_equal(nt_edit_cuts(network->graph, control->edits, control->count, &cut, why),
                         NT_OK);
        assert_false(cut);
    }
}

static void random_sets(void **state) {
    (void)state;
    nt_cases cases;
    nt_text text;
    nt_network *network = load("resnet34.yaml");
    nt_text_init(&text);
    draw_sets(network, NULL, 0, &cases);
    assert_int_equal(cases.count, 1 + 200);
    controls_are_fair(network, &cases);
    add_edits(&text, network, &cases.items[0]);
    assert_string_equal(text.bytes, " conv1 layer2.0.conv1 layer2.0.downsample.0 layer3.0.conv1 "
                                    "layer3.0.downsample.0 layer4.0.conv1 layer4.0.downsample.0");
    assert_non_null(strstr(cases.remark, "200 sets of 7 layers outside the set; "));
    assert_non_null(strstr(cases.remark, "; the set itself is a cut"));
    nt_text_finish(&text);
    nt_cases_finish(&cases);
    nt_network_free(network);
}

/* Of fifteen pairs two take both sides of a sum. */
static void random_sets_are_all_taken(void **state) {
    (void)state;
    nt_cases cases;
    nt_scalar set;
    nt_network *network = load("resnet8.yaml");
    const nt_hook_option option = text_option("set", &set, "layer3.0.conv*");
    draw_sets(network, &option, 1, &cases);
    assert_int_equal(cases.count, 1 + 13);
    controls_are_fair(network, &cases);
    assert_string_equal(cases.remark,
                        "13 sets of 2 layers outside the set; these are all that there are; 2 sets "
                        "were left out as a cut, and so was 1 layer from all of them");
    nt_cases_finish(&cases);
    nt_network_free(network);
}

/* As many of each stage: six of the seven others in stage 3, of which five hold both sides of its
 * first sum. The set is a case elsewhere. */
static void random_sets_by_stage(void **state) {
    (void)state;
    nt_cases cases;
    nt_scalar set, match, of;
    nt_network *network = load("resnet34.yaml");
    const nt_hook_option options[] = {text_option("set", &set, "layer3.*.conv1"),
                                      text_option("match", &match, "stage"),
                                      text_option("control_of", &of, "convs/first of layer3")};
    draw_sets(network, options, 3, &cases);
    assert_int_equal(cases.count, 2);
    assert_string_equal(cases.control_of, "convs/first of layer3");
    assert_string_equal(cases.remark,
                        "2 sets of 6 layers outside the set, as many of each stage; these are all "
                        "that there are; 5 sets were left out as a cut, and so were 0 layers from "
                        "all of them");
    for (int32_t c = 0; c < 2; c++) {
        assert_int_equal(cases.items[c].count, 6);
        for (int32_t i = 0; i < 6; i++)
            assert_string_equal(network->layers[cases.items[c].layers[i]].stage, "layer3");
    }
    nt_cases_finish(&cases);
    nt_network_free(network);
}

/* Without short connections every convolution is a cut. */
static void random_sets_of_cuts(void **state) {
    (void)state;
    assert_shipped("vgg16.yaml", "random_sets.lua", "seed", "1",
                   "(there are no controls: of 9 layers outside the set, 0 can go without a cut, "
                   "and a set takes 4)\n");
    assert_shipped("plain34.yaml", "random_sets.lua", "set", "layer1.0.conv1",
                   "(there are no controls: of 32 layers outside the set, 0 can go without a cut, "
                   "and a set takes 1)\n");
}

/* Long connections go round what is below them. */
static void random_sets_elsewhere(void **state) {
    (void)state;
    static const char *const graphs[] = {"pspnet-resnet34.yaml", "segnet.yaml", "unet.yaml"};
    for (size_t i = 0; i < sizeof graphs / sizeof *graphs; i++) {
        nt_cases cases;
        nt_scalar sets[2] = {nt_scalar_read("*1.conv*"), nt_scalar_read("*conv3_*")};
        const nt_hook_option option = {.name = "set", .items = &sets[i == 1], .count = 1};
        nt_network *network = load(graphs[i]);
        draw_sets(network, &option, 1, &cases);
        if (cases.count > 0)
            controls_are_fair(network, &cases);
        assert_true(cases.count > 1 || i == 1);
        nt_cases_finish(&cases);
        nt_network_free(network);
    }
}

/* Sets stay what they are with more of them, and change with the seed. */
static void random_sets_options(void **state) {
    (void)state;
    nt_cases few, many, other;
    nt_scalar count, seed, set;
    nt_network *network = load("resnet34.yaml");
    nt_hook_option options[] = {text_option("count", &count, "4"), text_option("seed", &seed, "1"),
                                text_option("set", &set, "layer4.*.conv2")};
    draw_sets(network, options, 3, &few);
    count.integer = 6;
    draw_sets(network, options, 3, &many);
    seed.integer = 2;
    draw_sets(network, options, 3, &other);
    assert_int_equal(few.count, 5);
    assert_int_equal(many.count, 7);
    for (int32_t c = 0; c < 5; c++)
        assert_true(same_layers(&few.items[c], &many.items[c]));
    for (int32_t c = 1; c < 7; c++)
        assert_false(same_layers(&many.items[c], &other.items[c]));
    nt_cases_finish(&few);
    nt_cases_finish(&many);
    nt_cases_finish(&other);
    nt_network_free(network);
    refuses("random_sets.lua", "count", "0",
            "the option 'count' must be an integer from 1 to 2000");
    refuses("random_sets.lua", "seed", "1.5", "the option 'seed' must be an integer");
    refuses("random_sets.lua", "match", "block", "the option 'match' must be stage or none");
    refuses("random_sets.lua", "set", "layer9.*",
            "no convolution has a name that matches 'layer9.*'");
}

/* --- kinds.lua and drop_units.lua ------------------------------------------------------------- */

static void kinds(void **state) {
    (void)state;
    nt_text text;
    assert_int_equal(run_shipped("resnet34.yaml", "kinds.lua", NULL, 0, &text), NT_OK);
    count_is(&text, 36 * 3);
    has_line(&text, "conv1 zero: conv1");
    has_line(&text, "layer2.0.downsample.0 mean: mean=layer2.0.downsample.0");
    has_line(&text, "layer4.2.conv2 reinit: reinit=layer4.2.conv2");
    nt_text_finish(&text);
    nt_scalar items[3], deviation, seed;
    items[0] = nt_scalar_read("noise");
    items[1] = nt_scalar_read("rerandomise");
    items[2] = nt_scalar_read("zero");
    nt_hook_option options[] = {{.name = "kinds", .items = items, .count = 3, .list = true},
                                text_option("deviation", &deviation, "0.1"),
                                text_option("seed", &seed, "4")};
    assert_int_equal(run_shipped("resnet8.yaml", "kinds.lua", options, 3, &text), NT_OK);
    count_is(&text, 9 * 3);
    has_line(&text, "conv1 noise: noise(0.1,4)=conv1");
    has_line(&text, "conv1 rerandomise: rerandomise(4)=conv1");
    has_line(&text, "conv1 zero: conv1");
    nt_text_finish(&text);
    assert_int_equal(run_shipped("resnet8.yaml", "kinds.lua", &options[1], 1, &text), NT_OK);
    count_is(&text, 9 * 3); /* a deviation that none of the default kinds takes */
    nt_text_finish(&text);
    refuses("kinds.lua", "kinds", "drop", "the option 'kinds' must be of zero, mean, reinit");
}

/* --- channels.lua ----------------------------------------------------------------------------- */

static void channels(void **state) {
    (void)state;
    nt_text text;
    assert_int_equal(run_shipped("resnet8.yaml", "channels.lua", NULL, 0, &text), NT_OK);
    count_is(&text, 9 * 5);
    has_line(&text, "conv1 0.1: channels(0.1,[],l1,true,false)=conv1");
    has_line(&text, "layer3.0.downsample.0 0.9: "
                    "channels(0.9,[],l1,true,false)=layer3.0.downsample.0");
    nt_text_finish(&text);
    nt_scalar coupled, criterion, whole, shares, layers, together;
    nt_hook_option options[] = {
        text_option("coupled", &coupled, "true"),
        text_option("shares", &shares, "0.25"),
        text_option("criterion", &criterion, "batch_norm"),
        text_option("layers", &layers, "*conv*"),
        text_option("whole", &whole, "false"),
        text_option("together", &together, "true"),
    };
    assert_int_equal(run_shipped("resnet8.yaml", "channels.lua", options, 2, &text), NT_OK);
    assert_string_equal(text.bytes,
                        "conv1 0.25: channels(0.25,[],l1,true,true)=conv1 "
                        "channels(0.25,[],l1,true,true)=layer1.0.conv2\n"
                        "layer1.0.conv1 0.25: channels(0.25,[],l1,true,true)=layer1.0.conv1\n"
                        "layer2.0.conv1 0.25: channels(0.25,[],l1,true,true)=layer2.0.conv1\n"
                        "layer2.0.conv2 0.25: channels(0.25,[],l1,true,true)=layer2.0.conv2 "
                        "channels(0.25,[],l1,true,true)=layer2.0.downsample.0\n"
                        "layer3.0.conv1 0.25: channels(0.25,[],l1,true,true)=layer3.0.conv1\n"
                        "layer3.0.conv2 0.25: channels(0.25,[],l1,true,true)=layer3.0.conv2 "
                        "channels(0.25,[],l1,true,true)=layer3.0.downsample.0\n");
    nt_text_finish(&text);
    layers = nt_scalar_read("conv1");
    assert_int_equal(run_shipped("resnet8.yaml", "channels.lua", options, 6, &text), NT_OK);
    assert_string_equal(text.bytes, "all 0.25: channels(0.25,[],batch_norm,false,true)=conv1 "
                                    "channels(0.25,[],batch_norm,false,true)=layer1.0.conv2\n");
    nt_text_finish(&text);
    refuses("channels.lua", "shares", "1.5", "the option 'shares' must be of numbers from 0 to 1");
    refuses("channels.lua", "whole", "1", "the option 'whole' must be true or false");
    assert_shipped("resnet8.yaml", "channels.lua", "layers", "layer9*",
                   "(no convolution has a name that matches 'layer9*')\n");
}

static void drop_units(void **state) {
    (void)state;
    assert_shipped("resnet34.yaml", "drop_units.lua", NULL, NULL,
                   "layer1.0: drop=layer1.0.add\n"
                   "layer1.1: drop=layer1.1.add\n"
                   "layer1.2: drop=layer1.2.add\n"
                   "layer2.1: drop=layer2.1.add\n"
                   "layer2.2: drop=layer2.2.add\n"
                   "layer2.3: drop=layer2.3.add\n"
                   "layer3.1: drop=layer3.1.add\n"
                   "layer3.2: drop=layer3.2.add\n"
                   "layer3.3: drop=layer3.3.add\n"
                   "layer3.4: drop=layer3.4.add\n"
                   "layer3.5: drop=layer3.5.add\n"
                   "layer4.1: drop=layer4.1.add\n"
                   "layer4.2: drop=layer4.2.add\n");
    assert_shipped("resnet8.yaml", "drop_units.lua", NULL, NULL, "layer1.0: drop=layer1.0.add\n");
    assert_shipped("resnet8.yaml", "drop_units.lua", "projections", "true",
                   "layer1.0: drop=layer1.0.add\n"
                   "layer2.0: drop=layer2.0.add\n"
                   "layer3.0: drop=layer3.0.add\n");
    assert_shipped("vgg16.yaml", "drop_units.lua", NULL, NULL,
                   "(this network has no residual unit)\n");
}

/* What the script takes for a unit is what nt_edit_into can drop: in sums of branches, of
 * a node with itself, of the network's input, of three, and in a block with two sums. */
static void drop_units_elsewhere(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_text text;
    nt_error error;
    nt_cases cases;
    write_file("version: 1\n"
               "graph: odd\n"
               "input: [4, 8, 8]\n"
               "blocks:\n"
               "  two:\n"
               "    nodes:\n"
               "      c: {op: conv2d, channels: 4, kernel: 1}\n"
               "      s: {op: add, from: [c, input]}\n"
               "      d: {op: conv2d, channels: 4, kernel: 1}\n"
               "      t: {op: add, from: [d, s]}\n"
               "nodes:\n"
               "  a: {op: conv2d, channels: 4, kernel: 1}\n"
               "  from_input: {op: add, from: [a, input]}\n"
               "  b: {op: conv2d, channels: 4, kernel: 1}\n"
               "  c: {op: conv2d, channels: 4, kernel: 1, from: from_input}\n"
               "  branches: {op: add, from: [b, c]}\n"
               "  itself: {op: add, from: [branches, branches]}\n"
               "  d: {op: conv2d, channels: 4, kernel: 1}\n"
               "  three: {op: add, from: [d, b, from_input]}\n"
               "  none: {op: add, from: [d, b, c]}\n"
               "  pair: {block: two}\n"
               "  last: {op: add, from: [pair, three]}\n",
               path);
    nt_network *network = load_path(path);
    unlink(path);
    nt_text_init(&text);
    nt_error_init(&error);
    assert_int_equal(
        nt_hook_run(HOOKS "/drop_units.lua", network, NULL, 0, NULL, NULL, NULL, &cases, &error),
        NT_OK);
    add_cases(&text, network, &cases);
    assert_string_equal(text.bytes, "from_input: drop=from_input\n"
                                    "three: drop=three\n"
                                    "pair.s: drop=pair.s\n"
                                    "pair.t: drop=pair.t\n");
    for (int32_t i = 0; i < cases.count; i++) {
        char why[NT_WHY] = "";
        nt_derived_list derived = {0};
        nt_graph *to = nt_graph_new();
        assert_int_equal(nt_edit_into(network->graph, cases.items[i].edits, cases.items[i].count,
                                      to, "out", &derived, why),
                         NT_OK);
        nt_derived_list_finish(&derived);
        nt_graph_free(to);
    }
    nt_cases_finish(&cases);
    nt_error_finish(&error);
    nt_text_finish(&text);
    nt_network_free(network);
}

/* --- random_units.lua and permute_units.lua --------------------------------------------------- */

static void random_units(void **state) {
    (void)state;
    nt_text text;
    nt_scalar scalar;
    nt_hook_option option = text_option("draws", &scalar, "2");
    assert_int_equal(run_shipped("resnet34.yaml", "random_units.lua", NULL, 0, &text), NT_OK);
    count_is(&text, 11 * 10 + 10 + 1 + 1); /* of 12 units there are 13 sets, of 13 one; a remark */
    has_line(&text, "(sets of 13 units)");
    nt_text_finish(&text);
    assert_int_equal(run_shipped("resnet34.yaml", "random_units.lua", &option, 1, &text), NT_OK);
    count_is(&text, 12 * 2 + 1 + 1);
    nt_text_finish(&text);
    assert_shipped("resnet8.yaml", "random_units.lua", NULL, NULL,
                   "1 unit, set 1: drop=layer1.0.add\n(sets of 1 units)\n");
    assert_shipped("vgg16.yaml", "random_units.lua", NULL, NULL,
                   "(this network has no unit to drop)\n");
    refuses("random_units.lua", "counts", "2", "must be of integers from 1 to 1, as many units as");
    refuses("random_units.lua", "draws", "0",
            "the option 'draws' must be an integer from 1 to 1000");
}

static void permute_units(void **state) {
    (void)state;
    nt_text text;
    nt_scalar scalar;
    nt_hook_option option = text_option("swaps", &scalar, "1");
    assert_int_equal(run_shipped("resnet34.yaml", "permute_units.lua", &option, 1, &text), NT_OK);
    count_is(&text, 5 + 1);
    has_line(&text, "(orders of 13 units)");
    nt_text_finish(&text);
    assert_shipped("resnet8.yaml", "permute_units.lua", NULL, NULL,
                   "(this network has no two units of equal shape whose short connection is the "
                   "identity)\n");
    refuses("permute_units.lua", "draws", "0", "the option 'draws' must be an integer from 1");
}

/* --- shapley.lua ------------------------------------------------------------------------------ */

/* conv1 alone is worth 0.5, the two of layer1 0.25 where either is there: each is worth half. */
static nt_answer joint(const nt_network *network, const nt_case *question) {
    nt_answer answer = {.metric = "accuracy", .total = 1000};
    bool stem = true, first = true, second = true;
    for (int32_t i = 0; i < question->count; i++) {
        const char *name = network->layers[question->layers[i]].name;
        stem = stem && strcmp(name, "conv1") != 0;
        first = first && strcmp(name, "layer1.0.conv1") != 0;
        second = second && strcmp(name, "layer1.0.conv2") != 0;
    }
    answer.correct = 100 + 500 * stem + 250 * (first || second);
    answer.value = (double)answer.correct / 1000;
    answer.change = answer.value - 0.85;
    return answer;
}

static void shapley(void **state) {
    (void)state;
    nt_text text;
    nt_scalar scalars[2];
    nt_hook_option options[] = {text_option("of", &scalars[0], "*conv1"),
                                text_option("orders", &scalars[1], "5")};
    nt_network *network = load("resnet8.yaml");
    nt_text_init(&text);
    assert_int_equal(drive_path(HOOKS "/shapley.lua", network, options, 2, joint, NULL, &text),
                     NT_OK);
    /* without layer1.0.conv2 among the layers, it stays, and layer1.0.conv1 is worth nothing */
    assert_string_equal(text.bytes,
                        "conv1: conv1\n"
                        "layer1.0.conv1: layer1.0.conv1\n"
                        "layer2.0.conv1: layer2.0.conv1\n"
                        "layer3.0.conv1: layer3.0.conv1\n"
                        "(Shapley values of the accuracy from 5 orders: conv1 0.5000 ± 0.0000, "
                        "layer1.0.conv1 0.0000 ± 0.0000, layer2.0.conv1 0.0000 ± 0.0000, "
                        "layer3.0.conv1 0.0000 ± 0.0000)\n");
    nt_text_finish(&text);
    nt_network_free(network);
}

/* The mean that the remark has for a layer, and half its interval. */
static void read_value(const nt_text *text, const char *layer, double *mean, double *half) {
    char start[PATH_SIZE];
    snprintf(start, sizeof start, " %s ", layer);
    const char *at = strstr(strchr(text->bytes, '('), start);
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(start), "%lf ± %lf", mean, half), 2);
}

/* What two layers only do together is shared; the values add up to what the layers are worth. */
static void shapley_shares(void **state) {
    (void)state;
    static const char *const tolerances[] = {"0", "0.001"};
    for (int t = 0; t < 2; t++) {
        nt_text text, asked;
        nt_scalar scalars[2];
        double stem, first, second, half;
        nt_hook_option options[] = {text_option("orders", &scalars[0], "400"),
                                    text_option("tolerance", &scalars[1], tolerances[t])};
        nt_network *network = load("resnet8.yaml");
        nt_text_init(&text);
        nt_text_init(&asked);
        assert_int_equal(
            drive_path(HOOKS "/shapley.lua", network, options, 2, joint, &asked, &text), NT_OK);
        read_value(&text, "conv1", &stem, &half);
        assert_true(fabs(stem - 0.5) <= 1e-9);
        assert_true(fabs(half) <= 1e-9);
        read_value(&text, "layer1.0.conv1", &first, &half);
        assert_true(fabs(first - 0.125) <= 2 * half);
        assert_true(fabs(half - 1.966 * 0.125 / sqrt(400)) <= 5e-4);
        read_value(&text, "layer1.0.conv2", &second, &half);
        assert_true(fabs(first + second - 0.25) <= 1.01e-4); /* four digits of each */
        int questions = 0;
        for (const char *c = asked.bytes; *c; c++)
            questions += *c == '?' || *c == ',';
        assert_int_equal(questions == 2 + 9 * 400, t == 0);
        nt_text_finish(&text);
        nt_text_finish(&asked);
        nt_network_free(network);
    }
}

static void shapley_options(void **state) {
    (void)state;
    refuses("shapley.lua", "orders", "4", "the option 'orders' must be an integer from 5");
    refuses("shapley.lua", "kind", "noise", "the option 'kind' must be zero, mean or drop");
    assert_shipped("vgg16.yaml", "shapley.lua", "kind", "drop",
                   "(there is no layer to drop with a name that matches '*')\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_can_be_left_out),
        cmocka_unit_test(greedy_sequence),
        cmocka_unit_test(greedy_margins),
        cmocka_unit_test(greedy_options),
        cmocka_unit_test(pairs),
        cmocka_unit_test(pairs_elsewhere),
        cmocka_unit_test(random_sets),
        cmocka_unit_test(random_sets_are_all_taken),
        cmocka_unit_test(random_sets_by_stage),
        cmocka_unit_test(random_sets_of_cuts),
        cmocka_unit_test(random_sets_elsewhere),
        cmocka_unit_test(random_sets_options),
        cmocka_unit_test(kinds),
        cmocka_unit_test(channels),
        cmocka_unit_test(drop_units),
        cmocka_unit_test(drop_units_elsewhere),
        cmocka_unit_test(random_units),
        cmocka_unit_test(permute_units),
        cmocka_unit_test(shapley),
        cmocka_unit_test(shapley_shares),
        cmocka_unit_test(shapley_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
