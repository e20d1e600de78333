/* What the simulator of many processes reads, and what each of its two parts finds. Seconds and
 * bytes throughout; the processes are ranks, as MPI counts them. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include "unit_queue.h"

/* The network and the machines. A message of n bytes takes alpha + beta n. */
typedef struct machines {
    int ranks;
    double alpha, beta;
    double sigma_rank, sigma_unit; /* of a rank's and a unit's (a step's) speed: lognormal */
    double mtbf, restart;          /* of one rank (0: it never fails); from failure to going on */
    int seed;
} machines;

typedef struct graph {
    double setup; /* until a rank that comes to it can evaluate */
    double bytes; /* of telling it so */
} graph;

typedef struct unit_size {
    double order, answer; /* bytes of its messages */
} unit_size;

/* The units of one seed, which are measured one seed after the other. */
typedef struct sweep {
    int seeds, ahead;               /* units that a rank has at once */
    bool alone;                     /* rank 0 computes nothing */
    double weights;                 /* bytes that every other rank gets when a seed begins */
    bool tree;                      /* from one another, not all of them from rank 0 */
    double start;                   /* of each seed, on rank 0 */
    double handle, save, save_byte; /* rank 0: for a message; for a unit, and for each byte of it */
    double pause;                   /* between two looks of a rank 0 that has nothing to do */
    double failing;                 /* share of units that fail at first */
    graph *graphs;
    nt_unit *units;
    unit_size *sizes;
    int graph_count, unit_count;
} sweep;

typedef struct sweep_times {
    double total;
    double computing, setup; /* over all ranks */
    double weights;          /* while seeds' weights are sent */
    double leading;          /* rank 0 with messages and saving */
    double starved;          /* over all ranks: without a unit while there were some */
    int committed, failed, restarts;
    bool each_once;
} sweep_times;

/* False when out of memory. */
bool simulate_sweep(const machines *machines, const sweep *sweep, sweep_times *ret);

/* One training, by ranks that share its logical shards. */
typedef struct training {
    int steps, shards, buckets;
    double forward, backward; /* of one shard */
    double update, gather;    /* of a step, on each rank: the optimiser; reading its images */
    double bytes, add;        /* of the gradient; seconds to add one byte of it to another */
    double checkpoint;        /* seconds between two, from where a failed job goes on */
} training;

typedef struct training_times {
    double step;                        /* mean */
    double computing, waiting, network; /* of a step: the slowest rank's own; for others; messages
                                         * that no computing hides */
    double total;                       /* of all steps, with failures */
    int restarts;
} training_times;

void simulate_training(const machines *machines, const training *training, training_times *ret);

/* --- chance ----------------------------------------------------------------------------------- */

void chance_begin(int seed);
double chance(void);                 /* in (0, 1) */
double chance_speed(double sigma);   /* lognormal, with mean 1 */
double chance_failure(double every); /* exponential; infinite if `every` is 0 */

#endif
