/* What the pictures of a data set are like, by a look at each: the form that suits them all, and
 * whether images and masks fit each other. */
#include "picture_tree.h"

#include "alloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const nt_exif_choices[] = {"apply", "ignore", NULL};

/* --- looking ---------------------------------------------------------------------------------- */

typedef struct looking {
    const char *const *paths;
    nt_picture_seen *seen;
} looking;

static nt_status look_at(const void *context, int32_t i, nt_error *error) {
    const looking *l = context;
    nt_picture p;
    int orientation;
    NT_TRY(nt_picture_look_stored(l->paths[i], &p, &orientation, error));
    l->seen[i] = (nt_picture_seen){p.rows, p.columns, p.channels, orientation, p.wide};
    return NT_OK;
}

nt_status nt_pictures_look(const char *const *paths, int32_t count, nt_picture_seen *ret_seen,
                           nt_error *error) {
    return nt_read_samples(count, look_at, &(looking){paths, ret_seen}, error);
}

/* --- forms ------------------------------------------------------------------------------------ */

typedef struct extent {
    int32_t rows, columns, count, first; /* how many have it, the first that does */
} extent;

static extent extent_of(const nt_picture_seen *seen, bool as_stored, int32_t i) {
    bool turned = !as_stored && seen[i].orientation >= 5;
    return (extent){turned ? seen[i].columns : seen[i].rows,
                    turned ? seen[i].rows : seen[i].columns, 1, i};
}

static int by_size(const void *a, const void *b) {
    const extent *x = a, *y = b;
    if (x->rows != y->rows)
        return x->rows < y->rows ? -1 : 1;
    if (x->columns != y->columns)
        return x->columns < y->columns ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static int by_count(const void *a, const void *b) {
    const extent *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* The different sizes of `count` pictures, the most frequent first; returns how many there are. */
static int32_t tally(extent *sizes, int32_t count) {
    int32_t kinds = 0;
    qsort(sizes, (size_t)count, sizeof *sizes, by_size);
    for (int32_t i = 0; i < count; i++)
        if (kinds > 0 && sizes[kinds - 1].rows == sizes[i].rows &&
            sizes[kinds - 1].columns == sizes[i].columns)
            sizes[kinds - 1].count++;
        else
            sizes[kinds++] = sizes[i];
    qsort(sizes, (size_t)kinds, sizeof *sizes, by_count);
    return kinds;
}

static nt_status say_sizes(const char *const *paths, const extent *sizes, int32_t kinds,
                           nt_error *error) {
    enum { SHOWN = 3 };
    const extent *usual = &sizes[0], *odd = &sizes[1];
    nt_text text;
    nt_text_init(&text);
    for (int32_t i = 0; i < kinds && i < SHOWN; i++)
        nt_text_printf(&text, "%s%d x %d (%d)", i ? ", " : "", sizes[i].columns, sizes[i].rows,
                       sizes[i].count);
    if (kinds > SHOWN)
        nt_text_printf(&text, " and %d more", kinds - SHOWN);
    nt_error_in(error, NT_INVALID, paths[odd->first], -1,
                "has %d x %d pixels, %s has %d x %d; there are %s", odd->columns, odd->rows,
                paths[usual->first], usual->columns, usual->rows, text.bytes);
    nt_error_hint(error, "say under 'size' to which rows and columns all are to be resized");
    nt_text_finish(&text);
    return NT_INVALID;
}

static nt_status find_size(const char *const *paths, const nt_picture_seen *seen, int32_t count,
                           int32_t step, nt_picture_form *form, nt_error *error) {
    int32_t pictures = (count + step - 1) / step;
    size_t size = (size_t)pictures * sizeof(extent);
    extent *sizes = nt_alloc(size);
    if (!sizes)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for %d pictures", pictures);
    for (int32_t i = 0; i < pictures; i++)
        sizes[i] = extent_of(seen, form->as_stored, i * step);
    int32_t kinds = tally(sizes, pictures);
    form->rows = sizes[0].rows;
    form->columns = sizes[0].columns;
    nt_status status = kinds > 1 ? say_sizes(paths, sizes, kinds, error) : NT_OK;
    nt_free(sizes, size);
    return status;
}

nt_status nt_picture_form_find(const char *const *paths, const nt_picture_seen *seen, int32_t count,
                               int32_t step, const nt_picture_wish *wish, nt_picture_form *ret,
                               nt_error *error) {
    const int32_t *size = wish->size;
    bool colour = false, wide = false, resized = size[0] > 0 && size[1] > 0;
    if (!resized && (size[0] > 0 || size[1] > 0))
        return nt_error_say(error, NT_INVALID, "'size' must be two numbers above 0, or 0");
    for (int32_t i = 0; i < count; i += step) {
        colour = colour || seen[i].channels == 3;
        wide = wide || seen[i].wide;
    }
    nt_picture_form form = {.rows = size[0],
                            .columns = size[1],
                            .channels = wish->channels ? wish->channels
                                        : colour       ? 3
                                                       : 1,
                            .resized = resized,
                            .pixel = wide ? NT_PIXEL_FLOAT : NT_PIXEL_BYTE,
                            .as_stored = wish->as_stored};
    if (!resized)
        NT_TRY(find_size(paths, seen, count, step, &form, error));
    *ret = form;
    return NT_OK;
}

/* --- traits ----------------------------------------------------------------------------------- */

/* The most frequent sizes, and how many have others. */
static bool note_sizes(const nt_picture_seen *seen, int32_t count, int32_t step, nt_data_info *info,
                       nt_arena *arena) {
    enum { SHOWN = 3 };
    int32_t pictures = (count + step - 1) / step, others = 0;
    size_t size = (size_t)pictures * sizeof(extent);
    extent *sizes = nt_alloc(size);
    if (!sizes)
        return false;
    for (int32_t i = 0; i < pictures; i++)
        sizes[i] = extent_of(seen, true, i * step);
    int32_t kinds = tally(sizes, pictures);
    bool ok = true;
    for (int32_t k = 0; ok && k < kinds; k++)
        if (k < SHOWN)
            ok = nt_data_add_trait(
                info, arena, "size",
                nt_arena_printf(arena, "%d x %d", sizes[k].columns, sizes[k].rows), sizes[k].count,
                "images");
        else
            others += sizes[k].count;
    nt_free(sizes, size);
    return ok &&
           (others == 0 || nt_data_add_trait(info, arena, "size", "others", others, "images"));
}

bool nt_pictures_note(const char *const *paths, const nt_picture_seen *seen, int32_t count,
                      int32_t step, nt_data_info *info, nt_arena *arena) {
    static const char *const looks[2][2] = {{"grey, 8 bits", "grey, 16 bits"},
                                            {"colour, 8 bits", "colour, 16 bits"}};
    for (int32_t i = 0; i < count; i += step) {
        size_t length;
        char ending[8];
        nt_picture_page(paths[i], &length);
        const char *dot = paths[i] + length;
        while (dot > paths[i] && *dot != '.')
            dot--;
        snprintf(ending, sizeof ending, "%.*s", (int)(paths[i] + length - dot), dot);
        const char *kept = NULL;
        for (int32_t t = 0; !kept && t < info->trait_count; t++)
            if (strcmp(info->traits[t].value, ending) == 0)
                kept = info->traits[t].value;
        kept = kept ? kept : nt_arena_string(arena, ending);
        if (!nt_data_add_trait(info, arena, "files", kept, 1, "images") ||
            !nt_data_add_trait(info, arena, "pixels", looks[seen[i].channels == 3][seen[i].wide], 1,
                               "images"))
            return false;
    }
    return note_sizes(seen, count, step, info, arena);
}

/* --- one picture ------------------------------------------------------------------------------ */

nt_status nt_picture_form_of(const char *path, const nt_picture_wish *wish, nt_picture_form *ret,
                             nt_error *error) {
    nt_picture_seen seen;
    NT_TRY(look_at(&(looking){&path, &seen}, 0, error));
    return nt_picture_form_find(&path, &seen, 1, 1, wish, ret, error);
}

/* --- pairs ------------------------------------------------------------------------------------ */

static bool same_size(extent a, extent b) {
    return a.rows == b.rows && a.columns == b.columns;
}

static nt_status say_turned(const char *image, const char *mask, const nt_picture_seen *seen,
                            nt_error *error) {
    bool of_image = seen[0].orientation != 1;
    nt_error_in(error, NT_INVALID, of_image ? image : mask, -1,
                "is turned by its EXIF orientation (%d); %s %s, which has %d x %d pixels, is not",
                seen[of_image ? 0 : 1].orientation, of_image ? "its mask" : "its image",
                of_image ? mask : image, seen[1].columns, seen[1].rows);
    nt_error_hint(error, "say 'exif: ignore' if the mask was drawn on the picture as it is stored, "
                         "or turn the mask's file");
    return NT_INVALID;
}

nt_status nt_picture_check_pairs(const char *const *paths, const nt_picture_seen *seen,
                                 int32_t pairs, bool as_stored, nt_pair_doubts *ret,
                                 nt_error *error) {
    nt_pair_doubts doubts = {0};
    for (int32_t i = 0; i < 2 * pairs; i += 2) {
        extent image = extent_of(seen, as_stored, i), mask = extent_of(seen, as_stored, i + 1);
        bool alike = as_stored || seen[i].orientation == seen[i + 1].orientation;
        bool stored_alike = same_size(extent_of(seen, true, i), extent_of(seen, true, i + 1));
        if (!same_size(image, mask) && !alike && stored_alike)
            return say_turned(paths[i], paths[i + 1], seen + i, error);
        if (!same_size(image, mask))
            return nt_error_in(error, NT_INVALID, paths[i + 1], -1,
                               "has %d x %d pixels; its image has %d x %d", mask.columns, mask.rows,
                               image.columns, image.rows);
        if (!alike && stored_alike && doubts.count++ == 0) {
            doubts.image = paths[i];
            doubts.mask = paths[i + 1];
        }
    }
    *ret = doubts;
    return NT_OK;
}
