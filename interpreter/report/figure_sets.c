/* A bar for each case, whatever it edits, with the paper's values where it has some. */
#include "plot_bars.h"

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_bars_draw(figure, record, group, NT_BARS_PLAIN, false);
}

const nt_figure_kind nt_figure_kind_sets = {
    .kind = {.name = "sets",
             .doc = "the metric's change in each case, one bar a case, beside the paper's",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_SETS),
    .order = "in the order of the group",
    .caption = "The change of the metric in each case.",
    .draw = draw,
};
