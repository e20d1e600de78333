/* Data sets that are folders of pictures: listing them, and what each becomes as a sample. */
#ifndef NT_PICTURE_TREE_H
#define NT_PICTURE_TREE_H

#include "arena.h"
#include "field.h"
#include "images.h"
#include "picture.h"

/* --- listing ---------------------------------------------------------------------------------- */

typedef struct nt_picture_file {
    const char *path;
    const char *stem; /* its path inside the folder, without the ending */
} nt_picture_file;

typedef struct nt_picture_files {
    nt_picture_file *items; /* in bytewise order of their stems */
    int32_t count;
} nt_picture_files;

/* All pictures under a folder, however deep; names that begin with a dot are passed over. In
 * `arena`. NT_INVALID where the folder can't be read or two pictures differ in their ending alone.
 */
nt_status nt_picture_files_list(const char *folder, nt_arena *arena, nt_picture_files *ret,
                                nt_error *error);

/* --- samples ---------------------------------------------------------------------------------- */

/* What every picture of a data set becomes. */
typedef struct nt_picture_form {
    int32_t rows, columns, channels;
    bool resized;   /* to rows x columns; otherwise each must have that size */
    nt_pixel pixel; /* bytes as they are; floats: a value's share of the largest, 0 to 1 */
} nt_picture_form;

/* The form of the pictures of which this is the first. `size`: rows and columns, 0: as it is.
 * `channels`: 1 or 3; 0: as it is. */
nt_status nt_picture_form_find(const char *first, const int32_t size[2], int32_t channels,
                               nt_picture_form *ret, nt_error *error);

/* Reads a picture into rows x columns x channels pixels. Colours become grey by their luma (ITU-R
 * BT.601), grey becomes three equal colours. NT_INVALID for another size, or 16 bits where there
 * are bytes. */
nt_status nt_picture_to_pixels(const nt_picture_form *form, const char *path, void *ret_pixels,
                               nt_error *error);

/* Which numbers in a mask's file are which class. A colour counts as 0xRRGGBB, unless the three are
 * equal. */
typedef struct nt_mask_key {
    nt_labels labels; /* number i of them is class i */
    nt_ints ignored;  /* numbers that become NT_NO_CLASS */
} nt_mask_key;

/* Reads a mask into rows x columns classes. NT_INVALID for a number that the key lacks, with the
 * pixel and the numbers that there are. */
nt_status nt_picture_to_mask(const nt_picture_form *form, const nt_mask_key *key, const char *path,
                             unsigned char *ret_mask, nt_error *error);

/* NT_INVALID unless a mask has the size of its image: resized, they would not fit each other. */
nt_status nt_picture_check_pair(const char *image, const char *mask, nt_error *error);

#endif
