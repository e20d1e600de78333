/* Optimisers: one file each, optimiser_NAME.c, listed in train/meson.build. An optimiser updates
 * one tensor of weights from its gradient, element by element, so that a weight's new value depends
 * on nothing but that weight's own history. */
#ifndef NT_OPTIMISER_H
#define NT_OPTIMISER_H

#include "kind.h"
#include "tensor.h"

enum { NT_MAX_SLOTS = 2, NT_OPTIMISER_WHY = 160 };

/* Elements [0, count) of one tensor. All pointers are to the tensor's stored order (tensor.h). */
typedef struct nt_update_call {
    const void *options;
    double rate;  /* the learning rate of this step */
    int64_t step; /* from 1 */
    int64_t count;
    float *weights;
    const float *grads;
    float *slots[NT_MAX_SLOTS]; /* what the optimiser remembers of each element; zero at first */
} nt_update_call;

typedef struct nt_optimiser {
    nt_kind kind; /* its record: the options */

    /* NULL: always. Whether the options make sense together; says why not. */
    bool (*fits)(const void *options, char why[NT_OPTIMISER_WHY]);

    int slot_count;
    const char *slot_names[NT_MAX_SLOTS]; /* as checkpoints name them */
    void (*update)(const nt_update_call *call);
} nt_optimiser;

extern const nt_kind *const nt_optimisers[];

static inline const nt_optimiser *nt_optimiser_find(const char *name) { /* NULL: no such one */
    return (const nt_optimiser *)nt_kind_find(nt_optimisers, NULL, name);
}

#endif
