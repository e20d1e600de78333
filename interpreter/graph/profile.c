/* A run's watcher that keeps the fastest time of each node. */
#include "profile.h"

#include "alloc.h"
#include <time.h>

double nt_profile_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void watch(void *context, int32_t node, bool done) {
    nt_profile *profile = context;
    double now = nt_profile_clock(), *fastest = &profile->fastest[node];
    if (!done)
        profile->began[node] = nt_profile_clock();
    else if (*fastest == 0 || now - profile->began[node] < *fastest)
        *fastest = now - profile->began[node];
}

nt_status nt_profile_init(nt_profile *profile, nt_run *run, const nt_graph *graph) {
    int32_t nodes = nt_graph_size(graph);
    *profile = (nt_profile){.run = run, .nodes = nodes};
    profile->fastest = nt_alloc_zero((size_t)nodes * sizeof *profile->fastest);
    profile->began = nt_alloc_zero((size_t)nodes * sizeof *profile->began);
    if (!profile->fastest || !profile->began) {
        nt_profile_finish(profile);
        return NT_NO_MEMORY;
    }
    nt_run_set_watch(run, watch, profile);
    return NT_OK;
}

void nt_profile_finish(nt_profile *profile) {
    if (profile->run)
        nt_run_set_watch(profile->run, NULL, NULL);
    nt_free(profile->fastest, (size_t)profile->nodes * sizeof *profile->fastest);
    nt_free(profile->began, (size_t)profile->nodes * sizeof *profile->began);
    *profile = (nt_profile){0};
}
