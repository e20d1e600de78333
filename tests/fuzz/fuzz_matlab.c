/* A small MATLAB file of T1 maps that the input changes: each three bytes say where, twice, and
 * what. Input that begins with "MATLAB" is taken as the whole file. */
#include "records.h"
#include "scratch.h"
#include "t1_file.h"
#include "target.h"
#include <matio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 8,
    MOST = 1 << 16,
    MOST_IMAGES = 20,
    PATIENTS = 2,
    ROWS = 6,
    COLUMNS = 5,
    POINTS = 4
};

static uint8_t *base;
static size_t base_size;

static matvar_t *make_cell(int field, int patient) {
    size_t image[4] = {ROWS, COLUMNS, 2, 1}, contour[4] = {POINTS, 2, 2, 1};
    float pixels[ROWS * COLUMNS * 2];
    double points[POINTS * 2 * 2];
    for (int i = 0; i < ROWS * COLUMNS * 2; i++)
        pixels[i] = (float)(i + patient);
    for (int i = 0; i < POINTS * 2 * 2; i++)
        points[i] = 1 + (i % 3) + field;
    return field == 0 ? Mat_VarCreate(NULL, MAT_C_SINGLE, MAT_T_SINGLE, 4, image, pixels, 0)
                      : Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 4, contour, points, 0);
}

static void make_base(void) {
    static const char *names[] = {"Img", "EpiContours", "EndoContours"};
    size_t one[2] = {1, 1}, cells[2] = {1, PATIENTS};
    const char *path = scratch_path("base.mat");
    mat_t *mat = Mat_CreateVer(path, NULL, MAT_FT_MAT73);
    matvar_t *dataset = Mat_VarCreateStruct("Dataset", 2, one, names, 3);
    for (int k = 0; k < 3; k++) {
        matvar_t *field = Mat_VarCreate(NULL, MAT_C_CELL, MAT_T_CELL, 2, cells, NULL, 0);
        for (int p = 0; p < PATIENTS; p++)
            Mat_VarSetCell(field, p, make_cell(k, p));
        Mat_VarSetStructFieldByName(dataset, names[k], 0, field);
    }
    Mat_VarWrite(mat, dataset, MAT_COMPRESSION_NONE);
    Mat_VarFree(dataset);
    Mat_Close(mat);
    FILE *file = fopen(path, "rb");
    base = malloc(MOST);
    if (!file || !base)
        abort();
    base_size = fread(base, 1, MOST, file);
    fclose(file);
}

static void look(nt_t1_file *file, int32_t patient) {
    static float image[SIDE * SIDE];
    static unsigned char mask[SIDE * SIDE];
    nt_t1_size size = nt_t1_size_of(file, patient);
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_t1_read_contours(file, patient, &error);
    if (status == NT_OK)
        status = nt_t1_read_images(file, patient, &error);
    check_outcome(status, &error);
    for (int32_t i = 0; status == NT_OK && i < size.times * size.slices && i < MOST_IMAGES; i++) {
        int32_t time = i % size.times, slice = i / size.times;
        nt_t1_image(file, time, slice, SIDE, SIDE, image);
        if (nt_t1_has_contours(file, time, slice))
            nt_t1_mask(file, time, slice, SIDE, SIDE, mask);
    }
    nt_error_finish(&error);
}

static void try_file(const char *path) {
    nt_t1_file *file;
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_t1_open(path, &file, &error);
    check_outcome(status, &error);
    for (int32_t i = 0; status == NT_OK && i < nt_t1_patients(file) && i < 4; i++)
        look(file, i);
    if (status == NT_OK)
        nt_t1_close(file);
    nt_error_finish(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t bytes[MOST];
    if (!base)
        make_base();
    size_t before = nt_alloc_in_use();
    if (size >= 6 && memcmp(data, "MATLAB", 6) == 0) {
        try_file(scratch_put("raw.mat", data, size));
        return 0;
    }
    memcpy(bytes, base, base_size);
    while (size > 0) {
        uint32_t at = take_number(&data, &size, 2);
        bytes[at % base_size] = (uint8_t)take_number(&data, &size, 1);
    }
    try_file(scratch_put("changed.mat", bytes, base_size));
    assert(nt_alloc_in_use() == before);
    return 0;
}
