/* Figures with a bar for each case. Positions, colours, ranges and marks are found first, in one
 * pass over the cases; the figure's CSV holds what is drawn, a line a bar, and the script takes it
 * from there by columns. */
#include "plot_bars.h"

#include "csv_out.h"
#include "paper.h"
#include "plot_names.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO ((double)NAN)

/* Of the band of the margin: on white and on a dark page it stands off by 1.5 to 1 or more. */
#define MARGIN_OPACITY "0.35"

enum {
    WIDEST = 16000,    /* pixels: cairo has 32767 */
    BAR = 14,          /* of one, */
    AXES = 150,        /* of both axes, */
    HIGH = 360,        /* of all but the names */
    MOST_COLOURS = 12, /* NT_PARTS or more */
    MOST_SEEDS = 6     /* with points of the usual size */
};

/* The columns of the CSV file, from 1; the seeds' follow, then words, which may be in quotes. */
enum {
    POSITION = 1,
    COLOUR,
    MARK,
    VALUE,
    CHANGE,
    DEVIATION,
    LOW,
    HIGH_95,
    PAPER,
    PAPER_CHANGE,
    SEEDS
};

/* Okabe and Ito's colours, which most people with a colour vision deficiency tell apart. */
static const char *const part_colours[NT_PARTS] = {"#999999", "#CC79A7", "#56B4E9",
                                                   "#0072B2", "#E69F00", "#009E73"};
static const char *const kind_colours[MOST_COLOURS] = {"#0072B2", "#E69F00", "#009E73", "#CC79A7",
                                                       "#56B4E9", "#D55E00", "#F0E442", "#999999",
                                                       "#882255", "#44AA99", "#332288", "#DDCC77"};

/* What stands over a bar: its verdict, where the seeds agree. */
static const struct {
    const char *word, *colour;
    int point; /* gnuplot's: a filled shape, or an outline */
    double size;
} marks[] = {{"critical", "#D55E00", 11, 0.7}, {"undecided", "#888888", 6, 0.55},
             {"trivial", "#009E73", 7, 0.6},   {"better", "#0072B2", 9, 0.7},
             {"mixed", "#CC79A7", 12, 0.7},    {"failed", "#222222", 2, 0.5}};
enum { MARKS = sizeof marks / sizeof *marks };

typedef struct bars {
    nt_figure *figure;
    const nt_record *record;
    const nt_record_group *group;
    nt_bars_colour colour;
    const nt_record_case **cases; /* in the order in which they are drawn */
    double *positions;
    const char *kinds[MOST_COLOURS]; /* as they first come */
    int kind_count;
    bool seen[MOST_COLOURS]; /* of colours */
    double chance;           /* against the baseline; NaN: not shown */
    double lowest, highest;  /* of all that is drawn */
    nt_arena arena;
} bars;

/* --- what a case has -------------------------------------------------------------------------- */

static nt_part part_of(const nt_record *record, const nt_record_case *item) {
    return item->layer_count == 1 && item->layers[0] >= 0 ? record->layers[item->layers[0]].part
                                                          : NT_PART_NONE;
}

static const char *mark_of(const nt_record *record, const nt_record_case *item) {
    for (int v = 0; v < NT_VERDICTS; v++)
        if (item->verdicts[v] == record->seed_count)
            return nt_verdict_name((nt_verdict)v);
    return item->failures > 0 ? "failed" : "mixed";
}

/* Of the only seed. */
static nt_interval interval_of(const nt_record *record, const nt_record_case *item) {
    const nt_record_finding *finding = &item->findings[0];
    return record->seed_count == 1 && !finding->failure && finding->judgement
               ? finding->judgement->within_95
               : (nt_interval){NO, NO};
}

/* What the paper has, against its own baseline. */
static double paper_change(const nt_record *record, const nt_record_case *item) {
    const nt_paper *paper = nt_paper_of(record);
    double value = nt_paper_value(paper, item);
    return isnan(value) ? NO : value - nt_paper_baseline(paper);
}

/* Its index among the colours. */
static int colour_of(const bars *b, const nt_record_case *item) {
    if (b->colour == NT_BARS_PART)
        return (int)part_of(b->record, item);
    for (int k = 0; b->colour == NT_BARS_KIND && k < b->kind_count; k++)
        if (strcmp(b->kinds[k], item->kind) == 0)
            return k;
    return 0;
}

static const char *colour_name(const bars *b, int colour) {
    return b->colour == NT_BARS_PART   ? nt_part_names[colour]
           : b->colour == NT_BARS_KIND ? b->kinds[colour]
                                       : "";
}

/* --- order ------------------------------------------------------------------------------------ */

static int by_change(const void *a, const void *b) {
    const nt_record_case *x = *(const nt_record_case *const *)a;
    const nt_record_case *y = *(const nt_record_case *const *)b;
    int order = isnan(x->change.mean) - isnan(y->change.mean);
    if (order == 0)
        order = (x->change.mean > y->change.mean) - (x->change.mean < y->change.mean);
    return order != 0 ? order : (x > y) - (x < y);
}

bool nt_bars_unsorted(const nt_record_group *group) {
    for (int32_t c = 1; c < group->case_count; c++) {
        const nt_record_case *before = &group->cases[c - 1], *item = &group->cases[c];
        if (by_change(&before, &item) > 0)
            return true;
    }
    return false;
}

static void add_kind(bars *b, const char *kind) {
    for (int k = 0; k < b->kind_count; k++)
        if (strcmp(b->kinds[k], kind) == 0)
            return;
    if (b->kind_count < MOST_COLOURS)
        b->kinds[b->kind_count++] = kind;
}

static void include(bars *b, double value) {
    if (isnan(value))
        return;
    b->lowest = fmin(b->lowest, value);
    b->highest = fmax(b->highest, value);
}

static bool same_layer(const nt_record_case *a, const nt_record_case *b) {
    return a->layer_count == 1 && b->layer_count == 1 && a->layers[0] == b->layers[0];
}

/* Of several kinds a layer's bars stand together, apart from the next one's. */
static double position_of(const bars *b, int32_t c, bool sorted) {
    if (c == 0)
        return 1;
    bool apart = b->colour == NT_BARS_KIND && !sorted && !same_layer(b->cases[c - 1], b->cases[c]);
    return b->positions[c - 1] + (apart ? 1.7 : 1);
}

/* Only where some case comes near it: small changes need the room. */
static void show_chance(bars *b) {
    double chance = nt_record_chance(b->record) - nt_record_baseline(b->record, b->group).mean;
    b->chance = b->lowest < chance / 2 ? chance : NO;
    include(b, b->chance);
}

static bool arrange(bars *b, bool sorted) {
    int32_t count = b->group->case_count;
    b->cases = NT_ARENA_ARRAY(&b->arena, const nt_record_case *, count);
    b->positions = NT_ARENA_ARRAY(&b->arena, double, count);
    if (!b->cases || !b->positions)
        return false;
    b->lowest = -b->record->margin;
    b->highest = b->record->margin;
    for (int32_t c = 0; c < count; c++)
        b->cases[c] = &b->group->cases[c];
    if (sorted)
        qsort(b->cases, (size_t)count, sizeof *b->cases, by_change);
    for (int32_t c = 0; c < count; c++) {
        const nt_record_case *item = b->cases[c];
        double deviation = isnan(item->change.deviation) ? 0 : item->change.deviation;
        add_kind(b, item->kind);
        b->positions[c] = position_of(b, c, sorted);
        b->seen[colour_of(b, item)] = true;
        include(b, item->change.mean - deviation);
        include(b, item->change.mean + deviation);
        include(b, interval_of(b->record, item).low);
        include(b, interval_of(b->record, item).high);
        include(b, paper_change(b->record, item));
        for (int32_t s = 0; s < b->record->seed_count; s++)
            include(b, item->findings[s].change);
    }
    show_chance(b);
    return true;
}

/* --- data ------------------------------------------------------------------------------------- */

static void add_bar(bars *b, int32_t c) {
    const nt_record *record = b->record;
    const nt_record_case *item = b->cases[c];
    nt_text *csv = &b->figure->csv;
    const char *verdict = nt_record_verdict(item, &b->arena);
    csv->failed = csv->failed || !verdict;
    nt_text_printf(csv, "%g,", b->positions[c]);
    nt_csv_text(csv, colour_name(b, colour_of(b, item)));
    nt_text_printf(csv, ",%s", mark_of(record, item));
    nt_csv_real(csv, item->value.mean);
    nt_csv_real(csv, item->change.mean);
    nt_csv_real(csv, item->change.deviation);
    nt_csv_real(csv, interval_of(record, item).low);
    nt_csv_real(csv, interval_of(record, item).high);
    nt_csv_real(csv, nt_paper_value(nt_paper_of(record), item));
    nt_csv_real(csv, paper_change(record, item));
    for (int32_t s = 0; s < record->seed_count; s++)
        nt_csv_real(csv, item->findings[s].change);
    nt_text_add(csv, ",");
    nt_csv_text(csv, verdict ? verdict : "");
    nt_text_add(csv, ",");
    nt_csv_text(csv, item->name);
    nt_text_add(csv, "\n");
    if (!isnan(item->change.mean))
        nt_plot_tip(b->figure, b->positions[c], item->change.mean, "%s: %+.4f, %s %.4f, %s",
                    item->name, item->change.mean, record->metric, item->value.mean,
                    verdict ? verdict : "");
}

static void add_data(bars *b) {
    static const char *const what[] = {
        [NT_BARS_PLAIN] = "colour", [NT_BARS_PART] = "part", [NT_BARS_KIND] = "kind"};
    nt_text *csv = &b->figure->csv;
    nt_text_printf(csv,
                   "position,%s,mark,value_mean,change_mean,change_sd,change_low_95,"
                   "change_high_95,paper,paper_change",
                   what[b->colour]);
    for (int32_t s = 0; s < b->record->seed_count; s++)
        nt_text_printf(csv, ",seed %d change", (int)b->record->seeds[s].seed);
    nt_text_add(csv, ",verdict,case\n");
    nt_plot_tips_begin(b->figure);
    for (int32_t c = 0; c < b->group->case_count; c++)
        add_bar(b, c);
    nt_plot_tips_end(b->figure);
}

/* --- axes ------------------------------------------------------------------------------------- */

static void add_names(bars *b) {
    nt_figure *figure = b->figure;
    nt_names_shown names;
    nt_names_shown_init(&names);
    for (int32_t c = 0; c < b->group->case_count; c++)
        nt_names_shown_add(&names, b->cases[c]->name, b->positions[c]);
    int below = nt_names_below(figure, &names, figure->width - AXES, NULL);
    figure->height = HIGH + below;
    nt_names_margin(figure, below);
    nt_names_shown_finish(&names);
}

/* Marks stand in a row of their own, over all else. */
static double mark_height(const bars *b) {
    return b->highest + 0.05 * (b->highest - b->lowest);
}

static void add_axes(bars *b) {
    nt_figure *figure = b->figure;
    const nt_record *record = b->record;
    double last = b->positions[b->group->case_count - 1], span = b->highest - b->lowest;
    double low = b->lowest - 0.03 * span, high = b->highest + 0.09 * span;
    int wide = (int)fmin(BAR * last + AXES, WIDEST);
    figure->width = wide > figure->width ? wide : figure->width;
    nt_text_printf(&figure->script,
                   "set border 11 linecolor rgb '#222222'\nset xrange [0.3:%g]\n"
                   "set yrange [%.6f:%.6f]\nset y2range [%.6f:%.6f]\nset boxwidth 0.8\n"
                   "set grid ytics linecolor rgb '#888888' linewidth 0.3\n"
                   "set ytics font ',11'\nset y2tics font ',11'\nset ylabel 'change of %s'\n"
                   "set y2label '%s' noenhanced textcolor rgb '#222222'\n"
                   "set object 1 rectangle from graph 0, first %.6f to graph 1, first %.6f behind "
                   "fillcolor rgb '#009E73' fillstyle transparent solid " MARGIN_OPACITY
                   " noborder\n",
                   last + 0.7, low, high, low + nt_record_baseline(record, b->group).mean,
                   high + nt_record_baseline(record, b->group).mean, record->metric, record->metric,
                   -record->margin, record->margin);
    add_names(b);
}

/* --- the plot --------------------------------------------------------------------------------- */

static void add_boxes(const bars *b) {
    const char *file = b->figure->name;
    nt_text *script = &b->figure->script;
    int most = b->colour == NT_BARS_KIND ? b->kind_count : NT_PARTS;
    if (b->colour == NT_BARS_PLAIN) {
        nt_text_printf(script,
                       "  '%s.csv' skip 1 using %d:%d with boxes linecolor rgb '#56B4E9' title "
                       "'this run', \\\n",
                       file, POSITION, CHANGE);
        return;
    }
    for (int k = 0; k < most; k++) {
        const char *name = colour_name(b, k);
        if (!b->seen[k])
            continue;
        nt_text_printf(script, "  '%s.csv' skip 1 using %d:(strcol(%d) eq '", file, POSITION,
                       COLOUR);
        nt_plot_name(script, name);
        nt_text_printf(script, "' ? column(%d) : NaN) with boxes linecolor rgb '%s' title '",
                       CHANGE, b->colour == NT_BARS_PART ? part_colours[k] : kind_colours[k]);
        nt_plot_name(script, name[0] ? name : "other");
        nt_text_add(script, "', \\\n");
    }
}

/* Of each bar a row of points from its left to its right, a seed each. */
static void add_seeds(const bars *b) {
    int32_t count = b->record->seed_count;
    for (int32_t s = 0; count > 1 && s < count; s++)
        nt_text_printf(&b->figure->script,
                       "  '%s.csv' skip 1 using (column(%d) + %.3f):%d with points pointtype 7 "
                       "pointsize %.2f linecolor rgb '#222222' %s, \\\n",
                       b->figure->name, POSITION, 0.7 * ((s + 0.5) / count - 0.5), SEEDS + (int)s,
                       count > MOST_SEEDS ? 0.15 : 0.25, s ? "notitle" : "title 'each seed'");
}

static void add_marks(const bars *b) {
    for (int m = 0; m < MARKS; m++) {
        bool seen = false;
        for (int32_t c = 0; c < b->group->case_count && !seen; c++)
            seen = strcmp(mark_of(b->record, b->cases[c]), marks[m].word) == 0;
        if (seen)
            nt_text_printf(&b->figure->script,
                           "  '%s.csv' skip 1 using %d:(strcol(%d) eq '%s' ? %.6f : NaN) with "
                           "points pointtype %d pointsize %.2f linecolor rgb '%s' title '%s', "
                           "\\\n",
                           b->figure->name, POSITION, MARK, marks[m].word, mark_height(b),
                           marks[m].point, marks[m].size, marks[m].colour, marks[m].word);
    }
}

static void add_plot(const bars *b) {
    const nt_record *record = b->record;
    nt_text *script = &b->figure->script;
    nt_text_add(script, "plot \\\n");
    add_boxes(b);
    nt_text_printf(script, "  '%s.csv' skip 1 using ", b->figure->name);
    nt_plot_spread(script, record, POSITION, CHANGE);
    add_seeds(b);
    if (nt_paper_table(nt_paper_of(record), b->group))
        nt_text_printf(script,
                       "  '%s.csv' skip 1 using %d:%d with points pointtype 9 pointsize 1.2 "
                       "linecolor rgb '#D55E00' title 'the paper, of its baseline', \\\n",
                       b->figure->name, POSITION, PAPER_CHANGE);
    nt_text_add(script, "  0 with lines linecolor rgb '#222222' dashtype 2 title 'baseline', \\\n");
    if (!isnan(b->chance))
        nt_text_printf(script,
                       "  %.6f with lines dashtype 3 linecolor rgb '#D55E00' title 'chance', \\\n",
                       b->chance);
    nt_text_add(
        script,
        "  keyentry with boxes fillcolor rgb '#009E73' fillstyle transparent solid " MARGIN_OPACITY
        " title 'within the margin', \\\n");
    add_marks(b);
    nt_text_add(script, nt_plot_tips);
}

void nt_bars_draw(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                  nt_bars_colour colour, bool sorted) {
    bars b = {.figure = figure, .record = record, .group = group, .colour = colour};
    nt_arena_init(&b.arena);
    if (arrange(&b, sorted)) {
        add_data(&b);
        add_axes(&b);
        add_plot(&b);
    } else {
        figure->script.failed = true;
    }
    nt_arena_finish(&b.arena);
}
