/* The rate is multiplied by a factor at certain epochs (torch.optim.lr_scheduler.MultiStepLR). */
#include "schedule.h"

#include <stdio.h>

typedef struct step_options {
    double rate, factor, warm_up;
    nt_ints at;
} step_options;

static const nt_field fields[] = {
    {"rate", NT_REAL, offsetof(step_options, rate), NULL, 0, 1000,
     .doc = "the learning rate at first"},
    {"at", NT_INTS, offsetof(step_options, at), NULL, 1, 1000000,
     .doc = "the epochs after which it falls, ascending"},
    {"factor", NT_REAL, offsetof(step_options, factor), "0.1", 0, 1, .doc = "what it falls by"},
    {"warm_up", NT_REAL, offsetof(step_options, warm_up), "0", 0, 10000,
     .doc = "epochs of a linear rise at the start"},
    {0},
};

static bool fits(const void *options, int32_t epochs, char why[NT_SCHEDULE_WHY]) {
    const step_options *o = options;
    for (int32_t i = 0; i < o->at.count; i++) {
        if (i > 0 && o->at.items[i] <= o->at.items[i - 1]) {
            snprintf(why, NT_SCHEDULE_WHY, "its epochs must ascend, but %d follows %d",
                     o->at.items[i], o->at.items[i - 1]);
            return false;
        }
        if (o->at.items[i] >= epochs) {
            snprintf(why, NT_SCHEDULE_WHY,
                     "it falls after epoch %d, but the training has %d epochs", o->at.items[i],
                     epochs);
            return false;
        }
    }
    if (o->warm_up > epochs)
        snprintf(why, NT_SCHEDULE_WHY, "its warm_up of %g epochs is longer than the training of %d",
                 o->warm_up, epochs);
    return o->warm_up <= epochs;
}

static double rate(const void *options, nt_moment moment) {
    const step_options *o = options;
    double value = o->rate * nt_warm_up(o->warm_up, moment);
    for (int32_t i = 0; i < o->at.count; i++)
        if (moment.step >= o->at.items[i] * moment.per_epoch)
            value *= o->factor;
    return value;
}

const nt_schedule nt_schedule_step = {
    .kind = {.name = "step",
             .doc = "falls by a factor at given epochs",
             .fields = fields,
             .size = sizeof(step_options)},
    .fits = fits,
    .rate = rate,
};
