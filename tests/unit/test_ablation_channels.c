/* Channels that can only go together, in networks that are shipped; and what the ablation
 * `channels` zeroes of them, held against plain references. */
#include "alloc.h"
#include "attrs.h"
#include "channel_choice.h"
#include "edit.h"
#include "kernel_rows.h"
#include "random.h"
#include "support_yaml.h"
#include "weights.h"
#include <math.h>
#include <stdio.h>

/* --- sets ------------------------------------------------------------------------------------- */

/* How many channels of a layer's can go, and how many units they are. */
static void count_units(const nt_coupled *coupled, int32_t node, int *ret_channels,
                        int *ret_units) {
    int32_t count = nt_shape_channels(nt_graph_node(coupled->graph, node)->out[0].shape);
    *ret_channels = *ret_units = 0;
    for (int32_t c = 0; c < count; c++) {
        int32_t unit = nt_coupled_unit(coupled, node, c);
        bool first = unit >= 0;
        for (int32_t b = 0; b < c; b++)
            first = first && nt_coupled_unit(coupled, node, b) != unit;
        *ret_channels += unit >= 0;
        *ret_units += first;
    }
}

static bool is_layer(const nt_network *network, size_t i) {
    const nt_graph *graph = network->graph;
    return nt_node_has_kernel(graph, nt_graph_node(graph, network->layers[i].value.node));
}

/* A line for each set: its layers, each with its channels that can go, and with its units where
 * these are fewer, "conv2:64/4"; then those none of whose channels can. */
static void add_sets(const nt_network *network, nt_text *text) {
    nt_arena arena;
    nt_coupled coupled;
    nt_arena_init(&arena);
    assert_int_equal(nt_coupled_init(&coupled, network->graph, &arena), NT_OK);
    for (int bound = 0; bound < 2; bound++)
        for (size_t i = 0; i < network->layer_count; i++) {
            int32_t set = nt_coupled_set(&coupled, network->layers[i].value.node);
            bool begins = is_layer(network, i) && (set < 0) == bound;
            for (size_t k = 0; k < i; k++)
                begins = begins && (!is_layer(network, k) ||
                                    nt_coupled_set(&coupled, network->layers[k].value.node) != set);
            for (size_t k = i; begins && k < network->layer_count; k++) {
                int32_t node = network->layers[k].value.node;
                int channels, units;
                if (!is_layer(network, k) || nt_coupled_set(&coupled, node) != set)
                    continue;
                count_units(&coupled, node, &channels, &units);
                nt_text_printf(text, "%s%s", k == i ? "" : " ", network->layers[k].name);
                if (set >= 0)
                    nt_text_printf(text, ":%d", channels);
                if (units < channels)
                    nt_text_printf(text, "/%d", units);
            }
            nt_text_add(text, begins ? "\n" : "");
        }
    nt_arena_finish(&arena);
}

static nt_network *load_graph(const char *name) {
    char path[512];
    nt_error error;
    nt_network *network = NULL;
    nt_error_init(&error);
    snprintf(path, sizeof path, GRAPHS "/%s.yaml", name);
    assert_int_equal(nt_network_load(path, NULL, 0, &network, &error), NT_OK);
    nt_error_finish(&error);
    return network;
}

/* Its lines begin so, and end so. */
static void assert_sets(const char *graph, const char *begin, const char *end) {
    nt_network *network = load_graph(graph);
    nt_text text;
    nt_text_init(&text);
    add_sets(network, &text);
    size_t length = strlen(end);
    if (strncmp(text.bytes, begin, strlen(begin)) != 0 || text.length < length ||
        strcmp(text.bytes + text.length - length, end) != 0)
        fail_msg("%s has\n%s", graph, text.bytes);
    nt_text_finish(&text);
    nt_network_free(network);
}

/* A stage's convolutions share the channels of its sums; what the last layer gives is the output.
 */
static void resnet(void **state) {
    (void)state;
    assert_sets("resnet18",
                "conv1:64 layer1.0.conv2:64 layer1.1.conv2:64\n"
                "layer1.0.conv1:64\n"
                "layer1.1.conv1:64\n"
                "layer2.0.conv1:128\n"
                "layer2.0.conv2:128 layer2.0.downsample.0:128 layer2.1.conv2:128\n",
                "layer4.0.conv2:512 layer4.0.downsample.0:512 layer4.1.conv2:512\n"
                "layer4.1.conv1:512\n"
                "fc\n");
}

/* A depthwise convolution has the channels of what it reads. */
static void mobilenet(void **state) {
    (void)state;
    assert_sets("mobilenet_v2",
                "features.0.0:32 features.1.conv.0.0:32\n"
                "features.1.conv.1:16\n"
                "features.2.conv.0.0:96 features.2.conv.1.0:96\n"
                "features.2.conv.2:24 features.3.conv.2:24\n",
                "features.18.0:1280\n"
                "classifier.1\n");
}

/* Maps that are handed on keep their own channels. */
static void densenet(void **state) {
    (void)state;
    assert_sets("densenet121",
                "features.conv0:64\n"
                "features.denseblock1.denselayer1.conv1:128\n"
                "features.denseblock1.denselayer1.conv2:32\n",
                "features.denseblock4.denselayer16.conv2:32\n"
                "classifier\n");
}

/* Each shuffle wants as many channels of both halves, so that later layers have fewer units. */
static void shufflenet(void **state) {
    (void)state;
    assert_sets("shufflenet_v2_x1_0",
                "conv1.0:24 stage2.0.branch1.0:24\n"
                "stage2.0.branch1.2:58 stage2.0.branch2.5:58 stage2.1.branch2.5:58/29 "
                "stage2.2.branch2.5:58/15 stage2.3.branch2.5:58/8 stage3.0.branch1.0:116/8\n"
                "stage2.0.branch2.0:58 stage2.0.branch2.3:58\n",
                "conv5.0:1024\n"
                "fc\n");
}

/* A group goes as a whole. */
static void groups(void **state) {
    (void)state;
    assert_sets("resnext50_32x4d",
                "conv1:64\n"
                "layer1.0.conv1:128/32 layer1.0.conv2:128/32\n"
                "layer1.0.conv3:256 layer1.0.downsample.0:256 layer1.1.conv3:256 "
                "layer1.2.conv3:256\n",
                "layer4.2.conv1:1024/32 layer4.2.conv2:1024/32\n"
                "fc\n");
}

/* Factors have the channels of what they multiply. */
static void gates(void **state) {
    (void)state;
    assert_sets("efficientnet_b0",
                "features.0.0:32 features.1.0.block.0.0:32 features.1.0.block.1.fc2:32\n"
                "features.1.0.block.1.fc1:8\n"
                "features.1.0.block.2.0:16\n",
                "features.8.0:1280\n"
                "classifier.1\n");
}

/* Normalisation over all channels mixes them, and one channel for all can't go alone. */
static void bound(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    nt_network *network = load(HEAD "nodes:\n"
                                    "  a: {op: conv2d, channels: 4, kernel: 1}\n"
                                    "  n: {op: layer_norm}\n"
                                    "  b: {op: conv2d, channels: 4, kernel: 1}\n"
                                    "  c: {op: conv2d, from: b, channels: 1, kernel: 1}\n"
                                    "  m: {op: mul, from: [b, c]}\n"
                                    "  s: {op: slice, count: 3}\n"
                                    "  t: {op: add, from: [s, input]}\n"
                                    "  d: {op: conv2d, channels: 2, kernel: 1}\n");
    add_sets(network, &text);
    assert_string_equal(text.bytes, "b:1\na c d\n");
    nt_text_finish(&text);
    nt_network_free(network);
}

/* --- values ----------------------------------------------------------------------------------- */

/* a, b and the depthwise d share the channels of a sum; e has others, which nobody else has. */
static const char *const net_text =
    HEAD "nodes:\n"
         "  a: {op: conv2d, channels: 6, kernel: 1}\n"
         "  n: {op: batch_norm}\n"
         "  r: {op: relu}\n"
         "  d: {op: conv2d, channels: 6, groups: 6, kernel: 3, pad: 1}\n"
         "  b: {op: conv2d, channels: 6, kernel: 1, bias: false}\n"
         "  m: {op: batch_norm}\n"
         "  s: {op: add, from: [m, r]}\n"
         "  e: {op: conv2d, channels: 6, kernel: 1}\n"
         "  p: {op: batch_norm}\n"
         "  t: {op: conv_transpose2d, channels: 6, groups: 2, kernel: 2, stride: 2}\n"
         "  f: {op: conv2d, channels: 3, kernel: 1}\n";
enum { CHANNELS = 6 };

typedef struct fixture {
    nt_network *network;
    nt_weights *weights;
} fixture;

/* No value is zero. */
static fixture begin_with(const char *text) {
    fixture f = {.network = load(text)};
    assert_int_equal(nt_weights_new(f.network, &f.weights), NT_OK);
    for (size_t i = 0; i < f.network->state_count; i++) {
        nt_tensor tensor = nt_weights_at(f.weights, i);
        int64_t count = nt_shape_elements(tensor.type.shape);
        float *rows = nt_alloc((size_t)count * sizeof *rows);
        nt_random random;
        nt_random_init(&random, 3, i);
        for (int64_t e = 0; e < count; e++)
            rows[e] = 0.5f + (float)nt_random_uniform(&random);
        if (f.network->states[i].role != NT_COUNTER)
            nt_tensor_from_rows(tensor.type, rows, tensor.f);
        nt_free(rows, (size_t)count * sizeof *rows);
    }
    return f;
}

static fixture begin(void) {
    return begin_with(net_text);
}

static void end(fixture *f) {
    nt_weights_free(f->weights);
    nt_network_free(f->network);
}

static nt_edit edit_of(const fixture *f, const char *layer, const char *options) {
    char why[NT_FIELD_WHY] = "";
    const nt_ablation *kind = nt_ablation_find("channels");
    const void *record = nt_kind_record(&kind->kind, options, &f->network->arena, why);
    if (!record)
        fail_msg("%s", why);
    return (nt_edit){nt_network_layer(f->network, layer)->value.node, kind, record};
}

/* Which output channel an element of a tensor is of; t's kernel has input channels first, and of
 * each those of one of two groups. */
static int channel_of(const char *name, nt_shape shape, int64_t e) {
    if (strcmp(name, "t.weight") != 0)
        return (int)(e / (nt_shape_elements(shape) / shape.dim[0]));
    int64_t taps = 4, row = e / taps, in = row / 3;
    return (int)(in / 3 * 3 + row % 3);
}

/* " 0,3": the channels all of whose elements are zero; the others' are as they were. */
static void add_zeros(const nt_derived *item, const nt_tensor *before, nt_tensor after,
                      nt_text *text) {
    int64_t count = nt_shape_elements(after.type.shape);
    float *rows[2];
    for (int k = 0; k < 2; k++) {
        rows[k] = nt_alloc((size_t)count * sizeof **rows);
        nt_tensor_to_rows(after.type, k ? after.f : before->f, rows[k]);
    }
    const char *mark = ":";
    for (int c = 0; c < CHANNELS; c++) {
        int zeros = 0, elements = 0;
        for (int64_t e = 0; e < count; e++) {
            if (channel_of(item->source, after.type.shape, e) != c)
                continue;
            elements++;
            zeros += rows[1][e] == 0;
            assert_true(rows[1][e] == 0 || memcmp(&rows[1][e], &rows[0][e], sizeof(float)) == 0);
        }
        assert_true(zeros == 0 || zeros == elements);
        if (zeros)
            nt_text_printf(text, "%s%d", mark, c);
        mark = zeros ? "," : mark;
    }
    nt_free(rows[0], (size_t)count * sizeof **rows);
    nt_free(rows[1], (size_t)count * sizeof **rows);
}

/* "a.weight:0,3 a.bias:0,3": each tensor that the edits make, with the channels that are zero. */
static void assert_zeros(const fixture *f, const nt_edit *edits, int count, const char *expected) {
    nt_derived_list derived = {0};
    nt_graph *to = nt_graph_new();
    nt_weights *made;
    nt_text text;
    char why[NT_WHY] = "";
    nt_ablation_memo memo = {0};
    nt_arena_init(&memo.arena);
    nt_text_init(&text);
    assert_int_equal(nt_weights_new(f->network, &made), NT_OK);
    if (nt_edit_into(f->network->graph, edits, count, to, "out", &derived, why) != NT_OK)
        nt_text_add(&text, why);
    for (size_t i = 0; i < derived.count && !why[0]; i++) {
        const nt_derived *item = &derived.items[i];
        const nt_tensor *trained = nt_weights_find(f->weights, item->source);
        nt_tensor after = *nt_weights_find(made, item->source);
        const nt_derivation from = {.state = nt_network_state(f->network, item->source),
                                    .trained = trained,
                                    .weights = f->weights,
                                    .memo = &memo};
        assert_int_equal(nt_derived_fill(item, from, after), NT_OK);
        nt_text_printf(&text, "%s%s", i > 0 ? " " : "", item->source);
        add_zeros(item, trained, after, &text);
    }
    assert_string_equal(text.bytes ? text.bytes : "", expected);
    nt_text_finish(&text);
    nt_arena_finish(&memo.arena);
    nt_weights_free(made);
    nt_graph_free(to);
    nt_derived_list_finish(&derived);
}

static void zeroes(const fixture *f, const char *layer, const char *options, const char *expected) {
    const nt_edit edit = edit_of(f, layer, options);
    assert_zeros(f, &edit, 1, expected);
}

static void set_row(const fixture *f, const char *name, int channel, float value) {
    nt_tensor tensor = *nt_weights_find(f->weights, name);
    int64_t count = nt_shape_elements(tensor.type.shape);
    float *rows = nt_alloc((size_t)count * sizeof *rows);
    nt_tensor_to_rows(tensor.type, tensor.f, rows);
    for (int64_t e = 0; e < count; e++)
        if (channel_of(name, tensor.type.shape, e) == channel)
            rows[e] = value;
    nt_tensor_from_rows(tensor.type, rows, tensor.f);
    nt_free(rows, (size_t)count * sizeof *rows);
}

static void a_list(void **state) {
    (void)state;
    fixture f = begin();
    zeroes(&f, "a", "list=[4,1]", "a.weight:1,4 a.bias:1,4 n.weight:1,4 n.bias:1,4");
    zeroes(&f, "b", "list=[0]", "b.weight:0 m.weight:0 m.bias:0");
    zeroes(&f, "a", "list=[4,1] whole=false", "a.weight:1,4");
    zeroes(&f, "t", "list=[2,3]", "t.weight:2,3 t.bias:2,3");
    zeroes(&f, "a", "list=[6]", "'a' has 6 channels, so there is no channel 6");
    zeroes(&f, "a", "list=[1] share=0.5", "'a' is given both a list of channels and a share");
    zeroes(&f, "f", "list=[1]", "f.weight:1 f.bias:1");
    end(&f);
}

/* The least go; of equal ones the first; what is no number last. */
static void a_share(void **state) {
    (void)state;
    fixture f = begin();
    set_row(&f, "e.weight", 0, -0.1f);
    set_row(&f, "e.weight", 2, 0.2f);
    set_row(&f, "e.weight", 3, 0.2f);
    set_row(&f, "e.weight", 5, NAN);
    zeroes(&f, "e", "share=0.08 whole=false", "e.weight"); /* 0.48 of one */
    zeroes(&f, "e", "share=0.09 whole=false", "e.weight:0");
    zeroes(&f, "e", "share=0.3 whole=false", "e.weight:0,2");
    zeroes(&f, "e", "share=0.5", "e.weight:0,2,3 e.bias:0,2,3 p.weight:0,2,3 p.bias:0,2,3");
    set_row(&f, "e.weight", 5, 9.0f);
    zeroes(&f, "e", "share=0.9 whole=false", "e.weight:0,1,2,3,4");
    zeroes(&f, "e", "share=1 whole=false", "e.weight:0,1,2,3,4,5");
    end(&f);
}

/* Where most of a row is zero the norms differ in which is less. */
static void criteria(void **state) {
    (void)state;
    fixture f = begin();
    nt_tensor kernel = *nt_weights_find(f.weights, "e.weight");
    float rows[CHANNELS * CHANNELS];
    for (int e = 0; e < CHANNELS * CHANNELS; e++)
        rows[e] = 1;
    for (int i = 0; i < CHANNELS; i++) {
        rows[1 * CHANNELS + i] = 0.5f;               /* sum 3, norm 1.22 */
        rows[4 * CHANNELS + i] = i == 2 ? 2 : 1e-6f; /* sum 2, norm 2 */
    }
    nt_tensor_from_rows(kernel.type, rows, kernel.f);
    set_row(&f, "p.weight", 3, -0.01f);
    set_row(&f, "p.weight", 2, -7);
    zeroes(&f, "e", "share=0.17 whole=false", "e.weight:4");
    zeroes(&f, "e", "share=0.17 criterion=l2 whole=false", "e.weight:1");
    zeroes(&f, "e", "share=0.17 criterion=batch_norm whole=false", "e.weight:3");
    zeroes(&f, "e", "share=0.83 criterion=batch_norm whole=false", "e.weight:0,1,3,4,5");
    zeroes(&f, "t", "share=0.5 criterion=batch_norm",
           "no batch_norm reads 't', so its channels have no scale");
    end(&f);
}

/* By the mean over the layers of the set: 1 is the least of a's, but not of all. */
static void coupled(void **state) {
    (void)state;
#define ALL(list)                                                                                  \
    "a.weight:" list " a.bias:" list " n.weight:" list " n.bias:" list " d.weight:" list           \
    " d.bias:" list " b.weight:" list " m.weight:" list " m.bias:" list
    fixture f = begin();
    for (int c = 0; c < CHANNELS; c++) {
        set_row(&f, "a.weight", c, c == 1 ? 0.4f : 0.5f); /* three elements */
        set_row(&f, "d.weight", c, c == 3 ? 0.1f : 0.5f); /* nine */
        set_row(&f, "b.weight", c, c == 1 ? 0.6f : 0.5f); /* six */
    }
    zeroes(&f, "a", "share=0.17 whole=false", "a.weight:1");
    zeroes(&f, "a", "share=0.17 coupled=true", ALL("3"));
    zeroes(&f, "b", "share=0.17 coupled=true", ALL("3"));
    zeroes(&f, "d", "share=0.3 coupled=true", ALL("0,3"));
    zeroes(&f, "d", "share=0.3 coupled=true whole=false", "a.weight:0,3 d.weight:0,3 b.weight:0,3");
    zeroes(&f, "b", "list=[5,2] coupled=true", ALL("2,5"));
    set_row(&f, "n.weight", 4, 0.01f);
    zeroes(&f, "b", "share=0.17 criterion=batch_norm coupled=true", ALL("4"));
    zeroes(&f, "d", "share=0.99 coupled=true", ALL("0,2,3,4,5")); /* one stays */
    zeroes(&f, "d", "share=1 coupled=true", ALL("0,1,2,3,4,5"));
    zeroes(&f, "f", "share=0.5 coupled=true",
           "the channels of 'f' are bound to an input or output, or mixed with others, so none of "
           "them can go with those that they are coupled with");
    zeroes(&f, "t", "share=0.4 criterion=batch_norm coupled=true", /* a group of two */
           "e.weight:0,1,2 e.bias:0,1,2 p.weight:0,1,2 p.bias:0,1,2 t.weight:0,1,2 t.bias:0,1,2");
    end(&f);
}

/* Edits of one set are one where they say the same. */
static void of_one_set(void **state) {
    (void)state;
    fixture f = begin();
    for (int c = 0; c < CHANNELS; c++)
        set_row(&f, "d.weight", c, c == 3 ? 0.1f : 9);
    nt_edit edits[] = {edit_of(&f, "a", "share=0.17 coupled=true"),
                       edit_of(&f, "b", "share=0.17 coupled=true")};
    assert_zeros(&f, edits, 2, ALL("3"));
    edits[1] = edit_of(&f, "b", "share=0.5 coupled=true");
    assert_zeros(&f, edits, 2, "'b' and 'a' both change 'b', each otherwise");
    edits[0] = edit_of(&f, "a", "list=[1] coupled=true");
    edits[1] = edit_of(&f, "d", "list=[1] coupled=true");
    assert_zeros(&f, edits, 2, "'d' and 'a' both change 'd', each otherwise");
    edits[1] = (nt_edit){edits[1].node, nt_ablation_find("zero"), NULL};
    assert_zeros(&f, edits, 2,
                 "a.weight:1 a.bias:1 n.weight:1 n.bias:1 b.weight:1 m.weight:1 m.bias:1");
    end(&f);
}

/* A normalisation behind a concatenation has channels of several sets, each with its own edit. */
static void of_two_sets(void **state) {
    (void)state;
    fixture f = begin_with(HEAD "nodes:\n"
                                "  a: {op: conv2d, channels: 3, kernel: 1, bias: false}\n"
                                "  b: {op: conv2d, from: input, channels: 3, kernel: 1}\n"
                                "  c: {op: concat, from: [a, b]}\n"
                                "  n: {op: batch_norm}\n"
                                "  d: {op: conv2d, channels: 3, kernel: 1}\n");
    set_row(&f, "b.weight", 2, 0.1f);
    const nt_edit edits[] = {edit_of(&f, "a", "list=[1] coupled=true"),
                             edit_of(&f, "b", "share=0.34 coupled=true")};
    assert_zeros(&f, &edits[0], 1, "a.weight:1 n.weight:1 n.bias:1");
    assert_zeros(&f, &edits[1], 1, "b.weight:2 b.bias:2 n.weight:5 n.bias:5");
    assert_zeros(&f, edits, 2, "a.weight:1 b.weight:2 b.bias:2 n.weight:1,5 n.bias:1,5");
    nt_derived_list derived = {0};
    nt_graph *to = nt_graph_new();
    char why[NT_WHY] = "";
    for (int k = 0; k < 2; k++)
        assert_int_equal(nt_edit_into(f.network->graph, &edits[k], 2 - k, to, "out", &derived, why),
                         NT_OK);
    assert_int_equal(derived.count, 7); /* n's are others where a's channels don't go */
    assert_string_equal(derived.items[3].name, "n.weight a channels 0 [1] l1 true true b channels "
                                               "0.34000000000000002 [] l1 true true");
    assert_string_equal(derived.items[5].name,
                        "n.weight b channels 0.34000000000000002 [] l1 true true");
    nt_derived_list_finish(&derived);
    nt_graph_free(to);
    end(&f);
}

/* Of other layers a list's tensors say whose it is. */
static void names(void **state) {
    (void)state;
    static const char *const options[] = {"share=0.5 coupled=true", "list=[1,2] coupled=true"};
    static const char *const expected[][2] = {
        {"a.weight channels 0.5 [] l1 true true", "b.weight a channels 0.5 [] l1 true true"},
        {"a.weight b channels 0 [1,2] l1 true true", "b.weight channels 0 [1,2] l1 true true"}};
    fixture f = begin();
    for (int k = 0; k < 2; k++) {
        const nt_edit edit = edit_of(&f, "b", options[k]);
        nt_derived_list derived = {0};
        nt_graph *to = nt_graph_new();
        char why[NT_WHY] = "";
        int found = 0;
        assert_int_equal(nt_edit_into(f.network->graph, &edit, 1, to, "out", &derived, why), NT_OK);
        assert_null(nt_graph_flaw(to));
        for (size_t i = 0; i < derived.count; i++)
            for (int w = 0; w < 2; w++)
                found += strcmp(derived.items[i].name, expected[k][w]) == 0;
        assert_int_equal(found, 2);
        nt_derived_list_finish(&derived);
        nt_graph_free(to);
    }
    end(&f);
}

static void assert_idle(const fixture *f, const char *layer, const char *options, bool expected) {
    const nt_edit edit = edit_of(f, layer, options);
    nt_ablation_memo memo = {0};
    nt_arena_init(&memo.arena);
    assert_int_equal(edit.kind->idle(f->network->graph, edit.node, edit.options, &memo), expected);
    nt_arena_finish(&memo.arena);
}

static void idle(void **state) {
    (void)state;
    fixture f = begin();
    assert_idle(&f, "a", "share=0", true);
    assert_idle(&f, "a", "share=0.08", true);
    assert_idle(&f, "a", "share=0.09", false);
    assert_idle(&f, "a", "list=[0]", false);
    assert_idle(&f, "a", "share=0.08 coupled=true", true);
    assert_idle(&f, "a", "share=0.09 coupled=true", false);
    assert_idle(&f, "t", "share=0.24 coupled=true", true); /* of two groups a whole one */
    assert_idle(&f, "t", "share=0.26 coupled=true", false);
    assert_idle(&f, "f", "share=0.9 coupled=true", false); /* it can't be made */
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resnet),      cmocka_unit_test(mobilenet), cmocka_unit_test(densenet),
        cmocka_unit_test(shufflenet),  cmocka_unit_test(groups),    cmocka_unit_test(gates),
        cmocka_unit_test(bound),       cmocka_unit_test(a_list),    cmocka_unit_test(a_share),
        cmocka_unit_test(criteria),    cmocka_unit_test(coupled),   cmocka_unit_test(of_one_set),
        cmocka_unit_test(of_two_sets), cmocka_unit_test(names),     cmocka_unit_test(idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
