/* Volumes in NIfTI-1 files, plain or gzipped, in one file with their header (.nii, .nii.gz), read
 * frame by frame. Headers are understood by libnifti (Debian's libnifti-dev), after what it would
 * print about or run into has been refused here; voxels are read here, since libnifti turns NaN
 * into 0 and takes whatever size a header says. Without the library there is nifti_file_absent.c.
 */
#ifndef NT_NIFTI_FILE_H
#define NT_NIFTI_FILE_H

#include "diagnostic.h"
#include "elements.h"
#include "gzip_index.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct nt_nifti_head {
    int32_t dims[3];         /* of a frame: x, which is the fastest, y, z */
    int32_t frames;          /* 1, or the fourth dimension */
    double voxel[3];         /* sides, in millimetres where the file says its unit */
    bool placed;             /* the file says where its voxels are, in the patient: */
    double affine[3][4];     /* from (x, y, z, 1); the sform if there is one, else the qform */
    char axes[4];            /* towards what x, y and z lead: "RAS" is right, anterior, superior */
    char kind;               /* of a voxel, as in elements.h */
    int32_t size;            /* of a voxel, in bytes */
    bool swapped;            /* its bytes, in the file */
    double slope, intercept; /* a voxel's value is stored * slope + intercept; the slope isn't 0 */
    int64_t begin;           /* of the first voxel, in the unpacked file */
    bool packed;
} nt_nifti_head;

typedef struct nt_nifti nt_nifti;

/* The path must stay. */
nt_status nt_nifti_open(const char *path, nt_nifti **ret, nt_error *error);
void nt_nifti_close(nt_nifti *file); /* takes NULL */

const nt_nifti_head *nt_nifti_head_of(const nt_nifti *file);

int64_t nt_nifti_voxels(const nt_nifti_head *head);    /* of a frame */
size_t nt_nifti_frame_size(const nt_nifti_head *head); /* in bytes, as it is stored */

/* Whether the voxels of two files lie and are stored alike. */
bool nt_nifti_same_voxels(const nt_nifti_head *a, const nt_nifti_head *b);

/* The next frame as it is stored, in this machine's byte order; NULL passes over it. It must be
 * there. */
nt_status nt_nifti_next(nt_nifti *file, void *ret_voxels, nt_error *error);

/* The same of `count` of a frame's voxels, from number `first` on, of a file whose header was once
 * read. `index` is the file's, if it is packed. */
nt_status nt_nifti_read_part(const char *path, const nt_nifti_head *head,
                             const nt_gzip_index *index, int32_t frame, int64_t first,
                             int64_t count, void *ret_voxels, nt_error *error);

/* Voxel i of what was read, scaled as the file says. */
static inline double nt_nifti_value(const nt_nifti_head *head, const void *voxels, int64_t i) {
    return nt_element_value(head->kind, head->size, voxels, i) * head->slope + head->intercept;
}

#endif
