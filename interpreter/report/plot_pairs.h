/* Maps of pairs: of a group with all pairs of some layers, a square for each. */
#ifndef NT_PLOT_PAIRS_H
#define NT_PLOT_PAIRS_H

#include "plot_grid.h"

/* A square's number. Losses: of the pair, on the diagonal of the layer alone. Interaction: the
 * pair's loss less the sum of those of its layers alone; nothing on the diagonal. */
typedef enum nt_pairs_number { NT_PAIRS_LOSS, NT_PAIRS_INTERACTION } nt_pairs_number;

void nt_pairs_draw(nt_figure *figure, const nt_record *record, const nt_record_group *group,
                   nt_pairs_number number);

/* The interaction of a case's layers, mean over the seeds; NaN where one of the losses isn't known.
 */
double nt_pairs_interaction(const nt_record *record, const nt_record_case *item);

#endif
