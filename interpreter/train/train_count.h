/* How many of a training batch are classified rightly. */
#ifndef NT_TRAIN_COUNT_H
#define NT_TRAIN_COUNT_H

#include "scheduler.h"
#include "step_graph.h"

/* Of a batch: how many samples (or pixels) count, which is those that the loss does not ignore, and
 * how many of them are classified rightly. */
typedef struct nt_train_count {
    int64_t counted, correct;
} nt_train_count;

/* Of the batch that the run of the step's graph has just run, with these classes. */
nt_train_count nt_train_count_of(const nt_run *run, const nt_step_graph *graph,
                                 const int32_t *labels);

#endif
