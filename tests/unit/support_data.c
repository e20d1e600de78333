#include "support_data.h"

unsigned char pixel_of(int sample, int channel, int pixel) {
    return (unsigned char)(sample * 31 + channel * 101 + pixel * 7);
}

int label_of(int sample, int classes) {
    return (sample * 3 + 1) % classes;
}

nt_status open_with(const char *kind_name, const char *root, const char *options, int fails_at,
                    nt_dataset **ret, nt_error *error) {
    const nt_data_kind *kind = nt_data_find(kind_name);
    nt_arena arena;
    char why[NT_FIELD_WHY];
    nt_arena_init(&arena);
    const void *record = nt_kind_record(&kind->kind, options, &arena, why);
    if (!record)
        fail_msg("%s", why);
    if (fails_at >= 0)
        fail_allocation(fails_at);
    nt_status status = nt_dataset_open(kind, record, root, NULL, ret, error);
    nt_arena_finish(&arena);
    return status;
}

nt_status read_set(const char *kind_name, const char *root, const char *options, uint64_t *ret_sum,
                   nt_error *error) {
    nt_dataset *set = NULL;
    nt_status status = open_with(kind_name, root, options, -1, &set, error);
    for (int split = 0; status == NT_OK && split < NT_HELD_OUT; split++) {
        int32_t count = nt_dataset_count(set, (nt_split)split);
        if (count > 0)
            status = nt_dataset_load(set, (nt_split)split, error);
        for (int32_t i = 0; status == NT_OK && i < count; i++) {
            char digest[NT_DIGEST_HEX];
            assert_int_equal(nt_dataset_sample_digest(set, (nt_split)split, i, digest), NT_OK);
            sum_bytes(ret_sum, digest, sizeof digest);
        }
    }
    nt_dataset_free(set);
    return status;
}

/* Of which `memory` bytes may be held; 0: all. */
static nt_dataset *open_limited(const char *kind_name, const char *root, const char *options,
                                int64_t memory) {
    nt_error error;
    nt_dataset *set = NULL;
    nt_error_init(&error);
    EXPECT_OK(&error, open_with(kind_name, root, options, -1, &set, &error));
    if (memory > 0)
        nt_dataset_limit(set, (double)memory / 1e9);
    for (int split = 0; split < NT_HELD_OUT; split++)
        if (nt_dataset_count(set, (nt_split)split) > 0)
            EXPECT_OK(&error, nt_dataset_load(set, (nt_split)split, &error));
    return set;
}

static void expect_same_sample(const nt_dataset *a, const nt_dataset *b, nt_split split,
                               int32_t i) {
    const nt_data_info *info = nt_dataset_info(a);
    size_t size = (size_t)nt_shape_elements(info->shape) * nt_pixel_size(info->pixel);
    char digests[2][NT_DIGEST_HEX];
    nt_error error;
    nt_sample of_b, of_a = sample_of_set(a, split, i);
    void *room = nt_alloc(nt_dataset_room(b, split));
    nt_error_init(&error);
    EXPECT_OK(&error, nt_dataset_sample(b, split, i, room, &of_b, &error));
    assert_memory_equal(of_b.pixels, of_a.pixels, size);
    assert_int_equal(of_b.label, of_a.label);
    assert_true(!of_b.mask == !of_a.mask);
    if (of_a.mask)
        assert_memory_equal(of_b.mask, of_a.mask, (size_t)nt_shape_pixels(info->shape));
    assert_int_equal(nt_dataset_label(b, split, i), nt_dataset_label(a, split, i));
    assert_int_equal(nt_dataset_sample_digest(a, split, i, digests[0]), NT_OK);
    assert_int_equal(nt_dataset_sample_digest(b, split, i, digests[1]), NT_OK);
    assert_string_equal(digests[1], digests[0]);
    nt_free(room, nt_dataset_room(b, split));
}

void expect_those_in_memory(const char *kind_name, const char *root, const char *options) {
    nt_dataset *whole = open_limited(kind_name, root, options, 0);
    const nt_data_info *info = nt_dataset_info(whole);
    int64_t bytes = nt_shape_elements(info->shape) * (int64_t)nt_pixel_size(info->pixel) +
                    (info->target == NT_TARGET_MASK ? nt_shape_pixels(info->shape) : 0);
    const int64_t limits[] = {1, bytes, 2 * bytes, (info->counts[NT_TRAIN] - 1) * bytes + 1};
    for (int k = 0; k < 4; k++) {
        nt_dataset *set = open_limited(kind_name, root, options, limits[k]);
        assert_true(nt_dataset_room(set, NT_TRAIN) > 0);
        for (int split = 0; split < NT_HELD_OUT; split++) {
            int32_t count = nt_dataset_count(set, (nt_split)split);
            assert_int_equal(count, nt_dataset_count(whole, (nt_split)split));
            for (int32_t i = 0; i < count; i++) {
                expect_same_sample(whole, set, (nt_split)split, i);
                expect_same_sample(whole, set, (nt_split)split, (i * 7 + 3) % count);
            }
        }
        nt_dataset_free(set);
    }
    nt_dataset_free(whole);
}

void write_cifar(const char *path, int first, int count, bool coarse, int classes) {
    size_t record = CIFAR_PIXELS + 1 + coarse;
    unsigned char *bytes = malloc((size_t)count * record);
    for (int i = 0; i < count; i++) {
        unsigned char *to = bytes + (size_t)i * record;
        if (coarse)
            *to++ = (unsigned char)label_of(first + i, 20);
        *to++ = (unsigned char)label_of(first + i, classes);
        for (int c = 0; c < 3; c++)
            for (int p = 0; p < 1024; p++)
                *to++ = pixel_of(first + i, c, p);
    }
    write_bytes(path, bytes, (size_t)count * record);
    free(bytes);
}

void make_cifar10(const char *folder) {
    for (int i = 0; i < 5; i++) {
        char name[40];
        snprintf(name, sizeof name, "data_batch_%d.bin", i + 1);
        write_cifar(path_in(folder, name), 2 * i, 2, false, 10);
    }
    write_cifar(path_in(folder, "test_batch.bin"), 50, 3, false, 10);
    static const char names[] = "ant\nbee\ncat\ndog\neel\nfox\ngnu\nhen\nibis\njay\n\n";
    write_bytes(path_in(folder, "batches.meta.txt"), names, sizeof names - 1);
}

size_t put_big(unsigned char *to, uint32_t value) {
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i));
    return 4;
}

size_t idx_images(unsigned char *bytes, int first, int count) {
    size_t at = put_big(bytes, 0x803);
    at += put_big(bytes + at, (uint32_t)count);
    at += put_big(bytes + at, 4);
    at += put_big(bytes + at, 5);
    for (int i = 0; i < count; i++)
        for (int p = 0; p < 20; p++)
            bytes[at++] = pixel_of(first + i, 0, p);
    return at;
}

size_t idx_labels(unsigned char *bytes, int first, int count) {
    size_t at = put_big(bytes, 0x801);
    at += put_big(bytes + at, (uint32_t)count);
    for (int i = 0; i < count; i++)
        bytes[at++] = (unsigned char)label_of(first + i, 10);
    return at;
}

void write_packed(const char *path, const void *bytes, size_t size) {
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

void make_idx(const char *folder) {
    unsigned char bytes[1000];
    write_bytes(path_in(folder, "train-images-idx3-ubyte"), bytes, idx_images(bytes, 0, 7));
    write_bytes(path_in(folder, "train-labels-idx1-ubyte"), bytes, idx_labels(bytes, 0, 7));
    write_packed(path_in(folder, "t10k-images-idx3-ubyte.gz"), bytes, idx_images(bytes, 50, 4));
    write_packed(path_in(folder, "t10k-labels-idx1-ubyte.gz"), bytes, idx_labels(bytes, 50, 4));
}

nt_sample sample_of_set(const nt_dataset *set, nt_split split, int32_t i) {
    nt_sample sample;
    nt_error error;
    nt_error_init(&error);
    assert_int_equal(nt_dataset_room(set, split), 0);
    EXPECT_OK(&error, nt_dataset_sample(set, split, i, NULL, &sample, &error));
    nt_error_finish(&error);
    return sample;
}
