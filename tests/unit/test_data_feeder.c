/* The feeder and the augmentations: which samples a batch holds, and what becomes of them. */
#include "feeder.h"
#include "parallel.h"
#include "support_data.h"

enum { TRAIN = 23, BATCH = 5, STEPS = 4, PIXELS = 20 };

static nt_error error;

typedef struct set {
    nt_dataset *dataset;
    nt_loader *loader;
} set;

/* 23 images of 1x4x5; mean 0 and deviation 1 unless others are given. */
static set open_set(const char *folder, float mean, float deviation) {
    unsigned char bytes[1000];
    set s;
    write_bytes(path_in(folder, "train-images-idx3-ubyte"), bytes, idx_images(bytes, 0, TRAIN));
    write_bytes(path_in(folder, "train-labels-idx1-ubyte"), bytes, idx_labels(bytes, 0, TRAIN));
    EXPECT_OK(&error, nt_dataset_open(nt_data_find("idx"), NULL, folder, NULL, &s.dataset, &error));
    EXPECT_OK(&error, nt_loader_new(s.dataset, NT_TRAIN,
                                    &(nt_loading){.mean = &mean, .deviation = &deviation},
                                    &s.loader, &error));
    return s;
}

static void close_set(set s) {
    nt_loader_free(s.loader);
    nt_dataset_free(s.dataset);
}

static nt_feeder *new_feeder(set s, const nt_augment_step *steps, int count, int batch,
                             uint64_t seed) {
    nt_feeder *feeder = NULL;
    EXPECT_OK(&error, nt_feeder_new(s.loader, steps, count, batch, seed, &feeder, &error));
    return feeder;
}

/* Which sample an image is; images are all different. */
static int sample_of(const float *image) {
    for (int i = 0; i < TRAIN; i++) {
        int p = 0;
        while (p < PIXELS && image[p] == (float)pixel_of(i, 0, p) / 255)
            p++;
        if (p == PIXELS)
            return i;
    }
    fail_msg("no such image");
    return -1;
}

/* The samples of an epoch, in order; their labels are checked. */
static void list_epoch(nt_feeder *feeder, int epoch, int ret[STEPS * BATCH]) {
    float images[BATCH * PIXELS];
    int32_t labels[BATCH];
    for (int step = 0; step < STEPS; step++) {
        EXPECT_OK(&error, nt_feeder_make(feeder, epoch, step, images, labels, &error));
        for (int i = 0; i < BATCH; i++) {
            int sample = sample_of(images + i * PIXELS);
            assert_int_equal(labels[i], label_of(sample, 10));
            ret[step * BATCH + i] = sample;
        }
    }
}

static void every_sample_comes_once(void **state) {
    set s = open_set(*state, 0, 1);
    nt_feeder *feeder = new_feeder(s, NULL, 0, BATCH, 3);
    assert_int_equal(nt_feeder_steps(feeder), STEPS);
    int often[TRAIN] = {0}, first[TRAIN] = {0};
    for (int epoch = 0; epoch < 400; epoch++) {
        int order[STEPS * BATCH], seen[TRAIN] = {0};
        list_epoch(feeder, epoch, order);
        for (int i = 0; i < STEPS * BATCH; i++)
            assert_int_equal(seen[order[i]]++, 0);
        for (int i = 0; i < TRAIN; i++)
            often[i] += seen[i];
        first[order[0]]++;
    }
    for (int i = 0; i < TRAIN; i++) { /* what doesn't fill a batch is not always the same */
        assert_in_range(often[i], 400 * 20 / 23 - 35, 400 * 20 / 23 + 35);
        assert_in_range(first[i], 3, 40);
    }
    nt_feeder_free(feeder);

    feeder = new_feeder(s, NULL, 0, TRAIN, 3); /* all of them in one batch */
    float images[TRAIN * PIXELS];
    int32_t labels[TRAIN];
    int sum = 0;
    EXPECT_OK(&error, nt_feeder_make(feeder, 0, 0, images, labels, &error));
    for (int i = 0; i < TRAIN; i++)
        sum += sample_of(images + i * PIXELS);
    assert_int_equal(sum, TRAIN * (TRAIN - 1) / 2);
    nt_feeder_free(feeder);
    close_set(s);
}

static void orders_differ(void **state) {
    set s = open_set(*state, 0, 1);
    int orders[6][STEPS * BATCH];
    for (int seed = 0; seed < 2; seed++) {
        nt_feeder *feeder = new_feeder(s, NULL, 0, BATCH, (uint64_t)seed);
        for (int epoch = 0; epoch < 3; epoch++)
            list_epoch(feeder, epoch, orders[3 * seed + epoch]);
        nt_feeder_free(feeder);
    }
    for (int a = 0; a < 6; a++)
        for (int b = 0; b < a; b++)
            assert_memory_not_equal(orders[a], orders[b], sizeof orders[a]);
    close_set(s);
}

/* Without augmentation, the loader's own images, bit for bit. */
static void images_are_the_loaders(void **state) {
    set s = open_set(*state, .3f, .7f);
    nt_feeder *feeder = new_feeder(s, NULL, 0, TRAIN, 3);
    float made[TRAIN * PIXELS], whole[TRAIN * PIXELS];
    int32_t labels[TRAIN];
    int found = 0;
    EXPECT_OK(&error, nt_loader_fill(s.loader, 0, TRAIN, whole, labels, &error));
    EXPECT_OK(&error, nt_feeder_make(feeder, 0, 0, made, labels, &error));
    for (int i = 0; i < TRAIN; i++)
        for (int k = 0; k < TRAIN; k++)
            found += memcmp(made + i * PIXELS, whole + k * PIXELS, PIXELS * sizeof *made) == 0;
    assert_int_equal(found, TRAIN);
    nt_feeder_free(feeder);
    close_set(s);
}

static void expect_next(nt_feeder *feeder, nt_feeder *maker, int epoch, int step) {
    const float *images;
    const int32_t *labels;
    float made[BATCH * PIXELS];
    int32_t made_labels[BATCH];
    EXPECT_OK(&error, nt_feeder_next(feeder, &images, &labels, &error));
    EXPECT_OK(&error, nt_feeder_make(maker, epoch, step, made, made_labels, &error));
    assert_memory_equal(images, made, sizeof made);
    assert_memory_equal(labels, made_labels, sizeof made_labels);
}

/* What augment_flip.c reads its options as. */
typedef struct flip_options {
    double probability;
    int32_t axis;
} flip_options;

static const nt_augment_step *crop_and_flip(void) {
    static const int32_t pad = 2;
    static const flip_options probability = {.probability = 0.5};
    static nt_augment_step steps[2];
    steps[0] = (nt_augment_step){nt_augment_find("crop"), &pad};
    steps[1] = (nt_augment_step){nt_augment_find("flip"), &probability};
    return steps;
}

/* The thread hands out what can be made at any time, alone; seeking goes back and forth. */
static void the_thread_makes_the_same(void **state) {
    set s = open_set(*state, .5f, .25f);
    nt_feeder *maker = new_feeder(s, crop_and_flip(), 2, BATCH, 7);
    for (int threads = 1; threads <= 3; threads++) {
        nt_threads_set(threads);
        nt_feeder *feeder = new_feeder(s, crop_and_flip(), 2, BATCH, 7);
        EXPECT_OK(&error, nt_feeder_seek(feeder, 0, 0, &error));
        for (int i = 0; i < 3 * STEPS; i++)
            expect_next(feeder, maker, i / STEPS, i % STEPS);
        EXPECT_OK(&error, nt_feeder_seek(feeder, 1, 2, &error));
        for (int i = STEPS + 2; i < 2 * STEPS + 3; i++)
            expect_next(feeder, maker, i / STEPS, i % STEPS);
        EXPECT_OK(&error, nt_feeder_seek(feeder, 0, STEPS, &error)); /* an epoch's end */
        expect_next(feeder, maker, 1, 0);
        nt_feeder_free(feeder); /* while its thread is ahead */
    }
    nt_threads_set(0);
    nt_feeder_free(maker);
    close_set(s);
}

static void a_batch_must_fit(void **state) {
    set s = open_set(*state, 0, 1);
    nt_feeder *feeder;
    nt_status status = nt_feeder_new(s.loader, NULL, 0, TRAIN + 1, 0, &feeder, &error);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 "a batch of 24 is larger than the data, which have 23 images to train on");
    close_set(s);
}

/* --- augmentation ----------------------------------------------------------------------------- */

enum { CHANNELS = 2, ROWS = 3, COLUMNS = 4, FLOATS = CHANNELS * ROWS * COLUMNS };

static float at(const float *image, int channel, int row, int column) {
    return image[(row * COLUMNS + column) * CHANNELS + channel];
}

/* Whether `to` is `from` seen through a window at (down, right), black outside. */
static bool is_window(const float *from, const float *to, int down, int right) {
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            for (int k = 0; k < CHANNELS; k++) {
                int row = r + down, column = c + right;
                bool inside = row >= 0 && row < ROWS && column >= 0 && column < COLUMNS;
                if (at(to, k, r, c) != (inside ? at(from, k, row, column) : 0))
                    return false;
            }
    return true;
}

static bool is_mirrored(const float *from, const float *to) {
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
            for (int k = 0; k < CHANNELS; k++)
                if (at(to, k, r, c) != at(from, k, r, COLUMNS - 1 - c))
                    return false;
    return true;
}

static const nt_shape shape = {.rank = 3, .dim = {CHANNELS, ROWS, COLUMNS, 1}};

static void fill(float *image) {
    for (int i = 0; i < FLOATS; i++)
        image[i] = (float)(i + 1);
}

static void augment(const char *name, const void *options, nt_random *random, const float *from,
                    float *to) {
    nt_augment_find(name)->apply(&(nt_augment_call){.options = options,
                                                    .random = random,
                                                    .shape = shape,
                                                    .window = {ROWS, COLUMNS},
                                                    .image = from,
                                                    .ret_image = to});
}

/* Every window comes up, and about equally often; a pad as large as the image is fine. */
static void crops_are_windows(void **state) {
    (void)state;
    enum { DRAWS = 4000 };
    float from[FLOATS], to[FLOATS];
    fill(from);
    for (int32_t pad = 0; pad <= 1; pad++) {
        int often[3][3] = {{0}}, windows = (2 * pad + 1) * (2 * pad + 1);
        for (uint64_t stream = 0; stream < DRAWS; stream++) {
            nt_random random;
            nt_random_init(&random, 1, stream);
            augment("crop", &pad, &random, from, to);
            int found = 0;
            for (int down = -pad; down <= pad; down++)
                for (int right = -pad; right <= pad; right++)
                    if (is_window(from, to, down, right)) {
                        often[down + pad][right + pad]++;
                        found++;
                    }
            assert_int_equal(found, 1);
        }
        for (int i = 0; i < windows; i++) {
            int count = often[i / (2 * pad + 1)][i % (2 * pad + 1)];
            assert_true(count * windows > DRAWS * 3 / 4 && count * windows < DRAWS * 5 / 4);
        }
    }
    int32_t wide = 20;
    bool black = false, seen = false;
    for (uint64_t stream = 0; stream < 500; stream++) {
        nt_random random;
        nt_random_init(&random, 2, stream);
        augment("crop", &wide, &random, from, to);
        float sum = 0;
        for (int i = 0; i < FLOATS; i++)
            sum += to[i];
        black = black || sum == 0;
        seen = seen || sum > 0;
    }
    assert_true(black && seen);
}

static void flips_mirror(void **state) {
    (void)state;
    static const double probabilities[] = {0, 0.25, 1};
    float from[FLOATS], to[FLOATS];
    fill(from);
    for (int k = 0; k < 3; k++) {
        const flip_options options = {.probability = probabilities[k]};
        int flipped = 0;
        for (uint64_t stream = 0; stream < 2000; stream++) {
            nt_random random;
            nt_random_init(&random, 1, stream);
            augment("flip", &options, &random, from, to);
            bool mirrored = is_mirrored(from, to);
            assert_true(mirrored || memcmp(from, to, sizeof to) == 0);
            flipped += mirrored;
        }
        assert_true(abs(flipped - (int)(2000 * probabilities[k])) <= (k == 1 ? 80 : 0));
    }
}

/* Where the window leaves the image, a byte of 0 is what gets normalised. */
static void padding_is_black(void **state) {
    static const int32_t pad = 30; /* nearly always outside */
    set s = open_set(*state, .5f, .25f);
    const nt_augment_step step = {nt_augment_find("crop"), &pad};
    nt_feeder *feeder = new_feeder(s, &step, 1, TRAIN, 0);
    float images[TRAIN * PIXELS];
    int32_t labels[TRAIN];
    int black = 0;
    EXPECT_OK(&error, nt_feeder_make(feeder, 0, 0, images, labels, &error));
    for (int i = 0; i < TRAIN * PIXELS; i++)
        black += images[i] == (0 - .5f) / .25f;
    assert_true(black > TRAIN * PIXELS / 2);
    nt_feeder_free(feeder);
    close_set(s);
}

/* What becomes of a sample doesn't depend on its batch: all of an epoch in batches of 5, and in one
 * batch; but on the epoch and the seed it does. */
static void augmentation_follows_seed_epoch_and_sample(void **state) {
    set s = open_set(*state, 0, 1);
    float by_fives[STEPS * BATCH * PIXELS], at_once[TRAIN * PIXELS], other[TRAIN * PIXELS];
    int32_t labels[TRAIN];
    nt_feeder *fives = new_feeder(s, crop_and_flip(), 2, BATCH, 7);
    nt_feeder *all = new_feeder(s, crop_and_flip(), 2, TRAIN, 7);
    for (int step = STEPS; step-- > 0;)
        EXPECT_OK(&error,
                  nt_feeder_make(fives, 3, step, by_fives + step * BATCH * PIXELS, labels, &error));
    EXPECT_OK(&error, nt_feeder_make(all, 3, 0, at_once, labels, &error));
    assert_memory_equal(by_fives, at_once, sizeof by_fives); /* the order is the epoch's */

    nt_feeder *plain = new_feeder(s, NULL, 0, TRAIN, 7);
    EXPECT_OK(&error, nt_feeder_make(plain, 3, 0, other, labels, &error));
    int changed = 0;
    for (int i = 0; i < TRAIN; i++)
        changed += memcmp(other + i * PIXELS, at_once + i * PIXELS, PIXELS * sizeof *other) != 0;
    assert_true(changed > TRAIN / 2);

    /* The same sample in another epoch, and under another seed, found by its label's place. */
    int same = 0;
    for (int k = 0; k < 2; k++) {
        nt_feeder *next = new_feeder(s, crop_and_flip(), 2, TRAIN, k ? 8 : 7);
        EXPECT_OK(&error, nt_feeder_make(next, k ? 3 : 4, 0, other, labels, &error));
        for (int i = 0; i < TRAIN; i++)
            for (int j = 0; j < TRAIN; j++)
                same +=
                    memcmp(other + i * PIXELS, at_once + j * PIXELS, PIXELS * sizeof *other) == 0;
        nt_feeder_free(next);
    }
    assert_true(same < TRAIN / 2);
    nt_feeder_free(plain);
    nt_feeder_free(all);
    nt_feeder_free(fives);
    close_set(s);
}

/* Where the window of an augmented image lies, in `ret`; whether there is one. */
static bool find_window(const float *from, const float *to, int32_t pad, int ret[2]) {
    for (int down = -pad; down <= pad; down++)
        for (int right = -pad; right <= pad; right++) {
            bool same = true;
            for (int p = 0; p < PIXELS; p++) {
                int row = p / 5 + down, column = p % 5 + right;
                bool inside = row >= 0 && row < 4 && column >= 0 && column < 5;
                same = same && to[p] == (inside ? from[row * 5 + column] : 0);
            }
            if (same) {
                ret[0] = down;
                ret[1] = right;
                return true;
            }
        }
    return false;
}

/* Each sample of an epoch has a window of its own. */
static void samples_differ(void **state) {
    static const int32_t pad = 2;
    const nt_augment_step step = {nt_augment_find("crop"), &pad};
    set s = open_set(*state, 0, 1);
    nt_feeder *plain = new_feeder(s, NULL, 0, TRAIN, 1);
    nt_feeder *cropped = new_feeder(s, &step, 1, TRAIN, 1);
    float from[TRAIN * PIXELS], to[TRAIN * PIXELS];
    int32_t labels[TRAIN];
    bool came_up[5][5] = {{false}};
    int windows = 0;
    EXPECT_OK(&error, nt_feeder_make(plain, 0, 0, from, labels, &error));
    EXPECT_OK(&error, nt_feeder_make(cropped, 0, 0, to, labels, &error));
    for (int i = 0; i < TRAIN; i++) {
        int at[2] = {0};
        assert_true(find_window(from + i * PIXELS, to + i * PIXELS, pad, at));
        windows += !came_up[at[0] + pad][at[1] + pad];
        came_up[at[0] + pad][at[1] + pad] = true;
    }
    assert_true(windows >= 10);
    nt_feeder_free(plain);
    nt_feeder_free(cropped);
    close_set(s);
}

static void no_memory_is_said(void **state) {
    set s = open_set(*state, 0, 1);
    nt_feeder *feeder;
    for (int allowed = 0;; allowed++) {
        allow_allocations(allowed);
        nt_status status = nt_feeder_new(s.loader, NULL, 0, BATCH, 0, &feeder, &error);
        bool failed = allow_all_allocations();
        if (!failed) {
            EXPECT_OK(&error, status);
            nt_feeder_free(feeder);
            assert_true(allowed > 3);
            break;
        }
        assert_int_equal(status, NT_NO_MEMORY);
        nt_error_finish(&error);
        nt_error_init(&error);
    }
    close_set(s);
}

/* What is kept of each batch is that part of it, whoever makes it. */
static void a_part_is_the_whole_s(void **state) {
    set s = open_set(*state, .3f, .7f);
    enum { LARGE = 20, FIRST = 9, KEPT = 11 }; /* more than a thread makes at a time */
    static float whole[LARGE * PIXELS];
    const float *images;
    const int32_t *labels;
    int32_t whole_labels[LARGE];
    nt_feeder *maker = new_feeder(s, NULL, 0, LARGE, 3), *feeder = new_feeder(s, NULL, 0, LARGE, 3);
    nt_feeder_keep(feeder, FIRST, KEPT);
    EXPECT_OK(&error, nt_feeder_seek(feeder, 2, 0, &error));
    for (int epoch = 2; epoch < 5; epoch++) {
        EXPECT_OK(&error, nt_feeder_make(maker, epoch, 0, whole, whole_labels, &error));
        EXPECT_OK(&error, nt_feeder_next(feeder, &images, &labels, &error));
        assert_memory_equal(images, whole + FIRST * PIXELS, KEPT * PIXELS * sizeof *whole);
        assert_memory_equal(labels, whole_labels + FIRST, KEPT * sizeof *labels);
    }
    nt_feeder_free(maker);
    nt_feeder_free(feeder);
    close_set(s);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_sample_comes_once),
        IN_FOLDER(orders_differ),
        IN_FOLDER(images_are_the_loaders),
        IN_FOLDER(the_thread_makes_the_same),
        IN_FOLDER(a_batch_must_fit),
        cmocka_unit_test(crops_are_windows),
        cmocka_unit_test(flips_mirror),
        IN_FOLDER(padding_is_black),
        IN_FOLDER(augmentation_follows_seed_epoch_and_sample),
        IN_FOLDER(samples_differ),
        IN_FOLDER(a_part_is_the_whole_s),
        IN_FOLDER(no_memory_is_said),
    };
    nt_error_init(&error);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    nt_error_finish(&error);
    return failed;
}
