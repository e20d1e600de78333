/* Ablation hooks: what the shipped ones select on ResNet34, exactly, and every mistake a script can
 * make. */
#include "support_hook.h"

/* The cases of a shipped hook, as text. */
static void list(const char *graph, const char *hook, const nt_hook_option *options, int count,
                 nt_text *ret) {
    char path[512];
    nt_network *network = load(graph);
    nt_text_init(ret);
    snprintf(path, sizeof path, HOOKS "/%s", hook);
    assert_int_equal(run_path(path, network, options, count, ret), NT_OK);
    nt_network_free(network);
}

#define STAGE_UNIT(s, u) " layer" #s "." #u ".conv1 layer" #s "." #u ".conv2"

#define BLOCKS_AFTER                                                                               \
    "block 1: layer1.0.conv2" STAGE_UNIT(1, 1)                                                     \
        STAGE_UNIT(1, 2) "\n"                                                                      \
                         "block 2:" STAGE_UNIT(2, 1) STAGE_UNIT(2, 2)                              \
                             STAGE_UNIT(2, 3) "\n"                                                 \
                                              "block 3:" STAGE_UNIT(3, 1) STAGE_UNIT(3, 2)         \
                                                  STAGE_UNIT(3, 3) STAGE_UNIT(3, 4)                \
                                                      STAGE_UNIT(3, 5) "\n"                        \
                                                                       "block 4:" STAGE_UNIT(4, 1) \
                                                                           STAGE_UNIT(4, 2) "\n"

static void layer_blocks_after(void **state) {
    (void)state;
    assert_shipped("resnet34.yaml", "layer_blocks.lua", "adjacent", "after", BLOCKS_AFTER);
    assert_shipped("resnet34.yaml", "layer_blocks.lua", NULL, NULL, BLOCKS_AFTER);
}

static void layer_blocks_both(void **state) {
    (void)state;
    assert_shipped("resnet34.yaml", "layer_blocks.lua", "adjacent", "both",
                   "block 1: layer1.0.conv2" STAGE_UNIT(
                       1, 1) " layer1.2.conv1\n"
                             "block 2:" STAGE_UNIT(2, 1) STAGE_UNIT(
                                 2, 2) " layer2.3.conv1\n"
                                       "block 3:" STAGE_UNIT(3, 1) STAGE_UNIT(3, 2) STAGE_UNIT(3, 3)
                                           STAGE_UNIT(3, 4) " layer3.5.conv1\n"
                                                            "block 4:" STAGE_UNIT(4, 1)
                                                                STAGE_UNIT(4, 2) "\n");
}

static void layer_blocks_before(void **state) {
    (void)state;
    nt_scalar scalar;
    nt_hook_option option = text_option("adjacent", &scalar, "before");
    nt_text text;
    list("resnet34.yaml", "layer_blocks.lua", &option, 1, &text);
    assert_non_null(strstr(text.bytes, "block 1: layer1.0.conv1 layer1.0.conv2 layer1.1.conv1"));
    assert_non_null(strstr(text.bytes, " layer1.2.conv1\nblock 2: layer2.0.conv2 layer2.1.conv1"));
    assert_non_null(strstr(text.bytes, " layer3.5.conv1\nblock 4: layer4.0.conv2 layer4.1.conv1"));
    nt_text_finish(&text);
}

static void layer_blocks_unit(void **state) {
    (void)state;
    assert_shipped("resnet34.yaml", "layer_blocks.lua", "adjacent", "unit",
                   "block 1:" STAGE_UNIT(1, 1)
                       STAGE_UNIT(1, 2) "\n"
                                        "block 2:" STAGE_UNIT(2, 1) STAGE_UNIT(2, 2) STAGE_UNIT(
                                            2, 3) "\n"
                                                  "block 3:" STAGE_UNIT(3, 1) STAGE_UNIT(3, 2)
                                                      STAGE_UNIT(3, 3) STAGE_UNIT(3, 4) STAGE_UNIT(
                                                          3, 5) "\n"
                                                                "block 4:" STAGE_UNIT(4, 1)
                                                                    STAGE_UNIT(4, 2) "\n");
}

static void layer_blocks_stem(void **state) {
    (void)state;
    nt_text text;
    nt_scalar scalar;
    nt_hook_option option = text_option("stem_is_fd", &scalar, "false");
    list("resnet34.yaml", "layer_blocks.lua", &option, 1, &text);
    assert_non_null(strstr(text.bytes, "block 1: layer1.0.conv1 layer1.0.conv2 layer1.1.conv1"));
    nt_text_finish(&text);
}

static void shortcuts(void **state) {
    (void)state;
    assert_shipped("resnet34.yaml", "shortcuts.lua", NULL, NULL,
                   "layer2.0.downsample.0: layer2.0.downsample.0\n"
                   "layer3.0.downsample.0: layer3.0.downsample.0\n"
                   "layer4.0.downsample.0: layer4.0.downsample.0\n");
    assert_shipped("resnet8.yaml", "shortcuts.lua", "together", "true",
                   "layer2.0.downsample.0: layer2.0.downsample.0\n"
                   "layer3.0.downsample.0: layer3.0.downsample.0\n"
                   "all shortcuts: layer2.0.downsample.0 layer3.0.downsample.0\n");
}

static int count_lines(const nt_text *text) {
    int lines = 0;
    for (const char *p = text->bytes; *p; p++)
        lines += *p == '\n';
    return lines;
}

static void each_layer(void **state) {
    (void)state;
    nt_text text;
    list("resnet34.yaml", "each_layer.lua", NULL, 0, &text);
    assert_int_equal(count_lines(&text), 36);
    assert_non_null(strstr(text.bytes, "conv1: conv1\n"));
    nt_text_finish(&text);
}

/* --- other networks --------------------------------------------------------------------------- */

/* VGG's last two groups have the same number of channels, so they are one layer block. */
static void vgg16(void **state) {
    (void)state;
    assert_shipped("vgg16.yaml", "layer_blocks.lua", NULL, NULL,
                   "block 3: features.20\n"
                   "block 4: features.30 features.34 features.37 features.40\n");
    assert_shipped("vgg16.yaml", "layer_blocks.lua", "adjacent", "both",
                   "block 4: features.30 features.34 features.37 features.40\n");
    assert_shipped("vgg16.yaml", "layer_blocks.lua", "adjacent", "none",
                   "block 1: features.3\n"
                   "block 2: features.10\n"
                   "block 3: features.17 features.20\n"
                   "block 4: features.27 features.30 features.34 features.37 features.40\n");
    assert_shipped("vgg16.yaml", "shortcuts.lua", NULL, NULL,
                   "(this network has no shortcut with a convolution, so there is no group 3)\n");
}

static void gates(void **state) {
    (void)state;
    nt_text text;
    list("mobilenet_v3_small.yaml", "gates.lua", NULL, 0, &text);
    assert_int_equal(count_lines(&text), 9);
    assert_non_null(
        strstr(text.bytes, "features.4.block.2: gate=features.4.block.2.scale_activation\n"));
    nt_text_finish(&text);
    assert_shipped("resnet8.yaml", "gates.lua", NULL, NULL,
                   "(this network has no squeeze and excitation)\n");
}

/* The convolutions of pyramid and head all change the number of channels; those of the auxiliary
 * head are not part of what is measured. */
static void pspnet(void **state) {
    (void)state;
    nt_text text;
    assert_shipped("pspnet-resnet34.yaml", "layer_blocks.lua", NULL, NULL, BLOCKS_AFTER);
    assert_shipped(
        "pspnet-resnet34.yaml", "layer_blocks.lua", "adjacent", "both",
        "block 1: layer1.0.conv2" STAGE_UNIT(
            1, 1) " layer1.2.conv1\n"
                  "block 2:" STAGE_UNIT(2, 1) STAGE_UNIT(
                      2, 2) " layer2.3.conv1\n"
                            "block 3:" STAGE_UNIT(3, 1) STAGE_UNIT(3, 2) STAGE_UNIT(3, 3)
                                STAGE_UNIT(3, 4) " layer3.5.conv1\n"
                                                 "block 4:" STAGE_UNIT(4, 1) " layer4.2.conv1\n");
    assert_shipped("pspnet-resnet34.yaml", "shortcuts.lua", NULL, NULL,
                   "layer2.0.downsample.0: layer2.0.downsample.0\n"
                   "layer3.0.downsample.0: layer3.0.downsample.0\n"
                   "layer4.0.downsample.0: layer4.0.downsample.0\n");
    list("pspnet-resnet34.yaml", "each_layer.lua", NULL, 0, &text);
    assert_int_equal(count_lines(&text), 42);
    assert_non_null(strstr(text.bytes, "ppm.features.3.1: ppm.features.3.1\ncls.0: cls.0\n"
                                       "cls.4: cls.4\n"));
    assert_null(strstr(text.bytes, "aux"));
    nt_text_finish(&text);
}

/* Without short connections the blocks are the same. */
static void plain34(void **state) {
    (void)state;
    assert_shipped("plain34.yaml", "layer_blocks.lua", NULL, NULL, BLOCKS_AFTER);
    assert_shipped("plain34.yaml", "shortcuts.lua", NULL, NULL,
                   "(this network has no shortcut with a convolution, so there is no group 3)\n");
}

/* In a bottleneck only the 3x3 convolution keeps the number of channels, and but for the first unit
 * it follows one that does not. */
static void resnet50(void **state) {
    (void)state;
    assert_shipped("resnet50.yaml", "layer_blocks.lua", NULL, NULL, "block 1: layer1.0.conv2\n");
    assert_shipped("resnet50.yaml", "layer_blocks.lua", "adjacent", "none",
                   "block 1: layer1.0.conv1 layer1.0.conv2 layer1.1.conv2 layer1.2.conv2\n"
                   "block 2: layer2.0.conv2 layer2.1.conv2 layer2.2.conv2 layer2.3.conv2\n"
                   "block 3: layer3.0.conv2 layer3.1.conv2 layer3.2.conv2 layer3.3.conv2 "
                   "layer3.4.conv2 layer3.5.conv2\n"
                   "block 4: layer4.0.conv2 layer4.1.conv2 layer4.2.conv2\n");
    assert_shipped("resnet50.yaml", "shortcuts.lua", NULL, NULL,
                   "layer1.0.downsample.0: layer1.0.downsample.0\n"
                   "layer2.0.downsample.0: layer2.0.downsample.0\n"
                   "layer3.0.downsample.0: layer3.0.downsample.0\n"
                   "layer4.0.downsample.0: layer4.0.downsample.0\n");
}

/* Transposed convolutions are layers, too. */
static void unet(void **state) {
    (void)state;
    nt_text text;
    assert_shipped("unet.yaml", "layer_blocks.lua", "adjacent", "none",
                   "block 1: inc.double_conv.3\n"
                   "block 2: down1.maxpool_conv.1.double_conv.3\n"
                   "block 3: down2.maxpool_conv.1.double_conv.3\n"
                   "block 4: down3.maxpool_conv.1.double_conv.3\n"
                   "block 5: down4.maxpool_conv.1.double_conv.3\n"
                   "block 6: up1.conv.double_conv.3\n"
                   "block 7: up2.conv.double_conv.3\n"
                   "block 8: up3.conv.double_conv.3\n"
                   "block 9: up4.conv.double_conv.3\n");
    list("unet.yaml", "layer_blocks.lua", NULL, 0, &text);
    assert_non_null(strstr(text.bytes, "with 'adjacent: none'"));
    nt_text_finish(&text);
    list("unet.yaml", "each_layer.lua", NULL, 0, &text);
    assert_int_equal(count_lines(&text), 23);
    assert_non_null(strstr(text.bytes, "\nup1.up: up1.up\nup1.conv.double_conv.0: "));
    nt_text_finish(&text);
    assert_shipped("unet.yaml", "shortcuts.lua", NULL, NULL,
                   "(this network has no shortcut with a convolution, so there is no group 3)\n");
}

/* One that keeps the number of channels is silenced with its layer block. */
static void transposed_in_a_block(void **state) {
    (void)state;
    char path[PATH_SIZE];
    nt_text text;
    write_file("version: 1\ngraph: up\ninput: [2, 8, 8]\nnodes:\n"
               "  a: {op: conv2d, channels: 4, kernel: 1}\n"
               "  b: {op: conv2d, channels: 4, kernel: 1}\n"
               "  c: {op: conv_transpose2d, channels: 4, kernel: 2, stride: 2}\n"
               "  d: {op: conv2d, channels: 4, kernel: 1}\n",
               path);
    nt_network *network = load_path(path);
    unlink(path);
    nt_text_init(&text);
    assert_int_equal(run_path(HOOKS "/layer_blocks.lua", network, NULL, 0, &text), NT_OK);
    assert_string_equal(text.bytes, "block 1: c d\n");
    nt_text_finish(&text);
    nt_network_free(network);
}

/* The run of 512 channels goes through the narrowest maps and out again. */
static void segnet(void **state) {
    (void)state;
    nt_text text;
    assert_shipped("segnet.yaml", "layer_blocks.lua", NULL, NULL,
                   "block 3: conv3_3\n"
                   "block 4: conv4_3 conv5_1 conv5_2 conv5_3 conv5_3_D conv5_2_D conv5_1_D "
                   "conv4_3_D conv4_2_D\n"
                   "block 5: conv3_2_D\n");
    list("segnet.yaml", "each_layer.lua", NULL, 0, &text);
    assert_int_equal(count_lines(&text), 26);
    nt_text_finish(&text);
}

/* Which convolutions a script sees: transposed ones by another op's name, those of auxiliary heads
 * when it asks. */
static void kinds_of_convolution(void **state) {
    (void)state;
    static const struct {
        const char *graph, *filter, *expected;
    } cases[] = {
        {"unet.yaml", "'conv2d'", "(19)\n"},
        {"unet.yaml", "'conv_transpose2d'", "(4)\n"},
        {"unet.yaml", "'conv*'", "(23)\n"},
        {"unet.yaml", "{op = 'conv*', stage = 'up2', fd = true}", "(2)\n"},
        {"pspnet-resnet34.yaml", "'conv*'", "(42)\n"},
        {"pspnet-resnet34.yaml", "{op = 'conv*', auxiliary = true}", "(2)\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char script[200];
        nt_network *network = load(cases[i].graph);
        snprintf(script, sizeof script, HOOK("return {}, tostring(#net:nodes(%.80s))"),
                 cases[i].filter);
        assert_cases(network, script, cases[i].expected);
        nt_network_free(network);
    }
}

/* --- scripts of our own ----------------------------------------------------------------------- */

/* Runs a script on ResNet8; returns all diagnostics as text, "" when it went well. */
static void run_script(const char *script, const nt_hook_option *options, int count,
                       nt_cases *ret_cases, nt_text *ret) {
    char path[PATH_SIZE];
    nt_network *network = load("resnet8.yaml");
    nt_error error;
    nt_cases cases;
    nt_error_init(&error);
    nt_text_init(ret);
    write_file(script, path);
    nt_status status = nt_hook_run(path, network, options, count, NULL, NULL, NULL, &cases, &error);
    if (status == NT_OK)
        *ret_cases = cases;
    else
        assert_int_equal(status, NT_INVALID);
    nt_error_format(&error, false, ret);
    nt_error_finish(&error);
    nt_network_free(network);
    unlink(path);
}

static void assert_refused(const char *script, const char *expected) {
    nt_network *network = load("resnet8.yaml");
    assert_invalid(network, script, expected);
    nt_network_free(network);
}

static void mistakes_are_explained(void **state) {
    (void)state;
    assert_refused("return 3", "the script returned number, not a hook");
    assert_refused("return function(", ":1:1: error: ");
    assert_refused(HOOK("return 7"), "the hook returned number; return a list of cases");
    assert_refused(HOOK("return {a = 1}"), "other keys than 1 to 0");
    assert_refused(HOOK("return {5}"), "case 1 is number, not a table");
    assert_refused(HOOK("return {{zero = {}}}"), "case 1 has no 'name'");
    assert_refused(HOOK("return {{name = 'a'}}"), "case 'a' edits nothing");
    assert_refused(HOOK("return {{name = 'a', zero = {}}}"), "case 'a' edits nothing");
    assert_refused(HOOK("return {{name = 'a', zeros = {'conv1'}}}"), "did you mean 'zero'?");
    assert_refused(HOOK("return {{nmae = 'a', zero = 'conv1'}}"),
                   "case 1 has an unknown key 'nmae'; did you mean 'name'?");
    assert_refused(HOOK("return {{name = 'a', x1 = 1, x0 = 1}}"),
                   "unknown key 'x0'; say what is done to a node, as in zero = {");
    assert_refused(HOOK("return {{name = 'a', 'conv1'}}"),
                   "case 1 has a key that is no text; say what is done to a node");
    assert_refused(HOOK("return {{name = 'a', zero = {conv1 = true}}}"),
                   "case 'a': 'zero' is a table with other keys than 1 to 0; list its nodes");
    assert_refused(HOOK("return net.nodes('conv2d')"), "'nodes' is called with a colon: net:nodes");
    assert_refused(HOOK("return {{name = 'a', zero = 'conv1'}, {name = 'a', zero = 'conv1'}}"),
                   "cases 1 and 2 are both named 'a'");
    assert_refused(HOOK("return {{name = 'a', zero = {'conv1', 'conv1'}}}"),
                   "case 'a' names 'conv1' twice");
    assert_refused(HOOK("return {{name = 'a', zero = {'layer1.0.conv3'}}}"),
                   "the network has no node 'layer1.0.conv3'; did you mean 'layer1.0.conv1'?");
    assert_refused(HOOK("return {{name = 'a', zero = {'relu'}}}"),
                   "case 'a': 'relu' (relu) has no kernel to zero");
    assert_refused(HOOK("return {{name = 'a', zero = {3.5}}}"),
                   "'zero' holds number where a node is wanted");
    assert_refused(HOOK("return {}, 7"), "must be a remark");
    assert_refused(HOOK("return {}, 'a\\nb'"), "the remark has a control character (byte 2)");
    assert_refused(HOOK("return {{name = '\\xff', zero = 'conv1'}}"), "case 1 is not UTF-8");
    assert_refused(HOOK("return {{name = '\\xc3\\xa4\\027', zero = 'conv1'}}"),
                   "the name of case 1 has a control character (byte 3)");
    assert_refused(HOOK("return {{name = 'a', zero = {net:node('conv11')}}}"),
                   ":2:1: error: the network has no node 'conv11'; did you mean 'conv1'?");
    assert_refused(HOOK("return net:nodes('conv3d')"), "there is no op 'conv3d'; did you mean");
    assert_refused(HOOK("return net:nodes{stages = 'a'}"), "did you mean 'stage'?");
    assert_refused(HOOK("return net:nodes{fd = 'yes'}"), "'fd' must be true or false");
    assert_refused(HOOK("return net:node('conv1').chanels_in"), "did you mean 'channels_in'?");
    assert_refused(HOOK("net:node('conv1').name = 'x'"), "can't be changed by a script");
    assert_refused(HOOK("net.name = 'x'"), "can't be changed by a script");
    assert_refused(HOOK("options.x = 1"), "can't be changed by a script");
    assert_refused(HOOK("return net.layers"), "a network has no field 'layers'");
    assert_refused(HOOK("while true do end"), "instructions");
    assert_refused(HOOK("local t, s = {}, ('x'):rep(1000000) for i = 1, 1e9 do t[i] = s .. i end"),
                   "memory");
    assert_refused(HOOK("os.exit(1)"), "os");
    assert_refused(HOOK("nowhere()"), "nowhere");
}

static void nodes_show_what_they_are(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    run_script(HOOK("local c = net:node('layer2.0.conv1')\n"
                    "assert(c.op == 'conv2d' and c.stage == 'layer2' and c.block == 'layer2.0')\n"
                    "assert(c.kind == 'basic' and c.fd and not c.shortcut and c.has_kernel)\n"
                    "assert(c.channels_in == 16 and c.channels_out == 32)\n"
                    "assert(c.kernel[1] == 3 and c.stride[2] == 2)\n"
                    "assert(c.shape[1] == 32 and c.shape[2] == 16 and c.shape[3] == 16)\n"
                    "assert(c.parameters == 16 * 32 * 9)\n"
                    "assert(c.multiply_adds == 16 * 32 * 9 * 256)\n"
                    "assert(#c.consumers == 1 and c.consumers[1].name == 'layer2.0.bn1')\n"
                    "assert(#c.inputs == 1 and c.inputs[1] == net:node('layer1.0.relu2'))\n"
                    "assert(#net:nodes{op = 'conv2d', name = 'layer2.*'} == 3)\n"
                    "assert(#net:nodes{name = '*.downsample.0', shortcut = true} == 2)\n"
                    "assert(#net:nodes{stage = 'layer3', op = 'relu'} == 2)\n"
                    "assert(#net:nodes() > 20 and tostring(c) == 'layer2.0.conv1')\n"
                    "return {{name = 'a', zero = c}}, 'said'"),
               NULL, 0, &cases, &text);
    assert_string_equal(text.bytes, "");
    assert_int_equal(cases.count, 1);
    assert_int_equal(cases.items[0].count, 1);
    assert_string_equal(cases.remark, "said");
    nt_cases_finish(&cases);
    nt_text_finish(&text);
}

static void options_that_nobody_reads_are_mistakes(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    nt_scalar scalar;
    nt_hook_option option = text_option("adjacant", &scalar, "after");
    run_script(HOOK("local a = options.adjacent return {{name = 'a', zero = 'conv1'}}"), &option, 1,
               &cases, &text);
    assert_non_null(strstr(text.bytes, "has no option 'adjacant'; did you mean 'adjacent'?"));
    nt_text_finish(&text);
}

/* A script that fails, or finds nothing to do, may have had no use for its options yet. */
static void options_that_nobody_came_to_read(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    nt_scalar scalar;
    nt_hook_option option = text_option("adjacent", &scalar, "after");
    run_script(HOOK("if #net:nodes('conv_transpose2d') == 0 then return {} end\n"
                    "return {{name = options.adjacent, zero = 'conv1'}}"),
               &option, 1, &cases, &text);
    assert_string_equal(text.bytes, "");
    nt_cases_finish(&cases);
    nt_text_finish(&text);
    run_script(HOOK("error('early') return options.adjacent"), &option, 1, &cases, &text);
    assert_non_null(strstr(text.bytes, "early"));
    assert_null(strstr(text.bytes, "no option"));
    nt_text_finish(&text);
    run_script(HOOK("return {{name = 'a'}}"), &option, 1, &cases, &text);
    assert_null(strstr(text.bytes, "no option"));
    nt_text_finish(&text);
}

/* --- names that are misspelt, and nil --------------------------------------------------------- */

static void unknown_names_are_mistakes(void **state) {
    (void)state;
    assert_refused(HOOK("local conv1, conv2 = 'conv1', 'layer1.0.conv1'\n"
                        "return {{name = 'both', zero = {conv1, cnov2}}}"),
                   ":3:1: error: nothing is called 'cnov2' here; did you mean 'conv2'?");
    assert_refused(HOOK("return {{name = 'a', zero = ne:nodes('conv2d')}}"), "did you mean 'net'?");
    assert_refused(HOOK("return {{name = _G.x, zero = 'conv1'}}"), "nothing is called '_G' here");
}

static void need_refuses_nil(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    run_script(HOOK("local a, b = net:need('conv1', 'layer1.0.conv1')\n"
                    "assert(net:need(false) == false and select('#', net:need(a, b)) == 2)\n"
                    "return {{name = 'a', zero = {net:need(a, b)}}}"),
               NULL, 0, &cases, &text);
    assert_string_equal(text.bytes, "");
    assert_int_equal(cases.items[0].count, 2);
    nt_cases_finish(&cases);
    nt_text_finish(&text);
    assert_refused(HOOK("local t = {}\nreturn {{name = 'a', zero = {'conv1', net:need(t.x)}}}"),
                   ":3:1: error: net:need was given nil");
    assert_refused(HOOK("net:need('conv1', nil, 'fc')"), "net:need was given nil as number 2 of 3");
    assert_refused(HOOK("net:need('conv1', nil)"), "net:need was given nil as number 2 of 2");
    assert_refused(HOOK("net:need()"), "net:need was given nothing");
    assert_refused(HOOK("net.need(1)"), "'need' is called with a colon: net:need");
}

/* --- what is odd about cases ------------------------------------------------------------------ */

static void assert_notes(const char *body, const char *expected) {
    char script[1000];
    nt_text text, notes;
    nt_cases cases;
    snprintf(script, sizeof script, HOOK("%s"), body);
    run_script(script, NULL, 0, &cases, &text);
    assert_string_equal(text.bytes, "");
    nt_text_init(&notes);
    for (int32_t i = 0; i < cases.note_count; i++)
        nt_text_printf(&notes, "%s\n", cases.notes[i]);
    assert_string_equal(notes.bytes ? notes.bytes : "", expected);
    nt_text_finish(&notes);
    nt_text_finish(&text);
    nt_cases_finish(&cases);
}

static void cases_that_are_alike(void **state) {
    (void)state;
    assert_notes("return {{name = 'a', zero = {'conv1', 'fc'}}, {name = 'b', zero = 'fc'},\n"
                 "{name = 'c', zero = {'fc', 'conv1'}}, {name = 'd', mean = 'fc'},\n"
                 "{name = 'e', zero = 'conv1', prune = {'fc', share = 1}},\n"
                 "{name = 'f', zero = {'fc', 'conv1'}}}",
                 "the cases 'a' and 'c' are the same\n"
                 "the cases 'a' and 'f' are the same\n");
    assert_notes("return {{name = 'a', noise = {'fc', deviation = 1}},\n"
                 "{name = 'b', noise = {'fc', deviation = 2}},\n"
                 "{name = 'c', noise = {'fc', deviation = 1, seed = 1}}}",
                 "");
    assert_notes("local t = {} for i = 1, 14 do t[i] = {name = 'c' .. i, zero = 'fc'} end return t",
                 "the cases 'c1' and 'c2' are the same\nthe cases 'c1' and 'c3' are the same\n"
                 "the cases 'c1' and 'c4' are the same\nthe cases 'c1' and 'c5' are the same\n"
                 "the cases 'c1' and 'c6' are the same\nthe cases 'c1' and 'c7' are the same\n"
                 "the cases 'c1' and 'c8' are the same\nthe cases 'c1' and 'c9' are the same\n"
                 "the cases 'c1' and 'c10' are the same\nthe cases 'c1' and 'c11' are the same\n"
                 "3 more cases are like others, or change nothing\n");
}

static void cases_that_change_nothing(void **state) {
    (void)state;
    assert_notes("return {{name = 'a', prune = {'fc', share = 0}},\n"
                 "{name = 'b', zero = 'conv1', prune = {'fc', share = 1e-9}},\n"
                 "{name = 'c', zero = 'conv1'}, {name = 'd', prune = {'fc', share = 0.5}}}",
                 "the case 'a' changes nothing: it is the baseline\n"
                 "the cases 'b' and 'c' are the same\n");
    nt_network *network = load("pspnet-resnet34.yaml");
    char path[PATH_SIZE];
    nt_cases cases;
    nt_error error;
    nt_error_init(&error);
    write_file(HOOK("return {{name = 'a', zero = net:nodes{op = 'conv*', auxiliary = true}}}"),
               path);
    assert_int_equal(nt_hook_run(path, network, NULL, 0, NULL, NULL, NULL, &cases, &error), NT_OK);
    assert_int_equal(cases.note_count, 1);
    assert_string_equal(cases.notes[0], "the case 'a' changes nothing: it is the baseline");
    unlink(path);
    nt_cases_finish(&cases);
    nt_error_finish(&error);
    nt_network_free(network);
}

static void no_cases(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    run_script(HOOK("return {}, 'nothing to do'"), NULL, 0, &cases, &text);
    assert_int_equal(cases.note_count, 1);
    assert_non_null(strstr(cases.notes[0], "the hook nontrivial-hook-"));
    const char *end = strstr(cases.notes[0], " returned no case");
    assert_non_null(end);
    assert_string_equal(end, " returned no case");
    nt_cases_finish(&cases);
    nt_text_finish(&text);
}

static void cuts(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    run_script(HOOK("assert(not net:cuts{} and net:cuts{zero = 'conv1'})\n"
                    "assert(not net:cuts{zero = 'layer2.0.conv2'})\n"
                    "assert(net:cuts{mean = {'layer2.0.conv2', 'layer2.0.downsample.0'}})\n"
                    "assert(not net:cuts{noise = {'conv1', deviation = 1}})\n"
                    "assert(not net:cuts{drop = 'layer1.0'} and net:cuts{zero = 'fc'})\n"
                    "return {{name = 'a', zero = 'conv1'}}, {remark = 'r', control_of = 'g/a'}"),
               NULL, 0, &cases, &text);
    assert_string_equal(text.bytes, "");
    assert_false(cases.asks);
    assert_string_equal(cases.remark, "r");
    assert_string_equal(cases.control_of, "g/a");
    nt_cases_finish(&cases);
    nt_text_finish(&text);
    assert_refused(HOOK("net:cuts{zero = 'conv'}"), "net:cuts: the network has no node 'conv'");
    assert_refused(HOOK("net:cuts('conv1')"), "net:cuts is string, not a table such as");
    assert_refused(HOOK("net:cuts{permute = {'layer2.0', 'layer1.0'}}"),
                   "net:cuts: 'layer2.0.add' is no sum of a branch and the identity");
    assert_refused(HOOK("return {}, {remrak = 'a'}"),
                   "unknown key 'remrak'; did you mean 'remark'?");
    assert_refused(HOOK("return {}, {control_of = 1}"), "'control_of' is number, not a text");
}

static void coupled(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    run_script(HOOK("local function names(list) local all = {}\n"
                    "for i, node in ipairs(list) do all[i] = node.name end\n"
                    "return table.concat(all, ' ') end\n"
                    "local stage = 'layer2.0.conv2 layer2.0.downsample.0'\n"
                    "assert(names(net:coupled('layer2.0.conv2')) == stage)\n"
                    "assert(names(net:coupled(net:node('layer2.0.downsample.0'))) == stage)\n"
                    "assert(net:coupled('conv1')[1] == net:node('conv1'))\n"
                    "assert(#net:coupled('fc') == 0)\n"
                    "return {}"),
               NULL, 0, &cases, &text);
    assert_string_equal(text.bytes, "");
    nt_cases_finish(&cases);
    nt_text_finish(&text);
    assert_refused(HOOK("net:coupled('conv')"), "net:coupled: the network has no node 'conv'");
    assert_refused(HOOK("net:coupled('bn1')"), "net:coupled: 'bn1' has no kernel");
    assert_refused(HOOK("net.coupled('conv1')"), "'coupled' is called with a colon");
}

/* pairs goes through all options, and then none is unread; print reaches whoever wants to know. */
static void note(void *context, const char *line) {
    nt_text_add(context, line);
}

static void options_can_be_listed(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    nt_scalar scalar;
    nt_hook_option option = text_option("adjacent", &scalar, "after");
    run_script(
        HOOK("local seen = '' for k, v in pairs(options) do seen = seen .. k .. '=' .. v end\n"
             "assert(seen == 'adjacent=after') return {}"),
        &option, 1, &cases, &text);
    assert_string_equal(text.bytes, "");
    nt_cases_finish(&cases);
    nt_text_finish(&text);
}

static void many_cases_are_read_fast(void **state) {
    (void)state;
    nt_text text;
    nt_cases cases;
    run_script(HOOK("local t = {} for i = 1, 50000 do t[i] = {name = 'c' .. i, zero = 'conv1'} end "
                    "return t"),
               NULL, 0, &cases, &text);
    assert_string_equal(text.bytes, "");
    assert_int_equal(cases.count, 50000);
    nt_cases_finish(&cases);
    nt_text_finish(&text);
}

static void prints_are_notes(void **state) {
    (void)state;
    char path[PATH_SIZE], expected[2 * PATH_SIZE];
    write_file("print('hello', 3, '\\27[2J\\n') return function() return {} end", path);
    nt_network *network = load("resnet8.yaml");
    nt_error error;
    nt_cases cases;
    nt_text text;
    nt_error_init(&error);
    nt_text_init(&text);
    const nt_progress progress = {.note = note, .context = &text};
    assert_int_equal(nt_hook_run(path, network, NULL, 0, NULL, NULL, &progress, &cases, &error),
                     NT_OK);
    snprintf(expected, sizeof expected, "%s: hello 3 \\x1b[2J\\n", path);
    assert_string_equal(text.bytes, expected);
    nt_cases_finish(&cases);
    nt_text_finish(&text);
    nt_error_finish(&error);
    nt_network_free(network);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_blocks_after),
        cmocka_unit_test(layer_blocks_both),
        cmocka_unit_test(layer_blocks_before),
        cmocka_unit_test(layer_blocks_unit),
        cmocka_unit_test(layer_blocks_stem),
        cmocka_unit_test(shortcuts),
        cmocka_unit_test(each_layer),
        cmocka_unit_test(vgg16),
        cmocka_unit_test(gates),
        cmocka_unit_test(pspnet),
        cmocka_unit_test(plain34),
        cmocka_unit_test(resnet50),
        cmocka_unit_test(unet),
        cmocka_unit_test(transposed_in_a_block),
        cmocka_unit_test(segnet),
        cmocka_unit_test(kinds_of_convolution),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(nodes_show_what_they_are),
        cmocka_unit_test(options_that_nobody_reads_are_mistakes),
        cmocka_unit_test(options_that_nobody_came_to_read),
        cmocka_unit_test(unknown_names_are_mistakes),
        cmocka_unit_test(need_refuses_nil),
        cmocka_unit_test(cases_that_are_alike),
        cmocka_unit_test(cases_that_change_nothing),
        cmocka_unit_test(no_cases),
        cmocka_unit_test(cuts),
        cmocka_unit_test(coupled),
        cmocka_unit_test(options_can_be_listed),
        cmocka_unit_test(many_cases_are_read_fast),
        cmocka_unit_test(prints_are_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
