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
    if ((int64_t)p->rows * p->columns > NT_PICTURE_MOST)
        return nt_error_in(error, NT_INVALID, path, -1, "has %d x %d pixels, more than %d in all",
                           p->columns, p->rows, NT_PICTURE_MOST);
    return NT_OK;
}

uint32_t nt_picture_value(const nt_picture *p, int64_t index) {
    return p->wide ? ((const uint16_t *)p->values)[index]
                   : ((const unsigned char *)p->values)[index];
}
