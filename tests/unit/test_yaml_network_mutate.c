/* No text crashes the loader: the shipped graphs, damaged in ways that a seed decides, either load
 * as a sound graph or come back with at least one diagnostic. Run under the sanitizers to mean
 * something. Then every allocation of a load fails in turn. */
#include "support_yaml.h"

#include "alloc.h"
#include "file.h"
#include "random.h"
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 400 };

/* A graph and its blocks as one text, so that damage reaches both. */
static void read_graph(const char *name, nt_text *ret) {
    char path[4096];
    nt_error error;
    nt_bytes blocks, graph;
    nt_error_init(&error);
    nt_text_clear(ret);
    snprintf(path, sizeof path, GRAPHS "/%s.yaml", name);
    assert_int_equal(nt_file_read(path, 1 << 20, &graph, &error), NT_OK);
    assert_int_equal(nt_file_read(GRAPHS "/blocks/residual.yaml", 1 << 20, &blocks, &error), NT_OK);
    const char *include = strstr((char *)graph.bytes, "include:");
    const char *body = strstr((char *)blocks.bytes, "blocks:");
    assert_non_null(include);
    assert_non_null(body);
    nt_text_add_bytes(ret, graph.bytes, (size_t)(include - (char *)graph.bytes));
    nt_text_add(ret, body);
    nt_text_add(ret, strchr(include, '\n'));
    nt_bytes_finish(&graph);
    nt_bytes_finish(&blocks);
    nt_error_finish(&error);
}

static size_t pick(nt_random *random, size_t limit) {
    return limit ? nt_random_below(random, (uint32_t)limit) : 0;
}

/* One piece of damage: a byte, a cut, a piece copied elsewhere, or a word that means something. */
static void damage(nt_text *text, nt_random *random) {
    static const char *const words[] = {
        "$",      "${",    "}",     "{",     "[",        "]",      "&a ",  "*a",   ":",
        "- ",     "0",     "-1",    "1e9",   "65536",    "repeat", "when", "from", "nodes",
        "block",  "op",    "input", "<<",    "\n",       "\t",     "\xC3", "\x01", "#",
        "'",      "\"",    "!!x ",  "1..9",  "stage",    "basic",  "...",  "${i}", "1048576",
        "${1/0}", "width", ", ",    "false", "${input}", "---\n"};
    nt_text out;
    nt_text_init(&out);
    size_t at = pick(random, text->length), length = pick(random, 40);
    if (length > text->length - at)
        length = text->length - at;
    size_t from = pick(random, text->length - length + 1);
    nt_text_add_bytes(&out, text->bytes, at);
    switch (pick(random, 4)) {
    case 0:
        nt_text_add_bytes(&out, text->bytes + at + length, text->length - at - length);
        break;
    case 1:
        nt_text_add_bytes(&out, text->bytes + from, length);
        nt_text_add_bytes(&out, text->bytes + at, text->length - at);
        break;
    case 2:
        nt_text_add(&out, words[pick(random, sizeof words / sizeof *words)]);
        nt_text_add_bytes(&out, text->bytes + at, text->length - at);
        break;
    default: {
        unsigned char byte = (unsigned char)pick(random, 256);
        nt_text_add_bytes(&out, &byte, 1);
        nt_text_add_bytes(&out, text->bytes + at + 1, text->length - at - 1);
    }
    }
    nt_text_finish(text);
    *text = out;
}

static void check(const nt_text *text, int *loaded, int *refused) {
    nt_error error;
    nt_network *network = NULL;
    nt_error_init(&error);
    nt_status status =
        nt_network_load_text("net.yaml", text->bytes, text->length, NULL, 0, &network, &error);
    if (status == NT_OK) {
        assert_null(nt_graph_flaw(network->graph));
        assert_int_equal(error.count, 0);
        nt_network_free(network);
        ++*loaded;
    } else {
        assert_int_equal(status, NT_INVALID);
        assert_null(network);
        assert_true(error.count > 0);
        for (int i = 0; i < error.count; i++) {
            assert_true(error.items[i].message[0] != '\0');
            assert_true(error.items[i].where[0] != '\0');
        }
        ++*refused;
    }
    nt_error_finish(&error);
}

static void test_mutations(void **state) {
    (void)state;
    static const char *const names[] = {"resnet8", "resnet34", "resnet18"};
    nt_text text;
    nt_text_init(&text);
    size_t before = nt_alloc_in_use();
    int loaded = 0, refused = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        nt_random random;
        nt_random_init(&random, 2009, round);
        read_graph(names[round % 8 < 6 ? 0 : round % 8 - 5], &text);
        for (size_t n = 1 + pick(&random, 4); n > 0; n--)
            damage(&text, &random);
        check(&text, &loaded, &refused);
        nt_text_finish(&text);
        assert_int_equal(nt_alloc_in_use(), before);
    }
    assert_true(loaded > ROUNDS / 40); /* the damage reaches both sides */
    assert_true(refused > ROUNDS / 4);
}

/* Nothing at all, and every beginning of a file. */
static void test_truncations(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    read_graph("resnet8", &text);
    int loaded = 0, refused = 0;
    for (size_t length = 0; length <= text.length; length += 7) {
        nt_text part;
        nt_text_init(&part);
        nt_text_add_bytes(&part, text.bytes, length);
        check(&part, &loaded, &refused);
        nt_text_finish(&part);
    }
    assert_true(refused > 10);
    nt_text_finish(&text);
}

/* --- out of memory ---------------------------------------------------------------------------- */

static void *fail_later(void *user, void *block, size_t old_size, size_t new_size) {
    int *left = user;
    if (new_size == 0)
        return free(block), NULL;
    if ((*left)-- <= 0)
        return NULL;
    void *fresh = aligned_alloc(NT_ALIGN, (new_size + NT_ALIGN - 1) / NT_ALIGN * NT_ALIGN);
    if (fresh && block) {
        memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    return fresh;
}

static void test_out_of_memory(void **state) {
    (void)state;
    static const char text[] = HEAD
        "params: {n: 2, kind: {default: a, choices: [a, b]}}\n"
        "blocks: {b: {params: {k: }, nodes: {x$i: {op: conv2d, channels: $k, kernel: 1, repeat: "
        "{i: '1..2'}}}}}\n"
        "nodes: {a: {block: b, k: '${n + 1}', tags: t}, c: {op: relu, when: '${input.rows > 1}'}}\n"
        "outputs: [a, c]\n";
    int failed = 0;
    bool done = false;
    for (int n = 0; n < 5000 && !done; n++) {
        int left = n;
        nt_error error;
        nt_network *network = NULL;
        nt_alloc_set_hook(fail_later, &left);
        size_t before = nt_alloc_in_use();
        nt_error_init(&error);
        nt_status status =
            nt_network_load_text("net.yaml", text, sizeof text - 1, NULL, 0, &network, &error);
        assert_true(status == NT_OK || status == NT_NO_MEMORY);
        failed += status != NT_OK;
        done = status == NT_OK;
        nt_network_free(network);
        nt_error_finish(&error);
        assert_int_equal(nt_alloc_in_use(), before);
        nt_alloc_set_hook(NULL, NULL);
    }
    assert_true(done);
    assert_true(failed > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
