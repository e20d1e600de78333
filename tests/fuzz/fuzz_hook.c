/* Any text as an ablation hook, on a small network: to its end, and where it asks, with answers
 * that are made up. Limits are lower than a run's, so that endless loops end. The same script gives
 * the same cases once more. */
#include "hook.h"
#include "mutate_lines.h"
#include "network_file.h"
#include "scratch.h"
#include "target.h"
#include <string.h>

enum { MOST_QUESTIONS = 20 };

static const char graph[] = "version: 1\ngraph: tiny\ninput: [1, 4, 4]\nnodes:\n"
                            "  conv1: {op: conv2d, channels: 2, kernel: 3, pad: 1, tags: stem}\n"
                            "  bn1:   {op: batch_norm}\n"
                            "  relu:  {op: relu}\n"
                            "  conv2: {op: conv2d, channels: 2, kernel: 3, pad: 1}\n"
                            "  add:   {op: add, from: [conv2, relu]}\n"
                            "  pool:  {op: global_avg_pool}\n"
                            "  fc:    {op: linear, features: 3}\n";

static const nt_hook_limits limits = {
    .instructions = 1e5, .seconds = 10, .memory = 1.0 / 128, .questions = 1000};

static void add_cases(nt_text *text, const nt_cases *cases) {
    for (int32_t c = 0; c < cases->count; c++) {
        const nt_case *item = &cases->items[c];
        assert(item->count >= 0);
        nt_text_add_quoted(text, item->name);
        for (int32_t i = 0; i < item->count; i++) {
            assert(i == 0 || item->layers[i] > item->layers[i - 1]);
            nt_text_printf(text, " %d %s", (int)item->layers[i], item->edits[i].kind->kind.name);
        }
        nt_text_add(text, "\n");
    }
}

/* Drives a hook that asks. */
static nt_status drive(const char *path, const nt_network *network, nt_text *ret, nt_error *error) {
    static const nt_answer made = {"accuracy", 0.5, 1, 5, 10, -0.25, NULL};
    nt_answer answers[MOST_QUESTIONS];
    nt_cases questions = {.count = 0}, cases;
    nt_hook *hook;
    nt_status status = nt_hook_new(path, network, NULL, 0, &limits, NULL, NULL, &hook, error);
    if (status != NT_OK)
        return status;
    bool ended = false;
    for (int asked = 0; status == NT_OK && !ended && asked < MOST_QUESTIONS; asked++) {
        for (int32_t i = 0; i < questions.count; i++)
            answers[i] = made;
        status = nt_hook_next(hook, asked ? answers : NULL, &questions, error);
        ended = status == NT_OK && questions.count == 0;
        if (status == NT_OK && questions.count > MOST_QUESTIONS)
            break;
        if (status == NT_OK)
            add_cases(ret, &questions);
    }
    if (ended)
        status = nt_hook_result(hook, &cases, error);
    if (ended && status == NT_OK) {
        add_cases(ret, &cases);
        nt_cases_finish(&cases);
    }
    nt_hook_free(hook);
    return status;
}

static void run(const char *path, const nt_network *network, nt_text *ret) {
    nt_error error;
    nt_cases cases;
    nt_error_init(&error);
    nt_status status = nt_hook_run(path, network, NULL, 0, &limits, NULL, NULL, &cases, &error);
    if (status == NT_OK) {
        bool asks = cases.asks;
        add_cases(ret, &cases);
        nt_cases_finish(&cases);
        if (asks)
            status = drive(path, network, ret, &error);
    }
    check_outcome(status, &error);
    nt_error_format(&error, false, ret);
    nt_error_finish(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static nt_network *network;
    nt_text first, second;
    if (!network) {
        nt_error error;
        nt_error_init(&error);
        nt_status status =
            nt_network_load_text("tiny.yaml", graph, sizeof graph - 1, NULL, 0, &network, &error);
        assert(status == NT_OK);
    }
    size_t before = nt_alloc_in_use();
    const char *path = scratch_put("hook.lua", data, size);
    nt_text_init(&first);
    nt_text_init(&second);
    run(path, network, &first);
    run(path, network, &second);
    assert(strcmp(first.bytes, second.bytes) == 0);
    nt_text_finish(&first);
    nt_text_finish(&second);
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {"net",
                                        "options",
                                        "net:nodes",
                                        "net:node",
                                        "\"conv2d\"",
                                        "\"conv1\"",
                                        "name",
                                        "zero",
                                        "mean",
                                        "noise",
                                        "reinit",
                                        "prune",
                                        "share",
                                        "deviation",
                                        "seed",
                                        "channels",
                                        "drop",
                                        "branch",
                                        "remark",
                                        "control_of",
                                        "ipairs",
                                        "pairs",
                                        "string.format",
                                        "string.rep",
                                        "table.sort",
                                        "table.concat",
                                        "table.unpack",
                                        "pcall",
                                        "error",
                                        "tostring",
                                        "select",
                                        "math.random",
                                        "net:evaluate",
                                        "net:evaluate_all",
                                        "value",
                                        "change",
                                        "setmetatable",
                                        "load",
                                        "coroutine",
                                        "\"%p\"",
                                        "\"%99999d\"",
                                        "math.huge",
                                        "#",
                                        "..",
                                        "nil",
                                        "_ENV",
                                        "_G",
                                        "goto",
                                        NULL};
    static const char *const lines[] = {
        "local cases = {}",
        "for i, conv in ipairs(net:nodes(\"conv2d\")) do cases[i] = {name = conv.name, zero = "
        "conv} end",
        "return {{name = \"a\", zero = {\"conv1\"}}}",
        "local r = net:evaluate{zero = {\"conv2\"}}",
        "local s = (\"x\"):rep(1000)",
        "pcall(error, {})",
        "table.sort(cases, function(a, b) return a.name < b.name end)",
        "print((\"%s %d\"):format(net, 3))",
        "local t = {} t[t] = t",
        "if net:node(\"conv1\").kernel then error(\"no\") end",
        "while true do end",
        "local function f() return f() + 1 end f()",
        NULL};
    return mutate_lines(data, size, most, seed, words, lines);
}
