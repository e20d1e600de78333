/* Which figures a run has. */
#ifndef NT_FIGURES_H
#define NT_FIGURES_H

#include "figure.h"

typedef struct nt_figures {
    nt_figure *items;
    int32_t count;
    size_t capacity;
    nt_arena *arena; /* of the texts that are not nt_text */
} nt_figures;

/* All figures of a run that it has data for, in the order of the page: those of each group that fit
 * its form, which follow on one another, then those of the run. NT_NO_MEMORY or NT_OK. */
nt_status nt_figures_init(nt_figures *figures, const nt_record *record, nt_arena *arena);
void nt_figures_finish(nt_figures *figures);

/* The first figure of a group; NULL: it has no cases. */
const nt_figure *nt_figures_of_group(const nt_figures *figures, const nt_record_group *group);

#endif
