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

nt_status nt_nifti_next(nt_nifti *file, double *ret_values, nt_error *error) {
    (void)file;
    (void)ret_values;
    return nt_error_say(error, NT_INVALID, "this build has no libnifti");
}
