/* A square for each pair of layers, by what the loss of both costs. */
#include "plot_pairs.h"

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_pairs_draw(figure, record, group, NT_PAIRS_LOSS);
}

const nt_figure_kind nt_figure_kind_pairs = {
    .kind = {.name = "pairs", .doc = "what the loss of two layers costs", .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_PAIRS),
    .caption = "What the loss of two layers costs; on the diagonal, of one.",
    .draw = draw,
};
