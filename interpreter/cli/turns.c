#include "turns.h"

#include "signals.h"
#include <stdlib.h>

static nt_status time_step(const nt_turn *turn, double *fastest, nt_error *error) {
    nt_reading began = nt_timing_now();
    NT_TRY(turn->step(turn->of, error));
    double seconds = nt_timing_add(turn->whole, &began);
    if (*fastest == 0 || seconds < *fastest)
        *fastest = seconds;
    return NT_OK;
}

nt_status nt_turns_take(const nt_turns *turns, nt_error *error) {
    for (int32_t round = 0; round < turns->rounds; round++) {
        for (int i = 0; i < turns->count; i++)
            turns->items[i].seconds[round] = 0;
        for (int32_t r = 0; r < turns->repeat; r++)
            for (int i = 0; i < turns->count; i++) {
                NT_TRY(nt_signals_status());
                NT_TRY(time_step(&turns->items[i], &turns->items[i].seconds[round], error));
            }
        if (turns->after)
            NT_TRY(turns->after(turns->of, round, error));
    }
    return NT_OK;
}

static int order(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

nt_turns_spread nt_turns_spread_of(double *values, int32_t count) {
    qsort(values, (size_t)count, sizeof *values, order);
    return (nt_turns_spread){.median = (values[(count - 1) / 2] + values[count / 2]) / 2,
                             .least = values[0],
                             .greatest = values[count - 1]};
}
