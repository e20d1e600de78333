/* Learning-rate schedules: the rate as a function of the step. One file each, schedule_NAME.c,
 * listed in train/meson.build. */
#ifndef NT_SCHEDULE_H
#define NT_SCHEDULE_H

#include "kind.h"

/* Where a step stands. */
typedef struct nt_moment {
    int64_t step;      /* from 0 */
    int64_t steps;     /* of the whole training */
    int64_t per_epoch; /* steps of an epoch */
} nt_moment;

enum { NT_SCHEDULE_WHY = 160 };

typedef struct nt_schedule {
    nt_kind kind; /* its record: the options */

    /* NULL: always fits. Whether the options make sense for so many epochs; says why not. */
    bool (*fits)(const void *options, int32_t epochs, char why[NT_SCHEDULE_WHY]);

    double (*rate)(const void *options, nt_moment moment);
} nt_schedule;

extern const nt_kind *const nt_schedules[];

static inline const nt_schedule *nt_schedule_find(const char *name) { /* NULL: no such one */
    return (const nt_schedule *)nt_kind_find(nt_schedules, NULL, name);
}

/* The factor of a linear warm-up over the first `epochs` epochs: 1 once it is over. The first step
 * gets its share, not zero. */
double nt_warm_up(double epochs, nt_moment moment);

#endif
