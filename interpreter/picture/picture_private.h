/* What the files of this folder share; nobody else includes it. */
#ifndef NT_PICTURE_PRIVATE_H
#define NT_PICTURE_PRIVATE_H

#include "picture.h"

/* --- input ------------------------------------------------------------------------------------ */

/* A picture file, open, or all in memory. */
typedef struct nt_picture_input {
    const char *path;           /* as the caller gave it */
    int32_t page;               /* that the path names; 0: none */
    int file;                   /* below 0: it is in memory */
    int64_t size;               /* of the file */
    const unsigned char *bytes; /* the first `have` of them */
    size_t have;
    unsigned char *piece; /* the same where they are owned */
} nt_picture_input;

nt_status nt_input_open(const char *path, nt_picture_input *ret, nt_error *error);
void nt_input_close(nt_picture_input *input);

/* Sees to it that the first `size` bytes, or all that there are, are in memory. */
nt_status nt_input_take(nt_picture_input *input, int64_t size, nt_error *error);

/* Copies what lies at an offset; returns how many bytes that are, fewer at the end or where they
 * can't be read. */
size_t nt_input_read(const nt_picture_input *input, int64_t offset, void *to, size_t size);

/* NT_INVALID: what a decoder says of a file that it can't read. */
nt_status nt_picture_damaged(const char *path, int64_t offset, const char *message,
                             nt_error *error);

/* --- formats ---------------------------------------------------------------------------------- */

/* A picture with its rows and columns as they lie in the file, and its orientation. */
typedef struct nt_stored_picture {
    nt_picture picture;
    int orientation;   /* 1 to 8: see nt_exif_orientation */
    const char *lossy; /* see nt_picture_lossy */
} nt_stored_picture;

/* A kind of file. */
typedef struct nt_picture_format {
    bool (*knows)(const unsigned char *bytes, size_t size); /* by what a file begins with */
    bool anywhere; /* reads by nt_input_read; the others read the piece, which is all of the file
                    * unless they only look */

    /* `look`: the size alone. */
    nt_status (*read)(const nt_picture_input *input, nt_picture_use use, bool look,
                      nt_stored_picture *ret, nt_error *error);
} nt_picture_format;

extern const nt_picture_format nt_picture_png, nt_picture_jpeg, nt_picture_tiff, nt_picture_webp;

/* Reads an input as what its first bytes say; nothing is turned. */
nt_status nt_picture_decode(nt_picture_input *input, nt_picture_use use, bool look,
                            nt_stored_picture *ret, nt_error *error);

/* NT_INVALID where a side or the whole is larger than NT_PICTURE_LARGEST and NT_PICTURE_MOST. */
nt_status nt_picture_check_size(const char *path, const nt_picture *picture, nt_error *error);

/* NT_INVALID where the file is shorter than `least` bytes, which the pixels that it announces take
 * however well they are packed. */
nt_status nt_picture_check_length(const nt_picture_input *input, const nt_picture *picture,
                                  int64_t least, nt_error *error);

/* What an EXIF note says of the orientation, 1 to 8; 1: nothing. It may begin with "Exif\0\0", as
 * it does in a JPEG's APP1 segment. */
int nt_exif_orientation(const unsigned char *bytes, size_t size);

/* Turns a picture, or a look's size alone, as an orientation says; false when out of memory. */
bool nt_picture_turn(nt_picture *picture, int orientation);

#endif
