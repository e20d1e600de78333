/* Which unit of work is done next, and by whom. A unit is a piece of the samples through one graph
 * of cases; a hand is whoever computes: a process, or a simulated one. A hand that has a graph
 * stays with it while it has units left, since making a graph and its memory costs about as much as
 * a unit; otherwise it goes to the graph where the most work is left for each hand that is there.
 * Of a graph, the units are given by falling cost, then in their order: longest first. A unit that
 * fails is given once more, to another hand if another one asks; the second time it is given up.
 *
 * A plain table, with no clock and no messages in it, so that it can be run with as many simulated
 * hands as one likes (tests/bench/simulate.c). */
#ifndef NT_UNIT_QUEUE_H
#define NT_UNIT_QUEUE_H

#include "status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct nt_unit {
    int32_t graph;
    int32_t first, count; /* of the samples */
    double cost;          /* in any unit, the same for all */
} nt_unit;

typedef struct nt_unit_queue nt_unit_queue;

/* Graphs and hands are counted from 0. The units are copied. NT_NO_MEMORY or NT_OK. */
nt_status nt_unit_queue_new(const nt_unit *units, int32_t count, int32_t graphs, int32_t hands,
                            nt_unit_queue **ret);
void nt_unit_queue_free(nt_unit_queue *queue); /* takes NULL */

/* The unit that this hand should do next, which is then its own; -1: there is none that it may have
 * now. A hand may have several, but for the last: once there are no more left than hands that ask,
 * who has one gets no other, which somebody else would do sooner. */
int32_t nt_unit_queue_next(nt_unit_queue *queue, int32_t hand);

void nt_unit_queue_done(nt_unit_queue *queue, int32_t unit);

/* Whether it will be given again; otherwise it counts as done. */
bool nt_unit_queue_failed(nt_unit_queue *queue, int32_t unit);

/* How many are neither done nor given up. */
int32_t nt_unit_queue_left(const nt_unit_queue *queue);

#endif
