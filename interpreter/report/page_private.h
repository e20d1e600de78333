/* Parts of a run's page, each in a file of its own. They append to `html`. */
#ifndef NT_PAGE_PRIVATE_H
#define NT_PAGE_PRIVATE_H

#include "figures.h"

/* The drawing, which is in `folder`, or that there is none, and the figure's numbers. */
nt_status nt_page_figure(nt_text *html, const nt_figure *figure, const nt_record *record,
                         const char *folder, nt_error *error);

nt_status nt_page_group(nt_text *html, nt_record *record, const nt_record_group *group,
                        const nt_figures *figures, const char *folder, nt_error *error);

/* Pictures of samples before and after, where the run left any. */
nt_status nt_page_overlays(nt_text *html, const nt_record *record, nt_error *error);

void nt_page_method(nt_text *html, const nt_record *record);
void nt_page_provenance(nt_text *html, const nt_record *record);

#endif
