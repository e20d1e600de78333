/* A TIFF file opened by libtiff over an input of ours; only the files of this folder include it.
 * libtiff's messages end here: the first error is kept, warnings count while pixels are read. */
#ifndef NT_TIFF_FILE_H
#define NT_TIFF_FILE_H

#include "picture_private.h"
#include <tiffio.h>

typedef struct nt_tiff {
    const nt_picture_input *input;
    int64_t at; /* where libtiff reads next */
    TIFF *file;
    bool reading_pixels; /* a warning is an error: codecs warn of pixels that they made up */
    bool failed;
    char message[160];
} nt_tiff;

/* By what a file begins with: 42, or 43 in files of more than 4 GB, in either byte order. */
bool nt_tiff_is(const unsigned char *bytes, size_t size);

/* Opens the file at its first page. Whatever the outcome, nt_tiff_close. */
nt_status nt_tiff_open(const nt_picture_input *input, nt_tiff *ret, nt_error *error);
void nt_tiff_close(nt_tiff *tiff);

/* The error that libtiff gave, or else `otherwise`. */
nt_status nt_tiff_failure(const nt_tiff *tiff, const char *otherwise, nt_error *error);

/* Turns to the page that the input's path names, or to the only one. NT_INVALID where there is no
 * such page, or several and none is named. */
nt_status nt_tiff_turn_to_page(nt_tiff *tiff, nt_error *error);

#endif
