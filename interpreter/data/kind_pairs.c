/* Images and their masks, by name (pair_names.c): two trees of folders, where the mask of a/b.jpg
 * is a/b.png of the other. Either the split is given by folders of their own, or patients (images,
 * where no pattern says who they are of, but whole files) are drawn for the test split, the same
 * whatever the order on the disk. */
#include "data_kind.h"

#include "pair_files.h"
#include "patients.h"
#include "picture.h"
#include "picture_faults.h"
#include "picture_tree.h"

typedef struct options {
    const char *images, *masks, *train_images, *train_masks, *test_images, *test_masks;
    const char *image_suffix, *mask_suffix, *patient, *labels;
    nt_ints ignore_labels;
    double test_share;
    int32_t split_seed, channels, size[2], exif, unmasked;
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
    {"image_suffix", NT_STRING, offsetof(options, image_suffix), "", .late = true,
     .doc = "what images' names end in before .png and the like, as _img; others are passed over"},
    {"mask_suffix", NT_STRING, offsetof(options, mask_suffix), "",
     .doc = "what a mask's name has in its place, as _mask"},
    {"unmasked", NT_CHOICE, offsetof(options, unmasked), "error", .choices = nt_unmasked_choices,
     .late = true,
     .doc = "images without a mask: an error, left out (skip), or of the first class alone"},
    {"patient", NT_STRING, offsetof(options, patient), "",
     .doc =
         "extended regular expression whose first group is the patient in an image's path inside "
         "the folder, or else in its name"},
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

/* What `info->own` is. */
typedef struct sample_set {
    nt_mask_key key;
    const nt_pair *pairs[NT_HELD_OUT];
} sample_set;

static nt_status no_memory(const nt_data_info *info, nt_error *error) {
    return nt_error_in(error, NT_NO_MEMORY, info->folder, -1, "out of memory listing pictures");
}

/* --- splits ----------------------------------------------------------------------------------- */

static nt_status find_pairs(const options *o, nt_arena *arena, nt_data_info *info, nt_pairs *ret,
                            bool *ret_drawn, nt_error *error) {
    const nt_pair_rules rules = {o->image_suffix, o->mask_suffix, o->unmasked};
    nt_pair_folders folders[2];
    int32_t count = 0;
    bool drawn = o->images[0] || o->masks[0];
    bool train = o->train_images[0] || o->train_masks[0];
    bool test = o->test_images[0] || o->test_masks[0];
    bool whole = !o->images[0] == !o->masks[0] && !o->train_images[0] == !o->train_masks[0] &&
                 !o->test_images[0] == !o->test_masks[0];
    if (drawn == (train || test) || !whole) {
        nt_error_say(error, NT_INVALID, "which folders hold the images and the masks?");
        nt_error_hint(error, "give 'images' and 'masks', or 'train_images', 'train_masks', "
                             "'test_images' and 'test_masks'");
        return NT_INVALID;
    }
    if (drawn)
        folders[count++] = (nt_pair_folders){o->images, o->masks, false};
    if (train)
        folders[count++] = (nt_pair_folders){o->train_images, o->train_masks, false};
    if (test)
        folders[count++] = (nt_pair_folders){o->test_images, o->test_masks, true};
    *ret_drawn = drawn;
    return nt_pair_files_find(&rules, folders, count, arena, info, ret, error);
}

/* Numbers the patients and draws those to test on, unless folders say it. */
static nt_status find_patients(const options *o, bool drawn, nt_arena *arena, nt_data_info *info,
                               nt_pairs *pairs, nt_patient_file *files, nt_error *error) {
    bool by_path;
    for (int32_t i = 0; i < pairs->count; i++) {
        const nt_pair *pair = &pairs->items[i];
        files[i] = (nt_patient_file){
            .name = pair->name, .path = pair->image, .further = pair->further, .test = pair->test};
    }
    NT_TRY(nt_patients_number(o->patient, arena, files, pairs->count, error));
    NT_TRY(nt_patients_by_path(o->patient, arena, files, pairs->count, &by_path, error));
    info->revision = by_path ? "patients are sought in paths" : NULL; /* once: in names alone */
    if (!drawn)
        return nt_patients_check_apart(arena, files, pairs->count, error);
    NT_TRY(nt_patients_draw(o->test_share, o->split_seed, arena, files, pairs->count, error));
    for (int32_t i = 0; i < pairs->count; i++)
        pairs->items[i].test = files[i].test;
    return NT_OK;
}

/* Images with their first masks beside them, then further masks: pages of one file lie close to
 * each other, as its digest likes it. */
static bool add_files(nt_data_info *info, nt_arena *arena, const nt_pair *pairs, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        if (!nt_data_add_file(info, arena, pairs[i].image) ||
            (pairs[i].mask_count > 0 && !nt_data_add_file(info, arena, pairs[i].masks[0])))
            return false;
    for (int32_t i = 0; i < count; i++)
        for (int32_t k = 1; k < pairs[i].mask_count; k++)
            if (!nt_data_add_file(info, arena, pairs[i].masks[k]))
                return false;
    return true;
}

/* Pairs, names, patients and files of a split. */
static nt_status note_split(const options *o, bool drawn, nt_data_info *info, nt_arena *arena,
                            nt_split split, const nt_pairs *all, const nt_patient_file *files,
                            sample_set *set, nt_error *error) {
    nt_pair *pairs = NT_ARENA_ARRAY(arena, nt_pair, all->count + 1);
    const char **names = NT_ARENA_ARRAY(arena, const char *, all->count + 1);
    int32_t *patients = NT_ARENA_ARRAY(arena, int32_t, all->count + 1), count = 0;
    bool paged = false;
    if (!pairs || !names || !patients)
        return no_memory(info, error);
    for (int32_t i = 0; i < all->count; i++) {
        bool here = all->items[i].test == (split == NT_TEST);
        paged = paged || (all->items[i].page && (drawn || here));
        if (!here)
            continue;
        pairs[count] = all->items[i];
        names[count] = all->items[i].name;
        patients[count++] = files[i].patient;
    }
    info->counts[split] = count;
    info->names[split] = names;
    info->patients[split] = o->patient[0] || paged ? patients : NULL;
    set->pairs[split] = pairs;
    return add_files(info, arena, pairs, count) ? NT_OK : no_memory(info, error);
}

static nt_status find_splits(const options *o, nt_arena *arena, nt_data_info *info, sample_set *set,
                             nt_pairs *ret, nt_error *error) {
    bool drawn;
    NT_TRY(find_pairs(o, arena, info, ret, &drawn, error));
    nt_patient_file *files = NT_ARENA_ARRAY(arena, nt_patient_file, ret->count + 1);
    if (!files)
        return no_memory(info, error);
    NT_TRY(find_patients(o, drawn, arena, info, ret, files, error));
    for (int split = 0; split < NT_HELD_OUT; split++)
        NT_TRY(note_split(o, drawn, info, arena, (nt_split)split, ret, files, set, error));
    return NT_OK;
}

/* --- looking ---------------------------------------------------------------------------------- */

/* What a look at all pictures shows: images, and each mask after its image. */
typedef struct looks {
    int32_t images, masks;
    const char **image_paths, **pair_paths;
    nt_picture_seen *image_seen, *pair_seen;
} looks;

static nt_status check_lossless(const void *context, int32_t i, nt_error *error) {
    const looks *l = context;
    const char *path = l->pair_paths[2 * i + 1], *lossy = NULL;
    nt_error passing; /* a file that is no good is told of as one */
    nt_error_init(&passing);
    nt_status status = nt_picture_lossy(path, &lossy, &passing);
    nt_error_finish(&passing);
    if (status == NT_NO_MEMORY)
        return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory");
    if (status != NT_OK || !lossy)
        return NT_OK;
    nt_error_in(error, NT_INVALID, path, -1,
                "is %s, which is lossy: the numbers of its classes are blurred", lossy);
    nt_error_hint(error, "save masks as PNG");
    return NT_INVALID;
}

static bool list_looks(const nt_pairs *pairs, nt_arena *arena, looks *ret) {
    looks l = {.images = pairs->count};
    for (int32_t i = 0; i < pairs->count; i++)
        l.masks += pairs->items[i].mask_count;
    l.image_paths = NT_ARENA_ARRAY(arena, const char *, l.images + 1);
    l.pair_paths = NT_ARENA_ARRAY(arena, const char *, 2 * l.masks + 1);
    l.image_seen = NT_ARENA_ARRAY(arena, nt_picture_seen, l.images + 1);
    l.pair_seen = NT_ARENA_ARRAY(arena, nt_picture_seen, 2 * l.masks + 1);
    if (!l.image_paths || !l.pair_paths || !l.image_seen || !l.pair_seen)
        return false;
    const char **next = l.pair_paths;
    for (int32_t i = 0; i < pairs->count; i++) {
        l.image_paths[i] = pairs->items[i].image;
        for (int32_t k = 0; k < pairs->items[i].mask_count; k++) {
            *next++ = pairs->items[i].image;
            *next++ = pairs->items[i].masks[k];
        }
    }
    *ret = l;
    return true;
}

/* Looks at each file once, in the order of the pairs. */
static nt_status look(const nt_pairs *pairs, nt_arena *arena, looks *l, const nt_data_info *info,
                      nt_error *error) {
    int32_t count = l->images + l->masks, at = 0, pair = 0;
    const char **paths = NT_ARENA_ARRAY(arena, const char *, count + 1);
    nt_picture_seen *seen = NT_ARENA_ARRAY(arena, nt_picture_seen, count + 1);
    if (!paths || !seen)
        return no_memory(info, error);
    for (int32_t i = 0; i < pairs->count; i++) {
        paths[at++] = pairs->items[i].image;
        for (int32_t k = 0; k < pairs->items[i].mask_count; k++)
            paths[at++] = pairs->items[i].masks[k];
    }
    NT_TRY(nt_pictures_look(paths, count, seen, error));
    at = 0;
    for (int32_t i = 0; i < pairs->count; i++) {
        l->image_seen[i] = seen[at++];
        for (int32_t k = 0; k < pairs->items[i].mask_count; k++) {
            l->pair_seen[pair++] = l->image_seen[i];
            l->pair_seen[pair++] = seen[at++];
        }
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

/* Notes what the images are like. `room` is for as long as it takes. */
static nt_status find_form(const options *o, const nt_pairs *pairs, looks *l, nt_arena *room,
                           nt_arena *arena, nt_data_info *info, nt_picture_form *ret,
                           nt_pair_doubts *doubts, nt_error *error) {
    const nt_picture_wish wish = {{o->size[0], o->size[1]}, o->channels, o->exif == NT_EXIF_IGNORE};
    NT_TRY(look(pairs, room, l, info, error));
    if (!nt_pictures_note(l->image_paths, l->image_seen, l->images, 1, info, arena))
        return no_memory(info, error);
    NT_TRY(nt_picture_form_find(l->image_paths, l->image_seen, l->images, 1, &wish, ret, error));
    return nt_picture_check_pairs(l->pair_paths, l->pair_seen, l->masks, wish.as_stored, doubts,
                                  error);
}

/* Looks at all pictures, and reads all of them once something is wrong. */
static nt_status look_at_pictures(const options *o, const nt_pairs *pairs, nt_arena *arena,
                                  nt_data_info *info, nt_picture_form *ret, nt_pair_doubts *doubts,
                                  nt_error *error) {
    nt_arena room;
    nt_error found;
    looks l;
    nt_arena_init(&room);
    nt_error_init(&found);
    nt_status status = NT_OK;
    if (!list_looks(pairs, &room, &l))
        status = no_memory(info, error);
    else if (l.masks > 0)
        status = nt_read_samples(l.masks, check_lossless, &l, error);
    if (status == NT_OK)
        status = find_form(o, pairs, &l, &room, arena, info, ret, doubts, &found);
    if (status != NT_OK)
        status = nt_picture_faults(info->files, info->file_count, status, &found, error);
    nt_error_finish(&found);
    nt_arena_finish(&room);
    return status;
}

/* --- opening ---------------------------------------------------------------------------------- */

static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    const options *o = record;
    sample_set *set = NT_ARENA_NEW(arena, sample_set);
    nt_pairs pairs;
    nt_picture_form form;
    nt_pair_doubts doubts;
    if (!set || !nt_labels_read(o->labels, arena, &set->key.labels))
        return no_memory(info, error);
    set->key.ignored = o->ignore_labels;
    NT_TRY(nt_mask_key_check(&set->key, error));
    if (o->channels == 2)
        return nt_error_say(error, NT_INVALID, "'channels' must be 1 or 3, or 0");
    NT_TRY(find_splits(o, arena, info, set, &pairs, error));
    NT_TRY(look_at_pictures(o, &pairs, arena, info, &form, &doubts, error));
    NT_TRY(note_doubts(&doubts, arena, info, error));
    info->shape = nt_shape_of(3, (const int32_t[]){form.channels, form.rows, form.columns});
    info->pixel = form.pixel;
    info->target = NT_TARGET_MASK;
    info->classes = set->key.labels.count;
    info->class_names = set->key.labels.names;
    info->own = set;
    info->usual = NT_USUAL_IMAGE;
    return NT_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

static nt_status read(const void *record, const nt_data_info *info, nt_split split, int32_t i,
                      void *ret_pixels, unsigned char *ret_mask, nt_error *error) {
    const options *o = record;
    const sample_set *set = info->own;
    const nt_pair *pair = &set->pairs[split][i];
    const nt_picture_form form = {info->shape.dim[1], info->shape.dim[2],
                                  info->shape.dim[0], o->size[0] > 0 && o->size[1] > 0,
                                  info->pixel,        o->exif == NT_EXIF_IGNORE};
    NT_TRY(nt_picture_to_pixels(&form, pair->image, ret_pixels, error));
    return nt_picture_to_mask(&form, &set->key, pair->masks, pair->mask_count, ret_mask, error);
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
