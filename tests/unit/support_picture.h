/* Picture files made by the libraries that others make theirs with. */
#ifndef SUPPORT_PICTURE_H
#define SUPPORT_PICTURE_H

#include "support_base.h"
#include <tiffio.h>

/* A page of a TIFF. Its values are made up: see tiff_value. */
typedef struct tiff {
    int rows, columns, bits, samples, photometric, compression;
    bool apart, big;         /* a plane a sample; most significant byte first */
    int tile, rows_in_strip; /* one of them 0; both: a single strip */
    int predictor, orientation, format;
    uint32_t kind; /* of TIFFTAG_SUBFILETYPE */
    int key;       /* tells pages apart */
} tiff;

/* A grey or colour page as most are. */
tiff tiff_of(int rows, int columns, int bits, int samples);

/* Sample k of a pixel. */
unsigned tiff_value(const tiff *t, int r, int c, int k);

/* Colour k of a palette's entry, in 16 bits. */
unsigned tiff_colour(unsigned index, int k);

/* Writes FOLDER/NAME with so many pages, making the folders; returns the path. */
const char *write_tiff(const char *folder, const char *name, const tiff *pages, int count);

/* Colours as a lossless WebP, with an EXIF note if `orientation` isn't 0. */
const char *write_webp(const char *folder, const char *name, int rows, int columns,
                       const unsigned char *colours, int orientation);

/* The same lossy; of grey, with an opacity that fills more than the first 4096 bytes. */
const char *write_lossy_webp(const char *folder, const char *name, bool opacity);

/* Puts an eXIf chunk before the pixels of a PNG. */
void orient_png(const char *path, int orientation);

/* Puts an APP1 segment after the first marker of a JPEG. */
void orient_jpeg(const char *path, int orientation);

/* A JPEG of one brightness. */
const char *write_jpeg(const char *folder, const char *name, int rows, int columns, int value);

/* The same in colour, progressive, in so many scans, of which there can be 2000. */
const char *write_scans_jpeg(const char *folder, const char *name, int rows, int columns,
                             int scans);

/* Grey or colour of 8 bits: value k is (key * 37 + k * 11 + k / 7) % 256. */
const char *write_plain_png(const char *folder, const char *name, int rows, int columns,
                            int channels, int key);

/* All of a file; the caller frees. */
unsigned char *read_all(const char *path, size_t *ret_size);

#endif
