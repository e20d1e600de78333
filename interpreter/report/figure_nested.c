/* The metric against the number of layers that are gone. */
#include "plot.h"

#include "csv_out.h"
#include "plot_names.h"
#include <math.h>

/* The layer that a case edits beside those of the one before. */
static const char *gone(const nt_record *record, const nt_record_group *group, int32_t c) {
    const nt_record_case *item = &group->cases[c];
    for (int32_t i = 0; i < item->layer_count; i++) {
        bool before = false;
        for (int32_t j = 0; c > 0 && j < group->cases[c - 1].layer_count; j++)
            before = before || group->cases[c - 1].layers[j] == item->layers[i];
        if (!before && item->layers[i] >= 0)
            return record->layers[item->layers[i]].name;
    }
    return "";
}

static void add_steps(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_text_add(&figure->csv, "layers,value_mean,value_sd,value_low_95,value_high_95,gone\n0");
    nt_csv_real(&figure->csv, nt_record_baseline(record, group).mean);
    nt_text_add(&figure->csv, ",,,,nothing\n");
    nt_plot_tips_begin(figure);
    nt_plot_tip(figure, 0, nt_record_baseline(record, group).mean, "nothing gone: %.4f",
                nt_record_baseline(record, group).mean);
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        nt_text_printf(&figure->csv, "%d", (int)item->layer_count);
        nt_csv_real(&figure->csv, item->value.mean);
        nt_csv_real(&figure->csv, item->value.deviation);
        nt_csv_real(&figure->csv, item->value_95.low);
        nt_csv_real(&figure->csv, item->value_95.high);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, gone(record, group, c));
        nt_text_add(&figure->csv, "\n");
        if (!isnan(item->value.mean))
            nt_plot_tip(figure, item->layer_count, item->value.mean, "%d gone, last %s: %.4f",
                        (int)item->layer_count, gone(record, group, c), item->value.mean);
    }
    nt_plot_tips_end(figure);
}

enum { STEP = 16, AXES = 140, HIGH = 330 };

/* Below each step the layer that goes with it. */
static void add_names(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    int wide = STEP * (int)group->cases[group->case_count - 1].layer_count + AXES;
    nt_names_shown names;
    nt_names_shown_init(&names);
    nt_names_shown_add(&names, "nothing", 0);
    for (int32_t c = 0; c < group->case_count; c++)
        nt_names_shown_add(&names, gone(record, group, c), group->cases[c].layer_count);
    figure->width = wide > figure->width ? wide : figure->width;
    int below = nt_names_below(figure, &names, figure->width - AXES, "gone, one after the other");
    figure->height = HIGH + below;
    nt_names_margin(figure, below);
    nt_names_shown_finish(&names);
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    add_steps(figure, record, group);
    add_names(figure, record, group);
    nt_text_printf(&figure->script,
                   "set grid ytics linecolor rgb '#888888' linewidth 0.3\n"
                   "set xrange [-0.5:%d.5]\nset yrange [0:1]\nset ylabel '%s'\n"
                   "plot '%s.csv' skip 1 using 1:2 with linespoints pointtype 7 pointsize 0.4 "
                   "linecolor rgb '#0072B2' title '%s', \\\n  '' skip 2 using ",
                   (int)group->cases[group->case_count - 1].layer_count, record->metric,
                   figure->name, record->metric);
    nt_plot_spread(&figure->script, record, 1, 2);
    nt_text_printf(&figure->script,
                   "  %.6f with lines dashtype 3 linecolor rgb '#D55E00' title 'baseline minus the "
                   "margin', \\\n",
                   nt_record_baseline(record, group).mean - record->margin);
    nt_text_add(&figure->script, nt_plot_tips);
}

const nt_figure_kind nt_figure_kind_nested = {
    .kind = {.name = "nested",
             .doc = "the metric as one layer after the other goes",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_NESTED),
    .caption = "The metric as one layer after the other goes.",
    .draw = draw,
};
