/* Estimators: what a layer's loss would cost, guessed without ablating it. One file a guess,
 * estimator_NAME.c, which exports one `const nt_estimator nt_estimator_NAME`; estimate/meson.build
 * lists the names. Of each a greater value says that the layer matters more, so that its rank
 * correlation with measured cost says what it is worth.
 *
 * Those that look at images see them in batches of NT_ESTIMATE_BATCH, in evaluation: batch
 * normalisation with running statistics. The loss is the mean cross-entropy of the first output. */
#ifndef NT_ESTIMATOR_H
#define NT_ESTIMATOR_H

#include "kind.h"
#include "tensor.h"

enum { NT_ESTIMATE_BATCH = 32, NT_ESTIMATE_SUMS = 2 };

/* Products of two maps of a layer, place by place: means over the places of a channel, for each
 * sample and channel. */
typedef enum nt_product {
    NT_PRODUCT_OUT_GRADIENT,  /* a layer's output, and the gradient of the loss to it */
    NT_PRODUCT_SHORT_SUM,     /* of a unit: its short connection, and the sum at its end */
    NT_PRODUCT_SHORT_SHORT,   /* the short connection, squared */
    NT_PRODUCT_SUM_SUM,       /* the sum, squared */
    NT_PRODUCT_BRANCH_BRANCH, /* what the short connection is added to, squared */
    NT_PRODUCTS
} nt_product;

/* Of a layer, what one batch gave. What an estimator doesn't ask for is not there. */
typedef struct nt_estimate_batch {
    int32_t count;                     /* samples */
    int32_t channels;                  /* of the layer's output, */
    int64_t pixels;                    /* and its places */
    const float *product[NT_PRODUCTS]; /* [sample][channel] */
    const float *kernel, *gradient;    /* as they are stored; of the loss of the batch */
    int64_t elements;                  /* of either; places that only fill up are 0 */
    const int32_t *answers, *without;  /* [sample][answer]: with and without the branch */
    int64_t answer_count;              /* for each sample: 1, or a mask's pixels */
} nt_estimate_batch;

/* Of a layer, what all of them gave. */
typedef struct nt_estimate_end {
    const double *sums; /* as `add` left them */
    int64_t samples;
    const nt_tensor *kernel; /* of a layer with one */
    const nt_tensor *scale;  /* the weight of the batch normalisation behind it; NULL: none is */
} nt_estimate_end;

typedef struct nt_estimator nt_estimator;

struct nt_estimator {
    nt_kind kind;      /* doc: what it says of a layer; without a record */
    const char *after; /* who described it: "Molchanov et al., CVPR 2019"; "" */
    bool units;        /* of residual units; otherwise of convolutions and linear layers */
    unsigned products; /* bits of those that it asks for */
    bool gradient;     /* the kernel's, likewise */
    bool answers;
    void (*add)(const nt_estimate_batch *batch, double *sums); /* NULL: it asks for no image */
    double (*end)(const nt_estimate_end *end);                 /* NaN: nothing can be said */
};

extern const nt_kind *const nt_estimators[];

static inline const nt_estimator *nt_estimator_find(const char *name) { /* NULL: no such one */
    return (const nt_estimator *)nt_kind_find(nt_estimators, NULL, name);
}

#endif
