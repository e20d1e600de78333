/* Any text as a suite file, beside a graph, a hook and another suite. What loads is written, and
 * what was written loads as the same. */
#include "mutate_lines.h"
#include "scratch.h"
#include "suite_file.h"
#include "suite_write.h"
#include "target.h"
#include <string.h>

static const char graph[] =
    "version: 1\ngraph: tiny\nparams: {width: 2}\ninput: [1, 4, 4]\nnodes:\n"
    "  conv1: {op: conv2d, channels: $width, kernel: 3}\n"
    "  pool:  {op: global_avg_pool}\n";
static const char hook[] = "return function(net) return {} end\n";
static const char other[] = "version: 1\nsuite: other\ngraph: net.yaml\nmargin: 0.02\n"
                            "data: {kind: phantom}\nweights: w.safetensors\n"
                            "groups: {each: {hook: each.lua}}\n";

static nt_status load(const char *path, nt_suite **ret) {
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_suite_load(path, NULL, 0, ret, &error);
    check_outcome(status, &error);
    nt_error_finish(&error);
    return status;
}

static void write(const nt_suite *suite, nt_text *text) {
    const nt_data_info info = {.kind = suite->data.kind};
    const nt_suite_resolved resolved = {.info = &info, .metric = suite->evaluate.metric};
    nt_status status = nt_suite_write(suite, &resolved, text);
    assert(status == NT_OK);
}

static void check_written(const nt_suite *suite) {
    nt_suite *again;
    nt_text first, second;
    nt_text_init(&first);
    nt_text_init(&second);
    write(suite, &first);
    nt_status status = load(scratch_put("again.yaml", first.bytes, first.length), &again);
    assert(status == NT_OK);
    write(again, &second);
    assert(strcmp(first.bytes, second.bytes) == 0);
    nt_suite_free(again);
    nt_text_finish(&first);
    nt_text_finish(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool begun;
    nt_suite *suite;
    if (!begun) {
        scratch_put("net.yaml", graph, sizeof graph - 1);
        scratch_put("each.lua", hook, sizeof hook - 1);
        scratch_put("other.yaml", other, sizeof other - 1);
        begun = true;
    }
    size_t before = nt_alloc_in_use();
    if (load(scratch_put("suite.yaml", data, size), &suite) == NT_OK) {
        check_written(suite);
        nt_suite_free(suite);
    }
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {
        "kind",      "root",      "idx",     "cifar10",      "phantom",
        "pairs",     "folder",    "npy",     "hold_out",     "normalise",
        "mean",      "deviation", "epochs",  "batch",        "loss",
        "optimiser", "sgd",       "adamw",   "schedule",     "one_cycle",
        "step",      "cosine",    "augment", "crop",         "flip",
        "seeds",     "evaluate",  "split",   "limit",        "first",
        "metrics",   "accuracy",  "dice",    "groups",       "hook",
        "options",   "title",     "margin",  "decide",       "estimate",
        "images",    "retrain",   "from",    "initial",      "weights",
        "train",     "set",       "width",   "graph",        "include",
        "shards",    "frozen",    "rates",   "snapshots",    "checkpoint_every",
        "test",      "held_out",  "running", "recalibrated", "trained",
        "true",      "false",     NULL};
    static const char *const lines[] = {
        "include: other.yaml",
        "seeds: [0, 1]",
        "set: {width: 3}",
        "augment: [{crop: {pad: 4}}, flip]",
        "estimate: {by: [magnitude, fisher], images: 10}",
        "schedule: {kind: step, rate: 0.1, at: [1, 2]}",
        "more: {hook: each.lua, title: T, options: {a: [1, x], b: true}}",
        "retrain: {epochs: 1}",
        "frozen: [\"conv*\"]",
        "rates: {\"conv*\": 0.5}",
        "snapshots: [1, 2]",
        "loss: [{op: softmax_cross_entropy}, {op: dice, weight: 0.5}]",
        "weights: w.safetensors",
        "weights: {file: w.pt, prefix: module.}",
        "decide: test_set",
        "normalise: {mean: [0.5], deviation: [0.25]}",
        NULL};
    return mutate_lines(data, size, most, seed, words, lines);
}
