/* Pictures of what a network that segments makes of a few samples, whole and with layers gone:
 *
 *     RUN/overlays/SAMPLE-CASE.png     the image with the mask and the truth's outline (overlay.h)
 *     RUN/overlays/overlays.json       a list: group, case, the split's sample, its name, the
 *                                      metric, file
 *
 * The samples are those at fixed ranks of the baseline's values. Of a group those cases are shown
 * that overlay_choice.h chooses, of many groups those of the first: each case takes a graph of its
 * own. They follow from what was measured, so that making them again gives the same bytes; no
 * result depends on them. */
#include "suite_run_private.h"

#include "file.h"
#include "json_out.h"
#include "outcome.h"
#include "overlay.h"
#include "overlay_choice.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 3, MOST_CASES = 24 };

/* How good the baseline is on a sample that is shown: share of all samples that are worse. */
static const double ranks[SAMPLES] = {0.1, 0.5, 0.9};

/* Samples are numbered as the loader does; of few, several ranks may be one sample's. */
typedef struct showing {
    nt_suite_work *work;
    nt_arena *arena;
    const char *folder;
    int32_t samples[SAMPLES], sample_count;
    float *image, *logits;
    int32_t *target;
    unsigned char *mask, *truth, *outcome;
    json_t *list;
} showing;

/* --- which samples ---------------------------------------------------------------------------- */

typedef struct ranked {
    double value;
    int32_t sample;
} ranked;

static int compare(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->sample - y->sample;
}

static nt_status choose_samples(showing *show) {
    const nt_suite_work *work = show->work;
    nt_scoring scoring = work->scoring;
    int32_t count = nt_loader_count(work->loader), bytes = nt_score_bytes(scoring);
    unsigned char *outcomes = nt_arena_alloc(show->arena, (size_t)count * (size_t)bytes);
    ranked *list = NT_ARENA_ARRAY(show->arena, ranked, count);
    nt_outcome all;
    if (!outcomes || !list)
        return nt_suite_no_memory(work);
    NT_TRY(nt_outcome_read(work->store, work->results->baseline[0].key,
                           work->results->baseline[0].numerics, scoring, count, &all, outcomes,
                           work->error));
    int32_t counted = 0;
    for (int32_t i = 0; i < count; i++) {
        double value = nt_score_value(scoring, outcomes + (size_t)i * (size_t)bytes);
        if (!isnan(value)) /* a pixel of it counts */
            list[counted++] = (ranked){value, i};
    }
    qsort(list, (size_t)counted, sizeof *list, compare);
    for (int i = 0; i < SAMPLES; i++) {
        int32_t sample = list[(int32_t)(ranks[i] * (counted - 1) + 0.5)].sample;
        if (show->sample_count == 0 || show->samples[show->sample_count - 1] != sample)
            show->samples[show->sample_count++] = sample;
    }
    return NT_OK;
}

/* --- one case --------------------------------------------------------------------------------- */

static nt_status draw(showing *show, const char *group, const char *name, int32_t number, int s) {
    const nt_suite_work *work = show->work;
    nt_shape shape = nt_loader_shape(work->loader);
    const char *sample =
        work->results->samples.names ? work->results->samples.names[show->samples[s]] : "";
    const char *file = nt_arena_printf(show->arena, "%d-%d.png", s + 1, (int)number);
    const char *path = file ? nt_arena_printf(show->arena, "%s/%s", show->folder, file) : NULL;
    if (!path)
        return nt_suite_no_memory(work);
    const nt_overlay overlay = {.rows = shape.dim[1],
                                .columns = shape.dim[2],
                                .channels = shape.dim[0],
                                .image = show->image,
                                .mask = show->mask,
                                .truth = show->truth};
    NT_TRY(nt_overlay_write(&overlay, path, work->error));
    show->list = nt_json_append(
        show->list,
        json_pack("{s:s, s:s, s:i, s:o, s:o, s:s}", "group", group, "case", name, "sample",
                  (int)nt_loader_sample(work->loader, show->samples[s]), "name",
                  nt_json_text(sample), "value",
                  nt_json_real(nt_score_value(work->scoring, show->outcome)), "file", file));
    return NT_OK;
}

static nt_status show_samples(showing *show, nt_evaluator *evaluator, const char *group,
                              const char *name, int32_t number) {
    const nt_suite_work *work = show->work;
    int64_t pixels = nt_loader_target_size(work->loader);
    double loss = 0;
    for (int s = 0; s < show->sample_count; s++) {
        NT_TRY(nt_evaluator_run(evaluator, show->samples[s], 1, show->outcome, &loss, show->logits,
                                work->error));
        NT_TRY(nt_loader_fill(work->loader, show->samples[s], 1, show->image, show->target,
                              work->error));
        nt_score_mask(show->logits, work->scoring.classes, pixels, show->mask);
        for (int64_t p = 0; p < pixels; p++)
            show->truth[p] = (unsigned char)show->target[p];
        NT_TRY(draw(show, group, name, number, s));
    }
    return NT_OK;
}

static nt_status show_case(showing *show, const char *group, const char *name, nt_edits edits,
                           int32_t number) {
    nt_case_evaluator one;
    nt_status status = nt_case_evaluator_init(show->work, edits, 1, &one);
    if (status == NT_OK)
        status = show_samples(show, one.evaluator, group, name, number);
    nt_case_evaluator_finish(&one);
    return status;
}

/* --- all -------------------------------------------------------------------------------------- */

static nt_status show_cases(showing *show) {
    const nt_suite_work *work = show->work;
    int32_t shown = 0;
    NT_TRY(show_case(show, NT_BASELINE, NT_BASELINE, (nt_edits){0}, 0));
    for (int g = 0; g < work->suite->group_count; g++) {
        const nt_group_result *group = &work->results->groups[g];
        int32_t chosen[NT_OVERLAY_CASES], count = nt_overlay_choose(group, chosen);
        if (work->suite->groups[g].retrain) /* these are no edits of the weights in hand */
            continue;
        for (int32_t i = 0; i < count && shown < MOST_CASES; i++) {
            const nt_case *item = &work->cases[g].items[chosen[i]];
            NT_TRY(show_case(show, group->name, item->name, (nt_edits){item->edits, item->count},
                             ++shown));
        }
    }
    return NT_OK;
}

static nt_status make_room(showing *show) {
    const nt_suite_work *work = show->work;
    size_t pixels = (size_t)nt_loader_target_size(work->loader);
    size_t elements = (size_t)nt_shape_elements(nt_loader_shape(work->loader));
    show->folder = nt_arena_printf(show->arena, "%s/overlays", work->folder);
    show->image = NT_ARENA_ARRAY(show->arena, float, elements);
    show->logits = NT_ARENA_ARRAY(show->arena, float, pixels *(size_t)work->scoring.classes);
    show->target = NT_ARENA_ARRAY(show->arena, int32_t, pixels);
    show->mask = nt_arena_alloc(show->arena, pixels);
    show->truth = nt_arena_alloc(show->arena, pixels);
    show->outcome = nt_arena_alloc(show->arena, (size_t)nt_score_bytes(work->scoring));
    bool ok = show->folder && show->image && show->logits && show->target && show->mask &&
              show->truth && show->outcome;
    return ok ? nt_folder_make(show->folder, work->error) : nt_suite_no_memory(work);
}

static nt_status run(showing *show) {
    NT_TRY(make_room(show));
    NT_TRY(choose_samples(show));
    NT_TRY(show_cases(show));
    const char *path = nt_arena_printf(show->arena, "%s/overlays.json", show->folder);
    nt_text text;
    nt_text_init(&text);
    nt_json_format(show->list, &text);
    nt_status status = path && !text.failed
                           ? nt_file_replace(path, text.bytes, text.length, show->work->error)
                           : nt_suite_no_memory(show->work);
    nt_text_finish(&text);
    return status;
}

nt_status nt_suite_overlays(nt_suite_work *work) {
    /* With the statistics of a batch, a sample alone would be another batch. */
    if (work->scoring.target != NT_TARGET_MASK || work->suite->evaluate.batch_norm == NT_NORM_BATCH)
        return NT_OK;
    nt_arena arena;
    nt_arena_init(&arena);
    showing show = {.work = work, .arena = &arena, .list = json_array()};
    nt_status status = run(&show);
    json_decref(show.list);
    nt_arena_finish(&arena);
    return status;
}
