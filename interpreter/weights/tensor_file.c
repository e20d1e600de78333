/* Dense tensors are decoded in pieces as they are read. Those with strides (views, channels last)
 * are read from their first element to their last at once, and gathered into rows. */
#include "tensor_file.h"

#include "alloc.h"
#include "weights.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16, SHOWN = 80 };

nt_status nt_tensor_file_no_memory(const nt_tensor_file *file) {
    return nt_error_say(file->error, NT_NO_MEMORY, "out of memory reading %s", file->path);
}

nt_status nt_tensor_file_pread(const nt_tensor_file *file, void *bytes, size_t size,
                               int64_t offset) {
    char *to = bytes;
    while (size > 0) {
        ssize_t n = pread(file->fd, to, size, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return nt_error_in(file->error, NT_IO, file->path, offset, "cannot read: %s",
                               strerror(errno));
        if (n == 0)
            return nt_error_in(file->error, NT_INVALID, file->path, offset,
                               "the file ends here; %zu more bytes were due", size);
        to += n;
        size -= (size_t)n;
        offset += n;
    }
    return NT_OK;
}

const char *nt_tensor_file_show(const nt_tensor_file *file, const char *name) {
    size_t length = strlen(name), most = length < SHOWN ? length : SHOWN;
    while (most > 0 && most < length && ((unsigned char)name[most] & 0xC0) == 0x80)
        most--;
    char *shown = nt_arena_substring(file->arena, name, most);
    bool utf8 = shown && nt_text_is_utf8(shown, most);
    for (char *p = shown; p && *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F || (!utf8 && (unsigned char)*p >= 0x80))
            *p = '?';
    return shown ? shown : "?";
}

int64_t nt_entry_count(const nt_entry *entry) {
    int64_t count = 1;
    bool overflow = false;
    for (size_t i = 0; i < entry->rank; i++) {
        if (entry->shape[i] == 0)
            return 0;
        overflow = __builtin_mul_overflow(count, entry->shape[i], &count) || overflow;
    }
    return overflow ? INT64_MAX : count;
}

void nt_entry_describe(const nt_entry *entry, nt_text *text) {
    enum { MOST = 8 };
    nt_text_printf(text, "%s ", entry->encoding->name);
    if (entry->rank == 0)
        nt_text_add(text, "scalar");
    for (size_t i = 0; i < entry->rank && i < MOST; i++)
        nt_text_printf(text, "%s%lld", i ? "x" : "", (long long)entry->shape[i]);
    if (entry->rank > MOST)
        nt_text_add(text, "x...");
}

/* --- elements --------------------------------------------------------------------------------- */

/* Which of the entry's stored elements, counted from its first, is number k in the order of rows.
 */
static int64_t place_of(const nt_entry *entry, int64_t k) {
    int64_t place = 0;
    if (!entry->stride)
        return k;
    for (size_t i = entry->rank; i-- > 0;) {
        place += k % entry->shape[i] * entry->stride[i];
        k /= entry->shape[i];
    }
    return place;
}

static int64_t offset_of(const nt_entry *entry, int64_t k) {
    return entry->begin + place_of(entry, k) * entry->encoding->width;
}

static nt_status does_not_fit(const nt_tensor_file *file, const nt_entry *entry, size_t k) {
    return nt_error_in(file->error, NT_INVALID, file->path, offset_of(entry, (int64_t)k),
                       "element %zu of '%s' is too large for float32", k,
                       nt_tensor_file_show(file, entry->name));
}

static nt_status read_dense(const nt_tensor_file *file, const nt_entry *entry, int64_t total,
                            float *to) {
    int64_t width = entry->encoding->width;
    unsigned char *piece = nt_alloc(PIECE);
    nt_status status = piece ? NT_OK : nt_tensor_file_no_memory(file);
    for (int64_t at = 0; at < total && status == NT_OK;) {
        int64_t left = total - at, count = left < PIECE / width ? left : PIECE / width;
        status =
            nt_tensor_file_pread(file, piece, (size_t)(count * width), entry->begin + at * width);
        if (status != NT_OK)
            break;
        size_t done = entry->encoding->to_floats(piece, (size_t)count, to + at);
        if (done < (size_t)count)
            status = does_not_fit(file, entry, (size_t)at + done);
        at += count;
    }
    nt_free(piece, PIECE);
    return status;
}

static void gather(const nt_entry *entry, int64_t total, const unsigned char *from,
                   unsigned char *to) {
    size_t width = (size_t)entry->encoding->width;
    for (int64_t k = 0; k < total; k++)
        memcpy(to + (size_t)k * width, from + (size_t)place_of(entry, k) * width, width);
}

static nt_status read_strided(const nt_tensor_file *file, const nt_entry *entry, int64_t total,
                              float *to) {
    size_t span = (size_t)(entry->end - entry->begin);
    size_t size = (size_t)total * (size_t)entry->encoding->width;
    unsigned char *stored = nt_alloc(span), *rows = nt_alloc(size);
    nt_status status = stored && rows ? nt_tensor_file_pread(file, stored, span, entry->begin)
                                      : nt_tensor_file_no_memory(file);
    if (status == NT_OK) {
        gather(entry, total, stored, rows);
        size_t done = entry->encoding->to_floats(rows, (size_t)total, to);
        if (done < (size_t)total)
            status = does_not_fit(file, entry, done);
    }
    nt_free(stored, span);
    nt_free(rows, size);
    return status;
}

/* Whether the numbers, in the order of rows, are such as can be computed with. */
static nt_status check_numbers(const nt_tensor_file *file, const nt_entry *entry,
                               const nt_state *state, const float *rows) {
    int64_t flaw = nt_state_flaw(state, rows, nt_shape_elements(state->type.shape));
    if (flaw < 0)
        return NT_OK;
    int64_t offset = offset_of(entry, flaw);
    double value = (double)rows[flaw];
    if (isfinite(value))
        nt_error_in(file->error, NT_INVALID, file->path, offset,
                    "element %lld of '%s' is %g, but no variance is below 0", (long long)flaw,
                    state->name, value);
    else
        nt_error_in(file->error, NT_INVALID, file->path, offset, "element %lld of '%s' is %s",
                    (long long)flaw, state->name, isnan(value) ? "not a number" : "infinite");
    nt_error_hint(file->error, "nothing can be measured with it: save the weights again, from "
                               "before the training diverged");
    return NT_INVALID;
}

static nt_status read_counter(const nt_tensor_file *file, const nt_entry *entry, int32_t *ret) {
    unsigned char bytes[8];
    *ret = 0;
    if (nt_entry_count(entry) == 0)
        return NT_OK;
    NT_TRY(nt_tensor_file_pread(file, bytes, (size_t)entry->encoding->width, entry->begin));
    if (entry->encoding->to_counters(bytes, 1, ret) == 1)
        return NT_OK;
    return nt_error_in(file->error, NT_INVALID, file->path, entry->begin,
                       "element 0 of '%s' is too large for a counter",
                       nt_tensor_file_show(file, entry->name));
}

nt_status nt_entry_read(const nt_tensor_file *file, const nt_entry *entry, const nt_state *state,
                        nt_tensor tensor) {
    if (state->role == NT_COUNTER)
        return read_counter(file, entry, tensor.i);
    int64_t total = nt_shape_elements(state->type.shape);
    size_t size = (size_t)total * sizeof(float);
    float *rows = nt_alloc(size);
    if (!rows)
        return nt_tensor_file_no_memory(file);
    nt_status status = entry->stride ? read_strided(file, entry, total, rows)
                                     : read_dense(file, entry, total, rows);
    if (status == NT_OK)
        status = check_numbers(file, entry, state, rows);
    if (status == NT_OK)
        nt_tensor_from_rows(tensor.type, rows, tensor.f);
    nt_free(rows, size);
    return status;
}
