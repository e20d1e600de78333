/* Writing ONNX where memory is lacking, at each allocation in turn, and where the file would be too
 * large. What is written is looked at by tests/cli/export.py. */
#include "onnx_export.h"
#include "onnx_model.h"
#include "support_base.h"
#include "support_yaml.h"

static nt_error error;

static const char text[] = HEAD "nodes:\n"
                                "  conv: {op: conv2d, channels: 4, kernel: 3}\n"
                                "  once: {op: batch_norm}\n"
                                "  twice: {op: batch_norm}\n"
                                "  shared: {op: batch_norm, from: conv}\n"
                                "  mean: {op: add, from: [twice, shared]}\n"
                                "  norm: {op: layer_norm}\n"
                                "  gelu: {op: gelu, approximate: tanh}\n"
                                "  bins: {op: adaptive_avg_pool, size: 4}\n"
                                "  roll: {op: roll, rows: 1, columns: 1}\n"
                                "  same: {op: constant, shape: [2, 4, 4], value: 3}\n"
                                "  concat: {op: concat, from: [roll, same]}\n"
                                "  small: {op: resize, size: 3}\n"
                                "  large: {op: resize, size: 5, mode: bilinear}\n";

/* Until an export needs no allocation more: each other fails, says so and leaves no file. */
static void export_with_less(const nt_weights *weights, bool fold, const char *folder) {
    int count = 0;
    for (bool failed = true; failed; count++) {
        nt_error_init(&error);
        allow_allocations(count);
        nt_status status = nt_onnx_export(weights, fold, path_in(folder, "net.onnx"), &error);
        failed = allow_all_allocations();
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
        assert_int_equal(error.count + error.dropped, failed ? 1 : 0);
        assert_int_equal(count_files(folder), failed ? 0 : 1);
        nt_error_finish(&error);
    }
    assert_true(count > 20);
    assert_int_equal(unlink(path_in(folder, "net.onnx")), 0);
}

static void test_memory(void **state) {
    nt_network *network = load(text);
    nt_weights *weights;
    assert_int_equal(nt_weights_new(network, &weights), NT_OK);
    assert_int_equal(nt_weights_init(weights, 0), NT_OK);
    export_with_less(weights, false, *state);
    export_with_less(weights, true, *state);
    nt_weights_free(weights);
    nt_network_free(network);
}

static void test_size(void **state) {
    nt_onnx *onnx = nt_onnx_new("large");
    const float none = 0; /* the size is known before any element is read */
    assert_non_null(onnx);
    nt_error_init(&error);
    nt_onnx_floats(onnx, "w", (nt_onnx_dims){2, {1 << 15, 1 << 14}}, &none);
    nt_status status = nt_onnx_write(onnx, path_in(*state, "net.onnx"), &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "has room for 2147483647");
    assert_int_equal(count_files(*state), 0);
    nt_onnx_free(onnx);
}

int main(void) {
    const struct CMUnitTest tests[] = {WITH_FOLDER(test_memory), WITH_FOLDER(test_size)};
    return cmocka_run_group_tests_name("exchange_onnx", tests, NULL, NULL);
}
