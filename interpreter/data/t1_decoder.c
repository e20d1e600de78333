/* The only file that knows libmatio. It runs confined, for one file, and believes nothing that it
 * doesn't have to; who asked checks all of it again. A cell of complex numbers must never reach
 * Mat_VarReadData, which takes the buffer it is given for two pointers then. */
#include "t1_decoder.h"

#include "alloc.h"
#include <matio.h>
#include <stdlib.h>
#include <string.h>

typedef struct decoder {
    mat_t *mat;
    matvar_t *dataset;
    matvar_t *fields[NT_T1_FIELDS]; /* the cell arrays */
} decoder;

static nt_t1_type type_of(const matvar_t *var) {
    if (var->isComplex)
        return NT_T1_OTHER;
    switch (var->class_type) {
    case MAT_C_DOUBLE:
        return NT_T1_DOUBLE;
    case MAT_C_SINGLE:
        return NT_T1_SINGLE;
    case MAT_C_INT8:
        return NT_T1_INT8;
    case MAT_C_UINT8:
        return NT_T1_UINT8;
    case MAT_C_INT16:
        return NT_T1_INT16;
    case MAT_C_UINT16:
        return NT_T1_UINT16;
    case MAT_C_INT32:
        return NT_T1_INT32;
    case MAT_C_UINT32:
        return NT_T1_UINT32;
    case MAT_C_INT64:
        return NT_T1_INT64;
    case MAT_C_UINT64:
        return NT_T1_UINT64;
    default:
        return NT_T1_OTHER;
    }
}

static nt_t1_cell describe(const matvar_t *var) {
    nt_t1_cell cell = {.dims = {1, 1, 1, 1}};
    if (!var || var->rank < 1 || !var->dims)
        return cell;
    cell.rank = (uint32_t)var->rank;
    cell.type = type_of(var);
    for (int d = 0; d < var->rank && d < NT_T1_RANK; d++)
        cell.dims[d] = var->dims[d];
    return cell;
}

/* How many cells an array has, of which there is a list. */
static uint64_t cells_of(const matvar_t *var) {
    size_t count = 1;
    if (var->rank < 1 || !var->dims || !var->data)
        return 0;
    for (int d = 0; d < var->rank; d++)
        if (__builtin_mul_overflow(count, var->dims[d], &count))
            return UINT64_MAX;
    return count;
}

static nt_t1_head look(decoder *d) {
    nt_t1_head head = {.problem = NT_T1_NO_FILE};
    d->mat = Mat_Open(NT_CONFINED_PATH, MAT_ACC_RDONLY);
    nt_confined_seal(); /* other files that this one names are not opened */
    if (!d->mat || Mat_GetVersion(d->mat) != MAT_FT_MAT73)
        return head;
    head.problem = NT_T1_NO_STRUCT;
    d->dataset = Mat_VarReadInfo(d->mat, "Dataset");
    if (!d->dataset || d->dataset->class_type != MAT_C_STRUCT)
        return head;
    head.problem = NT_T1_NO_FIELD;
    for (; head.field < NT_T1_FIELDS; head.field++) {
        matvar_t *field = Mat_VarGetStructFieldByName(d->dataset, nt_t1_names[head.field], 0);
        if (!field || field->class_type != MAT_C_CELL)
            return head;
        d->fields[head.field] = field;
        head.cells[head.field] = cells_of(field);
    }
    head.problem = NT_T1_FINE;
    return head;
}

/* As many as who asked will take: the same of every field. */
static void give_cells(const decoder *d, const nt_t1_head *head) {
    for (int k = 0; k < NT_T1_FIELDS; k++)
        if (head->cells[k] != head->cells[0] || head->cells[k] > NT_T1_MOST_PATIENTS)
            return;
    for (uint64_t p = 0; p < head->cells[0]; p++)
        for (int k = 0; k < NT_T1_FIELDS; k++) {
            nt_t1_cell cell = describe(Mat_VarGetCell(d->fields[k], (int)p));
            nt_confined_give(&cell, sizeof cell);
        }
}

static bool read_values(const decoder *d, matvar_t *var, void *ret) {
    int start[NT_T1_RANK] = {0}, stride[NT_T1_RANK] = {1, 1, 1, 1}, edge[NT_T1_RANK] = {1, 1, 1, 1};
    for (int i = 0; i < var->rank; i++)
        edge[i] = (int)var->dims[i];
    return Mat_VarReadData(d->mat, var, ret, start, stride, edge) == 0;
}

static void answer(const decoder *d, nt_t1_question asked, const nt_t1_head *head) {
    nt_t1_answer answer = {.problem = NT_T1_UNREADABLE};
    uint64_t count = 0, width = 0;
    void *values = NULL;
    if (asked.field < NT_T1_FIELDS && asked.patient < head->cells[asked.field]) {
        matvar_t *var = Mat_VarGetCell(d->fields[asked.field], (int)asked.patient);
        nt_t1_cell cell = describe(var);
        width = nt_t1_widths[cell.type];
        if (cell.type != NT_T1_OTHER && cell.rank <= NT_T1_RANK && nt_t1_count(&cell, &count) &&
            width == Mat_SizeOfClass((int)var->class_type))
            values = nt_alloc_zero(count * width);
        if (values && (count == 0 || read_values(d, var, values)))
            answer = (nt_t1_answer){.problem = NT_T1_FINE, .bytes = count * width};
    }
    nt_confined_give(&answer, sizeof answer);
    if (answer.problem == NT_T1_FINE)
        nt_confined_give(values, answer.bytes);
    nt_free(values, count * width);
}

static void serve(void) {
    decoder d = {0};
    nt_t1_question asked;
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    setenv("HDF5_PLUGIN_PRELOAD", "::", 1); /* none */
    nt_t1_head head = look(&d);
    nt_confined_give(&head, sizeof head);
    if (head.problem != NT_T1_FINE)
        return;
    give_cells(&d, &head);
    while (nt_confined_take(&asked, sizeof asked))
        answer(&d, asked, &head);
}

const nt_confined_service nt_t1_decoder = {"t1", serve};
