/* Values that are trained and follow from no input: what is left of a part of a network that says
 * the same of every image, to be added to maps, or to stand beside them. The parameter has the
 * node's own name, since there is but one. */
#include "attrs.h"
#include "op_check.h"
#include <string.h>

static const nt_field fields[] = {
    {"shape", NT_INTS, offsetof(nt_parameter_attrs, shape), NULL, 1, INT32_MAX,
     .doc = "channels, rows, columns"},
    {"initial", NT_REAL, offsetof(nt_parameter_attrs, initial), "0", -1e30, 1e30,
     .doc = "what training begins with"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    nt_shape shape;
    (void)in, (void)in_count;
    if (!nt_check_dims(&((const nt_parameter_attrs *)attrs)->shape, &shape, why))
        return 0;
    ret_out[0] = nt_type_param(shape);
    return 1;
}

static int params(const void *attrs, const nt_type *in, nt_param *ret_params) {
    const nt_parameter_attrs *a = attrs;
    (void)in;
    ret_params[0] = (nt_param){.name = "",
                               .type = nt_type_param(nt_shape_of(a->shape.count, a->shape.items)),
                               .scale = a->initial};
    return 1;
}

static void copy(const nt_tensor *from, nt_tensor *to) {
    if (to->data)
        memcpy(to->f, from->f, (size_t)nt_type_stored(to->type) * sizeof(float));
}

static void forward(const nt_call *call) {
    copy(&call->in[0], &call->out[0]);
}

static void backward(const nt_grad_call *call) {
    copy(&call->out_grad[0], &call->in_grad[0]);
}

const nt_op nt_op_parameter = {
    .kind = {.name = "parameter",
             .doc = "values that are trained and follow from no input",
             .fields = fields,
             .size = sizeof(nt_parameter_attrs)},
    .infer = infer,
    .params = params,
    .forward = forward,
    .backward = backward,
    .cases = (const nt_op_case[]){{"shape=[5]", "", "5"},
                                  {"shape=[7,3,4] initial=0.5", "", "7x3x4"},
                                  {"shape=[1,6,5]", "", "1x6x5"},
                                  {"shape=[]", "", "scalar"},
                                  {0}},
};
