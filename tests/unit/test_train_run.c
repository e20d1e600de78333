/* Whole training runs: the same bits at any number of threads and after any failure. */
#include "attrs.h"
#include "checkpoint.h"
#include "file.h"
#include "parallel.h"
#include "support_train.h"
#include "trainer.h"
#include <errno.h>
#include <math.h>

enum { IMAGES = 30, STEPS = 3 }; /* 8 a batch */

static bench b;

/* What a run told. */
typedef struct story {
    char notes[4000];
    int64_t steps; /* since it began */
} story;

static void keep_note(void *context, const char *line) {
    story *s = context;
    size_t used = strlen(s->notes);
    snprintf(s->notes + used, sizeof s->notes - used, "%s\n", line);
}

static void count_step(void *context, const char *what, const char *detail, int64_t done,
                       int64_t total) {
    (void)what, (void)detail, (void)done, (void)total;
    ((story *)context)->steps++;
}

static nt_status train_into(const char *folder, int32_t seed, const nt_weights *initial,
                            nt_weights *weights, story *ret_story) {
    *ret_story = (story){0};
    const nt_progress progress = {.step = count_step, .note = keep_note, .context = ret_story};
    const nt_training training = {.network = b.network,
                                  .recipe = &b.recipe,
                                  .loader = b.loader,
                                  .data_digest = "made",
                                  .seed = seed,
                                  .initial = initial,
                                  .initial_digest = "given",
                                  .folder = folder,
                                  .progress = &progress};
    return nt_train(&training, weights, &b.error);
}

static nt_status train(const char *folder, int32_t seed, story *ret_story) {
    nt_weights *weights = drawn_weights(b.network, 99); /* must be overwritten */
    nt_status status = train_into(folder, seed, NULL, weights, ret_story);
    nt_weights_free(weights);
    return status;
}

static const char *weights_in(const char *folder) {
    return path_in(folder, NT_WEIGHTS_FILE);
}

static nt_bytes bytes_of(const char *path) {
    nt_bytes bytes;
    EXPECT_OK(&b.error, nt_file_read(path, 1 << 20, &bytes, &b.error));
    return bytes;
}

/* Removes all but the images. */
static void clear(const char *folder) {
    static const char *const names[] = {NT_WEIGHTS_FILE, "metrics.csv"};
    nt_checkpoint_remove(folder);
    for (int i = 0; i < 2; i++)
        unlink(path_in(folder, names[i]));
}

/* Trains from the start; returns the bytes of the weights' file. */
static nt_bytes trained(const char *folder, int32_t seed) {
    story ignored;
    clear(folder);
    EXPECT_OK(&b.error, train(folder, seed, &ignored));
    assert_int_equal(ignored.steps, b.recipe.epochs * STEPS);
    return bytes_of(weights_in(folder));
}

static bool equal(nt_bytes x, nt_bytes y) {
    return x.size == y.size && memcmp(x.bytes, y.bytes, x.size) == 0;
}

static void use_augmentation(void) {
    static nt_augment_step steps[2];
    steps[0] = augment_step(&b, "crop", "pad=1");
    steps[1] = augment_step(&b, "flip", "");
    b.recipe.augment = steps;
    b.recipe.augment_count = 2;
}

/* metrics.csv without its last column, the seconds. */
static void read_metrics(const char *folder, char *ret, size_t size) {
    nt_bytes bytes = bytes_of(path_in(folder, "metrics.csv"));
    char *save = NULL;
    ret[0] = '\0';
    for (char *line = strtok_r((char *)bytes.bytes, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *comma = strrchr(line, ',');
        snprintf(ret + strlen(ret), size - strlen(ret), "%.*s\n", (int)(comma - line), line);
    }
    nt_bytes_finish(&bytes);
}

static void threads_do_not_matter(void **folder) {
    static const char *const optimisers[] = {"sgd", "momentum=0.9 nesterov=true", "adamw", ""};
    use_augmentation();
    for (int k = 0; k < 4; k += 2) {
        nt_bytes first = {0};
        set_optimiser(&b, optimisers[k], optimisers[k + 1]);
        for (int threads = 1; threads <= 4; threads++) {
            nt_threads_set(threads);
            nt_bytes weights = trained(*folder, 1);
            if (threads == 1) {
                first = weights;
                continue;
            }
            assert_true(equal(weights, first));
            nt_bytes_finish(&weights);
        }
        nt_bytes_finish(&first);
    }
    nt_threads_set(0);
}

/* Everything that a run is of makes other weights, and another run. */
static void everything_counts(void **folder) {
    nt_bytes all[16];
    int count = 0;
    all[count++] = trained(*folder, 1);
    all[count++] = trained(*folder, 2);
    use_augmentation();
    all[count++] = trained(*folder, 1);
    set_optimiser(&b, "sgd", "momentum=0.8");
    all[count++] = trained(*folder, 1);
    set_schedule(&b, "constant", "rate=0.05");
    all[count++] = trained(*folder, 1);
    set_loss(&b, "label_smoothing=0.2");
    all[count++] = trained(*folder, 1);
    b.recipe.epochs = 3;
    all[count++] = trained(*folder, 1);
    static const float mean[] = {.5f}, deviation[] = {2};
    nt_loader_free(b.loader);
    EXPECT_OK(&b.error, nt_loader_new(b.dataset, NT_TRAIN,
                                      &(nt_loading){.mean = mean, .deviation = deviation},
                                      &b.loader, &b.error));
    story told;
    EXPECT_ERROR(&b.error, train(*folder, 1, &told), NT_INVALID,
                 "holds weights of another run: the data or how they are shown differ");
    all[count++] = trained(*folder, 1);
    for (int x = 0; x < count; x++)
        for (int y = 0; y < x; y++)
            assert_false(equal(all[x], all[y]));
    while (count > 0)
        nt_bytes_finish(&all[--count]);
}

/* Each key that differs is named, down to the last bit of a number; what decides nothing takes no
 * part. */
static void what_differs_is_named(void **folder) {
    story told;
    nt_bytes weights = trained(*folder, 1);
    b.recipe.checkpoint_every = 7;
    b.recipe.conv = NT_CONV_DIRECT;
    b.recipe.plain = true;
    EXPECT_OK(&b.error, train(*folder, 1, &told));
    assert_int_equal(told.steps, 0);
    EXPECT_ERROR(&b.error, train(*folder, 2, &told), NT_INVALID,
                 NT_WEIGHTS_FILE ": error: holds weights of another run: its seed is 1, not 2; "
                                 "choose another folder, or remove this one to train anew");
    b.recipe.epochs++;
    EXPECT_ERROR(&b.error, train(*folder, 1, &told), NT_INVALID,
                 "another run: its number of epochs is 2, not 3; choose");
    b.recipe.epochs--;
    set_optimiser(&b, "sgd", "momentum=0.900000000001 weight_decay=0.001 nesterov=true");
    EXPECT_ERROR(&b.error, train(*folder, 1, &told), NT_INVALID,
                 "another run: the optimiser differs; choose");
    set_loss(&b, "label_smoothing=0.1");
    EXPECT_ERROR(&b.error, train(*folder, 1, &told), NT_INVALID,
                 "another run: the loss differs and the optimiser differs; choose");
    nt_bytes_finish(&weights);
}

/* The weights of the first version, which said no more than one digest, and foreign ones. */
static void earlier_weights_are_refused(void **folder) {
    static const nt_metadata first[] = {{"identity", "x"}, {"tensors", "y"}, {NULL, NULL}};
    story told;
    nt_weights *weights = drawn_weights(b.network, 1);
    EXPECT_OK(&b.error, nt_safetensors_write(weights_in(*folder), weights, first, &b.error));
    EXPECT_ERROR(&b.error, train(*folder, 1, &told), NT_INVALID,
                 NT_WEIGHTS_FILE ": error: was written by an earlier version of this program, "
                                 "whose runs can't be compared with this one; train anew in "
                                 "another folder, or give this file under 'weights:' in place of "
                                 "'train:'");
    EXPECT_OK(&b.error, nt_safetensors_write(weights_in(*folder), weights, NULL, &b.error));
    EXPECT_ERROR(&b.error, train(*folder, 1, &told), NT_INVALID,
                 "does not say which run it is of; train anew in another folder, or");
    nt_weights_free(weights);
}

/* Stops after some steps, and goes on with other algorithms: allowed, said, and written down. */
static void other_numerics_go_on(void **folder) {
    const nt_metadata *metadata;
    story told;
    b.recipe.checkpoint_every = 1e-9;
    told.steps = 0;
    for (int calls = 1; told.steps < 4; calls++) { /* writes that succeed */
        clear(*folder);
        nt_file_fail_at(calls, ENOSPC);
        nt_status status = train(*folder, 1, &told);
        nt_file_fail_at(0, 0);
        EXPECT_ERROR(&b.error, status, NT_IO, "cannot write");
    }
    b.recipe.conv = NT_CONV_DIRECT;
    EXPECT_OK(&b.error, train(*folder, 1, &told));
    assert_non_null(strstr(told.notes, "\nthis run was begun with 'conv fastest, float32; "));
    assert_non_null(strstr(told.notes, "'; it goes on with 'conv direct, float32; "));
    EXPECT_OK(&b.error,
              nt_safetensors_metadata(weights_in(*folder), &b.arena, &metadata, &b.error));
    const char *numerics = nt_metadata_find(metadata, "numerics");
    assert_ptr_equal(strstr(numerics, "conv fastest, "), numerics);
    assert_non_null(strstr(numerics, "\nconv direct, "));
    EXPECT_OK(&b.error, train(*folder, 1, &told)); /* which it is read with doesn't matter */
    assert_int_equal(told.steps, 0);
}

/* How often checkpoints are made takes no part. */
static void checkpoints_do_not_matter(void **folder) {
    nt_bytes seldom = trained(*folder, 1);
    b.recipe.checkpoint_every = 1e-9;
    nt_bytes often = trained(*folder, 1);
    assert_true(equal(seldom, often));
    assert_int_equal(count_files(*folder), 4 + 3); /* images; weights, before and after; metrics */
    nt_bytes_finish(&seldom);
    nt_bytes_finish(&often);
}

/* A step is the epoch in hand, the steps done of it: those done in all. */
static int resumed_at(const char *notes) {
    const char *at = strstr(notes, "resuming at epoch ");
    int epoch = 0, step = 0;
    if (!at)
        return 0;
    assert_int_equal(sscanf(at, "resuming at epoch %d, step %d", &epoch, &step), 2);
    return (epoch - 1) * STEPS + step;
}

/* A row an epoch; the rate is that of its last step. */
static void metrics_have_the_rates(void **folder) {
    char metrics[2000];
    int epoch;
    double rate, loss, accuracy;
    nt_bytes weights = trained(*folder, 1);
    read_metrics(*folder, metrics, sizeof metrics);
    const char *line = metrics;
    for (int32_t i = 1; i <= b.recipe.epochs; i++) {
        double expected = b.recipe.schedule->rate(
            b.recipe.schedule_options, (nt_moment){i * STEPS - 1, b.recipe.epochs * STEPS, STEPS});
        line = strchr(line, '\n') + 1;
        assert_int_equal(sscanf(line, "%d,%lf,%lf,%lf,,", &epoch, &rate, &loss, &accuracy), 4);
        assert_int_equal(epoch, i);
        assert_true(fabs(rate / expected - 1) < 1e-5);
        assert_true(loss > 0 && accuracy >= 0 && accuracy <= 1);
    }
    assert_null(strchr(strchr(line, '\n') + 1, '\n'));
    nt_bytes_finish(&weights);
}

/* Every image is the same. */
static void make_equal_images(const char *folder) {
    static unsigned char images[16 + IMAGES * IMAGE_FLOATS], labels[8 + IMAGES];
    idx_images(images, 0, IMAGES);
    idx_labels(labels, 0, IMAGES);
    for (int i = 0; i < IMAGES * IMAGE_FLOATS; i++)
        images[16 + i] = (unsigned char)(i % IMAGE_FLOATS * 10);
    memset(labels + 8, 0, IMAGES);
    write_bytes(path_in(folder, "train-images-idx3-ubyte"), images, sizeof images);
    write_bytes(path_in(folder, "train-labels-idx1-ubyte"), labels, sizeof labels);
}

/* All images alike and the rate 0: a step's loss is a function of its dropout alone, which neither
 * another step nor another seed has. */
static void every_step_draws_its_own(void **folder) {
    enum { SEEDS = 3, EPOCHS = 4 };
    double losses[SEEDS * EPOCHS];
    make_equal_images(*folder);
    close_bench(&b);
    open_bench(&b,
               TINY_HEAD "  flat: {op: flatten}\n"
                         "  drop: {op: dropout}\n"
                         "  fc:   {op: linear, features: 10}\n",
               *folder);
    set_schedule(&b, "constant", "rate=0");
    b.recipe.epochs = EPOCHS;
    b.recipe.batch = IMAGES;
    nt_weights *initial = drawn_weights(b.network, 1), *weights = drawn_weights(b.network, 1);
    for (int seed = 0; seed < SEEDS; seed++) {
        char metrics[2000];
        story told;
        clear(*folder);
        EXPECT_OK(&b.error, train_into(*folder, seed, initial, weights, &told));
        read_metrics(*folder, metrics, sizeof metrics);
        const char *line = metrics;
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            line = strchr(line, '\n') + 1;
            assert_int_equal(sscanf(line, "%*d,0,%lf", &losses[seed * EPOCHS + epoch]), 1);
        }
    }
    for (int x = 0; x < SEEDS * EPOCHS; x++)
        for (int y = 0; y < x; y++)
            assert_true(fabs(losses[x] - losses[y]) > 1.5e-6);
    nt_weights_free(initial);
    nt_weights_free(weights);
}

/* Leaves the folder as a process does that ends after the first epoch. */
static void stop_after_an_epoch(const char *folder) {
    bool there = false;
    clear(folder);
    for (int at = 1; !there; at++) {
        story told;
        nt_checkpoint found;
        clear(folder);
        nt_file_fail_at(at, EIO);
        nt_status status = train(folder, 1, &told);
        nt_file_fail_at(0, 0);
        EXPECT_ERROR(&b.error, status, NT_IO, "cannot write: Input/output error");
        EXPECT_OK(&b.error, nt_checkpoint_look(folder, &b.arena, &found, &b.error));
        there = found.found != NT_FOUND_NONE && found.cursor.epoch > 0;
    }
}

/* Rows that can't be read when a run goes on would be lost when its next epoch ends: then it
 * doesn't begin. Rows that are gone are no reason, but said. */
static void metrics_are_never_lost_in_silence(void **folder) {
    char undisturbed[2000], metrics[2000];
    const char *path = path_in(*folder, "metrics.csv");
    story told;
    b.recipe.checkpoint_every = 1e-9;
    nt_bytes expected = trained(*folder, 1);
    read_metrics(*folder, undisturbed, sizeof undisturbed);
    stop_after_an_epoch(*folder);
    nt_bytes rows = bytes_of(path);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    EXPECT_ERROR(&b.error, train(*folder, 1, &told), NT_INVALID,
                 "metrics.csv: error: is a folder, not a regular file");
    assert_int_equal(told.steps, 0);
    rmdir(path);
    write_bytes(path, rows.bytes, rows.size);
    EXPECT_OK(&b.error, train(*folder, 1, &told));
    read_metrics(*folder, metrics, sizeof metrics);
    assert_string_equal(metrics, undisturbed);
    nt_bytes weights = bytes_of(weights_in(*folder));
    assert_true(equal(weights, expected));
    stop_after_an_epoch(*folder);
    unlink(path);
    EXPECT_OK(&b.error, train(*folder, 1, &told));
    assert_non_null(strstr(told.notes, "metrics.csv is gone: it will lack the epochs up to 1\n"));
    stop_after_an_epoch(*folder);
    write_bytes(path, "epoch\n7,1,1,1,1,1,1\n", 20);
    EXPECT_OK(&b.error, train(*folder, 1, &told));
    assert_non_null(strstr(told.notes, "has the epochs up to 0: it will lack those up to 1\n"));
    nt_bytes_finish(&rows);
    nt_bytes_finish(&weights);
    nt_bytes_finish(&expected);
}

/* Whichever write, sync or rename fails, the run says so, what was saved before stays, and going on
 * from there ends in the same bits: weights and metrics. */
static void failed_writes_cost_nothing(void **folder) {
    char undisturbed[2000], metrics[2000];
    int failures = 0, furthest = 0;
    use_augmentation();
    b.recipe.checkpoint_every = 1e-9; /* after every step */
    nt_bytes expected = trained(*folder, 1);
    int files = count_files(*folder);
    read_metrics(*folder, undisturbed, sizeof undisturbed);
    for (;; failures++) {
        story broken, resumed;
        clear(*folder);
        nt_file_fail_at(failures + 1, ENOSPC);
        nt_status status = train(*folder, 1, &broken);
        nt_file_fail_at(0, 0);
        if (status == NT_OK)
            break;
        EXPECT_ERROR(&b.error, status, NT_IO, "cannot write: No space left on device");
        assert_int_not_equal(access(weights_in(*folder), F_OK), 0);
        EXPECT_OK(&b.error, train(*folder, 1, &resumed));
        int at = resumed_at(resumed.notes);
        /* The step before the failed save was saved, or this one, before the metrics. */
        assert_in_range(at, broken.steps > 0 ? broken.steps - 1 : 0, broken.steps);
        assert_int_equal(at + resumed.steps, b.recipe.epochs * STEPS);
        assert_true(at >= furthest);
        furthest = at;
        nt_bytes weights = bytes_of(weights_in(*folder));
        assert_true(equal(weights, expected));
        nt_bytes_finish(&weights);
        read_metrics(*folder, metrics, sizeof metrics);
        assert_string_equal(metrics, undisturbed);
        assert_int_equal(count_files(*folder), files);
    }
    assert_int_equal(furthest, b.recipe.epochs * STEPS);
    assert_true(failures > 30);
    nt_bytes_finish(&expected);
}

/* The newest checkpoint is damaged after a failure: the run goes on from the other one. */
static void damage_costs_a_step(void **folder) {
    story told;
    b.recipe.checkpoint_every = 1e-9;
    nt_bytes expected = trained(*folder, 1);
    int calls = 0;
    for (nt_status status = NT_IO; status != NT_OK; calls++) { /* how many writes there are */
        clear(*folder);
        nt_file_fail_at(calls + 1, ENOSPC);
        status = train(*folder, 1, &told);
        nt_file_fail_at(0, 0);
        nt_error_finish(&b.error);
        nt_error_init(&b.error);
        if (status != NT_OK && told.steps == 5)
            break;
    }
    assert_int_equal(told.steps, 5); /* so the fourth is saved, and the third */
    int damaged = 0;
    for (int k = 0; k < 2; k++) {
        const char *path =
            path_in(*folder, k ? "checkpoint-1.safetensors" : "checkpoint-0.safetensors");
        nt_bytes bytes = bytes_of(path);
        if (strstr((char *)bytes.bytes + 8, "\"epoch\":\"1\",\"step\":\"1\"")) {
            bytes.bytes[bytes.size - 1] ^= 1;
            write_bytes(path, bytes.bytes, bytes.size);
            damaged++;
        }
        nt_bytes_finish(&bytes);
    }
    assert_int_equal(damaged, 1);
    EXPECT_OK(&b.error, train(*folder, 1, &told));
    assert_non_null(strstr(told.notes, " is damaged: the checksum of its tensors is wrong; the "
                                       "other checkpoint is used\nresuming at epoch 2, step 0\n"));
    nt_bytes weights = bytes_of(weights_in(*folder));
    assert_true(equal(weights, expected));
    nt_bytes_finish(&weights);
    nt_bytes_finish(&expected);
}

/* A bit of the finished weights that is another, though they are numbers still. */
static void damaged_weights_are_seen(void **folder) {
    story told;
    nt_bytes whole = trained(*folder, 1);
    whole.bytes[whole.size - 4] ^= 1; /* the low bits of the last number */
    write_bytes(path_in(*folder, NT_WEIGHTS_FILE), whole.bytes, whole.size);
    EXPECT_ERROR(&b.error, train(*folder, 1, &told), NT_INVALID, "its checksum is wrong");
    nt_bytes_finish(&whole);
}

/* A process that was killed while writing leaves a temporary file; the next one removes it, and
 * with the finished weights what was left of the checkpoints. */
static void leftovers_go(void **folder) {
    story told;
    nt_bytes expected = trained(*folder, 1);
    int files = count_files(*folder);
    write_bytes(path_in(*folder, NT_WEIGHTS_FILE ".99999999.tmp"), "x", 1);
    write_bytes(path_in(*folder, "checkpoint-1.safetensors.88888888.tmp"), "x", 1);
    write_bytes(path_in(*folder, "checkpoint-1.safetensors"), "x", 1);
    write_bytes(path_in(*folder, "mine.tmp"), "x", 1);
    EXPECT_OK(&b.error, train(*folder, 1, &told));
    assert_int_equal(told.steps, 0);
    assert_int_equal(count_files(*folder), files + 1);
    assert_int_equal(unlink(path_in(*folder, "mine.tmp")), 0);
    nt_bytes_finish(&expected);
}

/* --- losses that are not finite --------------------------------------------------------------- */

static void divergence_names_step_and_node(void **folder) {
    story told;
    nt_weights *initial = drawn_weights(b.network, 1), *weights = drawn_weights(b.network, 1);
    nt_weights_find(initial, "conv2.bias")->f[1] = INFINITY;
    nt_status status = train_into(*folder, 1, initial, weights, &told);
    EXPECT_ERROR(
        &b.error, status, NT_FAILED,
        "the loss is not finite at epoch 1, step 1: the first such value is in 'conv2' "
        "(conv2d); lower the learning rate, and train in another folder or remove this one");
    nt_weights_free(initial);
    nt_weights_free(weights);
}

/* A rate of 1e30: the first step still has a finite loss, the one after it has not. */
static void a_huge_rate_diverges(void **folder) {
    story told;
    set_schedule(&b, "constant", "rate=1");
    *(double *)(uintptr_t)b.recipe.schedule_options = 1e30; /* past what a suite may say */
    nt_status status = train(*folder, 1, &told);
    EXPECT_ERROR(&b.error, status, NT_FAILED,
                 "the loss is not finite at epoch 1, step 2: the first such value is in '");
    assert_int_equal(told.steps, 1);
    assert_int_not_equal(access(weights_in(*folder), F_OK), 0);
}

/* The last step's weights are not finite, and no step comes after it. */
static void weights_at_the_end_are_checked(void **folder) {
    story told;
    b.recipe.epochs = 1;
    b.recipe.batch = IMAGES;
    set_schedule(&b, "constant", "rate=1");
    *(double *)(uintptr_t)b.recipe.schedule_options = 1e300;
    nt_status status = train(*folder, 1, &told);
    EXPECT_ERROR(&b.error, status, NT_FAILED, "after epoch 1 'conv1.weight' is not finite");
    assert_int_not_equal(access(weights_in(*folder), F_OK), 0);
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
        IN_FOLDER(threads_do_not_matter),
        IN_FOLDER(everything_counts),
        IN_FOLDER(what_differs_is_named),
        IN_FOLDER(earlier_weights_are_refused),
        IN_FOLDER(other_numerics_go_on),
        IN_FOLDER(checkpoints_do_not_matter),
        IN_FOLDER(metrics_have_the_rates),
        IN_FOLDER(every_step_draws_its_own),
        IN_FOLDER(metrics_are_never_lost_in_silence),
        IN_FOLDER(failed_writes_cost_nothing),
        IN_FOLDER(damage_costs_a_step),
        IN_FOLDER(damaged_weights_are_seen),
        IN_FOLDER(leftovers_go),
        IN_FOLDER(divergence_names_step_and_node),
        IN_FOLDER(a_huge_rate_diverges),
        IN_FOLDER(weights_at_the_end_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
