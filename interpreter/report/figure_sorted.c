/* The bars of a group once more, the case that costs the most first. */
#include "plot_bars.h"

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_bars_draw(figure, record, group,
                 group->form == NT_FORM_SINGLE  ? NT_BARS_PART
                 : group->form == NT_FORM_KINDS ? NT_BARS_KIND
                                                : NT_BARS_PLAIN,
                 true);
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    (void)record;
    return nt_bars_unsorted(group);
}

const nt_figure_kind nt_figure_kind_sorted = {
    .kind = {.name = "sorted",
             .doc = "bars once more, what costs the most first",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_SINGLE) | NT_OF(NT_FORM_KINDS) | NT_OF(NT_FORM_SETS),
    .beside = "sorted",
    .order = "by what it costs",
    .caption = "The change of the metric in each case, the one that costs the most first.",
    .fits = fits,
    .draw = draw,
};
