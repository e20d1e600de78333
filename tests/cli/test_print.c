/* Tables, JSON numbers, command-line words and progress lines: what the cases in files can't reach.
 */
#include "alloc.h"
#include "fit.h"
#include "json_out.h"
#include "options.h"
#include "progress_bar.h"
#include "progress_line.h"
#include "table.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- tables ----------------------------------------------------------------------------------- */

static void test_width(void **state) {
    (void)state;
    assert_int_equal(nt_text_width(""), 0);
    assert_int_equal(nt_text_width("abc"), 3);
    assert_int_equal(nt_text_width("na\xC3\xAFve"), 5);      /* ï */
    assert_int_equal(nt_text_width("nai\xCC\x88ve"), 5);     /* i and a combining diaeresis */
    assert_int_equal(nt_text_width("\xE5\xB1\xA4"), 2);      /* a CJK character */
    assert_int_equal(nt_text_width("\xF0\x9F\x98\x80x"), 3); /* an emoji and x */
    assert_int_equal(nt_text_width("\xFF\xE5\xB1"), 3);      /* three stray bytes */
}

static void check_cut(const char *string, size_t width, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    nt_text_add_cut(&text, string, width);
    assert_string_equal(text.bytes, expected);
    assert_true(nt_text_width(text.bytes) <= width);
    nt_text_finish(&text);
}

static void test_cut(void **state) {
    (void)state;
    check_cut("layer1", 6, "layer1");
    check_cut("layer1", 5, "la\xE2\x80\xA6r1");
    check_cut("layer1", 4,
              "la\xE2\x80\xA6"
              "1");
    check_cut("layer1", 1, "\xE2\x80\xA6");
    check_cut("layer1", 0, "");
    /* four characters of two columns each: halves are left out whole */
    check_cut("\xE5\xB1\xA4\xE5\xB1\xA4\xE5\xB1\xA4\xE5\xB1\xA4", 6,
              "\xE5\xB1\xA4\xE2\x80\xA6\xE5\xB1\xA4");
}

static void test_wrap(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    nt_text_add_wrapped(&text, "one two  three\nfour", 12, 3, 2);
    assert_string_equal(text.bytes, "one two\n  three four");
    nt_text_clear(&text);
    nt_text_add_wrapped(&text, "a incomprehensibilities b", 10, 0, 1);
    assert_string_equal(text.bytes, "a\n incompreh\n ensibilit\n ies b");
    nt_text_clear(&text);
    nt_text_add_paragraphs(&text, "one two\nthree\n\n    as it is, however wide\nfour\n", 10);
    assert_string_equal(text.bytes, "one two\nthree\n\n    as it is, however wide\nfour\n");
    nt_text_finish(&text);
}

/* Lines that fit stay as they are; a blank line too, and one of blanks alone. */
static void test_broken(void **state) {
    (void)state;
    nt_text text;
    nt_text_init(&text);
    nt_text_add(&text, "a  table\n\n  indented and too wide\nseven words\n");
    nt_text_break(&text, 0);
    assert_string_equal(text.bytes, "a  table\n\n  indented and too wide\nseven words\n");
    nt_text_break(&text, 12);
    assert_string_equal(text.bytes, "a  table\n\n  indented\n  and too\n  wide\nseven words\n");
    nt_text_clear(&text);
    nt_text_add(&text, "                \nno end of the line");
    nt_text_break(&text, 12);
    assert_string_equal(text.bytes, "                \nno end of\nthe line");
    nt_text_finish(&text);
}

static void test_table(void **state) {
    (void)state;
    static const nt_column columns[] = {
        {"#", .align = NT_RIGHT}, {"layer", .align = NT_LEFT}, {"n", .align = NT_RIGHT}, {0}};
    nt_table table;
    nt_text text;
    nt_table_init(&table, columns);
    nt_text_init(&text);
    nt_table_count(&table, 9);
    nt_table_cell(&table, "na\xC3\xAFve");
    nt_table_count(&table, -1234567);
    nt_table_count(&table, 10);
    nt_table_cellf(&table, "conv%d", 1);
    nt_table_cell(&table, "");
    nt_table_rule(&table);
    nt_table_cell(&table, "");
    nt_table_cell(&table, "");
    nt_table_count(&table, 123);
    nt_table_format(&table, &text);
    assert_string_equal(text.bytes, " #  layer           n\n"
                                    "---------------------\n"
                                    " 9  na\xC3\xAFve  -1,234,567\n"
                                    "10  conv1\n"
                                    "---------------------\n"
                                    "                  123\n");
    nt_table_finish(&table);
    nt_text_finish(&text);
}

static void check_fit(const nt_table *table, size_t width, const char *expected) {
    nt_table_room room = {.width = width};
    nt_text text;
    nt_text_init(&text);
    nt_table_fit(table, &room, &text);
    nt_table_note_left_out(&room, "--wide", &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

/* What may leave does, in its order; what may be cut is; the rest has several lines. */
static void test_table_fit(void **state) {
    (void)state;
    static const nt_column columns[] = {{"name", NT_LEFT, .cut = true},
                                        {"edit", NT_LEFT, .leaves = 2},
                                        {"n", NT_RIGHT, .leaves = 1},
                                        {"meaning", NT_LEFT, .wrap = true},
                                        {0}};
    nt_table table;
    nt_table_init(&table, columns);
    nt_table_cell(&table, "layer1.0.conv1");
    nt_table_cell(&table, "zero");
    nt_table_count(&table, 1234);
    nt_table_cell(&table, "one two three four five");
    assert_int_equal(nt_table_width(&table), 14 + 2 + 4 + 2 + 5 + 2 + 23);
    check_fit(&table, 52,
              "name            edit      n  meaning\n"
              "----------------------------------------------------\n"
              "layer1.0.conv1  zero  1,234  one two three four five\n");
    check_fit(&table, 47,
              "name            edit      n  meaning\n"
              "-----------------------------------------------\n"
              "layer1.0.conv1  zero  1,234  one two three four\n"
              "                             five\n");
    check_fit(&table, 41,
              "name                n  meaning\n"
              "-----------------------------------------\n"
              "layer1.0.conv1  1,234  one two three four\n"
              "                       five\n\n"
              "41 columns have no room for edit; --wide\n");
    check_fit(&table, 30,
              "name          meaning\n"
              "------------------------------\n"
              "layer1\xE2\x80\xA6"
              "conv1  one two three\n"
              "              four five\n\n"
              "30 columns have no room for\nedit, n; --wide\n");
    nt_table_finish(&table);
}

static void *no_memory(void *user, void *block, size_t old_size, size_t new_size) {
    (void)user, (void)block, (void)old_size, (void)new_size;
    return NULL;
}

static void test_table_out_of_memory(void **state) {
    (void)state;
    static const nt_column columns[] = {{"a", .align = NT_LEFT}, {0}};
    nt_table table;
    nt_text text;
    nt_alloc_set_hook(no_memory, NULL);
    nt_table_init(&table, columns);
    nt_text_init(&text);
    nt_table_cell(&table, "x");
    nt_table_format(&table, &text);
    assert_true(text.failed);
    nt_table_finish(&table);
    nt_alloc_set_hook(NULL, NULL);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void check_json(json_t *value, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    nt_json_format(value, &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
    json_decref(value);
}

static void test_json_numbers(void **state) {
    (void)state;
    check_json(nt_json_real(0.1), "0.1\n");
    check_json(nt_json_real(1), "1.0\n");
    check_json(nt_json_real(-0.0), "-0.0\n");
    check_json(nt_json_real(0.1 + 0.2), "0.30000000000000004\n");
    check_json(nt_json_real(5e-324), "5e-324\n");
    check_json(nt_json_real(1.0 / 0.0), "null\n");
    check_json(nt_json_float(.4914f), "0.4914\n");
    check_json(json_integer(INT64_MIN), "-9223372036854775808\n");
}

static void test_json_layout(void **state) {
    (void)state;
    check_json(json_object(), "{}\n");
    check_json(json_pack("{s:s, s:[i,i], s:[{s:n}], s:b}", "b", "q\"\\\n\x01", "a", 1, 2, "list",
                         "x", "t", 1),
               "{\n  \"b\": \"q\\\"\\\\\\n\\u0001\",\n  \"a\": [1, 2],\n"
               "  \"list\": [\n    {\n      \"x\": null\n    }\n  ],\n  \"t\": true\n}\n");
    nt_text text;
    nt_text_init(&text);
    nt_json_format(NULL, &text);
    assert_true(text.failed);
    nt_text_finish(&text);
    assert_null(nt_json_append(json_array(), NULL));
    assert_null(nt_json_append(NULL, json_integer(1)));
}

/* --- command lines ---------------------------------------------------------------------------- */

typedef struct record {
    int32_t threads, seed;
    bool json;
    const char *out;
} record;

static const nt_field fields[] = {
    NT_OPTION_THREADS(record),
    NT_OPTION_SEED(record),
    NT_OPTION_JSON(record),
    {"out", NT_STRING, offsetof(record, out), .doc = "a file"},
    {0},
};
static const nt_operand operands[] = {{"FILE", .doc = "a file", .repeated = true}, {0}};
static const nt_kind command = {"paint", "what it does", fields, sizeof(record)};
static const nt_syntax syntax = {operands, "set"};

static void test_words(void **state) {
    (void)state;
    const char *const words[] = {"a",      "--threads=256", "--seed", "7",  "--set",    "k=v=w",
                                 "--json", "--set=x=",      "-",      "--", "--threads"};
    nt_arguments arguments;
    nt_error error;
    nt_error_init(&error);
    assert_int_equal(nt_arguments_parse(&command, &syntax, words, 11, &arguments, &error), NT_OK);
    const record *r = arguments.record;
    assert_int_equal(r->threads, 256);
    assert_int_equal(r->seed, 7);
    assert_true(r->json);
    assert_null(r->out);
    assert_int_equal(arguments.word_count, 3);
    assert_string_equal(arguments.words[1], "-");
    assert_string_equal(arguments.words[2], "--threads");
    assert_int_equal(arguments.setting_count, 2);
    assert_string_equal(arguments.settings[0].key, "k");
    assert_string_equal(arguments.settings[0].value, "v=w");
    assert_string_equal(arguments.settings[1].value, "");
    nt_arguments_finish(&arguments);
    nt_error_finish(&error);
}

static void check_wrong(const char *first, const char *second, const char *message) {
    const char *words[] = {"file", first, second};
    nt_arguments arguments;
    nt_error error;
    nt_error_init(&error);
    assert_int_equal(
        nt_arguments_parse(&command, &syntax, words, second ? 3 : 2, &arguments, &error), NT_USAGE);
    nt_text text;
    nt_text_init(&text);
    nt_error_format(&error, false, &text);
    assert_string_equal(text.bytes, message);
    nt_text_finish(&text);
    nt_error_finish(&error);
}

static void test_wrong_words(void **state) {
    (void)state;
    check_wrong("--threads", "0", "error: --threads must be an integer from 1 to 256, not '0'\n");
    check_wrong("--threads=257", NULL,
                "error: --threads must be an integer from 1 to 256, not '257'\n");
    check_wrong("--seed", "-1",
                "error: --seed must be an integer from 0 to 2147483647, not '-1'\n");
    check_wrong("--seed=1.5", NULL,
                "error: --seed must be an integer from 0 to 2147483647, not '1.5'\n");
    check_wrong("--out", NULL, "error: --out needs a value\n");
    check_wrong("--json=true", NULL, "error: --json takes no value\n");
    check_wrong("--set", "=3", "error: --set needs key=value, not '=3'\n");
    check_wrong("--thread=3", NULL,
                "error: unknown option '--thread=3'; did you mean '--threads'?\n");
    check_wrong("-q", NULL, "error: unknown option '-q'\n");
}

static void test_words_out_of_memory(void **state) {
    (void)state;
    const char *const words[] = {"a", "--set", "k=v"};
    nt_arguments arguments;
    nt_error error;
    nt_error_init(&error);
    nt_alloc_set_hook(no_memory, NULL);
    assert_int_equal(nt_arguments_parse(&command, &syntax, words, 3, &arguments, &error),
                     NT_NO_MEMORY);
    nt_alloc_set_hook(NULL, NULL);
    nt_error_finish(&error);
}

/* --- progress --------------------------------------------------------------------------------- */

/* What `calls` write to standard error. */
static void capture_stderr(void (*calls)(void), char *ret_text, size_t size) {
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    calls();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    ret_text[fread(ret_text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void two_tasks(void) {
    nt_progress_bar bar;
    nt_progress_bar_init(&bar, false);
    for (int done = 0; done <= 10; done++)
        nt_progress_bar_show(&bar, "first", "good", done, 10);
    nt_progress_bar_show(&bar, "first", "good", 10, 10);
    for (int done = 0; done <= 10; done++)
        nt_progress_bar_show(&bar, "second", "good", done, 10);
    nt_progress_bar_finish(&bar);
}

static void quiet_task(void) {
    nt_progress_bar bar;
    nt_progress_bar_init(&bar, true);
    nt_progress_bar_show(&bar, "task", "good", 10, 10);
    nt_progress_bar_finish(&bar);
}

static void test_progress(void **state) {
    (void)state;
    char text[1000];
    capture_stderr(two_tasks, text, sizeof text);
    assert_ptr_equal(strstr(text, "first  100 %"), text);
    const char *second = strchr(text, '\n');
    assert_non_null(second);
    assert_ptr_equal(strstr(text, "second  100 %"), second + 1);
    assert_non_null(strstr(second, "  good\n"));
    assert_ptr_equal(strchr(second + 1, '\n'), text + strlen(text) - 1);
    capture_stderr(quiet_task, text, sizeof text);
    assert_string_equal(text, "");
}

static void check_line(size_t width, const char *expected) {
    const nt_progress_step step = {.task = "measuring",
                                   .detail = "layer1.0.conv1 and layer1.0.conv2",
                                   .done = 45,
                                   .total = 100,
                                   .seconds = 10,
                                   .gained = 40};
    nt_text text;
    nt_text_init(&text);
    nt_progress_line(&step, width, &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

/* The bar goes, the detail is cut, the pace goes, what is being done is cut. */
static void test_progress_line(void **state) {
    (void)state;
    check_line(0, "measuring  45 %  4/s  0:14 left  layer1.0.conv1 and layer1.0.conv2");
    check_line(94, "measuring  [##########..............]  45 %  4/s  0:14 left  layer1.0.conv1 "
                   "and layer1.0.conv2");
    check_line(93, "measuring  45 %  4/s  0:14 left  layer1.0.conv1 and layer1.0.conv2");
    check_line(60, "measuring  45 %  4/s  0:14 left  layer1.0.conv\xE2\x80\xA6"
                   "ayer1.0.conv2");
    check_line(40, "measuring  45 %  layer1.0.co\xE2\x80\xA6"
                   "er1.0.conv2");
    check_line(18, "measuring  45 %");
    check_line(12, "mea\xE2\x80\xA6ng  45 %");
    for (size_t width = 6; width < 120; width++) {
        const nt_progress_step step = {"\xE5\xB1\xA4\xE5\xB1\xA4", "", 3, 0, 1, 3};
        nt_text text;
        nt_text_init(&text);
        nt_progress_line(&step, width, &text);
        assert_true(nt_text_width(text.bytes) <= width);
        nt_text_finish(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_fit),
        cmocka_unit_test(test_table_out_of_memory),
        cmocka_unit_test(test_json_numbers),
        cmocka_unit_test(test_json_layout),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_wrong_words),
        cmocka_unit_test(test_words_out_of_memory),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_progress_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
