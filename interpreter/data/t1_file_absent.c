/* In place of t1_file.c where there is no libmatio. Opening always fails, so that nothing else here
 * is ever called. */
#include "t1_file.h"

#include "build_info.h"

nt_status nt_t1_open(const char *path, nt_t1_file **ret, nt_error *error) {
    (void)ret;
    nt_error_in(error, NT_INVALID, path, -1, "cannot be read: this build has no libmatio");
    nt_feature_hint(&nt_feature_matio, error);
    return NT_INVALID;
}

void nt_t1_close(nt_t1_file *file) {
    (void)file;
}

int32_t nt_t1_patients(const nt_t1_file *file) {
    (void)file;
    return 0;
}

nt_t1_size nt_t1_size_of(const nt_t1_file *file, int32_t patient) {
    (void)file;
    (void)patient;
    return (nt_t1_size){0, 0, 0, 0};
}

nt_status nt_t1_read_contours(nt_t1_file *file, int32_t patient, nt_error *error) {
    (void)file;
    (void)patient;
    return nt_error_say(error, NT_INVALID, "this build has no libmatio");
}

nt_status nt_t1_read_images(nt_t1_file *file, int32_t patient, nt_error *error) {
    return nt_t1_read_contours(file, patient, error);
}

bool nt_t1_has_contours(const nt_t1_file *file, int32_t time, int32_t slice) {
    (void)file;
    (void)time;
    (void)slice;
    return false;
}

void nt_t1_image(const nt_t1_file *file, int32_t time, int32_t slice, int32_t rows, int32_t columns,
                 float *ret_image) {
    (void)file;
    (void)time;
    (void)slice;
    (void)rows;
    (void)columns;
    (void)ret_image;
}

void nt_t1_mask(const nt_t1_file *file, int32_t time, int32_t slice, int32_t rows, int32_t columns,
                unsigned char *ret_mask) {
    (void)file;
    (void)time;
    (void)slice;
    (void)rows;
    (void)columns;
    (void)ret_mask;
}
