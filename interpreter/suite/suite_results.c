/* The suite, its network and its cases as the plain data that the results are. What the network and
 * the hooks own is copied, since the results outlive them. */
#include "suite_run_private.h"

#include "attrs.h"
#include "build_info.h"
#include "graph_cost.h"
#include "op_library.h"
#include "origins.h"
#include "parallel.h"
#include <math.h>
#include <string.h>

/* A text in the results' arena. */
static const char *copy(const nt_suite_work *work, const char *text) {
    return nt_arena_string(&work->results->arena, text);
}

/* Without its folder, which is another on each machine; a digest stands beside it. */
static const char *file_name(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

/* --- cases ------------------------------------------------------------------------------------ */

static nt_status describe_edit(const nt_suite_work *work, int32_t layer, const nt_edit *edit,
                               nt_edit_result *ret) {
    const nt_kind *kind = &edit->kind->kind;
    *ret = (nt_edit_result){.layer = copy(work, work->network->layers[layer].name),
                            .kind = kind->name,
                            .fields = kind->fields};
    if (edit->options)
        ret->options = nt_kind_copy(kind, edit->options, &work->results->arena);
    return ret->layer && (ret->options || !edit->options) ? NT_OK : nt_suite_no_memory(work);
}

/* A case that can't be made is no cut; it has its failure when it comes to be measured. */
static nt_status find_cut(const nt_suite_work *work, const nt_case *item, bool *ret) {
    char why[NT_WHY];
    nt_status status = nt_edit_cuts(work->network->graph, item->edits, item->count, ret, why);
    return status == NT_NO_MEMORY ? nt_suite_no_memory(work) : NT_OK;
}

/* Of the graph with these edits alone; nothing is known of a case that can't be made. */
static nt_status find_cost(const nt_suite_work *work, const nt_edits *edits, nt_cost *ret) {
    nt_case_graph cases;
    nt_graph *main;
    char why[NT_WHY];
    nt_status status = nt_case_graph_init(&cases, work->network, edits, 1, why);
    if (status != NT_OK)
        return status == NT_NO_MEMORY ? nt_suite_no_memory(work) : NT_OK;
    status = nt_graph_main(cases.graph, &main);
    if (status == NT_OK) {
        ret->multiply_adds = nt_graph_cost_of(main).multiply_adds;
        status = nt_graph_weights(main, &ret->parameters);
        nt_graph_free(main);
    }
    nt_case_graph_finish(&cases);
    return status == NT_OK ? NT_OK : nt_suite_no_memory(work);
}

static nt_status describe_case(const nt_suite_work *work, const nt_case *item,
                               nt_case_result *ret) {
    nt_arena *arena = &work->results->arena;
    nt_edit_result *edits = NT_ARENA_ARRAY(arena, nt_edit_result, item->count + 1);
    *ret = (nt_case_result){.name = copy(work, item->name),
                            .edits = edits,
                            .edit_count = item->count,
                            .findings = NT_ARENA_ARRAY(arena, nt_finding, work->suite->seed_count),
                            .finding_count = work->suite->seed_count};
    if (!ret->name || !edits || !ret->findings)
        return nt_suite_no_memory(work);
    for (int32_t i = 0; i < item->count; i++)
        NT_TRY(describe_edit(work, item->layers[i], &item->edits[i], &edits[i]));
    NT_TRY(find_cut(work, item, &ret->cut));
    NT_TRY(find_cost(work, &(nt_edits){item->edits, item->count}, &ret->cost));
    for (int s = 0; s < work->suite->seed_count; s++) {
        ret->findings[s].seed = work->suite->seeds[s];
        ret->findings[s].outcome.metric = work->scoring.metric;
    }
    return NT_OK;
}

static nt_status describe_options(const nt_suite_work *work, const nt_group *group,
                                  const nt_option **ret) {
    nt_option *options = NT_ARENA_ARRAY(&work->results->arena, nt_option, group->option_count + 1);
    if (!options)
        return nt_suite_no_memory(work);
    for (int i = 0; i < group->option_count; i++)
        options[i] = (nt_option){.name = group->options[i].name,
                                 .items = group->options[i].items,
                                 .count = group->options[i].count,
                                 .list = group->options[i].list};
    *ret = options;
    return NT_OK;
}

/* The notes, and whose controls they are. */
static nt_status describe_about(const nt_suite_work *work, const nt_cases *cases,
                                nt_group_result *ret) {
    const char **notes = NT_ARENA_ARRAY(&work->results->arena, const char *, cases->note_count + 1);
    if (!notes)
        return nt_suite_no_memory(work);
    for (int32_t i = 0; i < cases->note_count; i++)
        if (!(notes[i] = copy(work, cases->notes[i])))
            return nt_suite_no_memory(work);
    ret->notes = notes;
    ret->note_count = cases->note_count;
    if (!cases->control_of[0])
        return NT_OK;
    ret->control = (nt_control){.of = copy(work, cases->control_of), .p = (double)NAN};
    return ret->control.of ? NT_OK : nt_suite_no_memory(work);
}

/* A retrained group is compared with a baseline of its own. */
static nt_status describe_retraining(const nt_suite_work *work, const nt_group *group,
                                     nt_group_result *ret) {
    nt_arena *arena = &work->results->arena;
    if (!group->retrain)
        return NT_OK;
    ret->retraining =
        (nt_retraining){nt_retrain_from(group->retrain, arena), group->retrain->recipe.epochs};
    ret->own_baseline = NT_ARENA_ARRAY(arena, nt_finding, work->suite->seed_count);
    ret->own_baseline_count = work->suite->seed_count;
    if (!ret->retraining.from || !ret->own_baseline)
        return nt_suite_no_memory(work);
    for (int s = 0; s < work->suite->seed_count; s++) {
        ret->own_baseline[s].seed = work->suite->seeds[s];
        ret->own_baseline[s].outcome.metric = work->scoring.metric;
    }
    return NT_OK;
}

nt_status nt_suite_describe_group(nt_suite_work *work, int g) {
    const nt_group *group = &work->suite->groups[g];
    const nt_cases *cases = &work->cases[g];
    nt_group_result *ret = &work->results->groups[g];
    *ret = (nt_group_result){
        .name = group->name,
        .title = group->title,
        .hook = copy(work, nt_suite_copy_name(work, group->hook)),
        .hook_digest = copy(work, cases->digest),
        .option_count = group->option_count,
        .remark = copy(work, cases->remark ? cases->remark : ""),
        .cases = NT_ARENA_ARRAY(&work->results->arena, nt_case_result, cases->count + 1),
        .case_count = cases->count};
    if (!ret->hook || !ret->hook_digest || !ret->remark || !ret->cases)
        return nt_suite_no_memory(work);
    NT_TRY(describe_about(work, cases, ret));
    NT_TRY(describe_retraining(work, group, ret));
    NT_TRY(describe_options(work, group, &ret->options));
    for (int32_t c = 0; c < cases->count; c++)
        NT_TRY(describe_case(work, &cases->items[c], &ret->cases[c]));
    return NT_OK;
}

/* --- layers ----------------------------------------------------------------------------------- */

static nt_status describe_inputs(const nt_suite_work *work, const nt_origins *origins,
                                 const nt_node *node, nt_layer_result *ret) {
    const char **inputs = NT_ARENA_ARRAY(&work->results->arena, const char *, node->data_count + 1);
    if (!inputs)
        return nt_suite_no_memory(work);
    for (int32_t i = 0; i < node->data_count; i++) {
        nt_text name;
        nt_text_init(&name);
        nt_origins_add_name(origins, node->in[i], &name);
        inputs[i] = name.failed ? NULL : copy(work, name.bytes);
        nt_text_finish(&name);
        if (!inputs[i])
            return nt_suite_no_memory(work);
    }
    ret->inputs = inputs;
    ret->input_count = node->data_count;
    return NT_OK;
}

static nt_status describe_layer(const nt_suite_work *work, const nt_origins *origins,
                                const nt_layer *layer, nt_layer_result *ret) {
    const nt_node *node = nt_layer_node(work->network, layer);
    nt_shape shape = nt_layer_type(work->network, layer)->shape;
    *ret = (nt_layer_result){.name = copy(work, layer->name),
                             .op = node->op->kind.name,
                             .stage = copy(work, layer->stage),
                             .block = copy(work, layer->block),
                             .output =
                                 nt_arena_copy(&work->results->arena, shape.dim, sizeof shape.dim),
                             .rank = shape.rank,
                             .parameters = nt_layer_parameters(work->network, layer),
                             .multiply_adds = nt_layer_multiply_adds(work->network, layer),
                             .convolution = layer->convolution,
                             .sum = layer->sum,
                             .residual = (int32_t)layer->residual, /* in the same order */
                             .fd = layer->fd,
                             .shortcut = layer->shortcut};
    if (!ret->name || !ret->stage || !ret->block || !ret->output)
        return nt_suite_no_memory(work);
    return describe_inputs(work, origins, node, ret);
}

static nt_status describe_layers(const nt_suite_work *work) {
    const nt_network *network = work->network;
    nt_results *results = work->results;
    nt_origins origins;
    results->layers = NT_ARENA_ARRAY(&results->arena, nt_layer_result, network->layer_count + 1);
    if (!results->layers || !nt_origins_init(&origins, network))
        return nt_suite_no_memory(work);
    nt_status status = NT_OK;
    for (size_t i = 0; status == NT_OK && i < network->layer_count; i++)
        if (!network->layers[i].dead)
            status = describe_layer(work, &origins, &network->layers[i],
                                    &results->layers[results->layer_count++]);
    nt_origins_finish(&origins);
    return status;
}

/* --- the run ---------------------------------------------------------------------------------- */

static nt_status describe_setup(const nt_suite_work *work) {
    static const char *const norms[] = {[NT_NORM_RUNNING] = "running",
                                        [NT_NORM_BATCH] = "batch",
                                        [NT_NORM_RECALIBRATED] = "recalibrated"};
    const nt_suite *suite = work->suite;
    const nt_data_info *info = nt_dataset_info(work->dataset);
    nt_arena *arena = &work->results->arena;
    nt_option *set = NT_ARENA_ARRAY(arena, nt_option, suite->setting_count + 1);
    nt_scalar *values = NT_ARENA_ARRAY(arena, nt_scalar, suite->setting_count + 1);
    const char **classes = NT_ARENA_ARRAY(arena, const char *, info->classes + 1);
    if (!set || !values || !classes)
        return nt_suite_no_memory(work);
    for (int i = 0; i < suite->setting_count; i++) {
        values[i] = (nt_scalar){.kind = NT_SCALAR_TEXT, .text = suite->settings[i].value};
        set[i] = (nt_option){.name = suite->settings[i].key, .items = &values[i], .count = 1};
    }
    for (int32_t i = 0; i < info->classes; i++)
        if (!(classes[i] = copy(work, info->class_names[i])))
            return nt_suite_no_memory(work);
    work->results->setup =
        (nt_setup){.graph = copy(work, nt_suite_copy_name(work, suite->graph)),
                   .set = set,
                   .set_count = suite->setting_count,
                   .data = suite->data.kind->kind.name,
                   .classes = classes,
                   .class_count = info->classes,
                   .split = nt_split_name((nt_split)suite->evaluate.split),
                   .metric = work->scoring.metric,
                   .samples = nt_loader_count(work->loader),
                   .held_out = suite->data.hold_out,
                   .batch = suite->evaluate.batch,
                   .batch_norm = norms[suite->evaluate.batch_norm],
                   .calibration = work->calibration ? nt_loader_count(work->calibration) : 0,
                   .conv = nt_conv2d_algorithms[suite->conv],
                   .weights = file_name(suite->weights.path),
                   .initial = file_name(suite->initial.path),
                   .margin = suite->margin,
                   .alpha = NT_ALPHA};
    return work->results->setup.graph ? NT_OK : nt_suite_no_memory(work);
}

/* Which files the run folder keeps. */
static nt_status describe_source(nt_suite_work *work) {
    nt_provenance *from = &work->results->provenance;
    int32_t count = work->source.file_count;
    nt_named_digest *files = NT_ARENA_ARRAY(&work->results->arena, nt_named_digest, count + 1);
    for (int32_t i = 0; files && i < count; i++) {
        files[i] = (nt_named_digest){copy(work, work->source.files[i].file),
                                     copy(work, work->source.files[i].digest)};
        if (!files[i].file || !files[i].digest)
            return nt_suite_no_memory(work);
    }
    from->source = files;
    from->source_count = count;
    return files ? NT_OK : nt_suite_no_memory(work);
}

static nt_status describe_provenance(nt_suite_work *work) {
    nt_arena *arena = &work->results->arena;
    size_t seeds = (size_t)work->suite->seed_count;
    char *library = nt_arena_alloc(arena, NT_OPS_LIBRARY);
    char *graph = nt_arena_alloc(arena, NT_DIGEST_HEX),
         *data = nt_arena_alloc(arena, NT_DIGEST_HEX);
    const char **weights = NT_ARENA_ARRAY(arena, const char *, seeds);
    const char *program = nt_arena_printf(arena, "nontrivial %s", nt_build_version), *build;
    nt_text text;
    nt_text_init(&text);
    nt_build_describe(&text);
    build = text.failed ? NULL : nt_arena_string(arena, text.bytes);
    nt_text_finish(&text);
    work->weight_digests = nt_arena_alloc(arena, seeds * NT_DIGEST_HEX);
    if (!library || !graph || !data || !weights || !program || !build || !work->weight_digests)
        return nt_suite_no_memory(work);
    for (size_t s = 0; s < seeds; s++)
        weights[s] = work->weight_digests[s];
    work->results->provenance = (nt_provenance){.program = program,
                                                .library = library,
                                                .build = build,
                                                .threads = nt_threads(),
                                                .suite = work->suite->digest,
                                                .graph = graph,
                                                .data = data,
                                                .weights = weights,
                                                .weight_count = work->suite->seed_count};
    nt_ops_library(library);
    nt_text dump;
    nt_text_init(&dump);
    nt_graph_dump(work->network->graph, &dump);
    bool ok = !dump.failed && nt_digest_bytes(dump.bytes, dump.length, graph);
    nt_text_finish(&dump);
    NT_TRY(describe_source(work));
    return ok ? nt_dataset_digest(work->dataset, data, work->error) : nt_suite_no_memory(work);
}

/* The numbers, names, patients and classes of the samples that are measured. */
static nt_status describe_samples(const nt_suite_work *work) {
    int32_t count = nt_loader_count(work->loader);
    nt_split split = nt_loader_split(work->loader);
    nt_results *results = work->results;
    const char **names = NT_ARENA_ARRAY(&results->arena, const char *, count + 1);
    int32_t *patients = NT_ARENA_ARRAY(&results->arena, int32_t, count + 1);
    int32_t *indexes = NT_ARENA_ARRAY(&results->arena, int32_t, count + 1);
    int32_t *labels = NT_ARENA_ARRAY(&results->arena, int32_t, count + 1);
    if (!names || !patients || !indexes || !labels ||
        nt_loader_patients(work->loader, patients) != NT_OK)
        return nt_suite_no_memory(work);
    for (int32_t i = 0; i < count; i++) {
        indexes[i] = nt_loader_sample(work->loader, i);
        const char *name = nt_dataset_name(work->dataset, split, indexes[i]);
        names[i] = name ? copy(work, name) : NULL; /* what isn't UTF-8 is encoded when written */
        labels[i] = nt_loader_label(work->loader, i);
    }
    results->samples.indexes = indexes;
    results->samples.index_count = count;
    if (work->scoring.target == NT_TARGET_MASK && names[0]) {
        results->samples.names = names;
        results->samples.name_count = count;
    }
    if (work->scoring.target == NT_TARGET_CLASS) {
        results->samples.labels = labels;
        results->samples.label_count = count;
    }
    if (patients[0] >= 0) {
        results->samples.patients = patients;
        results->samples.patient_count = count;
    }
    return NT_OK;
}

static nt_status describe_kinds(const nt_suite_work *work) {
    int count = nt_ablation_count();
    const char **kinds = NT_ARENA_ARRAY(&work->results->arena, const char *, count + 1);
    if (!kinds)
        return nt_suite_no_memory(work);
    for (int i = 0; i < count; i++)
        kinds[i] = nt_ablations[i]->name;
    work->results->kinds = kinds;
    return NT_OK;
}

nt_status nt_suite_describe(nt_suite_work *work) {
    const nt_suite *suite = work->suite;
    nt_results *results = work->results;
    results->suite = suite->name;
    results->network = copy(work, work->network->name);
    results->baseline = NT_ARENA_ARRAY(&results->arena, nt_finding, suite->seed_count);
    results->seed_count = suite->seed_count;
    results->groups = NT_ARENA_ARRAY(&results->arena, nt_group_result, suite->group_count + 1);
    results->group_count = suite->group_count;
    if (!results->network || !results->baseline || !results->groups)
        return nt_suite_no_memory(work);
    for (int s = 0; s < suite->seed_count; s++)
        results->baseline[s].seed = suite->seeds[s];
    NT_TRY(describe_kinds(work));
    NT_TRY(describe_setup(work));
    NT_TRY(nt_suite_describe_method(work));
    NT_TRY(describe_samples(work));
    NT_TRY(describe_layers(work));
    NT_TRY(find_cost(work, &(nt_edits){0}, &results->cost));
    for (int g = 0; g < suite->group_count; g++)
        NT_TRY(nt_suite_describe_group(work, g));
    return describe_provenance(work);
}
