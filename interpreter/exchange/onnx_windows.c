/* Pooling and resizing. */
#include "integers.h"
#include "onnx_forms.h"
#include "resample.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- pooling ---------------------------------------------------------------------------------- */

/* The windows of a pooling op, with as much padding at the end as its last window needs, whatever
 * ceil_mode had to do with it. */
typedef struct windows {
    int64_t kernel[2], stride[2], dilation[2], first[2], end[2];
} windows;

static windows windows_of(const nt_form *form) {
    const int32_t *kernel = nt_form_pair(form, "kernel"), *stride = nt_form_pair(form, "stride");
    const int32_t *pad = nt_form_pair(form, "pad");
    bool dilated = form->node->op == &nt_op_max_pool;
    windows w = {.kernel = {0}};
    for (int d = 0; d < 2; d++) {
        int64_t in = form->types[0].shape.dim[1 + d], out = form->node->out[0].shape.dim[1 + d];
        w.kernel[d] = kernel[d];
        w.stride[d] = stride[d] ? stride[d] : kernel[d];
        w.dilation[d] = dilated ? nt_form_pair(form, "dilation")[d] : 1;
        w.first[d] = w.end[d] = pad[d];
        int64_t reach = w.dilation[d] * (w.kernel[d] - 1) + 1;
        int64_t over = (out - 1) * w.stride[d] + reach - (in + 2 * pad[d]);
        w.end[d] += over > 0 ? over : 0;
    }
    return w;
}

static void add_windows(const nt_form *form, const windows *w) {
    nt_onnx_ints(form->onnx, "kernel_shape", 2, w->kernel);
    nt_onnx_ints(form->onnx, "strides", 2, w->stride);
    nt_onnx_ints(form->onnx, "pads", 4,
                 (const int64_t[]){w->first[0], w->first[1], w->end[0], w->end[1]});
}

void nt_form_max_pool(const nt_form *form) {
    windows w = windows_of(form);
    NT_FORM_ADD(form, "MaxPool", NULL, form->in[0]);
    if (form->node->out_count > 1 && form->out[1])
        nt_onnx_makes(form->onnx, form->out[1]);
    add_windows(form, &w);
    if (w.dilation[0] > 1 || w.dilation[1] > 1)
        nt_onnx_ints(form->onnx, "dilations", 2, w.dilation);
}

/* What hangs over the padded input never counts, and padding only where count_include_pad says so:
 * it then becomes part of the input, so that nothing that is left counts. */
void nt_form_avg_pool(const nt_form *form) {
    windows w = windows_of(form);
    bool counts = nt_form_bool(form, "count_include_pad");
    const char *value = form->in[0];
    if (counts && (w.first[0] || w.first[1])) {
        int64_t pad[] = {w.first[0], w.first[1]};
        const int64_t all[8] = {0, 0, pad[0], pad[1], 0, 0, pad[0], pad[1]};
        value = NT_FORM_ADD(form, "Pad", "padded", value, nt_form_integers(form, "pads", 8, all));
        for (int d = 0; d < 2; d++) {
            w.first[d] = 0;
            w.end[d] -= pad[d];
        }
    }
    NT_FORM_ADD(form, "AveragePool", NULL, value);
    add_windows(form, &w);
}

void nt_form_global_avg_pool(const nt_form *form) {
    const char *maps = NT_FORM_ADD(form, "GlobalAveragePool", "maps", form->in[0]);
    NT_FORM_ADD(form, "Flatten", NULL, maps);
    nt_onnx_int(form->onnx, "axis", 1);
}

/* ONNX finds an element by its index among all of the batch, so the map that is made must be as
 * large as the one that was pooled, which its own rule must give. */
void nt_form_max_unpool(const nt_form *form) {
    const int32_t *kernel = nt_form_pair(form, "kernel"), *stride = nt_form_pair(form, "stride");
    const int32_t *pad = nt_form_pair(form, "pad");
    int64_t steps[2], pads[2];
    for (int d = 0; d < 2; d++) {
        int64_t in = form->types[0].shape.dim[1 + d], out = form->node->out[0].shape.dim[1 + d];
        steps[d] = stride[d] ? stride[d] : kernel[d];
        pads[d] = pad[d];
        if ((in - 1) * steps[d] - 2 * pads[d] + kernel[d] != out) {
            snprintf(form->why, NT_WHY, "makes %lld %s, ONNX's of such windows %lld",
                     (long long)out, d == 0 ? "rows" : "columns",
                     (long long)((in - 1) * steps[d] - 2 * pads[d] + kernel[d]));
            return;
        }
    }
    NT_FORM_ADD(form, "MaxUnpool", NULL, form->in[0], form->in[1]);
    nt_onnx_ints(form->onnx, "kernel_shape", 2, (const int64_t[]){kernel[0], kernel[1]});
    nt_onnx_ints(form->onnx, "strides", 2, steps);
    if (pads[0] || pads[1])
        nt_onnx_ints(form->onnx, "pads", 4, (const int64_t[]){pads[0], pads[1], pads[0], pads[1]});
}

/* --- adaptive pooling ------------------------------------------------------------------------- */

/* From `in` places to the means of `out` bins: in * out numbers. */
static const char *add_bins(const nt_form *form, const char *part, int64_t in, int64_t out) {
    const char *name = nt_onnx_name(form->onnx, "%s/%s_bins", form->name, part);
    float *share = NT_ARENA_ARRAY(nt_onnx_arena(form->onnx), float, in *out);
    if (!share)
        return nt_onnx_lacks(form->onnx);
    for (int64_t o = 0; o < out; o++) {
        int64_t from = o * in / out, to = nt_ceil_div((o + 1) * in, out);
        for (int64_t i = from; i < to; i++)
            share[i * out + o] = (float)(1 / (double)(to - from));
    }
    nt_onnx_floats(form->onnx, name, (nt_onnx_dims){2, {in, out}}, share);
    return name;
}

static const char *turn(const nt_form *form, const char *part, const char *value) {
    const char *made = NT_FORM_ADD(form, "Transpose", part, value);
    nt_onnx_ints(form->onnx, "perm", 4, (const int64_t[]){0, 1, 3, 2});
    return made;
}

/* Bins that all are alike are windows; others are two products with matrices, by columns and by
 * rows. */
void nt_form_adaptive_avg_pool(const nt_form *form) {
    const int32_t *in = form->types[0].shape.dim, *out = form->node->out[0].shape.dim;
    if (in[1] % out[1] == 0 && in[2] % out[2] == 0) {
        windows w = {.kernel = {in[1] / out[1], in[2] / out[2]}};
        memcpy(w.stride, w.kernel, sizeof w.stride);
        bool all = out[1] == 1 && out[2] == 1;
        NT_FORM_ADD(form, all ? "GlobalAveragePool" : "AveragePool", NULL, form->in[0]);
        if (!all)
            add_windows(form, &w);
        return;
    }
    const char *columns = NT_FORM_ADD(form, "MatMul", "columns", form->in[0],
                                      add_bins(form, "columns", in[2], out[2]));
    const char *turned = turn(form, "turned", columns);
    const char *rows =
        NT_FORM_ADD(form, "MatMul", "rows", turned, add_bins(form, "rows", in[1], out[1]));
    turn(form, NULL, rows);
}

/* --- resizing --------------------------------------------------------------------------------- */

/* The factor by which ONNX, which rounds down, comes to `out`. */
static float scale_of(int32_t in, int32_t out, double given) {
    float scale = given > 0 ? (float)given : (float)((double)out / in);
    while (floorf((float)in * scale) < (float)out || floor(in * (double)scale) < out)
        scale = nextafterf(scale, INFINITY);
    return scale;
}

static double given_scale(const nt_form *form, int d) {
    const nt_reals *scale = nt_form_reals(form, "scale");
    return scale->count ? scale->items[scale->count > 1 ? d : 0] : 0;
}

/* Of bilinear resizing; 0: only the sizes count. */
static double linear_scale(const nt_form *form, int d) {
    bool same = form->types[0].shape.dim[1 + d] == form->node->out[0].shape.dim[1 + d];
    return same || nt_form_bool(form, "align_corners") ? 0 : given_scale(form, d);
}

static void add_resize(const nt_form *form, bool nearest) {
    const int32_t *in = form->types[0].shape.dim, *out = form->node->out[0].shape.dim;
    bool corners = nt_form_bool(form, "align_corners");
    const float factors[4] = {1, 1, scale_of(in[1], out[1], linear_scale(form, 0)),
                              scale_of(in[2], out[2], linear_scale(form, 1))};
    const float *kept = nt_arena_copy(nt_onnx_arena(form->onnx), factors, sizeof factors);
    const char *name = nt_onnx_name(form->onnx, "%s/scales", form->name);
    if (!kept) {
        nt_onnx_lacks(form->onnx);
        return;
    }
    nt_onnx_floats(form->onnx, name, (nt_onnx_dims){1, {4}}, kept);
    NT_FORM_ADD(form, "Resize", NULL, form->in[0], "", name);
    nt_onnx_word(form->onnx, "mode", nearest ? "nearest" : "linear");
    nt_onnx_word(form->onnx, "coordinate_transformation_mode",
                 nearest   ? "asymmetric"
                 : corners ? "align_corners"
                           : "half_pixel");
    if (nearest)
        nt_onnx_word(form->onnx, "nearest_mode", "floor");
}

/* The nearest neighbours along one axis, one by one. */
static const char *gather(const nt_form *form, const char *part, const char *value, int axis) {
    int d = axis - 2;
    nt_axis_spec spec = {.in = form->types[0].shape.dim[1 + d],
                         .out = form->node->out[0].shape.dim[1 + d],
                         .scale = given_scale(form, d),
                         .nearest = true};
    void *memory = nt_arena_alloc(nt_onnx_arena(form->onnx), nt_axis_bytes(&spec));
    int64_t *places = NT_ARENA_ARRAY(nt_onnx_arena(form->onnx), int64_t, spec.out);
    if (!memory || !places)
        return nt_onnx_lacks(form->onnx);
    nt_axis from = nt_axis_make(&spec, memory);
    for (int32_t o = 0; o < spec.out; o++)
        places[o] = from.at[o];
    const char *of =
        nt_form_integers(form, axis == 2 ? "which_rows" : "which_columns", spec.out, places);
    const char *made = NT_FORM_ADD(form, "Gather", part, value, of);
    nt_onnx_int(form->onnx, "axis", axis);
    return made;
}

/* Whole factors are exact in any arithmetic; of others, which neighbour is the nearest could be a
 * matter of rounding. */
static bool is_whole(const nt_form *form, int d) {
    int32_t in = form->types[0].shape.dim[1 + d], out = form->node->out[0].shape.dim[1 + d];
    double given = given_scale(form, d);
    return out % in == 0 && (given <= 0 || given == (double)(out / in));
}

void nt_form_resize(const nt_form *form) {
    bool nearest = nt_form_choice(form, "mode")[0] == 'n';
    const int32_t *in = form->types[0].shape.dim, *out = form->node->out[0].shape.dim;
    if (!nearest && in[1] == out[1] && in[2] == out[2])
        NT_FORM_ADD(form, "Identity", NULL, form->in[0]);
    else if (!nearest || (is_whole(form, 0) && is_whole(form, 1)))
        add_resize(form, nearest);
    else
        gather(form, NULL, gather(form, "rows", form->in[0], 2), 3);
}
