/* What the tests of this folder share: cmocka with the headers it wants, a folder of its own for
 * each test, an allocator that fails on demand, and looking into an nt_error. */
#ifndef TEST_BASE_SUPPORT_H
#define TEST_BASE_SUPPORT_H

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
static inline int make_folder(void **state) {
    char *path = strdup("/tmp/nontrivial-test-XXXXXX");
    *state = path;
    return path && mkdtemp(path) ? 0 : -1;
}

static inline int count_files(const char *folder) {
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *item; (item = readdir(dir));)
        count += item->d_name[0] != '.';
    closedir(dir);
    return count;
}

static inline int remove_one(const char *path, const struct stat *info, int kind,
                             struct FTW *walk) {
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int drop_folder(void **state) {
    int status = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return status;
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

enum { PATH_SIZE = 1000 };

/* `folder`/`name`; good for the next 64 calls. */
static inline const char *path_in(const char *folder, const char *name) {
    static char paths[64][PATH_SIZE];
    static int next;
    char *path = paths[next++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void write_bytes(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* --- failing allocation ----------------------------------------------------------------------- */

/* The allocation after the next `allocations_left` fails, and with `for_good` every later one too,
 * as when memory ran out. What is handed out is not zero. */
static int allocations_left;
static bool for_good;

static inline void *failing_alloc(void *user, void *block, size_t old_size, size_t new_size) {
    (void)user;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (allocations_left == 0 || (allocations_left < 0 && for_good)) {
        allocations_left = -1;
        return NULL;
    }
    if (allocations_left > 0)
        allocations_left--;
    void *fresh = aligned_alloc(NT_ALIGN, (new_size + NT_ALIGN - 1) / NT_ALIGN * NT_ALIGN);
    if (fresh)
        memset(fresh, 0xA5, new_size);
    if (fresh && block) {
        memcpy(fresh, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    return fresh;
}

static inline void allow_allocations(int count) {
    allocations_left = count;
    for_good = true;
    nt_alloc_set_hook(failing_alloc, NULL);
}

static inline void fail_allocation(int after) {
    allow_allocations(after);
    for_good = false;
}

/* Ends both; says whether an allocation failed. */
static inline bool allow_all_allocations(void) {
    nt_alloc_set_hook(NULL, NULL);
    return allocations_left < 0;
}

/* --- errors ----------------------------------------------------------------------------------- */

/* What the error would print, without colour; good until the next call. */
static inline const char *shown(const nt_error *error) {
    static char buffer[20000];
    nt_text text;
    nt_text_init(&text);
    nt_error_format(error, false, &text);
    snprintf(buffer, sizeof buffer, "%s", text.bytes);
    nt_text_finish(&text);
    return buffer;
}

/* There is one error, of this status, and it says `part`. Clears it. */
#define EXPECT_ERROR(error, got, expected, part)                                                   \
    do {                                                                                           \
        assert_int_equal(got, expected);                                                           \
        assert_int_equal((error)->count, 1);                                                       \
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
