/* Any bytes as a safetensors file, and any header with data behind it, its length made right. */
#include "mutate_json.h"
#include "scratch.h"
#include "target.h"
#include "weights_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t before = nt_alloc_in_use();
    check_weights(scratch_put("raw", data, size), "safetensors");
    const char *path = scratch_put_headed("headed", data, size);
    check_weights(path, "safetensors");
    assert(nt_alloc_in_use() == before);
    check_network_weights(path);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {
        "fc.weight", "fc.bias", "__metadata__", "dtype", "shape", "data_offsets",
        "F32",       "F64",     "F16",          "BF16",  "I64",   "I32",
        "I8",        "U8",      "BOOL",         "",      "x",     "\xC3\xA9",
        NULL};
    return mutate_json(data, size, most, seed, words);
}
