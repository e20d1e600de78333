/* The metric of each control, from the lowest up, and where among them the case stands whose
 * controls they are. */
#include "plot.h"

#include "csv_out.h"
#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b) {
    const nt_record_case *x = *(const nt_record_case *const *)a;
    const nt_record_case *y = *(const nt_record_case *const *)b;
    int order = isnan(x->value.mean) - isnan(y->value.mean);
    if (order == 0)
        order = (x->value.mean > y->value.mean) - (x->value.mean < y->value.mean);
    return order != 0 ? order : (x > y) - (x < y);
}

static void add_points(nt_figure *figure, const nt_record_case **controls, int32_t count) {
    nt_text_add(&figure->csv, "position,value_mean,value_sd,value_low_95,value_high_95,case\n");
    nt_plot_tips_begin(figure);
    for (int32_t c = 0; c < count; c++) {
        nt_text_printf(&figure->csv, "%d", (int)c + 1);
        nt_csv_real(&figure->csv, controls[c]->value.mean);
        nt_csv_real(&figure->csv, controls[c]->value.deviation);
        nt_csv_real(&figure->csv, controls[c]->value_95.low);
        nt_csv_real(&figure->csv, controls[c]->value_95.high);
        nt_text_add(&figure->csv, ",");
        nt_csv_text(&figure->csv, controls[c]->name);
        nt_text_add(&figure->csv, "\n");
        if (!isnan(controls[c]->value.mean))
            nt_plot_tip(figure, c + 1, controls[c]->value.mean, "%s: %.4f", controls[c]->name,
                        controls[c]->value.mean);
    }
    nt_plot_tips_end(figure);
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_arena arena;
    int32_t count = 0;
    nt_arena_init(&arena);
    const nt_record_case **controls =
        NT_ARENA_ARRAY(&arena, const nt_record_case *, group->case_count + 1);
    for (int32_t c = 0; controls && c < group->case_count; c++)
        if (&group->cases[c] != group->controlled)
            controls[count++] = &group->cases[c];
    if (controls) {
        qsort(controls, (size_t)count, sizeof *controls, by_value);
        add_points(figure, controls, count);
    }
    figure->script.failed = figure->script.failed || !controls;
    nt_arena_finish(&arena);
    nt_text_printf(&figure->script,
                   "set grid ytics linecolor rgb '#888888' linewidth 0.3\n"
                   "set xrange [0:%d]\nset yrange [0:1]\nset xlabel 'controls, in order'\n"
                   "set ylabel '%s'\n"
                   "plot '%s.csv' skip 1 using 1:2 with points pointtype 7 pointsize 0.4 "
                   "linecolor rgb '#0072B2' title 'a control', \\\n",
                   (int)count + 1, record->metric, figure->name);
    if (!isnan(group->controlled->value.mean))
        nt_text_printf(&figure->script,
                       "  %.6f with lines linewidth 1.4 linecolor rgb '#D55E00' title 'the case', "
                       "\\\n",
                       group->controlled->value.mean);
    nt_text_printf(&figure->script,
                   "  %.6f with lines linecolor rgb '#222222' dashtype 2 title 'baseline', \\\n",
                   nt_record_baseline(record, group).mean);
    nt_text_add(&figure->script, nt_plot_tips);
}

const nt_figure_kind nt_figure_kind_controls = {
    .kind = {.name = "controls",
             .doc = "the metric of each control, and where among them a case stands",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_CONTROLS),
    .caption = "The metric of each control, from the lowest up, and of the case whose controls "
               "they are.",
    .draw = draw,
};
