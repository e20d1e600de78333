/* The bytes of pickles, read ahead in growing pieces, each once. */
#include "pickle_private.h"

#include "alloc.h"
#include <string.h>

enum { PIECE = 1 << 16, LONGEST_LINE = 1 << 10 };

static const size_t largest_pickle = (size_t)1 << 24; /* of names and shapes alone */

nt_status nt_pickle_no_memory(const nt_pickle_reader *in) {
    return nt_tensor_file_no_memory(in->file);
}

/* Makes `filled` at least `wanted`, if the part of the file is that long. */
static nt_status fill(nt_pickle_reader *in, size_t wanted) {
    size_t most = in->size < (int64_t)largest_pickle ? (size_t)in->size : largest_pickle;
    if (in->filled >= wanted || in->filled >= most)
        return NT_OK;
    size_t goal = wanted + in->filled + PIECE;
    goal = goal < most ? goal : most;
    unsigned char *bytes = nt_realloc(in->bytes, in->capacity, goal);
    if (!bytes)
        return nt_pickle_no_memory(in);
    in->bytes = bytes;
    in->capacity = goal;
    NT_TRY(nt_tensor_file_pread(in->file, bytes + in->filled, goal - in->filled,
                                in->begin + (int64_t)in->filled));
    in->filled = goal;
    return NT_OK;
}

nt_status nt_pickle_take(nt_pickle_reader *in, size_t size, const unsigned char **ret) {
    if (size <= largest_pickle)
        NT_TRY(fill(in, in->at + size));
    if (size > in->filled - in->at) {
        nt_error_in(in->file->error, NT_INVALID, in->path, (int64_t)in->filled,
                    in->filled == largest_pickle ? "the pickle is longer than %zu bytes"
                                                 : "the pickle ends here; %zu more bytes were due",
                    in->filled == largest_pickle ? largest_pickle : size - (in->filled - in->at));
        nt_error_hint(in->file->error, "copy or download the file again");
        return NT_INVALID;
    }
    *ret = in->bytes + in->at;
    in->at += size;
    return NT_OK;
}

nt_status nt_pickle_take_line(nt_pickle_reader *in, const char **ret) {
    NT_TRY(fill(in, in->at + LONGEST_LINE));
    size_t left = in->filled - in->at, most = left < LONGEST_LINE ? left : LONGEST_LINE;
    const unsigned char *line = in->bytes + in->at, *end = most ? memchr(line, '\n', most) : NULL;
    if (!end)
        return nt_error_in(in->file->error, NT_INVALID, in->path, (int64_t)in->at,
                           "a line does not end");
    size_t length = (size_t)(end - line);
    *ret = nt_arena_substring(in->file->arena, (const char *)line, length);
    in->at += length + 1;
    return *ret ? NT_OK : nt_pickle_no_memory(in);
}

void nt_pickle_finish(nt_pickle_reader *reader) {
    if (reader->capacity)
        nt_free(reader->bytes, reader->capacity);
    nt_free(reader->storages, reader->storage_capacity * sizeof *reader->storages);
    *reader = (nt_pickle_reader){0};
}
