/* Which way up a picture is: cameras store the sensor's rows and note beside them (EXIF, tag
 * 0x0112) how they were held. Orientation 1 is as stored; 2 to 4 are flips and the half turn; 5 to
 * 8 the same with rows and columns exchanged. The note is a TIFF directory (TIFF 6.0, section 2),
 * which begins a JPEG's segment and may begin a WebP's chunk with "Exif\0\0":
 *
 *     "Exif\0\0" | "II" or "MM" | 42 | offset of the directory … | entries | tag type count value …
 *
 * Offsets count from the byte order's mark. Notes that make no sense are passed over. */
#include "picture_private.h"

#include "alloc.h"
#include <string.h>

typedef struct note {
    const unsigned char *bytes; /* from the byte order's mark */
    size_t size;
    bool big; /* most significant byte first */
} note;

/* `width` bytes as a number; 0 past the end. */
static uint32_t number_at(const note *n, size_t at, int width) {
    uint32_t value = 0;
    if (n->size < (size_t)width || at > n->size - (size_t)width)
        return 0;
    for (int i = 0; i < width; i++)
        value = value << 8 | n->bytes[at + (size_t)(n->big ? i : width - 1 - i)];
    return value;
}

int nt_exif_orientation(const unsigned char *bytes, size_t size) {
    enum { PREFIX = 6, ENTRY = 12, ORIENTATION = 0x0112, SHORT = 3 };
    size_t prefix = size >= PREFIX && memcmp(bytes, "Exif\0\0", PREFIX) == 0 ? PREFIX : 0;
    if (size < prefix + 8)
        return 1;
    note n = {bytes + prefix, size - prefix, bytes[prefix] == 'M'};
    if (number_at(&n, 0, 2) != (n.big ? 0x4d4d : 0x4949) || number_at(&n, 2, 2) != 42)
        return 1;
    size_t directory = number_at(&n, 4, 4);
    uint32_t entries = number_at(&n, directory, 2);
    for (uint32_t i = 0; i < entries; i++) {
        size_t at = directory + 2 + (size_t)i * ENTRY;
        if (number_at(&n, at, 2) != ORIENTATION || number_at(&n, at + 2, 2) != SHORT)
            continue;
        uint32_t orientation = number_at(&n, at + 8, 2);
        return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
    }
    return 1;
}

bool nt_picture_turn(nt_picture *picture, int orientation) {
    bool swapped = orientation >= 5, mirrored = false, upended = false;
    switch (orientation) {
    case 2:
    case 8:
        mirrored = true;
        break;
    case 4:
    case 6:
        upended = true;
        break;
    case 3:
    case 7:
        mirrored = upended = true;
        break;
    default:
        break;
    }
    int32_t rows = picture->rows, columns = picture->columns;
    nt_picture turned = {swapped ? columns : rows, swapped ? rows : columns, picture->channels,
                         picture->wide, NULL};
    size_t pixel = (size_t)picture->channels * (picture->wide ? 2 : 1);
    if (picture->values) {
        unsigned char *to = nt_alloc((size_t)rows * (size_t)columns * pixel);
        const unsigned char *from = picture->values;
        turned.values = to;
        if (!to)
            return false;
        for (int32_t r = 0; r < turned.rows; r++)
            for (int32_t c = 0; c < turned.columns; c++, to += pixel) {
                int32_t y = swapped ? c : r, x = swapped ? r : c;
                y = upended ? rows - 1 - y : y;
                x = mirrored ? columns - 1 - x : x;
                memcpy(to, from + ((size_t)y * (size_t)columns + (size_t)x) * pixel, pixel);
            }
    }
    nt_picture_finish(picture);
    *picture = turned;
    return true;
}
