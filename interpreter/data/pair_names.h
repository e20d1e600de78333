/* Which mask a picture's name makes it, of which image. */
#ifndef NT_PAIR_NAMES_H
#define NT_PAIR_NAMES_H

#include "picture_list.h"

/* Two folders, or the same twice, and what the names in them end in. */
typedef struct nt_pair_names {
    const char *image_suffix, *mask_suffix;
    bool together;           /* masks lie in the folder of the images */
    nt_picture_files images; /* only those called as images, once they are known */
    nt_picture_files masks;
} nt_pair_names;

/* Whether a picture in the images' folder is called as images are. */
bool nt_pair_names_image(const nt_pair_names *names, const nt_picture_file *file);

/* Whether a picture in the masks' folder is called as masks are. */
bool nt_pair_names_mask(const nt_pair_names *names, const nt_picture_file *file);

/* The index of the image whose one mask it is, or of which it is one of several; -1: of none. */
int32_t nt_pair_names_only(const nt_pair_names *names, const nt_picture_file *mask);
int32_t nt_pair_names_among(const nt_pair_names *names, const nt_picture_file *mask);

#endif
