/* The graph language: what each of its features expands to. */
#include "support_yaml.h"

#include <unistd.h>

static void test_default_input_is_the_previous_node(void **state) {
    (void)state;
    assert_expands(HEAD "nodes:\n"
                        "  a: {op: conv2d, channels: 4, kernel: 3}\n"
                        "  b: {op: relu}\n"
                        "  c: {op: conv2d, channels: 4, kernel: 3, from: input, bias: false}\n"
                        "  0: {op: add, from: [b, c]}\n"
                        "  00: {op: flatten}\n",
                   "nodes:\n"
                   "  \"a\": {op: conv2d, from: [\"input\"], channels: 4, kernel: 3}\n"
                   "  \"b\": {op: relu, from: [\"a\"]}\n"
                   "  \"c\": {op: conv2d, from: [\"input\"], channels: 4, kernel: 3, bias: false}\n"
                   "  \"0\": {op: add, from: [\"b\", \"c\"]}\n"
                   "  \"00\": {op: flatten, from: [\"0\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"00\"\n");
}

static void test_params(void **state) {
    (void)state;
    const char *text =
        "version: 1\ngraph: net\n"
        "params: {width: 4, twice: '${2 * width}', kind: {default: relu, choices: "
        "[relu, flatten], doc: what}, size: 8}\n"
        "input: [3, $size, '${size / 2}']\n"
        "nodes:\n"
        "  a: {op: conv2d, channels: $twice, kernel: [3, $width], bias: '${width > 5}'}\n"
        "  b: {op: $kind}\n";
    assert_expands(text,
                   "nodes:\n"
                   "  \"a\": {op: conv2d, from: [\"input\"], channels: 8, kernel: [3,4], bias: "
                   "false}\n"
                   "  \"b\": {op: relu, from: [\"a\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"b\"\n");
    const nt_setting settings[] = {{"width", "6"}, {"kind", "flatten"}, {"size", "20"}};
    assert_expands_with(text, settings, 3,
                        "nodes:\n"
                        "  \"a\": {op: conv2d, from: [\"input\"], channels: 12, kernel: [3,6]}\n"
                        "  \"b\": {op: flatten, from: [\"a\"]}\n"
                        "outputs:\n"
                        "  \"output\": \"b\"\n");
}

/* Not params alone: any single value, by its path; an alias of it stays as it is. */
static void test_settings_by_path(void **state) {
    (void)state;
    const char *text = HEAD "nodes:\n"
                            "  a: &a {op: conv2d, channels: 4, kernel: 3}\n"
                            "  b: *a\n";
    const nt_setting settings[] = {{"nodes.b.channels", "7"}, {"input.0", "5"}, {"graph", "other"}};
    assert_expands_with(text, settings, 3,
                        "nodes:\n"
                        "  \"a\": {op: conv2d, from: [\"input\"], channels: 4, kernel: 3}\n"
                        "  \"b\": {op: conv2d, from: [\"a\"], channels: 7, kernel: 3}\n"
                        "outputs:\n"
                        "  \"output\": \"b\"\n");
    nt_network *network = load_with(text, settings, 3);
    assert_string_equal(network->name, "other");
    assert_int_equal(nt_graph_type(network->graph, network->inputs[0].value)->shape.dim[0], 5);
    nt_network_free(network);
    /* a param without a default gets one */
    const nt_setting given = {"n", "2"};
    assert_expands_with("version: 1\ngraph: net\ninput: [3, 8, 8]\nparams: {n: {doc: needed}}\n"
                        "nodes: {a: {op: conv2d, channels: $n, kernel: 1}}\n",
                        &given, 1,
                        "nodes:\n"
                        "  \"a\": {op: conv2d, from: [\"input\"], channels: 2, kernel: 1}\n"
                        "outputs:\n"
                        "  \"output\": \"a\"\n");
}

/* Names as if the nodes stood where the flat one does, for those outside, too, and numbered
 * through. */
static void test_flat(void **state) {
    (void)state;
    assert_expands(
        HEAD "blocks:\n"
             "  layer:\n"
             "    params: {at: }\n"
             "    nodes:\n"
             "      $at: {op: conv2d, channels: 4, kernel: 1}\n"
             "      ${at + 1}: {op: relu}\n"
             "      tap$at: {nodes: {x: {op: relu}}}\n"
             "      sum$at: {op: add, from: [$at, 'tap${at}.x', input]}\n"
             "nodes:\n"
             "  body:\n"
             "    nodes:\n"
             "      0: {op: conv2d, channels: 4, kernel: 1}\n"
             "      two$i:\n"
             "        flat: true\n"
             "        repeat: {i: 0..1}\n"
             "        nodes:\n"
             "          layer$i: {block: layer, flat: '${i < 2}', at: '${10 * i + 1}'}\n"
             "  odd: {flat: true, when: false, nodes: {a: {op: sigmoid}}}\n"
             "  even: {flat: true, nodes: {a: {op: relu}, b: {op: relu}}, output: a}\n"
             "  c: {op: conv2d, channels: '${2 * b.channels}', kernel: 1}\n"
             "  d: {op: add, from: [even, b, body.12]}\n",
        "nodes:\n"
        "  \"body.0\": {op: conv2d, from: [\"input\"], channels: 4, kernel: 1}\n"
        "  \"body.1\": {op: conv2d, from: [\"body.0\"], channels: 4, kernel: 1}\n"
        "  \"body.2\": {op: relu, from: [\"body.1\"]}\n"
        "  \"body.tap1.x\": {op: relu, from: [\"body.2\"]}\n"
        "  \"body.sum1\": {op: add, from: [\"body.1\", \"body.tap1.x\", \"body.0\"]}\n"
        "  \"body.11\": {op: conv2d, from: [\"body.sum1\"], channels: 4, kernel: 1}\n"
        "  \"body.12\": {op: relu, from: [\"body.11\"]}\n"
        "  \"body.tap11.x\": {op: relu, from: [\"body.12\"]}\n"
        "  \"body.sum11\": {op: add, from: [\"body.11\", \"body.tap11.x\", \"body.sum1\"]}\n"
        "  \"a\": {op: relu, from: [\"body.sum11\"]}\n"
        "  \"b\": {op: relu, from: [\"a\"]}\n"
        "  \"c\": {op: conv2d, from: [\"a\"], channels: 8, kernel: 1}\n"
        "  \"d\": {op: add, from: [\"a\", \"b\", \"body.12\"]}\n"
        "outputs:\n"
        "  \"output\": \"d\"\n");
}

/* A flat block's nodes belong to what it stands in. */
static void test_flat_sites(void **state) {
    (void)state;
    nt_network *network = load(HEAD "blocks:\n"
                                    "  inner: {nodes: {a: {op: relu}}}\n"
                                    "  outer: {nodes: {b: {block: inner}, c: {op: relu}}}\n"
                                    "nodes: {all: {block: outer, flat: true}}\n");
    assert_int_equal(network->layer_count, 2);
    assert_string_equal(network->layers[0].name, "b.a");
    assert_string_equal(network->layers[0].stage, "b");
    assert_string_equal(network->layers[0].block, "b");
    assert_string_equal(network->layers[0].kind, "inner");
    assert_string_equal(network->layers[1].name, "c");
    assert_string_equal(network->layers[1].stage, "");
    assert_string_equal(network->layers[1].block, "");
    nt_network_free(network);
}

static void test_blocks(void **state) {
    (void)state;
    assert_expands(HEAD "blocks:\n"
                        "  inner:\n"
                        "    doc: a convolution\n"
                        "    params: {channels: , kernel: 1}\n"
                        "    nodes:\n"
                        "      conv: {op: conv2d, channels: $channels, kernel: $kernel}\n"
                        "      relu: {op: relu}\n"
                        "  outer:\n"
                        "    params: {n: 2}\n"
                        "    nodes:\n"
                        "      0: {block: inner, channels: $n}\n"
                        "      1: {block: inner, channels: '${n + 1}', kernel: 3, from: input}\n"
                        "    output: 0\n"
                        "nodes:\n"
                        "  a: {block: outer}\n"
                        "  b: {block: outer, n: 5}\n",
                   "nodes:\n"
                   "  \"a.0.conv\": {op: conv2d, from: [\"input\"], channels: 2, kernel: 1}\n"
                   "  \"a.0.relu\": {op: relu, from: [\"a.0.conv\"]}\n"
                   "  \"a.1.conv\": {op: conv2d, from: [\"input\"], channels: 3, kernel: 3}\n"
                   "  \"a.1.relu\": {op: relu, from: [\"a.1.conv\"]}\n"
                   "  \"b.0.conv\": {op: conv2d, from: [\"a.0.relu\"], channels: 5, kernel: 1}\n"
                   "  \"b.0.relu\": {op: relu, from: [\"b.0.conv\"]}\n"
                   "  \"b.1.conv\": {op: conv2d, from: [\"a.0.relu\"], channels: 6, kernel: 3}\n"
                   "  \"b.1.relu\": {op: relu, from: [\"b.1.conv\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"b.0.relu\"\n");
}

static void test_blocks_with_several_inputs(void **state) {
    (void)state;
    assert_expands(HEAD "blocks:\n"
                        "  join:\n"
                        "    inputs: [deep, skip]\n"
                        "    nodes:\n"
                        "      conv: {op: conv2d, channels: '${skip.channels}', kernel: 1}\n"
                        "      add: {op: add, from: [conv, skip]}\n"
                        "nodes:\n"
                        "  a: {op: conv2d, channels: 9, kernel: 1}\n"
                        "  b: {block: join, from: [a, input]}\n",
                   "nodes:\n"
                   "  \"a\": {op: conv2d, from: [\"input\"], channels: 9, kernel: 1}\n"
                   "  \"b.conv\": {op: conv2d, from: [\"a\"], channels: 3, kernel: 1}\n"
                   "  \"b.add\": {op: add, from: [\"b.conv\", \"input\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"b.add\"\n");
}

static void test_groups_see_outwards(void **state) {
    (void)state;
    assert_expands(HEAD "params: {n: 4}\n"
                        "nodes:\n"
                        "  a: {op: conv2d, channels: 4, kernel: 1}\n"
                        "  g:\n"
                        "    from: input\n"
                        "    nodes:\n"
                        "      a: {op: conv2d, channels: $n, kernel: 1, bias: false}\n"
                        "      h: {nodes: {x: {op: add, from: [a, input]}}}\n"
                        "      y: {op: add, from: [h, b0]}\n"
                        "    when: false\n"
                        "  b0: {op: relu, from: a}\n"
                        "  k:\n"
                        "    nodes:\n"
                        "      x: {op: conv2d, channels: $n, kernel: 1}\n"
                        "      y: {op: add, from: [x, a]}\n"
                        "      z: {op: relu, from: input}\n"
                        "    output: y\n",
                   "nodes:\n"
                   "  \"a\": {op: conv2d, from: [\"input\"], channels: 4, kernel: 1}\n"
                   "  \"b0\": {op: relu, from: [\"a\"]}\n"
                   "  \"k.x\": {op: conv2d, from: [\"b0\"], channels: 4, kernel: 1}\n"
                   "  \"k.y\": {op: add, from: [\"k.x\", \"a\"]}\n"
                   "  \"k.z\": {op: relu, from: [\"b0\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"k.y\"\n");
}

static void test_repeat(void **state) {
    (void)state;
    assert_expands(HEAD
                   "params: {n: 3}\n"
                   "nodes:\n"
                   "  unit$i: {op: conv2d, channels: $i, kernel: 1, repeat: {i: '2..$n'}}\n"
                   "  ${i}x: {op: relu, repeat: {i: '${n}..1'}}\n"
                   "  $j:\n"
                   "    repeat: {j: '-1..0'}\n"
                   "    nodes:\n"
                   "      x$i: {op: conv2d, channels: '${10 + 10 * j + i}', kernel: 1, repeat: {i: "
                   "'1..2'}, when: '${not (i == 2 and j == 0)}'}\n"
                   "  last: {op: relu, from: ['unit${n - 1}']}\n",
                   "nodes:\n"
                   "  \"unit2\": {op: conv2d, from: [\"input\"], channels: 2, kernel: 1}\n"
                   "  \"unit3\": {op: conv2d, from: [\"unit2\"], channels: 3, kernel: 1}\n"
                   "  \"-1.x1\": {op: conv2d, from: [\"unit3\"], channels: 1, kernel: 1}\n"
                   "  \"-1.x2\": {op: conv2d, from: [\"-1.x1\"], channels: 2, kernel: 1}\n"
                   "  \"0.x1\": {op: conv2d, from: [\"-1.x2\"], channels: 11, kernel: 1}\n"
                   "  \"last\": {op: relu, from: [\"unit2\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"last\"\n");
}

/* Where `when` is false the name stands for its input, shapes and all. */
static void test_when(void **state) {
    (void)state;
    assert_expands(
        HEAD "params: {stride: 1}\n"
             "nodes:\n"
             "  a: {op: conv2d, channels: 3, kernel: 1}\n"
             "  short: {op: conv2d, channels: 9, kernel: 1, from: input, when: '${stride ~= 1 "
             "or input.channels ~= a.channels}'}\n"
             "  b: {op: relu, from: short}\n"
             "  c: {op: relu, from: a, when: '${short.channels == 3 and a.rows == 8 and "
             "input.columns == 8}'}\n",
        "nodes:\n"
        "  \"a\": {op: conv2d, from: [\"input\"], channels: 3, kernel: 1}\n"
        "  \"b\": {op: relu, from: [\"input\"]}\n"
        "  \"c\": {op: relu, from: [\"a\"]}\n"
        "outputs:\n"
        "  \"output\": \"c\"\n");
}

/* A constant reads nothing unless it says so; where it follows, the next node reads it. */
static void test_constant(void **state) {
    (void)state;
    assert_expands(HEAD "nodes:\n"
                        "  a: {op: global_avg_pool}\n"
                        "  half: {op: constant, shape: ['${input.channels}', 8, 8], value: 0.5}\n"
                        "  b: {op: relu}\n"
                        "  biased: {op: constant, shape: [3, 8, 8], value: 2, from: a}\n"
                        "  c: {op: mul, from: [input, half]}\n"
                        "  gone: {op: constant, shape: [3], when: false}\n"
                        "  d: {op: relu}\n",
                   "nodes:\n"
                   "  \"a\": {op: global_avg_pool, from: [\"input\"]}\n"
                   "  \"half\": {op: constant, shape: [3,8,8], value: 0.5}\n"
                   "  \"b\": {op: relu, from: [\"half\"]}\n"
                   "  \"biased\": {op: constant, from: [\"a\"], shape: [3,8,8], value: 2}\n"
                   "  \"c\": {op: mul, from: [\"input\", \"half\"]}\n"
                   "  \"d\": {op: relu, from: [\"c\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"d\"\n");
}

/* Of several inputs it is the first that the name stands for. */
static void test_when_of_several_inputs(void **state) {
    (void)state;
    assert_expands(HEAD "params: {skip: false}\n"
                        "blocks: {join: {inputs: [x, y], nodes: {add: {op: add, from: [x, y]}}}}\n"
                        "nodes:\n"
                        "  a: {op: conv2d, channels: 3, kernel: 1}\n"
                        "  add: {op: add, from: [a, input], when: $skip}\n"
                        "  b: {op: relu}\n"
                        "  c: {block: join, from: [add, b], when: $skip}\n"
                        "  d: {op: relu}\n",
                   "nodes:\n"
                   "  \"a\": {op: conv2d, from: [\"input\"], channels: 3, kernel: 1}\n"
                   "  \"b\": {op: relu, from: [\"a\"]}\n"
                   "  \"d\": {op: relu, from: [\"a\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"b\"\n");
}

static void test_sums_of_one(void **state) {
    (void)state;
    assert_expands(HEAD "nodes:\n"
                        "  a: {op: relu}\n"
                        "  b: {op: concat, from: a}\n"
                        "  c: {op: add, from: [b]}\n"
                        "  d: {op: add, from: [c, input]}\n",
                   "nodes:\n"
                   "  \"a\": {op: relu, from: [\"input\"]}\n"
                   "  \"d\": {op: add, from: [\"a\", \"input\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"d\"\n");
}

/* What lies within a node is read by its path, from the node's own level and from further in. */
static void test_paths(void **state) {
    (void)state;
    assert_expands(
        HEAD
        "blocks:\n"
        "  unit: {nodes: {conv: {op: conv2d, channels: 3, kernel: 1}, relu: {op: relu}}}\n"
        "  body:\n"
        "    nodes: {layer1: {block: unit}, layer2.0: {block: unit}, p: {op: max_pool, kernel: "
        "2, indices: true}}\n"
        "    output: layer1.conv\n"
        "nodes:\n"
        "  backbone: {block: body}\n"
        "  a: {op: relu, from: backbone.layer2.0}\n"
        "  g:\n"
        "    nodes:\n"
        "      h: {nodes: {x: {op: relu, from: backbone.layer1.relu}}}\n"
        "      y: {op: add, from: [h.x, input, g.h]}\n"
        "  u: {op: max_unpool, kernel: 2, from: [backbone.p, backbone.p.indices]}\n"
        "outputs: [g.h.x, u]\n",
        "nodes:\n"
        "  \"backbone.layer1.conv\": {op: conv2d, from: [\"input\"], channels: 3, kernel: 1}\n"
        "  \"backbone.layer1.relu\": {op: relu, from: [\"backbone.layer1.conv\"]}\n"
        "  \"backbone.layer2.0.conv\": {op: conv2d, from: [\"backbone.layer1.relu\"], channels: "
        "3, kernel: 1}\n"
        "  \"backbone.layer2.0.relu\": {op: relu, from: [\"backbone.layer2.0.conv\"]}\n"
        "  \"backbone.p\": {op: max_pool, from: [\"backbone.layer2.0.relu\"], kernel: 2, "
        "indices: true}\n"
        "  \"a\": {op: relu, from: [\"backbone.layer2.0.relu\"]}\n"
        "  \"g.h.x\": {op: relu, from: [\"backbone.layer1.relu\"]}\n"
        "  \"g.y\": {op: add, from: [\"g.h.x\", \"a\", \"g.h.x\"]}\n"
        "  \"u\": {op: max_unpool, from: [\"backbone.p\", \"backbone.p.indices\"], kernel: 2}\n"
        "outputs:\n"
        "  \"g.h.x\": \"g.h.x\"\n"
        "  \"u\": \"u\"\n");
}

/* As attributes, as what `from` names, as shapes, from the file, from an expression and from --set.
 */
static void test_lists(void **state) {
    (void)state;
    const char *text =
        "version: 1\ngraph: net\n"
        "params:\n"
        "  size: [3, 8, 8]\n"
        "  widths: [4, 6]\n"
        "  rows: [{width: 4, kernel: [1, 3]}, {width: '${widths[2]}', kernel: 1}]\n"
        "  one: {default: {kernel: 3}, doc: a map}\n"
        "  names: \"${(function() local n = {} for i = 1, #widths do n[i] = 'a' .. i end return n "
        "end)()}\"\n"
        "input: $size\n"
        "nodes:\n"
        "  a1: {op: conv2d, channels: '${rows[1].width}', kernel: '${rows[1].kernel}'}\n"
        "  a2: {op: conv2d, channels: '${rows[#rows].width}', kernel: '${rows[1].kernel}', from: "
        "input}\n"
        "  b: {op: concat, from: $names}\n"
        "  c: {op: conv2d, channels: 1, kernel: '${one.kernel}', from: '${{\"b\"}}'}\n";
    assert_expands(text, "nodes:\n"
                         "  \"a1\": {op: conv2d, from: [\"input\"], channels: 4, kernel: [1,3]}\n"
                         "  \"a2\": {op: conv2d, from: [\"input\"], channels: 6, kernel: [1,3]}\n"
                         "  \"b\": {op: concat, from: [\"a1\", \"a2\"]}\n"
                         "  \"c\": {op: conv2d, from: [\"b\"], channels: 1, kernel: 3}\n"
                         "outputs:\n"
                         "  \"output\": \"c\"\n");
    const nt_setting settings[] = {{"widths", "[4, 7]"}, {"params.rows.0.kernel", "[3, 1]"}};
    assert_expands_with(text, settings, 2,
                        "nodes:\n"
                        "  \"a1\": {op: conv2d, from: [\"input\"], channels: 4, kernel: [3,1]}\n"
                        "  \"a2\": {op: conv2d, from: [\"input\"], channels: 7, kernel: [3,1]}\n"
                        "  \"b\": {op: concat, from: [\"a1\", \"a2\"]}\n"
                        "  \"c\": {op: conv2d, from: [\"b\"], channels: 1, kernel: 3}\n"
                        "outputs:\n"
                        "  \"output\": \"c\"\n");
}

/* Over the items of a list; with a number beside it, by which copies are named; with as many copies
 * of each row as it says, numbered through. */
static void test_repeat_over_lists(void **state) {
    (void)state;
    assert_expands(HEAD "nodes:\n"
                        "  w$w: {op: conv2d, channels: $w, kernel: 1, repeat: {w: [2, 5]}}\n"
                        "  $i: {op: '${row.op}', repeat: {row: [{op: relu}, {op: sigmoid}], i: "
                        "'0..'}}\n",
                   "nodes:\n"
                   "  \"w2\": {op: conv2d, from: [\"input\"], channels: 2, kernel: 1}\n"
                   "  \"w5\": {op: conv2d, from: [\"w2\"], channels: 5, kernel: 1}\n"
                   "  \"0\": {op: relu, from: [\"w5\"]}\n"
                   "  \"1\": {op: sigmoid, from: [\"0\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"1\"\n");
    assert_expands(
        HEAD "params: {table: [{c: 4, n: 2}, {c: 5, n: 0}, {c: 6, n: 1}]}\n"
             "blocks: {unit: {params: {row: , first: }, nodes: {conv: {op: conv2d, channels: "
             "'${row.c}', kernel: 1, bias: $first}}}}\n"
             "nodes:\n"
             "  features.$i: {block: unit, row: $row, first: '${k == 1}', repeat: {i: '1..', row: "
             "$table, k: '1..${row.n}'}}\n"
             "  none$w: {op: relu, repeat: {w: []}}\n",
        "nodes:\n"
        "  \"features.1.conv\": {op: conv2d, from: [\"input\"], channels: 4, kernel: 1}\n"
        "  \"features.2.conv\": {op: conv2d, from: [\"features.1.conv\"], channels: 4, kernel: 1, "
        "bias: false}\n"
        "  \"features.3.conv\": {op: conv2d, from: [\"features.2.conv\"], channels: 6, kernel: "
        "1}\n"
        "outputs:\n"
        "  \"output\": \"features.3.conv\"\n");
}

static void test_defaults_see_inputs(void **state) {
    (void)state;
    assert_expands(HEAD
                   "blocks:\n"
                   "  b:\n"
                   "    params: {channels: '${2 * input.channels}', hidden: '${channels * 6}', "
                   "of: $input}\n"
                   "    nodes: {c: {op: conv2d, channels: $hidden, kernel: '${of.rows}'}}\n"
                   "nodes: {a: {block: b}, d: {block: b, channels: 1, from: input}}\n",
                   "nodes:\n"
                   "  \"a.c\": {op: conv2d, from: [\"input\"], channels: 36, kernel: 8}\n"
                   "  \"d.c\": {op: conv2d, from: [\"input\"], channels: 6, kernel: 8}\n"
                   "outputs:\n"
                   "  \"output\": \"d.c\"\n");
}

/* A node that isn't there has no name that another one couldn't have, further up or down. */
static void test_absent_names_are_free(void **state) {
    (void)state;
    assert_expands(HEAD "params: {deep: false}\n"
                        "nodes:\n"
                        "  p: {op: max_pool, kernel: 2, indices: true}\n"
                        "  0: {op: sigmoid, when: $deep}\n"
                        "  '${0}': {op: relu}\n"
                        "  x: {op: flatten, from: 0}\n"
                        "  '${\"0\"}': {op: sigmoid, when: $deep}\n"
                        "  y: {op: relu, from: 0}\n"
                        "  g: {when: $deep, nodes: {a: {op: sigmoid}}}\n"
                        "  g.a: {op: relu}\n"
                        "  u: {op: relu, repeat: {i: '1..3'}, when: '${i == 2}'}\n",
                   "nodes:\n"
                   "  \"p\": {op: max_pool, from: [\"input\"], kernel: 2, indices: true}\n"
                   "  \"0\": {op: relu, from: [\"p\"]}\n"
                   "  \"x\": {op: flatten, from: [\"0\"]}\n"
                   "  \"y\": {op: relu, from: [\"0\"]}\n"
                   "  \"g.a\": {op: relu, from: [\"y\"]}\n"
                   "  \"u\": {op: relu, from: [\"g.a\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"u\"\n");
}

/* An empty group or repeat is the identity. */
static void test_nothing_stands_for_its_input(void **state) {
    (void)state;
    assert_expands(HEAD "blocks: {empty: {nodes: {}}}\n"
                        "nodes:\n"
                        "  a: {op: relu}\n"
                        "  b: {block: empty}\n"
                        "  c: {nodes: {x$i: {op: relu, repeat: {i: '1..0'}}}}\n"
                        "  d: {op: add, from: [b, c]}\n",
                   "nodes:\n"
                   "  \"a\": {op: relu, from: [\"input\"]}\n"
                   "  \"d\": {op: add, from: [\"a\", \"a\"]}\n"
                   "outputs:\n"
                   "  \"output\": \"d\"\n");
}

static void test_inputs_and_outputs(void **state) {
    (void)state;
    const char *text = "version: 1\ngraph: net\n"
                       "inputs: {image: [3, 8, 8], target: {shape: [1], dtype: int32}}\n"
                       "blocks: {b: {nodes: {x: {op: relu}, y: {op: relu}}}}\n"
                       "nodes:\n"
                       "  a: {op: conv2d, channels: '${image.channels}', kernel: 1}\n"
                       "  c: {block: b}\n"
                       "outputs: {main: c, early: c.x, first: a}\n";
    assert_expands(text, "nodes:\n"
                         "  \"a\": {op: conv2d, from: [\"image\"], channels: 3, kernel: 1}\n"
                         "  \"c.x\": {op: relu, from: [\"a\"]}\n"
                         "  \"c.y\": {op: relu, from: [\"c.x\"]}\n"
                         "outputs:\n"
                         "  \"main\": \"c.y\"\n"
                         "  \"early\": \"c.x\"\n"
                         "  \"first\": \"a\"\n");
    nt_network *network = load(text);
    assert_int_equal(network->input_count, 2);
    assert_string_equal(network->inputs[1].name, "target");
    assert_int_equal(nt_graph_type(network->graph, network->inputs[1].value)->dtype, NT_I32);
    nt_network_free(network);
    assert_expands(HEAD "nodes: {a: {op: relu}, b: {op: flatten}}\noutputs: [a, b]\n",
                   "nodes:\n  \"a\": {op: relu, from: [\"input\"]}\n  \"b\": {op: flatten, from: "
                   "[\"a\"]}\noutputs:\n  \"a\": \"a\"\n  \"b\": \"b\"\n");
    assert_expands(HEAD "nodes: {a: {op: relu}, b: {op: flatten}}\noutputs: a\n",
                   "nodes:\n  \"a\": {op: relu, from: [\"input\"]}\n  \"b\": {op: flatten, from: "
                   "[\"a\"]}\noutputs:\n  \"output\": \"a\"\n");
}

/* A further output goes by the name of whatever stands for the node: itself, a block that it ends,
 * a block's input, a name whose node is left out. */
static void test_named_outputs(void **state) {
    (void)state;
    assert_expands(HEAD
                   "blocks:\n"
                   "  down: {nodes: {c: {op: relu}, p: {op: max_pool, kernel: 2, indices: true}}}\n"
                   "  up:\n"
                   "    inputs: [x, pool]\n"
                   "    nodes: {u: {op: max_unpool, kernel: 2, from: [x, pool.indices]}}\n"
                   "  where: {nodes: {p: {op: max_pool, kernel: 2, indices: true}}, output: "
                   "p.indices}\n"
                   "nodes:\n"
                   "  p1: {op: max_pool, kernel: 2, indices: true}\n"
                   "  p2: {block: down}\n"
                   "  same: {op: relu, when: false}\n"
                   "  u2: {block: up, from: [p2, p2]}\n"
                   "  u3: {op: max_unpool, kernel: 2, from: [same, same.indices, p1]}\n"
                   "  u1: {op: max_unpool, kernel: 2, from: [u2, p1.indices]}\n"
                   "  at: {block: where, from: input}\n"
                   "outputs: {main: u1, flat: p2.indices, deep: p2.p.indices, at: at}\n",
                   "nodes:\n"
                   "  \"p1\": {op: max_pool, from: [\"input\"], kernel: 2, indices: true}\n"
                   "  \"p2.c\": {op: relu, from: [\"p1\"]}\n"
                   "  \"p2.p\": {op: max_pool, from: [\"p2.c\"], kernel: 2, indices: true}\n"
                   "  \"u2.u\": {op: max_unpool, from: [\"p2.p\", \"p2.p.indices\"], kernel: 2}\n"
                   "  \"u3\": {op: max_unpool, from: [\"p2.p\", \"p2.p.indices\", \"p1\"], kernel: "
                   "2}\n"
                   "  \"u1\": {op: max_unpool, from: [\"u2.u\", \"p1.indices\"], kernel: 2}\n"
                   "  \"at.p\": {op: max_pool, from: [\"input\"], kernel: 2, indices: true}\n"
                   "outputs:\n"
                   "  \"main\": \"u1\"\n"
                   "  \"flat\": \"p2.p.indices\"\n"
                   "  \"deep\": \"p2.p.indices\"\n"
                   "  \"at\": \"p1.indices\"\n");
    /* a node within a block keeps its name */
    assert_expands(HEAD "blocks:\n"
                        "  b: {nodes: {indices: {op: relu}, p: {op: max_pool, kernel: 2, indices: "
                        "true}}}\n"
                        "nodes: {a: {block: b}}\n"
                        "outputs: [a.indices, a.p.indices]\n",
                   "nodes:\n"
                   "  \"a.indices\": {op: relu, from: [\"input\"]}\n"
                   "  \"a.p\": {op: max_pool, from: [\"a.indices\"], kernel: 2, indices: true}\n"
                   "outputs:\n"
                   "  \"a.indices\": \"a.indices\"\n"
                   "  \"a.p.indices\": \"a.p.indices\"\n");
}

/* Where each layer stands: outermost block, innermost block, its definition; tags add up. */
static void test_sites(void **state) {
    (void)state;
    nt_network *network =
        load(HEAD "blocks:\n"
                  "  unit: {nodes: {conv: {op: conv2d, channels: 3, kernel: 1, tags: deep}, g: "
                  "{nodes: {0: {op: relu}}}}}\n"
                  "  stage: {nodes: {0: {block: unit, tags: [a, b]}, end: {op: flatten}}}\n"
                  "nodes: {stem: {op: relu}, layer1: {block: stage, tags: $$x}}\n");
    static const struct {
        const char *name, *stage, *block, *kind, *tags[5];
    } expected[] = {
        {"stem", "", "", "", {NULL}},
        {"layer1.0.conv", "layer1", "layer1.0", "unit", {"$x", "a", "b", "deep", NULL}},
        {"layer1.0.g.0", "layer1", "layer1.0", "unit", {"$x", "a", "b", NULL}},
        {"layer1.end", "layer1", "layer1", "stage", {"$x", NULL}},
    };
    assert_int_equal(network->layer_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const nt_layer *layer = &network->layers[i];
        assert_string_equal(layer->name, expected[i].name);
        assert_string_equal(layer->stage, expected[i].stage);
        assert_string_equal(layer->block, expected[i].block);
        assert_string_equal(layer->kind, expected[i].kind);
        int t = 0;
        for (; expected[i].tags[t]; t++)
            assert_string_equal(layer->tags[t], expected[i].tags[t]);
        assert_null(layer->tags[t]);
    }
    nt_network_free(network);
}

/* Dropout draws from a stream that its node's path names. */
static void test_dropout_knows_its_path(void **state) {
    (void)state;
    nt_network *network =
        load(HEAD "nodes: {g: {nodes: {a: {op: dropout}}}, b: {op: dropout, from: "
                  "input}}\n");
    nt_text dump;
    nt_text_init(&dump);
    nt_graph_dump(network->graph, &dump);
    assert_non_null(strstr(dump.bytes, "path=g.a"));
    assert_non_null(strstr(dump.bytes, "path=b"));
    nt_text_finish(&dump);
    nt_network_free(network);
}

/* --- files ------------------------------------------------------------------------------------ */

static nt_status load_file(const char *path, nt_network **ret, nt_error *error) {
    return nt_network_load(path, NULL, 0, ret, error);
}

static void test_include(void **state) {
    (void)state;
    nt_network *network = NULL;
    nt_error error;
    nt_error_init(&error);
    if (load_file("includes.yaml", &network, &error) != NT_OK)
        assert_errors(&error, "");
    assert_int_equal(network->layer_count, 3);
    assert_string_equal(network->layers[0].name, "a.conv");
    assert_string_equal(network->layers[2].name, "b.0.relu");
    nt_network_free(network);
    nt_error_finish(&error);
}

static void test_include_errors(void **state) {
    (void)state;
    nt_network *network = NULL;
    nt_error error;
    nt_error_init(&error);
    assert_int_equal(load_file("includes_badly.yaml", &network, &error), NT_INVALID);
    assert_errors(
        &error,
        "parts/cycle_b.yaml:3:10: error: 'parts/./cycle_a.yaml' would include itself\n"
        "     3 | include: ./cycle_a.yaml\n"
        "       |          ^~~~~~~~~~~~~~\n"
        "includes_badly.yaml:6:5: error: there is no file of blocks 'parts/nowhere.yaml'\n"
        "     6 |   - parts/nowhere.yaml\n"
        "       |     ^~~~~~~~~~~~~~~~~~\n"
        "includes.yaml:3:1: error: a file of blocks has no key 'graph'\n"
        "     3 | graph: includes\n"
        "       | ^~~~~\n"
        "includes.yaml:4:1: error: a file of blocks has no key 'input'\n"
        "     4 | input: [3, 4, 4]\n"
        "       | ^~~~~\n"
        "includes.yaml:8:1: error: a file of blocks has no key 'nodes'\n"
        "     8 | nodes:\n"
        "       | ^~~~~\n"
        "includes_badly.yaml:10:3: error: block 'unit' is defined a second time; the first is "
        "at parts/unit.yaml:4\n"
        "    10 |   unit: {nodes: {a: {op: relu}}}\n"
        "       |   ^~~~\n");
    /* an error within an included block names both files */
    assert_int_equal(load_file("includes_broken.yaml", &network, &error), NT_INVALID);
    assert_errors(&error,
                  "parts/broken.yaml:5:29: error: conv2d has no attribute 'chanels'; did you mean "
                  "'channels'?\n"
                  "     5 |     nodes: {a: {op: conv2d, chanels: 3, kernel: 1}}\n"
                  "       |                             ^~~~~~~\n"
                  "  in block 'broken', asked for at includes_broken.yaml:6:3\n");
    nt_error_finish(&error);
}

static int enter_data(void **state) {
    (void)state;
    return chdir(YAML_DATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_input_is_the_previous_node),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_settings_by_path),
        cmocka_unit_test(test_flat),
        cmocka_unit_test(test_flat_sites),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_blocks_with_several_inputs),
        cmocka_unit_test(test_groups_see_outwards),
        cmocka_unit_test(test_repeat),
        cmocka_unit_test(test_when),
        cmocka_unit_test(test_constant),
        cmocka_unit_test(test_when_of_several_inputs),
        cmocka_unit_test(test_sums_of_one),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_repeat_over_lists),
        cmocka_unit_test(test_defaults_see_inputs),
        cmocka_unit_test(test_absent_names_are_free),
        cmocka_unit_test(test_nothing_stands_for_its_input),
        cmocka_unit_test(test_inputs_and_outputs),
        cmocka_unit_test(test_named_outputs),
        cmocka_unit_test(test_sites),
        cmocka_unit_test(test_dropout_knows_its_path),
        cmocka_unit_test_setup(test_include, enter_data),
        cmocka_unit_test_setup(test_include_errors, enter_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
