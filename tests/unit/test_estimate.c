/* Estimators, each held against its formula: derivatives by differences of the loss, maps by a
 * network that ends with them, answers by the network without the unit. */
#include "attrs.h"
#include "estimate.h"
#include "evaluation.h"
#include "support_train.h"
#include <math.h>

#define NET TINY_HEAD TINY_TRUNK
#define WHOLE NET "  drop:  {op: dropout, probability: 0.3}\n" TINY_TAIL
#define HALF                                                                                       \
    TINY_HEAD "  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"               \
              "  bn1:   {op: batch_norm}\n"                                                        \
              "  relu:  {op: relu}\n"

enum { IMAGES = 40, CLASSES = 10, MAP = 4 * 20, ALL = 8 };

static const char *const names[ALL] = {"taylor",       "taylor_squared",   "fisher",
                                       "magnitude",    "batch_norm_scale", "block_influence",
                                       "branch_share", "answers_changed"};

typedef struct desk {
    bench b;
    nt_weights *weights;
    nt_estimates all[ALL];
} desk;

static void estimate(desk *d, const char *const *by, int count, nt_estimates *ret) {
    const nt_estimator *which[ALL];
    for (int i = 0; i < count; i++)
        which[i] = nt_estimator_find(by[i]);
    const nt_estimating estimating = {.network = d->b.network,
                                      .weights = d->weights,
                                      .images = d->b.loader,
                                      .by = which,
                                      .count = count};
    EXPECT_OK(&d->b.error, nt_estimate(&estimating, &d->b.arena, ret, &d->b.error));
}

/* Scales that differ, so that they are told apart, and a branch that is not small. */
static void open_desk(desk *d, const char *folder) {
    static const float scales[] = {-2, 1, 0.5F, 1};
    make_images(folder, IMAGES, 1);
    open_bench(&d->b, WHOLE, folder);
    d->weights = drawn_weights(d->b.network, 5);
    memcpy(nt_weights_find(d->weights, "bn1.weight")->f, scales, sizeof scales);
    estimate(d, names, ALL, d->all);
}

static void close_desk(desk *d) {
    nt_weights_free(d->weights);
    close_bench(&d->b);
}

static double value_of(const desk *d, const char *by, const char *layer) {
    int k = 0;
    while (strcmp(names[k], by) != 0)
        k++;
    for (int32_t i = 0; i < d->all[k].count; i++)
        if (strcmp(d->all[k].layers[i]->name, layer) == 0)
            return d->all[k].values[i];
    fail_msg("%s says nothing of %s", by, layer);
    return 0;
}

static void expect_near(double value, double expected, double relative) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.9g is not %.9g", value, expected);
}

/* What the network of this text, with the weights of the desk by their names, gives of all images.
 */
static void answer(const desk *d, const char *text, float *ret) {
    nt_network *network;
    nt_weights *weights;
    nt_error error;
    nt_error_init(&error);
    EXPECT_OK(&error,
              nt_network_load_text("part.yaml", text, strlen(text), NULL, 0, &network, &error));
    assert_int_equal(nt_weights_new(network, &weights), NT_OK);
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor to = nt_weights_at(weights, i);
        const nt_tensor *from = nt_weights_find(d->weights, network->states[i].name);
        memcpy(to.data, from->data, (size_t)nt_type_stored(to.type) * sizeof(float));
    }
    const nt_evaluation evaluation = {.batch = IMAGES};
    EXPECT_OK(&error,
              nt_evaluate_answers(network->graph, weights, d->b.loader, &evaluation, ret, &error));
    nt_weights_free(weights);
    nt_network_free(network);
    nt_error_finish(&error);
}

/* Each image's cross-entropy. */
static void losses(const desk *d, double ret[IMAGES]) {
    float logits[IMAGES * CLASSES];
    answer(d, WHOLE, logits);
    for (int n = 0; n < IMAGES; n++) {
        double sum = 0;
        for (int c = 0; c < CLASSES; c++)
            sum += exp((double)logits[n * CLASSES + c]);
        ret[n] = log(sum) - (double)logits[n * CLASSES + nt_loader_label(d->b.loader, n)];
    }
}

/* The derivative of each image's loss to a factor of elements [first, first + count) of the tensor,
 * in PyTorch's order, at 1. */
static void differentiate(const desk *d, const char *name, int64_t first, int64_t count,
                          double ret[IMAGES]) {
    const nt_tensor *tensor = nt_weights_find(d->weights, name);
    int64_t all = nt_shape_elements(tensor->type.shape);
    float rows[1000], changed[1000];
    double at[2][IMAGES], step = 0.01;
    assert_true(all <= 1000);
    nt_tensor_to_rows(tensor->type, tensor->f, rows);
    for (int side = 0; side < 2; side++) {
        memcpy(changed, rows, sizeof rows);
        for (int64_t i = first; i < first + count; i++)
            changed[i] *= (float)(1 + (side ? step : -step));
        nt_tensor_from_rows(tensor->type, changed, tensor->f);
        losses(d, at[side]);
    }
    nt_tensor_from_rows(tensor->type, rows, tensor->f);
    for (int n = 0; n < IMAGES; n++)
        ret[n] = (at[1][n] - at[0][n]) / (2 * step);
}

static double mean(const double *values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

static void taylor(void **state) {
    static const struct {
        const char *layer, *weight;
        int64_t elements;
    } layers[] = {
        {"conv1", "conv1.weight", 36}, {"conv2", "conv2.weight", 144}, {"fc", "fc.weight", 40}};
    desk d;
    open_desk(&d, *state);
    for (int i = 0; i < 3; i++) {
        double slopes[IMAGES];
        differentiate(&d, layers[i].weight, 0, layers[i].elements, slopes);
        expect_near(value_of(&d, "taylor", layers[i].layer), fabs(mean(slopes, IMAGES)), 0.02);
    }
    close_desk(&d);
}

/* Of a batch of 32 images and one of 8. */
static void taylor_squared(void **state) {
    desk d;
    open_desk(&d, *state);
    double sum = 0, slopes[IMAGES];
    for (int e = 0; e < 36; e++) {
        differentiate(&d, "conv1.weight", e, 1, slopes);
        sum += pow(mean(slopes, 32), 2) * 32 / IMAGES + pow(mean(slopes + 32, 8), 2) * 8 / IMAGES;
    }
    expect_near(value_of(&d, "taylor_squared", "conv1"), sum, 0.02);
    close_desk(&d);
}

/* A channel's factor is that of its kernel, where there is no bias. */
static void fisher(void **state) {
    desk d;
    open_desk(&d, *state);
    double sum = 0, slopes[IMAGES];
    for (int c = 0; c < 4; c++) {
        differentiate(&d, "conv1.weight", 9 * c, 9, slopes);
        for (int n = 0; n < IMAGES; n++)
            sum += slopes[n] * slopes[n];
    }
    expect_near(value_of(&d, "fisher", "conv1"), sum / (2 * IMAGES), 0.02);
    close_desk(&d);
}

static void weights_alone(void **state) {
    desk d;
    open_desk(&d, *state);
    const nt_tensor *kernel = nt_weights_find(d.weights, "conv1.weight");
    float rows[36];
    double sum = 0;
    nt_tensor_to_rows(kernel->type, kernel->f, rows);
    for (int i = 0; i < 36; i++)
        sum += fabs((double)rows[i]);
    expect_near(value_of(&d, "magnitude", "conv1"), sum / 36, 1e-12);
    expect_near(value_of(&d, "batch_norm_scale", "conv1"), 4.5 / 4, 1e-12);
    expect_near(value_of(&d, "batch_norm_scale", "conv2"), 1, 1e-12);
    assert_true(isnan(value_of(&d, "batch_norm_scale", "fc")));
    close_desk(&d);
}

static double dot(const float *a, const float *b) {
    double sum = 0;
    for (int i = 0; i < MAP; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void units(void **state) {
    static float before[IMAGES * MAP], after[IMAGES * MAP], branch[IMAGES * MAP];
    desk d;
    open_desk(&d, *state);
    double cosines = 0, branches = 0, ways = 0;
    answer(&d, HALF, before);
    answer(&d, NET, after);
    for (int n = 0; n < IMAGES; n++) {
        const float *x = before + (size_t)n * MAP, *y = after + (size_t)n * MAP;
        float *b = branch + (size_t)n * MAP;
        for (int i = 0; i < MAP; i++)
            b[i] = y[i] - x[i];
        cosines += dot(x, y) / sqrt(dot(x, x) * dot(y, y));
        branches += dot(b, b);
        ways += dot(x, x);
    }
    expect_near(value_of(&d, "block_influence", "add"), 1 - cosines / IMAGES, 1e-4);
    expect_near(value_of(&d, "branch_share", "add"), sqrt(branches / ways), 1e-4);
    close_desk(&d);
}

static int largest(const float *logits) {
    int found = 0;
    for (int c = 1; c < CLASSES; c++)
        found = logits[c] > logits[found] ? c : found;
    return found;
}

static void answers(void **state) {
    static float whole[IMAGES * CLASSES], without[IMAGES * CLASSES];
    desk d;
    open_desk(&d, *state);
    answer(&d, WHOLE, whole);
    answer(&d, HALF TINY_TAIL, without);
    int changed = 0;
    for (int n = 0; n < IMAGES; n++)
        changed += largest(whole + (size_t)n * CLASSES) != largest(without + (size_t)n * CLASSES);
    assert_true(changed > 0 && changed < IMAGES);
    expect_near(value_of(&d, "answers_changed", "add"), (double)changed / IMAGES, 1e-12);
    close_desk(&d);
}

/* A unit whose branch is nothing turns nothing. */
static void inert(void **state) {
    desk d;
    open_desk(&d, *state);
    memset(nt_weights_find(d.weights, "bn2.weight")->f, 0, 4 * sizeof(float));
    estimate(&d, names, ALL, d.all);
    assert_true(fabs(value_of(&d, "block_influence", "add")) < 1e-6);
    assert_true(value_of(&d, "branch_share", "add") == 0);
    assert_true(value_of(&d, "answers_changed", "add") == 0);
    assert_true(value_of(&d, "taylor", "conv2") == 0);
    assert_true(value_of(&d, "fisher", "conv2") == 0);
    close_desk(&d);
}

/* Bit for bit, whatever else is asked for. */
static void each_alone(void **state) {
    desk d;
    open_desk(&d, *state);
    for (int k = 0; k < ALL; k++) {
        nt_estimates alone;
        estimate(&d, &names[k], 1, &alone);
        assert_int_equal(alone.count, d.all[k].count);
        assert_memory_equal(alone.values, d.all[k].values,
                            (size_t)alone.count * sizeof *alone.values);
    }
    close_desk(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(taylor),        WITH_FOLDER(taylor_squared), WITH_FOLDER(fisher),
        WITH_FOLDER(weights_alone), WITH_FOLDER(units),          WITH_FOLDER(answers),
        WITH_FOLDER(inert),         WITH_FOLDER(each_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
