/* Images with masks: how they are shown, held out by patients, and moved together with their masks;
 * on phantoms, whose kind needs no files. */
#include "feeder.h"
#include "parallel.h"
#include "support_data.h"
#include <math.h>

enum { SIZE = 32, PATIENTS = 5, EACH = 4, TRAIN = PATIENTS * EACH };

static nt_error error;

/* Five patients to train on and two to test on, of two slices at two times each. */
static nt_dataset *open_phantoms(const char *more) {
    char options[200];
    nt_dataset *set = NULL;
    snprintf(options, sizeof options, "train=5 test=2 slices=2 times=[150,1000] size=32 pixel=5 %s",
             more);
    EXPECT_OK(&error, open_with("phantom", NULL, options, -1, &set, &error));
    return set;
}

static void digest_of(const char *options, char ret[NT_DIGEST_HEX]) {
    nt_dataset *set = open_phantoms(options);
    EXPECT_OK(&error, nt_dataset_digest(set, ret, &error));
    nt_dataset_free(set);
}

static void phantoms_follow_from_their_options(void **state) {
    (void)state;
    nt_dataset *one = open_phantoms(""), *two = open_phantoms(""), *other = open_phantoms("seed=1");
    char a[NT_DIGEST_HEX], b[NT_DIGEST_HEX], c[NT_DIGEST_HEX];
    size_t size = SIZE * SIZE * sizeof(float);
    int threads = nt_threads();
    EXPECT_OK(&error, nt_dataset_load(one, NT_TRAIN, &error));
    nt_threads_set(3);
    EXPECT_OK(&error, nt_dataset_load(two, NT_TRAIN, &error));
    nt_threads_set(threads);
    EXPECT_OK(&error, nt_dataset_load(other, NT_TRAIN, &error));
    for (int32_t i = 0; i < TRAIN; i++) {
        const void *pixels = sample_of_set(one, NT_TRAIN, i).pixels;
        const unsigned char *mask = sample_of_set(one, NT_TRAIN, i).mask;
        assert_memory_equal(pixels, sample_of_set(two, NT_TRAIN, i).pixels, size);
        assert_memory_equal(mask, sample_of_set(two, NT_TRAIN, i).mask, SIZE * SIZE);
        assert_true(memcmp(pixels, sample_of_set(other, NT_TRAIN, i).pixels, size) != 0);
        int ring = 0;
        for (int p = 0; p < SIZE * SIZE; p++)
            ring += mask[p];
        assert_true(ring > 10 && ring < 400); /* pixels of 5 mm */
    }
    digest_of("", a);
    digest_of("", b);
    digest_of("noise=0.2", c);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    nt_dataset_free(one);
    nt_dataset_free(two);
    nt_dataset_free(other);
}

static void patients_are_held_out_whole(void **state) {
    (void)state;
    nt_dataset *set = open_phantoms("");
    EXPECT_OK(&error, nt_dataset_hold_out(set, 5, 7, &error)); /* two patients: eight images */
    assert_int_equal(nt_dataset_count(set, NT_HELD_OUT), 2 * EACH);
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 3 * EACH);
    bool held[PATIENTS] = {false};
    for (int32_t i = 0; i < 2 * EACH; i++)
        held[nt_dataset_patient(set, NT_HELD_OUT, i)] = true;
    for (int32_t i = 0; i < 3 * EACH; i++) {
        assert_false(held[nt_dataset_patient(set, NT_TRAIN, i)]);
        assert_true(i == 0 || strcmp(nt_dataset_name(set, NT_TRAIN, i - 1),
                                     nt_dataset_name(set, NT_TRAIN, i)) < 0);
    }
    EXPECT_OK(&error, nt_dataset_hold_out(set, 0, 7, &error));
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), TRAIN);
    nt_status status = nt_dataset_hold_out(set, TRAIN - 1, 7, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "patients stay together");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), TRAIN);
    nt_dataset_free(set);
}

static void windows_show_the_middle(void **state) {
    (void)state;
    nt_dataset *set = open_phantoms("");
    nt_loader *whole, *part;
    const float mean = 0, deviation = 1;
    const nt_loading all = {.mean = &mean, .deviation = &deviation};
    nt_loading middle = all;
    middle.window[0] = 10;
    middle.window[1] = 21;
    EXPECT_OK(&error, nt_loader_new(set, NT_TRAIN, &all, &whole, &error));
    EXPECT_OK(&error, nt_loader_new(set, NT_TRAIN, &middle, &part, &error));
    assert_int_equal(nt_loader_target_size(part), 210);
    static float images[2][SIZE * SIZE], cut[2][210];
    static int32_t masks[2][SIZE * SIZE], cut_masks[2][210];
    EXPECT_OK(&error, nt_loader_fill(whole, 3, 2, images[0], masks[0], &error));
    EXPECT_OK(&error, nt_loader_fill(part, 3, 2, cut[0], cut_masks[0], &error));
    for (int i = 0; i < 2; i++)
        for (int p = 0; p < 210; p++) {
            int at = (11 + p / 21) * SIZE + 5 + p % 21;
            assert_true(cut[i][p] == images[i][at]);
            assert_int_equal(cut_masks[i][p], masks[i][at]);
        }
    nt_loader_free(part);
    middle.window[0] = SIZE + 1;
    nt_status status = nt_loader_new(set, NT_TRAIN, &middle, &part, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "a window of 33x21 is larger");
    nt_loader_free(whole);
    nt_dataset_free(set);
}

static void images_are_normalised_one_by_one(void **state) {
    (void)state;
    nt_dataset *set = open_phantoms("");
    nt_loader *loader;
    EXPECT_OK(&error,
              nt_loader_new(set, NT_TEST, NULL, &loader, &error)); /* the kind's usual way */
    static float images[8][SIZE * SIZE];
    EXPECT_OK(&error, nt_loader_fill(loader, 0, 8, images[0], NULL, &error));
    for (int i = 0; i < 8; i++) {
        double sum = 0, squares = 0;
        for (int p = 0; p < SIZE * SIZE; p++) {
            sum += (double)images[i][p];
            squares += (double)images[i][p] * (double)images[i][p];
        }
        assert_true(fabs(sum / (SIZE * SIZE)) < 1e-5);
        assert_true(fabs(squares / (SIZE * SIZE) - 1) < 1e-4);
    }
    nt_loader_free(loader);
    nt_dataset_free(set);
}

/* --- augmentation ----------------------------------------------------------------------------- */

typedef struct picture {
    float image[SIZE * SIZE];
    unsigned char mask[SIZE * SIZE];
} picture;

/* A bright ellipse off the middle, and its mask. */
static void draw(picture *p) {
    for (int r = 0; r < SIZE; r++)
        for (int c = 0; c < SIZE; c++) {
            double y = (r - 13) / 7.0, x = (c - 18) / 10.0;
            p->mask[r * SIZE + c] = y * y + x * x < 1;
            p->image[r * SIZE + c] = p->mask[r * SIZE + c] ? 0.8f : 0.2f;
        }
}

static void apply(const char *name, const char *options, uint64_t stream, const picture *from,
                  picture *to) {
    const nt_augment *augment = nt_augment_find(name);
    nt_arena arena;
    nt_random random;
    char why[NT_FIELD_WHY];
    nt_arena_init(&arena);
    nt_random_init(&random, 5, stream);
    const void *record = nt_kind_record(&augment->kind, options, &arena, why);
    assert_non_null(record);
    augment->apply(&(nt_augment_call){.options = record,
                                      .random = &random,
                                      .shape = nt_shape_of(3, (const int32_t[]){1, SIZE, SIZE}),
                                      .window = {20, 24},
                                      .image = from->image,
                                      .ret_image = to->image,
                                      .mask = from->mask,
                                      .ret_mask = to->mask});
    nt_arena_finish(&arena);
}

/* Pixels whose mask is not what their brightness says, but for those on an edge. */
static int strays(const picture *p) {
    int count = 0;
    for (int i = 0; i < SIZE * SIZE; i++) {
        bool clear = fabsf(p->image[i] - 0.5f) > 0.2f;
        count += clear && p->mask[i] != NT_NO_CLASS && (p->image[i] > 0.5f) != p->mask[i];
    }
    return count;
}

static void masks_move_with_their_images(void **state) {
    (void)state;
    static const char *const moves[][2] = {{"affine", "rotate=40 scale=0.3 translate=0.1"},
                                           {"affine", "rotate=180 scale=0"},
                                           {"flip", "probability=1"},
                                           {"flip", "probability=1 axis=rows"},
                                           {"crop", "pad=6"},
                                           {"random_window", ""}};
    static picture from, to;
    draw(&from);
    for (size_t m = 0; m < sizeof moves / sizeof *moves; m++) {
        int moved = 0;
        for (uint64_t stream = 0; stream < 50; stream++) {
            apply(moves[m][0], moves[m][1], stream, &from, &to);
            assert_int_equal(strays(&to), 0);
            moved += memcmp(from.mask, to.mask, sizeof to.mask) != 0;
        }
        assert_true(moved > 40);
    }
    apply("affine", "rotate=0 scale=0 translate=0", 1, &from, &to);
    assert_memory_equal(&from, &to, sizeof to);
}

/* Turned about the middle, what lay off it stays as far off it and as large. */
static void turning_keeps_distances(void **state) {
    (void)state;
    static picture from, to;
    for (int p = 0; p < SIZE * SIZE; p++) {
        double y = (p / SIZE - 15.5) - 3, x = (p % SIZE - 15.5) - 4; /* 5 off the middle */
        from.mask[p] = y * y + x * x < 36;
        from.image[p] = from.mask[p];
    }
    for (uint64_t stream = 0; stream < 30; stream++) {
        double area = 0, y = 0, x = 0;
        apply("affine", "rotate=180 scale=0 translate=0", stream, &from, &to);
        for (int p = 0; p < SIZE * SIZE; p++) {
            area += to.mask[p];
            y += to.mask[p] * (p / SIZE - 15.5);
            x += to.mask[p] * (p % SIZE - 15.5);
        }
        assert_true(fabs(area - 113) < 8);
        assert_true(fabs(sqrt(y * y + x * x) / area - 5) < 0.2);
    }
}

static void intensities_leave_masks_alone(void **state) {
    (void)state;
    static picture from, to, again;
    draw(&from);
    for (uint64_t stream = 0; stream < 20; stream++) {
        apply("intensity", "gain=0.3 offset=0.2 gamma=0.5", stream, &from, &to);
        assert_memory_equal(from.mask, to.mask, sizeof to.mask);
        float low = to.image[0], high = to.image[13 * SIZE + 18];
        for (int p = 0; p < SIZE * SIZE; p++)
            assert_true(to.image[p] == (from.mask[p] ? high : low));
        assert_true(low >= 0.2f - 0.13f && low <= 0.2f + 0.13f);
        assert_true(high - low >= 0.6f * 0.69f && high - low <= 0.6f * 1.31f);
        apply("noise", "deviation=0.5", stream, &from, &to);
        apply("noise", "deviation=0.5", stream, &from, &again);
        assert_memory_equal(&to, &again, sizeof to);
        assert_memory_equal(from.mask, to.mask, sizeof to.mask);
    }
    apply("intensity", "gain=0 offset=0", 3, &from, &to);
    for (int p = 0; p < SIZE * SIZE; p++)
        assert_true(fabsf(to.image[p] - from.image[p]) < 1e-6f);
}

/* The window stays inside the whole image: nothing is padded within it. */
static void random_windows_show_no_padding(void **state) {
    (void)state;
    static picture from, to;
    bool top = false, bottom = false;
    draw(&from);
    for (int p = 0; p < SIZE * SIZE; p++)
        from.image[p] = (float)(1 + p / SIZE);
    for (uint64_t stream = 0; stream < 400; stream++) {
        apply("random_window", "", stream, &from, &to);
        float first = to.image[6 * SIZE + 4], last = to.image[25 * SIZE + 27]; /* of the window */
        assert_true(first >= 1 && last == first + 19);
        top = top || first == 1;
        bottom = bottom || last == SIZE;
    }
    assert_true(top && bottom);
}

/* Without augmentation the feeder gives what the loader shows, masks included; and so it does when
 * the second step takes back what the first did. */
static void check_feeder(const nt_augment_step *steps, int32_t step_count) {
    nt_dataset *set = open_phantoms("");
    nt_loader *loader;
    nt_feeder *feeder;
    const nt_loading middle = {.window = {20, 24}};
    EXPECT_OK(&error, nt_loader_new(set, NT_TRAIN, &middle, &loader, &error));
    EXPECT_OK(&error, nt_feeder_new(loader, steps, step_count, TRAIN, 3, &feeder, &error));
    static float fed[TRAIN][480], plain[TRAIN][480];
    static int32_t fed_masks[TRAIN][480], masks[TRAIN][480];
    EXPECT_OK(&error, nt_feeder_make(feeder, 0, 0, fed[0], fed_masks[0], &error));
    EXPECT_OK(&error, nt_loader_fill(loader, 0, TRAIN, plain[0], masks[0], &error));
    for (int i = 0; i < TRAIN; i++) {
        int found = 0;
        for (int k = 0; k < TRAIN; k++)
            if (memcmp(fed[i], plain[k], sizeof fed[i]) == 0) {
                assert_memory_equal(fed_masks[i], masks[k], sizeof masks[k]);
                found++;
            }
        assert_int_equal(found, 1);
    }
    nt_feeder_free(feeder);
    nt_loader_free(loader);
    nt_dataset_free(set);
}

static void feeders_feed_masks(void **state) {
    static const struct {
        double probability;
        int32_t axis;
    } always = {.probability = 1}; /* augment_flip.c's options */
    const nt_augment_step back_and_forth[] = {{nt_augment_find("flip"), &always},
                                              {nt_augment_find("flip"), &always}};
    (void)state;
    check_feeder(NULL, 0);
    check_feeder(back_and_forth, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phantoms_follow_from_their_options),
        cmocka_unit_test(patients_are_held_out_whole),
        cmocka_unit_test(windows_show_the_middle),
        cmocka_unit_test(images_are_normalised_one_by_one),
        cmocka_unit_test(masks_move_with_their_images),
        cmocka_unit_test(turning_keeps_distances),
        cmocka_unit_test(intensities_leave_masks_alone),
        cmocka_unit_test(random_windows_show_no_padding),
        cmocka_unit_test(feeders_feed_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
