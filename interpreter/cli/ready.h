/* A network made ready to be run again and again: what it is measured by, through the passes. */
#ifndef NT_READY_H
#define NT_READY_H

#include "network.h"
#include "passes.h"
#include "scheduler.h"

typedef struct nt_ready {
    const nt_network *network; /* of one input */
    nt_graph *graph;
    nt_plan *plan;
    nt_run *run;
} nt_ready;

typedef struct nt_ready_how {
    int32_t batch, conv;
    size_t cache; /* that portions should fit; 0: the batch whole */
} nt_ready_how;

/* The network and the tensors must outlive it. Whatever the outcome, it may be finished. */
nt_status nt_ready_init(nt_ready *ret, const nt_network *network, nt_binding binding,
                        const nt_ready_how *how, nt_error *error);
void nt_ready_finish(nt_ready *ready);

/* A batch of images, NHWC. */
nt_status nt_ready_run(nt_ready *ready, const float *images, int32_t count, nt_error *error);

#endif
