/* What `bench` prints: a table of nodes and totals, or JSON. */
#include "bench.h"
#include "console.h"
#include "fit.h"
#include "json_out.h"
#include "table.h"
#include <inttypes.h>

typedef struct row {
    const nt_node *node;
    const char *algorithm;
    double seconds, share;
    const nt_timing *timing;
    /* Effective: by the multiply-adds that the literature counts; 0: it counts none. */
    double gflops, of_peak;
    double megabytes; /* of its outputs */
} row;

/* How many products of the forward pass's size a step takes: one, or of a gradient one for the data
 * and one for the weights, as far as they are wanted. */
static int products_of(const nt_node *node, const nt_step *step) {
    if (!node->grad)
        return 1;
    return (step->out[0] != NT_NOWHERE) + (node->out_count > 1 && step->out[1] != NT_NOWHERE);
}

/* How many of `count` there are in one run: each has as many. */
static int64_t a_run(const nt_timing *timing, int64_t count) {
    return timing->runs > 0 ? count / timing->runs : 0;
}

static row row_of(const nt_bench *b, const nt_bench_side *at, int32_t step) {
    const nt_graph *graph = nt_bench_graph(b, at);
    const nt_step *planned = &nt_bench_plan(b, at)->varying[step];
    int32_t number = planned->node;
    const nt_node *node = nt_graph_node(graph, number);
    const nt_timing *timing = &at->profile.timings[number];
    nt_type types[NT_MAX_INPUTS + NT_MAX_PARAMS];
    const nt_type *in = types, *out = node->out;
    if (node->grad) {
        in = node->grad->in;
        out = node->grad->out;
    } else {
        for (int32_t i = 0; i < node->in_count; i++)
            types[i] = *nt_graph_type(graph, node->in[i]);
    }
    row r = {.node = node, .algorithm = "", .seconds = timing->fastest, .timing = timing};
    if (node->op->algorithm)
        r.algorithm = node->op->algorithm(node->attrs, in, out, node->grad != NULL);
    if (node->op->multiply_adds && r.seconds > 0) {
        double adds = (double)node->op->multiply_adds(node->attrs, in, out) * b->options->batch;
        r.gflops = 2e-9 * adds * products_of(node, planned) / r.seconds;
        r.of_peak = b->peak > 0 ? r.gflops / b->peak : 0;
    }
    for (int32_t k = 0; k < node->out_count; k++)
        r.megabytes += 1e-6 * sizeof(float) * (double)nt_type_stored(node->out[k]) *
                       (node->out[k].batched ? b->options->batch : 1);
    r.share = r.seconds / at->whole.fastest;
    return r;
}

/* The same step of the other side, whose graph has the same nodes, if it does otherwise there; 0:
 * it doesn't. */
static double seconds_of_other(const nt_bench *b, int32_t step) {
    const nt_bench_side *other = &b->sides[1];
    if (b->side_count == 1)
        return 0;
    row r = row_of(b, other, step);
    bool differs = b->options->compare == NT_COMPARE_ALGORITHM
                       ? r.node->op->algorithm != NULL
                       : nt_plan_samples(nt_bench_plan(b, &b->sides[0]), step) < b->options->batch;
    return differs ? r.seconds : 0;
}

#define COLUMNS                                                                                    \
    {"node", NT_LEFT, .cut = true}, {"op", NT_LEFT, .leaves = 1, .cut = true},                     \
        {"algorithm", NT_LEFT, .leaves = 2}, {"ms", .align = NT_RIGHT},                            \
        {"share", .align = NT_RIGHT}, {"waiting", NT_RIGHT, .leaves = 5},                          \
        {"GFLOP/s", NT_RIGHT, .leaves = 3}, {"of peak", NT_RIGHT, .leaves = 4}, {                  \
        "MB", NT_RIGHT, .leaves = 6                                                                \
    }

static const nt_column columns[] = {COLUMNS, {0}};
static const nt_column columns_compared[] = {
    COLUMNS, {"other ms", .align = NT_RIGHT}, {"gain", .align = NT_RIGHT}, {0}};

static void add_comparison(const nt_bench *b, int32_t step, double seconds, nt_table *table) {
    double other = seconds_of_other(b, step);
    if (other > 0) {
        nt_table_cellf(table, "%.3f", 1e3 * other);
        nt_table_cellf(table, "%.2f", other / seconds);
    } else {
        nt_table_cell(table, "");
        nt_table_cell(table, "");
    }
}

static void add_rate(const row *r, nt_table *table) {
    if (r->gflops > 0)
        nt_table_cellf(table, "%.0f", r->gflops);
    else
        nt_table_cell(table, "");
    if (r->of_peak > 0)
        nt_table_cellf(table, "%.0f %%", 100 * r->of_peak);
    else
        nt_table_cell(table, "");
}

static void add_peaks(const nt_bench *b, nt_text *text) {
    bool any = false;
    for (int i = 0; i < b->kernel_count; i++)
        if (b->peaks[i] > 0) {
            nt_text_printf(text, "%s%.0f GFLOP/s with %s",
                           any ? ", " : "peak of the processor: ", b->peaks[i], b->kernels[i]);
            any = true;
        }
    if (any)
        nt_text_add(text, "\n");
}

static void add_waiting(const nt_bench *b, nt_text *text) {
    const nt_timing *whole = &b->sides[0].whole;
    nt_text_printf(text,
                   "%" PRId64
                   " parallel sections a step, waiting: %.1f %% of the threads' time; watching "
                   "takes about %.1f %% of a step\n",
                   a_run(whole, whole->sections), 100 * nt_timing_waiting(whole),
                   100 * b->watching / whole->fastest);
}

static void add_portions(const nt_plan *plan, nt_text *text) {
    int32_t steps = 0, fewest = plan->batch, most = 0;
    for (int32_t i = 0; i < plan->stretch_count; i++) {
        const nt_stretch *stretch = &plan->stretches[i];
        steps += stretch->end - stretch->first;
        fewest = stretch->samples < fewest ? stretch->samples : fewest;
        most = stretch->samples > most ? stretch->samples : most;
    }
    if (steps > 0)
        nt_text_printf(text,
                       "%d of %d nodes take the batch in portions of %d to %d, whose maps the "
                       "caches hold\n",
                       steps, plan->varying_count, fewest, most);
}

static void add_totals(const nt_bench *b, nt_text *text) {
    const nt_bench_side *at = &b->sides[0];
    const nt_plan *plan = nt_bench_plan(b, at);
    char library[NT_OPS_LIBRARY];
    nt_ops_library(library);
    nt_text_printf(text, "\n%s, batch %d, %d thread%s, %s: %.2f ms a step, %.1f images/s\n",
                   b->options->train ? "training" : "evaluation", b->options->batch, nt_threads(),
                   nt_threads() == 1 ? "" : "s", library, 1e3 * at->whole.fastest,
                   b->options->batch / at->whole.fastest);
    add_waiting(b, text);
    add_portions(plan, text);
    nt_text_printf(
        text,
        "memory of a run: %.1f MB (%.1f MB of values, %.1f MB without reuse; %.1f MB that "
        "stands still; %.1f MB alive at once)\n",
        1e-6 * (double)plan->slab_size, 1e-6 * (double)plan->varying_size,
        1e-6 * (double)plan->naive_size, 1e-6 * (double)plan->fixed_size,
        1e-6 * (double)plan->alive_size);
    add_peaks(b, text);
    if (b->side_count > 1)
        nt_text_printf(text, "with %s: %.2f ms a step, %.1f images/s\n",
                       b->options->compare == NT_COMPARE_ALGORITHM ? "direct convolutions alone"
                                                                   : "whole batches",
                       1e3 * b->sides[1].whole.fastest,
                       b->options->batch / b->sides[1].whole.fastest);
}

static nt_status print_table(const nt_bench *b) {
    const nt_bench_side *at = &b->sides[0];
    nt_table table;
    nt_text text;
    nt_table_room room = {.width = b->options->wide ? 0 : (size_t)nt_console_width(stdout)};
    nt_text_init(&text);
    nt_table_init(&table, b->side_count > 1 ? columns_compared : columns);
    for (int32_t s = 0; s < nt_bench_plan(b, at)->varying_count; s++) {
        row r = row_of(b, at, s);
        nt_table_cell(&table, r.node->name);
        nt_table_cellf(&table, "%s%s", r.node->op->kind.name, r.node->grad ? " gradient" : "");
        nt_table_cell(&table, r.algorithm);
        nt_table_cellf(&table, "%.3f", 1e3 * r.seconds);
        nt_table_cellf(&table, "%.1f %%", 100 * r.share);
        nt_table_cellf(&table, "%.0f %%", 100 * nt_timing_waiting(r.timing));
        add_rate(&r, &table);
        nt_table_cellf(&table, "%.1f", r.megabytes);
        if (b->side_count > 1)
            add_comparison(b, s, r.seconds, &table);
    }
    nt_table_fit(&table, &room, &text);
    nt_table_note_left_out(&room, "--wide prints them, --json all there is", &text);
    nt_table_finish(&table);
    add_totals(b, &text);
    if (b->peer)
        nt_bench_add_peer(b, &text);
    nt_text_break(&text, room.width);
    return nt_print(&text);
}

/* What the threads did in it: adds it to `object`, which may be NULL. */
static json_t *with_threads(json_t *object, const nt_timing *timing) {
    json_object_set_new(object, "sections", json_integer(a_run(timing, timing->sections)));
    json_object_set_new(object, "jobs", json_integer(a_run(timing, timing->jobs)));
    json_object_set_new(object, "waiting", nt_json_real(nt_timing_waiting(timing)));
    return object;
}

static json_t *json_row(const nt_bench *b, int32_t step) {
    row r = row_of(b, &b->sides[0], step);
    double other = seconds_of_other(b, step);
    json_t *object =
        json_pack("{s:s, s:s, s:b, s:s, s:i, s:o, s:o, s:o, s:o, s:o*}", "node", r.node->name, "op",
                  r.node->op->kind.name, "gradient", r.node->grad != NULL, "algorithm", r.algorithm,
                  "samples", nt_plan_samples(nt_bench_plan(b, &b->sides[0]), step), "seconds",
                  nt_json_real(r.seconds), "gflops", nt_json_real(r.gflops), "of_peak",
                  nt_json_real(r.of_peak), "megabytes", nt_json_real(r.megabytes),
                  "compared_seconds", other > 0 ? nt_json_real(other) : NULL);
    return with_threads(object, r.timing);
}

static json_t *json_peaks(const nt_bench *b) {
    json_t *peaks = json_object();
    for (int i = 0; i < b->kernel_count; i++)
        if (b->peaks[i] > 0)
            json_object_set_new(peaks, b->kernels[i], nt_json_real(b->peaks[i]));
    return peaks;
}

static nt_status print_json(const nt_bench *b) {
    const nt_bench_side *at = &b->sides[0];
    const nt_plan *plan = nt_bench_plan(b, at);
    json_t *nodes = json_array();
    char library[NT_OPS_LIBRARY];
    nt_ops_library(library);
    for (int32_t s = 0; s < plan->varying_count; s++)
        nodes = nt_json_append(nodes, json_row(b, s));
    json_t *all = json_pack(
        "{s:s, s:s, s:i, s:i, s:s, s:o, s:I, s:o, s:o, s:o*, s:o, s:o}", "network",
        b->network->name, "mode", b->options->train ? "training" : "evaluation", "batch",
        (int)b->options->batch, "threads", nt_threads(), "library", library, "peak_gflops",
        json_peaks(b), "steps", (json_int_t)at->whole.runs, "seconds",
        nt_json_real(at->whole.fastest), "images_per_second",
        nt_json_real(b->options->batch / at->whole.fastest), "compared_seconds",
        b->side_count > 1 ? nt_json_real(b->sides[1].whole.fastest) : NULL, "run_bytes",
        json_integer((json_int_t)plan->slab_size), "watching_seconds", nt_json_real(b->watching));
    with_threads(all, &at->whole);
    if (b->peer)
        json_object_set_new(all, "peer", nt_bench_peer_json(b));
    json_object_set_new(all, "nodes", nodes);
    return nt_json_print(all);
}

nt_status nt_bench_print(const nt_bench *b) {
    return b->options->json ? print_json(b) : print_table(b);
}
