/* Optimisers and schedules: PyTorch's numbers, and plain formulae. */
#include "optimiser.h"
#include "schedule.h"
#include "support_base.h"
#include "vectorise.h"
#include <math.h>

/* Room for the options of any optimiser or schedule. */
typedef union options {
    double align;
    char bytes[256];
} options;

static nt_arena arena;

static void read_options(const nt_field *fields, const char *text, options *ret) {
    char why[NT_FIELD_WHY] = "";
    memset(ret, 0, sizeof *ret);
    assert_true(nt_fields_default(fields, ret, &arena));
    if (!nt_fields_parse(fields, ret, &arena, text, why))
        fail_msg("%s: %s", text, why);
}

/* --- optimisers ------------------------------------------------------------------------------- */

/* Four steps from the same weights with the same gradients, as torch.optim takes them. */
static void expect_weights(const char *name, const char *text, const float *expected) {
    static const float grads[4][3] = {
        {.1f, -.2f, .3f}, {.4f, .5f, -.6f}, {-.7f, .8f, .9f}, {.05f, -.1f, .15f}};
    const nt_optimiser *optimiser = nt_optimiser_find(name);
    float weights[3] = {1, -2, .5f}, slots[NT_MAX_SLOTS][3] = {{0}};
    options record;
    assert_non_null(optimiser);
    assert_true(optimiser->kind.size <= sizeof record);
    read_options(optimiser->kind.fields, text, &record);
    for (int step = 0; step < 4; step++)
        optimiser->update(&(nt_update_call){.options = &record,
                                            .rate = 0.1,
                                            .step = step + 1,
                                            .count = 3,
                                            .weights = weights,
                                            .grads = grads[step],
                                            .slots = {slots[0], slots[1]}});
    for (int i = 0; i < 3; i++)
        if (fabsf(weights[i] - expected[i]) > 3e-7f)
            fail_msg("%s %s: weight %d is %.9g, not %.9g", name, text, i, (double)weights[i],
                     (double)expected[i]);
}

static void optimisers_are_pytorchs(void **state) {
    (void)state;
    expect_weights("sgd", "momentum=0.9 weight_decay=0.01 nesterov=true",
                   (const float[]){0.989941895f, -2.26323271f, 0.305351049f});
    expect_weights("sgd", "momentum=0.9 weight_decay=0.01",
                   (const float[]){0.976347029f, -2.1905601f, 0.369045258f});
    expect_weights("adamw", "weight_decay=0.05",
                   (const float[]){0.827434301f, -2.03002906f, 0.358089209f});
}

enum { MANY = 100 };

/* Three steps of `count` weights at a time. */
static void update_many(const nt_optimiser *optimiser, const options *record, int count,
                        float ret_weights[MANY]) {
    float grads[MANY], slots[NT_MAX_SLOTS][MANY] = {{0}};
    for (int i = 0; i < MANY; i++)
        ret_weights[i] = sinf((float)i);
    for (int step = 1; step <= 3; step++) {
        for (int i = 0; i < MANY; i++)
            grads[i] = cosf((float)(i * step));
        for (int i = 0; i < MANY; i += count)
            optimiser->update(&(nt_update_call){.options = record,
                                                .rate = 0.1,
                                                .step = step,
                                                .count = count,
                                                .weights = ret_weights + i,
                                                .grads = grads + i,
                                                .slots = {slots[0] + i, slots[1] + i}});
    }
}

/* A weight's bits depend on its own history alone: not on the others, nor on the processor. */
static void weights_are_apart(void **state) {
    (void)state;
    for (const nt_kind *const *at = nt_optimisers; *at; at++) {
        const nt_optimiser *optimiser = (const nt_optimiser *)*at;
        float together[MANY], alone[MANY], plain[MANY];
        options record;
        read_options((*at)->fields, "weight_decay=0.01", &record);
        update_many(optimiser, &record, MANY, together);
        update_many(optimiser, &record, 1, alone);
        nt_vectors_allow_wide(false);
        update_many(optimiser, &record, MANY, plain);
        nt_vectors_allow_wide(true);
        assert_memory_equal(alone, together, sizeof together);
        assert_memory_equal(plain, together, sizeof together);
    }
}

/* The places past the last channel of a kernel have no gradient and must stay zero. */
static void zeros_stay(void **state) {
    (void)state;
    static const char *const texts[] = {"sgd", "momentum=1 weight_decay=1 nesterov=true", "adamw",
                                        "eps=1e-16 beta1=0 beta2=0 weight_decay=1"};
    for (int k = 0; k < 4; k += 2) {
        const nt_optimiser *optimiser = nt_optimiser_find(texts[k]);
        float weight = 0, grad = 0, first = 0, second = 0;
        options record;
        read_options(optimiser->kind.fields, texts[k + 1], &record);
        for (int step = 1; step <= 3; step++)
            optimiser->update(&(nt_update_call){.options = &record,
                                                .rate = 10,
                                                .step = step,
                                                .count = 1,
                                                .weights = &weight,
                                                .grads = &grad,
                                                .slots = {&first, &second}});
        assert_true(weight == 0);
    }
}

static void impossible_options_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"beta1=1", "beta2=1", "eps=0"};
    for (int i = 0; i < 3; i++) {
        options record;
        char why[NT_FIELD_WHY];
        const nt_field *fields = nt_optimiser_find("adamw")->kind.fields;
        assert_true(nt_fields_default(fields, &record, &arena));
        assert_false(nt_fields_parse(fields, &record, &arena, texts[i], why));
    }
}

/* --- schedules -------------------------------------------------------------------------------- */

static double rate_at(const nt_schedule *schedule, const options *record, int step, int steps,
                      int per_epoch) {
    return schedule->rate(record, (nt_moment){step, steps, per_epoch});
}

static void expect_rates(const char *name, const char *text, int steps, int per_epoch,
                         const double *expected, double tolerance) {
    const nt_schedule *schedule = nt_schedule_find(name);
    options record;
    assert_non_null(schedule);
    assert_true(schedule->kind.size <= sizeof record);
    read_options(schedule->kind.fields, text, &record);
    for (int step = 0; step < steps; step++) {
        double rate = rate_at(schedule, &record, step, steps, per_epoch);
        if (fabs(rate - expected[step]) > tolerance)
            fail_msg("%s %s: step %d has rate %.9g, not %.9g", name, text, step, rate,
                     expected[step]);
    }
}

/* torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=20, pct_start=0.25). */
static void one_cycle_is_pytorchs(void **state) {
    (void)state;
    static const double cosine[] = {0.004,        0.0180588745, 0.052,         0.0859411255,
                                    0.1,          0.0989073844, 0.0956772902,  0.0904508879,
                                    0.0834565965, 0.0750001,    0.0654509879,  0.0552266023,
                                    0.0447737977, 0.0345494121, 0.0250003,     0.0165438035,
                                    0.0095495121, 0.0043231098, 0.00109301559, 4e-07};
    double linear[20] = {0.004, 0.028, 0.052, 0.076, 0.1};
    for (int i = 5; i < 20; i++)
        linear[i] = 0.1 + (4e-07 - 0.1) * (i - 4) / 15;
    expect_rates("one_cycle", "peak=0.1 warm_up=0.25", 20, 5, cosine, 1e-10);
    expect_rates("one_cycle", "peak=0.1 warm_up=0.25 shape=linear", 20, 5, linear, 1e-12);
    assert_true(fabs(linear[5] - 0.09333336) < 1e-9); /* PyTorch's */
}

/* Few steps, and a warm-up of less than one: rates stay within the cycle. */
static void one_cycle_is_sane_when_short(void **state) {
    (void)state;
    const nt_schedule *schedule = nt_schedule_find("one_cycle");
    static const char *const texts[] = {"peak=1", "peak=1 warm_up=0.001", "peak=1 warm_up=0.999"};
    for (int k = 0; k < 3; k++)
        for (int steps = 1; steps < 12; steps++)
            for (int step = 0; step < steps; step++) {
                options record;
                read_options(schedule->kind.fields, texts[k], &record);
                double rate = rate_at(schedule, &record, step, steps, 1);
                assert_true(rate > 0 && rate <= 1);
            }
}

static void others_follow_their_formulae(void **state) {
    (void)state;
    const double pi = acos(-1);
    double expected[12];
    /* 12 steps, 3 an epoch; a warm-up of 1.5 epochs takes 4.5 steps. */
    for (int i = 0; i < 12; i++)
        expected[i] = 0.2;
    expect_rates("constant", "rate=0.2", 12, 3, expected, 0);
    for (int i = 0; i < 4; i++)
        expected[i] = 0.2 * (i + 1) / 4.5;
    expect_rates("constant", "rate=0.2 warm_up=1.5", 12, 3, expected, 1e-15);

    for (int i = 0; i < 12; i++)
        expected[i] = i < 3 ? 0.2 : i < 9 ? 0.1 : 0.05;
    expect_rates("step", "rate=0.2 at=[1,3] factor=0.5", 12, 3, expected, 1e-15);
    expected[0] = 0.2 / 3;
    expected[1] = 0.2 * 2 / 3;
    expect_rates("step", "rate=0.2 at=[1,3] factor=0.5 warm_up=1", 12, 3, expected, 1e-15);

    for (int i = 0; i < 12; i++)
        expected[i] = 0.01 + 0.19 * (1 + cos(pi * i / 12)) / 2;
    expect_rates("cosine", "rate=0.2 final=0.01", 12, 3, expected, 1e-15);
    for (int i = 0; i < 12; i++)
        expected[i] = i < 3 ? 0.2 * (i + 1) / 3 : 0.01 + 0.19 * (1 + cos(pi * (i - 3) / 9)) / 2;
    expect_rates("cosine", "rate=0.2 final=0.01 warm_up=1", 12, 3, expected, 1e-15);
}

static void misfits_say_why(void **state) {
    (void)state;
    static const struct {
        const char *name, *text, *why; /* NULL: it fits */
    } cases[] = {
        {"constant", "rate=1 warm_up=3", NULL},
        {"constant", "rate=1 warm_up=3.5",
         "its warm_up of 3.5 epochs is longer than the training of 3"},
        {"cosine", "rate=1 warm_up=2.9", NULL},
        {"cosine", "rate=1 warm_up=3", "its warm_up of 3 epochs leaves nothing of a training of 3"},
        {"one_cycle", "peak=1", NULL},
        {"one_cycle", "peak=1 warm_up=0",
         "its warm_up is 0, but a cycle rises and falls: give a share between 0 and 1"},
        {"one_cycle", "peak=1 warm_up=1",
         "its warm_up is 1, but a cycle rises and falls: give a share between 0 and 1"},
        {"step", "rate=1 at=[1,2]", NULL},
        {"step", "rate=1 at=[2,2]", "its epochs must ascend, but 2 follows 2"},
        {"step", "rate=1 at=[1,3]", "it falls after epoch 3, but the training has 3 epochs"},
        {"step", "rate=1 at=[1] warm_up=4",
         "its warm_up of 4 epochs is longer than the training of 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const nt_schedule *schedule = nt_schedule_find(cases[i].name);
        char why[NT_SCHEDULE_WHY] = "";
        options record;
        read_options(schedule->kind.fields, cases[i].text, &record);
        assert_int_equal(schedule->fits(&record, 3, why), cases[i].why == NULL);
        assert_string_equal(why, cases[i].why ? cases[i].why : "");
    }
}

static void names_are_found(void **state) {
    (void)state;
    assert_null(nt_optimiser_find("sdg"));
    assert_string_equal(nt_kind_nearest(nt_optimisers, NULL, "sdg"), "sgd");
    assert_null(nt_kind_nearest(nt_optimisers, NULL, "something else"));
    assert_null(nt_schedule_find("one-cycle"));
    assert_string_equal(nt_kind_nearest(nt_schedules, NULL, "one-cycle"), "one_cycle");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimisers_are_pytorchs),
        cmocka_unit_test(weights_are_apart),
        cmocka_unit_test(zeros_stay),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(one_cycle_is_pytorchs),
        cmocka_unit_test(one_cycle_is_sane_when_short),
        cmocka_unit_test(others_follow_their_formulae),
        cmocka_unit_test(misfits_say_why),
        cmocka_unit_test(names_are_found),
    };
    nt_arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nt_arena_finish(&arena);
    return failed;
}
