/* JPEG by libjpeg-turbo, with its accurate integer transform. Its errors leave by longjmp, as
 * libpng's do.
 *
 * A JPEG of several scans is held as coefficients, two bytes each, of blocks of 8 x 8, and each
 * scan goes through all blocks, though it may take no more than a byte of the file for 32,767 of
 * them. So their number and that of the scans are limited: programs write up to a dozen scans. */
#include "picture_private.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

enum {
    MOST_SCANS = 100,
    FREE_SCANS = 20,      /* that are as many as they like in blocks, */
    MOST_VISITS = 1 << 25 /* blocks of all scans, if there are more */
};

typedef struct decoder {
    struct jpeg_error_mgr manager; /* first: libjpeg's pointer to it is one to all of this */
    struct jpeg_progress_mgr progress;
    int64_t blocks; /* of 8 x 8 coefficients, in the file */
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

/* Before each row of blocks, in each scan. */
static void watch(j_common_ptr jpeg) {
    decoder *d = (decoder *)(void *)jpeg->err;
    int64_t scans = d->jpeg.input_scan_number;
    if (scans <= FREE_SCANS || (scans <= MOST_SCANS && scans * d->blocks <= MOST_VISITS))
        return;
    snprintf(d->message, sizeof d->message, "it has more scans than the %d that are read",
             (int)scans - 1);
    longjmp(d->escape, 1);
}

static int64_t count_blocks(const struct jpeg_decompress_struct *jpeg) {
    int64_t blocks = 0;
    for (int i = 0; i < jpeg->num_components; i++)
        blocks += (int64_t)jpeg->comp_info[i].width_in_blocks * jpeg->comp_info[i].height_in_blocks;
    return blocks;
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
    d->blocks = count_blocks(&d->jpeg);
    d->progress.progress_monitor = watch;
    d->jpeg.progress = &d->progress;
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

/* What the pixels take in the file, and all coefficients in memory where they are held. A Huffman
 * code has one bit at least for each block; arithmetic coding may have less. */
static nt_status check_blocks(decoder *d, const nt_picture_input *input, nt_error *error) {
    enum { BLOCK = 64 * sizeof(JCOEF) };
    if (!d->jpeg.arith_code)
        NT_TRY(nt_picture_check_length(input, &d->picture, d->blocks / 8, error));
    if (!jpeg_has_multiple_scans(&d->jpeg) || d->blocks <= NT_PICTURE_MOST / BLOCK)
        return NT_OK;
    nt_error_in(error, NT_INVALID, input->path, -1,
                "has %d x %d pixels in several scans, which take more than %d MiB to be read",
                d->picture.columns, d->picture.rows, NT_PICTURE_MOST >> 20);
    nt_error_hint(error, "save it as a baseline JPEG");
    return NT_INVALID;
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
    NT_TRY(check_blocks(d, input, error));
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
