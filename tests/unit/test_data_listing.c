/* Folders of pictures of all formats as data sets: pages of TIFFs, what is passed over, and the one
 * form that is found by looking at every file. */
#include "dataset.h"
#include "file.h"
#include "parallel.h"
#include "picture_tree.h"
#include "support_data.h"
#include "support_picture.h"

static nt_error error;

static nt_dataset *open_good(const char *kind, const char *root, const char *options) {
    nt_dataset *set = NULL;
    EXPECT_OK(&error, open_with(kind, root, options, -1, &set, &error));
    return set;
}

static void expect_refused(const char *kind, const char *root, const char *options,
                           const char *part) {
    nt_dataset *set = NULL;
    size_t before = nt_alloc_in_use();
    nt_status status = open_with(kind, root, options, -1, &set, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
    assert_int_equal(nt_alloc_in_use(), before);
}

/* --- passing over ----------------------------------------------------------------------------- */

static void what_is_passed_over_is_counted(void **state) {
    static const char *const names[] = {"a/1.bmp",    "a/0.BMP",   "b/2.bmp",
                                        "a/x.nii.gz", "readme",    "notes.txt",
                                        "a/IM.001",   ".DS_Store", "b/IM.002"};
    static const struct {
        const char *ending, *example;
        int count;
    } wanted[] = {{"", "a/IM.001", 3},
                  {"bmp", "a/0.BMP", 3},
                  {"nii.gz", "a/x.nii.gz", 1},
                  {"txt", "notes.txt", 1}};
    nt_arena arena;
    nt_picture_files files;
    write_plain_png(*state, "a/p.png", 2, 2, 1, 0);
    write_plain_png(*state, "b/p.png", 2, 2, 1, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        write_bytes(path_in(*state, names[i]), "x", 1);
    nt_arena_init(&arena);
    EXPECT_OK(&error, nt_picture_files_list(*state, &arena, &files, &error));
    assert_int_equal(files.count, 2);
    assert_int_equal(files.passed_over_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(files.passed_over[i].ending, wanted[i].ending);
        assert_int_equal(files.passed_over[i].count, wanted[i].count);
        assert_string_equal(files.passed_over[i].example, path_in(*state, wanted[i].example));
    }
    nt_arena_finish(&arena);
    unlink(path_in(*state, "readme"));
    unlink(path_in(*state, "notes.txt"));
    nt_dataset *set = open_good("folder", *state, "");
    const nt_data_info *info = nt_dataset_info(set);
    assert_int_equal(info->note_count, 2);
    assert_non_null(strstr(info->notes[0], ".bmp files are passed over (3), such as "));
    assert_non_null(strstr(info->notes[0], "/a/0.BMP; mogrify -format png *.bmp"));
    assert_non_null(strstr(info->notes[1], "the kind nifti reads them"));
    nt_dataset_free(set);
}

static void a_folder_without_pictures_says_what_to_do(void **state) {
    static const struct {
        const char *name, *advice;
    } cases[] = {{"x/a.gif", "but .gif files (1), such as "},
                 {"x/a.gif", "; mogrify -format png *.gif"},
                 {"x/a.HEIC", "heif-convert"},
                 {"x/a.dcm", "dcm2niix"},
                 {"x/a.nii", "the kind nifti reads them"},
                 {"x/a.npy", "the kind npy reads them"},
                 {"x/a.svg", "mogrify -format png *.svg"},
                 {"x/a.csv", "holds no PNG, JPEG, TIFF or WebP pictures\n"},
                 {"x/a.e", "holds no PNG, JPEG, TIFF or WebP pictures\n"}};
    EXPECT_OK(&error, nt_folder_make(path_in(*state, "x"), &error));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = path_in(*state, cases[i].name);
        write_bytes(path_in(*state, "x/notes.txt"), "x", 1);
        write_bytes(path, "x", 1);
        expect_refused("folder", *state, "", cases[i].advice);
        expect_refused("pairs", *state, "images=x masks=x", cases[i].advice);
        unlink(path);
    }
}

/* --- pages ------------------------------------------------------------------------------------ */

static const char *write_stack(const char *root, const char *name, int pages, int key) {
    tiff all[16];
    for (int i = 0; i < pages; i++) {
        all[i] = tiff_of(4, 6, 8, 1);
        all[i].key = key + i;
    }
    return write_tiff(root, name, all, pages);
}

static void check_page(const nt_dataset *set, nt_split split, int32_t i, int key) {
    tiff t = tiff_of(4, 6, 8, 1);
    t.key = key;
    for (int p = 0; p < 24; p++)
        assert_int_equal(((const unsigned char *)sample_of_set(set, split, i).pixels)[p],
                         tiff_value(&t, p / 6, p % 6, 0));
}

static void pages_are_samples_in_their_order(void **state) {
    static const char *const names[] = {"x/a-1", "x/a"};
    write_stack(*state, "x/a.tif", 12, 0);
    write_stack(*state, "x/a-1.tif", 1, 50);
    nt_dataset *set = open_good("folder", *state, "test_share=0");
    char digest[NT_DIGEST_HEX], of_file[NT_DIGEST_HEX], whole[NT_DIGEST_HEX], line[300];
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 13);
    check_page(set, NT_TRAIN, 12, 50);
    for (int i = 0; i < 12; i++) {
        char name[20];
        snprintf(name, sizeof name, "%s#%d", names[1], i + 1);
        assert_string_equal(nt_dataset_name(set, NT_TRAIN, i), name);
        assert_int_equal(nt_dataset_patient(set, NT_TRAIN, i), 0);
        check_page(set, NT_TRAIN, i, i);
    }
    assert_string_equal(nt_dataset_name(set, NT_TRAIN, 12), names[0]);
    assert_int_equal(nt_dataset_patient(set, NT_TRAIN, 12), 1);

    /* Each file once, as sha256sum would have it. */
    EXPECT_OK(&error, nt_dataset_digest(set, digest, &error));
    EXPECT_OK(&error, nt_file_digest(path_in(*state, "x/a.tif"), of_file, &error));
    int length = snprintf(line, sizeof line, "%s  x/a.tif\n", of_file);
    EXPECT_OK(&error, nt_file_digest(path_in(*state, "x/a-1.tif"), of_file, &error));
    length += snprintf(line + length, sizeof line - (size_t)length, "%s  x/a-1.tif\n", of_file);
    assert_true(nt_digest_bytes(line, (size_t)length, whole));
    assert_string_equal(digest, whole);
    nt_dataset_free(set);
    write_plain_png(*state, "x/a#3.png", 4, 6, 1, 0);
    expect_refused("folder", *state, "", "has the name of ");
}

/* Pages of one file are of one split, as a patient's slices are. */
static void files_are_drawn_whole(void **state) {
    for (int file = 0; file < 10; file++) {
        char name[40];
        snprintf(name, sizeof name, "x/f%d.tif", file);
        write_stack(*state, name, 3, 0);
        snprintf(name, sizeof name, "y/f%d_m.tif", file);
        write_stack(*state, name, 3, 0);
    }
    for (int kind = 0; kind < 2; kind++) {
        char options[5000];
        int length = snprintf(options, sizeof options,
                              "images=x masks=y mask_suffix=_m test_share=0.3 labels=");
        for (int i = 0; i < 254; i++)
            length += snprintf(options + length, sizeof options - (size_t)length, "%sc%d=%d",
                               i ? "," : "", i, i);
        snprintf(options + length, sizeof options - (size_t)length, " ignore_labels=[254,255]");
        nt_dataset *set = kind ? open_good("pairs", *state, options)
                               : open_good("folder", *state, "test_share=0.3");
        assert_int_equal(nt_dataset_count(set, NT_TEST), kind ? 9 : 18);
        assert_int_equal(nt_dataset_count(set, NT_TRAIN), kind ? 21 : 42);
        for (int32_t i = 0; i < nt_dataset_count(set, NT_TEST); i++)
            for (int32_t k = 0; k < nt_dataset_count(set, NT_TRAIN); k++)
                assert_int_not_equal(nt_dataset_patient(set, NT_TEST, i),
                                     nt_dataset_patient(set, NT_TRAIN, k));
        EXPECT_OK(&error, nt_dataset_load(set, NT_TEST, &error));
        for (int32_t i = 0; i < nt_dataset_count(set, NT_TEST); i++) {
            check_page(set, NT_TEST, i, i % 3);
            const unsigned char *mask = sample_of_set(set, NT_TEST, i).mask;
            const unsigned char *pixels = sample_of_set(set, NT_TEST, i).pixels;
            for (int p = 0; kind && p < 24; p++)
                assert_int_equal(mask[p], pixels[p] < 254 ? pixels[p] : NT_NO_CLASS);
        }
        nt_dataset_free(set);
    }
    write_stack(*state, "y/f4_m.tif", 2, 0);
    expect_refused("pairs", *state, "images=x masks=y mask_suffix=_m",
                   "/x/f4.tif#3: error: has no mask ");
}

/* A stack that is no good is told of when it is read, under its own name. */
static void damaged_stacks_are_named(void **state) {
    write_stack(*state, "x/a.tif", 1, 0);
    write_bytes(path_in(*state, "x/b.tif"), "II*\0\xff\0\0\0", 8);
    expect_refused("folder", *state, "", "/x/b.tif: error: is damaged: ");
    write_bytes(path_in(*state, "x/b.tif"), "", 0);
    expect_refused("folder", *state, "", "/x/b.tif: byte 0: error: is no PNG, JPEG, TIFF or WebP");
}

static void memory_may_run_out(void **state) {
    int failures = 0, threads = nt_threads();
    nt_threads_set(1);
    write_stack(*state, "x/a.tif", 2, 0);
    write_plain_png(*state, "x/b.png", 4, 6, 1, 0);
    write_bytes(path_in(*state, "x/c.bmp"), "x", 1);
    for (bool failed = true; failed; failures += failed) {
        nt_dataset *set = NULL;
        char digest[NT_DIGEST_HEX];
        size_t before = nt_alloc_in_use();
        nt_status status = open_with("folder", *state, "test_share=0", failures, &set, &error);
        if (status == NT_OK)
            status = nt_dataset_load(set, NT_TRAIN, &error);
        if (status == NT_OK)
            status = nt_dataset_digest(set, digest, &error);
        failed = allow_all_allocations();
        nt_dataset_free(set);
        if (status == NT_OK)
            EXPECT_OK(&error, status);
        else
            EXPECT_ERROR(&error, status, NT_NO_MEMORY, "out of memory");
        assert_true(failed || status == NT_OK);
        assert_int_equal(nt_alloc_in_use(), before);
    }
    nt_threads_set(threads);
    assert_true(failures > 30);
}

/* --- forms ------------------------------------------------------------------------------------ */

/* The first file decides nothing: one colour makes colours of all, one of 16 bits floats. */
static void all_files_decide(void **state) {
    tiff wide = tiff_of(4, 6, 16, 1);
    write_plain_png(*state, "x/a.png", 4, 6, 1, 1);
    write_plain_png(*state, "x/b.png", 4, 6, 1, 2);
    nt_dataset *set = open_good("folder", *state, "test_share=0");
    assert_int_equal(nt_dataset_info(set)->shape.dim[0], 1);
    assert_int_equal(nt_dataset_info(set)->pixel, NT_PIXEL_BYTE);
    nt_dataset_free(set);
    write_plain_png(*state, "x/c.png", 4, 6, 3, 3);
    set = open_good("folder", *state, "test_share=0");
    assert_int_equal(nt_dataset_info(set)->shape.dim[0], 3);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    const unsigned char *bytes = sample_of_set(set, NT_TRAIN, 0).pixels;
    for (int k = 0; k < 4 * 6 * 3; k++)
        assert_int_equal(bytes[k], (unsigned char)(37 + k / 3 * 11 + k / 3 / 7));
    nt_dataset_free(set);
    write_tiff(*state, "x/d.tif", &wide, 1);
    set = open_good("folder", *state, "test_share=0 channels=1");
    assert_int_equal(nt_dataset_info(set)->shape.dim[0], 1);
    assert_int_equal(nt_dataset_info(set)->pixel, NT_PIXEL_FLOAT);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    const float *narrow = sample_of_set(set, NT_TRAIN, 0).pixels;
    const float *other = sample_of_set(set, NT_TRAIN, 3).pixels;
    for (int k = 0; k < 24; k++) {
        assert_true(narrow[k] == (float)((unsigned char)(37 + k * 11 + k / 7) / 255.0));
        assert_true(other[k] == (float)(tiff_value(&wide, k / 6, k % 6, 0) / 65535.0));
    }
    nt_dataset_free(set);
}

static void sizes_that_differ_are_told(void **state) {
    for (int i = 0; i < 9; i++) {
        char name[20];
        snprintf(name, sizeof name, "x/%d.png", i);
        write_plain_png(*state, name, i == 0 ? 5 : 4, i < 3 ? 6 : i < 8 ? 7 : 8, 1, i);
    }
    expect_refused("folder", *state, "", "/x/1.png: error: has 6 x 4 pixels, ");
    expect_refused("folder", *state, "",
                   "/x/3.png has 7 x 4; there are 7 x 4 (5), 6 x 4 (2), 6 x 5 (1) and 1 more; say "
                   "under 'size'");
    nt_dataset *set = open_good("folder", *state, "size=[4,4]");
    nt_dataset_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(what_is_passed_over_is_counted),
        WITH_FOLDER(a_folder_without_pictures_says_what_to_do),
        WITH_FOLDER(pages_are_samples_in_their_order),
        WITH_FOLDER(files_are_drawn_whole),
        WITH_FOLDER(damaged_stacks_are_named),
        WITH_FOLDER(memory_may_run_out),
        WITH_FOLDER(all_files_decide),
        WITH_FOLDER(sizes_that_differ_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
