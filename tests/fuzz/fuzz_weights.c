/* A fuzz target for libFuzzer: any bytes as a pickle, and as a weights file of whatever format they
 * begin like. What is read must lie where it says: tensors in their storage, entries in the file;
 * whatever is refused has one error, and nothing may be left behind.
 *
 *     CC=clang meson setup fuzz -Dc_args=-fsanitize=fuzzer-no-link -Db_lundef=false \
 *       -Db_sanitize=address,undefined
 *     ninja -C fuzz tests/fuzz/fuzz_weights
 *     mkdir found && fuzz/tests/fuzz/fuzz_weights found FOLDER-WITH-SMALL-FILES
 */
#include "pickle.h"
#include "weights_format.h"

#include "alloc.h"
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void check_outcome(nt_status status, const nt_error *error) {
    assert(status == NT_OK ? error->count == 0
                           : error->count == 1 && error->items[0].status == status);
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
                               .bytes = (unsigned char *)data,
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

static void check_parts(const nt_weights_parts *parts, int64_t size) {
    assert(parts->count > 0 && parts->metadata);
    for (size_t p = 0; p < parts->count; p++)
        for (size_t i = 0; i < parts->items[p].count; i++) {
            const nt_entry *entry = &parts->items[p].entries[i];
            assert(entry->name && entry->encoding && entry->begin >= 0);
            assert(entry->begin <= entry->end && entry->end <= size);
            assert(entry->stride ||
                   nt_entry_count(entry) * entry->encoding->width == entry->end - entry->begin);
        }
}

static void try_file(int fd, const uint8_t *data, size_t size) {
    for (const nt_kind *const *kind = nt_weights_formats; *kind; kind++) {
        const nt_weights_format *format = (const nt_weights_format *)*kind;
        nt_arena arena;
        nt_error error;
        nt_weights_parts parts;
        if (!format->begins(data, size))
            continue;
        nt_arena_init(&arena);
        nt_error_init(&error);
        const nt_tensor_file file = {fd, (int64_t)size, "fuzz.pt", &arena, &error};
        nt_status status = format->read(&file, &parts);
        check_outcome(status, &error);
        if (status == NT_OK)
            check_parts(&parts, (int64_t)size);
        nt_error_finish(&error);
        nt_arena_finish(&arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int fd = -1;
    size_t before = nt_alloc_in_use();
    if (fd < 0)
        fd = memfd_create("fuzz", 0);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        return 0;
    try_pickle(data, size);
    try_file(fd, data, size);
    assert(nt_alloc_in_use() == before);
    return 0;
}
