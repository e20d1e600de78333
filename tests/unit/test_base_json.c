/* Reading JSON: what is refused before it takes memory, and that what is JSON is read. */
#include "support_base.h"

#include "json_in.h"

static nt_status parse(const char *text, size_t length, nt_error *error) {
    json_t *root = NULL;
    nt_status status = nt_json_load("file.json", 0, text, length, &root, error);
    if (status == NT_OK)
        json_decref(root);
    return status;
}

/* `unit` so often, between two texts. */
static void repeat(nt_text *text, const char *first, const char *unit, int count,
                   const char *last) {
    nt_text_clear(text);
    nt_text_add(text, first);
    for (int i = 0; i < count; i++)
        nt_text_add(text, unit);
    nt_text_add(text, last);
}

static void test_read(void **state) {
    (void)state;
    static const char text[] = "{\"a\": [1, 2.5, \"[{,\\\"[[\", {}], \"b\": null}";
    nt_error error;
    json_t *root = NULL;
    nt_error_init(&error);
    EXPECT_OK(&error, nt_json_load("file.json", 0, text, sizeof text - 1, &root, &error));
    assert_int_equal(json_array_size(json_object_get(root, "a")), 4);
    json_decref(root);
    EXPECT_ERROR(&error, parse("{\"a\": 1, \"a\": 2}", 16, &error), NT_INVALID, "duplicate");
    EXPECT_ERROR(&error, parse("[1, 2", 5, &error), NT_INVALID, "is not JSON");
    EXPECT_ERROR(&error, parse("\"text\"", 6, &error), NT_INVALID, "is not JSON");
    EXPECT_ERROR(&error, parse("\"[", 2, &error), NT_INVALID, "is not JSON");
    EXPECT_ERROR(&error, parse("", 0, &error), NT_INVALID, "is not JSON");
    EXPECT_ERROR(&error, nt_json_load("file.json", 8, "[1", 2, &root, &error), NT_INVALID,
                 "its header is not JSON");
    nt_error_finish(&error);
}

static void test_depth(void **state) {
    (void)state;
    nt_text text, whole;
    nt_error error;
    nt_error_init(&error);
    nt_text_init(&text);
    nt_text_init(&whole);
    for (int depth = NT_JSON_DEEPEST; depth <= NT_JSON_DEEPEST + 1; depth++) {
        repeat(&text, "", "[", depth, "0");
        repeat(&whole, text.bytes, "]", depth, "");
        if (depth == NT_JSON_DEEPEST)
            EXPECT_OK(&error, parse(whole.bytes, whole.length, &error));
        else
            EXPECT_ERROR(&error, parse(whole.bytes, whole.length, &error), NT_INVALID,
                         "file.json: byte 64: error: nests more than 64 levels deep");
    }
    repeat(&text, "[", "[", 1 << 20, "");
    EXPECT_ERROR(&error, parse(text.bytes, text.length, &error), NT_INVALID, "levels deep");
    nt_text_finish(&text);
    nt_text_finish(&whole);
    nt_error_finish(&error);
}

/* Some hundred bytes a value, from three bytes each. */
static void test_counts(void **state) {
    (void)state;
    nt_text text;
    nt_error error;
    nt_error_init(&error);
    nt_text_init(&text);
    repeat(&text, "[", "{},", 350000, "{}]");
    EXPECT_ERROR(&error, parse(text.bytes, text.length, &error), NT_INVALID,
                 "holds more values than a file of its size would");
    repeat(&text, "[", "[0,0],", 800000, "0]");
    EXPECT_ERROR(&error, parse(text.bytes, text.length, &error), NT_INVALID,
                 "holds more values than a file of its size would");
    repeat(&text, "[", "\"{},{},{},{},\\\"{}\",", 100000, "0]"); /* texts count for nothing */
    EXPECT_OK(&error, parse(text.bytes, text.length, &error));
    nt_text_finish(&text);
    nt_error_finish(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
