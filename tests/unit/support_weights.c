#include "support_weights.h"

nt_network *small_network(void) {
    static nt_network *network;
    if (network)
        return network;
    static const int32_t kernel[] = {5, 3, 3, 2}, grouped[] = {36, 1, 3, 3}, matrix[] = {4, 6};
    static const int32_t vector[] = {5}, map[] = {3, 2, 4};
    nt_type types[] = {
        nt_type_param(nt_shape_of(4, kernel)), nt_type_param(nt_shape_of(1, vector)),
        nt_type_param(nt_shape_of(0, NULL)),   nt_type_param(nt_shape_of(4, grouped)),
        nt_type_param(nt_shape_of(2, matrix)), nt_type_param(nt_shape_of(3, map))};
    types[0].layout = types[3].layout = types[4].layout = NT_KERNEL;
    types[3].groups = 2;
    types[2].dtype = NT_I32;
    static const char *const names[] = {"conv.weight", "bn.running_mean", "bn.num_batches_tracked",
                                        "wide.weight", "fc.weight",       "map"};
    network = nt_network_new("small");
    assert_non_null(network);
    for (int i = 0; i < 6; i++) {
        const nt_state state = {.name = names[i],
                                .type = types[i],
                                .role = i == 1   ? NT_BUFFER
                                        : i == 2 ? NT_COUNTER
                                                 : NT_WEIGHT,
                                .init = NT_INIT_NORMAL,
                                .scale = 1};
        assert_int_equal(nt_network_add_state(network, &state), NT_OK);
    }
    return network;
}

nt_weights *new_weights(const nt_network *network, uint64_t seed) {
    nt_weights *weights;
    assert_int_equal(nt_weights_new(network, &weights), NT_OK);
    assert_int_equal(nt_weights_init(weights, seed), NT_OK);
    return weights;
}

bool weights_equal(const nt_weights *a, const nt_weights *b) {
    for (size_t i = 0; i < nt_weights_count(a); i++) {
        nt_tensor x = nt_weights_at(a, i), y = nt_weights_at(b, i);
        if (memcmp(x.data, y.data, (size_t)nt_type_stored(x.type) * sizeof(float)) != 0)
            return false;
    }
    return true;
}

void write_safetensors(const char *path, const char *header, const void *data, size_t size) {
    uint64_t length = strlen(header);
    unsigned char *bytes = calloc(1, 8 + length + size);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + 8, header, length);
    if (data && size > 0)
        memcpy(bytes + 8 + length, data, size);
    write_bytes(path, bytes, 8 + length + size);
    free(bytes);
}
