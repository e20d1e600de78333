/* Weights of any format into a network: PyTorch's archives and its legacy form made by hand, the
 * part that fits, names with a prefix or renamed, tensors passed over, and states that stay. */
#include "file.h"
#include "support_mutate.h"
#include "support_pickle.h"
#include "weights_file.h"

static nt_error error;
static char notes[1000];

static void take_note(void *context, const char *line) {
    (void)context;
    strncat(notes, line, sizeof notes - strlen(notes) - 2);
    strcat(notes, "\n");
}

static const nt_progress progress = {.note = take_note};

/* Two parameters and a counter. */
static nt_network *network(void) {
    static nt_network *net;
    nt_state states[3];
    if (net)
        return net;
    static const int32_t matrix[] = {2, 3}, vector[] = {2};
    states[0] = (nt_state){
        .name = "fc.weight", .type = nt_type_param(nt_shape_of(2, matrix)), .role = NT_WEIGHT};
    states[1] = (nt_state){
        .name = "fc.bias", .type = nt_type_param(nt_shape_of(1, vector)), .role = NT_WEIGHT};
    states[2] = (nt_state){.name = "bn.num_batches_tracked",
                           .type = nt_type_param(nt_shape_of(0, NULL)),
                           .role = NT_COUNTER};
    states[2].type.dtype = NT_I32;
    net = nt_network_new("net");
    assert_non_null(net);
    for (int i = 0; i < 3; i++)
        assert_int_equal(nt_network_add_state(net, &states[i]), NT_OK);
    return net;
}

static nt_weights *new_weights(void) {
    nt_weights *weights;
    nt_error_init(&error);
    notes[0] = '\0';
    assert_int_equal(nt_weights_new(network(), &weights), NT_OK);
    return weights;
}

static const int32_t two_by_three[] = {2, 3}, two[] = {2}, turned[] = {1, 2};
static const float numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};

/* A dict's entries, under a prefix: the matrix is columns of storage 0, the vector its end. */
static void put_state(made *to, const char *prefix, bool legacy) {
    char name[64];
    PUT(to, "}(");
    snprintf(name, sizeof name, "%sfc.weight", prefix);
    put_text(to, name);
    put_tensor(to, (view){"FloatStorage", "0", 8, 0, 2, two_by_three, turned, legacy});
    snprintf(name, sizeof name, "%sfc.bias", prefix);
    put_text(to, name);
    put_tensor(to, (view){"FloatStorage", "0", 8, 6, 1, two, NULL, legacy});
    PUT(to, "u");
}

static void check_weights(const nt_weights *weights) {
    float rows[6];
    nt_tensor fc = nt_weights_at(weights, 0);
    nt_tensor_to_rows(fc.type, fc.f, rows);
    for (int i = 0; i < 6; i++)
        assert_true(rows[i] == (float)(i / 3 + 2 * (i % 3)));
    assert_true(nt_weights_at(weights, 1).f[0] == 6 && nt_weights_at(weights, 1).f[1] == 7);
}

static void save_zip(const char *path, const made *pickle, bool wide) {
    const member members[] = {{"net/data.pkl", pickle->bytes, pickle->size, 0},
                              {"net/data/0", numbers, sizeof numbers, 0},
                              {"net/byteorder", "little", 6, 0}};
    made file = {0};
    put_zip(&file, members, 3, wide);
    write_made(path, &file);
}

static nt_status read_path(const char *path, nt_weights *weights) {
    nt_weights_source source = {0};
    nt_arena arena;
    nt_arena_init(&arena);
    assert_true(nt_weights_source_split(path, &arena, &source));
    nt_status status = nt_weights_read(&source, &progress, weights, NULL, &error);
    nt_arena_finish(&arena);
    return status;
}

static void test_zip(void **state) {
    const char *path = path_in(*state, "w.pt");
    made pickle = {0};
    PUT(&pickle, "\x80\x02");
    put_state(&pickle, "", false);
    PUT(&pickle, ".");
    for (int wide = 0; wide < 2; wide++) {
        nt_weights *weights = new_weights();
        save_zip(path, &pickle, wide);
        EXPECT_OK(&error, read_path(path, weights));
        check_weights(weights);
        assert_string_equal(notes, "");
        nt_weights_free(weights);
    }
}

static void put_legacy_head(made *to, const char *little) {
    PUT(to, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}");
    put_text(to, "little_endian");
    put(to, little, 1);
    PUT(to, "s.\x80\x02");
}

static void test_legacy(void **state) {
    const char *path = path_in(*state, "w.bin");
    nt_weights *weights = new_weights();
    made file = {0};
    put_legacy_head(&file, "\x88");
    put_state(&file, "module.", true);
    PUT(&file, ".\x80\x02]U\1"
               "0a.");
    size_t storage = file.size;
    put_number(&file, 8, 8);
    put(&file, numbers, sizeof numbers);
    write_made(path, &file);
    EXPECT_OK(&error, read_path(path, weights));
    check_weights(weights);
    assert_non_null(strstr(notes, "w.bin: names are taken without their 'module.'\n"));
    for (size_t size = 16; size < file.size; size++) { /* cut anywhere, it is refused */
        write_bytes(path, file.bytes, size);
        EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID, "w.bin: ");
    }
    file.bytes[storage] = 7;
    write_made(path, &file);
    EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID, "another number of elements");
    file.size = 0;
    put_legacy_head(&file, "\x89");
    PUT(&file, "}.");
    write_made(path, &file);
    EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID, "most significant byte first");
    nt_weights_free(weights);
}

/* Each byte of an archive changed: read, or refused with one error. */
static void test_damaged_zip(void **state) {
    const char *path = path_in(*state, "w.pt");
    nt_weights *weights = new_weights();
    made pickle = {0}, file = {0};
    int refused = 0;
    put_state(&pickle, "", false);
    PUT(&pickle, ".");
    const member members[] = {{"net/data.pkl", pickle.bytes, pickle.size, 0},
                              {"net/data/0", numbers, sizeof numbers, 0}};
    put_zip(&file, members, 2, true);
    for (size_t at = 4; at < file.size; at++) {
        for (int change = 1; change < 256; change += 127) {
            file.bytes[at] = (unsigned char)(file.bytes[at] ^ change);
            write_made(path, &file);
            nt_status status = read_path(path, weights);
            refused += status != NT_OK;
            if (status != NT_OK)
                EXPECT_ERROR(&error, status, NT_INVALID, "w.pt");
            file.bytes[at] = (unsigned char)(file.bytes[at] ^ change);
        }
    }
    assert_true(refused > 1000);
    nt_weights_free(weights);
}

static void test_not_of_pytorch(void **state) {
    const char *path = path_in(*state, "w.pt");
    const member packed[] = {{"a/data.pkl", "}.", 2, 8}};
    const member script[] = {{"a/data.pkl", "}.", 2, 0}, {"a/constants.pkl", ")", 1, 0}};
    const member arrays[] = {{"x.npy", "", 0, 0}, {"y.npy", "", 0, 0}};
    const member other[] = {{"readme.txt", "hello", 5, 0}};
    const struct {
        const member *members;
        int count;
        const char *said;
    } cases[] = {{packed, 1, "'a/data.pkl' of the zip archive is compressed or encrypted"},
                 {script, 2, "is a TorchScript program"},
                 {arrays, 2, "is an archive of NumPy's arrays (.npz)"},
                 {other, 1, "is a zip archive, but none that torch.save wrote; unpack it"}};
    nt_weights *weights = new_weights();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made file = {0};
        put_zip(&file, cases[i].members, cases[i].count, false);
        write_made(path, &file);
        EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID, cases[i].said);
    }
    write_bytes(path, "\x89HDF\r\n\x1a\n\0\0", 10);
    EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID, "is an HDF5 file, as Keras writes");
    nt_weights_free(weights);
}

/* {"a": state, "note": 3, "b": {"c": state under a prefix}} */
static void test_parts(void **state) {
    const char *path = path_in(*state, "w.pt");
    made pickle = {0};
    PUT(&pickle, "}(");
    put_text(&pickle, "a");
    put_state(&pickle, "", false);
    PUT(&pickle, "U\4noteK\3U\1b}U\1c");
    put_state(&pickle, "net.", false);
    PUT(&pickle, "su.");
    save_zip(path, &pickle, false);
    nt_weights *weights = new_weights();
    EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID,
                 "w.pt: error: several of its parts fit the network; say which: '");
    EXPECT_OK(&error, read_path(path_in(*state, "w.pt#b.c"), weights));
    check_weights(weights);
    EXPECT_ERROR(&error, read_path(path_in(*state, "w.pt#b"), weights), NT_INVALID,
                 "has no tensors under 'b'; say which: '");
    assert_int_equal(rename(path, path_in(*state, "w#b.pt")), 0); /* a name of its own */
    EXPECT_ERROR(&error, read_path(path_in(*state, "w#b.pt"), weights), NT_INVALID, "several");
    EXPECT_ERROR(&error, read_path(path_in(*state, "w#b.pt#"), weights), NT_INVALID, "several");
    EXPECT_ERROR(&error, read_path(path_in(*state, "none#b.pt#"), weights), NT_INVALID,
                 "none#b.pt: error: cannot open"); /* without a part */
    nt_weights_free(weights);
}

static nt_status read_named(void **state, const char *prefix, const char *map, const char *extra,
                            bool lacks, nt_weights *weights, bool *absent) {
    const nt_weights_source source = {path_in(*state, "w.pt"), map, extra, lacks, NULL};
    made pickle = {0};
    put_state(&pickle, prefix, false);
    PUT(&pickle, ".");
    save_zip(source.path, &pickle, false);
    notes[0] = '\0';
    return nt_weights_read(&source, &progress, weights, absent, &error);
}

static void test_names(void **state) {
    nt_weights *weights = new_weights();
    bool absent[3];
    EXPECT_OK(&error,
              read_named(state, "_orig_mod.module.model.", NULL, NULL, false, weights, absent));
    check_weights(weights);
    assert_false(absent[0] || absent[1] || absent[2]);
    assert_non_null(strstr(notes, "without their '_orig_mod.module.model.'"));
    EXPECT_OK(&error, read_named(state, "x_", "x_(f)(c\\.bias)=\\1\\2  x_(.*)=\\1", "", false,
                                 weights, NULL));
    check_weights(weights);
    EXPECT_ERROR(&error, read_named(state, "x_", "x_f=f", "", false, weights, NULL), NT_INVALID,
                 "2 missing: 'fc.weight', 'fc.bias'; 2 not in the network: 'x_fc.weight'");
    EXPECT_ERROR(&error, read_named(state, "", ".*=fc.bias", "", false, weights, NULL), NT_INVALID,
                 "both 'fc.weight' and 'fc.bias' are 'fc.bias' of the network");
    EXPECT_ERROR(&error, read_named(state, "", "(=x", "", false, weights, NULL), NT_INVALID,
                 "map: the rule '(=x' has an expression that is wrong: ");
    EXPECT_ERROR(&error, read_named(state, "", "a=b c", "", false, weights, NULL), NT_INVALID,
                 "map: the rule 'c' lacks its '='");
    EXPECT_ERROR(&error, read_named(state, "", "(a)=\\2", "", false, weights, NULL), NT_INVALID,
                 "asks for a group that isn't there");
    nt_weights_free(weights);
}

static void test_missing(void **state) {
    nt_weights *weights = new_weights();
    bool absent[3];
    EXPECT_ERROR(&error, read_named(state, "", NULL, "*.bias", false, weights, absent), NT_INVALID,
                 "1 missing: 'fc.bias'; 'map' gives");
    nt_weights_at(weights, 1).f[0] = 42;
    EXPECT_OK(&error, read_named(state, "", NULL, "none *.bias", true, weights, absent));
    assert_true(!absent[0] && absent[1] && !absent[2]);
    assert_true(nt_weights_at(weights, 1).f[0] == 42); /* as it was */
    assert_non_null(strstr(notes, "w.pt: passed over: 'fc.bias'\n"));
    assert_non_null(strstr(notes, "w.pt: not in it, and as the seed draws them: 'fc.bias'\n"));
    EXPECT_ERROR(&error, read_named(state, "x_", NULL, "*", true, weights, absent), NT_INVALID,
                 "2 missing"); /* that would be all */
    nt_weights_free(weights);
}

/* How a file is understood is part of what identifies the weights. */
static void test_digest(void **state) {
    char plain[NT_DIGEST_HEX], file[NT_DIGEST_HEX], others[4][NT_DIGEST_HEX];
    const char *path = path_in(*state, "w");
    const nt_weights_source sources[] = {{path, "", "", false, "a"},
                                         {path, "a=b", "", false, NULL},
                                         {path, "", "a=b", false, NULL},
                                         {path, "", "", true, NULL}};
    nt_error_init(&error);
    write_bytes(path, "abc", 3);
    EXPECT_OK(&error, nt_file_digest(path, file, &error));
    EXPECT_OK(&error, nt_weights_source_digest(&(nt_weights_source){path, "", NULL, false, NULL},
                                               plain, &error));
    assert_string_equal(plain, file);
    for (int i = 0; i < 4; i++) {
        EXPECT_OK(&error, nt_weights_source_digest(&sources[i], others[i], &error));
        assert_string_not_equal(others[i], file);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(others[i], others[k]);
    }
}

/* Of a support_mutate.h specimen. */
static nt_status read_sum(const char *path, uint64_t *sum, nt_error *e) {
    nt_weights *weights = new_weights();
    nt_status status = read_path(path, weights);
    for (size_t i = 0; status == NT_OK && i < nt_weights_count(weights); i++) {
        nt_tensor tensor = nt_weights_at(weights, i);
        sum_bytes(sum, tensor.f, (size_t)nt_shape_elements(tensor.type.shape) * sizeof(float));
    }
    nt_weights_free(weights);
    nt_error_move(e, &error);
    return status;
}

static void test_broken(void **state) {
    const char *zip = path_in(*state, "w.pt"), *legacy = path_in(*state, "w.bin");
    made pickle = {0}, file = {0};
    PUT(&pickle, "\x80\x02");
    put_state(&pickle, "", false);
    PUT(&pickle, ".");
    for (int wide = 0; wide < 2; wide++) {
        save_zip(zip, &pickle, wide);
        expect_truncations(&(specimen){"pytorch", zip, zip, 0, read_sum});
        expect_mutations(&(specimen){"pytorch", zip, zip, 0, read_sum});
    }
    put_legacy_head(&file, "\x88");
    put_state(&file, "", true);
    PUT(&file, ".\x80\x02]U\1"
               "0a.");
    put_number(&file, 8, 8);
    put(&file, numbers, sizeof numbers);
    write_made(legacy, &file);
    expect_truncations(&(specimen){"legacy", legacy, legacy, 0, read_sum});
    expect_mutations(&(specimen){"legacy", legacy, legacy, 0, read_sum});
}

/* Pickles whose bytes ask for a hundred times as many: of the legacy form, whose first is tiny. */
static void test_greedy_pickles(void **state) {
    enum { SIZE = 12 << 20 };
    static const char head[] = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    static const char *const repeated[] = {"]", "}", ")", "(", "K\1\x85"};
    const char *path = path_in(*state, "w.bin");
    char *bytes = malloc(SIZE);
    for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++) {
        size_t length = strlen(repeated[i]);
        memcpy(bytes, head, sizeof head - 1);
        for (size_t at = sizeof head - 1; at < SIZE; at++)
            bytes[at] = repeated[i][(at - (sizeof head - 1)) % length];
        nt_weights *weights = new_weights();
        write_bytes(path, bytes, SIZE);
        nt_status status = read_path(path, weights);
        if (i == 3) /* marks take 8 bytes each, which are few enough */
            EXPECT_ERROR(&error, status, NT_INVALID, "the pickle ends here");
        else
            EXPECT_ERROR(&error, status, NT_INVALID, "its values take more than 256 MiB");
        assert_true(nt_alloc_peak() < (size_t)700 << 20);
        nt_weights_free(weights);
    }
    free(bytes);
}

/* A file of the legacy form: a list of `count` times these bytes, behind a tensor that is
 * remembered under 0. */
static void write_repeated(const char *path, const char *bytes, size_t size, size_t count) {
    made file = {0};
    put_legacy_head(&file, "\x88");
    PUT(&file, "](");
    put_tensor(&file, (view){"FloatStorage", "0", 8, 6, 1, two, NULL, true});
    PUT(&file, "q\0");
    unsigned char *all = malloc(file.size + count * size + 200);
    size_t at = file.size;
    memcpy(all, file.bytes, file.size);
    for (size_t i = 0; i < count; i++, at += size)
        memcpy(all + at, bytes, size);
    file.size = 0;
    PUT(&file, "e.\x80\x02]U\1"
               "0a.");
    put_number(&file, 8, 8);
    put(&file, numbers, sizeof numbers);
    memcpy(all + at, file.bytes, file.size);
    write_bytes(path, all, at + file.size);
    free(all);
}

/* Each dict of a tensor is a part that may be the network's, and would be held against it; and a
 * tensor is one of any number of names. */
static void test_many_parts(void **state) {
    const char *path = path_in(*state, "w.bin");
    nt_weights *weights = new_weights();
    write_repeated(path, "}K\1h\0s", 6, 20000);
    EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID,
                 "w.bin: error: holds tensors in more than 10000 dicts and lists");
    write_repeated(path, "h\0", 2, (1 << 20) + 1);
    EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID,
                 "w.bin: error: names more than 1048576 tensors");
    nt_weights_free(weights);
}

/* A name of many dots takes no longer than another. */
static void test_dots(void **state) {
    enum { DOTS = 4 << 20 };
    const char *path = path_in(*state, "w.safetensors");
    nt_weights *weights = new_weights();
    char *header = malloc(DOTS + 200);
    memcpy(header + 8, "{\"", 2);
    memset(header + 10, '.', DOTS);
    size_t size = 10 + DOTS;
    size += (size_t)sprintf(header + size, "fc.bias\":{\"dtype\":\"F32\",\"shape\":[2],"
                                           "\"data_offsets\":[0,8]}}");
    for (int i = 0; i < 8; i++)
        header[i] = (char)((size - 8) >> (8 * i));
    memset(header + size, 0, 8);
    write_bytes(path, header, size + 8);
    free(header);
    alarm(20);
    EXPECT_ERROR(&error, read_path(path, weights), NT_INVALID, "1 missing: 'fc.weight'");
    alarm(0);
    nt_weights_free(weights);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_zip),
        WITH_FOLDER(test_legacy),
        WITH_FOLDER(test_damaged_zip),
        WITH_FOLDER(test_parts),
        WITH_FOLDER(test_not_of_pytorch),
        WITH_FOLDER(test_names),
        WITH_FOLDER(test_missing),
        WITH_FOLDER(test_digest),
        WITH_FOLDER(test_broken),
        WITH_FOLDER(test_greedy_pickles),
        WITH_FOLDER(test_many_parts),
        WITH_FOLDER(test_dots),
    };
    return cmocka_run_group_tests_name("weights_file", tests, NULL, NULL);
}
