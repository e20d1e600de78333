/* Any text as a graph file. */
#include "mutate_lines.h"
#include "network_checks.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_network((const char *)data, size);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    return mutate_lines(data, size, most, seed, network_words, network_lines);
}
