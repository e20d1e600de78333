/* Checks that ops share, and their counting. A check either succeeds or says in `why` what is
 * wrong, in words that complete a sentence about the op. */
#include "op_check.h"

#include <stdio.h>
#include <string.h>

bool nt_check_float(const nt_type *in, char why[NT_WHY]) {
    if (in->dtype == NT_F32 && in->layout == NT_PLAIN)
        return true;
    snprintf(why, NT_WHY, "takes float32 values, not %s",
             in->dtype == NT_I32 ? "integers" : "a kernel");
    return false;
}

bool nt_check_map(const nt_type *in, char why[NT_WHY]) {
    char text[NT_SHAPE_TEXT];
    if (!nt_check_float(in, why))
        return false;
    if (in->shape.rank == 3)
        return true;
    snprintf(why, NT_WHY, "takes maps (channels, rows, columns), not %s",
             nt_shape_format(in->shape, text));
    return false;
}

bool nt_check_channels(const nt_type *in, char why[NT_WHY]) {
    char text[NT_SHAPE_TEXT];
    if (!nt_check_float(in, why))
        return false;
    if (in->shape.rank == 3 || in->shape.rank == 1)
        return true;
    snprintf(why, NT_WHY, "takes maps (channels, rows, columns) or a vector, not %s",
             nt_shape_format(in->shape, text));
    return false;
}

bool nt_check_dims(const nt_ints *dims, nt_shape *ret, char why[NT_WHY]) {
    if (dims->count > NT_MAX_RANK) {
        snprintf(why, NT_WHY, "shape has %d dimensions; at most %d can be", dims->count,
                 NT_MAX_RANK);
        return false;
    }
    for (int i = 0; i < dims->count; i++)
        if (dims->items[i] < 1) {
            snprintf(why, NT_WHY, "shape has a dimension of %d", dims->items[i]);
            return false;
        }
    *ret = nt_shape_of(dims->count, dims->items);
    return true;
}

int32_t nt_window_places(int32_t size, int32_t kernel, int32_t stride, int32_t pad,
                         int32_t dilation, bool ceil) {
    int64_t room = size + 2 * (int64_t)pad - ((int64_t)dilation * (kernel - 1) + 1);
    if (ceil)
        room += stride - 1;
    if (room < 0)
        return 0;
    int64_t places = room / stride + 1;
    if (ceil && (places - 1) * stride >= (int64_t)size + pad)
        places--;
    return (int32_t)places;
}

bool nt_keeps_zero(const void *attrs) {
    (void)attrs;
    return true;
}

int64_t nt_tensor_total(const nt_tensor *tensor) {
    return tensor->count * nt_type_stored(tensor->type);
}

int64_t nt_tensor_rows(const nt_tensor *tensor) {
    return tensor->count * nt_shape_pixels(tensor->type.shape);
}

void nt_grad_zero(const nt_grad_call *call) {
    for (int i = 0; i < call->in_count; i++)
        if (call->in_grad[i].data)
            memset(call->in_grad[i].data, 0,
                   (size_t)nt_tensor_total(&call->in_grad[i]) * sizeof(float));
}
