/* Reading a picture file: its first bytes, never its name, choose the format to read it as. */
#include "picture_private.h"

#include "file.h"
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

static const nt_picture_format *const formats[] = {&nt_picture_png, &nt_picture_jpeg};

static nt_status decode(const char *path, const nt_bytes *bytes, nt_picture_use use, bool look,
                        nt_picture *ret, nt_error *error) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const nt_picture_format *f = formats[i];
        if (bytes->size >= f->mark_size && memcmp(bytes->bytes, f->mark, f->mark_size) == 0)
            return f->read(path, bytes->bytes, bytes->size, use, look, ret, error);
    }
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
