/* Masks as pictures: the classes in colours, alone and over the image. */
#ifndef NT_OVERLAY_H
#define NT_OVERLAY_H

#include "diagnostic.h"
#include <stdint.h>

/* An image and what was made of it. Of the classes, 0 is the background and has no colour. */
typedef struct nt_overlay {
    int32_t rows, columns, channels;
    const float *image;         /* [rows][columns][channels], 0 to 1, before normalisation */
    const unsigned char *mask;  /* [rows][columns]: a class for each pixel */
    const unsigned char *truth; /* the same as it should be, or NULL */
} nt_overlay;

/* The classes as a PNG with a palette, whose numbers are the classes. */
nt_status nt_overlay_write_mask(const nt_overlay *overlay, const char *path, nt_error *error);

/* The image, spread over its range, with the classes blended in and outlined, and the outlines of
 * the truth in white, as a PNG three times as large. */
nt_status nt_overlay_write(const nt_overlay *overlay, const char *path, nt_error *error);

#endif
