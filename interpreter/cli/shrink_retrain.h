/* Training a smaller network on: by the recipe of the run that it was taken from. */
#ifndef NT_SHRINK_RETRAIN_H
#define NT_SHRINK_RETRAIN_H

#include "shrink_given.h"

#define NT_SHRINK_RETRAIN "retrain.yaml"

/* NT_USAGE or NT_INVALID where there is no recipe, or there are no images. */
nt_status nt_shrink_retrain_check(nt_shrink_given *given, nt_error *error);

/* Writes, beside graph and weights in `folder`, a suite that trains the network on, on the run's
 * data and with the draws of its seed, and then takes each of its layers away. */
nt_status nt_shrink_retrain_write(nt_shrink_given *given, const char *folder, nt_error *error);

/* Trains by that suite, in `folder`/retrained, going on where an earlier call was interrupted, and
 * reads what it came to into `weights`, which are of the smaller network. */
nt_status nt_shrink_retrain(const nt_shrink_given *given, const char *folder, nt_weights *weights,
                            nt_error *error);

#endif
