/* How long each node of a run takes. */
#ifndef NT_PROFILE_H
#define NT_PROFILE_H

#include "scheduler.h"

typedef struct nt_profile {
    nt_run *run;
    int32_t nodes;
    double *fastest; /* per node of the plan's graph: seconds of its fastest run; 0: it never ran */
    double *began;
} nt_profile;

/* Watches `run` from now on, which must outlive the profile. */
nt_status nt_profile_init(nt_profile *profile, nt_run *run, const nt_graph *graph);
void nt_profile_finish(nt_profile *profile); /* the run is no longer watched */

double nt_profile_clock(void); /* seconds, monotonic */

#endif
