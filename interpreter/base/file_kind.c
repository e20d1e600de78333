/* The table of kinds. A signature of two or three bytes could also be the first of another format;
 * the order of the rows, and what else must hold, keep them apart: a safetensors file begins with
 * any number, so it is first. */
#include "file_kind.h"

#include "file.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The header's length in 8 bytes, of which the upper four are zero, and the header's bracket. */
static bool has_header_length(const unsigned char *first, size_t size) {
    static const unsigned char zero[4] = {0};
    return size > 8 && memcmp(first + 4, zero, sizeof zero) == 0;
}

/* Markup after any blanks, in any case. */
static bool is_markup(const unsigned char *first, size_t size) {
    static const char *const starts[] = {"<!doctype html", "<html", "<head", NULL};
    size_t at = 0;
    if (size >= 3 && memcmp(first, "\xEF\xBB\xBF", 3) == 0)
        at = 3;
    while (at < size && isspace(first[at]))
        at++;
    for (const char *const *start = starts; *start; start++)
        if (size - at >= strlen(*start) &&
            strncasecmp((const char *)first + at, *start, strlen(*start)) == 0)
            return true;
    return false;
}

/* Protocols from 2 on say their number; protocol 2's magic number of PyTorch is one too. */
static bool has_protocol(const unsigned char *first, size_t size) {
    return size > 2 && first[1] >= 2 && first[1] <= 5;
}

/* ModelProto: ir_version, from 3 on, then the producer's name, which can be read. */
static bool has_producer(const unsigned char *first, size_t size) {
    if (size < 5 || first[1] < 3 || first[1] > 64 || first[2] != 0x12 || first[3] == 0)
        return false;
    for (size_t i = 4; i < size && i < 4 + (size_t)first[3]; i++)
        if (!isprint(first[i]))
            return false;
    return true;
}

/* The first entry of a checkpoint's table, under the empty key: the number of shards. */
static bool has_shards(const unsigned char *first, size_t size) {
    return size > 4 && first[2] > 0 && first[2] < 32 && first[3] == 0x08 && first[4] > 0;
}

#define BYTES(text) .signature = (text), .length = sizeof(text) - 1
#define SAVE_IN_PYTHON                                                                             \
    "load it with the program that wrote it, and save its tensors with "                           \
    "safetensors.numpy.save_file"

#define EXPORTERS "exporters fold and rename what is to be ablated: "

const nt_file_kind nt_file_kinds[] = {
    {"a safetensors file",
     {"", "give it as --weights"},
     .offset = 8,
     BYTES("{"),
     .also = has_header_length},
    {"a pointer of git-LFS, not the file itself",
     {"run 'git lfs pull' where it was cloned, or download the file by its link",
      "run 'git lfs pull' where it was cloned, or download the file by its link"},
     BYTES("version https://git-lfs.github.com/spec/")},
    {"a page of HTML",
     {"the server sent it in place of the file: download that again, by its direct link",
      "the server sent it in place of the file: download that again, by its direct link"},
     BYTES(""),
     .also = is_markup},
    {"a MATLAB file of version 7.3",
     {SAVE_IN_PYTHON, "export what is in it to what this kind of data set reads"},
     BYTES("MATLAB 7.3 MAT-file")},
    {"a MATLAB file of version 5",
     {SAVE_IN_PYTHON, "export what is in it to what this kind of data set reads"},
     BYTES("MATLAB 5.0 MAT-file")},
    {"an HDF5 file, as Keras writes them",
     {SAVE_IN_PYTHON, "export what is in it to what this kind of data set reads"},
     BYTES("\x89HDF\r\n\x1a\n")},
    {"an array of NumPy",
     {"collect the arrays by name and save them with safetensors.numpy.save_file",
      "export it to what this kind of data set reads"},
     BYTES("\x93NUMPY")},
    {"a zip archive", {"unpack it", "unpack it"}, BYTES("PK\x03\x04")},
    {"an empty zip archive", {"download it again", "download it again"}, BYTES("PK\x05\x06")},
    {"a gzip file", {"unpack it with gunzip", "unpack it with gunzip"}, BYTES("\x1f\x8b\x08")},
    {"a tar archive",
     {"unpack it; of a PyTorch before 0.2: load it there, and save it again with a newer one",
      "unpack it"},
     .offset = 257,
     BYTES("ustar")},
    {"a pickle of Python",
     {"load it in Python, and save its tensors with safetensors or torch.save",
      "take the binary version of the data, or export it"},
     BYTES("\x80"),
     .also = has_protocol},
    {"a SavedModel of TensorFlow",
     {SAVE_IN_PYTHON, "give what this kind of data set reads"},
     BYTES("\x08\x01\x12")},
    {"an ONNX model",
     {EXPORTERS "take the state_dict of the PyTorch module, and its graph by graphs/from_torch.py",
      "give what this kind of data set reads",
      EXPORTERS "make the graph of the PyTorch module, with graphs/from_torch.py"},
     BYTES("\x08"),
     .also = has_producer},
    {"a checkpoint of TensorFlow",
     {SAVE_IN_PYTHON, "give what this kind of data set reads"},
     BYTES("model_checkpoint_path:")},
    {"the index of a TensorFlow checkpoint",
     {SAVE_IN_PYTHON, "give what this kind of data set reads"},
     BYTES("\x00\x00"),
     .also = has_shards},
    {0},
};

static bool is_kind(const nt_file_kind *kind, const unsigned char *first, size_t size) {
    if (size < kind->offset + kind->length ||
        memcmp(first + kind->offset, kind->signature, kind->length) != 0)
        return false;
    return !kind->also || kind->also(first, size);
}

const nt_file_kind *nt_file_kind_of(const unsigned char *first, size_t size) {
    for (const nt_file_kind *kind = nt_file_kinds; kind->name; kind++)
        if (is_kind(kind, first, size))
            return kind;
    return NULL;
}

nt_status nt_file_kind_refuse(const unsigned char *first, size_t size, nt_file_use use,
                              const char *path, nt_error *error) {
    const nt_file_kind *kind = nt_file_kind_of(first, size);
    if (!kind || !kind->remedy[use] || !kind->remedy[use][0])
        return NT_OK;
    nt_error_in(error, NT_INVALID, path, -1, "is %s", kind->name);
    nt_error_hint(error, "%s", kind->remedy[use]);
    return NT_INVALID;
}

nt_status nt_file_kind_refuse_at(const char *path, nt_file_use use, nt_error *error) {
    unsigned char first[NT_FILE_KIND_BYTES];
    int fd;
    int64_t size;
    nt_error unread;
    nt_error_init(&unread);
    nt_status status = nt_file_open(path, &fd, &size, &unread);
    nt_error_finish(&unread);
    if (status != NT_OK)
        return NT_OK;
    ssize_t got = pread(fd, first, sizeof first, 0);
    close(fd);
    return got > 0 ? nt_file_kind_refuse(first, (size_t)got, use, path, error) : NT_OK;
}
