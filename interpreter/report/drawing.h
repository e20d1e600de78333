/* A figure as files. Axes are gnuplot's and the network's drawing is Graphviz's: both run as
 * programs. Each figure NAME leaves
 *
 *     NAME.csv             what it shows
 *     NAME.gp or NAME.dot  how it is drawn: may be changed and run again by hand, in its folder
 *     NAME.svg, NAME.png   the figure */
#ifndef NT_DRAWING_H
#define NT_DRAWING_H

#include "figure.h"

/* Writes a text as folder/NAME. */
nt_status nt_write_into(const char *folder, const char *name, const nt_text *text, nt_error *error);

/* Writes the files of one figure into a folder, which must exist. NT_FAILED, with what to install,
 * where a program is missing, and with its words where it fails. */
nt_status nt_figure_draw(const nt_figure *figure, const char *folder, nt_error *error);

#endif
