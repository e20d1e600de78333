/* TIFF (TIFF 6.0, and the codecs that libtiff has): a page's strips or tiles, decoded one by one
 * and copied to where they belong. Samples lie in them as they do in the picture, or a plane each:
 *
 *     together   | row | column | sample |        of each block
 *     apart      | row | column |                 of each block of each sample
 *
 * in 1, 2, 4, 8 or 16 bits, the first pixel in the highest, rows beginning at whole bytes. Colours
 * as luminance and two differences are libtiff's to convert, which it does a picture at a time,
 * but for JPEG's, which its decoder converts itself. */
#include "tiff_file.h"

#include "alloc.h"
#include <string.h>

typedef struct page {
    uint16_t bits, samples, planar, photometric, compression, format;
    uint32_t rows, columns;
    bool inverted; /* 0 is white */
    bool whole;    /* libtiff decodes and converts the picture as one */
    const uint16_t *palette[3];
} page;

/* --- what a page is --------------------------------------------------------------------------- */

static void read_tags(TIFF *file, page *p) {
    TIFFGetFieldDefaulted(file, TIFFTAG_BITSPERSAMPLE, &p->bits);
    TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLESPERPIXEL, &p->samples);
    TIFFGetFieldDefaulted(file, TIFFTAG_PLANARCONFIG, &p->planar);
    TIFFGetFieldDefaulted(file, TIFFTAG_COMPRESSION, &p->compression);
    TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLEFORMAT, &p->format);
    TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &p->columns);
    TIFFGetField(file, TIFFTAG_IMAGELENGTH, &p->rows);
    if (!TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &p->photometric))
        p->photometric = p->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
}

static nt_status refuse(const char *path, const char *what, const char *how, nt_error *error) {
    nt_error_in(error, NT_INVALID, path, -1, "%s", what);
    nt_error_hint(error, "%s", how);
    return NT_INVALID;
}

static nt_status check_colours(const page *p, const char *path, nt_error *error) {
    static const char rgb[] = "convert it to RGB";
    switch (p->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_PALETTE:
        return NT_OK;
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_YCBCR:
        return p->samples >= 3 ? NT_OK
                               : nt_picture_damaged(path, -1,
                                                    "it has colours of fewer than three "
                                                    "values",
                                                    error);
    case PHOTOMETRIC_SEPARATED:
        return refuse(path, "has four colours (CMYK)", rgb, error);
    default:
        return refuse(path, "has colours other than grey, RGB, YCbCr or a palette's", rgb, error);
    }
}

static nt_status check_values(const page *p, const char *path, nt_error *error) {
    static const char convert[] = "convert it to 8 or 16 bits, or to .npy, for the kind npy";
    bool bits = p->bits == 1 || p->bits == 2 || p->bits == 4 || p->bits == 8 || p->bits == 16;
    if (p->format != SAMPLEFORMAT_UINT && p->format != SAMPLEFORMAT_VOID)
        return refuse(path,
                      p->format == SAMPLEFORMAT_IEEEFP ? "has floating-point values"
                                                       : "has values with a sign",
                      convert, error);
    if (!bits || (p->photometric == PHOTOMETRIC_YCBCR && p->bits != 8)) {
        nt_error_in(error, NT_INVALID, path, -1, "has values of %d bits", p->bits);
        nt_error_hint(error, "%s", convert);
        return NT_INVALID;
    }
    if (!TIFFIsCODECConfigured(p->compression)) {
        nt_error_in(error, NT_INVALID, path, -1,
                    "is compressed in a way that libtiff lacks here (%d)", p->compression);
        nt_error_hint(error, "save it another way, such as with LZW");
        return NT_INVALID;
    }
    return NT_OK;
}

/* 16 bits a colour; in files of some programs only the lower 8 are used. */
static int palette_shift(const page *p) {
    for (int k = 0; k < 3; k++)
        for (int32_t i = 0; i < 1 << p->bits; i++)
            if (p->palette[k][i] > 255)
                return 8;
    return 0;
}

static nt_status find_palette(TIFF *file, page *p, const char *path, nt_error *error) {
    uint16_t *red, *green, *blue;
    if (!TIFFGetField(file, TIFFTAG_COLORMAP, &red, &green, &blue))
        return nt_picture_damaged(path, -1, "it lacks its palette", error);
    p->palette[0] = red;
    p->palette[1] = green;
    p->palette[2] = blue;
    return NT_OK;
}

static int32_t clamped(uint32_t size) {
    return size > INT32_MAX ? INT32_MAX : (int32_t)size;
}

static nt_status describe(nt_tiff *t, nt_picture_use use, page *ret, nt_picture *picture,
                          nt_error *error) {
    const char *path = t->input->path;
    page p = {0};
    read_tags(t->file, &p);
    NT_TRY(check_colours(&p, path, error));
    NT_TRY(check_values(&p, path, error));
    bool looked_up = p.photometric == PHOTOMETRIC_PALETTE && use == NT_AS_IMAGE;
    bool colour = p.photometric == PHOTOMETRIC_RGB || p.photometric == PHOTOMETRIC_YCBCR;
    *picture = (nt_picture){.rows = clamped(p.rows),
                            .columns = clamped(p.columns),
                            .channels = colour || looked_up ? 3 : 1,
                            .wide = p.bits == 16 && !looked_up};
    if (p.rows == 0 || p.columns == 0)
        return nt_picture_damaged(path, -1, "it has no pixels", error);
    NT_TRY(nt_picture_check_size(path, picture, error));
    if (looked_up)
        NT_TRY(find_palette(t->file, &p, path, error));
    p.inverted = p.photometric == PHOTOMETRIC_MINISWHITE && use == NT_AS_IMAGE;
    p.whole = p.photometric == PHOTOMETRIC_YCBCR &&
              !(p.compression == COMPRESSION_JPEG && p.planar == PLANARCONFIG_CONTIG);
    *ret = p;
    return NT_OK;
}

/* --- blocks ----------------------------------------------------------------------------------- */

typedef struct blocks {
    const page *page;
    bool tiled;
    uint32_t rows, columns; /* of a block */
    int per_pixel;          /* samples of a block: all, or one */
    size_t row, size;       /* bytes of a row of a block, and of a block */
    int shift;              /* of a palette's colours */
    unsigned char *bytes;
} blocks;

static nt_status measure_blocks(nt_tiff *t, const page *p, blocks *ret, nt_error *error) {
    const size_t largest = 2 * (size_t)NT_PICTURE_MOST; /* with samples that are passed over */
    blocks b = {.page = p, .tiled = TIFFIsTiled(t->file), .columns = p->columns};
    b.per_pixel = p->planar == PLANARCONFIG_SEPARATE ? 1 : p->samples;
    if (b.tiled) {
        TIFFGetField(t->file, TIFFTAG_TILEWIDTH, &b.columns);
        TIFFGetField(t->file, TIFFTAG_TILELENGTH, &b.rows);
    } else {
        TIFFGetFieldDefaulted(t->file, TIFFTAG_ROWSPERSTRIP, &b.rows);
        b.rows = b.rows < p->rows ? b.rows : p->rows;
    }
    if (b.rows == 0 || b.columns == 0 || b.rows > NT_PICTURE_LARGEST ||
        b.columns > NT_PICTURE_LARGEST)
        return nt_picture_damaged(t->input->path, -1, "its blocks have an impossible size", error);
    b.row = ((size_t)b.columns * (size_t)b.per_pixel * p->bits + 7) / 8;
    b.size = b.row * b.rows;
    tmsize_t theirs = b.tiled ? TIFFTileRowSize(t->file) : TIFFScanlineSize(t->file);
    if (b.size > largest)
        return nt_error_in(error, NT_INVALID, t->input->path, -1,
                           "has blocks of %zu bytes, more than the %zu MiB that one may take",
                           b.size, largest >> 20);
    if (theirs < 0 || (size_t)theirs != b.row)
        return nt_picture_damaged(t->input->path, -1, "its rows have an unknown form", error);
    b.shift = p->palette[0] ? palette_shift(p) : 0;
    b.bytes = nt_alloc(b.size);
    if (!b.bytes)
        return nt_error_in(error, NT_NO_MEMORY, t->input->path, -1, "out of memory");
    *ret = b;
    return NT_OK;
}

static uint32_t sample_at(const unsigned char *row, size_t i, int bits) {
    uint16_t value;
    if (bits == 8)
        return row[i];
    if (bits == 16) {
        memcpy(&value, row + 2 * i, sizeof value);
        return value;
    }
    size_t bit = i * (size_t)bits;
    return (uint32_t)(row[bit / 8] >> (8 - bits - (int)(bit % 8))) & ((1u << bits) - 1);
}

static void put(nt_picture *picture, size_t at, uint32_t value) {
    if (picture->wide)
        ((uint16_t *)picture->values)[at] = (uint16_t)value;
    else
        ((unsigned char *)picture->values)[at] = (unsigned char)value;
}

/* One sample of a pixel, as channel `k` of the picture's value `at`. */
static void put_sample(const blocks *b, nt_picture_use use, uint32_t value, nt_picture *picture,
                       size_t at) {
    const page *p = b->page;
    uint32_t top = (1u << p->bits) - 1;
    if (p->palette[0]) {
        for (size_t k = 0; k < 3; k++)
            put(picture, at + k, (uint32_t)p->palette[k][value] >> b->shift);
        return;
    }
    value = p->inverted ? top - value : value;
    put(picture, at, use == NT_AS_IMAGE && p->bits < 8 ? value * (255 / top) : value);
}

/* The part of a block that lies in the picture, from its row y and column x; `plane`: which sample
 * it holds, where they lie apart. */
static void copy_block(const blocks *b, nt_picture_use use, uint32_t y, uint32_t x, int plane,
                       nt_picture *picture) {
    const page *p = b->page;
    uint32_t rows = p->rows - y < b->rows ? p->rows - y : b->rows;
    uint32_t columns = p->columns - x < b->columns ? p->columns - x : b->columns;
    size_t channels = (size_t)picture->channels;
    bool apart = b->per_pixel == 1 && !p->palette[0];
    size_t taken = apart || p->palette[0] ? 1 : channels; /* samples of each pixel */
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++)
            for (size_t k = 0; k < taken; k++) {
                size_t at = ((size_t)(y + r) * p->columns + x + c) * channels + k;
                uint32_t value =
                    sample_at(b->bytes + r * b->row, (size_t)c * (size_t)b->per_pixel + k, p->bits);
                put_sample(b, use, value, picture, at + (apart ? (size_t)plane : 0));
            }
}

static bool read_block(nt_tiff *t, const blocks *b, uint32_t y, uint32_t x, int plane) {
    uint32_t left = b->page->rows - y;
    size_t size = b->tiled ? b->size : b->row * (left < b->rows ? left : b->rows);
    uint16_t sample = (uint16_t)plane;
    tmsize_t got = b->tiled
                       ? TIFFReadEncodedTile(t->file, TIFFComputeTile(t->file, x, y, 0, sample),
                                             b->bytes, (tmsize_t)size)
                       : TIFFReadEncodedStrip(t->file, TIFFComputeStrip(t->file, y, sample),
                                              b->bytes, (tmsize_t)size);
    return got >= 0 && (size_t)got == size && !t->failed;
}

static nt_status read_blocks(nt_tiff *t, const page *p, nt_picture_use use, nt_picture *picture,
                             nt_error *error) {
    blocks b = {0};
    NT_TRY(measure_blocks(t, p, &b, error));
    int planes = p->planar == PLANARCONFIG_SEPARATE && picture->channels == 3 && !p->palette[0];
    bool ok = true;
    for (int plane = 0; ok && plane < (planes ? 3 : 1); plane++)
        for (uint32_t y = 0; ok && y < p->rows; y += b.rows)
            for (uint32_t x = 0; ok && x < p->columns; x += b.columns) {
                ok = read_block(t, &b, y, x, plane);
                if (ok)
                    copy_block(&b, use, y, x, plane, picture);
            }
    nt_free(b.bytes, b.size);
    return ok ? NT_OK : nt_tiff_failure(t, "its pixels end too early", error);
}

/* --- pictures --------------------------------------------------------------------------------- */

/* libtiff's pixels are words of red, green, blue and opacity, red lowest; asked for the orientation
 * that the file has, it turns nothing. */
static nt_status read_whole(nt_tiff *t, int orientation, nt_picture *picture, nt_error *error) {
    size_t pixels = (size_t)picture->rows * (size_t)picture->columns;
    uint32_t *words = nt_alloc(pixels * sizeof *words);
    unsigned char *to = picture->values;
    if (!words)
        return nt_error_in(error, NT_NO_MEMORY, t->input->path, -1, "out of memory");
    bool ok = TIFFReadRGBAImageOriented(t->file, (uint32_t)picture->columns,
                                        (uint32_t)picture->rows, words, orientation, 1) &&
              !t->failed;
    for (size_t i = 0; ok && i < pixels; i++) {
        *to++ = (unsigned char)TIFFGetR(words[i]);
        *to++ = (unsigned char)TIFFGetG(words[i]);
        *to++ = (unsigned char)TIFFGetB(words[i]);
    }
    nt_free(words, pixels * sizeof *words);
    return ok ? NT_OK : nt_tiff_failure(t, "its pixels cannot be read", error);
}

static nt_status read_page(nt_tiff *t, nt_picture_use use, bool look, nt_stored_picture *ret,
                           nt_error *error) {
    uint16_t orientation = ORIENTATION_TOPLEFT;
    page p;
    NT_TRY(nt_tiff_turn_to_page(t, error));
    NT_TRY(describe(t, use, &p, &ret->picture, error));
    TIFFGetFieldDefaulted(t->file, TIFFTAG_ORIENTATION, &orientation);
    ret->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    if (p.compression == COMPRESSION_JPEG || p.compression == COMPRESSION_OJPEG)
        ret->lossy = "a TIFF with JPEG in it";
    if (look)
        return NT_OK;
    NT_TRY(nt_picture_alloc(t->input->path, &ret->picture, error));
    if (p.photometric == PHOTOMETRIC_YCBCR && !p.whole)
        TIFFSetField(t->file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    t->reading_pixels = p.compression != COMPRESSION_OJPEG; /* of which it warns as such */
    return p.whole ? read_whole(t, ret->orientation, &ret->picture, error)
                   : read_blocks(t, &p, use, &ret->picture, error);
}

static nt_status from_tiff(const nt_picture_input *input, nt_picture_use use, bool look,
                           nt_stored_picture *ret, nt_error *error) {
    nt_stored_picture stored = {.orientation = 1};
    nt_tiff tiff;
    nt_status status = nt_tiff_open(input, &tiff, error);
    if (status == NT_OK)
        status = read_page(&tiff, use, look, &stored, error);
    nt_tiff_close(&tiff);
    if (status == NT_OK)
        *ret = stored;
    else
        nt_picture_finish(&stored.picture);
    return status;
}

const nt_picture_format nt_picture_tiff = {
    .knows = nt_tiff_is, .anywhere = true, .read = from_tiff};
