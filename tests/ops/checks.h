/* What must hold of an op, whatever it computes. Each runs one trial's worth of calls and fails the
 * test if it does not. */
#ifndef NT_CHECKS_H
#define NT_CHECKS_H

#include "trial.h"

void check_forward(const trial_spec *spec);       /* equals the reference */
void check_gradient(const trial_spec *spec);      /* equals the reference's differences */
void check_threads(const trial_spec *spec);       /* same bits at 1 to 4 threads, both ways */
void check_samples(const trial_spec *spec);       /* a sample's bits don't depend on the others */
void check_unbatched(const trial_spec *spec);     /* one sample for all equals copies of it */
void check_in_place(const trial_spec *spec);      /* the output may lie on the input */
void check_grad_in_place(const trial_spec *spec); /* and its gradient on the output's */
void check_vectors(const trial_spec *spec);       /* same bits with and without wide vectors */
void check_optional(const trial_spec *spec);      /* what is not wanted changes nothing */

#endif
