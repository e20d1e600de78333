/* Each rule by which constants are folded and channels go: the file of what is left, exactly, and
 * what the parameters hold where a rule computes them. Every case also says what the ablated
 * network says (support_shrink.c). */
#include "alloc.h"
#include "support_shrink.h"

typedef struct rule_case {
    const char *what;
    const char *nodes;  /* of the network; its input is a map of three channels */
    const char *remove; /* layers that become zero */
    const char *zeros;  /* of a kernel, "conv.weight": every second output channel; NULL: none */
    bool fold;
    const char *left; /* "nodes:" and what follows, or from "blocks:" on */
} rule_case;

static const rule_case cases[] = {
    {"a sum with zero is its other operand, and what an op makes once more goes",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  s: {op: add, from: [b, r]}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n"
     "  fc: {op: linear, features: 2}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  r: {op: relu}\n"
     "  p: {op: global_avg_pool}\n"
     "  fc: {op: linear, features: 2}\n"},
    {"a bias that is left goes into the bias before, where nobody else reads that",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  c: {op: conv2d, from: r, channels: 4, kernel: 1}\n"
     "  s: {op: add, from: [b, c]}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n"},
    {"into the normalisation before",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  c: {op: conv2d, from: r, channels: 4, kernel: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  s: {op: add, from: [b, bn]}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  p: {op: global_avg_pool}\n"},
    {"else it is a parameter of one value for each channel",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  s: {op: add, from: [bn, r]}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  s_constant: {op: parameter, shape: [4]}\n"
     "  s: {op: add, from: [r, s_constant]}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n"},
    {"behind a padded convolution a border is left, and its different rows and columns are kept",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  bn: {op: batch_norm}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  s: {op: add, from: [c, r]}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  s_constant: {op: parameter, shape: [4,3,3]}\n"
     "  s_repeated: {op: replicate_pad, top: 5, left: 5}\n"
     "  s_moved: {op: roll, rows: 1, columns: 1}\n"
     "  s: {op: add, from: [r, s_moved]}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n"},
    {"into what reads it without padding: layers, normalisations and sums",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  s: {op: add, from: [b, r]}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1, groups: 2, bias: false}\n"
     "  bn: {op: batch_norm, from: s}\n"
     "  d: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false, from: r}\n"
     "  t: {op: add, from: [s, d, bn, c]}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1, groups: 2}\n"
     "  bn: {op: batch_norm, from: r}\n"
     "  d: {op: conv2d, from: r, channels: 4, kernel: 3, pad: 1}\n"
     "  t: {op: add, from: [r, d, bn, c]}\n"
     "  r2: {op: relu}\n"
     "  p: {op: global_avg_pool}\n"},
    {"not into what pads it",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  s: {op: add, from: [b, r]}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  s_constant: {op: parameter, shape: [4]}\n"
     "  s: {op: add, from: [r, s_constant]}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  p: {op: global_avg_pool}\n"},
    {"of a concatenation the layer behind reads the rest, and has the constant in its bias",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  b: {op: conv2d, channels: 2, kernel: 3, pad: 1}\n"
     "  j: {op: concat, from: [a, b]}\n"
     "  bn: {op: batch_norm}\n"
     "  r: {op: relu}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1, bias: false}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  r: {op: relu}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1}\n"
     "  p: {op: global_avg_pool}\n"},
    {"where it pads a map is added",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  b: {op: conv2d, channels: 2, kernel: 3, pad: 1}\n"
     "  j: {op: concat, from: [a, b]}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  c_constant: {op: parameter, shape: [4,3,3]}\n"
     "  c_repeated: {op: replicate_pad, top: 5, left: 5}\n"
     "  c_moved: {op: roll, rows: 1, columns: 1}\n"
     "  c_sum: {op: add, from: [c, c_moved]}\n"
     "  p: {op: global_avg_pool}\n"},
    {"a transposed layer has borders of its own",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  b: {op: conv2d, channels: 2, kernel: 3, pad: 1}\n"
     "  j: {op: concat, from: [a, b]}\n"
     "  c: {op: conv_transpose2d, channels: 3, kernel: 3, stride: 2, pad: 1, bias: false}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  c: {op: conv_transpose2d, channels: 3, kernel: 3, stride: 2, pad: 1, bias: false}\n"
     "  c_constant: {op: parameter, shape: [3,15,15]}\n"
     "  c_sum: {op: add, from: [c, c_constant]}\n"
     "  p: {op: global_avg_pool}\n"},
    {"channels of zeros go, with all that only they feed",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  r: {op: prelu, num_parameters: 4}\n"
     "  d: {op: conv2d, channels: 4, kernel: 3, pad: 1, groups: 4}\n"
     "  r2: {op: relu}\n"
     "  f: {op: flatten}\n"
     "  fc: {op: linear, features: 2}\n",
     "", "a.weight", false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 2, kernel: 3, pad: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  r: {op: prelu, num_parameters: 2}\n"
     "  d: {op: conv2d, channels: 2, kernel: 3, pad: 1, groups: 2}\n"
     "  r2: {op: relu}\n"
     "  f: {op: flatten}\n"
     "  fc: {op: linear, features: 2}\n"},
    {"of a sum both operands keep them, and of groups whole ones go",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1, groups: 2}\n"
     "  s: {op: add, from: [b, r]}\n"
     "  p: {op: global_avg_pool}\n",
     "", "b.weight", false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1, groups: 2}\n"
     "  s: {op: add, from: [b, r]}\n"
     "  p: {op: global_avg_pool}\n"},
    {"what nobody reads goes up to the input",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  r: {op: relu}\n"
     "  t: {op: slice, start: 1, count: 2}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1}\n"
     "  p: {op: global_avg_pool}\n",
     "", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  b: {op: conv2d, channels: 2, kernel: 3, pad: 1}\n"
     "  r: {op: relu}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1}\n"
     "  p: {op: global_avg_pool}\n"},
    {"a gate that says one is left out, and any other stays as factors",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  g: {op: global_avg_pool}\n"
     "  q: {op: linear, features: 4}\n"
     "  h: {op: sigmoid}\n"
     "  m: {op: mul, from: [a, h]}\n"
     "  k: {op: constant, shape: [4], value: 1}\n"
     "  m2: {op: mul, from: [m, k]}\n"
     "  p: {op: global_avg_pool}\n",
     "q", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  m_constant: {op: parameter, shape: [4]}\n"
     "  m: {op: mul, from: [a, m_constant]}\n"
     "  p: {op: global_avg_pool}\n"},
    {"normalisations go into the layers before, if that is wanted",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv_transpose2d, channels: 6, kernel: 2, groups: 2}\n"
     "  n2: {op: batch_norm}\n"
     "  g: {op: global_avg_pool}\n"
     "  fc: {op: linear, features: 3}\n"
     "  n3: {op: batch_norm}\n",
     "", NULL, true,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv_transpose2d, channels: 6, kernel: 2, groups: 2}\n"
     "  g: {op: global_avg_pool}\n"
     "  fc: {op: linear, features: 3}\n"},
    {"not where others read the layer",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  s: {op: add, from: [bn, a]}\n"
     "  p: {op: global_avg_pool}\n",
     "", NULL, true,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  bn: {op: batch_norm}\n"
     "  s: {op: add, from: [bn, a]}\n"
     "  p: {op: global_avg_pool}\n"},
    {"what lends its size stays as a map of zeros",
     "  a: {op: conv2d, channels: 4, kernel: 3, stride: 2, pad: 1}\n"
     "  b: {op: conv2d, from: input, channels: 2, kernel: 3, pad: 1}\n"
     "  u: {op: resize, from: [a, b]}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, stride: 2, pad: 1}\n"
     "  u_constant: {op: parameter, shape: [1,1,1]}\n"
     "  u_repeated: {op: replicate_pad, top: 7, left: 7}\n"
     "  u: {op: resize, from: [a, u_repeated]}\n"
     "  p: {op: global_avg_pool}\n"},
    {"a constant of the output stays where it is",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  s: {op: add, from: [b, r]}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  s_constant: {op: parameter, shape: [4]}\n"
     "  s: {op: add, from: [r, s_constant]}\n"},
    {"a slice of fewer channels begins at another",
     "  a: {op: conv2d, channels: 6, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  t: {op: slice, start: 2, count: 3}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1}\n"
     "  u: {op: slice, from: r, count: 1}\n"
     "  d: {op: conv2d, channels: 4, kernel: 1}\n"
     "  s: {op: mul, from: [c, d]}\n"
     "  p: {op: global_avg_pool}\n",
     "", "a.weight", false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 3, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  t: {op: slice, start: 1, count: 2}\n"
     "  c: {op: conv2d, channels: 4, kernel: 1}\n"
     "  u: {op: slice, from: r, count: 1}\n"
     "  d: {op: conv2d, channels: 4, kernel: 1}\n"
     "  s: {op: mul, from: [c, d]}\n"
     "  p: {op: global_avg_pool}\n"},
    {"a sum that nothing else fills keeps a map",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  g: {op: global_avg_pool}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1, from: a}\n"
     "  s: {op: add, from: [b, g]}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  g: {op: global_avg_pool}\n"
     "  s_constant: {op: parameter, shape: [4,1,1]}\n"
     "  s_repeated: {op: replicate_pad, top: 7, left: 7}\n"
     "  s: {op: add, from: [g, s_repeated]}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  p: {op: global_avg_pool}\n"},
    {"what differs by place and by channel is spread as the sum spreads it",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  b: {op: conv2d, channels: 1, kernel: 3, pad: 1, from: input}\n"
     "  b2: {op: conv2d, channels: 1, kernel: 3, pad: 1}\n"
     "  s: {op: add, from: [b2, a]}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  s_constant: {op: parameter, shape: [4,3,3]}\n"
     "  s_repeated: {op: replicate_pad, top: 5, left: 5}\n"
     "  s_moved: {op: roll, rows: 1, columns: 1}\n"
     "  s: {op: add, from: [a, s_moved]}\n"
     "  p: {op: global_avg_pool}\n"},
    {"sums in a row have one constant",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  s: {op: add, from: [b, r]}\n"
     "  d: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  t: {op: add, from: [d, s]}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  p: {op: global_avg_pool}\n",
     "b d", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  r: {op: relu}\n"
     "  t_constant: {op: parameter, shape: [4]}\n"
     "  t: {op: add, from: [r, t_constant]}\n"
     "  c: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  p: {op: global_avg_pool}\n"},
    {"dropout stays, for training",
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  d: {op: dropout}\n"
     "  b: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
     "  s: {op: add, from: [b, d]}\n"
     "  p: {op: global_avg_pool}\n",
     "b", NULL, false,
     "nodes:\n"
     "  a: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
     "  d: {op: dropout}\n"
     "  p: {op: global_avg_pool}\n"},
};

static void zero_channels(nt_weights *weights, const char *name) {
    nt_tensor tensor = *nt_weights_find(weights, name);
    int64_t elements = nt_shape_elements(tensor.type.shape);
    int64_t row = elements / tensor.type.shape.dim[0];
    float *rows = nt_alloc((size_t)elements * sizeof *rows);
    nt_tensor_to_rows(tensor.type, tensor.f, rows);
    for (int64_t e = 0; e < elements; e++)
        rows[e] = e / row % 2 ? 0 : rows[e];
    nt_tensor_from_rows(tensor.type, rows, tensor.f);
    nt_free(rows, (size_t)elements * sizeof *rows);
}

static void run_case(const rule_case *c) {
    nt_edit edits[MOST_EDITS];
    nt_shrunk shrunk;
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, HEAD "nodes:\n%s", c->nodes);
    nt_network *network = load(text.bytes);
    nt_weights *weights = lived_in(network, 3);
    if (c->zeros)
        zero_channels(weights, c->zeros);
    int count = edits_of(network, c->remove, edits);
    assert_true(shrink_checked(network, weights, edits, count, c->fold, 1e-5, c->what, &shrunk));
    nt_text_clear(&text);
    assert_int_equal(nt_network_write(shrunk.network, &text), NT_OK);
    const char *left = strstr(text.bytes, "nodes:");
    if (strcmp(left, c->left) != 0)
        fail_msg("%s:\n%s", c->what, left);
    nt_text_finish(&text);
    nt_shrunk_finish(&shrunk);
    nt_weights_free(weights);
    nt_network_free(network);
}

static void test_rules(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run_case(&cases[i]);
}

/* --- files ------------------------------------------------------------------------------------ */

static const char written[] =
    "version: 1\n"
    "graph: resnet8\n"
    "doc: \"He et al., CVPR 2016, arXiv 1512.03385\"\n"
    "input: [3, 32, 32]\n"
    "\n"
    "blocks:\n"
    "  basic:\n"
    "    nodes:\n"
    "      conv1: {op: conv2d, channels: 16, kernel: 3, pad: 1, bias: false}\n"
    "      bn1: {op: batch_norm}\n"
    "      relu1: {op: relu}\n"
    "      conv2: {op: conv2d, channels: 16, kernel: 3, pad: 1, bias: false}\n"
    "      bn2: {op: batch_norm}\n"
    "      add: {op: add, from: [bn2, input]}\n"
    "      relu2: {op: relu}\n"
    "  basic_2:\n"
    "    params: {channels: }\n"
    "    nodes:\n"
    "      conv1: {op: conv2d, channels: $channels, kernel: 3, stride: 2, pad: 1, bias: false}\n"
    "      bn1: {op: batch_norm}\n"
    "      relu1: {op: relu}\n"
    "      conv2: {op: conv2d, channels: $channels, kernel: 3, pad: 1, bias: false}\n"
    "      bn2: {op: batch_norm}\n"
    "      downsample:\n"
    "        from: input\n"
    "        nodes:\n"
    "          \"0\": {op: conv2d, channels: $channels, kernel: 1, stride: 2, bias: false}\n"
    "          \"1\": {op: batch_norm}\n"
    "      add: {op: add, from: [bn2, downsample.1]}\n"
    "      relu2: {op: relu}\n"
    "  layer1:\n"
    "    nodes:\n"
    "      \"0\": {block: basic}\n"
    "  layer2:\n"
    "    nodes:\n"
    "      \"0\": {block: basic_2, channels: 32}\n"
    "  layer3:\n"
    "    nodes:\n"
    "      \"0\": {block: basic_2, channels: 64}\n"
    "\n"
    "nodes:\n"
    "  conv1: {op: conv2d, channels: 16, kernel: 3, pad: 1, bias: false}\n"
    "  bn1: {op: batch_norm}\n"
    "  relu: {op: relu}\n"
    "  layer1: {block: layer1}\n"
    "  layer2: {block: layer2}\n"
    "  layer3: {block: layer3}\n"
    "  avgpool: {op: global_avg_pool}\n"
    "  fc: {op: linear, features: 10}\n";

/* What units have in common is one block, and what they differ in its params. */
static void test_blocks(void **state) {
    (void)state;
    nt_network *network = NULL;
    nt_error error;
    nt_text text;
    nt_error_init(&error);
    nt_text_init(&text);
    assert_int_equal(nt_network_load(GRAPHS "/resnet8.yaml", NULL, 0, &network, &error), NT_OK);
    assert_int_equal(nt_network_write(network, &text), NT_OK);
    assert_string_equal(text.bytes, written);
    nt_text_finish(&text);
    nt_network_free(network);
    nt_error_finish(&error);
}

/* Names that don't nest: a group ends and begins again. Every layer is listed. */
static void test_listed(void **state) {
    (void)state;
    nt_network *network = load(HEAD "nodes:\n"
                                    "  a.b: {op: relu}\n"
                                    "  c: {op: relu6}\n"
                                    "  a.d: {op: elu}\n");
    nt_text own, resolved;
    nt_text_init(&own);
    nt_text_init(&resolved);
    assert_int_equal(nt_network_write(network, &own), NT_OK);
    assert_int_equal(nt_network_resolve(network, &resolved), NT_OK);
    assert_string_equal(own.bytes, resolved.bytes);
    nt_text_finish(&own);
    nt_text_finish(&resolved);
    nt_network_free(network);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_blocks),
                                       cmocka_unit_test(test_listed)};
    return cmocka_run_group_tests_name("shrink", tests, NULL, NULL);
}
