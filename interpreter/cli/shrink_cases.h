/* Which layers `shrink` removes, as the command line names them. */
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

/* Unless the list has one of the same node, which stays. */
nt_status nt_shrink_append(nt_edits *edits, const nt_edit *edit, nt_arena *arena, nt_error *error);

#endif
