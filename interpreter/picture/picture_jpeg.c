/* JPEG by libjpeg-turbo, with its accurate integer transform. Its errors leave by longjmp, as
 * libpng's do. */
#include "picture_private.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

typedef struct decoder {
    struct jpeg_error_mgr manager; /* first: libjpeg's pointer to it is one to all of this */
    jmp_buf escape;
    struct jpeg_decompress_struct jpeg;
    nt_picture picture;
    bool no_memory;
    char message[JMSG_LENGTH_MAX];
} decoder;

static void fail(j_common_ptr jpeg) {
    decoder *d = (decoder *)(void *)jpeg->err;
    d->manager.format_message(jpeg, d->message);
    d->no_memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
    longjmp(d->escape, 1);
}

/* Warnings that leave the pixels as they were meant: bytes between segments, odd versions, a
 * damaged colour profile, and a scan of a sequential JPEG that announces other coefficients than
 * all, which such a scan always has. */
static bool harmless(int warning) {
    return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_JFIF_MAJOR ||
           warning == JWRN_ADOBE_XFORM || warning == JWRN_BOGUS_ICC ||
           warning == JWRN_NOT_SEQUENTIAL;
}

/* A file that is cut short gives a warning, and grey pixels: here that is an error. */
static void warn(j_common_ptr jpeg, int level) {
    if (level < 0 && !harmless(jpeg->err->msg_code))
        fail(jpeg);
}

static bool read_header(decoder *d, const unsigned char *bytes, size_t size) {
    if (setjmp(d->escape))
        return false;
    jpeg_create_decompress(&d->jpeg);
    jpeg_mem_src(&d->jpeg, bytes, size);
    jpeg_save_markers(&d->jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&d->jpeg, TRUE);
    d->jpeg.out_color_space = d->jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    d->jpeg.dct_method = JDCT_ISLOW;
    d->picture = (nt_picture){.rows = (int32_t)d->jpeg.image_height,
                              .columns = (int32_t)d->jpeg.image_width,
                              .channels = d->jpeg.num_components == 1 ? 1 : 3};
    return true;
}

static bool read_rows(decoder *d) {
    if (setjmp(d->escape))
        return false;
    jpeg_start_decompress(&d->jpeg);
    size_t row = (size_t)d->picture.columns * (size_t)d->picture.channels;
    while (d->jpeg.output_scanline < d->jpeg.output_height) {
        JSAMPROW at = (unsigned char *)d->picture.values + d->jpeg.output_scanline * row;
        jpeg_read_scanlines(&d->jpeg, &at, 1);
    }
    jpeg_finish_decompress(&d->jpeg);
    return true;
}

static int orientation_of(const decoder *d) {
    int orientation = 1;
    for (jpeg_saved_marker_ptr m = d->jpeg.marker_list; m && orientation == 1; m = m->next)
        orientation = nt_exif_orientation(m->data, m->data_length);
    return orientation;
}

static nt_status failure_of(const decoder *d, const char *path, nt_error *error) {
    if (d->no_memory)
        return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory");
    return nt_picture_damaged(path, -1, d->message, error);
}

static nt_status decode(decoder *d, const nt_picture_input *input, bool look, int *ret_orientation,
                        nt_error *error) {
    const char *path = input->path;
    if (!read_header(d, input->bytes, input->have))
        return failure_of(d, path, error);
    NT_TRY(nt_picture_check_size(path, &d->picture, error));
    if (d->jpeg.num_components > 3) {
        nt_error_in(error, NT_INVALID, path, -1, "has four colours (CMYK)");
        nt_error_hint(error, "convert it to RGB");
        return NT_INVALID;
    }
    *ret_orientation = orientation_of(d); /* reading the rows drops the segment */
    if (look)
        return NT_OK;
    NT_TRY(nt_picture_alloc(path, &d->picture, error));
    return read_rows(d) ? NT_OK : failure_of(d, path, error);
}

static nt_status from_jpeg(const nt_picture_input *input, nt_picture_use use, bool look,
                           nt_stored_picture *ret, nt_error *error) {
    (void)use; /* a JPEG's values are the same for either */
    decoder d = {0};
    int orientation = 1;
    d.jpeg.err = jpeg_std_error(&d.manager);
    d.manager.error_exit = fail;
    d.manager.emit_message = warn;
    nt_status status = decode(&d, input, look, &orientation, error);
    jpeg_destroy_decompress(&d.jpeg);
    if (status == NT_OK)
        *ret = (nt_stored_picture){d.picture, orientation, "a JPEG"};
    else
        nt_picture_finish(&d.picture);
    return status;
}

static bool is_jpeg(const unsigned char *bytes, size_t size) {
    static const unsigned char mark[] = {0xff, 0xd8, 0xff};
    return size >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0;
}

const nt_picture_format nt_picture_jpeg = {.knows = is_jpeg, .read = from_jpeg};
