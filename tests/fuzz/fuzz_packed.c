/* Any bytes as outcomes.bin, and any header with data behind it. All outcomes are unpacked. */
#include "mutate_json.h"
#include "packed.h"
#include "scratch.h"
#include "target.h"
#include <stdlib.h>

enum { MOST_BYTES = 1 << 24 };

static void unpack(const nt_packed *packed) {
    for (int32_t i = 0; i < packed->outcome_count; i++) {
        const nt_packed_outcome *outcome = &packed->outcomes[i];
        size_t size = nt_packed_size(packed, outcome);
        assert(outcome->samples >= 0 && outcome->offset >= 0);
        assert(size <= packed->size && (uint64_t)outcome->offset <= packed->size - size);
        /* A byte an image of classes; four an image and class of each count of masks. */
        size_t each = packed->classes > 0 ? 16 * (size_t)packed->classes + 16 : 1;
        if ((size_t)outcome->samples > MOST_BYTES / each)
            continue;
        unsigned char *room = malloc((size_t)outcome->samples * each + 1);
        if (!room)
            abort();
        nt_packed_unpack(packed, outcome, room);
        free(room);
    }
    for (int32_t i = 0; i < packed->case_count; i++) {
        const nt_packed_case *item = &packed->cases[i];
        assert(item->outcome >= 0 && item->outcome < packed->outcome_count);
        assert(item->baseline >= 0 && item->baseline < packed->outcome_count);
    }
}

static void try_file(const char *path) {
    nt_arena arena;
    nt_error error;
    nt_packed packed;
    nt_arena_init(&arena);
    nt_error_init(&error);
    nt_status status = nt_packed_read(path, &arena, &packed, &error);
    check_outcome(status, &error);
    if (status == NT_OK)
        unpack(&packed);
    nt_error_finish(&error);
    nt_arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t before = nt_alloc_in_use();
    try_file(scratch_put("raw.bin", data, size));
    try_file(scratch_put_headed("headed.bin", data, size));
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {
        "accuracy",
        "dice",
        "baseline",
        "each",
        "one",
        "",
        "outcomes",
        "cases",
        "offset",
        "bytes",
        "0000000000000000000000000000000000000000000000000000000000000000",
        NULL};
    return mutate_json(data, size, most, seed, words);
}
