/* Which case of a run has which key, gathered from the stores of its parts, each of which knows the
 * cases that it measured something of. */
#ifndef NT_MERGE_ROWS_H
#define NT_MERGE_ROWS_H

#include "store.h"

typedef struct nt_merge_row {
    nt_store_result result;
    const char *from; /* whose store has it: a folder */
} nt_merge_row;

typedef struct nt_merge_rows {
    nt_arena arena;
    nt_merge_row *items; /* in the order in which they came */
    nt_merge_row **sorted;
    int32_t count, room;
    const int32_t *samples; /* as nt_store_samples gives them */
    int32_t sample_count;
    const char *asked;      /* what the numerics of all begin with; NULL: nothing is measured */
    const char *asked_from; /* where it was found first */
} nt_merge_rows;

void nt_merge_rows_init(nt_merge_rows *rows);
void nt_merge_rows_finish(nt_merge_rows *rows);

/* Adds those of a part's store, which is in `folder`; the text must outlive the rows. NT_INVALID
 * where it says something else than those before it: a case has another key, since it was measured
 * with other weights, or outcomes were computed otherwise than was asked for. */
nt_status nt_merge_rows_add(nt_merge_rows *rows, const char *folder, nt_store *store,
                            nt_error *error);

/* The same of the store that they are joined in, which may hold outcomes of earlier askings. */
nt_status nt_merge_rows_add_joined(nt_merge_rows *rows, const char *folder, nt_store *store,
                                   nt_error *error);

/* NULL: nobody knows of it. */
const nt_merge_row *nt_merge_rows_find(const nt_merge_rows *rows, const char *group,
                                       const char *name, int32_t seed);

/* Puts them in place of the store's own. */
nt_status nt_merge_rows_put(const nt_merge_rows *rows, nt_store *store, nt_error *error);

#endif
