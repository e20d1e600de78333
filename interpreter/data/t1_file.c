/* The only file that knows libmatio. The sizes of all cells are checked as a file is opened,
 * without reading a value; values are then read a patient at a time, into doubles. HDF5 works for
 * one thread at a time, and so does this. */
#include "t1_file.h"

#include "alloc.h"
#include "file.h"
#include "file_kind.h"
#include <math.h>
#include <matio.h>
#include <unistd.h>

enum { IMAGES, OUTER, INNER, FIELDS };

static const char *const names[FIELDS] = {"Img", "EpiContours", "EndoContours"};

/* A field of the patient that was read, as doubles. */
typedef struct block {
    double *values;
    size_t count;
    int32_t points; /* of contours */
} block;

struct nt_t1_file {
    const char *path;
    mat_t *mat;
    matvar_t *dataset;
    matvar_t *fields[FIELDS]; /* the cell arrays */
    int32_t patients;
    nt_t1_size *sizes; /* of each patient */
    int32_t patient;   /* that was read */
    block blocks[FIELDS];
};

/* --- the layout ------------------------------------------------------------------------------- */

static size_t elements(const matvar_t *var) {
    size_t count = 1;
    for (int d = 0; d < var->rank; d++)
        count *= var->dims[d];
    return count;
}

/* MATLAB leaves out dimensions of 1 at the end. */
static size_t dim(const matvar_t *var, int d) {
    return d < var->rank ? var->dims[d] : 1;
}

static nt_status say(const nt_t1_file *f, nt_error *error, int field, int32_t patient,
                     const char *what) {
    return nt_error_in(error, NT_INVALID, f->path, -1, "Dataset.%s{%d} %s", names[field],
                       patient + 1, what);
}

static nt_status find_fields(nt_t1_file *f, nt_error *error) {
    f->dataset = Mat_VarReadInfo(f->mat, "Dataset");
    if (!f->dataset || f->dataset->class_type != MAT_C_STRUCT)
        return nt_error_in(error, NT_INVALID, f->path, -1, "has no struct 'Dataset'");
    for (int k = 0; k < FIELDS; k++) {
        f->fields[k] = Mat_VarGetStructFieldByName(f->dataset, names[k], 0);
        if (!f->fields[k] || f->fields[k]->class_type != MAT_C_CELL)
            return nt_error_in(error, NT_INVALID, f->path, -1,
                               "Dataset has no field '%s' with a cell for each patient", names[k]);
        if (elements(f->fields[k]) != elements(f->fields[IMAGES]))
            return nt_error_in(error, NT_INVALID, f->path, -1,
                               "Dataset.%s has %zu cells, Dataset.%s %zu", names[k],
                               elements(f->fields[k]), names[IMAGES], elements(f->fields[IMAGES]));
    }
    if (elements(f->fields[IMAGES]) < 1 || elements(f->fields[IMAGES]) > 1000000)
        return nt_error_in(error, NT_INVALID, f->path, -1, "has no patients");
    f->patients = (int32_t)elements(f->fields[IMAGES]);
    return NT_OK;
}

static matvar_t *cell_of(const nt_t1_file *f, int field, int32_t patient) {
    return Mat_VarGetCell(f->fields[field], patient);
}

/* Contours are points x 2 x times x slices, or empty. */
static nt_status check_contours(const nt_t1_file *f, int field, int32_t patient, nt_error *error) {
    const matvar_t *cell = cell_of(f, field, patient);
    nt_t1_size size = f->sizes[patient];
    if (cell && elements(cell) == 0)
        return NT_OK;
    if (!cell || cell->rank > 4 || dim(cell, 0) < 3 || dim(cell, 0) > 100000 || dim(cell, 1) != 2 ||
        dim(cell, 2) != (size_t)size.times || dim(cell, 3) != (size_t)size.slices)
        return say(f, error, field, patient, "is not points x 2 x times x slices");
    return NT_OK;
}

static nt_status check_patient(const nt_t1_file *f, int32_t patient, nt_error *error) {
    const matvar_t *cell = cell_of(f, IMAGES, patient);
    enum { LARGEST = 4096 };
    if (!cell || cell->rank < 2 || cell->rank > 4 || dim(cell, 0) < 1 || dim(cell, 0) > LARGEST ||
        dim(cell, 1) < 1 || dim(cell, 1) > LARGEST || dim(cell, 2) < 1 || dim(cell, 2) > LARGEST ||
        dim(cell, 3) < 1 || dim(cell, 3) > LARGEST)
        return say(f, error, IMAGES, patient, "is not rows x columns x times x slices");
    f->sizes[patient] = (nt_t1_size){(int32_t)dim(cell, 0), (int32_t)dim(cell, 1),
                                     (int32_t)dim(cell, 2), (int32_t)dim(cell, 3)};
    NT_TRY(check_contours(f, OUTER, patient, error));
    return check_contours(f, INNER, patient, error);
}

static nt_status open_file(nt_t1_file *f, nt_error *error) {
    int64_t size;
    int fd;
    NT_TRY(nt_file_open(f->path, &fd, &size, error));
    close(fd);
    f->mat = Mat_Open(f->path, MAT_ACC_RDONLY);
    if (!f->mat) {
        NT_TRY(nt_file_kind_refuse_at(f->path, NT_FILE_AS_DATA, error));
        nt_error_in(error, NT_INVALID, f->path, -1, "cannot be read as a MATLAB file");
        nt_error_hint(error, "it may be cut short: compare its size with the published one");
        return NT_INVALID;
    }
    NT_TRY(find_fields(f, error));
    f->sizes = nt_alloc((size_t)f->patients * sizeof *f->sizes);
    if (!f->sizes)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", f->path);
    for (int32_t p = 0; p < f->patients; p++)
        NT_TRY(check_patient(f, p, error));
    return NT_OK;
}

nt_status nt_t1_open(const char *path, nt_t1_file **ret, nt_error *error) {
    nt_t1_file *f = nt_alloc_zero(sizeof *f);
    if (!f)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    f->path = path;
    nt_status status = open_file(f, error);
    if (status == NT_OK)
        *ret = f;
    else
        nt_t1_close(f);
    return status;
}

void nt_t1_close(nt_t1_file *f) {
    if (!f)
        return;
    for (int k = 0; k < FIELDS; k++)
        nt_free(f->blocks[k].values, f->blocks[k].count * sizeof(double));
    nt_free(f->sizes, (size_t)f->patients * sizeof *f->sizes);
    Mat_VarFree(f->dataset);
    if (f->mat)
        Mat_Close(f->mat);
    nt_free(f, sizeof *f);
}

int32_t nt_t1_patients(const nt_t1_file *f) {
    return f->patients;
}

nt_t1_size nt_t1_size_of(const nt_t1_file *f, int32_t patient) {
    return f->sizes[patient];
}

/* --- values ----------------------------------------------------------------------------------- */

/* Numbers of the cell's class to doubles, in place: `raw` lies at the end of the block. */
static bool to_doubles(const matvar_t *cell, const void *raw, size_t count, double *ret) {
    for (size_t i = 0; i < count; i++)
        switch (cell->class_type) {
        case MAT_C_DOUBLE:
            ret[i] = ((const double *)raw)[i];
            break;
        case MAT_C_SINGLE:
            ret[i] = (double)((const float *)raw)[i];
            break;
        case MAT_C_INT16:
            ret[i] = ((const int16_t *)raw)[i];
            break;
        case MAT_C_UINT16:
            ret[i] = ((const uint16_t *)raw)[i];
            break;
        case MAT_C_UINT8:
            ret[i] = ((const uint8_t *)raw)[i];
            break;
        case MAT_C_INT32:
            ret[i] = ((const int32_t *)raw)[i];
            break;
        default:
            return false;
        }
    return true;
}

static nt_status read_block(nt_t1_file *f, int field, int32_t patient, nt_error *error) {
    matvar_t *cell = cell_of(f, field, patient);
    block *b = &f->blocks[field];
    size_t count = elements(cell);
    int start[4] = {0}, stride[4] = {1, 1, 1, 1}, edge[4];
    nt_free(b->values, b->count * sizeof(double));
    *b = (block){.count = count, .points = (int32_t)dim(cell, 0)};
    b->values = nt_alloc(count * sizeof(double));
    void *raw = nt_alloc(count * Mat_SizeOfClass((int)cell->class_type));
    nt_status status = b->values && raw ? NT_OK : NT_NO_MEMORY;
    for (int d = 0; d < cell->rank && d < 4; d++)
        edge[d] = (int)cell->dims[d];
    if (status != NT_OK)
        nt_error_say(error, status, "out of memory reading %s", f->path);
    else if (count > 0 && Mat_VarReadData(f->mat, cell, raw, start, stride, edge) != 0)
        status = say(f, error, field, patient, "cannot be read");
    else if (!to_doubles(cell, raw, count, b->values))
        status = say(f, error, field, patient, "holds no numbers that are known here");
    nt_free(raw, count * Mat_SizeOfClass((int)cell->class_type));
    f->patient = patient;
    return status;
}

nt_status nt_t1_read_contours(nt_t1_file *f, int32_t patient, nt_error *error) {
    NT_TRY(read_block(f, OUTER, patient, error));
    return read_block(f, INNER, patient, error);
}

nt_status nt_t1_read_images(nt_t1_file *f, int32_t patient, nt_error *error) {
    return read_block(f, IMAGES, patient, error);
}

/* A contour's points: x of all, then y of all; NULL if there is none. */
static const double *contour_of(const nt_t1_file *f, int field, int32_t time, int32_t slice) {
    const block *b = &f->blocks[field];
    int32_t times = f->sizes[f->patient].times;
    size_t size = 2 * (size_t)b->points;
    if (b->count == 0)
        return NULL;
    const double *points = b->values + size * ((size_t)slice * (size_t)times + (size_t)time);
    for (size_t i = 0; i < size; i++)
        if (!isfinite(points[i]))
            return NULL;
    return points;
}

bool nt_t1_has_contours(const nt_t1_file *f, int32_t time, int32_t slice) {
    return contour_of(f, OUTER, time, slice) && contour_of(f, INNER, time, slice);
}

/* --- pictures --------------------------------------------------------------------------------- */

/* Where pixel 0 of the result is in the file's image, along one side. */
static int32_t offset(int32_t from, int32_t to) {
    return from >= to ? (from - to) / 2 : -((to - from) / 2);
}

void nt_t1_image(const nt_t1_file *f, int32_t time, int32_t slice, int32_t rows, int32_t columns,
                 float *ret_image) {
    nt_t1_size size = f->sizes[f->patient];
    const double *image =
        f->blocks[IMAGES].values + ((size_t)slice * (size_t)size.times + (size_t)time) *
                                       (size_t)size.rows * (size_t)size.columns;
    int32_t top = offset(size.rows, rows), left = offset(size.columns, columns);
    for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < columns; c++) {
            int32_t row = top + r, column = left + c;
            bool inside = row >= 0 && row < size.rows && column >= 0 && column < size.columns;
            *ret_image++ =
                inside ? (float)image[(size_t)column * (size_t)size.rows + (size_t)row] : 0;
        }
}

/* Whether a place lies inside: a ray to the right crosses the contour an odd number of times. */
static bool inside(const double *points, int32_t count, double x, double y) {
    bool odd = false;
    for (int32_t i = 0, j = count - 1; i < count; j = i++) {
        double xi = points[i], yi = points[count + i], xj = points[j], yj = points[count + j];
        if ((yi > y) != (yj > y) && x < xi + (y - yi) / (yj - yi) * (xj - xi))
            odd = !odd;
    }
    return odd;
}

void nt_t1_mask(const nt_t1_file *f, int32_t time, int32_t slice, int32_t rows, int32_t columns,
                unsigned char *ret_mask) {
    nt_t1_size size = f->sizes[f->patient];
    const double *outer = contour_of(f, OUTER, time, slice);
    const double *inner = contour_of(f, INNER, time, slice);
    int32_t top = offset(size.rows, rows), left = offset(size.columns, columns);
    for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < columns; c++) {
            double x = left + c + 1, y = top + r + 1;
            *ret_mask++ = inside(outer, f->blocks[OUTER].points, x, y) &&
                          !inside(inner, f->blocks[INNER].points, x, y);
        }
}
