/* Picture files of every kind, put together here byte by byte, and what becomes of them as samples:
 * bit depths, palettes, transparency, interlacing, EXIF orientations, sizes that can't be. */
#include "file.h"
#include "picture_private.h"
#include "picture_tree.h"
#include "support_base.h"
#include <errno.h>
#include <math.h>
#include <zlib.h>

#include <jpeglib.h>

static nt_error error;

/* --- PNG, by RFC 2083 ------------------------------------------------------------------------- */

enum { GREY = 0, COLOUR = 2, PALETTE = 3, GREY_ALPHA = 4, COLOUR_ALPHA = 6 };
enum { ROWS = 11, COLUMNS = 13, MOST_FILE = 1 << 16 };

typedef struct png {
    int rows, columns, kind, depth;
    bool interlaced, transparent;
} png;

typedef struct bytes {
    unsigned char at[MOST_FILE];
    size_t size;
} bytes;

static int samples_of(int kind) {
    return kind == COLOUR ? 3 : kind == GREY_ALPHA ? 2 : kind == COLOUR_ALPHA ? 4 : 1;
}

/* Sample k of the pixel at (row, column). */
static unsigned sample_of(const png *p, int r, int c, int k) {
    unsigned mixed = (unsigned)(r * 64 + c * 4 + k + 1) * 2654435761u;
    mixed = (mixed ^ mixed >> 15) * 2246822519u;
    return mixed >> 13 & ((1u << p->depth) - 1);
}

static unsigned char colour_of(unsigned index, int k) {
    return (unsigned char)(index * 29 + (unsigned)k * 83 + 5);
}

static void put_32(bytes *to, uint32_t value) {
    for (int i = 24; i >= 0; i -= 8)
        to->at[to->size++] = (unsigned char)(value >> i);
}

static void put_chunk(bytes *to, const char *type, const unsigned char *data, size_t size) {
    put_32(to, (uint32_t)size);
    size_t start = to->size;
    memcpy(to->at + start, type, 4);
    if (size)
        memcpy(to->at + start + 4, data, size);
    to->size += 4 + size;
    put_32(to, (uint32_t)crc32(0, to->at + start, (unsigned)(4 + size)));
}

/* Appends the pixels (first, first + step, …) of a row, after a filter byte. */
static void put_row(bytes *to, const png *p, int r, int first, int step) {
    int bit = 0;
    to->at[to->size++] = 0;
    for (int c = first; c < p->columns; c += step)
        for (int k = 0; k < samples_of(p->kind); k++) {
            unsigned value = sample_of(p, r, c, k);
            if (p->depth == 16)
                to->at[to->size++] = (unsigned char)(value >> 8);
            if (p->depth >= 8) {
                to->at[to->size++] = (unsigned char)value;
                continue;
            }
            if (bit == 0)
                to->at[to->size++] = 0;
            bit += p->depth;
            to->at[to->size - 1] |= (unsigned char)(value << (8 - bit));
            bit %= 8;
        }
}

static void put_pixels(bytes *to, const png *p) {
    static const int passes[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                     {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    static bytes raw, packed;
    raw.size = 0;
    for (int i = 0; i < (p->interlaced ? 7 : 1); i++) {
        int x = p->interlaced ? passes[i][0] : 0, y = p->interlaced ? passes[i][1] : 0;
        int across = p->interlaced ? passes[i][2] : 1, down = p->interlaced ? passes[i][3] : 1;
        for (int r = y; r < p->rows && x < p->columns; r += down)
            put_row(&raw, p, r, x, across);
    }
    uLongf size = MOST_FILE;
    assert_int_equal(compress(packed.at, &size, raw.at, raw.size), Z_OK);
    put_chunk(to, "IDAT", packed.at, size);
}

/* Tells a reader which colour is transparent; for a palette, how opaque the first two are. */
static void put_transparency(bytes *to, const png *p) {
    unsigned char opaque[6] = {0, 128};
    int count = p->kind == PALETTE ? 2 : 2 * samples_of(p->kind);
    for (int k = 0; k < samples_of(p->kind) && p->kind != PALETTE; k++) {
        opaque[2 * k] = (unsigned char)(sample_of(p, 0, 0, k) >> 8);
        opaque[2 * k + 1] = (unsigned char)sample_of(p, 0, 0, k);
    }
    put_chunk(to, "tRNS", opaque, (size_t)count);
}

static void put_header(bytes *to, const png *p) {
    static bytes header;
    header.size = to->size = 0;
    memcpy(to->at, "\x89PNG\r\n\x1a\n", 8);
    to->size = 8;
    put_32(&header, (uint32_t)p->columns);
    put_32(&header, (uint32_t)p->rows);
    const unsigned char rest[5] = {(unsigned char)p->depth, (unsigned char)p->kind, 0, 0,
                                   p->interlaced};
    memcpy(header.at + 8, rest, 5);
    put_chunk(to, "IHDR", header.at, 13);
}

static const char *write_png(const char *folder, const char *name, const png *p) {
    static bytes file;
    unsigned char palette[256 * 3];
    const char *path = path_in(folder, name);
    put_header(&file, p);
    for (int i = 0; i < 256 * 3; i++)
        palette[i] = colour_of((unsigned)i / 3, i % 3);
    if (p->kind == PALETTE)
        put_chunk(&file, "PLTE", palette, (size_t)3 << p->depth);
    if (p->transparent)
        put_transparency(&file, p);
    put_pixels(&file, p);
    put_chunk(&file, "IEND", NULL, 0);
    write_bytes(path, file.at, file.size);
    return path;
}

/* What channel k of a pixel is to be read as. */
static unsigned wanted(const png *p, nt_picture_use use, int r, int c, int k) {
    unsigned value = sample_of(p, r, c, k);
    if (use == NT_AS_LABELS)
        return value;
    if (p->kind == PALETTE)
        return colour_of(sample_of(p, r, c, 0), k);
    return p->depth < 8 ? value * (255 / ((1u << p->depth) - 1)) : value;
}

static void check_read(const char *path, const png *p, nt_picture_use use) {
    nt_picture seen, picture;
    bool colour =
        p->kind == COLOUR || p->kind == COLOUR_ALPHA || (p->kind == PALETTE && use == NT_AS_IMAGE);
    EXPECT_OK(&error, nt_picture_look(path, &seen, &error));
    EXPECT_OK(&error, nt_picture_read(path, use, &picture, &error));
    assert_int_equal(picture.channels, colour ? 3 : 1);
    assert_true(picture.rows == p->rows && picture.columns == p->columns);
    assert_true(picture.wide == (p->depth == 16));
    assert_true(seen.rows == p->rows && seen.columns == p->columns && seen.wide == picture.wide);
    assert_true(use == NT_AS_LABELS || seen.channels == picture.channels);
    for (int r = 0; r < p->rows; r++)
        for (int c = 0; c < p->columns; c++)
            for (int k = 0; k < picture.channels; k++) {
                int at = (r * p->columns + c) * picture.channels + k;
                if (nt_picture_value(&picture, at) != wanted(p, use, r, c, k))
                    fail_msg("kind %d, depth %d, interlaced %d, transparent %d, use %d: (%d,%d,%d)",
                             p->kind, p->depth, p->interlaced, p->transparent, use, r, c, k);
            }
    nt_picture_finish(&picture);
}

static void pngs_of_every_kind_are_read(void **state) {
    static const struct {
        int kind, depths[6];
    } kinds[] = {{GREY, {1, 2, 4, 8, 16}},
                 {COLOUR, {8, 16}},
                 {PALETTE, {1, 2, 4, 8}},
                 {GREY_ALPHA, {8, 16}},
                 {COLOUR_ALPHA, {8, 16}}};
    size_t before = nt_alloc_in_use();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (const int *depth = kinds[i].depths; *depth; depth++)
            for (int more = 0; more < 4; more++) {
                png p = {ROWS, COLUMNS, kinds[i].kind, *depth, more & 1, more & 2};
                if (p.transparent && (p.kind == GREY_ALPHA || p.kind == COLOUR_ALPHA))
                    continue; /* the format forbids it */
                const char *path = write_png(*state, "p.png", &p);
                check_read(path, &p, NT_AS_IMAGE);
                check_read(path, &p, NT_AS_LABELS);
            }
    assert_int_equal(nt_alloc_in_use(), before);
}

/* A file of a few bytes must not lead to a huge allocation. */
static void impossible_sizes_are_refused(void **state) {
    static bytes file;
    const char *path = path_in(*state, "p.png");
    nt_picture picture;
    const struct {
        png p;
        const char *why;
    } cases[] = {
        {{1, 32769, GREY, 8, false, false}, "has 32769 x 1 pixels, more than 32768 on a side"},
        {{32769, 1, GREY, 8, false, false}, "has 1 x 32769 pixels, more than 32768 on a side"},
        {{20000, 20000, COLOUR, 16, false, false},
         "has 20000 x 20000 pixels of 6 bytes, more than the 256"},
        {{0, 5, GREY, 8, false, false}, "is damaged"},
        {{5, 5, COLOUR, 4, false, false}, "is damaged"},
        {{5, 5, 7, 8, false, false}, "is damaged"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int look = 0; look < 2; look++) {
            put_header(&file, &cases[i].p);
            put_chunk(&file, "IDAT", (const unsigned char *)"x", 1);
            write_bytes(path, file.at, file.size);
            nt_status status = look ? nt_picture_look(path, &picture, &error)
                                    : nt_picture_read(path, NT_AS_IMAGE, &picture, &error);
            EXPECT_ERROR(&error, status, NT_INVALID, cases[i].why);
        }
    write_bytes(path, "GIF89a", 6);
    nt_status status = nt_picture_look(path, &picture, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "is no PNG, JPEG, TIFF or WebP file");
}

/* Each allocation of ours in turn fails. */
static void memory_may_run_out(void **state) {
    const png p = {ROWS, COLUMNS, COLOUR, 8, true, false};
    const nt_picture_form form = {4, 4, 1, true, NT_PIXEL_FLOAT, false};
    const char *path = write_png(*state, "p.png", &p);
    float pixels[16];
    int failures = 0;
    for (bool failed = true; failed; failures += failed) {
        fail_allocation(failures);
        nt_status status = nt_picture_to_pixels(&form, path, pixels, &error);
        failed = allow_all_allocations();
        assert_int_equal(status, failed ? NT_NO_MEMORY : NT_OK);
        nt_error_finish(&error);
        nt_error_init(&error);
    }
    assert_true(failures >= 4); /* the file, its values, its rows, the resized picture … */
}

/* A picture is written whole or not at all. */
static void writing_may_fail(void **state) {
    static const unsigned char colours[2][3] = {{1, 2, 3}, {4, 5, 6}};
    unsigned char values[6] = {0, 1, 1, 0, 0, 1};
    const nt_picture picture = {2, 3, 1, false, values};
    const char *path = path_in(*state, "p.png");
    nt_picture again;
    EXPECT_OK(&error, nt_picture_write_png(path, &picture, colours, 2, &error));
    values[0] = 1;
    for (int n = 1; n <= 3; n++) { /* the first write, then syncing and renaming */
        nt_file_fail_at(n, ENOSPC);
        nt_status status = nt_picture_write_png(path, &picture, colours, 2, &error);
        nt_file_fail_at(0, 0);
        EXPECT_ERROR(&error, status, NT_IO, "p.png");
        assert_int_equal(count_files(*state), 1);
    }
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_LABELS, &again, &error));
    assert_int_equal(nt_picture_value(&again, 0), 0);
    assert_int_equal(nt_picture_value(&again, 5), 1);
    nt_picture_finish(&again);
}

/* --- JPEG ------------------------------------------------------------------------------------- */

enum { BLOCK = 8, HIGH = 2, WIDE = 3 }; /* a JPEG of 2 x 3 blocks, each of one brightness */

static int brightness(int r, int c) {
    return 20 + 40 * (r * WIDE + c);
}

/* `channels`: 1 grey, 3 colour, 4 CMYK. The caller frees. */
static unsigned char *make_jpeg(int channels, unsigned long *ret_size) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr manager;
    unsigned char row[WIDE * BLOCK * 4], *made = NULL;
    JSAMPROW at = row;
    jpeg.err = jpeg_std_error(&manager);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &made, ret_size);
    jpeg.image_width = WIDE * BLOCK;
    jpeg.image_height = HIGH * BLOCK;
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int r = 0; r < HIGH * BLOCK; r++) {
        for (int k = 0; k < WIDE * BLOCK * channels; k++)
            row[k] = (unsigned char)brightness(r / BLOCK, k / channels / BLOCK);
        jpeg_write_scanlines(&jpeg, &at, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    return made;
}

/* The note of a camera that it was held so; returns its size. */
static size_t make_exif(unsigned char *to, int orientation, bool big) {
    static const unsigned char little[] = "Exif\0\0II*\0\10\0\0\0\2\0"
                                          "\1\1\4\0\1\0\0\0\7\0\0\0"
                                          "\22\1\3\0\1\0\0\0\0\0\0\0";
    static const unsigned char other[] = "Exif\0\0MM\0*\0\0\0\10\0\2"
                                         "\1\1\0\4\0\0\0\1\0\0\0\7"
                                         "\1\22\0\3\0\0\0\1\0\0\0\0";
    size_t size = sizeof little - 1;
    memcpy(to, big ? other : little, size);
    to[size - (big ? 3 : 4)] = (unsigned char)orientation;
    return size;
}

/* Writes the JPEG with `segment` after its first marker. */
static void write_with(const char *path, const unsigned char *jpeg, size_t size,
                       const unsigned char *segment, size_t length) {
    static bytes file;
    const unsigned char head[6] = {0xff, 0xd8, 0xff, 0xe1, 0, (unsigned char)(length + 2)};
    memcpy(file.at, head, 6);
    memcpy(file.at + 6, segment, length);
    memcpy(file.at + 6 + length, jpeg + 2, size - 2);
    write_bytes(path, file.at, 6 + length + size - 2);
}

/* Where the first row's left block is to be seen, and that of the last row's right one: by the
 * EXIF standard's table of what row 0 and column 0 show. */
static void pictures_are_turned_upright(void **state) {
    static const struct {
        int rows, columns, top_left, top_right, bottom_left; /* numbers of blocks */
    } turned[9] = {{0},
                   {2, 3, 0, 2, 3},
                   {2, 3, 2, 0, 5},
                   {2, 3, 5, 3, 2},
                   {2, 3, 3, 5, 0},
                   {3, 2, 0, 3, 2},
                   {3, 2, 3, 0, 5},
                   {3, 2, 5, 2, 3},
                   {3, 2, 2, 5, 0}};
    unsigned long size = 0;
    unsigned char *jpeg = make_jpeg(3, &size), note[100];
    const char *path = path_in(*state, "p.jpg");
    for (int i = 2; i < 18; i++) {
        int orientation = i / 2, corner = BLOCK / 2;
        nt_picture seen, p;
        write_with(path, jpeg, size, note, make_exif(note, orientation, i % 2));
        EXPECT_OK(&error, nt_picture_look(path, &seen, &error));
        EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &p, &error));
        assert_true(seen.rows == p.rows && seen.columns == p.columns && !seen.values);
        assert_int_equal(p.rows, turned[orientation].rows * BLOCK);
        assert_int_equal(p.columns, turned[orientation].columns * BLOCK);
        const int places[3][3] = {
            {corner, corner, turned[orientation].top_left},
            {corner, p.columns - corner, turned[orientation].top_right},
            {p.rows - corner, corner, turned[orientation].bottom_left},
        };
        for (int k = 0; k < 3; k++) {
            int got = (int)nt_picture_value(&p, (places[k][0] * p.columns + places[k][1]) * 3 + 1);
            assert_in_range(got, brightness(0, places[k][2]) - 4, brightness(0, places[k][2]) + 4);
        }
        nt_picture_finish(&p);
    }
    free(jpeg);
}

/* Notes that make no sense are none. */
static void odd_notes_are_passed_over(void **state) {
    unsigned char note[100], *exact;
    (void)state;
    for (int big = 0; big < 2; big++) {
        size_t size = make_exif(note, 6, big);
        assert_int_equal(nt_exif_orientation(note, size), 6);
        for (size_t cut = 0; cut < size - 2; cut++) {
            exact = malloc(cut + 1); /* so that a sanitizer sees a step too far */
            memcpy(exact, note, cut);
            int got = nt_exif_orientation(exact, cut);
            assert_true(got == 1 || (got == 6 && cut >= size - 3));
            free(exact);
        }
        make_exif(note, 9, big);
        assert_int_equal(nt_exif_orientation(note, size), 1);
        make_exif(note, 6, big);
        memset(note + 10, 0xff, 4); /* the directory lies past the end */
        assert_int_equal(nt_exif_orientation(note, size), 1);
    }
}

static void jpegs_of_other_kinds(void **state) {
    unsigned long size = 0;
    unsigned char *jpeg = make_jpeg(1, &size);
    const char *path = path_in(*state, "p.jpg");
    nt_picture p;
    write_bytes(path, jpeg, size);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &p, &error));
    assert_int_equal(p.channels, 1);
    assert_in_range(nt_picture_value(&p, 0), brightness(0, 0) - 2, brightness(0, 0) + 2);
    nt_picture_finish(&p);

    static bytes file; /* bytes between the last segments, as some cameras leave there */
    memcpy(file.at, jpeg, size - 2);
    memset(file.at + size - 2, 7, 100);
    memcpy(file.at + size + 98, jpeg + size - 2, 2);
    write_bytes(path, file.at, size + 100);
    EXPECT_OK(&error, nt_picture_read(path, NT_AS_IMAGE, &p, &error));
    nt_picture_finish(&p);
    free(jpeg);

    jpeg = make_jpeg(4, &size);
    write_bytes(path, jpeg, size);
    nt_status status = nt_picture_read(path, NT_AS_IMAGE, &p, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "has four colours (CMYK); convert it to RGB");
    free(jpeg);
}

/* --- listing ---------------------------------------------------------------------------------- */

static void listings_are_sorted(void **state) {
    enum { FILES = 400 };
    nt_arena arena;
    nt_picture_files files;
    int failures = 0;
    for (int i = 0; i < FILES; i++) {
        char name[20];
        snprintf(name, sizeof name, "%d.%s", i, i % 2 ? "png" : "JPEG");
        write_bytes(path_in(*state, name), "", 0);
    }
    write_bytes(path_in(*state, ".hidden.png"), "", 0);
    write_bytes(path_in(*state, "notes.txt"), "", 0);
    for (bool failed = true; failed; failures += failed) { /* each allocation in turn fails */
        size_t before = nt_alloc_in_use();
        nt_arena_init(&arena);
        fail_allocation(failures);
        nt_status status = nt_picture_files_list(*state, &arena, &files, &error);
        failed = allow_all_allocations();
        if (failed)
            EXPECT_ERROR(&error, status, NT_NO_MEMORY, "out of memory");
        else
            EXPECT_OK(&error, status);
        for (int32_t i = 1; !failed && i < FILES; i++)
            assert_true(strcmp(files.items[i - 1].stem, files.items[i].stem) < 0);
        nt_arena_finish(&arena);
        assert_int_equal(nt_alloc_in_use(), before);
    }
    assert_int_equal(files.count, FILES);
    write_bytes(path_in(*state, "7.jpg"), "", 0);
    nt_arena_init(&arena);
    nt_status status = nt_picture_files_list(*state, &arena, &files, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "7.png: error: has the name of ");
    nt_arena_finish(&arena);
}

/* --- samples ---------------------------------------------------------------------------------- */

static void channels_and_depths_are_converted(void **state) {
    const png colour = {ROWS, COLUMNS, COLOUR, 8, false, false};
    const png grey = {ROWS, COLUMNS, GREY, 4, false, false};
    const png wide = {ROWS, COLUMNS, GREY, 16, false, false};
    const nt_picture_wish own = {.channels = 0}, grey_alone = {.channels = 1};
    const nt_picture_wish colour_alone = {.channels = 3}, half = {.size = {0, 5}};
    unsigned char one[ROWS * COLUMNS], three[ROWS * COLUMNS * 3];
    float shares[ROWS * COLUMNS];
    nt_picture_form form;
    const char *path = write_png(*state, "colour.png", &colour);
    EXPECT_OK(&error, nt_picture_form_of(path, &grey_alone, &form, &error));
    EXPECT_OK(&error, nt_picture_to_pixels(&form, path, one, &error));
    for (int p = 0; p < ROWS * COLUMNS; p++) {
        int r = p / COLUMNS, c = p % COLUMNS;
        double luma = .299 * sample_of(&colour, r, c, 0) + .587 * sample_of(&colour, r, c, 1) +
                      .114 * sample_of(&colour, r, c, 2);
        assert_int_equal(one[p], lround(luma));
    }
    nt_status status = nt_picture_form_of(path, &half, &form, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "'size' must be two numbers above 0");
    path = write_png(*state, "grey.png", &grey);
    EXPECT_OK(&error, nt_picture_form_of(path, &colour_alone, &form, &error));
    EXPECT_OK(&error, nt_picture_to_pixels(&form, path, three, &error));
    for (int k = 0; k < ROWS * COLUMNS * 3; k++)
        assert_int_equal(three[k], 17 * sample_of(&grey, k / 3 / COLUMNS, k / 3 % COLUMNS, 0));
    path = write_png(*state, "wide.png", &wide);
    status = nt_picture_to_pixels(&form, path, three, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "has 16 bits a value; the others have 8");
    EXPECT_OK(&error, nt_picture_form_of(path, &own, &form, &error));
    EXPECT_OK(&error, nt_picture_to_pixels(&form, path, shares, &error));
    for (int p = 0; p < ROWS * COLUMNS; p++)
        assert_true(shares[p] == (float)(sample_of(&wide, p / COLUMNS, p % COLUMNS, 0) / 65535.0));
}

/* 4 x 6 pixels of one colour but for one, which is `odd`. */
static const char *write_spot(const char *folder, const unsigned char ground[3],
                              const unsigned char odd[3], int row, int column) {
    unsigned char values[4 * 6 * 3];
    const nt_picture picture = {4, 6, 3, false, values};
    const char *path = path_in(folder, "spot.png");
    for (int p = 0; p < 24; p++)
        memcpy(values + 3 * p, p == row * 6 + column ? odd : ground, 3);
    EXPECT_OK(&error, nt_picture_write_png(path, &picture, NULL, 0, &error));
    return path;
}

static void masks_are_looked_up_by_colour(void **state) {
    static const char *const names[] = {"ground", "organ", "lesion"};
    static const int32_t numbers[] = {7, 8, 0xff8001}, hidden[] = {0x00ff00};
    const nt_mask_key key = {{3, names, numbers}, {1, hidden}};
    nt_picture_form form = {4, 6, 1, false, NT_PIXEL_BYTE, false};
    unsigned char mask[8 * 12];
    const char *path = write_spot(*state, (const unsigned char[]){7, 7, 7},
                                  (const unsigned char[]){0xff, 0x80, 1}, 2, 5);
    EXPECT_OK(&error, nt_picture_to_mask(&form, &key, &path, 1, mask, &error));
    for (int p = 0; p < 24; p++)
        assert_int_equal(mask[p], p == 17 ? 2 : 0);
    form = (nt_picture_form){8, 12, 1, true, NT_PIXEL_BYTE, false};
    EXPECT_OK(&error, nt_picture_to_mask(&form, &key, &path, 1, mask, &error));
    for (int p = 0; p < 96; p++)
        assert_int_equal(mask[p], p / 12 / 2 == 2 && p % 12 / 2 == 5 ? 2 : 0);
    write_spot(*state, (const unsigned char[]){7, 7, 7}, (const unsigned char[]){0, 255, 0}, 0, 0);
    EXPECT_OK(&error, nt_picture_to_mask(&form, &key, &path, 1, mask, &error));
    assert_int_equal(mask[0], NT_NO_CLASS);

    /* The place is the file's, whatever becomes of it: here it isn't even shown. */
    form = (nt_picture_form){4, 2, 1, true, NT_PIXEL_BYTE, false};
    write_spot(*state, (const unsigned char[]){7, 7, 7}, (const unsigned char[]){1, 2, 3}, 3, 5);
    nt_status status = nt_picture_to_mask(&form, &key, &path, 1, mask, &error);
    EXPECT_ERROR(&error, status, NT_INVALID,
                 "has a 0x010203 at column 5, row 3, which no class has; its numbers are 7, "
                 "0x010203; name it under 'labels'");
    const png wide = {ROWS, COLUMNS, COLOUR, 16, false, false};
    path = write_png(*state, "wide.png", &wide);
    status = nt_picture_to_mask(&form, &key, &path, 1, mask, &error);
    EXPECT_ERROR(&error, status, NT_INVALID, "has colours of 16 bits");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(pngs_of_every_kind_are_read),
        WITH_FOLDER(impossible_sizes_are_refused),
        WITH_FOLDER(memory_may_run_out),
        WITH_FOLDER(writing_may_fail),
        WITH_FOLDER(pictures_are_turned_upright),
        cmocka_unit_test(odd_notes_are_passed_over),
        WITH_FOLDER(jpegs_of_other_kinds),
        WITH_FOLDER(listings_are_sorted),
        WITH_FOLDER(channels_and_depths_are_converted),
        WITH_FOLDER(masks_are_looked_up_by_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
