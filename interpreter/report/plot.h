/* What the figures that gnuplot draws share: what a pointer shows, and lines. */
#ifndef NT_PLOT_H
#define NT_PLOT_H

#include "figure.h"

/* What a pointer shows at a place: appended to a script before its plot as lines of the block
 * $tips. nt_plot_tips is the plot that shows them, the last of its list. */
void nt_plot_tips_begin(nt_figure *figure);
void nt_plot_tip(nt_figure *figure, double x, double y, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void nt_plot_tips_end(nt_figure *figure);
extern const char nt_plot_tips[];

/* The rest of a plot of thin lines, from "using" on: at column `x` the 95 % interval of the only
 * seed, or the deviation over several to either side of their mean. The mean is in column `mean`,
 * and behind it come the deviation and the interval's bounds. */
void nt_plot_spread(nt_text *script, const nt_record *record, int x, int mean);

#endif
