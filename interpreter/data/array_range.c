/* Pieces hold whole rows, as many as fit in PIECE bytes but at least one. */
#include "array_range.h"

#include "alloc.h"
#include "file.h"
#include <assert.h>
#include <stdio.h>
#include <unistd.h>

enum { PIECE = 1 << 22 };

static nt_status no_memory(const nt_array_range *from, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", from->place);
}

nt_status nt_array_range_open(nt_arena *arena, const char *place, nt_array_range *ret,
                              nt_error *error) {
    nt_array_file *file;
    NT_TRY(nt_array_open(place, &file, error));
    const nt_array_head *head = nt_array_head_of(file);
    *ret = (nt_array_range){.place = place, .head = *head, .count = head->dims[0]};
    ret->path = nt_arena_substring(arena, place, nt_array_path_length(place));
    ret->begin = nt_array_begin(file);
    nt_array_close(file);
    return ret->path ? NT_OK : no_memory(ret, error);
}

/* --- in order --------------------------------------------------------------------------------- */

static bool same_head(const nt_array_head *a, const nt_array_head *b) {
    bool same = a->kind == b->kind && a->size == b->size && a->swapped == b->swapped &&
                a->fortran == b->fortran && a->rank == b->rank;
    for (int32_t d = 0; same && d < a->rank; d++)
        same = a->dims[d] == b->dims[d];
    return same;
}

size_t nt_array_row_size(const nt_array_range *from) {
    return (size_t)(nt_array_row(&from->head) * from->head.size);
}

static nt_status read_pieces(nt_array_file *file, const nt_array_range *from, nt_take_rows take,
                             void *context, nt_error *error) {
    int64_t row = (int64_t)nt_array_row_size(from), most = PIECE / row;
    int64_t rows = most < 1 ? 1 : most < from->count ? most : from->count;
    unsigned char *bytes = nt_alloc((size_t)(rows * row));
    nt_status status = NT_OK;
    if (!bytes)
        return no_memory(from, error);
    for (int64_t at = 0; status == NT_OK && at < from->count; at += rows) {
        int64_t now = from->count - at < rows ? from->count - at : rows;
        status = nt_array_next(file, now, bytes, error);
        if (status == NT_OK)
            status = take(context, from, bytes, at, now, error);
    }
    nt_free(bytes, (size_t)(rows * row));
    return status;
}

nt_status nt_array_range_start(const nt_array_range *from, nt_array_file **ret, nt_error *error) {
    nt_array_file *file;
    NT_TRY(nt_array_open(from->place, &file, error));
    nt_status status =
        same_head(nt_array_head_of(file), &from->head)
            ? nt_array_skip(file, from->first, error)
            : nt_error_in(error, NT_INVALID, from->place, -1, "changed while it was read");
    if (status == NT_OK)
        *ret = file;
    else
        nt_array_close(file);
    return status;
}

nt_status nt_array_range_read(const nt_array_range *from, nt_take_rows take, void *context,
                              nt_error *error) {
    nt_array_file *file;
    NT_TRY(nt_array_range_start(from, &file, error));
    nt_status status = read_pieces(file, from, take, context, error);
    nt_array_close(file);
    return status;
}

/* --- one alone -------------------------------------------------------------------------------- */

const char *nt_array_range_whole(const nt_array_range *from) {
    return from->head.fortran ? "is in Fortran's order" : from->begin < 0 ? "is packed" : NULL;
}

nt_status nt_array_range_row(const nt_array_range *from, int64_t row, void *ret, nt_error *error) {
    size_t size = nt_array_row_size(from);
    int64_t at = from->begin + (from->first + row) * (int64_t)size, file_size;
    int fd;
    assert(!nt_array_range_whole(from));
    NT_TRY(nt_file_open(from->path, &fd, &file_size, error));
    int64_t got = nt_file_read_at(fd, at, ret, size);
    close(fd);
    if (got < (int64_t)size) {
        nt_error_in(error, NT_INVALID, from->place, -1,
                    got < 0 ? "cannot be read on" : "is cut short");
        nt_error_hint(error, "save or download it again");
        return NT_INVALID;
    }
    if (from->head.swapped)
        nt_elements_reverse(ret, size / (size_t)from->head.size, (size_t)from->head.size);
    return NT_OK;
}

/* --- errors ----------------------------------------------------------------------------------- */

nt_status nt_array_refuse(const nt_array_range *from, int64_t row, int64_t i, const char *is,
                          nt_error *error) {
    char index[NT_ARRAY_TEXT];
    int64_t rest = nt_array_row(&from->head);
    size_t at = (size_t)snprintf(index, sizeof index, "%lld", (long long)(from->first + row));
    for (int32_t d = 1; d < from->head.rank; d++) {
        rest /= from->head.dims[d];
        at += (size_t)snprintf(index + at, sizeof index - at, ", %lld", (long long)(i / rest));
        i %= rest;
    }
    return nt_error_in(error, NT_INVALID, from->place, -1, "has at [%s] %s", index, is);
}
