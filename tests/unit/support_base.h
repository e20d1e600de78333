/* What the tests of this folder share: cmocka with the headers it wants, a folder of its own for
 * each test, an allocator that fails on demand, and looking into an nt_error. */
#ifndef SUPPORT_BASE_H
#define SUPPORT_BASE_H

#include "alloc.h"
#include "diagnostic.h"
#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- a folder of one's own -------------------------------------------------------------------- */

/* Setup and teardown of a test; *state is the folder's path. All that is in it goes with it.
 */
int make_folder(void **state);

int count_files(const char *folder);

int drop_folder(void **state);

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

enum { PATH_SIZE = 1000 };

/* `folder`/`name`; good for the next 64 calls. */
const char *path_in(const char *folder, const char *name);

void write_bytes(const char *path, const void *bytes, size_t size);

/* --- failing allocation ----------------------------------------------------------------------- */

/* After the next so many allocations one fails; after allow_allocations every later one too, as
 * when memory ran out. What is handed out is not zero. */
void allow_allocations(int count);
void fail_allocation(int after);

/* Ends both; says whether an allocation failed. */
bool allow_all_allocations(void);

/* --- errors ----------------------------------------------------------------------------------- */

/* What the error would print, without colour; good until the next call. */
const char *shown(const nt_error *error);

/* There is one error, of this status, and it says `part`. Clears it. */
#define EXPECT_ERROR(error, got, expected, part) EXPECT_ERRORS(error, got, expected, 1, part)

/* There are so many, the first of this status, and together they say `part`. */
#define EXPECT_ERRORS(error, got, expected, how_many, part)                                        \
    do {                                                                                           \
        assert_int_equal(got, expected);                                                           \
        assert_int_equal((error)->count, how_many);                                                \
        assert_int_equal((error)->items[0].status, expected);                                      \
        if (!strstr(shown(error), part))                                                           \
            fail_msg("'%s' lacks '%s'", shown(error), part);                                       \
        nt_error_finish(error);                                                                    \
        nt_error_init(error);                                                                      \
    } while (0)

/* Shows the error of a call that should have succeeded. */
#define EXPECT_OK(error, status)                                                                   \
    do {                                                                                           \
        if ((status) != NT_OK)                                                                     \
            fail_msg("%s", shown(error));                                                          \
        assert_int_equal((error)->count, 0);                                                       \
    } while (0)

#endif
