/* JPEG by libjpeg-turbo, with its accurate integer transform. Its errors leave by longjmp, as
 * libpng's do. */
#include "picture_private.h"

#include <setjmp.h>
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>

typedef struct decoder {
    struct jpeg_error_mgr manager; /* first: libjpeg's pointer to it is one to all of this */
    jmp_buf escape;
    struct jpeg_decompress_struct jpeg;
    nt_picture picture;
    char message[JMSG_LENGTH_MAX];
} decoder;

static void fail(j_common_ptr jpeg) {
    decoder *d = (decoder *)(void *)jpeg->err;
    d->manager.format_message(jpeg, d->message);
    longjmp(d->escape, 1);
}

/* Warnings that leave the pixels as they were meant: bytes between segments, odd versions. */
static bool harmless(int warning) {
    return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_JFIF_MAJOR ||
           warning == JWRN_ADOBE_XFORM;
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

static nt_status damaged(const decoder *d, const char *path, nt_error *error) {
    nt_error_in(error, NT_INVALID, path, -1, "is damaged: %s", d->message);
    nt_error_hint(error, "get the file anew, or take it away");
    return NT_INVALID;
}

static nt_status decode(decoder *d, const char *path, const unsigned char *bytes, size_t size,
                        bool look, nt_error *error) {
    if (!read_header(d, bytes, size))
        return damaged(d, path, error);
    NT_TRY(nt_picture_check_size(path, &d->picture, error));
    if (d->jpeg.num_components > 3) {
        nt_error_in(error, NT_INVALID, path, -1, "has four colours (CMYK)");
        nt_error_hint(error, "convert it to RGB");
        return NT_INVALID;
    }
    int orientation = orientation_of(d); /* reading the rows drops the segment */
    if (!look) {
        NT_TRY(nt_picture_alloc(path, &d->picture, error));
        if (!read_rows(d))
            return damaged(d, path, error);
    }
    if (orientation != 1 && !nt_picture_turn(&d->picture, orientation))
        return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory");
    return NT_OK;
}

static nt_status from_jpeg(const char *path, const unsigned char *bytes, size_t size,
                           nt_picture_use use, bool look, nt_picture *ret, nt_error *error) {
    (void)use; /* a JPEG's values are the same for either */
    decoder d = {0};
    d.jpeg.err = jpeg_std_error(&d.manager);
    d.manager.error_exit = fail;
    d.manager.emit_message = warn;
    nt_status status = decode(&d, path, bytes, size, look, error);
    jpeg_destroy_decompress(&d.jpeg);
    if (status == NT_OK)
        *ret = d.picture;
    else
        nt_picture_finish(&d.picture);
    return status;
}

static const unsigned char mark[] = {0xff, 0xd8, 0xff};

const nt_picture_format nt_picture_jpeg = {
    .mark = mark, .mark_size = sizeof mark, .read = from_jpeg};
