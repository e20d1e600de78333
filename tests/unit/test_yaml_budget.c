/* One document has one budget, whatever draws on it: names, tags, params, lists, joined texts,
 * references, expressions, walks between sums. Each is refused in these words, at a place, and half
 * a dozen of the same are fine. */
#include "support_yaml.h"

#include "alloc.h"
#include "budget.h"

#define BYTES "what the file says takes more than 112 MiB when it is expanded"
#define STEPS "expanding the file takes more than 10000000 steps"
#define INSTRUCTIONS "the file's expressions take more than 20000000 instructions together"
#define LONG_NAME                                                                                  \
    "the node's name, with those of the blocks that it lies in, is longer than 400 characters"

/* A text in which %d is how often something is; of so many it is refused, of `few` it is not. */
typedef struct example {
    const char *what, *text;
    int few, many;
    const char *message;
    uint32_t line; /* of the place; 0: the whole file */
} example;

static const example examples[] = {
    {"tags",
     HEAD "nodes:\n  n$i: {op: relu, tags: [\"${('a'):rep(4000000)}\"], repeat: {i: '1..%d'}}\n", 2,
     90000, BYTES, 5},
    {"tags of a group",
     HEAD "nodes:\n  g: {tags: \"${('a'):rep(200000)}\",\n      nodes: {n$i: {op: relu, "
          "repeat: {i: '1..%d'}}}}\n",
     6, 90000, BYTES, 6},
    {"params",
     HEAD "blocks: {b: {params: {k: }, nodes: {r: {op: relu}}}}\nnodes:\n  n$i: {block: b, k: "
          "\"${('a'):rep(5000000)}\", repeat: {i: '1..%d'}}\n",
     2, 40000, BYTES, 6},
    {"lists",
     HEAD
     "blocks: {b: {params: {k: }, nodes: {r: {op: relu}}}}\nnodes:\n  n$i: {block: b, k: "
     "\"${(function() local s, t = ('a'):rep(5000), {} for k = 1, 2000 do t[k] = s end return t "
     "end)()}\", repeat: {i: '1..%d'}}\n",
     6, 40000, BYTES, 6},
    {"defaults",
     HEAD "blocks:\n  b:\n    params: {k: \"${('a'):rep(5000000)}\"}\n    nodes: {r: {op: relu}}\n"
          "nodes: {n$i: {block: b, repeat: {i: '1..%d'}}}\n",
     2, 40000, BYTES, 6},
    {"joined texts",
     HEAD "params:\n  a: \"${('a'):rep(%d)}\"\n  b: "
          "\"$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a$a\"\nnodes: {r: "
          "{op: relu}}\n",
     60, 4000000, BYTES, 6},
    {"prefixes",
     HEAD "nodes:\n  \"${('a'):rep(380)}\":\n    nodes: {n$i: {nodes: {r: {op: relu}}, repeat: {i: "
          "'1..%d'}}}\n",
     6, 49000, BYTES, 6},
    {"layers", HEAD "nodes:\n  n$i: {op: batch_norm, repeat: {i: '1..%d'}}\n", 6, 99000, BYTES, 5},
    {"inputs by name",
     HEAD "nodes:\n  \"${('a'):rep(380)}$i\": {op: relu, from: input, repeat: {i: '1..8'}}\n"
          "  c$i: {op: concat, repeat: {i: '1..%d'}, from: [\"${('a'):rep(380)}1\", "
          "\"${('a'):rep(380)}2\",\n      \"${('a'):rep(380)}3\", \"${('a'):rep(380)}4\", "
          "\"${('a'):rep(380)}5\", \"${('a'):rep(380)}6\"]}\n",
     6, 90000, STEPS, 6},
    {"sums that reach back",
     HEAD "nodes:\n  a0: {op: relu}\n  a$i: {op: add, from: [input, \"a${i - 1}\"], repeat: {i: "
          "'1..%d'}}\n",
     60, 40000, STEPS, 0},
    {"instructions",
     HEAD
     "nodes:\n  n$i: {op: relu, repeat: {i: '1..%d'},\n        when: \"${(function() for k = 1, "
     "90000 do end return true end)()}\"}\n",
     6, 40000, INSTRUCTIONS, 6},
    {"evaluations",
     HEAD "nodes:\n  n: {op: relu, when: \"${i < 0 and i < 1 and i < 2}\", repeat: {i: '1..9', j: "
          "'1..9', k: '1..%d'}}\n",
     6, 300, NULL, 0},
    {"work of the library",
     HEAD "nodes:\n  n$i: {op: relu, when: \"${#('a'):rep(1000000) > 0}\", repeat: {i: '1..%d'}}\n",
     6, 40000, INSTRUCTIONS, 5},
    {"names", HEAD "nodes:\n  n: {op: relu}\n  \"${('a'):rep(%d)}\": {op: relu}\n", 400, 401,
     LONG_NAME, 6},
    {"names with those around",
     HEAD "nodes:\n  \"${('a'):rep(200)}\":\n    nodes: {\"${('a'):rep(%d)}\": {op: relu}}\n", 199,
     200, LONG_NAME, 6},
};

static nt_status load_times(const example *e, int times, nt_error *error) {
    char text[4096];
    nt_network *network = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = snprintf(text, sizeof text, e->text, times);
#pragma GCC diagnostic pop
    assert_true(length > 0 && length < (int)sizeof text);
    nt_status status =
        nt_network_load_text("net.yaml", text, (size_t)length, NULL, 0, &network, error);
    nt_network_free(network);
    return status;
}

/* Memory that is slow to come counts as instructions, of which there may then be too many before
 * there is too much memory. */
static bool is_said(const char *message, const char *wanted) {
    return strcmp(message, wanted) == 0 ||
           (strcmp(wanted, BYTES) == 0 && strcmp(message, INSTRUCTIONS) == 0);
}

static void check_refused(const example *e, const nt_error *error) {
    char where[32];
    const nt_diagnostic *item = &error->items[error->count - 1];
    snprintf(where, sizeof where, e->line ? "net.yaml:%u:" : "net.yaml", e->line);
    if (!is_said(item->message, e->message) || strncmp(item->where, where, strlen(where)) != 0 ||
        !item->hint)
        fail_msg("%s: %s: %s; %s", e->what, item->where, item->message, item->hint);
}

static void test_examples(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const example *e = &examples[i];
        size_t before = nt_alloc_in_use();
        nt_error error;
        nt_error_init(&error);
        if (load_times(e, e->few, &error) != NT_OK)
            fail_msg("%s: %s: %s", e->what, error.items[0].where, error.items[0].message);
        nt_status status = load_times(e, e->many, &error);
        if (status != (e->message ? NT_INVALID : NT_OK))
            fail_msg("%s: status %d", e->what, (int)status);
        if (e->message)
            check_refused(e, &error);
        nt_error_finish(&error);
        assert_int_equal(nt_alloc_in_use(), before);
    }
}

/* What is held at most while a document is refused. */
static void test_peak(void **state) {
    (void)state;
    size_t before = nt_alloc_in_use();
    nt_error error;
    nt_error_init(&error);
    load_times(&examples[0], examples[0].many, &error);
    nt_error_finish(&error);
    assert_true(nt_alloc_peak() - before < (size_t)(NT_BUDGET_BYTES + (40 << 20)));
}

/* An error that was said before stays the first, and the budget's is said once. */
static void test_after_errors(void **state) {
    (void)state;
    static const char text[] = HEAD
        "nodes:\n  a: {op: rleu}\n  n$i: {op: relu, tags: [\"${('a'):rep(4000000)}\"], repeat: {i: "
        "'1..9000'}}\n  b: {op: rleu}\n";
    nt_network *network = NULL;
    nt_error error;
    nt_error_init(&error);
    nt_status status =
        nt_network_load_text("net.yaml", text, sizeof text - 1, NULL, 0, &network, &error);
    assert_int_equal(status, NT_INVALID);
    assert_int_equal(error.count, 2);
    assert_string_equal(error.items[0].message, "no op 'rleu'");
    assert_true(is_said(error.items[1].message, BYTES));
    nt_error_finish(&error);
}

static void test_counters(void **state) {
    (void)state;
    nt_budget budget;
    nt_error error;
    nt_error_init(&error);
    nt_budget_init(&budget);
    assert_true(nt_budget_take_steps(&budget, NT_BUDGET_STEPS));
    assert_true(nt_budget_take_steps(&budget, 0));
    assert_true(nt_budget_take_bytes(&budget, 1));
    assert_true(nt_budget_has_room(&budget, NT_BUDGET_BYTES - 1));
    assert_int_equal(nt_budget_say(&budget, NULL, &error), NT_NO_MEMORY);
    assert_false(nt_budget_take_steps(&budget, 1));
    assert_false(nt_budget_take_bytes(&budget, 1)); /* one that is spent refuses all */
    assert_false(nt_budget_take_instructions(&budget, 1));
    assert_false(nt_budget_has_room(&budget, 1));
    assert_int_equal(nt_budget_say(&budget, NULL, &error), NT_INVALID);
    assert_int_equal(nt_budget_say(&budget, NULL, &error), NT_INVALID);
    assert_int_equal(error.count, 2);
    assert_string_equal(error.items[1].message, STEPS);
    assert_true(nt_budget_take_bytes(NULL, SIZE_MAX));
    nt_error_finish(&error);
}

/* An arena with a budget hands out nothing past it, and its chunks are what is counted. */
static void test_arena(void **state) {
    (void)state;
    nt_budget budget;
    nt_arena arena;
    nt_budget_init(&budget);
    nt_arena_init(&arena);
    arena.budget = &budget;
    assert_non_null(nt_arena_alloc(&arena, 1 << 20));
    assert_true(arena.held >= 1 << 20);
    assert_int_equal(budget.bytes, NT_BUDGET_BYTES - arena.held);
    assert_null(nt_arena_alloc(&arena, NT_BUDGET_BYTES));
    assert_int_equal(budget.passed, NT_BUDGET_OF_BYTES);
    nt_arena_finish(&arena);
    assert_int_equal(arena.held, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),     cmocka_unit_test(test_peak),
        cmocka_unit_test(test_after_errors), cmocka_unit_test(test_counters),
        cmocka_unit_test(test_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
