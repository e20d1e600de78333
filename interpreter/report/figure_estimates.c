/* What a group's layers cost against how estimates rank them: a panel for each estimate that was
 * held against the group. Ranks are what Kendall's tau compares, and need no scale: a good
 * estimate's points rise from left to right. */
#include "plot.h"

#include "csv_out.h"
#include "plot_names.h"
#include <math.h>
#include <string.h>

enum { PANEL = 130, AXES = 120, MOST_PANELS = 32 };

typedef struct panel {
    const nt_results *results;
    const char *by, *group;
    int32_t g; /* the group's number */
    int number;
} panel;

static bool is_first(const nt_results *results, int32_t i) {
    return i == 0 || strcmp(results->estimates[i].by, results->estimates[i - 1].by) != 0;
}

static bool ranks(const nt_estimate_result *estimate, const char *group) {
    for (int32_t r = 0; r < estimate->rank_count; r++)
        if (strcmp(estimate->ranks[r].group, group) == 0)
            return true;
    return false;
}

/* With several seeds, an estimator that ranks the group with the first. */
static int list_panels(const nt_record *record, const nt_record_group *group,
                       panel ret[MOST_PANELS]) {
    const nt_results *results = record->results;
    int32_t g = (int32_t)(group - record->groups);
    int count = 0;
    for (int32_t i = 0; results && i < results->estimate_count && count < MOST_PANELS; i++)
        if (is_first(results, i) && ranks(&results->estimates[i], group->name)) {
            ret[count] = (panel){results, results->estimates[i].by, group->name, g, count};
            count++;
        }
    return count;
}

/* The share of the layers with both that the value is above, half of those that it equals. */
static double place_of(const panel *p, const nt_estimate_result *estimate, int32_t s, int32_t of) {
    double below = 0, count = 0;
    for (int32_t i = 0; i < estimate->value_count; i++) {
        double value = estimate->values[i].value, mine = estimate->values[of].value;
        if (isnan(value) || isnan(nt_estimate_cost(p->results, p->g, s, estimate->values[i].layer)))
            continue;
        below += value < mine ? 1 : value == mine ? 0.5 : 0;
        count++;
    }
    return below / count;
}

static void add_points(nt_figure *figure, const panel *p, const nt_estimate_result *estimate,
                       int32_t s) {
    for (int32_t i = 0; i < estimate->value_count; i++) {
        const nt_estimate_value *value = &estimate->values[i];
        double cost = nt_estimate_cost(p->results, p->g, s, value->layer);
        if (isnan(value->value) || isnan(cost))
            continue;
        double x = p->number + 0.05 + 0.9 * place_of(p, estimate, s, i);
        nt_text_printf(&figure->csv, "%d", p->number + 1);
        nt_csv_real(&figure->csv, x);
        nt_csv_real(&figure->csv, cost);
        nt_csv_real(&figure->csv, value->value);
        nt_text_printf(&figure->csv, ",%d,", (int)estimate->seed);
        nt_csv_text(&figure->csv, p->by);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, p->group);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, value->layer);
        nt_text_add(&figure->csv, "\n");
        nt_plot_tip(figure, x, cost, "%s: %s %.4g, costs %.4f (seed %d)", value->layer, p->by,
                    value->value, cost, (int)estimate->seed);
    }
}

static void add_panel(nt_figure *figure, const panel *p) {
    const nt_results *results = p->results;
    for (int32_t i = 0; i < results->estimate_count; i++)
        for (int32_t s = 0; s < results->seed_count; s++)
            if (strcmp(results->estimates[i].by, p->by) == 0 &&
                results->estimates[i].seed == results->baseline[s].seed)
                add_points(figure, p, &results->estimates[i], s);
}

/* Below each panel the estimate's name. */
static void add_names(nt_figure *figure, const panel *panels, int count) {
    nt_names_shown names;
    nt_names_shown_init(&names);
    for (int k = 0; k < count; k++)
        nt_names_shown_add(&names, panels[k].by, k + 0.5);
    int wide = PANEL * count + AXES;
    figure->width = wide > figure->width ? wide : figure->width;
    int below = nt_names_below(figure, &names, figure->width - AXES,
                               "layers, by what the estimate says: the most on the right");
    figure->height = 400 + below;
    nt_names_margin(figure, below);
    nt_names_shown_finish(&names);
}

/* Above it tau, and a line before the next. */
static void add_titles(nt_figure *figure, const panel *panels, int count) {
    for (int k = 0; k < count; k++) {
        const panel *p = &panels[k];
        double tau = nt_estimate_mean_tau(p->results, p->by, p->group);
        nt_text_add(&figure->script, "set label 'τ ");
        if (isnan(tau))
            nt_text_add(&figure->script, "unknown");
        else
            nt_text_printf(&figure->script, "%.2f", tau);
        nt_text_printf(&figure->script, "' at %d.5, graph 1.04 center noenhanced font ',13'\n", k);
        if (k > 0)
            nt_text_printf(&figure->script,
                           "set arrow from %d, graph 0 to %d, graph 1.07 nohead linecolor rgb "
                           "'#888888' linewidth 0.5\n",
                           k, k);
    }
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    panel panels[MOST_PANELS];
    int count = list_panels(record, group, panels);
    nt_text_add(&figure->csv, "panel,x,cost,estimate,seed,by,group,layer\n");
    nt_plot_tips_begin(figure);
    for (int k = 0; k < count; k++)
        add_panel(figure, &panels[k]);
    nt_plot_tips_end(figure);
    add_names(figure, panels, count);
    add_titles(figure, panels, count);
    nt_text_printf(&figure->script,
                   "set tmargin 3\nset xrange [0:%d]\nset ylabel 'loss of %s'\n"
                   "set grid ytics linecolor rgb '#888888' linewidth 0.3\n"
                   "plot '%s.csv' skip 1 using 2:3 with points pointtype 7 pointsize 0.5 linecolor "
                   "rgb '#0072B2' notitle, \\\n",
                   count, record->metric, figure->name);
    nt_text_add(&figure->script, nt_plot_tips);
}

static void describe(const nt_record *record, const nt_record_group *group, nt_text *words) {
    panel panels[MOST_PANELS];
    int count = list_panels(record, group, panels);
    nt_text_add(words, "Kendall's tau: ");
    for (int k = 0; k < count; k++) {
        const panel *p = &panels[k];
        double tau = nt_estimate_mean_tau(p->results, p->by, p->group);
        nt_text_printf(words, "%s%s ", k ? ", " : "", p->by);
        if (isnan(tau))
            nt_text_add(words, "unknown");
        else
            nt_text_printf(words, "%.2f", tau);
    }
    nt_text_add(words, ".");
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    panel panels[MOST_PANELS];
    return list_panels(record, group, panels) > 0;
}

const nt_figure_kind nt_figure_kind_estimates = {
    .kind = {.name = "estimates",
             .doc = "what layers cost against how estimates rank them",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_SINGLE),
    .beside = "estimates",
    .caption = "What each layer costs, measured, against its place among the layers by estimates "
               "that ablate nothing: from the least on the left to the most on the right. Above: "
               "Kendall's τ of the two, over several seeds its mean. Cuts are left out.",
    .fits = fits,
    .draw = draw,
    .describe = describe,
};
