/* Images and their masks, by name: two trees of folders, where the mask of a/b.png is a/b.png (or
 * a/b.jpg …) of the other. Either the split is given by folders of their own, or patients (images,
 * where no pattern says who they are of, but whole files) are drawn for the test split, the same
 * whatever the order on the disk. */
#include "dataset.h"

#include "alloc.h"
#include "picture_tree.h"
#include "random.h"
#include <regex.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    const char *images, *masks, *train_images, *train_masks, *test_images, *test_masks;
    const char *mask_suffix, *patient, *labels;
    nt_ints ignore_labels;
    double test_share;
    int32_t split_seed, channels, size[2], exif;
} options;

static const nt_field fields[] = {
    {"images", NT_STRING, offsetof(options, images), "",
     .doc = "folder of the images, where the split is to be drawn"},
    {"masks", NT_STRING, offsetof(options, masks), "", .doc = "folder of their masks"},
    {"train_images", NT_STRING, offsetof(options, train_images), "",
     .doc = "folder of the training images, where the split is by folders"},
    {"train_masks", NT_STRING, offsetof(options, train_masks), "", .doc = "folder of their masks"},
    {"test_images", NT_STRING, offsetof(options, test_images), "",
     .doc = "folder of the test images"},
    {"test_masks", NT_STRING, offsetof(options, test_masks), "", .doc = "folder of their masks"},
    {"mask_suffix", NT_STRING, offsetof(options, mask_suffix), "",
     .doc = "what a mask's name has after the image's"},
    {"patient", NT_STRING, offsetof(options, patient), "",
     .doc = "extended regular expression whose first group is the patient in an image's name"},
    {"labels", NT_LABELS, offsetof(options, labels), "background=0 foreground=255",
     .doc = "the classes and their numbers in the masks; the first is the background"},
    {"ignore_labels", NT_INTS, offsetof(options, ignore_labels), "[]", 0, 0xffffff,
     .doc = "numbers of pixels that count nowhere"},
    {"test_share", NT_REAL, offsetof(options, test_share), "0.2", 0, 1,
     .doc = "share of the patients that is drawn for the test split"},
    {"split_seed", NT_INT, offsetof(options, split_seed), "0", 0, INT32_MAX,
     .doc = "which draw it is"},
    {"size", NT_PAIR, offsetof(options, size), "0", 0, 1 << 14,
     .doc = "rows and columns that all are resized to cover and cut to; 0: they have one size"},
    {"channels", NT_INT, offsetof(options, channels), "0", 0, 3,
     .doc = "1 grey, 3 colour; 0: colour if any image is"},
    {"exif", NT_CHOICE, offsetof(options, exif), "apply", .choices = nt_exif_choices, .late = true,
     .doc = "whether images and masks are turned as their EXIF orientation says"},
    {0},
};

/* An image with its mask. */
typedef struct pair {
    const char *name, *image, *mask;
    int32_t patient;
    bool further; /* a page of the file of the pair before */
} pair;

typedef struct split_pairs {
    pair *items;
    int32_t count;
    bool paged; /* some are pages */
} split_pairs;

static nt_status no_memory(const nt_data_info *info, nt_error *error) {
    return nt_error_in(error, NT_NO_MEMORY, info->folder, -1, "out of memory listing pictures");
}

/* --- pairing ---------------------------------------------------------------------------------- */

/* In the order of a list of pictures, the sign of where `mask` is beside what the image's mask is
 * called: the image's stem, the suffix, and the image's page. */
static int compare_mask(const nt_picture_file *mask, const nt_picture_file *image,
                        const char *suffix) {
    size_t stem = nt_picture_stem_length(image), length = nt_picture_stem_length(mask);
    size_t wanted = stem + strlen(suffix), shared = length < stem ? length : stem;
    int order = memcmp(mask->stem, image->stem, shared);
    if (order == 0 && length > stem) {
        shared = (length < wanted ? length : wanted) - stem;
        order = memcmp(mask->stem + stem, suffix, shared);
    }
    if (order == 0 && length != wanted)
        return length < wanted ? -1 : 1;
    return order != 0 ? order : (mask->page > image->page) - (mask->page < image->page);
}

static const nt_picture_file *find_mask(const nt_picture_files *masks, const nt_picture_file *image,
                                        const char *suffix) {
    int32_t low = 0, high = masks->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int order = compare_mask(&masks->items[middle], image, suffix);
        if (order == 0)
            return &masks->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Where images and masks share a folder, the pictures that are masks are not images. */
static void drop_masks(const options *o, nt_picture_files *images) {
    size_t suffix = strlen(o->mask_suffix);
    int32_t kept = 0;
    for (int32_t i = 0; i < images->count; i++) {
        const char *stem = images->items[i].stem;
        size_t length = nt_picture_stem_length(&images->items[i]);
        if (length <= suffix || memcmp(stem + length - suffix, o->mask_suffix, suffix) != 0)
            images->items[kept++] = images->items[i];
    }
    images->count = kept;
}

static nt_status say_no_mask(const options *o, const char *root, const nt_picture_file *image,
                             nt_error *error) {
    int length = (int)nt_picture_stem_length(image);
    nt_error_in(error, NT_INVALID, image->path, -1, "has no mask %s/%.*s%s.*%s", root, length,
                image->stem, o->mask_suffix, image->stem + length);
    nt_error_hint(error, "'mask_suffix' says what masks' names have after images' names");
    return NT_INVALID;
}

static nt_status list_pairs(const options *o, nt_arena *arena, nt_data_info *info,
                            const char *images, const char *masks, split_pairs *ret,
                            nt_error *error) {
    nt_picture_files image_files, mask_files;
    const char *image_root = nt_arena_printf(arena, "%s/%s", info->folder, images);
    const char *mask_root = nt_arena_printf(arena, "%s/%s", info->folder, masks);
    if (!image_root || !mask_root)
        return no_memory(info, error);
    NT_TRY(nt_picture_files_list(image_root, arena, &image_files, error));
    NT_TRY(nt_picture_files_list(mask_root, arena, &mask_files, error));
    bool together = strcmp(images, masks) == 0;
    if (together && o->mask_suffix[0])
        drop_masks(o, &image_files);
    if (image_files.count == 0)
        return nt_picture_files_none(image_root, &image_files, error);
    if (!nt_passed_over_note(&image_files, info, arena) ||
        (!together && !nt_passed_over_note(&mask_files, info, arena)))
        return no_memory(info, error);
    ret->items = NT_ARENA_ARRAY(arena, pair, image_files.count);
    ret->count = image_files.count;
    if (!ret->items)
        return no_memory(info, error);
    for (int32_t i = 0; i < image_files.count; i++) {
        const nt_picture_file *image = &image_files.items[i];
        const nt_picture_file *mask = find_mask(&mask_files, image, o->mask_suffix);
        if (!mask)
            return say_no_mask(o, mask_root, image, error);
        ret->items[i] = (pair){.name = image->stem, .image = image->path, .mask = mask->path};
        ret->items[i].further = i > 0 && nt_picture_same_file(image - 1, image);
        ret->paged = ret->paged || image->page;
    }
    return NT_OK;
}

/* --- patients --------------------------------------------------------------------------------- */

static nt_status find_patient(const regex_t *pattern, const char *name, nt_arena *arena,
                              const char **ret) {
    regmatch_t found[2];
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    if (regexec(pattern, base, 2, found, 0) != 0)
        return NT_INVALID;
    regmatch_t match = found[1].rm_so >= 0 ? found[1] : found[0];
    *ret = nt_arena_substring(arena, base + match.rm_so, (size_t)(match.rm_eo - match.rm_so));
    return *ret ? NT_OK : NT_NO_MEMORY;
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Numbers the patients of all pairs in the order of their names. */
static nt_status number_patients(const regex_t *pattern, nt_arena *arena, pair *const *pairs,
                                 int32_t count, const nt_data_info *info, nt_error *error) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, count + 1);
    const char **sorted = NT_ARENA_ARRAY(arena, const char *, count + 1);
    if (!names || !sorted)
        return no_memory(info, error);
    for (int32_t i = 0; i < count; i++) {
        nt_status status = find_patient(pattern, pairs[i]->name, arena, &names[i]);
        if (status == NT_INVALID)
            return nt_error_in(error, NT_INVALID, pairs[i]->image, -1,
                               "does not match the pattern of 'patient'");
        if (status != NT_OK)
            return no_memory(info, error);
        sorted[i] = names[i];
    }
    qsort(sorted, (size_t)count, sizeof *sorted, compare_texts);
    int32_t patients = 0;
    for (int32_t i = 0; i < count; i++)
        if (i == 0 || strcmp(sorted[patients - 1], sorted[i]) != 0)
            sorted[patients++] = sorted[i];
    for (int32_t i = 0; i < count; i++) {
        const char **at =
            bsearch(&names[i], sorted, (size_t)patients, sizeof *sorted, compare_texts);
        pairs[i]->patient = (int32_t)(at - sorted);
    }
    return NT_OK;
}

static nt_status find_patients(const options *o, nt_arena *arena, split_pairs *splits,
                               const nt_data_info *info, nt_error *error) {
    int32_t count = splits[NT_TRAIN].count + splits[NT_TEST].count, k = 0, files = 0;
    pair **all = NT_ARENA_ARRAY(arena, pair *, count + 1);
    regex_t pattern;
    char why[120];
    if (!all)
        return no_memory(info, error);
    for (int s = 0; s < NT_HELD_OUT; s++)
        for (int32_t i = 0; i < splits[s].count; i++) {
            all[k] = &splits[s].items[i];
            files += !all[k]->further;
            all[k++]->patient = files - 1; /* without a pattern each file is its own */
        }
    if (!o->patient[0])
        return NT_OK;
    int code = regcomp(&pattern, o->patient, REG_EXTENDED);
    if (code != 0) {
        regerror(code, &pattern, why, sizeof why);
        return nt_error_say(error, NT_INVALID, "'patient' is no regular expression: %s", why);
    }
    nt_status status = number_patients(&pattern, arena, all, count, info, error);
    regfree(&pattern);
    return status;
}

/* --- splits ----------------------------------------------------------------------------------- */

/* Draws patients for the test split, each as likely as the others. */
static nt_status draw_split(const options *o, nt_arena *arena, split_pairs *splits,
                            const nt_data_info *info, nt_error *error) {
    split_pairs all = splits[NT_TRAIN], *train = &splits[NT_TRAIN], *test = &splits[NT_TEST];
    int32_t patients = 0;
    for (int32_t i = 0; i < all.count; i++)
        patients = all.items[i].patient >= patients ? all.items[i].patient + 1 : patients;
    bool *drawn = NT_ARENA_ARRAY(arena, bool, patients);
    train->items = NT_ARENA_ARRAY(arena, pair, all.count);
    test->items = NT_ARENA_ARRAY(arena, pair, all.count);
    if (!drawn || !train->items || !test->items)
        return no_memory(info, error);
    nt_random random;
    nt_random_init(&random, (uint64_t)o->split_seed, NT_STREAM_SPLIT);
    nt_random_choose(&random, patients, (int32_t)(o->test_share * patients + 0.5), drawn);
    train->count = test->count = 0;
    test->paged = all.paged;
    for (int32_t i = 0; i < all.count; i++) {
        split_pairs *to = drawn[all.items[i].patient] ? test : train;
        to->items[to->count++] = all.items[i];
    }
    return NT_OK;
}

/* Folders that share a patient would let a network be tested on those it has seen. */
static nt_status check_apart(nt_arena *arena, const split_pairs *splits, const nt_data_info *info,
                             nt_error *error) {
    const split_pairs *train = &splits[NT_TRAIN], *test = &splits[NT_TEST];
    const pair **of_patient = NT_ARENA_ARRAY(arena, const pair *, train->count + test->count + 1);
    if (!of_patient)
        return no_memory(info, error);
    for (int32_t i = train->count - 1; i >= 0; i--)
        of_patient[train->items[i].patient] = &train->items[i];
    for (int32_t i = 0; i < test->count; i++) {
        const pair *seen = of_patient[test->items[i].patient];
        if (seen)
            return nt_error_in(error, NT_INVALID, test->items[i].image, -1,
                               "is of the patient of %s, but one is for training and the other "
                               "for testing",
                               seen->image);
    }
    return NT_OK;
}

static nt_status find_pairs(const options *o, nt_arena *arena, nt_data_info *info,
                            split_pairs *splits, nt_error *error) {
    bool drawn = o->images[0] || o->masks[0];
    bool train = o->train_images[0] || o->train_masks[0];
    bool test = o->test_images[0] || o->test_masks[0], folders = train || test;
    bool whole = !o->images[0] == !o->masks[0] && !o->train_images[0] == !o->train_masks[0] &&
                 !o->test_images[0] == !o->test_masks[0];
    if (drawn == folders || !whole) {
        nt_error_say(error, NT_INVALID, "which folders hold the images and the masks?");
        nt_error_hint(error, "give 'images' and 'masks', or 'train_images', 'train_masks', "
                             "'test_images' and 'test_masks'");
        return NT_INVALID;
    }
    if (drawn)
        NT_TRY(list_pairs(o, arena, info, o->images, o->masks, &splits[NT_TRAIN], error));
    if (train)
        NT_TRY(
            list_pairs(o, arena, info, o->train_images, o->train_masks, &splits[NT_TRAIN], error));
    if (test)
        NT_TRY(list_pairs(o, arena, info, o->test_images, o->test_masks, &splits[NT_TEST], error));
    NT_TRY(find_patients(o, arena, splits, info, error));
    return drawn ? draw_split(o, arena, splits, info, error)
                 : check_apart(arena, splits, info, error);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Names, patients and files: images and their masks lie beside each other in the list of files. */
static nt_status note_split(const options *o, nt_data_info *info, nt_arena *arena, nt_split split,
                            const split_pairs *pairs, nt_error *error) {
    const char **names = NT_ARENA_ARRAY(arena, const char *, pairs->count + 1);
    int32_t *patients = NT_ARENA_ARRAY(arena, int32_t, pairs->count + 1);
    if (!names || !patients)
        return no_memory(info, error);
    for (int32_t i = 0; i < pairs->count; i++) {
        names[i] = pairs->items[i].name;
        patients[i] = pairs->items[i].patient;
        if (!nt_data_add_file(info, arena, pairs->items[i].image) ||
            !nt_data_add_file(info, arena, pairs->items[i].mask))
            return no_memory(info, error);
    }
    info->counts[split] = pairs->count;
    info->names[split] = names;
    info->patients[split] = o->patient[0] || pairs->paged ? patients : NULL;
    return NT_OK;
}

/* Each class has a number of its own, and a name. */
static nt_status check_labels(const options *o, const nt_labels *labels, nt_error *error) {
    if (labels->count < 2 || labels->count >= NT_NO_CLASS)
        return nt_error_say(error, NT_INVALID, "'labels' must name 2 to %d classes, not %d",
                            NT_NO_CLASS - 1, labels->count);
    for (int32_t i = 0; i < labels->count; i++) {
        for (int32_t j = 0; j < i; j++)
            if (labels->values[i] == labels->values[j] ||
                strcmp(labels->names[i], labels->names[j]) == 0)
                return nt_error_say(error, NT_INVALID, "'labels' says %s=%d and %s=%d",
                                    labels->names[j], labels->values[j], labels->names[i],
                                    labels->values[i]);
        for (int32_t j = 0; j < o->ignore_labels.count; j++)
            if (labels->values[i] == o->ignore_labels.items[j])
                return nt_error_say(error, NT_INVALID,
                                    "%d is both in 'labels' (%s) and in "
                                    "'ignore_labels'",
                                    labels->values[i], labels->names[i]);
    }
    return NT_OK;
}

static nt_status note_doubts(const nt_pair_doubts *doubts, nt_arena *arena, nt_data_info *info,
                             nt_error *error) {
    if (doubts->count == 0)
        return NT_OK;
    const char *line = nt_arena_printf(
        arena,
        "of %d images and masks only one of the two is turned by an EXIF orientation, such as of "
        "%s "
        "and %s; say 'exif: ignore' if masks were drawn on the pictures as they are stored",
        doubts->count, doubts->image, doubts->mask);
    return line && nt_data_add_note(info, arena, line) ? NT_OK : no_memory(info, error);
}

/* By looking at all the files. */
static nt_status find_form(const options *o, nt_arena *arena, nt_data_info *info,
                           nt_picture_form *ret, nt_error *error) {
    const nt_picture_wish wish = {{o->size[0], o->size[1]}, o->channels, o->exif == NT_EXIF_IGNORE};
    int32_t count = info->file_count;
    size_t size = (size_t)count * sizeof(nt_picture_seen);
    nt_pair_doubts doubts;
    nt_picture_seen *seen = nt_alloc(size);
    if (!seen)
        return no_memory(info, error);
    nt_status status = nt_pictures_look(info->files, count, seen, error);
    if (status == NT_OK)
        status = nt_picture_form_find(info->files, seen, count, 2, &wish, ret, error);
    if (status == NT_OK)
        status =
            nt_picture_check_pairs(info->files, seen, count / 2, wish.as_stored, &doubts, error);
    nt_free(seen, size);
    return status == NT_OK ? note_doubts(&doubts, arena, info, error) : status;
}

static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    const options *o = record;
    split_pairs splits[NT_HELD_OUT] = {{0}};
    nt_mask_key *key = NT_ARENA_NEW(arena, nt_mask_key);
    nt_picture_form form;
    if (!key || !nt_labels_read(o->labels, arena, &key->labels))
        return no_memory(info, error);
    key->ignored = o->ignore_labels;
    NT_TRY(check_labels(o, &key->labels, error));
    if (o->channels == 2)
        return nt_error_say(error, NT_INVALID, "'channels' must be 1 or 3, or 0");
    NT_TRY(find_pairs(o, arena, info, splits, error));
    NT_TRY(note_split(o, info, arena, NT_TRAIN, &splits[NT_TRAIN], error));
    NT_TRY(note_split(o, info, arena, NT_TEST, &splits[NT_TEST], error));
    NT_TRY(find_form(o, arena, info, &form, error));
    info->shape = nt_shape_of(3, (const int32_t[]){form.channels, form.rows, form.columns});
    info->pixel = form.pixel;
    info->target = NT_TARGET_MASK;
    info->classes = key->labels.count;
    info->class_names = key->labels.names;
    info->own = key;
    info->usual = NT_USUAL_IMAGE;
    return NT_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

static nt_status read(const void *record, const nt_data_info *info, nt_split split, int32_t i,
                      void *ret_pixels, unsigned char *ret_mask, nt_error *error) {
    const options *o = record;
    const nt_mask_key *key = info->own;
    const nt_picture_form form = {info->shape.dim[1], info->shape.dim[2],
                                  info->shape.dim[0], o->size[0] > 0 && o->size[1] > 0,
                                  info->pixel,        o->exif == NT_EXIF_IGNORE};
    const char *const *files =
        info->files + 2 * ((split == NT_TEST ? info->counts[NT_TRAIN] : 0) + i);
    NT_TRY(nt_picture_to_pixels(&form, files[0], ret_pixels, error));
    return nt_picture_to_mask(&form, key, files[1], ret_mask, error);
}

const nt_data_kind nt_data_kind_pairs = {
    .kind = {.name = "pairs",
             .doc = "images and masks by name, in folders of PNG, JPEG, TIFF and WebP pictures",
             .fields = fields,
             .size = sizeof(options)},
    .folder = NULL,
    .source = NULL,
    .open = open,
    .read = read,
};
