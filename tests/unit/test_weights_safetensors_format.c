/* Files that break the format: each is refused with its place, and none does harm. */
#include "file.h"
#include "random.h"
#include "support_weights.h"
#include <fcntl.h>

static nt_error error;

/* A header that is wrong for any network; `data` zero bytes follow it. */
typedef struct malformed {
    const char *header;
    int data;
    const char *message; /* with the byte offset before it */
} malformed;

#define X4 "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"
#define ENTRY(dtype, shape, begin, end)                                                            \
    "{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end "]}"

static const malformed cases[] = {
    {"[]", 0, "byte 8: error: the header is not a JSON object"},
    {" {}", 0, "byte 8: error: the header is not a JSON object"},
    {"{\"x\" 1}", 0, "byte 14: error: the header is not valid JSON: "},
    {"{\"x\":1", 0, "the header is not valid JSON: "},
    {"{} {}", 0, "the header is not valid JSON: "},
    {"{\"\xFF\":1}", 0, "the header is not valid JSON: "},
    {X4 ",\"x\":1}", 4, "the header is not valid JSON: duplicate object key"},
    {"{\"x\":[]}", 0, "byte 9: error: tensor 'x' is not described by an object"},
    {"{\"x\":{\"shape\":[],\"data_offsets\":[0,4]}}", 4,
     "byte 9: error: tensor 'x' has no 'dtype'"},
    {"{\"x\":{\"dtype\":4,\"shape\":[],\"data_offsets\":[0,4]}}", 4, "tensor 'x' has no 'dtype'"},
    {"{\"x\":" ENTRY("F31", "1", "0", "4") "}", 4, "tensor 'x' has the unknown dtype 'F31'"},
    {"{\"x\":" ENTRY("f32", "1", "0", "4") "}", 4, "tensor 'x' has the unknown dtype 'f32'"},
    {"{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "tensor 'x' has no 'shape' list"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "has no 'shape' list"},
    {"{\"x\":" ENTRY("F32", "-1", "0", "4") "}", 4, "has a dimension that is not a whole number"},
    {"{\"x\":" ENTRY("F32", "1.0", "0", "4") "}", 4, "has a dimension that is not a whole number"},
    {"{\"x\":" ENTRY("F32", "\"1\"", "0", "4") "}", 4, "has a dimension that is not a whole"},
    {"{\"x\":" ENTRY("F32", "99999999999999999999", "0", "4") "}", 4, "not valid JSON: too big"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "has no 'data_offsets' of two whole numbers"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "has no 'data_offsets'"},
    {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", 4, "no 'data_offsets'"},
    {"{\"x\":" ENTRY("F32", "1", "0", "4.0") "}", 4, "has no 'data_offsets' of two whole numbers"},
    {"{\"x\":" ENTRY("F32", "1", "4", "0") "}", 4, "has data_offsets that end before they begin"},
    {"{\"x\":" ENTRY("F32", "1", "-4", "0") "}", 4, "has data_offsets that end before they begin"},
    {"{\"x\":" ENTRY("F32", "2", "0", "8") "}", 4, "has data_offsets past the end of the file"},
    {"{\"x\":" ENTRY("F32", "2", "0", "4") "}", 4, "has data_offsets that don't match its shape"},
    {"{\"x\":" ENTRY("F16", "1", "0", "4") "}", 4, "has data_offsets that don't match its shape"},
    {"{\"x\":" ENTRY("F32", "0", "0", "4") "}", 4, "has data though its shape has no elements"},
    {"{\"x\":" ENTRY("F32", "4611686018427387905,1", "0", "4") "}", 4, "don't match its shape"},
    {"{\"x\":" ENTRY("F32", "4294967296,4294967296", "0", "0") "}", 0, "don't match its shape"},
    {X4 "}", 5, "byte 66: error: 1 bytes follow the last tensor"},
    {"{}", 3, "byte 10: error: 3 bytes follow the last tensor"},
    {X4 ",\"y\":" ENTRY("F32", "1", "0", "4") "}", 4, "overlaps the one before it"},
    {X4 ",\"y\":" ENTRY("F32", "1", "2", "6") "}", 6, "tensor 'y' overlaps the one before it"},
    {X4 ",\"y\":" ENTRY("F32", "1", "6", "10") "}", 10, "between here and tensor 'y'"},
    {"{\"y\":" ENTRY("F32", "1", "1", "5") "}", 5, "no tensor holds the bytes between here"},
    {"{\"__metadata__\":[]}", 0, "byte 9: error: __metadata__ is not an object"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "byte 9: error: __metadata__ 'a' is not a text"},
};

static void test_malformed(void **state) {
    const char *path = path_in(*state, "w.safetensors");
    nt_weights *weights = new_weights(small_network(), 1),
               *before = new_weights(small_network(), 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_safetensors(path, cases[i].header, NULL, (size_t)cases[i].data);
        nt_status status = nt_safetensors_read(path, weights, NULL, &error);
        if (status == NT_OK || !strstr(shown(&error), cases[i].message))
            fail_msg("%s: '%s' lacks '%s'", cases[i].header, shown(&error), cases[i].message);
        EXPECT_ERROR(&error, status, NT_INVALID, "w.safetensors: byte ");
    }
    assert_true(weights_equal(weights, before));
    nt_weights_free(weights);
    nt_weights_free(before);
}

static void test_header_length(void **state) {
    static const struct {
        unsigned char bytes[10];
        size_t size, grown; /* the file is made so long by a hole */
        const char *message;
    } lengths[] = {
        {{0}, 0, 0, "byte 0: error: the file ends here; 8 more bytes were due"},
        {{2, 0, 0}, 3, 0, "byte 3: error: the file ends here; 5 more bytes were due"},
        {{0}, 8, 0, "byte 0: error: is not a safetensors file, or was cut short: a header of 0"},
        {{3, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, 10, 0, "a header of 3 bytes in a file of 10"},
        {{255, 255, 255, 255, 255, 255, 255, 255}, 8, 0, "a header of 18446744073709551615 bytes"},
        {{0, 0, 0, 0, 0, 0, 0, 128, '{', '}'}, 10, 0, "a header of 9223372036854775808 bytes"},
        {{1, 225, 245, 5, 0, 0, 0, 0, '{', '}'}, 10, 200000000, "a header of 100000001 bytes in"},
    };
    const char *path = path_in(*state, "w.safetensors");
    nt_weights *weights = new_weights(small_network(), 1);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        write_bytes(path, lengths[i].bytes, lengths[i].size);
        if (lengths[i].grown)
            assert_int_equal(truncate(path, (off_t)lengths[i].grown), 0);
        nt_status status = nt_safetensors_read(path, weights, NULL, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, lengths[i].message);
    }
    nt_status status = nt_safetensors_read(path_in(*state, "none"), weights, NULL, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "none: error: cannot open: No such file");
    status = nt_safetensors_read(*state, weights, NULL, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "is a folder, not a regular file");
    nt_weights_free(weights);
}

/* --- mutation --------------------------------------------------------------------------------- */

typedef struct mutation {
    const char *path;
    int fd; /* of that file, which is changed in place: much faster than making it anew */
    size_t written;
    unsigned char *good; /* a file that reads well */
    size_t size;
    nt_weights *weights, *before;
    int taken, refused;
} mutation;

/* Reads some bytes as a file: either it is taken, or refused with one error and nothing changed. */
static void try_bytes(mutation *m, const unsigned char *bytes, size_t size) {
    if (size < m->written)
        assert_int_equal(ftruncate(m->fd, (off_t)size), 0);
    assert_int_equal(pwrite(m->fd, bytes, size, 0), size);
    m->written = size;
    nt_status status = nt_safetensors_read(m->path, m->weights, NULL, &error);
    if (status == NT_OK) {
        m->taken++;
        assert_int_equal(error.count, 0);
        for (size_t i = 0; i < nt_weights_count(m->weights); i++) { /* back to what it was */
            nt_tensor to = nt_weights_at(m->weights, i), from = nt_weights_at(m->before, i);
            memcpy(to.data, from.data, (size_t)nt_type_stored(to.type) * sizeof(float));
        }
        return;
    }
    m->refused++;
    assert_true(weights_equal(m->weights, m->before));
    EXPECT_ERROR(&error, status, NT_INVALID, "w.safetensors: ");
}

static void start(mutation *m, void **state) {
    nt_bytes bytes;
    nt_weights *good = new_weights(small_network(), 7);
    *m = (mutation){.path = path_in(*state, "w.safetensors"),
                    .weights = new_weights(small_network(), 1),
                    .before = new_weights(small_network(), 1)};
    EXPECT_OK(&error, nt_safetensors_write(m->path, good, NULL, &error));
    EXPECT_OK(&error, nt_file_read(m->path, 100000, &bytes, &error));
    m->fd = open(m->path, O_RDWR);
    assert_true(m->fd >= 0);
    m->written = m->size = bytes.size;
    m->good = malloc(m->size);
    memcpy(m->good, bytes.bytes, m->size);
    nt_bytes_finish(&bytes);
    nt_weights_free(good);
}

static void finish(mutation *m) {
    close(m->fd);
    free(m->good);
    nt_weights_free(m->weights);
    nt_weights_free(m->before);
}

static void test_cut_anywhere(void **state) {
    mutation m;
    start(&m, state);
    for (size_t size = 0; size < m.size; size++)
        try_bytes(&m, m.good, size);
    assert_int_equal(m.taken, 0);
    try_bytes(&m, m.good, m.size);
    assert_int_equal(m.taken, 1);
    finish(&m);
}

/* Each byte of the length and the header is replaced by some that matter to the format. */
static void test_each_byte(void **state) {
    static const unsigned char others[] = "\0\"{}[],:0 9\\\xFF";
    mutation m;
    start(&m, state);
    size_t end = 8 + (m.good[0] | (size_t)m.good[1] << 8);
    for (size_t at = 0; at < end; at++) {
        unsigned char kept = m.good[at];
        for (size_t i = 0; i < sizeof others - 1; i++)
            if (others[i] != kept) {
                m.good[at] = others[i];
                try_bytes(&m, m.good, m.size);
            }
        m.good[at] = kept;
    }
    assert_true(m.refused > 5000);
    finish(&m);
}

/* Several bytes at once, and pieces moved about. */
static void test_random_damage(void **state) {
    mutation m;
    start(&m, state);
    nt_random random;
    nt_random_init(&random, 20, 9);
    unsigned char *bytes = malloc(m.size);
    uint32_t end = 8 + (m.good[0] | (uint32_t)m.good[1] << 8);
    for (int round = 0; round < 3000; round++) {
        memcpy(bytes, m.good, m.size);
        for (uint32_t i = nt_random_below(&random, 4); i > 0; i--)
            bytes[nt_random_below(&random, end)] = (unsigned char)nt_random_word(&random);
        uint32_t length = nt_random_below(&random, 40),
                 from = nt_random_below(&random, end - length);
        memmove(bytes + nt_random_below(&random, end - length), m.good + from, length);
        try_bytes(&m, bytes, m.size);
    }
    assert_true(m.refused > 2000);
    free(bytes);
    finish(&m);
}

int main(void) {
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_malformed),     WITH_FOLDER(test_header_length),
        WITH_FOLDER(test_cut_anywhere),  WITH_FOLDER(test_each_byte),
        WITH_FOLDER(test_random_damage),
    };
    int failed = cmocka_run_group_tests_name("safetensors_format", tests, NULL, NULL);
    nt_error_finish(&error);
    return failed;
}
