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
