/* Pictures as samples of a data set: the one form that all get, and reading them into it. */
#ifndef NT_PICTURE_TREE_H
#define NT_PICTURE_TREE_H

#include "arena.h"
#include "images.h"
#include "mask_key.h"
#include "picture.h"
#include "picture_list.h"

/* --- forms ------------------------------------------------------------------------------------ */

/* The choices of the option `exif`, the first by default. */
enum { NT_EXIF_APPLY, NT_EXIF_IGNORE };
extern const char *const nt_exif_choices[];

/* What a user may say of it. */
typedef struct nt_picture_wish {
    int32_t size[2];  /* rows and columns to resize to; 0: as they are */
    int32_t channels; /* 1 or 3; 0: as they are */
    bool as_stored;   /* not turned as EXIF says */
} nt_picture_wish;

/* What every picture of a data set becomes. */
typedef struct nt_picture_form {
    int32_t rows, columns, channels;
    bool resized;   /* to rows x columns; otherwise each must have that size */
    nt_pixel pixel; /* bytes as they are; floats: a value's share of the largest, 0 to 1 */
    bool as_stored;
} nt_picture_form;

/* What a look at a picture shows: sizes as stored. */
typedef struct nt_picture_seen {
    int32_t rows, columns, channels, orientation;
    bool wide;
} nt_picture_seen;

/* Looks at all of the paths, several at once; ret_seen has room for them. */
nt_status nt_pictures_look(const char *const *paths, int32_t count, nt_picture_seen *ret_seen,
                           nt_error *error);

/* The form of the pictures 0, step, 2 * step … below `count`, at least one: colour if any is,
 * floats if any has 16 bits. NT_INVALID where they are not to be resized and differ in size, with
 * two that do and how many there are of the most frequent sizes. */
nt_status nt_picture_form_find(const char *const *paths, const nt_picture_seen *seen, int32_t count,
                               int32_t step, const nt_picture_wish *wish, nt_picture_form *ret,
                               nt_error *error);

/* Notes what these pictures are like as traits: endings, sizes as stored, colours and depths; false
 * when out of memory. */
bool nt_pictures_note(const char *const *paths, const nt_picture_seen *seen, int32_t count,
                      int32_t step, nt_data_info *info, nt_arena *arena);

/* The same of one picture. */
nt_status nt_picture_form_of(const char *path, const nt_picture_wish *wish, nt_picture_form *ret,
                             nt_error *error);

/* Pairs of which one picture has an EXIF orientation that the other lacks, and both could be meant
 * to lie as they are stored: nobody can tell which of the two is the other's. */
typedef struct nt_pair_doubts {
    int32_t count;
    const char *image, *mask; /* of the first */
} nt_pair_doubts;

/* NT_INVALID unless each mask has the size of its image, of paths that are image, mask, image …:
 * resized, they would not fit each other. */
nt_status nt_picture_check_pairs(const char *const *paths, const nt_picture_seen *seen,
                                 int32_t pairs, bool as_stored, nt_pair_doubts *ret,
                                 nt_error *error);

/* --- samples ---------------------------------------------------------------------------------- */

/* Reads a picture into rows x columns x channels pixels. Colours become grey by their luma (ITU-R
 * BT.601), grey becomes three equal colours. NT_INVALID for another size, or 16 bits where there
 * are bytes. */
nt_status nt_picture_to_pixels(const nt_picture_form *form, const char *path, void *ret_pixels,
                               nt_error *error);

/* Reads a mask into rows x columns classes, joined of the files at `count` paths: none is all of
 * class 0, the background. Of each pixel the files may give one class beside it; what is to be
 * ignored gives way to that, but not to the background. A colour counts as 0xRRGGBB, unless the
 * three are equal. NT_INVALID for a number that the key lacks, with the pixel and the numbers that
 * there are, and for two classes at one pixel. */
nt_status nt_picture_to_mask(const nt_picture_form *form, const nt_mask_key *key,
                             const char *const *paths, int32_t count, unsigned char *ret_mask,
                             nt_error *error);

#endif
