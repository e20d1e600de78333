/* Ops that move elements and change none, and padding. */
#include "onnx_forms.h"
#include "pad_call.h"

void nt_form_flatten(const nt_form *form) {
    NT_FORM_ADD(form, "Flatten", NULL, form->in[0]);
    nt_onnx_int(form->onnx, "axis", 1);
}

/* An input that is the same for all samples, once for each of those that the network is given. */
static const char *spread(const nt_form *form, int i, const char *samples) {
    nt_onnx_dims dims = nt_form_dims(&form->types[i], 1);
    nt_onnx *onnx = form->onnx;
    const char *one =
        nt_form_integers(form, nt_onnx_name(onnx, "sample%d", i + 1), dims.rank - 1, dims.dim + 1);
    const char *shape =
        NT_FORM_ADD(form, "Concat", nt_onnx_name(onnx, "shape%d", i + 1), samples, one);
    nt_onnx_int(onnx, "axis", 0);
    return NT_FORM_ADD(form, "Expand", nt_onnx_name(onnx, "input%d", i + 1), form->in[i], shape);
}

void nt_form_concat(const nt_form *form) {
    const char *in[NT_MAX_INPUTS + 1] = {NULL}, *samples = NULL;
    for (int i = 0; i < form->node->in_count; i++) {
        bool lacks = form->node->out[0].batched && !form->types[i].batched;
        if (lacks && !samples)
            samples = nt_form_slice(form, "samples",
                                    NT_FORM_ADD(form, "Shape", "given", form->batched), 0, 0, 1);
        in[i] = lacks ? spread(form, i, samples) : form->in[i];
    }
    nt_form_add(form, "Concat", NULL, in);
    nt_onnx_int(form->onnx, "axis", 1);
}

void nt_form_slice_channels(const nt_form *form) {
    nt_form_slice(form, NULL, form->in[0], 1, nt_form_int(form, "start"),
                  form->node->out[0].shape.dim[0]);
}

void nt_form_channel_shuffle(const nt_form *form) {
    nt_onnx_dims whole = nt_form_dims(&form->types[0], 0);
    int32_t groups = nt_form_int(form, "groups");
    int64_t parts[] = {groups, whole.dim[1] / groups, whole.dim[2], whole.dim[3]};
    const char *grouped = nt_form_reshape(form, "grouped", form->in[0], whole.rank, parts);
    const char *turned = NT_FORM_ADD(form, "Transpose", "turned", grouped);
    nt_onnx_ints(form->onnx, "perm", whole.rank + 1, (const int64_t[]){0, 2, 1, 3, 4});
    nt_form_reshape(form, NULL, turned, whole.rank - 1, whole.dim + 1);
}

/* `value` moved along one axis: its end in front of its beginning. */
static const char *roll(const nt_form *form, const char *part, const char *value, int axis,
                        int64_t shift) {
    int64_t size = form->types[0].shape.dim[axis - 1];
    const char *end = nt_form_slice(form, nt_onnx_name(form->onnx, "end%d", axis), value, axis,
                                    size - shift, shift);
    const char *rest =
        nt_form_slice(form, nt_onnx_name(form->onnx, "rest%d", axis), value, axis, 0, size - shift);
    const char *made = NT_FORM_ADD(form, "Concat", part, end, rest);
    nt_onnx_int(form->onnx, "axis", axis);
    return made;
}

void nt_form_roll(const nt_form *form) {
    const int32_t *dim = form->types[0].shape.dim;
    int64_t down = nt_form_int(form, "rows") % dim[1],
            right = nt_form_int(form, "columns") % dim[2];
    const char *value = form->in[0];
    down += down < 0 ? dim[1] : 0;
    right += right < 0 ? dim[2] : 0;
    if (down)
        value = roll(form, right ? "down" : NULL, value, 2, down);
    if (right)
        roll(form, NULL, value, 3, right);
    if (!down && !right)
        NT_FORM_ADD(form, "Identity", NULL, value);
}

/* Where it isn't said, from the middle. */
void nt_form_crop(const nt_form *form) {
    const int32_t *in = form->types[0].shape.dim, *out = form->node->out[0].shape.dim;
    int32_t top = nt_form_int(form, "top"), left = nt_form_int(form, "left");
    const char *rows =
        nt_form_slice(form, "rows", form->in[0], 2, top < 0 ? (in[1] - out[1]) / 2 : top, out[1]);
    nt_form_slice(form, NULL, rows, 3, left < 0 ? (in[2] - out[2]) / 2 : left, out[2]);
}

static void add_pad(const nt_form *form, const char *mode) {
    nt_shape in = form->types[0].shape, out = form->node->out[0].shape;
    int64_t pads[8] = {0};
    for (int d = 0; d < 2; d++) {
        pads[2 + d] = nt_pad_first(form->node->attrs, in, out, form->node->in_count, d);
        pads[6 + d] = out.dim[1 + d] - in.dim[1 + d] - pads[2 + d];
    }
    const char *sides = nt_form_integers(form, "pads", 8, pads);
    NT_FORM_ADD(form, "Pad", NULL, form->in[0], sides);
    nt_onnx_word(form->onnx, "mode", mode);
}

void nt_form_pad(const nt_form *form) {
    add_pad(form, "constant");
}

void nt_form_reflect_pad(const nt_form *form) {
    add_pad(form, "reflect");
}

void nt_form_replicate_pad(const nt_form *form) {
    add_pad(form, "edge");
}
