/* PNG by libpng. Its errors leave by longjmp: what must be freed then lives in a struct outside the
 * function that calls setjmp, and nothing is allocated between its calls. */
#include "picture_private.h"

#include "alloc.h"
#include "file.h"
#include <png.h>
#include <string.h>

enum { DENSEST = 1032 /* deflate packs no better */ };

typedef struct decoder {
    const nt_picture_input *input;
    size_t at;
    nt_error *error;
    nt_status status;
    png_structp png;
    png_infop info;
    int64_t least; /* bytes that the pixels take in the file */
    nt_picture picture;
    unsigned char **rows; /* where each row of the picture begins */
} decoder;

static void fail(png_structp png, png_const_charp message) {
    decoder *d = png_get_error_ptr(png);
    d->status = nt_picture_damaged(d->input->path, (int64_t)d->at, message, d->error);
    png_longjmp(png, 1);
}

static void warn(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void take(png_structp png, png_bytep to, size_t size) {
    decoder *d = png_get_io_ptr(png);
    if (size > d->input->have - d->at)
        png_error(png, "the file ends too early");
    memcpy(to, d->input->bytes + d->at, size);
    d->at += size;
}

/* Asks libpng for grey or colour values of 8 or 16 bits without transparency. */
static void transform(decoder *d, nt_picture_use use) {
    png_structp png = d->png;
    int color = png_get_color_type(png, d->info), depth = png_get_bit_depth(png, d->info);
    bool as_image = use == NT_AS_IMAGE;
    if (color == PNG_COLOR_TYPE_PALETTE && as_image)
        png_set_palette_to_rgb(png);
    else if (depth < 8 && color == PNG_COLOR_TYPE_GRAY && as_image)
        png_set_expand_gray_1_2_4_to_8(png);
    else if (depth < 8)
        png_set_packing(png); /* a byte each, the numbers as they are */
    png_set_strip_alpha(png); /* that of a palette's colours, too */
    if (depth == 16)
        png_set_swap(png); /* most significant byte last, as here */
    png_set_interlace_handling(png);
    png_read_update_info(png, d->info);
}

/* The calls that may longjmp. */
static bool read_header(decoder *d, nt_picture_use use) {
    if (setjmp(png_jmpbuf(d->png)))
        return false;
    png_set_user_limits(d->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* checked before it matters */
    png_set_read_fn(d->png, d, take);
    png_read_info(d->png, d->info);
    int color = png_get_color_type(d->png, d->info);
    bool index = color == PNG_COLOR_TYPE_PALETTE && use == NT_AS_LABELS;
    d->picture = (nt_picture){.rows = (int32_t)png_get_image_height(d->png, d->info),
                              .columns = (int32_t)png_get_image_width(d->png, d->info),
                              .channels = color & PNG_COLOR_MASK_COLOR && !index ? 3 : 1,
                              .wide = png_get_bit_depth(d->png, d->info) == 16};
    d->least = (int64_t)png_get_rowbytes(d->png, d->info) * d->picture.rows / DENSEST;
    return true;
}

/* Of the chunks before the pixels. */
static int orientation_of(decoder *d) {
    png_bytep note;
    png_uint_32 size;
    if (!png_get_eXIf_1(d->png, d->info, &size, &note))
        return 1;
    return nt_exif_orientation(note, size);
}

static bool read_rows(decoder *d, nt_picture_use use, size_t row) {
    if (setjmp(png_jmpbuf(d->png)))
        return false;
    transform(d, use);
    if (png_get_rowbytes(d->png, d->info) != row)
        png_error(d->png, "its rows have an unknown form");
    png_read_image(d->png, d->rows);
    png_read_end(d->png, NULL);
    return true;
}

static nt_status read_values(decoder *d, nt_picture_use use) {
    size_t rows_size = (size_t)d->picture.rows * sizeof *d->rows;
    NT_TRY(nt_picture_alloc(d->input->path, &d->picture, d->error));
    d->rows = nt_alloc(rows_size);
    if (!d->rows)
        return nt_error_in(d->error, NT_NO_MEMORY, d->input->path, -1, "out of memory");
    size_t row =
        (size_t)d->picture.columns * (size_t)d->picture.channels * (d->picture.wide ? 2 : 1);
    for (int32_t r = 0; r < d->picture.rows; r++)
        d->rows[r] = (unsigned char *)d->picture.values + (size_t)r * row;
    bool ok = read_rows(d, use, row);
    nt_free(d->rows, rows_size);
    return ok ? NT_OK : d->status;
}

static nt_status from_png(const nt_picture_input *input, nt_picture_use use, bool look,
                          nt_stored_picture *ret, nt_error *error) {
    decoder d = {.input = input, .error = error};
    d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, fail, warn);
    d.info = d.png ? png_create_info_struct(d.png) : NULL;
    nt_status status = NT_OK;
    int orientation = 1;
    if (!d.info)
        status = nt_error_in(error, NT_NO_MEMORY, input->path, -1, "out of memory");
    else if (!read_header(&d, use))
        status = d.status;
    else
        status = nt_picture_check_size(input->path, &d.picture, error);
    if (status == NT_OK)
        status = nt_picture_check_length(input, &d.picture, d.least, error);
    if (status == NT_OK)
        orientation = orientation_of(&d);
    if (status == NT_OK && !look)
        status = read_values(&d, use);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    if (status == NT_OK)
        *ret = (nt_stored_picture){d.picture, orientation, NULL};
    else
        nt_picture_finish(&d.picture);
    return status;
}

static bool is_png(const unsigned char *bytes, size_t size) {
    static const unsigned char mark[] = {0x89, 'P', 'N', 'G'};
    return size >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0;
}

const nt_picture_format nt_picture_png = {.knows = is_png, .read = from_png};

/* --- writing ---------------------------------------------------------------------------------- */

typedef struct encoder {
    nt_file *file;
    png_structp png;
    png_infop info;
    const nt_picture *picture;
    const unsigned char (*palette)[3];
    int palette_size;
} encoder;

static void fail_writing(png_structp png, png_const_charp message) {
    (void)message;
    png_longjmp(png, 1);
}

static void put(png_structp png, png_bytep bytes, size_t size) {
    encoder *e = png_get_io_ptr(png);
    nt_file_write(e->file, bytes, size);
}

static void flush(png_structp png) {
    (void)png;
}

static bool write_all(encoder *e) {
    const nt_picture *p = e->picture;
    png_color colors[PNG_MAX_PALETTE_LENGTH];
    int kind = e->palette         ? PNG_COLOR_TYPE_PALETTE
               : p->channels == 1 ? PNG_COLOR_TYPE_GRAY
                                  : PNG_COLOR_TYPE_RGB;
    size_t row = (size_t)p->columns * (size_t)p->channels;
    if (setjmp(png_jmpbuf(e->png)))
        return false;
    png_set_write_fn(e->png, e, put, flush);
    png_set_IHDR(e->png, e->info, (uint32_t)p->columns, (uint32_t)p->rows, 8, kind,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    for (int i = 0; i < e->palette_size; i++)
        colors[i] = (png_color){e->palette[i][0], e->palette[i][1], e->palette[i][2]};
    if (e->palette)
        png_set_PLTE(e->png, e->info, colors, e->palette_size);
    png_write_info(e->png, e->info);
    for (int32_t r = 0; r < p->rows; r++)
        png_write_row(e->png, (const unsigned char *)p->values + (size_t)r * row);
    png_write_end(e->png, NULL);
    return true;
}

nt_status nt_picture_write_png(const char *path, const nt_picture *picture,
                               const unsigned char (*palette)[3], int palette_size,
                               nt_error *error) {
    encoder e = {.picture = picture, .palette = palette, .palette_size = palette_size};
    NT_TRY(nt_file_create(path, &e.file, error));
    e.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail_writing, warn);
    e.info = e.png ? png_create_info_struct(e.png) : NULL;
    bool ok = e.info && write_all(&e);
    png_destroy_write_struct(&e.png, &e.info);
    if (ok)
        return nt_file_commit(e.file, error);
    nt_file_abandon(e.file);
    return nt_error_in(error, NT_FAILED, path, -1, "cannot be written as PNG");
}
