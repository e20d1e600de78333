/* nontrivial ablations: what a case of a hook may do to a layer. */
#include "ablation.h"
#include "command.h"
#include "console.h"
#include "json_out.h"
#include "kind_print.h"

typedef struct ablations_options {
    bool json;
} ablations_options;

static const nt_field ablations_fields[] = {NT_OPTION_JSON(ablations_options), {0}};

static const nt_operand ablations_operands[] = {
    {"KIND", "the kind of ablation to describe (default: list them all)", .optional = true},
    {0},
};

static const nt_kind_family ablations = {"ablation", nt_ablations, NULL};

static const struct need {
    unsigned bit;
    const char *name, *meaning;
} needs[] = {
    {NT_NEEDS_INITIAL, "initial",
     "the values that training began with, or snapshots of its course"},
    {NT_NEEDS_CALIBRATION, "calibration", "training images, as many as evaluate.calibration says"},
    {0, NULL, NULL},
};

static nt_status print_kind(const nt_ablation *kind) {
    nt_text text;
    nt_text_init(&text);
    nt_text_printf(&text, "%s: %s\n\nlayers: %s\n", kind->kind.name, kind->kind.doc, kind->layers);
    for (const struct need *need = needs; need->name; need++)
        if (kind->needs & need->bit)
            nt_text_printf(&text, "needs: %s\n", need->meaning);
    nt_kind_add_table(&kind->kind, "option", &text);
    return nt_print(&text);
}

static json_t *describe_json(const nt_kind *kind, nt_arena *arena) {
    const nt_ablation *ablation = (const nt_ablation *)kind;
    json_t *needed = json_array();
    (void)arena;
    for (const struct need *need = needs; need->name; need++)
        if (ablation->needs & need->bit)
            needed = nt_json_append(needed, json_string(need->name));
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", kind->name, "doc", kind->doc, "layers",
                     ablation->layers, "needs", needed, "options", nt_kind_fields_json(kind));
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const ablations_options *options = arguments->record;
    const nt_kind *kind;
    if (arguments->word_count == 0)
        return options->json ? nt_kinds_print_json(&ablations, describe_json)
                             : nt_kinds_print(&ablations, NULL, "what becomes of the layer");
    NT_TRY(nt_kind_argument(&ablations, arguments->words[0], &kind, error));
    return options->json ? nt_json_print(describe_json(kind, NULL))
                         : print_kind((const nt_ablation *)kind);
}

const nt_command nt_command_ablations = {
    .kind = {.name = "ablations",
             .doc = "list what a hook's cases may do to a layer, or describe one kind of it",
             .fields = ablations_fields,
             .size = sizeof(ablations_options)},
    .examples = "nontrivial ablations noise\n",
    .syntax = {.operands = ablations_operands},
    .run = run,
};
