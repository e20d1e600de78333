/* A square for each pair of layers, by what the loss of both costs beyond the losses of each. */
#include "plot_pairs.h"

#include <math.h>

static void draw(nt_figure *figure, const nt_record *record, const nt_record_group *group) {
    nt_pairs_draw(figure, record, group, NT_PAIRS_INTERACTION);
}

static void describe(const nt_record *record, const nt_record_group *group, nt_text *words) {
    const nt_record_case *highest = NULL, *lowest = NULL;
    double most = -INFINITY, least = INFINITY;
    for (int32_t c = 0; c < group->case_count; c++) {
        double value = nt_pairs_interaction(record, &group->cases[c]);
        if (value > most) {
            most = value;
            highest = &group->cases[c];
        }
        if (value < least) {
            least = value;
            lowest = &group->cases[c];
        }
    }
    if (highest && lowest)
        nt_text_printf(words, "Highest: %s %+.4f. Lowest: %s %+.4f.", highest->name, most,
                       lowest->name, least);
}

static bool fits(const nt_record *record, const nt_record_group *group) {
    for (int32_t c = 0; c < group->case_count; c++)
        if (!isnan(nt_pairs_interaction(record, &group->cases[c])))
            return true;
    return false;
}

const nt_figure_kind nt_figure_kind_interaction = {
    .kind = {.name = "interaction",
             .doc = "what two layers cost together beyond what each costs alone",
             .fields = nt_no_fields},
    .forms = NT_OF(NT_FORM_PAIRS),
    .beside = "interaction",
    .caption = "Interaction: the loss of two layers less the sum of their single losses. Above "
               "zero (red), each makes up for the loss of the other; below (blue), the loss of one "
               "leaves less for the other to cost.",
    .fits = fits,
    .draw = draw,
    .describe = describe,
};
