/* Graph files that a grammar makes, so that most of them get as far as being expanded: the input's
 * bytes are the choices. Blocks in blocks, repeats, conditions, expressions, params and names. */
#include "network_checks.h"
#include "target.h"
#include "text.h"

enum { DEEPEST = 5, BLOCKS = 3, MOST_BYTES = 1 << 14 };

typedef struct choices {
    const uint8_t *data;
    size_t size;
    nt_text text;
    int next; /* a number for names */
} choices;

/* When the input has ended, 0. */
static int choose(choices *c, int limit) {
    if (c->size == 0)
        return 0;
    c->size--;
    return *c->data++ % limit;
}

static void add_number(choices *c) {
    static const char *const numbers[] = {"1",      "2",         "3",        "$width",
                                          "$n",     "${n * 2}",  "${n - 1}", "0",
                                          "-1",     "${width}",  "1e3",      "${math.max(n, 2)}",
                                          "${1/0}", "${n .. n}", "65536",    "${input.channels}"};
    nt_text_printf(&c->text, "\"%s\"", numbers[choose(c, 16)]);
}

static void add_condition(choices *c) {
    static const char *const conditions[] = {
        "true",  "false", "${n > 1}", "${input.channels == width}", "${nil}", "${input.rows > 2}",
        "$flag", "maybe"};
    nt_text_printf(&c->text, ", when: \"%s\"", conditions[choose(c, 8)]);
}

static void add_repeat(choices *c) {
    static const char *const ranges[] = {"\"1..3\"",    "\"1..${n}\"", "[1, 2]", "\"0..0\"",
                                         "\"2..1\"",    "\"1..\"",     "$list",  "[a, b, c]",
                                         "\"1..1000\"", "\"-2..2\""};
    nt_text_printf(&c->text, ", repeat: {i: %s", ranges[choose(c, 10)]);
    if (choose(c, 3) == 1)
        nt_text_printf(&c->text, ", j: %s", ranges[choose(c, 10)]);
    nt_text_add(&c->text, "}");
}

static void add_from(choices *c) {
    static const char *const names[] = {"input", "a",     "b",    "x0",  "x1",
                                        "x2",    "y0.x3", "x1.0", "nope"};
    nt_text_printf(&c->text, ", from: [%s", names[choose(c, 9)]);
    for (int more = choose(c, 3); more > 0; more--)
        nt_text_printf(&c->text, ", %s", names[choose(c, 9)]);
    nt_text_add(&c->text, "]");
}

static void add_nodes(choices *c, int depth);

static void add_what(choices *c, int depth) {
    switch (choose(c, depth < DEEPEST ? 10 : 8)) {
    case 0:
        nt_text_add(&c->text, "op: relu");
        break;
    case 1:
        nt_text_add(&c->text, "op: conv2d, kernel: 1, channels: ");
        add_number(c);
        break;
    case 2:
        nt_text_add(&c->text, "op: add");
        add_from(c);
        break;
    case 3:
        nt_text_add(&c->text, "op: batch_norm");
        break;
    case 4:
        nt_text_add(&c->text, "op: concat");
        add_from(c);
        break;
    case 5:
    case 6:
    case 7:
        nt_text_printf(&c->text, "block: b%d, n: ", choose(c, BLOCKS));
        add_number(c);
        break;
    default:
        nt_text_add(&c->text, "nodes: ");
        add_nodes(c, depth + 1);
    }
}

static void add_node(choices *c, int depth) {
    static const char *const endings[] = {"", "$i", "_${i}", "$i-$j", "${('a'):rep(n)}", "$n"};
    nt_text_printf(&c->text, "%c%d%s: {", "xyab"[choose(c, 4)], choose(c, 5),
                   endings[choose(c, 6)]);
    add_what(c, depth);
    if (choose(c, 4) == 1)
        add_condition(c);
    if (choose(c, 4) == 1)
        add_repeat(c);
    if (choose(c, 6) == 1)
        add_from(c);
    if (choose(c, 8) == 1)
        nt_text_add(&c->text, ", tags: [t, \"$n\"]");
    nt_text_add(&c->text, "}");
}

static void add_nodes(choices *c, int depth) {
    nt_text_add(&c->text, "{");
    for (int count = 1 + choose(c, 4), i = 0; i < count && c->text.length < MOST_BYTES; i++) {
        nt_text_add(&c->text, i ? ", " : "");
        add_node(c, depth);
    }
    nt_text_add(&c->text, "}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    choices c = {.data = data, .size = size};
    nt_text_init(&c.text);
    nt_text_add(&c.text,
                "version: 1\ngraph: g\nparams: {width: 2, n: 2, flag: true, list: [1, 2]}\n"
                "input: [2, 4, 4]\nblocks:\n");
    for (int i = 0; i < BLOCKS; i++) {
        nt_text_printf(&c.text,
                       "  b%d:\n    params: {n: 1, width: $n, flag: false, list: []}\n"
                       "    nodes: ",
                       i);
        add_nodes(&c, DEEPEST - 1);
        nt_text_add(&c.text, "\n");
    }
    nt_text_add(&c.text, "nodes: ");
    add_nodes(&c, 0);
    nt_text_add(&c.text, "\n");
    check_network(c.text.bytes, c.text.length);
    nt_text_finish(&c.text);
    return 0;
}
