/* Metrics, against numbers worked out by hand. */
#include "score.h"
#include "support_base.h"
#include <math.h>

static const nt_scoring masks = {NT_TARGET_MASK, 3, NT_DICE};
static const nt_scoring classes = {NT_TARGET_CLASS, 3, NT_ACCURACY};

enum { BYTES = 36 };

static void near(double found, double wanted) {
    if (!(fabs(found - wanted) < 1e-9))
        fail_msg("%.15g, not %.15g", found, wanted);
}

/* Logits whose largest is that of the class said for each pixel; 9: all are NaN. */
static void fill(const char *guesses, float *logits) {
    for (; *guesses; guesses++, logits += 3)
        for (int c = 0; c < 3; c++)
            logits[c] = *guesses == '9' ? NAN : c == *guesses - '0' ? 2.0f : 1.0f;
}

static void score(const char *guesses, const char *truth, unsigned char *ret) {
    float logits[3 * 32];
    int32_t target[32];
    double loss;
    fill(guesses, logits);
    for (size_t i = 0; truth[i]; i++)
        target[i] = truth[i] == 'x' ? NT_NO_CLASS : truth[i] - '0';
    nt_score_sample(masks, logits, 3, target, (int64_t)strlen(truth), ret, &loss);
}

static double dice(const char *guesses, const char *truth) {
    unsigned char outcome[BYTES];
    score(guesses, truth, outcome);
    return nt_score_value(masks, outcome);
}

static double iou(const char *guesses, const char *truth) {
    const nt_scoring scoring = {NT_TARGET_MASK, 3, NT_IOU};
    unsigned char outcome[BYTES];
    score(guesses, truth, outcome);
    return nt_score_value(scoring, outcome);
}

static void images_are_scored(void **state) {
    (void)state;
    near(dice("001122", "001122"), 1);
    near(dice("000000", "001111"), 0);
    near(dice("011100", "001110"), 2 * 2 / 6.0);
    near(iou("011100", "001110"), 2 / 4.0);
    near(dice("011122", "001111"), (2 * 2 / 7.0 + 0) / 2);
    near(dice("000000", "000000"), 1);            /* nothing to find, nothing found */
    near(dice("000010", "000000"), 0);            /* something found */
    near(dice("011222", "011xxx"), 1);            /* unknown pixels count nowhere */
    assert_true(isnan(dice("0000", "xxxx")));     /* and where there are no others, nothing does */
    assert_true(isnan(dice("019900", "011100"))); /* a NaN is no answer */
    near(dice("012012", "000111"), (2 * 1 / 5.0 + 0) / 2);
}

static void ties_go_to_the_first(void **state) {
    (void)state;
    float logits[] = {1, 1, 0};
    unsigned char outcome[1];
    double loss;
    nt_score_sample(classes, logits, 3, (int32_t[]){0}, 1, outcome, &loss);
    assert_int_equal(outcome[0], 1);
    near(loss, log(2 * exp(1.0) + 1) - 1);
    nt_score_sample(classes, logits, 3, (int32_t[]){1}, 1, outcome, &loss);
    assert_int_equal(outcome[0], 0);
}

/* Whatever the logit is, and whatever else there is. */
static void failures_are_marked(void **state) {
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    unsigned char outcomes[3] = {1, 1, 0}, mask[2 * BYTES];
    double loss;
    for (int i = 0; i < 3; i++) {
        float logits[] = {1, bad[i], 2};
        nt_score_sample(classes, logits, 3, (int32_t[]){2}, 1, &outcomes[1], &loss);
        assert_true(isnan(loss) && nt_score_failed(classes, &outcomes[1]));
        nt_outcome total = nt_score_total(classes, outcomes, 3, loss);
        assert_true(total.failed == 1 && total.failure == 1 && isnan(total.value));
    }
    score("0110", "0110", mask);
    score("0190", "0110", mask + BYTES);
    assert_false(nt_score_failed(masks, mask));
    nt_outcome total = nt_score_total(masks, mask, 2, NAN);
    assert_true(total.failed == 1 && total.failure == 1 && isnan(total.set_dice));
    total = nt_score_total(masks, mask, 1, NAN); /* as it was kept before there were marks */
    assert_true(total.failed == 1 && total.failure == -1);
}

/* An image whose every pixel is ignored is in no mean, of the loss neither. */
static void ignored_images_do_not_count(void **state) {
    (void)state;
    unsigned char outcomes[3 * BYTES];
    score("0110", "0110", outcomes);
    score("0110", "xxxx", outcomes + BYTES);
    score("0000", "0110", outcomes + 2 * BYTES);
    nt_outcome total = nt_score_total(masks, outcomes, 3, 3);
    assert_true(total.total == 3 && total.uncounted == 1 && total.failed == 0);
    near(total.value, 1 / 2.0);
    near(total.loss, 3 / 2.0);
    total = nt_score_total(masks, outcomes + BYTES, 1, 0);
    assert_true(total.uncounted == 1 && isnan(total.value) && isnan(total.pixel_accuracy));
}

static void counts_are_kept_low_byte_first(void **state) {
    (void)state;
    static unsigned char outcome[BYTES];
    enum { PIXELS = 70000 };
    float *logits = calloc(3 * PIXELS, sizeof *logits);
    int32_t *target = calloc(PIXELS, sizeof *target);
    double loss;
    for (int p = 0; p < PIXELS; p++)
        logits[3 * p + 1] = 5;
    target[0] = 1;
    nt_score_sample(masks, logits, 3, target, PIXELS, outcome, &loss);
    static const unsigned char wanted[BYTES] = {
        [8] = 0x6f,  [9] = 0x11,  [10] = 0x01,            /* class 0 is there 69999 times */
        [12] = 1,                                         /* class 1: one in both, */
        [16] = 0x70, [17] = 0x11, [18] = 0x01, [20] = 1}; /* 70000 predicted, one there */
    assert_memory_equal(outcome, wanted, BYTES);
    near(loss, log(2 + exp(5.0)) - 5.0 / PIXELS);
    free(logits);
    free(target);
}

static void many_are_summed_up(void **state) {
    (void)state;
    unsigned char outcomes[3 * BYTES];
    score("0110", "0110", outcomes);
    score("0000", "0110", outcomes + BYTES);
    score("2200", "2000", outcomes + 2 * BYTES);
    nt_outcome total = nt_score_total(masks, outcomes, 3, 6);
    assert_int_equal(total.total, 3);
    near(total.value, (1 + 0 + 2 / 3.0) / 3);
    near(total.set_dice, (2 * 2 / 6.0 + 2 * 1 / 3.0) / 2);
    near(total.set_iou, (2 / 4.0 + 1 / 2.0) / 2);
    near(total.pixel_accuracy, 9 / 12.0);
    near(total.loss, 2);
    nt_class_score scores[3];
    nt_score_classes(masks, outcomes, 3, scores);
    assert_true(scores[1].both == 2 && scores[1].predicted == 2 && scores[1].there == 4);
    assert_true(scores[0].both == 6 && scores[0].predicted == 8 && scores[0].there == 7);
    assert_true(isnan(nt_class_dice((nt_class_score){0})));
    static const unsigned char right[] = {1, 0, 1, 1};
    total = nt_score_total(classes, right, 4, 2);
    assert_true(total.correct == 3 && total.value == 0.75);
    assert_true(nt_score_total(classes, right, 0, 0).value == 0);
}

static void bytes_tell_what_they_count(void **state) {
    (void)state;
    nt_scoring found;
    assert_true(nt_scoring_from_bytes(1, NT_ACCURACY, &found) && found.target == NT_TARGET_CLASS);
    assert_true(nt_scoring_from_bytes(36, NT_IOU, &found) && found.classes == 3);
    assert_int_equal(nt_score_bytes(found), 36);
    assert_false(nt_scoring_from_bytes(36, NT_ACCURACY, &found));
    assert_false(nt_scoring_from_bytes(1, NT_DICE, &found));
    assert_false(nt_scoring_from_bytes(12, NT_DICE, &found));
    assert_false(nt_scoring_from_bytes(35, NT_DICE, &found));
    assert_false(nt_scoring_from_bytes(0, NT_DICE, &found));
    assert_false(nt_scoring_from_bytes(12 * 256, NT_DICE, &found));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_scored),
        cmocka_unit_test(ties_go_to_the_first),
        cmocka_unit_test(failures_are_marked),
        cmocka_unit_test(ignored_images_do_not_count),
        cmocka_unit_test(counts_are_kept_low_byte_first),
        cmocka_unit_test(many_are_summed_up),
        cmocka_unit_test(bytes_tell_what_they_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
