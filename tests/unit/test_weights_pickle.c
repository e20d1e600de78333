/* The pickle machine: what it makes, and that it refuses everything else by name before it does
 * anything. */
#include "support_pickle.h"

static nt_error error;
static nt_arena arena;

static int start(void **state) {
    (void)state;
    nt_error_init(&error);
    nt_arena_init(&arena);
    return 0;
}

static int finish(void **state) {
    (void)state;
    nt_error_finish(&error);
    nt_arena_finish(&arena);
    return 0;
}

#define READ(literal) read_good(literal, sizeof(literal) - 1)

static nt_pickled *read_good(const char *bytes, size_t size) {
    nt_pickled *value = NULL;
    EXPECT_OK(&error, read_pickle(bytes, size, &arena, &value, &error));
    return value;
}

/* --- what is made ----------------------------------------------------------------------------- */

static void test_numbers(void **state) {
    static const struct {
        const char *bytes;
        size_t size;
        int64_t number;
    } cases[] = {
        {"K\xff.", 3, 255},
        {"M\x01\x02.", 4, 513},
        {"J\xff\xff\xff\xff.", 6, -1},
        {"J\xff\xff\xff\x7f.", 6, INT32_MAX},
        {"\x8a\x00.", 3, 0},
        {"\x8a\x01\x80.", 4, -128},
        {"\x8a\x02\xff\x00.", 5, 255},
        {"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.", 11, INT64_MAX},
        {"\x8a\x08\0\0\0\0\0\0\0\x80.", 11, INT64_MIN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const nt_pickled *value = read_good(cases[i].bytes, cases[i].size);
        assert_int_equal(value->kind, NT_PICKLED_INTEGER);
        assert_true(value->integer == cases[i].number);
    }
    assert_int_equal(READ("\x8a\x09\1\2\3\4\5\6\7\x08\x09.")->kind, NT_PICKLED_OPAQUE);
    assert_true(READ("G\x3f\xf8\0\0\0\0\0\0.")->real == 1.5);
    assert_int_equal(READ("N.")->kind, NT_PICKLED_NONE);
    assert_int_equal(READ("\x88.")->integer, 1);
    assert_int_equal(READ("\x89.")->integer, 0);
}

static void test_texts(void **state) {
    (void)state;
    assert_string_equal(READ("X\x02\0\0\0ab.")->text, "ab");
    assert_string_equal(READ("\x8c\x03\xE2\x82\xAC.")->text, "\xE2\x82\xAC");
    assert_string_equal(READ("\x8d\x01\0\0\0\0\0\0\0a.")->text, "a");
    assert_string_equal(READ("U\x01"
                             "a.")
                            ->text,
                        "a");
    assert_string_equal(READ("T\x01\0\0\0a.")->text, "a");
    assert_string_equal(READ("\x8c\0.")->text, "");
    assert_int_equal(READ("\x8c\x02"
                          "a\0.")
                         ->kind,
                     NT_PICKLED_OPAQUE);
    assert_int_equal(READ("U\x01\xff.")->kind, NT_PICKLED_OPAQUE);
}

static void test_holders(void **state) {
    (void)state;
    assert_int_equal(READ(").")->list.count, 0);
    assert_int_equal(READ("(K\1K\2K\3t.")->list.count, 3);
    assert_int_equal(READ("(t.")->kind, NT_PICKLED_TUPLE);
    assert_int_equal(READ("K\1\x85.")->list.items[0]->integer, 1);
    assert_int_equal(READ("K\1K\2\x86.")->list.items[1]->integer, 2);
    assert_int_equal(READ("K\1K\2K\3\x87.")->list.items[2]->integer, 3);
    assert_int_equal(READ("](K\1K\2eK\3a.")->list.count, 3);
    const nt_pickled *dict = READ("\x80\x02}q\0(U\1aK\1U\1bK\2uU\1cK\3s.");
    assert_int_equal(dict->kind, NT_PICKLED_DICT);
    assert_int_equal(dict->list.count, 6);
    assert_string_equal(dict->list.items[4]->text, "c");
    assert_int_equal(READ("}U\1a}U\1bK\7ss.")->list.items[1]->list.items[1]->integer, 7);
}

static void test_memo(void **state) {
    (void)state;
    const nt_pickled *pair = READ("]q\0h\0\x86.");
    assert_ptr_equal(pair->list.items[0], pair->list.items[1]);
    pair = READ("\x80\x04\x95\x05\0\0\0\0\0\0\0K\5\x94j\0\0\0\0\x86.");
    assert_ptr_equal(pair->list.items[0], pair->list.items[1]);
    const nt_pickled *self = READ("]r\0\0\0\0h\0a."); /* it holds itself */
    assert_ptr_equal(self->list.items[0], self);
}

static void test_ordered_dict(void **state) {
    (void)state;
    const nt_pickled *dict = READ("ccollections\nOrderedDict\n)R(U\1aK\1u}U\x09_metadataNsb.");
    assert_int_equal(dict->kind, NT_PICKLED_DICT);
    assert_int_equal(dict->list.count, 2); /* without its attributes */
    dict = READ("ccollections\nOrderedDict\n]](U\1aK\1ea\x85R.");
    assert_int_equal(dict->list.count, 2);
    dict = READ("\x8c\x0b"
                "collections\x8c\x0bOrderedDict\x93)R.");
    assert_int_equal(dict->kind, NT_PICKLED_DICT);
}

static const int32_t shape[] = {2, 3};

static void test_tensor(void **state) {
    made m = {0};
    (void)state;
    put_tensor(&m, (view){.class = "HalfStorage",
                          .key = "7",
                          .count = 10,
                          .first = 4,
                          .rank = 2,
                          .shape = shape});
    PUT(&m, ".");
    const nt_pickled *value = read_good((char *)m.bytes, m.size);
    assert_int_equal(value->kind, NT_PICKLED_TENSOR);
    const nt_pickled_tensor *t = &value->tensor;
    assert_string_equal(t->storage->encoding->name, "F16");
    assert_string_equal(t->storage->key, "7");
    assert_int_equal(t->first, 4);
    assert_int_equal(t->span, 6);
    assert_int_equal(t->shape[1], 3);
    assert_int_equal(t->stride[0], 3);
}

/* --- what is refused -------------------------------------------------------------------------- */

/* Every opcode of Python's that isn't among those above, alone and with a full stack. */
static void test_refused_opcodes(void **state) {
    static const struct {
        unsigned char byte;
        const char *name;
    } refused[] = {
        {'I', "INT"},
        {'L', "LONG"},
        {'\x8b', "LONG4"},
        {'S', "STRING"},
        {'B', "BINBYTES"},
        {'C', "SHORT_BINBYTES"},
        {'\x8e', "BINBYTES8"},
        {'\x96', "BYTEARRAY8"},
        {'\x97', "NEXT_BUFFER"},
        {'\x98', "READONLY_BUFFER"},
        {'V', "UNICODE"},
        {'F', "FLOAT"},
        {'l', "LIST"},
        {'d', "DICT"},
        {'\x8f', "EMPTY_SET"},
        {'\x90', "ADDITEMS"},
        {'\x91', "FROZENSET"},
        {'0', "POP"},
        {'2', "DUP"},
        {'1', "POP_MARK"},
        {'g', "GET"},
        {'p', "PUT"},
        {'\x82', "EXT1"},
        {'\x83', "EXT2"},
        {'\x84', "EXT4"},
        {'i', "INST"},
        {'o', "OBJ"},
        {'\x81', "NEWOBJ"},
        {'\x92', "NEWOBJ_EX"},
        {'P', "PERSID"},
    };
    int named = 0;
    (void)state;
    for (int i = 0; i < 256; i++)
        named += nt_pickle_opcode((unsigned char)i) != NULL;
    /* 37 are done, one is STOP */
    assert_int_equal(named, 37 + 1 + sizeof refused / sizeof *refused);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        made m = {0};
        char said[80];
        nt_pickled *value;
        PUT(&m, "\x80\x02(K\1)");
        put(&m, &refused[i].byte, 1);
        PUT(&m, "\1\1\1\1\1\1\1\1\1\n1\n.");
        snprintf(said, sizeof said, "w.pt (a/data.pkl): byte 6: error: opcode %s is refused; only",
                 refused[i].name);
        EXPECT_ERROR(&error, read_pickle(m.bytes, m.size, &arena, &value, &error), NT_INVALID,
                     said);
    }
}

static void test_refused_globals(void **state) {
    static const char *const refused[][2] = {
        {"os", "system"},
        {"posix", "system"},
        {"builtins", "eval"},
        {"builtins", "exec"},
        {"builtins", "getattr"},
        {"__builtin__", "set"},
        {"subprocess", "Popen"},
        {"collections", "OrderedDict.fromkeys"},
        {"collections", "defaultdict"},
        {"collections", "orderedDict"},
        {"collections.abc", "OrderedDict"},
        {"torch", "load"},
        {"torch", "device"},
        {"torch", "Size"},
        {"torch", "UntypedStorage"},
        {"torch", "ComplexFloatStorage"},
        {"torch", "QInt8Storage"},
        {"torch", "FloatStorage.__init__"},
        {"torch.storage", "_load_from_bytes"},
        {"torch._utils", "_rebuild_tensor_v3"},
        {"torch._utils", "_rebuild_qtensor"},
        {"torch._tensor", "_rebuild_from_type_v2"},
        {"torch.nn.parameter", "Parameter"},
        {"torchvision.models.resnet", "ResNet"},
        {"numpy.core.multiarray", "scalar"},
        {"numpy.core.multiarray", "_reconstruct"},
        {"argparse", "Namespace"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char line[128], said[200];
        nt_pickled *value;
        const char *module = refused[i][0], *name = refused[i][1];
        snprintf(said, sizeof said, "error: the global '%s.%s' is refused; only tensors", module,
                 name);
        made m = {0};
        put(&m, line, (size_t)snprintf(line, sizeof line, "c%s\n%s\n)R.", module, name));
        EXPECT_ERROR(&error, read_pickle(m.bytes, m.size, &arena, &value, &error), NT_INVALID,
                     said);
        m.size = 0;
        put_text(&m, module);
        put_text(&m, name);
        PUT(&m, "\x93)R.");
        EXPECT_ERROR(&error, read_pickle(m.bytes, m.size, &arena, &value, &error), NT_INVALID,
                     said);
    }
}

#define STORAGE "(U\7storagectorch\nFloatStorage\nU\1aU\3cpuK\4tQ"
#define TENSOR(arguments) "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE arguments "tR."

#define LONG                                                                                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TAILS "\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0\xa0"

static void test_broken(void **state) {
#define CASE(literal, said)                                                                        \
    { literal, sizeof(literal) - 1, said }
    static const struct {
        const char *bytes;
        size_t size;
        const char *said;
    } cases[] = {
        CASE("", "byte 0: error: the pickle ends here; 1 more bytes were due"),
        CASE("X\xff\xff\xff\xff"
             "ab",
             "byte 7: error: the pickle ends here; 4294967293 more"),
        CASE("\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "the pickle ends here"),
        CASE("\x80\x01.", "byte 0: error: pickles of protocol 1 are not read"),
        CASE("\x80\x06.", "pickles of protocol 6 are not read"),
        CASE("\xff", "byte 0: error: 0xff is no opcode of a pickle"),
        CASE(".", "the stack has too few values"),
        CASE("(.", "the stack has too few values"),
        CASE("K\1\x86.", "byte 2: error: the stack has too few values"),
        CASE("(K\1\x86.", "the stack has too few values"),
        CASE("K\1t.", "there is no mark on the stack"),
        CASE("K\1K\2a.", "items are added to what is no list"),
        CASE("]K\1K\1s.", "items are added to what is no dict"),
        CASE("}(K\1u.", "a key has no value"),
        CASE("(K\1u.", "the stack has too few values"),
        CASE("K\1q\1.", "what is remembered has the number 1, after 0 others"),
        CASE("K\1r\xff\xff\xff\xff.", "what is remembered has the number 4294967295"),
        CASE("h\0.", "nothing was remembered with the number 0"),
        CASE("(q\0.", "the stack has too few values"),
        CASE("cos\nsystem", "a line does not end"),
        CASE("cos\x1b\xff\nsystem\n.", "the global 'os??.system' is refused"),
        CASE("c\xa0" LONG "\nx\n.", "the global '?aaaaaaaaaa"),
        CASE("c" TAILS TAILS TAILS TAILS TAILS "\nx\n.", "the global '.x' is refused"),
        CASE("K\1K\1\x93.", "a global is named by what is no text"),
        CASE("K\1)R.", "what is called is no global"),
        CASE("ccollections\nOrderedDict\n]R.", "or its arguments no tuple"),
        CASE("ccollections\nOrderedDict\nK\1\x85R.", "made of what is no list of pairs"),
        CASE("ccollections\nOrderedDict\n]K\1a\x85R.", "made of what is no list of pairs"),
        CASE("]q\0ccollections\nOrderedDict\nh\0\x85Rccollections\nOrderedDict\nh\0\x85R.",
             "made of what is no list of pairs"), /* twice of one list */
        CASE("ctorch\nFloatStorage\n)R.", "a call of 'torch.FloatStorage' is refused"),
        CASE("]Nb.", "opcode BUILD of what is no dict is refused"),
        CASE("U\7storageQ.", "a persistent id that names no storage is refused"),
        CASE("(U\6modulectorch\nFloatStorage\nU\1aU\3cpuK\4tQ.", "names no storage is refused"),
        CASE("(U\7storageccollections\nOrderedDict\nU\1aU\3cpuK\4tQ.", "names no storage"),
        CASE("(U\7storagectorch\nFloatStorage\nK\1U\3cpuK\4tQ.", "names no storage"),
        CASE("(U\7storagectorch\nFloatStorage\nU\1aU\3cpuJ\xff\xff\xff\xfftQ.", "names no storage"),
        CASE("(U\7storagectorch\nFloatStorage\nU\1aU\3cpuK\4)tQ.", "part of another is refused"),
        CASE(TENSOR("K\1K\4\x85K\1\x85"), "reaches past its storage of 4 elements"),
        CASE(TENSOR("K\5)"
                    ")"),
             "reaches past its storage of 4 elements"),
        CASE(TENSOR("K\0K\2K\2\x86K\3K\1\x86"), "reaches past its storage of 4 elements"),
        CASE(TENSOR("K\0K\2K\2\x86K\1\x85"), "not made of a storage, a place, a shape and strides"),
        CASE(TENSOR("J\xff\xff\xff\xffK\4\x85K\1\x85"), "a tensor is not made of"),
        CASE(TENSOR("K\0J\xff\xff\xff\xff\x85K\1\x85"), "are no numbers from 0 on"),
        CASE(TENSOR("K\0K\4\x85J\xff\xff\xff\xff\x85"), "are no numbers from 0 on"),
        CASE(TENSOR("K\0K\4\x85G\0\0\0\0\0\0\0\0\x85"), "are no numbers from 0 on"),
        CASE(TENSOR("K\0\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85K\2\x85"), "reaches past"),
        CASE("ctorch._utils\n_rebuild_parameter\n(K\1\x89NtR.", "made of what is no tensor"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nt_pickled *value = NULL;
        nt_status status = read_pickle(cases[i].bytes, cases[i].size, &arena, &value, &error);
        if (status != NT_INVALID || error.count != 1 || !strstr(shown(&error), cases[i].said))
            fail_msg("case %zu: '%s' lacks '%s'", i, shown(&error), cases[i].said);
        assert_null(value);
        nt_error_finish(&error);
        nt_error_init(&error);
    }
}

/* A tensor without elements may stand at its storage's end, whatever its strides. */
static void test_empty_tensor(void **state) {
    (void)state;
    const nt_pickled *value = READ(TENSOR("K\4K\0K\2\x86K\xffK\xff\x86"));
    assert_int_equal(value->tensor.span, 0);
}

/* Cut anywhere, and with every byte replaced: refused or read, never more. */
static void test_damage(void **state) {
    made m = {0};
    int taken = 0;
    (void)state;
    PUT(&m, "\x80\x02}(");
    put_text(&m, "w");
    put_tensor(&m,
               (view){.class = "FloatStorage", .key = "0", .count = 6, .rank = 2, .shape = shape});
    PUT(&m, "U\1a](K\2K\3e\x85U\1bK\1G\0\0\0\0\0\0\0\0\x86q\0U\1ch\0u.");
    for (size_t size = 0; size < m.size; size++) {
        nt_pickled *value;
        nt_status status = read_pickle(m.bytes, size, &arena, &value, &error);
        EXPECT_ERROR(&error, status, NT_INVALID, "w.pt (a/data.pkl): byte ");
    }
    for (size_t at = 0; at < m.size; at++) {
        unsigned char kept = m.bytes[at];
        for (int byte = 0; byte < 256; byte++) {
            nt_pickled *value;
            m.bytes[at] = (unsigned char)byte;
            nt_status status = read_pickle(m.bytes, m.size, &arena, &value, &error);
            taken += status == NT_OK;
            if (status != NT_OK)
                EXPECT_ERROR(&error, status, NT_INVALID, "w.pt (a/data.pkl): byte ");
        }
        m.bytes[at] = kept;
        nt_arena_finish(&arena);
        nt_arena_init(&arena);
    }
    assert_true(taken > (int)m.size); /* each byte as it was, and texts that are others */
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, start, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(test_numbers),         FRESH(test_texts),
        FRESH(test_holders),         FRESH(test_memo),
        FRESH(test_ordered_dict),    FRESH(test_tensor),
        FRESH(test_refused_opcodes), FRESH(test_refused_globals),
        FRESH(test_broken),          FRESH(test_empty_tensor),
        FRESH(test_damage),
    };
    return cmocka_run_group_tests_name("weights_pickle", tests, NULL, NULL);
}
