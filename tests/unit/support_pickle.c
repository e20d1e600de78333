#include "support_pickle.h"

void put(made *to, const void *bytes, size_t size) {
    assert_true(to->size + size <= sizeof to->bytes);
    if (size > 0)
        memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

void put_number(made *to, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++, number >>= 8) {
        unsigned char byte = (unsigned char)number;
        put(to, &byte, 1);
    }
}

void put_text(made *to, const char *text) {
    PUT(to, "X");
    put_number(to, strlen(text), 4);
    put(to, text, strlen(text));
}

void put_integer(made *to, int64_t number) {
    PUT(to, "J");
    put_number(to, (uint64_t)number, 4);
}

void put_tensor(made *to, view v) {
    char line[64];
    int32_t stride[8], dense = 1;
    for (int i = v.rank; i-- > 0; dense *= v.shape[i])
        stride[i] = v.stride ? v.stride[i] : dense;
    PUT(to, "ctorch._utils\n_rebuild_tensor_v2\n((");
    put_text(to, "storage");
    put(to, line, (size_t)snprintf(line, sizeof line, "ctorch\n%s\n", v.class));
    put_text(to, v.key);
    put_text(to, "cpu");
    put_integer(to, v.count);
    if (v.legacy)
        PUT(to, "N");
    PUT(to, "tQ");
    put_integer(to, v.first);
    PUT(to, "(");
    for (int i = 0; i < v.rank; i++)
        put_integer(to, v.shape[i]);
    PUT(to, "t(");
    for (int i = 0; i < v.rank; i++)
        put_integer(to, stride[i]);
    PUT(to, "t\x89"
            "ccollections\nOrderedDict\n)RtR");
}

static void put_extra(made *to, const member *m, uint64_t header) {
    put_number(to, 1, 2);
    put_number(to, 24, 2);
    put_number(to, m->size, 8);
    put_number(to, m->size, 8);
    put_number(to, header, 8);
}

static void put_entry(made *to, const member *m, uint64_t header, bool wide) {
    PUT(to, "PK\x01\x02\0\0\0\0\0\0");
    put_number(to, (uint64_t)m->method, 2);
    put_number(to, 0, 8); /* time, date, checksum */
    put_number(to, wide ? UINT32_MAX : m->size, 4);
    put_number(to, wide ? UINT32_MAX : m->size, 4);
    put_number(to, strlen(m->name), 2);
    put_number(to, wide ? 28 : 0, 2);
    put_number(to, 0, 10); /* comment, disk, attributes */
    put_number(to, wide ? UINT32_MAX : header, 4);
    put(to, m->name, strlen(m->name));
    if (wide)
        put_extra(to, m, header);
}

static void put_end(made *to, uint64_t begin, uint64_t count, bool wide) {
    uint64_t size = to->size - begin, at = to->size;
    if (wide) {
        PUT(to, "PK\x06\x06");
        put_number(to, 44, 8);
        put_number(to, 0, 12);
        put_number(to, count, 8);
        put_number(to, count, 8);
        put_number(to, size, 8);
        put_number(to, begin, 8);
        PUT(to, "PK\x06\x07\0\0\0\0");
        put_number(to, at, 8);
        put_number(to, 1, 4);
    }
    PUT(to, "PK\x05\x06\0\0\0\0");
    put_number(to, wide ? UINT16_MAX : count, 2);
    put_number(to, wide ? UINT16_MAX : count, 2);
    put_number(to, wide ? UINT32_MAX : size, 4);
    put_number(to, wide ? UINT32_MAX : begin, 4);
    put_number(to, 0, 2);
}

void put_zip(made *to, const member *members, int count, bool wide) {
    uint64_t headers[16];
    assert_true(count <= 16);
    for (int i = 0; i < count; i++) {
        headers[i] = to->size;
        PUT(to, "PK\x03\x04\0\0\0\0");
        put_number(to, (uint64_t)members[i].method, 2);
        put_number(to, 0, 8);
        put_number(to, members[i].size, 4);
        put_number(to, members[i].size, 4);
        put_number(to, strlen(members[i].name), 2);
        put_number(to, 5, 2); /* padding, as PyTorch aligns members */
        put(to, members[i].name, strlen(members[i].name));
        PUT(to, "FB\x01\0Z");
        put(to, members[i].bytes, members[i].size);
    }
    uint64_t begin = to->size;
    for (int i = 0; i < count; i++)
        put_entry(to, &members[i], headers[i], wide);
    put_end(to, begin, (uint64_t)count, wide);
}

void write_made(const char *path, const made *what) {
    write_bytes(path, what->bytes, what->size);
}

nt_status read_pickle(const void *bytes, size_t size, nt_arena *arena, nt_pickled **ret,
                      nt_error *error) {
    unsigned char *exact = malloc(size ? size : 1); /* reading past it is seen */
    const nt_tensor_file file = {.fd = -1, .path = "w.pt", .arena = arena, .error = error};
    if (size > 0)
        memcpy(exact, bytes, size);
    nt_pickle_reader reader = {.file = &file,
                               .path = "w.pt (a/data.pkl)",
                               .size = (int64_t)size,
                               .bytes = exact,
                               .filled = size};
    nt_status status = nt_pickle_read(&reader, ret);
    nt_pickle_finish(&reader);
    free(exact);
    return status;
}
