/* Images in memory: what a data set kind reads a split into. */
#ifndef NT_IMAGES_H
#define NT_IMAGES_H

#include "status.h"
#include <stddef.h>
#include <stdint.h>

typedef enum nt_pixel {
    NT_PIXEL_BYTE, /* uint8_t, 0 to 255 */
    NT_PIXEL_FLOAT /* float, any range */
} nt_pixel;

size_t nt_pixel_size(nt_pixel pixel); /* bytes */

/* `count` samples of `size` bytes each, one after the other, and their classes. Owns both blocks.
 */
typedef struct nt_images {
    int32_t count;
    size_t size;
    unsigned char *pixels;
    int32_t *labels;
} nt_images;

/* NT_NO_MEMORY leaves *ret alone. Contents are not initialised. */
nt_status nt_images_init(nt_images *ret, int32_t count, size_t size);
void nt_images_finish(nt_images *images);

#endif
