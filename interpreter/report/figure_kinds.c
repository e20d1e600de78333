/* A bar for each layer and kind of edit, coloured by the kind; a layer's stand together. */
#include "plot_bars.h"

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_bars_draw(figure, record, group, NT_BARS_KIND, false);
}

const nt_figure_kind nt_figure_kind_kinds = {
    .kind = {.name = "kinds",
             .doc = "the metric's change with each layer edited in several ways",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_KINDS),
    .order = "in the order of the network",
    .caption = "The change of the metric in each case, one layer each, in the colour of what is "
               "done to it.",
    .draw = draw,
};
