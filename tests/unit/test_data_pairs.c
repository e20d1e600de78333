/* Images and masks by name: which belong together, who they are of, what is drawn to test on, and
 * that image and mask stay one above the other when they are resized. */
#include "dataset.h"
#include "file.h"
#include "parallel.h"
#include "picture.h"
#include "support_data.h"

static nt_error error;

enum { ROWS = 4, COLUMNS = 6 };

/* Writes FOLDER/NAME, grey: `high` from column `edge` on, 0 before it. */
static void write_step(const char *root, const char *name, int32_t rows, int32_t columns,
                       int32_t edge, int high) {
    unsigned char values[32 * 32];
    const nt_picture picture = {rows, columns, 1, false, values};
    char folder[PATH_SIZE];
    const char *path = path_in(root, name);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    EXPECT_OK(&error, nt_folder_make(folder, &error));
    for (int p = 0; p < rows * columns; p++)
        values[p] = (unsigned char)(p % columns >= edge ? high : 0);
    EXPECT_OK(&error, nt_picture_write_png(path, &picture, NULL, 0, &error));
}

static void write_pair(const char *root, const char *images, const char *masks, const char *name) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s.png", images, name);
    write_step(root, path, ROWS, COLUMNS, 3, 200);
    snprintf(path, sizeof path, "%s/%s.png", masks, name);
    write_step(root, path, ROWS, COLUMNS, 3, 255);
}

static int fails_at = -1; /* which allocation of opening or loading; -1: none */

static nt_status open_pairs(const char *root, const char *options, nt_dataset **ret) {
    return open_with("pairs", root, options, fails_at, ret, &error);
}

static nt_dataset *open_good(const char *root, const char *options) {
    nt_dataset *set = NULL;
    EXPECT_OK(&error, open_pairs(root, options, &set));
    return set;
}

static void expect_refused(const char *root, const char *options, const char *part) {
    nt_dataset *set = NULL;
    size_t before = nt_alloc_in_use();
    nt_status status = open_pairs(root, options, &set);
    if (status == NT_OK)
        status = nt_dataset_load(set, NT_TRAIN, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
    nt_dataset_free(set);
    assert_int_equal(nt_alloc_in_use(), before);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void masks_may_lie_beside_images(void **state) {
    for (int i = 0; i < 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "all/p%d.png", i);
        write_step(*state, name, ROWS, COLUMNS, 3, 200);
        snprintf(name, sizeof name, "all/p%d_mask.png", i);
        write_step(*state, name, ROWS, COLUMNS, i + 1, 255);
    }
    nt_dataset *set = open_good(*state, "images=all masks=all mask_suffix=_mask test_share=0");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 3);
    assert_int_equal(nt_dataset_count(set, NT_TEST), 0);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    for (int32_t i = 0; i < 3; i++) {
        const unsigned char *mask = sample_of_set(set, NT_TRAIN, i).mask;
        for (int c = 0; c < COLUMNS; c++)
            assert_int_equal(mask[c], c >= i + 1);
    }
    nt_dataset_free(set);
}

/* An edge at a third of the width is at a third of the resized picture, and of its mask. */
static void images_and_masks_are_resized_alike(void **state) {
    write_step(*state, "images/a.png", 8, 24, 10, 200); /* 8 x 8 of the middle: from column 8 */
    write_step(*state, "masks/a.png", 8, 24, 10, 255);
    nt_dataset *set = open_good(*state, "images=images masks=masks test_share=0 size=[16,16]");
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    const unsigned char *image = sample_of_set(set, NT_TRAIN, 0).pixels;
    const unsigned char *mask = sample_of_set(set, NT_TRAIN, 0).mask;
    for (int p = 0; p < 256; p++) {
        assert_int_equal(mask[p], p % 16 >= 4);
        assert_int_equal(image[p] > 100, mask[p]);
    }
    nt_dataset_free(set);
    write_step(*state, "masks/a.png", 4, 12, 5, 255);
    expect_refused(*state, "images=images masks=masks test_share=0 size=[16,16]",
                   "masks/a.png: error: has 12 x 4 pixels; its image has 24 x 8");
}

/* Without a pattern nobody knows whose images they are: those of both splits may have one name. */
static void patients_are_known_by_a_pattern_alone(void **state) {
    for (int i = 0; i < 4; i++) {
        char name[8];
        snprintf(name, sizeof name, "%c_%d", 'A' + i / 2, i);
        write_pair(*state, "train", "train-masks", name);
        write_pair(*state, "test", "test-masks", name);
    }
#define FOLDERS "train_images=train train_masks=train-masks test_images=test test_masks=test-masks"
    nt_dataset *set = open_good(*state, FOLDERS);
    assert_null(nt_dataset_info(set)->patients[NT_TRAIN]);
    assert_int_equal(nt_dataset_patient(set, NT_TEST, 0), -1);
    assert_string_equal(nt_dataset_name(set, NT_TEST, 3), "B_3");
    nt_dataset_free(set);
    expect_refused(*state, FOLDERS " patient=^(.)_", "test/A_0.png: error: is of the patient of ");
    set = open_good(*state, "train_images=train train_masks=train-masks patient=^(.)_");
    assert_int_equal(nt_dataset_patient(set, NT_TRAIN, 1), 0);
    assert_int_equal(nt_dataset_patient(set, NT_TRAIN, 2), 1);
    nt_dataset_free(set);
}

/* Of 20 patients with one to three images each, six are drawn, whole; another seed draws others. */
static void whole_patients_are_drawn(void **state) {
    enum { PATIENTS = 20, SHARE = 6 };
    bool drawn[3][PATIENTS] = {{false}};
    for (int p = 0; p < PATIENTS; p++)
        for (int i = 0; i <= p % 3; i++) {
            char name[20];
            snprintf(name, sizeof name, "s%02d_%d", p, i);
            write_pair(*state, "images", "masks", name);
        }
    for (int run = 0; run < 3; run++) {
        nt_dataset *set =
            open_good(*state, run == 2 ? "images=images masks=masks patient=^[^_]* test_share=0.3 "
                                         "split_seed=1"
                                       : "images=images masks=masks patient=^[^_]* test_share=0.3");
        int count = 0;
        for (int32_t i = 0; i < nt_dataset_count(set, NT_TEST); i++)
            drawn[run][nt_dataset_patient(set, NT_TEST, i)] = true;
        for (int32_t i = 0; i < nt_dataset_count(set, NT_TRAIN); i++)
            assert_false(drawn[run][nt_dataset_patient(set, NT_TRAIN, i)]);
        for (int p = 0; p < PATIENTS; p++)
            count += drawn[run][p];
        assert_int_equal(count, SHARE);
        assert_int_equal(nt_dataset_count(set, NT_TRAIN) + nt_dataset_count(set, NT_TEST), 39);
        nt_dataset_free(set);
    }
    assert_memory_equal(drawn[0], drawn[1], sizeof drawn[0]);
    assert_memory_not_equal(drawn[0], drawn[2], sizeof drawn[0]);
}

/* Each allocation in turn fails, of opening and of loading: one error, and nothing left behind. */
static void memory_may_run_out(void **state) {
    int failures = 0, threads = nt_threads();
    nt_threads_set(1);
    write_pair(*state, "images", "masks", "A_1");
    write_pair(*state, "images", "masks", "A_2");
    write_pair(*state, "images", "masks", "B_1");
    write_step(*state, "masks/B_1_2.png", ROWS, COLUMNS, 2, 255);
    write_step(*state, "masks/C.png", ROWS, COLUMNS, 2, 255);
    for (bool failed = true; failed; failures += failed) {
        nt_dataset *set = NULL;
        size_t before = nt_alloc_in_use();
        fails_at = failures;
        nt_status status =
            open_pairs(*state, "images=images masks=masks patient=^(.)_ size=[2,2]", &set);
        if (status == NT_OK)
            status = nt_dataset_load(set, NT_TRAIN, &error);
        failed = allow_all_allocations();
        fails_at = -1;
        nt_dataset_free(set);
        if (!failed)
            EXPECT_OK(&error, status);
        else if (status != NT_OK)
            EXPECT_ERROR(&error, status, NT_NO_MEMORY, "out of memory");
        assert_int_equal(nt_alloc_in_use(), before);
    }
    nt_threads_set(threads);
    assert_true(failures > 20);
}

static void unclear_options_are_refused(void **state) {
    static const char which[] = "which folders hold the images and the masks?";
    write_pair(*state, "images", "masks", "a");
    expect_refused(*state, "images=images", which);
    expect_refused(*state, "images=images masks=masks train_images=images", which);
    expect_refused(*state, "train_images=images test_images=images test_masks=masks", which);
    expect_refused(*state, "train_images=images train_masks=masks test_masks=masks", which);
#define BOTH "images=images masks=masks test_share=0 "
    expect_refused(*state, BOTH "labels=a=0,b=255,c=255", "'labels' says b=255 and c=255");
    expect_refused(*state, BOTH "labels=a=0,b=255,a=1", "'labels' says a=0 and a=1");
    expect_refused(*state, BOTH "labels=a=0,b=255 ignore_labels=[3,255]",
                   "255 is both in 'labels' (b) and in 'ignore_labels'");
    expect_refused(*state, BOTH "size=[0,5]", "'size' must be two numbers above 0");
    expect_refused(*state, BOTH "channels=2", "'channels' must be 1 or 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(masks_may_lie_beside_images),
        WITH_FOLDER(images_and_masks_are_resized_alike),
        WITH_FOLDER(patients_are_known_by_a_pattern_alone),
        WITH_FOLDER(whole_patients_are_drawn),
        WITH_FOLDER(memory_may_run_out),
        WITH_FOLDER(unclear_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
