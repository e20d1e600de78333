/* The kind `npy`, on arrays put together byte by byte: types, byte orders, layouts, archives, what
 * is refused, and damage anywhere. */
#include "loader.h"
#include "parallel.h"
#include "support_data.h"
#include <math.h>

enum { SAMPLES = 4, CHANNELS = 3, ROWS = 2, COLUMNS = 5, PIXELS = ROWS * COLUMNS };
enum { IMAGE = CHANNELS * PIXELS, VALUES = SAMPLES * IMAGE, LARGE = 1 << 14 };

static nt_error error;

/* --- bytes ------------------------------------------------------------------------------------ */

typedef struct bytes {
    size_t size;
    unsigned char at[LARGE];
} bytes;

static void put(bytes *to, const void *from, size_t size) {
    assert_true(to->size + size <= LARGE);
    memcpy(to->at + to->size, from, size);
    to->size += size;
}

static void put_little(bytes *to, uint64_t value, int size) {
    for (int i = 0; i < size; i++)
        put(to, &(unsigned char){i < 8 ? (unsigned char)(value >> (8 * i)) : 0}, 1);
}

static void put_header(bytes *to, int major, const char *header) {
    put(to, "\x93NUMPY", 6);
    put_little(to, (uint64_t)major, 2);
    put_little(to, strlen(header), major > 1 ? 4 : 2);
    put(to, header, strlen(header));
}

/* The bits of a half that holds a whole number below 2048. */
static uint64_t half_of(int value) {
    int exponent = 0, size = value < 0 ? -value : value;
    while (size >> (exponent + 1))
        exponent++;
    uint64_t sign = value < 0 ? 0x8000 : 0;
    return size == 0 ? sign
                     : sign | (uint64_t)(exponent + 15) << 10 |
                           ((uint64_t)size << (10 - exponent) & 1023);
}

/* A number as an element of type "<f4", ">i2" …: its bits, then its bytes in the order. */
static void put_number(bytes *to, const char *type, double value) {
    int size = type[2] - '0';
    uint64_t bits = (uint64_t)(int64_t)value;
    if (type[1] == 'f' && size == 2)
        bits = half_of((int)value);
    if (type[1] == 'f' && size == 4)
        memcpy(&bits, &(float){(float)value}, 4);
    if (type[1] == 'f' && size == 8)
        memcpy(&bits, &value, 8);
    for (int i = 0; i < size; i++)
        put(to, &(unsigned char){(unsigned char)(bits >> 8 * (type[0] == '>' ? size - 1 - i : i))},
            1);
}

static int value_at(int n, int c, int p) {
    return (n * 37 + c * 11 + p * 3) % 120;
}

/* An array of a type and shape, of numbers in the order in which they are to lie. */
static void make_array(bytes *to, const char *type, bool fortran, const char *shape,
                       const double *numbers, int count) {
    char header[200];
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }   \n",
             type, fortran ? "True" : "False", shape);
    to->size = 0;
    put_header(to, 1, header);
    for (int i = 0; i < count; i++)
        put_number(to, type, numbers[i]);
}

static void write_array(const char *path, const char *type, bool fortran, const char *shape,
                        const double *numbers, int count) {
    bytes file;
    make_array(&file, type, fortran, shape, numbers, count);
    write_bytes(path, file.at, file.size);
}

/* All samples, with channels first or last. */
static const double *all_values(bool last) {
    static double values[VALUES];
    for (int n = 0; n < SAMPLES; n++)
        for (int c = 0; c < CHANNELS; c++)
            for (int p = 0; p < PIXELS; p++)
                values[n * IMAGE + (last ? p * CHANNELS + c : c * PIXELS + p)] = value_at(n, c, p);
    return values;
}

static const double labels[SAMPLES] = {2, 0, 1, 2};
static const char images_shape[] = "(4, 3, 2, 5)", last_shape[] = "(4, 2, 5, 3)";

static void write_labels(const char *folder) {
    write_array(path_in(folder, "y.npy"), "<i8", false, "(4,)", labels, SAMPLES);
}

static void write_images(const char *folder, const char *type) {
    write_array(path_in(folder, "x.npy"), type, false, images_shape, all_values(false), VALUES);
}

/* --- archives --------------------------------------------------------------------------------- */

typedef struct member {
    const char *name;
    const bytes *data;
    bool packed;
} member;

static void put_member(bytes *zip, const member *m, const bytes *packed, bool central,
                       size_t offset) {
    put(zip, central ? "PK\x01\x02\x14\0\x14\0" : "PK\x03\x04\x14\0", central ? 8 : 6);
    put_little(zip, 0, 2);
    put_little(zip, m->packed ? 8 : 0, 2);
    put_little(zip, 0, 4);
    put_little(zip, crc32(0, m->data->at, (unsigned)m->data->size), 4);
    put_little(zip, packed->size, 4);
    put_little(zip, m->data->size, 4);
    put_little(zip, strlen(m->name), 2);
    put_little(zip, 0, 2);
    if (central) {
        put_little(zip, 0, 10);
        put_little(zip, offset, 4);
    }
    put(zip, m->name, strlen(m->name));
    if (!central)
        put(zip, packed->at, packed->size);
}

static void pack(const bytes *from, bytes *to) {
    z_stream z = {.next_in = (unsigned char *)from->at, .avail_in = (unsigned)from->size};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = to->at;
    z.avail_out = LARGE;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    to->size = z.total_out;
    deflateEnd(&z);
}

static void make_archive(bytes *zip, const member *members, int count) {
    static bytes packed[4];
    size_t offsets[4], begin;
    zip->size = 0;
    for (int i = 0; i < count; i++) {
        packed[i] = *members[i].data;
        if (members[i].packed)
            pack(members[i].data, &packed[i]);
        offsets[i] = zip->size;
        put_member(zip, &members[i], &packed[i], false, 0);
    }
    begin = zip->size;
    for (int i = 0; i < count; i++)
        put_member(zip, &members[i], &packed[i], true, offsets[i]);
    size_t size = zip->size - begin;
    put(zip, "PK\x05\x06\0\0\0\0", 8);
    put_little(zip, (uint64_t)count, 2);
    put_little(zip, (uint64_t)count, 2);
    put_little(zip, size, 4);
    put_little(zip, begin, 4);
    put_little(zip, 0, 2);
}

/* Images x, packed or not, and labels y. */
static void make_npz(bytes *zip, bool packed) {
    static bytes x, y;
    make_array(&x, "<f4", false, images_shape, all_values(false), VALUES);
    make_array(&y, ">i2", false, "(4, 1)", labels, SAMPLES);
    make_archive(zip, (const member[]){{"x.npy", &x, packed}, {"y.npy", &y, packed}}, 2);
}

/* --- opening ---------------------------------------------------------------------------------- */

#define TRAINING "train_images=x.npy train_labels=y.npy "

static nt_dataset *open_good(const char *root, const char *options) {
    nt_dataset *set = NULL;
    EXPECT_OK(&error, open_with("npy", root, options, -1, &set, &error));
    return set;
}

static nt_status try_all(const char *root, const char *options, int fails_at) {
    nt_dataset *set = NULL;
    nt_status status = open_with("npy", root, options, fails_at, &set, &error);
    for (int split = 0; split < NT_HELD_OUT && status == NT_OK; split++)
        if (nt_dataset_count(set, (nt_split)split) > 0)
            status = nt_dataset_load(set, (nt_split)split, &error);
    nt_dataset_free(set);
    return status;
}

static void expect_refused(const char *root, const char *options, const char *part) {
    size_t before = nt_alloc_in_use();
    nt_status status = try_all(root, options, -1);
    EXPECT_ERROR(&error, status, NT_INVALID, part);
    assert_int_equal(nt_alloc_in_use(), before);
}

static void check_images(const nt_dataset *set) {
    for (int n = 0; n < SAMPLES; n++) {
        const void *pixels = sample_of_set(set, NT_TRAIN, n).pixels;
        assert_int_equal(nt_dataset_label(set, NT_TRAIN, n), (int)labels[n]);
        for (int p = 0; p < PIXELS; p++)
            for (int c = 0; c < CHANNELS; c++) {
                int i = p * CHANNELS + c, want = value_at(n, c, p);
                if (nt_dataset_info(set)->pixel == NT_PIXEL_BYTE)
                    assert_int_equal(((const unsigned char *)pixels)[i], want);
                else
                    assert_true(((const float *)pixels)[i] == (float)want);
            }
    }
}

static void expect_images(const char *root, const char *options, nt_pixel pixel) {
    nt_dataset *set = open_good(root, options);
    const nt_data_info *info = nt_dataset_info(set);
    assert_int_equal(info->counts[NT_TRAIN], SAMPLES);
    assert_int_equal(info->classes, 3);
    assert_int_equal(info->pixel, pixel);
    assert_true(
        nt_shape_equal(info->shape, nt_shape_of(3, (const int32_t[]){CHANNELS, ROWS, COLUMNS})));
    assert_string_equal(nt_dataset_name(set, NT_TRAIN, 3), "3");
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    check_images(set);
    nt_dataset_free(set);
}

/* --- what is read ----------------------------------------------------------------------------- */

static void types_and_byte_orders(void **state) {
    static const char *const types[] = {"|u1", "|i1", "<u2", ">u2", "<i2", ">i2", "<u4",
                                        ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8",
                                        "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"};
    write_labels(*state);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        write_images(*state, types[i]);
        expect_images(*state, TRAINING, i == 0 ? NT_PIXEL_BYTE : NT_PIXEL_FLOAT);
    }
}

static void signs_and_small_halves(void **state) {
    static const double numbers[] = {-1, -100, 0, 1};
    const char *types[] = {"|i1", ">i2", "<i4", "<i8", "<f2", ">f4", "<f8"};
    write_labels(*state);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        write_array(path_in(*state, "x.npy"), types[t], false, "(4, 1, 1)", numbers, 4);
        nt_dataset *set = open_good(*state, TRAINING);
        EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
        for (int n = 0; n < 4; n++)
            assert_true(*(const float *)sample_of_set(set, NT_TRAIN, n).pixels ==
                        (float)numbers[n]);
        nt_dataset_free(set);
    }
    static const uint64_t bits[] = {0x0001, 0x83ff, 0x7bff, 0x3555};
    static const double halves[] = {0x1p-24, -0x1.ff8p-15, 65504, 0x1.554p-2};
    bytes file = {0};
    put_header(&file, 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (4, 1, 1), }\n");
    for (int i = 0; i < 4; i++)
        put_little(&file, bits[i], 2);
    write_bytes(path_in(*state, "x.npy"), file.at, file.size);
    nt_dataset *set = open_good(*state, TRAINING);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
    for (int n = 0; n < 4; n++)
        assert_true(*(const float *)sample_of_set(set, NT_TRAIN, n).pixels == (float)halves[n]);
    nt_dataset_free(set);
}

static void layouts_and_orders(void **state) {
    const char *path = path_in(*state, "x.npy");
    double turned[VALUES];
    write_labels(*state);
    write_array(path, "|u1", false, last_shape, all_values(true), VALUES);
    expect_images(*state, TRAINING "layout=nhwc", NT_PIXEL_BYTE);
    expect_refused(*state,
                   TRAINING "test_part=[2,1]"
                            " test_images=x.npy test_labels=y.npy",
                   "'test_part' must say which part, of how many");
    for (int n = 0; n < SAMPLES; n++) /* the first index is the fastest */
        for (int c = 0; c < CHANNELS; c++)
            for (int r = 0; r < ROWS; r++)
                for (int k = 0; k < COLUMNS; k++)
                    turned[n + SAMPLES * (c + CHANNELS * (r + ROWS * k))] =
                        value_at(n, c, r * COLUMNS + k);
    for (int t = 0; t < 2; t++) {
        write_array(path, t ? ">f4" : "|u1", true, images_shape, turned, VALUES);
        expect_images(*state, TRAINING, t ? NT_PIXEL_FLOAT : NT_PIXEL_BYTE);
    }
}

static void format_versions(void **state) {
    static const char *const headers[] = {
        "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 3, 2, 5), }\n",
        "{\"shape\":(4L,3L,2L,5L),\"fortran_order\":False,\"descr\":\"u1\"}",
        "  { 'shape' : ( 4 , 3 , 2 , 5 ) , 'descr' : '<u1' , 'fortran_order' : False , }  \n"};
    write_labels(*state);
    for (int major = 1; major <= 3; major++)
        for (int h = 0; h < 3; h++) {
            bytes file = {0};
            put_header(&file, major, headers[h]);
            for (int i = 0; i < VALUES; i++)
                put_number(&file, "|u1", all_values(false)[i]);
            write_bytes(path_in(*state, "x.npy"), file.at, file.size);
            expect_images(*state, TRAINING, NT_PIXEL_BYTE);
        }
}

static void archives_are_read(void **state) {
    static bytes zip, x;
    const char *path = path_in(*state, "a.npz");
    for (int packed = 0; packed < 2; packed++) {
        make_npz(&zip, packed);
        write_bytes(path, zip.at, zip.size);
        expect_images(*state, "train_images=a.npz#x train_labels=a.npz#y", NT_PIXEL_FLOAT);
        nt_dataset *set = open_good(*state, "train_images=a.npz#x train_labels=a.npz#y");
        assert_int_equal(nt_dataset_info(set)->file_count, 1);
        nt_dataset_free(set);
    }
    expect_refused(*state, "train_images=a.npz train_labels=a.npz#y",
                   "holds several arrays; there are x y: write FILE#NAME");
    expect_refused(*state, "train_images=a.npz#z train_labels=a.npz#y", "holds no array 'z'");
    write_labels(*state);
    make_array(&x, "|u1", false, images_shape, all_values(false), VALUES);
    make_archive(&zip, (const member[]){{"arr_0.npy", &x, true}}, 1);
    write_bytes(path, zip.at, zip.size);
    expect_images(*state, "train_images=a.npz train_labels=y.npy", NT_PIXEL_BYTE);
    make_archive(&zip, (const member[]){{"notes.txt", &x, false}}, 1);
    write_bytes(path, zip.at, zip.size);
    expect_refused(*state, "train_images=a.npz train_labels=y.npy", "holds no arrays");
    write_bytes(path, x.at, x.size);
    expect_refused(*state, "train_images=a.npz#x train_labels=y.npy", "is no archive of arrays");
}

static void bytes_are_measured(void **state) {
    write_labels(*state);
    write_images(*state, "|u1");
    nt_dataset *set = open_good(*state, TRAINING);
    const nt_data_info *info = nt_dataset_info(set);
    assert_int_equal(info->usual, NT_USUAL_CHANNELS);
    for (int c = 0; c < CHANNELS; c++) {
        double sum = 0, squares = 0, count = SAMPLES * PIXELS;
        for (int i = 0; i < SAMPLES * PIXELS; i++)
            sum += value_at(i / PIXELS, c, i % PIXELS) / 255.0;
        for (int i = 0; i < SAMPLES * PIXELS; i++)
            squares += pow(value_at(i / PIXELS, c, i % PIXELS) / 255.0 - sum / count, 2);
        assert_true(fabs((double)info->mean[c] - sum / count) < 1e-6);
        assert_true(fabs((double)info->deviation[c] - sqrt(squares / count)) < 1e-6);
    }
    nt_dataset_free(set);
    set = open_good(*state, "test_images=x.npy test_labels=y.npy");
    assert_int_equal(nt_dataset_info(set)->usual, NT_USUAL_NONE);
    nt_dataset_free(set);
    write_images(*state, "<f4");
    float filled[IMAGE];
    nt_loader *loader;
    set = open_good(*state, "test_images=x.npy test_labels=y.npy");
    EXPECT_OK(&error, nt_loader_new(set, NT_TEST, NULL, &loader, &error));
    EXPECT_OK(&error, nt_loader_fill(loader, 1, 1, filled, NULL, &error));
    assert_memory_equal(filled, sample_of_set(set, NT_TEST, 1).pixels, sizeof filled);
    nt_loader_free(loader);
    nt_dataset_free(set);
}

static void parts_of_the_test_arrays(void **state) {
    write_labels(*state);
    write_images(*state, "|u1");
    nt_dataset *set =
        open_good(*state, TRAINING "test_images=x.npy test_labels=y.npy test_part=[2,2]");
    assert_int_equal(nt_dataset_count(set, NT_TRAIN), 4);
    assert_int_equal(nt_dataset_count(set, NT_TEST), 2);
    EXPECT_OK(&error, nt_dataset_load(set, NT_TEST, &error));
    for (int i = 0; i < 2; i++) {
        const unsigned char *pixels = sample_of_set(set, NT_TEST, i).pixels;
        assert_int_equal(pixels[1], value_at(2 + i, 1, 0));
        assert_int_equal(nt_dataset_label(set, NT_TEST, i), (int)labels[2 + i]);
        assert_string_equal(nt_dataset_name(set, NT_TEST, i), i ? "3" : "2");
    }
    nt_dataset_free(set);
    expect_refused(*state, "test_images=x.npy test_labels=y.npy test_part=[1,3]",
                   "holds 4 samples, which make no 3 equal parts");
}

static void masks_and_their_numbers(void **state) {
    double numbers[SAMPLES * PIXELS];
    for (int i = 0; i < SAMPLES * PIXELS; i++)
        numbers[i] = i % 7 == 3 ? 99 : i % 3 * 10;
    write_images(*state, "|u1");
#define MASKED "train_images=x.npy train_masks=m.npy "
    static const char *const shapes[] = {"(4, 2, 5)", "(4, 1, 2, 5)", "(4, 2, 5, 1)"};
    for (int s = 0; s < 3; s++) {
        write_array(path_in(*state, "m.npy"), ">u2", false, shapes[s], numbers, SAMPLES * PIXELS);
        nt_dataset *set = open_good(*state, MASKED "labels=a=0,b=10,c=20 ignore_labels=[99]");
        assert_int_equal(nt_dataset_info(set)->classes, 3);
        assert_string_equal(nt_dataset_info(set)->class_names[2], "c");
        EXPECT_OK(&error, nt_dataset_load(set, NT_TRAIN, &error));
        for (int i = 0; i < SAMPLES * PIXELS; i++)
            assert_int_equal(sample_of_set(set, NT_TRAIN, i / PIXELS).mask[i % PIXELS],
                             i % 7 == 3 ? NT_NO_CLASS : i % 3);
        nt_dataset_free(set);
    }
    expect_refused(*state, MASKED "labels=a=0,b=10,c=20",
                   "has at [0, 0, 3, 0] 99, which 'labels' does not name");
    expect_refused(*state, MASKED "classes=5",
                   "has at [0, 0, 1, 0] 10, which is no class's number");
    nt_dataset *set = open_good(*state, MASKED);
    assert_int_equal(nt_dataset_info(set)->classes, 100);
    nt_dataset_free(set);
}

/* --- more than fits in memory ----------------------------------------------------------------- */

static void rows_are_read_again(void **state) {
    static const char *const types[] = {"|u1", ">i2", "<f4", ">f8"};
    static bytes zip;
    double numbers[SAMPLES * PIXELS];
    for (int i = 0; i < SAMPLES * PIXELS; i++)
        numbers[i] = i % 5;
    write_labels(*state);
    write_array(path_in(*state, "m.npy"), "<u2", false, "(4, 2, 5)", numbers, SAMPLES * PIXELS);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        write_images(*state, types[i]);
        expect_those_in_memory("npy", *state, TRAINING);
        expect_those_in_memory("npy", *state,
                               TRAINING "test_images=x.npy test_labels=y.npy "
                                        "test_part=[2,2]");
        expect_those_in_memory("npy", *state, MASKED);
    }
    write_array(path_in(*state, "x.npy"), "<f4", false, last_shape, all_values(true), VALUES);
    expect_those_in_memory("npy", *state, TRAINING "layout=nhwc");
    make_npz(&zip, false);
    write_bytes(path_in(*state, "a.npz"), zip.at, zip.size);
    expect_those_in_memory("npy", *state, "train_images=a.npz#x train_labels=a.npz#y");
    write_bytes(path_in(*state, "y.npz"), zip.at, zip.size);
    expect_those_in_memory("npy", *state, "train_images=a.npz#x train_labels=y.npz#y");
}

/* Loads a set of which one sample may be held. */
static nt_status load_one(const char *root, const char *options, nt_dataset **ret) {
    nt_dataset *set = open_good(root, options);
    nt_dataset_limit(set, (IMAGE * sizeof(float) + PIXELS) / 1e9);
    *ret = set;
    return nt_dataset_load(set, NT_TRAIN, &error);
}

static void what_lies_apart_must_fit(void **state) {
    static bytes zip;
    double numbers[SAMPLES * PIXELS] = {0};
    nt_dataset *set;
    write_labels(*state);
    write_images(*state, "<f4");
    make_npz(&zip, true);
    write_bytes(path_in(*state, "a.npz"), zip.at, zip.size);
    EXPECT_ERROR(&error, load_one(*state, "train_images=a.npz#x train_labels=a.npz#y", &set),
                 NT_INVALID,
                 "a.npz#x: error: is packed, so that its samples must all be in memory, where only "
                 "1 of 4 may be; raise 'memory', or save it by numpy.savez or numpy.save");
    nt_dataset_free(set);
    write_array(path_in(*state, "m.npy"), "|u1", true, "(4, 2, 5)", numbers, SAMPLES * PIXELS);
    EXPECT_ERROR(&error, load_one(*state, MASKED "classes=2", &set), NT_INVALID,
                 "m.npy: error: is in Fortran's order, so that its samples must all be in memory");
    nt_dataset_free(set);
    EXPECT_OK(&error, load_one(*state, "train_images=x.npy train_labels=a.npz#y", &set));
    nt_dataset_free(set);
}

static void changed_rows_are_seen(void **state) {
    nt_dataset *set;
    nt_sample sample;
    char room[IMAGE * sizeof(float)];
    double values[VALUES];
    write_labels(*state);
    write_images(*state, "<f4");
    EXPECT_OK(&error, load_one(*state, TRAINING, &set));
    EXPECT_OK(&error, nt_dataset_sample(set, NT_TRAIN, 2, room, &sample, &error));
    memcpy(values, all_values(false), sizeof values);
    values[2 * IMAGE + 1]++;
    write_array(path_in(*state, "x.npy"), "<f4", false, images_shape, values, VALUES);
    EXPECT_ERROR(&error, nt_dataset_sample(set, NT_TRAIN, 2, room, &sample, &error), NT_INVALID,
                 "holds other pixels or another mask for '2' than when it was first read");
    EXPECT_OK(&error, nt_dataset_sample(set, NT_TRAIN, 3, room, &sample, &error));
    write_array(path_in(*state, "x.npy"), "<f4", false, images_shape, values, VALUES / 2);
    EXPECT_ERROR(&error, nt_dataset_sample(set, NT_TRAIN, 3, room, &sample, &error), NT_INVALID,
                 "x.npy: error: is cut short");
    nt_dataset_free(set);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void headers_are_checked(void **state) {
    static const struct {
        const char *header, *part;
    } cases[] = {
        {"{'descr': '|O', 'fortran_order': False, 'shape': (4,), }", "holds Python objects"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (4,), }", "holds complex numbers"},
        {"{'descr': '<U3', 'fortran_order': False, 'shape': (4,), }", "holds texts"},
        {"{'descr': '|V8', 'fortran_order': False, 'shape': (4,), }", "holds records"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }", "holds records"},
        {"{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (4,), }", "holds times"},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (4,), }", "another size than 2, 4"},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (4,), }", "is not a dictionary"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "holds one value"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-4,), }", "is not a dictionary"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1), }", "four dimensions"},
        {"{'descr': '<f4', 'fortran_order': False}", "is not a dictionary"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
         "is not a dictionary"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), } x", "is not a dictionary"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
         "has a side that is too large"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 9), }",
         "announces 4294967296x4294967296x9 elements of float32, but 16 bytes of data follow"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }",
         "but 16 bytes of data follow"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
         "but 16 bytes of data follow"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", "are no images of"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1, 1), }", "but 16 bytes"},
    };
    write_labels(*state);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bytes file = {0};
        put_header(&file, 1, cases[i].header);
        put_little(&file, 0, 16);
        write_bytes(path_in(*state, "x.npy"), file.at, file.size);
        expect_refused(*state, TRAINING, cases[i].part);
    }
    write_bytes(path_in(*state, "x.npy"), "\x93NUMPY\x04\0\0\0\0\0", 12);
    expect_refused(*state, TRAINING, "is of NumPy's format 4.0");
    write_bytes(path_in(*state, "x.npy"), "\x93NUMPY\x02\0\xff\xff\xff\xff", 12);
    expect_refused(*state, TRAINING, "has a header longer than");
    write_bytes(path_in(*state, "x.npy"), "nothing at all", 14);
    expect_refused(*state, TRAINING, "is no array of NumPy");
}

static void arrays_must_fit_each_other(void **state) {
    write_labels(*state);
    write_images(*state, "<f4");
    write_array(path_in(*state, "three.npy"), "|u1", false, "(3,)", labels, 3);
    write_array(path_in(*state, "real.npy"), "<f4", false, "(4,)", labels, 4);
    write_array(path_in(*state, "u.npy"), "|u1", false, images_shape, all_values(false), VALUES);
    write_array(path_in(*state, "last.npy"), "<f4", false, last_shape, all_values(false), VALUES);
    expect_refused(*state, "train_images=x.npy train_labels=three.npy", "holds 3 samples, but");
    expect_refused(*state, "train_images=x.npy train_labels=real.npy", "classes must be integers");
    expect_refused(*state, "train_images=x.npy train_labels=x.npy", "classes must be integers");
    expect_refused(*state, "train_images=x.npy train_labels=u.npy", "not a class for each image");
    expect_refused(*state, "train_images=x.npy train_masks=y.npy", "not a class for each pixel");
    expect_refused(*state, "train_images=x.npy", "goes with either 'train_labels' or");
    expect_refused(*state, "", "which arrays hold the images");
    expect_refused(*state, TRAINING "test_images=u.npy test_labels=y.npy",
                   "holds uint8, but the training images are no bytes");
    expect_refused(*state, TRAINING "test_images=last.npy test_labels=y.npy",
                   "has images of 2x5x3, but those to train on are 3x2x5");
    expect_refused(*state, TRAINING "classes=2", "has at [0] 2, which is no class's number");
    expect_refused(*state, TRAINING "classes=2 labels=a=0,b=1", "'classes' or 'labels', not both");
    expect_refused(*state, TRAINING "ignore_labels=[1]", "'ignore_labels' is for masks");
    expect_refused(*state, TRAINING "labels=a=0,b=1", "has at [0] 2, which 'labels' does not name");
    expect_refused(*state, "train_images=x.npy train_labels=none.npy", "cannot open");
}

static void values_must_be_finite(void **state) {
    static const struct {
        double value;
        const char *part;
    } cases[] = {{NAN, "x.npy: error: has at [2, 1, 0, 3] a NaN"},
                 {-INFINITY, "has at [2, 1, 0, 3] an infinite value"},
                 {1e300, "has at [2, 1, 0, 3] 1.0000000000000001e+300, which float32"}};
    double values[VALUES];
    write_labels(*state);
    for (size_t i = 0; i < 3; i++) {
        memcpy(values, all_values(false), sizeof values);
        values[2 * IMAGE + PIXELS + 3] = cases[i].value;
        bytes file = {0};
        put_header(&file, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3, 2, 5)}");
        for (int k = 0; k < VALUES; k++) {
            uint64_t bits;
            memcpy(&bits, &values[k], 8);
            put_little(&file, bits, 8);
        }
        write_bytes(path_in(*state, "x.npy"), file.at, file.size);
        expect_refused(*state, TRAINING, cases[i].part);
    }
    write_array(path_in(*state, "y.npy"), "|i1", false, "(4,)", (const double[]){0, 1, -1, 2}, 4);
    expect_refused(*state, TRAINING, "has at [2] -1, which is no class's number");
}

/* --- damage ----------------------------------------------------------------------------------- */

/* Cut at any place a file is refused; with any one byte changed it is refused or read. */
static void damage(const char *root, const char *name, const bytes *file, const char *options) {
    bytes copy;
    for (size_t size = 0; size < file->size; size++) {
        write_bytes(path_in(root, name), file->at, size);
        assert_int_equal(try_all(root, options, -1), NT_INVALID);
        nt_error_finish(&error);
        nt_error_init(&error);
    }
    for (size_t i = 0; i < file->size; i++)
        for (int k = 0; k < 3; k++) {
            copy = *file;
            copy.at[i] = (unsigned char)(k == 0 ? 0xff : k == 1 ? copy.at[i] ^ 1 : copy.at[i] + 16);
            write_bytes(path_in(root, name), copy.at, copy.size);
            nt_status status = try_all(root, options, -1);
            assert_true(status == NT_OK || status == NT_INVALID);
            nt_error_finish(&error);
            nt_error_init(&error);
        }
}

static void damaged_files(void **state) {
    bytes file;
    size_t before = nt_alloc_in_use();
    write_labels(*state);
    make_array(&file, "<f8", false, images_shape, all_values(false), VALUES);
    damage(*state, "x.npy", &file, TRAINING);
    make_npz(&file, true);
    damage(*state, "a.npz", &file, "train_images=a.npz#x train_labels=a.npz#y");
    make_npz(&file, false);
    file.at[file.size / 2] ^= 64; /* a value: only the checksum tells */
    write_bytes(path_in(*state, "a.npz"), file.at, file.size);
    expect_refused(*state, "train_images=a.npz#x train_labels=a.npz#y", "cannot be read on");
    assert_int_equal(nt_alloc_in_use(), before);
}

static void run_out(const char *root, const char *options) {
    int failures = 0, threads = nt_threads();
    size_t before = nt_alloc_in_use();
    nt_threads_set(1);
    for (bool failed = true; failed; failures += failed) {
        nt_status status = try_all(root, options, failures);
        failed = allow_all_allocations();
        if (!failed)
            EXPECT_OK(&error, status);
        else if (status != NT_OK) /* a row is tried twice */
            EXPECT_ERROR(&error, status, NT_NO_MEMORY, "out of memory");
        assert_int_equal(nt_alloc_in_use(), before);
    }
    assert_true(failures > 10);
    nt_threads_set(threads);
}

static void memory_may_run_out(void **state) {
    static bytes zip;
    make_npz(&zip, true);
    write_bytes(path_in(*state, "a.npz"), zip.at, zip.size);
    write_labels(*state);
    write_images(*state, "|u1");
    run_out(*state, TRAINING "test_images=x.npy test_labels=y.npy");
    run_out(*state, "train_images=a.npz#x train_labels=a.npz#y");
}

static nt_status read_arrays(const char *root, uint64_t *sum, nt_error *e) {
    return read_set("npy", root, TRAINING, sum, e);
}

static nt_status read_archive(const char *root, uint64_t *sum, nt_error *e) {
    return read_set("npy", root, "train_images=a.npz#x train_labels=a.npz#y", sum, e);
}

static void broken_files_do_no_harm(void **state) {
    const char *x = path_in(*state, "x.npy"), *npz = path_in(*state, "a.npz");
    static bytes zip;
    write_labels(*state);
    for (int fortran = 0; fortran < 2; fortran++) {
        write_array(x, ">f4", fortran, images_shape, all_values(false), VALUES);
        expect_truncations(&(specimen){"npy", x, *state, 0, read_arrays});
        expect_mutations(&(specimen){"npy", x, *state, 0, read_arrays});
    }
    for (int packed = 0; packed < 2; packed++) {
        make_npz(&zip, packed);
        write_bytes(npz, zip.at, zip.size);
        expect_truncations(&(specimen){"npz", npz, *state, 0, read_archive});
        expect_mutations(&(specimen){"npz", npz, *state, 0, read_archive});
    }
}

/* Sides of an array without elements are multiplied all the same. */
static void sides_may_be_any(void **state) {
    static const char *const shapes[] = {"(0, 4611686018427387904, 4, 4)",
                                         "(4611686018427387904, 0, 4, 4)",
                                         "(4294967296, 4294967296, 4294967296, 0)"};
    write_labels(*state);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        write_array(path_in(*state, "x.npy"), "<f4", false, shapes[i], NULL, 0);
        expect_refused(*state, TRAINING, "bytes of data follow");
    }
}

int main(void) {
    nt_error_init(&error);
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(types_and_byte_orders),
        WITH_FOLDER(signs_and_small_halves),
        WITH_FOLDER(layouts_and_orders),
        WITH_FOLDER(format_versions),
        WITH_FOLDER(archives_are_read),
        WITH_FOLDER(bytes_are_measured),
        WITH_FOLDER(parts_of_the_test_arrays),
        WITH_FOLDER(masks_and_their_numbers),
        WITH_FOLDER(rows_are_read_again),
        WITH_FOLDER(what_lies_apart_must_fit),
        WITH_FOLDER(changed_rows_are_seen),
        WITH_FOLDER(headers_are_checked),
        WITH_FOLDER(arrays_must_fit_each_other),
        WITH_FOLDER(values_must_be_finite),
        WITH_FOLDER(damaged_files),
        WITH_FOLDER(memory_may_run_out),
        WITH_FOLDER(broken_files_do_no_harm),
        WITH_FOLDER(sides_may_be_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
