/* The method in short: what a reader of tables has to know before they say anything. The method in
 * full (method.c) has the rest. */
#include "method_words.h"
#include "results_words.h"
#include <string.h>

enum { DIGEST_SHOWN = 12 };

static void add_data(const nt_results *results, nt_text *text) {
    const nt_setup *setup = &results->setup;
    const nt_method *method = &results->method;
    nt_text_add(text, setup->data);
    if (method->root)
        nt_text_printf(text, " in the folder %s", method->root);
    if (results->provenance.data && results->provenance.data[0])
        nt_text_printf(text, " (SHA-256 %.*s…)", DIGEST_SHOWN, results->provenance.data);
    nt_text_add(text, ": ");
    nt_text_count(text, setup->samples);
    nt_text_printf(text, " image%s of the split '%s'", nt_words_plural(setup->samples),
                   setup->split);
    if (results->samples.patients)
        nt_text_printf(text, ", of %d patient%s", nt_results_clusters(results, text),
                       nt_words_plural(nt_results_clusters(results, text)));
    if (method->limit > 0)
        nt_text_add(text, ", drawn from it");
    if (method->first > 0)
        nt_text_add(text, ", its first");
    nt_text_printf(text, "; %d classes.", setup->class_count);
}

static void add_network(const nt_results *results, nt_text *text) {
    nt_text_printf(text, "%s: %d convolutions, ", results->network, nt_words_convolutions(results));
    nt_text_count(text, nt_words_parameters(results));
    nt_text_add(text, " parameters.");
}

static void add_weights(const nt_results *results, nt_text *text) {
    const nt_method_training *training = &results->method.training;
    nt_text_printf(text, "%s%s ",
                   training->images > 0     ? "trained "
                   : results->setup.weights ? "given, "
                                            : "",
                   results->seed_count == 1 ? "with the seed" : "with each of the seeds");
    nt_words_add_seeds(results, text);
    if (training->images > 0) {
        nt_text_add(text, " on ");
        nt_text_count(text, training->images);
        nt_text_printf(text, " images, %d epoch%s in batches of %d by %s, %s", training->epochs,
                       nt_words_plural(training->epochs), training->batch, training->optimiser.kind,
                       training->schedule.kind);
    } else if (results->setup.weights) {
        nt_text_printf(text, ": %s", results->setup.weights);
    }
    nt_text_add(text, ".");
}

static bool is_done(const nt_results *results, const char *kind) {
    for (int32_t g = 0; g < results->group_count; g++)
        if (nt_words_has_kind(&results->groups[g], kind))
            return true;
    return false;
}

static void add_edits(const nt_results *results, nt_text *text) {
    int32_t count = 0;
    for (int k = 0; results->kinds[k]; k++) {
        if (!is_done(results, results->kinds[k]))
            continue;
        nt_text_printf(text, "%s%s", count++ ? ", " : "", results->kinds[k]);
        if (strcmp(results->kinds[k], "zero") == 0)
            nt_text_add(text, " (a layer's kernel is 0, its bias stays)");
    }
    nt_text_add(text, count ? "; nothing was retrained" : "none");
    if (nt_words_normalises(results))
        nt_text_printf(text, ". Batch normalisation is by %s",
                       nt_words_norm(results->setup.batch_norm));
    nt_text_add(text, ".");
}

/* Results of earlier versions may have other intervals. */
static void add_tests(const nt_results *results, nt_text *text) {
    const char *units = results->samples.patients ? "patients" : "images";
    nt_text_printf(text,
                   "each case is held against the whole network image by image, in the metric %s",
                   nt_metric_names[results->setup.metric]);
    if (results->method.processor && results->setup.metric == NT_ACCURACY)
        nt_text_add(text, ": Tango's score intervals and McNemar's exact test");
    else if (results->method.processor)
        nt_text_printf(text, ": a studentised bootstrap over the %s", units);
    if (results->method.processor && results->seed_count > 1)
        nt_text_printf(text, "; the recipe's verdicts by Student's t over seeds and %s", units);
    nt_text_printf(text,
                   ". Verdicts are about a margin of %g, at the level %g, adjusted after Holm over "
                   "the cases of a group.",
                   results->setup.margin, results->setup.alpha);
}

const nt_brief nt_briefs[] = {{"Data", add_data},       {"Network", add_network},
                              {"Weights", add_weights}, {"Edits", add_edits},
                              {"Tests", add_tests},     {0}};
