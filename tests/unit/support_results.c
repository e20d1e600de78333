#include "support_results.h"

#include <math.h>

static const nt_field made_noise_fields[] = {
    {"deviation", NT_REAL, offsetof(made_noise, deviation), .doc = "how much"},
    {"seed", NT_INT64, offsetof(made_noise, seed), .doc = "of the noise"},
    {"whole", NT_BOOL, offsetof(made_noise, whole), .doc = "all of it"},
    {"shape", NT_STRING, offsetof(made_noise, shape), .doc = "its form"},
    {0},
};

static nt_finding made_finding(nt_metric metric, int s, double change) {
    return (nt_finding){.seed = 3 + 4 * s,
                        .outcome = {.metric = metric,
                                    .total = 7,
                                    .value = 0.5 + change,
                                    .loss = s ? 1 / 3.0 : (double)NAN,
                                    .correct = metric == NT_ACCURACY ? 4 : 0,
                                    .set_dice = metric == NT_ACCURACY ? 0 : 0.25,
                                    .set_iou = metric == NT_ACCURACY ? 0 : (double)NAN,
                                    .pixel_accuracy = metric == NT_ACCURACY ? 0 : 0.875},
                        .paired = {.samples = 7, .lost = 3, .gained = s},
                        .change = change,
                        .judgement = {.within_95 = {change - 0.1, s ? change + 0.1 : (double)NAN},
                                      .within_90 = {change - 0.08, change + 0.08},
                                      .p = 0.01 * (s + 1),
                                      .margin = {0.5, 0.001}}};
}

static void make_group(made_results *m, nt_metric metric) {
    static const made_noise noise = {0.1, 123456789012345, true, "normal"};
    static const nt_edit_result edits[] = {{"conv1", "zero", NULL, NULL},
                                           {"layer1.0.conv1", "noise", made_noise_fields, &noise},
                                           {"fc", "zero", NULL, NULL}};
    for (int c = 0; c < MADE_CASES; c++)
        m->cases[c] = (nt_case_result){.name = c == 0   ? "all"
                                               : c == 1 ? "one"
                                                        : "none",
                                       .edits = c == 0 ? edits : &edits[c],
                                       .edit_count = c == 0 ? 3 : 1,
                                       .cut = c == 1,
                                       .recipe = {.recipe = {.seeds = c < 2 ? 2 : 0,
                                                             .change = c == 0 ? -0.25 : (double)NAN,
                                                             .drawn = {-0.3, -0.2},
                                                             .wanted = 5},
                                                  .judgement = {.p = 0.02, .margin = {0.9, 0.01}}},
                                       .findings = m->findings[c],
                                       .finding_count = MADE_SEEDS};
    for (int s = 0; s < MADE_SEEDS; s++) {
        m->baseline[s] = made_finding(metric, s, 0);
        m->findings[0][s] = made_finding(metric, s, -0.25 - s / 64.0);
        m->findings[1][s] = made_finding(metric, s, 1 / 256.0);
        m->findings[2][s] = (nt_finding){.seed = 3 + 4 * s,
                                         .failure = "it can't be",
                                         .unfinished = s == 1,
                                         .outcome.metric = metric};
    }
}

void make_results(made_results *m, nt_metric metric) {
    static const nt_scalar items[] = {{.kind = NT_SCALAR_INT, .integer = 5},
                                      {.kind = NT_SCALAR_TEXT, .text = "a \"b\"\n"},
                                      {.kind = NT_SCALAR_REAL, .real = 0.1},
                                      {.kind = NT_SCALAR_BOOL, .truth = true},
                                      {.kind = NT_SCALAR_TEXT, .text = "10"}};
    static const char *const kinds[] = {"zero", "mean", "noise", NULL};
    static const char *const texts[] = {MADE_DIGEST, MADE_DIGEST, "a", "b", "c", "d", "e"};
    static const char *const lines[] = {"asked; first", "asked; then"};
    static const int32_t patients[] = {0, 0, 1, 1, 1, 2, 9}, indexes[] = {3, 0, 6, 2, 1, 5, 4},
                         labels[] = {0, 2, 1, 1, 0, 2, 2};
    static const nt_named_digest source = {"suite.yaml", MADE_DIGEST};
    static const nt_method_part part = {"sgd", NULL, 0};
    static const nt_method_term term = {{"dice_loss", NULL, 0}, 0.5, "aux"};
    *m = (made_results){.set = {{"classes", &items[4], 1, false}},
                        .options = {{"count", &items[0], 1, false},
                                    {"words", &items[1], 1, false},
                                    {"list", items, 4, true},
                                    {"empty", items, 0, true}}};
    make_group(m, metric);
    m->groups[0] = (nt_group_result){.name = "some",
                                     .title = "Some cases",
                                     .hook = "some.lua",
                                     .hook_digest = MADE_DIGEST,
                                     .options = m->options,
                                     .option_count = 4,
                                     .remark = "as it happens",
                                     .cases = m->cases,
                                     .case_count = MADE_CASES};
    m->groups[1] = (nt_group_result){.name = "none",
                                     .title = "No cases",
                                     .hook = "none.lua",
                                     .hook_digest = MADE_DIGEST,
                                     .remark = "",
                                     .notes = lines,
                                     .note_count = 2,
                                     .control = {"some/one", 2, 1, 0.75}};
    m->layers[0] = (nt_layer_result){.name = "layer1.0.conv1",
                                     .op = "conv2d",
                                     .stage = "layer1",
                                     .block = "layer1.0",
                                     .inputs = &texts[2],
                                     .input_count = 2,
                                     .output = patients,
                                     .rank = 3,
                                     .parameters = 1LL << 40,
                                     .multiply_adds = 17,
                                     .fd = true};
    m->layers[1] = (nt_layer_result){.name = "fc",
                                     .op = "linear",
                                     .stage = "",
                                     .block = "",
                                     .output = patients,
                                     .rank = 1,
                                     .shortcut = true};
    m->results =
        (nt_results){.suite = "made",
                     .network = "up",
                     .setup = {"net.yaml", m->set, 1, "idx", &texts[2], 3, "test", metric, 7, 5,
                               256, "running", 0, "fastest", NULL, "first.safetensors", 0.75, 0.05},
                     .provenance = {.program = "nontrivial 0",
                                    .library = "BLIS",
                                    .build = "of yesterday",
                                    .threads = 2,
                                    .numerics = lines,
                                    .numerics_count = 2,
                                    .training_numerics = lines,
                                    .training_numerics_count = 1,
                                    .suite = MADE_DIGEST,
                                    .graph = MADE_DIGEST,
                                    .data = MADE_DIGEST,
                                    .weights = texts,
                                    .weight_count = 2,
                                    .source = &source,
                                    .source_count = 1},
                     .method = {.processor = "of tomorrow",
                                .shape = patients,
                                .rank = 3,
                                .data = {"idx", m->options, 4},
                                .normalise = {"image", NULL, 0},
                                .limit = metric == NT_ACCURACY ? 7 : 0},
                     .samples = {indexes, 7, texts, 7, patients, 7, labels, 7},
                     .baseline = m->baseline,
                     .seed_count = MADE_SEEDS,
                     .groups = m->groups,
                     .group_count = 2,
                     .layers = m->layers,
                     .layer_count = 2,
                     .kinds = kinds};
    if (metric == NT_ACCURACY)
        m->results.method.training = (nt_method_training){
            100, 3, 8, 4, true, &term, 1, part, part, &part, 1, "first.safetensors"};
    assert_int_equal(nt_results_judge(&m->results), NT_OK);
}
