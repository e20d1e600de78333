/* The order in which files hold their samples changes no number: each kind that reads files is
 * written twice, sorted by class and shuffled, and a suite is run on both. */
#include "file.h"
#include "hash.h"
#include "picture.h"
#include "safetensors.h"
#include "suite_run.h"
#include "support_train.h"

enum { TRAIN = 40, TEST = 30, MOST = TRAIN + TEST, SIDE = 8, CASES = 4 };

static nt_error error;

/* --- samples ---------------------------------------------------------------------------------- */

/* Samples 0 to TRAIN - 1 are for training, the others for testing. */
static unsigned char byte_of(int sample, int k) {
    return (unsigned char)nt_hash_word((uint64_t)sample + 1, (uint64_t)k);
}

/* Squares, so that classes differ in size; of 10 there are 6. */
static int class_of(int sample, int classes) {
    return sample * sample % classes;
}

/* order[place]: the sample that stands there; of each split, sorted by class or shuffled. */
static void arrange(bool sorted, int classes, int32_t order[MOST]) {
    static const int starts[] = {0, TRAIN, MOST};
    int at = 0;
    for (int split = 0; split < 2; split++) {
        int first = starts[split], end = starts[split + 1];
        for (int c = 0; c < classes; c++)
            for (int i = first; i < end; i++)
                if (class_of(i, classes) == c)
                    order[at++] = i;
        if (!sorted) {
            nt_random random;
            nt_random_init(&random, 5, (uint64_t)split);
            nt_random_shuffle(&random, order + first, end - first);
        }
    }
}

/* --- files ------------------------------------------------------------------------------------ */

static void write_cifar_part(const char *folder, const char *name, const int32_t *order, int count,
                             bool coarse, int classes) {
    static unsigned char bytes[MOST * (CIFAR_PIXELS + 2)], *at;
    at = bytes;
    for (int i = 0; i < count; i++) {
        if (coarse)
            *at++ = 0;
        *at++ = (unsigned char)class_of(order[i], classes);
        for (int k = 0; k < CIFAR_PIXELS; k++)
            *at++ = byte_of(order[i], k);
    }
    write_bytes(path_in(folder, name), bytes, (size_t)(at - bytes));
}

static void write_cifar10(const char *folder, const int32_t *order) {
    char name[40];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "data_batch_%d.bin", i + 1);
        write_cifar_part(folder, name, order + i * (TRAIN / 5), TRAIN / 5, false, 10);
    }
    write_cifar_part(folder, "test_batch.bin", order + TRAIN, TEST, false, 10);
    static const char names[] = "ant\nbee\ncat\ndog\neel\nfox\ngnu\nhen\nibis\njay\n\n";
    write_bytes(path_in(folder, "batches.meta.txt"), names, sizeof names - 1);
}

static void write_cifar100(const char *folder, const int32_t *order) {
    write_cifar_part(folder, "train.bin", order, TRAIN, true, 100);
    write_cifar_part(folder, "test.bin", order + TRAIN, TEST, true, 100);
}

static void write_idx_part(const char *folder, const char *name, const int32_t *order, int count) {
    static unsigned char images[16 + MOST * SIDE * SIDE], labels[8 + MOST];
    char path[80];
    size_t at = put_big(images, 0x803);
    at += put_big(images + at, (uint32_t)count);
    at += put_big(images + at, SIDE);
    at += put_big(images + at, SIDE);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < SIDE * SIDE; k++)
            images[at++] = byte_of(order[i], k);
    snprintf(path, sizeof path, "%s-images-idx3-ubyte", name);
    write_bytes(path_in(folder, path), images, at);
    at = put_big(labels, 0x801);
    at += put_big(labels + at, (uint32_t)count);
    for (int i = 0; i < count; i++)
        labels[at++] = (unsigned char)class_of(order[i], 10);
    snprintf(path, sizeof path, "%s-labels-idx1-ubyte", name);
    write_bytes(path_in(folder, path), labels, at);
}

static void write_idx(const char *folder, const int32_t *order) {
    write_idx_part(folder, "train", order, TRAIN);
    write_idx_part(folder, "t10k", order + TRAIN, TEST);
}

static void write_picture(const char *folder, const char *name, int sample, bool mask) {
    uint8_t pixels[SIDE * SIDE];
    const nt_picture picture = {SIDE, SIDE, 1, false, pixels};
    for (int k = 0; k < SIDE * SIDE; k++)
        pixels[k] = mask ? byte_of(sample, 1000 + k) % 2 : byte_of(sample, k);
    EXPECT_OK(&error, nt_picture_write_png(path_in(folder, name), &picture, NULL, 0, &error));
}

static void make_path(const char *folder, const char *name) {
    EXPECT_OK(&error, nt_folder_make(path_in(folder, name), &error));
}

/* Places are names. */
static void write_folder(const char *folder, const int32_t *order) {
    static const char *const splits[] = {"train", "test"};
    char name[80];
    for (int i = 0; i < MOST; i++) {
        int class = class_of(order[i], 10);
        snprintf(name, sizeof name, "%s/%d", splits[i >= TRAIN], class);
        make_path(folder, name);
        snprintf(name, sizeof name, "%s/%d/%03d.png", splits[i >= TRAIN], class, i);
        write_picture(folder, name, order[i], false);
    }
}

/* Three samples of a patient; the patients' names change places, too. */
static void write_pairs(const char *folder, const int32_t *order) {
    static const char *const splits[] = {"train", "test"};
    char name[80];
    for (int split = 0; split < 2; split++)
        for (int mask = 0; mask < 2; mask++) {
            snprintf(name, sizeof name, "%s%d", splits[split], mask);
            make_path(folder, name);
        }
    for (int i = 0; i < MOST; i++)
        for (int mask = 0; mask < 2; mask++) {
            int patient = (order[i] - (i >= TRAIN ? TRAIN : 0)) / 3;
            snprintf(name, sizeof name, "%s%d/%c%02d_%03d.png", splits[i >= TRAIN], mask,
                     i >= TRAIN ? 't' : 'l', order[0] == 0 ? patient : 50 - patient, i);
            write_picture(folder, name, order[i], mask);
        }
}

/* --- suites ----------------------------------------------------------------------------------- */

static const struct kind {
    const char *name, *options;
    void (*write)(const char *folder, const int32_t *order);
    int channels, side, classes;
    bool masks;
} kinds[] = {
    {"cifar10", "", write_cifar10, 3, 32, 10, false},
    {"cifar100", "", write_cifar100, 3, 32, 100, false},
    {"idx", "", write_idx, 1, SIDE, 10, false},
    {"folder", "", write_folder, 1, SIDE, 6, false},
    {"pairs",
     ", train_images: train0, train_masks: train1, test_images: test0, test_masks: test1, "
     "patient: '^(.[0-9]+)_', labels: {dark: 0, bright: 1}",
     write_pairs, 1, SIDE, 2, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static const char hook[] = "return function(net)\n"
                           "  local cases = {}\n"
                           "  for _, conv in ipairs(net:nodes{op = 'conv2d', name = 'conv*'}) do\n"
                           "    cases[#cases + 1] = {name = 'zero ' .. conv.name, zero = {conv}}\n"
                           "    cases[#cases + 1] = {name = 'mean ' .. conv.name, mean = {conv}}\n"
                           "  end\n"
                           "  return cases\n"
                           "end\n";

static void write_text(const char *path, const char *text) {
    write_bytes(path, text, strlen(text));
}

/* The network that fits, with weights. */
static void write_network(const char *folder, const struct kind *kind) {
    char text[2000];
    nt_network *network;
    snprintf(text, sizeof text,
             "version: 1\ngraph: tiny\ninput: [%d, %d, %d]\nnodes:\n" TINY_TRUNK "%s%d}\n",
             kind->channels, kind->side, kind->side,
             kind->masks ? "  head: {op: conv2d, kernel: 1, channels: "
                         : "  pool: {op: global_avg_pool}\n  fc: {op: linear, features: ",
             kind->classes);
    write_text(path_in(folder, "net.yaml"), text);
    EXPECT_OK(&error, nt_network_load(path_in(folder, "net.yaml"), NULL, 0, &network, &error));
    nt_weights *weights = drawn_weights(network, 1);
    EXPECT_OK(&error,
              nt_safetensors_write(path_in(folder, "w.safetensors"), weights, NULL, &error));
    nt_weights_free(weights);
    nt_network_free(network);
    write_text(path_in(folder, "all.lua"), hook);
}

typedef struct ran {
    nt_suite *suite;
    nt_results *results;
} ran;

/* A run on the data in `folder`/`data`, its evaluation as `how` says. */
static ran run_suite(const char *folder, const struct kind *kind, const char *data,
                     const char *how) {
    static int runs;
    char text[2000], out[40];
    ran r;
    snprintf(text, sizeof text,
             "version: 1\nsuite: order\ngraph: net.yaml\nweights: w.safetensors\n"
             "data: {kind: %s, root: %s%s}\n"
             "evaluate: {batch: 8, calibration: 20, %s}\ngroups: {all: {hook: all.lua}}\n",
             kind->name, data, kind->options, how);
    write_text(path_in(folder, "suite.yaml"), text);
    EXPECT_OK(&error, nt_suite_load(path_in(folder, "suite.yaml"), NULL, 0, &r.suite, &error));
    snprintf(out, sizeof out, "run%d", runs++);
    const nt_suite_options options = {.out = path_in(folder, out)};
    EXPECT_OK(&error, nt_suite_run(r.suite, &options, &r.results, &error));
    return r;
}

static void drop_run(ran *r) {
    nt_results_free(r->results);
    nt_suite_free(r->suite);
}

/* --- equal ------------------------------------------------------------------------------------ */

static void same_number(double a, double b) {
    assert_memory_equal(&a, &b, sizeof a);
}

static void same_finding(const nt_finding *a, const nt_finding *b) {
    assert_null(a->failure);
    same_number(a->outcome.value, b->outcome.value);
    same_number(a->outcome.loss, b->outcome.loss);
    same_number(a->change, b->change);
    same_number(a->judgement.within_95.low, b->judgement.within_95.low);
    same_number(a->judgement.within_95.high, b->judgement.within_95.high);
    same_number(a->judgement.p, b->judgement.p);
    assert_int_equal(a->outcome.total, b->outcome.total);
    assert_int_equal(a->paired.lost, b->paired.lost);
    assert_int_equal(a->paired.gained, b->paired.gained);
}

static void same_results(const nt_results *a, const nt_results *b) {
    same_number(a->baseline->outcome.value, b->baseline->outcome.value);
    same_number(a->baseline->outcome.loss, b->baseline->outcome.loss);
    assert_int_equal(a->groups->case_count, CASES);
    for (int c = 0; c < CASES; c++)
        same_finding(a->groups->cases[c].findings, b->groups->cases[c].findings);
    assert_int_equal(a->samples.patient_count, b->samples.patient_count);
    if (a->samples.patient_count > 0)
        assert_memory_equal(a->samples.patients, b->samples.patients,
                            (size_t)a->samples.patient_count * sizeof(int32_t));
}

/* Place by place, the same samples. */
static void same_samples(const nt_results *a, const nt_results *b, const int32_t *order_a,
                         const int32_t *order_b) {
    assert_int_equal(a->samples.index_count, a->setup.samples);
    for (int32_t i = 0; i < a->setup.samples; i++)
        assert_int_equal(order_a[TRAIN + a->samples.indexes[i]],
                         order_b[TRAIN + b->samples.indexes[i]]);
}

static void files_may_be_permuted(void **state) {
    static const char *const ways[] = {"batch_norm: running", "batch_norm: batch",
                                       "batch_norm: recalibrated", "limit: 11",
                                       "batch_norm: batch, limit: 17"};
    for (int k = 0; k < KINDS; k++) {
        const struct kind *kind = &kinds[k];
        int32_t orders[2][MOST];
        char data[2][40], root[PATH_SIZE];
        write_network(*state, kind);
        for (int shuffled = 0; shuffled < 2; shuffled++) {
            snprintf(data[shuffled], sizeof data[shuffled], "%s-%d", kind->name, shuffled);
            arrange(!shuffled, kind->masks ? 1 : kind->classes, orders[shuffled]);
            make_path(*state, data[shuffled]);
            snprintf(root, sizeof root, "%s", path_in(*state, data[shuffled]));
            kind->write(root, orders[shuffled]);
        }
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            ran a = run_suite(*state, kind, data[0], ways[w]);
            ran b = run_suite(*state, kind, data[1], ways[w]);
            same_results(a.results, b.results);
            if (k < 3) /* those whose files are in the places' order */
                same_samples(a.results, b.results, orders[0], orders[1]);
            drop_run(&a);
            drop_run(&b);
        }
    }
}

/* --- parts ------------------------------------------------------------------------------------ */

/* All of a data set sorted by class, and a part of it; ret_order: which sample is where. */
static void run_part(const char *folder, const char *evaluate, int32_t *ret_order, ran *ret_all,
                     ran *ret_part) {
    const struct kind *kind = &kinds[2];
    write_network(folder, kind);
    arrange(true, 10, ret_order);
    make_path(folder, "data");
    write_idx(path_in(folder, "data"), ret_order);
    *ret_all = run_suite(folder, kind, "data", "batch_norm: running");
    *ret_part = run_suite(folder, kind, "data", evaluate);
}

/* Whether the part's samples come in the order that they have among all. */
static void same_order(const nt_samples *part, const nt_samples *all) {
    for (int32_t i = 0, at = 0; i < part->index_count; i++)
        while (all->indexes[at] != part->indexes[i])
            assert_true(++at < all->index_count);
}

/* 11 of the 30 test samples: a class of 3 has 1.1 of them, one of 6 has 2.2. */
static void a_limit_takes_each_class_share(void **state) {
    int32_t order[MOST], size[10] = {0}, taken[10] = {0}, more = 0;
    ran all, part;
    run_part(*state, "limit: 11", order, &all, &part);
    const nt_samples *of = &part.results->samples;
    assert_int_equal(of->index_count, 11);
    for (int i = TRAIN; i < MOST; i++)
        size[class_of(order[i], 10)]++;
    for (int32_t i = 0; i < of->index_count; i++)
        taken[class_of(order[TRAIN + of->indexes[i]], 10)]++;
    same_order(of, &all.results->samples);
    for (int c = 0; c < 10; c++) {
        int32_t share = 11 * size[c] / TEST;
        assert_true(taken[c] == share || (size[c] == 6 && taken[c] == share + 1));
        more += taken[c] - share;
    }
    assert_int_equal(more, 1);
    drop_run(&all);
    drop_run(&part);
}

static void the_first_are_the_first(void **state) {
    int32_t order[MOST];
    bool seen[TEST] = {false};
    ran all, part;
    run_part(*state, "first: 7", order, &all, &part);
    const nt_samples *of = &part.results->samples;
    assert_int_equal(of->index_count, 7);
    for (int32_t i = 0; i < 7; i++) {
        assert_true(of->indexes[i] < 7 && !seen[of->indexes[i]]);
        seen[of->indexes[i]] = true;
    }
    same_order(of, &all.results->samples);
    assert_string_not_equal(all.results->baseline->key, part.results->baseline->key);
    drop_run(&all);
    drop_run(&part);
}

static void only_one_of_them_is_given(void **state) {
    nt_suite *suite;
    write_network(*state, &kinds[2]);
    write_text(path_in(*state, "suite.yaml"),
               "version: 1\nsuite: s\ngraph: net.yaml\nweights: w.safetensors\n"
               "data: {kind: idx, root: .}\nevaluate: {limit: 3, first: 4}\ngroups: {}\n");
    nt_status status = nt_suite_load(path_in(*state, "suite.yaml"), NULL, 0, &suite, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "'first' and 'limit' don't go together");
}

int main(void) {
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(files_may_be_permuted),
        WITH_FOLDER(a_limit_takes_each_class_share),
        WITH_FOLDER(the_first_are_the_first),
        WITH_FOLDER(only_one_of_them_is_given),
    };
    return cmocka_run_group_tests_name("suite_order", tests, NULL, NULL);
}
