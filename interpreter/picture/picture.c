#include "picture.h"

#include "alloc.h"
#include "file.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LARGEST_FILE = 1 << 30 };

bool nt_picture_named(const char *path) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

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

static nt_status decode(const char *path, const nt_bytes *bytes, nt_picture_use use, bool look,
                        nt_picture *ret, nt_error *error) {
    static const unsigned char png[] = {0x89, 'P', 'N', 'G'}, jpeg[] = {0xff, 0xd8, 0xff};
    if (bytes->size >= sizeof png && memcmp(bytes->bytes, png, sizeof png) == 0)
        return nt_picture_from_png(path, bytes->bytes, bytes->size, use, look, ret, error);
    if (bytes->size >= sizeof jpeg && memcmp(bytes->bytes, jpeg, sizeof jpeg) == 0)
        return nt_picture_from_jpeg(path, bytes->bytes, bytes->size, look, ret, error);
    nt_error_in(error, NT_INVALID, path, 0, "is neither a PNG nor a JPEG file");
    nt_error_hint(error, "it may be cut short, or have the wrong name");
    return NT_INVALID;
}

static nt_status read_file(const char *path, nt_picture_use use, bool look, nt_picture *ret,
                           nt_error *error) {
    nt_bytes bytes;
    NT_TRY(nt_file_read(path, LARGEST_FILE, &bytes, error));
    nt_status status = decode(path, &bytes, use, look, ret, error);
    nt_bytes_finish(&bytes);
    return status;
}

nt_status nt_picture_read(const char *path, nt_picture_use use, nt_picture *ret, nt_error *error) {
    return read_file(path, use, false, ret, error);
}

nt_status nt_picture_look(const char *path, nt_picture *ret, nt_error *error) {
    return read_file(path, NT_AS_IMAGE, true, ret, error);
}

uint32_t nt_picture_value(const nt_picture *p, int64_t index) {
    return p->wide ? ((const uint16_t *)p->values)[index]
                   : ((const unsigned char *)p->values)[index];
}
