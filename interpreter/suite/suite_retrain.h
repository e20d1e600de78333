/* Groups whose cases are trained on before they are measured. */
#ifndef NT_SUITE_RETRAIN_H
#define NT_SUITE_RETRAIN_H

#include "suite_run_private.h"

/* Trains and measures, with the weights of seed number s in hand, the cases of all groups that are
 * retrained, and the baseline of each; fills in of their findings what measuring finds. What an
 * earlier call has trained is read. NT_INTERRUPTED or NT_TERMINATED after a signal: what is trained
 * so far is saved. A case that can't be made, or whose training diverges, has that for its failure.
 */
nt_status nt_suite_retrain_seed(nt_suite_work *work, int s);

/* NT_USAGE where a run with such groups is to be done in parts. */
nt_status nt_suite_check_parts(const nt_suite *suite, const nt_suite_options *options,
                               nt_error *error);

#endif
