/* Data sets larger than the memory that they may use: the same bits in the same order as those that
 * are held, and whatever is wrong with them is said. */
#include "feeder.h"
#include "file.h"
#include "frame_cache.h"
#include "gzip_index.h"
#include "parallel.h"
#include "picture.h"
#include "sample_order.h"
#include "support_data.h"

#include <stdio.h>
#include <unistd.h>

enum { TRAIN = 45, TEST = 6, CLASSES = 3, SIDE = 5, PIXELS = SIDE * SIDE, BATCH = 20, STEPS = 7 };

static nt_error error;

static const char *file_of(const char *root, int split, int i) {
    char name[80];
    snprintf(name, sizeof name, "%s/%c/%d.png", split ? "test" : "train", 'a' + i % CLASSES, i);
    return path_in(root, name);
}

static void write_sample(const char *root, int split, int i, int key) {
    unsigned char values[PIXELS];
    for (int p = 0; p < PIXELS; p++)
        values[p] = (unsigned char)(key * 41 + p * 7);
    const nt_picture picture = {SIDE, SIDE, 1, false, values};
    EXPECT_OK(&error, nt_picture_write_png(file_of(root, split, i), &picture, NULL, 0, &error));
}

static void make_set(const char *root) {
    static const char *const splits[] = {"train", "test"};
    for (int split = 0; split < 2; split++) {
        for (int c = 0; c < CLASSES; c++) {
            char name[40];
            snprintf(name, sizeof name, "%s/%c", splits[split], 'a' + c);
            EXPECT_OK(&error, nt_folder_make(path_in(root, name), &error));
        }
        for (int i = 0; i < (split ? TEST : TRAIN); i++)
            write_sample(root, split, i, 100 * split + i);
    }
}

/* Of which `held` images may be in memory; 0: all. */
static nt_dataset *open_set(const char *root, int held) {
    nt_dataset *set;
    EXPECT_OK(&error, nt_dataset_open(nt_data_find("folder"), NULL, root, NULL, &set, &error));
    if (held > 0)
        nt_dataset_limit(set, held * PIXELS / 1e9);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    return set;
}

static nt_loader *new_loader(nt_dataset *set) {
    nt_loader *loader;
    EXPECT_OK(&error, nt_loader_new(set, NT_TRAIN, NULL, &loader, &error));
    return loader;
}

static void bits_are_those_in_memory(void **root) {
    static float expected[TRAIN * PIXELS], images[TRAIN * PIXELS];
    int32_t expected_labels[TRAIN], labels[TRAIN], order[TRAIN], expected_order[TRAIN];
    make_set(*root);
    nt_dataset *whole = open_set(*root, 0);
    nt_loader *reference = new_loader(whole);
    assert_int_equal(nt_dataset_room(whole, NT_TRAIN), 0);
    EXPECT_OK(&error, nt_loader_fill(reference, 0, TRAIN, expected, expected_labels, &error));
    assert_int_equal(nt_sample_order(whole, NT_TRAIN, 1, NT_STREAM_SAMPLES, expected_order), NT_OK);
    static const int held[] = {1, 8, TRAIN - 1};
    for (int h = 0; h < 3; h++) {
        nt_dataset *set = open_set(*root, held[h]);
        nt_loader *loader = new_loader(set);
        assert_int_equal(nt_dataset_room(set, NT_TRAIN), PIXELS);
        memset(images, 0, sizeof images);
        EXPECT_OK(&error, nt_loader_fill(loader, 0, TRAIN, images, labels, &error));
        assert_memory_equal(images, expected, sizeof expected);
        assert_memory_equal(labels, expected_labels, sizeof labels);
        assert_int_equal(nt_sample_order(set, NT_TRAIN, 1, NT_STREAM_SAMPLES, order), NT_OK);
        assert_memory_equal(order, expected_order, sizeof order);
        nt_loader_free(loader);
        nt_dataset_free(set);
    }
    nt_loader_free(reference);
    nt_dataset_free(whole);
}

/* Masks too: of a kind that makes its samples. */
static void masks_are_those_in_memory(void **root) {
    enum { PATIENTS = 3, OF_EACH = 4, SHOWN = 16 * 16 };
    static float images[2][PATIENTS * OF_EACH * SHOWN];
    static int32_t masks[2][PATIENTS * OF_EACH * SHOWN];
    for (int k = 0; k < 2; k++) {
        nt_dataset *set;
        nt_loader *loader;
        EXPECT_OK(&error, open_with("phantom", *root, "train=3 slices=2 times=[300,900] size=16",
                                    -1, &set, &error));
        if (k == 1)
            nt_dataset_limit(set, 5 * SHOWN * 5 / 1e9);
        EXPECT_OK(&error, nt_loader_new(set, NT_TRAIN, NULL, &loader, &error));
        assert_int_equal(nt_dataset_room(set, NT_TRAIN), k ? SHOWN * 5 : 0);
        assert_int_equal(nt_loader_count(loader), PATIENTS * OF_EACH);
        EXPECT_OK(&error,
                  nt_loader_fill(loader, 0, PATIENTS * OF_EACH, images[k], masks[k], &error));
        nt_loader_free(loader);
        nt_dataset_free(set);
    }
    assert_memory_equal(images[1], images[0], sizeof images[0]);
    assert_memory_equal(masks[1], masks[0], sizeof masks[0]);
}

/* The limit is one for both splits together. */
static void splits_share_the_limit(void **root) {
    make_set(*root);
    nt_dataset *set = open_set(*root, TRAIN + TEST - 1);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TEST, &error));
    assert_int_equal(nt_dataset_room(set, NT_TRAIN), 0);
    assert_int_equal(nt_dataset_room(set, NT_TEST), PIXELS);
    nt_dataset_free(set);
}

/* Whatever the number of threads that make batches, they are those of a set in memory. */
static void batches_are_those_in_memory(void **root) {
    static float expected[BATCH * PIXELS];
    int32_t expected_labels[BATCH];
    make_set(*root);
    nt_dataset *whole = open_set(*root, 0), *part = open_set(*root, 10);
    nt_loader *reference = new_loader(whole), *loader = new_loader(part);
    nt_feeder *maker;
    EXPECT_OK(&error, nt_feeder_new(reference, NULL, 0, BATCH, 3, &maker, &error));
    for (int threads = 1; threads <= 5; threads += 2) {
        nt_feeder *feeder;
        nt_threads_set(threads);
        EXPECT_OK(&error, nt_feeder_new(loader, NULL, 0, BATCH, 3, &feeder, &error));
        EXPECT_OK(&error, nt_feeder_seek(feeder, 0, 0, &error));
        for (int step = 0; step < STEPS; step++) {
            const float *images;
            const int32_t *labels;
            int per_epoch = nt_feeder_steps(feeder);
            EXPECT_OK(&error, nt_feeder_next(feeder, &images, &labels, &error));
            EXPECT_OK(&error, nt_feeder_make(maker, step / per_epoch, step % per_epoch, expected,
                                             expected_labels, &error));
            assert_memory_equal(images, expected, sizeof expected);
            assert_memory_equal(labels, expected_labels, sizeof expected_labels);
        }
        nt_feeder_free(feeder);
    }
    nt_threads_set(0);
    nt_feeder_free(maker);
    nt_loader_free(reference);
    nt_loader_free(loader);
    nt_dataset_free(whole);
    nt_dataset_free(part);
}

/* A file that is gone, or holds another picture, when it is read again. */
static void changes_are_seen(void **root) {
    static float images[TRAIN * PIXELS];
    make_set(*root);
    nt_dataset *set = open_set(*root, 5);
    nt_loader *loader = new_loader(set);
    int32_t number = 0;
    while (strcmp(nt_dataset_name(set, NT_TRAIN, number), "c/44") != 0)
        number++;
    write_sample(*root, 0, 44, 43);
    EXPECT_ERROR(&error, nt_loader_fill(loader, number, 1, images, NULL, &error), NT_INVALID,
                 "holds other pixels or another mask for 'c/44' than when it was first read; put "
                 "the file back, and go on");
    unlink(file_of(*root, 0, 44));
    EXPECT_ERROR(&error, nt_loader_fill(loader, number, 1, images, NULL, &error), NT_INVALID,
                 "c/44.png");
    nt_feeder *feeder;
    EXPECT_OK(&error, nt_feeder_new(loader, NULL, 0, TRAIN, 3, &feeder, &error));
    EXPECT_OK(&error, nt_feeder_seek(feeder, 0, 0, &error));
    const float *fed;
    const int32_t *labels;
    EXPECT_ERROR(&error, nt_feeder_next(feeder, &fed, &labels, &error), NT_INVALID, "c/44.png");
    write_sample(*root, 0, 44, 44);
    EXPECT_OK(&error, nt_feeder_seek(feeder, 0, 0, &error));
    EXPECT_OK(&error, nt_feeder_next(feeder, &fed, &labels, &error));
    nt_feeder_free(feeder);
    nt_loader_free(loader);
    nt_dataset_free(set);
}

/* All at once, those that are held and those that are not, in their order; past a number, how many
 * more. */
static void all_that_is_wrong_is_said(void **root) {
    make_set(*root);
    nt_dataset *set;
    EXPECT_OK(&error, nt_dataset_open(nt_data_find("folder"), NULL, *root, NULL, &set, &error));
    nt_dataset_limit(set, 10 * PIXELS / 1e9);
    int broken = 0;
    for (int i = 0; i < TRAIN; i++)
        if (i % 4 != 1) {
            nt_bytes bytes;
            const char *path = file_of(*root, 0, i);
            EXPECT_OK(&error, nt_file_read(path, 1 << 20, &bytes, &error));
            write_bytes(path, bytes.bytes, bytes.size / 2);
            nt_bytes_finish(&bytes);
            broken++;
        }
    nt_status status = nt_dataset_load(set, NT_TRAIN, &error);
    assert_int_equal(error.dropped, broken - NT_ERROR_LIMIT);
    assert_non_null(strstr(error.items[0].where, "train/a/0.png"));
    assert_true(strcmp(error.items[0].where, error.items[NT_ERROR_LIMIT - 1].where) < 0);
    EXPECT_ERRORS(&error, status, NT_INVALID, NT_ERROR_LIMIT, "is damaged");
    nt_dataset_free(set);
}

static void no_memory_is_said(void **root) {
    make_set(*root);
    size_t before = nt_alloc_in_use();
    nt_threads_set(1);
    bool failed = true;
    int allowed = 0;
    for (; failed; allowed++) {
        nt_dataset *set;
        EXPECT_OK(&error, nt_dataset_open(nt_data_find("folder"), NULL, *root, NULL, &set, &error));
        nt_dataset_limit(set, 40 * PIXELS / 1e9);
        allow_allocations(allowed);
        nt_status status = nt_dataset_load(set, NT_TRAIN, &error);
        failed = allow_all_allocations();
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
        nt_dataset_free(set);
        nt_error_finish(&error);
        nt_error_init(&error);
        assert_int_equal(nt_alloc_in_use(), before);
    }
    nt_threads_set(0);
    assert_true(allowed > 10);
}

/* --- frames ----------------------------------------------------------------------------------- */

enum { FRAME = 1000 };

static _Atomic int frames_read;

static nt_status read_frame(const void *context, void *ret_bytes, nt_error *reading) {
    const int *number = context;
    frames_read++;
    if (*number < 0)
        return nt_error_say(reading, NT_INVALID, "no frame %d", *number);
    memset(ret_bytes, *number, FRAME);
    return NT_OK;
}

static nt_status use_frame(nt_frame_cache *cache, int number, int most) {
    const void *bytes;
    const nt_frame_reader reader = {(uint64_t)number, FRAME, read_frame, &number};
    NT_TRY(nt_frame_cache_take(cache, &reader, most * FRAME, &bytes, &error));
    assert_int_equal(((const unsigned char *)bytes)[FRAME - 1], number);
    nt_frame_cache_give(cache, (uint64_t)number);
    return NT_OK;
}

/* In order each is read once, however little may be kept; the one longest unused goes first. */
static void frames_are_kept(void **state) {
    nt_frame_cache *cache = nt_frame_cache_new();
    (void)state;
    frames_read = 0;
    size_t before = nt_alloc_in_use();
    for (int i = 0; i < 40; i++)
        EXPECT_OK(&error, use_frame(cache, i / 4, 0));
    assert_int_equal(frames_read, 10);
    assert_true(nt_alloc_in_use() < before + (NT_FRAMES_KEPT + 1) * FRAME);
    static const int uses[] = {21, 22, 23, 24, 25, 21, 26, 21, 22};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        EXPECT_OK(&error, use_frame(cache, uses[i], NT_FRAMES_KEPT + 1));
    assert_int_equal(frames_read, 10 + 7); /* 22 was dropped for 26 */
    assert_true(nt_alloc_in_use() < before + (NT_FRAMES_KEPT + 2) * FRAME);
    EXPECT_ERROR(&error, use_frame(cache, -1, 3), NT_INVALID, "no frame -1");
    EXPECT_OK(&error, use_frame(cache, 22, 3));
    assert_int_equal(frames_read, 10 + 8);
    nt_frame_cache_free(cache);
}

/* Threads that ask for one frame at once get it from one reading, and never lose it. */
static void use_job(const void *context, int job, int worker) {
    nt_frame_cache *const *cache = context;
    (void)worker;
    for (int i = 0; i < 50; i++) {
        const void *bytes;
        int number = (job + i) / 3 % 7;
        nt_error own;
        nt_error_init(&own);
        const nt_frame_reader reader = {(uint64_t)number, FRAME, read_frame, &number};
        if (nt_frame_cache_take(*cache, &reader, 2 * FRAME, &bytes, &own) != NT_OK)
            abort();
        for (int b = 0; b < FRAME; b++)
            if (((const unsigned char *)bytes)[b] != number)
                abort();
        nt_frame_cache_give(*cache, (uint64_t)number);
        nt_error_finish(&own);
    }
}

static void threads_share_frames(void **state) {
    nt_frame_cache *cache = nt_frame_cache_new();
    (void)state;
    nt_threads_set(5);
    nt_parallel(40, use_job, &cache);
    nt_threads_set(0);
    nt_frame_cache_free(cache);
}

/* --- packed files ----------------------------------------------------------------------------- */

enum { UNPACKED = 700000, SPAN = 50000, PART = 3000 };

/* Some of it packs well, some doesn't; two members, and blocks of several kinds. */
static const unsigned char *write_members(const char *path) {
    static unsigned char bytes[UNPACKED];
    uint32_t state = 1;
    for (int i = 0; i < UNPACKED; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (unsigned char)(i / 60000 % 2 ? state >> 24 : (state >> 24) % 5);
    }
    for (int k = 0; k < 2; k++) {
        gzFile file = gzopen(path, k ? "ab" : "wb");
        assert_non_null(file);
        assert_int_equal(gzwrite(file, bytes + k * (UNPACKED / 2), UNPACKED / 2), UNPACKED / 2);
        assert_int_equal(gzclose(file), Z_OK);
    }
    return bytes;
}

static void packed_files_are_read_anywhere(void **root) {
    static const int64_t spans[] = {1, SPAN, INT64_MAX};
    static unsigned char part[UNPACKED];
    const char *path = path_in(*root, "a.gz");
    const unsigned char *bytes = write_members(path);
    for (int k = 0; k < 3; k++) {
        nt_gzip_index *index;
        size_t before = nt_alloc_in_use();
        EXPECT_OK(&error, nt_gzip_index_new(path, spans[k], &index, &error));
        assert_true(k == 0 || nt_alloc_in_use() - before <=
                                  (k == 1 ? UNPACKED / SPAN : 1) * (NT_GZIP_WINDOW + 100) + 2000);
        for (int64_t at = 0; at + PART <= UNPACKED; at += 4999) {
            EXPECT_OK(&error, nt_gzip_index_read(index, at, part, PART, &error));
            assert_memory_equal(part, bytes + at, PART);
        }
        EXPECT_OK(&error, nt_gzip_index_read(index, 0, part, UNPACKED, &error));
        assert_memory_equal(part, bytes, UNPACKED);
        EXPECT_ERROR(&error, nt_gzip_index_read(index, UNPACKED - 5, part, 6, &error), NT_INVALID,
                     "a.gz: error: cannot be unpacked on");
        nt_gzip_index_free(index);
        assert_int_equal(nt_alloc_in_use(), before);
    }
}

/* Cut, a file has no index; whatever else is done to it, reading says so or gives some bytes. */
static void damage_is_survived(void **root) {
    static unsigned char part[PART];
    const char *path = path_in(*root, "a.gz");
    nt_gzip_index *index, *other;
    nt_bytes file;
    write_members(path);
    EXPECT_OK(&error, nt_gzip_index_new(path, SPAN, &index, &error));
    EXPECT_OK(&error, nt_file_read(path, UNPACKED, &file, &error));
    for (size_t i = 0; i < file.size; i += 9973) {
        write_bytes(path, file.bytes, file.size - 1 - i);
        if (nt_gzip_index_new(path, SPAN, &other, &error) == NT_OK)
            nt_gzip_index_free(other); /* the second member alone is gone */
        nt_gzip_index_read(index, UNPACKED - PART, part, PART, &error);
        file.bytes[i] ^= 0x55;
        write_bytes(path, file.bytes, file.size);
        nt_gzip_index_read(index, (int64_t)(i % UNPACKED), part, PART, &error);
        file.bytes[i] ^= 0x55;
        nt_error_finish(&error);
        nt_error_init(&error);
    }
    write_bytes(path, file.bytes, file.size / 3);
    EXPECT_ERROR(&error, nt_gzip_index_new(path, SPAN, &other, &error), NT_INVALID,
                 "cannot be unpacked on");
    nt_bytes_finish(&file);
    nt_gzip_index_free(index);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(bits_are_those_in_memory),
        IN_FOLDER(masks_are_those_in_memory),
        IN_FOLDER(splits_share_the_limit),
        IN_FOLDER(batches_are_those_in_memory),
        IN_FOLDER(changes_are_seen),
        IN_FOLDER(all_that_is_wrong_is_said),
        IN_FOLDER(no_memory_is_said),
        cmocka_unit_test(frames_are_kept),
        cmocka_unit_test(threads_share_frames),
        IN_FOLDER(packed_files_are_read_anywhere),
        IN_FOLDER(damage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
