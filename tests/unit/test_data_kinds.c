/* Data set kinds, on files made here: what is read, and what is said about damaged ones. */
#include "support_data.h"
#include <math.h>

#define LFS_POINTER "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"

static nt_error error;

static nt_dataset *open_good(const char *kind, const void *options, const char *root) {
    nt_dataset *dataset = NULL;
    EXPECT_OK(&error, nt_dataset_open(nt_data_find(kind), options, root, NULL, &dataset, &error));
    return dataset;
}

#define OPEN_ERROR(kind, root, part)                                                               \
    do {                                                                                           \
        nt_dataset *none = NULL;                                                                   \
        nt_status opened = nt_dataset_open(nt_data_find(kind), NULL, root, NULL, &none, &error);   \
        assert_null(none);                                                                         \
        EXPECT_ERROR(&error, opened, NT_INVALID, part);                                            \
    } while (0)

/* Opening is well; loading the split is not, and leaves nothing behind. */
#define LOAD_ERROR(kind, root, split, part)                                                        \
    do {                                                                                           \
        size_t before = nt_alloc_in_use();                                                         \
        nt_dataset *bad = open_good(kind, NULL, root);                                             \
        nt_status loaded = nt_dataset_load(bad, split, &error);                                    \
        EXPECT_ERROR(&error, loaded, NT_INVALID, part);                                            \
        nt_dataset_free(bad);                                                                      \
        assert_int_equal(nt_alloc_in_use(), before);                                               \
    } while (0)

/* Every pixel of a split is where it belongs, and so is every label. */
static void check_split(nt_dataset *dataset, nt_split split, int first, int count, int classes) {
    nt_shape shape = nt_dataset_info(dataset)->shape;
    int channels = shape.dim[0], pixels = shape.dim[1] * shape.dim[2];
    assert_int_equal(nt_dataset_count(dataset, split), count);
    EXPECT_OK(&error, nt_dataset_load(dataset, split, &error));
    for (int i = 0; i < count; i++) {
        const unsigned char *at = sample_of_set(dataset, split, i).pixels;
        for (int p = 0; p < pixels; p++)
            for (int c = 0; c < channels; c++)
                assert_int_equal(*at++, pixel_of(first + i, c, p));
        assert_int_equal(nt_dataset_label(dataset, split, i), label_of(first + i, classes));
    }
}

/* --- the table -------------------------------------------------------------------------------- */

static void test_kinds(void **state) {
    (void)state;
    for (int i = 0; nt_data_kinds[i]; i++) {
        const nt_data_kind *kind = (const nt_data_kind *)nt_data_kinds[i];
        assert_true(kind->open && !kind->read != !kind->load);
    }
    assert_null(nt_data_find("cifar"));
    assert_string_equal(nt_kind_nearest(nt_data_kinds, NULL, "cifra10"), "cifar10");
    assert_null(nt_kind_nearest(nt_data_kinds, NULL, "imagenet"));
    assert_string_equal(nt_split_name(NT_HELD_OUT), "held_out");
}

/* --- CIFAR ------------------------------------------------------------------------------------ */

static void test_cifar10(void **state) {
    make_cifar10(*state);
    nt_dataset *dataset = open_good("cifar10", NULL, *state);
    const nt_data_info *info = nt_dataset_info(dataset);
    assert_int_equal(info->classes, 10);
    assert_string_equal(info->class_names[0], "ant");
    assert_string_equal(info->class_names[9], "jay");
    assert_true(info->usual == NT_USUAL_CHANNELS && info->mean[2] == .4465f &&
                info->deviation[0] == .2470f);
    assert_int_equal(info->counts[NT_HELD_OUT], 0);
    check_split(dataset, NT_TEST, 50, 3, 10);
    check_split(dataset, NT_TRAIN, 0, 10, 10);
    nt_dataset_free(dataset);
}

static void test_cifar10_test_only(void **state) {
    write_cifar(path_in(*state, "test_batch.bin"), 50, 3, false, 10);
    nt_dataset *dataset = open_good("cifar10", NULL, *state);
    assert_int_equal(nt_dataset_count(dataset, NT_TRAIN), 0);
    assert_string_equal(nt_dataset_info(dataset)->class_names[7], "7");
    check_split(dataset, NT_TEST, 50, 3, 10);
    nt_dataset_free(dataset);
}

static void test_cifar10_damaged(void **state) {
    const char *test = path_in(*state, "test_batch.bin"),
               *third = path_in(*state, "data_batch_3.bin");
    OPEN_ERROR("cifar10", *state, "error: holds none of the files of cifar10; unpack");
    make_cifar10(*state);
    assert_int_equal(truncate(test, 3 * 3073 - 1), 0);
    OPEN_ERROR("cifar10", *state,
               "test_batch.bin: byte 6146: error: the file's 9218 bytes are not records of 3073");
    assert_int_equal(truncate(test, 3 * 3073 + 1), 0);
    OPEN_ERROR("cifar10", *state, "test_batch.bin: byte 9219: error: ");
    assert_int_equal(truncate(test, 0), 0);
    OPEN_ERROR("cifar10", *state, "test_batch.bin: byte 0: error: ");
    write_bytes(test, "\x80\x02}q\x01.", 6);
    OPEN_ERROR("cifar10", *state, "test_batch.bin: error: is a pickle of Python; take the binary");
    write_cifar(test, 50, 3, false, 10);
    assert_int_equal(remove(third), 0);
    OPEN_ERROR("cifar10", *state, "data_batch_3.bin: error: is not there, though others");
    unsigned char records[2 * 3073] = {[3073] = 10};
    write_bytes(third, records, sizeof records);
    LOAD_ERROR("cifar10", *state, NT_TRAIN,
               "data_batch_3.bin: byte 3073: error: label 10 of record 1 is out of range");
    write_bytes(path_in(*state, "batches.meta.txt"), "one\ntwo\n", 8);
    OPEN_ERROR("cifar10", *state, "batches.meta.txt: error: names 2 classes instead of 10");
}

static void test_cifar_changes_size(void **state) {
    make_cifar10(*state);
    nt_dataset *dataset = open_good("cifar10", NULL, *state);
    write_cifar(path_in(*state, "test_batch.bin"), 50, 4, false, 10);
    nt_status status = nt_dataset_load(dataset, NT_TEST, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "changed its size while it was read");
    write_cifar(path_in(*state, "test_batch.bin"), 50, 2, false, 10);
    status = nt_dataset_load(dataset, NT_TEST, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "lost 1 of 3 images");
    write_cifar(path_in(*state, "test_batch.bin"), 50, 3, false, 10);
    check_split(dataset, NT_TEST, 50, 3, 10);
    nt_dataset_free(dataset);
}

static void test_cifar100(void **state) {
    char why[NT_FIELD_WHY];
    nt_arena arena;
    nt_arena_init(&arena);
    write_cifar(path_in(*state, "train.bin"), 0, 12, true, 100);
    write_cifar(path_in(*state, "test.bin"), 50, 3, true, 100);
    nt_dataset *dataset = open_good("cifar100", NULL, *state);
    assert_int_equal(nt_dataset_info(dataset)->classes, 100);
    check_split(dataset, NT_TRAIN, 0, 12, 100);
    check_split(dataset, NT_TEST, 50, 3, 100);
    nt_dataset_free(dataset);
    const nt_data_kind *kind = nt_data_find("cifar100");
    const void *options = nt_kind_record(&kind->kind, "labels=coarse", &arena, why);
    assert_non_null(options);
    dataset = open_good("cifar100", options, *state);
    nt_arena_finish(&arena);
    assert_int_equal(nt_dataset_info(dataset)->classes, 20);
    check_split(dataset, NT_TRAIN, 0, 12, 20);
    nt_dataset_free(dataset);
}

/* --- IDX -------------------------------------------------------------------------------------- */

static void test_idx(void **state) {
    make_idx(*state);
    nt_dataset *dataset = open_good("idx", NULL, *state);
    const nt_data_info *info = nt_dataset_info(dataset);
    assert_int_equal(info->shape.dim[0], 1);
    assert_int_equal(info->shape.dim[1], 4);
    assert_int_equal(info->shape.dim[2], 5);
    assert_string_equal(info->class_names[9], "9");
    double sum = 0, squares = 0;
    for (int i = 0; i < 7; i++)
        for (int p = 0; p < 20; p++)
            sum += pixel_of(i, 0, p) / 255.;
    double mean = sum / 140;
    for (int i = 0; i < 7; i++)
        for (int p = 0; p < 20; p++)
            squares += pow(pixel_of(i, 0, p) / 255. - mean, 2);
    assert_true(info->usual == NT_USUAL_CHANNELS && fabs(info->mean[0] - mean) < 1e-7);
    assert_true(fabs(info->deviation[0] - sqrt(squares / 140)) < 1e-7);
    check_split(dataset, NT_TRAIN, 0, 7, 10);
    check_split(dataset, NT_TEST, 50, 4, 10);
    nt_dataset_free(dataset);
}

static void test_idx_test_only(void **state) {
    unsigned char bytes[1000];
    write_packed(path_in(*state, "t10k-images-idx3-ubyte.gz"), bytes, idx_images(bytes, 50, 4));
    write_bytes(path_in(*state, "t10k-labels-idx1-ubyte"), bytes, idx_labels(bytes, 50, 4));
    nt_dataset *dataset = open_good("idx", NULL, *state);
    assert_int_equal(nt_dataset_info(dataset)->usual, NT_USUAL_NONE);
    check_split(dataset, NT_TEST, 50, 4, 10);
    nt_dataset_free(dataset);
}

static void test_idx_damaged(void **state) {
    unsigned char bytes[1000];
    const char *images = path_in(*state, "train-images-idx3-ubyte");
    const char *labels = path_in(*state, "train-labels-idx1-ubyte");
    OPEN_ERROR("idx", *state, "error: holds no IDX files; train-images-idx3-ubyte and");
    make_idx(*state);
    size_t size = idx_images(bytes, 0, 7);

    write_bytes(images, bytes, size - 1);
    OPEN_ERROR("idx", *state, "byte 155: error: the file ends here; 1 more bytes were due");
    write_bytes(images, bytes, size + 1);
    OPEN_ERROR("idx", *state, "byte 156: error: bytes follow the last");
    write_bytes(images, bytes, 15);
    OPEN_ERROR("idx", *state, "byte 15: error: the file ends here");
    bytes[2] = 9;
    write_bytes(images, bytes, size);
    OPEN_ERROR("idx", *state, "byte 0: error: starts with 0x00000903, not with 0x00000803");
    write_bytes(images, LFS_POINTER, sizeof LFS_POINTER - 1);
    OPEN_ERROR("idx", *state, "is a pointer of git-LFS, not the file itself; run 'git lfs pull'");
    bytes[2] = 8;
    put_big(bytes + 4, 0x7fffffff);
    write_bytes(images, bytes, size);
    OPEN_ERROR("idx", *state, "byte 4: error: the header announces 2147483647 samples of 4x5");
    put_big(bytes + 4, 7);
    put_big(bytes + 12, 0);
    write_bytes(images, bytes, size);
    OPEN_ERROR("idx", *state, "byte 4: error: the header announces 7 samples of 4x0");
    put_big(bytes + 8, 5);
    put_big(bytes + 12, 4);
    write_bytes(images, bytes, size);
    OPEN_ERROR("idx", *state, "byte 8: error: has images of 4x5, but those to train on are 5x4");
    write_bytes(images, bytes, idx_images(bytes, 0, 6));
    OPEN_ERROR("idx", *state, "byte 4: error: has 7 labels for 6 images");
    write_bytes(images, bytes, idx_images(bytes, 0, 7));

    size = idx_labels(bytes, 0, 7);
    bytes[8 + 4] = 10;
    write_bytes(labels, bytes, size);
    LOAD_ERROR("idx", *state, NT_TRAIN, "byte 12: error: label 10 is out of range");
    bytes[8 + 4] = 9;
    write_bytes(labels, bytes, size + 1);
    LOAD_ERROR("idx", *state, NT_TRAIN, "byte 15: error: bytes follow the last");
    write_bytes(labels, bytes, size - 1);
    LOAD_ERROR("idx", *state, NT_TRAIN, "byte 14: error: the file ends here");
    assert_int_equal(remove(labels), 0);
    OPEN_ERROR("idx", *state,
               "holds train-images-idx3-ubyte but neither train-labels-idx1-ubyte nor");
}

static void test_idx_damaged_gzip(void **state) {
    make_idx(*state);
    const char *path = path_in(*state, "t10k-images-idx3-ubyte.gz");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    unsigned char packed[1000];
    FILE *file = fopen(path, "rb");
    size_t size = fread(packed, 1, sizeof packed, file);
    fclose(file);
    for (size_t cut = 12; cut < size; cut++) { /* wherever it ends, something is said */
        write_bytes(path, packed, cut);
        nt_dataset *dataset = NULL;
        nt_status status =
            nt_dataset_open(nt_data_find("idx"), NULL, *state, NULL, &dataset, &error);
        if (status == NT_OK)
            status = nt_dataset_load(dataset, NT_TEST, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, "t10k-images-idx3-ubyte.gz: byte ");
        nt_dataset_free(dataset);
    }
    packed[size - 6] ^= 1; /* of the checksum */
    write_bytes(path, packed, size);
    OPEN_ERROR("idx", *state, "error: cannot read on: incorrect data check; fetch the file again");
}

static void test_idx_classes(void **state) {
    int32_t five = 5;
    make_idx(*state);
    nt_dataset *dataset = open_good("idx", &five, *state);
    assert_int_equal(nt_dataset_info(dataset)->classes, 5);
    nt_status status = nt_dataset_load(dataset, NT_TRAIN, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "label 7 is out of range: there are 5 classes");
    nt_dataset_free(dataset);
}

/* --- folders ---------------------------------------------------------------------------------- */

static void test_roots(void **state) {
    const nt_data_kind *kind = nt_data_find("cifar10");
    char inner[600], beside[600];
    snprintf(inner, sizeof inner, "%s/cifar-10-batches-bin", (char *)*state);
    snprintf(beside, sizeof beside, "%s/suite.yaml", (char *)*state);
    assert_int_equal(mkdir(inner, 0777), 0);
    write_cifar(path_in(inner, "test_batch.bin"), 50, 3, false, 10);
    static const struct {
        const char *root; /* NULL: the folder itself, or none with `shared` */
        bool beside, shared;
    } ways[] = {{NULL, false, false},
                {"cifar-10-batches-bin", true, false},
                {".", true, false},
                {"cifar-10-batches-bin", false, true},
                {"cifar-10-batches-bin", true, true},
                {NULL, false, true}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *root = ways[i].root || ways[i].shared ? ways[i].root : *state;
        nt_dataset *dataset;
        if (ways[i].shared)
            setenv("NONTRIVIAL_DATA", *state, 1);
        EXPECT_OK(&error, nt_dataset_open(kind, NULL, root, ways[i].beside ? beside : NULL,
                                          &dataset, &error));
        unsetenv("NONTRIVIAL_DATA");
        assert_int_equal(nt_dataset_count(dataset, NT_TEST), 3);
        nt_dataset_free(dataset);
    }
    OPEN_ERROR("cifar10", "no/such",
               "error: no folder no/such; give its path, or set NONTRIVIAL_DATA");
    OPEN_ERROR("cifar10", NULL, "no folder was given for the data set 'cifar10'");
    setenv("NONTRIVIAL_DATA", "/elsewhere", 1);
    OPEN_ERROR("cifar10", "no/such", "error: no folder no/such or /elsewhere/no/such");
    unsetenv("NONTRIVIAL_DATA");
    assert_int_equal(remove(path_in(inner, "test_batch.bin")), 0);
}

/* The digest is that of `sha256sum FILES | sha256sum`, and any byte of any file changes it. */
static void test_digest(void **state) {
    make_cifar10(*state);
    char hex[NT_DIGEST_HEX], again[NT_DIGEST_HEX], line[2000], printed[100] = "";
    nt_dataset *dataset = open_good("cifar10", NULL, *state);
    EXPECT_OK(&error, nt_dataset_digest(dataset, hex, &error));
    snprintf(line, sizeof line,
             "cd %s && sha256sum data_batch_?.bin test_batch.bin batches.meta.txt | sha256sum",
             (char *)*state);
    FILE *pipe = popen(line, "r");
    assert_non_null(fgets(printed, sizeof printed, pipe));
    pclose(pipe);
    assert_memory_equal(printed, hex, NT_DIGEST_HEX - 1);
    write_cifar(path_in(*state, "test_batch.bin"), 51, 3, false, 10);
    EXPECT_OK(&error, nt_dataset_digest(dataset, again, &error));
    assert_string_not_equal(hex, again);
    assert_int_equal(remove(path_in(*state, "data_batch_2.bin")), 0);
    nt_status status = nt_dataset_digest(dataset, again, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "data_batch_2.bin: error: cannot open");
    nt_dataset_free(dataset);
}

/* --- holding out ------------------------------------------------------------------------------ */

/* Which sample an image of these sets is, from its first byte. */
static int sample_at(const nt_dataset *dataset, nt_split split, int i) {
    const unsigned char *pixels = sample_of_set(dataset, split, i).pixels;
    int sample = 0;
    while (pixel_of(sample, 0, 0) != *pixels)
        sample++;
    return sample;
}

static void test_hold_out(void **state) {
    make_cifar10(*state);
    unsigned seen_masks[8] = {0};
    for (uint64_t key = 0; key < 8; key++) {
        nt_dataset *dataset = open_good("cifar10", NULL, *state);
        EXPECT_OK(&error, nt_dataset_hold_out(dataset, 4, key, &error));
        assert_int_equal(nt_dataset_count(dataset, NT_TRAIN), 6);
        assert_int_equal(nt_dataset_count(dataset, NT_HELD_OUT), 4);
        EXPECT_OK(&error, nt_dataset_load(dataset, NT_HELD_OUT, &error));
        unsigned mask = 0;
        for (int split = 0; split < 2; split++) {
            nt_split part = split ? NT_HELD_OUT : NT_TRAIN;
            for (int i = 0, last = -1; i < nt_dataset_count(dataset, part); i++) {
                int sample = sample_at(dataset, part, i);
                assert_true(sample > last); /* in the files' order */
                assert_int_equal(nt_dataset_label(dataset, part, i), label_of(sample, 10));
                assert_false(mask & 1u << sample);
                mask |= 1u << sample;
                if (part == NT_HELD_OUT)
                    seen_masks[key] |= 1u << sample;
                last = sample;
            }
        }
        assert_int_equal(mask, 0x3ff); /* each image is in one of the two */
        check_split(dataset, NT_TEST, 50, 3, 10);
        EXPECT_OK(&error, nt_dataset_hold_out(dataset, 0, key, &error));
        check_split(dataset, NT_TRAIN, 0, 10, 10);
        nt_status status = nt_dataset_hold_out(dataset, 10, key, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, "cannot hold out 10 of 10 training images");
        nt_dataset_free(dataset);
    }
    int different = 0;
    for (int i = 1; i < 8; i++)
        different += seen_masks[i] != seen_masks[0];
    assert_true(different >= 5);
}

/* --- out of memory ---------------------------------------------------------------------------- */

/* The n-th allocation fails, for each n: a status, and nothing leaks. */
static void exhaust(const char *kind, const char *folder) {
    size_t before = nt_alloc_in_use();
    int failures = 0;
    for (bool failed = true; failed; failures += failed) {
        nt_dataset *dataset = NULL;
        fail_allocation(failures);
        nt_status status =
            nt_dataset_open(nt_data_find(kind), NULL, folder, NULL, &dataset, &error);
        if (status == NT_OK)
            status = nt_dataset_load(dataset, NT_TRAIN, &error);
        if (status == NT_OK)
            status = nt_dataset_load(dataset, NT_TEST, &error);
        failed = allow_all_allocations();
        nt_dataset_free(dataset);
        nt_error_finish(&error);
        assert_int_equal(nt_alloc_in_use(), before);
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
    }
    assert_true(failures >= 4);
}

static void test_out_of_memory_cifar10(void **state) {
    make_cifar10(*state);
    exhaust("cifar10", *state);
}

static void test_out_of_memory_idx(void **state) {
    make_idx(*state);
    exhaust("idx", *state);
}

/* --- real data -------------------------------------------------------------------------------- */

static void test_real_cifar10(void **state) {
    (void)state;
    if (!getenv("NONTRIVIAL_DATA")) {
        print_message("NONTRIVIAL_DATA is not set: real CIFAR-10 is not read\n");
        skip();
    }
    nt_dataset *dataset = open_good("cifar10", NULL, NULL);
    assert_int_equal(nt_dataset_count(dataset, NT_TRAIN), 50000);
    assert_int_equal(nt_dataset_count(dataset, NT_TEST), 10000);
    assert_string_equal(nt_dataset_info(dataset)->class_names[0], "airplane");
    EXPECT_OK(&error, nt_dataset_load(dataset, NT_TEST, &error));
    EXPECT_OK(&error, nt_dataset_load(dataset, NT_TRAIN, &error));
    int often[10] = {0};
    for (int i = 0; i < 50000; i++)
        often[nt_dataset_label(dataset, NT_TRAIN, i)]++;
    for (int c = 0; c < 10; c++)
        assert_int_equal(often[c], 5000);
    double sum[3] = {0}; /* the channels are told apart: their means are the usual ones */
    for (int i = 0; i < 50000; i++) {
        const unsigned char *pixels = sample_of_set(dataset, NT_TRAIN, i).pixels;
        for (int p = 0; p < CIFAR_PIXELS; p++)
            sum[p % 3] += pixels[p];
    }
    for (int c = 0; c < 3; c++)
        assert_true(fabs(sum[c] / 50000 / 1024 / 255 - nt_dataset_info(dataset)->mean[c]) < 2e-4);
    nt_dataset_free(dataset);
}

static nt_status read_idx(const char *root, uint64_t *sum, nt_error *e) {
    return read_set("idx", root, "", sum, e);
}

static nt_status read_cifar(const char *root, uint64_t *sum, nt_error *e) {
    return read_set("cifar10", root, "", sum, e);
}

static void test_idx_broken(void **state) {
    static const char *const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                        "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
    make_idx(*state);
    for (int i = 0; i < 4; i++) {
        const specimen s = {names[i], path_in(*state, names[i]), *state, 0, read_idx};
        expect_truncations(&s);
        expect_mutations(&s);
    }
}

static void test_cifar10_broken(void **state) {
    const specimen s = {"cifar10", path_in(*state, "test_batch.bin"), *state, 2000, read_cifar};
    const specimen words = {"cifar10's names", path_in(*state, "batches.meta.txt"), *state, 0,
                            read_cifar};
    make_cifar10(*state);
    expect_truncations(&s);
    expect_mutations(&s);
    expect_mutations(&words);
}

int main(void) {
    const char *real = getenv("NONTRIVIAL_DATA");
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_cifar10),
    };
    const struct CMUnitTest made[] = {
        cmocka_unit_test(test_kinds),
        WITH_FOLDER(test_cifar10),
        WITH_FOLDER(test_cifar10_test_only),
        WITH_FOLDER(test_cifar10_damaged),
        WITH_FOLDER(test_cifar_changes_size),
        WITH_FOLDER(test_cifar100),
        WITH_FOLDER(test_idx),
        WITH_FOLDER(test_idx_test_only),
        WITH_FOLDER(test_idx_broken),
        WITH_FOLDER(test_cifar10_broken),
        WITH_FOLDER(test_idx_damaged),
        WITH_FOLDER(test_idx_damaged_gzip),
        WITH_FOLDER(test_idx_classes),
        WITH_FOLDER(test_roots),
        WITH_FOLDER(test_digest),
        WITH_FOLDER(test_hold_out),
        WITH_FOLDER(test_out_of_memory_cifar10),
        WITH_FOLDER(test_out_of_memory_idx),
    };
    int failed = cmocka_run_group_tests_name("data_kinds_real", tests, NULL, NULL);
    if (real)
        unsetenv("NONTRIVIAL_DATA"); /* the others set their own */
    failed += cmocka_run_group_tests_name("data_kinds", made, NULL, NULL);
    nt_error_finish(&error);
    return failed;
}
