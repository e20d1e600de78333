/* nontrivial export: a network with its weights in a form that other programs read. */
#include "command.h"
#include "onnx_export.h"
#include "progress_bar.h"
#include "weights_file.h"

typedef struct export_options {
    const char *weights, *map, *extra, *onnx;
    bool fold_batch_norm, quiet;
} export_options;

static const nt_field export_fields[] = {
    NT_OPTION_WEIGHTS(export_options),
    {"onnx", NT_STRING, offsetof(export_options, onnx),
     .doc = "the file to be written, of ONNX; always wanted"},
    {"fold-batch-norm", NT_BOOL, offsetof(export_options, fold_batch_norm), "false",
     .doc = "make batch normalisations part of the layers before them"},
    NT_OPTION_QUIET(export_options),
    {0},
};

static const nt_operand export_operands[] = {{.name = "GRAPH", .doc = NT_GRAPH_DOC}, {0}};

static nt_status read_weights(const export_options *options, nt_arena *arena, nt_weights *weights,
                              nt_error *error) {
    nt_weights_source source = {.map = options->map, .extra = options->extra};
    nt_progress_bar bar;
    nt_progress_bar_init(&bar, options->quiet);
    const nt_progress progress = {.note = nt_progress_bar_note, .context = &bar};
    if (!nt_weights_source_split(options->weights, arena, &source))
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the weights");
    return nt_weights_read(&source, &progress, weights, NULL, error);
}

static nt_status export_network(const export_options *options, nt_arena *arena,
                                const nt_network *network, nt_error *error) {
    nt_weights *weights;
    if (nt_weights_new(network, &weights) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory for the weights");
    nt_status status = read_weights(options, arena, weights, error);
    if (status == NT_OK)
        status = nt_onnx_export(weights, options->fold_batch_norm, options->onnx, error);
    nt_weights_free(weights);
    return status;
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const export_options *options = arguments->record;
    nt_arena arena;
    nt_network *network;
    if (!options->weights || !options->onnx) {
        nt_error_say(error, NT_USAGE, "'export' wants --weights FILE and --onnx FILE");
        nt_error_hint(error, "see 'nontrivial help export'");
        return NT_USAGE;
    }
    NT_TRY(nt_onnx_ready(error));
    NT_TRY(nt_network_load(arguments->words[0], arguments->settings, arguments->setting_count,
                           &network, error));
    nt_arena_init(&arena);
    nt_status status = export_network(options, &arena, network, error);
    nt_arena_finish(&arena);
    nt_network_free(network);
    return status;
}

const nt_command nt_command_export = {
    .kind = {.name = "export",
             .doc = "write a network with its weights as ONNX",
             .fields = export_fields,
             .size = sizeof(export_options)},
    .detail =
        "The model is what the network computes in evaluation, its first output alone, for "
        "batches\n"
        "of any size, of maps as PyTorch orders them. Nodes and parameters keep their names.\n",
    .examples = "nontrivial export net.yaml --weights net.safetensors --onnx net.onnx\n",
    .syntax = {.operands = export_operands, .settings = NT_SETTINGS_DOC},
    .run = run,
};
