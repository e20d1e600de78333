/* What augmentations share: pixels that stay, or move by whole ones. */
#include "augment.h"

#include "images.h"
#include <string.h>

void nt_augment_keep_mask(const nt_augment_call *call) {
    if (call->mask)
        memcpy(call->ret_mask, call->mask, (size_t)nt_shape_pixels(call->shape));
}

/* `pixel` bytes each; `fill` is the byte of what comes from outside. */
static void shift(const void *from, size_t pixel, int32_t rows, int32_t columns, int32_t down,
                  int32_t right, int fill, void *to) {
    const char *source = from;
    char *target = to;
    int32_t first = right < 0 ? -right : 0;           /* columns of the result that */
    int32_t last = columns - (right > 0 ? right : 0); /* the image reaches */
    memset(to, fill, (size_t)rows * (size_t)columns * pixel);
    for (int32_t r = 0; r < rows && first < last; r++)
        if (r + down >= 0 && r + down < rows)
            memcpy(target + ((size_t)r * (size_t)columns + (size_t)first) * pixel,
                   source +
                       ((size_t)(r + down) * (size_t)columns + (size_t)(first + right)) * pixel,
                   (size_t)(last - first) * pixel);
}

void nt_augment_shift(const nt_augment_call *call, int32_t down, int32_t right) {
    int32_t rows = call->shape.dim[1], columns = call->shape.dim[2];
    size_t pixel = (size_t)call->shape.dim[0] * sizeof *call->image;
    shift(call->image, pixel, rows, columns, down, right, 0, call->ret_image);
    if (call->mask)
        shift(call->mask, 1, rows, columns, down, right, NT_NO_CLASS, call->ret_mask);
}
