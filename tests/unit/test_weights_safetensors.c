/* Weights to files and back: orders, element types, what fits a network and what does not. */
#include "file.h"
#include "support_weights.h"
#include <errno.h>
#include <math.h>

static nt_error error;

/* --- round trip ------------------------------------------------------------------------------- */

static void test_round_trip(void **state) {
    const char *path = path_in(*state, "w.safetensors");
    const nt_metadata metadata[] = {{"format", "pt"}, {"a \"quoted\"\n\\ key", "\xC3\xA9"}, {0}};
    nt_weights *out = new_weights(small_network(), 1), *in = new_weights(small_network(), 2);
    nt_weights_at(out, 2).i[0] = 4321;
    nt_weights_note note;
    EXPECT_OK(&error, nt_safetensors_write(path, out, metadata, &error));
    EXPECT_OK(&error, nt_safetensors_read(path, in, &note, &error));
    assert_true(weights_equal(in, out));
    assert_int_equal(note.tensors, 6);
    assert_int_equal(note.from_f64 + note.from_f16 + note.from_bf16 + note.absent_counters, 0);
    EXPECT_OK(&error, nt_safetensors_write(path, out, NULL, &error));
    EXPECT_OK(&error, nt_safetensors_read(path, in, NULL, &error));
    nt_weights_free(out);
    nt_weights_free(in);
}

/* The file's bytes are what the format says: names in the network's order, padding, PyTorch's
 * order. */
static void test_file(void **state) {
    static const char expected[] =
        "{\"__metadata__\":{\"k\":\"v\"},"
        "\"conv.weight\":{\"dtype\":\"F32\",\"shape\":[5,3,3,2],\"data_offsets\":[8,368]},"
        "\"bn.running_mean\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[368,388]},"
        "\"bn.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"wide.weight\":{\"dtype\":\"F32\",\"shape\":[36,1,3,3],\"data_offsets\":[388,1684]},"
        "\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[4,6],\"data_offsets\":[1684,1780]},"
        "\"map\":{\"dtype\":\"F32\",\"shape\":[3,2,4],\"data_offsets\":[1780,1876]}}";
    const char *path = path_in(*state, "w.safetensors");
    const nt_metadata metadata[] = {{"k", "v"}, {0}};
    nt_weights *weights = new_weights(small_network(), 1);
    float rows[96];
    for (int i = 0; i < 24; i++)
        rows[i] = (float)i - 3.5f;
    nt_tensor fc = nt_weights_at(weights, 4), map = nt_weights_at(weights, 5);
    nt_tensor_from_rows(fc.type, rows, fc.f);
    nt_tensor_from_rows(map.type, rows, map.f);
    nt_weights_at(weights, 2).i[0] = -2;
    EXPECT_OK(&error, nt_safetensors_write(path, weights, metadata, &error));
    nt_weights_free(weights);
    nt_bytes bytes;
    EXPECT_OK(&error, nt_file_read(path, 100000, &bytes, &error));
    size_t length = bytes.bytes[0] | (size_t)bytes.bytes[1] << 8;
    assert_int_equal(length % 8, 0);
    assert_true(length >= sizeof expected - 1 && length < sizeof expected - 1 + 8);
    assert_int_equal(bytes.size, 8 + length + 1876);
    assert_memory_equal(bytes.bytes + 8, expected, sizeof expected - 1);
    for (size_t i = sizeof expected - 1; i < length; i++)
        assert_int_equal(bytes.bytes[8 + i], ' ');
    const unsigned char *data = bytes.bytes + 8 + length;
    assert_memory_equal(data, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
    assert_memory_equal(data + 1684, rows, 96);
    assert_memory_equal(data + 1780, rows, 96);
    nt_bytes_finish(&bytes);
}

/* The n-th write fails, for each n: the old file stays. */
static void test_write_fails(void **state) {
    const char *path = path_in(*state, "w.safetensors");
    nt_weights *old = new_weights(small_network(), 1), *fresh = new_weights(small_network(), 2);
    nt_weights *back = new_weights(small_network(), 3);
    EXPECT_OK(&error, nt_safetensors_write(path, old, NULL, &error));
    int failures = 0;
    for (;; failures++) {
        nt_file_fail_at(failures + 1, ENOSPC);
        nt_status status = nt_safetensors_write(path, fresh, NULL, &error);
        nt_file_fail_at(0, 0);
        assert_int_equal(count_files(*state), 1);
        if (status == NT_OK)
            break;
        EXPECT_ERROR(&error, status, NT_IO, "cannot write: No space left on device");
        EXPECT_OK(&error, nt_safetensors_read(path, back, NULL, &error));
        assert_true(weights_equal(back, old));
    }
    assert_int_equal(failures, 2 + 6 + 2); /* length, header, six tensors, sync, rename */
    EXPECT_OK(&error, nt_safetensors_read(path, back, NULL, &error));
    assert_true(weights_equal(back, fresh));
    nt_weights_free(old);
    nt_weights_free(fresh);
    nt_weights_free(back);
}

/* --- element types ---------------------------------------------------------------------------- */

/* A network of one vector, or of one counter; until the next call. */
static nt_network *one_state(int32_t count, nt_role role) {
    static nt_network *network;
    nt_state state = {.name = "x", .role = role};
    state.type = nt_type_param(nt_shape_of(role == NT_COUNTER ? 0 : 1, &count));
    if (role == NT_COUNTER)
        state.type.dtype = NT_I32;
    nt_network_free(network);
    network = nt_network_new("one");
    assert_non_null(network);
    assert_int_equal(nt_network_add_state(network, &state), NT_OK);
    return network;
}

static nt_status read_one(void **state, const char *dtype, const void *data, int32_t count,
                          size_t width, nt_weights *weights, nt_weights_note *note) {
    char header[200], shape[20] = "";
    const char *path = path_in(*state, "one.safetensors");
    if (nt_weights_network(weights)->states[0].role != NT_COUNTER)
        snprintf(shape, sizeof shape, "%d", count);
    snprintf(header, sizeof header,
             "{\"x\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[0,%zu]}}", dtype, shape,
             (size_t)count * width);
    write_safetensors(path, header, data, (size_t)count * width);
    return nt_safetensors_read(path, weights, note, &error);
}

/* A floating-point number of 16 bits by its definition, in double precision. */
static double decode(uint16_t bits, int exponent_bits) {
    int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
    int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
    double fraction = (bits & ((1 << fraction_bits) - 1)) / (double)(1 << fraction_bits);
    double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == (1 << exponent_bits) - 1)
        return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexp(1 + fraction, exponent - bias) : ldexp(fraction, 1 - bias));
}

/* Every one of the 65,536 numbers of the format that is finite, 0 in place of the others; those are
 * refused, one after the other. */
static void check_halves(void **state, const char *dtype, int exponent_bits) {
    enum { ALL = 1 << 16 };
    nt_weights *weights = new_weights(one_state(ALL, NT_WEIGHT), 1);
    unsigned char *data = calloc(ALL, 2);
    int refused = 0;
    for (int i = 0; i < ALL; i++) {
        data[2 * i] = (unsigned char)i;
        data[2 * i + 1] = (unsigned char)(i >> 8);
        if (isfinite(decode((uint16_t)i, exponent_bits)))
            continue;
        if (refused++ % 97 == 0)
            EXPECT_ERROR(&error, read_one(state, dtype, data, ALL, 2, weights, NULL), NT_INVALID,
                         isnan(decode((uint16_t)i, exponent_bits)) ? "of 'x' is not a number"
                                                                   : "of 'x' is infinite");
        data[2 * i] = data[2 * i + 1] = 0;
    }
    nt_weights_note note;
    EXPECT_OK(&error, read_one(state, dtype, data, ALL, 2, weights, &note));
    assert_int_equal(note.from_f16, exponent_bits == 5);
    assert_int_equal(note.from_bf16, exponent_bits == 8);
    const float *got = nt_weights_at(weights, 0).f;
    for (int i = 0; i < ALL; i++) {
        double wanted = decode((uint16_t)i, exponent_bits);
        assert_true(got[i] == (isfinite(wanted) ? wanted : 0));
        assert_true(!isfinite(wanted) || !signbit(got[i]) == !(i & 0x8000));
    }
    free(data);
    nt_weights_free(weights);
}

static void test_f16(void **state) {
    check_halves(state, "F16", 5);
}

static void test_bf16(void **state) {
    check_halves(state, "BF16", 8);
}

static void test_f64(void **state) {
    nt_weights_note note;
    const double values[] = {0, -0., .1, 1e-50, 3.4028235e38, -3.4028235e38, 7, -1e-310};
    nt_weights *weights = new_weights(one_state(8, NT_WEIGHT), 1);
    EXPECT_OK(&error, read_one(state, "F64", values, 8, 8, weights, &note));
    assert_int_equal(note.from_f64, 1);
    const float *got = nt_weights_at(weights, 0).f;
    for (int i = 0; i < 8; i++)
        assert_true(got[i] == (float)values[i]);
    float kept = got[2];
    const double large[] = {0, 0, 0, 0, 0, 0, 1e39, 0};
    nt_status status = read_one(state, "F64", large, 8, 8, weights, &note);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 ": byte 111: error: element 6 of 'x' is too large for float32");
    assert_true(got[2] == kept);
    nt_weights_free(weights);
}

/* What isn't finite is refused wherever it stands, what is negative only in a variance. */
static void test_flaws(void **state) {
    const float values[] = {0, -0.f, -1, 2}, nan[] = {1, 2, 3, NAN}, inf[] = {1, -INFINITY, 3, 4};
    for (int variance = 0; variance < 2; variance++) {
        nt_network *network = one_state(4, NT_BUFFER);
        network->states[0].variance = variance;
        nt_weights *weights = new_weights(network, 1);
        nt_status status = read_one(state, "F32", values, 4, 4, weights, NULL);
        if (variance)
            EXPECT_ERROR(&error, status, NT_INVALID,
                         "element 2 of 'x' is -1, but no variance is below 0");
        else
            EXPECT_OK(&error, status);
        EXPECT_ERROR(&error, read_one(state, "F32", nan, 4, 4, weights, NULL), NT_INVALID,
                     "element 3 of 'x' is not a number");
        EXPECT_ERROR(&error, read_one(state, "F32", inf, 4, 4, weights, NULL), NT_INVALID,
                     "element 1 of 'x' is infinite");
        nt_weights_free(weights);
    }
}

/* Longer than the pieces it is read in; a length that no piece divides. */
static void test_long_tensor(void **state) {
    enum { COUNT = 50001 };
    double *values = malloc(COUNT * sizeof *values);
    for (int i = 0; i < COUNT; i++)
        values[i] = i * 3;
    nt_weights *weights = new_weights(one_state(COUNT, NT_WEIGHT), 1);
    EXPECT_OK(&error, read_one(state, "F64", values, COUNT, 8, weights, NULL));
    for (int i = 0; i < COUNT; i++)
        assert_true(nt_weights_at(weights, 0).f[i] == (float)values[i]);
    free(values);
    nt_weights_free(weights);
}

static void test_counters(void **state) {
    const int64_t fine = -2147483647 - 1, large = INT64_C(2147483648);
    const int32_t small = 77;
    nt_weights *weights = new_weights(one_state(1, NT_COUNTER), 1);
    EXPECT_OK(&error, read_one(state, "I64", &fine, 1, 8, weights, NULL));
    assert_int_equal(nt_weights_at(weights, 0).i[0], INT32_MIN);
    EXPECT_OK(&error, read_one(state, "I32", &small, 1, 4, weights, NULL));
    assert_int_equal(nt_weights_at(weights, 0).i[0], 77);
    nt_status status = read_one(state, "I64", &large, 1, 8, weights, NULL);
    EXPECT_ERROR(&error, status, NT_INVALID, "element 0 of 'x' is too large for a counter");
    status = read_one(state, "F8_E4M3", &small, 1, 1, weights, NULL);
    EXPECT_ERROR(&error, status, NT_INVALID, "'x' is F8_E4M3 scalar (the network's: I64 scalar)");
    assert_int_equal(nt_weights_at(weights, 0).i[0], 77);
    nt_weights_free(weights);
}

/* Any type of numbers, and any shape, of which the first element counts. */
static void test_odd_counters(void **state) {
    static const struct {
        const char *dtype;
        unsigned char bytes[8];
        size_t width;
        int32_t expected;
    } cases[] = {
        {"F32", {0, 0, 0x9B, 0x42}, 4, 77}, /* 77.5 */
        {"F64", {0, 0, 0, 0, 0, 0x40, 0x53, 0x40}, 8, 77},
        {"F16", {0xD0, 0x54}, 2, 77},
        {"BF16", {0x9A, 0x42}, 2, 77},
        {"U64", {77}, 8, 77},
        {"U32", {77}, 4, 77},
        {"U16", {0, 0x80}, 2, 32768},
        {"I16", {0, 0x80}, 2, -32768},
        {"U8", {200}, 1, 200},
        {"I8", {200}, 1, -56},
        {"BOOL", {1}, 1, 1},
    };
    const char *path = path_in(*state, "one.safetensors");
    nt_weights *weights = new_weights(one_state(1, NT_COUNTER), 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        EXPECT_OK(&error, read_one(state, cases[i].dtype, cases[i].bytes, 1, cases[i].width,
                                   weights, NULL));
        assert_int_equal(nt_weights_at(weights, 0).i[0], cases[i].expected);
    }
    static const char two[] = "{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}";
    static const char none[] = "{\"x\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    write_safetensors(path, two, "\x05\x06", 2);
    EXPECT_OK(&error, nt_safetensors_read(path, weights, NULL, &error));
    assert_int_equal(nt_weights_at(weights, 0).i[0], 5);
    write_safetensors(path, none, NULL, 0);
    EXPECT_OK(&error, nt_safetensors_read(path, weights, NULL, &error));
    assert_int_equal(nt_weights_at(weights, 0).i[0], 0);
    nt_status status = read_one(state, "F32", "\0\0\xC0\x7F", 1, 4, weights, NULL); /* NaN */
    EXPECT_ERROR(&error, status, NT_INVALID, "element 0 of 'x' is too large for a counter");
    nt_weights_free(weights);
}

/* --- what does not fit ------------------------------------------------------------------------ */

static void test_misfit(void **state) {
    const char *path = path_in(*state, "w.safetensors");
    nt_weights *weights = new_weights(small_network(), 1),
               *before = new_weights(small_network(), 1);
    write_safetensors(
        path,
        "{\"module.conv.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"bn.running_mean\":{\"dtype\":\"I8\",\"shape\":[5],\"data_offsets\":[4,9]},"
        "\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[6,4],\"data_offsets\":[9,105]},"
        "\"map\":{\"dtype\":\"F32\",\"shape\":[24],\"data_offsets\":[105,201]},"
        "\"z\\u001b[31m\":{\"dtype\":\"BOOL\",\"shape\":[0],\"data_offsets\":[9,9]}}",
        NULL, 201);
    nt_status status = nt_safetensors_read(path, weights, NULL, &error);
    assert_int_equal(status, NT_INVALID);
    assert_int_equal(error.count, 1);
    assert_string_equal(
        error.items[0].message,
        "the tensors are not those of network 'small': "
        "2 missing: 'conv.weight', 'wide.weight'; "
        "2 not in the network: 'module.conv.weight' (did you mean 'conv.weight'?), 'z?[31m'; "
        "3 of another shape or dtype: 'bn.running_mean' is I8 5 (the network's: F32 5), "
        "'fc.weight' is F32 6x4 (the network's: F32 4x6), 'map' is F32 24 (the network's: F32 "
        "3x2x4)");
    nt_error_finish(&error);
    assert_true(weights_equal(weights, before));
    nt_weights_free(weights);
    nt_weights_free(before);
}

static void test_many_extra(void **state) {
    const char *path = path_in(*state, "w.safetensors");
    nt_text header;
    nt_text_init(&header);
    for (int i = 0; i < 40; i++)
        nt_text_printf(&header,
                       "%s\"%d\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%d,%d]}",
                       i ? "," : "{", 100 + i, i, i + 1);
    nt_text_add(&header, "}");
    write_safetensors(path, header.bytes, NULL, 40);
    nt_text_finish(&header);
    nt_weights *weights = new_weights(small_network(), 1);
    nt_status status = nt_safetensors_read(path, weights, NULL, &error);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 "40 not in the network: '100', '101', '102', '103', '104', '105', '106', '107', "
                 "'108', '109', '110', '111' and 28 more\n");
    nt_weights_free(weights);
}

static void test_absent_counters(void **state) {
    const char *path = path_in(*state, "w.safetensors");
    nt_weights *weights = new_weights(one_state(1, NT_COUNTER), 1);
    nt_weights_at(weights, 0).i[0] = 5;
    nt_weights_note note;
    write_safetensors(path, "{}", NULL, 0);
    EXPECT_OK(&error, nt_safetensors_read(path, weights, &note, &error));
    assert_int_equal(note.absent_counters, 1);
    assert_int_equal(nt_weights_at(weights, 0).i[0], 0);
    nt_weights_free(weights);
}

/* --- out of memory ---------------------------------------------------------------------------- */

/* One allocation fails, whichever: a status, nothing leaks, and no file or tensor is half done. */
static void test_write_out_of_memory(void **state) {
    const char *path = path_in(*state, "w.safetensors");
    nt_weights *weights = new_weights(small_network(), 1);
    size_t in_use = nt_alloc_in_use();
    int failures = 0;
    for (;; failures++) {
        fail_allocation(failures);
        nt_status status = nt_safetensors_write(path, weights, NULL, &error);
        bool failed = allow_all_allocations();
        nt_error_finish(&error);
        assert_int_equal(nt_alloc_in_use(), in_use);
        if (!failed)
            break;
        assert_int_equal(status, NT_NO_MEMORY);
        assert_int_equal(count_files(*state), 0);
    }
    assert_true(failures >= 3);
    assert_int_equal(count_files(*state), 1);
    nt_weights_free(weights);
}

static void test_read_out_of_memory(void **state) {
    const char *path = path_in(*state, "w.safetensors");
    nt_weights *out = new_weights(small_network(), 1), *in = new_weights(small_network(), 2);
    nt_weights *before = new_weights(small_network(), 2);
    EXPECT_OK(&error, nt_safetensors_write(path, out, NULL, &error));
    size_t in_use = nt_alloc_in_use();
    int failures = 0;
    for (;; failures++) {
        fail_allocation(failures);
        nt_status status = nt_safetensors_read(path, in, NULL, &error);
        bool failed = allow_all_allocations();
        nt_error_finish(&error);
        assert_int_equal(nt_alloc_in_use(), in_use);
        if (!failed)
            break;
        assert_int_equal(status, NT_NO_MEMORY);
        assert_true(weights_equal(in, before));
    }
    assert_true(failures >= 8);
    assert_true(weights_equal(in, out));
    nt_weights_free(out);
    nt_weights_free(in);
    nt_weights_free(before);
}

int main(void) {
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_round_trip),
        WITH_FOLDER(test_file),
        WITH_FOLDER(test_write_fails),
        WITH_FOLDER(test_f16),
        WITH_FOLDER(test_bf16),
        WITH_FOLDER(test_f64),
        WITH_FOLDER(test_flaws),
        WITH_FOLDER(test_long_tensor),
        WITH_FOLDER(test_counters),
        WITH_FOLDER(test_odd_counters),
        WITH_FOLDER(test_misfit),
        WITH_FOLDER(test_many_extra),
        WITH_FOLDER(test_absent_counters),
        WITH_FOLDER(test_write_out_of_memory),
        WITH_FOLDER(test_read_out_of_memory),
    };
    int failed = cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
    nt_error_finish(&error);
    return failed;
}
