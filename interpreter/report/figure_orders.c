/* The metric against how far residual units stand from their trained order: Kendall's rank
 * correlation of the two orders, over all units whose short connection is the identity (Veit et
 * al., NIPS 2016, figure 5 (b)). */
#include "plot.h"

#include "csv_out.h"
#include "statistics.h"
#include <math.h>
#include <string.h>

/* The unit whose branch stands in the place of `layer`. */
static const char *there(const nt_case_result *item, const char *layer) {
    for (int32_t i = 0; i < item->edit_count; i++) {
        const nt_edit_result *edit = &item->edits[i];
        const nt_field *from = strcmp(edit->layer, layer) == 0 && edit->fields
                                   ? nt_field_find(edit->fields, "from")
                                   : NULL;
        if (from)
            return *(const char *const *)(const void *)((const char *)edit->options + from->offset);
    }
    return layer;
}

static int32_t unit_count(const nt_results *results) {
    int32_t count = 0;
    for (int32_t l = 0; l < results->layer_count; l++)
        count += strcmp(nt_residual_names[results->layers[l].residual], "identity") == 0;
    return count;
}

static int32_t unit_number(const nt_results *results, const char *name) {
    int32_t number = 0;
    for (int32_t l = 0; l < results->layer_count; l++) {
        if (strcmp(nt_residual_names[results->layers[l].residual], "identity") != 0)
            continue;
        if (strcmp(results->layers[l].name, name) == 0)
            return number;
        number++;
    }
    return -1;
}

/* `places` and `order` have room for one of each unit. */
static double tau_of(const nt_results *results, const nt_case_result *item, double *places,
                     double *order) {
    int32_t count = 0;
    for (int32_t l = 0; l < results->layer_count; l++) {
        const nt_layer_result *layer = &results->layers[l];
        if (strcmp(nt_residual_names[layer->residual], "identity") != 0)
            continue;
        places[count] = count;
        order[count] = unit_number(results, there(item, layer->name));
        count++;
    }
    return nt_kendall(places, order, count);
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    const nt_results *results = record->results;
    const nt_case_result *cases = results->groups[group - record->groups].cases;
    nt_arena arena;
    nt_arena_init(&arena);
    double *places = NT_ARENA_ARRAY(&arena, double, unit_count(results) + 1);
    double *order = NT_ARENA_ARRAY(&arena, double, unit_count(results) + 1);
    figure->csv.failed = figure->csv.failed || !places || !order;
    nt_text_add(&figure->csv, "tau,value,case\n");
    nt_plot_tips_begin(figure);
    for (int32_t c = 0; !figure->csv.failed && c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        double tau = tau_of(results, &cases[c], places, order);
        if (isnan(item->value.mean))
            continue;
        nt_text_printf(&figure->csv, "%.9g", tau);
        nt_csv_real(&figure->csv, item->value.mean);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, item->name);
        nt_text_add(&figure->csv, "\n");
        nt_plot_tip(figure, tau, item->value.mean, "%s: tau %.3f, %.4f", item->name, tau,
                    item->value.mean);
    }
    nt_plot_tips_end(figure);
    nt_text_printf(&figure->script,
                   "set xrange [*:1.01]\nset yrange [0:1]\nset xlabel \"Kendall's tau of the order "
                   "with the trained one\"\nset ylabel '%s'\n"
                   "set grid linecolor rgb '#888888' linewidth 0.3\n"
                   "plot '%s.csv' skip 1 using 1:2 with points pointtype 7 pointsize 0.6 linecolor "
                   "rgb '#0072B2' title 'an order', \\\n  %.6f with lines dashtype 3 linecolor rgb "
                   "'#D55E00' title 'baseline', \\\n",
                   record->metric, figure->name, record->baseline.mean);
    nt_text_add(&figure->script, nt_plot_tips);
    nt_arena_finish(&arena);
}

/* What the best and the worst order come to. */
static void describe(const nt_record *record, const nt_record_group *group, nt_text *words) {
    const nt_record_case *best = NULL, *worst = NULL;
    int count = 0;
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        if (isnan(item->value.mean))
            continue;
        best = !best || item->value.mean > best->value.mean ? item : best;
        worst = !worst || item->value.mean < worst->value.mean ? item : worst;
        count++;
    }
    nt_text_printf(words, "%d orders; baseline %.4f", count, record->baseline.mean);
    if (best)
        nt_text_printf(words, "; from %.4f (%s) to %.4f (%s)", best->value.mean, best->name,
                       worst->value.mean, worst->name);
    nt_text_add(words, ".");
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    for (int32_t c = 0; c < group->case_count; c++)
        if (strcmp(group->cases[c].kind, "permute") != 0)
            return false;
    return record->results && unit_count(record->results) > 2;
}

const nt_figure_kind nt_figure_kind_orders = {
    .kind = {.name = "orders",
             .doc = "the metric against how far units stand from their trained order",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_SETS) | NT_OF(NT_FORM_PAIRS),
    .beside = "orders",
    .caption = "The metric against Kendall's rank correlation of the order of the residual units "
               "with the trained one, over all units whose short connection is the identity.",
    .fits = fits,
    .draw = draw,
    .describe = describe,
};
