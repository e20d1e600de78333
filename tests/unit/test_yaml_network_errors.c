/* Every mistake has one diagnostic, in exactly these words, at this place, with its trail; and
 * nothing that only follows from it is reported. */
#include "support_yaml.h"

#define NODES HEAD "nodes:\n" /* what follows begins in line 5 */

static void test_attributes(void **state) {
    (void)state;
    assert_refused(NODES "  conv1: {op: conv2d, channels: 64, kernel: 3, strde: 2}\n",
                   "net.yaml:5:48: error: conv2d has no attribute 'strde'; did you mean 'stride'?\n"
                   "     5 |   conv1: {op: conv2d, channels: 64, kernel: 3, strde: 2}\n"
                   "       |                                                ^~~~~\n");
    /* the misspelt one is not also missing; another one is */
    assert_refused(
        NODES "  a: {op: conv2d, chanels: 4}\n",
        "net.yaml:5:11: error: conv2d lacks 'kernel'\n"
        "     5 |   a: {op: conv2d, chanels: 4}\n"
        "       |           ^~~~~~\n"
        "net.yaml:5:19: error: conv2d has no attribute 'chanels'; did you mean 'channels'?\n"
        "     5 |   a: {op: conv2d, chanels: 4}\n"
        "       |                   ^~~~~~~\n");
    assert_refused(
        NODES "  a: {op: conv2d, channels: 4.5, kernel: [1, 2, 3], bias: yes}\n",
        "net.yaml:5:29: error: channels of conv2d must be an integer from 1 to 1048576, not "
        "'4.5'\n"
        "     5 |   a: {op: conv2d, channels: 4.5, kernel: [1, 2, 3], bias: yes}\n"
        "       |                             ^~~\n"
        "net.yaml:5:42: error: kernel of conv2d must be an integer, or [rows, columns], each "
        "from 1 to 65536, not this list\n"
        "     5 |   a: {op: conv2d, channels: 4.5, kernel: [1, 2, 3], bias: yes}\n"
        "       |                                          ^\n"
        "net.yaml:5:59: error: bias of conv2d must be true or false, not 'yes'\n"
        "     5 |   a: {op: conv2d, channels: 4.5, kernel: [1, 2, 3], bias: yes}\n"
        "       |                                                           ^~~\n");
    assert_refused(NODES "  a: {op: batch_norm, statistics: batch}\n", /* hidden */
                   "net.yaml:5:23: error: batch_norm has no attribute 'statistics'\n"
                   "     5 |   a: {op: batch_norm, statistics: batch}\n"
                   "       |                       ^~~~~~~~~~\n");
    assert_refused(
        NODES "  a: {op: conv2d, channels: , kernel: {}}\n",
        "net.yaml:5:29: error: channels of conv2d must be a single value, not nothing\n"
        "     5 |   a: {op: conv2d, channels: , kernel: {}}\n"
        "       |                             ^\n"
        "net.yaml:5:39: error: kernel of conv2d must be a value or a list of them, not a map\n"
        "     5 |   a: {op: conv2d, channels: , kernel: {}}\n"
        "       |                                       ^\n");
}

static void test_ops(void **state) {
    (void)state;
    assert_refused(NODES "  a: {op: conv2}\n",
                   "net.yaml:5:11: error: no op 'conv2'; did you mean 'conv2d'?\n"
                   "     5 |   a: {op: conv2}\n"
                   "       |           ^~~~~\n");
    assert_refused(NODES "  a: {op: param}\n", /* not for YAML */
                   "net.yaml:5:11: error: no op 'param'\n"
                   "     5 |   a: {op: param}\n"
                   "       |           ^~~~~\n");
    assert_refused(
        NODES "  a: {op: conv2d, channels: 4, kernel: 9}\n",
        "net.yaml:5:11: error: conv2d: kernel 9x9 is larger than the padded input 3x8x8\n"
        "     5 |   a: {op: conv2d, channels: 4, kernel: 9}\n"
        "       |           ^~~~~~\n");
    assert_refused(NODES "  a: {op: add}\n  b: {op: relu, from: [input, input]}\n",
                   "net.yaml:5:11: error: add reads 2 to 64 inputs, not 1\n"
                   "     5 |   a: {op: add}\n"
                   "       |           ^~~\n"
                   "net.yaml:6:11: error: relu reads 1 input, not 2\n"
                   "     6 |   b: {op: relu, from: [input, input]}\n"
                   "       |           ^~~~\n");
    assert_refused(NODES "  a: {}\n  b: {op: relu, nodes: {}}\n  c: relu\n",
                   "net.yaml:5:3: error: a node needs one of 'op', 'block' and 'nodes'\n"
                   "     5 |   a: {}\n"
                   "       |   ^\n"
                   "net.yaml:6:3: error: a node needs one of 'op', 'block' and 'nodes'\n"
                   "     6 |   b: {op: relu, nodes: {}}\n"
                   "       |   ^\n"
                   "net.yaml:7:6: error: a node must be a map, not a single value\n"
                   "     7 |   c: relu\n"
                   "       |      ^~~~\n");
}

static void test_references(void **state) {
    (void)state;
    assert_refused(NODES "  conv1: {op: relu}\n  b: {op: relu, from: conv2}\n",
                   "net.yaml:6:23: error: no node 'conv2' stands above; did you mean 'conv1'?\n"
                   "     6 |   b: {op: relu, from: conv2}\n"
                   "       |                       ^~~~~\n");
    assert_refused(
        NODES "  a: {op: relu, from: b}\n  b: {op: relu, from: b}\n",
        "net.yaml:5:23: error: 'b' does not stand above this node; a node reads only what "
        "stands above it\n"
        "     5 |   a: {op: relu, from: b}\n"
        "       |                       ^\n"
        "net.yaml:6:23: error: 'b' does not stand above this node; a node reads only what "
        "stands above it\n"
        "     6 |   b: {op: relu, from: b}\n"
        "       |                       ^\n");
    /* a block sees nothing of the outside */
    assert_refused(
        HEAD "params: {n: 4}\n"
             "blocks:\n"
             "  b: {nodes: {x: {op: relu, from: a}, y: {op: conv2d, channels: $n, kernel: "
             "1}}}\n"
             "nodes:\n  a: {op: relu}\n  b: {block: b}\n",
        "net.yaml:6:35: error: no node 'a' stands above\n"
        "     6 |   b: {nodes: {x: {op: relu, from: a}, y: {op: conv2d, channels: $n, kernel: "
        "1}}}\n"
        "       |                                   ^\n"
        "  in block 'b', asked for at net.yaml:9:3\n"
        "net.yaml:6:65: error: no variable 'n'\n"
        "     6 |   b: {nodes: {x: {op: relu, from: a}, y: {op: conv2d, channels: $n, kernel: "
        "1}}}\n"
        "       |                                                                 ^~\n"
        "  in block 'b', asked for at net.yaml:9:3\n");
    assert_refused(NODES "  a: {op: relu, from: []}\n",
                   "net.yaml:5:23: error: a node reads 1 to 64 others, not 0\n"
                   "     5 |   a: {op: relu, from: []}\n"
                   "       |                       ^\n");
}

static void test_named_outputs(void **state) {
    (void)state;
    assert_refused(
        NODES "  p: {op: max_pool, kernel: 2, indices: true}\n"
              "  u: {op: max_unpool, kernel: 2, from: [p, p.indicse]}\n"
              "  v: {op: max_unpool, kernel: 2, from: [p, q.indices]}\n"
              "  w: {op: relu, from: input.indices}\n",
        "net.yaml:6:44: error: 'p', a max_pool, gives no 'indicse'; did you mean 'indices'?\n"
        "     6 |   u: {op: max_unpool, kernel: 2, from: [p, p.indicse]}\n"
        "       |                                            ^~~~~~~~~\n"
        "net.yaml:7:44: error: no node 'q.indices' stands above; did you mean 'p.indices'?\n"
        "     7 |   v: {op: max_unpool, kernel: 2, from: [p, q.indices]}\n"
        "       |                                            ^~~~~~~~~\n"
        "net.yaml:8:23: error: no node 'input.indices' stands above; did you mean 'p.indices'?\n"
        "     8 |   w: {op: relu, from: input.indices}\n"
        "       |                       ^~~~~~~~~~~~~\n");
    assert_refused(
        NODES "  p: {op: max_pool, kernel: 2}\n"
              "  u: {op: max_unpool, kernel: 2, from: [p, p.indices]}\n"
              "  v: {op: relu, from: q.indices}\n"
              "  q: {op: max_pool, from: p, kernel: 2, indices: true}\n"
              "  w: {op: relu, from: q.indices}\n"
              "  x: {op: relu, from: p.output}\n",
        "net.yaml:6:44: error: 'p', a max_pool, gives no 'indices'; does it lack 'indices: true'?\n"
        "     6 |   u: {op: max_unpool, kernel: 2, from: [p, p.indices]}\n"
        "       |                                            ^~~~~~~~~\n"
        "net.yaml:7:23: error: 'q' does not stand above this node; a node reads only what stands "
        "above it\n"
        "     7 |   v: {op: relu, from: q.indices}\n"
        "       |                       ^~~~~~~~~\n"
        "net.yaml:9:11: error: relu: takes float32 values, not integers\n"
        "     9 |   w: {op: relu, from: q.indices}\n"
        "       |           ^~~~\n"
        "net.yaml:10:23: error: 'p', a max_pool, gives no 'output'\n"
        "    10 |   x: {op: relu, from: p.output}\n"
        "       |                       ^~~~~~~~\n");
    /* what is in error is reported once */
    assert_refused(NODES "  p: {op: max_pool, kernel: 0, indices: true}\n"
                         "  u: {op: max_unpool, kernel: 2, from: [p, p.indices]}\n",
                   "net.yaml:5:29: error: kernel of max_pool must be an integer, or [rows, "
                   "columns], each from 1 to 65536, not '0'\n"
                   "     5 |   p: {op: max_pool, kernel: 0, indices: true}\n"
                   "       |                             ^\n");
    /* one name is one value */
    assert_refused(NODES "  p: {op: max_pool, kernel: 2, indices: true}\n"
                         "  p.indices: {op: relu}\n"
                         "  q.indices: {op: relu}\n"
                         "  q: {op: max_pool, from: p, kernel: 1, indices: true}\n",
                   "net.yaml:6:3: error: the name 'p.indices' is taken\n"
                   "     6 |   p.indices: {op: relu}\n"
                   "       |   ^~~~~~~~~\n"
                   "net.yaml:8:3: error: the name of its output, 'q.indices', is taken\n"
                   "     8 |   q: {op: max_pool, from: p, kernel: 1, indices: true}\n"
                   "       |   ^\n");
}

static void test_names(void **state) {
    (void)state;
    assert_refused(
        NODES "  'a b': {op: relu}\n  input: {op: relu}\n  '': {op: relu}\n",
        "net.yaml:5:3: error: 'a b' is no name for a node; use letters, digits, '_', '-' and "
        "'.'\n"
        "     5 |   'a b': {op: relu}\n"
        "       |   ^~~~~\n"
        "net.yaml:6:3: error: the name 'input' is taken\n"
        "     6 |   input: {op: relu}\n"
        "       |   ^~~~~\n"
        "net.yaml:7:3: error: '' is no name for a node; use letters, digits, '_', '-' and "
        "'.'\n"
        "     7 |   '': {op: relu}\n"
        "       |   ^~\n");
    /* two that are there, whatever is left out between them */
    assert_refused(NODES "  a: {op: relu, when: false}\n  '${\"a\"}': {op: relu}\n"
                         "  '${(\"a\")}': {op: relu}\n",
                   "net.yaml:7:3: error: the name 'a' is taken\n"
                   "     7 |   '${(\"a\")}': {op: relu}\n"
                   "       |   ^~~~~~~~~~\n");
    assert_refused(NODES "  a: {nodes: {b: {op: relu}}}\n  a.b: {op: relu}\n",
                   "net.yaml:6:3: error: the name 'a.b' is taken\n"
                   "     6 |   a.b: {op: relu}\n"
                   "       |   ^~~\n");
    assert_refused(
        NODES "  u: {op: relu, repeat: {i: '1..3'}}\n",
        "net.yaml:5:3: error: the name 'u' is taken; a repeated node's name must hold the "
        "variable, as in unit$i\n"
        "     5 |   u: {op: relu, repeat: {i: '1..3'}}\n"
        "       |   ^\n"
        "  with i = 2, asked for at net.yaml:5:25\n");
}

static void test_blocks(void **state) {
    (void)state;
#define BLOCKS                                                                                     \
    HEAD "blocks:\n"                                                                               \
         "  unit:\n"                                                                               \
         "    params: {channels: , kind: {default: a, choices: [a, b]}}\n"                         \
         "    nodes: {c: {op: conv2d, channels: $channels, kernel: 1}}\n"                          \
         "nodes:\n" /* what follows begins in line 9 */
    assert_refused(BLOCKS "  a: {block: unti}\n",
                   "net.yaml:9:14: error: no block 'unti'; did you mean 'unit'?\n"
                   "     9 |   a: {block: unti}\n"
                   "       |              ^~~~\n");
    assert_refused(BLOCKS "  a: {block: unit}\n",
                   "net.yaml:9:14: error: block 'unit' lacks 'channels'\n"
                   "     9 |   a: {block: unit}\n"
                   "       |              ^~~~\n");
    assert_refused(BLOCKS "  a: {block: unit, chanels: 3}\n",
                   "net.yaml:9:20: error: block 'unit' has no param 'chanels'; did you mean "
                   "'channels'?\n"
                   "     9 |   a: {block: unit, chanels: 3}\n"
                   "       |                    ^~~~~~~\n");
    assert_refused(BLOCKS "  a: {block: unit, channels: 3, kind: c}\n",
                   "net.yaml:9:39: error: kind must be one of a, b, not 'c'\n"
                   "     9 |   a: {block: unit, channels: 3, kind: c}\n"
                   "       |                                       ^\n");
    assert_refused(BLOCKS "  a: {block: unit, channels: 3, kind: [a]}\n",
                   "net.yaml:9:39: error: kind must be one of a, b, not a list\n"
                   "     9 |   a: {block: unit, channels: 3, kind: [a]}\n"
                   "       |                                       ^\n");
    assert_refused(BLOCKS "  a: {block: unit, channels: 3, from: [input, input]}\n",
                   "net.yaml:9:14: error: block 'unit' reads 1 input, not 2\n"
                   "     9 |   a: {block: unit, channels: 3, from: [input, input]}\n"
                   "       |              ^~~~\n");
    assert_refused(
        HEAD
        "blocks:\n  u: {node: {}}\n  v: {params: {op: 1, a-b: 2, l: {}, m: {x: 1}}, nodes: []}\n"
        "nodes: {a: {block: u}, b: {block: v}}\n",
        "net.yaml:5:7: error: a block has no key 'node'; did you mean 'nodes'?\n"
        "     5 |   u: {node: {}}\n"
        "       |       ^~~~\n"
        "net.yaml:6:16: error: a param can't be called 'op': that key is every node's\n"
        "     6 |   v: {params: {op: 1, a-b: 2, l: {}, m: {x: 1}}, nodes: []}\n"
        "       |                ^~\n"
        "net.yaml:6:23: error: 'a-b' is no name for a param; use letters, digits and _, a "
        "letter first\n"
        "     6 |   v: {params: {op: 1, a-b: 2, l: {}, m: {x: 1}}, nodes: []}\n"
        "       |                       ^~~\n"
        "net.yaml:6:42: error: a param has no key 'x'\n"
        "     6 |   v: {params: {op: 1, a-b: 2, l: {}, m: {x: 1}}, nodes: []}\n"
        "       |                                          ^\n");
}

/* An error within a block names the way to it; once, however often the block is expanded. */
static void test_trail(void **state) {
    (void)state;
    assert_refused(
        HEAD "blocks:\n"
             "  unit:\n"
             "    params: {kernel: }\n"
             "    nodes: {c: {op: conv2d, channels: 4, kernel: $kernel}}\n"
             "  stage:\n"
             "    nodes:\n"
             "      0: {block: unit, kernel: 1}\n"
             "      $i: {block: unit, kernel: '${i * 5}', repeat: {i: '1..3'}}\n"
             "nodes:\n"
             "  layer1: {block: stage}\n"
             "  layer2: {block: stage, from: input}\n",
        "net.yaml:7:21: error: conv2d: kernel 10x10 is larger than the padded input 4x4x4\n"
        "     7 |     nodes: {c: {op: conv2d, channels: 4, kernel: $kernel}}\n"
        "       |                     ^~~~~~\n"
        "  in block 'unit', asked for at net.yaml:11:7\n"
        "  with i = 2, asked for at net.yaml:11:53\n"
        "  in block 'stage', asked for at net.yaml:13:3\n");
}

static void test_recursion(void **state) {
    (void)state;
    assert_refused(HEAD "blocks:\n  a: {nodes: {x: {block: b}}}\n  b: {nodes: {y: {block: a}}}\n"
                        "nodes: {n: {block: a}}\n",
                   "net.yaml:6:26: error: block 'a' would contain itself\n"
                   "     6 |   b: {nodes: {y: {block: a}}}\n"
                   "       |                          ^\n"
                   "  in block 'b', asked for at net.yaml:5:15\n"
                   "  in block 'a', asked for at net.yaml:7:9\n");
}

static void test_repeat_and_when(void **state) {
    (void)state;
    assert_refused(NODES "  u$i: {op: relu, repeat: {i: '1-3'}}\n  after: {op: relu, from: u2}\n",
                   "net.yaml:5:31: error: a range must be two integers such as 1..3, not '1-3'\n"
                   "     5 |   u$i: {op: relu, repeat: {i: '1-3'}}\n"
                   "       |                               ^~~~~\n");
    assert_refused(
        NODES "  u$i: {op: relu, repeat: 3}\n  v: {op: relu, repeat: {}}\n"
              "  w$i: {op: relu, repeat: {i: '1..'}}\n  x: {op: relu, repeat: {1: '1..2'}}\n"
              "  y: {op: relu, repeat: {i: {a: 1}}}\n  z: {op: relu, repeat: {i: $input}}\n",
        "net.yaml:5:27: error: repeat must be a map, not a single value\n"
        "     5 |   u$i: {op: relu, repeat: 3}\n"
        "       |                           ^\n"
        "net.yaml:6:25: error: repeat must name a variable; write repeat: {i: \"1..3\"}\n"
        "     6 |   v: {op: relu, repeat: {}}\n"
        "       |                         ^\n"
        "net.yaml:7:27: error: repeat must name a variable whose range has an end; write repeat: "
        "{i: "
        "\"1..3\"}\n"
        "     7 |   w$i: {op: relu, repeat: {i: '1..'}}\n"
        "       |                           ^\n"
        "net.yaml:8:26: error: '1' is no name for a variable\n"
        "     8 |   x: {op: relu, repeat: {1: '1..2'}}\n"
        "       |                          ^\n"
        "net.yaml:9:29: error: a range must be a single value, not a map\n"
        "     9 |   y: {op: relu, repeat: {i: {a: 1}}}\n"
        "       |                             ^\n"
        "net.yaml:10:29: error: a range must be a list or two integers, not a map\n"
        "    10 |   z: {op: relu, repeat: {i: $input}}\n"
        "       |                             ^~~~~~\n");
    assert_refused(NODES
                   "  a: {op: relu, when: 1}\n  b: {op: relu, when: '${input.channel == 3}'}\n"
                   "  c: {op: relu, when: '${1 +}'}\n",
                   "net.yaml:5:23: error: when must be true or false, not an integer\n"
                   "     5 |   a: {op: relu, when: 1}\n"
                   "       |                       ^\n"
                   "net.yaml:6:23: error: no member 'channel'; did you mean 'channels'?\n"
                   "     6 |   b: {op: relu, when: '${input.channel == 3}'}\n"
                   "       |                       ^~~~~~~~~~~~~~~~~~~~~~~\n"
                   "net.yaml:7:23: error: unexpected symbol near ')'\n"
                   "     7 |   c: {op: relu, when: '${1 +}'}\n"
                   "       |                       ^~~~~~~~\n");
}

static void test_repeat_over_lists(void **state) {
    (void)state;
    assert_refused(
        HEAD "params: {table: [{c: 4, n: 1}, {c: 0, n: 2}]}\n"
             "nodes:\n"
             "  u$i: {op: conv2d, kernel: 1, channels: '${row.c}', repeat: {row: $table, k: "
             "'1..${row.n}', i: '1..'}}\n"
             "  v$i: {op: '${row.o}', repeat: {row: $table, i: '1..'}}\n"
             "  w$i: {op: relu, repeat: {row: $table, k: '1..${row.m}', i: '1..'}}\n"
             "  x$i: {op: relu, repeat: {k: '1..2', i: '${k}..'}}\n",
        "net.yaml:6:42: error: channels of conv2d must be an integer from 1 to 1048576, not '0'\n"
        "     6 |   u$i: {op: conv2d, kernel: 1, channels: '${row.c}', repeat: {row: $table, k: "
        "'1..${row.n}', i: '1..'}}\n"
        "       |                                          ^~~~~~~~~~\n"
        "  with row = item 2, k = 1, i = 2, asked for at net.yaml:6:62\n"
        "net.yaml:7:13: error: no member 'o'\n"
        "     7 |   v$i: {op: '${row.o}', repeat: {row: $table, i: '1..'}}\n"
        "       |             ^~~~~~~~~~\n"
        "  with row = item 1, i = 1, asked for at net.yaml:7:33\n"
        "net.yaml:8:44: error: no member 'm'\n"
        "     8 |   w$i: {op: relu, repeat: {row: $table, k: '1..${row.m}', i: '1..'}}\n"
        "       |                                            ^~~~~~~~~~~~~\n"
        "  with row = item 1, asked for at net.yaml:8:27\n"
        "net.yaml:9:42: error: no variable 'k'\n"
        "     9 |   x$i: {op: relu, repeat: {k: '1..2', i: '${k}..'}}\n"
        "       |                                          ^~~~~~~~\n");
    assert_refused(NODES "  $i: {op: relu, repeat: {j: '1..1000000000', i: '1..0'}}\n",
                   "net.yaml:5:3: error: the network expands to more than 100000 nodes\n"
                   "     5 |   $i: {op: relu, repeat: {j: '1..1000000000', i: '1..0'}}\n"
                   "       |   ^~\n");
}

/* Where a single value is wanted, a list is shown how to be one. */
static void test_lists(void **state) {
    (void)state;
    assert_refused(
        HEAD "params: {widths: [4, 6], row: {default: {c: 4}}}\n"
             "nodes:\n"
             "  a: {op: conv2d, channels: $widths, kernel: 1}\n"
             "  b: {op: relu, when: $widths}\n"
             "  c: {op: $row}\n"
             "  d: {op: conv2d, channels: '${row.d}', kernel: '${widths[3]}'}\n"
             "  e: {op: relu, from: 'x$widths'}\n"
             "  f: {op: relu, when: '${{1, x = 2}}'}\n"
             "  g: {op: relu, from: '${{1, x = 2}}'}\n",
        "net.yaml:6:29: error: channels of conv2d must be an integer from 1 to 1048576, not this "
        "list\n"
        "     6 |   a: {op: conv2d, channels: $widths, kernel: 1}\n"
        "       |                             ^~~~~~~\n"
        "net.yaml:7:23: error: 'widths' is a list, not a value; write ${widths[1]}\n"
        "     7 |   b: {op: relu, when: $widths}\n"
        "       |                       ^~~~~~~\n"
        "net.yaml:8:11: error: 'row' is a record, not a value; write ${row.c}\n"
        "     8 |   c: {op: $row}\n"
        "       |           ^~~~\n"
        "net.yaml:9:29: error: no member 'd'\n"
        "     9 |   d: {op: conv2d, channels: '${row.d}', kernel: '${widths[3]}'}\n"
        "       |                             ^~~~~~~~~~\n"
        "net.yaml:9:49: error: kernel of conv2d must be a value, not nil\n"
        "     9 |   d: {op: conv2d, channels: '${row.d}', kernel: '${widths[3]}'}\n"
        "       |                                                 ^~~~~~~~~~~~~~\n"
        "net.yaml:10:23: error: a list can't be part of a text\n"
        "    10 |   e: {op: relu, from: 'x$widths'}\n"
        "       |                       ^~~~~~~~~~\n"
        "net.yaml:11:23: error: gives a table, not a number, text, true or false\n"
        "    11 |   f: {op: relu, when: '${{1, x = 2}}'}\n"
        "       |                       ^~~~~~~~~~~~~~~\n"
        "net.yaml:12:23: error: gives a table that is neither a list nor values by name\n"
        "    12 |   g: {op: relu, from: '${{1, x = 2}}'}\n"
        "       |                       ^~~~~~~~~~~~~~~\n");
}

static void test_paths(void **state) {
    (void)state;
    assert_refused(
        HEAD "blocks:\n"
             "  body: {nodes: {layer1: {nodes: {relu: {op: relu}}}, p: {op: max_pool, kernel: 2, "
             "indices: true}}}\n"
             "nodes:\n"
             "  backbone: {block: body}\n"
             "  a: {op: relu, from: backbone.layer2}\n"
             "  b: {op: relu, from: bakbone.layer1.relu}\n"
             "  c: {op: relu, from: later.layer1.relu}\n"
             "  d: {block: body, when: false, from: input}\n"
             "  e: {op: relu, from: d.layer1}\n"
             "  f: {op: conv2d, kernel: 0, channels: 3}\n"
             "  g: {block: body}\n"
             "  h: {op: relu, from: g.layer1.relu}\n"
             "  i: {nodes: {x: {op: relu, from: i.y}, y: {op: relu}}}\n"
             "  later: {block: body}\n",
        "net.yaml:8:23: error: no node 'backbone.layer2' stands above; did you mean "
        "'backbone.layer1'?\n"
        "     8 |   a: {op: relu, from: backbone.layer2}\n"
        "       |                       ^~~~~~~~~~~~~~~\n"
        "net.yaml:9:23: error: no node 'bakbone.layer1.relu' stands above; did you mean "
        "'backbone.layer1.relu'?\n"
        "     9 |   b: {op: relu, from: bakbone.layer1.relu}\n"
        "       |                       ^~~~~~~~~~~~~~~~~~~\n"
        "net.yaml:10:23: error: 'later' does not stand above this node; a node reads only what "
        "stands above it\n"
        "    10 |   c: {op: relu, from: later.layer1.relu}\n"
        "       |                       ^~~~~~~~~~~~~~~~~\n"
        "net.yaml:12:23: error: no node 'd.layer1' stands above; 'd' is not there: its `when` is "
        "false\n"
        "    12 |   e: {op: relu, from: d.layer1}\n"
        "       |                       ^~~~~~~~\n"
        "net.yaml:13:27: error: kernel of conv2d must be an integer, or [rows, columns], each from "
        "1 to 65536, not '0'\n"
        "    13 |   f: {op: conv2d, kernel: 0, channels: 3}\n"
        "       |                           ^\n"
        "net.yaml:16:35: error: 'i' does not stand above this node; a node reads only what stands "
        "above it\n"
        "    16 |   i: {nodes: {x: {op: relu, from: i.y}, y: {op: relu}}}\n"
        "       |                                   ^~~\n");
    /* nothing that lies outside of a block, and nothing within what it reads */
    assert_refused(
        HEAD "blocks: {b: {nodes: {x: {op: relu, from: a.y}, z: {op: relu, from: input.y}}}}\n"
             "nodes: {a: {nodes: {y: {op: relu}}}, c: {block: b}}\n",
        "net.yaml:4:42: error: no node 'a.y' stands above\n"
        "     4 | blocks: {b: {nodes: {x: {op: relu, from: a.y}, z: {op: relu, from: input.y}}}}\n"
        "       |                                          ^~~\n"
        "  in block 'b', asked for at net.yaml:5:38\n"
        "net.yaml:4:68: error: no node 'input.y' stands above; did you mean 'input'?\n"
        "     4 | blocks: {b: {nodes: {x: {op: relu, from: a.y}, z: {op: relu, from: input.y}}}}\n"
        "       |                                                                    ^~~~~~~\n"
        "  in block 'b', asked for at net.yaml:5:38\n");
}

static void test_flat(void **state) {
    (void)state;
    assert_refused(HEAD "blocks:\n"
                        "  one: {nodes: {relu: {op: relu}, far: {op: relu, from: before}}}\n"
                        "nodes:\n"
                        "  before: {op: relu}\n"
                        "  a: {block: one, flat: true}\n"
                        "  c: {block: one, flat: 1}\n"
                        "  d: {op: relu, flat: true}\n"
                        "  e: {flat: true, nodes: {e: {op: relu}}}\n"
                        "  f: {flat: true, nodes: {before: {op: relu}}}\n",
                   "net.yaml:5:57: error: no node 'before' stands above\n"
                   "     5 |   one: {nodes: {relu: {op: relu}, far: {op: relu, from: before}}}\n"
                   "       |                                                         ^~~~~~\n"
                   "  in block 'one', asked for at net.yaml:8:3\n"
                   "net.yaml:9:25: error: flat must be true or false, not '1'\n"
                   "     9 |   c: {block: one, flat: 1}\n"
                   "       |                         ^\n"
                   "net.yaml:10:17: error: relu has no attribute 'flat'\n"
                   "    10 |   d: {op: relu, flat: true}\n"
                   "       |                 ^~~~\n"
                   "net.yaml:11:3: error: the name 'e' is taken\n"
                   "    11 |   e: {flat: true, nodes: {e: {op: relu}}}\n"
                   "       |   ^\n"
                   "net.yaml:12:27: error: the name 'before' is taken\n"
                   "    12 |   f: {flat: true, nodes: {before: {op: relu}}}\n"
                   "       |                           ^~~~~~\n");
    assert_refused(HEAD "nodes:\n"
                        "  a: {flat: true, nodes: {bn: {op: batch_norm}, relu: {op: relu}}}\n"
                        "  b: {op: relu, from: rely}\n",
                   "net.yaml:6:23: error: no node 'rely' stands above; did you mean 'relu'?\n"
                   "     6 |   b: {op: relu, from: rely}\n"
                   "       |                       ^~~~\n");
    /* what a flat node in error would have brought is not missed */
    assert_refused(HEAD "nodes:\n"
                        "  a: {block: none, flat: true}\n"
                        "  b: {op: relu, from: there}\n",
                   "net.yaml:5:14: error: no block 'none'\n"
                   "     5 |   a: {block: none, flat: true}\n"
                   "       |              ^~~~\n");
    assert_refused(
        HEAD "nodes:\n"
             "  a: {flat: true, nodes: {$x: {op: relu}, y: {op: relu, from: input}}}\n"
             "  b: {op: relu, from: there}\n",
        "net.yaml:5:27: error: no variable 'x'\n"
        "     5 |   a: {flat: true, nodes: {$x: {op: relu}, y: {op: relu, from: input}}}\n"
        "       |                           ^~\n");
}

/* One mistake, one diagnostic: what depends on it is silent, but is still checked on its own. */
static void test_no_cascades(void **state) {
    (void)state;
    assert_refused(
        NODES "  a: {op: conv2d, channels: 4, kernel: 0}\n"
              "  b: {op: conv2d, channels: '${a.channels}', kernel: 1}\n"
              "  c: {op: relu, when: '${b.rows > 3}'}\n"
              "  d$i: {op: relu, repeat: {i: '1..${c.rows}'}}\n"
              "  e: {op: relu, from: d4}\n"
              "  f: {op: add, from: [e, input]}\n"
              "  g: {op: relu, slope: 1}\n"
              "outputs: [f, d9]\n",
        "net.yaml:5:40: error: kernel of conv2d must be an integer, or [rows, columns], each "
        "from 1 to 65536, not '0'\n"
        "     5 |   a: {op: conv2d, channels: 4, kernel: 0}\n"
        "       |                                        ^\n"
        "net.yaml:11:17: error: relu has no attribute 'slope'\n"
        "    11 |   g: {op: relu, slope: 1}\n"
        "       |                 ^~~~~\n");
}

/* Whether such a group is there is not known, so neither is what it gives, though its nodes are. */
static void test_unknown_when(void **state) {
    (void)state;
    assert_refused(NODES "  a: {op: relu}\n"
                         "  bad: {op: nope}\n"
                         "  g:\n"
                         "    from: input\n"
                         "    when: '${bad.rows > 1}'\n"
                         "    nodes: {c: {op: conv2d, from: a, channels: 9, kernel: 1}}\n"
                         "  sum: {op: add, from: [g, input]}\n"
                         "  h: {from: input, nodes: {c: {op: relu}}, output: a}\n",
                   "net.yaml:6:13: error: no op 'nope'\n"
                   "     6 |   bad: {op: nope}\n"
                   "       |             ^~~~\n"
                   "net.yaml:12:52: error: no node 'a' stands above\n"
                   "    12 |   h: {from: input, nodes: {c: {op: relu}}, output: a}\n"
                   "       |                                                    ^\n");
    assert_refused(HEAD "params: {w: {default: 3, chioces: [1]}}\n"
                        "nodes: {a: {op: conv2d, channels: $w, kernel: '${w + 1}'}}\n",
                   "net.yaml:4:26: error: a param has no key 'chioces'; did you mean 'choices'?\n"
                   "     4 | params: {w: {default: 3, chioces: [1]}}\n"
                   "       |                          ^~~~~~~\n");
}

static void test_top_level(void **state) {
    (void)state;
    assert_refused("version: 2\ngraf: x\ngraph: net\ninput: [3, 0]\nnodes: []\n",
                   "net.yaml:2:1: error: a graph file has no key 'graf'; did you mean 'graph'?\n"
                   "     2 | graf: x\n"
                   "       | ^~~~\n"
                   "net.yaml:1:10: error: version must be 1, not '2'\n"
                   "     1 | version: 2\n"
                   "       |          ^\n"
                   "net.yaml:4:12: error: a dimension must be an integer from 1 to 65536, not '0'\n"
                   "     4 | input: [3, 0]\n"
                   "       |            ^\n"
                   "net.yaml:5:8: error: nodes must be a map, not a list\n"
                   "     5 | nodes: []\n"
                   "       |        ^\n");
    assert_refused("[1]", "net.yaml:1:1: error: a graph file must be a map, not a list\n"
                          "     1 | [1]\n"
                          "       | ^\n");
    assert_refused("a: 1", "net.yaml:1:1: error: a graph file has no key 'a'\n"
                           "     1 | a: 1\n"
                           "       | ^\n"
                           "net.yaml:1:1: error: the file lacks 'version'\n"
                           "     1 | a: 1\n"
                           "       | ^\n"
                           "net.yaml:1:1: error: the file lacks 'graph', the network's name\n"
                           "     1 | a: 1\n"
                           "       | ^\n"
                           "net.yaml:1:1: error: a graph needs one of 'input' and 'inputs'\n"
                           "     1 | a: 1\n"
                           "       | ^\n"
                           "net.yaml:1:1: error: the file lacks 'nodes'\n"
                           "     1 | a: 1\n"
                           "       | ^\n");
    assert_refused(
        "version: 1\ngraph: net\nparams: {a: , b: , c: {default: 3, choices: [1, 2]}}\n"
        "input: [$a, 65536, 65536]\nnodes: {x: {op: relu}}\noutputs: [x, y, x]\n",
        "net.yaml:3:33: error: c must be one of 1, 2, not '3'\n"
        "     3 | params: {a: , b: , c: {default: 3, choices: [1, 2]}}\n"
        "       |                                 ^\n"
        "net.yaml:3:9: error: the graph lacks 'a', 'b'; give a value with --set name=value\n"
        "     3 | params: {a: , b: , c: {default: 3, choices: [1, 2]}}\n"
        "       |         ^\n");
    assert_refused("version: 1\ngraph: net\ninput: [3, 65536, 65536]\nnodes: {x: {op: relu}}\n",
                   "net.yaml:3:8: error: an input of more than 268435456 elements\n"
                   "     3 | input: [3, 65536, 65536]\n"
                   "       |        ^\n");
    assert_refused(HEAD "nodes: {x: {op: relu}}\noutputs: [x, y, x]\n",
                   "net.yaml:5:14: error: no node 'y' stands above\n"
                   "     5 | outputs: [x, y, x]\n"
                   "       |              ^\n"
                   "net.yaml:5:17: error: a second output 'x'\n"
                   "     5 | outputs: [x, y, x]\n"
                   "       |                 ^\n");
}

static void test_settings(void **state) {
    (void)state;
    const char *text = "version: 1\ngraph: net\ninput: [7]\n"
                       "params: {classes: 10, stem: {default: a, choices: [a, b]}}\n"
                       "nodes: {fc: {op: linear, features: $classes}}\n";
    const nt_setting settings[] = {{"clases", "5"},           {"stem", "c"},  {"classes", "many"},
                                   {"nodes.fc.feature", "3"}, {"nodes", "3"}, {"input.3", "1"}};
    assert_refused_with(text, &settings[0], 1,
                        "--set:1:1: error: no param or key 'clases'; did you mean 'classes'?\n"
                        "     1 | clases=5\n"
                        "       | ^~~~~~\n");
    assert_refused_with(text, &settings[1], 1,
                        "--set:1:6: error: stem must be one of a, b, not 'c'\n"
                        "     1 | stem=c\n"
                        "       |      ^\n");
    assert_refused_with(
        text, &settings[2], 1,
        "net.yaml:5:36: error: features of linear must be an integer from 1 to 1048576, "
        "not 'many'\n"
        "     5 | nodes: {fc: {op: linear, features: $classes}}\n"
        "       |                                    ^~~~~~~~\n");
    assert_refused_with(text, &settings[3], 3,
                        "--set:1:1: error: no param or key 'nodes.fc.feature'; did you mean "
                        "'features'?\n"
                        "     1 | nodes.fc.feature=3\n"
                        "       | ^~~~~~~~~~~~~~~~\n"
                        "--set:1:1: error: 'nodes' is not a single value\n"
                        "     1 | nodes=3\n"
                        "       | ^~~~~\n"
                        "--set:1:1: error: no param or key 'input.3'\n"
                        "     1 | input.3=1\n"
                        "       | ^~~~~~~\n");
}

/* --- limits ----------------------------------------------------------------------------------- */

static void test_node_limit(void **state) {
    (void)state;
    assert_refused(NODES "  $i: {op: relu, repeat: {i: '1..1000000'}}\n",
                   "net.yaml:5:3: error: the network expands to more than 100000 nodes\n"
                   "     5 |   $i: {op: relu, repeat: {i: '1..1000000'}}\n"
                   "       |   ^~\n"
                   "  with i = 100001, asked for at net.yaml:5:26\n");
}

/* 2 to the 40th empty blocks: what vanishes counts too. */
static void test_block_explosion(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    nt_text_add(&text, HEAD "blocks:\n  b0: {nodes: {}}\n");
    for (int i = 1; i <= 40; i++)
        nt_text_printf(&text, "  b%d: {nodes: {x: {block: b%d}, y: {block: b%d}}}\n", i, i - 1,
                       i - 1);
    nt_text_add(&text, "nodes: {n: {block: b40}}\n");
    nt_error error;
    nt_error_init(&error);
    nt_network *network;
    assert_int_equal(
        nt_network_load_text("net.yaml", text.bytes, text.length, NULL, 0, &network, &error),
        NT_INVALID);
    assert_int_equal(error.count, 1);
    assert_string_equal(error.items[0].message, "the network expands to more than 100000 nodes");
    nt_error_finish(&error);
    nt_text_finish(&text);
}

static void test_block_depth(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    nt_text_add(&text, HEAD "blocks:\n  b0: {nodes: {x: {op: relu}}}\n");
    for (int i = 1; i <= 64; i++)
        nt_text_printf(&text, "  b%d: {nodes: {x: {block: b%d}}}\n", i, i - 1);
    size_t common = text.length;
    nt_text_add(&text, "nodes: {n: {block: b63}}\n");
    nt_network_free(load(text.bytes));
    text.length = common;
    nt_text_add(&text, "nodes: {n: {block: b64}}\n");
    nt_error error;
    nt_error_init(&error);
    nt_network *network;
    assert_int_equal(
        nt_network_load_text("net.yaml", text.bytes, text.length, NULL, 0, &network, &error),
        NT_INVALID);
    assert_int_equal(error.count, 1);
    assert_string_equal(error.items[0].message, "blocks nest more than 64 levels deep");
    nt_error_finish(&error);
    nt_text_finish(&text);
}

/* The first twenty errors, in order. */
static void test_twenty_errors(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    nt_text_add(&text, NODES);
    for (int i = 0; i < 30; i++)
        nt_text_printf(&text, "  a%d: {op: nope%d}\n", i, i);
    nt_error error;
    nt_error_init(&error);
    nt_network *network;
    assert_int_equal(
        nt_network_load_text("net.yaml", text.bytes, text.length, NULL, 0, &network, &error),
        NT_INVALID);
    assert_int_equal(error.count, NT_ERROR_LIMIT);
    assert_string_equal(error.items[19].message, "no op 'nope19'");
    nt_error_finish(&error);
    nt_text_finish(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_ops),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_named_outputs),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_trail),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_repeat_and_when),
        cmocka_unit_test(test_no_cascades),
        cmocka_unit_test(test_repeat_over_lists),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_flat),
        cmocka_unit_test(test_unknown_when),
        cmocka_unit_test(test_top_level),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_node_limit),
        cmocka_unit_test(test_block_explosion),
        cmocka_unit_test(test_block_depth),
        cmocka_unit_test(test_twenty_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
