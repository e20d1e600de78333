/* Differentiating graphs: the gradient graph's text, exactly; sums over readers; what is refused;
 * a whole network's gradient against differences, and its bits. */
#include "alloc.h"
#include "attrs.h"
#include "gradient.h"
#include "parallel.h"
#include "scheduler.h"
#include "step_graph.h"
#include "support_train.h"
#include "train_step.h"
#include <math.h>

static char why[NT_WHY];

static void assert_dump(const nt_graph *graph, const char *expected) {
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(graph, &text);
    if (strcmp(text.bytes, expected) != 0)
        fputs(text.bytes, stderr); /* too long for cmocka */
    assert_string_equal(text.bytes, expected);
    nt_text_finish(&text);
}

/* --- the graph -------------------------------------------------------------------------------- */

/* What bn and relu made is not kept for conv2's gradient and relu's, but made again from conv1's
 * output and bn's scale and shift; both times in one. conv1 hands on the sums for bn's statistics,
 * which all read that had read bn's own; the gradients of both are as they were. */
static void what_is_cheap_is_recomputed(void **state) {
    (void)state;
    bench b;
    nt_step_graph *step;
    open_bench(&b,
               TINY_HEAD
               "  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
               "  bn:    {op: batch_norm}\n"
               "  relu:  {op: relu}\n"
               "  conv2: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n" TINY_TAIL,
               NULL);
    EXPECT_OK(&b.error, nt_step_graph_new(b.network, &b.recipe, &step, &b.error));
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(step->graph, &text);
    const char *lines[] = {
        "%2 = conv2d(%0, %1) channels=4 kernel=3 pad=1 bias=false moments=true: Nx4x4x5: 4x4 # ",
        "%7 = batch_norm(%2, %3, %4, %5, %6, %2.1) statistics=summed: Nx4x4x5: 4: 4: 4: 4: 4: 4 # ",
        "%8 = fused_batch_norm(%2, %7.5, %7.6) activation=relu: Nx4x4x5 # bn\n",
        "%9 = fused_batch_norm(%2, %7.5, %7.6) activation=relu again=true: Nx4x4x5 # bn\n",
        "%11 = conv2d(%8, %10) channels=4",
        " = batch_norm_gradient(%2, %3, %5, %6, %7.1, %7.2, ",
        ") statistics=train: Nx4x4x5: 4: 4: 4: 4 # bn\n",
        " = conv2d_gradient(%0, %1, ",
        " = conv2d_gradient(%9, %10, ",
        " = relu_gradient(%9, ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text.bytes, lines[i]))
            fail_msg("%s is not in\n%s", lines[i], text.bytes);
    nt_text_finish(&text);
    nt_step_graph_free(step);
    close_bench(&b);
}

/* So is an activation whose gradient reads not what it made but what it read. */
static void what_reads_its_input_is_recomputed(void **state) {
    (void)state;
    bench b;
    nt_step_graph *step;
    open_bench(&b,
               TINY_HEAD
               "  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
               "  bn:    {op: batch_norm}\n"
               "  silu:  {op: silu}\n"
               "  conv2: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n" TINY_TAIL,
               NULL);
    EXPECT_OK(&b.error, nt_step_graph_new(b.network, &b.recipe, &step, &b.error));
    nt_text text;
    nt_text_init(&text);
    nt_graph_dump(step->graph, &text);
    const char *lines[] = {
        "%8 = fused_batch_norm(%2, %7.5, %7.6) again=true: Nx4x4x5 # bn\n",
        "%9 = fused_batch_norm(%2, %7.5, %7.6) activation=silu: Nx4x4x5 # bn\n",
        "%10 = silu(%8): Nx4x4x5 # silu\n",
        "%12 = conv2d(%9, %11) channels=4",
        " = conv2d_gradient(%10, %11, ",
        " = silu_gradient(%8, ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text.bytes, lines[i]))
            fail_msg("%s is not in\n%s", lines[i], text.bytes);
    nt_text_finish(&text);
    nt_step_graph_free(step);
    close_bench(&b);
}

/* Of a chain of residual units four in a row are computed again, the chain's begin among them; then
 * one is kept. */
static void chains_are_recomputed_in_rows(void **state) {
    (void)state;
    enum { UNITS = 7 };
    static const int times[UNITS] = {2, 2, 2, 2, 1, 2, 2};
    bench b;
    nt_step_graph *step;
    nt_text yaml;
    nt_text_init(&yaml);
    nt_text_add(&yaml, TINY_HEAD);
    for (int i = 0; i < UNITS; i++)
        nt_text_printf(&yaml,
                       "  conv%d: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
                       "  bn%d:   {op: batch_norm}\n"
                       "  add%d:  {op: add, from: [bn%d, %s%d]}\n"
                       "  relu%d: {op: relu}\n",
                       i, i, i, i, i > 0 ? "relu" : "bn", i > 0 ? i - 1 : 0, i);
    nt_text_add(&yaml, TINY_TAIL);
    open_bench(&b, yaml.bytes, NULL);
    EXPECT_OK(&b.error, nt_step_graph_new(b.network, &b.recipe, &step, &b.error));
    for (int u = 0; u < UNITS; u++) {
        char relu[16], norm[16];
        int found = 0;
        snprintf(relu, sizeof relu, "relu%d", u);
        snprintf(norm, sizeof norm, "bn%d", u);
        for (int32_t i = 0; i < nt_graph_size(step->graph); i++) {
            const nt_node *node = nt_graph_node(step->graph, i);
            bool ends = strcmp(node->name, norm) == 0 && node->op == &nt_op_fused_batch_norm &&
                        ((const nt_fused_batch_norm_attrs *)node->attrs)->activation;
            found += !node->grad && (ends || strcmp(node->name, relu) == 0);
        }
        assert_int_equal(found, times[u]);
    }
    nt_text_finish(&yaml);
    nt_step_graph_free(step);
    close_bench(&b);
}

/* Of conv1's gradient only dw is used, since the image needs none. relu is read twice, so its
 * gradient is a sum, the later reader's part first. */
static void step_graph_exactly(void **state) {
    (void)state;
    bench b;
    nt_step_graph *step;
    open_bench(&b,
               TINY_HEAD "  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
                         "  relu:  {op: relu}\n"
                         "  bn:    {op: batch_norm}\n"
                         "  add:   {op: add, from: [bn, relu]}\n" TINY_TAIL,
               NULL);
    EXPECT_OK(&b.error, nt_step_graph_new(b.network, &b.recipe, &step, &b.error));
    assert_dump(step->graph,
                "%0 = input input: Nx1x4x5\n"
                "%1 = param conv1.weight: 4x1x3x3\n"
                "%2 = conv2d(%0, %1) channels=4 kernel=3 pad=1 bias=false: Nx4x4x5 # conv1\n"
                "%3 = relu(%2): Nx4x4x5 # relu\n"
                "%4 = param bn.weight: 4\n"
                "%5 = param bn.bias: 4\n"
                "%6 = param bn.running_mean: 4\n"
                "%7 = param bn.running_var: 4\n"
                "%8 = batch_norm(%3, %4, %5, %6, %7) statistics=train: Nx4x4x5: 4: 4: 4: 4: 4: 4 "
                "# bn\n"
                "%9 = fused_batch_norm(%3, %3, %8.5, %8.6): Nx4x4x5 # bn\n"
                "%10 = global_avg_pool(%9): Nx4 # pool\n"
                "%11 = param fc.weight: 10x4\n"
                "%12 = param fc.bias: 10\n"
                "%13 = linear(%10, %11, %12) features=10: Nx10 # fc\n"
                "%14 = input target: N scalar i32\n"
                "%15 = softmax_cross_entropy(%13, %14): scalar: Nx10 # loss\n"
                "%16 = constant() shape=[] value=1: scalar\n"
                "%17 = softmax_cross_entropy_gradient(%14, %15.1, %16): Nx10: N scalar i32 # loss\n"
                "%18 = linear_gradient(%10, %11, %17) features=10: Nx4: 10x4: 10 # fc\n"
                "%19 = global_avg_pool_gradient(%18): Nx4x4x5 # pool\n"
                "%20 = batch_norm_gradient(%3, %4, %6, %7, %8.1, %8.2, %19) statistics=train: "
                "Nx4x4x5: 4: 4: 4: 4 # bn\n"
                "%21 = add(%19, %20): Nx4x4x5\n"
                "%22 = relu_gradient(%3, %21): Nx4x4x5 # relu\n"
                "%23 = conv2d_gradient(%0, %1, %22) channels=4 kernel=3 pad=1 bias=false: Nx1x4x5: "
                "4x1x3x3 # conv1\n"
                "output = %13\n"
                "loss of tiny = %15\n"
                "gradient conv1.weight = %23.1\n"
                "gradient bn.weight = %20.1\n"
                "gradient bn.bias = %20.2\n"
                "gradient fc.weight = %18.1\n"
                "gradient fc.bias = %18.2\n"
                "update bn.running_mean = %8.3\n"
                "update bn.running_var = %8.4\n");
    assert_int_equal(step->grad_count, 5);
    assert_int_equal(step->update_count, 2);
    nt_step_graph_free(step);
    close_bench(&b);
}

/* A graph with one input of 4 values, and a loss of its logits. */
static nt_value begin_graph(nt_graph *graph) {
    nt_value x;
    nt_graph_add_input(graph, "x", nt_type_map(nt_shape_of(1, (const int32_t[]){4})), &x);
    return x;
}

static nt_value add_loss(bench *b, nt_graph *graph, nt_value logits) {
    nt_value in[2] = {logits}, loss;
    nt_type target = {.dtype = NT_I32, .groups = 1, .batched = true, .shape = nt_shape_of(0, NULL)};
    nt_graph_add_input(graph, NT_TARGET, target, &in[1]);
    assert_int_equal(nt_graph_add_raw(graph, b->recipe.loss->op, b->recipe.loss->attrs, in, 2, 2,
                                      "loss", &loss, why),
                     NT_OK);
    return loss;
}

/* x is read by more nodes than one sum can take: the gradient is still that of all of them. */
static void sums_of_many_readers(void **state) {
    (void)state;
    enum { READERS = 2 * NT_MAX_INPUTS + 5 };
    bench b;
    open_bench(&b, tiny_network, NULL);
    nt_graph *graph = nt_graph_new();
    nt_value x = begin_graph(graph), parts[READERS], sum;
    for (int i = 0; i < READERS; i++) {
        char slope[40];
        snprintf(slope, sizeof slope, "slope=%.3f", 0.001 * (i + 1));
        parts[i] = (nt_value){0};
        assert_int_equal(nt_graph_add_raw(graph, nt_op_find("leaky_relu"),
                                          record_of(&b, &nt_op_leaky_relu.kind, slope), &x, 1, 1,
                                          "", &parts[i], why),
                         NT_OK);
    }
    sum = parts[0];
    for (int i = 1; i < READERS; i++) {
        const nt_value two[] = {sum, parts[i]};
        assert_int_equal(nt_graph_add_raw(graph, &nt_op_add, NULL, two, 2, 2, "", &sum, why),
                         NT_OK);
    }
    nt_value loss = add_loss(&b, graph, sum), grad, direct;
    EXPECT_OK(&b.error, nt_graph_differentiate(graph, loss, &x, 1, &grad, &b.error));
    EXPECT_OK(&b.error, nt_graph_differentiate(graph, loss, &sum, 1, &direct, &b.error));
    assert_null(nt_graph_flaw(graph));
    nt_graph_add_output(graph, "of x", grad);
    nt_graph_add_output(graph, "of the sum", direct);

    /* All of x is below zero, where the slopes act. */
    static const float values[] = {-.05f, -.1f, -.02f, -.15f};
    static const int32_t target = 2;
    nt_plan *plan;
    nt_run *run;
    nt_weights *weights = drawn_weights(b.network, 0);
    EXPECT_OK(&b.error, nt_plan_new(graph, 1, &plan, &b.error));
    EXPECT_OK(&b.error, nt_run_new(plan, nt_weights_bind(weights, NULL), &run, &b.error));
    const nt_feed feeds[] = {{"x", values}, {NT_TARGET, &target}};
    EXPECT_OK(&b.error, nt_run_batch(run, feeds, 2, 1, &b.error));
    double slopes = 0;
    for (int i = 0; i < READERS; i++)
        slopes += 0.001 * (i + 1);
    for (int i = 0; i < 4; i++) {
        double expected = slopes * (double)nt_run_output(run, 1).f[i];
        assert_true(fabs(expected) > 1e-3);
        assert_true(fabs((double)nt_run_output(run, 0).f[i] / expected - 1) < 1e-5);
    }
    nt_run_free(run);
    nt_plan_free(plan);
    nt_weights_free(weights);
    nt_graph_free(graph);
    close_bench(&b);
}

/* The same value may be both inputs of one node. */
static void both_inputs_of_one_node(void **state) {
    (void)state;
    bench b;
    open_bench(&b, tiny_network, NULL);
    nt_graph *graph = nt_graph_new();
    nt_value x = begin_graph(graph), y, doubled, grad;
    nt_graph_add_raw(graph, nt_op_find("relu"), NULL, &x, 1, 1, "", &y, why);
    const nt_value twice[] = {y, y};
    nt_graph_add_raw(graph, &nt_op_add, NULL, twice, 2, 2, "", &doubled, why);
    nt_value loss = add_loss(&b, graph, doubled);
    EXPECT_OK(&b.error, nt_graph_differentiate(graph, loss, &y, 1, &grad, &b.error));
    nt_graph_add_output(graph, "gradient", grad);
    assert_dump(graph,
                "%0 = input x: Nx4\n"
                "%1 = relu(%0): Nx4\n"
                "%2 = add(%1, %1): Nx4\n"
                "%3 = input target: N scalar i32\n"
                "%4 = softmax_cross_entropy(%2, %3): scalar: Nx4 # loss\n"
                "%5 = constant() shape=[] value=1: scalar\n"
                "%6 = softmax_cross_entropy_gradient(%3, %4.1, %5): Nx4: N scalar i32 # loss\n"
                "%7 = add(%6, %6): Nx4\n"
                "gradient = %7\n");
    nt_graph_free(graph);
    close_bench(&b);
}

static void what_the_loss_ignores_is_refused(void **state) {
    (void)state;
    bench b;
    open_bench(&b, tiny_network, NULL);
    nt_graph *graph = nt_graph_new();
    nt_value x = begin_graph(graph), w, grad;
    nt_graph_add_param(graph, "lonely.weight", nt_type_param(nt_shape_of(0, NULL)), &w);
    nt_value loss = add_loss(&b, graph, x);
    nt_status status = nt_graph_differentiate(graph, loss, &w, 1, &grad, &b.error);
    EXPECT_ERROR(&b.error, status, NT_INVALID, "the loss does not depend on 'lonely.weight'");
    nt_graph_free(graph);
    close_bench(&b);
}

static void no_memory_is_said(void **state) {
    (void)state;
    for (int allowed = 0;; allowed++) {
        bench b;
        nt_step_graph *step;
        open_bench(&b, tiny_network, NULL);
        allow_allocations(allowed);
        nt_status status = nt_step_graph_new(b.network, &b.recipe, &step, &b.error);
        if (status == NT_OK)
            nt_step_graph_free(step);
        bool failed = allow_all_allocations();
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
        assert_true(failed == (b.error.count > 0));
        close_bench(&b);
        if (!failed) {
            assert_true(allowed > 20);
            return;
        }
    }
}

/* --- the numbers ------------------------------------------------------------------------------ */

enum { BATCH = 6 };

typedef struct bout {
    bench *b;
    nt_step_graph *step;
    nt_plan *plan;
    nt_run *run;
    nt_weights *weights;
    float images[BATCH * IMAGE_FLOATS];
    int32_t labels[BATCH];
} bout;

static double loss_of(bout *t) {
    const nt_feed feeds[] = {{t->b->network->inputs[0].name, t->images}, {NT_TARGET, t->labels}};
    nt_run_refresh(t->run);
    nt_run_set_draw(t->run, 5);
    EXPECT_OK(&t->b->error, nt_run_batch(t->run, feeds, 2, BATCH, &t->b->error));
    return (double)nt_run_output(t->run, t->step->loss).f[0];
}

static void open_bout(bout *t, bench *b) {
    *t = (bout){.b = b, .weights = drawn_weights(b->network, 3)};
    for (int i = 0; i < BATCH; i++) {
        t->labels[i] = label_of(i, 10);
        for (int p = 0; p < IMAGE_FLOATS; p++)
            t->images[i * IMAGE_FLOATS + p] = (float)pixel_of(i, 0, p) / 64 - 2;
    }
    EXPECT_OK(&b->error, nt_step_graph_new(b->network, &b->recipe, &t->step, &b->error));
    EXPECT_OK(&b->error, nt_plan_new(t->step->graph, BATCH, &t->plan, &b->error));
    EXPECT_OK(&b->error,
              nt_run_new(t->plan, nt_weights_bind(t->weights, NULL), &t->run, &b->error));
}

static void close_bout(bout *t) {
    nt_run_free(t->run);
    nt_plan_free(t->plan);
    nt_step_graph_free(t->step);
    nt_weights_free(t->weights);
}

/* The loss along one weight's direction: the gradient itself, or with every third sign turned,
 * lest a gradient whose parts are right in sum pass. Central differences of float losses over a
 * distance of 2e-3: their rounding makes up to 1e-4 and the curvature and the kinks of relu the
 * rest; 1 % of the slope and 2e-3 cover both. */
static void check_direction(bout *t, nt_bound bound, int turned) {
    nt_tensor weight = nt_weights_at(t->weights, bound.state);
    int64_t count = nt_type_stored(weight.type);
    float *kept = nt_alloc((size_t)count * sizeof *kept);
    float *along = nt_alloc((size_t)count * sizeof *along);
    double squares = 0, slope = 0, losses[2];
    const double h = 1e-3;
    loss_of(t);
    const float *grad = nt_run_output(t->run, bound.output).f;
    for (int64_t i = 0; i < count; i++) {
        kept[i] = weight.f[i];
        along[i] = i % 3 == 2 && turned ? -grad[i] : grad[i];
        squares += (double)grad[i] * (double)grad[i];
        slope += (double)along[i] * (double)grad[i];
    }
    assert_true(squares > 1e-8);
    slope /= sqrt(squares);
    for (int side = 0; side < 2; side++) {
        for (int64_t i = 0; i < count; i++)
            weight.f[i] = kept[i] + (float)((side ? h : -h) * (double)along[i] / sqrt(squares));
        losses[side] = loss_of(t);
    }
    memcpy(weight.f, kept, (size_t)count * sizeof *kept);
    double found = (losses[1] - losses[0]) / (2 * h);
    if (fabs(found - slope) > 0.01 * fabs(slope) + 2e-3)
        fail_msg("%s: the slope is %g, by differences %g", t->b->network->states[bound.state].name,
                 slope, found);
    nt_free(kept, (size_t)count * sizeof *kept);
    nt_free(along, (size_t)count * sizeof *along);
}

static void gradient_is_that_of_differences(void **state) {
    (void)state;
    bench b;
    bout t;
    open_bench(&b, tiny_network, NULL);
    set_loss(&b, "label_smoothing=0.1");
    open_bout(&t, &b);
    assert_int_equal(t.step->grad_count, 9);
    for (int32_t g = 0; g < t.step->grad_count; g++) {
        /* What precedes batch normalisation only shifts: conv2's bias has no slope. */
        if (strcmp(b.network->states[t.step->grads[g].state].name, "conv2.bias") == 0)
            continue;
        check_direction(&t, t.step->grads[g], 0);
        check_direction(&t, t.step->grads[g], 1);
    }
    close_bout(&t);
    close_bench(&b);
}

/* --- handing over ----------------------------------------------------------------------------- */

typedef struct taker {
    bout *kept;    /* has run on the same batch, and keeps its gradients */
    nt_plan *plan; /* of the run that hands over; */
    int32_t ran;   /* how many of its varying steps have run; */
    int32_t taken; /* and outputs */
} taker;

static void count_steps(void *context, int32_t node, bool done) {
    taker *t = context;
    if (done && nt_graph_node(t->plan->graph, node)->varies)
        t->ran++;
}

/* The gradient is that which is kept otherwise, and no step to come reads the parameter. */
static void take(void *context, int32_t output, nt_tensor value) {
    taker *t = context;
    const nt_graph *graph = t->plan->graph;
    nt_tensor wanted = nt_run_output(t->kept->run, output);
    assert_memory_equal(value.f, wanted.f, (size_t)nt_type_stored(value.type) * sizeof(float));
    const char *name = nt_graph_output(graph, output)->name + strlen("gradient ");
    for (int32_t s = t->ran; s < t->plan->varying_count; s++) {
        const nt_node *node = nt_graph_node(graph, t->plan->varying[s].node);
        for (int32_t j = 0; j < node->in_count; j++) {
            const nt_node *in = nt_graph_node(graph, node->in[j].node);
            assert_false(in->op == &nt_op_param && strcmp(in->name, name) == 0);
        }
    }
    t->taken++;
}

static void gradients_are_handed_over(void **state) {
    (void)state;
    bench b;
    bout kept;
    nt_run *run;
    nt_handover handovers[16];
    open_bench(&b, tiny_network, NULL);
    open_bout(&kept, &b);
    loss_of(&kept);
    int32_t count = kept.step->grad_count;
    for (int32_t g = 0; g < count; g++)
        handovers[g] = (nt_handover){kept.step->grads[g].output,
                                     b.network->states[kept.step->grads[g].state].name};
    taker t = {.kept = &kept};
    const nt_feed feeds[] = {{b.network->inputs[0].name, kept.images}, {NT_TARGET, kept.labels}};
    EXPECT_OK(&b.error,
              nt_plan_new_handing(kept.step->graph, BATCH, handovers, count, &t.plan, &b.error));
    assert_true(t.plan->varying_size < kept.plan->varying_size);
    EXPECT_OK(&b.error, nt_run_new(t.plan, nt_weights_bind(kept.weights, NULL), &run, &b.error));
    nt_run_set_draw(run, 5);
    nt_run_set_watch(run, count_steps, &t);
    nt_run_set_take(run, take, &t);
    EXPECT_OK(&b.error, nt_run_batch(run, feeds, 2, BATCH, &b.error));
    assert_int_equal(t.taken, count);
    nt_run_free(run);
    nt_plan_free(t.plan);
    close_bout(&kept);
    close_bench(&b);
}

/* --- bits ------------------------------------------------------------------------------------- */

/* Residual units with strides, groups, a projection, and channels enough for several blocks of
 * sums. */
static const char *const residual_network =
    "version: 1\ngraph: residual\ninput: [3, 13, 12]\nnodes:\n"
    "  conv1: {op: conv2d, channels: 20, kernel: 5, pad: 2}\n"
    "  bn1:   {op: batch_norm}\n"
    "  relu1: {op: relu}\n"
    "  conv2: {op: conv2d, channels: 20, kernel: 3, pad: 1, bias: false}\n"
    "  bn2:   {op: batch_norm}\n"
    "  add2:  {op: add, from: [bn2, relu1]}\n"
    "  relu2: {op: relu}\n"
    "  conv3: {op: conv2d, channels: 40, kernel: 3, pad: 1, stride: 2, groups: 20, bias: false}\n"
    "  bn3:   {op: batch_norm}\n"
    "  conv4: {op: conv2d, channels: 300, kernel: 1, bias: false}\n"
    "  bn4:   {op: batch_norm}\n"
    "  side:  {op: conv2d, from: relu2, channels: 300, kernel: 1, stride: 2, bias: false}\n"
    "  bn5:   {op: batch_norm}\n"
    "  add4:  {op: add, from: [bn4, bn5]}\n"
    "  relu4: {op: relu}\n" TINY_TAIL;

enum { STEPS = 10, RESIDUAL_FLOATS = 3 * 13 * 12 };

static nt_weights *trained(bench *b, int threads, bool plain, float losses[STEPS]) {
    nt_train_step step;
    float images[BATCH * RESIDUAL_FLOATS];
    int32_t labels[BATCH];
    nt_threads_set(threads);
    b->recipe.plain = plain;
    b->recipe.batch = BATCH;
    EXPECT_OK(&b->error, nt_train_step_init(&step, b->network, &b->recipe, &b->error));
    EXPECT_OK(&b->error, nt_train_step_prepare(&step, (nt_spread){0}, &b->error));
    nt_weights *weights = drawn_weights(b->network, 3);
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor from = nt_weights_at(weights, i), to = nt_weights_at(step.state->weights, i);
        memcpy(to.data, from.data, (size_t)nt_type_stored(to.type) * sizeof(float));
    }
    for (int i = 0; i < BATCH; i++) {
        labels[i] = label_of(i, 10);
        for (int p = 0; p < RESIDUAL_FLOATS; p++)
            images[i * RESIDUAL_FLOATS + p] = (float)pixel_of(i, 0, p) / 64 - 2;
    }
    for (int k = 0; k < STEPS; k++) {
        const nt_step_moment moment = {.rate = 0.05, .number = k + 1, .draw = 1};
        EXPECT_OK(&b->error,
                  nt_train_step_run(&step, images, labels, moment, &losses[k], &b->error));
    }
    for (size_t i = 0; i < nt_weights_count(weights); i++) {
        nt_tensor from = nt_weights_at(step.state->weights, i), to = nt_weights_at(weights, i);
        memcpy(to.data, from.data, (size_t)nt_type_stored(to.type) * sizeof(float));
    }
    nt_train_step_finish(&step);
    nt_threads_set(0);
    return weights;
}

/* Ten steps with the passes for training are ten steps without them: losses, weights and running
 * statistics. */
static void passes_change_no_bit(void **state) {
    (void)state;
    bench b;
    float wanted[STEPS], found[STEPS];
    open_bench(&b, residual_network, NULL);
    nt_weights *plain = trained(&b, 1, true, wanted);
    assert_true(wanted[STEPS - 1] < wanted[0]);
    for (int threads = 1; threads <= 3; threads++) {
        nt_weights *passed = trained(&b, threads, false, found);
        assert_memory_equal(found, wanted, sizeof wanted);
        assert_true(same_weights(passed, plain));
        nt_weights_free(passed);
    }
    nt_weights_free(plain);
    close_bench(&b);
}

static void misfitting_loss_is_refused(void **state) {
    (void)state;
    bench b;
    nt_step_graph *step;
    open_bench(&b, tiny_network, NULL);
    set_loss(&b, "weights=[1,2,3]");
    nt_status status = nt_step_graph_new(b.network, &b.recipe, &step, &b.error);
    EXPECT_ERROR(&b.error, status, NT_INVALID,
                 "the loss 'softmax_cross_entropy' does not fit the network's output: weights has "
                 "3 numbers for 10 classes");
    close_bench(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_graph_exactly),
        cmocka_unit_test(what_is_cheap_is_recomputed),
        cmocka_unit_test(what_reads_its_input_is_recomputed),
        cmocka_unit_test(chains_are_recomputed_in_rows),
        cmocka_unit_test(sums_of_many_readers),
        cmocka_unit_test(both_inputs_of_one_node),
        cmocka_unit_test(what_the_loss_ignores_is_refused),
        cmocka_unit_test(no_memory_is_said),
        cmocka_unit_test(gradient_is_that_of_differences),
        cmocka_unit_test(gradients_are_handed_over),
        cmocka_unit_test(passes_change_no_bit),
        cmocka_unit_test(misfitting_loss_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
