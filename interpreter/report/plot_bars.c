/* Figures with a bar for each case: the metric with its interval over the cases of a group, the
 * part of the network as the bar's colour, and the study's own value beside it where it has one.
 * The figure's CSV holds what is drawn, a line a bar. */
#include "plot_bars.h"

#include "csv_out.h"
#include "paper.h"
#include <math.h>
#include <string.h>

enum { LINE = 120 }; /* characters below the axis */

nt_part nt_bars_part(const nt_record *record, const nt_record_case *item) {
    return item->layer_count == 1 && item->layers[0] >= 0 ? record->layers[item->layers[0]].part
                                                          : NT_PART_NONE;
}

static void add_csv(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_text *csv = &figure->csv;
    nt_arena arena;
    nt_arena_init(&arena);
    nt_text_printf(csv, "position,part,value_mean,value_sd,value_low_95,value_high_95,paper");
    for (int32_t s = 0; s < record->seed_count; s++)
        nt_text_printf(csv, ",seed %d", (int)record->seeds[s].seed);
    nt_text_add(csv, ",verdict,case\n");
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        const char *verdict = nt_record_verdict(item, &arena);
        csv->failed = csv->failed || !verdict;
        nt_text_printf(csv, "%d,%s", (int)c + 1, nt_part_names[nt_bars_part(record, item)]);
        nt_csv_real(csv, item->value.mean);
        nt_csv_real(csv, item->value.deviation);
        nt_csv_real(csv, item->value_95.low);
        nt_csv_real(csv, item->value_95.high);
        nt_csv_real(csv, nt_paper_value(nt_paper_of(record), item));
        for (int32_t s = 0; s < record->seed_count; s++)
            nt_csv_real(csv, item->findings[s].value);
        nt_text_add(csv, ",");
        nt_csv_text(csv, verdict ? verdict : "");
        nt_text_add(csv, ",");
        nt_csv_text(csv, item->name);
        nt_text_add(csv, "\n");
    }
    nt_arena_finish(&arena);
}

static void add_axes(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_text_printf(&figure->script,
                   "set xrange [0.3:%d.7]\nset yrange [0:1]\nset boxwidth 0.8\n"
                   "set grid ytics linecolor rgb '#888888' linewidth 0.3\n"
                   "set ylabel '%s'\n",
                   (int)group->case_count, record->metric);
    double longest = 0; /* bytes; gnuplot leaves more room than they take */
    for (int32_t c = 0; c < group->case_count; c++)
        longest = fmax(longest, (double)strlen(group->cases[c].name));
    nt_text_add(&figure->script, "set xtics (");
    for (int32_t c = 0; c < group->case_count; c++)
        nt_plot_tic(&figure->script, c == 0, group->cases[c].name, (int)c + 1);
    nt_text_add(&figure->script, ")\n");
    if (longest * group->case_count <= LINE) {
        nt_text_add(&figure->script, "set xtics font ',11'\n");
        return;
    }
    figure->height = 330 + (int)(6 * fmin(longest, 45));
    nt_text_printf(&figure->script, "set xtics rotate by 90 right font ',10'\nset bmargin %.1f\n",
                   1.5 + 0.35 * fmin(longest, 45));
}

static void add_tips(nt_figure *figure, const nt_record_group *group) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_plot_tips_begin(figure);
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        const char *verdict = nt_record_verdict(item, &arena);
        figure->script.failed = figure->script.failed || !verdict;
        if (!isnan(item->value.mean))
            nt_plot_tip(figure, c + 1, item->value.mean, "%s: %.4f, %s", item->name,
                        item->value.mean, verdict ? verdict : "");
    }
    nt_plot_tips_end(figure);
    nt_arena_finish(&arena);
}

void nt_bars_begin(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    add_csv(figure, record, group);
    add_axes(figure, record, group);
    add_tips(figure, group);
    nt_text_add(&figure->script, "plot \\\n");
}

void nt_bars_end(nt_figure *figure, const nt_record *record) {
    nt_text *script = &figure->script;
    const char *file = figure->name;
    double chance = nt_record_chance(record);
    nt_text_printf(script, "  '%s.csv' skip 1 using ", file);
    nt_plot_spread(script, record, NT_BARS_POSITION, NT_BARS_MEAN);
    for (int32_t s = 0; record->seed_count > 1 && s < record->seed_count; s++)
        nt_text_printf(script,
                       "  '%s.csv' skip 1 using %d:%d with points pointtype 7 pointsize 0.3 "
                       "linecolor rgb '#222222' %s, \\\n",
                       file, NT_BARS_POSITION, NT_BARS_SEEDS + (int)s,
                       s ? "notitle" : "title 'each seed'");
    nt_text_printf(script,
                   "  %.6f with lines linecolor rgb '#222222' dashtype 2 title 'baseline', \\\n",
                   record->baseline.mean);
    if (!isnan(chance))
        nt_text_printf(script,
                       "  %.6f with lines dashtype 3 linecolor rgb '#D55E00' title 'chance', \\\n",
                       chance);
    nt_text_add(script, nt_plot_tips);
}
