/* What t1_file.c asks of libmatio, which runs confined, and the answers. On a start the decoder
 * looks at the file and gives
 *
 *     nt_t1_head | nt_t1_cell of each patient's image, outer and inner contours, patient by patient
 *
 * (cells only if there is no problem), and for each question then
 *
 *     nt_t1_answer | `bytes` of values of the cell's type, in MATLAB's order */
#ifndef NT_T1_DECODER_H
#define NT_T1_DECODER_H

#include "confined.h"

enum { NT_T1_IMAGES, NT_T1_OUTER, NT_T1_INNER, NT_T1_FIELDS };

static const char *const nt_t1_names[NT_T1_FIELDS] = {"Img", "EpiContours", "EndoContours"};

enum {
    NT_T1_MOST_PATIENTS = 10000,
    NT_T1_MOST_VALUES = 1 << 24, /* of a cell: 512 x 512 pixels at 64 times and slices */
    NT_T1_RANK = 4
};

typedef enum nt_t1_problem {
    NT_T1_FINE,
    NT_T1_NO_FILE,   /* of MATLAB's */
    NT_T1_NO_STRUCT, /* 'Dataset' */
    NT_T1_NO_FIELD,  /* or it is no cell array */
    NT_T1_UNREADABLE,
    NT_T1_PROBLEMS
} nt_t1_problem;

typedef struct nt_t1_head {
    uint32_t problem, field;      /* with which field there is one */
    uint64_t cells[NT_T1_FIELDS]; /* of each field */
} nt_t1_head;

typedef enum nt_t1_type {
    NT_T1_OTHER, /* no real numbers */
    NT_T1_DOUBLE,
    NT_T1_SINGLE,
    NT_T1_INT8,
    NT_T1_UINT8,
    NT_T1_INT16,
    NT_T1_UINT16,
    NT_T1_INT32,
    NT_T1_UINT32,
    NT_T1_INT64,
    NT_T1_UINT64,
    NT_T1_TYPES
} nt_t1_type;

static const uint8_t nt_t1_widths[NT_T1_TYPES] = {0, 8, 4, 1, 1, 2, 2, 4, 4, 8, 8};

typedef struct nt_t1_cell {
    uint64_t dims[NT_T1_RANK]; /* those past the rank are 1 */
    uint32_t rank;             /* as the file has it, whatever that is */
    uint32_t type;             /* nt_t1_type */
} nt_t1_cell;

typedef struct nt_t1_question {
    uint32_t field, patient;
} nt_t1_question;

typedef struct nt_t1_answer {
    uint32_t problem, unused;
    uint64_t bytes;
} nt_t1_answer;

/* How many values the cell has; false if they are more than NT_T1_MOST_VALUES. */
static inline bool nt_t1_count(const nt_t1_cell *cell, uint64_t *ret) {
    uint64_t count = 1;
    bool fine = true;
    for (int d = 0; d < NT_T1_RANK; d++)
        fine = !__builtin_mul_overflow(count, cell->dims[d], &count) && fine;
    *ret = count;
    return fine && count <= NT_T1_MOST_VALUES;
}

extern const nt_confined_service nt_t1_decoder;

#endif
