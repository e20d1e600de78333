/* The studentised bootstrap of a mean paired change over clusters (Hall, Annals of Statistics 16,
 * 1988; Davison and Hinkley, "Bootstrap methods and their application", 1997, section 5.2): draws
 * of whole clusters with replacement, each draw's mean against the data's in units of the draw's
 * own standard error,
 *
 *     t = (mean of the draw - mean) / error of the draw.
 *
 * With clusters of sums s and sizes n and the mean m, the error of m is that of a ratio,
 * sqrt(C / (C - 1) sum (s - m n)^2) / sum n. What the draws say of t is what is assumed of
 * (mean - truth) / error, from which limits and p values follow.
 *
 * Invariant: draw i is made from stream i of the seed, so threads don't matter. */
#include "statistics.h"

#include "alloc.h"
#include "parallel.h"
#include "random.h"
#include "statistics_distributions.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* --- clusters --------------------------------------------------------------------------------- */

typedef struct sample {
    int32_t cluster, index;
    double change;
} sample;

typedef struct cluster {
    double sum, size; /* of its samples' changes, less the mean of all once that is known; their
                       * number */
} cluster;

static int by_cluster(const void *a, const void *b) {
    const sample *s = a, *t = b;
    if (s->cluster != t->cluster)
        return s->cluster < t->cluster ? -1 : 1;
    return (s->index > t->index) - (s->index < t->index);
}

/* The pairs of finite values, cluster by cluster, in the order of the data. Returns their number.
 */
static int32_t collect(const nt_bootstrap_data *data, sample *samples) {
    int32_t count = 0;
    for (int32_t i = 0; i < data->samples; i++) {
        double change = data->other[i] - data->baseline[i];
        if (isfinite(change))
            samples[count++] = (sample){data->clusters ? data->clusters[i] : i, i, change};
    }
    if (data->clusters)
        qsort(samples, (size_t)count, sizeof *samples, by_cluster);
    return count;
}

static int32_t sum_clusters(const sample *samples, int32_t count, cluster *clusters) {
    int32_t last = -1;
    for (int32_t i = 0; i < count; i++) {
        if (i == 0 || samples[i].cluster != samples[i - 1].cluster)
            clusters[++last] = (cluster){0, 0};
        clusters[last].sum += samples[i].change;
        clusters[last].size++;
    }
    return last + 1;
}

/* --- draws ------------------------------------------------------------------------------------ */

enum { DRAWS_A_JOB = 64 };

typedef struct drawing {
    const cluster *clusters;
    int32_t cluster_count, draw_count;
    uint64_t seed;
    double least_error; /* below it an error is rounding's */
    double *draws;
} drawing;

/* What a set of clusters says of its mean and of that mean's error. */
typedef struct sums {
    double sum, size, squares, products, sizes; /* of s, n, s^2, s n, n^2 */
    int32_t count;
} sums;

static void add_cluster(sums *total, const cluster *one) {
    total->sum += one->sum;
    total->size += one->size;
    total->squares += one->sum * one->sum;
    total->products += one->sum * one->size;
    total->sizes += one->size * one->size;
    total->count++;
}

static double error_of(const sums *total) {
    double mean = total->sum / total->size, count = total->count;
    double residual = total->squares - 2 * mean * total->products + mean * mean * total->sizes;
    return sqrt(fmax(residual, 0) * count / (count - 1)) / total->size;
}

/* A draw without any spread lies infinitely far off, unless it is right. */
static double studentised(const sums *total, double least_error) {
    double mean = total->sum / total->size, error = error_of(total);
    if (error > least_error)
        return mean / error;
    return fabs(mean) <= least_error ? 0 : copysign(INFINITY, mean);
}

static void draw_some(const void *context, int job, int worker) {
    (void)worker;
    const drawing *d = context;
    for (int32_t i = job * DRAWS_A_JOB; i < d->draw_count && i < (job + 1) * DRAWS_A_JOB; i++) {
        nt_random random;
        nt_random_init(&random, d->seed, (uint64_t)i);
        sums total = {0};
        for (int32_t k = 0; k < d->cluster_count; k++)
            add_cluster(&total, &d->clusters[nt_random_below(&random, (uint32_t)d->cluster_count)]);
        d->draws[i] = studentised(&total, d->least_error);
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* --- the bootstrap ---------------------------------------------------------------------------- */

static nt_status resample(nt_bootstrap *b, const cluster *clusters, double least_error,
                          const nt_bootstrap_data *data) {
    double *draws = nt_alloc((size_t)data->draws * sizeof *draws);
    if (!draws)
        return NT_NO_MEMORY;
    drawing work = {clusters, b->clusters, data->draws, data->seed, least_error, draws};
    nt_parallel((data->draws - 1) / DRAWS_A_JOB + 1, draw_some, &work);
    qsort(draws, (size_t)data->draws, sizeof *draws, by_value);
    b->draws = draws;
    b->draw_count = data->draws;
    return NT_OK;
}

static nt_status init(nt_bootstrap *ret, const nt_bootstrap_data *data, sample *samples,
                      cluster *clusters) {
    static const double rounding = 1e-13;
    nt_bootstrap b = {.change = NAN, .error = NAN};
    b.samples = collect(data, samples);
    b.clusters = sum_clusters(samples, b.samples, clusters);
    sums total = {0};
    double sum = 0, largest = 0;
    for (int32_t i = 0; i < b.clusters; i++)
        sum += clusters[i].sum;
    if (b.samples > 0)
        b.change = sum / b.samples;
    for (int32_t i = 0; i < b.clusters; i++) {
        largest = fmax(largest, fabs(clusters[i].sum / clusters[i].size));
        clusters[i].sum -= b.change * clusters[i].size;
        add_cluster(&total, &clusters[i]);
    }
    if (b.clusters > 1) {
        double error = error_of(&total);
        b.error = error > rounding * largest ? error : 0;
        NT_TRY(resample(&b, clusters, rounding * largest, data));
    }
    *ret = b;
    return NT_OK;
}

nt_status nt_bootstrap_init(nt_bootstrap *bootstrap, const nt_bootstrap_data *data) {
    size_t count = (size_t)data->samples;
    sample *samples = nt_alloc(count * sizeof *samples);
    cluster *clusters = nt_alloc(count * sizeof *clusters);
    nt_status status =
        samples && clusters ? init(bootstrap, data, samples, clusters) : NT_NO_MEMORY;
    nt_free(samples, count * sizeof *samples);
    nt_free(clusters, count * sizeof *clusters);
    return status;
}

void nt_bootstrap_finish(nt_bootstrap *bootstrap) {
    nt_free(bootstrap->draws, (size_t)bootstrap->draw_count * sizeof *bootstrap->draws);
    bootstrap->draws = NULL;
}

/* --- limits and p values ---------------------------------------------------------------------- */

/* How many draws are at least `t`, or with `mirrored` at most -`t`; a draw that differs from it by
 * rounding alone counts, so that limits and p values agree. */
static int32_t count_beyond(const nt_bootstrap *b, double t, bool mirrored) {
    int32_t low = 0, high = b->draw_count;
    t -= 1e-11 * fmax(fabs(t), 1);
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        double draw = mirrored ? -b->draws[b->draw_count - 1 - middle] : b->draws[middle];
        if (draw < t)
            low = middle + 1;
        else
            high = middle;
    }
    return b->draw_count - low;
}

/* The draw beyond which a share `alpha` of them lies, on the side of large ones; of the mirrored
 * draws with `mirrored`. A rarer one than there is is the outermost. */
static double quantile(const nt_bootstrap *b, double alpha, bool mirrored) {
    int32_t rank = (int32_t)fmax(floor((b->draw_count + 1.0) * alpha), 1); /* from outside */
    rank = rank < b->draw_count ? rank : b->draw_count;
    return mirrored ? -b->draws[rank - 1] : b->draws[b->draw_count - rank];
}

nt_interval nt_bootstrap_interval(const nt_bootstrap *b, double confidence) {
    if (!b->draws)
        return (nt_interval){NAN, NAN};
    if (b->error == 0)
        return (nt_interval){b->change, b->change};
    double alpha = (1 - confidence) / 2;
    return (nt_interval){b->change - b->error * quantile(b, alpha, false),
                         b->change + b->error * quantile(b, alpha, true)};
}

/* The share of draws as far out as `t`, the data's own with them. Where there is none, how rare it
 * is the draws can't tell: the tail goes on as that of Student's t, from the outermost draw. */
static double tail(const nt_bootstrap *b, double t, bool mirrored) {
    double least = 1 / (b->draw_count + 1.0);
    int32_t beyond = count_beyond(b, t, mirrored);
    double outermost = mirrored ? -b->draws[0] : b->draws[b->draw_count - 1];
    if (beyond > 0 || !(outermost > 0) || isinf(outermost))
        return (beyond + 1) * least;
    double scale = -nt_student_quantile(least, b->clusters - 1) / outermost;
    return fmin(nt_student_cdf(-t * scale, b->clusters - 1), least);
}

/* p values of the one-sided tests that the true change is above `value`, and below it. */
static double above(const nt_bootstrap *b, double value) {
    if (b->error == 0)
        return b->change > value ? 1 / (b->draw_count + 1.0) : 1;
    return tail(b, (b->change - value) / b->error, false);
}

static double below(const nt_bootstrap *b, double value) {
    if (b->error == 0)
        return b->change < value ? 1 / (b->draw_count + 1.0) : 1;
    return tail(b, (value - b->change) / b->error, true);
}

static nt_margin_test test_margin(const nt_bootstrap *b, double margin) {
    double outside = 2 * fmin(above(b, margin), below(b, -margin));
    return (nt_margin_test){fmax(above(b, -margin), below(b, margin)), fmin(outside, 1)};
}

nt_margin_test nt_bootstrap_margin(const nt_bootstrap *b, double margin) {
    if (!b->draws || isnan(margin))
        return (nt_margin_test){NAN, NAN};
    nt_margin_test test = test_margin(b, margin);
    if (b->clusters < NT_FEWEST_CLUSTERS)
        test.inside = NAN;
    return test;
}

double nt_bootstrap_p(const nt_bootstrap *b) {
    return b->draws ? test_margin(b, 0).outside : (double)NAN;
}
