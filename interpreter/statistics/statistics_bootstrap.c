/* The bootstrap of a mean paired change over clusters: draws of whole clusters with replacement,
 * and Efron's BCa limits and p values of them.
 *
 * With F the share of draws below a value, z0 = Phi^-1(F(change)) and the acceleration a from the
 * jackknife over clusters, the value whose normal score is z stands at
 *
 *     F = Phi(z0 + w / (1 - a w)),   w = z0 + z,
 *
 * which intervals read from right to left and p values from left to right. Upper limits and p
 * values against larger changes are those of the mirrored distribution, with -z0 and -a. |a| <=
 * 1/6, so that the denominators vanish only beyond six deviations.
 *
 * Invariant: draw i is made from stream i of the seed, so threads don't matter. */
#include "statistics.h"

#include "alloc.h"
#include "parallel.h"
#include "random.h"
#include "statistics_distributions.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- clusters --------------------------------------------------------------------------------- */

typedef struct sample {
    int32_t cluster, index;
    double change;
} sample;

typedef struct cluster {
    double sum, size; /* of its samples' changes; how many they are */
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
    double *draws;
} drawing;

static void draw_some(const void *context, int job, int worker) {
    (void)worker;
    const drawing *d = context;
    for (int32_t i = job * DRAWS_A_JOB; i < d->draw_count && i < (job + 1) * DRAWS_A_JOB; i++) {
        nt_random random;
        nt_random_init(&random, d->seed, (uint64_t)i);
        cluster total = {0, 0};
        for (int32_t k = 0; k < d->cluster_count; k++) {
            const cluster *drawn =
                &d->clusters[nt_random_below(&random, (uint32_t)d->cluster_count)];
            total.sum += drawn->sum;
            total.size += drawn->size;
        }
        d->draws[i] = total.sum / total.size;
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* --- bias and acceleration -------------------------------------------------------------------- */

/* How many draws are below `value`, and with `too` also those equal to it. */
static int32_t count_below(const nt_bootstrap *b, double value, int too) {
    int32_t low = 0, high = b->draw_count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (b->draws[middle] < value || (too && b->draws[middle] == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* z0: draws equal to the estimate count half. */
static double find_bias(const nt_bootstrap *b) {
    double least = 1 / (b->draw_count + 1.0);
    double share = (count_below(b, b->change, 0) + (double)count_below(b, b->change, 1)) /
                   (2.0 * b->draw_count);
    return nt_normal_quantile(fmin(fmax(share, least), 1 - least));
}

static double without(cluster total, cluster one) {
    return (total.sum - one.sum) / (total.size - one.size);
}

/* The skewness of the estimates without each cluster in turn, over 6 sqrt(clusters). */
static double find_acceleration(const cluster *clusters, int32_t count, cluster total) {
    double mean = 0, squares = 0, cubes = 0;
    for (int32_t i = 0; i < count; i++)
        mean += without(total, clusters[i]) / count;
    for (int32_t i = 0; i < count; i++) {
        double influence = mean - without(total, clusters[i]);
        squares += influence * influence;
        cubes += influence * influence * influence;
    }
    double scale = 6 * squares * sqrt(squares);
    return scale > 0 ? cubes / scale : 0;
}

/* --- the bootstrap ---------------------------------------------------------------------------- */

static nt_status resample(nt_bootstrap *b, const cluster *clusters, cluster total,
                          const nt_bootstrap_data *data) {
    double *draws = nt_alloc((size_t)data->draws * sizeof *draws);
    if (!draws)
        return NT_NO_MEMORY;
    drawing work = {clusters, b->clusters, data->draws, data->seed, draws};
    nt_parallel((data->draws - 1) / DRAWS_A_JOB + 1, draw_some, &work);
    qsort(draws, (size_t)data->draws, sizeof *draws, by_value);
    b->draws = draws;
    b->draw_count = data->draws;
    b->deviation = nt_spread_of(draws, data->draws).deviation;
    b->bias = find_bias(b);
    b->acceleration = find_acceleration(clusters, b->clusters, total);
    return NT_OK;
}

static nt_status init(nt_bootstrap *ret, const nt_bootstrap_data *data, sample *samples,
                      cluster *clusters) {
    nt_bootstrap b = {.change = NAN};
    b.samples = collect(data, samples);
    b.clusters = sum_clusters(samples, b.samples, clusters);
    cluster total = {0, b.samples};
    for (int32_t i = 0; i < b.clusters; i++)
        total.sum += clusters[i].sum;
    if (b.samples > 0)
        b.change = total.sum / total.size;
    if (b.clusters > 1)
        NT_TRY(resample(&b, clusters, total, data));
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

/* The normal score that stands for Student's t of the clusters, and back. */
static double widening(const nt_bootstrap *b) {
    return sqrt(b->clusters / (b->clusters - 1.0));
}

/* How many draws lie beyond the lower limit at tail `alpha`, of the distribution with this bias and
 * acceleration; at least 1. */
static int32_t limit_rank(const nt_bootstrap *b, double bias, double acceleration, double alpha) {
    double w = bias + nt_student_quantile(alpha, b->clusters - 1) * widening(b);
    double slope = 1 - acceleration * w;
    double share = slope > 0 ? nt_normal_cdf(bias + w / slope) : w > 0;
    double rank = floor((b->draw_count + 1.0) * share);
    return (int32_t)fmin(fmax(rank, 1), b->draw_count);
}

nt_interval nt_bootstrap_interval(const nt_bootstrap *b, double confidence) {
    if (!b->draws)
        return (nt_interval){NAN, NAN};
    double alpha = (1 - confidence) / 2;
    int32_t low = limit_rank(b, b->bias, b->acceleration, alpha);
    int32_t high = limit_rank(b, -b->bias, -b->acceleration, alpha);
    return (nt_interval){b->draws[low - 1], b->draws[b->draw_count - high]};
}

/* The tail at which the limit would be a value beyond which, or at which, lie `beyond` draws: the
 * inverse of limit_rank. `away` is how far off the value lies. */
static double tail(const nt_bootstrap *b, double bias, double acceleration, int32_t beyond,
                   double away) {
    double least = 1 / (b->draw_count + 1.0), share = (beyond + 1.0) * least;
    if (beyond >= b->draw_count)
        return 1;
    double w = nt_normal_quantile(share) - bias;
    double slope = 1 + acceleration * w;
    if (slope <= 0)
        return w > 0 ? 1 : least;
    double z = w / slope - bias;
    if (beyond == 0 && b->deviation > 0)
        return nt_student_cdf(fmin(z, -away / b->deviation) / widening(b), b->clusters - 1);
    return fmax(nt_student_cdf(z / widening(b), b->clusters - 1), least);
}

/* p values of the one-sided tests that the true change is above `value`, and below it. */
static double above(const nt_bootstrap *b, double value) {
    return tail(b, b->bias, b->acceleration, count_below(b, value, 1), fabs(b->change - value));
}

static double below(const nt_bootstrap *b, double value) {
    return tail(b, -b->bias, -b->acceleration, b->draw_count - count_below(b, value, 0),
                fabs(b->change - value));
}

nt_margin_test nt_bootstrap_margin(const nt_bootstrap *b, double margin) {
    if (!b->draws || isnan(margin))
        return (nt_margin_test){NAN, NAN};
    double outside = 2 * fmin(above(b, margin), below(b, -margin));
    return (nt_margin_test){fmax(above(b, -margin), below(b, margin)), fmin(outside, 1)};
}

double nt_bootstrap_p(const nt_bootstrap *b) {
    return nt_bootstrap_margin(b, 0).outside;
}
