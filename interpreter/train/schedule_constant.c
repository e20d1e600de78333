/* The same rate throughout, after a linear warm-up. */
#include "schedule.h"

#include <stdio.h>

typedef struct constant_options {
    double rate, warm_up;
} constant_options;

static const nt_field fields[] = {
    {"rate", NT_REAL, offsetof(constant_options, rate), NULL, 0, 1000, .doc = "the learning rate"},
    {"warm_up", NT_REAL, offsetof(constant_options, warm_up), "0", 0, 10000,
     .doc = "epochs of a linear rise at the start"},
    {0},
};

static bool fits(const void *options, int32_t epochs, char why[NT_SCHEDULE_WHY]) {
    const constant_options *o = options;
    if (o->warm_up <= epochs)
        return true;
    snprintf(why, NT_SCHEDULE_WHY, "its warm_up of %g epochs is longer than the training of %d",
             o->warm_up, epochs);
    return false;
}

static double rate(const void *options, nt_moment moment) {
    const constant_options *o = options;
    return o->rate * nt_warm_up(o->warm_up, moment);
}

const nt_schedule nt_schedule_constant = {
    .kind = {.name = "constant",
             .doc = "the same rate throughout",
             .fields = fields,
             .size = sizeof(constant_options)},
    .fits = fits,
    .rate = rate,
};
