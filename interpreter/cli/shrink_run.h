/* What `shrink` takes from a run: which layers its cases remove, and the graph, the weights and the
 * samples that they were measured with. */
#ifndef NT_SHRINK_RUN_H
#define NT_SHRINK_RUN_H

#include "case_graph.h"
#include "results.h"
#include "suite_file.h"

typedef struct nt_shrink_run {
    nt_arena *arena;
    const char *folder;
    const char *group, *cases; /* as they were named; NULL: they weren't */
    nt_results *results;
    nt_suite *suite; /* NULL: nobody asked for it yet */
} nt_shrink_run;

/* `word`: RUN, RUN:GROUP or RUN:GROUP:CASE, where further cases, each CASE or GROUP:CASE, may
 * follow, apart by commas. Reads results.json. Whatever the outcome, it may be finished. Texts are
 * in `arena`. */
nt_status nt_shrink_run_init(nt_shrink_run *ret, const char *word, nt_arena *arena,
                             nt_error *error);
void nt_shrink_run_finish(nt_shrink_run *run);

/* The suite as the run folder has it, with its data and weights found (suite_repeat.h). */
nt_status nt_shrink_run_suite(nt_shrink_run *run, nt_error *error);

/* The weights that one seed was measured with; NULL: the first one's. */
nt_status nt_shrink_run_weights(nt_shrink_run *run, const int32_t *seed, nt_weights_source *ret,
                                nt_error *error);

/* Appends what the cases remove, each layer once: those that are named; of a group its largest,
 * where a search for ever larger sets ended; of RUN alone the largest of all that is trivial with
 * every seed within `margin` (NULL: the run's own, by results.json; any other is judged by the
 * run's outcomes), among those that only take layers away. ret_name, in the arena: "GROUP, CASE and
 * GROUP, CASE". */
nt_status nt_shrink_run_edits(const nt_shrink_run *run, const nt_network *network,
                              const double *margin, nt_edits *edits, const char **ret_name,
                              nt_error *error);

#endif
