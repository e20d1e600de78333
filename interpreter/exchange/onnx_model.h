/* A model of ONNX being put together: inputs, initializers and nodes are appended in the order in
 * which they are to stand, nodes after what they read. Out of memory is remembered, not reported at
 * each step: nt_onnx_write says it.
 *
 * Operator set 13 (ONNX 1.8): the oldest in which all forms can be said with one meaning of
 * softmax, and what OpenCV 4.6 knows best of 13 to 17. */
#ifndef NT_ONNX_MODEL_H
#define NT_ONNX_MODEL_H

#include "arena.h"
#include "diagnostic.h"
#include <stdbool.h>
#include <stdint.h>

enum { NT_ONNX_OPSET = 13, NT_ONNX_IR = 7, NT_ONNX_MOST_DIMS = 8 };

typedef struct nt_onnx nt_onnx;

typedef struct nt_onnx_dims {
    int rank;
    int64_t dim[NT_ONNX_MOST_DIMS];
} nt_onnx_dims;

nt_onnx *nt_onnx_new(const char *graph); /* NULL when out of memory; `graph` is its name */
void nt_onnx_free(nt_onnx *onnx);

/* For what the model is told to point to, which must last as long; of whom it had no memory for,
 * the second makes the model remember it, and returns "". */
nt_arena *nt_onnx_arena(nt_onnx *onnx);
const char *nt_onnx_lacks(nt_onnx *onnx);

/* A name in its arena; "" when out of memory, which is remembered. */
const char *nt_onnx_name(nt_onnx *onnx, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Where `batched`, the first dimension is not a number but called "batch". Names and elements are
 * not copied. */
void nt_onnx_input(nt_onnx *onnx, const char *name, bool integers, nt_onnx_dims dims, bool batched);
void nt_onnx_output(nt_onnx *onnx, const char *name, nt_onnx_dims dims, bool batched);
void nt_onnx_floats(nt_onnx *onnx, const char *name, nt_onnx_dims dims, const float *elements);
void nt_onnx_integers(nt_onnx *onnx, const char *name, int count, const int64_t *elements);

/* Begins a node; what follows is its. */
void nt_onnx_node(nt_onnx *onnx, const char *type, const char *name);
void nt_onnx_reads(nt_onnx *onnx, const char *value); /* "": an input that is left out */
void nt_onnx_makes(nt_onnx *onnx, const char *value);
void nt_onnx_int(nt_onnx *onnx, const char *name, int64_t value);
void nt_onnx_ints(nt_onnx *onnx, const char *name, int count, const int64_t *values);
void nt_onnx_real(nt_onnx *onnx, const char *name, double value);
void nt_onnx_word(nt_onnx *onnx, const char *name, const char *value);
void nt_onnx_tensor(nt_onnx *onnx, const char *name, nt_onnx_dims dims, const float *elements);

/* Whole or not at all. NT_INVALID for what protobuf has no room for. */
nt_status nt_onnx_write(const nt_onnx *onnx, const char *path, nt_error *error);

#endif
