/* Bars: a group's cases one beside the other. A bar is the mean over the seeds, a point a seed; the
 * thin line spans the 95 % interval with one seed, the deviation to either side with several. */
#ifndef NT_PLOT_BARS_H
#define NT_PLOT_BARS_H

#include "plot.h"

/* The columns of the CSV file, from 1; the seeds' follow, then words, which may be in quotes. */
enum {
    NT_BARS_POSITION = 1,
    NT_BARS_PART,
    NT_BARS_MEAN,
    NT_BARS_DEVIATION,
    NT_BARS_LOW,
    NT_BARS_HIGH,
    NT_BARS_PAPER,
    NT_BARS_SEEDS
};

/* What a case's layer is for; NT_PART_NONE of several. */
nt_part nt_bars_part(const nt_record *record, const nt_record_case *item);

/* All but the bars themselves: what comes before them, up to "plot", and the bounds, the seeds, the
 * lines across and the words that a pointer shows, after them. */
void nt_bars_begin(nt_figure *figure, const nt_record *record, const nt_record_group *group);
void nt_bars_end(nt_figure *figure, const nt_record *record);

#endif
