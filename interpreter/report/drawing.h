/* A figure as files. Axes are gnuplot's and the network's drawing is Graphviz's: both run as
 * programs. Each figure NAME leaves
 *
 *     NAME.csv             what it shows
 *     NAME.gp or NAME.dot  how it is drawn: may be changed and run again by hand, in its folder
 *     NAME.svg, .png, .pdf the figure, in the formats that are wanted */
#ifndef NT_DRAWING_H
#define NT_DRAWING_H

#include "figure.h"

/* The page has SVG, a paper PDF. */
typedef enum nt_format { NT_SVG, NT_PNG, NT_PDF, NT_FORMATS } nt_format;
extern const char *const nt_format_names[]; /* "svg", "png", "pdf"; ends with NULL */

/* Writes a text as folder/NAME. */
nt_status nt_write_into(const char *folder, const char *name, const nt_text *text, nt_error *error);

/* Writes the files of one figure into a folder, which must exist; `formats`: a bit 1 << NT_… for
 * each. NT_FAILED, with what to install, where a program is missing, and with its words where it
 * fails. */
nt_status nt_figure_draw(const nt_figure *figure, unsigned formats, const char *folder,
                         nt_error *error);

#endif
