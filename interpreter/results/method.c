/* The method in sentences. A paragraph a subject; what an earlier version did not write down is
 * left out. */
#include "results.h"

#include "method_words.h"
#include "results_words.h"
#include "statistics.h"
#include <string.h>

/* --- network and data ------------------------------------------------------------------------- */

static void add_network(const nt_results *results, nt_text *text) {
    const nt_method *method = &results->method;
    int64_t multiply_adds = 0;
    for (int32_t i = 0; i < results->layer_count; i++)
        multiply_adds += results->layers[i].multiply_adds;
    nt_text_printf(text, "Network. %s, as %s describes it", results->network, results->setup.graph);
    nt_words_add_options(text, results->setup.set, results->setup.set_count);
    nt_text_printf(text, ", has %d layers, %d of them convolutions, and ", results->layer_count,
                   nt_words_convolutions(results));
    nt_text_count(text, nt_words_parameters(results));
    nt_text_add(text, " parameters; an image");
    for (int32_t i = 0; i < method->rank; i++)
        nt_text_printf(text, "%s%d", i ? "x" : " of ", method->shape[i]);
    nt_text_add(text, method->rank ? " (channels, rows, columns) takes " : " takes ");
    nt_text_count(text, multiply_adds);
    nt_text_add(text, " multiply-adds.\n");
}

static void add_normalisation(const nt_method_part *normalise, nt_text *text) {
    if (!normalise->kind)
        return;
    if (strcmp(normalise->kind, "image") == 0) {
        nt_text_add(text, " Each image was normalised by its own mean and standard deviation.");
        return;
    }
    nt_text_add(text, " Images were normalised by channel");
    for (int32_t i = 0; i < normalise->option_count; i++) {
        nt_text_printf(text, "%s%s ", i ? " and " : ", with the ", normalise->options[i].name);
        nt_words_add_value(text, &normalise->options[i]);
    }
    nt_text_add(text, ".");
}

static void add_data(const nt_results *results, nt_text *text) {
    const nt_setup *setup = &results->setup;
    const nt_method *method = &results->method;
    nt_text_add(text, "Data. They are of the kind ");
    if (method->data.kind)
        nt_words_add_part(text, &method->data);
    else
        nt_text_add(text, setup->data);
    if (method->root)
        nt_text_printf(text, ", in the folder %s", method->root);
    nt_text_printf(text, ", with %d classes. ", setup->class_count);
    if (method->training.images > 0) {
        nt_text_count(text, method->training.images);
        nt_text_printf(text, " image%s were trained on. ",
                       nt_words_plural(method->training.images));
    }
    if (setup->held_out > 0) {
        nt_text_add(text, results->samples.patients ? "Of the training images at least "
                                                    : "Of the training images ");
        nt_text_count(text, setup->held_out);
        nt_text_add(text, " were held out for choices. ");
    }
    nt_text_count(text, setup->samples);
    nt_text_printf(text, " image%s of the split '%s'", nt_words_plural(setup->samples),
                   setup->split);
    if (results->samples.patients)
        nt_text_printf(text, ", of %d patients,", nt_results_clusters(results, text));
    nt_text_add(text, " were measured");
    if (method->limit > 0)
        nt_text_add(text, ", a draw of it in which each class or patient has its share");
    if (method->first > 0)
        nt_text_add(text, ", the first of it as they are stored");
    nt_text_add(text, ".");
    add_normalisation(&method->normalise, text);
    nt_text_add(text, "\n");
}

/* --- weights ---------------------------------------------------------------------------------- */

static void add_loss(const nt_method_training *training, nt_text *text) {
    for (int32_t i = 0; i < training->loss_count; i++) {
        const nt_method_term *term = &training->loss[i];
        nt_text_add(text, i ? " + " : "");
        if (term->weight != 1) {
            nt_words_add_real(text, term->weight);
            nt_text_add(text, " times ");
        }
        nt_words_add_part(text, &term->op);
        if (term->of)
            nt_text_printf(text, " of the output '%s'", term->of);
    }
}

static void add_seeds(const nt_results *results, nt_text *text) {
    nt_text_add(text, results->seed_count == 1 ? "With the seed " : "With each of the seeds ");
    nt_words_add_seeds(results, text);
}

static void add_recipe(const nt_results *results, nt_text *text) {
    const nt_method_training *training = &results->method.training;
    nt_text_add(text, "Training. ");
    add_seeds(results, text);
    nt_text_add(text, " the network was trained from ");
    if (training->from)
        nt_text_printf(text, "the weights in %s", training->from);
    else
        nt_text_add(text, "weights drawn with the seed");
    nt_text_printf(text, ", for %d epoch%s in batches of %d, ", training->epochs,
                   nt_words_plural(training->epochs), training->batch);
    if (training->shards > 0)
        nt_text_printf(text, "each cut into %d shards with batch statistics of %s, ",
                       training->shards, training->batch_statistics ? "the whole" : "their own");
    nt_text_add(text, "by ");
    nt_words_add_part(text, &training->optimiser);
    nt_text_add(text, " with the learning rate's schedule ");
    nt_words_add_part(text, &training->schedule);
    nt_text_add(text, ", to minimise ");
    add_loss(training, text);
    nt_text_add(text, training->augment_count ? ". Training images were augmented by "
                                              : ". Training images were not augmented");
    for (int32_t i = 0; i < training->augment_count; i++) {
        nt_text_add(text, nt_words_between(i, training->augment_count));
        nt_words_add_part(text, &training->augment[i]);
    }
    nt_text_add(text, ".\n");
}

static void add_weights(const nt_results *results, nt_text *text) {
    const nt_provenance *from = &results->provenance;
    if (results->method.training.images > 0)
        add_recipe(results, text);
    else if (results->setup.weights)
        nt_text_printf(text, "Weights. They were given, in %s (SHA-256 %s).\n",
                       results->setup.weights, from->weight_count ? from->weights[0] : "unknown");
}

/* --- cases ------------------------------------------------------------------------------------ */

/* What is done to layers in the cases of a group, and to how many at once. */
static void add_edits(const nt_results *results, const nt_group_result *group, nt_text *text) {
    int32_t least = INT32_MAX, most = 0, count = 0;
    nt_text_add(text, " (");
    for (int k = 0; results->kinds[k]; k++)
        if (nt_words_has_kind(group, results->kinds[k]))
            nt_text_printf(text, "%s%s", count++ ? ", " : "", results->kinds[k]);
    for (int32_t c = 0; c < group->case_count; c++) {
        int32_t edits = group->cases[c].edit_count;
        least = edits < least ? edits : least;
        most = edits > most ? edits : most;
    }
    nt_text_printf(text, ": %d", least);
    if (most > least)
        nt_text_printf(text, " to %d", most);
    nt_text_printf(text, " layer%s at a time)", nt_words_plural(most));
}

static bool any_retrained(const nt_results *results) {
    for (int32_t g = 0; g < results->group_count; g++)
        if (results->groups[g].retraining.from)
            return true;
    return false;
}

static void add_retraining(const nt_retraining *retraining, nt_text *text) {
    nt_arena arena;
    nt_arena_init(&arena);
    const char *words = nt_retraining_words(retraining, &arena);
    text->failed = text->failed || !words;
    nt_text_printf(text, ", each %s", words ? words : "");
    nt_arena_finish(&arena);
}

static void add_groups(const nt_results *results, nt_text *text) {
    bool zeroes = false;
    if (results->group_count == 0)
        return;
    nt_text_printf(text, "Ablation. %s", any_retrained(results) ? "" : "Nothing was retrained. ");
    for (int32_t g = 0; g < results->group_count; g++) {
        const nt_group_result *group = &results->groups[g];
        nt_text_printf(text, "%s'%s' has %d case%s", g ? "; " : "", group->title, group->case_count,
                       nt_words_plural(group->case_count));
        if (group->case_count > 0)
            add_edits(results, group, text);
        zeroes = zeroes || nt_words_has_kind(group, "zero");
        nt_text_printf(text, ", listed by the hook %s", group->hook);
        nt_words_add_options(text, group->options, group->option_count);
        if (group->retraining.from)
            add_retraining(&group->retraining, text);
    }
    nt_text_add(text, ".");
    if (zeroes)
        nt_text_add(text, " A zeroed layer's kernel is 0, and its bias stays.");
    nt_text_add(text, "\n");
}

static void add_evaluation(const nt_results *results, nt_text *text) {
    const nt_setup *setup = &results->setup;
    nt_text_printf(text, "Evaluation. Images went through the network in batches of %d",
                   setup->batch);
    if (nt_words_normalises(results))
        nt_text_printf(text, ", with batch normalisation by %s", nt_words_norm(setup->batch_norm));
    nt_text_add(text, ".");
    if (setup->calibration > 0) {
        nt_text_add(text, " Mean outputs and recalibrated statistics are those of ");
        nt_text_count(text, setup->calibration);
        nt_text_add(text, " training images, the calibration images.");
    }
    nt_text_add(text, "\n");
}

/* --- statistics ------------------------------------------------------------------------------- */

/* Which intervals and tests these are. */
static void add_tests(const nt_results *results, nt_text *text) {
    if (results->setup.metric == NT_ACCURACY)
        nt_text_add(text,
                    " The intervals (95 % and 90 %) of the change of the accuracy are Tango's "
                    "score intervals, the p value of no change is McNemar's exact one.");
    else
        nt_text_printf(text,
                       " The metric is the mean over the images of %s, each of which is the mean "
                       "over the classes but the background; intervals (95 %% and 90 %%) of its "
                       "change and p values are those of a studentised bootstrap over the %d %s, "
                       "with %d draws.",
                       results->setup.metric == NT_DICE ? "Dice" : "the intersection over union",
                       nt_results_clusters(results, text),
                       results->samples.patients ? "patients" : "images", NT_BOOTSTRAP_DRAWS);
    if (results->seed_count > 1)
        nt_text_printf(text,
                       " What the %d seeds say of the recipe is concluded by Student's t with "
                       "Satterthwaite's degrees of freedom, over seeds and %s together; a second "
                       "interval is by drawing both, %d times.",
                       results->seed_count, results->samples.patients ? "patients" : "images",
                       NT_CROSSED_DRAWS);
}

/* Groups whose cases might end before the last image. */
static void add_early(const nt_results *results, nt_text *text) {
    int32_t count = 0;
    for (int32_t g = 0; g < results->group_count; g++)
        if (nt_group_result_decides(&results->groups[g]))
            nt_text_printf(text, "%s'%s'", count++ ? ", " : " In ", results->groups[g].title);
    if (count > 0)
        nt_text_add(text, " a case ended as soon as its verdict was certain: there p values and "
                          "intervals are of bets, and hold at any time.");
}

/* Results of earlier versions may have other intervals. */
static void add_statistics(const nt_results *results, nt_text *text) {
    nt_text_printf(text,
                   "Statistics. Each case was compared with the whole network image by image, in "
                   "the metric %s.",
                   nt_metric_names[results->setup.metric]);
    if (results->method.processor)
        add_tests(results, text);
    add_early(results, text);
    nt_text_printf(text,
                   " A change within %g is trivial, a greater loss critical, a greater gain "
                   "better, where a test shows it at the level %g; the tests of a group's cases of "
                   "each kind (no change, within, beyond) are adjusted by Holm's method.\n",
                   results->setup.margin, results->setup.alpha);
}

static void add_machine(const nt_results *results, nt_text *text) {
    const nt_provenance *from = &results->provenance;
    nt_text_printf(text, "Computation. All was computed by %s",
                   from->build ? from->build : from->program);
    if (results->method.processor)
        nt_text_printf(text, ", on the processor %s", results->method.processor);
    nt_text_printf(text, ", with %d thread%s, on which no number depends", from->threads,
                   nt_words_plural(from->threads));
    for (int32_t i = 0; i < from->numerics_count; i++)
        nt_text_printf(text, "%s%s", i ? " | " : "; numerics: ", from->numerics[i]);
    nt_text_add(text, ".\n");
}

void nt_results_add_method(const nt_results *results, nt_text *text) {
    add_network(results, text);
    add_data(results, text);
    add_weights(results, text);
    add_groups(results, text);
    add_evaluation(results, text);
    add_statistics(results, text);
    add_machine(results, text);
}
