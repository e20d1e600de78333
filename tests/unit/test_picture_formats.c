/* TIFF, WebP and the rest of JPEG, written by their libraries: what is read must be what was saved,
 * however it was saved; damaged files, impossible sizes and what isn't read are told by name. */
#include "picture_private.h"
#include "picture_tree.h"
#include "support_mutate.h"
#include "support_picture.h"

#include <sys/stat.h>
#include <zlib.h>

static nt_error error;

enum { ROWS = 21, COLUMNS = 35 };

/* --- pixels ----------------------------------------------------------------------------------- */

static unsigned wanted(const tiff *t, nt_picture_use use, int r, int c, int k) {
    bool palette = t->photometric == PHOTOMETRIC_PALETTE;
    unsigned value = tiff_value(t, r, c, palette ? 0 : k), top = (1u << t->bits) - 1;
    if (use == NT_AS_LABELS)
        return value;
    if (palette)
        return tiff_colour(value, k) >> 8;
    if (t->photometric == PHOTOMETRIC_MINISWHITE)
        value = top - value;
    return t->bits < 8 ? value * (255 / top) : value;
}

static void check(const char *path, const tiff *t, nt_picture_use use) {
    nt_picture seen, p;
    bool looked_up = t->photometric == PHOTOMETRIC_PALETTE && use == NT_AS_IMAGE;
    EXPECT_OK(&error, nt_picture_look(path, &seen, &error));
    EXPECT_OK(&error, nt_picture_read(path, use, &p, &error));
    assert_true(p.rows == t->rows && p.columns == t->columns);
    assert_int_equal(p.channels, t->photometric == PHOTOMETRIC_RGB || looked_up ? 3 : 1);
    assert_true(p.wide == (t->bits == 16));
    assert_true(seen.rows == p.rows && seen.columns == p.columns && seen.wide == p.wide);
    assert_true(use == NT_AS_LABELS || seen.channels == p.channels);
    for (int r = 0; r < t->rows; r++)
        for (int c = 0; c < t->columns; c++)
            for (int k = 0; k < p.channels; k++)
                if (nt_picture_value(&p, (r * t->columns + c) * p.channels + k) !=
                    wanted(t, use, r, c, k))
                    fail_msg("%d bits, %d samples, photometric %d, compression %d, apart %d, tile "
                             "%d, strip %d, big %d, predictor %d: (%d,%d,%d)",
                             t->bits, t->samples, t->photometric, t->compression, t->apart, t->tile,
                             t->rows_in_strip, t->big, t->predictor, r, c, k);
    nt_picture_finish(&p);
}

/* In strips and tiles, samples together and apart, in both byte orders. */
static int check_layouts(const char *folder, tiff t) {
    static const int layouts[][2] = {{0, 0}, {0, 5}, {16, 0}};
    int checked = 0;
    for (int i = 0; i < 3; i++)
        for (int more = 0; more < 4; more++) {
            t.tile = layouts[i][0];
            t.rows_in_strip = layouts[i][1];
            t.apart = more & 1;
            t.big = more & 2;
            if (t.apart && t.compression == COMPRESSION_WEBP)
                continue;
            const char *path = write_tiff(folder, "p.tif", &t, 1);
            check(path, &t, NT_AS_IMAGE);
            check(path, &t, NT_AS_LABELS);
            checked++;
        }
    return checked;
}

static void tiffs_of_every_kind_are_read(void **state) {
    static const struct {
        int photometric, samples, bits[6];
    } kinds[] = {{PHOTOMETRIC_MINISBLACK, 1, {1, 2, 4, 8, 16}},
                 {PHOTOMETRIC_MINISWHITE, 1, {1, 2, 4, 8, 16}},
                 {PHOTOMETRIC_PALETTE, 1, {1, 2, 4, 8}},
                 {PHOTOMETRIC_MINISBLACK, 2, {8, 16}},
                 {PHOTOMETRIC_RGB, 3, {8, 16}},
                 {PHOTOMETRIC_RGB, 4, {8, 16}}};
    size_t before = nt_alloc_in_use();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (const int *bits = kinds[i].bits; *bits; bits++) {
            tiff t = tiff_of(ROWS, COLUMNS, *bits, kinds[i].samples);
            t.photometric = kinds[i].photometric;
            check_layouts(*state, t);
        }
    assert_int_equal(nt_alloc_in_use(), before);
}

static void tiffs_of_every_compression_are_read(void **state) {
    static const int all[] = {COMPRESSION_LZW,      COMPRESSION_ADOBE_DEFLATE, COMPRESSION_DEFLATE,
                              COMPRESSION_PACKBITS, COMPRESSION_LZMA,          COMPRESSION_ZSTD,
                              COMPRESSION_LERC,     COMPRESSION_WEBP};
    static const int black_and_white[] = {COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3,
                                          COMPRESSION_CCITTFAX4};
    int checked = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int samples = 1; samples <= 3; samples += 2)
            for (int bits = 8; bits <= 16; bits += 8)
                for (int predictor = 1; predictor <= 2; predictor++) {
                    tiff t = tiff_of(ROWS, COLUMNS, bits, samples);
                    t.compression = all[i];
                    t.predictor = predictor;
                    bool predicts = all[i] != COMPRESSION_PACKBITS && all[i] != COMPRESSION_LERC &&
                                    all[i] != COMPRESSION_WEBP;
                    bool exists = all[i] != COMPRESSION_WEBP || (samples == 3 && bits == 8);
                    if (TIFFIsCODECConfigured((uint16_t)all[i]) && exists &&
                        (predicts || predictor == 1))
                        checked += check_layouts(*state, t);
                }
    for (size_t i = 0; i < sizeof black_and_white / sizeof *black_and_white; i++)
        for (int white = 0; white < 2; white++) {
            tiff t = tiff_of(ROWS, COLUMNS, 1, 1);
            t.compression = black_and_white[i];
            t.photometric = white ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK;
            checked += check_layouts(*state, t);
        }
    assert_true(checked > 300);
}

/* Lossy, so pages of one colour; as libtiff's own decoder converts them, or as RGB. */
static void tiffs_of_luminance_are_read(void **state) {
    enum { SIDE = 32 };
    static const int kinds[][2] = {{PHOTOMETRIC_YCBCR, COMPRESSION_JPEG},
                                   {PHOTOMETRIC_RGB, COMPRESSION_JPEG},
                                   {PHOTOMETRIC_YCBCR, COMPRESSION_LZW}};
    for (int i = 0; i < 3; i++) {
        unsigned char strip[SIDE * SIDE * 3];
        const char *path = path_in(*state, "y.tif");
        nt_picture p;
        TIFF *file = TIFFOpen(path, "w");
        bool colours = kinds[i][1] == COMPRESSION_JPEG;
        TIFFSetField(file, TIFFTAG_IMAGEWIDTH, SIDE);
        TIFFSetField(file, TIFFTAG_IMAGELENGTH, SIDE);
        TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 8);
        TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 3);
        TIFFSetField(file, TIFFTAG_COMPRESSION, kinds[i][1]);
        TIFFSetField(file, TIFFTAG_PHOTOMETRIC, kinds[i][0]);
        TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
        TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, SIDE);
        if (kinds[i][0] == PHOTOMETRIC_YCBCR && colours)
            TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        else if (!colours)
            TIFFSetField(file, TIFFTAG_YCBCRSUBSAMPLING, 1, 1);
        for (int k = 0; k < SIDE * SIDE; k++) /* 150, 60, 90 as such, or their luminance … */
            memcpy(strip + 3 * k, colours ? "\x96\x3c\x5a" : "\x5a\x80\xab", 3);
        assert_true(TIFFWriteEncodedStrip(file, 0, strip, sizeof strip) > 0);
        TIFFClose(file);
        EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &p, &error));
        assert_true(p.rows == SIDE && p.columns == SIDE && p.channels == 3 && !p.wide);
        for (int k = 0; k < SIDE * SIDE; k++) {
            assert_in_range(nt_picture_value(&p, 3 * k), 146, 154);
            assert_in_range(nt_picture_value(&p, 3 * k + 1), 56, 64);
            assert_in_range(nt_picture_value(&p, 3 * k + 2), 86, 94);
        }
        nt_picture_finish(&p);
    }
}

/* One picture as PNG, TIFF and lossless WebP is the same sample, to the bit. */
static void formats_give_the_same_samples(void **state) {
    enum { VALUES = ROWS * COLUMNS * 3 };
    const tiff t = tiff_of(ROWS, COLUMNS, 8, 3);
    unsigned char colours[VALUES], grey[ROWS * COLUMNS], samples[VALUES], first[VALUES];
    for (int i = 0; i < VALUES; i++)
        colours[i] = (unsigned char)tiff_value(&t, i / 3 / COLUMNS, i / 3 % COLUMNS, i % 3);
    const nt_picture picture = {ROWS, COLUMNS, 3, false, colours};
    const char *const paths[] = {path_in(*state, "a.png"), write_tiff(*state, "b.tif", &t, 1),
                                 write_webp(*state, "c.webp", ROWS, COLUMNS, colours, 0)};
    EXPECT_OK(&error, nt_picture_write_png(paths[0], &picture, NULL, 0, &error));
    for (int i = 0; i < 3; i++)
        for (int channels = 0; channels <= 1; channels++) {
            const nt_picture_wish wish = {.channels = channels};
            nt_picture_form form;
            EXPECT_OK(&error, nt_picture_form_of(paths[i], &wish, &form, &error));
            assert_int_equal(form.channels, channels ? 1 : 3);
            EXPECT_OK(&error, nt_picture_to_pixels(&form, paths[i], samples, &error));
            if (channels == 0)
                assert_memory_equal(samples, colours, VALUES);
            else if (i == 0)
                memcpy(first, samples, sizeof grey);
            else
                assert_memory_equal(samples, first, sizeof grey);
        }
}

/* --- orientation ------------------------------------------------------------------------------ */

static const char *write_turned(const char *folder, int format, int orientation) {
    unsigned char colours[5 * 7 * 3];
    tiff t = tiff_of(5, 7, 8, 3);
    const char *path;
    for (int k = 0; k < 5 * 7 * 3; k++)
        colours[k] = (unsigned char)(k * 2);
    t.orientation = orientation;
    switch (format) {
    case 0:
        path = write_plain_png(folder, "p.png", 5, 7, 3, 1);
        orient_png(path, orientation);
        return path;
    case 1:
        path = write_jpeg(folder, "p.jpg", 5, 7, 100);
        orient_jpeg(path, orientation);
        return path;
    case 2:
        return write_tiff(folder, "p.tif", &t, 1);
    default:
        return write_webp(folder, "p.webp", 5, 7, colours, orientation);
    }
}

static void every_format_is_turned_upright(void **state) {
    for (int format = 0; format < 4; format++)
        for (int orientation = 1; orientation <= 8; orientation++) {
            nt_picture stored, seen, upright;
            int noted;
            const char *path = write_turned(*state, format, orientation);
            EXPECT_OK(&error, nt_picture_look_stored(path, &seen, &noted, &error));
            assert_int_equal(noted, orientation);
            assert_true(seen.rows == 5 && seen.columns == 7);
            EXPECT_OK(&error, nt_picture_look(path, &seen, &error));
            EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &upright, &error));
            EXPECT_OK(&error, nt_picture_read_stored(path, NT_AS_IMAGE, &stored, &error));
            assert_true(stored.rows == 5 && stored.columns == 7);
            assert_true(nt_picture_turn(&stored, orientation));
            assert_true(seen.rows == stored.rows && upright.rows == stored.rows);
            assert_true(seen.columns == stored.columns && upright.columns == stored.columns);
            assert_memory_equal(stored.values, upright.values, 5 * 7 * (size_t)stored.channels);
            nt_picture_finish(&stored);
            nt_picture_finish(&upright);
        }
}

/* --- pages ------------------------------------------------------------------------------------ */

static void pages_are_pictures(void **state) {
    tiff pages[4];
    char path[PATH_SIZE];
    nt_picture p;
    int32_t *numbers, count;
    for (int i = 0; i < 4; i++) {
        pages[i] = tiff_of(4 + i, 6, i == 3 ? 16 : 8, 1);
        pages[i].key = i;
    }
    pages[1].kind = FILETYPE_REDUCEDIMAGE;
    const char *file = write_tiff(*state, "stack.tif", pages, 4);
    EXPECT_OK(&error, nt_picture_pages(file, &numbers, &count, &error));
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(numbers[i], i ? i + 2 : 1);
        snprintf(path, sizeof path, "%s#%d", file, numbers[i]);
        check(path, &pages[numbers[i] - 1], NT_AS_IMAGE);
    }
    nt_free(numbers, (size_t)count * sizeof *numbers);
    nt_status status = nt_picture_look(file, &p, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "stack.tif: error: has 3 pages; name one: ");
    snprintf(path, sizeof path, "%s#5", file);
    status = nt_picture_read(path, NT_AS_IMAGE, &p, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "stack.tif#5: error: is damaged");
    check(write_tiff(*state, "thumb.tif", pages, 2), &pages[0], NT_AS_IMAGE);
    pages[0].kind = FILETYPE_REDUCEDIMAGE;
    pages[1].kind = 0;
    check(write_tiff(*state, "first.tif", pages, 2), &pages[1], NT_AS_IMAGE);
    size_t length;
    assert_int_equal(nt_picture_page("a/b.TIFF#12", &length), 12);
    assert_int_equal(length, 8);
    assert_int_equal(nt_picture_page("a/b.png#12", &length), 0);
    assert_int_equal(nt_picture_page("a/b.tif#012", &length), 0);
    assert_int_equal(nt_picture_page("a/b.tif#1x", &length), 0);
}

/* --- what isn't read -------------------------------------------------------------------------- */

static void expect_damaged(const char *path, const char *part) {
    nt_picture p;
    size_t before = nt_alloc_in_use();
    nt_status status = nt_picture_read(path, NT_AS_IMAGE, &p, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
    assert_int_equal(nt_alloc_in_use(), before);
}

static nt_status decode(const char *name, const unsigned char *bytes, size_t size) {
    nt_picture_input input = {
        .path = name, .file = -1, .size = (int64_t)size, .bytes = bytes, .have = size};
    nt_stored_picture stored;
    nt_status status = nt_picture_decode(&input, NT_AS_IMAGE, false, &stored, &error);
    if (status == NT_OK)
        nt_picture_finish(&stored.picture);
    return status;
}

/* Cut anywhere it is refused; with any byte changed it is read or refused. */
static void check_damage(const char *path, size_t least) {
    size_t size, before = nt_alloc_in_use();
    unsigned char *bytes = read_all(path, &size);
    const char *name = strrchr(path, '/') + 1;
    for (size_t length = 0; length + least < size; length++) {
        unsigned char *exact = malloc(length + !length); /* reading past the end is then seen */
        memcpy(exact, bytes, length);
        nt_status status = decode(name, exact, length);
        EXPECT_ERROR(&error, status, NT_INVALID, name);
        assert_int_equal(nt_alloc_in_use(), before);
        free(exact);
    }
    for (size_t at = 0; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (unsigned char)(1 << bit);
            nt_status status = decode(name, bytes, size);
            bytes[at] ^= (unsigned char)(1 << bit);
            if (status != NT_OK)
                EXPECT_ERROR(&error, status, NT_INVALID, name);
            assert_int_equal(nt_alloc_in_use(), before);
        }
    free(bytes);
}

static int messages; /* of libtiff, which reach the process */

static void count_message(const char *module, const char *format, va_list arguments) {
    (void)module;
    (void)format;
    (void)arguments;
    messages++;
}

static void damaged_files_are_refused(void **state) {
    static const int compressions[] = {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE,
                                       COMPRESSION_PACKBITS, COMPRESSION_JPEG};
    unsigned char colours[9 * 11 * 3];
    TIFFErrorHandler usual = TIFFSetErrorHandler(count_message);
    for (size_t i = 0; i < sizeof compressions / sizeof *compressions; i++) {
        tiff t = tiff_of(16, 16, 8, 3);
        t.compression = compressions[i];
        t.rows_in_strip = 8;
        const char *path = write_tiff(*state, "p.tif", &t, 1);
        TIFFErrorHandler quiet = TIFFSetWarningHandler(count_message);
        check_damage(path, 20);
        TIFFSetWarningHandler(quiet);
    }
    TIFFSetErrorHandler(usual);
    assert_int_equal(messages, 0);
    for (int k = 0; k < 9 * 11 * 3; k++)
        colours[k] = (unsigned char)(k * k);
    check_damage(write_webp(*state, "p.webp", 9, 11, colours, 0), 4);
    expect_damaged(path_in(*state, "none.webp"), "none.webp");
}

/* Sets a tag of one number in the first directory of a little-endian TIFF. */
static void set_tag(unsigned char *bytes, uint16_t tag, uint32_t value) {
    size_t at = (size_t)bytes[4] | (size_t)bytes[5] << 8;
    for (int left = bytes[at] | bytes[at + 1] << 8; left > 0; left--) {
        unsigned char *entry = bytes + at + 2 + 12 * (left - 1);
        if ((entry[0] | entry[1] << 8) != tag)
            continue;
        entry[2] = TIFF_LONG;
        for (int i = 0; i < 4; i++)
            entry[8 + i] = (unsigned char)(value >> 8 * i);
        return;
    }
    fail();
}

/* A file of a few bytes must not lead to a huge allocation. */
static void impossible_sizes_are_refused(void **state) {
    static const struct {
        uint32_t rows, columns, tile;
        const char *why;
    } cases[] = {{1, 32769, 16, "has 32769 x 1 pixels, more than 32768 on a side"},
                 {32769, 1, 16, "has 1 x 32769 pixels, more than 32768 on a side"},
                 {0xffffffff, 1, 16, "p.tif: error: is damaged"},
                 {20000, 20000, 16, "has 20000 x 20000 pixels of 1 bytes, more than the 256 MiB"},
                 {0, 16, 16, "p.tif: error: is damaged"},
                 {16, 16, 1 << 20, "p.tif: error: is damaged"},
                 {16, 16, 0, "p.tif: error: is damaged"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        tiff t = tiff_of(16, 16, 8, 1);
        t.tile = 16;
        const char *path = write_tiff(*state, "p.tif", &t, 1);
        unsigned char *bytes = read_all(path, &size);
        set_tag(bytes, TIFFTAG_IMAGEWIDTH, cases[i].columns);
        set_tag(bytes, TIFFTAG_IMAGELENGTH, cases[i].rows);
        set_tag(bytes, TIFFTAG_TILEWIDTH, cases[i].tile);
        set_tag(bytes, TIFFTAG_TILELENGTH, cases[i].tile);
        write_bytes(path, bytes, size);
        free(bytes);
        expect_damaged(path, cases[i].why);
    }
}

static void other_values_are_refused(void **state) {
    tiff t = tiff_of(8, 8, 32, 1);
    expect_damaged(write_tiff(*state, "p.tif", &t, 1), "has values of 32 bits; convert it");
    t.format = SAMPLEFORMAT_IEEEFP;
    expect_damaged(write_tiff(*state, "p.tif", &t, 1), "has floating-point values; convert it");
    t = tiff_of(8, 8, 16, 1);
    t.format = SAMPLEFORMAT_INT;
    expect_damaged(write_tiff(*state, "p.tif", &t, 1), "has values with a sign; convert it");
    t = tiff_of(8, 8, 8, 4);
    t.photometric = PHOTOMETRIC_SEPARATED;
    expect_damaged(write_tiff(*state, "p.tif", &t, 1), "has four colours (CMYK); convert it to");
    t.photometric = PHOTOMETRIC_CIELAB;
    t.samples = 3;
    expect_damaged(write_tiff(*state, "p.tif", &t, 1), "has colours other than grey, RGB");
    static const unsigned char moving[] = "RIFF\x20\0\0\0WEBPVP8X\12\0\0\0\2\0\0\0\7\0\0\7\0\0"
                                          "ANIM\6\0\0\0\0\0\0\0\0\0";
    const char *path = path_in(*state, "p.webp");
    write_bytes(path, moving, sizeof moving - 1);
    expect_damaged(path, "is animated; save its frames");
}

/* Each allocation of ours in turn fails. */
static void memory_may_run_out(void **state) {
    unsigned char colours[8 * 8 * 3] = {0};
    tiff pages[2] = {tiff_of(8, 8, 8, 3), tiff_of(8, 8, 8, 3)};
    const char *const paths[] = {write_tiff(*state, "p.tif", pages, 1),
                                 write_webp(*state, "p.webp", 8, 8, colours, 6)};
    char page[PATH_SIZE];
    snprintf(page, sizeof page, "%s#2", write_tiff(*state, "s.tif", pages, 2));
    for (int i = 0; i < 3; i++) {
        int failures = 0;
        for (bool failed = true; failed; failures += failed) {
            nt_picture p;
            size_t before = nt_alloc_in_use();
            fail_allocation(failures);
            nt_status status = nt_picture_read(i < 2 ? paths[i] : page, NT_AS_IMAGE, &p, &error);
            failed = allow_all_allocations();
            assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
            if (!failed)
                nt_picture_finish(&p);
            nt_error_finish(&error);
            nt_error_init(&error);
            assert_int_equal(nt_alloc_in_use(), before);
        }
        assert_true(failures >= 3);
    }
}

/* --- JPEG ------------------------------------------------------------------------------------- */

static size_t find_scan(const unsigned char *bytes, size_t size) {
    for (size_t at = 2; at + 4 < size; at += 2 + (size_t)(bytes[at + 2] << 8 | bytes[at + 3]))
        if (bytes[at + 1] == 0xda)
            return at;
    fail();
    return 0;
}

static void harmless_warnings_pass(void **state) {
    size_t size;
    nt_picture p;
    const char *path = write_jpeg(*state, "p.jpg", 40, 40, 77);
    unsigned char *bytes = read_all(path, &size);
    size_t scan = find_scan(bytes, size), spectral = scan + 4 + 1 + 2; /* one component */
    bytes[spectral + 1] = 0; /* the last coefficient: of a baseline scan always 63 */
    write_bytes(path, bytes, size);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &p, &error));
    for (int k = 0; k < 40 * 40; k++)
        assert_int_equal(nt_picture_value(&p, k), 77);
    nt_picture_finish(&p);
    bytes[spectral + 1] = 63;
    size_t end = scan + 2 + (size_t)bytes[scan + 3];
    memset(bytes + end, 0x55, 4); /* pixels that are none */
    write_bytes(path, bytes, size);
    expect_damaged(path, "p.jpg: error: is damaged: ");
    write_bytes(path, bytes, end + 2);
    expect_damaged(path, "p.jpg: error: is damaged: Premature end");
    free(bytes);
}

/* --- looking ---------------------------------------------------------------------------------- */

/* Bytes that this process has read from files. */
static long long bytes_read(void) {
    long long bytes = -1;
    FILE *file = fopen("/proc/self/io", "r");
    if (file && fscanf(file, "rchar: %lld", &bytes) != 1)
        bytes = -1;
    if (file)
        fclose(file);
    return bytes;
}

static void looking_reads_little(void **state) {
    enum { LARGE = 64 << 20, LITTLE = 1 << 14 };
    unsigned char colours[8 * 8 * 3] = {0};
    tiff t = tiff_of(8, 8, 8, 3);
    const char *const paths[] = {
        write_plain_png(*state, "p.png", 8, 8, 3, 1), write_jpeg(*state, "p.jpg", 8, 8, 1),
        write_tiff(*state, "p.tif", &t, 1), write_webp(*state, "p.webp", 8, 8, colours, 6)};
    for (int i = 0; i < 4; i++) {
        nt_picture p;
        assert_int_equal(truncate(paths[i], LARGE), 0);
        long long before = bytes_read();
        if (before < 0)
            skip();
        EXPECT_OK(&error, nt_picture_look(paths[i], &p, &error));
        assert_true(p.rows == 8 && p.columns == 8);
        assert_in_range(bytes_read() - before, 1, LITTLE);
    }
}

/* What begins in the piece and ends after it is read as one. */
static void pieces_are_joined(void **state) {
    enum { SIZE = 1000, PIECE = 100 };
    unsigned char bytes[SIZE], got[SIZE];
    nt_picture_input input;
    const char *path = path_in(*state, "bytes");
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    write_bytes(path, bytes, SIZE);
    EXPECT_OK(&error, nt_input_open(path, &input, &error));
    EXPECT_OK(&error, nt_input_take(&input, PIECE, &error));
    for (size_t end = PIECE - 2; end <= PIECE + 2; end++) {
        assert_int_equal(nt_input_read(&input, PIECE - 10, got, end - (PIECE - 10)),
                         end - (PIECE - 10));
        assert_memory_equal(got, bytes + PIECE - 10, end - (PIECE - 10));
    }
    assert_int_equal(nt_input_read(&input, SIZE - 5, got, PIECE), 5);
    assert_int_equal(nt_input_read(&input, SIZE, got, 1), 0);
    nt_input_close(&input);
}

/* What comes before the size may be long: profiles, thumbnails. */
static void long_headers_are_looked_at(void **state) {
    size_t size;
    nt_picture p;
    const char *path = write_jpeg(*state, "p.jpg", 40, 24, 77);
    unsigned char *bytes = read_all(path, &size),
                  segment[5002] = {0xff, 0xe2, 5000 >> 8, 5000 & 255};
    FILE *file = fopen(path, "wb");
    fwrite(bytes, 1, 2, file);
    for (int i = 0; i < 30; i++)
        fwrite(segment, 1, sizeof segment, file);
    fwrite(bytes + 2, 1, size - 2, file);
    fclose(file);
    free(bytes);
    orient_jpeg(path, 6);
    EXPECT_OK(&error, nt_picture_look(path, &p, &error));
    assert_true(p.rows == 24 && p.columns == 40);
}

/* --- broken files ----------------------------------------------------------------------------- */

static nt_status read_both(const char *path, uint64_t *sum, nt_error *e) {
    nt_picture p;
    NT_TRY(nt_picture_look(path, &p, e));
    for (int use = NT_AS_IMAGE; use <= NT_AS_LABELS; use++) {
        NT_TRY(nt_picture_read(path, (nt_picture_use)use, &p, e));
        size_t size = (size_t)p.rows * (size_t)p.columns * (size_t)p.channels * (p.wide ? 2 : 1);
        sum_bytes(sum, p.values, size < 100000 ? size : 100000);
        nt_picture_finish(&p);
    }
    return NT_OK;
}

static void broken_files_do_no_harm(void **state) {
    static const unsigned char colours[8 * 9 * 3] = {1, 2, 3, 4, 200, 100};
    tiff packed = tiff_of(12, 10, 8, 3), tiled = tiff_of(20, 20, 16, 1);
    packed.compression = COMPRESSION_LZW;
    tiled.compression = COMPRESSION_ADOBE_DEFLATE;
    tiled.tile = 16;
    const struct {
        const char *name, *path;
    } files[] = {
        {"PNG", write_plain_png(*state, "a.png", 9, 7, 3, 1)},
        {"JPEG", write_jpeg(*state, "a.jpg", 24, 24, 99)},
        {"progressive JPEG", write_scans_jpeg(*state, "b.jpg", 16, 16, 12)},
        {"TIFF in strips", write_tiff(*state, "a.tif", &packed, 1)},
        {"TIFF in tiles", write_tiff(*state, "b.tif", &tiled, 1)},
        {"WebP", write_webp(*state, "a.webp", 8, 9, colours, 6)},
        {"lossy WebP", write_lossy_webp(*state, "b.webp", false)},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const specimen s = {files[i].name, files[i].path, files[i].path, 0, read_both};
        expect_truncations(&s);
        expect_mutations(&s);
    }
}

/* A few bytes announce what can be in no file of their number, or what is too large in any. */
static void announced_sizes_are_bounded(void **state) {
    size_t size;
    const char *path = write_plain_png(*state, "a.png", 9, 7, 3, 1);
    unsigned char *bytes = read_all(path, &size);
    static const struct {
        uint32_t columns, rows;
        unsigned char bits;
        const char *why;
    } cases[] = {{16384, 5461, 8, "announces 16384 x 5461 pixels, which cannot be in "},
                 {16384, 5462, 8, "pixels of 3 bytes, more than the 256 MiB that a picture may"},
                 {32768, 2731, 16, "pixels of 6 bytes, more than the 256 MiB that a picture may"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t k = 0; k < 4; k++) {
            bytes[16 + k] = (unsigned char)(cases[i].columns >> (24 - 8 * k));
            bytes[20 + k] = (unsigned char)(cases[i].rows >> (24 - 8 * k));
        }
        bytes[24] = cases[i].bits;
        unsigned long sum = crc32(0, bytes + 12, 17);
        for (size_t k = 0; k < 4; k++)
            bytes[29 + k] = (unsigned char)(sum >> (24 - 8 * k));
        write_bytes(path, bytes, size);
        expect_damaged(path, cases[i].why);
    }
    free(bytes);
    path = write_jpeg(*state, "a.jpg", 16, 16, 99);
    bytes = read_all(path, &size);
    unsigned char *frame = memmem(bytes, size, "\xff\xc0", 2); /* length, bits, rows, columns */
    assert_non_null(frame);
    memcpy(frame + 5, "\x40\x00\x40\x00", 4);
    write_bytes(path, bytes, size);
    free(bytes);
    expect_damaged(path, "announces 16384 x 16384 pixels, which cannot be in ");
}

static size_t put_entry(unsigned char *to, unsigned tag, unsigned value) {
    const unsigned char entry[12] = {
        (unsigned char)tag, (unsigned char)(tag >> 8), 3, 0, 1, 0, 0, 0, (unsigned char)value};
    memcpy(to, entry, sizeof entry);
    return sizeof entry;
}

/* A page is found through those before it: a file of many takes the square of their number. */
static void pages_are_counted(void **state) {
    enum { DIRECTORY = 2 + 4 * 12 + 4, MOST = 4097 };
    static unsigned char file[8 + MOST * DIRECTORY] = "II*\0\10";
    const char *path = path_in(*state, "a.tif");
    int32_t *numbers = NULL, count = 0;
    for (int pages = 4096; pages <= MOST; pages++) {
        size_t at = 8;
        for (int i = 0; i < pages; i++) {
            file[at] = 4;
            at += 2;
            at += put_entry(file + at, TIFFTAG_IMAGEWIDTH, 1);
            at += put_entry(file + at, TIFFTAG_IMAGELENGTH, 1);
            at += put_entry(file + at, TIFFTAG_STRIPOFFSETS, 8);
            at += put_entry(file + at, TIFFTAG_STRIPBYTECOUNTS, 1);
            uint32_t next = i + 1 < pages ? (uint32_t)at + 4 : 0;
            memcpy(file + at, &next, sizeof next);
            at += 4;
        }
        write_bytes(path, file, at);
        nt_status status = nt_picture_pages(path, &numbers, &count, &error);
        if (pages < MOST) {
            EXPECT_OK(&error, status);
            assert_int_equal(count, pages);
            nt_free(numbers, (size_t)count * sizeof *numbers);
        } else {
            EXPECT_ERROR(&error, status, NT_INVALID, "a.tif: error: has more than 4096 pages");
        }
    }
}

/* Each scan costs a pass over all blocks, and next to no bytes. */
static void scans_are_counted(void **state) {
    nt_picture p;
    for (int scans = 99; scans <= 101; scans++) {
        const char *path = write_scans_jpeg(*state, "a.jpg", 16, 16, scans);
        nt_status status = nt_picture_read(path, NT_AS_IMAGE, &p, &error);
        if (scans <= 100) {
            EXPECT_OK(&error, status);
            nt_picture_finish(&p);
        } else {
            EXPECT_ERROR(&error, status, NT_INVALID, "it has more scans than the 100 that");
        }
    }
    const char *path = write_scans_jpeg(*state, "a.jpg", 2048, 8192, 90); /* 2^25 blocks in 85 */
    EXPECT_ERROR(&error, nt_picture_read(path, NT_AS_IMAGE, &p, &error), NT_INVALID,
                 "a.jpg: error: is damaged: it has more scans than the ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(tiffs_of_every_kind_are_read),
        WITH_FOLDER(tiffs_of_every_compression_are_read),
        WITH_FOLDER(tiffs_of_luminance_are_read),
        WITH_FOLDER(formats_give_the_same_samples),
        WITH_FOLDER(every_format_is_turned_upright),
        WITH_FOLDER(pages_are_pictures),
        WITH_FOLDER(damaged_files_are_refused),
        WITH_FOLDER(impossible_sizes_are_refused),
        WITH_FOLDER(other_values_are_refused),
        WITH_FOLDER(memory_may_run_out),
        WITH_FOLDER(harmless_warnings_pass),
        WITH_FOLDER(looking_reads_little),
        WITH_FOLDER(pieces_are_joined),
        WITH_FOLDER(long_headers_are_looked_at),
        WITH_FOLDER(broken_files_do_no_harm),
        WITH_FOLDER(announced_sizes_are_bounded),
        WITH_FOLDER(scans_are_counted),
        WITH_FOLDER(pages_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
