/* One pass over the images for all that looks at maps and gradients, one more for answers. Whatever
 * is summed up is summed in double precision in the order of the images. */
#include "estimate_private.h"

#include "alloc.h"
#include "scheduler.h"
#include "score.h"
#include "signals.h"
#include <math.h>
#include <string.h>

typedef struct estimation {
    const nt_estimating *e;
    nt_arena arena; /* for as long as it takes */
    nt_error *error;
    nt_probe *probes;
    int32_t probe_count;
    double *sums; /* [estimator][probe][NT_ESTIMATE_SUMS] */
    float *images;
    int32_t *targets;
    int64_t done, to_do; /* images, of all passes */
} estimation;

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for the estimates");
}

static double *sums_of(const estimation *s, int32_t by, int32_t probe) {
    return s->sums + ((int64_t)by * s->probe_count + probe) * NT_ESTIMATE_SUMS;
}

/* Whether the estimator says something of the layer. */
static bool suits(const nt_estimator *by, const nt_probe *probe) {
    return by->units == probe->unit;
}

static nt_estimate_needs needs_of(const nt_estimating *e) {
    nt_estimate_needs needs = {0};
    for (int32_t k = 0; k < e->count; k++) {
        needs.gradient = needs.gradient || e->by[k]->gradient;
        needs.answers = needs.answers || e->by[k]->answers;
        *(e->by[k]->units ? &needs.units : &needs.layers) |= e->by[k]->products;
    }
    return needs;
}

/* --- passes ----------------------------------------------------------------------------------- */

/* What a pass does with a batch that has run. */
typedef nt_status pass_take(estimation *s, const nt_run *run, void *context, int32_t count);

static nt_status run_batches(estimation *s, nt_run *run, bool target, pass_take *take,
                             void *context) {
    int32_t total = nt_loader_count(s->e->images);
    const nt_feed feeds[] = {{s->e->network->inputs[0].name, s->images},
                             {NT_ESTIMATE_TARGET, s->targets}};
    for (int32_t first = 0; first < total; first += NT_ESTIMATE_BATCH) {
        int32_t count = total - first < NT_ESTIMATE_BATCH ? total - first : NT_ESTIMATE_BATCH;
        NT_TRY(nt_signals_status());
        NT_TRY(nt_loader_fill(s->e->images, first, count, s->images, s->targets, s->error));
        NT_TRY(nt_run_batch(run, feeds, target ? 2 : 1, count, s->error));
        NT_TRY(take(s, run, context, count));
        s->done += count;
        nt_progress_step(s->e->progress, "estimates", "", s->done, s->to_do);
    }
    return NT_OK;
}

static nt_status run_pass(estimation *s, const nt_graph *graph, bool target, pass_take *take,
                          void *context) {
    nt_plan *plan = NULL;
    nt_run *run = NULL;
    nt_status status = nt_plan_new(graph, NT_ESTIMATE_BATCH, &plan, s->error);
    if (status == NT_OK)
        status = nt_run_new(plan, nt_weights_bind(s->e->weights, NULL), &run, s->error);
    if (status == NT_OK)
        status = run_batches(s, run, target, take, context);
    nt_run_free(run);
    nt_plan_free(plan);
    return status;
}

/* Whether all that the estimator asks for is there. */
static bool sees(const nt_estimator *by, const nt_probe *probe) {
    for (int p = 0; p < NT_PRODUCTS; p++)
        if (by->products & 1u << p && probe->product[p] < 0)
            return false;
    return !by->gradient || probe->gradient >= 0;
}

/* --- maps and gradients ----------------------------------------------------------------------- */

static nt_status take_maps(estimation *s, const nt_run *run, void *context, int32_t count) {
    (void)context;
    for (int32_t i = 0; i < s->probe_count; i++) {
        const nt_probe *probe = &s->probes[i];
        nt_estimate_batch batch = {
            .count = count, .channels = probe->channels, .pixels = probe->pixels};
        for (int p = 0; p < NT_PRODUCTS; p++)
            if (probe->product[p] >= 0)
                batch.product[p] = nt_run_output(run, probe->product[p]).f;
        if (probe->gradient >= 0) {
            batch.gradient = nt_run_output(run, probe->gradient).f;
            batch.kernel = probe->kernel->f;
            batch.elements = nt_type_stored(probe->kernel->type);
        }
        for (int32_t k = 0; k < s->e->count; k++) {
            const nt_estimator *by = s->e->by[k];
            if (by->add && !by->answers && suits(by, probe) && sees(by, probe))
                by->add(&batch, sums_of(s, k, i));
        }
    }
    return NT_OK;
}

static nt_status look_at_maps(estimation *s, const nt_estimate_needs *needs) {
    nt_graph *graph;
    NT_TRY(nt_estimate_graph(s->e, needs, s->probes, s->probe_count, &graph, s->error));
    nt_status status = run_pass(s, graph, needs->gradient || needs->layers, take_maps, NULL);
    nt_graph_free(graph);
    return status;
}

/* --- answers ---------------------------------------------------------------------------------- */

typedef struct answering {
    const int32_t *outputs; /* of each probe */
    int32_t classes;
    int64_t places; /* of a sample: 1, or a mask's pixels */
    int32_t *whole, *without;
} answering;

static void guess(const answering *a, const float *logits, int32_t count, int32_t *ret) {
    for (int64_t i = 0; i < count * a->places; i++)
        ret[i] = nt_score_guess(logits + i * a->classes, a->classes);
}

static nt_status take_answers(estimation *s, const nt_run *run, void *context, int32_t count) {
    const answering *a = context;
    guess(a, nt_run_output(run, 0).f, count, a->whole);
    for (int32_t i = 0; i < s->probe_count; i++) {
        if (a->outputs[i] < 0)
            continue;
        guess(a, nt_run_output(run, a->outputs[i]).f, count, a->without);
        const nt_estimate_batch batch = {
            .count = count, .answers = a->whole, .without = a->without, .answer_count = a->places};
        for (int32_t k = 0; k < s->e->count; k++)
            if (s->e->by[k]->answers)
                s->e->by[k]->add(&batch, sums_of(s, k, i));
    }
    return NT_OK;
}

static nt_status look_at_answers(estimation *s) {
    const nt_graph *network = s->e->network->graph;
    nt_shape logits = nt_graph_type(network, nt_graph_output(network, 0)->value)->shape;
    int64_t places = nt_shape_pixels(logits), room = NT_ESTIMATE_BATCH * places;
    int32_t *outputs = NT_ARENA_ARRAY(&s->arena, int32_t, s->probe_count + 1);
    answering a = {outputs, (int32_t)nt_shape_channels(logits), places,
                   NT_ARENA_ARRAY(&s->arena, int32_t, room),
                   NT_ARENA_ARRAY(&s->arena, int32_t, room)};
    nt_graph *graph;
    if (!outputs || !a.whole || !a.without)
        return no_memory(s->error);
    NT_TRY(nt_answers_graph(s->e, s->probes, s->probe_count, &graph, outputs, s->error));
    nt_status status = run_pass(s, graph, false, take_answers, &a);
    nt_graph_free(graph);
    return status;
}

/* --- ends ------------------------------------------------------------------------------------- */

static double value_of(const estimation *s, int32_t k, int32_t i) {
    const nt_estimator *by = s->e->by[k];
    const nt_probe *probe = &s->probes[i];
    const nt_estimate_end end = {.sums = sums_of(s, k, i),
                                 .samples = nt_loader_count(s->e->images),
                                 .kernel = probe->kernel,
                                 .scale = probe->scale};
    double value = by->add && !by->answers && !sees(by, probe) ? (double)NAN : by->end(&end);
    return isfinite(value) ? value : (double)NAN;
}

static nt_status end(const estimation *s, nt_arena *arena, nt_estimates *ret) {
    for (int32_t k = 0; k < s->e->count; k++) {
        const nt_layer **layers = NT_ARENA_ARRAY(arena, const nt_layer *, s->probe_count + 1);
        double *values = NT_ARENA_ARRAY(arena, double, s->probe_count + 1);
        int32_t count = 0;
        if (!layers || !values)
            return no_memory(s->error);
        for (int32_t i = 0; i < s->probe_count; i++) {
            if (!suits(s->e->by[k], &s->probes[i]))
                continue;
            layers[count] = s->probes[i].layer;
            values[count++] = value_of(s, k, i);
        }
        ret[k] = (nt_estimates){layers, values, count};
    }
    return NT_OK;
}

static nt_status look(estimation *s) {
    const nt_estimating *e = s->e;
    nt_estimate_needs needs = needs_of(e);
    bool maps = needs.gradient || needs.layers || needs.units;
    int64_t input = nt_shape_elements(nt_loader_shape(e->images));
    s->images = NT_ARENA_ARRAY(&s->arena, float, NT_ESTIMATE_BATCH *input);
    s->targets =
        NT_ARENA_ARRAY(&s->arena, int32_t, NT_ESTIMATE_BATCH * nt_loader_target_size(e->images));
    if (nt_probes_list(e, &s->arena, &s->probes, &s->probe_count) != NT_OK)
        return no_memory(s->error);
    s->sums = NT_ARENA_ARRAY(&s->arena, double,
                             (int64_t)e->count * s->probe_count * NT_ESTIMATE_SUMS + 1);
    if (!s->images || !s->targets || !s->sums)
        return no_memory(s->error);
    s->to_do = (int64_t)(maps + needs.answers) * nt_loader_count(e->images);
    if (maps)
        NT_TRY(look_at_maps(s, &needs));
    return needs.answers ? look_at_answers(s) : NT_OK;
}

nt_status nt_estimate(const nt_estimating *estimating, nt_arena *arena, nt_estimates *ret,
                      nt_error *error) {
    estimation s = {.e = estimating, .error = error};
    nt_arena_init(&s.arena);
    nt_status status = look(&s);
    if (status == NT_OK)
        status = end(&s, arena, ret);
    nt_arena_finish(&s.arena);
    return status;
}
