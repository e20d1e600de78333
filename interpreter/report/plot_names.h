/* Names along an axis. A figure gets the room that they take; long ones end in "…". */
#ifndef NT_PLOT_NAMES_H
#define NT_PLOT_NAMES_H

#include "figure.h"

enum { NT_LONGEST_NAME = 30 }; /* characters that are shown */

typedef struct nt_names_shown {
    nt_text tics; /* 'NAME' AT, 'NAME' AT …, as gnuplot quotes them */
    int count;
    int longest; /* pixels */
} nt_names_shown;

void nt_names_shown_init(nt_names_shown *names);
void nt_names_shown_finish(nt_names_shown *names);
void nt_names_shown_add(nt_names_shown *names, const char *name, double at);

/* Puts them below the horizontal axis, upright where they have no room side by side in `wide`
 * pixels, and below them what they are, in words, or NULL. Returns how many pixels high they are.
 * The caller gives the figure that much (nt_names_margin). */
int nt_names_below(nt_figure *figure, const nt_names_shown *names, int wide, const char *what);

/* Leaves `below` pixels for them: the figure's height must be known. */
void nt_names_margin(nt_figure *figure, int below);

/* Appends a name for gnuplot's single quotes, cut where it is long. */
void nt_plot_name(nt_text *text, const char *name);

#endif
