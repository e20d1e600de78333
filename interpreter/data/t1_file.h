/* The file of native T1 maps that the study segmented: T1Dataset210.mat (Fahmy et al., JCMR 21:7,
 * 2019; Harvard Dataverse), MATLAB v7.3, which is HDF5, read with libmatio in a process of its own
 * (confined.h). A struct `Dataset` has a cell for each patient in each field:
 *
 *     Img           rows x columns x times x slices
 *     EpiContours   points x 2 (x, y) x times x slices: the wall's outer contour
 *     EndoContours  the same of its inner one
 *
 * all of them in MATLAB's order, the first index fastest. Points count from 1: (1, 1) is the middle
 * of the first pixel. A contour with a NaN, or none, means that nobody drew one. */
#ifndef NT_T1_FILE_H
#define NT_T1_FILE_H

#include "arena.h"
#include "diagnostic.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nt_t1_file nt_t1_file;

/* NT_INVALID when it isn't such a file: the message names the field that is missing or wrong. Cells
 * must be of real numbers, and all together no larger than such a file can hold. */
nt_status nt_t1_open(const char *path, nt_t1_file **ret, nt_error *error);
void nt_t1_close(nt_t1_file *file); /* takes NULL */

int32_t nt_t1_patients(const nt_t1_file *file);

typedef struct nt_t1_size {
    int32_t rows, columns, times, slices;
} nt_t1_size;

nt_t1_size nt_t1_size_of(const nt_t1_file *file, int32_t patient);

/* More bytes than all values may take, as they are stored. */
int64_t nt_t1_most_bytes(const nt_t1_file *file);

/* A patient's values, read into memory; the next one's take its place. */
nt_status nt_t1_read_contours(nt_t1_file *file, int32_t patient, nt_error *error);
nt_status nt_t1_read_images(nt_t1_file *file, int32_t patient, nt_error *error);

/* Of the patient that was read. Whether both contours were drawn; an image, and the pixels between
 * the contours, those whose middle lies inside the outer and not inside the inner one, both cut or
 * filled up with zeros to rows x columns about the middle. */
bool nt_t1_has_contours(const nt_t1_file *file, int32_t time, int32_t slice);
void nt_t1_image(const nt_t1_file *file, int32_t time, int32_t slice, int32_t rows, int32_t columns,
                 float *ret_image);
void nt_t1_mask(const nt_t1_file *file, int32_t time, int32_t slice, int32_t rows, int32_t columns,
                unsigned char *ret_mask);

#endif
