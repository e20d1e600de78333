/* nontrivial figures: the kinds of figures that a report may have. */
#include "command.h"
#include "figure.h"
#include "kind_print.h"

typedef struct figures_options {
    bool json;
} figures_options;

static const nt_field figures_fields[] = {NT_OPTION_JSON(figures_options), {0}};

static const nt_kind_family figures = {"figure", nt_figure_kinds, NULL};

static json_t *describe(const nt_kind *kind, nt_arena *arena) {
    const nt_figure_kind *figure = (const nt_figure_kind *)kind;
    (void)arena;
    return json_pack("{s:s, s:s, s:s, s:s}", "name", kind->name, "doc", kind->doc, "of",
                     figure->forms ? "group" : "run", "caption", figure->caption);
}

static nt_status run(const nt_arguments *arguments, nt_error *error) {
    const figures_options *options = arguments->record;
    (void)error;
    return options->json ? nt_kinds_print_json(&figures, describe)
                         : nt_kinds_print(&figures, NULL, "what it shows");
}

const nt_command nt_command_figures = {
    .kind = {.name = "figures",
             .doc = "list the figures that a report may have",
             .fields = figures_fields,
             .size = sizeof(figures_options)},
    .detail = "'nontrivial report' draws those that a run has data for: of each group those "
              "that fit\nits cases, then those of the whole run.\n",
    .examples = "nontrivial figures\n",
    .run = run,
};
