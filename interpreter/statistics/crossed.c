/* Clusters of samples are summed first, a row for each: sums[cluster][seed], and how many samples
 * went in. Invariant: a seed's mean is the sum of its column over the sizes of its column, so that
 * samples that one seed lacks are left out with that seed alone. */
#include "crossed.h"

#include "alloc.h"
#include "parallel.h"
#include "random.h"
#include "statistics_distributions.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct table {
    int32_t seeds, clusters;
    double *sums, *sizes; /* [clusters][seeds] */
} table;

/* --- the table -------------------------------------------------------------------------------- */

typedef struct member {
    int32_t cluster, sample;
} member;

static int by_cluster(const void *a, const void *b) {
    const member *x = a, *y = b;
    int order = (x->cluster > y->cluster) - (x->cluster < y->cluster);
    return order != 0 ? order : (x->sample > y->sample) - (x->sample < y->sample);
}

static void fill(const nt_crossed_data *data, member *members, table *t) {
    for (int32_t i = 0; i < data->samples; i++)
        members[i] = (member){data->clusters ? data->clusters[i] : i, i};
    if (data->clusters)
        qsort(members, (size_t)data->samples, sizeof *members, by_cluster);
    for (int32_t i = 0; i < data->samples; i++) {
        if (i == 0 || members[i].cluster != members[i - 1].cluster)
            t->clusters++;
        size_t row = (size_t)(t->clusters - 1) * (size_t)t->seeds;
        for (int32_t s = 0; s < t->seeds; s++) {
            double change = data->changes[s][members[i].sample];
            t->sums[row + (size_t)s] += isnan(change) ? 0 : change;
            t->sizes[row + (size_t)s] += !isnan(change);
        }
    }
}

static double mean_of_seed(const table *t, int32_t s) {
    double sum = 0, size = 0;
    for (int32_t c = 0; c < t->clusters; c++) {
        sum += t->sums[(size_t)c * (size_t)t->seeds + (size_t)s];
        size += t->sizes[(size_t)c * (size_t)t->seeds + (size_t)s];
    }
    return sum / size;
}

/* --- drawing both ----------------------------------------------------------------------------- */

typedef struct drawing {
    const table *table;
    double *draws;
    int32_t draw_count;
    double *workspace; /* [draws][2][seeds] */
} drawing;

/* Draw i is made from stream i, so that threads don't matter. */
static void draw_one(const void *context, int i, int worker) {
    (void)worker;
    const drawing *d = context;
    size_t seeds = (size_t)d->table->seeds;
    double *sums = d->workspace + 2 * seeds * (size_t)i, *sizes = sums + seeds, total = 0;
    nt_random random;
    nt_random_init(&random, 0, (uint64_t)i);
    for (int32_t k = 0; k < d->table->clusters; k++) {
        size_t row = seeds * nt_random_below(&random, (uint32_t)d->table->clusters);
        for (size_t s = 0; s < seeds; s++) {
            sums[s] += d->table->sums[row + s];
            sizes[s] += d->table->sizes[row + s];
        }
    }
    for (size_t s = 0; s < seeds; s++) {
        uint32_t drawn = nt_random_below(&random, (uint32_t)seeds);
        total += sums[drawn] / sizes[drawn];
    }
    d->draws[i] = total / (double)seeds;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Percentiles; a draw without any sample is left out. */
static nt_status draw_both(const table *t, int32_t count, nt_interval *ret) {
    size_t size = (size_t)count * (1 + 2 * (size_t)t->seeds) * sizeof(double);
    double *draws = nt_alloc_zero(size);
    if (!draws)
        return NT_NO_MEMORY;
    drawing work = {t, draws, count, draws + count};
    nt_parallel(count, draw_one, &work);
    int32_t known = 0;
    for (int32_t i = 0; i < count; i++)
        if (!isnan(draws[i]))
            draws[known++] = draws[i];
    qsort(draws, (size_t)known, sizeof *draws, by_value);
    int32_t rank = (int32_t)floor((known + 1) * 0.025);
    *ret = rank > 0 ? (nt_interval){draws[rank - 1], draws[known - rank]} : (nt_interval){NAN, NAN};
    nt_free(draws, size);
    return NT_OK;
}

/* --- variance --------------------------------------------------------------------------------- */

/* Of the mean over samples of the means over seeds, by clusters; 0 below two. */
static double variance_of_samples(const table *t, double change) {
    double squares = 0, total = 0, clusters = t->clusters;
    for (int32_t c = 0; c < t->clusters; c++) {
        double sum = 0, size = 0;
        for (int32_t s = 0; s < t->seeds; s++) {
            sum += t->sums[(size_t)c * (size_t)t->seeds + (size_t)s];
            size += t->sizes[(size_t)c * (size_t)t->seeds + (size_t)s];
        }
        squares += (sum - change * size) * (sum - change * size);
        total += size;
    }
    return clusters > 1 ? squares / (total * total) * clusters / (clusters - 1) : 0;
}

typedef struct parts {
    double seeds, samples; /* variance of one seed's mean; of the samples' */
    int32_t clusters;
} parts;

static void spread_over(const parts *of, double seeds, double *ret_error, double *ret_freedom) {
    double a = of->seeds / seeds, b = of->samples;
    double below = a * a / (seeds - 1) + (of->clusters > 1 ? b * b / (of->clusters - 1) : 0);
    *ret_error = sqrt(a + b);
    *ret_freedom = below > 0 ? (a + b) * (a + b) / below : seeds - 1;
}

/* What nt_crossed.wanted says. */
static int32_t count_wanted(const parts *of, const nt_crossed *r, double margin, double alpha) {
    double distance = fabs(margin - fabs(r->change));
    double tail = fabs(r->change) < margin ? alpha : alpha / 2;
    for (int32_t seeds = 2; seeds <= NT_CROSSED_MOST_SEEDS; seeds++) {
        double error, freedom;
        spread_over(of, seeds, &error, &freedom);
        if (nt_student_quantile(1 - tail, freedom) * error < distance)
            return seeds;
    }
    return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

static nt_status find(const nt_crossed_data *data, const table *t, double *means, nt_crossed *ret) {
    nt_crossed r = {.seeds = t->seeds};
    for (int32_t s = 0; s < t->seeds; s++)
        means[s] = mean_of_seed(t, s);
    nt_spread spread = nt_spread_of(means, t->seeds);
    if (spread.count < t->seeds) /* a seed has not one sample */
        return NT_OK;
    r.change = spread.mean;
    for (int32_t s = 0; s < t->seeds; s++)
        r.same_sign += (means[s] > 0) - (means[s] < 0) == (r.change > 0) - (r.change < 0);
    const parts of = {spread.deviation * spread.deviation, variance_of_samples(t, r.change),
                      t->clusters};
    spread_over(&of, t->seeds, &r.error, &r.freedom);
    r.wanted = count_wanted(&of, &r, data->margin, data->alpha);
    NT_TRY(draw_both(t, data->draws, &r.drawn));
    *ret = r;
    return NT_OK;
}

nt_status nt_crossed_init(nt_crossed *crossed, const nt_crossed_data *data) {
    *crossed = (nt_crossed){.change = NAN, .error = NAN, .freedom = NAN, .drawn = {NAN, NAN}};
    if (data->seeds < 2 || data->samples < 1)
        return NT_OK;
    size_t cells = (size_t)data->samples * (size_t)data->seeds;
    size_t size = (2 * cells + (size_t)data->seeds) * sizeof(double);
    size_t member_size = (size_t)data->samples * sizeof(member);
    double *numbers = nt_alloc_zero(size);
    member *members = nt_alloc(member_size);
    nt_status status = numbers && members ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK) {
        table t = {.seeds = data->seeds, .sums = numbers, .sizes = numbers + cells};
        fill(data, members, &t);
        status = find(data, &t, numbers + 2 * cells, crossed);
    }
    nt_free(numbers, size);
    nt_free(members, member_size);
    return status;
}

/* --- what it says ----------------------------------------------------------------------------- */

nt_interval nt_crossed_interval(const nt_crossed *r, double confidence) {
    if (r->seeds < 2)
        return (nt_interval){NAN, NAN};
    double reach = nt_student_quantile((1 + confidence) / 2, r->freedom) * r->error;
    return (nt_interval){r->change - reach, r->change + reach};
}

/* p of the test that the true mean is above `value`; without any spread it is certain. */
static double above(const nt_crossed *r, double value) {
    double distance = r->change - value;
    if (r->error > 0)
        return nt_student_cdf(-distance / r->error, r->freedom);
    return distance > 0 ? 0 : 1;
}

static double below(const nt_crossed *r, double value) {
    return above(&(nt_crossed){.change = -r->change, .error = r->error, .freedom = r->freedom},
                 -value);
}

nt_margin_test nt_crossed_margin(const nt_crossed *r, double margin) {
    if (r->seeds < 2 || isnan(margin))
        return (nt_margin_test){NAN, NAN};
    double outside = 2 * fmin(above(r, margin), below(r, -margin));
    return (nt_margin_test){fmax(above(r, -margin), below(r, margin)), fmin(outside, 1)};
}

double nt_crossed_p(const nt_crossed *r) {
    return nt_crossed_margin(r, 0).outside;
}

const char *nt_agreement_words(double tau) {
    return tau >= 0.8   ? "agree on the order of the cases"
           : tau >= 0.4 ? "agree in part on the order of the cases"
                        : "do not agree on the order of the cases";
}
