/* Things that are timed in turns, so that what the machine does meanwhile strikes all of them
 * alike: in each round each takes so many steps, and the fastest counts. */
#ifndef NT_TURNS_H
#define NT_TURNS_H

#include "diagnostic.h"
#include "profile.h"

enum { NT_MOST_ROUNDS = 1000 };

typedef struct nt_turn {
    nt_status (*step)(void *of, nt_error *error);
    void *of;
    nt_timing *whole; /* of all steps together; to be zeroed before the first round */
    double *seconds;  /* of the fastest step, one for each round */
} nt_turn;

typedef struct nt_turns {
    const nt_turn *items;
    int count;
    int32_t rounds, repeat;
    nt_status (*after)(void *of, int32_t round, nt_error *error); /* a round; NULL: nothing */
    void *of;
} nt_turns;

/* Steps that must not count are to be taken before. */
nt_status nt_turns_take(const nt_turns *turns, nt_error *error);

typedef struct nt_turns_spread {
    double median, least, greatest;
} nt_turns_spread;

/* Sorts the values, one at least. */
nt_turns_spread nt_turns_spread_of(double *values, int32_t count);

#endif
