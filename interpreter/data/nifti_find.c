/* Which files of the kind `nifti` belong together, and whose they are. */
#include "nifti_set.h"
#include "volume_files.h"

#include <regex.h>
#include <string.h>

typedef struct finding {
    const nt_nifti_options *o;
    const char *folder;
    nt_arena *arena;
    nt_nifti_set *set;
    nt_error *error;
} finding;

static nt_status no_memory(const finding *f) {
    return nt_error_in(f->error, NT_NO_MEMORY, f->folder, -1, "out of memory listing volumes");
}

/* --- names ------------------------------------------------------------------------------------ */

static bool ends_with(const char *text, size_t length, const char *end) {
    size_t size = strlen(end);
    return length > size && memcmp(text + length - size, end, size) == 0;
}

/* Whether a file is an image: by its suffix, not a mask beside the images, and as `only` says. */
static bool is_image(const finding *f, const char *stem, bool together, const regex_t *only) {
    const char *slash = strrchr(stem, '/'), *base = slash ? slash + 1 : stem;
    size_t length = strlen(base);
    const char *mask = f->o->mask_suffix;
    if (f->o->image_suffix[0] && !ends_with(base, length, f->o->image_suffix))
        return false;
    if (together && mask[0] && ends_with(base, length, mask) &&
        strlen(mask) >= strlen(f->o->image_suffix))
        return false;
    return !only || regexec(only, base, 0, NULL, 0) == 0;
}

static nt_status add_pair(finding *f, const nt_volume_file *image, const nt_volume_files *masks,
                          const char *mask_root, bool test) {
    size_t length = strlen(image->stem) - strlen(f->o->image_suffix);
    const nt_volume_file *mask =
        nt_volume_files_find(masks, image->stem, length, f->o->mask_suffix);
    if (!mask) {
        nt_error_in(f->error, NT_INVALID, image->path, -1, "has no mask %s/%.*s%s.nii.gz or .nii",
                    mask_root, (int)length, image->stem, f->o->mask_suffix);
        nt_error_hint(f->error, "'image_suffix' and 'mask_suffix' say how their names end; 'only' "
                                "leaves out what is no image");
        return NT_INVALID;
    }
    int32_t i = f->set->count++;
    f->set->files[i] = (nt_patient_file){.name = image->stem, .path = image->path, .test = test};
    f->set->pairs[i] = (nt_nifti_pair){.mask = mask->path, .name = image->stem};
    return NT_OK;
}

/* Makes room for `count` more. */
static bool grow(finding *f, int32_t count) {
    nt_nifti_set *set = f->set;
    nt_patient_file *files = NT_ARENA_ARRAY(f->arena, nt_patient_file, set->count + count + 1);
    nt_nifti_pair *pairs = NT_ARENA_ARRAY(f->arena, nt_nifti_pair, set->count + count + 1);
    if (!files || !pairs)
        return false;
    if (set->count > 0) {
        memcpy(files, set->files, (size_t)set->count * sizeof *files);
        memcpy(pairs, set->pairs, (size_t)set->count * sizeof *pairs);
    }
    set->files = files;
    set->pairs = pairs;
    return true;
}

static nt_status pair_up(finding *f, const char *images, const char *masks, bool test,
                         const regex_t *only) {
    nt_volume_files image_files, mask_files;
    const char *image_root = nt_arena_printf(f->arena, "%s/%s", f->folder, images);
    const char *mask_root = nt_arena_printf(f->arena, "%s/%s", f->folder, masks);
    if (!image_root || !mask_root)
        return no_memory(f);
    NT_TRY(nt_volume_files_list(image_root, f->arena, &image_files, f->error));
    NT_TRY(nt_volume_files_list(mask_root, f->arena, &mask_files, f->error));
    if (!grow(f, image_files.count))
        return no_memory(f);
    int32_t before = f->set->count;
    bool together = strcmp(images, masks) == 0;
    for (int32_t i = 0; i < image_files.count; i++)
        if (is_image(f, image_files.items[i].stem, together, only))
            NT_TRY(add_pair(f, &image_files.items[i], &mask_files, mask_root, test));
    if (f->set->count > before)
        return NT_OK;
    if (image_files.count == 0)
        return nt_error_in(f->error, NT_INVALID, image_root, -1,
                           "holds no NIfTI files (.nii, .nii.gz)");
    nt_error_in(f->error, NT_INVALID, image_root, -1, "holds %d NIfTI files, none called as images",
                image_files.count);
    nt_error_hint(f->error, "see 'image_suffix', 'mask_suffix' and 'only'");
    return NT_INVALID;
}

/* --- splits ----------------------------------------------------------------------------------- */

static nt_status pair_folders(finding *f, const regex_t *only, bool *ret_drawn) {
    const nt_nifti_options *o = f->o;
    bool drawn = o->images[0] || o->masks[0];
    bool train = o->train_images[0] || o->train_masks[0];
    bool test = o->test_images[0] || o->test_masks[0];
    bool whole = !o->images[0] == !o->masks[0] && !o->train_images[0] == !o->train_masks[0] &&
                 !o->test_images[0] == !o->test_masks[0];
    if (drawn == (train || test) || !whole) {
        nt_error_say(f->error, NT_INVALID, "which folders hold the images and the masks?");
        nt_error_hint(f->error, "give 'images' and 'masks', or 'train_images', 'train_masks', "
                                "'test_images' and 'test_masks'");
        return NT_INVALID;
    }
    *ret_drawn = drawn;
    if (drawn)
        return pair_up(f, o->images, o->masks, false, only);
    if (train)
        NT_TRY(pair_up(f, o->train_images, o->train_masks, false, only));
    return test ? pair_up(f, o->test_images, o->test_masks, true, only) : NT_OK;
}

static nt_status pair_chosen(finding *f, bool *ret_drawn) {
    regex_t only;
    char why[120];
    if (!f->o->only[0])
        return pair_folders(f, NULL, ret_drawn);
    int code = regcomp(&only, f->o->only, REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
        regerror(code, &only, why, sizeof why);
        return nt_error_say(f->error, NT_INVALID, "'only' is no regular expression: %s", why);
    }
    nt_status status = pair_folders(f, &only, ret_drawn);
    regfree(&only);
    return status;
}

/* Those to train on first, both parts as they were. */
static nt_status put_in_order(finding *f) {
    nt_nifti_set *set = f->set, sorted = {0};
    finding room = {.arena = f->arena, .set = &sorted};
    if (!grow(&room, set->count))
        return no_memory(f);
    for (int test = 0; test < 2; test++)
        for (int32_t i = 0; i < set->count; i++)
            if (set->files[i].test == test) {
                sorted.files[sorted.count] = set->files[i];
                sorted.pairs[sorted.count++] = set->pairs[i];
            }
    set->files = sorted.files;
    set->pairs = sorted.pairs;
    return NT_OK;
}

nt_status nt_nifti_set_find(const nt_nifti_options *o, const char *folder, nt_arena *arena,
                            nt_nifti_set *set, nt_error *error) {
    finding f = {o, folder, arena, set, error};
    bool drawn;
    NT_TRY(pair_chosen(&f, &drawn));
    NT_TRY(nt_patients_number(o->patient, arena, set->files, set->count, error));
    if (!drawn)
        return nt_patients_check_apart(arena, set->files, set->count, error);
    NT_TRY(nt_patients_draw(o->test_share, o->split_seed, arena, set->files, set->count, error));
    return put_in_order(&f);
}
