/* A step: every rank computes its shards, and while the backward pass goes on, each bucket of the
 * gradient that is there is summed over all ranks by recursive doubling, so that in each round the
 * two of a pair wait for each other. */
#include "simulate.h"

#include <math.h>

enum { MOST_RANKS = 64, MOST_STEPS = 2000 /* that are simulated; more are like them */ };

typedef struct ranks {
    const machines *m;
    const training *t;
    int count; /* that have a shard, a power of two */
    double speed[MOST_RANKS];
    double busy[MOST_RANKS]; /* until when each computes, in this step */
    double ready[MOST_RANKS];
    double line[MOST_RANKS]; /* until when its messages go on */
} ranks;

static void compute(ranks *team) {
    const training *t = team->t;
    for (int r = 0; r < team->count; r++) {
        double shards = (double)t->shards / team->count;
        double speed = team->speed[r] * chance_speed(team->m->sigma_unit);
        team->busy[r] = t->gather + shards * (t->forward + t->backward) * speed;
        team->line[r] = 0;
    }
}

/* Bucket number b is ready when the last shard's backward pass has come to its layers. */
static void find_ready(ranks *team, int bucket) {
    const training *t = team->t;
    double left = t->backward * (1 - (bucket + 1.0) / t->buckets);
    for (int r = 0; r < team->count; r++)
        team->ready[r] = fmax(team->busy[r] - left * team->speed[r], team->line[r]);
}

static void sum_bucket(ranks *team) {
    double bytes = team->t->bytes / team->t->buckets;
    double each = team->m->alpha + team->m->beta * bytes + team->t->add * bytes;
    for (int apart = 1; apart < team->count; apart *= 2) {
        double then[MOST_RANKS];
        for (int r = 0; r < team->count; r++)
            then[r] = fmax(team->ready[r], team->ready[r ^ apart]) + each;
        for (int r = 0; r < team->count; r++)
            team->ready[r] = then[r];
    }
    for (int r = 0; r < team->count; r++)
        team->line[r] = team->ready[r];
}

static double mean(const double *values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

static double largest(const double *values, int count) {
    double most = 0;
    for (int i = 0; i < count; i++)
        most = fmax(most, values[i]);
    return most;
}

static void run_step(ranks *team, training_times *sum) {
    compute(team);
    for (int b = 0; team->count > 1 && b < team->t->buckets; b++) {
        find_ready(team, b);
        sum_bucket(team);
    }
    double computed = largest(team->busy, team->count);
    double end = fmax(computed, largest(team->line, team->count));
    sum->step += end + team->t->update;
    sum->computing += mean(team->busy, team->count) + team->t->update;
    sum->waiting += computed - mean(team->busy, team->count);
    sum->network += end - computed;
}

/* Failures: since the last checkpoint, work is lost. */
static void add_failures(const machines *m, const training *t, int count, training_times *times) {
    double work = times->step * t->steps, done = 0, now = 0;
    while (done < work) {
        double lasts = chance_failure(m->mtbf / count);
        if (lasts >= work - done) {
            now += work - done;
            break;
        }
        now += lasts + m->restart;
        times->restarts++;
        if (t->checkpoint > 0)
            done += floor(lasts / t->checkpoint) * t->checkpoint;
        if (times->restarts > 1000000) { /* it never ends */
            now = INFINITY;
            break;
        }
    }
    times->total = now;
}

void simulate_training(const machines *m, const training *t, training_times *ret) {
    ranks team = {.m = m, .t = t, .count = 1};
    training_times sum = {0};
    int steps = t->steps < MOST_STEPS ? t->steps : MOST_STEPS;
    while (2 * team.count <= m->ranks && 2 * team.count <= t->shards && team.count < MOST_RANKS)
        team.count *= 2;
    chance_begin(m->seed);
    for (int r = 0; r < team.count; r++)
        team.speed[r] = chance_speed(m->sigma_rank);
    for (int i = 0; i < steps; i++)
        run_step(&team, &sum);
    *ret = (training_times){.step = sum.step / steps,
                            .computing = sum.computing / steps,
                            .waiting = sum.waiting / steps,
                            .network = sum.network / steps};
    add_failures(m, t, team.count, ret);
}
