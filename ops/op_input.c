/* What a run is fed: one value for each sample of the batch. */
#include "attrs.h"
#include "op_check.h"

static const char *const dtypes[] = {"f32", "i32", NULL};

static const nt_field fields[] = {
    {"name", NT_STRING, offsetof(nt_input_attrs, name), NULL, .doc = "what it is fed by"},
    {"shape", NT_INTS, offsetof(nt_input_attrs, shape), NULL, 1, INT32_MAX,
     .doc = "of one sample: channels, rows, columns"},
    {"dtype", NT_CHOICE, offsetof(nt_input_attrs, dtype), "f32", .choices = dtypes,
     .doc = "type of its elements"},
    {0},
};

static int infer(const void *attrs, const nt_type *in, int in_count, nt_type *ret_out,
                 char why[NT_WHY]) {
    const nt_input_attrs *a = attrs;
    nt_shape shape;
    (void)in, (void)in_count;
    if (!nt_check_dims(&a->shape, &shape, why))
        return 0;
    ret_out[0] = nt_type_map(shape);
    ret_out[0].dtype = (nt_dtype)a->dtype;
    return 1;
}

const nt_op nt_op_input = {
    .kind = {.name = "input",
             .doc = "a value that the run is fed",
             .fields = fields,
             .size = sizeof(nt_input_attrs)},
    .traits = NT_OP_INTERNAL | NT_OP_SOURCE,
    .infer = infer,
    .cases = (const nt_op_case[]){{"name=x shape=[3,8,8]", "", "3x8x8"},
                                  {"name=x shape=[] dtype=i32", "", "scalar"},
                                  {0}},
};
