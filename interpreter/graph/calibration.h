/* Recalibrated batch normalisation: running statistics that are found again, after an edit, from
 * training images. In every normalisation of a graph the batch's own statistics normalise, and
 * their means over the batches, each counted alike, take the place of the running ones. */
#ifndef NT_CALIBRATION_H
#define NT_CALIBRATION_H

#include "graph.h"

/* What the parameters are called that hold the statistics of a graph's node number `node`. */
enum { NT_CALIBRATED_NAME = 64 };
void nt_calibrated_names(int32_t node, char ret_mean[NT_CALIBRATED_NAME],
                         char ret_variance[NT_CALIBRATED_NAME]);

/* The graph that finds them: after the outputs of `from` it has some that are called so, and give a
 * batch's mean and unbiased variance. The graph that is evaluated (NT_NORM_RECALIBRATED) must be
 * made from the same graph. */
nt_status nt_calibration_graph(const nt_graph *from, nt_graph **ret);

/* What to multiply such an output by. A batch whose samples are all alike is held as one sample,
 * and the op then gives the unbiased variance of that sample's places, not of all the batch's. */
double nt_calibration_factor(const nt_graph *graph, nt_value output, int32_t batch);

#endif
