#include "schedule.h"

double nt_warm_up(double epochs, nt_moment moment) {
    double steps = epochs * (double)moment.per_epoch;
    double done = (double)moment.step + 1;
    return done < steps ? done / steps : 1;
}
