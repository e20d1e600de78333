/* How sure the network is, whole and without what costs it the most: outcomes don't tell, so that
 * both are evaluated once more, with the first seed's weights, over all images. Only where it is
 * asked for; what the run folder has already stays. */
#include "suite_run_private.h"

#include "alloc.h"
#include "reliability.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { CASES = 2, BATCHES = 8 /* whose logits are held at once */ };

typedef struct asking {
    nt_suite_work *work;
    nt_arena arena;
    nt_edits edits[CASES];
    nt_reliability_case cases[CASES];
    nt_reliability_bin bins[CASES][NT_RELIABILITY_BINS];
    int32_t count;
    int32_t step; /* images at once */
    float *logits;
    unsigned char *outcomes;
} asking;

/* Of a case through which nothing of the image passes there is nothing to see; one that is
 * retrained is no edit of these weights. */
static void choose(asking *a) {
    const nt_suite_work *work = a->work;
    const nt_finding *baseline = &work->results->baseline[0], *worst = NULL;
    a->cases[0] = (nt_reliability_case){NT_BASELINE,        NT_BASELINE, baseline->key,
                                        baseline->numerics, a->bins[0],  NT_RELIABILITY_BINS};
    a->count = 1;
    for (int g = 0; g < work->suite->group_count; g++) {
        const nt_group_result *group = &work->results->groups[g];
        for (int32_t c = 0; c < group->case_count && !work->suite->groups[g].retrain; c++) {
            const nt_finding *finding = &group->cases[c].findings[0];
            if (finding->failure || group->cases[c].cut || isnan(finding->change) ||
                (worst && finding->change >= worst->change))
                continue;
            worst = finding;
            a->edits[1] = (nt_edits){work->cases[g].items[c].edits, work->cases[g].items[c].count};
            a->cases[1] =
                (nt_reliability_case){group->name,       group->cases[c].name, finding->key,
                                      finding->numerics, a->bins[1],           NT_RELIABILITY_BINS};
            a->count = CASES;
        }
    }
}

/* Whether the run folder has the very same. */
static bool known(asking *a, const char *path) {
    nt_reliability had = {0};
    nt_error unread;
    nt_error_init(&unread);
    bool same = access(path, F_OK) == 0 &&
                nt_reliability_read(path, &a->arena, &had, &unread) == NT_OK &&
                had.case_count == a->count;
    for (int32_t c = 0; same && c < a->count; c++)
        same = strcmp(had.cases[c].key, a->cases[c].key) == 0 &&
               strcmp(had.cases[c].numerics, a->cases[c].numerics) == 0;
    nt_error_finish(&unread);
    return same;
}

static nt_status count_images(asking *a, nt_evaluator *evaluator, int32_t number) {
    const nt_suite_work *work = a->work;
    int32_t all = nt_loader_count(work->loader);
    int32_t classes = nt_dataset_info(work->dataset)->classes;
    double loss = 0;
    for (int32_t first = 0; first < all; first += a->step) {
        int32_t count = all - first < a->step ? all - first : a->step;
        NT_TRY(
            nt_evaluator_run(evaluator, first, count, a->outcomes, &loss, a->logits, work->error));
        for (int32_t i = 0; i < count; i++)
            nt_reliability_add(a->bins[number], a->logits + (size_t)i * (size_t)classes, classes,
                               nt_loader_label(work->loader, first + i));
        nt_progress_step(work->options->progress, "calibration", a->cases[number].name,
                         first + count, all);
    }
    return NT_OK;
}

static nt_status ask(asking *a, int32_t number) {
    nt_case_evaluator one;
    nt_status status =
        nt_case_evaluator_init(a->work, a->edits[number], a->work->suite->evaluate.batch, &one);
    if (status == NT_OK)
        status = count_images(a, one.evaluator, number);
    nt_case_evaluator_finish(&one);
    return status;
}

static nt_status run(asking *a) {
    const nt_suite_work *work = a->work;
    size_t classes = (size_t)nt_dataset_info(work->dataset)->classes;
    a->step = BATCHES * work->suite->evaluate.batch;
    a->logits = NT_ARENA_ARRAY(&a->arena, float, (size_t)a->step *classes);
    a->outcomes = nt_arena_alloc(&a->arena, (size_t)a->step);
    if (!a->logits || !a->outcomes)
        return nt_suite_no_memory(work);
    for (int32_t c = 0; c < a->count; c++)
        NT_TRY(ask(a, c));
    const nt_reliability all = {work->results->baseline[0].seed, a->cases, a->count};
    return nt_reliability_write(&all, work->folder, work->error);
}

/* What the folder has of other numbers goes, even where nobody asks. */
nt_status nt_suite_reliability(nt_suite_work *work) {
    bool wanted = work->options->reliability;
    if (work->options->known_only)
        return NT_OK;
    if (work->scoring.target != NT_TARGET_CLASS) {
        if (wanted)
            nt_progress_note(work->options->progress, "how sure the network is, is asked of images "
                                                      "with a class, not of masks");
        return NT_OK;
    }
    asking a = {.work = work};
    nt_arena_init(&a.arena);
    const char *path = nt_arena_printf(&a.arena, "%s/" NT_RELIABILITY_NAME, work->folder);
    nt_status status = path ? NT_OK : nt_suite_no_memory(work);
    choose(&a);
    if (path && !known(&a, path)) {
        unlink(path);
        status = wanted ? run(&a) : NT_OK;
    }
    nt_arena_finish(&a.arena);
    return status;
}
