/* A fuzz target for libFuzzer: any bytes as a PNG, JPEG, TIFF or WebP file, read as an image and as
 * labels. What is read must be what a look announced, and survive resizing; nothing may be left
 * behind.
 *
 *     CC=clang meson setup fuzz -Dc_args=-fsanitize=fuzzer-no-link -Db_lundef=false \
 *       -Db_sanitize=address,undefined
 *     ninja -C fuzz tests/fuzz/fuzz_picture
 *     mkdir found && fuzz/tests/fuzz/fuzz_picture found FOLDER-WITH-SMALL-PICTURES
 */
#include "picture_private.h"

#include "alloc.h"
#include <assert.h>

enum { MOST_PIXELS = 1 << 16 }; /* a few bytes may announce many, which only takes time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    if (status == NT_OK) {
        check_sound(&picture, seen, use);
        nt_picture_finish(&picture);
    } else {
        assert(error.count == 1 && error.items[0].status == status);
    }
    nt_error_finish(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
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
    return 0;
}
