/* Measuring only until a verdict is certain: which cases of which groups are watched while their
 * outcomes come in, and when enough is known of one. At each look (nt_look_next) the e-values of a
 * group's cases are adjusted together, as the p values of whole measurements are (judgement.h); a
 * case whose adjusted value shows a verdict is decided, and one that with probability 95 % would
 * not be decided by the samples that are left either is given up. What is decided once stays so:
 * its e-values are the largest so far. */
#ifndef NT_DECIDING_H
#define NT_DECIDING_H

#include "measure.h"

typedef struct nt_decider nt_decider;

/* Watches the subjects of all families that decide, none of which has an end yet. Whatever is given
 * must outlive it. */
nt_status nt_decider_new(const nt_measuring *measuring, nt_subject *subjects, nt_decider **ret,
                         nt_error *error);
void nt_decider_free(nt_decider *decider); /* takes NULL */

/* Looks at samples up to `samples`, which the store must have of the first subject and of all that
 * are open; the look before was at `before` (0: none). Subjects that were decided have their number
 * of samples and decision afterwards, and are no longer open; so has one that failed. */
nt_status nt_decider_look(nt_decider *decider, int32_t before, int32_t samples, nt_error *error);

#endif
