/* The metric over the share that is taken of a layer, or of a set of them: a panel for each, with
 * the median of all behind it, after the sensitivity curves of distiller and NNI.
 *
 * Panels stand side by side in the plot's one plane, a share of 0 to 1 and a metric of 0 to 1 wide
 * and high each, so that any terminal can draw them again. */
#include "plot.h"

#include "alloc.h"
#include "csv_out.h"
#include "plot_names.h"
#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 6, WIDE = 156, HIGH = 132, EDGE = 34, KEY = 30 };

static const double step_x = 1.3, step_y = 1.55; /* from panel to panel */

/* --- curves ----------------------------------------------------------------------------------- */

static bool same_layers(const nt_record_case *a, const nt_record_case *b) {
    bool same = a->layer_count == b->layer_count;
    for (int32_t i = 0; same && i < a->layer_count; i++)
        same = a->layers[i] == b->layers[i];
    return same;
}

/* Whether it is the first case of a curve. */
static bool begins(const nt_record_group *group, int32_t c) {
    for (int32_t b = 0; b < c; b++)
        if (same_layers(&group->cases[b], &group->cases[c]))
            return false;
    return true;
}

/* The case of the curve that `of` begins with the least share above `share`; -1: there is none. */
static int32_t next_case(const nt_record_group *group, int32_t of, double share) {
    int32_t best = -1;
    for (int32_t c = of; c < group->case_count; c++)
        if (same_layers(&group->cases[of], &group->cases[c]) && group->cases[c].share > share &&
            (best < 0 || group->cases[c].share < group->cases[best].share))
            best = c;
    return best;
}

static int count_curves(const nt_record_group *group) {
    int count = 0;
    for (int32_t c = 0; c < group->case_count; c++)
        count += begins(group, c);
    return count;
}

static void add_name(const nt_record *record, const nt_record_case *item, nt_text *text) {
    int32_t first = item->layer_count > 0 ? item->layers[0] : -1;
    nt_text_add(text, first >= 0 ? record->layers[first].name : item->name);
    if (item->layer_count > 1)
        nt_text_printf(text, " +%d", (int)item->layer_count - 1);
}

/* --- panels ----------------------------------------------------------------------------------- */

static double x_of(int panel, double share) {
    return panel % COLUMNS * step_x + share;
}

static double y_of(int panel, double value) {
    return -(panel / COLUMNS) * step_y + value;
}

/* Its name, and at the left and below the scale. */
static void add_labels(nt_figure *figure, const char *name, int panel, int panels) {
    nt_text *script = &figure->script;
    nt_text_add(script, "set label '");
    nt_plot_name(script, name);
    nt_text_printf(script, "' at %.4f, %.4f left noenhanced font ',10' textcolor rgb '#222222'\n",
                   x_of(panel, 0), y_of(panel, 1.12));
    for (int i = 0; i < 2; i++) {
        if (panel % COLUMNS == 0)
            nt_text_printf(script,
                           "set label '%d' at %.4f, %.4f right font ',9' textcolor rgb '#555555'\n",
                           i, x_of(panel, -0.04), y_of(panel, i));
        if (panel + COLUMNS >= panels)
            nt_text_printf(
                script, "set label '%d' at %.4f, %.4f center font ',9' textcolor rgb '#555555'\n",
                i, x_of(panel, i), y_of(panel, -0.13));
    }
}

static void add_row(nt_figure *figure, const char *name, int panel, double share,
                    const nt_record_case *item, double baseline) {
    nt_text *csv = &figure->csv;
    nt_text_printf(csv, "%d,%.9g", panel + 1, share);
    nt_csv_real(csv, item ? item->value.mean : baseline);
    nt_csv_real(csv, item ? item->value.deviation : (double)NAN);
    nt_csv_real(csv, item ? item->value_95.low : (double)NAN);
    nt_csv_real(csv, item ? item->value_95.high : (double)NAN);
    nt_text_add(csv, ",");
    nt_csv_text(csv, name);
    nt_text_add(csv, "\n");
}

/* Curves begin at the baseline, of which nothing is taken. */
static void add_panel(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                      int32_t of, int panel) {
    const nt_record_case *first = &group->cases[of];
    nt_text name;
    nt_text_init(&name);
    add_name(record, first, &name);
    const char *shown = name.bytes ? name.bytes : "";
    int32_t c = next_case(group, of, -1);
    if (c >= 0 && group->cases[c].share > 0)
        add_row(figure, shown, panel, 0, NULL, record->baseline.mean);
    for (; c >= 0; c = next_case(group, of, group->cases[c].share)) {
        const nt_record_case *item = &group->cases[c];
        add_row(figure, shown, panel, item->share, item, 0);
        if (!isnan(item->value.mean))
            nt_plot_tip(figure, x_of(panel, item->share), y_of(panel, item->value.mean),
                        "%s, %g: %.4f", shown, item->share, item->value.mean);
    }
    figure->csv.failed = figure->csv.failed || name.failed;
    nt_text_finish(&name);
}

/* --- the median ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the cases with that share. */
static double median(const nt_record_group *group, double share, double *room) {
    int32_t count = 0;
    for (int32_t c = 0; c < group->case_count; c++)
        if (group->cases[c].share == share && !isnan(group->cases[c].value.mean))
            room[count++] = group->cases[c].value.mean;
    if (count == 0)
        return (double)NAN;
    qsort(room, (size_t)count, sizeof *room, compare);
    return (room[(count - 1) / 2] + room[count / 2]) / 2;
}

static double next_share(const nt_record_group *group, double share) {
    double best = INFINITY;
    for (int32_t c = 0; c < group->case_count; c++)
        if (group->cases[c].share > share && group->cases[c].share < best)
            best = group->cases[c].share;
    return best;
}

/* Once for each panel, with an empty line between them, which ends a line of the plot. */
static void add_medians(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                        int panels) {
    size_t size = (size_t)(group->case_count + 1) * sizeof(double);
    double *room = nt_alloc(size);
    figure->script.failed = figure->script.failed || !room;
    nt_text_add(&figure->script, "$median << END\n");
    for (int panel = 0; room && panel < panels; panel++) {
        double share = next_share(group, -1);
        if (share > 0)
            nt_text_printf(&figure->script, "%.4f,%.4f\n", x_of(panel, 0),
                           y_of(panel, record->baseline.mean));
        for (; share <= 1; share = next_share(group, share)) {
            double value = median(group, share, room);
            if (!isnan(value))
                nt_text_printf(&figure->script, "%.4f,%.4f\n", x_of(panel, share),
                               y_of(panel, value));
        }
        nt_text_add(&figure->script, "\n");
    }
    nt_text_add(&figure->script, "END\n");
    nt_free(room, size);
}

/* --- the plot --------------------------------------------------------------------------------- */

/* Horizontal lines in each panel: from x, y so far to the right. */
static void add_lines(nt_figure *figure, const char *block, int panels, double value) {
    nt_text_printf(&figure->script, "%s << END\n", block);
    for (int panel = 0; panel < panels; panel++)
        nt_text_printf(&figure->script, "%.4f,%.4f,1,0\n", x_of(panel, 0), y_of(panel, value));
    nt_text_add(&figure->script, "END\n");
}

static void add_axes(nt_figure *figure, int panels) {
    int rows = (panels + COLUMNS - 1) / COLUMNS, columns = panels < COLUMNS ? panels : COLUMNS;
    figure->height = rows * HIGH + EDGE + KEY;
    figure->width = columns * WIDE + EDGE;
    nt_text_printf(&figure->script,
                   "unset border\nunset tics\nset xlabel 'share that is taken'\n"
                   "set xrange [%.4f:%.4f]\nset yrange [%.4f:%.4f]\n"
                   "set lmargin at screen %.5f\nset rmargin at screen 0.99\n",
                   -0.12, (columns - 1) * step_x + 1.12, -(rows - 1) * step_y - 0.25, 1.3,
                   (double)EDGE / figure->width);
}

static void add_plot(nt_figure *figure, const nt_record *record, int panels) {
    nt_text *script = &figure->script;
    const char *name = figure->name;
    char x[64], y[64];
    snprintf(x, sizeof x, "(int(column(1) - 1) %% %d * %g + column(2))", COLUMNS, step_x);
    snprintf(y, sizeof y, "-floor((column(1) - 1) / %d) * %g", COLUMNS, step_y);
    nt_text_printf(script,
                   "set ylabel '%s'\n"
                   "plot $zero using 1:2:3:4 with vectors nohead linecolor rgb '#BBBBBB' notitle, "
                   "\\\n  $one using 1:2:3:4 with vectors nohead linecolor rgb '#E4E4E4' notitle, "
                   "\\\n  $least using 1:2:3:4 with vectors nohead dashtype 3 linecolor rgb "
                   "'#D55E00' title 'baseline minus the margin', \\\n"
                   "  $median using 1:2 with lines linewidth 1.5 linecolor rgb '#BBBBBB' title "
                   "'median of all', \\\n",
                   record->metric);
    nt_text_printf(script,
                   "  '%s.csv' skip 1 using (valid(%d) ? %s : NaN):(%s + %s):(0):(%s) with vectors "
                   "nohead linewidth 1.4 linecolor rgb '#222222' title '%s', \\\n",
                   name, record->seed_count > 1 ? 4 : 5, x,
                   record->seed_count > 1 ? "column(3) - column(4)" : "column(5)", y,
                   record->seed_count > 1 ? "2 * column(4)" : "column(6) - column(5)",
                   record->seed_count > 1 ? "deviation over the seeds" : "95 % interval");
    nt_text_printf(script,
                   "  for [p = 1:%d] '%s.csv' skip 1 using (column(1) == p ? %s : NaN):(column(3) "
                   "+ %s) with linespoints pointtype 7 pointsize 0.35 linecolor rgb '#0072B2' "
                   "notitle, \\\n",
                   panels, name, x, y);
    nt_text_add(script, nt_plot_tips);
}

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    int panels = count_curves(group), panel = 0;
    nt_text_add(&figure->csv,
                "panel,share,value_mean,value_sd,value_low_95,value_high_95,layers\n");
    nt_plot_tips_begin(figure);
    for (int32_t c = 0; c < group->case_count; c++)
        if (begins(group, c))
            add_panel(figure, record, group, c, panel++);
    nt_plot_tips_end(figure);
    add_axes(figure, panels);
    panel = 0;
    for (int32_t c = 0; c < group->case_count; c++) {
        nt_text name;
        nt_text_init(&name);
        add_name(record, &group->cases[c], &name);
        if (begins(group, c) && name.bytes)
            add_labels(figure, name.bytes, panel++, panels);
        figure->script.failed = figure->script.failed || name.failed;
        nt_text_finish(&name);
    }
    add_lines(figure, "$zero", panels, 0);
    add_lines(figure, "$one", panels, 1);
    add_lines(figure, "$least", panels, record->baseline.mean - record->margin);
    add_medians(figure, record, group, panels);
    add_plot(figure, record, panels);
}

/* --- in words --------------------------------------------------------------------------------- */

/* The greatest share up to which no case of the curve has lost more than the margin. */
static double share_within(const nt_record *record, const nt_record_group *group, int32_t of) {
    double within = 0;
    for (int32_t c = next_case(group, of, -1); c >= 0;
         c = next_case(group, of, group->cases[c].share)) {
        if (!(group->cases[c].value.mean >= record->baseline.mean - record->margin))
            break;
        within = group->cases[c].share;
    }
    return within;
}

static void describe(const nt_record *record, const nt_record_group *group, nt_text *words) {
    enum { NAMED = 12 };
    int count = 0;
    nt_text_printf(words,
                   "The greatest share up to which the %s, %.4f of the whole network, falls by no "
                   "more than %g: ",
                   record->metric, record->baseline.mean, record->margin);
    for (int32_t c = 0; c < group->case_count; c++) {
        if (!begins(group, c) || count++ >= NAMED)
            continue;
        nt_text_add(words, count > 1 ? "; " : "");
        add_name(record, &group->cases[c], words);
        nt_text_printf(words, ", %g", share_within(record, group, c));
    }
    if (count > NAMED)
        nt_text_printf(words, "; and %d more", count - NAMED);
    nt_text_add(words, ".");
}

const nt_figure_kind nt_figure_kind_curves = {
    .kind = {.name = "curves",
             .doc = "the metric over the share that is taken of each layer",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_CURVES),
    .caption = "The metric over the share that is taken, for each layer or set of layers; grey: "
               "the median of all.",
    .draw = draw,
    .describe = describe,
};
