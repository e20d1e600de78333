/* Any bytes as a NIfTI file; of a header with its size and magic made right, all frames are read.
 */
#include "nifti_file.h"
#include "scratch.h"
#include "target.h"
#include <math.h>
#include <string.h>

enum { HEADER = 348, MOST = 1 << 15 };

static void read_frames(nt_nifti *file, nt_error *error) {
    const nt_nifti_head *head = nt_nifti_head_of(file);
    size_t size = nt_nifti_frame_size(head);
    assert(head->frames >= 1 && head->slope != 0 && isfinite(head->slope));
    if (size > 1 << 24)
        return;
    void *voxels = nt_alloc(size);
    nt_status status = NT_OK;
    for (int32_t i = 0; i < head->frames && i < 20 && status == NT_OK; i++) {
        status = nt_nifti_next(file, i % 3 == 1 ? NULL : voxels, error);
        if (status == NT_OK && i % 3 != 1)
            (void)nt_nifti_value(head, voxels, nt_nifti_voxels(head) - 1);
    }
    check_outcome(status, error);
    nt_free(voxels, size);
}

static void try_file(const char *path) {
    nt_nifti *file;
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_nifti_open(path, &file, &error);
    check_outcome(status, &error);
    if (status == NT_OK) {
        read_frames(file, &error);
        nt_nifti_close(file);
    }
    nt_error_finish(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t mended[MOST];
    size_t before = nt_alloc_in_use();
    if (size > MOST)
        return 0;
    try_file(scratch_put("raw.nii", data, size));
    if (size >= HEADER) {
        memcpy(mended, data, size);
        memcpy(mended, size % 2 ? "\x5c\x01\0" : "\0\0\x01\x5c", 4);
        memcpy(mended + 344, "n+1", 4);
        try_file(scratch_put("mended.nii", mended, size));
    }
    assert(nt_alloc_in_use() == before);
    return 0;
}
