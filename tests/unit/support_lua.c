#include "support_lua.h"

void assert_errors(nt_error *error, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    nt_error_format(error, false, &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
    nt_error_finish(error);
    nt_error_init(error);
}
