/* MATLAB files that libmatio does not survive, and broken ones: what reading them costs is an
 * error. Each reading starts a process of its own. */
#include "decoders.h"
#include "support_mutate.h"
#include "t1_file.h"
#include <math.h>
#include <matio.h>

enum { TIMES = 2, SLICES = 2, POINTS = 12 };

static nt_error error;

static matvar_t *make_contours(double radius) {
    size_t dims[4] = {POINTS, 2, TIMES, SLICES};
    double values[POINTS * 2 * TIMES * SLICES];
    for (int i = 0; i < POINTS * 2 * TIMES * SLICES; i++) {
        double angle = 2 * 3.14159265358979 * (i % POINTS) / POINTS;
        values[i] = 15 + radius * (i / POINTS % 2 ? sin(angle) : cos(angle));
    }
    return Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 4, dims, values, 0);
}

/* One patient, whose image is of these dimensions and class, complex or not. */
static void write_one(const char *path, size_t dims[4], bool complex, enum mat_ft version,
                      enum matio_compression packed) {
    const char *names[] = {"Img", "EpiContours", "EndoContours"};
    size_t one[2] = {1, 1}, count = dims[0] * dims[1] * dims[2] * dims[3];
    double *values = calloc(count, sizeof *values);
    mat_complex_split_t both = {values, values};
    remove(path);
    mat_t *mat = Mat_CreateVer(path, NULL, version);
    assert_non_null(mat);
    matvar_t *dataset = Mat_VarCreateStruct("Dataset", 2, one, names, 3);
    for (int k = 0; k < 3; k++) {
        matvar_t *field = Mat_VarCreate(NULL, MAT_C_CELL, MAT_T_CELL, 2, one, NULL, 0);
        matvar_t *image =
            Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 4, dims,
                          complex ? (void *)&both : values, complex ? MAT_F_COMPLEX : 0);
        Mat_VarSetCell(field, 0, k == 0 ? image : make_contours(9));
        if (k > 0)
            Mat_VarFree(image);
        Mat_VarSetStructFieldByName(dataset, names[k], 0, field);
    }
    assert_int_equal(Mat_VarWrite(mat, dataset, packed), 0);
    Mat_VarFree(dataset);
    Mat_Close(mat);
    free(values);
}

/* All that is read of a file: images and contours of all patients. */
static nt_status read_all_of(const char *path, uint64_t *sum, nt_error *e) {
    nt_t1_file *file = NULL;
    nt_status status = nt_t1_open(path, &file, e);
    for (int32_t p = 0; status == NT_OK && p < nt_t1_patients(file); p++) {
        nt_t1_size size = nt_t1_size_of(file, p);
        float pixels[64];
        status = nt_t1_read_contours(file, p, e);
        if (status == NT_OK)
            status = nt_t1_read_images(file, p, e);
        for (int32_t i = 0; status == NT_OK && i < size.times * size.slices && i < 100; i++) {
            bool drawn = nt_t1_has_contours(file, i % size.times, i / size.times);
            nt_t1_image(file, i % size.times, i / size.times, 8, 8, pixels);
            sum_bytes(sum, pixels, sizeof pixels);
            sum_bytes(sum, &drawn, sizeof drawn);
        }
    }
    nt_t1_close(file);
    return status;
}

static void expect_refused(const char *path, const char *part) {
    uint64_t sum = 0;
    EXPECT_ERROR(&error, read_all_of(path, &sum, &error), NT_INVALID, part);
}

static void what_libmatio_would_die_of_is_refused(void **state) {
    const char *path = path_in(*state, "T1Dataset210.mat");
    size_t usual[4] = {40, 50, TIMES, SLICES}, large[4] = {2048, 2048, TIMES, SLICES};
    size_t larger[4] = {4096, 2048, TIMES, SLICES};
    write_one(path, usual, false, MAT_FT_MAT5, MAT_COMPRESSION_NONE);
    expect_refused(path, "is a MATLAB file of version 5; 7.3 is read; load it in MATLAB, and");
    write_one(path, usual, true, MAT_FT_MAT73, MAT_COMPRESSION_NONE);
    expect_refused(path, "Dataset.Img{1} holds no numbers, or complex ones");
    write_one(path, large, false, MAT_FT_MAT73, MAT_COMPRESSION_ZLIB);
    expect_refused(path, "bytes of values, more than the ");
    write_one(path, larger, false, MAT_FT_MAT73, MAT_COMPRESSION_ZLIB);
    expect_refused(path, "announces more than the 16777216 values that a cell may have");
    write_one(path, usual, false, MAT_FT_MAT73, MAT_COMPRESSION_NONE);
    uint64_t sum = 0;
    EXPECT_OK(&error, read_all_of(path, &sum, &error));
    assert_true(sum != 0);
}

/* Not each truncation, but one at every few bytes. */
static void broken_files_do_no_harm(void **state) {
    size_t small[4] = {4, 5, TIMES, SLICES};
    const char *path = path_in(*state, "T1Dataset210.mat");
    const specimen s = {"t1", path, path, 40, read_all_of};
    write_one(path, small, false, MAT_FT_MAT73, MAT_COMPRESSION_NONE);
    expect_truncations(&s);
    expect_mutations(&s);
}

int main(int argc, char **argv) {
    nt_confined_child(argc, argv, nt_decoders);
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(what_libmatio_would_die_of_is_refused),
        WITH_FOLDER(broken_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
