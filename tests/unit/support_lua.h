/* For the tests that look at diagnostics. */
#ifndef NT_TEST_LUA_SUPPORT_H
#define NT_TEST_LUA_SUPPORT_H

#include "diagnostic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The diagnostics are exactly `expected`; empties them. */
static inline void assert_errors(nt_error *error, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    nt_error_format(error, false, &text);
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
    nt_error_finish(error);
    nt_error_init(error);
}

#endif
