#include "support_picture.h"

#include "file.h"
#include "picture.h"
#include <zlib.h>

#include <jpeglib.h>
#include <webp/encode.h>

enum { MOST = 64 * 64 * 8 };

tiff tiff_of(int rows, int columns, int bits, int samples) {
    return (tiff){.rows = rows,
                  .columns = columns,
                  .bits = bits,
                  .samples = samples,
                  .photometric = samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK,
                  .compression = COMPRESSION_NONE,
                  .predictor = 1,
                  .orientation = 1,
                  .format = SAMPLEFORMAT_UINT};
}

unsigned tiff_value(const tiff *t, int r, int c, int k) {
    unsigned mixed = (unsigned)(t->key * 4096 + r * 256 + c * 4 + k + 1) * 2654435761u;
    mixed = (mixed ^ mixed >> 15) * 2246822519u;
    return mixed >> 9 & (t->bits >= 32 ? ~0u : (1u << t->bits) - 1);
}

unsigned tiff_colour(unsigned index, int k) {
    return (index * 29 + (unsigned)k * 83 + 5) % 256 * 257;
}

static const char *make_folder_of(const char *folder, const char *name) {
    nt_error error;
    char parent[PATH_SIZE];
    const char *path = path_in(folder, name);
    nt_error_init(&error);
    snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
    EXPECT_OK(&error, nt_folder_make(parent, &error));
    nt_error_finish(&error);
    return path;
}

static void put_value(unsigned char *row, int i, int bits, unsigned value) {
    if (bits == 16) {
        uint16_t wide = (uint16_t)value;
        memcpy(row + 2 * i, &wide, sizeof wide);
    } else if (bits == 32) {
        memcpy(row + 4 * i, &value, sizeof value);
    } else {
        row[i * bits / 8] |= (unsigned char)(value << (8 - bits - i * bits % 8));
    }
}

/* The block from (y, x) of so many rows and columns: all samples, or one. */
static void fill_block(const tiff *t, int y, int x, int rows, int columns, int plane,
                       unsigned char *to) {
    int samples = t->apart ? 1 : t->samples;
    size_t row = ((size_t)columns * (size_t)samples * (size_t)t->bits + 7) / 8;
    memset(to, 0, row * (size_t)rows);
    for (int r = 0; r < rows && y + r < t->rows; r++)
        for (int c = 0; c < columns && x + c < t->columns; c++)
            for (int k = 0; k < samples; k++)
                put_value(to + (size_t)r * row, c * samples + k, t->bits,
                          tiff_value(t, y + r, x + c, t->apart ? plane : k));
}

static void set_tags(TIFF *file, const tiff *t) {
    TIFFSetField(file, TIFFTAG_IMAGEWIDTH, t->columns);
    TIFFSetField(file, TIFFTAG_IMAGELENGTH, t->rows);
    TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, t->bits);
    TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, t->samples);
    TIFFSetField(file, TIFFTAG_SAMPLEFORMAT, t->format);
    TIFFSetField(file, TIFFTAG_PHOTOMETRIC, t->photometric);
    TIFFSetField(file, TIFFTAG_COMPRESSION, t->compression);
    TIFFSetField(file, TIFFTAG_PLANARCONFIG,
                 t->apart ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(file, TIFFTAG_ORIENTATION, t->orientation);
    TIFFSetField(file, TIFFTAG_SUBFILETYPE, t->kind);
    int extra = t->samples - (t->photometric == PHOTOMETRIC_RGB         ? 3
                              : t->photometric == PHOTOMETRIC_SEPARATED ? 4
                                                                        : 1);
    uint16_t kinds[8] = {EXTRASAMPLE_UNASSALPHA};
    if (extra > 0 && t->photometric != PHOTOMETRIC_YCBCR)
        TIFFSetField(file, TIFFTAG_EXTRASAMPLES, extra, kinds);
    if (t->tile) {
        TIFFSetField(file, TIFFTAG_TILEWIDTH, t->tile);
        TIFFSetField(file, TIFFTAG_TILELENGTH, t->tile);
    } else {
        TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, t->rows_in_strip ? t->rows_in_strip : t->rows);
    }
    if (t->predictor > 1)
        TIFFSetField(file, TIFFTAG_PREDICTOR, t->predictor);
    if (t->compression == COMPRESSION_WEBP)
        TIFFSetField(file, TIFFTAG_WEBP_LOSSLESS, 1);
    if (t->compression == COMPRESSION_JPEG)
        TIFFSetField(file, TIFFTAG_JPEGQUALITY, 100);
    if (t->compression == COMPRESSION_JPEG && t->photometric == PHOTOMETRIC_YCBCR)
        TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (t->photometric == PHOTOMETRIC_PALETTE) {
        uint16_t colours[3][256];
        for (int i = 0; i < 3 * 256; i++)
            colours[i / 256][i % 256] = (uint16_t)tiff_colour((unsigned)i % 256, i / 256);
        TIFFSetField(file, TIFFTAG_COLORMAP, colours[0], colours[1], colours[2]);
    }
}

static void write_blocks(TIFF *file, const tiff *t) {
    unsigned char block[MOST];
    int rows = t->tile ? t->tile : t->rows_in_strip ? t->rows_in_strip : t->rows;
    int columns = t->tile ? t->tile : t->columns;
    uint32_t number = 0;
    for (int plane = 0; plane < (t->apart ? t->samples : 1); plane++)
        for (int y = 0; y < t->rows; y += rows)
            for (int x = 0; x < t->columns; x += columns, number++) {
                int there = t->tile || t->rows - y > rows ? rows : t->rows - y;
                fill_block(t, y, x, there, columns, plane, block);
                tmsize_t wrote = t->tile
                                     ? TIFFWriteEncodedTile(file, number, block, TIFFTileSize(file))
                                     : TIFFWriteEncodedStrip(file, number, block,
                                                             TIFFVStripSize(file, (uint32_t)there));
                assert_true(wrote > 0);
            }
}

const char *write_tiff(const char *folder, const char *name, const tiff *pages, int count) {
    const char *path = make_folder_of(folder, name);
    TIFFSetWarningHandler(NULL); /* that a compression is out of use */
    unlink(path);                /* some file systems wait for the disk where one is cut short */
    TIFF *file = TIFFOpen(path, pages[0].big ? "wb" : "wl");
    assert_non_null(file);
    for (int i = 0; i < count; i++) {
        set_tags(file, &pages[i]);
        write_blocks(file, &pages[i]);
        assert_true(TIFFWriteDirectory(file));
    }
    TIFFClose(file);
    return path;
}

/* A note of one entry, as PNG and WebP hold it; returns its size. */
static size_t make_note(unsigned char *to, int orientation) {
    static const unsigned char note[] = "II*\0\10\0\0\0\1\0\22\1\3\0\1\0\0\0\0\0\0\0\0\0\0\0";
    memcpy(to, note, sizeof note - 1);
    to[18] = (unsigned char)orientation;
    return sizeof note - 1;
}

static size_t put_little(unsigned char *to, uint32_t value) {
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> 8 * i);
    return 4;
}

const char *write_webp(const char *folder, const char *name, int rows, int columns,
                       const unsigned char *colours, int orientation) {
    const char *path = make_folder_of(folder, name);
    uint8_t *plain = NULL;
    size_t size = WebPEncodeLosslessRGB(colours, columns, rows, 3 * columns, &plain), at = 12;
    assert_true(size > 20);
    unsigned char *file = calloc(1, size + 100);
    memcpy(file, "RIFF\0\0\0\0WEBP", 12);
    if (orientation) {
        memcpy(file + at, "VP8X\12\0\0\0\10\0\0\0", 12);
        put_little(file + at + 12, (uint32_t)columns - 1);
        put_little(file + at + 15, (uint32_t)rows - 1);
        at += 18;
    }
    memcpy(file + at, plain + 12, size - 12);
    at += size - 12;
    if (orientation) {
        unsigned char note[32];
        size_t length = make_note(note, orientation);
        memcpy(file + at, "EXIF", 4);
        at += 4 + put_little(file + at + 4, (uint32_t)length + 6);
        memcpy(file + at, "Exif\0\0", 6); /* as many programs write it */
        memcpy(file + at + 6, note, length);
        at += 6 + length;
    }
    put_little(file + 4, (uint32_t)at - 8);
    write_bytes(path, file, at);
    free(file);
    WebPFree(plain);
    return path;
}

const char *write_lossy_webp(const char *folder, const char *name, bool opacity) {
    enum { SIDE = 128 };
    static unsigned char values[SIDE * SIDE * 4];
    const char *path = make_folder_of(folder, name);
    uint8_t *file = NULL;
    uint32_t noise = 1;
    for (size_t i = 0; i < sizeof values; i++) {
        noise = noise * 1664525 + 1013904223;
        values[i] = opacity && i % 4 == 3 ? (unsigned char)(noise >> 24) : 128;
    }
    size_t size = opacity ? WebPEncodeRGBA(values, SIDE, SIDE, 4 * SIDE, 80, &file)
                          : WebPEncodeRGB(values, SIDE, SIDE, 3 * SIDE, 80, &file);
    assert_true(size > (opacity ? 4096 : 0));
    write_bytes(path, file, size);
    WebPFree(file);
    return path;
}

unsigned char *read_all(const char *path, size_t *ret_size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *ret_size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*ret_size + 1);
    assert_int_equal(fread(bytes, 1, *ret_size, file), *ret_size);
    fclose(file);
    return bytes;
}

/* Writes a file anew with more bytes at `at`. */
static void insert(const char *path, size_t at, const unsigned char *bytes, size_t length) {
    size_t size;
    unsigned char *old = read_all(path, &size), *whole = malloc(size + length);
    memcpy(whole, old, at);
    memcpy(whole + at, bytes, length);
    memcpy(whole + at + length, old + at, size - at);
    write_bytes(path, whole, size + length);
    free(old);
    free(whole);
}

void orient_png(const char *path, int orientation) {
    enum { AFTER_HEADER = 8 + 25 };
    unsigned char chunk[64] = {0};
    size_t length = make_note(chunk + 8, orientation);
    chunk[3] = (unsigned char)length;
    memcpy(chunk + 4, "eXIf", 4);
    unsigned long sum = crc32(0, chunk + 4, (unsigned)(4 + length));
    for (size_t i = 0; i < 4; i++)
        chunk[8 + length + i] = (unsigned char)(sum >> (24 - 8 * i));
    insert(path, AFTER_HEADER, chunk, 12 + length);
}

void orient_jpeg(const char *path, int orientation) {
    unsigned char segment[64] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0};
    size_t length = 10 + make_note(segment + 10, orientation);
    segment[3] = (unsigned char)(length - 2);
    insert(path, 2, segment, length);
}

const char *write_jpeg(const char *folder, const char *name, int rows, int columns, int value) {
    const char *path = make_folder_of(folder, name);
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr manager;
    unsigned char *row = malloc((size_t)columns);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    memset(row, value, (size_t)columns);
    jpeg.err = jpeg_std_error(&manager);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)columns;
    jpeg.image_height = (JDIMENSION)rows;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (int r = 0; r < rows; r++)
        jpeg_write_scanlines(&jpeg, &row, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
    free(row);
    return path;
}

/* A scan for the direct currents of all components, then for each other coefficient eleven: its
 * upper bits, and one bit more at a time. */
static int list_scans(jpeg_scan_info *scans, int most) {
    enum { HIGHEST = 10 };
    int count = 1;
    scans[0] = (jpeg_scan_info){3, {0, 1, 2}, 0, 0, 0, 0};
    for (int component = 0; component < 3; component++)
        for (int k = 1; k < 64; k++)
            for (int bit = HIGHEST; bit >= 0 && count < most; bit--)
                scans[count++] =
                    (jpeg_scan_info){1, {component}, k, k, bit == HIGHEST ? 0 : bit + 1, bit};
    return count;
}

const char *write_scans_jpeg(const char *folder, const char *name, int rows, int columns,
                             int scans) {
    static jpeg_scan_info list[3000];
    const char *path = make_folder_of(folder, name);
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr manager;
    unsigned char *row = malloc(3 * (size_t)columns);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 3 * columns; i++)
        row[i] = (unsigned char)(i * 5);
    jpeg.err = jpeg_std_error(&manager);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)columns;
    jpeg.image_height = (JDIMENSION)rows;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg.scan_info = list;
    jpeg.num_scans = list_scans(list, scans);
    jpeg_start_compress(&jpeg, TRUE);
    for (int r = 0; r < rows; r++)
        jpeg_write_scanlines(&jpeg, &row, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
    free(row);
    return path;
}

const char *write_plain_png(const char *folder, const char *name, int rows, int columns,
                            int channels, int key) {
    nt_error error;
    unsigned char values[MOST];
    const char *path = make_folder_of(folder, name);
    const nt_picture picture = {rows, columns, channels, false, values};
    nt_error_init(&error);
    for (int k = 0; k < rows * columns * channels; k++)
        values[k] = (unsigned char)(key * 37 + k * 11 + k / 7);
    EXPECT_OK(&error, nt_picture_write_png(path, &picture, NULL, 0, &error));
    return path;
}
