/* Squares in the colour of a number, in columns and rows that have names. The figure is as large as
 * its names and squares need. */
#ifndef NT_PLOT_GRID_H
#define NT_PLOT_GRID_H

#include "plot.h"
#include "plot_names.h"

typedef struct nt_grid {
    nt_names_shown columns, rows;    /* the next one's name at count + 1; rows count from the top */
    const char *below;               /* what the columns are, in words; NULL: nothing */
    double white_below, white_above; /* numbers from which on they stand in white, and not in black,
                                      * on their squares; from the colours, as is: */
    bool signs;                      /* numbers have a + */
} nt_grid;

void nt_grid_init(nt_grid *grid);
void nt_grid_finish(nt_grid *grid);

/* The figure's size, axes, and the plot: squares from the file's columns x, y, number, and in them
 * the number, two places, where they are large enough. The colours come before: */
void nt_grid_plot(nt_figure *figure, const nt_grid *grid);

/* From no loss to all of the baseline: light yellow to dark red (ColorBrewer's YlOrRd). */
enum { NT_COST_COLOURS = 5 };
extern const unsigned char nt_cost_colours[NT_COST_COLOURS][3];
void nt_grid_costs(nt_figure *figure, nt_grid *grid, const nt_record *record);

/* The share from which on words on them are white and not black: either way the contrast is at
 * least 4.5 to 1. */
#define NT_COST_DARK 0.73

/* From as far below zero to as far above: blue to red, or red to blue, and grey between them
 * (ColorBrewer's RdBu). */
void nt_grid_diverging(nt_figure *figure, nt_grid *grid, double most, bool red_is_low,
                       const char *label);

#endif
