/* One cycle: up to the peak, then down far below the start, both along half a cosine (or straight):
 * Smith and Topin, "Super-convergence", 2019, with the steps of
 * torch.optim.lr_scheduler.OneCycleLR: the peak is reached at step warm_up · steps − 1, the end at
 * the last step. */
#include "schedule.h"

#include <math.h>
#include <stdio.h>

typedef struct one_cycle_options {
    double peak, warm_up, start_divisor, end_divisor;
    int32_t shape;
} one_cycle_options;

static const char *const shapes[] = {"cosine", "linear", NULL};

static const nt_field fields[] = {
    {"peak", NT_REAL, offsetof(one_cycle_options, peak), NULL, 0, 1000,
     .doc = "the highest learning rate"},
    {"warm_up", NT_REAL, offsetof(one_cycle_options, warm_up), "0.3", 0, 1,
     .doc = "share of the steps that rise"},
    {"start_divisor", NT_REAL, offsetof(one_cycle_options, start_divisor), "25", 1, 1e9,
     .doc = "the first rate is the peak divided by it"},
    {"end_divisor", NT_REAL, offsetof(one_cycle_options, end_divisor), "1e4", 1, 1e12,
     .doc = "the last rate is the first divided by it"},
    {"shape", NT_CHOICE, offsetof(one_cycle_options, shape), "cosine", .choices = shapes,
     .doc = "how it rises and falls"},
    {0},
};

static bool fits(const void *options, int32_t epochs, char why[NT_SCHEDULE_WHY]) {
    const one_cycle_options *o = options;
    (void)epochs;
    if (o->warm_up > 0 && o->warm_up < 1)
        return true;
    snprintf(why, NT_SCHEDULE_WHY,
             "its warm_up is %g, but a cycle rises and falls: "
             "give a share between 0 and 1",
             o->warm_up);
    return false;
}

static double between(const one_cycle_options *o, double from, double to, double share) {
    const double pi = 3.141592653589793;
    if (o->shape == 1)
        return from + (to - from) * share;
    return to + (from - to) * 0.5 * (1 + cos(pi * share));
}

static double rate(const void *options, nt_moment moment) {
    const one_cycle_options *o = options;
    double first = o->peak / o->start_divisor, last = first / o->end_divisor;
    double top = o->warm_up * (double)moment.steps - 1, end = (double)moment.steps - 1;
    double step = (double)moment.step;
    if (top > 0 && step <= top)
        return between(o, first, o->peak, step / top);
    return between(o, o->peak, last, (step - top) / (end - top));
}

const nt_schedule nt_schedule_one_cycle = {
    .kind = {.name = "one_cycle",
             .doc = "rises to a peak and falls far below the start",
             .fields = fields,
             .size = sizeof(one_cycle_options)},
    .fits = fits,
    .rate = rate,
};
