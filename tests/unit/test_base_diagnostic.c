/* Diagnostics: what is printed, exactly, and where the caret stands. */
#include "support_base.h"
#include "visible.h"

static nt_source source_of(const char *path, const char *text) {
    return (nt_source){.path = path, .text = text, .length = strlen(text)};
}

static void test_format(void **state) {
    (void)state;
    nt_source source = source_of("net.yaml", "version: 1\r\n  conv1: {op: conv2d, strde: 2}\r\n");
    nt_trail trail = {.what = "in block 'basic'",
                      .location = {.source = &source, .line = 1, .column = 3}};
    static const char *const names[] = {"channels", "stride", "kernel", NULL};
    nt_error error;
    nt_error_init(&error);
    nt_location location = {
        .source = &source, .line = 2, .column = 23, .width = 5, .trail = &trail};
    assert_int_equal(nt_error_at(&error, NT_INVALID, location, "no attribute '%s'", "strde"),
                     NT_INVALID);
    nt_error_suggest(&error, "strde", names);
    nt_error_in(&error, NT_IO, "a.bin", 12, "is cut short");
    nt_error_in(&error, NT_IO, "a.bin", -1, "is odd");
    nt_error_say(&error, NT_FAILED, "no luck");
    nt_error_at(&error, NT_INVALID, (nt_location){.source = &source}, "is a strange file");
    nt_error_at(&error, NT_INVALID, (nt_location){.source = &source, .line = 99, .column = 1},
                "past");
    assert_string_equal(shown(&error),
                        "net.yaml:2:23: error: no attribute 'strde'; did you mean 'stride'?\n"
                        "     2 |   conv1: {op: conv2d, strde: 2}\n"
                        "       |                       ^~~~~\n"
                        "  in block 'basic', asked for at net.yaml:1:3\n"
                        "a.bin: byte 12: error: is cut short\n"
                        "a.bin: error: is odd\n"
                        "error: no luck\n"
                        "net.yaml: error: is a strange file\n"
                        "net.yaml:99:1: error: past\n");
    nt_error_finish(&error);
}

static void test_colour(void **state) {
    (void)state;
    nt_error error;
    nt_text text;
    nt_error_init(&error);
    nt_text_init(&text);
    nt_error_in(&error, NT_IO, "a", -1, "odd");
    nt_error_format(&error, true, &text);
    assert_string_equal(text.bytes, "\033[1ma:\033[0m \033[1;31merror:\033[0m odd\n");
    nt_text_finish(&text);
    nt_error_finish(&error);
}

static void test_limit(void **state) {
    (void)state;
    nt_error error;
    nt_error_init(&error);
    for (int i = 0; i < NT_ERROR_LIMIT; i++) {
        assert_false(nt_error_full(&error));
        nt_error_say(&error, NT_INVALID, "%d", i);
    }
    assert_true(nt_error_full(&error));
    nt_error_say(&error, NT_INVALID, "dropped");
    nt_error_hint(&error, "a hint for the dropped one");
    assert_null(error.items[NT_ERROR_LIMIT - 1].hint);
    assert_non_null(strstr(shown(&error), "error: 19\nand 1 more error\n"));
    nt_error_say(&error, NT_INVALID, "dropped");
    assert_non_null(strstr(shown(&error), "and 2 more errors\n"));
    nt_error_finish(&error);
}

/* A line of `count` code points drawn from `alphabet`, with an '@' at code point `marked` (from 1).
 */
static void make_line(char *line, const char *const *alphabet, int letters, uint32_t count,
                      uint32_t marked) {
    *line = '\0';
    for (uint32_t i = 1; i <= count; i++)
        strcat(line, i == marked ? "@" : alphabet[i % (uint32_t)letters]);
}

static uint32_t code_points(const char *from, const char *to) {
    uint32_t count = 0;
    for (; from < to; from++)
        count += ((unsigned char)*from & 0xC0) != 0x80;
    return count;
}

static bool is_utf8(const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        int more = *p < 0x80 ? 0 : *p >> 5 == 6 ? 1 : *p >> 4 == 14 ? 2 : *p >> 3 == 30 ? 3 : -1;
        if (more < 0)
            return false;
        for (p++; more > 0; more--, p++)
            if (*p >> 6 != 2)
                return false;
    }
    return true;
}

/* However long the line and wide its letters, the caret stands under the marked one. */
static void check_caret(const char *const *alphabet, int letters, uint32_t count, uint32_t marked) {
    char line[4000];
    make_line(line, alphabet, letters, count, marked);
    nt_source source = source_of("f", line);
    nt_error error;
    nt_error_init(&error);
    nt_error_at(&error, NT_INVALID,
                (nt_location){.source = &source, .line = 1, .column = marked, .width = 3}, "m");
    const char *excerpt = error.items[0].excerpt;
    assert_true(is_utf8(excerpt));
    const char *second = strchr(excerpt, '\n') + 1;
    const char *mark = strchr(excerpt, '@'), *caret = strchr(second, '^');
    assert_non_null(mark);
    assert_non_null(caret);
    assert_true(mark < second);
    assert_int_equal(code_points(excerpt, mark), code_points(second, caret));
    assert_true(code_points(excerpt, second) <= 9 + 120 + 1); /* clipped */
    nt_error_finish(&error);
}

static void test_caret(void **state) {
    (void)state;
    static const char *const ascii[] = {"a", "b", " "};
    static const char *const mixed[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9D\x84\x9E", "z"};
    static const uint32_t counts[] = {1, 20, 119, 120, 121, 200, 500};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (uint32_t marked = 1; marked <= counts[i]; marked++) {
            check_caret(ascii, 3, counts[i], marked);
            check_caret(mixed, 5, counts[i], marked);
        }
}

static void test_caret_after_tab(void **state) {
    (void)state;
    nt_source source = source_of("f", "\ta\tbad");
    nt_error error;
    nt_error_init(&error);
    nt_error_at(&error, NT_INVALID,
                (nt_location){.source = &source, .line = 1, .column = 4, .width = 3}, "m");
    assert_string_equal(error.items[0].excerpt, "     1 | \ta\tbad\n       | \t \t^~~\n");
    nt_error_finish(&error);
}

static void test_caret_past_end(void **state) {
    (void)state;
    nt_source source = source_of("f", "ab\n");
    nt_error error;
    nt_error_init(&error);
    nt_error_at(&error, NT_INVALID,
                (nt_location){.source = &source, .line = 1, .column = 3, .width = 1}, "end");
    assert_string_equal(error.items[0].excerpt, "     1 | ab\n       |   ^\n");
    nt_error_finish(&error);
}

/* Whatever a script or a file has in it, none of it reaches the terminal as it is. */
static void test_visible(void **state) {
    (void)state;
    nt_source source = source_of("f\x1b.yaml", "a\xC2\x9B: \x1b[31m \xE2\x80\xAEx");
    nt_trail trail = {.what = "in block 'b\a'",
                      .location = {.source = &source, .line = 1, .column = 1}};
    nt_error error;
    nt_error_init(&error);
    nt_error_at(
        &error, NT_INVALID,
        (nt_location){.source = &source, .line = 1, .column = 5, .width = 9, .trail = &trail},
        "no key '%s'", "\x1b]0;owned\a\n\xFF");
    nt_error_hint(&error, "say\r'%s'", "\x7F");
    nt_error_in(&error, NT_IO, "\x1b.bin", 3, "odd");
    assert_string_equal(shown(&error),
                        "f\\x1b.yaml:1:5: error: no key '\\x1b]0;owned\\x07\\n\\xff'; "
                        "say\\r'\\x7f'\n"
                        "     1 | a\\u009b: \\x1b[31m \\u202ex\n"
                        "       |          ^~~~~~~~~\n"
                        "  in block 'b\\x07', asked for at f\\x1b.yaml:1:1\n"
                        "\\x1b.bin: byte 3: error: odd\n");
    nt_error_finish(&error);
}

/* A message of any length is held to a few lines, its end too. */
static void test_long_message(void **state) {
    (void)state;
    enum { LONG = 1 << 20 };
    char *words = malloc(LONG + 1);
    assert_non_null(words);
    memset(words, 'w', LONG);
    words[LONG] = '\0';
    nt_error error;
    nt_error_init(&error);
    nt_error_say(&error, NT_FAILED, "begun %s ended", words);
    size_t length = strlen(error.items[0].message);
    assert_true(length < NT_VISIBLE_MOST + 64);
    assert_memory_equal(error.items[0].message, "begun ", 6);
    assert_non_null(strstr(error.items[0].message, " bytes more] "));
    assert_string_equal(error.items[0].message + length - 6, " ended");
    nt_error_finish(&error);
    free(words);
}

static void test_long_trail(void **state) {
    (void)state;
    nt_source source = source_of("f", "x");
    nt_trail trails[12];
    for (int i = 0; i < 12; i++)
        trails[i] = (nt_trail){
            .what = "in a block",
            .location = {.source = &source, .line = 1, .trail = i < 11 ? &trails[i + 1] : NULL}};
    nt_error error;
    nt_error_init(&error);
    nt_error_at(&error, NT_INVALID,
                (nt_location){.source = &source, .line = 1, .trail = &trails[0]}, "m");
    int lines = 0;
    for (const char *p = error.items[0].excerpt; (p = strchr(p, '\n')); p++)
        lines++;
    assert_int_equal(lines, 2 + 8 + 1);
    assert_non_null(strstr(error.items[0].excerpt, "(and further out)"));
    nt_error_finish(&error);
}

static void test_nearest(void **state) {
    (void)state;
    static const char *const names[] = {"channels", "stride", "kernel", "pad", "bias", NULL};
    static const char *const swapped[] = {"pahtxx", "path", NULL}; /* a swap counts once */
    static const char *const none[] = {NULL};
    assert_string_equal(nt_nearest("strde", names), "stride");
    assert_string_equal(nt_nearest("kenrel", names), "kernel");
    assert_string_equal(nt_nearest("Channels", names), "channels");
    assert_string_equal(nt_nearest("padd", names), "pad");
    assert_null(nt_nearest("momentum", names));
    assert_null(nt_nearest("", names));
    assert_null(nt_nearest("stride", none));
    assert_string_equal(nt_nearest("paht", swapped), "path");
    char longest[300];
    memset(longest, 'k', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_null(nt_nearest(longest, names));
    char other[300];
    memset(other, 'x', sizeof other - 1);
    other[sizeof other - 1] = '\0';
    assert_null(nt_nearest(longest, (const char *const[]){other, NULL}));
}

static void test_out_of_memory(void **state) {
    (void)state;
    nt_source source = source_of("f", "some text");
    for (int n = 0; n < 6; n++) {
        nt_error error;
        nt_error_init(&error);
        allow_allocations(n);
        nt_error_at(&error, NT_INVALID, (nt_location){.source = &source, .line = 1, .column = 1},
                    "m%d", n);
        nt_error_hint(&error, "a hint");
        allow_all_allocations();
        assert_int_equal(error.count, 1);
        if (n == 0)
            assert_string_equal(error.items[0].message, "out of memory");
        assert_non_null(strstr(shown(&error), "error: "));
        nt_error_finish(&error);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),          cmocka_unit_test(test_colour),
        cmocka_unit_test(test_limit),           cmocka_unit_test(test_caret),
        cmocka_unit_test(test_caret_after_tab), cmocka_unit_test(test_caret_past_end),
        cmocka_unit_test(test_long_trail),      cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_out_of_memory),   cmocka_unit_test(test_visible),
        cmocka_unit_test(test_long_message),
    };
    return cmocka_run_group_tests_name("base_diagnostic", tests, NULL, NULL);
}
