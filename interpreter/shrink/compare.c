#include "compare.h"

#include "alloc.h"
#include "attrs.h"
#include <math.h>

/* A graph that is ready to run, of its first output or of several. */
typedef struct side {
    nt_graph *graph;
    nt_plan *plan;
    nt_run *run;
} side;

struct nt_comparison {
    side sides[2];
    const char *input;
    nt_difference difference;
};

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory for the comparison");
}

/* --- running ---------------------------------------------------------------------------------- */

static void finish(side *s) {
    nt_run_free(s->run);
    nt_plan_free(s->plan);
    nt_graph_free(s->graph);
}

static nt_status start(side *s, const nt_graph *graph, nt_binding binding, int32_t batch,
                       const nt_pass_options *passes, nt_error *error) {
    NT_TRY(nt_passes_run(graph, passes, &s->graph, error));
    NT_TRY(nt_plan_new(s->graph, batch, &s->plan, error));
    return nt_run_new(s->plan, binding, &s->run, error);
}

static nt_status start_main(side *s, const nt_compared *compared, int32_t batch,
                            const nt_pass_options *passes, nt_error *error) {
    nt_graph *main;
    if (nt_graph_main(compared->graph, &main) != NT_OK)
        return no_memory(error);
    nt_status status = start(s, main, compared->binding, batch, passes, error);
    nt_graph_free(main);
    return status;
}

/* What the network's only input is called. */
static const char *input_of(const nt_graph *graph) {
    for (int32_t i = 0; i < nt_graph_size(graph); i++)
        if (nt_graph_node(graph, i)->op == &nt_op_input)
            return ((const nt_input_attrs *)nt_graph_node(graph, i)->attrs)->name;
    return "";
}

nt_status nt_comparison_new(const nt_compared *edited, const nt_compared *smaller, int32_t batch,
                            const nt_pass_options *passes, nt_comparison **ret, nt_error *error) {
    nt_comparison *comparison = nt_alloc_zero(sizeof *comparison);
    if (!comparison)
        return no_memory(error);
    comparison->difference.image = -1;
    nt_status status = start_main(&comparison->sides[0], edited, batch, passes, error);
    if (status == NT_OK)
        status = start_main(&comparison->sides[1], smaller, batch, passes, error);
    if (status != NT_OK) {
        nt_comparison_free(comparison);
        return status;
    }
    comparison->input = input_of(edited->graph);
    *ret = comparison;
    return NT_OK;
}

void nt_comparison_free(nt_comparison *comparison) {
    if (!comparison)
        return;
    finish(&comparison->sides[0]);
    finish(&comparison->sides[1]);
    nt_free(comparison, sizeof *comparison);
}

/* --- logits ----------------------------------------------------------------------------------- */

/* NaN differs from everything. */
static void add_image(nt_difference *d, const float *a, const float *b, int64_t elements,
                      int32_t image) {
    for (int64_t e = 0; e < elements; e++) {
        double apart = fabs((double)a[e] - (double)b[e]);
        d->logit = fmax(d->logit, fabs((double)a[e]));
        if (d->image >= 0 && apart <= d->most)
            continue;
        d->most = isfinite(apart) ? apart : (double)INFINITY;
        d->image = image;
    }
}

nt_status nt_comparison_add(nt_comparison *comparison, const float *images, int32_t count,
                            nt_error *error) {
    const nt_feed feed = {.name = comparison->input, .data = images};
    nt_difference *d = &comparison->difference;
    for (int i = 0; i < 2; i++)
        NT_TRY(nt_run_batch(comparison->sides[i].run, &feed, 1, count, error));
    nt_tensor a = nt_run_output(comparison->sides[0].run, 0);
    nt_tensor b = nt_run_output(comparison->sides[1].run, 0);
    int64_t elements = nt_shape_elements(a.type.shape);
    for (int32_t n = 0; n < count; n++)
        add_image(d, a.f + (a.count > 1 ? n * elements : 0), b.f + (b.count > 1 ? n * elements : 0),
                  elements, d->images + n);
    d->images += count;
    return NT_OK;
}

nt_difference nt_comparison_difference(const nt_comparison *comparison) {
    return comparison->difference;
}

double nt_difference_relative(const nt_difference *difference) {
    if (difference->most == 0)
        return 0;
    return difference->most / difference->logit;
}

/* --- layer by layer --------------------------------------------------------------------------- */

/* How much of its largest value a layer's differ at most from those channels of the edited one's. A
 * channel that only had to be there beside others may say anything. */
static double apart(const nt_channels *of, const nt_tensor *edited, const nt_tensor *smaller) {
    int64_t places = nt_shape_pixels(edited->type.shape);
    double most = 0, value = 0;
    for (int64_t p = 0; p < places; p++)
        for (int32_t c = 0; c < of->kept_count; c++) {
            int32_t channel = of->list[c];
            if (of->varies[channel] && !of->needed[channel])
                continue;
            double is = (double)edited->f[p * of->count + channel];
            double difference = fabs(is - (double)smaller->f[p * of->kept_count + c]);
            most = difference <= most ? most : difference;
            value = fmax(value, fabs(is));
        }
    return most == 0 ? 0 : most / value;
}

/* Both graphs with an output for each witness. */
static nt_status add_outputs(const nt_shrunk *shrunk, const nt_network *network, nt_graph *edited,
                             nt_graph *smaller) {
    for (int32_t i = 0; i < shrunk->witness_count; i++) {
        const nt_witness *witness = &shrunk->witnesses[i];
        const nt_layer *layer = nt_network_layer(network, witness->layer);
        nt_value none = nt_graph_output(smaller, 0)->value;
        NT_TRY(nt_graph_add_output(edited, witness->layer, witness->value));
        NT_TRY(nt_graph_add_output(smaller, witness->layer, layer ? layer->value : none));
    }
    return NT_OK;
}

static nt_status find(side *sides, const nt_shrunk *shrunk, const nt_network *network,
                      const float *image, double tolerance, const char **ret, nt_error *error) {
    const nt_feed feed = {.name = input_of(shrunk->edited), .data = image};
    for (int i = 0; i < 2; i++)
        NT_TRY(nt_run_batch(sides[i].run, &feed, 1, 1, error));
    *ret = NULL;
    for (int32_t i = 0; !*ret && i < shrunk->witness_count; i++) {
        const nt_witness *witness = &shrunk->witnesses[i];
        nt_tensor edited = nt_run_output(sides[0].run, i + 1);
        nt_tensor smaller = nt_run_output(sides[1].run, i + 1);
        if (!nt_network_layer(network, witness->layer) || edited.type.dtype != NT_F32)
            continue;
        if (!(apart(witness->channels, &edited, &smaller) <= tolerance))
            *ret = witness->layer;
    }
    return NT_OK;
}

nt_status nt_comparison_find(const nt_shrunk *shrunk, nt_binding edited_binding,
                             const nt_network *network, nt_binding binding, const float *image,
                             double tolerance, const char **ret, nt_error *error) {
    const nt_pass_options passes = {.phase = NT_PHASE_EVALUATION, .plain = true};
    nt_graph *edited = NULL, *smaller = NULL;
    side sides[2] = {0};
    nt_status status = nt_graph_main(shrunk->edited, &edited);
    if (status == NT_OK)
        status = nt_graph_rewrite(network->graph, NULL, NULL, &smaller);
    if (status == NT_OK)
        status = add_outputs(shrunk, network, edited, smaller);
    if (status != NT_OK)
        no_memory(error);
    if (status == NT_OK)
        status = start(&sides[0], edited, edited_binding, 1, &passes, error);
    if (status == NT_OK)
        status = start(&sides[1], smaller, binding, 1, &passes, error);
    if (status == NT_OK)
        status = find(sides, shrunk, network, image, tolerance, ret, error);
    finish(&sides[0]);
    finish(&sides[1]);
    nt_graph_free(edited);
    nt_graph_free(smaller);
    return status;
}
