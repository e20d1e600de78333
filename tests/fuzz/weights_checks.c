#include "weights_checks.h"

#include "graph.h"
#include "network.h"
#include "target.h"
#include "weights_file.h"
#include "weights_format.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void check_format(const nt_weights_format *format, const nt_tensor_file *file) {
    nt_weights_parts parts;
    nt_status status = format->read(file, &parts);
    check_outcome(status, file->error);
    assert(file->error->count <= 1);
    if (status == NT_OK)
        check_parts(&parts, file->size);
}

void check_weights(const char *path, const char *format) {
    unsigned char first[64];
    struct stat info;
    nt_arena arena;
    nt_error error;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = pread(fd, first, sizeof first, 0);
    assert(fd >= 0 && fstat(fd, &info) == 0 && got >= 0);
    nt_arena_init(&arena);
    nt_error_init(&error);
    const nt_tensor_file file = {fd, info.st_size, path, &arena, &error};
    const nt_weights_format *of =
        (const nt_weights_format *)nt_kind_find(nt_weights_formats, NULL, format);
    assert(of);
    if (of->begins(first, (size_t)got))
        check_format(of, &file);
    nt_error_finish(&error);
    nt_arena_finish(&arena);
    close(fd);
}

/* fc: a linear layer from 2 to 3. */
static nt_network *make_network(void) {
    nt_network *network = nt_network_new("tiny");
    const nt_state weight = {.name = "fc.weight",
                             .type = {.shape = nt_shape_of(2, (int32_t[]){3, 2})}},
                   bias = {.name = "fc.bias", .type = {.shape = nt_shape_of(1, (int32_t[]){3})}};
    assert(network);
    nt_status status = nt_network_add_state(network, &weight);
    assert(status == NT_OK);
    status = nt_network_add_state(network, &bias);
    assert(status == NT_OK);
    return network;
}

void check_network_weights(const char *path) {
    static nt_network *network;
    nt_weights *weights;
    nt_error error;
    if (!network)
        network = make_network();
    size_t before = nt_alloc_in_use();
    nt_error_init(&error);
    nt_status status = nt_weights_new(network, &weights);
    assert(status == NT_OK);
    nt_weights_note note;
    status = nt_safetensors_read(path, weights, &note, &error);
    check_outcome(status, &error);
    nt_weights_free(weights);
    nt_error_finish(&error);
    assert(nt_alloc_in_use() == before);
}
