/* Any bytes as an array of NumPy, and with its header's length and padding made right; the same in
 * an archive that is made around it. All rows are read. */
#include "array_file.h"
#include "npy.h"
#include "scratch.h"
#include "target.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MOST_ROW = 1 << 20 };

static void read_rows(nt_array_file *file, nt_error *error) {
    const nt_array_head *head = nt_array_head_of(file);
    assert(head->rank >= 1 && head->rank <= NT_ARRAY_RANK && head->size >= 1 && head->size <= 8);
    int64_t row = nt_array_row(head), size = row * head->size;
    if (size > MOST_ROW)
        return;
    void *room = nt_alloc((size_t)size);
    nt_status status = NT_OK;
    for (int64_t i = 0; i < head->dims[0] && i < 100 && status == NT_OK; i++) {
        status = i % 3 == 1 ? nt_array_skip(file, 1, error) : nt_array_next(file, 1, room, error);
        if (status == NT_OK && i % 3 != 1)
            for (int64_t k = 0; k < row && k < 100; k++)
                (void)nt_array_value(head, room, k);
    }
    check_outcome(status, error);
    nt_free(room, (size_t)size);
}

static void try_array(const char *path) {
    nt_array_file *file;
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_array_open(path, &file, &error);
    check_outcome(status, &error);
    if (status == NT_OK) {
        read_rows(file, &error);
        nt_array_close(file);
    }
    nt_error_finish(&error);
}

static void try_matrix(const char *path) {
    int32_t rows, columns;
    float *values;
    nt_error error;
    nt_error_init(&error);
    nt_status status = nt_npy_read(path, &rows, &columns, &values, &error);
    check_outcome(status, &error);
    if (status == NT_OK)
        nt_free(values, (size_t)rows * (size_t)columns * sizeof *values);
    nt_error_finish(&error);
}

/* The text up to a zero byte or the last brace becomes the header. Returns the file's size. */
static size_t mend(const uint8_t *data, size_t size, uint8_t *ret) {
    const uint8_t *brace = memrchr(data, '}', size);
    size_t header = brace ? (size_t)(brace - data) + 1 : size;
    memcpy(ret, "\x93NUMPY\x01", 8);
    ret[8] = (uint8_t)((header + 1) & 0xFF);
    ret[9] = (uint8_t)((header + 1) >> 8);
    memcpy(ret + 10, data, header);
    ret[10 + header] = '\n';
    memcpy(ret + 11 + header, data + header, size - header);
    return size + 11;
}

static void put(uint8_t *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

/* One member, not packed, with its checksum. */
static size_t pack(const uint8_t *data, size_t size, uint8_t *ret) {
    static const char name[] = "a.npy";
    enum { LENGTH = 5 };
    uint8_t local[30] = "PK\x03\x04\x14", entry[46] = "PK\x01\x02\x14\0\x14",
            end[22] = "PK\x05\x06";
    uint8_t *to = ret;
    put(local + 14, crc32(0, data, (uInt)size), 4);
    put(local + 18, size, 4);
    put(local + 22, size, 4);
    put(local + 26, LENGTH, 2);
    memcpy(entry + 16, local + 14, 14);
    to = mempcpy(to, local, sizeof local);
    to = mempcpy(to, name, LENGTH);
    to = mempcpy(to, data, size);
    put(end + 8, 1, 2);
    put(end + 10, 1, 2);
    put(end + 12, sizeof entry + LENGTH, 4);
    put(end + 16, (uint64_t)(to - ret), 4);
    to = mempcpy(to, entry, sizeof entry);
    to = mempcpy(to, name, LENGTH);
    to = mempcpy(to, end, sizeof end);
    return (size_t)(to - ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t mended[(1 << 15) + 100], packed[(1 << 15) + 300];
    size_t before = nt_alloc_in_use();
    if (size > 1 << 15)
        return 0;
    const char *path = scratch_put("raw.npy", data, size);
    try_array(path);
    try_matrix(path);
    size_t length = mend(data, size, mended);
    path = scratch_put("mended.npy", mended, length);
    try_array(path);
    try_matrix(path);
    length = pack(mended, length, packed);
    try_array(scratch_put("packed.npz", packed, length));
    assert(nt_alloc_in_use() == before);
    return 0;
}
