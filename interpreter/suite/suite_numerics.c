/* Which numerics took part in a run: lists of lines, each once, in the order in which they came. */
#include "suite_run_private.h"

#include "numerics.h"
#include "trainer.h"
#include "visible.h"
#include <string.h>

nt_status nt_suite_take_numerics(nt_suite_work *work) {
    nt_text text;
    nt_text_init(&text);
    nt_numerics_describe(work->suite->conv, &text);
    work->numerics = text.failed ? NULL : nt_arena_string(&work->arena, text.bytes);
    nt_text_finish(&text);
    return work->numerics ? NT_OK : nt_suite_no_memory(work);
}

/* Adds a line that isn't there yet; lists only grow, so that the old one may stay behind. */
static nt_status add_line(nt_suite_work *work, const char *line, size_t length,
                          const char *const **list, int32_t *count) {
    nt_arena *arena = &work->results->arena;
    for (int32_t i = 0; i < *count; i++)
        if (strlen((*list)[i]) == length && memcmp((*list)[i], line, length) == 0)
            return NT_OK;
    const char **longer = NT_ARENA_ARRAY(arena, const char *, *count + 1);
    const char *copy = nt_arena_substring(arena, line, length);
    if (!longer || !copy)
        return nt_suite_no_memory(work);
    if (*count > 0)
        memcpy(longer, *list, (size_t)*count * sizeof *longer);
    longer[(*count)++] = copy;
    *list = longer;
    return NT_OK;
}

nt_status nt_suite_note_training(nt_suite_work *work, const nt_weights_source *source) {
    nt_provenance *from = &work->results->provenance;
    const nt_metadata *metadata;
    NT_TRY(nt_weights_metadata(source, &work->arena, &metadata, work->error));
    const char *line = nt_metadata_find(metadata, NT_NUMERICS_KEY);
    nt_status status = NT_OK;
    nt_text seen;
    nt_text_init(&seen);
    while (status == NT_OK && line && *line) {
        size_t length = strcspn(line, "\n");
        nt_text_clear(&seen);
        nt_visible_line(&seen, line, length, NT_VISIBLE_MOST); /* the weights may be anybody's */
        status = seen.failed ? nt_suite_no_memory(work)
                             : add_line(work, seen.bytes, seen.length, &from->training_numerics,
                                        &from->training_numerics_count);
        line += length + (line[length] == '\n');
    }
    nt_text_finish(&seen);
    return status;
}

static nt_status note_finding(nt_suite_work *work, const nt_finding *finding) {
    nt_provenance *from = &work->results->provenance;
    return finding->numerics ? add_line(work, finding->numerics, strlen(finding->numerics),
                                        &from->numerics, &from->numerics_count)
                             : NT_OK;
}

nt_status nt_suite_note_numerics(nt_suite_work *work) {
    const nt_results *results = work->results;
    for (int32_t s = 0; s < results->seed_count; s++)
        NT_TRY(note_finding(work, &results->baseline[s]));
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t s = 0; s < results->groups[g].own_baseline_count; s++)
            NT_TRY(note_finding(work, &results->groups[g].own_baseline[s]));
    for (int32_t g = 0; g < results->group_count; g++)
        for (int32_t c = 0; c < results->groups[g].case_count; c++)
            for (int32_t s = 0; s < results->seed_count; s++)
                NT_TRY(note_finding(work, &results->groups[g].cases[c].findings[s]));
    return NT_OK;
}
