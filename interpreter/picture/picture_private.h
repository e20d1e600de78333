/* What the files of this folder share; nobody else includes it. */
#ifndef NT_PICTURE_PRIVATE_H
#define NT_PICTURE_PRIVATE_H

#include "picture.h"

/* NT_INVALID where a side or the whole is larger than NT_PICTURE_LARGEST and NT_PICTURE_MOST. */
nt_status nt_picture_check_size(const char *path, const nt_picture *picture, nt_error *error);

/* A kind of file. */
typedef struct nt_picture_format {
    const unsigned char *mark; /* what its files begin with */
    size_t mark_size;

    /* What a file's bytes are; `look`: the size alone. */
    nt_status (*read)(const char *path, const unsigned char *bytes, size_t size, nt_picture_use use,
                      bool look, nt_picture *ret, nt_error *error);
} nt_picture_format;

extern const nt_picture_format nt_picture_png, nt_picture_jpeg;

/* What the bytes of a JPEG's APP1 segment say of the orientation, 1 to 8; 1: nothing. */
int nt_exif_orientation(const unsigned char *bytes, size_t size);

/* Turns a picture, or a look's size alone, as an orientation says; false when out of memory. */
bool nt_picture_turn(nt_picture *picture, int orientation);

#endif
