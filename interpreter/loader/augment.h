/* Augmentation: random changes of a training image, and of its mask with it. One file each,
 * augment_NAME.c, listed in loader/meson.build. What a sample becomes is a function of (seed,
 * epoch, sample) alone: it does not depend on the batch, the order or the thread. Images are float,
 * 0 to 1 for bytes, before normalisation, and whole: the network's window, if it is smaller, is cut
 * from their middle when all steps are done. */
#ifndef NT_AUGMENT_H
#define NT_AUGMENT_H

#include "kind.h"
#include "random.h"
#include "tensor.h"

/* One application. The outputs lie apart from the inputs, and all of them are written. */
typedef struct nt_augment_call {
    const void *options;
    nt_random *random; /* all that the step may draw from */
    nt_shape shape;    /* channels, rows, columns; images are held rows, columns, channels */
    int32_t window[2]; /* rows and columns of the middle that the network will see */
    const float *image;
    float *ret_image;
    const unsigned char *mask; /* rows, columns: the class of each pixel; NULL: there is none */
    unsigned char *ret_mask;   /* what lies outside the mask is NT_NO_CLASS */
} nt_augment_call;

typedef struct nt_augment {
    nt_kind kind; /* its record: the options */
    void (*apply)(const nt_augment_call *call);
} nt_augment;

/* For steps that leave the mask as it is. */
void nt_augment_keep_mask(const nt_augment_call *call);

/* For steps that move pixels by whole ones: the result's (r, c) is what was at (r + down, c +
 * right), 0 where that is outside. */
void nt_augment_shift(const nt_augment_call *call, int32_t down, int32_t right);

extern const nt_kind *const nt_augments[];

static inline const nt_augment *nt_augment_find(const char *name) { /* NULL: no such one */
    return (const nt_augment *)nt_kind_find(nt_augments, NULL, name);
}

/* One step of a recipe. */
typedef struct nt_augment_step {
    const nt_augment *augment;
    const void *options;
} nt_augment_step;

#endif
