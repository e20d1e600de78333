/* A bar for each layer, coloured by its part: figures 1 and 2 of the study. */
#include "plot_bars.h"

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_bars_draw(figure, record, group, NT_BARS_PART, false);
}

const nt_figure_kind nt_figure_kind_layers = {
    .kind = {.name = "layers",
             .doc = "the metric's change with each layer edited, one bar a layer",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_SINGLE),
    .order = "in the order of the network",
    .caption = "The change of the metric in each case, one layer each, the others untouched.",
    .draw = draw,
};
