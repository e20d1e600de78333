/* Any bytes as a picture, read as an image and as labels; and again once it begins as FORMAT does,
 * a PNG's checksums made right. What is read must be what a look announced, and survive resizing;
 * nothing may be left behind. */
#include "picture_private.h"

#include "target.h"
#include <string.h>
#include <zlib.h>

enum { MOST_PIXELS = 1 << 16, MOST = 1 << 16 }; /* a few bytes may announce many */

static nt_status decode(const uint8_t *data, size_t size, nt_picture_use use, bool look,
                        nt_picture *ret, nt_error *error) {
    nt_stored_picture stored;
    nt_picture_input input = {
        .path = "fuzz", .file = -1, .size = (int64_t)size, .bytes = data, .have = size};
    NT_TRY(nt_picture_decode(&input, use, look, &stored, error));
    *ret = stored.picture;
    return NT_OK;
}

static void check_sound(const nt_picture *picture, const nt_picture *seen, nt_picture_use use) {
    nt_picture sized;
    assert(picture->rows == seen->rows && picture->columns == seen->columns);
    assert(picture->rows > 0 && picture->columns > 0 && picture->wide == seen->wide);
    assert(picture->channels == seen->channels || use == NT_AS_LABELS);
    assert(picture->channels == 1 || picture->channels == 3);
    nt_status status = nt_picture_cover(picture, use, 5, 8, &sized);
    assert(status == NT_OK && sized.rows == 5 && sized.columns == 8);
    nt_picture_finish(&sized);
}

static void check_use(const uint8_t *data, size_t size, const nt_picture *seen,
                      nt_picture_use use) {
    nt_error error;
    nt_picture picture;
    nt_error_init(&error);
    nt_status status = decode(data, size, use, false, &picture, &error);
    check_outcome(status, &error);
    assert(error.count <= 1);
    if (status == NT_OK) {
        check_sound(&picture, seen, use);
        nt_picture_finish(&picture);
    }
    nt_error_finish(&error);
}

static void try_picture(const uint8_t *data, size_t size) {
    nt_error error;
    nt_picture seen;
    size_t before = nt_alloc_in_use();
    nt_error_init(&error);
    nt_status status = decode(data, size, NT_AS_IMAGE, true, &seen, &error);
    assert(status == NT_OK || error.count == 1);
    nt_error_finish(&error);
    if (status == NT_OK && (int64_t)seen.rows * seen.columns <= MOST_PIXELS) {
        check_use(data, size, &seen, NT_AS_IMAGE);
        check_use(data, size, &seen, NT_AS_LABELS);
    }
    assert(nt_alloc_in_use() == before);
}

static size_t big(const uint8_t *p) {
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* Chunks are: length, name, data, checksum. The last one's length is made right, too. */
static void mend_png(uint8_t *bytes, size_t size) {
    for (size_t at = 8; size - at >= 12;) {
        size_t length = big(bytes + at);
        if (length > size - at - 12) {
            length = size - at - 12;
            for (int i = 0; i < 4; i++)
                bytes[at + (size_t)i] = (uint8_t)(length >> (24 - 8 * i));
        }
        uint32_t sum = (uint32_t)crc32(0, bytes + at + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++)
            bytes[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += 12 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct {
        const char *name, *begins;
        size_t length;
    } formats[] = {{"png", "\x89PNG\r\n\x1a\n", 8},
                   {"jpeg", "\xFF\xD8\xFF", 3},
                   {"tiff", "II*", 4},
                   {"webp", "RIFF", 4}};
    static uint8_t mended[MOST];
    if (size < 16 || size > MOST)
        return 0;
    try_picture(data, size);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, FORMAT) == 0) {
            memcpy(mended, data, size);
            memcpy(mended, formats[i].begins, formats[i].length);
        }
    if (strcmp(FORMAT, "png") == 0)
        mend_png(mended, size);
    if (memcmp(mended, data, size) != 0)
        try_picture(mended, size);
    return 0;
}
