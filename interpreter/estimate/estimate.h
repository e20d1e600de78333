/* Estimates of a network's layers from its weights and some images: see estimator.h. */
#ifndef NT_ESTIMATE_H
#define NT_ESTIMATE_H

#include "estimator.h"
#include "loader.h"
#include "progress.h"
#include "weights.h"

typedef struct nt_estimating {
    const nt_network *network;
    const nt_weights *weights;
    const nt_loader *images; /* all of them are looked at, in their order */
    const nt_estimator *const *by;
    int32_t count;               /* of estimators */
    const nt_progress *progress; /* may be NULL */
} nt_estimating;

/* What one estimator says, of layers in the network's order. */
typedef struct nt_estimates {
    const nt_layer *const *layers;
    const double *values; /* NaN: nothing can be said of the layer */
    int32_t count;
} nt_estimates;

/* Fills ret, which has room for one of each estimator; arrays are in `arena`. The values depend on
 * the weights and the images alone: neither on threads, nor on what else is estimated. After a
 * signal that nt_signals_catch caught it returns NT_INTERRUPTED or NT_TERMINATED, without an error.
 */
nt_status nt_estimate(const nt_estimating *estimating, nt_arena *arena, nt_estimates *ret,
                      nt_error *error);

#endif
