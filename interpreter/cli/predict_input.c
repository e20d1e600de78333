/* Reading pictures for a network. */
#include "predict.h"

#include "alloc.h"
#include <math.h>
#include <string.h>

nt_status nt_predict_no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

nt_status nt_predict_form(const nt_predict_job *job, const char *path, nt_picture_form *ret,
                          nt_error *error) {
    const int32_t *size = job->input.dim + 1;
    nt_picture_wish wish = {.channels = job->input.dim[0]};
    if (job->options->resize)
        memcpy(wish.size, size, sizeof wish.size);
    NT_TRY(nt_picture_form_of(path, &wish, ret, error));
    if (ret->rows >= size[0] && ret->columns >= size[1])
        return NT_OK;
    nt_error_in(error, NT_INVALID, path, -1, "has %d x %d pixels; the network takes %d x %d",
                ret->columns, ret->rows, size[1], size[0]);
    nt_error_hint(error, "--resize makes it fit");
    return NT_INVALID;
}

void nt_predict_cut(const nt_predict_job *job, const nt_picture_form *form, const void *from,
                    size_t thing, void *to) {
    int32_t rows = job->input.dim[1], columns = job->input.dim[2];
    int32_t top = (form->rows - rows) / 2, left = (form->columns - columns) / 2;
    for (int32_t r = 0; r < rows; r++)
        memcpy((char *)to + (size_t)r * (size_t)columns * thing,
               (const char *)from +
                   ((size_t)(top + r) * (size_t)form->columns + (size_t)left) * thing,
               (size_t)columns * thing);
}

nt_status nt_predict_read(const nt_predict_job *job, const char *path, float *ret_image,
                          nt_error *error) {
    nt_picture_form form;
    NT_TRY(nt_predict_form(job, path, &form, error));
    size_t pixels = (size_t)form.rows * (size_t)form.columns * (size_t)form.channels;
    size_t size = pixels * sizeof(float);
    float *whole = nt_alloc(size);
    if (!whole)
        return nt_predict_no_memory(error);
    nt_status status = nt_picture_to_pixels(&form, path, whole, error);
    if (form.pixel == NT_PIXEL_BYTE)
        for (size_t i = pixels; status == NT_OK && i-- > 0;) /* in place, from the end */
            whole[i] = (float)((const unsigned char *)whole)[i] / 255.0f;
    if (status == NT_OK)
        nt_predict_cut(job, &form, whole, (size_t)form.channels * sizeof *whole, ret_image);
    nt_free(whole, size);
    return status;
}

void nt_predict_normalise(const nt_predict_job *job, const float *image, float *ret) {
    const nt_predict_options *o = job->options;
    int64_t count = nt_shape_elements(job->input);
    if (!o->mean.count) {
        memcpy(ret, image, (size_t)count * sizeof *ret);
        nt_image_normalise(ret, count);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t c = i % o->mean.count;
        ret[i] = (image[i] - (float)o->mean.items[c]) / (float)o->deviation.items[c];
    }
}
