/* Groups that are retrained: each case becomes a network of its own, which is trained on in a
 * folder of its own, seed-N/retrained/KEY, and then measured like any network. The key follows from
 * what the training is (identity.h), so that what is trained is found again, by whatever group of
 * whatever name, and nothing else is taken for it. The whole network goes first, for the cases to
 * be compared with. */
#include "suite_retrain.h"

#include "edited_network.h"
#include "file.h"
#include "seed_weights.h"
#include "trainer.h"
#include <stdlib.h>
#include <string.h>

typedef struct retraining {
    nt_suite_work *work;
    int s, g;
    const nt_retrain *retrain;
    const nt_weights *start; /* what is edited */
    nt_arena arena;
} retraining;

/* --- training --------------------------------------------------------------------------------- */

static int compare_seconds(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of metrics.csv's last column; 0 where there is none. */
static double find_seconds(const char *folder, int32_t epochs, nt_arena *arena) {
    const char *path = nt_arena_printf(arena, "%s/metrics.csv", folder);
    double *seconds = NT_ARENA_ARRAY(arena, double, epochs), median = 0;
    int32_t count = 0;
    nt_bytes file;
    nt_error ignored;
    nt_error_init(&ignored);
    if (path && seconds && nt_file_read(path, 16 << 20, &file, &ignored) == NT_OK) {
        char *line = strchr((char *)file.bytes, '\n');
        for (; line && line[1] && count < epochs; line = strchr(line + 1, '\n')) {
            char *end = strchr(line + 1, '\n'), *comma = end ? end : line + 1;
            while (comma > line && *comma != ',')
                comma--;
            seconds[count++] = strtod(comma + 1, NULL);
        }
        nt_bytes_finish(&file);
    }
    nt_error_finish(&ignored);
    if (count > 0) {
        qsort(seconds, (size_t)count, sizeof *seconds, compare_seconds);
        median = (seconds[(count - 1) / 2] + seconds[count / 2]) / 2;
    }
    return median;
}

/* Trains the edited network, or reads what it came to. */
static nt_status train(retraining *r, nt_edited *edited, char ret_digest[NT_DIGEST_HEX],
                       double *ret_seconds, nt_error *error) {
    const nt_suite_work *work = r->work;
    const nt_seed_source source = {.suite = work->suite,
                                   .metric = work->scoring.metric,
                                   .dataset = work->dataset,
                                   .data_digest = work->results->provenance.data,
                                   .folder = work->options->out,
                                   .progress = work->options->progress};
    const char *folder;
    NT_TRY(nt_seed_retrain(&source, r->s, &r->retrain->recipe, work->options->known_only,
                           edited->weights, &folder, &r->arena, error));
    *ret_seconds = find_seconds(folder, r->retrain->recipe.epochs, &r->arena);
    const char *path = nt_arena_printf(&r->arena, "%s/" NT_WEIGHTS_FILE, folder);
    return path ? nt_file_digest(path, ret_digest, error) : nt_suite_no_memory(work);
}

/* --- measuring -------------------------------------------------------------------------------- */

static nt_status measure(retraining *r, const nt_edited *edited, const char *digest, bool own,
                         nt_subject *subject, nt_error *error) {
    nt_suite_work *work = r->work;
    nt_measuring measuring;
    NT_TRY(nt_suite_measuring(work, r->s, work->loader, &r->arena, &measuring));
    measuring.network = edited->network;
    measuring.weights = edited->weights;
    measuring.history = NULL;
    measuring.own_numerics = own;
    measuring.context = nt_suite_context(work, digest, work->loader, &r->arena);
    if (!measuring.context)
        return nt_suite_no_memory(work);
    return nt_measure(&measuring, subject, 1, &r->arena, &work->tally, error);
}

/* What was found of one network. */
static nt_status note(const retraining *r, const nt_subject *subject, double seconds,
                      nt_finding *finding) {
    nt_arena *arena = &r->work->results->arena;
    memcpy(finding->key, subject->key, sizeof subject->key);
    finding->numerics = nt_arena_string(arena, subject->numerics);
    finding->outcome.total = subject->samples;
    finding->epoch_seconds = seconds;
    return finding->numerics ? NT_OK : nt_suite_no_memory(r->work);
}

/* Whether what is wrong is the case's own: it can't be made, or its training or outcome is not
 * finite. */
static bool is_own(nt_status status) {
    return status == NT_INVALID || status == NT_FAILED;
}

static nt_status run_edited(retraining *r, const nt_edits *edits, bool own, nt_finding *finding,
                            nt_error *error) {
    const nt_suite_work *work = r->work;
    const nt_evaluation evaluation = {.batch = work->suite->evaluate.batch,
                                      .metric = work->scoring.metric,
                                      .passes = {.conv = work->suite->conv},
                                      .progress = work->options->progress};
    const nt_derive_source source = {r->start, &work->history, work->calibration, &evaluation};
    char why[NT_WHY] = "", digest[NT_DIGEST_HEX];
    double seconds = 0;
    nt_edited edited;
    nt_subject subject = {0};
    nt_status status = nt_edited_init(&edited, work->network, edits, &source, why, error);
    if (status == NT_INVALID && why[0])
        nt_error_say(error, status, "%s", why);
    if (status == NT_OK)
        status = train(r, &edited, digest, &seconds, error);
    if (status == NT_OK)
        status = measure(r, &edited, digest, own, &subject, error);
    if (status == NT_OK)
        status = note(r, &subject, seconds, finding);
    nt_edited_finish(&edited);
    return status;
}

/* The failure is the finding's, if it is its own. */
static nt_status run_case(retraining *r, const nt_edits *edits, bool own, nt_finding *finding) {
    nt_error error;
    nt_error_init(&error);
    nt_status status = run_edited(r, edits, own, finding, &error);
    if (is_own(status) && !r->work->options->known_only) {
        finding->failure = nt_error_line(&error, status, &r->work->results->arena);
        status = finding->failure ? NT_OK : nt_suite_no_memory(r->work);
    } else if (status != NT_OK) {
        nt_error_move(r->work->error, &error);
    }
    nt_error_finish(&error);
    return status;
}

static nt_status run_baseline(retraining *r, bool own, nt_finding *finding) {
    const nt_edits none = {0};
    return run_edited(r, &none, own, finding, r->work->error);
}

/* Where the case and the baseline were computed otherwise, both are measured as this process
 * computes. The baseline is shown as it was. */
static nt_status run_alike(retraining *r, const nt_edits *edits, nt_finding *finding,
                           const nt_finding *baseline) {
    nt_finding again = *baseline;
    if (finding->failure || strcmp(finding->numerics, baseline->numerics) == 0)
        return NT_OK;
    NT_TRY(run_baseline(r, true, &again));
    return run_case(r, edits, true, finding);
}

/* --- groups ----------------------------------------------------------------------------------- */

static nt_status find_start(retraining *r) {
    int32_t from = r->retrain->from;
    const nt_past *past = nt_history_at(&r->work->history, from);
    r->start = from == NT_FROM_TRAINED ? r->work->weights : past ? past->weights : NULL;
    if (r->start)
        return NT_OK;
    return nt_error_at(r->work->error, NT_FAILED, r->retrain->from_location,
                       "the weights after epoch %d of seed %d are not known: it was trained before "
                       "'snapshots' asked for them",
                       from, r->work->suite->seeds[r->s]);
}

static void tell(const retraining *r, const char *name, int32_t number, int32_t of) {
    nt_progress_note(r->work->options->progress, "retraining %s/%s (%d of %d), seed %d",
                     r->work->suite->groups[r->g].name, name, number, of,
                     r->work->suite->seeds[r->s]);
}

static nt_status run_group(retraining *r) {
    nt_group_result *result = &r->work->results->groups[r->g];
    const nt_cases *cases = &r->work->cases[r->g];
    nt_finding *baseline = &result->own_baseline[r->s];
    NT_TRY(find_start(r));
    tell(r, NT_BASELINE, 1, cases->count + 1);
    NT_TRY(run_baseline(r, false, baseline));
    for (int32_t c = 0; c < cases->count; c++) {
        const nt_edits edits = {cases->items[c].edits, cases->items[c].count};
        nt_finding *finding = &result->cases[c].findings[r->s];
        tell(r, cases->items[c].name, c + 2, cases->count + 1);
        NT_TRY(run_case(r, &edits, false, finding));
        NT_TRY(run_alike(r, &edits, finding, baseline));
    }
    return NT_OK;
}

nt_status nt_suite_retrain_seed(nt_suite_work *work, int s) {
    nt_status status = NT_OK;
    for (int g = 0; status == NT_OK && g < work->suite->group_count; g++) {
        retraining r = {work, s, g, work->suite->groups[g].retrain, NULL, {0}};
        if (!r.retrain)
            continue;
        nt_arena_init(&r.arena);
        status = run_group(&r);
        nt_arena_finish(&r.arena);
    }
    return status;
}

nt_status nt_suite_check_parts(const nt_suite *suite, const nt_suite_options *options,
                               nt_error *error) {
    if (options->part_count == 0 || !nt_suite_retrains(suite))
        return NT_OK;
    nt_error_say(error, NT_USAGE,
                 "the suite '%s' retrains cases, and so isn't measured in parts: leave out --shard",
                 suite->name);
    nt_error_hint(error, "groups without 'retrain' can be, as a suite of their own");
    return NT_USAGE;
}
