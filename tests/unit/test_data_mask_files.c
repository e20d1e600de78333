/* Which masks the kind `pairs` finds for an image: by suffixes, several of one image, none; and
 * which it refuses. */
#include "dataset.h"
#include "file.h"
#include "picture.h"
#include "support_data.h"
#include "support_picture.h"

static nt_error error;

enum { ROWS = 4, COLUMNS = 6, PIXELS = ROWS * COLUMNS };

static void write_image(const char *root, const char *name) {
    write_plain_png(root, name, ROWS, COLUMNS, 1, 1);
}

/* Grey 0 but for some pixels from `first` on. */
static void write_mask(const char *root, const char *name, int first, int count, int value) {
    unsigned char values[PIXELS] = {0};
    const nt_picture picture = {ROWS, COLUMNS, 1, false, values};
    memset(values + first, value, (size_t)count);
    const char *path = write_plain_png(root, name, ROWS, COLUMNS, 1, 1);
    EXPECT_OK(&error, nt_picture_write_png(path, &picture, NULL, 0, &error));
}

#define BOTH "images=images masks=masks test_share=0 "

static nt_dataset *open_good(const char *root, const char *options) {
    nt_dataset *set = NULL;
    EXPECT_OK(&error, open_with("pairs", root, options, -1, &set, &error));
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    return set;
}

/* So many errors, which together say `part`; returns all that they say. */
static const char *expect_errors(const char *root, const char *options, int count,
                                 const char *part) {
    static char all[20000];
    nt_dataset *set = NULL;
    size_t before = nt_alloc_in_use();
    nt_status status = open_with("pairs", root, options, -1, &set, &error);
    if (status == NT_OK)
        status = nt_dataset_load(set, NT_TRAIN, &error);
    snprintf(all, sizeof all, "%s", shown(&error));
    EXPECT_ERRORS(&error, status, NT_INVALID, count, part);
    nt_dataset_free(set);
    assert_int_equal(nt_alloc_in_use(), before);
    return all;
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

static void expect_note(const nt_dataset *set, int32_t i, const char *begins, const char *ends) {
    const nt_data_info *info = nt_dataset_info(set);
    assert_true(i < info->note_count);
    const char *note = info->notes[i];
    size_t length = strlen(note), end = strlen(ends);
    if (strncmp(note, begins, strlen(begins)) != 0 || length < end ||
        strcmp(note + length - end, ends) != 0)
        fail_msg("the note '%s'", note);
}

/* Classes as digits, '.' for NT_NO_CLASS. */
static void expect_mask(const nt_dataset *set, const char *name, const char *classes) {
    int32_t i = 0;
    while (strcmp(nt_dataset_name(set, NT_TRAIN, i), name) != 0)
        assert_true(++i < nt_dataset_count(set, NT_TRAIN));
    const unsigned char *mask = sample_of_set(set, NT_TRAIN, i).mask;
    char found[PIXELS + 1] = {0};
    for (int p = 0; p < PIXELS; p++)
        found[p] = mask[p] == NT_NO_CLASS ? '.' : (char)('0' + mask[p]);
    if (strncmp(found, classes, strlen(classes)) != 0)
        fail_msg("%s has the mask %s, not %s", name, found, classes);
}

static void expect_names(const nt_dataset *set, const char *names) {
    char found[400] = "";
    for (int32_t i = 0; i < nt_dataset_count(set, NT_TRAIN); i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", i ? "," : "",
                 nt_dataset_name(set, NT_TRAIN, i));
    assert_string_equal(found, names);
}

/* --- lossy masks ------------------------------------------------------------------------------ */

static void lossy_masks_are_refused(void **state) {
    tiff jpeg = tiff_of(16, 16, 8, 1);
    jpeg.compression = COMPRESSION_JPEG;
    for (int i = 0; i < 6; i++) {
        char name[40];
        snprintf(name, sizeof name, "images/%c.png", 'a' + i);
        write_image(*state, name);
    }
    write_jpeg(*state, "masks/a.png", ROWS, COLUMNS, 40); /* whatever its name */
    write_lossy_webp(*state, "masks/b.webp", false);
    write_lossy_webp(*state, "masks/c.webp", true);
    write_tiff(*state, "masks/d.tif", &jpeg, 1);
    unsigned char colours[PIXELS * 3] = {0};
    write_webp(*state, "masks/e.webp", ROWS, COLUMNS, colours, 0);
    write_mask(*state, "masks/f.png", 0, 1, 7); /* no label either */
    const char *all = expect_errors(*state, BOTH, 4,
                                    "/masks/a.png: error: is a JPEG, which is lossy: the numbers "
                                    "of its classes are blurred; save masks as PNG\n");
    assert_non_null(strstr(all, "/masks/b.webp: error: is a WebP with VP8 in it, which is lossy"));
    assert_non_null(strstr(all, "/masks/c.webp: error: is a WebP with VP8 in it, which is lossy"));
    assert_non_null(strstr(all, "/masks/d.tif: error: is a TIFF with JPEG in it, which is lossy"));
}

static void all_lossy_masks_are_told_at_once(void **state) {
    for (int i = 0; i < NT_ERROR_LIMIT + 5; i++) {
        char name[40];
        snprintf(name, sizeof name, "images/%02d.jpg", i);
        write_jpeg(*state, name, ROWS, COLUMNS, 40);
        snprintf(name, sizeof name, "masks/%02d.jpg", i);
        write_jpeg(*state, name, ROWS, COLUMNS, 40);
    }
    expect_errors(*state, BOTH, NT_ERROR_LIMIT, "5 more");
}

/* --- files that are no good ------------------------------------------------------------------- */

static void cut_short(const char *root, const char *name, size_t size) {
    nt_bytes file;
    EXPECT_OK(&error, nt_file_read(path_in(root, name), 1 << 20, &file, &error));
    assert_true(file.size > size);
    write_bytes(path_in(root, name), file.bytes, size);
    nt_bytes_finish(&file);
}

/* One that is found at once has all others looked for. */
static void whatever_is_wrong_is_told_at_once(void **state) {
    for (int i = 0; i < 4; i++) {
        char name[40];
        snprintf(name, sizeof name, "images/%c.png", 'a' + i);
        write_image(*state, name);
        snprintf(name, sizeof name, "masks/%c.png", 'a' + i);
        write_mask(*state, name, 0, 2, 255);
    }
    cut_short(*state, "images/b.png", 60);
    cut_short(*state, "masks/d.png", 60);
    write_bytes(path_in(*state, "masks/c.png"), "a word", 6);
    write_jpeg(*state, "masks/a.png", ROWS, COLUMNS, 40);
    const char *all = expect_errors(*state, BOTH, 4, "/masks/a.png: error: is a JPEG");
    assert_non_null(strstr(all, "/images/b.png: byte "));
    assert_non_null(strstr(all, "/masks/c.png: byte 0: error: is no PNG, JPEG, TIFF or WebP file"));
    assert_non_null(strstr(all, "/masks/d.png: byte "));
}

/* --- images without a mask -------------------------------------------------------------------- */

static void unmasked_images_are_told_skipped_or_background(void **state) {
    for (int i = 0; i < 5; i++) {
        char name[40];
        snprintf(name, sizeof name, "images/%d.png", i);
        write_image(*state, name);
        snprintf(name, sizeof name, "masks/%d.png", i);
        if (i % 2)
            write_mask(*state, name, 0, 2, 255);
    }
    const char *all = expect_errors(*state, BOTH, 3, "/images/4.png: error: has no mask ");
    assert_int_equal(count_of(all, "has no mask "), 3);
    assert_int_equal(count_of(all, "'mask_suffix'"), 1);

    nt_dataset *set = open_good(*state, BOTH "unmasked=skip");
    expect_names(set, "1,3");
    assert_int_equal(nt_dataset_info(set)->note_count, 1);
    assert_int_equal(nt_dataset_info(set)->file_count, 4);
    expect_note(set, 0, "3 images without a mask are left out, such as ", "/images/0.png");
    nt_dataset_free(set);

    set = open_good(*state, BOTH "unmasked=background");
    expect_names(set, "0,1,2,3,4");
    assert_int_equal(nt_dataset_info(set)->file_count, 7);
    expect_mask(set, "1", "110000");
    expect_mask(set, "2", "000000000000000000000000");
    expect_note(set, 0, "3 images without a mask are taken as background", "/images/0.png");
    nt_dataset_free(set);
}

static void no_mask_at_all_is_one_error(void **state) {
    static const char *const options[] = {BOTH "mask_suffix=_seg",
                                          BOTH "mask_suffix=_seg unmasked=skip",
                                          BOTH "mask_suffix=_seg unmasked=background"};
    write_image(*state, "images/a_img.png");
    write_image(*state, "images/b_img.png");
    write_mask(*state, "masks/a_mask.png", 0, 1, 255);
    for (int i = 0; i < 3; i++) {
        const char *all = expect_errors(*state, options[i], 1, "/images: error: has no image with");
        assert_non_null(strstr(all, ": of a_img.png it would be a_img_seg.*, and there is "
                                    "a_mask.png; 'image_suffix' (now \"\") and 'mask_suffix' (now "
                                    "\"_seg\") say "));
    }
    expect_errors(*state, "images=images masks=images mask_suffix=_seg", 1,
                  "and there is none so called");
    write_image(*state, "all/a_img.png");
    write_image(*state, "all/b.png");
    expect_errors(*state, "images=all masks=all image_suffix=_img mask_suffix=_seg", 1,
                  "and there is none so called");
    remove(path_in(*state, "masks/a_mask.png"));
    expect_errors(*state, BOTH, 1, "/masks: error: holds no PNG, JPEG, TIFF or WebP pictures");
}

/* A split whose images all lack masks may be healthy, if those of the other have some. */
static void a_split_may_be_background(void **state) {
#define SPLITS "train_images=x train_masks=m test_images=y test_masks=n "
    write_image(*state, "x/a.png");
    write_mask(*state, "m/a.png", 0, 1, 255);
    write_image(*state, "y/b.png");
    write_mask(*state, "n/c.png", 0, 1, 255);
    expect_errors(*state, SPLITS "unmasked=skip", 1, "/y: error: has no image with a mask in ");
    nt_dataset_free(open_good(*state, SPLITS "unmasked=background"));
}

/* --- names ------------------------------------------------------------------------------------ */

static void images_have_a_suffix_too(void **state) {
    static const char *const suffixes[] = {
        "images=all masks=all test_share=0 image_suffix=_img mask_suffix=_mask",
        "images=all masks=all test_share=0 image_suffix=_img"};
    for (int i = 0; i < 2; i++) {
        write_image(*state, "all/a_img.png");
        write_image(*state, "all/deep/b_img.png");
        write_image(*state, "all/notes.png");
        write_mask(*state, i ? "all/a.png" : "all/a_mask.png", 0, 1, 255);
        write_mask(*state, i ? "all/deep/b.png" : "all/deep/b_mask.png", 0, 2, 255);
        nt_dataset *set = open_good(*state, suffixes[i]);
        expect_names(set, "a_img,deep/b_img");
        expect_mask(set, "a_img", "100");
        expect_mask(set, "deep/b_img", "110");
        expect_note(set, 0, i ? "3 pictures are passed over" : "1 pictures are passed over",
                    i ? "/all/a_mask.png" : "/all/notes.png");
        assert_int_equal(nt_dataset_info(set)->note_count, 1);
        nt_dataset_free(set);
    }
    expect_errors(*state, "images=all masks=all image_suffix=_x", 1, "none called as images");
}

/* As of ultrasound sets: images and masks in one folder, some with several. */
static void numbered_masks_are_joined(void **state) {
    write_image(*state, "all/benign (1).png");
    write_mask(*state, "all/benign (1)_mask.png", 0, 2, 255);
    write_mask(*state, "all/benign (1)_mask_1.png", 3, 1, 255);
    write_image(*state, "all/benign (2).png");
    write_mask(*state, "all/benign (2)_mask.png", 0, 1, 255);
    write_mask(*state, "all/benign (2)_mask-02.png", 1, 1, 255);
    write_mask(*state, "all/benign (2)_mask.3.png", 2, 1, 255);
    write_mask(*state, "all/benign (2)_mask 4.png", 3, 1, 255);
    write_mask(*state, "all/benign (3)_mask_1.png", 3, 1, 255); /* of none */
    nt_dataset *set = open_good(*state, "images=all masks=all mask_suffix=_mask test_share=0");
    expect_names(set, "benign (1),benign (2)");
    expect_mask(set, "benign (1)", "110100");
    expect_mask(set, "benign (2)", "111100");
    assert_int_equal(nt_dataset_info(set)->note_count, 2);
    expect_note(set, 0, "1 masks belong to no image, such as ", "benign (3)_mask_1.png");
    expect_note(set, 1, "2 images have several masks each, which are joined", "/benign (1).png");
    assert_int_equal(nt_dataset_info(set)->file_count, 8);
    nt_dataset_free(set);
}

#define SHARED "train_images=images train_masks=masks test_images=test test_masks=masks"

/* Though its name is that of a's mask and a number, it is another's, be it in another split. */
static void a_mask_of_another_image_stays_its_own(void **state) {
    write_image(*state, "images/a.png");
    write_image(*state, "images/a_1.png");
    write_image(*state, "test/a_2.png");
    write_mask(*state, "masks/a.png", 0, 1, 255);
    write_mask(*state, "masks/a_1.png", 1, 1, 255);
    write_mask(*state, "masks/a_2.png", 2, 1, 255);
    nt_dataset *set = open_good(*state, SHARED);
    expect_mask(set, "a", "100");
    expect_mask(set, "a_1", "010");
    assert_int_equal(nt_dataset_info(set)->note_count, 0);
    nt_dataset_free(set);
    write_mask(*state, "masks/c.png", 0, 1, 255);
    set = open_good(*state, SHARED);
    expect_note(set, 0, "1 masks belong to no image", "/masks/c.png");
    nt_dataset_free(set);
    set = open_good(*state, BOTH);
    expect_mask(set, "a", "101");
    nt_dataset_free(set);

    /* An image may be called as a further mask is, if it has one of its own. */
    write_image(*state, "all/b.png");
    write_image(*state, "all/b_m_1.png");
    write_mask(*state, "all/b_m.png", 0, 1, 255);
    write_mask(*state, "all/b_m_1_m.png", 1, 1, 255);
    set = open_good(*state, "images=all masks=all mask_suffix=_m test_share=0");
    expect_names(set, "b,b_m_1");
    expect_mask(set, "b", "100");
    expect_mask(set, "b_m_1", "010");
    nt_dataset_free(set);
}

/* As of sets of nuclei: a folder of masks for each image. */
static void masks_of_a_folder_are_joined(void **state) {
    write_image(*state, "images/x/ID_img.png");
    write_mask(*state, "masks/x/ID/0001.png", 0, 1, 255);
    write_mask(*state, "masks/x/ID/cell.png", 2, 1, 255);
    write_mask(*state, "masks/x/ID/deep/0003.png", 4, 1, 255);
    write_mask(*state, "masks/x/IDx1.png", 5, 1, 255);
    nt_dataset *set = open_good(*state, BOTH "image_suffix=_img");
    expect_mask(set, "x/ID_img", "101000");
    expect_note(set, 0, "2 masks belong to no image", "/masks/x/ID/deep/0003.png");
    nt_dataset_free(set);

    /* In one folder, what the masks are called by holds in folders too. */
    write_image(*state, "all/ID_img.png");
    write_mask(*state, "all/ID/1_m.png", 0, 1, 255);
    write_mask(*state, "all/ID/2.png", 1, 1, 255);
    set = open_good(*state, "images=all masks=all image_suffix=_img mask_suffix=_m test_share=0");
    expect_mask(set, "ID_img", "100");
    expect_note(set, 0, "1 pictures are passed over", "/all/ID/2.png");
    nt_dataset_free(set);
}

/* --- joining ---------------------------------------------------------------------------------- */

static void ignored_numbers_give_way_to_classes(void **state) {
#define LABELS BOTH "labels=ground=0,organ=1,lesion=2 ignore_labels=[9] "
    write_image(*state, "images/a.png");
    write_mask(*state, "masks/a.png", 0, 4, 9);
    write_mask(*state, "masks/a_1.png", 3, 3, 1);
    write_mask(*state, "masks/a_2.png", 5, 2, 9);
    write_mask(*state, "masks/a_3.png", 2, 1, 2);
    nt_dataset *set = open_good(*state, LABELS);
    expect_mask(set, "a", "..2111.0");
    nt_dataset_free(set);
    set = open_good(*state, LABELS "size=[8,12]"); /* joined, then resized */
    assert_int_equal(sample_of_set(set, NT_TRAIN, 0).mask[4], 2);
    assert_int_equal(sample_of_set(set, NT_TRAIN, 0).mask[11], 1);
    nt_dataset_free(set);
    write_mask(*state, "masks/a_4.png", 5, 2, 2);
    const char *all = expect_errors(*state, LABELS, 1,
                                    "/masks/a_4.png: error: has lesion at column 5, row 0, where ");
    assert_non_null(strstr(all, "/masks/a_1.png, a mask of the same image, has organ"));
    write_mask(*state, "masks/a_4.png", 5, 2, 3);
    expect_errors(*state, LABELS, 1, "/masks/a_4.png: error: has a 3 at column 5, row 0, which no");
}

static void every_mask_must_fit(void **state) {
    write_image(*state, "images/a.png");
    write_mask(*state, "masks/a.png", 0, 1, 255);
    write_plain_png(*state, "masks/a_1.png", ROWS, COLUMNS + 1, 1, 0);
    expect_errors(*state, BOTH "size=[4,4]", 1,
                  "/masks/a_1.png: error: has 7 x 4 pixels; its image has 6 x 4");
    write_mask(*state, "masks/a_1.png", 0, 1, 255);
    orient_png(path_in(*state, "masks/a_1.png"), 6);
    expect_errors(*state, BOTH, 1, "/masks/a_1.png: error: is turned by its EXIF orientation (6)");
    write_mask(*state, "masks/a_1.png", 0, 1, 255);
    orient_png(path_in(*state, "masks/a_1.png"), 3);
    nt_dataset *set = open_good(*state, BOTH);
    expect_note(set, 1, "of 1 images and masks only one of the two is turned",
                "as they are stored");
    nt_dataset_free(set);
}

/* Pages have masks by their numbers; each file's digest is one line. */
static void pages_may_have_several_masks(void **state) {
    static const char *const names[] = {"images/s.tif", "masks/s.tif", "masks/s_1.tif"};
    char digest[NT_DIGEST_HEX], of_file[NT_DIGEST_HEX], whole[NT_DIGEST_HEX], lines[600];
    int length = 0;
    for (int i = 0; i < 3; i++) {
        tiff pages[4];
        for (int k = 0; k < 4; k++) {
            pages[k] = tiff_of(ROWS, COLUMNS, 1, 1);
            pages[k].key = k;
        }
        write_tiff(*state, names[i], pages, 4);
        EXPECT_OK(&error, nt_file_digest(path_in(*state, names[i]), of_file, &error));
        length +=
            snprintf(lines + length, sizeof lines - (size_t)length, "%s  %s\n", of_file, names[i]);
    }
    nt_dataset *set = open_good(*state, BOTH "labels=a=0,b=1");
    expect_names(set, "s#1,s#2,s#3,s#4");
    expect_note(set, 0, "4 images have several masks", "/images/s.tif#1");
    assert_int_equal(nt_dataset_patient(set, NT_TRAIN, 3), 0);
    EXPECT_OK(&error, nt_dataset_digest(set, digest, &error));
    assert_true(nt_digest_bytes(lines, (size_t)length, whole));
    assert_string_equal(digest, whole);
    nt_dataset_free(set);
}

/* --- patients --------------------------------------------------------------------------------- */

static void patients_may_be_folders(void **state) {
    static const char *const names[] = {"p1/A_1", "p1/A_2", "p2/A_1", "q/B_2"};
    for (int i = 0; i < 4; i++) {
        char name[40];
        snprintf(name, sizeof name, "images/%s.png", names[i]);
        write_image(*state, name);
        snprintf(name, sizeof name, "masks/%s.png", names[i]);
        write_mask(*state, name, 0, 1, 255);
    }
    nt_dataset *set = open_good(*state, BOTH "patient=^([^/]+)/");
    for (int32_t i = 0; i < 4; i++)
        assert_int_equal(nt_dataset_patient(set, NT_TRAIN, i), i < 2 ? 0 : i - 1);
    nt_dataset_free(set);
    set = open_good(*state, BOTH "patient=^([A-Z]+)_"); /* of the name alone */
    for (int32_t i = 0; i < 4; i++)
        assert_int_equal(nt_dataset_patient(set, NT_TRAIN, i), i == 3);
    nt_dataset_free(set);
    write_mask(*state, "one/C_1.png", 0, 1, 255); /* of one image alone nothing can be told */
    nt_dataset_free(open_good(*state, "images=one masks=one test_share=0 patient=^(.)"));
    expect_errors(*state, BOTH "patient=^(p.)/", 1,
                  "/images/q/B_2.png: error: does not match the pattern of 'patient'");
    expect_errors(*state, BOTH "patient=^(x)", 4, "/images/p1/A_2.png: error: does not match");
    expect_errors(*state, BOTH "patient=_", 1,
                  "/images/p1/A_1.png: error: is of patient '_' by the pattern of 'patient', and "
                  "so are all 4 images; its first group must find what differs");
    expect_errors(*state, BOTH "patient=^(.*)", 1,
                  "is of patient 'p1/A_1' by the pattern of 'patient', and each of the 4 images is "
                  "of another; its first group must find what the images of a patient share; leave "
                  "'patient' out if each has one");
}

/* Results that were kept before there were such options keep their names. */
static void defaults_have_no_identity(void **state) {
    static const char *const options[] = {BOTH, BOTH "unmasked=skip image_suffix=a"};
    write_image(*state, "images/aa.png");
    write_mask(*state, "masks/aa.png", 0, 1, 255);
    write_mask(*state, "masks/a.png", 0, 1, 255);
    for (int i = 0; i < 2; i++) {
        nt_text text;
        nt_text_init(&text);
        nt_dataset *set = open_good(*state, options[i]);
        nt_dataset_describe(set, &text);
        assert_int_equal(strstr(text.bytes, "unmasked") != NULL, i);
        assert_int_equal(strstr(text.bytes, "image_suffix") != NULL, i);
        nt_text_finish(&text);
        nt_dataset_free(set);
    }
}

/* Patterns that found a patient in the name alone may find another in the path: then, and only
 * then, results that were kept are not those of these splits. */
static void other_patients_have_another_identity(void **state) {
    static const struct {
        const char *pattern;
        bool other;
    } trials[] = {{"^([A-Z]+)_", false}, {"/([A-Z]+)_", false}, {"^([^_]*)_", true}};
    static const char *const names[] = {"p/A_1", "p/A_2", "q/A_3", "q/B_4"};
    for (int i = 0; i < 4; i++) {
        char name[40];
        snprintf(name, sizeof name, "images/%s.png", names[i]);
        write_image(*state, name);
        snprintf(name, sizeof name, "masks/%s.png", names[i]);
        write_mask(*state, name, 0, 1, 255);
    }
    for (int t = 0; t < 3; t++) {
        char options[100];
        nt_text text;
        nt_text_init(&text);
        snprintf(options, sizeof options, BOTH "patient=%s", trials[t].pattern);
        nt_dataset *set = open_good(*state, options);
        nt_dataset_describe(set, &text);
        assert_int_equal(strstr(text.bytes, "\nrevision: ") != NULL, trials[t].other);
        nt_text_finish(&text);
        nt_dataset_free(set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(lossy_masks_are_refused),
        WITH_FOLDER(whatever_is_wrong_is_told_at_once),
        WITH_FOLDER(all_lossy_masks_are_told_at_once),
        WITH_FOLDER(unmasked_images_are_told_skipped_or_background),
        WITH_FOLDER(no_mask_at_all_is_one_error),
        WITH_FOLDER(a_split_may_be_background),
        WITH_FOLDER(images_have_a_suffix_too),
        WITH_FOLDER(numbered_masks_are_joined),
        WITH_FOLDER(a_mask_of_another_image_stays_its_own),
        WITH_FOLDER(masks_of_a_folder_are_joined),
        WITH_FOLDER(ignored_numbers_give_way_to_classes),
        WITH_FOLDER(every_mask_must_fit),
        WITH_FOLDER(pages_may_have_several_masks),
        WITH_FOLDER(patients_may_be_folders),
        WITH_FOLDER(defaults_have_no_identity),
        WITH_FOLDER(other_patients_have_another_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
