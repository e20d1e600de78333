/* What the figures that gnuplot draws share: tics, what a pointer shows, and squares in the colour
 * of what a loss costs. */
#ifndef NT_PLOT_H
#define NT_PLOT_H

#include "figure.h"

/* Appends a tic of an axis, `first` of its list or not: 'NAME' AT, as gnuplot quotes it. */
void nt_plot_tic(nt_text *tics, bool first, const char *name, int at);

/* What a pointer shows at a place: appended to a script before its plot as lines of the block
 * $tips. nt_plot_tips is the plot that shows them, the last of its list. */
void nt_plot_tips_begin(nt_figure *figure);
void nt_plot_tip(nt_figure *figure, double x, double y, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void nt_plot_tips_end(nt_figure *figure);
extern const char nt_plot_tips[];

/* From no loss to all of the baseline: light yellow to dark red (ColorBrewer's YlOrRd). */
enum { NT_COST_COLOURS = 5 };
extern const unsigned char nt_cost_colours[NT_COST_COLOURS][3];

/* The share from which on words on them are white and not black: either way the contrast is at
 * least 4.5 to 1. */
#define NT_COST_DARK 0.73

/* The key of these colours, and then the plot: squares from the file's columns x, y, the loss, with
 * `numbers` in them or not. */
void nt_plot_palette(nt_figure *figure, const nt_record *record);
void nt_plot_squares(nt_figure *figure, const nt_record *record, bool numbers);

/* The rest of a plot of thin lines, from "using" on: at column `x` the 95 % interval of the only
 * seed, or the deviation over several to either side of their mean. The mean is in column `mean`,
 * and behind it come the deviation and the interval's bounds. */
void nt_plot_spread(nt_text *script, const nt_record *record, int x, int mean);

#endif
