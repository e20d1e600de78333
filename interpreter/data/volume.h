/* Volumes of voxels: how they are cut into slices, and their intensities. */
#ifndef NT_VOLUME_H
#define NT_VOLUME_H

#include "nifti_file.h"
#include <stddef.h>

typedef enum nt_axis { NT_AXIS_X, NT_AXIS_Y, NT_AXIS_Z } nt_axis;

/* A frame's voxels as slices of rows of columns: voxel (s, r, c) is at first + s step[0] + r
 * step[1]
 * + c step[2]. */
typedef struct nt_volume_view {
    int32_t size[3]; /* slices, rows, columns */
    int64_t first, step[3];
} nt_volume_view;

/* Whether three letters are axes that lead along the body's three directions: "RAS", "PIL". */
bool nt_axes_valid(const char *letters);

/* The view of a file's frames as they would be if their axes led towards `orient` (valid; NULL: as
 * they do), in slices along `axis`: the other two are columns, x before y before z, and rows.
 * Nothing is resampled: axes are exchanged and turned round. */
nt_volume_view nt_volume_view_of(const nt_nifti_head *head, const char *orient, nt_axis axis);

/* The greatest distance between the places that two headers give one corner. */
double nt_volume_apart(const nt_nifti_head *a, const nt_nifti_head *b);

/* Which number of a volume's is where; -1: it is outside. `row` and `column` count in rows x
 * columns about the slice's middle. */
int64_t nt_volume_at(const nt_volume_view *view, const int32_t size[2], int32_t slice, int32_t row,
                     int32_t column);

/* Where a slice's voxels are among its volume's: all of them from `first` on, if no other slice's
 * are between them. */
typedef struct nt_volume_part {
    int64_t first, count;
    bool whole; /* others' are between them */
} nt_volume_part;

nt_volume_part nt_volume_slice(const nt_volume_view *view, int32_t slice);

/* --- intensities ------------------------------------------------------------------------------ */

/* Mean 0 and deviation 1; or from 0 at the low percentile to 1 at the high one (of sorted values,
 * linear between them), cut there; or as they are. A volume of one value becomes zeros. */
typedef enum nt_intensity {
    NT_INTENSITY_VOLUME,
    NT_INTENSITY_PERCENTILE,
    NT_INTENSITY_RAW
} nt_intensity;

/* How one volume's values are scaled. */
typedef struct nt_volume_scale {
    nt_intensity intensity;
    double zero, unit; /* the value that becomes 0; what is multiplied by, of percentiles divided */
    double least;      /* of the scaled values */
} nt_volume_scale;

/* Measures it on all voxels of a frame, as they are stored. False: out of memory. */
bool nt_volume_measure(const nt_nifti_head *head, const void *voxels, nt_intensity intensity,
                       const double percentiles[2], nt_volume_scale *ret);

double nt_volume_scaled(const nt_volume_scale *scale, double value);

#endif
