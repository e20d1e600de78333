/* What a profile counts, and how waiting is measured: jobs take their time by the clock, whatever
 * else the machine does. */
#include "clock.h"
#include "profile.h"
#include "support_graph.h"
#include "weights.h"
#include <stdatomic.h>

#define LONG 0.05 /* seconds */

enum { THREADS = 2 };

static void wait_long(void) {
    for (double began = nt_clock(); nt_clock() - began < LONG;)
        ;
}

static atomic_int arrived;

/* Each thread has one, whichever comes first. */
static void equal_job(const void *context, int job, int worker) {
    (void)context, (void)job, (void)worker;
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < THREADS)
        ;
    wait_long();
}

/* Only the last of them takes time. */
static void unequal_job(const void *context, int job, int worker) {
    (void)worker;
    if (job == *(const int *)context)
        wait_long();
}

static void work_equally(void *context) {
    (void)context;
    arrived = 0;
    nt_parallel(THREADS, equal_job, NULL);
}

static void work_unequally(void *context) {
    const int last = 7;
    (void)context;
    nt_parallel(last + 1, unequal_job, &last);
}

static void work_alone(void *context) {
    (void)context;
    wait_long();
}

static void check(void (*body)(void *), int64_t sections, int64_t jobs, double least,
                  double greatest) {
    nt_timing timing = {0};
    for (int i = 0; i < 3; i++) {
        nt_reading began = nt_timing_now();
        nt_team(body, NULL);
        assert_true(nt_timing_add(&timing, &began) >= LONG);
    }
    assert_int_equal(timing.runs, 3);
    assert_int_equal(timing.sections, 3 * sections);
    assert_int_equal(timing.jobs, 3 * jobs);
    assert_true(timing.fastest >= LONG &&
                timing.fastest * 3 * nt_threads() <= timing.available * 1.001);
    double share = nt_timing_waiting(&timing);
    if (share < least || share > greatest)
        fail_msg("waiting %g is not from %g to %g", share, least, greatest);
}

/* Of two threads one waits for the other, or while it works alone: half of the time. */
static void waiting_is_measured(void **state) {
    (void)state;
    nt_threads_set(THREADS);
    nt_threads_watch(true);
    check(work_equally, 1, THREADS, 0, .4);
    check(work_unequally, 1, 8, .45, .55);
    check(work_alone, 0, 0, .45, .55);
    nt_threads_set(1);
    check(work_unequally, 0, 0, 0, .01);
    nt_threads_watch(false);
    nt_threads_set(0);
}

static void nothing_is_measured_unwatched(void **state) {
    (void)state;
    nt_threads_set(THREADS);
    nt_thread_time before = nt_threads_time();
    nt_team(work_equally, NULL);
    nt_parallel(8, unequal_job, &(int){8});
    nt_thread_time after = nt_threads_time();
    assert_int_equal(before.sections, after.sections);
    assert_int_equal(before.jobs, after.jobs);
    assert_true(before.worked == after.worked && before.waited == after.waited);
    nt_threads_set(0);
}

/* Of three batches: each node has run three times, but for what needs to run only once, and all of
 * them together had no more time than the batches. */
static void expect_each_run_once(nt_run *run, const nt_plan *plan) {
    enum { RUNS = 3 };
    static const float image[8 * 8 * 3];
    const nt_feed feed = {.name = "image", .data = image};
    nt_error error;
    nt_error_init(&error);
    nt_profile profile;
    nt_timing whole = {0};
    double available = 0;
    assert_int_equal(nt_run_batch(run, &feed, 1, 1, &error), NT_OK);
    assert_int_equal(nt_profile_init(&profile, run, plan->graph), NT_OK);
    for (int i = 0; i < RUNS; i++) {
        nt_reading began = nt_timing_now();
        assert_int_equal(nt_run_batch(run, &feed, 1, 1, &error), NT_OK);
        nt_timing_add(&whole, &began);
    }
    for (int32_t s = 0; s < plan->varying_count; s++) {
        const nt_timing *timing = &profile.timings[plan->varying[s].node];
        assert_int_equal(timing->runs, RUNS);
        assert_true(timing->fastest > 0);
        available += timing->available;
    }
    for (int32_t s = 0; s < plan->fixed_count; s++)
        assert_int_equal(profile.timings[plan->fixed[s].node].runs, 0);
    assert_int_equal(whole.runs, RUNS);
    assert_true(available > 0 && available <= whole.available);
    nt_profile_finish(&profile);
    nt_error_finish(&error);
}

static void each_run_counts_once(void **state) {
    (void)state;
    nt_network *network = small_network();
    nt_graph *graph = passed(network->graph, &(nt_pass_options){0});
    nt_weights *weights;
    nt_plan *plan;
    nt_run *run;
    nt_error error;
    nt_error_init(&error);
    assert_int_equal(nt_weights_new(network, &weights), NT_OK);
    assert_int_equal(nt_weights_init(weights, 0), NT_OK);
    assert_int_equal(nt_plan_new(graph, 1, &plan, &error), NT_OK);
    assert_int_equal(nt_run_new(plan, nt_weights_bind(weights, NULL), &run, &error), NT_OK);
    assert_true(plan->fixed_count > 0);
    expect_each_run_once(run, plan);
    nt_run_free(run);
    nt_plan_free(plan);
    nt_weights_free(weights);
    nt_graph_free(graph);
    nt_network_free(network);
    nt_error_finish(&error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_counts_once),
        cmocka_unit_test(waiting_is_measured),
        cmocka_unit_test(nothing_is_measured_unwatched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
