/* A convolution and its two gradients as they are defined, in double precision (conv_problem.h). */
#include "conv_problem.h"
#include "tensor.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int64_t taps_of(const nt_conv_shape *s) {
    return (int64_t)s->kernel[0] * s->kernel[1];
}

/* Where the weight of output channel k under a tap starts; input channels are NT_PANEL apart. */
static int64_t weight_at(const nt_conv_shape *s, int64_t k, int64_t tap) {
    int64_t lanes = s->out_channels / s->groups, lane = k % lanes;
    int64_t panel = k / lanes * ((lanes + NT_PANEL - 1) / NT_PANEL) + lane / NT_PANEL;
    return (panel * taps_of(s) + tap) * (s->channels / s->groups) * NT_PANEL + lane % NT_PANEL;
}

/* One output element of the definition: adds what it takes from, and gives to, each input. */
static void reference_element(const conv_problem *p, int64_t n, int64_t i, int64_t j, int64_t k,
                              double *ret[CONV_PASSES]) {
    const nt_conv_shape *s = &p->shape;
    int64_t at = ((n * s->out_height + i) * s->out_width + j) * s->out_channels + k;
    int64_t channels = s->channels / s->groups, group = k / (s->out_channels / s->groups);
    double sum = (double)p->bias.v[k], dy = (double)p->dy.v[at];
    for (int64_t tap = 0; tap < taps_of(s); tap++) {
        int64_t y = i * s->stride[0] + tap / s->kernel[1] * s->dilation[0] - s->pad[0];
        int64_t x = j * s->stride[1] + tap % s->kernel[1] * s->dilation[1] - s->pad[1];
        if (y < 0 || x < 0 || y >= s->height || x >= s->width)
            continue;
        int64_t from = ((n * s->height + y) * s->width + x) * s->channels + group * channels;
        int64_t w = weight_at(s, k, tap);
        for (int64_t c = 0; c < channels; c++) {
            sum += (double)p->x.v[from + c] * (double)p->weight.v[w + c * NT_PANEL];
            ret[NT_DATA_PASS][from + c] += dy * (double)p->weight.v[w + c * NT_PANEL];
            ret[NT_WEIGHT_PASS][w + c * NT_PANEL] += dy * (double)p->x.v[from + c];
        }
    }
    ret[NT_FORWARD_PASS][at] = sum;
}

void conv_reference(const conv_problem *p, double *ret[CONV_PASSES]) {
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        int64_t count = conv_result_count(&p->shape, (nt_conv_pass)pass);
        ret[pass] = calloc((size_t)count, sizeof(double));
        assert_non_null(ret[pass]);
    }
    for (int64_t n = 0; n < p->shape.samples; n++)
        for (int64_t i = 0; i < p->shape.out_height; i++)
            for (int64_t j = 0; j < p->shape.out_width; j++)
                for (int64_t k = 0; k < p->shape.out_channels; k++)
                    reference_element(p, n, i, j, k, ret);
}
