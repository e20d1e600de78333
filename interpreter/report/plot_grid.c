/* Grids. Margins are said in pixels, so that what stands beside the squares has the room that its
 * letters take, whatever the number of squares. */
#include "plot_grid.h"

#include <math.h>

enum {
    MOST_NUMBERS = 48, /* columns: more have squares without numbers */
    WIDE = 36,         /* pixels: of a square with a number, */
    HIGH = 24,
    SMALL = 12,  /* and of one without; */
    LEAST = 220, /* of all squares, either way: the key stands beside them, */
    KEY = 120,   /* with its numbers; */
    HIGHEST_KEY = 320,
    EDGE = 14,
    GAP = 12
};

void nt_grid_init(nt_grid *grid) {
    *grid = (nt_grid){0};
    nt_names_shown_init(&grid->columns);
    nt_names_shown_init(&grid->rows);
}

void nt_grid_finish(nt_grid *grid) {
    nt_names_shown_finish(&grid->columns);
    nt_names_shown_finish(&grid->rows);
}

/* Pixels of so many squares. */
static int extent(int count, int one) {
    return count * one > LEAST ? count * one : LEAST;
}

static void add_axes(nt_figure *figure, const nt_grid *grid, bool numbers) {
    int columns = grid->columns.count, rows = grid->rows.count;
    int wide = extent(columns, numbers ? WIDE : SMALL), high = extent(rows, numbers ? HIGH : SMALL);
    int left = grid->rows.longest + GAP, key = high < HIGHEST_KEY ? high : HIGHEST_KEY;
    int bottom = nt_names_below(figure, &grid->columns, wide, grid->below);
    figure->width = left + wide + KEY;
    figure->height = EDGE + high + bottom;
    nt_names_margin(figure, bottom);
    nt_text_printf(&figure->script,
                   "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
                   "set tmargin at screen %.5f\n"
                   "set xrange [0.5:%d.5]\nset yrange [%d.5:0.5]\n"
                   "set ytics font ',10' (%s)\n"
                   "set colorbox user origin screen %.5f, screen %.5f size screen %.5f, screen "
                   "%.5f\n",
                   (double)left / figure->width, (double)(left + wide) / figure->width,
                   (double)(bottom + high) / figure->height, columns, rows, grid->rows.tics.bytes,
                   (double)(left + wide + GAP) / figure->width,
                   (double)(bottom + high - key) / figure->height, (double)GAP / figure->width,
                   (double)key / figure->height);
    figure->script.failed = figure->script.failed || grid->rows.tics.failed;
}

void nt_grid_plot(nt_figure *figure, const nt_grid *grid) {
    bool numbers = grid->columns.count <= MOST_NUMBERS;
    add_axes(figure, grid, numbers);
    nt_text_printf(&figure->script,
                   "plot '%s.csv' skip 1 using 1:2:(0.48):(0.48):3 with boxxyerror fillcolor "
                   "palette notitle, \\\n",
                   figure->name);
    if (numbers)
        nt_text_printf(
            &figure->script,
            "  '%s.csv' skip 1 using 1:2:(abs(column(3)) < 0.005 ? '0' : sprintf('%s', "
            "column(3))):(column(3) < %.4f || column(3) > %.4f ? 0xFFFFFF : 0x000000) with labels "
            "font ',9' textcolor rgb variable notitle, \\\n",
            figure->name, grid->signs ? "%+.2f" : "%.2f", grid->white_below, grid->white_above);
    nt_text_add(&figure->script, nt_plot_tips);
}

/* --- colours ---------------------------------------------------------------------------------- */

const unsigned char nt_cost_colours[NT_COST_COLOURS][3] = {{0xFF, 0xFF, 0xCC},
                                                           {0xFE, 0xD9, 0x76},
                                                           {0xFD, 0x8D, 0x3C},
                                                           {0xE3, 0x1A, 0x1C},
                                                           {0x67, 0, 0x0D}};

static void add_key(nt_figure *figure, const char *label) {
    nt_text_printf(&figure->script,
                   "set cbtics font ',10'\nset cblabel '%s' font ',11' noenhanced textcolor rgb "
                   "'#222222'\n",
                   label);
}

void nt_grid_costs(nt_figure *figure, nt_grid *grid, const nt_record *record) {
    double most = record->baseline.mean > 0 ? record->baseline.mean : 1;
    nt_text label;
    nt_text_init(&label);
    nt_text_add(&figure->script, "set palette defined (");
    for (int i = 0; i < NT_COST_COLOURS; i++)
        nt_text_printf(&figure->script, "%s%d '#%02X%02X%02X'", i ? ", " : "", i,
                       (unsigned)nt_cost_colours[i][0], (unsigned)nt_cost_colours[i][1],
                       (unsigned)nt_cost_colours[i][2]);
    nt_text_printf(&figure->script, ")\nset cbrange [0:%.4f]\n", most);
    grid->signs = false;
    grid->white_below = -1; /* metrics are shares: none is */
    grid->white_above = NT_COST_DARK * most;
    nt_text_printf(&label, "loss of %s", record->metric);
    add_key(figure, label.bytes);
    figure->script.failed = figure->script.failed || label.failed;
    nt_text_finish(&label);
}

void nt_grid_diverging(nt_figure *figure, nt_grid *grid, double most, bool red_is_low,
                       const char *label) {
    static const char *const colours[] = {"#2166AC", "#92C5DE", "#F2F2F2", "#F4A582", "#B2182B"};
    static const double blue = 0.90, red = 0.82; /* where words turn white, as NT_COST_DARK */
    enum { COLOURS = sizeof colours / sizeof *colours };
    nt_text_add(&figure->script, "set palette defined (");
    for (int i = 0; i < COLOURS; i++)
        nt_text_printf(&figure->script, "%s%d '%s'", i ? ", " : "", i,
                       colours[red_is_low ? COLOURS - 1 - i : i]);
    nt_text_printf(&figure->script, ")\nset cbrange [%.4f:%.4f]\n", -most, most);
    grid->signs = true;
    grid->white_below = -most * (red_is_low ? red : blue);
    grid->white_above = most * (red_is_low ? blue : red);
    add_key(figure, label);
}
