/* Pictures brought to the one form that a data set's samples share. */
#include "picture_tree.h"

#include "alloc.h"
#include "parallel.h"
#include <math.h>
#include <string.h>

/* --- images ----------------------------------------------------------------------------------- */

static nt_status read_as(const nt_picture_form *form, const char *path, nt_picture_use use,
                         nt_picture *ret, nt_error *error) {
    return form->as_stored ? nt_picture_read_stored(path, use, ret, error)
                           : nt_picture_read(path, use, ret, error);
}

/* Brings a picture to the form's size, or frees it. */
static nt_status fit(const nt_picture_form *form, const char *path, nt_picture_use use,
                     nt_picture *picture, nt_error *error) {
    nt_picture sized = {0};
    if (picture->rows == form->rows && picture->columns == form->columns)
        return NT_OK;
    nt_status status = NT_INVALID;
    if (!form->resized) {
        nt_error_in(error, NT_INVALID, path, -1, "has %d x %d pixels; the others have %d x %d",
                    picture->columns, picture->rows, form->columns, form->rows);
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
    NT_TRY(read_as(form, path, NT_AS_IMAGE, &picture, error));
    NT_TRY(fit(form, path, NT_AS_IMAGE, &picture, error));
    bool bytes = form->pixel == NT_PIXEL_BYTE;
    if (bytes && picture.wide) {
        nt_picture_finish(&picture);
        return nt_error_in(error, NT_INVALID, path, -1, "has 16 bits a value; the others have 8");
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
    int32_t class = nt_mask_key_class(key, last);
    for (int64_t p = 0; p < (int64_t)mask->rows * mask->columns; p++) {
        uint32_t number = number_at(mask, p);
        if (number != last)
            class = nt_mask_key_class(key, last = number);
        if (class == NT_UNKNOWN_CLASS)
            return say_unknown(mask, p, path, error);
        ret_classes[p] = (unsigned char)class;
    }
    return NT_OK;
}

/* The mask in its own size, every number of it looked up. */
static nt_status read_classes(const nt_picture_form *form, const nt_mask_key *key, const char *path,
                              nt_picture *ret, nt_error *error) {
    nt_picture mask;
    NT_TRY(read_as(form, path, NT_AS_LABELS, &mask, error));
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

/* --- masks in several files ------------------------------------------------------------------- */

/* What a user says of a mask, and the files that it is joined of. */
typedef struct joining {
    const nt_picture_form *form;
    const nt_mask_key *key;
    const char *const *paths;
} joining;

/* Which of two classes a pixel has; NT_UNKNOWN_CLASS: they contradict each other. */
static int32_t join_classes(int32_t a, int32_t b) {
    if (a == b || b == 0)
        return a;
    if (a == 0 || a == NT_NO_CLASS)
        return b;
    return b == NT_NO_CLASS ? a : NT_UNKNOWN_CLASS;
}

/* File i gives pixel p another class than a file before it, which is sought once more. */
static nt_status say_contradiction(const joining *j, int32_t i, const nt_picture *joined, int64_t p,
                                   int32_t class, nt_error *error) {
    const char *const *names = j->key->labels.names;
    const unsigned char *classes = joined->values;
    int32_t first = 0;
    for (bool found = false; !found && first < i - 1; first += !found) {
        nt_picture mask;
        NT_TRY(read_classes(j->form, j->key, j->paths[first], &mask, error));
        found = mask.rows == joined->rows && mask.columns == joined->columns &&
                ((unsigned char *)mask.values)[p] == classes[p];
        nt_picture_finish(&mask);
    }
    return nt_error_in(error, NT_INVALID, j->paths[i], -1,
                       "has %s at column %d, row %d, where %s, a mask of the same image, has %s",
                       names[class], (int)(p % joined->columns), (int)(p / joined->columns),
                       j->paths[first], names[classes[p]]);
}

/* Joins file i to those before it. */
static nt_status join_file(const joining *j, int32_t i, nt_picture *joined, nt_error *error) {
    nt_picture mask;
    NT_TRY(read_classes(j->form, j->key, j->paths[i], &mask, error));
    unsigned char *to = joined->values;
    const unsigned char *from = mask.values;
    nt_status status = NT_OK;
    if (mask.rows != joined->rows || mask.columns != joined->columns)
        status = nt_error_in(error, NT_INVALID, j->paths[i], -1,
                             "has %d x %d pixels; %s, a mask of the same image, has %d x %d",
                             mask.columns, mask.rows, j->paths[0], joined->columns, joined->rows);
    for (int64_t p = 0; status == NT_OK && p < (int64_t)mask.rows * mask.columns; p++) {
        int32_t class = join_classes(to[p], from[p]);
        if (class == NT_UNKNOWN_CLASS)
            status = say_contradiction(j, i, joined, p, from[p], error);
        else
            to[p] = (unsigned char)class;
    }
    nt_picture_finish(&mask);
    return status;
}

nt_status nt_picture_to_mask(const nt_picture_form *form, const nt_mask_key *key,
                             const char *const *paths, int32_t count, unsigned char *ret_mask,
                             nt_error *error) {
    const joining j = {form, key, paths};
    size_t size = (size_t)form->rows * (size_t)form->columns;
    nt_picture classes;
    nt_status status = NT_OK;
    if (count == 0) {
        memset(ret_mask, 0, size);
        return NT_OK;
    }
    NT_TRY(read_classes(form, key, paths[0], &classes, error));
    for (int32_t i = 1; status == NT_OK && i < count; i++)
        status = join_file(&j, i, &classes, error);
    if (status != NT_OK) {
        nt_picture_finish(&classes);
        return status;
    }
    NT_TRY(fit(form, paths[0], NT_AS_LABELS, &classes, error));
    memcpy(ret_mask, classes.values, size);
    nt_picture_finish(&classes);
    return NT_OK;
}
