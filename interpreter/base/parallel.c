/* A team is one OpenMP parallel region in which the first thread goes on with the program and the
 * others wait for jobs. OpenMP's own barriers are not used for that: a thread that waits at one
 * keeps its processor busy for milliseconds, which on a machine with other work costs more than the
 * work itself.
 *
 *     first thread:  publish jobs, round + 1 … take jobs … wait for `busy` to be 0
 *     the others:    wait for another round  … take jobs … busy − 1
 *
 * What is watched of it is written by each thread for itself before it is counted out of `busy`, so
 * that the first thread may read it between two rounds. */
#include "parallel.h"

#include "clock.h"
#include <limits.h>
#include <linux/futex.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOOKS = 1000 }; /* before a waiting thread sleeps: some tens of microseconds */

static int thread_count, usual_count;

static struct team {
    nt_job job;
    const void *context;
    int others;       /* threads besides the first */
    atomic_int busy;  /* others that have not finished this round */
    atomic_int round; /* changes when there are new jobs, or the end */
    atomic_int sleepers;
    bool active, over;
} team;

/* The jobs that a thread begins with, [first, end): end above, first in the lower half. */
static struct share {
    _Alignas(64) _Atomic uint64_t left; /* on a cache line of its own */
} shares[NT_MAX_THREADS];

static struct watch {
    bool on;
    int64_t sections, jobs;
    double waited; /* by the first thread */
    struct {
        _Alignas(64) double worked; /* on a cache line of its own */
    } others[NT_MAX_THREADS];
} watch;

static _Thread_local bool in_job;

void nt_threads_set(int count) {
    if (count <= 0)
        count = usual_count > 0 ? usual_count : omp_get_num_procs();
    thread_count = count < NT_MAX_THREADS ? count : NT_MAX_THREADS;
}

void nt_threads_set_usual(int count) {
    usual_count = count;
}

int nt_threads(void) {
    if (thread_count == 0)
        nt_threads_set(0);
    return thread_count;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

/* Until *word differs from `value`. */
static void wait_while(atomic_int *word, int value) {
    for (int i = 0; i < LOOKS; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != value)
            return;
        relax();
    }
    atomic_fetch_add(&team.sleepers, 1);
    while (atomic_load(word) == value)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
    atomic_fetch_sub(&team.sleepers, 1);
}

static void wake(atomic_int *word) {
    if (atomic_load(&team.sleepers) > 0)
        syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* Takes the first job of a share, or the last; -1: there is none. */
static int take_job(struct share *share, bool last) {
    uint64_t left = atomic_load_explicit(&share->left, memory_order_acquire), rest;
    uint32_t first, end;
    do {
        first = (uint32_t)left;
        end = (uint32_t)(left >> 32);
        if (first == end)
            return -1;
        rest = last ? left - ((uint64_t)1 << 32) : left + 1;
    } while (!atomic_compare_exchange_weak(&share->left, &left, rest));
    return (int)(last ? end - 1 : first);
}

/* Its own jobs in order, then the last ones of threads that are not as far. */
static void take_jobs(int worker) {
    int threads = team.others + 1, i;
    in_job = true;
    while ((i = take_job(&shares[worker], false)) >= 0)
        team.job(team.context, i, worker);
    for (int k = 1; k < threads; k++)
        while ((i = take_job(&shares[(worker + k) % threads], true)) >= 0)
            team.job(team.context, i, worker);
    in_job = false;
}

/* Of jobs over the same rows and samples each thread has the same part each time, whose maps its
 * caches hold. */
static void share_jobs(int jobs) {
    int threads = team.others + 1;
    for (int i = 0; i < threads; i++) {
        uint64_t first = (uint64_t)jobs * (uint64_t)i / (uint64_t)threads;
        uint64_t end = (uint64_t)jobs * (uint64_t)(i + 1) / (uint64_t)threads;
        atomic_store_explicit(&shares[i].left, end << 32 | first, memory_order_relaxed);
    }
}

static void take_watched_jobs(int worker) {
    if (!watch.on) {
        take_jobs(worker);
        return;
    }
    double began = nt_clock();
    take_jobs(worker);
    watch.others[worker].worked += nt_clock() - began;
}

static void stand_by(int worker) {
    for (int round = 0;; round++) {
        wait_while(&team.round, round);
        if (team.over)
            return;
        take_watched_jobs(worker);
        if (atomic_fetch_sub(&team.busy, 1) == 1)
            wake(&team.busy);
    }
}

static void begin_round(void) {
    atomic_store(&team.busy, team.others);
    atomic_fetch_add(&team.round, 1);
    wake(&team.round);
}

static void wait_for_others(void) {
    for (int left; (left = atomic_load(&team.busy)) > 0;)
        wait_while(&team.busy, left);
}

typedef struct section {
    nt_job job;
    const void *context;
    int jobs;
} section;

static void run_in_team(void *context) {
    const section *s = context;
    team.job = s->job;
    team.context = s->context;
    share_jobs(s->jobs);
    begin_round();
    take_jobs(0);
    double began = watch.on ? nt_clock() : 0;
    wait_for_others();
    if (watch.on) {
        watch.waited += nt_clock() - began;
        watch.sections++;
        watch.jobs += s->jobs;
    }
}

void nt_parallel(int jobs, nt_job job, const void *context) {
    if (jobs <= 1 || nt_threads() == 1 || in_job) {
        int worker = in_job ? omp_get_thread_num() : 0;
        for (int i = 0; i < jobs; i++)
            job(context, i, worker);
        return;
    }
    section s = {job, context, jobs};
    if (team.active)
        run_in_team(&s);
    else
        nt_team(run_in_team, &s);
}

void nt_team(void (*body)(void *context), void *context) {
    if (team.active || in_job || nt_threads() == 1) {
        body(context);
        return;
    }
    team.over = false;
    team.active = true;
    atomic_store(&team.round, 0);
#pragma omp parallel num_threads(thread_count)
    {
        if (omp_get_thread_num() > 0) {
            stand_by(omp_get_thread_num());
        } else {
            team.others = omp_get_num_threads() - 1;
            body(context);
            team.over = true;
            begin_round();
        }
    }
    team.active = false;
}

/* --- watching --------------------------------------------------------------------------------- */

void nt_threads_watch(bool on) {
    watch.on = on;
}

nt_thread_time nt_threads_time(void) {
    nt_thread_time time = {.sections = watch.sections, .jobs = watch.jobs, .waited = watch.waited};
    for (int i = 1; i < nt_threads(); i++)
        time.worked += watch.others[i].worked;
    return time;
}
