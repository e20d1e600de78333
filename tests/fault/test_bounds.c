/* Bounds that nothing but a sanitizer would see: inputs lie right before a page that can't be read,
 * so that a byte too far ends the test. */
#include "identity.h"
#include "picture_private.h"
#include "store_private.h"
#include "support_picture.h"
#include "support_store.h"
#include <sys/mman.h>

static nt_error error;

static int begin(void **state) {
    nt_error_init(&error);
    return make_folder(state);
}

static int end(void **state) {
    nt_error_finish(&error);
    return drop_folder(state);
}

/* --- pictures --------------------------------------------------------------------------------- */

typedef struct guarded {
    unsigned char *pages;
    size_t size; /* of the pages before the last one */
} guarded;

static guarded make_guarded(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
    guarded g = {
        mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        whole};
    assert_true(g.pages != MAP_FAILED);
    assert_int_equal(mprotect(g.pages + whole, page, PROT_NONE), 0);
    return g;
}

static void drop_guarded(guarded g) {
    munmap(g.pages, g.size + (size_t)sysconf(_SC_PAGESIZE));
}

static nt_status decode(const unsigned char *bytes, size_t size) {
    nt_stored_picture stored;
    nt_picture_input input = {
        .path = "cut", .file = -1, .size = (int64_t)size, .bytes = bytes, .have = size};
    nt_status status = nt_picture_decode(&input, NT_AS_IMAGE, false, &stored, &error);
    if (status == NT_OK)
        nt_picture_finish(&stored.picture);
    return status;
}

/* A file cut short anywhere is refused or, if only what comes behind the pixels is missing, read.
 */
static void expect_cuts(const char *path) {
    size_t whole;
    unsigned char *bytes = read_all(path, &whole);
    guarded g = make_guarded(whole);
    size_t refused = 0;
    for (size_t size = 4; size <= whole; size++) {
        unsigned char *at = g.pages + g.size - size;
        memcpy(at, bytes, size);
        nt_status status = decode(at, size);
        if (status != NT_OK)
            assert_true(status == NT_INVALID && error.count == 1);
        refused += status != NT_OK;
        nt_error_finish(&error);
        nt_error_init(&error);
        assert_true(size < whole || status == NT_OK);
    }
    assert_true(refused > whole / 3);
    drop_guarded(g);
    free(bytes);
}

static void test_cut_pictures(void **state) {
    static const unsigned char colours[6 * 7 * 3] = {200, 100, 50};
    const tiff page = tiff_of(6, 7, 8, 3);
    expect_cuts(write_plain_png(*state, "a.png", 6, 7, 3, 1));
    expect_cuts(write_jpeg(*state, "a.jpg", 6, 7, 90));
    expect_cuts(write_tiff(*state, "a.tif", &page, 1));
    expect_cuts(write_webp(*state, "a.webp", 6, 7, colours, 0));
}

/* --- texts ------------------------------------------------------------------------------------ */

/* The parts of an identity are kept in rooms of one size. */
static void test_long_identity(void **state) {
    nt_identity identity = {0}, read;
    nt_metadata metadata[NT_IDENTITY_ENTRIES + 1];
    char longer[300];
    (void)state;
    for (int i = 0; i < NT_IDENTITY_PARTS; i++)
        snprintf(identity.parts[i], NT_DIGEST_HEX, "part %d", i);
    int count = nt_identity_write(&identity, metadata);
    metadata[count] = (nt_metadata){NULL, NULL};
    assert_null(nt_identity_read(metadata, &read));
    for (int i = 1; i < count; i++)
        for (size_t length = NT_DIGEST_HEX - 1; length < sizeof longer; length += 1 + length / 8) {
            nt_metadata kept = metadata[i];
            memset(longer, 'x', sizeof longer);
            longer[length] = '\0';
            metadata[i].value = longer;
            assert_true(!nt_identity_read(metadata, &read) == (length < NT_DIGEST_HEX));
            metadata[i] = kept;
        }
}

/* --- the store -------------------------------------------------------------------------------- */

/* What a stranger's file says must not run: SQLite's own guards are on. */
static void test_guards(void **state) {
    static const struct {
        const char *pragma, *value;
    } guards[] = {{"PRAGMA trusted_schema", "0"}, {"PRAGMA cell_size_check", "1"}};
    for (int to_write = 1; to_write >= 0; to_write--) {
        nt_store *store;
        EXPECT_OK(&error, to_write ? nt_store_open(*state, &store, &error)
                                   : nt_store_open_to_read(*state, &store, &error));
        for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
            nt_text text;
            nt_text_init(&text);
            char expected[20];
            dump_rows(store->file.db, guards[i].pragma, &text);
            snprintf(expected, sizeof expected, "'%s' \n", guards[i].value);
            assert_string_equal(text.bytes, expected);
            nt_text_finish(&text);
        }
        int defensive = 0;
        assert_int_equal(
            sqlite3_db_config(store->file.db, SQLITE_DBCONFIG_DEFENSIVE, -1, &defensive),
            SQLITE_OK);
        assert_int_equal(defensive, 1);
        nt_store_close(store);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {TEST(test_cut_pictures), TEST(test_long_identity),
                                       TEST(test_guards)};
    return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}
