/* Batches cut into shards: the tree of sums, and a step that is the mean of its shards' own. */
#include "identity.h"
#include "parallel.h"
#include "shard_sum.h"
#include "support_train.h"
#include "train_step.h"
#include "trainer.h"
#include <math.h>
#include <stdlib.h>

static bench b;

/* --- the tree --------------------------------------------------------------------------------- */

enum { ROW = 70000, MOST = 64 }; /* more than two jobs */

/* What shard s has at place i: of many magnitudes, so that the order of a sum shows. */
static float value_of(int s, int i) {
    uint64_t bits = nt_hash_word((uint64_t)s + 1, (uint64_t)i);
    return ldexpf((float)(bits % 2000003) - 1000001, (int)(bits >> 40 & 15) - 20);
}

static float sum_of(int from, int to, int i) {
    int middle = (from + to) / 2;
    return to - from == 1 ? value_of(from, i) : sum_of(from, middle, i) + sum_of(middle, to, i);
}

static void sums_are_a_tree(void **state) {
    static float row[ROW];
    (void)state;
    nt_error error;
    nt_error_init(&error);
    for (int shards = 1; shards <= MOST; shards *= 2) {
        nt_shard_sum sum;
        EXPECT_OK(&error, nt_shard_sum_init(&sum, ROW, shards, &error));
        for (int round = 0; round < 2; round++) { /* the second finds the first one's rows */
            for (int s = 0; s < shards; s++) {
                for (int i = 0; i < ROW; i++)
                    row[i] = value_of(s + round, i);
                nt_shard_sum_take(&sum, s, 100, row + 100, ROW - 100);
            }
            for (int s = 0; s < shards; s++) { /* a part may come later than another */
                for (int i = 0; i < 100; i++)
                    row[i] = value_of(s + round, i);
                nt_shard_sum_take(&sum, s, 0, row, 100);
            }
            for (int i = 0; i < ROW; i += 7)
                assert_true(nt_shard_sum_row(&sum)[i] == sum_of(round, shards + round, i));
        }
        nt_shard_sum_finish(&sum);
    }
    nt_error_finish(&error);
}

/* Otherwise the test above would hold of any order. */
static void order_shows(void **state) {
    (void)state;
    int differ = 0;
    for (int i = 0; i < 100; i++) {
        float chain = 0;
        for (int s = 0; s < 8; s++)
            chain += value_of(s, i);
        differ += chain != sum_of(0, 8, i);
    }
    assert_true(differ > 20);
}

/* --- a step ----------------------------------------------------------------------------------- */

enum { BATCH = 16, SHARDS = 8, SHARD = BATCH / SHARDS, STEPS = 3 };

static float images[BATCH * IMAGE_FLOATS];
static int32_t labels[BATCH];

static void make_batch(void) {
    for (int i = 0; i < BATCH; i++) {
        labels[i] = label_of(i, 10);
        for (int p = 0; p < IMAGE_FLOATS; p++)
            images[i * IMAGE_FLOATS + p] = (float)pixel_of(i, 0, p) / 64 - 2;
    }
}

static nt_step_moment moment_of(int k) {
    return (nt_step_moment){.rate = 0.05, .number = k + 1, .draw = 17 + (uint64_t)k};
}

static void copy_state(const nt_weights *from, nt_weights *to, size_t count) {
    for (size_t i = 0; i < count; i++) {
        nt_tensor x = nt_weights_at(from, i), y = nt_weights_at(to, i);
        memcpy(y.data, x.data, (size_t)nt_type_stored(x.type) * sizeof(float));
    }
}

/* What a step of the program makes of drawn weights. */
static nt_weights *trained(int threads, float losses[STEPS], nt_train_count counts[STEPS]) {
    nt_train_step step;
    nt_threads_set(threads);
    EXPECT_OK(&b.error, nt_train_step_init(&step, b.network, &b.recipe, &b.error));
    EXPECT_OK(&b.error, nt_train_step_prepare(&step, (nt_spread){0}, &b.error));
    nt_weights *weights = drawn_weights(b.network, 3);
    copy_state(weights, step.state->weights, nt_weights_count(weights));
    for (int k = 0; k < STEPS; k++) {
        EXPECT_OK(&b.error,
                  nt_train_step_run(&step, images, labels, moment_of(k), &losses[k], &b.error));
        counts[k] = nt_train_step_count(&step, labels);
    }
    copy_state(step.state->weights, weights, nt_weights_count(weights));
    nt_train_step_finish(&step);
    nt_threads_set(0);
    return weights;
}

/* The same, composed by hand: the step graph of one shard, without anything that is handed over;
 * all that its outputs were kept; sums, means and updates element by element. */
typedef struct composition {
    nt_step_graph *graph;
    nt_plan *plan;
    nt_run *run;
    nt_training_state *state;
    nt_bound *bounds; /* of gradients, then of updates */
    int count;
    float **kept[SHARDS]; /* by bound */
    float losses[SHARDS];
} composition;

static void open_composition(composition *c) {
    EXPECT_OK(&b.error, nt_step_graph_new(b.network, &b.recipe, &c->graph, &b.error));
    EXPECT_OK(&b.error, nt_plan_new(c->graph->graph, SHARD, &c->plan, &b.error));
    EXPECT_OK(&b.error, nt_training_state_new(b.network, b.recipe.optimiser, &c->state, &b.error));
    EXPECT_OK(&b.error,
              nt_run_new(c->plan, nt_weights_bind(c->state->weights, NULL), &c->run, &b.error));
    c->count = c->graph->grad_count + c->graph->update_count;
    c->bounds = NT_ARENA_ARRAY(&b.arena, nt_bound, c->count);
    memcpy(c->bounds, c->graph->grads, (size_t)c->graph->grad_count * sizeof *c->bounds);
    memcpy(c->bounds + c->graph->grad_count, c->graph->updates,
           (size_t)c->graph->update_count * sizeof *c->bounds);
    for (int s = 0; s < SHARDS; s++) {
        c->kept[s] = NT_ARENA_ARRAY(&b.arena, float *, c->count);
        for (int i = 0; i < c->count; i++)
            c->kept[s][i] = NT_ARENA_ARRAY(
                &b.arena, float, nt_type_stored(b.network->states[c->bounds[i].state].type));
    }
}

static void close_composition(composition *c) {
    nt_run_free(c->run);
    nt_plan_free(c->plan);
    nt_training_state_free(c->state);
    nt_step_graph_free(c->graph);
}

static nt_train_count run_shard(composition *c, int s, uint64_t draw) {
    const nt_feed feeds[] = {{b.network->inputs[0].name, images + s * SHARD * IMAGE_FLOATS},
                             {NT_TARGET, labels + s * SHARD}};
    nt_run_set_draw(c->run, nt_hash_word(draw, (uint64_t)s));
    nt_run_refresh(c->run);
    EXPECT_OK(&b.error, nt_run_batch(c->run, feeds, 2, SHARD, &b.error));
    for (int i = 0; i < c->count; i++) {
        nt_tensor value = nt_run_output(c->run, c->bounds[i].output);
        memcpy(c->kept[s][i], value.f,
               (size_t)nt_type_stored(b.network->states[c->bounds[i].state].type) * sizeof(float));
    }
    c->losses[s] = nt_run_output(c->run, c->graph->loss).f[0];
    return nt_train_count_of(c->run, c->graph, labels + s * SHARD);
}

static float tree(float *const *of, int64_t at, int from, int to) {
    int middle = (from + to) / 2;
    return to - from == 1 ? of[from][at] : tree(of, at, from, middle) + tree(of, at, middle, to);
}

static void learn(composition *c, int i, int step) {
    float *of[SHARDS];
    const nt_optimiser *optimiser = b.recipe.optimiser;
    size_t which = c->bounds[i].state;
    nt_tensor to = nt_weights_at(c->state->weights, which);
    nt_update_call call = {.options = b.recipe.optimiser_options,
                           .rate = moment_of(step).rate,
                           .step = moment_of(step).number,
                           .count = 1};
    for (int s = 0; s < SHARDS; s++)
        of[s] = c->kept[s][i];
    for (int64_t e = 0; e < nt_type_stored(to.type); e++) {
        float mean = tree(of, e, 0, SHARDS) / SHARDS;
        if (i >= c->graph->grad_count) {
            to.f[e] = mean;
            continue;
        }
        call.weights = to.f + e;
        call.grads = &mean;
        for (int k = 0; k < optimiser->slot_count; k++)
            call.slots[k] =
                nt_weights_at(c->state->weights, c->state->first_slot[which] + (size_t)k).f + e;
        optimiser->update(&call);
    }
}

static nt_weights *composed(float losses[STEPS], nt_train_count counts[STEPS]) {
    composition c = {0};
    open_composition(&c);
    nt_weights *weights = drawn_weights(b.network, 3);
    copy_state(weights, c.state->weights, nt_weights_count(weights));
    for (int k = 0; k < STEPS; k++) {
        float *of[SHARDS];
        counts[k] = (nt_train_count){0};
        for (int s = 0; s < SHARDS; s++) {
            nt_train_count count = run_shard(&c, s, moment_of(k).draw);
            counts[k].counted += count.counted;
            counts[k].correct += count.correct;
            of[s] = &c.losses[s];
        }
        losses[k] = tree(of, 0, 0, SHARDS) / SHARDS;
        for (int i = 0; i < c.count; i++)
            learn(&c, i, k);
        for (size_t i = 0; i < b.network->state_count; i++)
            if (b.network->states[i].role == NT_COUNTER)
                nt_weights_at(c.state->weights, i).i[0]++;
    }
    copy_state(c.state->weights, weights, nt_weights_count(weights));
    close_composition(&c);
    return weights;
}

static void a_step_is_its_shards(void **state) {
    static const char *const optimisers[] = {"sgd", "momentum=0.9 weight_decay=0.001", "adamw", ""};
    float wanted[STEPS], found[STEPS];
    nt_train_count counts[STEPS], counted[STEPS];
    (void)state;
    open_bench(&b, tiny_network, NULL);
    make_batch();
    b.recipe.batch = BATCH;
    b.recipe.shards = SHARDS;
    for (int o = 0; o < 4; o += 2) {
        set_optimiser(&b, optimisers[o], optimisers[o + 1]);
        nt_weights *reference = composed(wanted, counts);
        for (int threads = 1; threads <= 3; threads++) {
            nt_weights *weights = trained(threads, found, counted);
            assert_memory_equal(found, wanted, sizeof wanted);
            assert_memory_equal(counted, counts, sizeof counts);
            assert_true(same_weights(weights, reference));
            nt_weights_free(weights);
        }
        nt_weights_free(reference);
    }
    close_bench(&b);
}

/* One shard is the whole batch, and two are not. */
static void one_shard_is_no_cut(void **state) {
    float losses[STEPS], others[STEPS];
    nt_train_count counts[STEPS];
    (void)state;
    open_bench(&b, tiny_network, NULL);
    make_batch();
    b.recipe.batch = BATCH;
    nt_weights *uncut = trained(1, losses, counts);
    b.recipe.shards = 1;
    nt_weights *one = trained(1, others, counts);
    assert_memory_equal(losses, others, sizeof losses);
    assert_true(same_weights(uncut, one));
    b.recipe.shards = 2;
    nt_weights *two = trained(1, others, counts);
    assert_false(same_weights(uncut, two));
    assert_int_equal(nt_weights_find(two, "bn1.num_batches_tracked")->i[0], STEPS);
    nt_weights_free(uncut);
    nt_weights_free(one);
    nt_weights_free(two);
    close_bench(&b);
}

/* Without batch statistics and draws the mean over shards is the mean over the batch, but for
 * rounding. */
static void means_are_the_batch_s(void **state) {
    float losses[STEPS], others[STEPS];
    nt_train_count counts[STEPS], counted[STEPS];
    (void)state;
    open_bench(&b,
               TINY_HEAD "  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
                         "  relu:  {op: relu}\n" TINY_TAIL,
               NULL);
    make_batch();
    b.recipe.batch = BATCH;
    nt_weights *uncut = trained(1, losses, counts);
    b.recipe.shards = SHARDS;
    nt_weights *cut = trained(1, others, counted);
    assert_memory_equal(counts, counted, sizeof counts);
    for (int k = 0; k < STEPS; k++)
        assert_true(fabsf(losses[k] - others[k]) < 1e-5f);
    for (size_t i = 0; i < nt_weights_count(cut); i++) {
        nt_tensor x = nt_weights_at(uncut, i), y = nt_weights_at(cut, i);
        for (int64_t e = 0; e < nt_type_stored(x.type); e++)
            assert_true(fabsf(x.f[e] - y.f[e]) < 1e-5f);
    }
    nt_weights_free(uncut);
    nt_weights_free(cut);
    close_bench(&b);
}

/* --- statistics of the whole batch -------------------------------------------------------------
 */

/* Normalisations of what a convolution makes, of other things, of one pixel, and a rectifier
 * between whose gradient goes through all of them. */
static const char *const normalised =
    TINY_HEAD "  conv1: {op: conv2d, channels: 4, kernel: 3, pad: 1, bias: false}\n"
              "  bn1:   {op: batch_norm}\n"
              "  relu:  {op: relu}\n"
              "  conv2: {op: conv2d, channels: 4, kernel: 3, pad: 1}\n"
              "  add:   {op: add, from: [conv2, relu]}\n"
              "  bn2:   {op: batch_norm, momentum: 0.3}\n"
              "  pool:  {op: global_avg_pool}\n"
              "  bn3:   {op: batch_norm}\n"
              "  fc:    {op: linear, features: 10}\n";

/* The largest difference of two networks' states. */
static double apart(const nt_weights *a, const nt_weights *b_) {
    double most = 0;
    for (size_t i = 0; i < nt_weights_count(a); i++) {
        nt_tensor x = nt_weights_at(a, i), y = nt_weights_at(b_, i);
        for (int64_t e = 0; e < nt_type_stored(x.type); e++)
            most = fmax(most, x.type.dtype == NT_I32 ? abs(x.i[e] - y.i[e])
                                                     : fabs((double)x.f[e] - (double)y.f[e]));
    }
    return most;
}

/* However it is cut, the step is the whole batch's but for rounding, also where a shard is one
 * image; and neither threads nor passes change a bit of it. */
static void common_statistics_are_the_batch_s(void **state) {
    float losses[STEPS], others[STEPS];
    nt_train_count counts[STEPS], counted[STEPS];
    (void)state;
    open_bench(&b, normalised, NULL);
    make_batch();
    b.recipe.batch = BATCH;
    nt_weights *uncut = trained(1, losses, counts);
    for (b.recipe.shards = 2; b.recipe.shards <= BATCH; b.recipe.shards *= 2) {
        b.recipe.batch_statistics = NT_STATISTICS_OF_ALL;
        nt_weights *cut = trained(1, others, counted);
        for (int k = 0; k < STEPS; k++)
            assert_true(fabsf(losses[k] - others[k]) < 1e-5f);
        assert_true(apart(cut, uncut) < 1e-5);
        for (int threads = 1; threads <= 3; threads++) {
            b.recipe.plain = threads == 1;
            nt_weights *again = trained(threads, losses, counts);
            assert_memory_equal(losses, others, sizeof losses);
            assert_true(same_weights(cut, again));
            nt_weights_free(again);
        }
        nt_weights_free(cut);
        b.recipe.batch_statistics = NT_STATISTICS_OF_SHARD;
        cut = trained(1, others, counted);
        assert_true(apart(cut, uncut) > 1e-3); /* so that it shows */
        nt_weights_free(cut);
    }
    nt_weights_free(uncut);
    close_bench(&b);
}

/* --- a training ------------------------------------------------------------------------------- */

enum { IMAGES = 30 };

static nt_training training_in(const char *folder) {
    return (nt_training){.network = b.network,
                         .recipe = &b.recipe,
                         .loader = b.loader,
                         .data_digest = "made",
                         .folder = folder};
}

static nt_status train(const nt_training *training) {
    nt_weights *weights = drawn_weights(b.network, 99);
    nt_status status = nt_train(training, weights, &b.error);
    nt_weights_free(weights);
    return status;
}

static int set_up(void **state) {
    int status = make_folder(state);
    make_images(*state, IMAGES, 8);
    open_bench(&b, tiny_network, *state);
    return status;
}

static int tear_down(void **state) {
    close_bench(&b);
    return drop_folder(state);
}

/* The cut is part of what a training is, and named; of a batch in one piece nothing new is said. */
static void shards_are_part_of_the_run(void **folder) {
    nt_identity identity;
    const nt_training training = training_in(*folder);
    assert_int_equal(nt_identity_find(&training, &identity), NT_OK);
    assert_string_equal(identity.parts[NT_PART_BATCH], "8");
    b.recipe.shards = 1;
    assert_int_equal(nt_identity_find(&training, &identity), NT_OK);
    assert_string_equal(identity.parts[NT_PART_BATCH], "8");
    b.recipe.batch_statistics = NT_STATISTICS_OF_ALL;
    assert_int_equal(nt_identity_find(&training, &identity), NT_OK);
    assert_string_equal(identity.parts[NT_PART_BATCH], "8");
    EXPECT_OK(&b.error, train(&training));
    b.recipe.shards = 4;
    EXPECT_ERROR(&b.error, train(&training), NT_INVALID,
                 "its batch is 8, not 8 in 4 shards with common statistics; choose");
    b.recipe.batch_statistics = NT_STATISTICS_OF_SHARD;
    EXPECT_ERROR(&b.error, train(&training), NT_INVALID,
                 "holds weights of another run: its batch is 8, not 8 in 4 shards; choose");
}

static void a_culprit_is_found_in_its_shard(void **folder) {
    nt_weights *initial = drawn_weights(b.network, 1);
    nt_training training = training_in(*folder);
    training.initial = initial;
    training.initial_digest = "given";
    nt_weights_find(initial, "conv2.bias")->f[1] = INFINITY;
    b.recipe.shards = 4;
    for (int k = 0; k < 2; k++) {
        b.recipe.batch_statistics = k ? NT_STATISTICS_OF_ALL : NT_STATISTICS_OF_SHARD;
        EXPECT_ERROR(&b.error, train(&training), NT_FAILED,
                     "the loss is not finite at epoch 1, step 1: the first such value is in "
                     "'conv2' (conv2d); lower the learning rate");
    }
    nt_weights_free(initial);
}

static void ranks_without_shards_are_refused(void **folder) {
    nt_training training = training_in(*folder);
    training.ranks = 2;
    EXPECT_ERROR(&b.error, train(&training), NT_INVALID,
                 "batches in 1 shard can't be trained on by 2 ranks; take a power of two of them");
    b.recipe.shards = 4;
    training.ranks = 3;
    EXPECT_ERROR(&b.error, train(&training), NT_INVALID,
                 "batches in 4 shards can't be trained on by 3 ranks");
    training.ranks = 8;
    EXPECT_ERROR(&b.error, train(&training), NT_INVALID,
                 "batches in 4 shards can't be trained on by 8 ranks");
    training.ranks = 4;
    EXPECT_ERROR(&b.error, train(&training), NT_FAILED, "4 ranks can't train: there are 1");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_a_tree),
        cmocka_unit_test(order_shows),
        cmocka_unit_test(a_step_is_its_shards),
        cmocka_unit_test(one_shard_is_no_cut),
        cmocka_unit_test(means_are_the_batch_s),
        cmocka_unit_test(common_statistics_are_the_batch_s),
        IN_FOLDER(shards_are_part_of_the_run),
        IN_FOLDER(a_culprit_is_found_in_its_shard),
        IN_FOLDER(ranks_without_shards_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
