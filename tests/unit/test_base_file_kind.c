/* What a file is by its first bytes: every kind of the table is known by an example, none of ours
 * or of noise is taken for one, and each has something to do about it. */
#include "file_kind.h"
#include "support_base.h"

static nt_error error;

#define FIRST(text) text, sizeof(text) - 1

static const struct {
    const char *first;
    size_t size;
    const char *name; /* NULL: no kind */
} examples[] = {
    {FIRST("\x10\x01\0\0\0\0\0\0{\"a\":"), "a safetensors file"},
    {FIRST("\x1f\x8b\x08\0\0\0\0\0{\"a\":"), "a safetensors file"}, /* of a header of 559,903 */
    {FIRST("version https://git-lfs.github.com/spec/v1\n"),
     "a pointer of git-LFS, not the file itself"},
    {FIRST("\n <!DOCTYPE html>"), "a page of HTML"},
    {FIRST("<HTML lang=en>"), "a page of HTML"},
    {FIRST("\xEF\xBB\xBF<!doctype HTML"), "a page of HTML"},
    {FIRST("MATLAB 7.3 MAT-file, Platform"), "a MATLAB file of version 7.3"},
    {FIRST("MATLAB 5.0 MAT-file, Platform"), "a MATLAB file of version 5"},
    {FIRST("\x89HDF\r\n\x1a\n\0"), "an HDF5 file, as Keras writes them"},
    {FIRST("\x93NUMPY\x01\0"), "an array of NumPy"},
    {FIRST("PK\x03\x04\0"), "a zip archive"},
    {FIRST("PK\x05\x06\0"), "an empty zip archive"},
    {FIRST("\x1f\x8b\x08\0\0\0\0\0\0\x03"), "a gzip file"},
    {FIRST("\x80\x02}q\0."), "a pickle of Python"},
    {FIRST("\x80\x05\x95"), "a pickle of Python"},
    {FIRST("\x08\x01\x12\xff\x01"), "a SavedModel of TensorFlow"},
    {FIRST("\x08\x07\x12\x07pytorch\x1a"), "an ONNX model"},
    {FIRST("model_checkpoint_path: \"a\""), "a checkpoint of TensorFlow"},
    {FIRST("\0\0\x06\x08\x01\x1a\x02\x08\x01"), "the index of a TensorFlow checkpoint"},
    {FIRST("\x80\x06}"), NULL},
    {FIRST("\x80"), NULL},
    {FIRST("\x1f\x8b\x09"), NULL},
    {FIRST("\0\0\x08\x03\0\0\0\x01"), NULL}, /* IDX */
    {FIRST("<svg>"), NULL},
    {FIRST("PK\x03"), NULL},
    {FIRST(" \n"), NULL},
    {FIRST(""), NULL},
    {FIRST("\x08\x07\x12\x07pyt\0rch"), NULL},
};

static void test_examples(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const nt_file_kind *kind =
            nt_file_kind_of((const unsigned char *)examples[i].first, examples[i].size);
        if (!examples[i].name ? kind != NULL : !kind || strcmp(kind->name, examples[i].name) != 0)
            fail_msg("example %zu is taken for %s", i, kind ? kind->name : "nothing");
    }
}

/* Every kind but the one that stands further inside has an example above. */
static void test_table(void **state) {
    unsigned char tar[NT_FILE_KIND_BYTES] = "folder/file";
    (void)state;
    memcpy(tar + 257, "ustar", 5);
    assert_string_equal(nt_file_kind_of(tar, sizeof tar)->name, "a tar archive");
    assert_null(nt_file_kind_of(tar, 261));
    for (const nt_file_kind *kind = nt_file_kinds; kind->name; kind++) {
        bool shown = strcmp(kind->name, "a tar archive") == 0;
        for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
            shown = shown || (examples[i].name && strcmp(examples[i].name, kind->name) == 0);
        if (!shown)
            fail_msg("%s has no example", kind->name);
        assert_true(kind->offset + kind->length <= NT_FILE_KIND_BYTES);
        assert_true(kind->remedy[NT_FILE_AS_DATA][0] != '\0');
        assert_true(kind == nt_file_kinds || kind->remedy[NT_FILE_AS_WEIGHTS][0] != '\0');
    }
}

static void test_refuse(void **state) {
    const char *path = path_in(*state, "w");
    nt_error_init(&error);
    write_bytes(path, "\x1f\x8b\x08\0", 4);
    nt_status status = nt_file_kind_refuse_at(path, NT_FILE_AS_WEIGHTS, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "w: error: is a gzip file; unpack it with gunzip");
    write_bytes(path, "\x10\x01\0\0\0\0\0\0{\"a\":", 13);
    EXPECT_OK(&error, nt_file_kind_refuse_at(path, NT_FILE_AS_WEIGHTS, &error));
    status = nt_file_kind_refuse_at(path, NT_FILE_AS_DATA, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "is a safetensors file; give it as --weights");
    EXPECT_OK(&error, nt_file_kind_refuse_at(path, NT_FILE_AS_TEXT, &error));
    write_bytes(path, "\x08\x07\x12\x07pytorch\x1a", 12);
    status = nt_file_kind_refuse_at(path, NT_FILE_AS_TEXT, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "w: error: is an ONNX model; exporters fold");
    write_bytes(path, "", 0);
    EXPECT_OK(&error, nt_file_kind_refuse_at(path, NT_FILE_AS_WEIGHTS, &error));
    EXPECT_OK(&error, nt_file_kind_refuse_at(path_in(*state, "none"), NT_FILE_AS_DATA, &error));
    EXPECT_OK(&error, nt_file_kind_refuse_at(*state, NT_FILE_AS_DATA, &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_table),
        WITH_FOLDER(test_refuse),
    };
    return cmocka_run_group_tests_name("base_file_kind", tests, NULL, NULL);
}
