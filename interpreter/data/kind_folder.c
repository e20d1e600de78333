/* Images in a folder for each class:
 *
 *     ROOT/train/<class>/…, ROOT/test/<class>/…      the split is given, or
 *     ROOT/<class>/…                                 it is drawn, the same whatever is on the disk;
 *                                                    pages of one file are drawn together
 *
 * Classes are numbered in the bytewise order of their names. Colours are normalised by the mean and
 * the deviation of each channel over at most MEASURED of the training images: those whose files
 * have the lowest SHA-256, in its order, so that names don't matter. */
#include "class_folders.h"

#include "alloc.h"
#include "file.h"
#include "patients.h"
#include "picture_faults.h"
#include "picture_tree.h"
#include "random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEASURED = 1000 };

typedef struct options {
    const char *train, *test;
    double test_share;
    const char *patient;
    int32_t split_seed, channels, size[2], exif;
} options;

static const nt_field fields[] = {
    {"train", NT_STRING, offsetof(options, train), NT_CLASS_FOLDERS_TRAIN,
     .doc = "folder of the classes' folders to train on; if there is none of that name, one like "
            "'Training' is taken"},
    {"test", NT_STRING, offsetof(options, test), NT_CLASS_FOLDERS_TEST,
     .doc = "the same to test on"},
    {"test_share", NT_REAL, offsetof(options, test_share), "0.2", 0, 1,
     .doc =
         "share of each class that is drawn for the test split, where there are no such folders"},
    {"patient", NT_STRING, offsetof(options, patient), "", .late = true,
     .doc = "extended regular expression whose first group is the patient in an image's path, or, "
            "where that doesn't match, in its name; patients are drawn whole, of all classes"},
    {"split_seed", NT_INT, offsetof(options, split_seed), "0", 0, INT32_MAX,
     .doc = "which draw it is"},
    {"size", NT_PAIR, offsetof(options, size), "0", 0, 1 << 14,
     .doc = "rows and columns that all are resized to cover and cut to; 0: they have one size"},
    {"channels", NT_INT, offsetof(options, channels), "0", 0, 3,
     .doc = "1 grey, 3 colour; 0: colour if any image is"},
    {"exif", NT_CHOICE, offsetof(options, exif), "apply", .choices = nt_exif_choices, .late = true,
     .doc = "whether images are turned as their EXIF orientation says"},
    {0},
};

static nt_status no_memory(const nt_data_info *info, nt_error *error) {
    return nt_error_in(error, NT_NO_MEMORY, info->folder, -1, "out of memory listing pictures");
}

/* --- classes ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The different classes of the files, sorted: the folders that their names begin with. */
static nt_status find_classes(nt_arena *arena, const nt_picture_files *files, nt_data_info *info,
                              nt_error *error) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, files->count + 1);
    int32_t count = 0;
    if (!names)
        return no_memory(info, error);
    for (int32_t i = 0; i < files->count; i++) {
        const char *stem = files->items[i].stem;
        if (!(names[i] = nt_arena_substring(arena, stem, strcspn(stem, "/"))))
            return no_memory(info, error);
    }
    qsort(names, (size_t)files->count, sizeof *names, compare);
    for (int32_t i = 0; i < files->count; i++)
        if (count == 0 || strcmp(names[count - 1], names[i]) != 0)
            names[count++] = names[i];
    info->class_names = names;
    info->classes = count;
    return NT_OK;
}

/* --- splits ----------------------------------------------------------------------------------- */

static bool same_class(const nt_picture_file *a, const nt_picture_file *b) {
    size_t length = strcspn(a->stem, "/") + 1;
    return strncmp(a->stem, b->stem, length) == 0;
}

/* Marks each picture as the file is that it is a page of: `drawn` says it of each file first. */
static void spread(const nt_picture_file *items, int32_t count, int32_t files, bool *drawn) {
    for (int32_t i = count - 1; i > 0; i--) {
        drawn[i] = drawn[files - 1];
        files -= !nt_picture_same_file(&items[i - 1], &items[i]);
    }
}

static int32_t count_files(const nt_picture_file *items, int32_t count) {
    int32_t files = count > 0;
    for (int32_t i = 1; i < count; i++)
        files += !nt_picture_same_file(&items[i - 1], &items[i]);
    return files;
}

/* From the files of each class, in the order of their names. `drawn` has room for all. */
static void draw(const options *o, const nt_picture_files *train, bool *drawn) {
    nt_random random;
    nt_random_init(&random, (uint64_t)o->split_seed, NT_STREAM_SPLIT);
    int32_t total = train->count;
    for (int32_t first = 0, end = 0; first < total; first = end) {
        while (end < total && same_class(&train->items[first], &train->items[end]))
            end++;
        int32_t count = count_files(train->items + first, end - first);
        nt_random_choose(&random, count, (int32_t)(o->test_share * count + 0.5), drawn + first);
        spread(train->items + first, end - first, count, drawn + first);
    }
}

/* Parts the pictures by what `drawn` says of each. */
static void part(nt_picture_files *train, nt_picture_files *test, const bool *drawn) {
    int32_t total = train->count;
    train->count = 0;
    for (int32_t i = 0; i < total; i++) {
        nt_picture_files *to = drawn[i] ? test : train;
        to->items[to->count++] = train->items[i];
    }
}

/* Whole patients, of all classes together. */
static nt_status draw_patients(const options *o, nt_arena *arena, const nt_picture_files *files,
                               bool *drawn, nt_error *error) {
    nt_patient_file *all = NT_ARENA_ARRAY(arena, nt_patient_file, files->count + 1);
    if (!all)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory finding patients");
    for (int32_t i = 0; i < files->count; i++)
        all[i] = (nt_patient_file){.name = files->items[i].stem, .path = files->items[i].path};
    NT_TRY(nt_patients_number(o->patient, arena, all, files->count, error));
    NT_TRY(nt_patients_draw(o->test_share, o->split_seed, arena, all, files->count, error));
    for (int32_t i = 0; i < files->count; i++)
        drawn[i] = all[i].test;
    return NT_OK;
}

static nt_status draw_split(const options *o, nt_arena *arena, const nt_data_info *info,
                            nt_picture_files *train, nt_picture_files *test, nt_error *error) {
    test->items = NT_ARENA_ARRAY(arena, nt_picture_file, train->count + 1);
    bool *drawn = NT_ARENA_ARRAY(arena, bool, train->count + 1);
    if (!test->items || !drawn)
        return no_memory(info, error);
    if (o->patient[0])
        NT_TRY(draw_patients(o, arena, train, drawn, error));
    else
        draw(o, train, drawn);
    part(train, test, drawn);
    return NT_OK;
}

static nt_status find_pictures(const options *o, nt_arena *arena, nt_data_info *info,
                               nt_picture_files ret[NT_HELD_OUT], nt_error *error) {
    nt_class_folders folders;
    NT_TRY(nt_class_folders_find((const char *const[]){o->train, o->test}, arena, info, &folders,
                                 error));
    bool given = folders.splits[NT_TRAIN] || folders.splits[NT_TEST];
    if (!given)
        folders.splits[NT_TRAIN] = info->folder;
    for (int s = 0; s < NT_HELD_OUT; s++)
        if (folders.splits[s]) {
            NT_TRY(nt_picture_files_list(folders.splits[s], arena, &ret[s], error));
            NT_TRY(nt_class_folders_check(folders.splits[s], &ret[s], arena, info, error));
            if (!nt_passed_over_note(&ret[s], info, arena))
                return no_memory(info, error);
        }
    return given ? NT_OK : draw_split(o, arena, info, &ret[NT_TRAIN], &ret[NT_TEST], error);
}

/* The classes are those of the training images, or, without them, of the test images. */
static nt_status check_classes(const nt_data_info *info, const nt_picture_files *test,
                               nt_error *error) {
    nt_status status = NT_OK;
    for (int32_t i = 0; i < test->count; i++)
        if (nt_class_number(info->class_names, info->classes, test->items[i].stem) < 0)
            status = nt_error_in(error, NT_INVALID, test->items[i].path, -1,
                                 "is of a class that no training image has");
    return status;
}

/* `file` counts the files of all splits. */
static nt_status note_split(nt_data_info *info, nt_arena *arena, nt_split split,
                            const nt_picture_files *files, int32_t *file, nt_error *error) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, files->count + 1);
    int32_t *numbers = NT_ARENA_ARRAY(arena, int32_t, files->count + 1);
    int32_t *labels = NT_ARENA_ARRAY(arena, int32_t, files->count + 1);
    if (!names || !numbers || !labels)
        return no_memory(info, error);
    for (int32_t i = 0; i < files->count; i++) {
        const nt_picture_file *item = &files->items[i];
        *file += i == 0 || !nt_picture_same_file(item - 1, item);
        numbers[i] = *file - 1;
        names[i] = item->stem;
        labels[i] = nt_class_number(info->class_names, info->classes, names[i]);
        if (!nt_data_add_file(info, arena, item->path))
            return no_memory(info, error);
    }
    info->counts[split] = files->count;
    info->names[split] = names;
    info->labels[split] = labels;
    info->patients[split] = numbers;
    return NT_OK;
}

/* Of both splits, by the pattern. */
static nt_status number_patients(const options *o, nt_arena *arena, nt_data_info *info,
                                 nt_error *error) {
    int32_t count = info->file_count, k = 0;
    nt_patient_file *all = NT_ARENA_ARRAY(arena, nt_patient_file, count + 1);
    if (!all)
        return no_memory(info, error);
    for (int s = 0; s < NT_HELD_OUT; s++)
        for (int32_t i = 0; i < info->counts[s]; i++, k++)
            all[k] = (nt_patient_file){
                .name = info->names[s][i], .path = info->files[k], .test = s == NT_TEST};
    NT_TRY(nt_patients_number(o->patient, arena, all, count, error));
    NT_TRY(nt_patients_check_apart(arena, all, count, error));
    k = 0;
    for (int s = 0; s < NT_HELD_OUT; s++)
        for (int32_t i = 0; i < info->counts[s]; i++)
            ((int32_t *)(uintptr_t)info->patients[s])[i] = all[k++].patient;
    return NT_OK;
}

/* Without a pattern pages of one file belong together as a patient's slices do; other pictures are
 * on their own. */
static nt_status note_splits(const options *o, nt_data_info *info, nt_arena *arena,
                             const nt_picture_files *splits, nt_error *error) {
    int32_t file = 0;
    for (int s = 0; s < NT_HELD_OUT; s++)
        NT_TRY(note_split(info, arena, (nt_split)s, &splits[s], &file, error));
    if (o->patient[0])
        return number_patients(o, arena, info, error);
    for (int s = 0; file == info->file_count && s < NT_HELD_OUT; s++)
        info->patients[s] = NULL;
    return NT_OK;
}

/* The classes with the fewest and the most training images (or, without any, test images). */
static nt_status note_classes(nt_arena *arena, nt_data_info *info, nt_error *error) {
    nt_split split = info->counts[NT_TRAIN] > 0 ? NT_TRAIN : NT_TEST;
    int32_t *often = NT_ARENA_ARRAY(arena, int32_t, info->classes + 1), least = 0, most = 0;
    const char *unit = split == NT_TRAIN ? "training images" : "test images";
    if (!often)
        return no_memory(info, error);
    for (int32_t i = 0; i < info->counts[split]; i++)
        often[info->labels[split][i]]++;
    for (int32_t c = 1; c < info->classes; c++) {
        least = often[c] < often[least] ? c : least;
        most = often[c] > often[most] ? c : most;
    }
    if (often[least] == often[most])
        return nt_data_add_trait(info, arena, "each", "class", often[least], unit)
                   ? NT_OK
                   : no_memory(info, error);
    if (!nt_data_add_trait(info, arena, "fewest", info->class_names[least], often[least], unit) ||
        !nt_data_add_trait(info, arena, "most", info->class_names[most], often[most], unit))
        return no_memory(info, error);
    return NT_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

static nt_picture_form form_of(const options *o, const nt_data_info *info) {
    return (nt_picture_form){info->shape.dim[1], info->shape.dim[2],
                             info->shape.dim[0], o->size[0] > 0 && o->size[1] > 0,
                             info->pixel,        o->exif == NT_EXIF_IGNORE};
}

static nt_status read(const void *record, const nt_data_info *info, nt_split split, int32_t i,
                      void *ret_pixels, unsigned char *ret_mask, nt_error *error) {
    const nt_picture_form form = form_of(record, info);
    int32_t first = split == NT_TEST ? info->counts[NT_TRAIN] : 0;
    (void)ret_mask;
    return nt_picture_to_pixels(&form, info->files[first + i], ret_pixels, error);
}

/* --- the usual normalisation ------------------------------------------------------------------ */

typedef struct loading {
    nt_picture_form form;
    const char *const *files; /* of sample i, item i */
    nt_images *images;
} loading;

static nt_status read_image(const void *context, int32_t i, nt_error *error) {
    const loading *l = context;
    return nt_picture_to_pixels(&l->form, l->files[i],
                                l->images->pixels + (size_t)i * l->images->size, error);
}

static nt_status read_images(const options *o, const nt_data_info *info, const char *const *files,
                             int32_t count, nt_images *ret, nt_error *error) {
    size_t size = (size_t)nt_shape_elements(info->shape) * nt_pixel_size(info->pixel);
    nt_images images;
    if (nt_images_init(&images, count, size, 0) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %d images", count);
    const loading l = {form_of(o, info), files, &images};
    nt_status status = nt_read_samples(count, read_image, &l, error);
    if (status == NT_OK)
        *ret = images;
    else
        nt_images_finish(&images);
    return status;
}

static double value_of(const nt_images *images, nt_pixel pixel, size_t k) {
    return pixel == NT_PIXEL_BYTE ? images->pixels[k] / 255.0
                                  : (double)((const float *)(const void *)images->pixels)[k];
}

static void measure(const nt_images *images, nt_data_info *info) {
    size_t channels = (size_t)info->shape.dim[0];
    size_t values = (size_t)images->count * (size_t)nt_shape_elements(info->shape);
    float mean[NT_MAX_CHANNELS], deviation[NT_MAX_CHANNELS];
    for (size_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0, count = (double)(values / channels);
        for (size_t k = c; k < values; k += channels)
            sum += value_of(images, info->pixel, k);
        for (size_t k = c; k < values; k += channels) {
            double away = value_of(images, info->pixel, k) - sum / count;
            squares += away * away;
        }
        mean[c] = (float)(sum / count);
        deviation[c] = squares > 0 ? (float)sqrt(squares / count) : 1;
    }
    nt_data_set_usual(info, mean, deviation);
}

/* A picture's rank: its file's digest, then its page, 0 if the file is one picture. */
typedef struct ranked {
    char digest[NT_DIGEST_HEX];
    const char *path, *file;
    int32_t page;
} ranked;

static int by_digest(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    int order = strcmp(x->digest, y->digest);
    return order != 0 ? order : (x->page > y->page) - (x->page < y->page);
}

static nt_status digest_file(const void *context, int32_t i, nt_error *error) {
    ranked *file = *(ranked *const *)context + i;
    return nt_file_digest(file->file, file->digest, error);
}

/* The training images' files by their digests, in `arena`. */
static nt_status rank_training(const nt_data_info *info, nt_arena *arena, const char ***ret,
                               nt_error *error) {
    int32_t count = info->counts[NT_TRAIN];
    ranked *files = NT_ARENA_ARRAY(arena, ranked, count);
    const char **sorted = NT_ARENA_ARRAY(arena, const char *, count);
    if (!files || !sorted)
        return no_memory(info, error);
    for (int32_t i = 0; i < count; i++) {
        size_t length;
        files[i].path = files[i].file = info->files[i];
        files[i].page = nt_picture_page(info->files[i], &length);
        if (files[i].page && !(files[i].file = nt_arena_substring(arena, info->files[i], length)))
            return no_memory(info, error);
    }
    NT_TRY(nt_read_samples(count, digest_file, &files, error));
    qsort(files, (size_t)count, sizeof *files, by_digest);
    for (int32_t i = 0; i < count; i++)
        sorted[i] = files[i].path;
    *ret = sorted;
    return NT_OK;
}

static nt_status measure_training(const options *o, nt_arena *arena, nt_data_info *info,
                                  nt_error *error) {
    int32_t count = info->counts[NT_TRAIN];
    const char **files = NULL;
    nt_images images;
    if (count == 0)
        return NT_OK;
    NT_TRY(rank_training(info, arena, &files, error));
    NT_TRY(read_images(o, info, files, count < MEASURED ? count : MEASURED, &images, error));
    measure(&images, info);
    nt_images_finish(&images);
    return NT_OK;
}

static nt_status find_form(const options *o, nt_arena *arena, nt_data_info *info, nt_error *error) {
    const nt_picture_wish wish = {{o->size[0], o->size[1]}, o->channels, o->exif == NT_EXIF_IGNORE};
    size_t size = (size_t)info->file_count * sizeof(nt_picture_seen);
    nt_picture_form form;
    nt_picture_seen *seen = nt_alloc(size);
    if (!seen)
        return no_memory(info, error);
    nt_status status = nt_pictures_look(info->files, info->file_count, seen, error);
    if (status == NT_OK)
        status = nt_picture_form_find(info->files, seen, info->file_count, 1, &wish, &form, error);
    if (status == NT_OK && !nt_pictures_note(info->files, seen, info->file_count, 1, info, arena))
        status = no_memory(info, error);
    nt_free(seen, size);
    NT_TRY(status);
    info->shape = nt_shape_of(3, (const int32_t[]){form.channels, form.rows, form.columns});
    info->pixel = form.pixel;
    return NT_OK;
}

/* What is looked at in the pictures themselves. */
static nt_status look_at_pictures(const options *o, nt_arena *arena, nt_data_info *info,
                                  nt_error *error) {
    nt_error found;
    nt_error_init(&found);
    nt_status status = find_form(o, arena, info, &found);
    if (status == NT_OK) {
        info->target = NT_TARGET_CLASS;
        status = measure_training(o, arena, info, &found);
    }
    if (status != NT_OK)
        return nt_picture_faults(info->files, info->file_count, status, &found, error);
    nt_error_finish(&found);
    return NT_OK;
}

/* Mistakes of classes don't hide those of files. */
static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    const options *o = record;
    nt_picture_files splits[NT_HELD_OUT] = {{0}};
    nt_error none;
    if (o->channels == 2)
        return nt_error_say(error, NT_INVALID, "'channels' must be 1 or 3, or 0");
    NT_TRY(find_pictures(o, arena, info, splits, error));
    NT_TRY(find_classes(arena, &splits[splits[NT_TRAIN].count ? NT_TRAIN : NT_TEST], info, error));
    nt_status classes = check_classes(info, &splits[NT_TEST], error);
    NT_TRY(note_splits(o, info, arena, splits, error));
    if (classes != NT_OK) {
        nt_error_init(&none);
        return nt_picture_faults(info->files, info->file_count, classes, &none, error);
    }
    NT_TRY(note_classes(arena, info, error));
    return look_at_pictures(o, arena, info, error);
}

const nt_data_kind nt_data_kind_folder = {
    .kind = {.name = "folder",
             .doc = "a folder of PNG, JPEG, TIFF and WebP pictures for each class",
             .fields = fields,
             .size = sizeof(options)},
    .folder = NULL,
    .source = NULL,
    .open = open,
    .read = read,
};
