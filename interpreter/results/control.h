/* Groups of controls: cases drawn at random, among which another case has its place. Is it worse to
 * lose these layers than as many others? The share of controls that cost as much or more says so;
 * with the case itself counted among them it is a p value of the hypothesis that the case is one
 * more draw (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 4.2). */
#ifndef NT_CONTROL_H
#define NT_CONTROL_H

#include "arena.h"
#include <stdbool.h>
#include <stdint.h>

/* A group as controls of a case. */
typedef struct nt_control {
    const char *of;    /* the case, "GROUP/CASE" or one of the group's own; NULL: of none */
    int32_t sets;      /* the group's other cases that have numbers; 0 if the case has none */
    int32_t as_costly; /* of these change the value as the case does, or lower it more */
    double p;          /* (as_costly + 1) / (sets + 1); NaN without sets */
} nt_control;

/* The name of a case as it stands in the group called `group`, if that is where `of` may mean it;
 * NULL otherwise. `own`: the group has the controls, and its cases may be named without it. */
const char *nt_control_within(const char *of, const char *group, bool own);

/* Fills in the place of the case, which changes the value by `change`, among its controls; NaN has
 * no numbers. */
void nt_control_place(nt_control *control, double change, const double *controls, int32_t count);

/* "Of 200 controls of 'layer-blocks/block 3', 3 cost as much or more (p = 0.0199)." In `arena`;
 * NULL when out of memory. */
const char *nt_control_words(const nt_control *control, nt_arena *arena);

#endif
