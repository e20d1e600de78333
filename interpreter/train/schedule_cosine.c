/* Half a cosine from the rate to the final rate, after a linear warm-up: Loshchilov and Hutter,
 * "SGDR", 2017, without restarts. */
#include "schedule.h"

#include <math.h>
#include <stdio.h>

typedef struct cosine_options {
    double rate, final, warm_up;
} cosine_options;

static const nt_field fields[] = {
    {"rate", NT_REAL, offsetof(cosine_options, rate), NULL, 0, 1000,
     .doc = "the learning rate at first"},
    {"final", NT_REAL, offsetof(cosine_options, final), "0", 0, 1000,
     .doc = "the learning rate at last"},
    {"warm_up", NT_REAL, offsetof(cosine_options, warm_up), "0", 0, 10000,
     .doc = "epochs of a linear rise at the start"},
    {0},
};

static bool fits(const void *options, int32_t epochs, char why[NT_SCHEDULE_WHY]) {
    const cosine_options *o = options;
    if (o->warm_up < epochs)
        return true;
    snprintf(why, NT_SCHEDULE_WHY, "its warm_up of %g epochs leaves nothing of a training of %d",
             o->warm_up, epochs);
    return false;
}

static double rate(const void *options, nt_moment moment) {
    const double pi = 3.141592653589793;
    const cosine_options *o = options;
    double risen = o->warm_up * (double)moment.per_epoch;
    if ((double)moment.step < risen)
        return o->rate * nt_warm_up(o->warm_up, moment);
    double done = ((double)moment.step - risen) / ((double)moment.steps - risen);
    return o->final + (o->rate - o->final) * 0.5 * (1 + cos(pi * done));
}

const nt_schedule nt_schedule_cosine = {
    .kind = {.name = "cosine",
             .doc = "falls along half a cosine",
             .fields = fields,
             .size = sizeof(cosine_options)},
    .fits = fits,
    .rate = rate,
};
