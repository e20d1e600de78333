/* Parts of a network that are frozen, or learn at another rate. */
#include "attrs.h"
#include "checkpoint.h"
#include "file.h"
#include "param_rates.h"
#include "step_graph.h"
#include "support_train.h"
#include "trainer.h"

enum { IMAGES = 30, MOST = 4 };

static bench b;
static nt_named_rate frozen[MOST], rates[MOST];

static void freeze(const char *const *patterns) { /* ends with NULL */
    for (b.recipe.frozen_count = 0; *patterns; patterns++)
        frozen[b.recipe.frozen_count++] = (nt_named_rate){.pattern = *patterns};
    b.recipe.frozen = frozen;
}

static void set_rate(const char *pattern, double rate) {
    rates[b.recipe.rate_count++] = (nt_named_rate){.pattern = pattern, .rate = rate};
    b.recipe.rates = rates;
}

/* Trains anew from what the seed draws. */
static nt_weights *trained(const char *folder) {
    nt_weights *weights = drawn_weights(b.network, 99);
    const nt_training training = {.network = b.network,
                                  .recipe = &b.recipe,
                                  .loader = b.loader,
                                  .data_digest = "made",
                                  .seed = 1,
                                  .folder = folder};
    nt_checkpoint_remove(folder);
    unlink(path_in(folder, NT_WEIGHTS_FILE));
    EXPECT_OK(&b.error, nt_train(&training, weights, &b.error));
    return weights;
}

static bool same_tensor(const nt_weights *x, const nt_weights *y, const char *name) {
    const nt_tensor *a = nt_weights_find(x, name), *c = nt_weights_find(y, name);
    return memcmp(a->data, c->data, (size_t)nt_type_stored(a->type) * sizeof(float)) == 0;
}

/* What is frozen keeps its bits, running statistics and counter with it; all else moves. */
static void frozen_parts_do_not_move(void **folder) {
    static const char *const optimisers[] = {"sgd", "momentum=0.9 weight_decay=0.01", "adamw", ""};
    nt_weights *before = drawn_weights(b.network, 1);
    freeze((const char *const[]){"*1", "conv2.bias", NULL});
    for (int o = 0; o < 4; o += 2) {
        set_optimiser(&b, optimisers[o], optimisers[o + 1]);
        nt_weights *after = trained(*folder);
        for (size_t i = 0; i < b.network->state_count; i++) {
            const char *name = b.network->states[i].name;
            bool kept = strncmp(name, "conv1.", 6) == 0 || strncmp(name, "bn1.", 4) == 0 ||
                        strcmp(name, "conv2.bias") == 0;
            if (same_tensor(before, after, name) != kept)
                fail_msg("%s %s", name, kept ? "moved" : "did not move");
        }
        nt_weights_free(after);
    }
    nt_weights_free(before);
}

/* Of frozen layers at the bottom nothing runs backward, and the batch normalisation among them
 * takes its running statistics; one of which only the weight is frozen takes the batch's. */
static void frozen_parts_cost_nothing(void **folder) {
    static const char *const whole[] = {"conv1", "bn1", NULL}, *const weight[] = {"bn1.weight",
                                                                                  NULL};
    nt_step_graph *step;
    (void)folder;
    for (int i = 0; i < 2; i++) {
        freeze(i == 0 ? whole : weight);
        EXPECT_OK(&b.error, nt_step_graph_new(b.network, &b.recipe, &step, &b.error));
        int backward = 0, running = 0, updates = 0;
        for (int32_t n = 0; n < nt_graph_size(step->graph); n++) {
            const nt_node *node = nt_graph_node(step->graph, n);
            backward += node->grad && strcmp(node->name, "conv1") == 0;
            running += node->op == &nt_op_batch_norm && !node->grad && node->out_count == 1;
        }
        for (int32_t u = 0; u < step->update_count; u++)
            updates += strncmp(b.network->states[step->updates[u].state].name, "bn1.", 4) == 0;
        assert_int_equal(backward, i == 0 ? 0 : 1);
        assert_int_equal(running, i == 0 ? 1 : 0);
        assert_int_equal(updates, i == 0 ? 0 : 2);
        nt_step_graph_free(step);
    }
}

/* One step at a share of the rate is a step at that rate, to the bit, and nobody else's. */
static void rates_scale_exactly(void **folder) {
    b.recipe.epochs = 1;
    b.recipe.batch = 16;
    set_optimiser(&b, "sgd", "weight_decay=0.01");
    set_schedule(&b, "constant", "rate=0.1");
    nt_weights *usual = trained(*folder);
    set_schedule(&b, "constant", "rate=0.025");
    nt_weights *quarter = trained(*folder);
    set_schedule(&b, "constant", "rate=0.1");
    set_rate("*", 3);
    set_rate("fc", 1);
    set_rate("conv*", 0.25);
    set_rate("bn*", 1);
    nt_weights *mixed = trained(*folder);
    for (size_t i = 0; i < b.network->state_count; i++) {
        const char *name = b.network->states[i].name;
        bool slow = strncmp(name, "conv", 4) == 0;
        assert_true(same_tensor(mixed, slow ? quarter : usual, name));
        if (slow && strcmp(name, "conv2.bias") != 0)
            assert_false(same_tensor(mixed, usual, name));
    }
    nt_weights_free(usual);
    nt_weights_free(quarter);
    nt_weights_free(mixed);
}

/* Shards give the same: what is frozen is in no row. */
static void shards_freeze_too(void **folder) {
    nt_weights *before = drawn_weights(b.network, 1);
    b.recipe.shards = 2;
    freeze((const char *const[]){"conv1", "bn1", NULL});
    for (int joined = 0; joined < 2; joined++) {
        b.recipe.batch_statistics = joined ? NT_STATISTICS_OF_ALL : NT_STATISTICS_OF_SHARD;
        nt_weights *after = trained(*folder);
        assert_true(same_tensor(before, after, "conv1.weight"));
        assert_true(same_tensor(before, after, "bn1.running_var"));
        assert_true(same_tensor(before, after, "bn1.num_batches_tracked"));
        assert_false(same_tensor(before, after, "bn2.num_batches_tracked"));
        assert_false(same_tensor(before, after, "conv2.weight"));
        nt_weights_free(after);
    }
    nt_weights_free(before);
}

/* Elements that are zero when training begins are so when it ends; the others are not. */
static void zeros_are_kept(void **folder) {
    nt_weights *start = drawn_weights(b.network, 1);
    const nt_state *state = nt_network_state(b.network, "conv2.weight");
    nt_tensor kernel = *nt_weights_find(start, state->name);
    int64_t count = nt_type_stored(kernel.type);
    for (int64_t i = 0; i < count; i += 3)
        kernel.f[i] = 0;
    b.network->states[state - b.network->states].keeps_zeros = true;
    for (int adam = 0; adam < 2; adam++) {
        set_optimiser(&b, adam ? "adamw" : "sgd", adam ? "" : "momentum=0.9 nesterov=true");
        nt_weights *weights = drawn_weights(b.network, 99);
        const nt_training training = {.network = b.network,
                                      .recipe = &b.recipe,
                                      .loader = b.loader,
                                      .data_digest = "made",
                                      .initial = start,
                                      .initial_digest = "pruned",
                                      .folder = *folder};
        unlink(path_in(*folder, NT_WEIGHTS_FILE));
        EXPECT_OK(&b.error, nt_train(&training, weights, &b.error));
        const float *after = nt_weights_find(weights, state->name)->f;
        int64_t moved = 0, kept = 0;
        for (int64_t i = 0; i < count; i++) {
            assert_true(kernel.f[i] != 0 || after[i] == 0);
            moved += after[i] != kernel.f[i];
            kept += kernel.f[i] != 0;
        }
        assert_true(kept > 20 && moved == kept);
        nt_weights_free(weights);
    }
    nt_weights_free(start);
}

static nt_identity identity_of(void) {
    const nt_training training = {.network = b.network,
                                  .recipe = &b.recipe,
                                  .loader = b.loader,
                                  .data_digest = "made",
                                  .seed = 1};
    nt_identity identity;
    assert_int_equal(nt_identity_find(&training, &identity), NT_OK);
    return identity;
}

static void assert_identity(const nt_identity *expected) {
    const nt_identity found = identity_of();
    for (int part = 0; part < NT_IDENTITY_PARTS; part++)
        assert_string_equal(found.parts[part], expected->parts[part]);
}

/* Each allocation fails once: then there is no identity, never another one. */
static void identity_without_memory(void **folder) {
    (void)folder;
    freeze((const char *const[]){"conv1", NULL});
    const nt_identity sound = identity_of();
    const nt_training training = {.network = b.network,
                                  .recipe = &b.recipe,
                                  .loader = b.loader,
                                  .data_digest = "made",
                                  .seed = 1};
    bool failed = true;
    int failures = 0;
    for (int k = 0; failed; k++) {
        nt_identity identity;
        fail_allocation(k);
        nt_status status = nt_identity_find(&training, &identity);
        failed = allow_all_allocations();
        for (int part = 0; status == NT_OK && part < NT_IDENTITY_PARTS; part++)
            if (strcmp(identity.parts[part], sound.parts[part]) != 0)
                fail_msg("allocation %d: part %d is another", k, part);
        assert_true(failed || status == NT_OK);
        failures += failed;
    }
    assert_true(failures > 3);
}

/* Identity is what it comes to, not how it is said; as usual, it is what it was without. */
static void identity_has_what_is_frozen(void **folder) {
    nt_metadata metadata[NT_IDENTITY_ENTRIES + 1] = {{0}};
    nt_identity usual = identity_of(), again;
    nt_text words;
    (void)folder;
    assert_int_equal(nt_identity_write(&usual, metadata), NT_IDENTITY_ENTRIES - 1);
    assert_null(nt_identity_read(metadata, &again));
    assert_string_equal(again.parts[NT_PART_RATES], NT_USUAL_RATES);
    set_rate("conv1", 1);
    assert_identity(&usual);
    b.recipe.rate_count = 0;
    freeze((const char *const[]){"conv1", NULL});
    nt_identity layer = identity_of();
    freeze((const char *const[]){"conv1.wei*", NULL});
    assert_identity(&layer);
    nt_text_init(&words);
    assert_true(nt_identity_difference(&layer, &usual, &words));
    assert_string_equal(words.bytes, "what is frozen, or at which rate parts of it learn, differs");
    nt_text_finish(&words);
}

static void expect_flaw(const char *message, const char *hint) {
    assert_int_equal(nt_param_rates_check(&b.recipe, b.network, &b.error), NT_INVALID);
    assert_int_equal(b.error.count, 1);
    assert_string_equal(b.error.items[0].message, message);
    assert_string_equal(b.error.items[0].hint, hint);
    nt_error_finish(&b.error);
    nt_error_init(&b.error);
}

static void patterns_must_mean_something(void **folder) {
    (void)folder;
    freeze((const char *const[]){"conv7", NULL});
    expect_flaw("the network 'tiny' has no layer and no parameter 'conv7'",
                "did you mean 'conv1'?");
    freeze((const char *const[]){"*", NULL});
    expect_flaw("all of the network is frozen, so nothing would be trained",
                "leave some layers out of 'frozen'");
    b.recipe.frozen_count = 0;
    set_rate("bn1.running_meen", 2);
    expect_flaw("the network 'tiny' has no layer with a weight, and no weight, 'bn1.running_meen'",
                "did you mean 'bn1.running_mean'?");
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

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(frozen_parts_do_not_move),
        IN_FOLDER(frozen_parts_cost_nothing),
        IN_FOLDER(rates_scale_exactly),
        IN_FOLDER(shards_freeze_too),
        IN_FOLDER(zeros_are_kept),
        IN_FOLDER(identity_without_memory),
        IN_FOLDER(identity_has_what_is_frozen),
        IN_FOLDER(patterns_must_mean_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
