/* Reading a picture file: its first bytes, never its name, choose the format to read it as. A look
 * gives the decoder a first piece of the file, and a larger one for as long as that isn't enough.
 */
#include "picture_private.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>

enum { LARGEST_FILE = 1 << 30, PIECE = 4096, GROWTH = 16 };

bool nt_picture_named(const char *path) {
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static const nt_picture_format *const formats[] = {&nt_picture_png, &nt_picture_jpeg,
                                                   &nt_picture_tiff, &nt_picture_webp};

static nt_status find_format(const nt_picture_input *input, const nt_picture_format **ret,
                             nt_error *error) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i]->knows(input->bytes, input->have)) {
            *ret = formats[i];
            return NT_OK;
        }
    nt_error_in(error, NT_INVALID, input->path, 0, "is no PNG, JPEG, TIFF or WebP file");
    nt_error_hint(error, "it may be cut short, or have the wrong name");
    return NT_INVALID;
}

/* Looks at more and more of the file until it is enough, or all. */
static nt_status look_at(const nt_picture_format *format, nt_picture_input *input,
                         nt_picture_use use, nt_stored_picture *ret, nt_error *error) {
    nt_status status = NT_INVALID;
    while (status == NT_INVALID && (int64_t)input->have < input->size) {
        nt_error passing;
        nt_error_init(&passing);
        status = format->read(input, use, true, ret, &passing);
        nt_error_finish(&passing);
        if (status == NT_INVALID)
            NT_TRY(nt_input_take(input, (int64_t)input->have * GROWTH, error));
    }
    return status == NT_OK ? status : format->read(input, use, true, ret, error);
}

nt_status nt_picture_decode(nt_picture_input *input, nt_picture_use use, bool look,
                            nt_stored_picture *ret, nt_error *error) {
    const nt_picture_format *format;
    NT_TRY(nt_input_take(input, PIECE, error));
    NT_TRY(find_format(input, &format, error));
    if (format->anywhere)
        return format->read(input, use, look, ret, error);
    if (input->size > LARGEST_FILE)
        return nt_error_in(error, NT_INVALID, input->path, -1,
                           "has %lld bytes, more than the %d that such a file may have",
                           (long long)input->size, LARGEST_FILE);
    if (look)
        return look_at(format, input, use, ret, error);
    NT_TRY(nt_input_take(input, input->size, error));
    return format->read(input, use, false, ret, error);
}

static nt_status read_stored(const char *path, nt_picture_use use, bool look,
                             nt_stored_picture *ret, nt_error *error) {
    nt_picture_input input;
    NT_TRY(nt_input_open(path, &input, error));
    if (look)
        posix_fadvise(input.file, 0, 0, POSIX_FADV_RANDOM); /* reading ahead is in vain */
    nt_status status = nt_picture_decode(&input, use, look, ret, error);
    nt_input_close(&input);
    return status;
}

static nt_status read_turned(const char *path, nt_picture_use use, bool look, nt_picture *ret,
                             nt_error *error) {
    nt_stored_picture stored;
    NT_TRY(read_stored(path, use, look, &stored, error));
    if (stored.orientation != 1 && !nt_picture_turn(&stored.picture, stored.orientation)) {
        nt_picture_finish(&stored.picture);
        return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory");
    }
    *ret = stored.picture;
    return NT_OK;
}

nt_status nt_picture_read(const char *path, nt_picture_use use, nt_picture *ret, nt_error *error) {
    return read_turned(path, use, false, ret, error);
}

nt_status nt_picture_read_stored(const char *path, nt_picture_use use, nt_picture *ret,
                                 nt_error *error) {
    nt_stored_picture stored;
    NT_TRY(read_stored(path, use, false, &stored, error));
    *ret = stored.picture;
    return NT_OK;
}

nt_status nt_picture_look(const char *path, nt_picture *ret, nt_error *error) {
    return read_turned(path, NT_AS_IMAGE, true, ret, error);
}

nt_status nt_picture_look_stored(const char *path, nt_picture *ret, int *ret_orientation,
                                 nt_error *error) {
    nt_stored_picture stored;
    NT_TRY(read_stored(path, NT_AS_IMAGE, true, &stored, error));
    *ret = stored.picture;
    *ret_orientation = stored.orientation;
    return NT_OK;
}

nt_status nt_picture_lossy(const char *path, const char **ret, nt_error *error) {
    nt_stored_picture stored;
    NT_TRY(read_stored(path, NT_AS_LABELS, true, &stored, error));
    *ret = stored.lossy;
    return NT_OK;
}
