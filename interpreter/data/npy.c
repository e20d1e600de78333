/* numpy's format, version 1.0, of float32, rows outside:
 *
 *     "\x93NUMPY" 1 0 | header's length, 2 bytes | header, a Python dictionary, blanks, newline |
 * values
 *
 * all little-endian. Written headers fill two blocks of 64 bytes, as numpy's own do. */
#include "npy.h"

#include "alloc.h"
#include "file.h"
#include "file_kind.h"
#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

enum { PREFIX = 10, ALIGN = 64, HEADER = 128 };

static const char magic[] = "\x93NUMPY\x01"; /* and a zero byte: version 1.0 */

static void write_values(nt_file *file, const float *values, size_t count) {
    uint32_t piece[1024];
    while (count > 0) {
        size_t size = count < 1024 ? count : 1024;
        memcpy(piece, values, size * sizeof *piece);
        for (size_t i = 0; i < size; i++)
            piece[i] = htole32(piece[i]);
        nt_file_write(file, piece, size * sizeof *piece);
        values += size;
        count -= size;
    }
}

nt_status nt_npy_write(const char *path, const int32_t *dims, int rank, const float *values,
                       nt_error *error) {
    char head[HEADER + 1];
    size_t count = 1;
    assert(rank >= 2 && rank <= 4);
    memset(head, ' ', sizeof head);
    memcpy(head, magic, 8);
    head[8] = HEADER - PREFIX;
    head[9] = 0;
    char *at = head + PREFIX;
    at += sprintf(at, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (int d = 0; d < rank; d++) {
        at += sprintf(at, "%s%d", d ? ", " : "", dims[d]);
        count *= (size_t)dims[d];
    }
    at += sprintf(at, "), }");
    *at = ' ';
    head[HEADER - 1] = '\n';
    nt_file *file;
    NT_TRY(nt_file_create(path, &file, error));
    nt_file_write(file, head, HEADER);
    write_values(file, values, count);
    return nt_file_commit(file, error);
}

/* The value of a key of the header, which numpy writes as a Python dictionary; NULL without it. */
static const char *value_of(const char *header, const char *key) {
    const char *at = strstr(header, key);
    if (!at)
        return NULL;
    at += strlen(key);
    return at + strspn(at, " ");
}

static bool read_header(const char *header, int32_t *rows, int32_t *columns) {
    const char *descr = value_of(header, "'descr':"), *order = value_of(header, "'fortran_order':");
    const char *shape = value_of(header, "'shape':");
    char close = 0;
    return descr && order && shape && strncmp(descr, "'<f4'", 5) == 0 &&
           strncmp(order, "False", 5) == 0 &&
           sscanf(shape, "(%d, %d%c", rows, columns, &close) == 3 && close == ')' && *rows >= 0 &&
           *columns >= 0;
}

static nt_status take(const char *path, const nt_bytes *bytes, int32_t *ret_rows,
                      int32_t *ret_columns, float **ret_values, nt_error *error) {
    if (bytes->size < PREFIX || memcmp(bytes->bytes, magic, 8) != 0) {
        if (bytes->size < sizeof magic - 2 || memcmp(bytes->bytes, magic, sizeof magic - 2) != 0)
            NT_TRY(nt_file_kind_refuse(bytes->bytes, bytes->size, NT_FILE_AS_DATA, path, error));
        return nt_error_in(error, NT_INVALID, path, 0, "is not a NumPy file of version 1.0");
    }
    size_t length = bytes->bytes[8] | (size_t)bytes->bytes[9] << 8, start = PREFIX + length;
    int32_t rows, columns;
    if (start > bytes->size || length == 0)
        return nt_error_in(error, NT_INVALID, path, 8, "the header is cut short");
    char *header = (char *)bytes->bytes + PREFIX;
    header[length - 1] = '\0';
    if (!read_header(header, &rows, &columns))
        return nt_error_in(error, NT_INVALID, path, PREFIX,
                           "is not a matrix of float32 in C order");
    uint64_t count = (uint64_t)rows * (uint64_t)columns;
    if ((bytes->size - start) % sizeof(float) != 0 ||
        (bytes->size - start) / sizeof(float) != count)
        return nt_error_in(error, NT_INVALID, path, (int64_t)start,
                           "%zu bytes of data are not %dx%d numbers", bytes->size - start, rows,
                           columns);
    float *values = nt_alloc((size_t)count * sizeof *values);
    if (!values)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", path);
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, bytes->bytes + start + i * sizeof word, sizeof word);
        word = le32toh(word);
        memcpy(&values[i], &word, sizeof word);
    }
    *ret_rows = rows;
    *ret_columns = columns;
    *ret_values = values;
    return NT_OK;
}

nt_status nt_npy_read(const char *path, int32_t *ret_rows, int32_t *ret_columns, float **ret_values,
                      nt_error *error) {
    nt_bytes bytes;
    NT_TRY(nt_file_read(path, (size_t)1 << 31, &bytes, error));
    nt_status status = take(path, &bytes, ret_rows, ret_columns, ret_values, error);
    nt_bytes_finish(&bytes);
    return status;
}
