/* A fuzz target for libFuzzer: any bytes as a graph file. What loads must be sound, and what it
 * resolves to must load as the same graph.
 *
 *     CC=clang meson setup fuzz -Dc_args=-fsanitize=fuzzer-no-link -Db_lundef=false \
 *       -Db_sanitize=address,undefined
 *     ninja -C fuzz tests/fuzz/fuzz_network
 *     mkdir found && fuzz/tests/fuzz/fuzz_network found graphs tests/unit/yaml
 */
#include "network_file.h"

#include <assert.h>
#include <string.h>

enum { MOST_LAYERS = 2000 }; /* a longer list of them may pass a document's limits */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_resolved(const nt_network *network) {
    nt_text flat, dump, dump_again;
    nt_network *again = NULL;
    nt_error error;
    nt_error_init(&error);
    nt_text_init(&flat);
    nt_text_init(&dump);
    nt_text_init(&dump_again);
    nt_status status = nt_network_resolve(network, &flat);
    assert(status == NT_OK);
    status = nt_network_load_text("flat.yaml", flat.bytes, flat.length, NULL, 0, &again, &error);
    assert(status == NT_OK);
    nt_graph_dump(network->graph, &dump);
    nt_graph_dump(again->graph, &dump_again);
    assert(strcmp(dump.bytes, dump_again.bytes) == 0);
    nt_network_free(again);
    nt_text_finish(&flat);
    nt_text_finish(&dump);
    nt_text_finish(&dump_again);
    nt_error_finish(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    nt_error error;
    nt_network *network = NULL;
    nt_error_init(&error);
    nt_status status =
        nt_network_load_text("fuzz.yaml", (const char *)data, size, NULL, 0, &network, &error);
    if (status == NT_OK) {
        assert(!nt_graph_flaw(network->graph));
        if (network->layer_count <= MOST_LAYERS)
            check_resolved(network);
    } else {
        assert(error.count > 0);
    }
    nt_network_free(network);
    nt_error_finish(&error);
    return 0;
}
