/* What results.json holds: all that is known of a finished run but its outcomes sample by sample,
 * which are in the store. It names no folder, so that it reads alike on every machine; the files
 * that it names are told apart by their digests.
 *
 * This is the contract with whoever reads the file. A change that a reader of the version before
 * would not understand, or that takes a member away, counts NT_RESULTS_VERSION up. */
#include "results_table.h"

#include "results.h"
#include <string.h>

/* --- findings --------------------------------------------------------------------------------- */

enum { FAILED = 1, CLASSES = 2, MASKS = 4, BASE_CLASSES = 8, BASE_MASKS = 16 };
enum { DONE = CLASSES | MASKS, BASE = BASE_CLASSES | BASE_MASKS };

/* The members of a judgement, which lies at `at`. */
#define PART(at, member) (at) + offsetof(nt_judgement, member)
#define BOUNDS(at, ...)                                                                            \
    {"change_low_95",                                                                              \
     NT_JSON_REAL,                                                                                 \
     PART(at, within_95.low),                                                                      \
     .nullable = true,                                                                             \
     .doc = "lower bound of the change's 95 % interval",                                           \
     __VA_ARGS__},                                                                                 \
        {"change_high_95", NT_JSON_REAL,         PART(at, within_95.high),                         \
         .nullable = true, .doc = "upper bound", __VA_ARGS__},                                     \
        {"change_low_90",                                                                          \
         NT_JSON_REAL,                                                                             \
         PART(at, within_90.low),                                                                  \
         .nullable = true,                                                                         \
         .doc = "lower bound of its 90 % interval, which equivalence looks at",                    \
         __VA_ARGS__},                                                                             \
    {                                                                                              \
        "change_high_90", NT_JSON_REAL, PART(at, within_90.high),                                  \
            .nullable = true, .doc = "upper bound", __VA_ARGS__                                    \
    }
#define CONCLUSIONS(at, ...)                                                                       \
    {"p", NT_JSON_REAL, PART(at, p), .nullable = true, .doc = "of no change", __VA_ARGS__},        \
        {"p_holm",                                                                                 \
         NT_JSON_REAL,                                                                             \
         PART(at, p_holm),                                                                         \
         .nullable = true,                                                                         \
         .doc = "the same, adjusted by Holm over the group's cases",                               \
         __VA_ARGS__},                                                                             \
        {"inside",                                                                                 \
         NT_JSON_REAL,                                                                             \
         PART(at, margin.inside),                                                                  \
         .nullable = true,                                                                         \
         .doc = "p value that the change is within the margin",                                    \
         __VA_ARGS__},                                                                             \
        {"inside_holm",                                                                            \
         NT_JSON_REAL,                                                                             \
         PART(at, holm.inside),                                                                    \
         .nullable = true,                                                                         \
         .doc = "the same, adjusted by Holm over the group's cases",                               \
         __VA_ARGS__},                                                                             \
        {"outside",                                                                                \
         NT_JSON_REAL,                                                                             \
         PART(at, margin.outside),                                                                 \
         .nullable = true,                                                                         \
         .doc = "p value that it is beyond",                                                       \
         __VA_ARGS__},                                                                             \
        {"outside_holm",                                                                           \
         NT_JSON_REAL,                                                                             \
         PART(at, holm.outside),                                                                   \
         .nullable = true,                                                                         \
         .doc = "the same, adjusted by Holm over the group's cases",                               \
         __VA_ARGS__},                                                                             \
    {                                                                                              \
        "verdict", NT_JSON_CHOICE, PART(at, verdict),                                              \
            .choices = nt_verdict_names, .doc = "what inside_holm and outside_holm show",          \
            __VA_ARGS__                                                                            \
    }

#define FINDING(member) offsetof(nt_finding, member)

static const nt_json_member finding_members[] = {
    {"seed", NT_JSON_INT, FINDING(seed), .max = INT32_MAX, .doc = "of the training"},
    {"failure", NT_JSON_LINE, FINDING(failure), .in = FAILED, .doc = "why there are no numbers"},
    {"unfinished", NT_JSON_BOOL, FINDING(unfinished), .in = FAILED, .optional = true,
     .doc = "it is not measured yet"},
    {"decide", NT_JSON_CHOICE, FINDING(decide), .choices = nt_decide_names, .in = DONE,
     .optional = true,
     .doc = "measuring was to end as soon as the verdict is certain, about what the samples were "
            "drawn from (true) or about these samples alone (test_set); p values and intervals "
            "hold at any time; absent: all were measured"},
    {"decision", NT_JSON_LINE, FINDING(decision), .in = DONE, .optional = true,
     .doc = "why it ended after `total` samples: the verdict, or 'given up' where the rest would "
            "hardly have decided it; absent: it went to the last sample"},
    {"metric", NT_JSON_CHOICE, FINDING(outcome.metric), .choices = nt_metric_names,
     .in = DONE | BASE, .doc = "what the value is"},
    {"value", NT_JSON_REAL, FINDING(outcome.value), .in = DONE | BASE,
     .doc = "of the metric, over all samples; an image whose mask and prediction have no class but "
            "the background has a Dice and an intersection over union of 1"},
    {"correct", NT_JSON_INT, FINDING(outcome.correct), .max = INT32_MAX,
     .in = CLASSES | BASE_CLASSES, .doc = "samples that are right"},
    {"total", NT_JSON_INT, FINDING(outcome.total), .max = INT32_MAX, .in = DONE | BASE,
     .doc = "samples"},
    {"uncounted", NT_JSON_INT, FINDING(outcome.uncounted), .max = INT32_MAX,
     .in = MASKS | BASE_MASKS, .optional = true,
     .doc = "of them, images without a pixel that counts, which are in no mean; absent: none"},
    {"loss", NT_JSON_REAL, FINDING(outcome.loss), .nullable = true, .in = DONE | BASE,
     .doc = "mean cross-entropy"},
    {"set_dice", NT_JSON_REAL, FINDING(outcome.set_dice), .nullable = true,
     .in = MASKS | BASE_MASKS, .doc = "Dice of all pixels together"},
    {"set_iou", NT_JSON_REAL, FINDING(outcome.set_iou), .nullable = true, .in = MASKS | BASE_MASKS,
     .doc = "intersection over union of all pixels together"},
    {"pixel_accuracy", NT_JSON_REAL, FINDING(outcome.pixel_accuracy), .nullable = true,
     .in = MASKS | BASE_MASKS, .doc = "share of the pixels that are right"},
    {"epoch_seconds", NT_JSON_REAL, FINDING(epoch_seconds), .in = DONE | BASE, .optional = true,
     .doc = "that an epoch of its retraining took, the median; absent: it wasn't retrained"},
    {"change", NT_JSON_REAL, FINDING(change), .in = DONE, .doc = "of the value, by the edits"},
    BOUNDS(FINDING(judgement), .in = DONE),
    {"lost", NT_JSON_LONG, FINDING(paired.lost), .in = DONE,
     .doc = "samples that are worse than with the baseline"},
    {"gained", NT_JSON_LONG, FINDING(paired.gained), .in = DONE, .doc = "samples that are better"},
    CONCLUSIONS(FINDING(judgement), .in = DONE),
    {0},
};

static unsigned variant(const nt_finding *finding, unsigned classes, unsigned masks) {
    if (finding->failure)
        return FAILED;
    return finding->outcome.metric == NT_ACCURACY ? classes : masks;
}

static unsigned variant_read(const json_t *object, unsigned classes, unsigned masks) {
    const char *metric = json_string_value(json_object_get(object, "metric"));
    return metric && strcmp(metric, nt_metric_names[NT_ACCURACY]) != 0 ? masks : classes;
}

static unsigned finding_variant(const void *record) {
    return variant(record, CLASSES, MASKS);
}

static unsigned finding_variant_read(const json_t *object) {
    return json_object_get(object, "failure") ? FAILED : variant_read(object, CLASSES, MASKS);
}

static unsigned baseline_variant(const void *record) {
    return variant(record, BASE_CLASSES, BASE_MASKS);
}

static unsigned baseline_variant_read(const json_t *object) {
    return variant_read(object, BASE_CLASSES, BASE_MASKS);
}

const nt_json_table nt_finding_table = {"a finding",   sizeof(nt_finding), finding_members,
                                        FAILED | DONE, finding_variant,    finding_variant_read};
const nt_json_table nt_baseline_table = {"a baseline", sizeof(nt_finding), finding_members,
                                         BASE,         baseline_variant,   baseline_variant_read};

/* --- cases ------------------------------------------------------------------------------------ */

static const nt_json_member edit_members[] = {
    {"layer", NT_JSON_LINE, offsetof(nt_edit_result, layer), .doc = "a layer's name"},
    {"kind", NT_JSON_LINE, offsetof(nt_edit_result, kind), .doc = "what is done to it"},
    {"", NT_JSON_FIELDS, offsetof(nt_edit_result, fields), offsetof(nt_edit_result, options),
     .doc = "the kind's options"},
    {0},
};

static const nt_json_table edit_table = {
    .what = "an edit", .size = sizeof(nt_edit_result), .members = edit_members};

#define RECIPE(member) offsetof(nt_recipe_finding, member)

static const nt_json_member recipe_members[] = {
    {"seeds", NT_JSON_INT, RECIPE(recipe.seeds), .max = INT32_MAX, .min = 2, .doc = "with numbers"},
    {"same_sign", NT_JSON_INT, RECIPE(recipe.same_sign), .max = INT32_MAX,
     .doc = "seeds whose change has the sign of the mean"},
    {"change", NT_JSON_REAL, RECIPE(recipe.change), .nullable = true, .doc = "mean over the seeds"},
    {"error", NT_JSON_REAL, RECIPE(recipe.error), .nullable = true,
     .doc = "its standard error, of new seeds and new samples"},
    {"freedom", NT_JSON_REAL, RECIPE(recipe.freedom), .nullable = true,
     .doc = "degrees of freedom of Student's t, Satterthwaite's"},
    BOUNDS(RECIPE(judgement), .in = 0),
    {"crossed_low_95", NT_JSON_REAL, RECIPE(recipe.drawn.low), .nullable = true,
     .doc = "lower bound of the 95 % interval by drawing seeds and samples both"},
    {"crossed_high_95", NT_JSON_REAL, RECIPE(recipe.drawn.high), .nullable = true,
     .doc = "upper bound"},
    CONCLUSIONS(RECIPE(judgement), .in = 0),
    {"seeds_wanted", NT_JSON_INT, RECIPE(recipe.wanted), .max = NT_CROSSED_MOST_SEEDS,
     .doc = "seeds with which, were all else as it is, inside or outside would be below alpha; 0: "
            "more than 1,000"},
    {0},
};

const nt_json_table nt_recipe_table = {
    .what = "a recipe", .size = sizeof(nt_recipe_finding), .members = recipe_members};

enum { ALONE = 1, SEVERAL = 2 }; /* seeds with numbers */

#define CASE(member) offsetof(nt_case_result, member)

static const nt_json_member cost_members[] = {
    {"multiply_adds", NT_JSON_LONG, offsetof(nt_cost, multiply_adds), .optional = true,
     .doc = "for one sample, of the layers that depend on it; absent: none, or not known"},
    {"parameters", NT_JSON_LONG, offsetof(nt_cost, parameters), .optional = true,
     .doc = "trained numbers that these layers read"},
    {0},
};

static const nt_json_table cost_table = {
    .what = "a cost", .size = sizeof(nt_cost), .members = cost_members};

static const nt_json_member case_members[] = {
    {"case", NT_JSON_LINE, CASE(name), .doc = "its name"},
    {"edits", NT_JSON_LIST, CASE(edits), CASE(edit_count), &edit_table,
     .doc = "what is done to which layers, in the network's order"},
    {"cut", NT_JSON_BOOL, CASE(cut), .optional = true,
     .doc = "nothing of the image reaches the output, so that chance is certain"},
    {"cost", NT_JSON_OBJECT, CASE(cost), .table = &cost_table, .optional = true,
     .doc = "what is left once what no longer depends on the sample is taken away"},
    {"results", NT_JSON_LIST, CASE(findings), CASE(finding_count), &nt_finding_table,
     .doc = "one for each seed, in the baseline's order"},
    {"value_mean", NT_JSON_REAL, CASE(value.mean), .nullable = true,
     .doc = "over the seeds with numbers"},
    {"value_sd", NT_JSON_REAL, CASE(value.deviation), .nullable = true,
     .doc = "the sample's standard deviation, over these; null below two"},
    {"change_mean", NT_JSON_REAL, CASE(change.mean), .nullable = true, .doc = "over these seeds"},
    {"change_sd", NT_JSON_REAL, CASE(change.deviation), .nullable = true,
     .doc = "over these seeds"},
    {"recipe", NT_JSON_OBJECT, CASE(recipe), .table = &nt_recipe_table, .in = SEVERAL,
     .doc = "what the seeds say together, of the recipe that trained them"},
    {0},
};

static unsigned case_variant(const void *record) {
    return ((const nt_case_result *)record)->recipe.recipe.seeds > 1 ? SEVERAL : ALONE;
}

static unsigned case_variant_read(const json_t *object) {
    return json_object_get(object, "recipe") ? SEVERAL : ALONE;
}

static const nt_json_table case_table = {"a case",     sizeof(nt_case_result),
                                         case_members, ALONE | SEVERAL,
                                         case_variant, case_variant_read};

/* A group without controls has none of it, so that there is no such member. */
enum { NO_CONTROL = 1, CONTROL = 2 };

#define PLACE(member) offsetof(nt_control, member)

static const nt_json_member control_members[] = {
    {"of", NT_JSON_LINE, PLACE(of), .in = CONTROL,
     .doc = "the case that the others are controls for: GROUP/CASE, or one of the group"},
    {"sets", NT_JSON_INT, PLACE(sets), .max = INT32_MAX, .in = CONTROL,
     .doc = "the other cases of the group that have numbers"},
    {"as_costly", NT_JSON_INT, PLACE(as_costly), .max = INT32_MAX, .in = CONTROL,
     .doc = "of these lower the value as much as the case or more, by the mean over the seeds"},
    {"p", NT_JSON_REAL, PLACE(p), .nullable = true, .in = CONTROL,
     .doc = "of the case being one more draw: (as_costly + 1) / (sets + 1)"},
    {0},
};

static unsigned control_variant(const void *record) {
    return ((const nt_control *)record)->of ? CONTROL : NO_CONTROL;
}

static unsigned control_variant_read(const json_t *object) {
    (void)object;
    return CONTROL;
}

const nt_json_table nt_control_table = {
    "the place among controls", sizeof(nt_control), control_members, CONTROL, control_variant,
    control_variant_read};

/* Likewise of a group that isn't retrained. */
enum { NOT_RETRAINED = 1, RETRAINED = 2 };

static const nt_json_member retraining_members[] = {
    {"from", NT_JSON_LINE, offsetof(nt_retraining, from), .in = RETRAINED,
     .doc = "the weights that each case is an edit of: trained, initial, epoch N"},
    {"epochs", NT_JSON_INT, offsetof(nt_retraining, epochs), .max = INT32_MAX, .in = RETRAINED,
     .doc = "that each case was trained on for; source/suite.yaml has the recipe"},
    {0},
};

static unsigned retraining_variant(const void *record) {
    return ((const nt_retraining *)record)->from ? RETRAINED : NOT_RETRAINED;
}

static unsigned retraining_variant_read(const json_t *object) {
    (void)object;
    return RETRAINED;
}

static const nt_json_table retraining_table = {"a retraining",     sizeof(nt_retraining),
                                               retraining_members, RETRAINED,
                                               retraining_variant, retraining_variant_read};

#define GROUP(member) offsetof(nt_group_result, member)

static const nt_json_member group_members[] = {
    {"group", NT_JSON_LINE, GROUP(name), .doc = "its name"},
    {"title", NT_JSON_LINE, GROUP(title), .doc = "what tables and figures call it"},
    {"hook", NT_JSON_TEXT, GROUP(hook), .doc = "the script that lists the cases"},
    {"hook_sha256", NT_JSON_DIGEST, GROUP(hook_digest), .doc = "of the script"},
    {"options", NT_JSON_MAP, GROUP(options), GROUP(option_count), .doc = "that it was given"},
    {"remark", NT_JSON_LINE, GROUP(remark), .doc = "what the script says of it all"},
    {"notes", NT_JSON_LIST, GROUP(notes), GROUP(note_count), .items = NT_JSON_LINE,
     .optional = true, .doc = "which cases are alike, or change nothing"},
    {"control", NT_JSON_OBJECT, GROUP(control), .table = &nt_control_table, .optional = true,
     .doc = "the place of the case that the others are controls for"},
    {"retrained", NT_JSON_OBJECT, GROUP(retraining), .table = &retraining_table, .optional = true,
     .doc = "each case was trained on before it was measured; absent: none was"},
    {"baseline", NT_JSON_LIST, GROUP(own_baseline), GROUP(own_baseline_count), &nt_baseline_table,
     .max = INT32_MAX, .optional = true,
     .doc =
         "of a retrained group: the whole network, retrained likewise, with each seed, which its "
         "cases are compared with; absent: that is the run's"},
    {"kendall_tau", NT_JSON_REAL, GROUP(tau), .nullable = true,
     .doc = "how well the seeds agree on the order of the cases: mean over pairs of seeds"},
    {"kendall_tau_not_trivial", NT_JSON_REAL, GROUP(tau_not_trivial), .nullable = true,
     .doc = "the same without the cases that are trivial with every seed"},
    {"cases", NT_JSON_LIST, GROUP(cases), GROUP(case_count), &case_table,
     .doc = "as the script lists them"},
    {0},
};

static const nt_json_table group_table = {
    .what = "a group", .size = sizeof(nt_group_result), .members = group_members};

/* --- the run ---------------------------------------------------------------------------------- */

#define SETUP(member) offsetof(nt_setup, member)

static const nt_json_member setup_members[] = {
    {"graph", NT_JSON_TEXT, SETUP(graph), .doc = "the network's file"},
    {"set", NT_JSON_MAP, SETUP(set), SETUP(set_count), .items = NT_JSON_TEXT,
     .doc = "parameters of the network that the suite gave"},
    {"data", NT_JSON_LINE, SETUP(data), .doc = "the kind of data set"},
    {"classes", NT_JSON_LIST, SETUP(classes), SETUP(class_count), .items = NT_JSON_TEXT,
     .doc = "their names"},
    {"split", NT_JSON_LINE, SETUP(split), .doc = "the part of the data that was measured on"},
    {"metric", NT_JSON_CHOICE, SETUP(metric), .choices = nt_metric_names,
     .doc = "what decides the verdicts"},
    {"samples", NT_JSON_INT, SETUP(samples), .max = INT32_MAX, .doc = "that were measured"},
    {"held_out", NT_JSON_INT, SETUP(held_out), .max = INT32_MAX,
     .doc = "training images kept for choices"},
    {"batch", NT_JSON_INT, SETUP(batch), .max = INT32_MAX, .doc = "images a step"},
    {"batch_norm", NT_JSON_LINE, SETUP(batch_norm), .doc = "which statistics it used"},
    {"calibration", NT_JSON_INT, SETUP(calibration), .max = INT32_MAX,
     .doc = "training images for mean outputs and recalibrated statistics; 0: none"},
    {"conv", NT_JSON_LINE, SETUP(conv), .doc = "which algorithms convolutions took"},
    {"weights", NT_JSON_TEXT, SETUP(weights), .nullable = true,
     .doc = "the weights' file; null: they were trained"},
    {"initial", NT_JSON_TEXT, SETUP(initial), .nullable = true,
     .doc = "the file of those that training began with; null: the suite gives none"},
    {"margin", NT_JSON_REAL, SETUP(margin), .max = 1, .doc = "a change within it is trivial"},
    {"alpha", NT_JSON_REAL, SETUP(alpha), .max = 1, .doc = "of all tests"},
    {0},
};

const nt_json_table nt_setup_table = {
    .what = "a setup", .size = sizeof(nt_setup), .members = setup_members};

static const nt_json_member named_digest_members[] = {
    {"file", NT_JSON_TEXT, offsetof(nt_named_digest, file), .doc = "its name"},
    {"sha256", NT_JSON_DIGEST, offsetof(nt_named_digest, digest), .doc = "of its bytes"},
    {0},
};

static const nt_json_table named_digest_table = {
    .what = "a file", .size = sizeof(nt_named_digest), .members = named_digest_members};

#define FROM(member) offsetof(nt_provenance, member)

static const nt_json_member provenance_members[] = {
    {"program", NT_JSON_TEXT, FROM(program), .doc = "its name and version"},
    {"library", NT_JSON_TEXT, FROM(library), .doc = "of matrix products, and for which processor"},
    {"build", NT_JSON_LINE, FROM(build), .optional = true,
     .doc = "which commit of it, by which compiler"},
    {"threads", NT_JSON_INT, FROM(threads), .max = INT32_MAX, .doc = "no number depends on them"},
    {"numerics", NT_JSON_LIST, FROM(numerics), FROM(numerics_count), .items = NT_JSON_LINE,
     .optional = true, .doc = "how outcomes were computed; cases are compared within each"},
    {"training_numerics", NT_JSON_LIST, FROM(training_numerics), FROM(training_numerics_count),
     .items = NT_JSON_LINE, .optional = true, .doc = "how the weights were, as far as is known"},
    {"suite_sha256", NT_JSON_DIGEST, FROM(suite), .doc = "of the suite, with --set's settings"},
    {"graph_sha256", NT_JSON_DIGEST, FROM(graph), .doc = "of the graph"},
    {"data_sha256", NT_JSON_DIGEST, FROM(data), .doc = "of the data's files"},
    {"weights_sha256", NT_JSON_LIST, FROM(weights), FROM(weight_count), .items = NT_JSON_DIGEST,
     .doc = "of each seed's weights"},
    {"source", NT_JSON_LIST, FROM(source), FROM(source_count), &named_digest_table,
     .optional = true,
     .doc = "files in the run's folder source/: the suite with all its defaults, the graph, what "
            "it includes, the hooks"},
    {0},
};

const nt_json_table nt_provenance_table = {
    .what = "provenance", .size = sizeof(nt_provenance), .members = provenance_members};

static const nt_json_member samples_members[] = {
    {"indexes", NT_JSON_LIST, offsetof(nt_samples, indexes), offsetof(nt_samples, index_count),
     .items = NT_JSON_INT, .optional = true,
     .doc = "in the split, from 0; without them 0, 1, 2 and so on"},
    {"names", NT_JSON_LIST, offsetof(nt_samples, names), offsetof(nt_samples, name_count),
     .items = NT_JSON_TEXT, .optional = true, .doc = "of the images"},
    {"patients", NT_JSON_LIST, offsetof(nt_samples, patients), offsetof(nt_samples, patient_count),
     .items = NT_JSON_INT, .optional = true, .doc = "numbers: equal ones belong together"},
    {"labels", NT_JSON_LIST, offsetof(nt_samples, labels), offsetof(nt_samples, label_count),
     .items = NT_JSON_INT, .optional = true, .doc = "of images with a class: its number, from 0"},
    {0},
};

static const nt_json_table samples_table = {
    .what = "samples", .size = sizeof(nt_samples), .members = samples_members};

#define LAYER(member) offsetof(nt_layer_result, member)

static const nt_json_member layer_members[] = {
    {"name", NT_JSON_LINE, LAYER(name), .doc = "as in the network's file"},
    {"op", NT_JSON_LINE, LAYER(op), .doc = "what it does"},
    {"stage", NT_JSON_LINE, LAYER(stage), .doc = "the first part of its name, or \"\""},
    {"block", NT_JSON_LINE, LAYER(block), .doc = "the block that it is in, or \"\""},
    {"inputs", NT_JSON_LIST, LAYER(inputs), LAYER(input_count), .items = NT_JSON_TEXT,
     .doc = "layers, or inputs of the network"},
    {"output", NT_JSON_LIST, LAYER(output), LAYER(rank), .items = NT_JSON_INT,
     .doc = "its shape: channels, rows, columns"},
    {"parameters", NT_JSON_LONG, LAYER(parameters), .doc = "how many"},
    {"multiply_adds", NT_JSON_LONG, LAYER(multiply_adds), .doc = "for one sample"},
    {"convolution", NT_JSON_BOOL, LAYER(convolution), .doc = "with a kernel of rows and columns"},
    {"sum", NT_JSON_BOOL, LAYER(sum), .doc = "of several layers"},
    {"residual", NT_JSON_CHOICE, LAYER(residual), .choices = nt_residual_names, .optional = true,
     .doc = "of a sum of a branch with a layer: what its short connection is; absent: none"},
    {"fd", NT_JSON_BOOL, LAYER(fd), .doc = "a convolution that changes the number of channels"},
    {"shortcut", NT_JSON_BOOL, LAYER(shortcut), .doc = "on the short side of an addition"},
    {0},
};

static const nt_json_table layer_table = {
    .what = "a layer", .size = sizeof(nt_layer_result), .members = layer_members};

#define ESTIMATE(member) offsetof(nt_estimate_result, member)

static const nt_json_member estimate_value_members[] = {
    {"layer", NT_JSON_LINE, offsetof(nt_estimate_value, layer), .doc = "its name"},
    {"value", NT_JSON_REAL, offsetof(nt_estimate_value, value), .nullable = true,
     .doc = "the greater, the more it matters; null: nothing can be said"},
    {0},
};

static const nt_json_table estimate_value_table = {
    .what = "a value", .size = sizeof(nt_estimate_value), .members = estimate_value_members};

static const nt_json_member estimate_rank_members[] = {
    {"group", NT_JSON_LINE, offsetof(nt_estimate_rank, group),
     .doc = "whose cases each edit one layer, each another"},
    {"layers", NT_JSON_INT, offsetof(nt_estimate_rank, layers), .max = INT32_MAX,
     .doc = "that have a value and a measured cost; a cut has none"},
    {"kendall_tau", NT_JSON_REAL, offsetof(nt_estimate_rank, tau), .nullable = true,
     .doc = "rank correlation (tau-b) of values and costs; null: one is the same for all"},
    {0},
};

static const nt_json_table estimate_rank_table = {
    .what = "a rank", .size = sizeof(nt_estimate_rank), .members = estimate_rank_members};

static const nt_json_member estimate_members[] = {
    {"by", NT_JSON_LINE, ESTIMATE(by), .doc = "the estimator"},
    {"doc", NT_JSON_LINE, ESTIMATE(doc), .doc = "what it says of a layer"},
    {"after", NT_JSON_LINE, ESTIMATE(after), .doc = "who described it, or \"\""},
    {"seed", NT_JSON_INT, ESTIMATE(seed), .max = INT32_MAX, .doc = "of the weights"},
    {"split", NT_JSON_LINE, ESTIMATE(split), .nullable = true,
     .doc = "of the images that it looked at; null: it looks at none"},
    {"images", NT_JSON_INT, ESTIMATE(images), .max = INT32_MAX, .doc = "how many it looked at"},
    {"numerics", NT_JSON_LINE, ESTIMATE(numerics), .doc = "how it was computed"},
    {"values", NT_JSON_LIST, ESTIMATE(values), ESTIMATE(value_count), &estimate_value_table,
     .doc = "of layers, in the network's order"},
    {"ranks", NT_JSON_LIST, ESTIMATE(ranks), ESTIMATE(rank_count), &estimate_rank_table,
     .doc = "how well it ranks layers as groups measured them"},
    {0},
};

static const nt_json_table estimate_table = {
    .what = "an estimate", .size = sizeof(nt_estimate_result), .members = estimate_members};

#define RUN(member) offsetof(nt_results, member)

static const nt_json_member results_members[] = {
    {"version", NT_JSON_CONST, .min = NT_RESULTS_VERSION, .doc = "of this format"},
    {"suite", NT_JSON_LINE, RUN(suite), .doc = "its name"},
    {"network", NT_JSON_LINE, RUN(network), .doc = "its name"},
    {"setup", NT_JSON_OBJECT, RUN(setup), .table = &nt_setup_table,
     .doc = "what was measured on what"},
    {"method", NT_JSON_OBJECT, RUN(method), .table = &nt_method_table, .optional = true,
     .doc = "how it was made; 'results RUN --method' says it in sentences"},
    {"provenance", NT_JSON_OBJECT, RUN(provenance), .table = &nt_provenance_table,
     .doc = "what the numbers were computed from and by"},
    {"samples", NT_JSON_OBJECT, RUN(samples), .table = &samples_table, .optional = true,
     .doc = "what is known of them, in the order of their outcomes"},
    {"baseline", NT_JSON_LIST, RUN(baseline), RUN(seed_count), &nt_baseline_table, .min = 1,
     .max = INT32_MAX, .doc = "the whole network, with each seed"},
    {"cost", NT_JSON_OBJECT, RUN(cost), .table = &cost_table, .optional = true,
     .doc = "of the whole network, as far as its first output needs it"},
    {"groups", NT_JSON_LIST, RUN(groups), RUN(group_count), &group_table,
     .doc = "of cases, in the suite's order"},
    {"estimates", NT_JSON_LIST, RUN(estimates), RUN(estimate_count), &estimate_table,
     .optional = true, .doc = "what was guessed of layers without ablating them"},
    {"layers", NT_JSON_LIST, RUN(layers), RUN(layer_count), &layer_table,
     .doc = "of the network, in its order"},
    {0},
};

const nt_json_table nt_results_table = {
    .what = "a run", .size = sizeof(nt_results), .members = results_members};
