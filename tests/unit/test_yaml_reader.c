/* Typed values and records out of a tree. */
#include "reader.h"
#include "support_lua.h"

#include <string.h>

typedef struct recipe {
    int32_t epochs;
    double rate;
    bool shuffle;
    int32_t kind;
    int32_t crop[2];
    nt_ints steps;
    const char *root;
} recipe;

static const char *const kinds[] = {"sgd", "adamw", NULL};
static const nt_field fields[] = {
    {"epochs", NT_INT, offsetof(recipe, epochs), NULL, 1, 1000, .doc = "passes over the data"},
    {"rate", NT_REAL, offsetof(recipe, rate), "0.1", 0, 10, .doc = "learning rate"},
    {"shuffle", NT_BOOL, offsetof(recipe, shuffle), "true", .doc = "whether the order changes"},
    {"kind", NT_CHOICE, offsetof(recipe, kind), "sgd", .choices = kinds, .doc = "optimiser"},
    {"crop", NT_PAIR, offsetof(recipe, crop), "0", 0, 64, .doc = "rows and columns"},
    {"steps", NT_INTS, offsetof(recipe, steps), "[]", 0, 1000, .doc = "epochs at which it drops"},
    {"root", NT_STRING, offsetof(recipe, root), "data", .doc = "folder"},
    {"secret", NT_INT, offsetof(recipe, epochs), "1", .doc = "hidden", .hidden = true},
    {0},
};
static const char *const also[] = {"augment", NULL};

static bool find(void *context, const char *name, nt_scalar *ret) {
    (void)context;
    if (strcmp(name, "n") == 0)
        return *ret = (nt_scalar){.kind = NT_SCALAR_INT, .integer = 7}, true;
    if (strcmp(name, "broken") == 0)
        return *ret = (nt_scalar){.kind = NT_SCALAR_UNKNOWN}, true;
    return false;
}

static const char *const *names(void *context) {
    static const char *const all[] = {"n", "broken", NULL};
    (void)context;
    return all;
}

static const nt_variables variables = {.find = find, .names = names};

typedef struct fixture {
    nt_sandbox *sandbox;
    nt_document *document;
    nt_error error;
    nt_reader reader;
} fixture;

static void open_text(fixture *f, const char *text) {
    *f = (fixture){0};
    nt_error_init(&f->error);
    assert_int_equal(nt_sandbox_new(&nt_expression_limits, &f->sandbox), NT_OK);
    assert_int_equal(nt_document_parse("a.yaml", text, strlen(text), &f->document, &f->error),
                     NT_OK);
    f->reader = (nt_reader){.arena = &f->document->arena,
                            .error = &f->error,
                            .sandbox = f->sandbox,
                            .variables = &variables};
}

static void close_text(fixture *f) {
    nt_document_free(f->document);
    nt_sandbox_free(f->sandbox);
    nt_error_finish(&f->error);
}

static nt_status read_recipe(fixture *f, recipe *ret) {
    memset(ret, 0, sizeof *ret);
    return nt_read_fields(&f->reader, f->document->root, f->document->root, "train", "key", fields,
                          also, ret);
}

static void test_record(void **state) {
    (void)state;
    fixture f;
    recipe r;
    open_text(&f, "epochs: '${n + 1}'\nrate: 5e-2\nshuffle: false\nkind: adamw\ncrop: [4, $n]\n"
                  "steps: [10, '${n * 3}']\nroot: \"a$n\"\naugment: {any: thing}\n");
    assert_int_equal(read_recipe(&f, &r), NT_OK);
    assert_int_equal(r.epochs, 8);
    assert_true(r.rate == 0.05);
    assert_false(r.shuffle);
    assert_int_equal(r.kind, 1);
    assert_int_equal(r.crop[1], 7);
    assert_int_equal(r.steps.count, 2);
    assert_int_equal(r.steps.items[1], 21);
    assert_string_equal(r.root, "a7");
    close_text(&f);
    open_text(&f, "epochs: 3\n");
    assert_int_equal(read_recipe(&f, &r), NT_OK);
    assert_true(r.rate == 0.1 && r.shuffle && r.kind == 0 && r.steps.count == 0);
    assert_string_equal(r.root, "data");
    close_text(&f);
}

static void test_record_errors(void **state) {
    (void)state;
    fixture f;
    recipe r;
    open_text(&f, "epoch: 3\nrate: fast\nshufle: true\nkind: adam\ncrop: [1, 2, 3]\nsteps: {}\n"
                  "secret: 2\naugment: 1\nroot: $m\n");
    assert_int_equal(read_recipe(&f, &r), NT_INVALID);
    assert_errors(
        &f.error,
        "a.yaml:1:1: error: train has no key 'epoch'; did you mean 'epochs'?\n"
        "     1 | epoch: 3\n"
        "       | ^~~~~\n"
        "a.yaml:2:7: error: rate of train must be a number from 0 to 10, not 'fast'\n"
        "     2 | rate: fast\n"
        "       |       ^~~~\n"
        "a.yaml:3:1: error: train has no key 'shufle'; did you mean 'shuffle'?\n"
        "     3 | shufle: true\n"
        "       | ^~~~~~\n"
        "a.yaml:4:7: error: kind of train must be one of sgd, adamw, not 'adam'\n"
        "     4 | kind: adam\n"
        "       |       ^~~~\n"
        "a.yaml:5:7: error: crop of train must be an integer, or [rows, columns], each from 0 "
        "to 64, not this list\n"
        "     5 | crop: [1, 2, 3]\n"
        "       |       ^\n"
        "a.yaml:6:8: error: steps of train must be a value or a list of them, not a map\n"
        "     6 | steps: {}\n"
        "       |        ^\n"
        "a.yaml:7:1: error: train has no key 'secret'\n"
        "     7 | secret: 2\n"
        "       | ^~~~~~\n"
        "a.yaml:9:7: error: no variable 'm'\n"
        "     9 | root: $m\n"
        "       |       ^~\n");
    close_text(&f);
    open_text(&f, "rate: 1\n");
    assert_int_equal(read_recipe(&f, &r), NT_INVALID);
    assert_errors(&f.error, "a.yaml:1:1: error: train lacks 'epochs'\n"
                            "     1 | rate: 1\n"
                            "       | ^\n");
    close_text(&f);
}

static void test_unknown_is_counted(void **state) {
    (void)state;
    fixture f;
    recipe r;
    open_text(&f, "epochs: $broken\nsteps: [1, '${broken}', x]\n");
    assert_int_equal(read_recipe(&f, &r), NT_OK);
    assert_int_equal(f.reader.unknown, 2);
    assert_int_equal(f.error.count, 0);
    close_text(&f);
}

static void test_values(void **state) {
    (void)state;
    fixture f;
    open_text(&f, "i: 3\nq: '3'\nt: true\nx: 2.5\nl: [a, $n]\ns: $n\ne:\n");
    const nt_yaml *root = f.document->root;
    nt_scalar scalar;
    int64_t integer;
    double real;
    bool truth;
    const char *const *texts;
    int count;
    assert_int_equal(nt_read_scalar(&f.reader, nt_yaml_get(root, "i"), "i", &scalar), NT_OK);
    assert_int_equal(scalar.kind, NT_SCALAR_INT);
    assert_int_equal(nt_read_scalar(&f.reader, nt_yaml_get(root, "q"), "q", &scalar), NT_OK);
    assert_int_equal(scalar.kind, NT_SCALAR_TEXT);
    assert_int_equal(nt_read_integer(&f.reader, nt_yaml_get(root, "s"), "s", 1, 9, &integer),
                     NT_OK);
    assert_int_equal(integer, 7);
    assert_int_equal(nt_read_real(&f.reader, nt_yaml_get(root, "x"), "x", &real), NT_OK);
    assert_true(real == 2.5);
    assert_int_equal(nt_read_bool(&f.reader, nt_yaml_get(root, "t"), "t", &truth), NT_OK);
    assert_true(truth);
    assert_int_equal(nt_read_texts(&f.reader, nt_yaml_get(root, "l"), "l", &texts, &count), NT_OK);
    assert_int_equal(count, 2);
    assert_string_equal(texts[1], "7");
    assert_null(texts[2]);
    assert_int_equal(nt_read_texts(&f.reader, nt_yaml_get(root, "i"), "i", &texts, &count), NT_OK);
    assert_int_equal(count, 1);
    assert_int_equal(f.error.count, 0);

    assert_int_equal(nt_read_integer(&f.reader, nt_yaml_get(root, "s"), "s", 1, 6, &integer),
                     NT_INVALID);
    assert_int_equal(nt_read_bool(&f.reader, nt_yaml_get(root, "e"), "e", &truth), NT_INVALID);
    assert_int_equal(nt_read_map(&f.reader, nt_yaml_get(root, "l"), "l"), NT_INVALID);
    assert_int_equal(nt_read_list(&f.reader, root, "the file"), NT_INVALID);
    assert_errors(&f.error, "a.yaml:6:4: error: s must be an integer from 1 to 6, not '7'\n"
                            "     6 | s: $n\n"
                            "       |    ^~\n"
                            "a.yaml:7:3: error: e must be a single value, not nothing\n"
                            "     7 | e:\n"
                            "       |   ^\n"
                            "a.yaml:5:4: error: l must be a map, not a list\n"
                            "     5 | l: [a, $n]\n"
                            "       |    ^\n"
                            "a.yaml:1:1: error: the file must be a list, not a map\n"
                            "     1 | i: 3\n"
                            "       | ^\n");
    close_text(&f);
}

/* Without a sandbox a dollar is a dollar. */
static void test_no_expressions(void **state) {
    (void)state;
    fixture f;
    const char *text;
    open_text(&f, "a: $n\n");
    f.reader.sandbox = NULL;
    assert_int_equal(nt_read_text(&f.reader, nt_yaml_get(f.document->root, "a"), "a", &text),
                     NT_OK);
    assert_string_equal(text, "$n");
    close_text(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_record_errors),
        cmocka_unit_test(test_unknown_is_counted),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_no_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
