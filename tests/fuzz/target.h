/* What fuzz targets have in common. Each is one file, fuzz_NAME.c, with the function that libFuzzer
 * calls for every input, and perhaps one that changes inputs in a way that suits them
 * (mutate_lines.h, mutate_json.h). It is linked twice: as fuzz_NAME with libFuzzer, which needs
 * clang, and as replay_NAME with replay.c, which any compiler builds and every test run runs.
 *
 *     tests/fuzz/run 10             builds all targets and gives each ten minutes' share
 *     replay_NAME FILE FOLDER …     one input after another
 *
 * A target fails by an assertion, by what a sanitizer finds, by time or by memory. */
#ifndef TARGET_H
#define TARGET_H

#include "alloc.h"
#include "diagnostic.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

/* libFuzzer's, or replay.c's: any change to some bytes. Returns the new size. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* Whoever refuses says why, in the same status; whoever doesn't says nothing. */
static inline void check_outcome(nt_status status, const nt_error *error) {
    if (status == NT_OK)
        assert(error->count == 0);
    else
        assert(error->count > 0 && error->items[0].status == status && error->items[0].message[0]);
}

#endif
