/* Masks that are some image's one mask go first: what is left over of them, in whatever folders,
 * may be one of several of an image. */
#include "pair_files.h"

#include "pair_names.h"
#include <stdlib.h>
#include <string.h>

const char *const nt_unmasked_choices[] = {"error", "skip", "background", NULL};

/* The images of a split and their masks. */
typedef struct part {
    const char *image_root, *mask_root;
    nt_pair_names names;
    nt_picture_files others; /* beside the images, but not called as images are */
    int32_t *owners;         /* of each mask: its image, or -1 */
    int32_t *mask_counts;    /* of each image */
    int32_t masked;          /* images that have one */
    bool test;
} part;

typedef struct finding {
    const nt_pair_rules *rules;
    nt_arena *arena;
    nt_data_info *info;
    nt_error *error;
    part *parts;
    int32_t count;
    const char **taken; /* paths of the images and of their masks, sorted */
    size_t taken_count;
} finding;

static nt_status no_memory(const finding *f) {
    return nt_error_in(f->error, NT_NO_MEMORY, f->info->folder, -1,
                       "out of memory listing pictures");
}

/* --- listing ---------------------------------------------------------------------------------- */

/* Parts the pictures in the images' folder by their names. */
static nt_status choose_images(finding *f, part *p) {
    nt_picture_files *images = &p->names.images;
    int32_t kept = 0, found = images->count;
    p->others.items = NT_ARENA_ARRAY(f->arena, nt_picture_file, found + 1);
    if (!p->others.items)
        return no_memory(f);
    for (int32_t i = 0; i < found; i++)
        if (nt_pair_names_image(&p->names, &images->items[i]))
            images->items[kept++] = images->items[i];
        else
            p->others.items[p->others.count++] = images->items[i];
    images->count = kept;
    if (found == 0)
        return nt_picture_files_none(p->image_root, images, f->error);
    if (kept > 0)
        return NT_OK;
    nt_error_in(f->error, NT_INVALID, p->image_root, -1,
                "holds %d pictures, such as %s, none called as images", found,
                p->others.items[0].path);
    nt_error_hint(f->error, "see 'image_suffix' and 'mask_suffix'");
    return NT_INVALID;
}

static nt_status list(finding *f, const nt_pair_folders *folders, part *p) {
    p->test = folders->test;
    p->names.image_suffix = f->rules->image_suffix;
    p->names.mask_suffix = f->rules->mask_suffix;
    p->names.together = strcmp(folders->images, folders->masks) == 0;
    p->image_root = nt_arena_printf(f->arena, "%s/%s", f->info->folder, folders->images);
    p->mask_root = nt_arena_printf(f->arena, "%s/%s", f->info->folder, folders->masks);
    if (!p->image_root || !p->mask_root)
        return no_memory(f);
    NT_TRY(nt_picture_files_list(p->image_root, f->arena, &p->names.images, f->error));
    NT_TRY(nt_picture_files_list(p->mask_root, f->arena, &p->names.masks, f->error));
    NT_TRY(choose_images(f, p));
    p->owners = NT_ARENA_ARRAY(f->arena, int32_t, p->names.masks.count + 1);
    p->mask_counts = NT_ARENA_ARRAY(f->arena, int32_t, p->names.images.count + 1);
    if (!p->owners || !p->mask_counts ||
        !nt_passed_over_note(&p->names.images, f->info, f->arena) ||
        (!p->names.together && !nt_passed_over_note(&p->names.masks, f->info, f->arena)))
        return no_memory(f);
    return NT_OK;
}

/* --- pairing ---------------------------------------------------------------------------------- */

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_taken(const finding *f, const char *path) {
    return bsearch(&path, f->taken, f->taken_count, sizeof *f->taken, compare_texts) != NULL;
}

static nt_status note_taken(finding *f) {
    size_t most = 1;
    for (int32_t k = 0; k < f->count; k++)
        most += (size_t)f->parts[k].names.images.count + (size_t)f->parts[k].names.masks.count;
    f->taken = NT_ARENA_ARRAY(f->arena, const char *, most);
    f->taken_count = 0;
    if (!f->taken)
        return no_memory(f);
    for (const part *p = f->parts; p < f->parts + f->count; p++) {
        for (int32_t i = 0; i < p->names.images.count; i++)
            f->taken[f->taken_count++] = p->names.images.items[i].path;
        for (int32_t i = 0; i < p->names.masks.count; i++)
            if (p->owners[i] >= 0)
                f->taken[f->taken_count++] = p->names.masks.items[i].path;
    }
    qsort(f->taken, f->taken_count, sizeof *f->taken, compare_texts);
    return NT_OK;
}

static nt_status pair_up(finding *f) {
    for (part *p = f->parts; p < f->parts + f->count; p++)
        for (int32_t i = 0; i < p->names.masks.count; i++)
            p->owners[i] = nt_pair_names_only(&p->names, &p->names.masks.items[i]);
    NT_TRY(note_taken(f));
    for (part *p = f->parts; p < f->parts + f->count; p++)
        for (int32_t i = 0; i < p->names.masks.count; i++) {
            const nt_picture_file *mask = &p->names.masks.items[i];
            if (p->owners[i] < 0 && !is_taken(f, mask->path))
                p->owners[i] = nt_pair_names_among(&p->names, mask);
            if (p->owners[i] >= 0 && p->mask_counts[p->owners[i]]++ == 0)
                p->masked++;
        }
    return note_taken(f);
}

/* --- images without a mask -------------------------------------------------------------------- */

/* A picture that could be a mask of some image; NULL: there is none. */
static const nt_picture_file *find_stray(const finding *f, const part *p) {
    for (int32_t i = 0; i < p->names.masks.count; i++) {
        const nt_picture_file *file = &p->names.masks.items[i];
        if (!is_taken(f, file->path) && nt_pair_names_mask(&p->names, file))
            return file;
    }
    return NULL;
}

static nt_status say_none(const finding *f, const part *p) {
    const nt_picture_file *image = &p->names.images.items[0], *stray = find_stray(f, p);
    const char *image_suffix = f->rules->image_suffix, *mask_suffix = f->rules->mask_suffix;
    if (p->names.masks.count == 0)
        return nt_picture_files_none(p->mask_root, &p->names.masks, f->error);
    nt_error_in(f->error, NT_INVALID, p->image_root, -1,
                "has no image with a mask in %s: of %s it would be %.*s%s.*, and there is %s",
                p->mask_root, image->path + strlen(p->image_root) + 1,
                (int)(nt_picture_stem_length(image) - strlen(image_suffix)), image->stem,
                mask_suffix, stray ? stray->path + strlen(p->mask_root) + 1 : "none so called");
    nt_error_hint(
        f->error,
        "'image_suffix' (now \"%s\") and 'mask_suffix' (now \"%s\") say what names end in "
        "after what both share",
        image_suffix, mask_suffix);
    return NT_INVALID;
}

static void say_no_mask(const finding *f, const part *p, const nt_picture_file *image) {
    size_t stem = nt_picture_stem_length(image), length = stem - strlen(f->rules->image_suffix);
    nt_error_in(f->error, NT_INVALID, image->path, -1, "has no mask %s/%.*s%s.*%s", p->mask_root,
                (int)length, image->stem, f->rules->mask_suffix, image->stem + stem);
}

static nt_status check_masked(finding *f) {
    int32_t masked = 0, said = 0;
    nt_status status = NT_OK;
    for (const part *p = f->parts; p < f->parts + f->count; p++)
        masked += p->masked;
    for (const part *p = f->parts; p < f->parts + f->count; p++) {
        bool none = p->masked == 0 && (f->rules->unmasked != NT_UNMASKED_BACKGROUND || masked == 0);
        if (none)
            status = say_none(f, p);
        for (int32_t i = 0; !none && i < p->names.images.count; i++) {
            if (f->rules->unmasked != NT_UNMASKED_ERROR || p->mask_counts[i] > 0)
                continue;
            say_no_mask(f, p, &p->names.images.items[i]);
            if (said++ == 0)
                nt_error_hint(f->error, "'image_suffix' and 'mask_suffix' say what names end in; "
                                        "'unmasked' leaves such images out, or makes them "
                                        "background");
            status = NT_INVALID;
        }
    }
    return status;
}

/* --- notes ------------------------------------------------------------------------------------ */

typedef struct tally {
    int32_t count;
    const char *example;
} tally;

static void count_one(tally *t, const char *path) {
    if (t->count++ == 0)
        t->example = path;
}

/* What the counted pictures are, with how many and the example. */
static nt_status note(finding *f, const tally *t, const char *what) {
    if (t->count == 0)
        return NT_OK;
    const char *line = nt_arena_printf(f->arena, "%d %s, such as %s", t->count, what, t->example);
    return line && nt_data_add_note(f->info, f->arena, line) ? NT_OK : no_memory(f);
}

/* Pictures in the folders that are neither images nor masks. */
static nt_status note_left_over(finding *f) {
    tally passed = {0}, stray = {0};
    for (const part *p = f->parts; p < f->parts + f->count; p++) {
        for (int32_t i = 0; i < p->others.count; i++) {
            const nt_picture_file *file = &p->others.items[i];
            if (!is_taken(f, file->path) &&
                !(p->names.together && nt_pair_names_mask(&p->names, file)))
                count_one(&passed, file->path);
        }
        if (p > f->parts && strcmp(p->mask_root, p[-1].mask_root) == 0)
            continue;
        for (int32_t i = 0; i < p->names.masks.count; i++) {
            const nt_picture_file *file = &p->names.masks.items[i];
            if (!is_taken(f, file->path) && nt_pair_names_mask(&p->names, file))
                count_one(&stray, file->path);
        }
    }
    NT_TRY(
        note(f, &passed, "pictures are passed over: they are not called as 'image_suffix' says"));
    return note(f, &stray, "masks belong to no image");
}

/* --- pairs ------------------------------------------------------------------------------------ */

/* The masks of the part's images, one after the other. */
static nt_status gather_masks(finding *f, const part *p, const char *const **ret) {
    int32_t *next = NT_ARENA_ARRAY(f->arena, int32_t, p->names.images.count + 1);
    const char **masks = NT_ARENA_ARRAY(f->arena, const char *, p->names.masks.count + 1);
    if (!next || !masks)
        return no_memory(f);
    for (int32_t i = 0; i < p->names.images.count; i++)
        next[i + 1] = next[i] + p->mask_counts[i];
    for (int32_t i = 0; i < p->names.masks.count; i++)
        if (p->owners[i] >= 0)
            masks[next[p->owners[i]]++] = p->names.masks.items[i].path;
    *ret = masks;
    return NT_OK;
}

static nt_status add_part(finding *f, const part *p, nt_pairs *pairs, tally *unmasked,
                          tally *joined) {
    const char *const *masks = NULL;
    const nt_picture_file *before = NULL;
    NT_TRY(gather_masks(f, p, &masks));
    for (int32_t i = 0; i < p->names.images.count; i++) {
        const nt_picture_file *image = &p->names.images.items[i];
        int32_t count = p->mask_counts[i];
        if (count == 0)
            count_one(unmasked, image->path);
        if (count == 0 && f->rules->unmasked == NT_UNMASKED_SKIP)
            continue;
        if (count > 1)
            count_one(joined, image->path);
        pairs->items[pairs->count++] =
            (nt_pair){.name = image->stem,
                      .image = image->path,
                      .masks = masks,
                      .mask_count = count,
                      .test = p->test,
                      .page = image->page > 0,
                      .further = before && nt_picture_same_file(before, image)};
        before = image;
        masks += count;
    }
    return NT_OK;
}

static nt_status add_all(finding *f, nt_pairs *ret) {
    tally unmasked = {0}, joined = {0};
    int32_t most = 1;
    for (const part *p = f->parts; p < f->parts + f->count; p++)
        most += p->names.images.count;
    nt_pairs pairs = {NT_ARENA_ARRAY(f->arena, nt_pair, most), 0};
    if (!pairs.items)
        return no_memory(f);
    for (const part *p = f->parts; p < f->parts + f->count; p++)
        NT_TRY(add_part(f, p, &pairs, &unmasked, &joined));
    NT_TRY(note(f, &unmasked,
                f->rules->unmasked == NT_UNMASKED_SKIP
                    ? "images without a mask are left out"
                    : "images without a mask are taken as background"));
    NT_TRY(note(f, &joined, "images have several masks each, which are joined"));
    *ret = pairs;
    return NT_OK;
}

nt_status nt_pair_files_find(const nt_pair_rules *rules, const nt_pair_folders *folders,
                             int32_t count, nt_arena *arena, nt_data_info *info, nt_pairs *ret,
                             nt_error *error) {
    finding f = {.rules = rules, .arena = arena, .info = info, .error = error, .count = count};
    f.parts = NT_ARENA_ARRAY(arena, part, count + 1);
    if (!f.parts)
        return no_memory(&f);
    for (int32_t k = 0; k < count; k++)
        NT_TRY(list(&f, &folders[k], &f.parts[k]));
    NT_TRY(pair_up(&f));
    NT_TRY(check_masked(&f));
    NT_TRY(note_left_over(&f));
    return add_all(&f, ret);
}
