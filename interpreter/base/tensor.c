/* The one place that knows where an element lies: maps with their channels innermost, kernels in
 * panels of output channels. */
#include "tensor.h"

#include <stdio.h>
#include <string.h>

nt_shape nt_shape_of(int rank, const int32_t *dim) {
    nt_shape shape = {.rank = rank, .dim = {1, 1, 1, 1}};
    for (int i = 0; i < rank; i++)
        shape.dim[i] = dim[i];
    return shape;
}

bool nt_shape_equal(nt_shape a, nt_shape b) {
    return a.rank == b.rank && memcmp(a.dim, b.dim, sizeof a.dim) == 0;
}

int64_t nt_shape_elements(nt_shape shape) {
    return nt_shape_channels(shape) * nt_shape_pixels(shape);
}

int32_t nt_shape_channels(nt_shape shape) {
    return shape.dim[0];
}

int64_t nt_shape_pixels(nt_shape shape) {
    return (int64_t)shape.dim[1] * shape.dim[2] * shape.dim[3];
}

const char *nt_shape_format(nt_shape shape, char text[NT_SHAPE_TEXT]) {
    if (shape.rank == 0)
        return strcpy(text, "scalar");
    int length = 0;
    for (int i = 0; i < shape.rank; i++)
        length += snprintf(text + length, NT_SHAPE_TEXT - (size_t)length, "%s%d", i ? "x" : "",
                           shape.dim[i]);
    return text;
}

nt_type nt_type_map(nt_shape shape) {
    return (nt_type){.shape = shape, .groups = 1, .batched = true};
}

nt_type nt_type_param(nt_shape shape) {
    return (nt_type){.shape = shape, .groups = 1};
}

bool nt_type_equal(nt_type a, nt_type b) {
    return nt_shape_equal(a.shape, b.shape) && a.dtype == b.dtype && a.layout == b.layout &&
           a.groups == b.groups && a.batched == b.batched;
}

bool nt_type_fits(nt_type type) {
    int32_t product = 1;
    for (int i = 0; i < NT_MAX_RANK; i++)
        if (__builtin_mul_overflow(product, type.shape.dim[i], &product))
            return false;
    return true;
}

static int32_t panels_per_group(nt_type type) {
    return (type.shape.dim[0] / type.groups + NT_PANEL - 1) / NT_PANEL;
}

int64_t nt_type_stored(nt_type type) {
    if (type.layout == NT_PLAIN)
        return nt_shape_elements(type.shape);
    return (int64_t)type.groups * panels_per_group(type) * NT_PANEL * nt_shape_pixels(type.shape);
}

/* Where element (k, c, pixel) of a kernel lies. */
static int64_t kernel_offset(nt_type type, int32_t k, int32_t c, int64_t pixel) {
    int32_t per_group = type.shape.dim[0] / type.groups;
    int32_t group = k / per_group, lane = k % per_group;
    int64_t panel = (int64_t)group * panels_per_group(type) + lane / NT_PANEL;
    int64_t taps = (int64_t)type.shape.dim[2] * type.shape.dim[3];
    return ((panel * taps + pixel) * type.shape.dim[1] + c) * NT_PANEL + lane % NT_PANEL;
}

static int64_t offset_of(nt_type type, int32_t channel, int32_t c, int64_t pixel) {
    if (type.layout == NT_KERNEL)
        return kernel_offset(type, channel, c, pixel);
    return pixel * type.shape.dim[0] + channel;
}

/* Walks the elements in the file's order. A plain tensor of rank 3 has its channels moved last; any
 * other plain one is held as written. */
static void reorder(nt_type type, const float *from, float *to, bool to_stored) {
    bool kernel = type.layout == NT_KERNEL;
    if (!kernel && type.shape.rank != 3) {
        memcpy(to, from, (size_t)nt_shape_elements(type.shape) * sizeof *to);
        return;
    }
    if (kernel && to_stored)
        memset(to, 0, (size_t)nt_type_stored(type) * sizeof *to);
    int32_t inner = kernel ? type.shape.dim[1] : 1;
    int64_t pixels = nt_shape_pixels(type.shape) / inner, i = 0;
    for (int32_t k = 0; k < type.shape.dim[0]; k++)
        for (int32_t c = 0; c < inner; c++)
            for (int64_t p = 0; p < pixels; p++, i++) {
                int64_t at = offset_of(type, k, c, p);
                if (to_stored)
                    to[at] = from[i];
                else
                    to[i] = from[at];
            }
}

void nt_tensor_from_rows(nt_type type, const float *file_order, float *ret_stored) {
    reorder(type, file_order, ret_stored, true);
}

void nt_tensor_to_rows(nt_type type, const float *stored, float *ret_file_order) {
    reorder(type, stored, ret_file_order, false);
}
