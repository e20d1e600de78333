/* Verdicts, Holm's adjustment, and means over seeds. */
#include "statistics.h"

#include "alloc.h"
#include "statistics_distributions.h"
#include <math.h>
#include <stdlib.h>

nt_verdict nt_verdict_of(nt_margin_test test, double change, double alpha) {
    int inside = test.inside < alpha, outside = test.outside < alpha;
    if (inside == outside)
        return NT_UNDECIDED;
    return inside ? NT_TRIVIAL : change < 0 ? NT_CRITICAL : NT_BETTER;
}

const char *const nt_verdict_names[] = {[NT_UNDECIDED] = "undecided",
                                        [NT_TRIVIAL] = "trivial",
                                        [NT_CRITICAL] = "critical",
                                        [NT_BETTER] = "better",
                                        NULL};

const char *nt_verdict_name(nt_verdict verdict) {
    return nt_verdict_names[verdict];
}

/* --- Holm ------------------------------------------------------------------------------------- */

typedef struct ranked {
    double p;
    int32_t index;
} ranked;

static int by_p(const void *a, const void *b) {
    double p = ((const ranked *)a)->p, q = ((const ranked *)b)->p;
    return (p > q) - (p < q);
}

nt_status nt_holm(const double *p, int32_t count, double *ret) {
    size_t size = (size_t)count * sizeof(ranked);
    ranked *sorted = nt_alloc(size);
    if (!sorted)
        return NT_NO_MEMORY;
    int32_t known = 0;
    for (int32_t i = 0; i < count; i++) {
        if (isnan(p[i]))
            ret[i] = NAN;
        else
            sorted[known++] = (ranked){p[i], i};
    }
    qsort(sorted, (size_t)known, sizeof *sorted, by_p);
    double largest = 0;
    for (int32_t k = 0; k < known; k++) {
        largest = fmax(largest, (known - k) * sorted[k].p);
        ret[sorted[k].index] = fmin(largest, 1);
    }
    nt_free(sorted, size);
    return NT_OK;
}

/* --- over seeds ------------------------------------------------------------------------------- */

nt_spread nt_spread_of(const double *values, int32_t count) {
    nt_spread spread = {.deviation = NAN};
    double first = NAN, sum = 0, squares = 0;
    for (int32_t i = 0; i < count; i++)
        if (!isnan(values[i])) {
            first = spread.count == 0 ? values[i] : first;
            sum += values[i] - first; /* so that equal values have just that mean */
            spread.count++;
        }
    spread.mean = first + sum / spread.count; /* 0 / 0 is NaN */
    for (int32_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            squares += (values[i] - spread.mean) * (values[i] - spread.mean);
    if (spread.count > 1)
        spread.deviation = sqrt(squares / (spread.count - 1));
    return spread;
}

nt_interval nt_spread_interval(nt_spread spread, double confidence) {
    if (spread.count < 2)
        return (nt_interval){NAN, NAN};
    double reach = nt_student_quantile((1 + confidence) / 2, spread.count - 1) * spread.deviation /
                   sqrt(spread.count);
    return (nt_interval){spread.mean - reach, spread.mean + reach};
}
