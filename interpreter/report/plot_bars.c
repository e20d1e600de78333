/* Bars: a group's cases one beside the other. A bar is the mean over the seeds, a point a seed; the
 * thin line spans the bounds of record.h. */
#include "figure.h"

#include "csv_out.h"
#include "paper.h"
#include <math.h>
#include <string.h>

/* Okabe and Ito's colours, which most people with a colour vision deficiency tell apart. */
static const char *const colours[NT_PARTS] = {"#999999", "#CC79A7", "#56B4E9",
                                              "#0072B2", "#E69F00", "#009E73"};

/* --- what both share -------------------------------------------------------------------------- */

enum { LINE = 120, WIDEST = 16000 }; /* characters below the axis; pixels: cairo has 32767 */

/* The columns of the CSV file, from 1; the seeds' follow, then words, which may be in quotes. */
enum { POSITION = 1, PART, MEAN, LOW, HIGH, PAPER, SEEDS };

static nt_part part_of(const nt_record *record, const nt_record_case *item) {
    return item->layer_count == 1 && item->layers[0] >= 0 ? record->layers[item->layers[0]].part
                                                          : NT_PART_NONE;
}

static void add_csv(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_text *csv = &figure->csv;
    nt_arena arena;
    nt_arena_init(&arena);
    nt_text_printf(csv, "position,part,%s,low,high,paper", record->metric);
    for (int32_t s = 0; s < record->seed_count; s++)
        nt_text_printf(csv, ",seed %d", (int)record->seeds[s].seed);
    nt_text_add(csv, ",verdict,case\n");
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        const char *verdict = nt_record_verdict(item, &arena);
        nt_text_printf(csv, "%d,%s", (int)c + 1, nt_part_names[part_of(record, item)]);
        nt_csv_share(csv, item->value.mean);
        nt_csv_share(csv, item->low);
        nt_csv_share(csv, item->high);
        nt_csv_share(csv, nt_paper_value(nt_paper_of(record), item));
        for (int32_t s = 0; s < record->seed_count; s++)
            nt_csv_share(csv, item->findings[s].value);
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

/* Bounds, the seeds, the lines across and the words that a pointer shows, after the bars. */
static void add_marks(nt_figure *figure, const nt_record *record) {
    nt_text *script = &figure->script;
    const char *file = figure->name;
    double chance = nt_record_chance(record);
    nt_text_printf(
        script,
        "  '%s.csv' skip 1 using %d:%d:(0):(column(%d) - column(%d)) with vectors nohead "
        "linewidth 1.4 linecolor rgb '#222222' title '%s', \\\n",
        file, POSITION, LOW, HIGH, LOW, nt_record_spread_words(record));
    for (int32_t s = 0; record->seed_count > 1 && s < record->seed_count; s++)
        nt_text_printf(script,
                       "  '%s.csv' skip 1 using %d:%d with points pointtype 7 pointsize 0.3 "
                       "linecolor rgb '#222222' %s, \\\n",
                       file, POSITION, SEEDS + (int)s, s ? "notitle" : "title 'each seed'");
    nt_text_printf(script,
                   "  %.6f with lines linecolor rgb '#222222' dashtype 2 title 'baseline', \\\n",
                   record->baseline.mean);
    if (!isnan(chance))
        nt_text_printf(script,
                       "  %.6f with lines dashtype 3 linecolor rgb '#D55E00' title 'chance', \\\n",
                       chance);
    nt_text_add(script, nt_plot_tips);
}

static void add_tips(nt_figure *figure, const nt_record_group *group) {
    nt_arena arena;
    nt_arena_init(&arena);
    nt_plot_tips_begin(figure);
    for (int32_t c = 0; c < group->case_count; c++) {
        const nt_record_case *item = &group->cases[c];
        const char *verdict = nt_record_verdict(item, &arena);
        if (!isnan(item->value.mean))
            nt_plot_tip(figure, c + 1, item->value.mean, "%s: %.4f, %s", item->name,
                        item->value.mean, verdict ? verdict : "");
    }
    nt_plot_tips_end(figure);
    nt_arena_finish(&arena);
}

/* --- layers ----------------------------------------------------------------------------------- */

void nt_plot_layers(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    bool seen[NT_PARTS] = {false};
    figure->height = 380;
    if (14 * group->case_count + 120 > figure->width)
        figure->width = 14 * group->case_count + 120;
    if (figure->width > WIDEST)
        figure->width = WIDEST;
    for (int32_t c = 0; c < group->case_count; c++)
        seen[part_of(record, &group->cases[c])] = true;
    add_csv(figure, record, group);
    add_axes(figure, record, group);
    add_tips(figure, group);
    nt_text_add(&figure->script, "plot \\\n");
    for (int p = 0; p < NT_PARTS; p++) {
        if (!seen[p])
            continue;
        nt_text_printf(
            &figure->script,
            "  '%s.csv' skip 1 using %d:(strcol(%d) eq '%s' ? column(%d) : NaN) with boxes "
            "linecolor rgb '%s' title '%s', \\\n",
            figure->name, POSITION, PART, nt_part_names[p], MEAN, colours[p],
            p ? nt_part_names[p] : "other");
    }
    add_marks(figure, record);
}

/* --- sets ------------------------------------------------------------------------------------- */

void nt_plot_sets(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    bool paper = nt_paper_table(nt_paper_of(record), group) != NULL;
    figure->height = 380;
    add_csv(figure, record, group);
    add_axes(figure, record, group);
    add_tips(figure, group);
    nt_text_printf(&figure->script,
                   "plot \\\n  '%s.csv' skip 1 using %d:%d with boxes linecolor rgb "
                   "'#56B4E9' title 'this run', \\\n",
                   figure->name, POSITION, MEAN);
    if (paper)
        nt_text_printf(&figure->script,
                       "  '%s.csv' skip 1 using %d:%d with points pointtype 9 pointsize 1.2 "
                       "linecolor rgb '#D55E00' title 'the paper', \\\n",
                       figure->name, POSITION, PAPER);
    add_marks(figure, record);
}
