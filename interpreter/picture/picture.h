/* Pictures in files: PNG (libpng), JPEG (libjpeg-turbo), TIFF (libtiff) and WebP (libwebp), read
 * from and PNGs written to memory as rows of pixels of interleaved channels.
 *
 * Read are PNGs of every kind: grey and colour of 1 to 16 bits, palettes, interlaced or not; of
 * JPEGs grey ones and YCbCr; TIFFs of unsigned values of 1 to 16 bits, grey, colour or with a
 * palette, in strips or tiles, however compressed, each page a picture of its own; WebPs that don't
 * move, always as colour. They are turned upright as their EXIF orientation says (in a PNG: of a
 * chunk before the pixels). Transparency is dropped. What a picture's numbers mean depends on what
 * it is read for: as an image, values are spread over 0 to 255 (or 65535) and a palette is looked
 * up; as labels, they are the very numbers of the file, and of a palette the indices.
 *
 * A path may name a page of a TIFF, from 1: "stack.tif#2". */
#ifndef NT_PICTURE_H
#define NT_PICTURE_H

#include "diagnostic.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NT_PICTURE_LARGEST = 1 << 15, /* rows or columns */
    NT_PICTURE_MOST = 1 << 28     /* bytes of values, a quarter of a gigabyte: a file of a few bytes
                                   * may announce any number */
};

typedef enum nt_picture_use { NT_AS_IMAGE, NT_AS_LABELS } nt_picture_use;

typedef struct nt_picture {
    int32_t rows, columns, channels; /* channels: 1 grey, 3 red, green and blue */
    bool wide;                       /* values have 16 bits */
    void *values;                    /* uint8_t or uint16_t; owned; NULL after a look alone */
} nt_picture;

/* Whether the name ends as a picture's does: .png, .jpg, .jpeg, .tif, .tiff, .webp, in any case. */
bool nt_picture_named(const char *path);

/* The page that a path names, from 1, or 0, and the length of the file's own path in it. */
int32_t nt_picture_page(const char *path, size_t *ret_length);

/* The numbers of the pages of a TIFF that are no thumbnails or transparency masks of others, to be
 * freed as `count` of nt_alloc; a file of another format has none. */
nt_status nt_picture_pages(const char *path, int32_t **ret, int32_t *ret_count, nt_error *error);

/* The whole picture; nt_picture_finish frees it. NT_INVALID with the file's name, and where it is
 * known the reason, for anything else. */
nt_status nt_picture_read(const char *path, nt_picture_use use, nt_picture *ret, nt_error *error);

/* Its size alone, as it would be read as an image; reads no more of the file than that takes. */
nt_status nt_picture_look(const char *path, nt_picture *ret, nt_error *error);

/* The same two of a picture as it lies in the file, not turned, and how it is to be turned: EXIF's
 * orientation, 1 to 8, of which 1 is not at all and those from 5 exchange rows and columns. */
nt_status nt_picture_read_stored(const char *path, nt_picture_use use, nt_picture *ret,
                                 nt_error *error);
nt_status nt_picture_look_stored(const char *path, nt_picture *ret, int *ret_orientation,
                                 nt_error *error);

/* What makes a file's values others than were saved, "a JPEG", or NULL: nothing does. By a look. */
nt_status nt_picture_lossy(const char *path, const char **ret, nt_error *error);

/* Memory for the values of a picture whose size is set; the path is for the error's text. */
nt_status nt_picture_alloc(const char *path, nt_picture *picture, nt_error *error);
void nt_picture_finish(nt_picture *picture);

/* One value, as an unsigned number. */
uint32_t nt_picture_value(const nt_picture *picture, int64_t index);

/* A copy of another size that shows as much as fits: scaled to cover it, keeping the aspect ratio,
 * and cut to the middle. Images are averaged with triangular weights that widen as they shrink
 * (Turkowski, "Filters for common resampling tasks", Graphics Gems 1990; PIL's BILINEAR); labels
 * take the nearest pixel's. NT_NO_MEMORY or NT_OK. */
nt_status nt_picture_cover(const nt_picture *picture, nt_picture_use use, int32_t rows,
                           int32_t columns, nt_picture *ret);

/* Writes 8-bit values as PNG, replacing the file as a whole or not at all. `palette`: red, green
 * and blue of the values 0 to palette_size - 1 of one channel; NULL: grey or colour. */
nt_status nt_picture_write_png(const char *path, const nt_picture *picture,
                               const unsigned char (*palette)[3], int palette_size,
                               nt_error *error);

#endif
