#include "network_checks.h"

#include "network_file.h"
#include "target.h"
#include <string.h>

enum { MOST_LAYERS = 300 }; /* of those that are written again: more only takes time */

const char *const network_words[] = {"input",
                                     "output",
                                     "channels",
                                     "kernel",
                                     "stride",
                                     "pad",
                                     "bias",
                                     "true",
                                     "false",
                                     "conv2d",
                                     "relu",
                                     "batch_norm",
                                     "add",
                                     "concat",
                                     "max_pool",
                                     "linear",
                                     "dropout",
                                     "features",
                                     "global_avg_pool",
                                     "$i",
                                     "$width",
                                     "${i}",
                                     "${i + 1}",
                                     "1..3",
                                     "1..",
                                     "0..9",
                                     "unit",
                                     "stage",
                                     "from",
                                     "op",
                                     "block",
                                     "nodes",
                                     "when",
                                     "repeat",
                                     "tags",
                                     "doc",
                                     "params",
                                     "blocks",
                                     "version",
                                     "graph",
                                     "include",
                                     "outputs",
                                     "inputs",
                                     "shape",
                                     "dtype",
                                     "float32",
                                     "int32",
                                     "groups",
                                     "dilation",
                                     "ceil_mode",
                                     "flatten",
                                     "mul",
                                     "sigmoid",
                                     "softmax",
                                     "resize",
                                     "slice",
                                     "parameter",
                                     "choices",
                                     "default",
                                     "input.channels",
                                     "*a",
                                     "&a",
                                     "${('x'):rep(99)}",
                                     "weighted_sum",
                                     "stochastic_depth",
                                     NULL};

const char *const network_lines[] = {"a: {op: relu}",
                                     "c: {op: conv2d, channels: 2, kernel: 3, pad: 1}",
                                     "b: {op: batch_norm}",
                                     "s: {op: add, from: [a, b]}",
                                     "u$i: {op: relu, repeat: {i: \"1..3\"}}",
                                     "v: {block: unit, channels: 2}",
                                     "w: {when: \"${input.channels == 1}\", op: relu}",
                                     "n: {nodes: {x: {op: relu}, y: {op: relu}}, output: x}",
                                     "blocks:",
                                     "  unit: {params: {channels: }, nodes: {0: {op: relu}}}",
                                     "params: {width: 2}",
                                     "outputs: [a, b]",
                                     "when: false",
                                     "repeat: {i: [1, 2], j: \"1..2\"}",
                                     "tags: [x, y]",
                                     "from: input",
                                     "anchor: &x {op: relu}",
                                     "alias: *x",
                                     "<<: *x",
                                     "include: parts/unit.yaml",
                                     "p: {op: parameter, shape: [1, 2, 2]}",
                                     "m: {op: max_pool, kernel: 2, stride: 2}",
                                     NULL};

static void check_again(const nt_network *network, const nt_text *text) {
    nt_network *again = NULL;
    nt_text dump, dump_again;
    nt_error error;
    nt_error_init(&error);
    nt_text_init(&dump);
    nt_text_init(&dump_again);
    nt_status status =
        nt_network_load_text("again.yaml", text->bytes, text->length, NULL, 0, &again, &error);
    assert(status == NT_OK);
    nt_graph_dump(network->graph, &dump);
    nt_graph_dump(again->graph, &dump_again);
    assert(strcmp(dump.bytes, dump_again.bytes) == 0);
    nt_network_free(again);
    nt_text_finish(&dump);
    nt_text_finish(&dump_again);
    nt_error_finish(&error);
}

static void check_written(const nt_network *network) {
    nt_text text;
    nt_text_init(&text);
    nt_status status = nt_network_resolve(network, &text);
    assert(status == NT_OK);
    check_again(network, &text);
    nt_text_clear(&text);
    status = nt_network_write(network, &text);
    assert(status == NT_OK);
    check_again(network, &text);
    nt_text_finish(&text);
}

int check_network(const char *text, size_t length) {
    nt_error error;
    nt_network *network = NULL;
    size_t before = nt_alloc_in_use();
    nt_error_init(&error);
    nt_status status = nt_network_load_text("fuzz.yaml", text, length, NULL, 0, &network, &error);
    check_outcome(status, &error);
    if (status == NT_OK) {
        assert(!nt_graph_flaw(network->graph));
        if (network->layer_count <= MOST_LAYERS)
            check_written(network);
        nt_network_free(network);
    }
    nt_error_finish(&error);
    assert(nt_alloc_in_use() == before);
    return status == NT_OK;
}
