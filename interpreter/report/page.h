/* A run's page: one HTML file that needs nothing beside it (html.h). Figures stand in it as SVG,
 * each with its numbers as a table and behind a link; it follows the reader's choice of light or
 * dark, can be printed, and shows the numbers under a pointer or a finger. */
#ifndef NT_PAGE_H
#define NT_PAGE_H

#include "figures.h"

/* The page of a run, with the figures that nt_figure_draw left in `folder`, as
 * folder/index.html. */
nt_status nt_page_write(nt_record *record, const nt_figures *figures, const char *folder,
                        nt_error *error);

#endif
