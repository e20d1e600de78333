/* What the forms of ops in ONNX (onnx_forms.h) are given, and what they are put together with. A
 * form of several nodes calls the last one by the graph node's name, and the others NAME/PART, as
 * it does the values between them. */
#ifndef NT_ONNX_FORM_H
#define NT_ONNX_FORM_H

#include "graph.h"
#include "onnx_model.h"

/* One node of the graph, to be said in ONNX. */
typedef struct nt_form {
    nt_onnx *onnx;
    const nt_node *node;
    const char *name;
    const char *const *in;  /* what its inputs are called */
    const nt_type *types;   /* of the inputs */
    const char *const *out; /* what its outputs are to be called; NULL: nobody reads it */
    const nt_tensor *held;  /* of each input that is a parameter, its elements */
    int8_t *ranks;          /* of each input, the rank that its initializer has; 0: there is none */
    const char *batched;    /* an input of the network: what has samples */
    char *why;              /* NT_WHY bytes; "" unless there is no form for it */
} nt_form;

/* --- attributes, by the names that their op gives them ---------------------------------------- */

int32_t nt_form_int(const nt_form *form, const char *field);
bool nt_form_bool(const nt_form *form, const char *field);
double nt_form_real(const nt_form *form, const char *field);
const int32_t *nt_form_pair(const nt_form *form, const char *field);
const nt_reals *nt_form_reals(const nt_form *form, const char *field);
const char *nt_form_choice(const nt_form *form, const char *field);

/* --- values ----------------------------------------------------------------------------------- */

/* A type with the samples in front. */
nt_onnx_dims nt_form_dims(const nt_type *type, int64_t samples);

/* A node that reads `in`, which NULL ends, and makes the value that is returned. `part` NULL: the
 * last one, which makes the form's output. Attributes may follow. */
const char *nt_form_add(const nt_form *form, const char *type, const char *part,
                        const char *const *in);
#define NT_FORM_ADD(form, type, part, ...)                                                         \
    nt_form_add((form), (type), (part), (const char *const[]){__VA_ARGS__, NULL})

/* Constants: a number; numbers along the channels of what has the form's output's rank; integers.
 */
const char *nt_form_number(const nt_form *form, const char *part, double value);
const char *nt_form_equal(const nt_form *form, const char *part, int32_t channels, double value);
const char *nt_form_integers(const nt_form *form, const char *part, int count,
                             const int64_t *values);

/* A parameter's elements in PyTorch's order, with the dimensions that it has; the second with
 * ones behind them, up to `rank`. */
const char *nt_form_param(const nt_form *form, int input);
const char *nt_form_param_of(const nt_form *form, int input, int rank);

/* `value` with these dimensions behind the samples; one may be -1, for all that there is. */
const char *nt_form_reshape(const nt_form *form, const char *part, const char *value, int count,
                            const int64_t *dims);

/* `count` rows and columns (or whatever axes), from `first` on. */
const char *nt_form_slice(const nt_form *form, const char *part, const char *value, int axis,
                          int64_t first, int64_t count);

#endif
