/* WebP by libwebp, whose pixels are red, green and blue of 8 bits, whatever was saved. A file is a
 * list of chunks (RIFF container, RFC 9649):
 *
 *     "RIFF" size "WEBP" | type size bytes (even number) | …
 *
 * The EXIF note comes after the pixels; the flags of the first chunk, VP8X, say whether there is
 * one, and chunks' sizes lead to it. */
#include "picture_private.h"

#include "alloc.h"
#include <string.h>
#include <webp/decode.h>

enum { RIFF_HEAD = 12, CHUNK_HEAD = 8 };

static bool is_webp(const unsigned char *bytes, size_t size) {
    return size >= RIFF_HEAD && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0;
}

static uint32_t little(const unsigned char *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Where the contents of the first chunk of a type lie; 0: there is none. */
static int64_t find_chunk(const nt_picture_input *input, const char *type, uint32_t *ret_size) {
    enum { MOST_CHUNKS = 64 };
    unsigned char head[CHUNK_HEAD];
    int64_t at = RIFF_HEAD;
    for (int i = 0; i < MOST_CHUNKS; i++) {
        if (nt_input_read(input, at, head, CHUNK_HEAD) < CHUNK_HEAD)
            return 0;
        *ret_size = little(head + 4);
        at += CHUNK_HEAD;
        if (memcmp(head, type, 4) == 0)
            return at;
        at += (int64_t)*ret_size + *ret_size % 2;
    }
    return 0;
}

static int orientation_of(const nt_picture_input *input) {
    enum { FLAGS = RIFF_HEAD + CHUNK_HEAD, HAS_EXIF = 8, NOTE = 4096 };
    unsigned char note[NOTE];
    uint32_t size;
    if (input->have <= FLAGS || memcmp(input->bytes + RIFF_HEAD, "VP8X", 4) != 0 ||
        !(input->bytes[FLAGS] & HAS_EXIF))
        return 1;
    int64_t at = find_chunk(input, "EXIF", &size);
    if (at == 0)
        return 1;
    return nt_exif_orientation(note, nt_input_read(input, at, note, size < NOTE ? size : NOTE));
}

/* Pixels lie in a chunk VP8, lossy, or VP8L. */
static const char *lossy(const nt_picture_input *input) {
    uint32_t size;
    return find_chunk(input, "VP8 ", &size) > 0 ? "a WebP with VP8 in it" : NULL;
}

static const char *reason(VP8StatusCode code) {
    return code == VP8_STATUS_NOT_ENOUGH_DATA || code == VP8_STATUS_SUSPENDED
               ? "the file ends too early"
           : code == VP8_STATUS_UNSUPPORTED_FEATURE ? "it has parts of an unknown kind"
                                                    : "its bytes make no picture";
}

static nt_status failure_of(const char *path, VP8StatusCode code, nt_error *error) {
    if (code == VP8_STATUS_OUT_OF_MEMORY)
        return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory");
    return nt_picture_damaged(path, -1, reason(code), error);
}

static nt_status read_pixels(const nt_picture_input *input, nt_picture *picture,
                             WebPDecoderConfig *config, nt_error *error) {
    NT_TRY(nt_picture_alloc(input->path, picture, error));
    size_t row = 3 * (size_t)picture->columns;
    config->output.colorspace = MODE_RGB;
    config->output.is_external_memory = 1;
    config->output.u.RGBA.rgba = picture->values;
    config->output.u.RGBA.stride = (int)row;
    config->output.u.RGBA.size = row * (size_t)picture->rows;
    VP8StatusCode code = WebPDecode(input->bytes, input->have, config);
    WebPFreeDecBuffer(&config->output);
    return code == VP8_STATUS_OK ? NT_OK : failure_of(input->path, code, error);
}

static nt_status from_webp(const nt_picture_input *input, nt_picture_use use, bool look,
                           nt_stored_picture *ret, nt_error *error) {
    WebPDecoderConfig config;
    (void)use; /* there are no palettes, and all values have 8 bits */
    if (!WebPInitDecoderConfig(&config))
        return nt_error_in(error, NT_INVALID, input->path, -1,
                           "cannot be read: libwebp is another than this program was built with");
    VP8StatusCode code = WebPGetFeatures(input->bytes, input->have, &config.input);
    if (code != VP8_STATUS_OK)
        return failure_of(input->path, code, error);
    nt_picture picture = {
        .rows = config.input.height, .columns = config.input.width, .channels = 3};
    if (config.input.has_animation) {
        nt_error_in(error, NT_INVALID, input->path, -1, "is animated");
        nt_error_hint(error, "save its frames as pictures");
        return NT_INVALID;
    }
    NT_TRY(nt_picture_check_size(input->path, &picture, error));
    nt_status status = look ? NT_OK : read_pixels(input, &picture, &config, error);
    if (status == NT_OK)
        *ret = (nt_stored_picture){picture, orientation_of(input), lossy(input)};
    else
        nt_picture_finish(&picture);
    return status;
}

const nt_picture_format nt_picture_webp = {.knows = is_webp, .read = from_webp};
