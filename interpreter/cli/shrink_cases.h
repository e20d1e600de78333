/* Which layers `shrink` removes: as the command line names them, or as a run's case does. */
#ifndef NT_SHRINK_CASES_H
#define NT_SHRINK_CASES_H

#include "arena.h"
#include "case_graph.h"
#include "diagnostic.h"
#include "text.h"

/* Appends edits to a list, which lies in `arena`. `words`, apart by blanks: a layer, a block or a
 * pattern with *, whose kernels are zero; KIND: or KIND,OPTION=VALUE: in front of it says another
 * kind of ablation. NT_USAGE, with the near names, for what the network has not. */
nt_status nt_shrink_words(const nt_network *network, const char *words, nt_arena *arena,
                          nt_edits *edits, nt_error *error);

/* The same of a case of a run: RUN:GROUP:CASE; of RUN alone the case with the most edits that is
 * trivial with every seed. ret_name, in `arena`: "GROUP, CASE". */
nt_status nt_shrink_from(const nt_network *network, const char *word, nt_arena *arena,
                         nt_edits *edits, const char **ret_name, nt_error *error);

#endif
