/* Folders of classes as people lay them out: what is understood, what is refused, what is said. */
#include "dataset.h"
#include "file.h"
#include "parallel.h"
#include "picture.h"
#include "support_data.h"

#include <stdio.h>

static nt_error error;

static void make_folder_in(const char *root, const char *name) {
    EXPECT_OK(&error, nt_folder_make(path_in(root, name), &error));
}

/* ROOT/FOLDER/A_0.png …, so many of each of two patients. */
static void add_pictures(const char *root, const char *folder, int each) {
    make_folder_in(root, folder);
    for (int p = 0; p < 2; p++)
        for (int i = 0; i < each; i++) {
            unsigned char value = (unsigned char)(40 * p + i);
            const nt_picture picture = {1, 1, 1, false, &value};
            char name[120];
            snprintf(name, sizeof name, "%s/%c_%d.png", folder, 'A' + p, i);
            EXPECT_OK(&error, nt_picture_write_png(path_in(root, name), &picture, NULL, 0, &error));
        }
}

static void add_classes(const char *root, const char *split) {
    static const char *const classes[] = {"ant", "bee"};
    for (int c = 0; c < 2; c++) {
        char name[100];
        snprintf(name, sizeof name, "%s%s%s", split, split[0] ? "/" : "", classes[c]);
        add_pictures(root, name, 2);
    }
}

static void expect_refused(const char *root, const char *options, const char *part) {
    nt_dataset *set;
    size_t before = nt_alloc_in_use();
    EXPECT_ERROR(&error, open_with("folder", root, options, -1, &set, &error), NT_INVALID, part);
    assert_int_equal(nt_alloc_in_use(), before);
}

static nt_dataset *open_set(const char *root, const char *options) {
    nt_dataset *set;
    EXPECT_OK(&error, open_with("folder", root, options, -1, &set, &error));
    return set;
}

/* It has so many images to train and to test on, and a note says `part`; NULL: it has no notes. */
static void expect_found(const char *root, const char *options, int train, int test,
                         const char *part) {
    nt_dataset *set = open_set(root, options);
    const nt_data_info *info = nt_dataset_info(set);
    bool noted = !part && info->note_count == 0;
    assert_int_equal(info->counts[NT_TRAIN], train);
    assert_int_equal(info->counts[NT_TEST], test);
    assert_int_equal(info->classes, 2);
    for (int32_t i = 0; part && i < info->note_count; i++)
        noted = noted || strstr(info->notes[i], part);
    if (!noted)
        fail_msg("no note says '%s', but '%s'", part ? part : "nothing",
                 info->note_count > 0 ? info->notes[0] : "nothing");
    nt_dataset_free(set);
}

static void splits_go_by_many_names(void **root) {
    static const char *const names[][2] = {
        {"Train", "TEST"}, {"training_set", "test_set"}, {"training-data", "testing-data"}};
    for (int i = 0; i < 3; i++) {
        char folder[20], part[80];
        snprintf(folder, sizeof folder, "set%d", i);
        make_folder_in(*root, folder);
        const char *set = path_in(*root, folder);
        char kept[300];
        snprintf(kept, sizeof kept, "%s", set);
        for (int s = 0; s < 2; s++)
            add_classes(kept, names[i][s]);
        snprintf(part, sizeof part, "the folder '%s' is taken as the split 'test'", names[i][1]);
        expect_found(kept, "", 8, 8, part);
    }
}

static void usual_names_need_no_note(void **root) {
    add_classes(*root, "train");
    add_classes(*root, "test");
    expect_found(*root, "", 8, 8, NULL);
    add_classes(*root, "Training"); /* the exact name is meant */
    expect_found(*root, "", 8, 8, "nothing is read: 'Training'");
    expect_found(*root, "train=Training", 8, 8, "nothing is read: 'train'");
}

static void validation_is_offered(void **root) {
    add_classes(*root, "train");
    add_classes(*root, "Valid");
    expect_found(*root, "", 8, 0, "there is no test split: 'test: Valid' would test on that");
    expect_found(*root, "test=Valid", 8, 8, NULL);
}

static void doubtful_splits_are_refused(void **root) {
    add_classes(*root, "");
    expect_found(*root, "", 6, 2, NULL); /* a fifth, of each class */
    expect_refused(*root, "test=other",
                   "other: error: there is no such folder, which 'test' names");
    add_classes(*root, "val");
    expect_refused(*root, "", "'val' has a split's name, but there is no folder of the training");
    add_classes(*root, "Train");
    add_classes(*root, "training");
    expect_refused(*root, "",
                   "both 'Train' and 'training' could be the split 'train'; say which: "
                   "'train: Train'");
}

static void classes_have_pictures(void **root) {
    add_classes(*root, "");
    make_folder_in(*root, "cow");
    expect_refused(*root, "", "cow: error: is a class's folder without a picture; take it away");
    write_bytes(path_in(*root, "cow/1.bmp"), "x", 1);
    expect_refused(*root, "",
                   "cow: error: is a class's folder without a picture; .bmp files are "
                   "passed over: mogrify -format png *.bmp");
    make_folder_in(*root, "dog");
    nt_dataset *set;
    EXPECT_ERRORS(&error, open_with("folder", *root, "", -1, &set, &error), NT_INVALID, 2,
                  "dog: error: is a class's folder");
}

static void classes_may_lie_deeper(void **root) {
    add_classes(*root, "data");
    expect_refused(*root, "",
                   "holds a single class, 'data'; if 'ant', 'bee' are the classes, say that the "
                   "folder is ");
    add_classes(*root, "more");
    expect_found(*root, "", 12, 4,
                 "the classes 'data', 'more' all hold the folders 'ant', 'bee': if those are the "
                 "classes, name the splits' folders by 'train' and 'test'");
    expect_found(*root, "train=data test=more", 8, 8, NULL);
}

/* Whole patients, of both classes, are drawn and held out. */
static void patients_stay_together(void **root) {
    add_classes(*root, "train");
    add_classes(*root, "test");
    expect_refused(*root, "patient=([AB])_", "one is for training and the other for testing");
    nt_dataset *set = open_set(path_in(*root, "train"), "patient=([AB])_ test_share=0.5");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 4);
    assert_int_equal(nt_dataset_count(set, NT_TEST), 4);
    int32_t patient = nt_dataset_patient(set, NT_TEST, 0);
    for (int32_t i = 0; i < 4; i++) {
        assert_int_equal(nt_dataset_patient(set, NT_TEST, i), patient);
        assert_int_equal(nt_dataset_patient(set, NT_TRAIN, i), 1 - patient);
        assert_int_equal(strrchr(nt_dataset_name(set, NT_TEST, i), '/')[1], 'A' + patient);
    }
    assert_int_equal(nt_dataset_label(set, NT_TEST, 0) + nt_dataset_label(set, NT_TEST, 3), 1);
    nt_dataset_free(set);
}

static void what_is_found_is_said(void **root) {
    add_classes(*root, "");
    add_pictures(*root, "bee/more", 3);
    write_bytes(path_in(*root, "ant/notes.txt"), "x", 1);
    nt_dataset *set = open_set(*root, "test_share=0");
    nt_text text;
    nt_text_init(&text);
    nt_data_summarise(nt_dataset_info(set), &text);
    if (!strstr(text.bytes,
                ", 14 to train on; 2 classes; 1x1x1, bytes; passed over .txt (1 files); "
                "fewest ant (4 training images); most bee (10 training images); files "
                ".png (14 images); pixels grey, 8 bits (14 images); size 1 x 1 (14 "
                "images)"))
        fail_msg("%s", text.bytes);
    nt_text_finish(&text);
    nt_dataset_free(set);
}

static void no_memory_is_said(void **root) {
    add_classes(*root, "Train");
    add_classes(*root, "val");
    nt_threads_set(1);
    bool failed = true;
    int allowed = 0;
    for (; failed; allowed++) {
        nt_dataset *set = NULL;
        nt_error own;
        nt_error_init(&own);
        size_t before = nt_alloc_in_use();
        allow_allocations(allowed);
        nt_status status = nt_dataset_open(nt_data_find("folder"), NULL, *root, NULL, &set, &own);
        failed = allow_all_allocations();
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
        if (status == NT_OK)
            nt_dataset_free(set);
        nt_error_finish(&own);
        assert_int_equal(nt_alloc_in_use(), before);
    }
    nt_threads_set(0);
    assert_true(allowed > 20);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(splits_go_by_many_names), IN_FOLDER(usual_names_need_no_note),
        IN_FOLDER(validation_is_offered),   IN_FOLDER(doubtful_splits_are_refused),
        IN_FOLDER(classes_have_pictures),   IN_FOLDER(classes_may_lie_deeper),
        IN_FOLDER(patients_stay_together),  IN_FOLDER(what_is_found_is_said),
        IN_FOLDER(no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
