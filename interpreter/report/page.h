/* A report's page: one HTML file that needs nothing beside it, no network either. Figures stand in
 * it as SVG, each with its data behind a link; it follows the reader's choice of light or dark, can
 * be printed, and shows the numbers under a pointer or a finger. */
#ifndef NT_PAGE_H
#define NT_PAGE_H

#include "figures.h"

/* The page of a run, with the figures that nt_figure_draw left in `folder`, as
 * folder/index.html. */
nt_status nt_page_write(nt_record *record, const nt_figures *figures, const char *folder,
                        nt_error *error);

/* What it looks like, and what it does under a pointer. */
extern const char nt_page_style[], nt_page_script[];

#endif
