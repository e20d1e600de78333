/* Results as a whole: made, freed, counted. */
#include "results.h"

#include "alloc.h"
#include <stdlib.h>
#include <string.h>

const char *const nt_residual_names[] = {"none", "identity", "projection", NULL};

nt_results *nt_results_new(void) {
    nt_results *results = nt_alloc_zero(sizeof *results);
    if (results)
        nt_arena_init(&results->arena);
    return results;
}

void nt_results_free(nt_results *results) {
    if (!results)
        return;
    nt_arena_finish(&results->arena);
    nt_free(results, sizeof *results);
}

int32_t nt_results_failures(const nt_results *results) {
    int32_t failures = 0;
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++)
            for (int32_t s = 0; s < results->seed_count; s++)
                failures += results->groups[g].cases[c].findings[s].failure != NULL;
    return failures;
}

bool nt_group_result_decides(const nt_group_result *group) {
    for (int32_t c = 0; c < group->case_count; c++)
        for (int32_t s = 0; s < group->cases[c].finding_count; s++)
            if (group->cases[c].findings[s].decide != NT_DECIDE_NOT)
                return true;
    return false;
}

/* --- samples ---------------------------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

int32_t nt_results_clusters(const nt_results *results, nt_text *text) {
    const nt_samples *samples = &results->samples;
    size_t size = (size_t)samples->patient_count * sizeof(int32_t);
    int32_t *sorted = samples->patients ? nt_alloc(size) : NULL, count = 0;
    text->failed = text->failed || (samples->patients && !sorted);
    if (!sorted)
        return results->setup.samples;
    memcpy(sorted, samples->patients, size);
    qsort(sorted, (size_t)samples->patient_count, sizeof *sorted, compare_numbers);
    for (int32_t i = 0; i < samples->patient_count; i++)
        count += i == 0 || sorted[i] != sorted[i - 1];
    nt_free(sorted, size);
    return count;
}
