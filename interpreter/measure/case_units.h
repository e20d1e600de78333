/* Measuring with many hands: cases are put into graphs, and each graph's samples are cut into units
 * of a shard, which whoever is free evaluates. This process saves what comes back, as it comes. The
 * rows of the store are those that it would have written alone. */
#ifndef NT_CASE_UNITS_H
#define NT_CASE_UNITS_H

#include "hands.h"

typedef struct nt_case_units nt_case_units;

/* Told of each unit that is saved: samples of all its cases. */
typedef void (*nt_units_told)(void *context, int32_t cases, int32_t samples);

nt_status nt_case_units_new(const nt_measuring *measuring, const nt_subject *first,
                            nt_case_units **ret, nt_error *error);
void nt_case_units_free(nt_case_units *units); /* takes NULL */

/* Measures the subjects, which all have the same number of samples, up to `samples`. Where there
 * are too few shards for all hands, the cases are shared out among more graphs, neighbours
 * together. A unit that failed twice gives its subjects a failure, in `arena`; of the first subject
 * it is NT_FAILED. Graphs are kept for the next call, which may be for some of the same subjects.
 */
nt_status nt_case_units_run(nt_case_units *units, nt_subject **subjects, int32_t count,
                            int32_t samples, nt_units_told told, void *context, nt_arena *arena,
                            nt_error *error);

/* --- a part of all, for processes that know nothing of each other ------------------------------
 */

/* Of all units of the subjects over all samples, and of `seeds` seeds of which this is number
 * `seed`, those of part `part` of `parts` (from 0), one after another, in this process; what the
 * store has is left out, and so, with a note, is what fails twice. `ret_total`, from the beginning
 * on: their samples, over all cases; `ret_units`: how many they are; `ret_given_up`: how many of
 * them failed. */
nt_status nt_case_units_run_part(nt_case_units *units, nt_subject **subjects, int32_t count,
                                 nt_part part, nt_units_told told, void *context,
                                 int64_t *ret_total, int32_t *ret_units, int32_t *ret_given_up,
                                 nt_arena *arena, nt_error *error);

#endif
