/* Which samples of a split are shown, and in which order: a list of their numbers. Evaluation and
 * calibration go in orders that follow from what the samples hold (sample_order.h), so that no
 * number depends on the order of the files. */
#ifndef NT_SELECTION_H
#define NT_SELECTION_H

#include "dataset.h"

typedef enum nt_order {
    NT_ORDER_FILES,      /* as they are stored: for training, which shuffles them itself */
    NT_ORDER_SHUFFLED,   /* one fixed random order */
    NT_ORDER_CALIBRATION /* a random order for each seed */
} nt_order;

/* What to select. All zero: all samples, in the files' order. */
typedef struct nt_selecting {
    nt_order order;
    /* Only so many; both 0 or more than there are: all. At most one of them is above 0. */
    int32_t limit; /* from each class, or each patient where masks have some, a proportional share
                    * (largest remainders), the first of it in the order; not of NT_ORDER_FILES */
    int32_t first; /* the first in the files' order; `order` is kept among them */
    int32_t seed;  /* of NT_ORDER_CALIBRATION */
} nt_selecting;

typedef struct nt_selection {
    int32_t count;
    int32_t room;
    int32_t *samples; /* `count` of `room`; NULL: from 0 on */
} nt_selection;

/* From a loaded split. NT_NO_MEMORY or NT_OK. */
nt_status nt_selection_init(nt_selection *selection, const nt_dataset *dataset, nt_split split,
                            const nt_selecting *selecting);
void nt_selection_finish(nt_selection *selection);

static inline int32_t nt_selection_sample(const nt_selection *selection, int32_t i) {
    return selection->samples ? selection->samples[i] : i;
}

/* How many of `total` samples will be selected. */
int32_t nt_selecting_count(const nt_selecting *selecting, int32_t total);

/* In words that are equal if the same samples are selected in the same order, for identities;
 * nothing of the files' order. */
void nt_selecting_describe(const nt_selecting *selecting, int32_t total, nt_text *text);

#endif
