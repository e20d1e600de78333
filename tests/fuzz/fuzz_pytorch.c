/* Any bytes as what torch.save writes: as a pickle, as a file of the form of old or of an archive,
 * and as the object in an archive that is made around it. */
#include "pickle.h"
#include "scratch.h"
#include "target.h"
#include "weights_checks.h"
#include <stdlib.h>
#include <string.h>

static void check_tensor(const nt_pickled_tensor *tensor) {
    int64_t last = 0;
    assert(tensor->storage->encoding && tensor->first >= 0 && tensor->span >= 0);
    assert(tensor->span <= tensor->storage->count - tensor->first);
    for (size_t i = 0; i < tensor->rank; i++) {
        assert(tensor->shape[i] >= 0 && tensor->stride[i] >= 0);
        if (tensor->span > 0)
            last += (tensor->shape[i] - 1) * tensor->stride[i];
    }
    assert(tensor->span == 0 || last == tensor->span - 1);
}

/* Each value once, however often it is there. */
static void check_value(nt_pickled *value, int depth) {
    if (value->kind == NT_PICKLED_TENSOR)
        check_tensor(&value->tensor);
    if (value->kind < NT_PICKLED_TUPLE || value->kind > NT_PICKLED_DICT || value->visited ||
        depth > 100)
        return;
    value->visited = true;
    assert(value->kind != NT_PICKLED_DICT || value->list.count % 2 == 0);
    for (size_t i = 0; i < value->list.count; i++)
        check_value(value->list.items[i], depth + 1);
}

static void try_pickle(const uint8_t *data, size_t size) {
    nt_arena arena;
    nt_error error;
    nt_pickled *value = NULL;
    nt_arena_init(&arena);
    nt_error_init(&error);
    const nt_tensor_file file = {.fd = -1, .path = "fuzz.pt", .arena = &arena, .error = &error};
    nt_pickle_reader reader = {.file = &file,
                               .path = "fuzz.pt",
                               .size = (int64_t)size,
                               .bytes = (unsigned char *)(uintptr_t)data,
                               .filled = size};
    nt_status status = nt_pickle_read(&reader, &value);
    check_outcome(status, &error);
    assert(reader.at <= size);
    if (status == NT_OK)
        check_value(value, 0);
    nt_pickle_finish(&reader);
    nt_error_finish(&error);
    nt_arena_finish(&arena);
}

/* --- an archive ------------------------------------------------------------------------------- */

typedef struct archive {
    unsigned char *bytes, directory[400];
    size_t size, directory_size;
    int count;
} archive;

static void put(unsigned char *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

/* Nobody compares checksums of members that are not packed. */
static void add_member(archive *a, const char *name, const void *bytes, size_t size) {
    unsigned char local[30] = "PK\x03\x04", entry[46] = "PK\x01\x02";
    size_t length = strlen(name), at = a->size;
    put(local + 18, size, 4);
    put(local + 22, size, 4);
    put(local + 26, length, 2);
    put(entry + 20, size, 4);
    put(entry + 24, size, 4);
    put(entry + 28, length, 2);
    put(entry + 42, at, 4);
    memcpy(a->bytes + at, local, sizeof local);
    memcpy(a->bytes + at + sizeof local, name, length);
    memcpy(a->bytes + at + sizeof local + length, bytes, size);
    a->size += sizeof local + length + size;
    memcpy(a->directory + a->directory_size, entry, sizeof entry);
    memcpy(a->directory + a->directory_size + sizeof entry, name, length);
    a->directory_size += sizeof entry + length;
    a->count++;
}

static const char *put_archive(const uint8_t *data, size_t size) {
    static const unsigned char numbers[64] = {0};
    unsigned char end[22] = "PK\x05\x06";
    archive a = {.bytes = malloc(size + 2000)};
    if (!a.bytes)
        abort();
    add_member(&a, "archive/data.pkl", data, size);
    add_member(&a, "archive/byteorder", "little", 6);
    add_member(&a, "archive/data/0", numbers, sizeof numbers);
    add_member(&a, "archive/data/1", numbers, 4);
    put(end + 8, (uint64_t)a.count, 2);
    put(end + 10, (uint64_t)a.count, 2);
    put(end + 12, a.directory_size, 4);
    put(end + 16, a.size, 4);
    memcpy(a.bytes + a.size, a.directory, a.directory_size);
    memcpy(a.bytes + a.size + a.directory_size, end, sizeof end);
    const char *path = scratch_put("archive.pt", a.bytes, a.size + a.directory_size + sizeof end);
    free(a.bytes);
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t before = nt_alloc_in_use();
    try_pickle(data, size);
    check_weights(scratch_put("raw.pt", data, size), "pytorch");
    check_weights(put_archive(data, size), "pytorch");
    assert(nt_alloc_in_use() == before);
    return 0;
}
