#include "conv_problem.h"

#include "alloc.h"
#include "parallel.h"
#include "tensor.h"
#include "trial.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GUARD = 64 };

/* --- memory ----------------------------------------------------------------------------------- */

conv_array conv_array_new(int64_t count) {
    conv_array a = {nt_alloc((size_t)count * sizeof(float) + GUARD), count};
    assert_non_null(a.v);
    memset(a.v, 0xFF, (size_t)count * sizeof(float) + GUARD);
    return a;
}

void conv_array_free(conv_array a) {
    for (size_t i = 0; i < GUARD; i++)
        assert_int_equal(((unsigned char *)(a.v + a.count))[i], 0xFF);
    nt_free(a.v, (size_t)a.count * sizeof(float) + GUARD);
}

conv_array conv_array_random(int64_t count, uint64_t seed) {
    conv_array a = conv_array_new(count);
    for (int64_t i = 0; i < count; i++)
        a.v[i] = (float)(2 * trial_noise(seed, (uint64_t)i) - 1);
    return a;
}

/* --- problems --------------------------------------------------------------------------------- */

static int64_t taps_of(const nt_conv_shape *s) {
    return (int64_t)s->kernel[0] * s->kernel[1];
}

static int64_t group_panels(const nt_conv_shape *s) {
    return (s->out_channels / s->groups + NT_PANEL - 1) / NT_PANEL;
}

int64_t conv_result_count(const nt_conv_shape *s, nt_conv_pass pass) {
    if (pass == NT_FORWARD_PASS)
        return (int64_t)s->samples * s->out_height * s->out_width * s->out_channels;
    if (pass == NT_DATA_PASS)
        return (int64_t)s->samples * s->height * s->width * s->channels;
    return s->groups * group_panels(s) * NT_PANEL * taps_of(s) * (s->channels / s->groups);
}

conv_problem conv_problem_new(const nt_conv_shape *shape, uint64_t seed) {
    int64_t outputs = conv_result_count(shape, NT_FORWARD_PASS);
    conv_problem p = {
        .shape = *shape,
        .x = conv_array_random(conv_result_count(shape, NT_DATA_PASS), seed),
        .weight = conv_array_random(conv_result_count(shape, NT_WEIGHT_PASS), seed + 1),
        .bias = conv_array_random(shape->out_channels, seed + 2),
        .plus = conv_array_random(outputs, seed + 3),
        .dy = conv_array_random(outputs, seed + 4),
    };
    int64_t lanes = shape->out_channels / shape->groups, stored = group_panels(shape) * NT_PANEL;
    int64_t rows = taps_of(shape) * (shape->channels / shape->groups);
    for (int64_t i = 0; i < p.weight.count; i++) /* the places past a group's last lane */
        if (i / NT_PANEL / rows * NT_PANEL % stored + i % NT_PANEL >= lanes)
            p.weight.v[i] = 0;
    return p;
}

void conv_problem_free(conv_problem *p) {
    conv_array_free(p->x);
    conv_array_free(p->weight);
    conv_array_free(p->bias);
    conv_array_free(p->plus);
    conv_array_free(p->dy);
}

static int32_t places(const nt_conv_shape *s, int32_t size, int d) {
    return (size + 2 * s->pad[d] - s->dilation[d] * (s->kernel[d] - 1) - 1) / s->stride[d] + 1;
}

void conv_shape_finish(nt_conv_shape *s) {
    s->out_height = places(s, s->height, 0);
    s->out_width = places(s, s->width, 1);
}

const char *conv_describe(const nt_conv_shape *s) {
    static char text[240];
    snprintf(text, sizeof text,
             "%d samples, %dx%dx%d to %d, kernel %d,%d, stride %d,%d, pad %d,%d, dilation %d,%d, "
             "groups %d%s",
             s->samples, s->channels, s->height, s->width, s->out_channels, s->kernel[0],
             s->kernel[1], s->stride[0], s->stride[1], s->pad[0], s->pad[1], s->dilation[0],
             s->dilation[1], s->groups, s->direct ? ", direct" : "");
    return text;
}

/* --- accuracy --------------------------------------------------------------------------------- */

double conv_error(conv_array got, const double *wanted) {
    double difference = 0, norm = 0;
    for (int64_t i = 0; i < got.count; i++) {
        difference += pow((double)got.v[i] - wanted[i], 2);
        norm += wanted[i] * wanted[i];
    }
    return norm == 0 ? sqrt(difference) : sqrt(difference / norm);
}

/* --- running ---------------------------------------------------------------------------------- */

typedef struct scratch {
    conv_array shared, workers;
    nt_conv_memory memory;
} scratch;

static scratch scratch_new(nt_conv_need need) {
    assert_int_equal(need.per_worker % 64, 0);
    scratch s = {.shared = conv_array_new((int64_t)(need.shared / sizeof(float))),
                 .workers =
                     conv_array_new((int64_t)(need.per_worker / sizeof(float)) * nt_threads())};
    s.memory = (nt_conv_memory){(char *)s.shared.v, (char *)s.workers.v, need.per_worker};
    return s;
}

static void scratch_free(scratch *s) {
    conv_array_free(s->shared);
    conv_array_free(s->workers);
}

conv_array conv_run(const conv_problem *p, nt_conv_pass pass) {
    const nt_conv_shape *s = &p->shape;
    if (pass == NT_FORWARD_PASS)
        return conv_run_epilogue(p, &(conv_epilogue){.bias = true}, false);
    conv_array result = conv_array_new(conv_result_count(s, pass));
    scratch room =
        scratch_new(pass == NT_DATA_PASS ? nt_conv_data_need(s) : nt_conv_weight_need(s));
    if (pass == NT_DATA_PASS)
        nt_conv_data(s, p->dy.v, p->weight.v, result.v, &room.memory);
    else
        nt_conv_weight(s, p->x.v, p->dy.v, result.v, &room.memory);
    scratch_free(&room);
    return result;
}

static void run_kept(const conv_problem *p, const nt_epilogue *epilogue, float *y) {
    conv_array kernel = conv_array_new((int64_t)nt_conv_kept_floats(&p->shape));
    scratch room = scratch_new(nt_conv_forward_kept_need(&p->shape));
    nt_conv_keep(&p->shape, p->weight.v, kernel.v);
    nt_conv_forward_kept(&p->shape, p->x.v, kernel.v, epilogue, y, &room.memory);
    scratch_free(&room);
    conv_array_free(kernel);
}

static void expect_moments(const conv_problem *p, conv_array y, const nt_moments *taken,
                           void *work) {
    int32_t channels = p->shape.out_channels;
    conv_array found = conv_array_new(NT_MOMENTS_PARTS * channels);
    conv_array wanted = conv_array_new(NT_MOMENTS_PARTS * channels);
    assert_true(taken->units > 0);
    nt_moments_finish(taken, found.v);
    nt_moments after = nt_moments_of(y.v, y.count / channels, channels, work);
    nt_moments_finish(&after, wanted.v);
    if (memcmp(found.v, wanted.v, (size_t)wanted.count * sizeof *wanted.v) != 0)
        fail_msg("%s: the moments are not those of the result", conv_describe(&p->shape));
    conv_array_free(found);
    conv_array_free(wanted);
}

conv_array conv_run_epilogue(const conv_problem *p, const conv_epilogue *options, bool kept) {
    conv_array y = conv_array_new(conv_result_count(&p->shape, NT_FORWARD_PASS));
    int64_t rows = y.count / p->shape.out_channels;
    size_t bytes = nt_moments_bytes(rows, p->shape.out_channels);
    conv_array work = conv_array_new((int64_t)(bytes / sizeof(float)));
    nt_moments moments = nt_moments_of(y.v, rows, p->shape.out_channels, work.v);
    nt_epilogue epilogue = {
        .bias = options->bias ? p->bias.v : NULL,
        .plus = options->plus ? options->on_itself ? y.v : p->plus.v : NULL,
        .activation = options->relu ? (nt_activation){.kind = NT_RELU} : options->activation,
        .moments = &moments,
    };
    if (options->plus && options->on_itself)
        memcpy(y.v, p->plus.v, (size_t)y.count * sizeof *y.v);
    if (kept && nt_conv_kept_floats(&p->shape) > 0) {
        run_kept(p, &epilogue, y.v);
    } else {
        scratch room = scratch_new(nt_conv_forward_need(&p->shape));
        nt_conv_forward(&p->shape, p->x.v, p->weight.v, &epilogue, y.v, &room.memory);
        scratch_free(&room);
    }
    expect_moments(p, y, &moments, work.v);
    conv_array_free(work);
    return y;
}
