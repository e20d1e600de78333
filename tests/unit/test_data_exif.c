/* EXIF orientations of images and masks: both are turned, or neither, and where only one of the two
 * has such a note, that is an error or told. */
#include "dataset.h"
#include "support_data.h"
#include "support_picture.h"

static nt_error error;

enum { ROWS = 4, COLUMNS = 6 };

static void write_image(const char *root, int orientation) {
    const char *path = write_plain_png(root, "images/a.png", ROWS, COLUMNS, 1, 1);
    if (orientation)
        orient_png(path, orientation);
}

static unsigned char class_at(int r, int c) {
    return (unsigned char)(r * COLUMNS + c == 1);
}

/* As stored rows x columns, one pixel of the second class. */
static void write_mask(const char *root, int rows, int columns, int orientation) {
    unsigned char values[64 * 3] = {0};
    memset(values + 3, 255, 3);
    write_webp(root, "masks/a.webp", rows, columns, values, orientation);
}

static nt_dataset *open_pairs(const char *root, const char *more, int notes) {
    nt_dataset *set = NULL;
    char options[200];
    snprintf(options, sizeof options, "images=images masks=masks test_share=0 %s", more);
    EXPECT_OK(&error, open_with("pairs", root, options, -1, &set, &error));
    assert_int_equal(nt_dataset_info(set)->note_count, notes);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    return set;
}

static void expect_refused(const char *root, const char *more, const char *part) {
    nt_dataset *set = NULL;
    char options[200];
    snprintf(options, sizeof options, "images=images masks=masks test_share=0 %s", more);
    nt_status status = open_with("pairs", root, options, -1, &set, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
}

static unsigned char stored_value(int r, int c) {
    int k = r * COLUMNS + c;
    return (unsigned char)(37 + k * 11 + k / 7);
}

/* Orientation 6: the first column as stored is the top row, from the bottom up. */
static void check_turned(const nt_dataset *set, bool turned) {
    const nt_data_info *info = nt_dataset_info(set);
    const unsigned char *pixels = sample_of_set(set, NT_TRAIN, 0).pixels;
    const unsigned char *mask = sample_of_set(set, NT_TRAIN, 0).mask;
    int rows = turned ? COLUMNS : ROWS, columns = turned ? ROWS : COLUMNS;
    assert_int_equal(info->shape.dim[1], rows);
    assert_int_equal(info->shape.dim[2], columns);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            int y = turned ? ROWS - 1 - c : r, x = turned ? r : c;
            assert_int_equal(pixels[r * columns + c], stored_value(y, x));
            assert_int_equal(mask[r * columns + c], class_at(y, x));
        }
}

static void image_and_mask_are_turned_alike(void **state) {
    write_image(*state, 6);
    write_mask(*state, ROWS, COLUMNS, 6);
    nt_dataset *set = open_pairs(*state, "", 0);
    check_turned(set, true);
    nt_dataset_free(set);
    set = open_pairs(*state, "exif=ignore", 0);
    check_turned(set, false);
    nt_dataset_free(set);
    set = open_pairs(*state, "exif=ignore size=[4,6]", 0);
    check_turned(set, false);
    nt_dataset_free(set);
}

static void a_mask_without_the_note_is_refused(void **state) {
    write_image(*state, 6);
    write_mask(*state, ROWS, COLUMNS, 0);
    expect_refused(*state, "",
                   "/images/a.png: error: is turned by its EXIF orientation (6); its "
                   "mask ");
    expect_refused(*state, "size=[4,4]",
                   "/masks/a.webp, which has 6 x 4 pixels, is not; say 'exif: "
                   "ignore' if ");
    nt_dataset *set = open_pairs(*state, "exif=ignore", 0);
    check_turned(set, false);
    nt_dataset_free(set);
    write_image(*state, 0);
    write_mask(*state, ROWS, COLUMNS, 8);
    expect_refused(*state, "",
                   "/masks/a.webp: error: is turned by its EXIF orientation (8); its "
                   "image ");
    write_mask(*state, ROWS, COLUMNS + 1, 0);
    expect_refused(*state, "", "has 7 x 4 pixels; its image has 6 x 4");
}

/* A mask that has the turned image's size was drawn on that: nothing is in doubt. */
static void a_mask_that_was_drawn_upright_fits(void **state) {
    write_image(*state, 6);
    write_mask(*state, COLUMNS, ROWS, 0);
    nt_dataset *set = open_pairs(*state, "", 0);
    assert_int_equal(((const unsigned char *)sample_of_set(set, NT_TRAIN, 0).pixels)[0],
                     stored_value(ROWS - 1, 0));
    assert_int_equal(sample_of_set(set, NT_TRAIN, 0).mask[1], 1);
    nt_dataset_free(set);
    expect_refused(*state, "exif=ignore", "has 4 x 6 pixels; its image has 6 x 4");
}

static void what_may_be_meant_either_way_is_told(void **state) {
    write_image(*state, 3);
    write_mask(*state, ROWS, COLUMNS, 0);
    nt_dataset *set = open_pairs(*state, "", 1);
    const char *note = nt_dataset_info(set)->notes[0];
    assert_non_null(strstr(note, "of 1 images and masks only one of the two is turned"));
    assert_non_null(strstr(note, "/images/a.png and "));
    assert_non_null(strstr(note, "/masks/a.webp; say 'exif: ignore'"));
    assert_int_equal(((const unsigned char *)sample_of_set(set, NT_TRAIN, 0).pixels)[0],
                     stored_value(ROWS - 1, COLUMNS - 1));
    nt_dataset_free(set);
    set = open_pairs(*state, "exif=ignore", 0);
    check_turned(set, false);
    nt_dataset_free(set);
}

static void folders_may_ignore_it(void **state) {
    static const char *const names[] = {"x/a.png", "x/b.png"};
    for (int i = 0; i < 2; i++)
        orient_png(write_plain_png(*state, names[i], ROWS, COLUMNS, 1, 1), 6);
    for (int ignored = 0; ignored < 2; ignored++) {
        nt_dataset *set;
        EXPECT_OK(&error,
                  open_with("folder", *state, ignored ? "test_share=0 exif=ignore" : "test_share=0",
                            -1, &set, &error));
        EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
        assert_int_equal(nt_dataset_info(set)->shape.dim[1], ignored ? ROWS : COLUMNS);
        assert_int_equal(((const unsigned char *)sample_of_set(set, NT_TRAIN, 1).pixels)[0],
                         stored_value(ignored ? 0 : ROWS - 1, 0));
        nt_dataset_free(set);
    }
}

/* Results that were kept before there was such an option keep their names. */
static void the_default_has_no_identity(void **state) {
    write_image(*state, 0);
    write_mask(*state, ROWS, COLUMNS, 0);
    for (int ignored = 0; ignored < 2; ignored++) {
        nt_text text;
        nt_text_init(&text);
        nt_dataset *set = open_pairs(*state, ignored ? "exif=ignore" : "", 0);
        nt_dataset_describe(set, &text);
        assert_true((strstr(text.bytes, "exif") != NULL) == ignored);
        nt_text_finish(&text);
        nt_dataset_free(set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(image_and_mask_are_turned_alike),
        WITH_FOLDER(a_mask_without_the_note_is_refused),
        WITH_FOLDER(a_mask_that_was_drawn_upright_fits),
        WITH_FOLDER(what_may_be_meant_either_way_is_told),
        WITH_FOLDER(folders_may_ignore_it),
        WITH_FOLDER(the_default_has_no_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
