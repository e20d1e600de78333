/* Augmentation: random changes of a training image. One file each, augment_NAME.c, listed in
 * data/meson.build. What a sample becomes is a function of (seed, epoch, sample) alone: it does not
 * depend on the batch, the order or the thread. Images are float, 0 to 1 for bytes, before
 * normalisation. */
#ifndef NT_AUGMENT_H
#define NT_AUGMENT_H

#include "field.h"
#include "random.h"
#include "tensor.h"

typedef struct nt_augment {
    const char *name;
    const char *doc; /* one line, no full stop */
    const nt_field *fields;
    size_t options_size;

    /* `shape` is channels, rows, columns; images are held rows, columns, channels. May not keep to
     * itself anything but what it draws from `random`. `from` and `to` don't overlap. */
    void (*apply)(const void *options, nt_random *random, nt_shape shape, const float *from,
                  float *ret_to);
} nt_augment;

extern const nt_augment *const nt_augments[]; /* NULL ends the list */

const nt_augment *nt_augment_find(const char *name); /* NULL: no such one */
const char *nt_augment_nearest(const char *name);    /* for "did you mean"; NULL: none is near */

/* One step of a recipe. */
typedef struct nt_augment_step {
    const nt_augment *augment;
    const void *options;
} nt_augment_step;

#endif
