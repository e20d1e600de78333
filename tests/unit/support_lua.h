/* For the tests that look at diagnostics. */
#ifndef SUPPORT_LUA_H
#define SUPPORT_LUA_H

#include "diagnostic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The diagnostics are exactly `expected`; empties them. */
void assert_errors(nt_error *error, const char *expected);

#endif
