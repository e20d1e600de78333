/* The shipped scripts beyond the study's three groups: what they choose, exactly. */
#include "edit.h"
#include "support_hook_drive.h"

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

static const char *const fd34 = "feature decomposition: conv1 layer2.0.conv1 layer2.0.downsample.0 "
                                "layer3.0.conv1 layer3.0.downsample.0 layer4.0.conv1 "
                                "layer4.0.downsample.0";

/* Every set has its size, and no two of these are the same. */
static void random_sets(void **state) {
    (void)state;
    nt_text text;
    char *sets[21], *rest;
    assert_int_equal(run_shipped("resnet34.yaml", "random_sets.lua", NULL, 0, &text), NT_OK);
    count_is(&text, 21);
    has_line(&text, fd34);
    int count = 0;
    for (char *line = strtok_r(text.bytes, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        int words = 0;
        sets[count] = strchr(line, ':');
        assert_non_null(sets[count]);
        for (char *p = sets[count]; *p; p++)
            words += *p == ' ';
        assert_int_equal(words, 7);
        for (int k = 0; k < count; k++)
            assert_string_not_equal(sets[k], sets[count]);
        count++;
    }
    nt_text_finish(&text);
}

static void random_sets_elsewhere(void **state) {
    (void)state;
    static const struct {
        const char *graph, *line;
    } cases[] = {
        {"vgg16.yaml", "feature decomposition: features.0 features.7 features.14 features.24"},
        {"plain34.yaml", "feature decomposition: conv1 layer2.0.conv1 layer3.0.conv1 "
                         "layer4.0.conv1"},
        {"pspnet-resnet34.yaml",
         "feature decomposition: conv1 layer2.0.conv1 layer2.0.downsample.0 layer3.0.conv1 "
         "layer3.0.downsample.0 layer4.0.conv1 layer4.0.downsample.0 ppm.features.0.1 "
         "ppm.features.1.1 ppm.features.2.1 ppm.features.3.1 cls.0 cls.4"},
        {"segnet.yaml", "feature decomposition: conv1_1 conv2_1 conv3_1 conv4_1 conv4_1_D "
                        "conv3_1_D conv2_1_D conv1_1_D"},
        {"unet.yaml",
         "feature decomposition: inc.double_conv.0 down1.maxpool_conv.1.double_conv.0 "
         "down2.maxpool_conv.1.double_conv.0 down3.maxpool_conv.1.double_conv.0 "
         "down4.maxpool_conv.1.double_conv.0 up1.up up1.conv.double_conv.0 up2.up "
         "up2.conv.double_conv.0 up3.up up3.conv.double_conv.0 up4.up up4.conv.double_conv.0 "
         "outc.conv"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nt_text text;
        assert_int_equal(run_shipped(cases[i].graph, "random_sets.lua", NULL, 0, &text), NT_OK);
        count_is(&text, 21);
        has_line(&text, cases[i].line);
        nt_text_finish(&text);
    }
}

/* The lines that begin with `start`. */
static void lines_of(const nt_text *text, const char *start, nt_text *ret) {
    nt_text_init(ret);
    for (const char *line = text->bytes; *line;) {
        size_t length = strcspn(line, "\n") + 1;
        if (strncmp(line, start, strlen(start)) == 0)
            nt_text_add_bytes(ret, line, length);
        line += length;
    }
}

/* Sets stay what they are beside other sizes and with more of them, and change with the seed. */
static void random_sets_options(void **state) {
    (void)state;
    nt_text few, many, other, a, b, c;
    nt_scalar sizes[] = {{.kind = NT_SCALAR_INT, .integer = 2},
                         {.kind = NT_SCALAR_INT, .integer = 3}};
    nt_scalar count, seed;
    nt_hook_option options[] = {{.name = "sizes", .items = &sizes[1], .count = 1},
                                text_option("count", &count, "4"),
                                text_option("seed", &seed, "1")};
    assert_int_equal(run_shipped("resnet8.yaml", "random_sets.lua", options, 3, &few), NT_OK);
    options[0] = (nt_hook_option){.name = "sizes", .items = sizes, .count = 2, .list = true};
    count.integer = 6;
    assert_int_equal(run_shipped("resnet8.yaml", "random_sets.lua", options, 3, &many), NT_OK);
    seed.integer = 2;
    assert_int_equal(run_shipped("resnet8.yaml", "random_sets.lua", options, 3, &other), NT_OK);
    count_is(&few, 5);
    count_is(&many, 13);
    lines_of(&few, "3 at random, set ", &a);
    lines_of(&many, "3 at random, set ", &b);
    lines_of(&other, "3 at random, set ", &c);
    count_is(&a, 4);
    count_is(&b, 6);
    assert_memory_equal(a.bytes, b.bytes, a.length);
    assert_string_not_equal(b.bytes, c.bytes);
    nt_text *const all[] = {&few, &many, &other, &a, &b, &c};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        nt_text_finish(all[i]);
    refuses("random_sets.lua", "sizes", "10", "the option 'sizes' must be integers from 1 to 9");
    refuses("random_sets.lua", "sizes", "0", "the option 'sizes' must be integers from 1 to 9");
    refuses("random_sets.lua", "count", "0", "the option 'count' must be an integer above 0");
    refuses("random_sets.lua", "seed", "1.5", "the option 'seed' must be an integer");
}

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
}

/* What the script takes for an identity path is what nt_edit_into can drop: in sums of branches, of
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
        nt_hook_run(HOOKS "/drop_units.lua", network, NULL, 0, NULL, NULL, &cases, &error), NT_OK);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greedy_sequence),
        cmocka_unit_test(greedy_margins),
        cmocka_unit_test(greedy_options),
        cmocka_unit_test(pairs),
        cmocka_unit_test(pairs_elsewhere),
        cmocka_unit_test(random_sets),
        cmocka_unit_test(random_sets_elsewhere),
        cmocka_unit_test(random_sets_options),
        cmocka_unit_test(kinds),
        cmocka_unit_test(drop_units),
        cmocka_unit_test(drop_units_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
