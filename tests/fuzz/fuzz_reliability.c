/* Any text as reliability.json. */
#include "mutate_json.h"
#include "reliability.h"
#include "scratch.h"
#include "target.h"
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    nt_arena arena;
    nt_error error;
    nt_reliability read;
    size_t before = nt_alloc_in_use();
    nt_arena_init(&arena);
    nt_error_init(&error);
    nt_status status =
        nt_reliability_read(scratch_put(NT_RELIABILITY_NAME, data, size), &arena, &read, &error);
    check_outcome(status, &error);
    for (int32_t i = 0; status == NT_OK && i < read.case_count; i++) {
        assert(read.cases[i].bin_count == NT_RELIABILITY_BINS);
        (void)nt_reliability_error(read.cases[i].bins);
    }
    nt_error_finish(&error);
    nt_arena_finish(&arena);
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {
        "baseline",
        "each",
        "one",
        "",
        "0000000000000000000000000000000000000000000000000000000000000000",
        NULL};
    return mutate_json(data, size, most, seed, words);
}
