/* The composer: trees and places, and one exact diagnostic for each kind of bad input. */
#include "alloc.h"
#include "document.h"
#include "support_lua.h"

#include <string.h>

static nt_document *parse(const char *text) {
    nt_error error;
    nt_error_init(&error);
    nt_document *document = NULL;
    if (nt_document_parse("a.yaml", text, strlen(text), &document, &error) != NT_OK)
        assert_errors(&error, "");
    nt_error_finish(&error);
    return document;
}

static void assert_refused_bytes(const char *text, size_t length, const char *expected) {
    nt_error error;
    nt_error_init(&error);
    nt_document *document = NULL;
    size_t before = nt_alloc_in_use();
    assert_int_equal(nt_document_parse("a.yaml", text, length, &document, &error), NT_INVALID);
    assert_null(document);
    assert_errors(&error, expected);
    assert_int_equal(nt_alloc_in_use(), before);
    nt_error_finish(&error);
}

static void assert_refused(const char *text, const char *expected) {
    assert_refused_bytes(text, strlen(text), expected);
}

/* The tree as text, with the places: "{a@1:1+1: [b@1:5+1]@1:4}@1:1". */
static void describe(const nt_yaml *node, nt_text *text) {
    if (node->kind == NT_YAML_SCALAR) {
        nt_text_printf(text, node->quoted ? "'%s'" : "%s", node->text);
        nt_text_printf(text, "@%u:%u+%u", node->location.line, node->location.column,
                       node->location.width);
        return;
    }
    nt_text_add(text, node->kind == NT_YAML_MAP ? "{" : "[");
    for (int32_t i = 0; i < node->count; i++) {
        nt_text_add(text, i ? ", " : "");
        if (node->kind == NT_YAML_MAP) {
            describe(node->entries[i].key, text);
            nt_text_add(text, ": ");
        }
        describe(node->kind == NT_YAML_MAP ? node->entries[i].value : node->items[i], text);
    }
    nt_text_add(text, node->kind == NT_YAML_MAP ? "}" : "]");
    nt_text_printf(text, "@%u:%u", node->location.line, node->location.column);
}

static void assert_tree(const char *text, const char *expected) {
    nt_document *document = parse(text);
    nt_text tree;
    nt_text_init(&tree);
    describe(document->root, &tree);
    assert_string_equal(tree.bytes, expected);
    nt_text_finish(&tree);
    nt_document_free(document);
}

static void test_tree(void **state) {
    (void)state;
    assert_tree("b: [1, 'two']\na: {c: \"d\"}\n",
                "{b@1:1+1: [1@1:5+1, 'two'@1:8+5]@1:4, a@2:1+1: {c@2:5+1: 'd'@2:8+3}@2:4}@1:1");
    assert_tree("a:\nb: ~\n", "{a@1:1+1: @1:3+1, b@2:1+1: ~@2:4+1}@1:1");
    assert_tree("- x\n-\n  - y\n", "[x@1:3+1, [y@3:5+1]@3:3]@1:1");
    assert_tree("a: |\n  one\n  two\n", "{a@1:1+1: 'one\ntwo\n'@1:4+1}@1:1");
}

/* No type is guessed: these would be booleans, null and an octal number in YAML 1.1. */
static void test_no_types(void **state) {
    (void)state;
    assert_tree("[yes, NO, null, 010, 1_000, 0: 00]",
                "[yes@1:2+3, NO@1:7+2, null@1:11+4, 010@1:17+3, 1_000@1:22+5, "
                "{0@1:29+1: 00@1:32+2}@1:29]@1:1");
    assert_tree("{0: a, 00: b}", "{0@1:2+1: a@1:5+1, 00@1:8+2: b@1:12+1}@1:1");
}

/* Columns count code points; a byte order mark is none; so do lines that end in CR LF. */
static void test_places(void **state) {
    (void)state;
    assert_tree("\xEF\xBB\xBF"
                "\xC3\xBC: x\r\n\xE2\x82\xAC\xF0\x9F\x98\x80: y\r\n",
                "{\xC3\xBC@1:1+1: x@1:4+1, \xE2\x82\xAC\xF0\x9F\x98\x80@2:1+2: y@2:5+1}@1:1");
}

static void assert_location(const nt_document *document, const char *path, uint32_t line,
                            uint32_t column) {
    const nt_location location = nt_yaml_location(document->root, path);
    assert_ptr_equal(location.source, &document->source);
    assert_int_equal(location.line, line);
    assert_int_equal(location.column, column);
}

/* The value; where it isn't, the nearest key around it; without one, the whole text. */
static void test_location(void **state) {
    (void)state;
    nt_document *document = parse("a: 1\ndata:\n  root: here\n  more: {rooted: 2}\n");
    assert_location(document, "data.root", 3, 9);
    assert_location(document, "data.more.rooted", 4, 18);
    assert_location(document, "data", 3, 3);
    assert_location(document, "data.roo", 2, 1);
    assert_location(document, "data.root.deeper", 3, 3);
    assert_location(document, "data.more.root", 4, 3);
    assert_location(document, "dat", 0, 0);
    nt_document_free(document);
}

static void test_aliases(void **state) {
    (void)state;
    assert_tree("a: &x {k: 1}\nb: *x\nc: &x 2\nd: *x\n",
                "{a@1:1+1: {k@1:8+1: 1@1:11+1}@1:4, b@2:1+1: {k@1:8+1: 1@1:11+1}@1:4, c@3:1+1: "
                "2@3:4+4, d@4:1+1: 2@3:4+4}@1:1");
}

static void test_get(void **state) {
    (void)state;
    nt_document *document = parse("a: 1\nb:\n");
    assert_string_equal(nt_yaml_get(document->root, "a")->text, "1");
    assert_null(nt_yaml_get(document->root, "c"));
    assert_null(nt_yaml_get(nt_yaml_get(document->root, "a"), "a"));
    assert_true(nt_yaml_absent(nt_yaml_get(document->root, "b")));
    assert_false(nt_yaml_absent(nt_yaml_get(document->root, "a")));
    nt_document_free(document);
}

/* --- bad inputs ------------------------------------------------------------------------------- */

static void test_empty(void **state) {
    (void)state;
    assert_refused("", "a.yaml: error: is empty\n");
    assert_refused("# a comment\n", "a.yaml: error: is empty\n");
    assert_refused("---\n", "a.yaml: error: is empty\n");
    assert_refused("---\n...\n", "a.yaml: error: is empty\n");
}

static void test_not_utf8(void **state) {
    (void)state;
    assert_refused("a: \xFF\n", "a.yaml: byte 3: error: is not UTF-8\n");
    assert_refused("\xC0\x80", "a.yaml: byte 0: error: is not UTF-8\n");      /* overlong */
    assert_refused("a\xED\xA0\x80", "a.yaml: byte 1: error: is not UTF-8\n"); /* a surrogate */
    assert_refused("a\xF4\x90\x80\x80", "a.yaml: byte 1: error: is not UTF-8\n");
    assert_refused("ab\xE2\x82", "a.yaml: byte 2: error: is not UTF-8\n"); /* cut off */
    assert_refused_bytes("\xFF\xFE\x61\x00", 4,
                         "a.yaml: byte 0: error: is not UTF-8\n"); /* UTF-16 */
    assert_refused_bytes("a: \0\n", 5,
                         "a.yaml: byte 3: error: control characters are not allowed\n");
}

static void test_duplicate_key(void **state) {
    (void)state;
    assert_refused("a: 1\nb: 2\na: 3\n",
                   "a.yaml:3:1: error: the key 'a' is here a second time; the first is in line 1\n"
                   "     3 | a: 3\n"
                   "       | ^\n");
}

static void test_merge_key(void **state) {
    (void)state;
    assert_refused("a: {b: 1}\nd: {<<: {c: 2}}\n",
                   "a.yaml:2:5: error: merge keys are not supported; write the keys out, or make a "
                   "block with params\n"
                   "     2 | d: {<<: {c: 2}}\n"
                   "       |     ^~\n");
    nt_document_free(parse("'<<': 1\n"));
}

static void test_several_documents(void **state) {
    (void)state;
    assert_refused("a: 1\n---\nb: 2\n",
                   "a.yaml:2:1: error: a second document starts here; a file holds one\n"
                   "     2 | ---\n"
                   "       | ^\n");
}

static void test_syntax(void **state) {
    (void)state;
    assert_refused(
        "a: [1, 2\nb: 3\n",
        "a.yaml:2:2: error: did not find expected ',' or ']', while parsing a flow sequence "
        "that starts in line 1\n"
        "     2 | b: 3\n"
        "       |  ^\n");
    assert_refused(
        "a:\n\t- b\n",
        "a.yaml:2:1: error: found character that cannot start any token, while scanning for "
        "the next token; indent with spaces, not tabs\n"
        "     2 | \t- b\n"
        "       | ^\n");
    assert_refused(
        "a: !!int 3\n",
        "a.yaml:1:4: error: tags such as 'tag:yaml.org,2002:int' have no use here; leave it "
        "out: who reads a value knows its type\n"
        "     1 | a: !!int 3\n"
        "       |    ^~~~~~~\n");
    assert_refused("? [a]\n: 1\n", "a.yaml:1:3: error: a key must be a word, not a list\n"
                                   "     1 | ? [a]\n"
                                   "       |   ^\n");
    assert_refused("a: \"\\0\"\n", "a.yaml:1:4: error: a text with a zero byte\n"
                                   "     1 | a: \"\\0\"\n"
                                   "       |    ^~~~\n");
}

static void test_bad_aliases(void **state) {
    (void)state;
    assert_refused("a: *b\n", "a.yaml:1:4: error: no anchor '&b' stands before this alias\n"
                              "     1 | a: *b\n"
                              "       |    ^~\n");
    assert_refused("a: &b [*b]\n", "a.yaml:1:8: error: the anchor '&b' would contain itself\n"
                                   "     1 | a: &b [*b]\n"
                                   "       |        ^~\n");
}

/* Ten to the ninth nodes in ten lines. */
static void test_alias_explosion(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    nt_text_add(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        nt_text_printf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            nt_text_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
        nt_text_add(&text, "]\n");
    }
    assert_refused(text.bytes,
                   "a.yaml:5:45: error: aliases expand to more than 100000 nodes\n"
                   "     5 | a4: &a4 [*a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3]\n"
                   "       |                                             ^~~\n");
    nt_text_finish(&text);
}

static void test_too_many_nodes(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    for (int i = 0; i < NT_YAML_MOST_NODES; i++)
        nt_text_add(&text, "- x\n");
    assert_refused(text.bytes, "a.yaml:100000:3: error: the document has more than 100000 nodes\n"
                               "100000 | - x\n"
                               "       |   ^\n");
    text.bytes[text.length - 4] = '\0'; /* one item less */
    nt_document_free(parse(text.bytes));
    nt_text_finish(&text);
}

static void fill_nested(nt_text *text, int levels) {
    nt_text_clear(text);
    for (int i = 0; i < levels - 1; i++)
        nt_text_add(text, "[");
    nt_text_add(text, "x");
    for (int i = 0; i < levels - 1; i++)
        nt_text_add(text, "]");
}

static void test_depth(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    fill_nested(&text, NT_YAML_DEEPEST);
    nt_document_free(parse(text.bytes));
    fill_nested(&text, NT_YAML_DEEPEST + 1);
    nt_document *document;
    nt_error error;
    nt_error_init(&error);
    assert_int_equal(nt_document_parse("a.yaml", text.bytes, text.length, &document, &error),
                     NT_INVALID);
    assert_string_equal(error.items[0].where, "a.yaml:1:65");
    assert_string_equal(error.items[0].message, "nested more than 64 levels deep");
    nt_error_finish(&error);
    /* depth through aliases counts too */
    nt_text_clear(&text);
    nt_text_add(&text,
                "a: &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n"
                "b: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
    nt_error_init(&error);
    assert_int_equal(nt_document_parse("a.yaml", text.bytes, text.length, &document, &error),
                     NT_INVALID);
    assert_string_equal(error.items[0].where, "a.yaml:2:38");
    nt_error_finish(&error);
    nt_text_finish(&text);
}

static void test_too_large(void **state) {
    (void)state;
    size_t length = (size_t)NT_YAML_MOST_BYTES + 1;
    char *text = nt_alloc(length);
    assert_non_null(text);
    memset(text, ' ', length);
    assert_refused_bytes(
        text, length,
        "a.yaml: error: has 16777217 bytes, more than the 16777216 that such a file "
        "may have\n");
    nt_free(text, length);
}

static void test_no_file(void **state) {
    (void)state;
    nt_document *document;
    nt_error error;
    nt_error_init(&error);
    assert_int_equal(nt_document_load("no/such.yaml", &document, &error), NT_INVALID);
    assert_errors(&error, "no/such.yaml: error: cannot open: No such file or directory\n");
    nt_error_finish(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_no_types),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_location),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_not_utf8),
        cmocka_unit_test(test_duplicate_key),
        cmocka_unit_test(test_merge_key),
        cmocka_unit_test(test_several_documents),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_bad_aliases),
        cmocka_unit_test(test_alias_explosion),
        cmocka_unit_test(test_too_many_nodes),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
