/* What a case does to each class, counted from outcomes.bin: of images with a class, the share of
 * each class's images that are right, for which results.json must say the labels; of masks, each
 * class's Dice over all images together. Of a case that ended early the baseline is counted on the
 * same images. */
#include "class_changes.h"

#include "beneath.h"
#include "packed.h"
#include <math.h>
#include <string.h>

enum { MOST_CLASSES = 255 }; /* of masks */

typedef struct reading {
    const nt_results *results;
    nt_arena *kept; /* for what is given */
    nt_scoring scoring;
    nt_packed packed;
    nt_arena arena;
    unsigned char *own, *baseline; /* outcomes of as many images as there are */
    double *values, *before;       /* [class] */
    double *sums;                  /* [class]: of the changes, over the seeds */
    int32_t *counts;               /* [class]: seeds that have one */
} reading;

/* --- one outcome ------------------------------------------------------------------------------ */

static void count_labels(const reading *r, const unsigned char *outcomes, int32_t samples,
                         double *ret) {
    const int32_t *labels = r->results->samples.labels;
    for (int32_t c = 0; c < r->results->setup.class_count; c++) {
        int32_t right = 0, there = 0;
        for (int32_t i = 0; i < samples; i++) {
            there += labels[i] == c;
            right += labels[i] == c && outcomes[i] == 1;
        }
        ret[c] = there > 0 ? (double)right / there : (double)NAN;
    }
}

static void count_classes(const reading *r, const unsigned char *outcomes, int32_t samples,
                          double *ret) {
    nt_class_score scores[MOST_CLASSES];
    if (r->scoring.target == NT_TARGET_CLASS) {
        count_labels(r, outcomes, samples, ret);
        return;
    }
    nt_score_classes(r->scoring, outcomes, samples, scores);
    for (int32_t c = 0; c < r->results->setup.class_count; c++)
        ret[c] = nt_class_dice(scores[c]);
}

/* Adds the changes with one seed. */
static void add_seed(reading *r, const nt_packed_case *item) {
    const nt_packed_outcome *own = &r->packed.outcomes[item->outcome];
    const nt_packed_outcome *baseline = &r->packed.outcomes[item->baseline];
    if (baseline->samples > r->results->setup.samples || own->samples > baseline->samples)
        return;
    nt_packed_unpack(&r->packed, own, r->own);
    nt_packed_unpack(&r->packed, baseline, r->baseline);
    count_classes(r, r->own, own->samples, r->values);
    count_classes(r, r->baseline, own->samples, r->before);
    for (int32_t c = 0; c < r->results->setup.class_count; c++)
        if (!isnan(r->values[c] - r->before[c])) {
            r->sums[c] += r->values[c] - r->before[c];
            r->counts[c]++;
        }
}

/* --- cases ------------------------------------------------------------------------------------ */

/* Cases stand in the file as they do in the results, seed after seed, but for failures that left
 * nothing; *at is the next. *ret: NULL where no seed has numbers. */
static nt_status add_case(reading *r, const nt_group_result *group, const nt_case_result *item,
                          int32_t *at, const double **ret) {
    size_t classes = (size_t)r->results->setup.class_count;
    bool any = false;
    memset(r->sums, 0, classes * sizeof *r->sums);
    memset(r->counts, 0, classes * sizeof *r->counts);
    for (int32_t s = 0; s < item->finding_count && *at < r->packed.case_count; s++) {
        const nt_packed_case *next = &r->packed.cases[*at];
        if (strcmp(next->group, group->name) != 0 || strcmp(next->name, item->name) != 0 ||
            next->seed != item->findings[s].seed)
            continue;
        if (!item->findings[s].failure)
            add_seed(r, next);
        any = any || !item->findings[s].failure;
        ++*at;
    }
    if (!any)
        return NT_OK;
    double *means = NT_ARENA_ARRAY(r->kept, double, classes);
    for (size_t c = 0; means && c < classes; c++)
        means[c] = r->counts[c] > 0 ? r->sums[c] / r->counts[c] : (double)NAN;
    *ret = means;
    return means ? NT_OK : NT_NO_MEMORY;
}

static nt_status add_cases(reading *r, const double ***ret) {
    int32_t at = 0;
    while (at < r->packed.case_count && strcmp(r->packed.cases[at].group, NT_BASELINE) == 0)
        at++;
    for (int32_t g = 0; g < r->results->group_count; g++)
        for (int32_t c = 0; c < r->results->groups[g].case_count; c++)
            NT_TRY(add_case(r, &r->results->groups[g], &r->results->groups[g].cases[c], &at,
                            &ret[g][c]));
    return NT_OK;
}

/* Whether the outcomes are of such samples as results.json tells of. */
static bool fits(const reading *r) {
    const nt_results *results = r->results;
    if (results->setup.class_count < 1 || r->packed.metric != results->setup.metric)
        return false;
    return r->scoring.target == NT_TARGET_CLASS
               ? results->samples.label_count == results->setup.samples
               : r->packed.classes == results->setup.class_count &&
                     r->packed.classes <= MOST_CLASSES;
}

/* Of the outcomes that are there, whatever number results.json says. */
static int32_t most_samples(const reading *r) {
    int32_t most = 0;
    for (int32_t i = 0; i < r->packed.outcome_count; i++)
        most = r->packed.outcomes[i].samples > most ? r->packed.outcomes[i].samples : most;
    return most < r->results->setup.samples ? most : r->results->setup.samples;
}

static nt_status read_all(reading *r, const char *path, const double ***ret, nt_error *error) {
    size_t classes = (size_t)r->results->setup.class_count + 1;
    NT_TRY(nt_packed_read(path, &r->arena, &r->packed, error));
    if (!fits(r))
        return NT_OK;
    size_t size = (size_t)most_samples(r) * (size_t)nt_score_bytes(r->scoring) + 1;
    r->own = nt_arena_alloc(&r->arena, size);
    r->baseline = nt_arena_alloc(&r->arena, size);
    r->values = NT_ARENA_ARRAY(&r->arena, double, classes);
    r->before = NT_ARENA_ARRAY(&r->arena, double, classes);
    r->sums = NT_ARENA_ARRAY(&r->arena, double, classes);
    r->counts = NT_ARENA_ARRAY(&r->arena, int32_t, classes);
    if (!r->own || !r->baseline || !r->values || !r->before || !r->sums || !r->counts)
        return NT_NO_MEMORY;
    return add_cases(r, ret);
}

/* A table of nothing. NULL when out of memory. */
static const double ***make_table(const nt_results *results, nt_arena *arena) {
    const double ***table = NT_ARENA_ARRAY(arena, const double **, results->group_count + 1);
    for (int32_t g = 0; table && g < results->group_count; g++)
        if (!(table[g] = NT_ARENA_ARRAY(arena, const double *, results->groups[g].case_count + 1)))
            return NULL;
    return table;
}

nt_status nt_class_changes_read(const nt_results *results, const char *folder, nt_arena *arena,
                                const double *const *const **ret, nt_error *error) {
    reading r = {.results = results, .kept = arena, .scoring = nt_results_scoring(results)};
    nt_arena_init(&r.arena);
    const char *path = nt_arena_printf(&r.arena, "%s/" NT_PACKED_NAME, folder);
    const double ***table = make_table(results, arena);
    nt_status status = path && table ? NT_OK : NT_NO_MEMORY;
    if (status == NT_OK && nt_beneath_there(path))
        status = read_all(&r, path, table, error);
    nt_arena_finish(&r.arena);
    if (status == NT_OK)
        *ret = (const double *const *const *)table;
    return status;
}
