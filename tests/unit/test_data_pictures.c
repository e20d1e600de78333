/* Pictures, and the data sets that are made of them: written here, read back, damaged. */
#include "dataset.h"
#include "file.h"
#include "picture_tree.h"
#include "support_data.h"

#include <stdio.h>
#include <sys/stat.h>

#include <jpeglib.h>

static nt_error error;

enum { ROWS = 6, COLUMNS = 9 };

/* Value k of a made-up picture. */
static unsigned char value_of(int key, int k) {
    return (unsigned char)(key * 37 + k * 11 + k / 7);
}

static void write_png(const char *path, int key, int32_t rows, int32_t columns, int32_t channels) {
    unsigned char values[64 * 64 * 3];
    for (int k = 0; k < rows * columns * channels; k++)
        values[k] = value_of(key, k);
    const nt_picture picture = {rows, columns, channels, false, values};
    EXPECT_OK(&error, nt_picture_write_png(path, &picture, NULL, 0, &error));
}

/* The left half is `left`, the right half `right`; with a palette if asked for. */
static void write_mask(const char *path, int left, int right, bool palette) {
    static const unsigned char colors[3][3] = {{0, 0, 0}, {200, 10, 10}, {10, 200, 10}};
    unsigned char values[ROWS * COLUMNS];
    for (int k = 0; k < ROWS * COLUMNS; k++)
        values[k] = (unsigned char)(k % COLUMNS < COLUMNS / 2 ? left : right);
    const nt_picture picture = {ROWS, COLUMNS, 1, false, values};
    EXPECT_OK(&error, nt_picture_write_png(path, &picture, palette ? colors : NULL, palette ? 3 : 0,
                                           &error));
}

static const char *make_folder_in(const char *folder, const char *name) {
    const char *path = path_in(folder, name);
    EXPECT_OK(&error, nt_folder_make(path, &error));
    return path;
}

/* --- pictures --------------------------------------------------------------------------------- */

static void pngs_come_back(void **state) {
    for (int32_t channels = 1; channels <= 3; channels += 2) {
        const char *path = path_in(*state, "a.png");
        nt_picture picture;
        write_png(path, channels, ROWS, COLUMNS, channels);
        EXPECT_OK(&error, nt_picture_look(path, &picture, &error));
        assert_true(picture.rows == ROWS && picture.columns == COLUMNS && !picture.values);
        EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &picture, &error));
        assert_true(picture.channels == channels && !picture.wide);
        for (int k = 0; k < ROWS * COLUMNS * channels; k++)
            assert_int_equal(nt_picture_value(&picture, k), value_of(channels, k));
        nt_picture_finish(&picture);
    }
}

static void palettes_are_colours_or_indices(void **state) {
    const char *path = path_in(*state, "mask.png");
    nt_picture picture;
    write_mask(path, 0, 2, true);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_LABELS, &picture, &error));
    assert_int_equal(picture.channels, 1);
    assert_int_equal(nt_picture_value(&picture, 0), 0);
    assert_int_equal(nt_picture_value(&picture, COLUMNS - 1), 2);
    nt_picture_finish(&picture);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &picture, &error));
    assert_int_equal(picture.channels, 3);
    assert_int_equal(nt_picture_value(&picture, 3 * (COLUMNS - 1) + 1), 200);
    nt_picture_finish(&picture);
}

/* PNGs of other kinds, made by PIL: 4x2 pixels each. */
static void other_depths_are_read(void **state) {
    static const unsigned char one_bit[] = {
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
        0x44, 0x52, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00,
        0x00, 0x57, 0xd3, 0x40, 0xce, 0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78,
        0x9c, 0x63, 0x98, 0xc0, 0xa0, 0x00, 0x00, 0x01, 0xd4, 0x00, 0xb1, 0x43, 0x3d, 0xc0,
        0x09, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    static const unsigned char wide[] = {
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
        0x44, 0x52, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x02, 0x10, 0x00, 0x00, 0x00,
        0x00, 0x0a, 0x53, 0xfe, 0xfc, 0x00, 0x00, 0x00, 0x1a, 0x49, 0x44, 0x41, 0x54, 0x78,
        0x9c, 0x63, 0x60, 0x60, 0x10, 0xe9, 0xd4, 0x14, 0xb2, 0x9d, 0xcd, 0x12, 0xa4, 0x22,
        0xa2, 0x22, 0xaa, 0x22, 0xa2, 0x02, 0x00, 0x1a, 0x3e, 0x02, 0xd4, 0x4b, 0x4e, 0xed,
        0x5c, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    nt_picture picture;
    const char *path = path_in(*state, "p.png");
    write_bytes(path, one_bit, sizeof one_bit);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_LABELS, &picture, &error));
    for (int k = 0; k < 8; k++)
        assert_int_equal(nt_picture_value(&picture, k), k % 3 == 0);
    nt_picture_finish(&picture);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &picture, &error));
    assert_int_equal(nt_picture_value(&picture, 3), 255);
    nt_picture_finish(&picture);
    write_bytes(path, wide, sizeof wide);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &picture, &error));
    assert_true(picture.wide);
    for (int k = 0; k < 8; k++)
        assert_int_equal(nt_picture_value(&picture, k), 257 * k + 5000 * k);
    nt_picture_finish(&picture);
}

static size_t make_jpeg(unsigned char **ret) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr manager;
    unsigned long size = 0;
    unsigned char row[3 * 16];
    JSAMPROW at = row;
    *ret = NULL;
    jpeg.err = jpeg_std_error(&manager);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, ret, &size);
    jpeg.image_width = 16;
    jpeg.image_height = 8;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int k = 0; k < 48; k++)
        row[k] = (unsigned char)(k % 3 == 0 ? 200 : 40);
    for (int r = 0; r < 8; r++)
        jpeg_write_scanlines(&jpeg, &at, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return size;
}

static void jpegs_are_read(void **state) {
    unsigned char *bytes;
    size_t size = make_jpeg(&bytes);
    const char *path = path_in(*state, "p.jpg");
    nt_picture picture;
    write_bytes(path, bytes, size);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &picture, &error));
    assert_true(picture.rows == 8 && picture.columns == 16 && picture.channels == 3);
    for (int k = 0; k < 8 * 16 * 3; k++)
        assert_in_range(nt_picture_value(&picture, k), k % 3 == 0 ? 196 : 36,
                        k % 3 == 0 ? 204 : 44);
    nt_picture_finish(&picture);
    free(bytes);
}

/* Cut anywhere, a file is refused and nothing is left behind. */
static void cut_files_are_refused(void **state) {
    unsigned char *jpeg, png[4096];
    const char *path = path_in(*state, "p.png");
    write_png(path, 1, ROWS, COLUMNS, 3);
    FILE *file = fopen(path, "rb");
    size_t png_size = fread(png, 1, sizeof png, file), jpeg_size = make_jpeg(&jpeg);
    fclose(file);
    for (int kind = 0; kind < 2; kind++)
        for (size_t length = 0; length < (kind ? jpeg_size : png_size) - 12; length++) {
            nt_picture picture;
            size_t before = nt_alloc_in_use();
            write_bytes(path, kind ? jpeg : png, length);
            nt_status status = nt_picture_read(path, NT_AS_IMAGE, &picture, &error);
            EXPECT_ERROR(&error, status, NT_INVALID, "p.png");
            assert_int_equal(nt_alloc_in_use(), before);
        }
    free(jpeg);
}

static void covering_keeps_the_middle(void **state) {
    unsigned char wide[4 * 12];
    nt_picture picture = {4, 12, 1, false, wide}, half, labels;
    (void)state;
    for (int k = 0; k < 48; k++)
        wide[k] = (unsigned char)(10 * (k % 12));
    assert_int_equal(nt_picture_cover(&picture, NT_AS_IMAGE, 2, 2, &half), NT_OK);
    /* 4 x 4 pixels of the middle, columns 4 to 7, halved: triangles of four pixels' width */
    for (int r = 0; r < 2; r++) {
        assert_int_equal(nt_picture_value(&half, 2 * r), 45);
        assert_int_equal(nt_picture_value(&half, 2 * r + 1), 65);
    }
    assert_int_equal(nt_picture_cover(&picture, NT_AS_LABELS, 8, 8, &labels), NT_OK);
    for (int k = 0; k < 64; k++)
        assert_int_equal(nt_picture_value(&labels, k), 10 * (4 + k % 8 / 2));
    nt_picture_finish(&half);
    nt_picture_finish(&labels);
}

/* --- data sets -------------------------------------------------------------------------------- */

static nt_status open_set(const char *kind, const char *root, const char *options,
                          nt_dataset **ret) {
    return open_with(kind, root, options, -1, ret, &error);
}

static void expect_errors(const char *kind, const char *root, const char *options, int count,
                          const char *part) {
    nt_dataset *set = NULL;
    size_t before = nt_alloc_in_use();
    nt_status status = open_set(kind, root, options, &set);
    if (status == NT_OK)
        status = nt_dataset_load(set, NT_TRAIN, &error);
    EXPECT_ERRORS(&error, status, NT_INVALID, count, part);
    nt_dataset_free(set);
    assert_int_equal(nt_alloc_in_use(), before);
}

static void expect_refused(const char *kind, const char *root, const char *options,
                           const char *part) {
    expect_errors(kind, root, options, 1, part);
}

/* Four patients A to D with two images each; patient C's masks have a palette. */
static void make_pairs(const char *root) {
    make_folder_in(root, "images/deep");
    make_folder_in(root, "masks/deep");
    for (int p = 0; p < 4; p++)
        for (int i = 0; i < 2; i++) {
            char name[80];
            snprintf(name, sizeof name, "images/%s%c_%d.png", i ? "deep/" : "", 'A' + p, i);
            write_png(path_in(root, name), 2 * p + i, ROWS, COLUMNS, 1);
            snprintf(name, sizeof name, "masks/%s%c_%d-seg.png", i ? "deep/" : "", 'A' + p, i);
            write_mask(path_in(root, name), 0, p == 2 ? 1 : 9, p == 2);
        }
}

#define PAIRS "images=images masks=masks mask_suffix=-seg patient=^(.)_ test_share=0.25 "

static void pairs_are_read(void **state) {
    nt_dataset *set;
    make_pairs(*state);
    EXPECT_OK(&error,
              open_set("pairs", *state, PAIRS "labels=dark=0,bright=9 ignore_labels=[1]", &set));
    const nt_data_info *info = nt_dataset_info(set);
    assert_int_equal(info->counts[NT_TRAIN], 6);
    assert_int_equal(info->counts[NT_TEST], 2);
    assert_string_equal(info->class_names[1], "bright");
    bool tested = false;
    for (int split = 0; split < 2; split++) {
        EXPECT_OK(&error, nt_dataset_load(set, (nt_split)split, &error));
        for (int32_t i = 0; i < info->counts[split]; i++) {
            const char *name = nt_dataset_name(set, (nt_split)split, i);
            bool deep = strncmp(name, "deep/", 5) == 0;
            int patient = name[deep ? 5 : 0] - 'A';
            const unsigned char *pixels = sample_of_set(set, (nt_split)split, i).pixels;
            const unsigned char *mask = sample_of_set(set, (nt_split)split, i).mask;
            assert_int_equal(nt_dataset_patient(set, (nt_split)split, i), patient);
            for (int k = 0; k < ROWS * COLUMNS; k++) {
                assert_int_equal(pixels[k], value_of(2 * patient + deep, k));
                int wanted = patient == 2 ? NT_NO_CLASS : 1;
                assert_int_equal(mask[k], k % COLUMNS < COLUMNS / 2 ? 0 : wanted);
            }
            tested =
                tested || (split == 1 && i == 1 && nt_dataset_patient(set, NT_TEST, 0) == patient);
        }
    }
    assert_true(tested); /* the two test images are of one patient */
    nt_dataset_free(set);
}

static void wrong_pairs_are_refused(void **state) {
    make_pairs(*state);
    expect_refused("pairs", *state, "", "which folders hold the images");
    expect_refused("pairs", *state, "images=images masks=images mask_suffix=-seg",
                   "/images: error: has no image with a mask in ");
    expect_errors("pairs", *state, PAIRS "labels=dark=0,bright=8", 6, /* training images */
                  "has a 9 at column 4, row 0, which no class has; its numbers are 0, 9");
    expect_errors("pairs", *state, "images=images masks=masks mask_suffix=-seg patient=^(x)", 8,
                  "images/deep/D_1.png: error: does not match the pattern");
    expect_refused("pairs", *state, "images=images masks=masks mask_suffix=-seg patient=(",
                   "no regular expression");
    expect_refused("pairs", *state,
                   "train_images=images train_masks=masks test_images=images "
                   "test_masks=masks mask_suffix=-seg patient=^(.)_",
                   "one is for training and the other for testing");
    expect_refused("pairs", *state, PAIRS "labels=one=0", "must name 2 to");
    write_png(path_in(*state, "images/deep/A_1.png"), 1, ROWS + 1, COLUMNS, 1);
    expect_refused("pairs", *state, PAIRS "labels=dark=0,bright=9,more=1", "has 9 x 7 pixels, ");
    expect_refused("pairs", *state, "images=nowhere masks=masks", "cannot be listed");
}

static void folders_are_classes(void **state) {
    static const char *const classes[] = {"ant", "ant-eater", "bee"};
    nt_dataset *set;
    for (int split = 0; split < 2; split++)
        for (int c = 0; c < 3; c++) {
            char name[80];
            snprintf(name, sizeof name, "%s/%s", split ? "test" : "train", classes[c]);
            make_folder_in(*state, name);
            for (int i = 0; i < 2 - split; i++) {
                snprintf(name, sizeof name, "%s/%s/%d.png", split ? "test" : "train", classes[c],
                         i);
                write_png(path_in(*state, name), 10 * split + 3 * c + i, ROWS, COLUMNS, 3);
            }
        }
    EXPECT_OK(&error, open_set("folder", *state, "", &set));
    const nt_data_info *info = nt_dataset_info(set);
    assert_true(info->classes == 3 && info->counts[NT_TRAIN] == 6 && info->counts[NT_TEST] == 3);
    double sum = 0;
    for (int split = 0; split < 2; split++) {
        EXPECT_OK(&error, nt_dataset_load(set, (nt_split)split, &error));
        for (int32_t i = 0; i < info->counts[split]; i++) {
            int32_t c = nt_dataset_label(set, (nt_split)split, i);
            const char *name = nt_dataset_name(set, (nt_split)split, i);
            assert_string_equal(info->class_names[c], classes[c]);
            assert_int_equal(strncmp(name, classes[c], strlen(classes[c])), 0);
            int key = 10 * split + 3 * c + name[strlen(classes[c]) + 1] - '0';
            const unsigned char *pixels = sample_of_set(set, (nt_split)split, i).pixels;
            for (int k = 0; k < ROWS * COLUMNS * 3; k++) {
                assert_int_equal(pixels[k], value_of(key, k));
                sum += split == 0 && k % 3 == 1 ? pixels[k] / 255.0 : 0;
            }
        }
    }
    assert_int_equal(info->usual, NT_USUAL_CHANNELS);
    assert_true(info->mean[1] == (float)(sum / (6 * ROWS * COLUMNS)));
    nt_dataset_free(set);
    EXPECT_OK(&error,
              open_set("folder", path_in(*state, "train"), "test_share=0.5 channels=1", &set));
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 3); /* drawn: there are no split folders */
    assert_int_equal(nt_dataset_info(set)->shape.dim[0], 1);
    nt_dataset_free(set);
    make_folder_in(*state, "test/cow");
    write_png(path_in(*state, "test/cow/1.png"), 1, ROWS, COLUMNS, 3);
    expect_refused("folder", *state, "", "is of a class that no training image has");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(pngs_come_back),        WITH_FOLDER(palettes_are_colours_or_indices),
        WITH_FOLDER(other_depths_are_read), WITH_FOLDER(jpegs_are_read),
        WITH_FOLDER(cut_files_are_refused), cmocka_unit_test(covering_keeps_the_middle),
        WITH_FOLDER(pairs_are_read),        WITH_FOLDER(wrong_pairs_are_refused),
        WITH_FOLDER(folders_are_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
