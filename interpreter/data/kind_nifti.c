/* Medical volumes with their labels, by name (nifti_file.h): each slice along an axis is a sample,
 * in the size that all have or about its middle. Intensities are scaled volume by volume. Patients
 * are never parted: a file is of one patient, unless a pattern says more. */
#include "nifti_set.h"
#include <string.h>

static const char *const axes[] = {"x", "y", "z", NULL};
static const char *const intensities[] = {"volume", "percentile", "raw", NULL};
static const char *const empties[] = {"keep", "skip", NULL};

enum { LEAST_SPAN = 1 << 20 };

#define AT(member) offsetof(nt_nifti_options, member)

static const nt_field fields[] = {
    {"images", NT_STRING, AT(images), "",
     .doc = "folder of the images, where the split is to be "
            "drawn"},
    {"masks", NT_STRING, AT(masks), "", .doc = "folder of their masks; it may be the same"},
    {"train_images", NT_STRING, AT(train_images), "",
     .doc = "folder of the training images, where the split is by folders"},
    {"train_masks", NT_STRING, AT(train_masks), "", .doc = "folder of their masks"},
    {"test_images", NT_STRING, AT(test_images), "", .doc = "folder of the test images"},
    {"test_masks", NT_STRING, AT(test_masks), "", .doc = "folder of their masks"},
    {"image_suffix", NT_STRING, AT(image_suffix), "",
     .doc = "what images' names end in before .nii or .nii.gz, as _0000; others are passed over"},
    {"mask_suffix", NT_STRING, AT(mask_suffix), "",
     .doc = "what a mask's name has in its place, as _gt"},
    {"only", NT_STRING, AT(only), "",
     .doc = "extended regular expression that images' names match; others are passed over"},
    {"patient", NT_STRING, AT(patient), "",
     .doc =
         "extended regular expression whose first group is the patient in an image's path inside "
         "the folder, or else in its name; without it each file is a patient"},
    {"labels", NT_LABELS, AT(labels), "background=0 foreground=1",
     .doc = "the classes and their numbers in the masks; the first is the background"},
    {"ignore_labels", NT_INTS, AT(ignore_labels), "[]", -1, 65535,
     .doc = "numbers of voxels that count nowhere"},
    {"test_share", NT_REAL, AT(test_share), "0.2", 0, 1,
     .doc = "share of the patients that is drawn for the test split"},
    {"split_seed", NT_INT, AT(split_seed), "0", 0, INT32_MAX, .doc = "which draw it is"},
    {"axis", NT_CHOICE, AT(axis), "z", .choices = axes,
     .doc = "which axis of the volume goes from slice to slice"},
    {"orient", NT_STRING, AT(orient), "",
     .doc = "where x, y and z are to lead, as RAS: volumes are turned so; without it all must lie "
            "alike"},
    {"frame", NT_INT, AT(frame), "-1", -1, INT16_MAX,
     .doc = "which frame of a volume in time, from 0; -1: each is a volume"},
    {"tolerance", NT_REAL, AT(tolerance), "0.1", 0, 1e6,
     .doc = "how far a corner of a mask may lie from that of its image, in the files' unit"},
    {"intensity", NT_CHOICE, AT(intensity), "volume", .choices = intensities,
     .doc = "volume: mean 0 and deviation 1; percentile: 0 to 1 between two, cut there; raw: as "
            "they are"},
    {"percentile", NT_REALS, AT(percentile), "[0.5,99.5]", 0, 100,
     .doc = "which two, of a volume's values"},
    {"empty_slices", NT_CHOICE, AT(empty), "keep", .choices = empties,
     .doc = "whether slices without any class but the background are samples"},
    {"size", NT_PAIR, AT(size), "0", 0, 1 << 14,
     .doc = "rows and columns that slices are cut or filled up to about their middle; 0: they have "
            "one size"},
    {0},
};

static nt_status no_memory(const nt_data_info *info, nt_error *error) {
    return nt_error_in(error, NT_NO_MEMORY, info->folder, -1, "out of memory opening volumes");
}

/* --- the size of slices ----------------------------------------------------------------------- */

static bool same_size(const nt_volume_view *a, const nt_volume_view *b) {
    return a->size[1] == b->size[1] && a->size[2] == b->size[2];
}

/* All sizes, each with how many files have it. */
static nt_status say_sizes(const nt_data_info *info, const nt_nifti_set *set, nt_error *error) {
    nt_text text;
    nt_text_init(&text);
    for (int32_t i = 0, listed = 0; i < set->count && listed <= 12; i++) {
        const nt_volume_view *view = &set->pairs[i].view;
        int32_t first = 0, alike = 0;
        while (!same_size(&set->pairs[first].view, view))
            first++;
        for (int32_t j = i; j < set->count && first == i; j++)
            alike += same_size(&set->pairs[j].view, view);
        if (first < i)
            continue;
        if (listed++ == 12)
            nt_text_add(&text, ", …");
        else
            nt_text_printf(&text, "%s%d x %d (%d)", listed > 1 ? ", " : "", view->size[1],
                           view->size[2], alike);
    }
    nt_error_in(error, NT_INVALID, info->folder, -1,
                "has slices of several sizes, rows x columns (files): %s",
                text.bytes ? text.bytes : "");
    nt_error_hint(error, "'size' cuts them or fills them up about their middle");
    nt_text_finish(&text);
    return NT_INVALID;
}

static nt_status find_shape(const nt_nifti_options *o, nt_data_info *info, const nt_nifti_set *set,
                            nt_error *error) {
    int32_t rows = o->size[0], columns = o->size[1];
    if (!rows != !columns)
        return nt_error_say(error, NT_INVALID, "'size' must be two numbers above 0, or 0");
    for (int32_t i = 0; i < set->count && !o->size[0]; i++) {
        if (!same_size(&set->pairs[i].view, &set->pairs[0].view))
            return say_sizes(info, set, error);
        rows = set->pairs[i].view.size[1];
        columns = set->pairs[i].view.size[2];
    }
    info->shape = nt_shape_of(3, (const int32_t[]){1, rows, columns});
    return NT_OK;
}

/* --- samples ---------------------------------------------------------------------------------- */

static bool name_slices(const nt_nifti_pair *pair, const char *axis, nt_arena *arena,
                        const char **ret) {
    int32_t slices = pair->view.size[0];
    for (int32_t i = 0; i < pair->frames * slices; i++) {
        if (!pair->kept[i])
            continue;
        int32_t frame = pair->frame + i / slices, slice = i % slices;
        *ret = pair->head.frames > 1
                   ? nt_arena_printf(arena, "%s#t%d%s%d", pair->name, frame, axis, slice)
                   : nt_arena_printf(arena, "%s#%s%d", pair->name, axis, slice);
        if (!*ret++)
            return false;
    }
    return true;
}

static nt_status note_split(const nt_nifti_options *o, nt_data_info *info, nt_arena *arena,
                            nt_split split, nt_nifti_set *set, nt_error *error) {
    int64_t count = 0;
    for (int32_t i = 0; i < set->count; i++)
        count += set->files[i].test == (split == NT_TEST) ? nt_nifti_pair_kept(&set->pairs[i]) : 0;
    if (count > INT32_MAX)
        return nt_error_in(error, NT_INVALID, info->folder, -1, "has more than 2^31 slices");
    const char **names = NT_ARENA_ARRAY(arena, const char *, count + 1);
    int32_t *patients = NT_ARENA_ARRAY(arena, int32_t, count + 1);
    if (!names || !patients)
        return no_memory(info, error);
    info->counts[split] = (int32_t)count;
    info->names[split] = names;
    info->patients[split] = patients;
    for (int32_t i = 0, start = 0; i < set->count; i++) {
        if (set->files[i].test != (split == NT_TEST))
            continue;
        int32_t kept = nt_nifti_pair_kept(&set->pairs[i]);
        set->pairs[i].start = start;
        start += kept;
        if (!name_slices(&set->pairs[i], axes[o->axis], arena, names) ||
            !nt_data_add_file(info, arena, set->files[i].path) ||
            !nt_data_add_file(info, arena, set->pairs[i].mask))
            return no_memory(info, error);
        names += kept;
        for (int32_t k = 0; k < kept; k++)
            *patients++ = set->files[i].patient;
    }
    return NT_OK;
}

/* --- traits ----------------------------------------------------------------------------------- */

/* The sides of the voxels and where the axes lead, as they are in the files. */
static nt_status note_traits(nt_data_info *info, nt_arena *arena, const nt_nifti_set *set,
                             nt_error *error) {
    bool ok = true;
    for (int k = 0; k < 2; k++)
        for (int32_t i = 0; ok && i < set->count; i++) {
            const nt_nifti_head *head = &set->pairs[i].head;
            const double *v = head->voxel;
            const char *sides =
                k ? NULL : nt_arena_printf(arena, "%.4g x %.4g x %.4g mm", v[0], v[1], v[2]);
            ok = k ? nt_data_add_trait(info, arena, "axes", head->placed ? head->axes : "unknown",
                                       1, "images")
                   : nt_data_add_trait(info, arena, "voxels", sides, 1, "images");
        }
    return ok ? NT_OK : no_memory(info, error);
}

/* --- opening ---------------------------------------------------------------------------------- */

static nt_status check_options(const nt_nifti_options *o, nt_arena *arena, nt_data_info *info,
                               nt_nifti_set *set, nt_error *error) {
    const nt_reals *p = &o->percentile;
    if (!nt_labels_read(o->labels, arena, &set->key.labels))
        return no_memory(info, error);
    set->key.ignored = o->ignore_labels;
    info->classes = set->key.labels.count;
    info->class_names = set->key.labels.names;
    NT_TRY(nt_mask_key_check(&set->key, error));
    if (p->count != 2 || !(p->items[0] < p->items[1]))
        return nt_error_say(error, NT_INVALID, "'percentile' must be two numbers, the lower first");
    return NT_OK;
}

static nt_status open(const void *record, nt_arena *arena, nt_data_info *info, nt_error *error) {
    static const float zero[] = {0}, one[] = {1};
    const nt_nifti_options *o = record;
    nt_nifti_set *set = NT_ARENA_NEW(arena, nt_nifti_set);
    if (!set)
        return no_memory(info, error);
    info->own = set;
    set->cache = nt_frame_cache_new();
    if (!set->cache)
        return no_memory(info, error);
    NT_TRY(check_options(o, arena, info, set, error));
    NT_TRY(nt_nifti_set_find(o, info->folder, arena, set, error));
    for (int32_t i = 0; i < set->count; i++)
        set->train += !set->files[i].test;
    NT_TRY(nt_nifti_set_check(o, set, error));
    NT_TRY(find_shape(o, info, set, error));
    NT_TRY(nt_nifti_set_choose(o, arena, set, error));
    NT_TRY(note_split(o, info, arena, NT_TRAIN, set, error));
    NT_TRY(note_split(o, info, arena, NT_TEST, set, error));
    NT_TRY(note_traits(info, arena, set, error));
    info->pixel = NT_PIXEL_FLOAT;
    info->target = NT_TARGET_MASK;
    nt_data_set_usual(info, zero, one);
    return NT_OK;
}

static void close(const nt_data_info *info) {
    const nt_nifti_set *set = info->own;
    if (!set)
        return;
    for (int32_t i = 0; i < set->count; i++) {
        nt_gzip_index_free(set->pairs[i].index);
        nt_gzip_index_free(set->pairs[i].mask_index);
    }
    nt_frame_cache_free(set->cache);
}

/* --- reading ---------------------------------------------------------------------------------- */

static nt_status read(const void *record, const nt_data_info *info, nt_split split, int32_t i,
                      void *ret_pixels, unsigned char *ret_mask, nt_error *error) {
    (void)record;
    return nt_nifti_set_read(info->own, split, i, info->keep / 2, info->shape.dim + 1, ret_pixels,
                             ret_mask, error);
}

typedef struct sweeping {
    const nt_nifti_options *o;
    const nt_data_info *info;
    const nt_sample_sink *sink;
    int32_t first_file;
    int64_t span; /* of indexes */
} sweeping;

static nt_status sweep_file(const void *context, int32_t i, nt_error *error) {
    const sweeping *w = context;
    return nt_nifti_set_sweep(w->o, w->info->own, w->first_file + i, w->info->shape.dim + 1,
                              w->span, w->sink, error);
}

/* How far apart indexes' places are, for them all to take no more than half of `keep`; 0: none are
 * needed. */
static int64_t choose_span(const nt_data_info *info, nt_split split, const nt_sample_sink *sink) {
    const nt_nifti_set *set = info->own;
    int64_t bytes = 0, most = info->keep / 2 / NT_GZIP_WINDOW;
    if (sink->held == info->counts[split])
        return 0;
    for (int32_t i = 0; i < set->count; i++) {
        const nt_nifti_head *image = &set->pairs[i].head, *mask = &set->pairs[i].mask_head;
        bytes += image->packed ? image->frames * (int64_t)nt_nifti_frame_size(image) : 0;
        bytes += mask->packed ? mask->frames * (int64_t)nt_nifti_frame_size(mask) : 0;
    }
    int64_t span = bytes / (most > 0 ? most : 1);
    return most == 0 ? INT64_MAX : span > LEAST_SPAN ? span : LEAST_SPAN;
}

static nt_status sweep(const void *record, const nt_data_info *info, nt_split split,
                       const nt_sample_sink *sink, nt_error *error) {
    const nt_nifti_set *set = info->own;
    int32_t first = split == NT_TEST ? set->train : 0;
    int32_t end = split == NT_TEST ? set->count : set->train;
    const sweeping w = {record, info, sink, first, choose_span(info, split, sink)};
    return nt_read_samples(end - first, sweep_file, &w, error);
}

const nt_data_kind nt_data_kind_nifti = {
    .kind = {.name = "nifti",
             .doc =
                 "medical volumes and their labels by name, slice by slice (NIfTI: .nii, .nii.gz)",
             .fields = fields,
             .size = sizeof(nt_nifti_options)},
    .folder = NULL,
    .source = NULL,
    .open = open,
    .read = read,
    .sweep = sweep,
    .close = close,
};
