/* The table of conv.h: one row for each algorithm, asked in order. Which row takes a shape depends
 * on nothing but a sample's shape and the pass; the last takes any, so that every convolution has
 * one. */
#include "conv.h"

#include "conv_direct.h"
#include "conv_grouped.h"
#include "conv_sliding.h"
#include "depthwise.h"
#include "winograd.h"
#include <stddef.h>

/* --- schemes of winograd.h, which the shape tells apart --------------------------------------- */

/* Taps of one side that meet the input, summed over the outputs of that side. */
static int64_t live_taps(const nt_conv_shape *shape, int d) {
    int32_t size = d == 0 ? shape->height : shape->width;
    int32_t places = d == 0 ? shape->out_height : shape->out_width;
    int64_t count = 0;
    for (int32_t place = 0; place < places; place++)
        for (int32_t tap = 0; tap < shape->kernel[d]; tap++) {
            int64_t at = (int64_t)place * shape->stride[d] + (int64_t)tap * shape->dilation[d] -
                         shape->pad[d];
            count += at >= 0 && at < size;
        }
    return count;
}

/* And pays: it must save a third of the products that don't meet padding. On a map that is smaller
 * than the kernel, or whose phases under a dilation have one place each, most of them do. */
static bool saves(const nt_winograd *scheme, const nt_conv_shape *shape) {
    return nt_winograd_fits(scheme, shape) && 3 * nt_winograd_products(scheme, shape, false) <=
                                                  2 * live_taps(shape, 0) * live_taps(shape, 1);
}

static bool toeplitz_fits(const nt_conv_shape *shape) {
    return saves(nt_winograd_find(NT_WINOGRAD_TOEPLITZ), shape);
}

static bool f43_fits(const nt_conv_shape *shape) {
    return nt_winograd_fits(nt_winograd_find(NT_WINOGRAD_F43), shape);
}

/* And pays: its tiles must save a third of the products of the definition, padding or not. On maps
 * of but one tile, a sixth of those meets padding anyway: there, as measured, it pays on many
 * channels only. */
static bool strided_fits(const nt_conv_shape *shape) {
    enum { MANY_CHANNELS = 128 };
    const nt_winograd *scheme = nt_winograd_find(NT_WINOGRAD_STRIDED);
    if (!nt_winograd_fits(scheme, shape))
        return false;
    int64_t plain = (int64_t)nt_winograd_area(scheme->taps) * shape->out_height * shape->out_width;
    return 3 * nt_winograd_products(scheme, shape, false) <= 2 * plain &&
           (nt_winograd_tiles(scheme, shape, false) > 1 || shape->channels >= MANY_CHANNELS);
}

/* The schemes of other kernels than 3x3; NULL: none pays. */
static const nt_winograd *other_scheme(const nt_conv_shape *shape) {
    for (nt_winograd_name name = NT_WINOGRAD_F45; name < NT_WINOGRAD_SCHEMES; name++)
        if (saves(nt_winograd_find(name), shape))
            return nt_winograd_find(name);
    return NULL;
}

static bool f45_fits(const nt_conv_shape *shape) {
    return shape->kernel[0] == shape->kernel[1] && other_scheme(shape);
}

static bool line_fits(const nt_conv_shape *shape) {
    return shape->kernel[0] != shape->kernel[1] && other_scheme(shape);
}

static const nt_winograd *scheme_of(const nt_conv_shape *shape) {
    const nt_winograd *other = other_scheme(shape);
    return other ? other
                 : nt_winograd_find(shape->stride[0] > 1   ? NT_WINOGRAD_STRIDED
                                    : toeplitz_fits(shape) ? NT_WINOGRAD_TOEPLITZ
                                                           : NT_WINOGRAD_F43);
}

static void winograd_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                             const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    nt_winograd_forward(scheme_of(shape), shape, x, weight, epilogue, y, memory);
}

static nt_conv_need winograd_forward_need(const nt_conv_shape *shape) {
    return nt_winograd_forward_need(scheme_of(shape), shape);
}

static size_t winograd_kernel_size(const nt_conv_shape *shape) {
    return nt_winograd_kernel_size(scheme_of(shape), shape);
}

static void winograd_transform_kernel(const nt_conv_shape *shape, const float *weight,
                                      float *ret_transformed) {
    nt_winograd_transform_kernel(scheme_of(shape), shape, weight, ret_transformed);
}

static void winograd_apply(const nt_conv_shape *shape, const float *x, const float *transformed,
                           const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    nt_winograd_apply(scheme_of(shape), shape, x, transformed, epilogue, y, memory);
}

static nt_conv_need winograd_apply_need(const nt_conv_shape *shape) {
    return nt_winograd_apply_need(scheme_of(shape), shape);
}

static void winograd_data(const nt_conv_shape *shape, const float *dy, const float *weight,
                          float *dx, const nt_conv_memory *memory) {
    nt_winograd_data(scheme_of(shape), shape, dy, weight, dx, memory);
}

static nt_conv_need winograd_data_need(const nt_conv_shape *shape) {
    return nt_winograd_data_need(scheme_of(shape), shape);
}

static void winograd_weight(const nt_conv_shape *shape, const float *x, const float *dy,
                            float *dweight, const nt_conv_memory *memory) {
    nt_winograd_weight(scheme_of(shape), shape, x, dy, dweight, memory);
}

static nt_conv_need winograd_weight_need(const nt_conv_shape *shape) {
    return nt_winograd_weight_need(scheme_of(shape), shape);
}

static int64_t winograd_products(const nt_conv_shape *shape, nt_conv_pass pass) {
    return nt_winograd_products(scheme_of(shape), shape, pass == NT_DATA_PASS);
}

/* --- the table -------------------------------------------------------------------------------- */

typedef nt_conv_need need_function(const nt_conv_shape *shape);
typedef void forward_function(const nt_conv_shape *shape, const float *x, const float *weight,
                              const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory);
typedef void gradient_function(const nt_conv_shape *shape, const float *a, const float *b,
                               float *ret, const nt_conv_memory *memory);

/* The functions of conv.h, as one algorithm has them. */
typedef struct algorithm {
    const char *name;
    bool (*fits)(const nt_conv_shape *shape);      /* NULL: any */
    bool (*data_fits)(const nt_conv_shape *shape); /* NULL: those whose forward pass fits */
    int32_t channels[3]; /* of the input, at least: forward, data, weight */
    int32_t side;        /* of the output, the shorter one, or of its phases, at least */
    forward_function *forward;
    need_function *forward_need;
    gradient_function *data;
    need_function *data_need;
    gradient_function *weight; /* NULL: it has none */
    need_function *weight_need;
    size_t (*kept_floats)(const nt_conv_shape *shape); /* NULL: it takes the weight as it is */
    void (*keep)(const nt_conv_shape *shape, const float *weight, float *ret_kept);
    forward_function *forward_kept;
    need_function *forward_kept_need; /* NULL: as forward, but nothing shared */
    int64_t (*products)(const nt_conv_shape *shape, nt_conv_pass pass); /* NULL: live_taps */
} algorithm;

/* clang-format off */
#define WINOGRAD                                                                                   \
    .forward = winograd_forward,                                                                   \
    .forward_need = winograd_forward_need,                                                         \
    .data = winograd_data,                                                                         \
    .data_need = winograd_data_need,                                                               \
    .weight = winograd_weight,                                                                     \
    .weight_need = winograd_weight_need,                                                           \
    .kept_floats = winograd_kernel_size,                                                           \
    .keep = winograd_transform_kernel,                                                             \
    .forward_kept = winograd_apply,                                                                \
    .forward_kept_need = winograd_apply_need,                                                      \
    .products = winograd_products
/* clang-format on */

/* Each takes the shapes that it fits, from these sizes on; the first that does wins, and the last
 * takes what is left. Measured, with Winograd's transforms against the products that they save: on
 * a few input channels they cost more, and on maps of one or two rows most of a tile lies outside.
 */
static const algorithm algorithms[] = {
    [NT_SLIDING_ALGORITHM] =
        {
            .name = "sliding",
            .fits = nt_sliding_fits,
            .data_fits = nt_sliding_data_fits,
            .forward = nt_sliding_forward,
            .forward_need = nt_sliding_forward_need,
            .data = nt_sliding_data,
            .data_need = nt_sliding_data_need,
            .kept_floats = nt_sliding_kernel_size,
            .keep = nt_sliding_pack_kernel,
            .forward_kept = nt_sliding_apply,
        },
    [NT_DEPTHWISE_ALGORITHM] =
        {
            .name = "depthwise",
            .fits = nt_depthwise_fits,
            .forward = nt_depthwise_forward,
            .forward_need = nt_depthwise_forward_need,
            .data = nt_depthwise_data,
            .data_need = nt_depthwise_data_need,
            .weight = nt_depthwise_weight,
            .weight_need = nt_depthwise_weight_need,
            .kept_floats = nt_depthwise_kernel_size,
            .keep = nt_depthwise_pack_kernel,
            .forward_kept = nt_depthwise_apply,
        },
    [NT_GROUPED_ALGORITHM] =
        {
            .name = "joined groups",
            .fits = nt_grouped_fits,
            .forward = nt_grouped_forward,
            .forward_need = nt_grouped_forward_need,
            .data = nt_grouped_data,
            .data_need = nt_grouped_data_need,
            .weight = nt_grouped_weight,
            .weight_need = nt_grouped_weight_need,
            .kept_floats = nt_grouped_kernel_size,
            .keep = nt_grouped_kernel,
            .forward_kept = nt_grouped_apply,
        },
    [NT_TOEPLITZ_ALGORITHM] = {.name = "toeplitz", .fits = toeplitz_fits, WINOGRAD},
    [NT_WINOGRAD_ALGORITHM] =
        {.name = "winograd", .fits = f43_fits, .channels = {4, 1, 4}, .side = 3, WINOGRAD},
    [NT_WINOGRAD5_ALGORITHM] =
        {.name = "winograd 5x5", .fits = f45_fits, .channels = {4, 1, 4}, .side = 3, WINOGRAD},
    [NT_WINOGRAD_LINE_ALGORITHM] = {.name = "winograd line",
                                    .fits = line_fits,
                                    .channels = {4, 1, 4},
                                    WINOGRAD},
    [NT_STRIDED_ALGORITHM] = {.name = "strided winograd",
                              .fits = strided_fits,
                              .channels = {8, 8, 8},
                              WINOGRAD},
    [NT_DIRECT_ALGORITHM] =
        {
            .name = "direct",
            .forward = nt_direct_forward,
            .forward_need = nt_direct_forward_need,
            .data = nt_direct_data,
            .data_need = nt_direct_data_need,
            .weight = nt_direct_weight,
            .weight_need = nt_direct_weight_need,
        },
};

static bool fits(const algorithm *a, const nt_conv_shape *shape, nt_conv_pass pass) {
    if (pass == NT_WEIGHT_PASS && !a->weight)
        return false;
    if (pass == NT_DATA_PASS && a->data_fits)
        return a->data_fits(shape);
    return !a->fits || a->fits(shape);
}

static bool takes(const algorithm *a, const nt_conv_shape *shape, nt_conv_pass pass) {
    int32_t high = shape->out_height / shape->dilation[0];
    int32_t wide = shape->out_width / shape->dilation[1];
    return fits(a, shape, pass) && shape->channels >= a->channels[pass] &&
           (high < wide ? high : wide) >= a->side;
}

static const algorithm *choose(const nt_conv_shape *shape, nt_conv_pass pass) {
    const algorithm *a = shape->direct ? &algorithms[NT_DIRECT_ALGORITHM] : algorithms;
    while (!takes(a, shape, pass))
        a++;
    return a;
}

nt_conv_algorithm nt_conv_choose(const nt_conv_shape *shape, nt_conv_pass pass) {
    return (nt_conv_algorithm)(choose(shape, pass) - algorithms);
}

const char *nt_conv_algorithm_name(nt_conv_algorithm which) {
    return algorithms[which].name;
}

int64_t nt_conv_executed(const nt_conv_shape *shape, nt_conv_pass pass) {
    const algorithm *a = choose(shape, pass);
    int64_t pairs = (int64_t)shape->channels / shape->groups * shape->out_channels;
    if (a->products)
        return pairs * a->products(shape, pass);
    return pairs * live_taps(shape, 0) * live_taps(shape, 1);
}

/* --- conv.h ----------------------------------------------------------------------------------- */

void nt_conv_forward(const nt_conv_shape *shape, const float *x, const float *weight,
                     const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    choose(shape, NT_FORWARD_PASS)->forward(shape, x, weight, epilogue, y, memory);
}

nt_conv_need nt_conv_forward_need(const nt_conv_shape *shape) {
    return choose(shape, NT_FORWARD_PASS)->forward_need(shape);
}

size_t nt_conv_kept_floats(const nt_conv_shape *shape) {
    const algorithm *a = choose(shape, NT_FORWARD_PASS);
    return a->kept_floats ? a->kept_floats(shape) : 0;
}

void nt_conv_keep(const nt_conv_shape *shape, const float *weight, float *ret_kept) {
    choose(shape, NT_FORWARD_PASS)->keep(shape, weight, ret_kept);
}

void nt_conv_forward_kept(const nt_conv_shape *shape, const float *x, const float *kept,
                          const nt_epilogue *epilogue, float *y, const nt_conv_memory *memory) {
    choose(shape, NT_FORWARD_PASS)->forward_kept(shape, x, kept, epilogue, y, memory);
}

nt_conv_need nt_conv_forward_kept_need(const nt_conv_shape *shape) {
    const algorithm *a = choose(shape, NT_FORWARD_PASS);
    if (a->forward_kept_need)
        return a->forward_kept_need(shape);
    return (nt_conv_need){.per_worker = a->forward_need(shape).per_worker};
}

void nt_conv_data(const nt_conv_shape *shape, const float *dy, const float *weight, float *dx,
                  const nt_conv_memory *memory) {
    choose(shape, NT_DATA_PASS)->data(shape, dy, weight, dx, memory);
}

nt_conv_need nt_conv_data_need(const nt_conv_shape *shape) {
    return choose(shape, NT_DATA_PASS)->data_need(shape);
}

void nt_conv_weight(const nt_conv_shape *shape, const float *x, const float *dy, float *dweight,
                    const nt_conv_memory *memory) {
    choose(shape, NT_WEIGHT_PASS)->weight(shape, x, dy, dweight, memory);
}

nt_conv_need nt_conv_weight_need(const nt_conv_shape *shape) {
    return choose(shape, NT_WEIGHT_PASS)->weight_need(shape);
}
