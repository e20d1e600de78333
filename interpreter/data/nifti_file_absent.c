/* In place of nifti_file.c where there is no libnifti. Opening always fails, so that nothing else
 * here is ever called. */
#include "nifti_file.h"

#include "build_info.h"
#include <stddef.h>

nt_status nt_nifti_open(const char *path, nt_nifti **ret, nt_error *error) {
    (void)ret;
    nt_error_in(error, NT_INVALID, path, -1, "cannot be read: this build has no libnifti");
    nt_feature_hint(&nt_feature_nifti, error);
    return NT_INVALID;
}

void nt_nifti_close(nt_nifti *file) {
    (void)file;
}

const nt_nifti_head *nt_nifti_head_of(const nt_nifti *file) {
    (void)file;
    return NULL;
}

int64_t nt_nifti_voxels(const nt_nifti_head *head) {
    (void)head;
    return 0;
}

size_t nt_nifti_frame_size(const nt_nifti_head *head) {
    (void)head;
    return 0;
}

bool nt_nifti_same_voxels(const nt_nifti_head *a, const nt_nifti_head *b) {
    (void)a, (void)b;
    return false;
}

static nt_status refuse(nt_error *error) {
    return nt_error_say(error, NT_INVALID, "this build has no libnifti");
}

nt_status nt_nifti_next(nt_nifti *file, void *ret_voxels, nt_error *error) {
    (void)file, (void)ret_voxels;
    return refuse(error);
}

nt_status nt_nifti_read_part(const char *path, const nt_nifti_head *head,
                             const nt_gzip_index *index, int32_t frame, int64_t first,
                             int64_t count, void *ret_voxels, nt_error *error) {
    (void)path, (void)head, (void)index, (void)frame, (void)first, (void)count, (void)ret_voxels;
    return refuse(error);
}
