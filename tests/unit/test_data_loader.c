/* The batch loader, against values computed one by one; and NumPy's file format. */
#include "file.h"
#include "loader.h"
#include "npy.h"
#include "parallel.h"
#include "support_data.h"
#include <errno.h>
#include <math.h>

static nt_error error;

static nt_dataset *open_made(void **state) {
    nt_dataset *dataset = NULL;
    make_cifar10(*state);
    EXPECT_OK(&error,
              nt_dataset_open(nt_data_find("cifar10"), NULL, *state, NULL, &dataset, &error));
    return dataset;
}

/* What PyTorch's ToTensor and Normalize make of a byte: float32, each step rounded. */
static float expected(unsigned char byte, float mean, float deviation) {
    volatile float x = (float)byte / 255.0f;
    volatile float centred = x - mean;
    return centred / deviation;
}

static void test_values(void **state) {
    static const float mean[] = {.4914f, .4822f, .4465f}, deviation[] = {.2470f, .2435f, .2616f};
    nt_dataset *dataset = open_made(state);
    nt_loader *loader;
    EXPECT_OK(&error, nt_loader_new(dataset, NT_TRAIN, NULL, &loader, &error));
    assert_int_equal(nt_loader_count(loader), 10);
    float *images = calloc(7 * CIFAR_PIXELS + 1, sizeof *images), *to = images;
    int32_t labels[7];
    images[7 * CIFAR_PIXELS] = 77;
    EXPECT_OK(&error, nt_loader_fill(loader, 3, 7, images, labels, &error));
    for (int i = 0; i < 7; i++) {
        assert_int_equal(labels[i], label_of(3 + i, 10));
        for (int p = 0; p < 1024; p++)
            for (int c = 0; c < 3; c++, to++)
                assert_true(*to == expected(pixel_of(3 + i, c, p), mean[c], deviation[c]));
    }
    assert_true(*to == 77); /* and no further */
    free(images);
    nt_loader_free(loader);
    nt_dataset_free(dataset);
}

/* Two answers computed by PyTorch 1.13: (torch.tensor([200, 3]) / 255 - mean) / deviation. */
static void test_values_of_pytorch(void **state) {
    (void)state;
    assert_true(expected(200, .4914f, .2470f) == 0x1.2f9632p+0f);
    assert_true(expected(3, .4465f, .2616f) == -0x1.a96dd6p+0f);
}

static void test_own_normalisation(void **state) {
    static const float mean[] = {.1f, .2f, .3f}, deviation[] = {1, 2, 4};
    nt_dataset *dataset = open_made(state);
    nt_loader *loader;
    EXPECT_OK(&error,
              nt_loader_new(dataset, NT_TEST,
                            &(nt_loading){.select.first = 2, .mean = mean, .deviation = deviation},
                            &loader, &error));
    assert_int_equal(nt_loader_count(loader), 2);
    float *images = calloc(CIFAR_PIXELS, sizeof *images);
    EXPECT_OK(&error, nt_loader_fill(loader, 1, 1, images, NULL, &error));
    for (int i = 0; i < CIFAR_PIXELS; i++)
        assert_true(images[i] ==
                    expected(pixel_of(51, i % 3, i / 3), mean[i % 3], deviation[i % 3]));
    free(images);
    nt_loader_free(loader);
    static const float zero[] = {1, 0, 1};
    nt_status status = nt_loader_new(
        dataset, NT_TEST, &(nt_loading){.mean = mean, .deviation = zero}, &loader, &error);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 "cannot normalise channel 1 by mean 0.2 and deviation 0");
    nt_dataset_free(dataset);
}

static void test_limits(void **state) {
    nt_dataset *dataset = open_made(state);
    nt_loader *loader;
    EXPECT_OK(&error,
              nt_loader_new(dataset, NT_TEST, &(nt_loading){.select.first = 100}, &loader, &error));
    assert_int_equal(nt_loader_count(loader), 3);
    nt_loader_free(loader);
    nt_status status = nt_loader_new(dataset, NT_HELD_OUT, NULL, &loader, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "has no images for the split 'held_out'");
    nt_dataset_free(dataset);
}

static void test_no_usual_normalisation(void **state) {
    unsigned char bytes[1000];
    nt_dataset *dataset;
    nt_loader *loader;
    write_bytes(path_in(*state, "t10k-images-idx3-ubyte"), bytes, idx_images(bytes, 50, 4));
    write_bytes(path_in(*state, "t10k-labels-idx1-ubyte"), bytes, idx_labels(bytes, 50, 4));
    EXPECT_OK(&error, nt_dataset_open(nt_data_find("idx"), NULL, *state, NULL, &dataset, &error));
    nt_status status = nt_loader_new(dataset, NT_TEST, NULL, &loader, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "has no usual normalisation");
    nt_dataset_free(dataset);
}

/* A gathered batch has the bits of the samples that were named, at any number of threads. */
static void test_gather(void **state) {
    static const int32_t indices[] = {9, 0, 4, 4, 7, 1, 8, 2, 3, 5, 6, 0, 9, 9, 1, 2, 3, 4, 5};
    enum { COUNT = sizeof indices / sizeof *indices };
    nt_dataset *dataset = open_made(state);
    nt_loader *loader;
    EXPECT_OK(&error, nt_loader_new(dataset, NT_TRAIN, NULL, &loader, &error));
    float *images = calloc(COUNT * CIFAR_PIXELS, sizeof *images);
    float *one = calloc(CIFAR_PIXELS, sizeof *one);
    int32_t labels[COUNT], label;
    for (int threads = 1; threads <= 3; threads++) {
        nt_threads_set(threads);
        memset(images, 0, COUNT * CIFAR_PIXELS * sizeof *images);
        EXPECT_OK(&error, nt_loader_gather(loader, indices, COUNT, images, labels, &error));
        for (int i = 0; i < COUNT; i++) {
            EXPECT_OK(&error, nt_loader_fill(loader, indices[i], 1, one, &label, &error));
            assert_memory_equal(one, images + i * CIFAR_PIXELS, CIFAR_PIXELS * sizeof *one);
            assert_int_equal(label, labels[i]);
        }
    }
    nt_threads_set(0);
    free(images);
    free(one);
    nt_loader_free(loader);
    nt_dataset_free(dataset);
}

/* --- a kind with float pixels ----------------------------------------------------------------- */

static nt_status open_ramp(const void *options, nt_arena *arena, nt_data_info *info, nt_error *e) {
    (void)options, (void)arena, (void)e;
    static const float mean[] = {100, 200}, deviation[] = {10, 20};
    info->shape = nt_shape_of(3, (const int32_t[]){2, 3, 4});
    info->pixel = NT_PIXEL_FLOAT;
    info->counts[NT_TEST] = 5;
    nt_data_set_usual(info, mean, deviation);
    return NT_OK;
}

static nt_status load_ramp(const void *options, const nt_data_info *info, nt_split split,
                           nt_images *ret, nt_error *e) {
    (void)options, (void)e;
    NT_TRY(nt_images_init(ret, info->counts[split], 24 * nt_pixel_size(info->pixel), 0));
    for (int i = 0; i < 5 * 24; i++) {
        ((float *)(void *)ret->pixels)[i] = (float)i * 1.5f;
        ret->labels[i / 24] = i / 24;
    }
    return NT_OK;
}

static void test_float_pixels(void **state) {
    static const nt_data_kind ramp = {
        .kind = {.name = "ramp", .fields = nt_no_fields}, .open = open_ramp, .load = load_ramp};
    nt_dataset *dataset;
    nt_loader *loader;
    float images[2 * 24];
    int32_t labels[2];
    EXPECT_OK(&error, nt_dataset_open(&ramp, NULL, *state, NULL, &dataset, &error));
    EXPECT_OK(&error, nt_loader_new(dataset, NT_TEST, NULL, &loader, &error));
    EXPECT_OK(&error, nt_loader_fill(loader, 3, 2, images, labels, &error));
    for (int i = 0; i < 48; i++)
        assert_true(images[i] ==
                    ((float)(72 + i) * 1.5f - (i % 2 ? 200 : 100)) / (i % 2 ? 20 : 10));
    assert_int_equal(labels[1], 4);
    nt_loader_free(loader);
    nt_dataset_free(dataset);
}

/* --- NumPy files ------------------------------------------------------------------------------ */

static void test_npy_round_trip(void **state) {
    const char *path = path_in(*state, "a.npy");
    const float values[] = {1, -2.5f, 3e30f, 0, INFINITY, 1e-40f};
    int32_t rows, columns;
    float *back;
    EXPECT_OK(&error, nt_npy_write(path, (const int32_t[]){2, 3}, 2, values, &error));
    EXPECT_OK(&error, nt_npy_read(path, &rows, &columns, &back, &error));
    assert_int_equal(rows, 2);
    assert_int_equal(columns, 3);
    assert_memory_equal(back, values, sizeof values);
    nt_free(back, sizeof values);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 128 + 24);
    EXPECT_OK(&error, nt_npy_write(path, (const int32_t[]){0, 10}, 2, values, &error));
    EXPECT_OK(&error, nt_npy_read(path, &rows, &columns, &back, &error));
    assert_int_equal(rows, 0);
    nt_free(back, 0);
}

static void test_npy_fails(void **state) {
    const char *path = path_in(*state, "a.npy");
    const float values[] = {1, 2};
    int failures = 0;
    for (;; failures++) {
        nt_file_fail_at(failures + 1, EIO);
        nt_status status = nt_npy_write(path, (const int32_t[]){1, 2}, 2, values, &error);
        nt_file_fail_at(0, 0);
        if (status == NT_OK)
            break;
        EXPECT_ERROR(&error, status, NT_IO, "cannot write: Input/output error");
        assert_int_equal(count_files(*state), 0);
    }
    assert_int_equal(failures, 4);
}

static void npy_error(const char *path, const char *header, size_t data, const char *part) {
    unsigned char bytes[400] = "\x93NUMPY\x01";
    int32_t rows, columns;
    float *back;
    size_t length = strlen(header);
    bytes[8] = (unsigned char)length;
    memcpy(bytes + 10, header, length);
    write_bytes(path, bytes, 10 + length + data);
    nt_status status = nt_npy_read(path, &rows, &columns, &back, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
}

static void test_npy_damaged(void **state) {
    const char *path = path_in(*state, "a.npy");
    static const char wrong[] = "is not a matrix of float32 in C order";
    int32_t rows, columns;
    float *back;
    npy_error(path, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n", 8, wrong);
    npy_error(path, "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }\n", 8, wrong);
    npy_error(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", 8, wrong);
    npy_error(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2), }\n", 8, wrong);
    npy_error(path, "{'descr': '<f4', 'fortran_order': False, }\n", 8, wrong);
    npy_error(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n", 12,
              "12 bytes of data are not 1x2 numbers");
    npy_error(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n", 7,
              "7 bytes of data are not 1x2 numbers");
    npy_error(path,
              "{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 2000000000), }\n", 8,
              "8 bytes of data are not 2000000000x2000000000 numbers");
    write_bytes(path, "\x93NUMPY\x02\0\x76\0\0\0", 12);
    nt_status status = nt_npy_read(path, &rows, &columns, &back, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "is not a NumPy file of version 1.0");
    write_bytes(path, "\x93NUMPY\x01\0\x76\0", 10);
    status = nt_npy_read(path, &rows, &columns, &back, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "the header is cut short");
}

int main(void) {
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_values),
        cmocka_unit_test(test_values_of_pytorch),
        WITH_FOLDER(test_own_normalisation),
        WITH_FOLDER(test_limits),
        WITH_FOLDER(test_no_usual_normalisation),
        WITH_FOLDER(test_gather),
        WITH_FOLDER(test_float_pixels),
        WITH_FOLDER(test_npy_round_trip),
        WITH_FOLDER(test_npy_fails),
        WITH_FOLDER(test_npy_damaged),
    };
    int failed = cmocka_run_group_tests_name("data_loader", tests, NULL, NULL);
    nt_error_finish(&error);
    return failed;
}
