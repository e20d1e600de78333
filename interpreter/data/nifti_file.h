/* Volumes in NIfTI-1 files, plain or gzipped, in one file with their header (.nii, .nii.gz), read
 * frame by frame. Headers are understood by libnifti (Debian's libnifti-dev), after what it would
 * print about or run into has been refused here; voxels are read here, since libnifti turns NaN
 * into 0 and takes whatever size a header says. Without the library there is nifti_file_absent.c.
 */
#ifndef NT_NIFTI_FILE_H
#define NT_NIFTI_FILE_H

#include "diagnostic.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nt_nifti_head {
    int32_t dims[3];     /* of a frame: x, which is the fastest, y, z */
    int32_t frames;      /* 1, or the fourth dimension */
    double voxel[3];     /* sides, in millimetres where the file says its unit */
    bool placed;         /* the file says where its voxels are, in the patient: */
    double affine[3][4]; /* from (x, y, z, 1); the sform if there is one, else the qform */
    char axes[4];        /* towards what x, y and z lead: "RAS" is right, anterior, superior */
} nt_nifti_head;

typedef struct nt_nifti nt_nifti;

/* The path must stay. */
nt_status nt_nifti_open(const char *path, nt_nifti **ret, nt_error *error);
void nt_nifti_close(nt_nifti *file); /* takes NULL */

const nt_nifti_head *nt_nifti_head_of(const nt_nifti *file);

int64_t nt_nifti_voxels(const nt_nifti_head *head); /* of a frame */

/* The next frame, scaled as the file says (slope and intercept); NULL passes over it. It must be
 * there. */
nt_status nt_nifti_next(nt_nifti *file, double *ret_values, nt_error *error);

#endif
