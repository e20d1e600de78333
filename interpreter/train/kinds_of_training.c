/* The tables of optimisers and schedules, generated from the lists in train/meson.build. */
#include "schedule.h"

#include "diagnostic.h"
#include "optimiser.h"
#include <string.h>

#define X(name) extern const nt_optimiser nt_optimiser_##name;
#include "optimiser_list.h"
#undef X
#define X(name) extern const nt_schedule nt_schedule_##name;
#include "schedule_list.h"
#undef X

const nt_optimiser *const nt_optimisers[] = {
#define X(name) &nt_optimiser_##name,
#include "optimiser_list.h"
#undef X
    NULL,
};

const nt_schedule *const nt_schedules[] = {
#define X(name) &nt_schedule_##name,
#include "schedule_list.h"
#undef X
    NULL,
};

const nt_optimiser *nt_optimiser_find(const char *name) {
    for (const nt_optimiser *const *at = nt_optimisers; *at; at++)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    return NULL;
}

const char *nt_optimiser_nearest(const char *name) {
    const char *names[sizeof nt_optimisers / sizeof *nt_optimisers];
    int count = 0;
    for (const nt_optimiser *const *at = nt_optimisers; *at; at++)
        names[count++] = (*at)->name;
    names[count] = NULL;
    return nt_nearest(name, names);
}

const nt_schedule *nt_schedule_find(const char *name) {
    for (const nt_schedule *const *at = nt_schedules; *at; at++)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    return NULL;
}

const char *nt_schedule_nearest(const char *name) {
    const char *names[sizeof nt_schedules / sizeof *nt_schedules];
    int count = 0;
    for (const nt_schedule *const *at = nt_schedules; *at; at++)
        names[count++] = (*at)->name;
    names[count] = NULL;
    return nt_nearest(name, names);
}

double nt_warm_up(double epochs, nt_moment moment) {
    double steps = epochs * (double)moment.per_epoch;
    double done = (double)moment.step + 1;
    return done < steps ? done / steps : 1;
}
