/* Shapes, element types and tensors.
 *
 * A shape is that of one sample, in the order in which users write it: channels, rows, columns.
 * In memory a batch of maps is NHWC: channels innermost, so that every element-wise loop runs over
 * channels and BLIS reads the pixels as the rows of a matrix. A kernel is written as PyTorch writes
 * it (output channels, input channels per group, rows, columns) and held in panels of NT_PANEL
 * output channels, which is the form that the micro-kernel reads:
 *
 *     [group][panel of 16 output channels][row][column][input channel][16]
 *
 * The places past the last output channel hold zeros, always. */
#ifndef NT_TENSOR_H
#define NT_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NT_MAX_RANK = 4, NT_PANEL = 16 };

typedef struct nt_shape {
    int32_t rank;
    int32_t dim[NT_MAX_RANK]; /* unused ones are 1 */
} nt_shape;

typedef enum nt_dtype { NT_F32, NT_I32 } nt_dtype;

/* Of a target's classes, those of a mask's pixels among them: the data don't say it, it counts
 * nowhere. */
enum { NT_NO_CLASS = 255 };

typedef enum nt_layout {
    NT_PLAIN, /* maps: rows, columns, channels; anything else: as written */
    NT_KERNEL /* rank 2 or 4: panels of output channels, as drawn above */
} nt_layout;

/* What is known of a value before anything runs. */
typedef struct nt_type {
    nt_shape shape;
    nt_dtype dtype;
    nt_layout layout;
    int32_t groups; /* of a kernel: its output channels are cut into so many groups; else 1 */
    bool batched;   /* one such sample for each of the batch; otherwise one in all */
} nt_type;

/* A view; it owns nothing. `data` is NULL where an op need not read or write it. */
typedef struct nt_tensor {
    union {
        float *f;
        int32_t *i;
        void *data;
    };
    nt_type type;
    int32_t count; /* samples held: the batch, or 1 */
} nt_tensor;

nt_shape nt_shape_of(int rank, const int32_t *dim);
bool nt_shape_equal(nt_shape a, nt_shape b);
int64_t nt_shape_elements(nt_shape shape); /* product of the dimensions; 1 for rank 0 */
int32_t nt_shape_channels(nt_shape shape); /* the first dimension; 1 for rank 0 */
int64_t nt_shape_pixels(nt_shape shape);   /* product of the others */

enum { NT_SHAPE_TEXT = 48 };
const char *nt_shape_format(nt_shape shape, char text[NT_SHAPE_TEXT]); /* "64x8x8"; "scalar" */

nt_type nt_type_map(nt_shape shape);   /* float32, plain, batched */
nt_type nt_type_param(nt_shape shape); /* float32, plain, one in all */
bool nt_type_equal(nt_type a, nt_type b);

/* Whether the elements can be counted in an int32_t: everything that a graph holds must be so
 * small. */
bool nt_type_fits(nt_type type);

/* Elements of one sample as held, a kernel's zero places included. */
int64_t nt_type_stored(nt_type type);

/* Between a file's order (channels first; kernels as PyTorch orders them) and ours, one sample
 * each. */
void nt_tensor_from_rows(nt_type type, const float *file_order, float *ret_stored);
void nt_tensor_to_rows(nt_type type, const float *stored, float *ret_file_order);

#endif
