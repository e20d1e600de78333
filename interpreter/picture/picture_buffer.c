/* The values of a picture in memory: rows x columns x channels numbers of 8 or 16 bits, one after
 * the other. A picture owns them, or has none. */
#include "picture_private.h"

#include "alloc.h"

static size_t value_size(const nt_picture *p) {
    return p->wide ? 2 : 1;
}

static size_t values_of(const nt_picture *p) {
    return (size_t)p->rows * (size_t)p->columns * (size_t)p->channels;
}

void nt_picture_finish(nt_picture *p) {
    nt_free(p->values, p->values ? values_of(p) * value_size(p) : 0);
    *p = (nt_picture){0};
}

nt_status nt_picture_alloc(const char *path, nt_picture *p, nt_error *error) {
    p->values = nt_alloc(values_of(p) * value_size(p));
    if (p->values)
        return NT_OK;
    return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory for %d x %d pixels",
                       p->columns, p->rows);
}

nt_status nt_picture_check_size(const char *path, const nt_picture *p, nt_error *error) {
    if (p->rows > NT_PICTURE_LARGEST || p->columns > NT_PICTURE_LARGEST)
        return nt_error_in(error, NT_INVALID, path, -1,
                           "has %d x %d pixels, more than %d on a side", p->columns, p->rows,
                           NT_PICTURE_LARGEST);
    int64_t bytes = (int64_t)p->rows * p->columns * p->channels * (int64_t)value_size(p);
    if (bytes > NT_PICTURE_MOST) {
        nt_error_in(error, NT_INVALID, path, -1,
                    "has %d x %d pixels of %zu bytes, more than the %d MiB that a picture may take",
                    p->columns, p->rows, (size_t)p->channels * value_size(p),
                    NT_PICTURE_MOST >> 20);
        nt_error_hint(error, "cut it into tiles, or make it smaller");
        return NT_INVALID;
    }
    return NT_OK;
}

nt_status nt_picture_check_length(const nt_picture_input *input, const nt_picture *p, int64_t least,
                                  nt_error *error) {
    if (input->size >= least)
        return NT_OK;
    nt_error_in(error, NT_INVALID, input->path, -1,
                "announces %d x %d pixels, which cannot be in %lld bytes", p->columns, p->rows,
                (long long)input->size);
    nt_error_hint(error, "get the file anew, or take it away");
    return NT_INVALID;
}

uint32_t nt_picture_value(const nt_picture *p, int64_t index) {
    return p->wide ? ((const uint16_t *)p->values)[index]
                   : ((const unsigned char *)p->values)[index];
}
