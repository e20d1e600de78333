/* A T1 file as the confined decoder tells of it (t1_decoder.h), which is believed in nothing: the
 * signature is looked at before it is started, and the types, ranks and sizes of all cells are
 * checked before it is asked for a value, against what a file of that length may hold. Values are
 * then read a patient at a time, into doubles. */
#include "t1_file.h"

#include "alloc.h"
#include "build_info.h"
#include "file.h"
#include "file_kind.h"
#include "integers.h"
#include "t1_decoder.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
    DENSEST = 100,     /* times the file's size, and */
    ALWAYS = 64 << 20, /* bytes more may all values take */
    MEMORY = 1 << 30,  /* that the decoder may take */
    LEAST_SECONDS = 60 /* that it may; one more for each MiB of the file */
};

/* A field of the patient that was read, as doubles. */
typedef struct block {
    double *values;
    size_t count;
    int32_t points; /* of contours */
} block;

typedef nt_t1_cell patient_cells[NT_T1_FIELDS];

struct nt_t1_file {
    const char *path;
    nt_confined *decoder;
    int64_t file_size;
    int32_t patients;
    patient_cells *cells; /* [patients] */
    nt_t1_size *sizes;    /* [patients] */
    int32_t patient;      /* that was read */
    block blocks[NT_T1_FIELDS];
};

static nt_status no_memory(const nt_t1_file *f, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", f->path);
}

/* --- the layout ------------------------------------------------------------------------------- */

static nt_status say(const nt_t1_file *f, nt_error *error, int field, int32_t patient,
                     const char *what) {
    return nt_error_in(error, NT_INVALID, f->path, -1, "Dataset.%s{%d} %s", nt_t1_names[field],
                       patient + 1, what);
}

static nt_status unreadable(const nt_t1_file *f, nt_error *error) {
    nt_error_in(error, NT_INVALID, f->path, -1, "cannot be read as a MATLAB file");
    nt_error_hint(error, "it may be cut short: compare its size with the published one");
    return NT_INVALID;
}

/* What the decoder found, or what of it can't be. */
static nt_status check_head(const nt_t1_file *f, const nt_t1_head *head, nt_error *error) {
    switch (head->problem) {
    case NT_T1_FINE:
        break;
    case NT_T1_NO_STRUCT:
        return nt_error_in(error, NT_INVALID, f->path, -1, "has no struct 'Dataset'");
    case NT_T1_NO_FIELD:
        if (head->field < NT_T1_FIELDS)
            return nt_error_in(error, NT_INVALID, f->path, -1,
                               "Dataset has no field '%s' with a cell for each patient",
                               nt_t1_names[head->field]);
        return unreadable(f, error);
    default:
        return unreadable(f, error);
    }
    for (int k = 1; k < NT_T1_FIELDS; k++)
        if (head->cells[k] != head->cells[0])
            return nt_error_in(error, NT_INVALID, f->path, -1,
                               "Dataset.%s has %llu cells, Dataset.%s %llu", nt_t1_names[k],
                               (unsigned long long)head->cells[k], nt_t1_names[0],
                               (unsigned long long)head->cells[0]);
    if (head->cells[0] < 1)
        return nt_error_in(error, NT_INVALID, f->path, -1, "has no patients");
    if (head->cells[0] > NT_T1_MOST_PATIENTS)
        return nt_error_in(error, NT_INVALID, f->path, -1,
                           "has %llu patients, more than the %d that such a file may have",
                           (unsigned long long)head->cells[0], NT_T1_MOST_PATIENTS);
    return NT_OK;
}

/* Real numbers, and not too many. */
static nt_status check_values(const nt_t1_file *f, int field, int32_t patient, nt_error *error) {
    const nt_t1_cell *cell = &f->cells[patient][field];
    uint64_t count;
    if (cell->type == NT_T1_OTHER || cell->type >= NT_T1_TYPES)
        return say(f, error, field, patient, "holds no numbers, or complex ones");
    if (nt_t1_count(cell, &count))
        return NT_OK;
    return nt_error_in(error, NT_INVALID, f->path, -1,
                       "Dataset.%s{%d} announces more than the %d values that a cell may have",
                       nt_t1_names[field], patient + 1, NT_T1_MOST_VALUES);
}

/* Contours are points x 2 x times x slices, or empty. */
static nt_status check_contours(const nt_t1_file *f, int field, int32_t patient, nt_error *error) {
    const nt_t1_cell *cell = &f->cells[patient][field];
    nt_t1_size size = f->sizes[patient];
    uint64_t count;
    if (cell->rank >= 1 && nt_t1_count(cell, &count) && count == 0)
        return NT_OK;
    if (cell->rank < 1 || cell->rank > NT_T1_RANK || cell->dims[0] < 3 || cell->dims[0] > 100000 ||
        cell->dims[1] != 2 || cell->dims[2] != (uint64_t)size.times ||
        cell->dims[3] != (uint64_t)size.slices)
        return say(f, error, field, patient, "is not points x 2 x times x slices");
    return check_values(f, field, patient, error);
}

static nt_status check_patient(const nt_t1_file *f, int32_t patient, nt_error *error) {
    enum { LARGEST = 4096 };
    const nt_t1_cell *cell = &f->cells[patient][NT_T1_IMAGES];
    bool fine = cell->rank >= 2 && cell->rank <= NT_T1_RANK;
    for (int d = 0; d < NT_T1_RANK; d++)
        fine = fine && cell->dims[d] >= 1 && cell->dims[d] <= LARGEST;
    if (!fine)
        return say(f, error, NT_T1_IMAGES, patient, "is not rows x columns x times x slices");
    f->sizes[patient] = (nt_t1_size){(int32_t)cell->dims[0], (int32_t)cell->dims[1],
                                     (int32_t)cell->dims[2], (int32_t)cell->dims[3]};
    NT_TRY(check_values(f, NT_T1_IMAGES, patient, error));
    NT_TRY(check_contours(f, NT_T1_OUTER, patient, error));
    return check_contours(f, NT_T1_INNER, patient, error);
}

/* All cells together: each was checked. */
static nt_status check_total(const nt_t1_file *f, nt_error *error) {
    int64_t total = 0, most = DENSEST * f->file_size + ALWAYS;
    for (int32_t p = 0; p < f->patients; p++)
        for (int k = 0; k < NT_T1_FIELDS; k++) {
            uint64_t count;
            nt_t1_count(&f->cells[p][k], &count);
            total += (int64_t)(count * nt_t1_widths[f->cells[p][k].type % NT_T1_TYPES]);
        }
    if (total <= most)
        return NT_OK;
    nt_error_in(error, NT_INVALID, f->path, -1,
                "announces %lld bytes of values, more than the %lld that a file of %lld may hold",
                (long long)total, (long long)most, (long long)f->file_size);
    nt_error_hint(error, "it is damaged, or was made to fill the memory");
    return NT_INVALID;
}

/* --- opening ---------------------------------------------------------------------------------- */

static nt_status refuse_old(const nt_t1_file *f, nt_error *error) {
    nt_error_in(error, NT_INVALID, f->path, -1, "is a MATLAB file of version 5; 7.3 is read");
    nt_error_hint(error, "load it in MATLAB, and save it with save -v7.3");
    return NT_INVALID;
}

/* MATLAB 7.3: its text, version 0x0200 in the byte order of this machine's kind, HDF5's signature
 * after 512 bytes. */
static nt_status check_signature(const nt_t1_file *f, int file, nt_error *error) {
    static const char text[] = "MATLAB 7.3 MAT-file", old[] = "MATLAB 5.0 MAT-file";
    static const char version[] = {0, 2, 'I', 'M'}, hdf5[] = "\x89HDF\r\n\x1a\n";
    enum { VERSION_AT = 124, HDF5_AT = 512, FIRST = HDF5_AT + 8 };
    unsigned char first[FIRST] = {0};
    int64_t got = nt_file_read_at(file, 0, first, sizeof first);
    size_t size = got > 0 ? (size_t)got : 0;
    if (memcmp(first, old, sizeof old - 1) == 0)
        return refuse_old(f, error);
    if (memcmp(first, text, sizeof text - 1) == 0)
        return size == FIRST && memcmp(first + VERSION_AT, version, sizeof version) == 0 &&
                       memcmp(first + HDF5_AT, hdf5, sizeof hdf5 - 1) == 0
                   ? NT_OK
                   : unreadable(f, error);
    NT_TRY(nt_file_kind_refuse(first, size, NT_FILE_AS_DATA, f->path, error));
    return unreadable(f, error);
}

static nt_status start_decoder(nt_t1_file *f, int file, nt_error *error) {
    nt_confined_limits limits = {MEMORY, LEAST_SECONDS +
                                             (int32_t)nt_min(f->file_size >> 20, INT32_MAX / 2)};
    if (nt_t1_decoder.serve)
        return nt_confined_start(nt_t1_decoder.name, file, f->path, limits, &f->decoder, error);
    nt_error_in(error, NT_INVALID, f->path, -1, "cannot be read: this build has no libmatio");
    nt_feature_hint(&nt_feature_matio, error);
    return NT_INVALID;
}

static nt_status read_cells(nt_t1_file *f, nt_error *error) {
    nt_t1_head head;
    NT_TRY(nt_confined_answer(f->decoder, &head, sizeof head, error));
    NT_TRY(check_head(f, &head, error));
    f->patients = (int32_t)head.cells[0];
    f->sizes = nt_alloc_zero((size_t)f->patients * sizeof *f->sizes);
    f->cells = nt_alloc_zero((size_t)f->patients * sizeof *f->cells);
    if (!f->sizes || !f->cells)
        return no_memory(f, error);
    NT_TRY(nt_confined_answer(f->decoder, f->cells, (size_t)f->patients * sizeof *f->cells, error));
    for (int32_t p = 0; p < f->patients; p++)
        NT_TRY(check_patient(f, p, error));
    return check_total(f, error);
}

static nt_status open_file(nt_t1_file *f, nt_error *error) {
    int file;
    NT_TRY(nt_file_open(f->path, &file, &f->file_size, error));
    nt_status status = check_signature(f, file, error);
    if (status == NT_OK)
        status = start_decoder(f, file, error);
    close(file);
    NT_TRY(status);
    return read_cells(f, error);
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
    for (int k = 0; k < NT_T1_FIELDS; k++)
        nt_free(f->blocks[k].values, f->blocks[k].count * sizeof(double));
    nt_free(f->sizes, (size_t)f->patients * sizeof *f->sizes);
    nt_free(f->cells, (size_t)f->patients * sizeof *f->cells);
    nt_confined_end(f->decoder);
    nt_free(f, sizeof *f);
}

int32_t nt_t1_patients(const nt_t1_file *f) {
    return f->patients;
}

nt_t1_size nt_t1_size_of(const nt_t1_file *f, int32_t patient) {
    return f->sizes[patient];
}

int64_t nt_t1_most_bytes(const nt_t1_file *f) {
    return DENSEST * f->file_size + ALWAYS;
}

/* --- values ----------------------------------------------------------------------------------- */

#define OF(code, type)                                                                             \
    case code:                                                                                     \
        for (size_t i = 0; i < count; i++)                                                         \
            ret[i] = (double)((const type *)raw)[i];                                               \
        break;

static void to_doubles(nt_t1_type type, const void *raw, size_t count, double *ret) {
    switch (type) {
        OF(NT_T1_DOUBLE, double)
        OF(NT_T1_SINGLE, float)
        OF(NT_T1_INT8, int8_t)
        OF(NT_T1_UINT8, uint8_t)
        OF(NT_T1_INT16, int16_t)
        OF(NT_T1_UINT16, uint16_t)
        OF(NT_T1_INT32, int32_t)
        OF(NT_T1_UINT32, uint32_t)
        OF(NT_T1_INT64, int64_t)
        OF(NT_T1_UINT64, uint64_t)
    case NT_T1_OTHER:
    case NT_T1_TYPES:
        break;
    }
}

/* What was checked when the file was opened, and no more. */
static nt_status read_values(nt_t1_file *f, int field, int32_t patient, void *ret, size_t size,
                             nt_error *error) {
    nt_t1_question question = {(uint32_t)field, (uint32_t)patient};
    nt_t1_answer answer;
    NT_TRY(nt_confined_ask(f->decoder, &question, sizeof question, error));
    NT_TRY(nt_confined_answer(f->decoder, &answer, sizeof answer, error));
    if (answer.problem != NT_T1_FINE || answer.bytes != size)
        return say(f, error, field, patient, "cannot be read");
    return nt_confined_answer(f->decoder, ret, size, error);
}

static nt_status read_block(nt_t1_file *f, int field, int32_t patient, nt_error *error) {
    const nt_t1_cell *cell = &f->cells[patient][field];
    block *b = &f->blocks[field];
    uint64_t count;
    nt_t1_count(cell, &count);
    size_t size = (size_t)count * nt_t1_widths[cell->type % NT_T1_TYPES];
    nt_free(b->values, b->count * sizeof(double));
    *b = (block){.count = (size_t)count,
                 .points = (int32_t)nt_min((int64_t)cell->dims[0], INT32_MAX)};
    b->values = nt_alloc((size_t)count * sizeof(double));
    void *raw = nt_alloc(size);
    nt_status status = b->values && raw ? NT_OK : no_memory(f, error);
    if (status == NT_OK && count > 0)
        status = read_values(f, field, patient, raw, size, error);
    if (status == NT_OK)
        to_doubles((nt_t1_type)cell->type, raw, (size_t)count, b->values);
    nt_free(raw, size);
    f->patient = patient;
    return status;
}

nt_status nt_t1_read_contours(nt_t1_file *f, int32_t patient, nt_error *error) {
    NT_TRY(read_block(f, NT_T1_OUTER, patient, error));
    return read_block(f, NT_T1_INNER, patient, error);
}

nt_status nt_t1_read_images(nt_t1_file *f, int32_t patient, nt_error *error) {
    return read_block(f, NT_T1_IMAGES, patient, error);
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
    return contour_of(f, NT_T1_OUTER, time, slice) && contour_of(f, NT_T1_INNER, time, slice);
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
        f->blocks[NT_T1_IMAGES].values + ((size_t)slice * (size_t)size.times + (size_t)time) *
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
    const double *outer = contour_of(f, NT_T1_OUTER, time, slice);
    const double *inner = contour_of(f, NT_T1_INNER, time, slice);
    int32_t top = offset(size.rows, rows), left = offset(size.columns, columns);
    for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < columns; c++) {
            double x = left + c + 1, y = top + r + 1;
            *ret_mask++ = inside(outer, f->blocks[NT_T1_OUTER].points, x, y) &&
                          !inside(inner, f->blocks[NT_T1_INNER].points, x, y);
        }
}
