/* Ops that work element by element, and softmax. */
#include "attrs.h"
#include "onnx_forms.h"

#include <float.h>
#include <math.h>

/* --- activations ------------------------------------------------------------------------------ */

static void add_plain(const nt_form *form, const char *type) {
    NT_FORM_ADD(form, type, NULL, form->in[0]);
}

void nt_form_relu(const nt_form *form) {
    add_plain(form, "Relu");
}

void nt_form_sigmoid(const nt_form *form) {
    add_plain(form, "Sigmoid");
}

void nt_form_leaky_relu(const nt_form *form) {
    add_plain(form, "LeakyRelu");
    nt_onnx_real(form->onnx, "alpha", nt_form_real(form, "slope"));
}

void nt_form_elu(const nt_form *form) {
    add_plain(form, "Elu");
    nt_onnx_real(form->onnx, "alpha", nt_form_real(form, "alpha"));
}

void nt_form_softmax(const nt_form *form) {
    add_plain(form, "Softmax");
    nt_onnx_int(form->onnx, "axis", 1);
}

/* A limit that float32 doesn't reach is none. */
static void add_clip(const nt_form *form, double min, double max) {
    const char *least = min < -FLT_MAX ? "" : nt_form_number(form, "min", min);
    const char *most = max > FLT_MAX ? NULL : nt_form_number(form, "max", max);
    NT_FORM_ADD(form, "Clip", NULL, form->in[0], least, most);
}

void nt_form_relu6(const nt_form *form) {
    add_clip(form, 0, 6);
}

void nt_form_clamp(const nt_form *form) {
    add_clip(form, nt_form_real(form, "min"), nt_form_real(form, "max"));
}

static const char *hardsigmoid(const nt_form *form, const char *part) {
    const char *made = NT_FORM_ADD(form, "HardSigmoid", part, form->in[0]);
    nt_onnx_real(form->onnx, "alpha", 1.0 / 6);
    nt_onnx_real(form->onnx, "beta", 0.5);
    return made;
}

void nt_form_hardsigmoid(const nt_form *form) {
    hardsigmoid(form, NULL);
}

void nt_form_hardswish(const nt_form *form) {
    NT_FORM_ADD(form, "Mul", NULL, form->in[0], hardsigmoid(form, "share"));
}

void nt_form_silu(const nt_form *form) {
    NT_FORM_ADD(form, "Mul", NULL, form->in[0], NT_FORM_ADD(form, "Sigmoid", "share", form->in[0]));
}

/* The value in the brackets of x (1 + …) / 2. */
static const char *gelu_part(const nt_form *form) {
    const char *x = form->in[0];
    if (nt_form_choice(form, "approximate")[0] == 'n')
        return NT_FORM_ADD(
            form, "Erf", "erf",
            NT_FORM_ADD(form, "Mul", "of", x, nt_form_number(form, "factor", sqrt(0.5))));
    const char *square = NT_FORM_ADD(form, "Mul", "square", x, x);
    const char *share =
        NT_FORM_ADD(form, "Mul", "share", square, nt_form_number(form, "cubic", 0.044715));
    const char *slope = NT_FORM_ADD(form, "Add", "slope", share, nt_form_number(form, "linear", 1));
    const char *line = NT_FORM_ADD(form, "Mul", "line", x, slope);
    const char *factor = nt_form_number(form, "factor", sqrt(2 / acos(-1)));
    return NT_FORM_ADD(form, "Tanh", "tanh", NT_FORM_ADD(form, "Mul", "of", line, factor));
}

void nt_form_gelu(const nt_form *form) {
    const char *part = gelu_part(form);
    const char *twice = NT_FORM_ADD(form, "Add", "twice", part, nt_form_number(form, "one", 1));
    const char *product = NT_FORM_ADD(form, "Mul", "product", form->in[0], twice);
    NT_FORM_ADD(form, "Mul", NULL, product, nt_form_number(form, "half", 0.5));
}

/* Above a threshold from 20 on, float32 doesn't tell it from x. */
void nt_form_softplus(const nt_form *form) {
    double beta = nt_form_real(form, "beta"), threshold = nt_form_real(form, "threshold");
    bool choose = threshold < 20;
    if (beta == 1 && !choose) {
        add_plain(form, "Softplus");
        return;
    }
    const char *factor = nt_form_number(form, "beta", beta);
    const char *far = NT_FORM_ADD(form, "Mul", "far", form->in[0], factor);
    const char *soft = NT_FORM_ADD(form, "Softplus", "soft", far);
    const char *near = NT_FORM_ADD(form, "Div", choose ? "near" : NULL, soft, factor);
    if (!choose)
        return;
    const char *above =
        NT_FORM_ADD(form, "Greater", "above", far, nt_form_number(form, "threshold", threshold));
    NT_FORM_ADD(form, "Where", NULL, above, form->in[0], near);
}

/* --- several inputs --------------------------------------------------------------------------- */

/* Input `i` with as many dimensions as the output: a vector's are channels. */
static const char *aligned(const nt_form *form, int i) {
    int64_t dims[] = {-1, 1, 1};
    int rank = form->node->out[0].shape.rank;
    if (form->types[i].shape.rank == rank)
        return form->in[i];
    return nt_form_reshape(form, nt_onnx_name(form->onnx, "input%d", i + 1), form->in[i], rank,
                           dims);
}

static void add_pair(const nt_form *form, const char *type) {
    const char *first = aligned(form, 0), *second = aligned(form, 1);
    NT_FORM_ADD(form, type, NULL, first, second);
}

void nt_form_mul(const nt_form *form) {
    add_pair(form, "Mul");
}

void nt_form_sub(const nt_form *form) {
    add_pair(form, "Sub");
}

void nt_form_div(const nt_form *form) {
    add_pair(form, "Div");
}

void nt_form_max(const nt_form *form) {
    add_pair(form, "Max");
}

void nt_form_min(const nt_form *form) {
    add_pair(form, "Min");
}

/* From the first to the last. */
void nt_form_sum(const nt_form *form) {
    const char *sum = aligned(form, 0);
    for (int i = 1; i < form->node->in_count; i++) {
        bool last = i == form->node->in_count - 1;
        const char *next = aligned(form, i);
        sum = NT_FORM_ADD(form, "Add", last ? NULL : nt_onnx_name(form->onnx, "sum%d", i + 1), sum,
                          next);
    }
}

void nt_form_weighted_sum(const nt_form *form) {
    const nt_reals *weights = nt_form_reals(form, "weights");
    const char *sum = NULL;
    for (int i = 0; i < form->node->in_count; i++) {
        bool last = i == form->node->in_count - 1;
        const char *weight =
            nt_form_number(form, nt_onnx_name(form->onnx, "weight%d", i + 1), weights->items[i]);
        const char *term = i == 0 && last ? NULL : nt_onnx_name(form->onnx, "term%d", i + 1);
        const char *next = NT_FORM_ADD(form, "Mul", term, form->in[i], weight);
        if (sum)
            next = NT_FORM_ADD(form, "Add", last ? NULL : nt_onnx_name(form->onnx, "sum%d", i + 1),
                               sum, next);
        sum = next;
    }
}

/* With an input, that is added in each place of its channel. */
void nt_form_constant(const nt_form *form) {
    const nt_type *type = &form->node->out[0];
    bool vector = form->node->in_count > 0;
    int64_t elements = nt_shape_elements(type->shape);
    float *values = NT_ARENA_ARRAY(nt_onnx_arena(form->onnx), float, elements);
    if (!values) {
        nt_onnx_lacks(form->onnx);
        return;
    }
    for (int64_t i = 0; i < elements; i++)
        values[i] = (float)((const nt_constant_attrs *)form->node->attrs)->value;
    const char *same =
        nt_form_add(form, "Constant", vector ? "value" : NULL, (const char *const[]){NULL});
    nt_onnx_tensor(form->onnx, "value", nt_form_dims(type, 1), values);
    if (vector)
        NT_FORM_ADD(form, "Add", NULL, same, aligned(form, 0));
}

void nt_form_parameter(const nt_form *form) {
    static const int64_t samples[] = {0};
    const char *value = nt_form_param(form, 0), *axes = nt_form_integers(form, "axes", 1, samples);
    NT_FORM_ADD(form, "Unsqueeze", NULL, value, axes);
}
