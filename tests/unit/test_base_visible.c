/* What leaves for a terminal: every control character is shown, nothing that can be seen is
 * changed. */
#include "csv_out.h"
#include "json_out.h"
#include "support_base.h"
#include "visible.h"

static void expect(const char *bytes, size_t length, const char *line, const char *lines) {
    nt_text text;
    nt_text_init(&text);
    nt_visible_line(&text, bytes, length, 0);
    assert_string_equal(text.bytes, line);
    nt_text_clear(&text);
    nt_visible_lines(&text, bytes, length);
    assert_string_equal(text.bytes, lines);
    assert_false(text.failed);
    nt_text_finish(&text);
}

/* An array's bytes but its last, so that a text may hold zeros. */
#define EXPECT(bytes, line, lines) expect(bytes, sizeof(bytes) - 1, line, lines)

static void test_table(void **state) {
    (void)state;
    EXPECT("", "", "");
    EXPECT("layer1.0 \\ 'x'", "layer1.0 \\ 'x'", "layer1.0 \\ 'x'");
    EXPECT("\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\xEF\xBF\xBD",
           "\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\xEF\xBF\xBD",
           "\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\xEF\xBF\xBD");
    EXPECT("a\nb\tc\rd", "a\\nb\\tc\\rd", "a\nb\tc\\rd");
    EXPECT("\0\x1b[2J\x7F", "\\x00\\x1b[2J\\x7f", "\\x00\\x1b[2J\\x7f");
    EXPECT("\xC2\x9B"
           "31m\xC2\x85",
           "\\u009b31m\\u0085", "\\u009b31m\\u0085");
    EXPECT("\x9B\xFF"
           "a\xC0\x80",
           "\\x9b\\xffa\\xc0\\x80", "\\x9b\\xffa\\xc0\\x80");
    EXPECT("\xE2\x82", "\\xe2\\x82", "\\xe2\\x82");                             /* cut short */
    EXPECT("\xED\xA0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80");               /* a surrogate */
    EXPECT("\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"); /* past the last */
    EXPECT("a\xE2\x80\xAE"
           "b\xE2\x81\xA6\xD8\x9C",
           "a\\u202eb\\u2066\\u061c", "a\\u202eb\\u2066\\u061c");
    EXPECT("\xE2\x80\x8B\xEF\xBB\xBF\xC2\xAD", "\\u200b\\ufeff\\u00ad", "\\u200b\\ufeff\\u00ad");
    EXPECT("\xE2\x80\xA8\xE2\x80\xA9", "\\u2028\\u2029", "\\u2028\\u2029");
    EXPECT("\xF3\xA0\x81\x81", "\\U000e0041", "\\U000e0041");
    EXPECT("\xE2\x9D\xA4\xEF\xB8\x8F", "\xE2\x9D\xA4\xEF\xB8\x8F", "\xE2\x9D\xA4\xEF\xB8\x8F");
}

/* Of all characters: what is shown as itself is called visible, and what is made always is. */
static void test_every_character(void **state) {
    (void)state;
    int visible = 0;
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        char bytes[4];
        size_t length = 0;
        if (point < 0x80) {
            bytes[length++] = (char)point;
        } else {
            int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
            static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
            bytes[length++] = (char)(lead[more] | point >> 6 * more);
            while (more-- > 0)
                bytes[length++] = (char)(0x80 | (point >> 6 * more & 0x3F));
        }
        nt_text text;
        nt_text_init(&text);
        nt_visible_line(&text, bytes, length, 0);
        bool same = text.length == length && memcmp(text.bytes, bytes, length) == 0;
        assert_int_equal(same, nt_visible_is(bytes, length));
        assert_true(nt_visible_is(text.bytes, text.length));
        visible += same;
        nt_text_finish(&text);
    }
    assert_in_range(visible, 1000000, 0x10FFFF);
}

/* A long text keeps its ends, cut between characters. */
static void test_most(void **state) {
    (void)state;
    char bytes[301];
    for (int i = 0; i < 300; i += 3)
        memcpy(bytes + i, "\xE2\x82\xAC", 3);
    bytes[0] = '<';
    bytes[1] = bytes[2] = '.';
    bytes[299] = bytes[298] = bytes[297] = '>';
    bytes[300] = '\0';
    for (size_t most = 32; most < 310; most++) {
        nt_text text;
        nt_text_init(&text);
        nt_visible_line(&text, bytes, 300, most);
        assert_true(nt_visible_is(text.bytes, text.length));
        assert_null(strchr(text.bytes, '\\'));
        assert_true(text.length <= most + 32);
        assert_int_equal(text.bytes[0], '<');
        assert_int_equal(text.bytes[text.length - 1], '>');
        assert_int_equal(strstr(text.bytes, " bytes more] ") != NULL, most < 300);
        nt_text_finish(&text);
    }
}

static void test_string(void **state) {
    (void)state;
    nt_arena arena;
    nt_arena_init(&arena);
    const char *plain = "plain";
    assert_ptr_equal(nt_visible(&arena, plain), plain);
    assert_string_equal(nt_visible(&arena, "a\x1b"), "a\\x1b");
    assert_null(nt_visible(&arena, NULL));
    for (int n = 0; n < 2; n++) {
        nt_arena empty;
        nt_arena_init(&empty);
        allow_allocations(n);
        assert_null(nt_visible(&empty, "a\x1b"));
        allow_all_allocations();
        nt_arena_finish(&empty);
    }
    nt_arena_finish(&arena);
}

/* Cells of CSV: a text that a spreadsheet would compute is told by an apostrophe that it is text.
 */
static void test_csv(void **state) {
    (void)state;
    static const char *const cells[][2] = {{"", ""},
                                           {"layer1.0", "layer1.0"},
                                           {"a, b", "\"a, b\""},
                                           {"a \"b\"", "\"a \"\"b\"\"\""},
                                           {"=1+1", "'=1+1"},
                                           {"@SUM(A1)", "'@SUM(A1)"},
                                           {"+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"},
                                           {"-x", "'-x"},
                                           {"-", "'-"},
                                           {"-0.5", "-0.5"},
                                           {"+3", "+3"},
                                           {"1e-3", "1e-3"},
                                           {"=\"a\",b", "\"'=\"\"a\"\",b\""},
                                           {"\t=1", "\\t=1"},
                                           {"a\nb\rc", "a\\nb\\rc"},
                                           {"\x1b[2J", "\\x1b[2J"},
                                           {"\xFF", "\\xff"}};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        nt_text csv;
        nt_text_init(&csv);
        nt_csv_text(&csv, cells[i][0]);
        assert_string_equal(csv.bytes, cells[i][1]);
        nt_text_finish(&csv);
    }
}

/* JSON keeps everything, and a terminal sees none of it. */
static void test_json(void **state) {
    (void)state;
    static const char text[] = "\x1b\x7F \xC2\x9B \xE2\x80\xAE \xF3\xA0\x81\x81 \xC3\xA9\n\t";
    nt_text json;
    nt_text_init(&json);
    json_t *value = json_pack("[s]", text);
    nt_json_format(value, &json);
    assert_string_equal(json.bytes,
                        "[\"\\u001b\\u007f \\u009b \\u202e \\udb40\\udc41 \xC3\xA9\\n\\u0009\"]\n");
    json_decref(value);
    value = json_loads(json.bytes, 0, NULL);
    assert_string_equal(json_string_value(json_array_get(value, 0)), text);
    json_decref(value);
    nt_text_finish(&json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_most),  cmocka_unit_test(test_string),
        cmocka_unit_test(test_csv),   cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests_name("base_visible", tests, NULL, NULL);
}
