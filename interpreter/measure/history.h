/* What weights were in the course of their training: before it, and after epochs whose snapshots
 * were kept. */
#ifndef NT_HISTORY_H
#define NT_HISTORY_H

#include "ablation.h"
#include "weights.h"

typedef struct nt_past {
    int32_t epoch; /* complete ones; 0: what training began with */
    nt_weights *weights;
    char digest[NT_DIGEST_HEX]; /* of the file */
} nt_past;

typedef struct nt_history {
    nt_past *items; /* by rising epoch */
    int32_t count;
} nt_history;

/* NULL: it isn't known. The history may be NULL, too. */
static inline const nt_past *nt_history_at(const nt_history *history, int32_t epoch) {
    for (int32_t i = 0; history && i < history->count; i++)
        if (history->items[i].epoch == epoch)
            return &history->items[i];
    return NULL;
}

/* The epoch whose weights an edit wants; -1: of none. */
static inline int32_t nt_edit_epoch(const nt_edit *edit) {
    if (!(edit->kind->needs & NT_NEEDS_INITIAL))
        return -1;
    return edit->kind->epoch ? edit->kind->epoch(edit->options) : 0;
}

#endif
