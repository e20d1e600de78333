/* The figures of a report. Axes are gnuplot's (gnuplot.info) and the network's drawing is
 * Graphviz's (graphviz.org): both run as programs, which must be installed. Each figure NAME leaves
 *
 *     NAME.csv             what it shows
 *     NAME.gp or NAME.dot  how it is drawn: may be changed and run again by hand, in its folder
 *     NAME.svg, NAME.png   the figure */
#ifndef NT_FIGURE_H
#define NT_FIGURE_H

#include "record.h"
#include "text.h"

typedef struct nt_figure {
    const char *name, *title, *caption; /* name: also its files' */
    const nt_record_group *group;       /* that it shows; NULL: the whole run */
    nt_text csv, script;
    bool drawing;      /* the script is Graphviz's */
    int width, height; /* of a plot, in CSS pixels; the PNG has twice as many */
} nt_figure;

typedef struct nt_figures {
    nt_figure *items;
    int32_t count, capacity;
    nt_arena *arena; /* of the texts that are not nt_text */
} nt_figures;

/* All figures of a run that it has data for, in the order of the page: of each group one that fits
 * its form, the costs over blocks and places, the network, the training. NT_NO_MEMORY or NT_OK. */
nt_status nt_figures_init(nt_figures *figures, const nt_record *record, nt_arena *arena);
void nt_figures_finish(nt_figures *figures);

/* The figure of a group; NULL: it has no cases. */
const nt_figure *nt_figures_of_group(const nt_figures *figures, const nt_record_group *group);

/* Writes a text as folder/NAME. */
nt_status nt_write_into(const char *folder, const char *name, const nt_text *text, nt_error *error);

/* Writes the files of one figure into a folder, which must exist. NT_FAILED, with what to install,
 * where a program is missing, and with its words where it fails. */
nt_status nt_figure_draw(const nt_figure *figure, const char *folder, nt_error *error);

/* --- the kinds: each fills in csv and script -------------------------------------------------- */

/* From no loss to all of the baseline: light yellow to dark red (ColorBrewer's YlOrRd). */
enum { NT_COST_COLOURS = 5 };
extern const unsigned char nt_cost_colours[NT_COST_COLOURS][3];

/* Appends a tic of an axis, `first` of its list or not: 'NAME' AT, as gnuplot quotes it. */
void nt_plot_tic(nt_text *tics, bool first, const char *name, int at);

/* What a pointer shows at a place: appended to a script before its plot as lines of the block
 * $tips. nt_plot_tips is the plot that shows them, the last of its list. */
void nt_plot_tips_begin(nt_figure *figure);
void nt_plot_tip(nt_figure *figure, double x, double y, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void nt_plot_tips_end(nt_figure *figure);
extern const char nt_plot_tips[];

/* Bars over the layers of a group, coloured by part, with the baseline, chance, each seed's value
 * and bounds: figures 1 and 2 of the study. */
void nt_plot_layers(nt_figure *figure, const nt_record *record, const nt_record_group *group);

/* The same over sets of layers, with the paper's values. */
void nt_plot_sets(nt_figure *figure, const nt_record *record, const nt_record_group *group);

/* A square for each pair of layers, by the metric's change. */
void nt_plot_pairs(nt_figure *figure, const nt_record *record, const nt_record_group *group);

/* The metric against the number of layers that are gone. */
void nt_plot_nested(nt_figure *figure, const nt_record *record, const nt_record_group *group);

/* Costs by stage and place in it. */
void nt_plot_stages(nt_figure *figure, const nt_record *record);

/* The metric on the held-out images, and the loss, over the epochs of each seed. */
void nt_plot_training(nt_figure *figure, const nt_record *record);

/* The convolutions, and where the paths between them part and meet, each convolution in the colour
 * of its cost. */
void nt_draw_network(nt_figure *figure, const nt_record *record);

#endif
