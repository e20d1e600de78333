/* Folders of pictures, sorted by name so that an order of samples never depends on the file system,
 * and pictures brought to the one form that a data set's samples share. Samples are read by all
 * threads. */
#include "picture_tree.h"

#include "alloc.h"
#include "parallel.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- listing ---------------------------------------------------------------------------------- */

typedef struct listing {
    nt_arena *arena;
    size_t root; /* length of the folder's path, with the slash */
    nt_picture_file *items;
    size_t count, capacity;
    nt_error *error;
} listing;

static nt_status no_memory(nt_error *error, const char *path) {
    return nt_error_in(error, NT_NO_MEMORY, path, -1, "out of memory listing pictures");
}

static nt_status add_picture(listing *l, const char *path) {
    const char *inside = path + l->root;
    if (!nt_grow((void **)&l->items, &l->capacity, l->count, sizeof *l->items))
        return no_memory(l->error, path);
    nt_picture_file *file = &l->items[l->count];
    file->path = path;
    file->stem = nt_arena_substring(l->arena, inside, (size_t)(strrchr(inside, '.') - inside));
    l->count++;
    return file->stem ? NT_OK : no_memory(l->error, path);
}

static nt_status walk(listing *l, const char *folder, int depth);

static nt_status add_entry(listing *l, const char *folder, const char *name, int depth) {
    struct stat info;
    if (name[0] == '.')
        return NT_OK;
    const char *path = nt_arena_printf(l->arena, "%s/%s", folder, name);
    if (!path)
        return no_memory(l->error, folder);
    if (stat(path, &info) != 0)
        return nt_error_in(l->error, NT_INVALID, path, -1, "%s", strerror(errno));
    if (S_ISDIR(info.st_mode))
        return walk(l, path, depth + 1);
    return S_ISREG(info.st_mode) && nt_picture_named(name) ? add_picture(l, path) : NT_OK;
}

static nt_status walk(listing *l, const char *folder, int depth) {
    enum { DEEPEST = 32 }; /* a link may lead back */
    nt_status status = NT_OK;
    if (depth > DEEPEST)
        return nt_error_in(l->error, NT_INVALID, folder, -1, "lies more than %d folders deep",
                           DEEPEST);
    DIR *dir = opendir(folder);
    if (!dir)
        return nt_error_in(l->error, NT_INVALID, folder, -1, "cannot be listed: %s",
                           strerror(errno));
    for (struct dirent *entry; status == NT_OK && (entry = readdir(dir)) != NULL;)
        status = add_entry(l, folder, entry->d_name, depth);
    closedir(dir);
    return status;
}

static int compare(const void *a, const void *b) {
    const nt_picture_file *x = a, *y = b;
    int order = strcmp(x->stem, y->stem);
    return order != 0 ? order : strcmp(x->path, y->path);
}

static nt_status finish(listing *l, nt_picture_files *ret) {
    qsort(l->items, l->count, sizeof *l->items, compare);
    for (size_t i = 1; i < l->count; i++)
        if (strcmp(l->items[i - 1].stem, l->items[i].stem) == 0)
            return nt_error_in(l->error, NT_INVALID, l->items[i].path, -1,
                               "has the name of %s but for the ending", l->items[i - 1].path);
    ret->items = nt_arena_copy(l->arena, l->items, l->count * sizeof *l->items);
    ret->count = (int32_t)l->count;
    return ret->items ? NT_OK : no_memory(l->error, l->items[0].path);
}

nt_status nt_picture_files_list(const char *folder, nt_arena *arena, nt_picture_files *ret,
                                nt_error *error) {
    listing l = {.arena = arena, .root = strlen(folder) + 1, .error = error};
    nt_status status = walk(&l, folder, 0);
    if (status == NT_OK && l.count > 0)
        status = finish(&l, ret);
    else if (status == NT_OK)
        *ret = (nt_picture_files){0};
    nt_free(l.items, l.capacity * sizeof *l.items);
    return status;
}

/* --- images ----------------------------------------------------------------------------------- */

nt_status nt_picture_form_find(const char *first, const int32_t size[2], int32_t channels,
                               nt_picture_form *ret, nt_error *error) {
    nt_picture picture;
    bool resized = size[0] > 0 && size[1] > 0;
    if (!resized && (size[0] > 0 || size[1] > 0))
        return nt_error_say(error, NT_INVALID, "'size' must be two numbers above 0, or 0");
    NT_TRY(nt_picture_look(first, &picture, error));
    *ret = (nt_picture_form){.rows = resized ? size[0] : picture.rows,
                             .columns = resized ? size[1] : picture.columns,
                             .channels = channels ? channels : picture.channels,
                             .resized = resized,
                             .pixel = picture.wide ? NT_PIXEL_FLOAT : NT_PIXEL_BYTE};
    return NT_OK;
}

/* Brings a picture to the form's size, or frees it. */
static nt_status fit(const nt_picture_form *form, const char *path, nt_picture_use use,
                     nt_picture *picture, nt_error *error) {
    nt_picture sized = {0};
    if (picture->rows == form->rows && picture->columns == form->columns)
        return NT_OK;
    nt_status status = NT_INVALID;
    if (!form->resized) {
        nt_error_in(error, NT_INVALID, path, -1,
                    "has %d x %d pixels; the first picture has %d x %d", picture->columns,
                    picture->rows, form->columns, form->rows);
        nt_error_hint(error, "say under 'size' to which rows and columns all are to be resized");
    } else {
        status = nt_picture_cover(picture, use, form->rows, form->columns, &sized);
        if (status != NT_OK)
            nt_error_in(error, status, path, -1, "out of memory");
    }
    nt_picture_finish(picture);
    *picture = sized;
    return status;
}

/* Pixel p's channel c, in the form's number of channels. */
static double channel_of(const nt_picture *picture, int32_t channels, int64_t p, int32_t c) {
    if (picture->channels == channels)
        return nt_picture_value(picture, p * channels + c);
    if (picture->channels == 1)
        return nt_picture_value(picture, p);
    return 0.299 * nt_picture_value(picture, 3 * p) + 0.587 * nt_picture_value(picture, 3 * p + 1) +
           0.114 * nt_picture_value(picture, 3 * p + 2);
}

nt_status nt_picture_to_pixels(const nt_picture_form *form, const char *path, void *ret_pixels,
                               nt_error *error) {
    nt_picture picture;
    NT_TRY(nt_picture_read(path, NT_AS_IMAGE, &picture, error));
    NT_TRY(fit(form, path, NT_AS_IMAGE, &picture, error));
    bool bytes = form->pixel == NT_PIXEL_BYTE;
    if (bytes && picture.wide) {
        nt_picture_finish(&picture);
        return nt_error_in(error, NT_INVALID, path, -1,
                           "has 16 bits a value; the first picture has 8");
    }
    double top = picture.wide ? 65535 : 255;
    int64_t pixels = (int64_t)form->rows * form->columns;
    bool same = bytes && picture.channels == form->channels;
    if (same)
        memcpy(ret_pixels, picture.values, (size_t)(pixels * form->channels));
    for (int64_t p = 0; !same && p < pixels; p++)
        for (int32_t c = 0; c < form->channels; c++) {
            double value = channel_of(&picture, form->channels, p, c);
            if (bytes)
                ((unsigned char *)ret_pixels)[p * form->channels + c] =
                    (unsigned char)lround(value);
            else
                ((float *)ret_pixels)[p * form->channels + c] = (float)(value / top);
        }
    nt_picture_finish(&picture);
    return NT_OK;
}

/* --- masks ------------------------------------------------------------------------------------ */

static uint32_t number_at(const nt_picture *picture, int64_t p) {
    if (picture->channels == 1)
        return nt_picture_value(picture, p);
    uint32_t red = nt_picture_value(picture, 3 * p), green = nt_picture_value(picture, 3 * p + 1);
    uint32_t blue = nt_picture_value(picture, 3 * p + 2);
    return red == green && green == blue ? red : red << 16 | green << 8 | blue;
}

/* The class of a number; -1: the key lacks it. */
static int32_t class_of(const nt_mask_key *key, uint32_t number) {
    for (int32_t i = 0; i < key->labels.count; i++)
        if ((uint32_t)key->labels.values[i] == number)
            return i;
    for (int32_t i = 0; i < key->ignored.count; i++)
        if ((uint32_t)key->ignored.items[i] == number)
            return NT_NO_CLASS;
    return -1;
}

/* The different numbers of a mask, as far as there is room, in words. */
static void list_numbers(const nt_picture *picture, nt_text *text) {
    enum { MOST = 16 };
    uint32_t seen[MOST];
    int count = 0;
    for (int64_t p = 0; p < (int64_t)picture->rows * picture->columns && count < MOST; p++) {
        uint32_t number = number_at(picture, p);
        bool known = false;
        for (int i = 0; i < count; i++)
            known = known || seen[i] == number;
        if (known)
            continue;
        seen[count++] = number;
        nt_text_printf(text, number > 0xffff ? "%s0x%06x" : "%s%u", count > 1 ? ", " : "", number);
    }
    if (count == MOST)
        nt_text_add(text, " …");
}

static nt_status say_unknown(const nt_picture *picture, int64_t p, const char *path,
                             nt_error *error) {
    nt_text numbers;
    uint32_t number = number_at(picture, p);
    nt_text_init(&numbers);
    list_numbers(picture, &numbers);
    nt_error_in(error, NT_INVALID, path, -1,
                number > 0xffff
                    ? "has a 0x%06x at column %d, row %d, which no class has; its numbers are %s"
                    : "has a %u at column %d, row %d, which no class has; its numbers are %s",
                number, (int)(p % picture->columns), (int)(p / picture->columns), numbers.bytes);
    nt_error_hint(error, "name it under 'labels' or 'ignore_labels'");
    nt_text_finish(&numbers);
    return NT_INVALID;
}

/* A mask's classes, one a pixel, in `ret_classes`. */
static nt_status classify(const nt_mask_key *key, const char *path, const nt_picture *mask,
                          unsigned char *ret_classes, nt_error *error) {
    uint32_t last = number_at(mask, 0);
    int32_t class = class_of(key, last);
    for (int64_t p = 0; p < (int64_t)mask->rows * mask->columns; p++) {
        uint32_t number = number_at(mask, p);
        if (number != last)
            class = class_of(key, last = number);
        if (class < 0)
            return say_unknown(mask, p, path, error);
        ret_classes[p] = (unsigned char)class;
    }
    return NT_OK;
}

/* The mask in its own size, every number of it looked up. */
static nt_status read_classes(const nt_mask_key *key, const char *path, nt_picture *ret,
                              nt_error *error) {
    nt_picture mask;
    NT_TRY(nt_picture_read(path, NT_AS_LABELS, &mask, error));
    nt_picture classes = {mask.rows, mask.columns, 1, false, NULL};
    nt_status status = NT_OK;
    if (mask.wide && mask.channels > 1) {
        status = nt_error_in(error, NT_INVALID, path, -1, "has colours of 16 bits");
        nt_error_hint(error, "save it as grey, with a palette or in colours of 8 bits");
    }
    if (status == NT_OK)
        status = nt_picture_alloc(path, &classes, error);
    if (status == NT_OK)
        status = classify(key, path, &mask, classes.values, error);
    nt_picture_finish(&mask);
    if (status == NT_OK)
        *ret = classes;
    else
        nt_picture_finish(&classes);
    return status;
}

nt_status nt_picture_to_mask(const nt_picture_form *form, const nt_mask_key *key, const char *path,
                             unsigned char *ret_mask, nt_error *error) {
    nt_picture classes;
    NT_TRY(read_classes(key, path, &classes, error));
    NT_TRY(fit(form, path, NT_AS_LABELS, &classes, error));
    memcpy(ret_mask, classes.values, (size_t)form->rows * (size_t)form->columns);
    nt_picture_finish(&classes);
    return NT_OK;
}

nt_status nt_picture_check_pair(const char *image, const char *mask, nt_error *error) {
    nt_picture a, b;
    NT_TRY(nt_picture_look(image, &a, error));
    NT_TRY(nt_picture_look(mask, &b, error));
    if (a.rows == b.rows && a.columns == b.columns)
        return NT_OK;
    return nt_error_in(error, NT_INVALID, mask, -1, "has %d x %d pixels; its image has %d x %d",
                       b.columns, b.rows, a.columns, a.rows);
}
