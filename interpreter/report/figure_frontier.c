/* Cost against the metric: a point for each case of the run, of all groups, by what it leaves of
 * the network, and the whole network. Marked are those that no other one betters in both (the
 * Pareto set). Cases without a path from the image to the output are no network, and left out.
 *
 * What is left are the multiply-adds and the trained numbers of the layers that still depend on the
 * image; `shrink` may leave less, where it takes channels away too. */
#include "plot.h"

#include "alloc.h"
#include "csv_out.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

typedef struct point {
    const char *group, *name;
    nt_cost cost;
    double value, change;
    bool best, best_by_parameters; /* in the Pareto set, */
    int32_t number;                /* in the order of the run */
} point;

typedef struct points {
    point *items; /* NULL: out of memory */
    size_t size;
    int32_t count, best; /* the first `best` of them are the Pareto set */
} points;

/* --- which ------------------------------------------------------------------------------------ */

static bool shown(const nt_record_case *item) {
    return item->cost.multiply_adds > 0 && !item->cut && !isnan(item->value.mean);
}

static int32_t count_shown(const nt_record *record) {
    int32_t count = 0;
    for (int32_t g = 0; g < record->group_count; g++)
        for (int32_t c = 0; c < record->groups[g].case_count; c++)
            count += shown(&record->groups[g].cases[c]);
    return count;
}

static void add_point(points *p, point item) {
    item.number = p->count;
    p->items[p->count++] = item;
}

static void list(points *p, const nt_record *record) {
    add_point(p, (point){.group = NT_BASELINE,
                         .name = NT_BASELINE,
                         .cost = record->cost,
                         .value = record->baseline.mean});
    for (int32_t g = 0; g < record->group_count; g++)
        for (int32_t c = 0; c < record->groups[g].case_count; c++) {
            const nt_record_case *item = &record->groups[g].cases[c];
            if (shown(item))
                add_point(p, (point){.group = record->groups[g].name,
                                     .name = item->name,
                                     .cost = item->cost,
                                     .value = item->value.mean,
                                     .change = item->change.mean});
        }
}

/* --- the Pareto set --------------------------------------------------------------------------- */

static int64_t multiply_adds(const point *p) {
    return p->cost.multiply_adds;
}

static int64_t parameters(const point *p) {
    return p->cost.parameters;
}

static bool is_best(const points *all, const point *p, int64_t (*cost)(const point *p)) {
    for (int32_t i = 0; i < all->count; i++) {
        const point *other = &all->items[i];
        if (cost(other) <= cost(p) && other->value >= p->value &&
            (cost(other) < cost(p) || other->value > p->value))
            return false;
    }
    return true;
}

/* The set first, in it and behind it the cheapest. */
static int order(const void *a, const void *b) {
    const point *x = a, *y = b;
    if (x->best != y->best)
        return x->best ? -1 : 1;
    if (x->cost.multiply_adds != y->cost.multiply_adds)
        return x->cost.multiply_adds < y->cost.multiply_adds ? -1 : 1;
    return x->number - y->number;
}

static void mark(points *p) {
    p->best = 0;
    for (int32_t i = 0; i < p->count; i++) {
        p->items[i].best = is_best(p, &p->items[i], multiply_adds);
        p->best += p->items[i].best;
        p->items[i].best_by_parameters = is_best(p, &p->items[i], parameters);
    }
    qsort(p->items, (size_t)p->count, sizeof *p->items, order);
}

static void points_init(points *p, const nt_record *record) {
    *p = (points){.size = ((size_t)count_shown(record) + 1) * sizeof *p->items};
    p->items = nt_alloc(p->size);
    if (!p->items)
        return;
    list(p, record);
    mark(p);
}

static void points_finish(points *p) {
    nt_free(p->items, p->size);
}

/* --- drawing ---------------------------------------------------------------------------------- */

static double left(int64_t cost, int64_t of) {
    return of > 0 ? (double)cost / (double)of : 1;
}

static void add_row(nt_figure *figure, const nt_record *record, const point *p) {
    double share = left(p->cost.multiply_adds, record->cost.multiply_adds);
    double numbers = left(p->cost.parameters, record->cost.parameters);
    nt_text_printf(&figure->csv, "%.6f", share);
    nt_csv_real(&figure->csv, p->value);
    nt_text_printf(&figure->csv, ",%s,%.6f,%s,%" PRId64 ",%" PRId64, p->best ? "yes" : "no",
                   numbers, p->best_by_parameters ? "yes" : "no", p->cost.multiply_adds,
                   p->cost.parameters);
    nt_csv_real(&figure->csv, p->change);
    nt_text_add(&figure->csv, ",");
    nt_csv_text(&figure->csv, p->group);
    nt_text_add(&figure->csv, ",");
    nt_csv_text(&figure->csv, p->name);
    nt_text_add(&figure->csv, "\n");
    nt_plot_tip(figure, 100 * share, p->value,
                "%s, %s: %.4f, %.1f %% of the multiply-adds, %.1f %% of the parameters", p->group,
                p->name, p->value, 100 * share, 100 * numbers);
}

static void add_plot(nt_figure *figure, int32_t first, int32_t last, const char *how) {
    nt_text_printf(&figure->script,
                   "'%s.csv' skip 1 every ::%d::%d using (100 * column(1)):2 with %s, \\\n",
                   figure->name, first, last, how);
}

static void add_script(nt_figure *figure, const nt_record *record, const points *p) {
    nt_text_printf(&figure->script,
                   "set key vertical maxrows 2\nset grid linecolor rgb '#888888' linewidth 0.3\n"
                   "set xrange [0:104]\nset offsets 0, 0, graph 0.05, graph 0.05\n"
                   "set xlabel 'multiply-adds of an image that are left, %%'\n"
                   "set ylabel '%s'\nplot \\\n",
                   record->metric);
    if (p->count > p->best)
        add_plot(figure, p->best, p->count - 1,
                 "points pointtype 6 pointsize 0.6 linecolor rgb '#888888' title 'bettered by "
                 "another'");
    add_plot(figure, 0, p->best - 1, "steps linewidth 1.5 linecolor rgb '#0072B2' notitle");
    add_plot(figure, 0, p->best - 1,
             "points pointtype 7 pointsize 0.9 linecolor rgb '#0072B2' title 'bettered by none'");
    nt_text_add(&figure->script, nt_plot_tips);
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    points p;
    (void)group;
    points_init(&p, record);
    figure->csv.failed = figure->csv.failed || !p.items;
    nt_text_add(&figure->csv, "multiply_adds_left,value,pareto,parameters_left,pareto_parameters,"
                              "multiply_adds,parameters,change,group,case\n");
    nt_plot_tips_begin(figure);
    for (int32_t i = 0; i < p.count; i++)
        add_row(figure, record, &p.items[i]);
    nt_plot_tips_end(figure);
    add_script(figure, record, &p);
    points_finish(&p);
}

static void describe(const nt_record *record, const nt_record_group *group, nt_text *words) {
    enum { NAMED = 8 };
    points p;
    (void)group;
    points_init(&p, record);
    words->failed = words->failed || !p.items;
    nt_text_printf(words, "Of %d, the whole network among them, %d are bettered by no other: ",
                   (int)p.count, (int)p.best);
    for (int32_t i = 0; i < p.best && i < NAMED; i++)
        nt_text_printf(words, "%s%s at %.1f %% of the multiply-adds, %.4f", i ? "; " : "",
                       p.items[i].name,
                       100 * left(p.items[i].cost.multiply_adds, record->cost.multiply_adds),
                       p.items[i].value);
    nt_text_add(words, p.best > NAMED ? "; and others." : ".");
    points_finish(&p);
}

/* Older results don't say what is left. */
static bool fits(const nt_record *record, const nt_record_group *group) {
    (void)group;
    for (int32_t g = 0; record->cost.multiply_adds > 0 && g < record->group_count; g++)
        for (int32_t c = 0; c < record->groups[g].case_count; c++) {
            const nt_record_case *item = &record->groups[g].cases[c];
            if (shown(item) && item->cost.multiply_adds < record->cost.multiply_adds)
                return true;
        }
    return false;
}

const nt_figure_kind nt_figure_kind_frontier = {
    .kind = {.name = "frontier",
             .doc = "what each case leaves of the network against its metric, the best marked",
             .fields = nt_no_fields},
    .title = "Cost against the metric",
    .caption =
        "A point for each case, and one for the whole network: which share of the "
        "multiply-adds of an image is left where layers that no longer depend on it are "
        "taken away, and the metric. Marked are those that no other one betters in both (the "
        "Pareto set). Cases without a path to the output are left out.",
    .fits = fits,
    .draw = draw,
    .describe = describe,
};
