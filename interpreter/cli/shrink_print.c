#include "shrink_print.h"

#include "console.h"
#include "json_out.h"
#include "parallel.h"
#include "table.h"
#include <math.h>

/* --- the table -------------------------------------------------------------------------------- */

static const nt_column columns[] = {{.title = "", .align = NT_LEFT},
                                    {.title = "before", .align = NT_RIGHT},
                                    {.title = "after", .align = NT_RIGHT},
                                    {.title = "left", .align = NT_RIGHT},
                                    {0}};

static void add_row(nt_table *table, const char *what, int64_t before, int64_t after) {
    nt_table_cell(table, what);
    nt_table_count(table, before);
    nt_table_count(table, after);
    nt_table_cellf(table, "%.1f %%", before ? 100 * (double)after / (double)before : 100.0);
}

/* Medians. */
static void add_timed(nt_table *table, const char *what, nt_turns_spread before,
                      nt_turns_spread after, nt_turns_spread left, double unit) {
    nt_table_cell(table, what);
    nt_table_cellf(table, "%.4g", before.median / unit);
    nt_table_cellf(table, "%.4g", after.median / unit);
    nt_table_cellf(table, "%.1f %%", 100 * left.median);
}

static void add_cost(const nt_shrink_won *won, const nt_shrink_options *options, nt_text *text) {
    const nt_shrink_cost *before = &won->before, *after = &won->after;
    nt_table table;
    char what[64];
    nt_table_init(&table, columns);
    add_row(&table, "layers", before->layers, after->layers);
    add_row(&table, "parameters", before->parameters, after->parameters);
    add_row(&table, "multiply-adds", before->multiply_adds, after->multiply_adds);
    add_row(&table, "executed", before->executed, after->executed);
    add_row(&table, "kilobytes of a run of 1", (int64_t)before->memory / 1000,
            (int64_t)after->memory / 1000);
    snprintf(what, sizeof what, "kilobytes of a run of %d", options->batch);
    add_row(&table, what, (int64_t)before->batch_memory / 1000,
            (int64_t)after->batch_memory / 1000);
    if (won->rounds > 0) {
        add_timed(&table, "milliseconds of 1", before->latency, after->latency, won->latency_left,
                  1e-3);
        snprintf(what, sizeof what, "images/s in runs of %d", options->batch);
        add_timed(&table, what, before->rate, after->rate, won->rate_left, 1);
    }
    nt_table_format(&table, text);
    nt_table_finish(&table);
}

static void add_rounds(const nt_shrink_won *won, const nt_shrink_options *options, nt_text *text) {
    if (won->rounds == 0)
        return;
    nt_text_printf(text,
                   "\ntimed in turns, %d round%s of the fastest of %d, with %d thread%s: medians; "
                   "in one round\n%.1f to %.1f %% of the milliseconds were left, and %.1f to %.1f "
                   "%% of the images/s\n",
                   won->rounds, won->rounds == 1 ? "" : "s", options->repeat, nt_threads(),
                   nt_threads() == 1 ? "" : "s", 100 * won->latency_left.least,
                   100 * won->latency_left.greatest, 100 * won->rate_left.least,
                   100 * won->rate_left.greatest);
}

static void add_metric(const nt_shrink_metric *m, const char *when, nt_text *text) {
    const nt_judgement *judged = &m->finding.judgement;
    const char *none = nt_finding_no_interval(&m->finding);
    nt_text_printf(text, "\n%s on ", nt_metric_names[m->metric]);
    nt_text_count(text, m->images);
    nt_text_printf(text, " images (%s): %.4f before, %.4f %s: %+.4f (", m->split, m->before,
                   m->finding.outcome.value, when, m->finding.change);
    if (none)
        nt_text_printf(text, "interval: %s", none);
    else
        nt_text_printf(text, "95 %%: %+.4f to %+.4f, 90 %%: %+.4f to %+.4f", judged->within_95.low,
                       judged->within_95.high, judged->within_90.low, judged->within_90.high);
    nt_text_printf(text, "),\n%s by a margin of %g\n", nt_verdict_name(judged->verdict), m->margin);
}

/* "480 channels are zero, of which 120 stay, in 'a', 'b', 'c' and 3 more: …" */
static void add_channels(const nt_shrink_channels *c, nt_text *text) {
    enum { NAMED = 3 };
    if (!c->any)
        return;
    nt_text_add(text, "\n");
    nt_text_count(text, c->zero);
    if (c->left == 0) {
        nt_text_add(text, " channels are gone\n");
        return;
    }
    nt_text_add(text, " channels are zero, of which ");
    nt_text_count(text, c->left);
    nt_text_add(text, " stay, in ");
    for (int32_t i = 0; i < c->layer_count && i < NAMED; i++)
        nt_text_printf(text, "%s'%s'",
                       i == 0                    ? ""
                       : i == c->layer_count - 1 ? " and "
                                                 : ", ",
                       c->layers[i]);
    if (c->layer_count > NAMED)
        nt_text_printf(text, " and %d more", (int)(c->layer_count - NAMED));
    nt_text_add(text,
                ":\nthey are the output's, or added to, grouped or shuffled with channels that "
                "stay; 'coupled' takes out such ones together\n");
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *spread_json(nt_turns_spread spread, bool timed) {
    return timed ? json_pack("{s:o, s:o, s:o}", "median", nt_json_real(spread.median), "least",
                             nt_json_real(spread.least), "greatest", nt_json_real(spread.greatest))
                 : json_null();
}

static json_t *cost_json(const nt_shrink_cost *cost, bool timed) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "layers", (json_int_t)cost->layers,
                     "parameters", (json_int_t)cost->parameters, "multiply_adds",
                     (json_int_t)cost->multiply_adds, "executed", (json_int_t)cost->executed,
                     "memory", (json_int_t)cost->memory, "batch_memory",
                     (json_int_t)cost->batch_memory, "seconds", spread_json(cost->latency, timed),
                     "images_per_second", spread_json(cost->rate, timed));
}

static json_t *timing_json(const nt_shrink_won *won, const nt_shrink_options *options) {
    if (won->rounds == 0)
        return json_null();
    return json_pack("{s:i, s:i, s:i, s:o, s:o}", "rounds", (int)won->rounds, "repeat",
                     (int)options->repeat, "threads", nt_threads(), "seconds_left",
                     spread_json(won->latency_left, true), "images_per_second_left",
                     spread_json(won->rate_left, true));
}

static json_t *metric_json(const nt_shrink_metric *m) {
    const nt_judgement *j = &m->finding.judgement;
    return json_pack(
        "{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:s}",
        "name", nt_metric_names[m->metric], "split", m->split, "images", (json_int_t)m->images,
        "before", nt_json_real(m->before), "after", nt_json_real(m->finding.outcome.value),
        "change", nt_json_real(m->finding.change), "change_low_95", nt_json_real(j->within_95.low),
        "change_high_95", nt_json_real(j->within_95.high), "change_low_90",
        nt_json_real(j->within_90.low), "change_high_90", nt_json_real(j->within_90.high), "lost",
        (json_int_t)m->finding.paired.lost, "gained", (json_int_t)m->finding.paired.gained, "p",
        nt_json_real(j->p), "inside", nt_json_real(j->margin.inside), "outside",
        nt_json_real(j->margin.outside), "margin", nt_json_real(m->margin), "verdict",
        nt_verdict_name(j->verdict));
}

static json_t *retrained_json(const nt_shrink_metric *m, const nt_shrink_options *options) {
    return m ? json_pack("{s:i, s:o?, s:o}", "epochs", (int)options->retrain, "rate",
                         options->retrain_rate > 0 ? nt_json_real(options->retrain_rate)
                                                   : json_null(),
                         "metric", metric_json(m))
             : json_null();
}

static json_t *channels_json(const nt_shrink_channels *c) {
    json_t *layers = json_array();
    if (!c->any) {
        json_decref(layers);
        return json_null();
    }
    for (int32_t i = 0; i < c->layer_count; i++)
        json_array_append_new(layers, json_string(c->layers[i]));
    return json_pack("{s:I, s:I, s:o}", "zero", (json_int_t)c->zero, "left", (json_int_t)c->left,
                     "layers", layers);
}

nt_status nt_shrink_format(const nt_shrink_answer *a, const nt_shrink_options *options,
                           nt_text *text) {
    const nt_shrink_won *won = &a->won;
    json_t *all = json_pack(
        "{s:s, s:s?, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:I, s:o, s:o, s:o, "
        "s:o}}",
        "network", a->network, "from", a->from, "edits", (json_int_t)a->edits, "channels",
        channels_json(&a->channels), "folder", nt_json_text(options->out), "batch",
        (json_int_t)options->batch, "before", cost_json(&won->before, won->rounds > 0), "after",
        cost_json(&won->after, won->rounds > 0), "timing", timing_json(won, options), "metric",
        won->has_metric ? metric_json(&won->metric) : json_null(), "retrained",
        retrained_json(a->retrained, options), "comparison", "data", nt_json_text(a->images),
        "images", (json_int_t)a->difference.images, "difference", nt_json_real(a->difference.most),
        "logit", nt_json_real(a->difference.logit), "relative",
        nt_json_real(nt_difference_relative(&a->difference)), "tolerance",
        nt_json_real(options->tolerance));
    nt_json_format(all, text);
    json_decref(all);
    return text->failed ? NT_NO_MEMORY : NT_OK;
}

nt_status nt_shrink_print(const nt_shrink_answer *a, const nt_shrink_options *options) {
    nt_text text;
    nt_text_init(&text);
    if (options->json) {
        nt_shrink_format(a, options, &text);
        return nt_print(&text);
    }
    nt_text_printf(&text,
                   a->channels.any ? "%s with %d layer%s edited%s%s, in %s\n\n"
                                   : "%s without %d layer%s%s%s, in %s\n\n",
                   a->network, a->edits, a->edits == 1 ? "" : "s", a->from ? ": " : "",
                   a->from ? a->from : "", options->out);
    add_cost(&a->won, options, &text);
    add_rounds(&a->won, options, &text);
    if (a->won.has_metric)
        add_metric(&a->won.metric, "after", &text);
    if (a->retrained)
        add_metric(a->retrained, "after retraining", &text);
    add_channels(&a->channels, &text);
    nt_text_add(&text, "\nlargest difference of a logit: ");
    nt_text_printf(&text, "%.2g, of at most %.4g (%.2g) over ", a->difference.most,
                   a->difference.logit, nt_difference_relative(&a->difference));
    nt_text_count(&text, a->difference.images);
    nt_text_printf(&text, a->images ? " images of %s\n" : " random images\n", a->images);
    return nt_print(&text);
}
