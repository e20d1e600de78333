#include "run_results_private.h"

#include "alloc.h"

nt_status nt_run_no_memory(const nt_run_results *results, nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory reading %s", results->folder);
}

void nt_run_results_free(nt_run_results *results) {
    if (!results)
        return;
    nt_store_close(results->store);
    nt_results_free(results->recorded);
    nt_free(results->baselines, results->baseline_capacity * sizeof *results->baselines);
    nt_free(results->rows, results->row_capacity * sizeof *results->rows);
    nt_arena_finish(&results->arena);
    nt_free(results, sizeof *results);
}
