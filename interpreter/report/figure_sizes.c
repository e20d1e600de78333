/* The metric against how many layers a case edits: of sets that were drawn at random, how it falls
 * with their size (Veit et al., NIPS 2016, figure 5 (a)). */
#include "plot.h"

#include "csv_out.h"
#include <math.h>
#include <string.h>

/* Of the cases that edit so many layers: how many have a value, and their mean; NaN of none. */
static int32_t cases_of(const nt_record_group *group, int32_t size, double *ret_mean) {
    int32_t count = 0;
    double sum = 0;
    for (int32_t c = 0; c < group->case_count; c++)
        if (group->cases[c].layer_count == size && !isnan(group->cases[c].value.mean)) {
            sum += group->cases[c].value.mean;
            count++;
        }
    *ret_mean = count > 0 ? sum / count : (double)NAN;
    return count;
}

static int32_t largest(const nt_record_group *group) {
    int32_t most = 0;
    for (int32_t c = 0; c < group->case_count; c++)
        if (group->cases[c].layer_count > most)
            most = group->cases[c].layer_count;
    return most;
}

static void add_cases(nt_figure *figure, const nt_record_group *group) {
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        if (isnan(item->value.mean))
            continue;
        nt_text_printf(&figure->csv, "%d", (int)item->layer_count);
        nt_csv_real(&figure->csv, item->value.mean);
        nt_text_add(&figure->csv, ",,"); /* no mean */
        nt_csv_text(&figure->csv, item->name);
        nt_text_add(&figure->csv, "\n");
        nt_plot_tip(figure, item->layer_count, item->value.mean, "%s: %.4f", item->name,
                    item->value.mean);
    }
}

static void add_means(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_text_add(&figure->csv, "0,");
    nt_csv_real(&figure->csv, record->baseline.mean);
    nt_text_add(&figure->csv, ",baseline\n");
    for (int32_t size = 1; size <= largest(group); size++) {
        double mean;
        if (cases_of(group, size, &mean) == 0)
            continue;
        nt_text_printf(&figure->csv, "%d,", (int)size);
        nt_csv_real(&figure->csv, mean);
        nt_text_add(&figure->csv, ",mean\n");
    }
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_text_add(&figure->csv, "layers,value,mean,case\n");
    nt_plot_tips_begin(figure);
    add_means(figure, record, group);
    add_cases(figure, group);
    nt_plot_tips_end(figure);
    nt_text_printf(&figure->script,
                   "set xrange [-0.5:%d.5]\nset yrange [0:1]\nset xtics 1\nset xlabel 'layers that "
                   "are edited'\n"
                   "set ylabel '%s'\nset grid ytics linecolor rgb '#888888' linewidth 0.3\n"
                   "plot '%s.csv' skip 1 using 1:2 with points pointtype 7 pointsize 0.4 linecolor "
                   "rgb '#56B4E9' title 'a case', \\\n"
                   "  '' skip 1 using 1:3 with linespoints pointtype 7 pointsize 0.6 linewidth 1.5 "
                   "linecolor rgb '#0072B2' title 'mean of the cases of a size', \\\n",
                   (int)largest(group), record->metric, figure->name);
    nt_text_add(&figure->script, nt_plot_tips);
}

static void describe(const nt_record *record, const nt_record_group *group, nt_text *words) {
    nt_text_printf(words, "Mean %s by layers that are edited: 0: %.4f", record->metric,
                   record->baseline.mean);
    for (int32_t size = 1; size <= largest(group); size++) {
        double mean;
        if (cases_of(group, size, &mean) > 0)
            nt_text_printf(words, ", %d: %.4f", (int)size, mean);
    }
    nt_text_add(words, ".");
}

/* Sets of two sizes or more, all edited in the same way, several of some size. */
static bool fits(const nt_record *record, const nt_record_group *group) {
    int32_t sizes = 0, several = 0;
    double mean;
    (void)record;
    for (int32_t c = 1; c < group->case_count; c++)
        if (strcmp(group->cases[c].kind, group->cases[0].kind) != 0)
            return false;
    if (strcmp(group->cases[0].kind, "permute") == 0)
        return false;
    for (int32_t size = 1; size <= largest(group); size++) {
        int32_t count = cases_of(group, size, &mean);
        sizes += count > 0;
        several += count > 2;
    }
    return sizes > 1 && several > 1;
}

const nt_figure_kind nt_figure_kind_sizes = {
    .kind = {.name = "sizes",
             .doc = "the metric against how many layers are edited together",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_SETS),
    .beside = "sizes",
    .caption = "The metric against how many layers a case edits: each case, over several seeds its "
               "mean, and the mean of the cases of a size.",
    .fits = fits,
    .draw = draw,
    .describe = describe,
};
