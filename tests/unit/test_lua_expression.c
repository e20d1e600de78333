/* `$name` and `${expr}`: values, types, and what is said when something is wrong. */
#include "expression.h"
#include "support_lua.h"

#include <string.h>

#define INTEGER(value)                                                                             \
    { .kind = NT_SCALAR_INT, .integer = value }

static const nt_member shape[] = {
    {"channels", INTEGER(64)}, {"rows", INTEGER(8)}, {"columns", INTEGER(9)}, {0}};

static bool find(void *context, const char *name, nt_scalar *ret) {
    static const struct {
        const char *name;
        nt_scalar value;
    } variables[] = {
        {"width", {.kind = NT_SCALAR_INT, .integer = 64}},
        {"scale", {.kind = NT_SCALAR_REAL, .real = 0.1}},
        {"stem", {.kind = NT_SCALAR_TEXT, .text = "pool"}},
        {"bias", {.kind = NT_SCALAR_BOOL, .truth = false}},
        {"input", {.kind = NT_SCALAR_RECORD, .members = shape}},
        {"broken", {.kind = NT_SCALAR_UNKNOWN}},
    };
    (void)context;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (strcmp(variables[i].name, name) == 0)
            return *ret = variables[i].value, true;
    return false;
}

static const char *const *names(void *context) {
    static const char *const all[] = {"width", "scale", "stem", "bias", "input", "broken", NULL};
    (void)context;
    return all;
}

static const nt_variables variables = {.find = find, .names = names};

typedef struct fixture {
    nt_sandbox *sandbox;
    nt_arena arena;
    nt_error error;
} fixture;

static int set_up(void **state) {
    static fixture f;
    nt_arena_init(&f.arena);
    nt_error_init(&f.error);
    *state = &f;
    return nt_sandbox_new(&nt_expression_limits, &f.sandbox) == NT_OK ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    nt_sandbox_free(f->sandbox);
    nt_arena_finish(&f->arena);
    nt_error_finish(&f->error);
    return 0;
}

static nt_scalar expand(fixture *f, const char *text) {
    nt_scalar result = {.kind = NT_SCALAR_NIL};
    nt_status status = nt_expression_expand(f->sandbox, &f->arena, text, (nt_location){0},
                                            &variables, NT_GIVES_SINGLE, &result, &f->error);
    if (status != NT_OK)
        assert_errors(&f->error, "");
    return result;
}

static void assert_value(fixture *f, const char *text, nt_scalar_kind kind, const char *expected) {
    nt_scalar result = expand(f, text);
    assert_int_equal(result.kind, kind);
    assert_string_equal(nt_scalar_text(result, &f->arena), expected);
}

static void assert_fails(fixture *f, const char *text, const char *expected) {
    nt_scalar result;
    nt_source source = {.path = "net.yaml", .text = text, .length = strlen(text)};
    nt_location location = {.source = &source, .line = 1, .column = 1, .width = 3};
    assert_int_equal(nt_expression_expand(f->sandbox, &f->arena, text, location, &variables,
                                          NT_GIVES_SINGLE, &result, &f->error),
                     NT_INVALID);
    assert_int_equal(f->error.count, 1);
    nt_text message;
    nt_text_init(&message);
    nt_text_printf(&message, "%s: %s", f->error.items[0].where, f->error.items[0].message);
    if (f->error.items[0].hint)
        nt_text_printf(&message, "; %s", f->error.items[0].hint);
    assert_string_equal(message.bytes, expected);
    nt_text_finish(&message);
    nt_error_finish(&f->error);
    nt_error_init(&f->error);
}

static void test_whole_values_keep_their_type(void **state) {
    fixture *f = *state;
    assert_value(f, "plain", NT_SCALAR_TEXT, "plain");
    assert_value(f, "$width", NT_SCALAR_INT, "64");
    assert_value(f, "$scale", NT_SCALAR_REAL, "0.1");
    assert_value(f, "$stem", NT_SCALAR_TEXT, "pool");
    assert_value(f, "$bias", NT_SCALAR_BOOL, "false");
    assert_value(f, "${2 * width}", NT_SCALAR_INT, "128");
    assert_value(f, "${width / 2}", NT_SCALAR_INT, "32"); /* a float with an integer value */
    assert_value(f, "${width / 3}", NT_SCALAR_REAL, "21.333333333333332");
    assert_value(f, "${stem == 'pool' and 'yes' or 'no'}", NT_SCALAR_TEXT, "yes");
    assert_value(f, "${not bias}", NT_SCALAR_BOOL, "true");
    assert_value(f, "${input.channels * input.rows + input.columns}", NT_SCALAR_INT, "521");
    assert_value(f, "${math.max(width, 100)}", NT_SCALAR_INT, "100");
    assert_int_equal(expand(f, "${nil}").kind, NT_SCALAR_NIL);
}

static void test_pieces_make_a_text(void **state) {
    fixture *f = *state;
    assert_value(f, "unit$width", NT_SCALAR_TEXT, "unit64");
    assert_value(f, "1..${width - 1}", NT_SCALAR_TEXT, "1..63");
    assert_value(f, "${width}x${input.rows}.$stem-$bias", NT_SCALAR_TEXT, "64x8.pool-false");
    assert_value(f, "$$width", NT_SCALAR_TEXT, "$width");
    assert_value(f, "$$", NT_SCALAR_TEXT, "$");
    assert_value(f, "", NT_SCALAR_TEXT, "");
    assert_value(f, "${({a = '}'}).a .. \"}\" .. '\\''}", NT_SCALAR_TEXT, "}}'");
}

/* The compiled form is kept; the values are not. */
static void test_repeated(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 3000; i++) {
        char text[50], expected[50];
        snprintf(text, sizeof text, "${width + %d}", i % 1500);
        snprintf(expected, sizeof expected, "%d", 64 + i % 1500);
        assert_value(f, text, NT_SCALAR_INT, expected);
    }
}

static void test_unknown_is_silent(void **state) {
    fixture *f = *state;
    static const char *const texts[] = {"$broken",
                                        "${broken + 1}",
                                        "a${broken}b",
                                        "x$broken",
                                        "${pcall(function() return broken end)}",
                                        NULL};
    for (const char *const *text = texts; *text; text++)
        assert_int_equal(expand(f, *text).kind, NT_SCALAR_UNKNOWN);
    assert_int_equal(f->error.count, 0);
}

static void test_errors(void **state) {
    fixture *f = *state;
    assert_fails(f, "$widht", "net.yaml:1:1: no variable 'widht'; did you mean 'width'?");
    assert_fails(f, "${2 * widht}", "net.yaml:1:1: no variable 'widht'; did you mean 'width'?");
    assert_fails(f, "${os.exit()}", "net.yaml:1:1: no variable 'os'");
    assert_fails(f, "${input.chanels}",
                 "net.yaml:1:1: no member 'chanels'; did you mean 'channels'?");
    assert_fails(f, "$input",
                 "net.yaml:1:1: 'input' is a record, not a value; write ${input.channels}");
    assert_fails(f, "${input}", "net.yaml:1:1: gives a table, not a number, text, true or false");
    assert_fails(f, "${1 +}", "net.yaml:1:1: unexpected symbol near ')'");
    assert_fails(f, "${}", "net.yaml:1:1: unexpected symbol near ')'");
    assert_fails(f, "${width", "net.yaml:1:1: '${' is never closed");
    assert_fails(
        f, "5$",
        "net.yaml:1:1: a '$' without a name; write $name, ${expression}, or $$ for a dollar "
        "sign");
    assert_fails(f, "${stem + 1}", "net.yaml:1:1: attempt to add a 'string' with a 'number'");
    assert_fails(f, "a${nil}", "net.yaml:1:1: nil can't be part of a text");
    assert_fails(f, "${(function() width = 1 end)()}",
                 "net.yaml:1:1: an expression can't set 'width'");
    assert_fails(f, "${(function() while true do end end)()}",
                 "net.yaml:1:1: ran for more than 1000000 instructions");
    assert_fails(f, "${('x'):rep(1 << 23):rep(2)}",
                 "net.yaml:1:1: needs more than 16 MiB of memory");
    assert_value(f, "$width", NT_SCALAR_INT, "64"); /* and goes on */
}

static nt_scalar expand_any(fixture *f, const char *text, nt_status expected) {
    nt_scalar result = {.kind = NT_SCALAR_NIL};
    assert_int_equal(nt_expression_expand(f->sandbox, &f->arena, text, (nt_location){0}, &variables,
                                          NT_GIVES_ANY, &result, &f->error),
                     expected);
    return result;
}

/* Tables come out as lists or records, in an order that their keys alone give. */
static void test_lists_and_records(void **state) {
    fixture *f = *state;
    nt_scalar list = expand_any(f, "${{width, {stem}, {b = 1, a = {}}}}", NT_OK);
    assert_int_equal(list.kind, NT_SCALAR_LIST);
    assert_int_equal(list.list->count, 3);
    assert_int_equal(list.list->items[0].integer, 64);
    assert_string_equal(list.list->items[1].list->items[0].text, "pool");
    const nt_member *members = list.list->items[2].members;
    assert_string_equal(members[0].name, "a");
    assert_int_equal(members[0].value.list->count, 0);
    assert_string_equal(members[1].name, "b");
    assert_null(members[2].name);
    assert_int_equal(expand_any(f, "$input", NT_OK).members[1].value.integer, 8);
    static const char *const refused[] = {
        "${{1, nil, 3}}",
        "${{[1] = 1, a = 2}}",
        "${{true, print}}",
        "x${{1}}",
        "${(function() local t = {} t[1] = t return t end)()}",
        "${(function() local t = {} for i = 1, 12 do t = {t, t, t, t} end return t end)()}",
        NULL,
    };
    int count = 0;
    for (; refused[count]; count++)
        (void)expand_any(f, refused[count], NT_INVALID);
    assert_int_equal(f->error.count, count);
    assert_string_equal(f->error.items[4].message,
                        "gives tables that nest more than 64 levels deep");
    assert_string_equal(f->error.items[5].message, "gives more than 100000 values");
}

static void test_words(void **state) {
    fixture *f = *state;
    static const struct {
        const char *word;
        nt_scalar_kind kind;
        const char *text;
    } words[] = {
        {"3", NT_SCALAR_INT, "3"},          {"-7", NT_SCALAR_INT, "-7"},
        {"1e3", NT_SCALAR_INT, "1000"},     {"2.0", NT_SCALAR_INT, "2"},
        {"0.25", NT_SCALAR_REAL, "0.25"},   {"5e-4", NT_SCALAR_REAL, "0.0005"},
        {"true", NT_SCALAR_BOOL, "true"},   {"False", NT_SCALAR_TEXT, "False"},
        {"yes", NT_SCALAR_TEXT, "yes"},     {"0x10", NT_SCALAR_TEXT, "0x10"},
        {"nan", NT_SCALAR_TEXT, "nan"},     {"inf", NT_SCALAR_TEXT, "inf"},
        {"1..3", NT_SCALAR_TEXT, "1..3"},   {"-", NT_SCALAR_TEXT, "-"},
        {"1e999", NT_SCALAR_TEXT, "1e999"}, {"9007199254740993", NT_SCALAR_INT, "9007199254740993"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        nt_scalar scalar = nt_scalar_read(words[i].word);
        assert_int_equal(scalar.kind, words[i].kind);
        assert_string_equal(nt_scalar_text(scalar, &f->arena), words[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_values_keep_their_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pieces_make_a_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_repeated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_is_silent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists_and_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
