/* Bars: a group's cases one beside the other, by the change of the metric, on whose other axis the
 * metric itself is. A band is the margin; a mark over a bar its verdict; a bar is the mean over the
 * seeds, a point a seed against its own baseline, in the order of the seeds; the thin line spans
 * the 95 % interval with one seed, the deviation to either side with several. */
#ifndef NT_PLOT_BARS_H
#define NT_PLOT_BARS_H

#include "plot.h"

/* What the colour of a bar says. */
typedef enum nt_bars_colour { NT_BARS_PLAIN, NT_BARS_PART, NT_BARS_KIND } nt_bars_colour;

/* Fills in the figure; `sorted`: from the case that costs the most to the one that costs the least,
 * else in the order of the group. */
void nt_bars_draw(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                  nt_bars_colour colour, bool sorted);

/* Whether sorting them makes a difference. */
bool nt_bars_unsorted(const nt_record_group *group);

#endif
