/* Checking the header: the format's own demands first (a length that fits, JSON without duplicates,
 * known types, sizes that agree with shapes), then that the tensors cover the data, each byte once.
 */
#include "safetensors_header.h"

#include "alloc.h"
#include "file_kind.h"
#include "json_in.h"
#include <endian.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    PREFIX = 8,
    LONGEST_HEADER = 100000000, /* the format's own limit */
    MOST_MEMORY = 1 << 28       /* that a header may take once it is read */
};

/* --- one entry -------------------------------------------------------------------------------- */

/* The header while it is being read. */
typedef struct reader {
    const nt_tensor_file *file;
    const char *text; /* the header, `length` bytes */
    size_t length;
} reader;

/* Where in the file an entry is written, for messages; the header's start if its name is written
 * with escapes. */
static int64_t place_of(const reader *r, const char *name) {
    size_t length = strlen(name);
    const char *end = r->text + r->length, *at = r->text;
    while ((at = memmem(at, (size_t)(end - at), name, length)) != NULL) {
        const char *after = at + length;
        if (at > r->text && at[-1] == '"' && after + 1 < end && after[0] == '"') {
            after++;
            while (after < end && strchr(" \t\r\n", *after))
                after++;
            if (after < end && *after == ':')
                return PREFIX + (at - 1 - r->text);
        }
        at++;
    }
    return PREFIX;
}

static nt_status bad_entry(const reader *r, const char *name, const char *what) {
    return nt_error_in(r->file->error, NT_INVALID, r->file->path, place_of(r, name),
                       "tensor '%s' %s", nt_tensor_file_show(r->file, name), what);
}

static nt_status no_memory(const reader *r) {
    return nt_tensor_file_no_memory(r->file);
}

static nt_status read_shape(const reader *r, const json_t *value, nt_entry *entry) {
    if (!json_is_array(value))
        return bad_entry(r, entry->name, "has no 'shape' list");
    entry->rank = json_array_size(value);
    int64_t *shape = NT_ARENA_ARRAY(r->file->arena, int64_t, entry->rank);
    if (!shape)
        return no_memory(r);
    for (size_t i = 0; i < entry->rank; i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_integer(item) || json_integer_value(item) < 0)
            return bad_entry(r, entry->name, "has a dimension that is not a whole number from 0");
        shape[i] = json_integer_value(item);
    }
    entry->shape = shape;
    return NT_OK;
}

static nt_status read_offsets(const reader *r, const json_t *value, int64_t data_size,
                              nt_entry *entry) {
    if (!json_is_array(value) || json_array_size(value) != 2 ||
        !json_is_integer(json_array_get(value, 0)) || !json_is_integer(json_array_get(value, 1)))
        return bad_entry(r, entry->name, "has no 'data_offsets' of two whole numbers");
    entry->begin = json_integer_value(json_array_get(value, 0));
    entry->end = json_integer_value(json_array_get(value, 1));
    if (entry->begin < 0 || entry->begin > entry->end)
        return bad_entry(r, entry->name, "has data_offsets that end before they begin");
    if (entry->end > data_size)
        return bad_entry(r, entry->name, "has data_offsets past the end of the file");
    return NT_OK;
}

static nt_status check_size(const reader *r, const nt_entry *entry) {
    int64_t size = entry->encoding->width;
    bool overflow = false;
    for (size_t i = 0; i < entry->rank; i++)
        if (entry->shape[i] == 0)
            return entry->begin == entry->end
                       ? NT_OK
                       : bad_entry(r, entry->name, "has data though its shape has no elements");
    for (size_t i = 0; i < entry->rank; i++)
        overflow |= __builtin_mul_overflow(size, entry->shape[i], &size);
    if (overflow || size != entry->end - entry->begin)
        return bad_entry(r, entry->name, "has data_offsets that don't match its shape and dtype");
    return NT_OK;
}

static nt_status read_entry(const reader *r, const char *name, const json_t *value,
                            int64_t data_size, nt_entry *ret) {
    nt_entry entry = {.name = nt_arena_string(r->file->arena, name)};
    if (!entry.name)
        return no_memory(r);
    if (!json_is_object(value))
        return bad_entry(r, name, "is not described by an object");
    const char *type = json_string_value(json_object_get(value, "dtype"));
    if (!type)
        return bad_entry(r, name, "has no 'dtype' text");
    entry.encoding = nt_encoding_find(type);
    if (!entry.encoding)
        return nt_error_in(r->file->error, NT_INVALID, r->file->path, place_of(r, name),
                           "tensor '%s' has the unknown dtype '%s'",
                           nt_tensor_file_show(r->file, name), nt_tensor_file_show(r->file, type));
    NT_TRY(read_shape(r, json_object_get(value, "shape"), &entry));
    NT_TRY(read_offsets(r, json_object_get(value, "data_offsets"), data_size, &entry));
    NT_TRY(check_size(r, &entry));
    *ret = entry;
    return NT_OK;
}

/* --- all entries ------------------------------------------------------------------------------ */

static nt_status read_metadata(const reader *r, json_t *value, const nt_metadata **ret) {
    const char *key;
    json_t *item;
    size_t count = 0;
    if (!json_is_object(value))
        return nt_error_in(r->file->error, NT_INVALID, r->file->path, place_of(r, "__metadata__"),
                           "__metadata__ is not an object");
    nt_metadata *pairs = NT_ARENA_ARRAY(r->file->arena, nt_metadata, json_object_size(value) + 1);
    if (!pairs)
        return no_memory(r);
    json_object_foreach(value, key, item) {
        if (!json_is_string(item))
            return nt_error_in(r->file->error, NT_INVALID, r->file->path,
                               place_of(r, "__metadata__"), "__metadata__ '%s' is not a text",
                               nt_tensor_file_show(r->file, key));
        pairs[count].key = nt_arena_string(r->file->arena, key);
        pairs[count].value = nt_arena_string(r->file->arena, json_string_value(item));
        if (!pairs[count].key || !pairs[count++].value)
            return no_memory(r);
    }
    *ret = pairs;
    return NT_OK;
}

static nt_status read_entries(const reader *r, json_t *root, int64_t data_size, nt_header *header) {
    const char *name;
    json_t *value;
    header->entries = NT_ARENA_ARRAY(r->file->arena, nt_entry, json_object_size(root));
    if (!header->entries)
        return no_memory(r);
    json_object_foreach(root, name, value) {
        if (strcmp(name, "__metadata__") == 0)
            NT_TRY(read_metadata(r, value, &header->metadata));
        else
            NT_TRY(read_entry(r, name, value, data_size, &header->entries[header->count++]));
    }
    return NT_OK;
}

static int by_place(const void *a, const void *b) {
    const nt_entry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* The data must be covered by the tensors, each byte once. Their places become the file's. */
static nt_status check_cover(const reader *r, nt_header *header, int64_t data_size) {
    int64_t covered = 0;
    qsort(header->entries, header->count, sizeof *header->entries, by_place);
    for (size_t i = 0; i < header->count; i++) {
        nt_entry *entry = &header->entries[i];
        if (entry->begin != covered)
            return nt_error_in(
                r->file->error, NT_INVALID, r->file->path,
                header->data_start + (entry->begin < covered ? entry->begin : covered),
                entry->begin < covered ? "tensor '%s' overlaps the one before it"
                                       : "no tensor holds the bytes between here and tensor '%s'",
                nt_tensor_file_show(r->file, entry->name));
        covered = entry->end;
        entry->begin += header->data_start;
        entry->end += header->data_start;
    }
    if (covered != data_size)
        return nt_error_in(r->file->error, NT_INVALID, r->file->path, header->data_start + covered,
                           "%lld bytes follow the last tensor", (long long)(data_size - covered));
    return NT_OK;
}

/* What the header will take in memory, before any of it is taken: a byte of JSON may become forty,
 * as in [[],[],[]]. Counted are what jansson allocates for each object, array and item, and what is
 * made of them here; brackets and commas in texts may count too much, never too little. */
static nt_status check_memory(const reader *r) {
    enum { OBJECT = 256, ARRAY = 128, ITEM = 96 };
    uint64_t memory = 2 * (uint64_t)r->length;
    for (size_t i = 0; i < r->length; i++)
        memory += r->text[i] == '{'   ? OBJECT + ITEM
                  : r->text[i] == '[' ? ARRAY + ITEM
                  : r->text[i] == ',' ? ITEM
                                      : 0;
    if (memory <= MOST_MEMORY)
        return NT_OK;
    nt_error_in(r->file->error, NT_INVALID, r->file->path, PREFIX,
                "the header of %zu bytes would take about %llu MiB of memory; at most %d may be",
                r->length, (unsigned long long)memory >> 20, MOST_MEMORY >> 20);
    nt_error_hint(r->file->error, "it is damaged, or was made to fill the memory");
    return NT_INVALID;
}

static nt_status parse(const reader *r, int64_t file_size, nt_header *ret) {
    static const nt_metadata none[] = {{NULL, NULL}};
    nt_header header = {.metadata = none, .data_start = PREFIX + (int64_t)r->length};
    int64_t data_size = file_size - header.data_start;
    json_error_t fault;
    if (r->text[0] != '{')
        return nt_error_in(r->file->error, NT_INVALID, r->file->path, PREFIX,
                           "the header is not a JSON object");
    NT_TRY(check_memory(r));
    json_t *root = nt_json_parse(r->text, r->length, &fault);
    if (!root && json_error_code(&fault) == json_error_out_of_memory)
        return no_memory(r);
    if (!root)
        return nt_error_in(r->file->error, NT_INVALID, r->file->path, PREFIX + fault.position,
                           "the header is not valid JSON: %s",
                           nt_tensor_file_show(r->file, fault.text));
    nt_status status = read_entries(r, root, data_size, &header);
    json_decref(root);
    if (status == NT_OK)
        status = check_cover(r, &header, data_size);
    if (status == NT_OK)
        *ret = header;
    return status;
}

nt_status nt_header_read(const nt_tensor_file *file, nt_header *ret) {
    uint64_t length;
    NT_TRY(nt_file_kind_refuse_at(file->path, NT_FILE_AS_WEIGHTS, file->error));
    NT_TRY(nt_tensor_file_pread(file, &length, sizeof length, 0));
    length = le64toh(length);
    if (length > (uint64_t)file->size - PREFIX || length > LONGEST_HEADER || length < 2)
        return nt_error_in(
            file->error, NT_INVALID, file->path, 0,
            "is not a safetensors file, or was cut short: a header of %llu bytes in a "
            "file of %lld",
            (unsigned long long)length, (long long)file->size);
    char *text = nt_alloc((size_t)length);
    if (!text)
        return nt_tensor_file_no_memory(file);
    reader r = {.file = file, .text = text, .length = (size_t)length};
    nt_status status = nt_tensor_file_pread(file, text, (size_t)length, PREFIX);
    if (status == NT_OK)
        status = parse(&r, file->size, ret);
    nt_free(text, (size_t)length);
    return status;
}
