/* The kind `t1`, on small files of its layout written with libmatio. */
#include "decoders.h"
#include "loader.h"
#include "support_data.h"
#include <math.h>
#include <matio.h>

enum { PATIENTS = 6, TIMES = 2, SLICES = 2, POINTS = 60 };

static nt_error error;

/* Patient p's images are 40 x (50 + 2 p), the contours circles about (24.5, 19.25) in MATLAB's
 * coordinates, of radius 12 + p / 2 and 6. */
static size_t columns_of(int p) {
    return 50 + 2 * (size_t)p;
}

static double value_at(int p, size_t row, size_t column, int time, int slice) {
    return 1000 * p + 100 * slice + 50 * time + (double)row + 0.01 * (double)column;
}

static matvar_t *make_images(int p) {
    size_t dims[4] = {40, columns_of(p), TIMES, SLICES}, count = dims[0] * dims[1] * TIMES * SLICES;
    float *values = malloc(count * sizeof *values), *at = values;
    for (int s = 0; s < SLICES; s++)
        for (int t = 0; t < TIMES; t++)
            for (size_t c = 0; c < dims[1]; c++)
                for (size_t r = 0; r < dims[0]; r++)
                    *at++ = (float)value_at(p, r, c, t, s);
    matvar_t *var = Mat_VarCreate(NULL, MAT_C_SINGLE, MAT_T_SINGLE, 4, dims, values, 0);
    free(values);
    return var;
}

/* Patient 1's first slice has no contour at the second time; patient 2 has none at all. */
static matvar_t *make_contours(int p, double radius) {
    size_t dims[4] = {POINTS, 2, TIMES, SLICES}, none[2] = {0, 0};
    double values[POINTS * 2 * TIMES * SLICES], *at = values;
    if (p == 2)
        return Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, none, NULL, 0);
    for (int s = 0; s < SLICES; s++)
        for (int t = 0; t < TIMES; t++)
            for (int k = 0; k < 2; k++)
                for (int i = 0; i < POINTS; i++) {
                    double angle = 2 * 3.14159265358979 * i / POINTS;
                    bool absent = p == 1 && s == 0 && t == 1;
                    *at++ = absent   ? (double)NAN
                            : k == 0 ? 24.5 + radius * cos(angle)
                                     : 19.25 + radius * sin(angle);
                }
    return Mat_VarCreate(NULL, MAT_C_DOUBLE, MAT_T_DOUBLE, 4, dims, values, 0);
}

/* `lacks`: the number of a field to leave out; -1: none. `turned`: the last patient comes first. */
static void write_patients(const char *path, int lacks, bool turned) {
    static const char *const names[] = {"Img", "EpiContours", "EndoContours"};
    const char *kept[3];
    unsigned count = 0;
    size_t one[2] = {1, 1}, cells[2] = {1, PATIENTS};
    for (int k = 0; k < 3; k++)
        if (k != lacks)
            kept[count++] = names[k];
    mat_t *mat = Mat_CreateVer(path, NULL, MAT_FT_MAT73);
    assert_non_null(mat);
    matvar_t *dataset = Mat_VarCreateStruct("Dataset", 2, one, kept, count);
    for (int k = 0; k < 3; k++) {
        if (k == lacks)
            continue;
        matvar_t *field = Mat_VarCreate(NULL, MAT_C_CELL, MAT_T_CELL, 2, cells, NULL, 0);
        for (int p = 0; p < PATIENTS; p++)
            Mat_VarSetCell(field, turned ? PATIENTS - 1 - p : p,
                           k == 0   ? make_images(p)
                           : k == 1 ? make_contours(p, 12 + p / 2.0)
                                    : make_contours(p, 6));
        Mat_VarSetStructFieldByName(dataset, names[k], 0, field);
    }
    assert_int_equal(Mat_VarWrite(mat, dataset, MAT_COMPRESSION_NONE), 0);
    Mat_VarFree(dataset);
    Mat_Close(mat);
}

static void write_file(const char *path, int lacks) {
    write_patients(path, lacks, false);
}

static nt_dataset *open_set(const char *folder, const char *options) {
    nt_dataset *dataset = NULL;
    EXPECT_OK(&error, open_with("t1", folder, options, -1, &dataset, &error));
    return dataset;
}

/* The middle of patient p's image stands in the middle of what is shown, and the ring between the
 * circles has the area that it should. */
static void check_sample(const nt_dataset *set, nt_split split, int32_t i) {
    int p, slice, time;
    assert_int_equal(sscanf(nt_dataset_name(set, split, i), "p%d-s%d-t%d", &p, &slice, &time), 3);
    p--, slice--, time--;
    assert_int_equal(nt_dataset_patient(set, split, i), p);
    const float *image = sample_of_set(set, split, i).pixels;
    const unsigned char *mask = sample_of_set(set, split, i).mask;
    size_t left = (columns_of(p) - 50) / 2;
    double area = 0, x = 0, y = 0;
    for (size_t r = 0; r < 40; r++)
        for (size_t c = 0; c < 50; c++) {
            assert_true(image[r * 50 + c] == (float)value_at(p, r, c + left, time, slice));
            area += mask[r * 50 + c];
            x += mask[r * 50 + c] * (double)(c + left + 1);
            y += mask[r * 50 + c] * (double)(r + 1);
        }
    double outer = 12 + p / 2.0, ring = 3.14159265 * (outer * outer - 36);
    assert_true(fabs(area - ring) < 0.03 * ring);
    assert_true(fabs(x / area - 24.5) < 0.3 && fabs(y / area - 19.25) < 0.3);
}

static void reads_what_was_written(void **state) {
    write_file(path_in(*state, "T1Dataset210.mat"), -1);
    nt_dataset *set = open_set(*state, "test_share=0.34 size=[40,50]");
    const nt_data_info *info = nt_dataset_info(set);
    assert_int_equal(info->target, NT_TARGET_MASK);
    assert_int_equal(info->counts[NT_TRAIN] + info->counts[NT_TEST],
                     PATIENTS * TIMES * SLICES - TIMES * SLICES - 1);
    bool seen[2][PATIENTS] = {{false}};
    for (int split = 0; split < 2; split++) {
        EXPECT_OK(&error, nt_dataset_load(set, (nt_split)split, &error));
        for (int32_t i = 0; i < info->counts[split]; i++) {
            check_sample(set, (nt_split)split, i);
            seen[split][nt_dataset_patient(set, (nt_split)split, i)] = true;
        }
    }
    for (int p = 0; p < PATIENTS; p++)
        assert_int_equal(seen[0][p] + seen[1][p], p == 2 ? 0 : 1);
    nt_dataset_free(set);
}

static void options_choose(void **state) {
    write_file(path_in(*state, "T1Dataset210.mat"), -1);
    nt_dataset *set = open_set(*state, "test_share=0 times=[2] size=[44,46]");
    assert_int_equal(nt_dataset_count(set, NT_TEST), 0);
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), PATIENTS * SLICES - SLICES - 1);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    const float *image = sample_of_set(set, NT_TRAIN, 0).pixels; /* 40 x 50 shown as 44 x 46 */
    assert_true(image[0] == 0 && image[2 * 46] == (float)value_at(0, 0, 2, 1, 0));
    nt_dataset_free(set);
}

/* All that is evaluated or calibrated on comes from a loader: it shows the same samples in the same
 * order. Shares are those of patients. */
static void patients_may_be_permuted(void **state) {
    static const nt_selecting ways[] = {{.order = NT_ORDER_SHUFFLED},
                                        {.order = NT_ORDER_SHUFFLED, .limit = 9},
                                        {.order = NT_ORDER_CALIBRATION, .limit = 9, .seed = 3}};
    enum { IMAGE = 32 * 32, ROOM = PATIENTS * TIMES * SLICES };
    static float images[2][ROOM * IMAGE];
    static int32_t masks[2][ROOM * IMAGE];
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        int32_t counts[2], taken[PATIENTS] = {0};
        for (int turned = 0; turned < 2; turned++) {
            nt_loader *loader;
            write_patients(path_in(*state, "T1Dataset210.mat"), -1, turned);
            nt_dataset *set = open_set(*state, "test_share=0 size=[32,32]");
            EXPECT_OK(&error, nt_loader_new(set, NT_TRAIN, &(nt_loading){.select = ways[w]},
                                            &loader, &error));
            counts[turned] = nt_loader_count(loader);
            EXPECT_OK(&error, nt_loader_fill(loader, 0, counts[turned], images[turned],
                                             masks[turned], &error));
            for (int32_t i = 0; i < counts[turned] && !turned; i++)
                taken[nt_dataset_patient(set, NT_TRAIN, nt_loader_sample(loader, i))]++;
            nt_loader_free(loader);
            nt_dataset_free(set);
        }
        assert_int_equal(counts[0], counts[1]);
        assert_int_equal(counts[0], ways[w].limit ? 9 : 19);
        size_t size = (size_t)counts[0] * IMAGE;
        assert_memory_equal(images[0], images[1], size * sizeof **images);
        assert_memory_equal(masks[0], masks[1], size * sizeof **masks);
        for (int p = 0; p < PATIENTS && ways[w].limit; p++) /* of 3 and 4, 1.4 and 1.9 */
            assert_true(p == 2 ? taken[p] == 0 : taken[p] == 1 + (p != 1));
    }
}

static void expect_refused(const char *folder, const char *part) {
    nt_dataset *none = NULL;
    size_t before = nt_alloc_in_use();
    nt_status status = nt_dataset_open(nt_data_find("t1"), NULL, folder, NULL, &none, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
    assert_int_equal(nt_alloc_in_use(), before);
}

static void other_files_are_refused(void **state) {
    const char *path = path_in(*state, "T1Dataset210.mat");
    expect_refused(*state, "T1Dataset210.mat: error: cannot open: No such file");
    write_bytes(path, "no such thing", 13);
    expect_refused(*state, "cannot be read as a MATLAB file");
    remove(path);
    write_file(path, 2);
    expect_refused(*state, "Dataset has no field 'EndoContours'");
    remove(path);
    mat_t *mat = Mat_CreateVer(path, NULL, MAT_FT_MAT73);
    size_t one[2] = {1, 1};
    double value = 1;
    matvar_t *var = Mat_VarCreate("Dataset", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, one, &value, 0);
    Mat_VarWrite(mat, var, MAT_COMPRESSION_NONE);
    Mat_VarFree(var);
    Mat_Close(mat);
    expect_refused(*state, "has no struct 'Dataset'");
}

int main(int argc, char **argv) {
    nt_confined_child(argc, argv, nt_decoders);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(reads_what_was_written),
        WITH_FOLDER(options_choose),
        WITH_FOLDER(patients_may_be_permuted),
        WITH_FOLDER(other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
