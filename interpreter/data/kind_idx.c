/* IDX, the format of MNIST (LeCun, Cortes, Burges 1998), and so of Fashion-MNIST, KMNIST and
 * EMNIST: for each split a file of images and one of labels, plain or gzipped. Numbers are
 * big-endian:
 *
 *     images   | 0x00000803 | count | rows | columns | count x rows x columns bytes |
 *     labels   | 0x00000801 | count | count bytes |
 *
 * The format names no classes: they are called by their numbers. There is no normalisation that
 * fits all such sets: the usual one is the mean and the deviation of the training images
 * themselves, which opening therefore reads. Byte offsets in messages count unpacked bytes. */
#include "alloc.h"
#include "data_kind.h"
#include "file_kind.h"
#include "gzip_file.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum { IMAGES, LABELS, ROLES };
enum { IMAGES_MAGIC = 0x803, LABELS_MAGIC = 0x801, LARGEST_SIDE = 4096, PIECE = 1 << 16 };

typedef struct options {
    int32_t classes;
} options;

static const nt_field fields[] = {
    {"classes", NT_INT, offsetof(options, classes), "10", 1, 256, .doc = "number of classes"},
    {0},
};

static const char *const names[NT_HELD_OUT][ROLES] = {
    {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
    {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
};

static const nt_data_source source = {
    .advice = "Debian packages Fashion-MNIST: apt-get install dataset-fashion-mnist, then "
              "idx:/usr/share/datasets/fashion-mnist",
};

/* --- headers ---------------------------------------------------------------------------------- */

typedef struct header {
    uint32_t count, rows, columns; /* rows and columns are 1 for labels */
} header;

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static nt_status read_header(nt_gzip *in, int role, header *ret, nt_error *error) {
    unsigned char bytes[16];
    uint32_t wanted = role == IMAGES ? IMAGES_MAGIC : LABELS_MAGIC;
    NT_TRY(nt_gzip_exactly(in, bytes, role == IMAGES ? 16 : 8, error));
    uint32_t magic = big_endian(bytes);
    if (magic != wanted)
        NT_TRY(nt_file_kind_refuse_at(in->path, NT_FILE_AS_DATA, error));
    if (magic != wanted)
        return nt_error_in(error, NT_INVALID, in->path, 0,
                           "starts with 0x%08x, not with 0x%08x: it isn't an IDX file of %s", magic,
                           wanted, role == IMAGES ? "byte images" : "byte labels");
    header head = {.count = big_endian(bytes + 4), .rows = 1, .columns = 1};
    if (role == IMAGES) {
        head.rows = big_endian(bytes + 8);
        head.columns = big_endian(bytes + 12);
    }
    if (head.count == 0 || head.count > INT32_MAX || head.rows == 0 || head.rows > LARGEST_SIDE ||
        head.columns == 0 || head.columns > LARGEST_SIDE ||
        !nt_gzip_can_hold(in, (uint64_t)head.count * head.rows * head.columns))
        return nt_error_in(error, NT_INVALID, in->path, 4,
                           "the header announces %u samples of %ux%u, which can't be in this file",
                           head.count, head.rows, head.columns);
    *ret = head;
    return NT_OK;
}

static nt_status peek_header(const char *path, int role, header *ret, nt_error *error) {
    nt_gzip in;
    NT_TRY(nt_gzip_open(&in, path, error));
    nt_status status = read_header(&in, role, ret, error);
    nt_gzip_close(&in);
    return status;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* The plain file or the gzipped one; NULL without either. */
static nt_status find_file(nt_arena *arena, const char *folder, const char *name, const char **ret,
                           nt_error *error) {
    struct stat info;
    const char *plain = nt_arena_printf(arena, "%s/%s", folder, name);
    const char *packed = nt_arena_printf(arena, "%s/%s.gz", folder, name);
    if (!plain || !packed)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", folder);
    *ret = stat(plain, &info) == 0 ? plain : stat(packed, &info) == 0 ? packed : NULL;
    return NT_OK;
}

static nt_status find_split(nt_arena *arena, nt_data_info *info, nt_split split,
                            const char *paths[ROLES], nt_error *error) {
    for (int role = 0; role < ROLES; role++)
        NT_TRY(find_file(arena, info->folder, names[split][role], &paths[role], error));
    for (int role = 0; role < ROLES; role++)
        if (!paths[role] && paths[!role])
            return nt_error_in(error, NT_INVALID, info->folder, -1,
                               "holds %s but neither %s nor %s.gz", names[split][!role],
                               names[split][role], names[split][role]);
    return NT_OK;
}

static nt_status open_split(nt_arena *arena, nt_data_info *info, nt_split split, nt_error *error) {
    const char *paths[ROLES];
    header images, labels;
    NT_TRY(find_split(arena, info, split, paths, error));
    if (!paths[IMAGES])
        return NT_OK;
    NT_TRY(peek_header(paths[IMAGES], IMAGES, &images, error));
    NT_TRY(peek_header(paths[LABELS], LABELS, &labels, error));
    if (images.count != labels.count)
        return nt_error_in(error, NT_INVALID, paths[LABELS], 4, "has %u labels for %u images",
                           labels.count, images.count);
    nt_shape shape =
        nt_shape_of(3, (const int32_t[]){1, (int32_t)images.rows, (int32_t)images.columns});
    if (info->shape.rank != 0 && !nt_shape_equal(shape, info->shape))
        return nt_error_in(error, NT_INVALID, paths[IMAGES], 8,
                           "has images of %ux%u, but those to train on are %dx%d", images.rows,
                           images.columns, info->shape.dim[1], info->shape.dim[2]);
    info->shape = shape;
    info->counts[split] = (int32_t)images.count;
    if (nt_data_add_file(info, arena, paths[IMAGES]) &&
        nt_data_add_file(info, arena, paths[LABELS]))
        return NT_OK;
    return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", info->folder);
}

/* Mean and deviation of all pixels / 255, exactly: from how often each byte occurs. */
static nt_status measure(nt_gzip *in, nt_data_info *info, unsigned char *piece, nt_error *error) {
    uint64_t often[256] = {0};
    header head;
    NT_TRY(read_header(in, IMAGES, &head, error));
    uint64_t total = (uint64_t)head.count * head.rows * head.columns;
    for (uint64_t left = total; left > 0;) {
        size_t size = left < PIECE ? (size_t)left : PIECE;
        NT_TRY(nt_gzip_exactly(in, piece, size, error));
        for (size_t i = 0; i < size; i++)
            often[piece[i]]++;
        left -= size;
    }
    NT_TRY(nt_gzip_end(in, error));
    double mean = 0, variance = 0;
    for (int byte = 0; byte < 256; byte++)
        mean += (double)often[byte] * byte / (double)total;
    for (int byte = 0; byte < 256; byte++)
        variance += (double)often[byte] * (byte - mean) * (byte - mean) / (double)total;
    float usual_mean = (float)(mean / 255);
    float usual_deviation = variance > 0 ? (float)(sqrt(variance) / 255) : 1;
    nt_data_set_usual(info, &usual_mean, &usual_deviation);
    return NT_OK;
}

static nt_status measure_training(nt_data_info *info, nt_error *error) {
    nt_gzip in;
    NT_TRY(nt_gzip_open(&in, info->files[IMAGES], error));
    unsigned char *piece = nt_alloc(PIECE);
    nt_status status = piece
                           ? measure(&in, info, piece, error)
                           : nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", in.path);
    nt_free(piece, PIECE);
    nt_gzip_close(&in);
    return status;
}

static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    const options *o = record;
    NT_TRY(open_split(arena, info, NT_TRAIN, error));
    NT_TRY(open_split(arena, info, NT_TEST, error));
    if (info->counts[NT_TRAIN] + info->counts[NT_TEST] == 0) {
        nt_error_in(error, NT_INVALID, info->folder, -1, "holds no IDX files");
        nt_error_hint(error, "%s and the others are looked for, plain or with .gz",
                      names[NT_TRAIN][IMAGES]);
        return NT_INVALID;
    }
    const char **class_names = NT_ARENA_ARRAY(arena, const char *, o->classes);
    for (int32_t i = 0; class_names && i < o->classes; i++)
        if (!(class_names[i] = nt_arena_printf(arena, "%d", i)))
            class_names = NULL;
    if (!class_names)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory opening %s", info->folder);
    info->pixel = NT_PIXEL_BYTE;
    info->target = NT_TARGET_CLASS;
    info->classes = o->classes;
    info->class_names = class_names;
    return info->counts[NT_TRAIN] > 0 ? measure_training(info, error) : NT_OK;
}

/* --- loading ---------------------------------------------------------------------------------- */

/* Opens a file of the split, which must still be what it was. */
static nt_status reopen(nt_gzip *in, const nt_data_info *info, nt_split split, int role,
                        nt_error *error) {
    int of_train = info->counts[NT_TRAIN] > 0 ? ROLES : 0;
    header head;
    NT_TRY(nt_gzip_open(in, info->files[(split == NT_TRAIN ? 0 : of_train) + role], error));
    nt_status status = read_header(in, role, &head, error);
    if (status == NT_OK &&
        ((int64_t)head.count != info->counts[split] ||
         (role == IMAGES && (int64_t)head.rows * head.columns != nt_shape_pixels(info->shape))))
        status = nt_error_in(error, NT_INVALID, in->path, -1, "changed while it was read");
    if (status != NT_OK)
        nt_gzip_close(in);
    return status;
}

static nt_status load_images(const nt_data_info *info, nt_split split, nt_images *images,
                             nt_error *error) {
    nt_gzip in;
    NT_TRY(reopen(&in, info, split, IMAGES, error));
    nt_status status =
        nt_gzip_exactly(&in, images->pixels, (size_t)images->count * images->size, error);
    if (status == NT_OK)
        status = nt_gzip_end(&in, error);
    nt_gzip_close(&in);
    return status;
}

static nt_status take_labels(nt_gzip *in, int32_t classes, nt_images *images, nt_error *error) {
    unsigned char piece[4096];
    for (int32_t i = 0; i < images->count;) {
        int32_t size =
            images->count - i < (int32_t)sizeof piece ? images->count - i : (int32_t)sizeof piece;
        int64_t at = in->at;
        NT_TRY(nt_gzip_exactly(in, piece, (size_t)size, error));
        for (int32_t j = 0; j < size; j++, i++) {
            if (piece[j] >= classes)
                return nt_error_in(error, NT_INVALID, in->path, at + j,
                                   "label %d is out of range: there are %d classes", piece[j],
                                   classes);
            images->labels[i] = piece[j];
        }
    }
    return nt_gzip_end(in, error);
}

static nt_status load_labels(const nt_data_info *info, nt_split split, nt_images *images,
                             nt_error *error) {
    nt_gzip in;
    NT_TRY(reopen(&in, info, split, LABELS, error));
    nt_status status = take_labels(&in, info->classes, images, error);
    nt_gzip_close(&in);
    return status;
}

static nt_status load(const void *record, const nt_data_info *info, nt_split split, nt_images *ret,
                      nt_error *error) {
    (void)record;
    nt_images images;
    if (nt_images_init(&images, info->counts[split], (size_t)nt_shape_elements(info->shape), 0) !=
        NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %d images",
                            info->counts[split]);
    nt_status status = load_images(info, split, &images, error);
    if (status == NT_OK)
        status = load_labels(info, split, &images, error);
    if (status != NT_OK) {
        nt_images_finish(&images);
        return status;
    }
    *ret = images;
    return NT_OK;
}

const nt_data_kind nt_data_kind_idx = {
    .kind = {.name = "idx",
             .doc = "MNIST's files and those of its like, plain or gzipped: bytes, one channel",
             .fields = fields,
             .size = sizeof(options)},
    .folder = NULL,
    .source = &source,
    .open = open,
    .load = load,
};
