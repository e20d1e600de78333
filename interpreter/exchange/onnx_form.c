#include "onnx_form.h"

#include <assert.h>
#include <string.h>

/* --- attributes ------------------------------------------------------------------------------- */

static const void *attribute(const nt_form *form, const char *name, nt_field_type type) {
    const nt_field *field = nt_field_find(form->node->op->kind.fields, name);
    assert(field && field->type == type);
    (void)type;
    return (const char *)form->node->attrs + field->offset;
}

int32_t nt_form_int(const nt_form *form, const char *field) {
    return *(const int32_t *)attribute(form, field, NT_INT);
}

bool nt_form_bool(const nt_form *form, const char *field) {
    return *(const bool *)attribute(form, field, NT_BOOL);
}

double nt_form_real(const nt_form *form, const char *field) {
    return *(const double *)attribute(form, field, NT_REAL);
}

const int32_t *nt_form_pair(const nt_form *form, const char *field) {
    return attribute(form, field, NT_PAIR);
}

const nt_reals *nt_form_reals(const nt_form *form, const char *field) {
    return attribute(form, field, NT_REALS);
}

const char *nt_form_choice(const nt_form *form, const char *field) {
    const int32_t *index = attribute(form, field, NT_CHOICE);
    return nt_field_find(form->node->op->kind.fields, field)->choices[*index];
}

/* --- values ----------------------------------------------------------------------------------- */

nt_onnx_dims nt_form_dims(const nt_type *type, int64_t samples) {
    nt_onnx_dims dims = {.rank = type->shape.rank + 1, .dim = {samples}};
    for (int i = 0; i < type->shape.rank; i++)
        dims.dim[1 + i] = type->shape.dim[i];
    return dims;
}

static const char *name_of(const nt_form *form, const char *part) {
    return nt_onnx_name(form->onnx, "%s/%s", form->name, part);
}

const char *nt_form_add(const nt_form *form, const char *type, const char *part,
                        const char *const *in) {
    const char *made = part ? name_of(form, part) : form->out[0];
    nt_onnx_node(form->onnx, type, part ? made : form->name);
    for (; *in; in++)
        nt_onnx_reads(form->onnx, *in);
    nt_onnx_makes(form->onnx, made);
    return made;
}

static const char *add_floats(const nt_form *form, const char *name, nt_onnx_dims dims,
                              const float *elements) {
    nt_onnx_floats(form->onnx, name, dims, elements);
    return name;
}

const char *nt_form_number(const nt_form *form, const char *part, double value) {
    float single = (float)value;
    const float *kept = nt_arena_copy(nt_onnx_arena(form->onnx), &single, sizeof single);
    return kept ? add_floats(form, name_of(form, part), (nt_onnx_dims){0}, kept)
                : nt_onnx_lacks(form->onnx);
}

const char *nt_form_equal(const nt_form *form, const char *part, int32_t channels, double value) {
    float *elements = NT_ARENA_ARRAY(nt_onnx_arena(form->onnx), float, channels);
    if (!elements)
        return nt_onnx_lacks(form->onnx);
    for (int32_t c = 0; c < channels; c++)
        elements[c] = (float)value;
    return add_floats(form, name_of(form, part), (nt_onnx_dims){1, {channels}}, elements);
}

const char *nt_form_integers(const nt_form *form, const char *part, int count,
                             const int64_t *values) {
    const char *name = name_of(form, part);
    nt_onnx_integers(form->onnx, name, count, values);
    return name;
}

const char *nt_form_param(const nt_form *form, int input) {
    return nt_form_param_of(form, input, form->types[input].shape.rank);
}

const char *nt_form_param_of(const nt_form *form, int input, int rank) {
    const nt_tensor *held = &form->held[input];
    const char *name = form->in[input];
    nt_onnx_dims dims = {.rank = rank};
    if (form->ranks[input] == rank)
        return name;
    for (int i = 0; i < rank; i++)
        dims.dim[i] = i < held->type.shape.rank ? held->type.shape.dim[i] : 1;
    if (form->ranks[input]) /* it is there in another form, for another node */
        name = nt_onnx_name(form->onnx, "%s/%s", name, form->name);
    else
        form->ranks[input] = (int8_t)rank;
    float *elements =
        NT_ARENA_ARRAY(nt_onnx_arena(form->onnx), float, nt_shape_elements(held->type.shape));
    if (!elements)
        return nt_onnx_lacks(form->onnx);
    nt_tensor_to_rows(held->type, held->f, elements);
    return add_floats(form, name, dims, elements);
}

const char *nt_form_reshape(const nt_form *form, const char *part, const char *value, int count,
                            const int64_t *dims) {
    int64_t all[NT_ONNX_MOST_DIMS] = {0}; /* 0: as many as there are */
    memcpy(all + 1, dims, (size_t)count * sizeof *dims);
    const char *shape = nt_form_integers(
        form, part ? nt_onnx_name(form->onnx, "%s_shape", part) : "shape", count + 1, all);
    return NT_FORM_ADD(form, "Reshape", part, value, shape);
}

const char *nt_form_slice(const nt_form *form, const char *part, const char *value, int axis,
                          int64_t first, int64_t count) {
    const char *of = part ? part : "slice";
    const char *starts = nt_form_integers(form, nt_onnx_name(form->onnx, "%s_starts", of), 1,
                                          (const int64_t[]){first});
    const char *ends = nt_form_integers(form, nt_onnx_name(form->onnx, "%s_ends", of), 1,
                                        (const int64_t[]){first + count});
    const char *axes =
        nt_form_integers(form, nt_onnx_name(form->onnx, "%s_axes", of), 1, (const int64_t[]){axis});
    return NT_FORM_ADD(form, "Slice", part, value, starts, ends, axes);
}
