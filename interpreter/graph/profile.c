/* A run's watcher that keeps the times of each node. */
#include "profile.h"

#include "alloc.h"
#include "clock.h"

nt_reading nt_timing_now(void) {
    nt_reading now = {.threads = nt_threads_time()};
    now.clock = nt_clock();
    return now;
}

double nt_timing_add(nt_timing *timing, const nt_reading *began) {
    return nt_timing_add_part(timing, began, true);
}

double nt_timing_add_part(nt_timing *timing, const nt_reading *began, bool last) {
    double seconds = nt_clock() - began->clock, others = (nt_threads() - 1) * seconds;
    nt_thread_time from = began->threads, to = nt_threads_time();
    timing->begun += seconds;
    if (last && (timing->runs++ == 0 || timing->begun < timing->fastest))
        timing->fastest = timing->begun;
    if (last)
        timing->begun = 0;
    timing->available += nt_threads() * seconds;
    timing->waiting += others - (to.worked - from.worked) + (to.waited - from.waited);
    timing->sections += to.sections - from.sections;
    timing->jobs += to.jobs - from.jobs;
    return seconds;
}

double nt_timing_waiting(const nt_timing *timing) {
    double share = timing->available > 0 ? timing->waiting / timing->available : 0;
    return share < 0 ? 0 : share > 1 ? 1 : share; /* clocks are read one after the other */
}

static void watch(void *context, int32_t node, bool done) {
    nt_profile *profile = context;
    const nt_portion portion = nt_run_portion(profile->run);
    if (done)
        nt_timing_add_part(&profile->timings[node], &profile->began,
                           portion.first + portion.count == portion.of);
    else
        profile->began = nt_timing_now();
}

nt_status nt_profile_init(nt_profile *profile, nt_run *run, const nt_graph *graph) {
    int32_t nodes = nt_graph_size(graph);
    *profile = (nt_profile){.run = run, .nodes = nodes};
    profile->timings = nt_alloc_zero((size_t)nodes * sizeof *profile->timings);
    if (!profile->timings)
        return NT_NO_MEMORY;
    nt_run_set_watch(run, watch, profile);
    nt_threads_watch(true);
    return NT_OK;
}

void nt_profile_finish(nt_profile *profile) {
    if (profile->timings) {
        nt_run_set_watch(profile->run, NULL, NULL);
        nt_threads_watch(false);
    }
    nt_free(profile->timings, (size_t)profile->nodes * sizeof *profile->timings);
    *profile = (nt_profile){0};
}
