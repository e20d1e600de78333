#include "zip_directory.h"

#include "alloc.h"
#include <stdlib.h>
#include <string.h>

enum { LOCAL = 30, CENTRAL = 46, END = 22, LOCATOR = 20, END64 = 56, LONGEST_COMMENT = 65535 };

enum { LARGEST_DIRECTORY = 1 << 26, MOST_MEMBERS = 1 << 20 };

static uint64_t load(const unsigned char *p, int bytes) {
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

static bool is(const unsigned char *p, const char *signature) {
    return memcmp(p, signature, 4) == 0;
}

static nt_status broken(const nt_tensor_file *file, int64_t at, const char *what) {
    nt_error_in(file->error, NT_INVALID, file->path, at, "the zip archive is damaged: %s", what);
    nt_error_hint(file->error, "copy or download the file again");
    return NT_INVALID;
}

/* --- the end of the file ---------------------------------------------------------------------- */

/* What the end record says of the directory. */
typedef struct place {
    uint64_t begin, size, count;
} place;

/* The 64-bit end record, if a locator stands before the end record. */
static nt_status read_end64(const nt_tensor_file *file, int64_t end, place *ret) {
    unsigned char bytes[END64];
    if (end < LOCATOR)
        return NT_OK;
    NT_TRY(nt_tensor_file_pread(file, bytes, LOCATOR, end - LOCATOR));
    if (!is(bytes, "PK\x06\x07"))
        return NT_OK;
    uint64_t at = load(bytes + 8, 8);
    if (at > (uint64_t)end || (uint64_t)end - at < END64 + LOCATOR)
        return broken(file, end - LOCATOR, "its 64-bit end record lies outside");
    NT_TRY(nt_tensor_file_pread(file, bytes, END64, (int64_t)at));
    if (!is(bytes, "PK\x06\x06"))
        return broken(file, (int64_t)at, "there is no 64-bit end record");
    *ret = (place){load(bytes + 48, 8), load(bytes + 40, 8), load(bytes + 32, 8)};
    return NT_OK;
}

/* The last end record of `tail`, the file's last `size` bytes, whose comment ends with the file. */
static const unsigned char *find_end(const unsigned char *tail, size_t size) {
    for (size_t at = size - END + 1; at-- > 0;)
        if (is(tail + at, "PK\x05\x06") && load(tail + at + 20, 2) == size - at - END)
            return tail + at;
    return NULL;
}

static nt_status find_directory(const nt_tensor_file *file, place *ret) {
    int64_t most = END + LONGEST_COMMENT, size = file->size < most ? file->size : most;
    if (size < END)
        return broken(file, file->size, "it is cut short");
    unsigned char *tail = nt_alloc((size_t)size);
    if (!tail)
        return nt_tensor_file_no_memory(file);
    nt_status status = nt_tensor_file_pread(file, tail, (size_t)size, file->size - size);
    const unsigned char *end = status == NT_OK ? find_end(tail, (size_t)size) : NULL;
    int64_t at = end ? file->size - size + (end - tail) : 0;
    if (status == NT_OK && !end)
        status = broken(file, file->size, "it has no directory at its end; it was cut short");
    if (end) {
        *ret = (place){load(end + 16, 4), load(end + 12, 4), load(end + 10, 2)};
        status = read_end64(file, at, ret);
    }
    nt_free(tail, (size_t)size);
    if (status == NT_OK && (ret->begin > (uint64_t)at || ret->size > (uint64_t)at - ret->begin ||
                            ret->count > ret->size / CENTRAL))
        status = broken(file, at, "its directory lies outside");
    if (status == NT_OK && (ret->size > LARGEST_DIRECTORY || ret->count > MOST_MEMBERS))
        status = nt_error_in(file->error, NT_INVALID, file->path, (int64_t)ret->begin,
                             "the zip archive has %llu members in a directory of %llu bytes; at "
                             "most %d in %d are read",
                             (unsigned long long)ret->count, (unsigned long long)ret->size,
                             MOST_MEMBERS, LARGEST_DIRECTORY);
    return status;
}

/* --- the directory ---------------------------------------------------------------------------- */

/* Numbers that 32 bits can't hold are all ones, and stand in an extra field, in this order. */
static bool widen(const unsigned char *extra, size_t size, uint64_t *numbers[3]) {
    size_t length;
    for (; size >= 4; extra += 4 + length, size -= 4 + length) {
        length = load(extra + 2, 2);
        if (length > size - 4)
            return false;
        if (load(extra, 2) != 1)
            continue;
        const unsigned char *at = extra + 4, *end = at + length;
        for (int i = 0; i < 3; i++) {
            if (*numbers[i] != UINT32_MAX)
                continue;
            if (end - at < 8)
                return false;
            *numbers[i] = load(at, 8);
            at += 8;
        }
        return true;
    }
    return true;
}

/* Reads the member whose entry begins at `p`; returns the entry's size, 0 if it is broken. */
static size_t read_member(const nt_tensor_file *file, const unsigned char *p, size_t left,
                          nt_zip_member *ret) {
    if (left < CENTRAL || !is(p, "PK\x01\x02"))
        return 0;
    size_t name = load(p + 28, 2), extra = load(p + 30, 2), comment = load(p + 32, 2);
    size_t size = CENTRAL + name + extra + comment;
    uint64_t packed = load(p + 20, 4), plain = load(p + 24, 4), header = load(p + 42, 4);
    if (size > left || memchr(p + CENTRAL, 0, name) ||
        !widen(p + CENTRAL + name, extra, (uint64_t *[]){&plain, &packed, &header}))
        return 0;
    if (header > (uint64_t)file->size || packed > (uint64_t)file->size - header)
        return 0;
    bool encrypted = load(p + 8, 2) & 1;
    *ret = (nt_zip_member){.name = nt_arena_substring(file->arena, (const char *)p + CENTRAL, name),
                           .header = (int64_t)header,
                           .size = (int64_t)packed,
                           .stored = load(p + 10, 2) == 0 && packed == plain && !encrypted};
    return size;
}

static int by_name(const void *a, const void *b) {
    const nt_zip_member *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static nt_status read_members(const nt_tensor_file *file, const unsigned char *bytes, place where,
                              nt_zip *zip) {
    size_t at = 0;
    for (; zip->count < where.count; zip->count++) {
        nt_zip_member *member = &zip->members[zip->count];
        size_t size = read_member(file, bytes + at, (size_t)where.size - at, member);
        if (size == 0)
            return broken(file, (int64_t)(where.begin + at), "an entry of its directory is wrong");
        if (!member->name)
            return nt_tensor_file_no_memory(file);
        at += size;
    }
    qsort(zip->members, zip->count, sizeof *zip->members, by_name);
    return NT_OK;
}

nt_status nt_zip_read(const nt_tensor_file *file, nt_zip *ret) {
    place where = {0};
    NT_TRY(find_directory(file, &where));
    nt_zip zip = {.members = NT_ARENA_ARRAY(file->arena, nt_zip_member, where.count + 1)};
    unsigned char *bytes = nt_alloc((size_t)where.size);
    nt_status status = bytes && zip.members ? NT_OK : nt_tensor_file_no_memory(file);
    if (status == NT_OK)
        status = nt_tensor_file_pread(file, bytes, (size_t)where.size, (int64_t)where.begin);
    if (status == NT_OK)
        status = read_members(file, bytes, where, &zip);
    nt_free(bytes, (size_t)where.size);
    if (status == NT_OK)
        *ret = zip;
    return status;
}

const nt_zip_member *nt_zip_find(const nt_zip *zip, const char *name) {
    const nt_zip_member key = {.name = name};
    return bsearch(&key, zip->members, zip->count, sizeof *zip->members, by_name);
}

nt_status nt_zip_locate(const nt_tensor_file *file, const nt_zip_member *member,
                        int64_t *ret_begin) {
    unsigned char bytes[LOCAL];
    if (!member->stored) {
        nt_error_in(file->error, NT_INVALID, file->path, member->header,
                    "'%s' of the zip archive is compressed or encrypted",
                    nt_tensor_file_show(file, member->name));
        nt_error_hint(file->error, "torch.save writes none such: pack it again with 'zip -0'");
        return NT_INVALID;
    }
    NT_TRY(nt_tensor_file_pread(file, bytes, LOCAL, member->header));
    int64_t begin =
        member->header + LOCAL + (int64_t)load(bytes + 26, 2) + (int64_t)load(bytes + 28, 2);
    if (!is(bytes, "PK\x03\x04") || begin > file->size || member->size > file->size - begin)
        return broken(file, member->header, "a member is not where its directory says");
    *ret_begin = begin;
    return NT_OK;
}
