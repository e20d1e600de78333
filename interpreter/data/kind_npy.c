/* Arrays of NumPy (array_file.h): for each split one of images and one of labels or masks, sample
 * by sample along the first index. Bytes stay bytes, with the usual mean and deviation of each
 * channel measured over all training images; any other type becomes float32, which no usual
 * normalisation changes. Files are read in pieces, so that no second copy of an array is in memory
 * (but of one in Fortran's order). Samples that aren't held are read again from where they lie;
 * where they don't lie in one piece all must be held. */
#include "array_set.h"
#include <math.h>
#include <string.h>

enum { LARGEST_SIDE = 1 << 14, MOST_CLASSES = 1 << 16 };

static const char *const layouts[] = {"nchw", "nhwc", NULL};

static const nt_field fields[] = {
    {"train_images", NT_STRING, offsetof(nt_array_options, train_images), "",
     .doc = "array of the training images: FILE.npy, or FILE.npz#NAME"},
    {"train_labels", NT_STRING, offsetof(nt_array_options, train_labels), "",
     .doc = "array of their classes, or:"},
    {"train_masks", NT_STRING, offsetof(nt_array_options, train_masks), "",
     .doc = "array of their masks"},
    {"test_images", NT_STRING, offsetof(nt_array_options, test_images), "",
     .doc = "array of the test images; alone: images without classes, for `eval --logits`"},
    {"test_labels", NT_STRING, offsetof(nt_array_options, test_labels), "",
     .doc = "array of their classes, or:"},
    {"test_masks", NT_STRING, offsetof(nt_array_options, test_masks), "",
     .doc = "array of their masks"},
    {"layout", NT_CHOICE, offsetof(nt_array_options, layout), "nchw", .choices = layouts,
     .doc = "whether the channels come before rows and columns, or after them"},
    {"classes", NT_INT, offsetof(nt_array_options, classes), "0", 0, MOST_CLASSES,
     .doc = "number of classes, numbered from 0; 0: as many as the labels or masks show"},
    {"labels", NT_LABELS, offsetof(nt_array_options, labels), "",
     .doc = "the classes and their numbers in the labels or masks, in place of 'classes'"},
    {"ignore_labels", NT_INTS, offsetof(nt_array_options, ignore_labels), "[]", -1, 65535,
     .doc = "numbers in masks of pixels that count nowhere"},
    {"test_part", NT_INTS, offsetof(nt_array_options, test_part), "[1,1]", 1, INT32_MAX,
     .doc = "[which, of how many] equal parts of the test arrays are taken"},
    {0},
};

static nt_status no_memory(const nt_data_info *info, nt_error *error) {
    return nt_error_in(error, NT_NO_MEMORY, info->folder, -1, "out of memory opening arrays");
}

/* --- shapes ----------------------------------------------------------------------------------- */

static nt_status open_source(const nt_data_info *info, nt_arena *arena, const char *name,
                             nt_array_range *ret, nt_error *error) {
    const char *place = nt_arena_printf(arena, "%s/%s", info->folder, name);
    if (!place)
        return no_memory(info, error);
    NT_TRY(nt_array_range_open(arena, place, ret, error));
    if (ret->count >= 1 && ret->count <= INT32_MAX)
        return NT_OK;
    return nt_error_in(error, NT_INVALID, ret->place, -1, "holds %lld samples",
                       (long long)ret->count);
}

/* The shape of the images in an array: channels, rows, columns. */
static nt_status image_shape(const nt_array_options *o, const nt_array_range *images, nt_shape *ret,
                             nt_error *error) {
    const nt_array_head *head = &images->head;
    const int64_t *d = head->dims;
    char shape[NT_ARRAY_TEXT];
    bool last = o->layout == NT_CHANNELS_LAST;
    int64_t channels = head->rank < 4 ? 1 : last ? d[3] : d[1];
    int64_t rows = head->rank < 4 || last ? d[1] : d[2];
    int64_t columns = head->rank < 4 || last ? d[2] : d[3];
    if (head->rank >= 3 && channels >= 1 && channels <= NT_MAX_CHANNELS && rows >= 1 &&
        rows <= LARGEST_SIDE && columns >= 1 && columns <= LARGEST_SIDE) {
        *ret =
            nt_shape_of(3, (const int32_t[]){(int32_t)channels, (int32_t)rows, (int32_t)columns});
        return NT_OK;
    }
    nt_error_in(error, NT_INVALID, images->place, -1,
                "holds %s elements, which as %s are no images of 1 to %d channels and 1 to %d "
                "rows and columns",
                nt_array_shape(head, shape), head->rank < 4 ? "nhw" : layouts[o->layout],
                NT_MAX_CHANNELS, LARGEST_SIDE);
    if (head->rank == 4)
        nt_error_hint(error, "'layout' says where the channels are: nchw or nhwc");
    return NT_INVALID;
}

/* Labels have a number for each sample; masks one for each pixel, with or without a channel. */
static bool fits(const nt_array_range *targets, bool masks, nt_shape shape) {
    const nt_array_head *head = &targets->head;
    int64_t row = nt_array_row(head), rows = shape.dim[1], columns = shape.dim[2];
    const int64_t *d = head->dims;
    if (!masks)
        return row == 1;
    return (head->rank == 3 && d[1] == rows && d[2] == columns) ||
           (head->rank == 4 && d[1] == 1 && d[2] == rows && d[3] == columns) ||
           (head->rank == 4 && d[1] == rows && d[2] == columns && d[3] == 1);
}

static nt_status check_targets(const nt_array_range *images, const nt_array_range *targets,
                               bool masks, nt_shape shape, nt_error *error) {
    char text[NT_ARRAY_TEXT];
    const nt_array_head *head = &targets->head;
    if (head->kind == 'f')
        return nt_error_in(error, NT_INVALID, targets->place, -1,
                           "holds %s; classes must be integers", nt_array_type(head, text));
    if (targets->count != images->count)
        return nt_error_in(error, NT_INVALID, targets->place, -1,
                           "holds %lld samples, but %s holds %lld", (long long)targets->count,
                           images->place, (long long)images->count);
    if (fits(targets, masks, shape))
        return NT_OK;
    return nt_error_in(error, NT_INVALID, targets->place, -1,
                       masks ? "holds %s elements, not a class for each pixel of %s"
                             : "holds %s elements, not a class for each image of %s",
                       nt_array_shape(head, text), images->place);
}

/* --- splits ----------------------------------------------------------------------------------- */

static nt_status choose_part(const nt_array_options *o, nt_array_range *from, nt_error *error) {
    const nt_ints *part = &o->test_part;
    if (part->count != 2 || part->items[0] > part->items[1])
        return nt_error_say(error, NT_INVALID,
                            "'test_part' must say which part, of how many: [3, 5]");
    if (from->count % part->items[1] != 0)
        return nt_error_in(error, NT_INVALID, from->place, -1,
                           "holds %lld samples, which make no %d equal parts",
                           (long long)from->count, part->items[1]);
    from->count /= part->items[1];
    from->first = (part->items[0] - 1) * from->count;
    return NT_OK;
}

/* The images of both splits must be alike. */
static nt_status note_images(const nt_array_options *o, nt_data_info *info,
                             const nt_array_range *images, nt_error *error) {
    nt_shape shape;
    char a[NT_SHAPE_TEXT], b[NT_SHAPE_TEXT], type[NT_ARRAY_TEXT];
    NT_TRY(image_shape(o, images, &shape, error));
    bool bytes = images->head.kind == 'u' && images->head.size == 1;
    nt_pixel pixel = bytes ? NT_PIXEL_BYTE : NT_PIXEL_FLOAT;
    if (info->shape.rank != 0 && !nt_shape_equal(shape, info->shape))
        return nt_error_in(error, NT_INVALID, images->place, -1,
                           "has images of %s, but those to train on are %s",
                           nt_shape_format(shape, a), nt_shape_format(info->shape, b));
    if (info->shape.rank != 0 && pixel != info->pixel)
        return nt_error_in(error, NT_INVALID, images->place, -1,
                           "holds %s, but the training images are %s",
                           nt_array_type(&images->head, type), bytes ? "no bytes" : "bytes");
    info->shape = shape;
    info->pixel = pixel;
    return NT_OK;
}

static nt_status note_file(nt_data_info *info, nt_arena *arena, const char *path, nt_error *error) {
    for (int32_t i = 0; i < info->file_count; i++)
        if (strcmp(info->files[i], path) == 0)
            return NT_OK;
    return nt_data_add_file(info, arena, path) ? NT_OK : no_memory(info, error);
}

static nt_status note_names(nt_data_info *info, nt_arena *arena, nt_split split,
                            const nt_array_range *images, nt_error *error) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, images->count);
    if (!names)
        return no_memory(info, error);
    for (int64_t i = 0; i < images->count; i++)
        if (!(names[i] = nt_arena_printf(arena, "%lld", (long long)(images->first + i))))
            return no_memory(info, error);
    info->names[split] = names;
    info->counts[split] = (int32_t)images->count;
    return NT_OK;
}

static nt_status open_split(const nt_array_options *o, nt_arena *arena, nt_data_info *info,
                            nt_array_set *s, nt_split split, nt_error *error) {
    bool test = split == NT_TEST;
    const char *images = test ? o->test_images : o->train_images;
    const char *labels = test ? o->test_labels : o->train_labels;
    const char *masks = test ? o->test_masks : o->train_masks;
    nt_array_range *from = &s->images[split], *to = &s->targets[split];
    if (!images[0] && !labels[0] && !masks[0])
        return NT_OK;
    info->unlabelled = test && images[0] && !labels[0] && !masks[0] && !info->counts[NT_TRAIN];
    if (!images[0] || (!labels[0] == !masks[0] && !info->unlabelled)) {
        const char *name = nt_split_name(split);
        return nt_error_say(error, NT_INVALID,
                            "'%s_images' goes with either '%s_labels' or '%s_masks'", name, name,
                            name);
    }
    nt_target target = masks[0] ? NT_TARGET_MASK : NT_TARGET_CLASS;
    if (info->shape.rank != 0 && target != info->target)
        return nt_error_say(error, NT_INVALID,
                            "there are masks for one split and labels for the other");
    info->target = target;
    NT_TRY(open_source(info, arena, images, from, error));
    NT_TRY(note_images(o, info, from, error));
    if (!info->unlabelled) {
        NT_TRY(open_source(info, arena, masks[0] ? masks : labels, to, error));
        NT_TRY(check_targets(from, to, masks[0], info->shape, error));
    }
    if (test)
        NT_TRY(choose_part(o, from, error));
    to->first = from->first;
    to->count = from->count;
    NT_TRY(note_file(info, arena, from->path, error));
    if (!info->unlabelled)
        NT_TRY(note_file(info, arena, to->path, error));
    return note_names(info, arena, split, from, error);
}

/* --- classes ---------------------------------------------------------------------------------- */

typedef struct finding {
    const nt_mask_key *key;
    double most;
} finding;

static nt_status find_most(void *context, const nt_array_range *from, const void *bytes,
                           int64_t row, int64_t rows, nt_error *error) {
    finding *f = context;
    int64_t each = nt_array_row(&from->head);
    for (int64_t i = 0; i < rows * each; i++) {
        double number = nt_array_value(&from->head, bytes, i);
        if (nt_mask_key_class(f->key, number) == NT_NO_CLASS)
            continue;
        if (number < 0 || number >= MOST_CLASSES)
            return nt_array_refuse_number(from, row + i / each, i % each, number,
                                          "which is no class's number", error);
        f->most = number > f->most ? number : f->most;
    }
    return NT_OK;
}

static nt_status count_classes(const nt_array_options *o, const nt_data_info *info,
                               const nt_array_set *s, int32_t *ret, nt_error *error) {
    finding f = {.key = &s->key};
    for (int split = 0; split < NT_HELD_OUT && o->classes == 0; split++) {
        nt_array_range all = s->targets[split];
        all.first = 0;
        all.count = all.place ? all.head.dims[0] : 0;
        if (all.place)
            NT_TRY(nt_array_range_read(&all, find_most, &f, error));
    }
    *ret = o->classes ? o->classes : (int32_t)f.most + 1;
    if (info->target == NT_TARGET_MASK && *ret >= NT_NO_CLASS)
        return nt_error_say(error, NT_INVALID, "masks have at most %d classes, not %d",
                            NT_NO_CLASS - 1, *ret);
    return NT_OK;
}

static nt_status find_classes(const nt_array_options *o, nt_arena *arena, nt_data_info *info,
                              nt_array_set *s, nt_error *error) {
    if (!nt_labels_read(o->labels, arena, &s->key.labels))
        return no_memory(info, error);
    s->key.ignored = o->ignore_labels;
    if (s->key.ignored.count > 0 && info->target == NT_TARGET_CLASS)
        return nt_error_say(error, NT_INVALID, "'ignore_labels' is for masks");
    if (s->key.labels.count > 0) {
        if (o->classes > 0)
            return nt_error_say(error, NT_INVALID, "give 'classes' or 'labels', not both");
        info->classes = s->key.labels.count;
        info->class_names = s->key.labels.names;
        return nt_mask_key_check(&s->key, error);
    }
    NT_TRY(count_classes(o, info, s, &info->classes, error));
    const char **names = NT_ARENA_ARRAY(arena, const char *, info->classes);
    for (int32_t i = 0; names && i < info->classes; i++)
        if (!(names[i] = nt_arena_printf(arena, "%d", i)))
            names = NULL;
    info->class_names = names;
    return names ? NT_OK : no_memory(info, error);
}

/* --- the usual normalisation ------------------------------------------------------------------ */

typedef struct tally {
    int32_t channels;
    int64_t pixels;
    bool last; /* channels come last */
    uint64_t often[NT_MAX_CHANNELS][256];
} tally;

static nt_status count_bytes(void *context, const nt_array_range *from, const void *bytes,
                             int64_t row, int64_t rows, nt_error *error) {
    tally *t = context;
    const unsigned char *p = bytes;
    int64_t count = rows * t->channels * t->pixels;
    (void)from, (void)row, (void)error;
    for (int64_t i = 0; i < count; i++)
        t->often[(t->last ? i : i / t->pixels) % t->channels][p[i]]++;
    return NT_OK;
}

static void set_measured(const tally *t, int64_t samples, nt_data_info *info) {
    float mean[NT_MAX_CHANNELS], deviation[NT_MAX_CHANNELS];
    double count = (double)samples * (double)t->pixels;
    for (int32_t c = 0; c < t->channels; c++) {
        double sum = 0, squares = 0;
        for (int byte = 0; byte < 256; byte++)
            sum += (double)t->often[c][byte] * byte;
        for (int byte = 0; byte < 256; byte++)
            squares += (double)t->often[c][byte] * (byte - sum / count) * (byte - sum / count);
        mean[c] = (float)(sum / count / 255);
        deviation[c] = squares > 0 ? (float)(sqrt(squares / count) / 255) : 1;
    }
    nt_data_set_usual(info, mean, deviation);
}

static nt_status find_usual(const nt_array_options *o, nt_data_info *info, const nt_array_set *s,
                            nt_error *error) {
    const float zeros[NT_MAX_CHANNELS] = {0};
    float ones[NT_MAX_CHANNELS];
    tally t = {.channels = info->shape.dim[0],
               .pixels = nt_shape_pixels(info->shape),
               .last = o->layout == NT_CHANNELS_LAST};
    for (int32_t c = 0; c < NT_MAX_CHANNELS; c++)
        ones[c] = 1;
    if (info->pixel == NT_PIXEL_FLOAT) {
        nt_data_set_usual(info, zeros, ones);
        return NT_OK;
    }
    if (info->counts[NT_TRAIN] == 0)
        return NT_OK;
    NT_TRY(nt_array_range_read(&s->images[NT_TRAIN], count_bytes, &t, error));
    set_measured(&t, s->images[NT_TRAIN].count, info);
    return NT_OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* What the images' elements are in the files. */
static nt_status note_traits(nt_data_info *info, nt_arena *arena, const nt_array_set *s,
                             nt_error *error) {
    char type[NT_ARRAY_TEXT];
    for (int split = 0; split < NT_HELD_OUT; split++) {
        const nt_array_range *images = &s->images[split];
        if (!images->place)
            continue;
        nt_array_type(&images->head, type);
        bool kept = info->pixel == NT_PIXEL_BYTE || strcmp(type, "float32") == 0;
        const char *value = nt_arena_printf(arena, kept ? "%s" : "%s, which becomes float32", type);
        if (!nt_data_add_trait(info, arena, "stored", value, 1, "arrays"))
            return no_memory(info, error);
    }
    return NT_OK;
}

static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    const nt_array_options *o = record;
    nt_array_set *s = NT_ARENA_NEW(arena, nt_array_set);
    if (!s)
        return no_memory(info, error);
    info->own = s;
    NT_TRY(open_split(o, arena, info, s, NT_TRAIN, error));
    NT_TRY(open_split(o, arena, info, s, NT_TEST, error));
    if (info->counts[NT_TRAIN] + info->counts[NT_TEST] == 0) {
        nt_error_say(error, NT_INVALID, "which arrays hold the images and their classes?");
        nt_error_hint(error, "give 'train_images' and 'train_labels' or 'train_masks', and those "
                             "to test on");
        return NT_INVALID;
    }
    NT_TRY(find_classes(o, arena, info, s, error));
    NT_TRY(nt_array_set_label(arena, info, s, error));
    NT_TRY(note_traits(info, arena, s, error));
    return find_usual(o, info, s, error);
}

const nt_data_kind nt_data_kind_npy = {
    .kind = {.name = "npy",
             .doc = "arrays of NumPy, in .npy and .npz files: images with labels or masks",
             .fields = fields,
             .size = sizeof(nt_array_options)},
    .folder = NULL,
    .source = NULL,
    .open = open,
    .read = nt_array_set_read,
    .sweep = nt_array_set_sweep,
};
